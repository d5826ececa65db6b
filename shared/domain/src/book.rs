//! The account book: what an account looks like after the events seen so far, whatever their order.
//!
//! Each resource keeps the latest sighting of each of its fields. Sightings merge like sets do: repeating, reordering
//! or splitting them changes nothing. The head holds sums over the resources, moved by the difference that one event
//! makes, so that an account with ten thousand events is read as quickly as one with ten.

mod head;
mod invoice;
mod latest;
mod payment;
mod person;
mod subscription;

pub use head::{Book, CaseLine, Figures, Head, HistoryLine, PaymentLine, PlanLine, SubscriptionLine};
pub use invoice::{Due, Invoice};
pub use latest::{Latest, Stamp};
pub use payment::{Payment, Refund};
pub use person::Person;
pub use subscription::Subscription;

use crate::event::{Event, Seen};
use std::collections::BTreeMap;

/// The resources of one account that an event touches, as they were read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touched {
    pub person: Option<Person>,
    pub invoices: BTreeMap<String, Invoice>,
    pub payments: BTreeMap<String, Payment>,
    pub subscriptions: BTreeMap<String, Subscription>,
}

/// Which resource to read before an event can be folded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResourceId {
    Person,
    Invoice(String),
    Payment(String),
    Subscription(String),
}

/// Names the resources that an event says something about.
pub fn touches(event: &Event) -> Vec<ResourceId> {
    let mut ids: Vec<_> = event
        .seen
        .iter()
        .map(|seen| match seen {
            Seen::Customer(_) => ResourceId::Person,
            Seen::Subscription(seen) => ResourceId::Subscription(seen.id.clone()),
            Seen::Invoice(seen) => ResourceId::Invoice(seen.id.clone()),
            Seen::Payment(seen) => ResourceId::Payment(seen.id.clone()),
            Seen::Refund(seen) => ResourceId::Payment(seen.payment.clone()),
        })
        .collect();
    ids.sort();
    ids.dedup();
    ids
}

