//! What may the customer use, as far as the provider's events tell?

use crate::book::{Head, SubscriptionLine};
use crate::event::SubscriptionStatus;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// From everything to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entitlement {
    Active,
    Grace,
    Warned,
    Restricted,
    Suspended,
    Ended,
}

impl Entitlement {
    /// As it stands in JSON, and as support reads it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Grace => "grace",
            Self::Warned => "warned",
            Self::Restricted => "restricted",
            Self::Suspended => "suspended",
            Self::Ended => "ended",
        }
    }
}

/// The best that any subscription gives; nothing is known without one that has begun.
pub fn entitlement(head: &Head, now: Timestamp) -> Option<Entitlement> {
    head.book.subscriptions.values().filter_map(|line| of(line, !head.dunning.is_empty(), now)).min()
}

fn of(line: &SubscriptionLine, in_recovery: bool, now: Timestamp) -> Option<Entitlement> {
    use SubscriptionStatus::{Active, Ended, Incomplete, PastDue, Paused, Trial, Unpaid};
    Some(match line.status? {
        Incomplete => return None,
        Trial => Entitlement::Active,
        Active if in_recovery => Entitlement::Grace,
        Active => Entitlement::Active,
        PastDue if line.grace_until.is_some_and(|until| until <= now) => Entitlement::Suspended,
        PastDue => Entitlement::Grace,
        Paused | Unpaid => Entitlement::Suspended,
        Ended => Entitlement::Ended,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    type Row = (&'static str, &'static [SubscriptionStatus], Option<&'static str>, Option<Entitlement>);

    #[test]
    fn the_best_subscription_decides() {
        use SubscriptionStatus::{Active, Ended, Incomplete, PastDue, Paused, Unpaid};
        let now: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
        let rows: [Row; 8] = [
            ("nothing is known", &[], None, None),
            ("not begun", &[Incomplete], None, None),
            ("one runs", &[Ended, Active], None, Some(Entitlement::Active)),
            ("past due without an end of grace", &[PastDue], None, Some(Entitlement::Grace)),
            ("grace until tomorrow", &[PastDue], Some("2026-03-02T00:00:00Z"), Some(Entitlement::Grace)),
            ("grace until now", &[PastDue], Some("2026-03-01T00:00:00Z"), Some(Entitlement::Suspended)),
            ("unpaid or paused", &[Unpaid, Paused], None, Some(Entitlement::Suspended)),
            ("all over", &[Ended, Ended], None, Some(Entitlement::Ended)),
        ];
        for (name, states, grace_until, expected) in rows {
            let mut head = Head::new("stripe", "default", "cus_1");
            for (number, status) in states.iter().enumerate() {
                let grace_until = grace_until.map(|at| at.parse().unwrap());
                let line = SubscriptionLine { status: Some(*status), grace_until, ..SubscriptionLine::default() };
                head.book.subscriptions.insert(format!("sub_{number}"), line);
            }
            assert_eq!(entitlement(&head, now), expected, "{name}");
        }
    }
}
