//! An invoice as the ladder sees it: whose, how much, due when, and from when until when it was open.

use crate::book::{Due, Invoice};
use crate::id::AccountId;
use crate::money::Money;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;

/// What is open, or was until it was settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owed {
    pub account: AccountId,
    pub invoice: String,
    /// The day from which it is counted.
    pub due_on: Date,
    pub opened_at: Timestamp,
    /// None while it is open.
    pub settled_at: Option<Timestamp>,
    /// What remains, and of what is settled what it was billed for; none where the provider does not say it.
    pub amount: Option<Money>,
}

/// From which day the days of an invoice are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    DueDate,
    FirstFailedTry,
    /// It is due when it is made, and no try has failed.
    Made,
}

impl Counted {
    /// All of them, as the API spells them.
    pub const ALL: [Self; 3] = [Self::DueDate, Self::FirstFailedTry, Self::Made];

    /// In words, for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::DueDate => "its due date",
            Self::FirstFailedTry => "its first failed try",
            Self::Made => "the day it was made",
        }
    }
}

/// The day from which an invoice is counted: its due date, or else the day of its first failed try, or else the day on
/// which it was made. Instants are days of UTC, as providers' due dates are.
pub fn counted_from(invoice: &Invoice) -> Option<(Date, Counted)> {
    let due = invoice.due_on.copied().map(|on| (on, Counted::DueDate));
    let failed = || invoice.first_failed_at.map(|at| (day(at), Counted::FirstFailedTry));
    due.or_else(failed).or_else(|| made_at(invoice).map(|at| (day(at), Counted::Made)))
}

pub(super) fn made_at(invoice: &Invoice) -> Option<Timestamp> {
    invoice.created_at.or_else(|| invoice.status.seen_at())
}

