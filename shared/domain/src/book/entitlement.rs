//! What may the customer use, as far as the provider's events tell?

use crate::book::{Head, PlanLine, SubscriptionLine};
use crate::event::SubscriptionStatus;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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

/// What it is, since when, why, and what is next unless something is paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Access {
    pub state: Entitlement,
    /// Nothing, where the provider did not say when.
    pub since: Option<Timestamp>,
    pub why: String,
    pub next: Option<NextAccess>,
}

/// What follows if nothing is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct NextAccess {
    pub state: Entitlement,
    pub at: Timestamp,
}

/// The best that any subscription gives, and no more than its recoveries leave; nothing is known without one that has
/// begun.
pub fn entitlement(head: &Head, now: Timestamp) -> Option<Entitlement> {
    access(head, now).map(|access| access.state)
}

/// The same, with its reasons.
pub fn access(head: &Head, now: Timestamp) -> Option<Access> {
    let best = head.book.subscriptions.values().filter_map(|line| of(line, now)).min_by_key(|(state, ..)| *state);
    let (state, since, why) = best?;
    let recovery = worst(&head.dunning).map(|(invoice, line)| (line.access, invoice, "is open and being recovered"));
    let overdue = head.overdue.iter().map(|(invoice, access)| (Some(*access), invoice, "is overdue"));
    // Of two that leave as much the recovery is told.
    let open = overdue.chain(recovery).max_by_key(|(access, ..)| access.map(|access| access.state));
    let Some((line, invoice, said)) = open.filter(|_| state < Entitlement::Suspended) else {
        return Some(Access { state, since, why: why.to_owned(), next: None });
    };
    let own = line.filter(|access| access.state >= state);
    let next = line.and_then(|access| Some(NextAccess { state: access.next?, at: access.next_at? }));
    Some(Access {
        state: own.map_or(state.max(Entitlement::Grace), |access| access.state),
        since: own.map(|access| access.since).or(since),
        why: format!("invoice {} {said}", number(head, invoice)),
        next,
    })
}

/// The recovery that leaves the least.
pub(super) fn worst(recoveries: &BTreeMap<String, PlanLine>) -> Option<(&String, &PlanLine)> {
    recoveries.iter().max_by_key(|(_, line)| line.access.map(|access| access.state))
}

/// What stands on an invoice, where it is known.
fn number<'a>(head: &'a Head, invoice: &'a str) -> &'a str {
    let line = head.book.invoices.iter().find(|line| line.invoice == invoice);
    line.and_then(|line| line.number.as_deref()).unwrap_or(invoice)
}

fn of(line: &SubscriptionLine, now: Timestamp) -> Option<(Entitlement, Option<Timestamp>, &'static str)> {
    use SubscriptionStatus::{Active, Ended, Incomplete, PastDue, Paused, Trial, Unpaid};
    Some(match line.status? {
        Incomplete => return None,
        Trial => (Entitlement::Active, line.started_at, "its trial runs"),
        Active => (Entitlement::Active, line.started_at, "its subscription runs"),
        PastDue if line.grace_until.is_some_and(|until| until <= now) => {
            (Entitlement::Suspended, line.grace_until, "its grace is over, and its provider waits for a payment")
        }
        PastDue => (Entitlement::Grace, None, "its provider waits for a payment"),
        Paused => (Entitlement::Suspended, None, "its subscription is paused"),
        Unpaid => (Entitlement::Suspended, None, "its provider has given up waiting for a payment"),
        Ended => (Entitlement::Ended, line.ends_at, "its subscription has ended"),
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
