//! Which payment pays which invoice? Where neither names the other, the provider knows; it is asked once both are here.

use super::{Book, HistoryLine, PaymentLine};
use crate::event::{Event, InvoiceStatus, Origin, PaymentStatus, Seen};
use serde::{Deserialize, Serialize};

/// One side of a link that the book lacks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unlinked {
    /// An invoice that was paid, or tried, and shows no payment.
    Invoice(String),
    /// A payment that shows no invoice, by its wider record.
    Payment(String),
}

impl Book {
    /// The missing links that an event is about. What was looked up asks nothing again, and lists tell by themselves.
    pub fn unlinked(&self, event: &Event) -> Vec<Unlinked> {
        if event.origin != Origin::Webhook {
            return Vec::new();
        }
        let intent = |payment: &str| self.payments.iter().find(|line| line.payment == payment)?.intent.clone();
        let about = |seen: &Seen| match seen {
            Seen::Invoice(seen) => Some(Unlinked::Invoice(seen.id.clone())),
            Seen::Payment(seen) => intent(&seen.id).map(Unlinked::Payment),
            _ => None,
        };
        let mut missing: Vec<_> = event.seen.iter().filter_map(about).filter(|unlinked| self.lacks(unlinked)).collect();
        missing.sort();
        missing.dedup();
        missing
    }

    /// Whether a link is still missing that could be there: an invoice lacks a payment, and a payment lacks its invoice.
    pub fn lacks(&self, unlinked: &Unlinked) -> bool {
        let mut invoices = self.invoices.iter().filter(|line| self.lacks_payment(line));
        let mut payments = self.payments.iter().filter(|line| self.lacks_invoice(line));
        match unlinked {
            Unlinked::Invoice(id) => invoices.any(|line| line.invoice == *id) && payments.next().is_some(),
            Unlinked::Payment(intent) => {
                payments.any(|line| line.intent.as_ref() == Some(intent)) && invoices.next().is_some()
            }
        }
    }

    fn lacks_payment(&self, line: &HistoryLine) -> bool {
        let mut own = self.payments.iter().filter(|payment| self.invoice_of(payment) == Some(line.invoice.as_str()));
        if line.status == Some(InvoiceStatus::Paid) {
            let cost = line.total.is_none_or(|total| total.is_positive());
            cost && !own.any(|payment| payment.status == Some(PaymentStatus::Succeeded))
        } else {
            self.tries.iter().any(|told| told.invoice.as_ref() == Some(&line.invoice)) && own.next().is_none()
        }
    }

    fn lacks_invoice(&self, line: &PaymentLine) -> bool {
        line.intent.is_some() && self.invoice_of(line).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::{Head, Touched};
    use crate::event::{InvoiceSeen, Kind, LinkSeen, PaymentSeen};
    use crate::money::{Currency, Money};
    use jiff::SignedDuration;

    fn event(number: u32, kind: Kind, seen: Seen) -> Event {
        Event {
            id: format!("evt_{number}"),
            provider: "stripe".into(),
            source: "default".into(),
            origin: Origin::Webhook,
            kind,
            at: "2026-03-01T10:00:00Z".parse().unwrap(),
            customer: Some("cus_1".into()),
            seen: vec![seen],
        }
    }

    fn invoice(number: u32, kind: Kind, status: InvoiceStatus, minor: i64) -> Event {
        let seen = InvoiceSeen {
            id: "in_1".into(),
            status: Some(status),
            total: Some(Money::from_minor(minor, Currency::USD)),
            created_at: Some("2026-03-01T09:00:00Z".parse().unwrap()),
            ..InvoiceSeen::default()
        };
        event(number, kind, Seen::Invoice(seen))
    }

    fn charge(number: u32, kind: Kind, status: PaymentStatus, intent: Option<&str>) -> Event {
        let seen = PaymentSeen {
            id: format!("ch_{number}"),
            intent: intent.map(str::to_owned),
            status: Some(status),
            amount: Some(Money::from_minor(4900, Currency::USD)),
            at: Some("2026-03-01T10:00:00Z".parse().unwrap()),
            ..PaymentSeen::default()
        };
        event(number, kind, Seen::Payment(seen))
    }

    fn link(number: u32, intent: &str) -> Event {
        let seen = LinkSeen { intent: intent.to_owned(), invoice: "in_1".into() };
        event(number, Kind::InvoiceChanged, Seen::Link(seen))
    }

    /// What the last of some events shows to be missing.
    fn missing(events: &[Event]) -> Vec<Unlinked> {
        let mut head = Head::new("stripe", "default", "cus_1");
        let mut touched = Touched::default();
        for event in events {
            touched.fold(&mut head, event, SignedDuration::from_mins(10));
        }
        head.book.unlinked(events.last().unwrap())
    }

    #[test]
    fn a_link_is_missed_once_both_of_its_ends_are_here() {
        let billed = || invoice(1, Kind::InvoiceChanged, InvoiceStatus::Open, 4900);
        let unpaid = || invoice(2, Kind::PaymentFailed, InvoiceStatus::Open, 4900);
        let paid = || invoice(3, Kind::InvoicePaid, InvoiceStatus::Paid, 4900);
        let free = || invoice(3, Kind::InvoicePaid, InvoiceStatus::Paid, 0);
        let failed = || charge(4, Kind::PaymentFailed, PaymentStatus::Failed, Some("pi_1"));
        let taken = || charge(5, Kind::PaymentSucceeded, PaymentStatus::Succeeded, Some("pi_2"));
        let plain = || charge(6, Kind::PaymentSucceeded, PaymentStatus::Succeeded, None);
        let (invoice, payment) = (Unlinked::Invoice("in_1".into()), |intent: &str| Unlinked::Payment(intent.into()));
        let rows = [
            ("an invoice without a payment", vec![paid()], vec![]),
            ("a payment without an invoice", vec![taken()], vec![]),
            ("a bill that nobody tried to pay yet", vec![billed(), taken()], vec![]),
            ("paid, and then the charge", vec![paid(), taken()], vec![payment("pi_2")]),
            ("the charge, and then paid", vec![taken(), paid()], vec![invoice.clone()]),
            ("failed, and then the charge", vec![unpaid(), failed()], vec![payment("pi_1")]),
            ("the charge, and then failed", vec![failed(), unpaid()], vec![invoice.clone()]),
            ("linked", vec![failed(), link(7, "pi_1"), unpaid()], vec![]),
            (
                "what failed is linked, what paid is not",
                vec![failed(), link(7, "pi_1"), taken(), paid()],
                vec![invoice],
            ),
            ("both are linked", vec![failed(), link(7, "pi_1"), taken(), link(8, "pi_2"), paid()], vec![]),
            ("nothing was to be paid", vec![taken(), free()], vec![]),
            ("a charge that has no wider record", vec![paid(), plain()], vec![]),
        ];
        for (name, events, expected) in rows {
            assert_eq!(missing(&events), expected, "{name}");
        }
    }

    #[test]
    fn what_was_looked_up_asks_nothing_again() {
        for origin in [Origin::Lookup, Origin::Listed, Origin::Answer] {
            let taken = charge(5, Kind::PaymentSucceeded, PaymentStatus::Succeeded, Some("pi_2"));
            let told = Event { origin, ..taken };
            let paid = invoice(3, Kind::InvoicePaid, InvoiceStatus::Paid, 4900);
            assert!(missing(&[paid, told]).is_empty(), "{origin:?}");
        }
    }
}
