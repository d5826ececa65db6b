//! An approved action, for the tests of what each provider makes of it.

use domain::action::{Action, Clause, Decision, Kind, Preview, Reason, Vote};
use domain::approval::{Approved, approved, decide};
use domain::id::{AccountId, ActionId};
use domain::staff::{Role, Staff};
use jiff::Timestamp;

/// Asked for by one, approved by another.
pub(crate) fn decided(account: &AccountId, kind: Kind, reason: Reason, at: Timestamp) -> Approved<Action> {
    let vote = Vote {
        by: "mara".into(),
        role: Role::Manager,
        decision: Decision::Approve,
        digest: "d".into(),
        note: String::new(),
        at,
        within_limit: false,
        in_place_of: None,
    };
    let clause = Clause { rule: "r".into(), policy_version: 1, why: "w".into() };
    let preview = Preview {
        summary: String::new(),
        about: String::new(),
        lines: vec![],
        clause,
        notices: vec![],
        digest: "d".into(),
    };
    let mut asked = Action::new(ActionId::of(account, "luis", "k"), kind, reason, preview, "luis", at);
    asked.required = vec![Role::Manager];
    asked.expires_at = Timestamp::MAX;
    let (id, name, email) = ("mara".to_owned(), "Mara".to_owned(), String::new());
    let mara = Staff { id, name, role: Role::Manager, email, slack: None, languages: Vec::new() };
    approved(decide(asked, vote, &mara, "d", at).unwrap()).unwrap()
}