impl Touched {
    /// Folds what the event saw, and moves the head's sums by the difference.
    pub fn fold(&mut self, head: &mut Head, event: &Event) {
        for seen in &event.seen {
            match seen {
                Seen::Customer(seen) => {
                    let person = self.person.get_or_insert_default();
                    person.fold(seen, &Stamp::of(event, 0));
                }
                Seen::Subscription(seen) => {
                    let subscription = self.subscriptions.entry(seen.id.clone()).or_insert_with(|| Subscription::new(&seen.id));
                    let before = subscription.clone();
                    subscription.fold(seen, event);
                    head.book.moved(&before.figures(), &subscription.figures());
                    head.book.show_subscription(subscription);
                }
                Seen::Invoice(seen) => {
                    let invoice = self.invoices.entry(seen.id.clone()).or_insert_with(|| Invoice::new(&seen.id));
                    let before = invoice.clone();
                    invoice.fold(seen, event);
                    head.book.moved(&before.figures(), &invoice.figures());
                    head.book.show_invoice(invoice);
                }
                Seen::Payment(seen) => {
                    let payment = self.payments.entry(seen.id.clone()).or_insert_with(|| Payment::new(&seen.id));
                    let before = payment.clone();
                    payment.fold(seen, event);
                    head.book.moved(&before.figures(), &payment.figures());
                    head.book.show_payment(payment);
                }
                Seen::Refund(seen) => {
                    let payment = self.payments.entry(seen.payment.clone()).or_insert_with(|| Payment::new(&seen.payment));
                    let before = payment.clone();
                    payment.fold_refund(seen, event);
                    head.book.moved(&before.figures(), &payment.figures());
                    head.book.show_payment(payment);
                }
            }
        }
        head.book.last_event_at = head.book.last_event_at.max(Some(event.at));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{InvoiceSeen, InvoiceStatus, Kind, PaymentSeen, PaymentStatus, RefundSeen, RefundStatus};
    use crate::money::{Currency, Money};

    fn event(id: &str, at: &str, seen: Seen) -> Event {
        Event {
            id: id.into(),
            provider: "stripe".into(),
            source: "default".into(),
            origin: crate::event::Origin::Webhook,
            kind: Kind::InvoiceChanged,
            at: at.parse().unwrap(),
            customer: Some("cus_1".into()),
            seen: vec![seen],
        }
    }

    fn usd(minor: i64) -> Option<Money> {
        Some(Money::from_minor(minor, Currency::USD))
    }

    fn history() -> Vec<Event> {
        let invoice = |status, remaining, failed: Option<&str>| {
            Seen::Invoice(InvoiceSeen {
                id: "in_1".into(),
                number: None,
                status: Some(status),
                total: usd(4900),
                remaining: usd(remaining),
                subscription: None,
                created_at: Some("2026-01-01T00:00:00Z".parse().unwrap()),
                due_on: None,
                attempts: None,
                pay_link: None,
                failed_at: failed.map(|at| at.parse().unwrap()),
                decline: None,
                paid_at: None,
            })
        };
        let payment = |refunded| {
            Seen::Payment(PaymentSeen {
                id: "ch_1".into(),
                invoice: Some("in_1".into()),
                status: Some(PaymentStatus::Succeeded),
                amount: usd(4900),
                captured: usd(4900),
                refunded: usd(refunded),
                at: Some("2026-01-03T00:00:00Z".parse().unwrap()),
                card: None,
                decline: None,
            })
        };
        let refund = |status| {
            Seen::Refund(RefundSeen {
                id: "re_1".into(),
                payment: "ch_1".into(),
                amount: usd(900),
                status: Some(status),
                created_at: None,
                action: None,
            })
        };
        vec![
            event("evt_1", "2026-01-01T00:00:00Z", invoice(InvoiceStatus::Draft, 4900, None)),
            // The same second: the further state wins, whoever comes first.
            event("evt_2", "2026-01-01T00:00:00Z", invoice(InvoiceStatus::Open, 4900, None)),
            event("evt_3", "2026-01-02T00:00:00Z", invoice(InvoiceStatus::Open, 4900, Some("2026-01-02T00:00:00Z"))),
            event("evt_4", "2026-01-03T00:00:00Z", invoice(InvoiceStatus::Paid, 0, None)),
            event("evt_5", "2026-01-03T00:00:00Z", payment(0)),
            event("evt_6", "2026-01-04T00:00:00Z", refund(RefundStatus::Pending)),
            event("evt_7", "2026-01-05T00:00:00Z", refund(RefundStatus::Succeeded)),
        ]
    }

    fn folded(order: &[usize]) -> (Head, Touched) {
        let events = history();
        let mut head = Head::new("stripe", "default", "cus_1");
        let mut touched = Touched::default();
        for &index in order {
            touched.fold(&mut head, &events[index]);
        }
        (head, touched)
    }

    #[test]
    fn any_order_with_repeats_gives_the_same_book() {
        let straight = folded(&[0, 1, 2, 3, 4, 5, 6]);
        for order in
            [vec![6, 5, 4, 3, 2, 1, 0], vec![3, 0, 6, 1, 3, 5, 2, 4, 4], vec![0, 0, 1, 2, 6, 3, 4, 5, 0], vec![5, 6, 4, 2, 3, 1, 0, 1]]
        {
            let other = folded(&order);
            assert_eq!(serde_json::to_string(&other.0).unwrap(), serde_json::to_string(&straight.0).unwrap(), "{order:?}");
            assert_eq!(other.1, straight.1, "{order:?}");
        }
    }

    #[test]
    fn sums_follow_the_resources() {
        let open = folded(&[0, 1, 2]).0;
        assert_eq!(open.book.figures.outstanding[&Currency::USD].to_string(), "49.00");
        assert_eq!(open.book.figures.failures.get("2026-01"), Some(&1));
        let settled = folded(&[0, 1, 2, 3, 4, 5, 6]).0;
        assert!(settled.book.figures.outstanding.is_empty());
        assert_eq!(settled.book.figures.revenue[&Currency::USD].to_string(), "40.00");
    }
}
