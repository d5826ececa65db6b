//! An action as the tests of these pages show it.

use domain::action::{Action, Clause, Decision, Kind, Line, Preview, Reason, State, Vote};
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
    let id = ActionId::of(&AccountId::of("stripe", "default", "cus_1"), "luis", "k");
    let preview = Preview {
        summary: "Refund 24.00 USD of payment ch_1".into(),
        lines: vec![
            Line::money("Given back", Some(usd("0.00")), Some(usd("24.00"))),
            Line::text("Plan", None, "team & co"),
        ],
        clause: Clause {
            rule: "refund-manager".into(),
            policy_version: 3,
            why: "Refunds over the limit need a manager".into(),
        },
        digest: DIGEST.into(),
    };
    let kind = Kind::Refund { payment: "ch_1".into(), amount: usd("24.00") };
    Action {
        note: "Charged for <seats> that were gone".into(),
        expires_at: "2026-03-04T09:00:00Z".parse().unwrap(),
        required: vec![Role::Manager],
        ..Action::new(id, kind, Reason::BillingError, preview, "luis", "2026-03-01T09:00:00Z".parse().unwrap())
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
