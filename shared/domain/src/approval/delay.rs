//! Until when something waits that is approved.

use super::ApprovalPolicy;
use crate::action::Kind;
use crate::book::Head;
use jiff::{SignedDuration, Timestamp};

/// Nothing waits under the shipped policy, but what a provider cannot hold itself.
pub fn held_until(kind: &Kind, head: &Head, policy: &ApprovalPolicy, now: Timestamp) -> Option<Timestamp> {
    // Lemon Squeezy knows no change that waits: Recoup holds a downgrade until just before the renewal.
    let renewal = match kind {
        Kind::Downgrade { at, .. } if head.provider == "lemonsqueezy" => Some(*at - SignedDuration::from_hours(1)),
        _ => None,
    };
    let delay = policy.delay_hours.get(kind.name()).map(|hours| now + SignedDuration::from_hours(*hours));
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
        let patient = ApprovalPolicy { delay_hours: [("force_cancel".to_owned(), 72)].into(), ..shipped.clone() };
        let wrong = ApprovalPolicy { delay_hours: [("force_cancell".to_owned(), 72)].into(), ..shipped.clone() };
        assert!(patient.lint().is_empty() && !wrong.lint().is_empty());
        let force = Kind::ForceCancel { subscription: "sub_1".into() };
        let renewal = "2026-04-01T09:00:00Z".parse().unwrap();
        let downgrade = Kind::Downgrade {
            subscription: "sub_1".into(),
            plan: "basic".into(),
            price: crate::money::Money::zero(crate::money::Currency::USD),
            at: renewal,
        };
        for (what, kind, provider, policy, until) in [
            ("shipped", &force, "stripe", &shipped, None),
            ("three days", &force, "stripe", &patient, Some("2026-03-04T09:00:00Z")),
            ("another kind", &downgrade, "stripe", &patient, None),
            ("held for its provider", &downgrade, "lemonsqueezy", &shipped, Some("2026-04-01T08:00:00Z")),
        ] {
            let until: Option<Timestamp> = until.map(|until| until.parse().unwrap());
            assert_eq!(held_until(kind, &Head::new(provider, "default", "cus_1"), policy, now), until, "{what}");
        }
    }
}
