//! An action as the tests of these pages show it.

use domain::action::{Action, Clause, Decision, Kind, Line, Preview, Reason, State, Told, Vote};
use domain::id::{AccountId, ActionId};
use domain::money::{Currency, Money};
use domain::staff::Role;
use jiff::Timestamp;

pub(crate) const DIGEST: &str = "d0d1d2d3d4d5d6d7d8d9dadbdcdddedfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf";

fn usd(amount: &str) -> Money {
    Money::parse(amount, Currency::USD).unwrap()
}

/// A refund that waits for a manager.
pub(crate) fn waiting() -> Action {
    let account = AccountId::of("stripe", "default", "cus_1");
    Action {
        id: ActionId::of(&account, "luis", "k"),
        account,
        kind: Kind::Refund { payment: "ch_1".into(), amount: usd("24.00") },
        reason_code: Reason::BillingError,
        note: "Charged for <seats> that were gone".into(),
        case: None,
        state: State::WaitingApproval,
        requested_by: "luis".into(),
        requested_at: "2026-03-01T09:00:00Z".parse().unwrap(),
        expires_at: "2026-03-04T09:00:00Z".parse().unwrap(),
        preview: Preview {
            summary: "Refund 24.00 USD of payment ch_1".into(),
            lines: vec![Line::money("Given back", Some(usd("0.00")), Some(usd("24.00"))), Line::text("Plan", None, "team & co")],
            clause: Clause { rule: "refund-manager".into(), policy_version: 3, why: "Refunds over the limit need a manager".into() },
            digest: DIGEST.into(),
        },
        required: vec![Role::Manager],
        votes: vec![],
        decided_at: None,
        executes_after: None,
        bundle: None,
        members: vec![],
        told: Told::default(),
        attempt: None,
        outcome: None,
        look_at: None,
        ended_at: None,
        confirmed_at: None,
        trace: "t".into(),
    }
}

/// The same, after a manager's decision.
pub(crate) fn decided(decision: Decision) -> Action {
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
    let state = if decision == Decision::Approve { State::Approved } else { State::Denied };
    Action { state, votes: vec![vote], decided_at: Some(at), ..waiting() }
}
