//! An action as the tests of these pages show it.

use crate::decision::Beside;
use crate::names::Names;
use domain::action::{Action, Clause, Decision, Kind, Line, Preview, Reason, Vote};
use domain::approval::decide;
use domain::book::Called;
use domain::case::Evidence;
use domain::id::{AccountId, ActionId};
use domain::money::{Currency, Money};
use domain::staff::{Role, Staff};
use jiff::Timestamp;

pub(crate) const DIGEST: &str = "d0d1d2d3d4d5d6d7d8d9dadbdcdddedfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf";

fn usd(amount: &str) -> Money {
    Money::parse(amount, Currency::USD).unwrap()
}

/// A refund that waits for a manager.
pub(crate) fn waiting() -> Action {
    let id = ActionId::of(&AccountId::of("stripe", "default", "cus_1"), "luis", "k");
    let preview = Preview {
        summary: "Refund 24.00 USD of payment ch_1".into(),
        about: "payment of 27 Feb, Amex 0049".into(),
        lines: vec![
            Line::money("Given back", Some(usd("0.00")), Some(usd("24.00"))),
            Line::text("Plan", None, "team & co"),
        ],
        clause: Clause {
            rule: "refund-manager".into(),
            policy_version: 3,
            why: "Refunds over the limit need a manager".into(),
        },
        notices: vec![],
        digest: DIGEST.into(),
    };
    let kind = Kind::Refund { payment: "ch_1".into(), amount: usd("24.00") };
    let at = "2026-03-01T09:00:00Z".parse().unwrap();
    let mut action = Action::new(id, kind, Reason::BillingError, preview, "luis", at);
    action.note = "Charged for <seats> that were gone".into();
    action.expires_at = "2026-03-04T09:00:00Z".parse().unwrap();
    action.required = vec![Role::Manager];
    action
}

/// The same, after a manager's decision.
pub(crate) fn decided(decision: Decision) -> Action {
    voted(waiting(), decision)
}

/// What a manager's decision makes of it.
pub(crate) fn voted(action: Action, decision: Decision) -> Action {
    let at: Timestamp = "2026-03-01T10:30:00Z".parse().unwrap();
    let vote = Vote {
        by: "mara".into(),
        role: Role::Manager,
        decision,
        digest: DIGEST.into(),
        note: "Seen <!channel>".into(),
        at,
        within_limit: false,
        in_place_of: None,
    };
    let (id, name, email) = ("mara".to_owned(), "Mara".to_owned(), String::new());
    let mara = Staff { id, name, role: Role::Manager, email, slack: None, languages: Vec::new() };
    decide(action, vote, &mara, DIGEST, at).unwrap()
}

/// Those who ask and decide here.
pub(crate) fn names() -> Names {
    Names::default().with([("luis", "Luis"), ("mara", "Mara")].map(|(id, name)| (id.to_owned(), name.to_owned())))
}

/// Whose it is and what it rests on, three hours after it was asked for.
pub(crate) fn beside() -> Beside {
    let evidence = [("First payment", "ch_0"), ("Second payment", "ch_1")];
    Beside {
        called: Called::Name("Juniper <Logistics> & Söhne".into()),
        names: names(),
        evidence: evidence.map(|(label, source)| Evidence::new(label, "24.00 USD on 27 Feb", source)).into(),
        now: "2026-03-01T12:00:00Z".parse().unwrap(),
    }
}