fn day(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

impl Owed {
    /// None of a draft, and of what was settled on the day on which it was made: that was never seen open at a day's end.
    pub fn of(account: &AccountId, invoice: &Invoice) -> Option<Self> {
        let ((due_on, _), opened_at) = (counted_from(invoice)?, made_at(invoice)?);
        let told_at = invoice.status.seen_at().max(invoice.remaining.seen_at());
        let (amount, settled_at) = match invoice.due() {
            Due::Open(amount) => (amount, None),
            Due::Paid => (invoice.total.copied(), Some(invoice.paid_at().or(told_at)?)),
            Due::Withdrawn => (invoice.total.copied(), Some(told_at?)),
            Due::NotYet => return None,
        };
        let was_open = settled_at.is_none_or(|at| day(at) > day(opened_at));
        let owed =
            Self { account: account.clone(), invoice: invoice.id.clone(), due_on, opened_at, settled_at, amount };
        was_open.then_some(owed)
    }

    /// Whether it was open at a time, as far as is known now: a part that was paid since is not counted back.
    pub fn was_open(&self, at: Timestamp) -> bool {
        self.opened_at <= at && self.settled_at.is_none_or(|settled| settled > at)
    }

    /// How many days it is overdue on a day; below zero while it is not due.
    pub fn days(&self, on: Date) -> i64 {
        self.due_on.until(on).map_or(0, |span| i64::from(span.get_days()))
    }

    /// Whether its due date passed before it was settled.
    pub fn was_late(&self) -> bool {
        self.settled_at.is_some_and(|at| day(at) > self.due_on)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::book::{Head, Touched};
    use crate::event::Event;
    use jiff::SignedDuration;
    use serde_json::{Value, json};

    /// An invoice as events tell it, one after the other: when, and what is seen of it.
    pub fn told(events: &[(&str, Value)]) -> Invoice {
        let (mut head, mut touched) = (Head::new("stripe", "default", "cus_1"), Touched::default());
        for (number, (at, seen)) in events.iter().enumerate() {
            let mut seen = seen.clone();
            seen["resource"] = json!("invoice");
            seen["id"] = json!("in_1");
            let event: Event = serde_json::from_value(json!({
                "id": format!("evt_{number}"), "provider": "stripe", "source": "default", "origin": "webhook",
                "kind": "invoice_changed", "at": at, "customer": "cus_1", "seen": [seen],
            }))
            .unwrap();
            touched.fold(&mut head, &event, SignedDuration::ZERO);
        }
        touched.invoices.remove("in_1").unwrap()
    }

    /// One of 49 dollars, made on the first of March.
    pub fn open() -> Value {
        let usd = json!({"amount": "49.00", "currency": "USD"});
        json!({"status": "open", "total": usd, "remaining": usd, "created_at": "2026-03-01T09:00:00Z"})
    }

    pub fn due(on: &str) -> Invoice {
        let mut seen = open();
        seen["due_on"] = json!(on);
        told(&[("2026-03-01T09:00:00Z", seen)])
    }

    fn account() -> AccountId {
        AccountId::of("stripe", "default", "cus_1")
    }

    #[test]
    fn days_are_counted_from_the_due_date_a_failure_or_the_making() {
        let failed = ("2026-03-04T23:30:00Z", json!({"failed_at": "2026-03-04T23:30:00Z"}));
        let made = ("2026-03-01T09:00:00Z", open());
        for (name, invoice, from, counted) in [
            ("due", due("2026-03-15"), "2026-03-15", Counted::DueDate),
            ("failed", told(&[made.clone(), failed]), "2026-03-04", Counted::FirstFailedTry),
            ("made", told(&[made]), "2026-03-01", Counted::Made),
        ] {
            assert_eq!(counted_from(&invoice), Some((from.parse().unwrap(), counted)), "{name}");
        }
    }

    #[test]
    fn days_are_days_of_the_calendar() {
        for (name, from, on, days) in [
            ("not due", "2026-03-15", "2026-03-14", -1),
            ("due today", "2026-03-15", "2026-03-15", 0),
            ("over the end of a month", "2026-01-31", "2026-03-01", 29),
            ("over a leap day", "2028-02-28", "2028-03-01", 2),
            ("over no leap day", "2026-02-28", "2026-03-01", 1),
            ("where the clocks change", "2026-03-28", "2026-03-30", 2),
            ("over a year", "2025-03-01", "2026-03-01", 365),
        ] {
            let owed = Owed { due_on: from.parse().unwrap(), ..Owed::of(&account(), &due("2026-03-15")).unwrap() };
            assert_eq!(owed.days(on.parse().unwrap()), days, "{name}");
        }
    }

    #[test]
    fn what_was_settled_later_was_open_until_then() {
        let nothing = json!({"amount": "0.00", "currency": "USD"});
        let paid = |at: &str| json!({"status": "paid", "remaining": nothing, "paid_at": at});
        let made = ("2026-03-01T09:00:00Z", open());
        let later = told(&[made.clone(), ("2026-03-20T12:00:00Z", paid("2026-03-20T12:00:00Z"))]);
        let owed = Owed::of(&account(), &later).unwrap();
        for (at, expected) in [
            ("2026-03-01T08:59:59Z", false),
            ("2026-03-01T09:00:00Z", true),
            ("2026-03-20T11:59:59Z", true),
            ("2026-03-20T12:00:00Z", false),
        ] {
            assert_eq!(owed.was_open(at.parse().unwrap()), expected, "{at}");
        }
        assert_eq!(owed.amount.unwrap().to_string(), "49.00 USD");
        assert!(owed.was_late());
        let at_once = told(&[made.clone(), ("2026-03-01T09:01:00Z", paid("2026-03-01T09:01:00Z"))]);
        assert_eq!(Owed::of(&account(), &at_once), None, "it was never open at a day's end");
        let void = told(&[made, ("2026-03-09T12:00:00Z", json!({"status": "void"}))]);
        assert_eq!(Owed::of(&account(), &void).unwrap().settled_at, Some("2026-03-09T12:00:00Z".parse().unwrap()));
        assert_eq!(Owed::of(&account(), &told(&[("2026-03-01T09:00:00Z", json!({"status": "draft"}))])), None);
    }
}
