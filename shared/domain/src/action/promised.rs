//! Which credits are promised to a customer, and not given yet?

use super::{Action, Kind};
use crate::id::ActionId;
use crate::money::Money;
use std::collections::BTreeMap;

/// The amounts of credits that wait for approval, are under way, or are a person's to give; those of a bundle stand as
/// its members do.
pub fn credits_pending(actions: &[Action]) -> Vec<Money> {
    let members: BTreeMap<&ActionId, &Action> =
        actions.iter().filter(|action| action.bundle.is_some()).map(|action| (&action.id, action)).collect();
    let mut pending = Vec::new();
    for action in actions.iter().filter(|action| action.bundle.is_none()) {
        for (place, kind) in action.kind.members().iter().enumerate() {
            let own = action.members.get(place).and_then(|id| members.get(id)).copied().unwrap_or(action);
            if let (Kind::Credit { amount }, true) = (kind, own.state().is_pending()) {
                pending.push(*amount);
            }
        }
    }
    pending
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::{Clause, Preview, Reason, State};
    use crate::id::AccountId;
    use crate::money::Currency;
    use jiff::Timestamp;

    fn action(key: &str, kind: Kind, state: State) -> Action {
        let id = ActionId::of(&AccountId::of("stripe", "default", "cus_1"), "mara", key);
        let clause = Clause { rule: "r".into(), policy_version: 1, why: "w".into() };
        let preview = Preview {
            summary: String::new(),
            about: String::new(),
            lines: vec![],
            clause,
            notices: vec![],
            digest: "d".into(),
        };
        Action::new(id, kind, Reason::Other, preview, "mara", Timestamp::UNIX_EPOCH).in_state(state)
    }

    fn usd(minor: i64) -> Money {
        Money::from_minor(minor, Currency::USD)
    }

    #[test]
    fn what_was_asked_for_is_pending_until_it_is_over() {
        for state in State::ALL {
            let expected = match state {
                State::WaitingApproval | State::Approved | State::Executing | State::InDoubt | State::NeedsPerson => {
                    vec![usd(500)]
                }
                _ => vec![],
            };
            let actions = [
                action("credit", Kind::Credit { amount: usd(500) }, state),
                action("refund", Kind::Refund { payment: "ch_1".into(), amount: usd(900) }, state),
            ];
            assert_eq!(credits_pending(&actions), expected, "{state:?}");
        }
    }

    #[test]
    fn a_bundle_is_pending_as_far_as_its_members_are() {
        let kinds = [Kind::Credit { amount: usd(500) }, Kind::Credit { amount: usd(700) }];
        let mut bundle = action("all", Kind::Bundle { actions: kinds.to_vec() }, State::WaitingApproval);
        assert_eq!(credits_pending(std::slice::from_ref(&bundle)), [usd(500), usd(700)], "it has no members yet");
        let [mut done, mut next] = [(State::Executed, 0), (State::Executing, 1)]
            .map(|(state, place)| action(&format!("member {place}"), kinds[place].clone(), state));
        bundle.members = vec![done.id.clone(), next.id.clone()];
        (done.bundle, next.bundle) = (Some(bundle.id.clone()), Some(bundle.id.clone()));
        let bundle = bundle.in_state(State::Executing);
        assert_eq!(credits_pending(&[bundle, done, next]), [usd(700)], "each counts once");
    }
}
