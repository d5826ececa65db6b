//! Until when something waits that is approved.

use super::ApprovalPolicy;
use crate::action::{Downgrade, Kind, Manners};
use jiff::{SignedDuration, Timestamp};

/// What a provider cannot hold itself waits here, and what the policy gives time for: but for the end of a recovery, which had its
/// hold before anybody was asked for it.
pub fn held_until(
    (kind, ends_recovery): (&Kind, bool),
    manners: &Manners,
    policy: &ApprovalPolicy,
    now: Timestamp,
) -> Option<Timestamp> {
    let renewal = match (kind, manners.downgrade) {
        (Kind::Downgrade { at, .. }, Downgrade::WaitsHere { hours_before }) => {
            Some(*at - SignedDuration::from_hours(hours_before))
        }
        _ => None,
    };
    let delay = policy.delay_hours.get(kind.name()).filter(|_| !ends_recovery);
    let delay = delay.map(|hours| now + SignedDuration::from_hours(*hours));
    renewal.max(delay)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::Policies;
    use crate::policy::Rules;

    #[test]
    fn the_policy_may_give_time_before_somebody_is_cut_off() {
        let now: Timestamp = "2026-03-01T09:00:00Z".parse().unwrap();
        let shipped = Policies::shipped().unwrap().approval.current().clone();
        let hasty = ApprovalPolicy { delay_hours: [].into(), ..shipped.clone() };
        let wrong = ApprovalPolicy { delay_hours: [("force_cancell".to_owned(), 72)].into(), ..shipped.clone() };
        assert!(hasty.lint().is_empty() && !wrong.lint().is_empty());
        let force = Kind::ForceCancel { subscription: "sub_1".into() };
        let renewal = "2026-04-01T09:00:00Z".parse().unwrap();
        let downgrade = Kind::Downgrade {
            subscription: "sub_1".into(),
            plan: "basic".into(),
            price: crate::money::Money::zero(crate::money::Currency::USD),
            at: renewal,
        };
        let there = Manners::PLAIN;
        let here = Manners { downgrade: Downgrade::WaitsHere { hours_before: 1 }, ..there };
        for (what, kind, manners, policy, until) in [
            ("three days", (&force, false), &there, &shipped, Some("2026-03-04T09:00:00Z")),
            ("the end of a recovery, which had them", (&force, true), &there, &shipped, None),
            ("where nothing waits", (&force, false), &there, &hasty, None),
            ("another kind", (&downgrade, false), &there, &shipped, None),
            ("held for its provider", (&downgrade, false), &here, &shipped, Some("2026-04-01T08:00:00Z")),
            ("nothing else is", (&force, false), &here, &hasty, None),
        ] {
            let until: Option<Timestamp> = until.map(|until| until.parse().unwrap());
            assert_eq!(held_until(kind, manners, policy, now), until, "{what}");
        }
    }
}
