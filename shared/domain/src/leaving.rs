//! What follows when a customer leaves: nothing is asked for any more, what was charged since goes back, and what remains
//! due is agreed with a person.

mod offer;

pub use offer::{Offer, Offers};

use crate::book::{Book, Due, Head, Invoice, Touched};
use crate::event::{InvoiceStatus, SubscriptionStatus};
use crate::id::ActionId;
use crate::money::Money;
use crate::task::About;
use jiff::Timestamp;
use std::collections::BTreeSet;

/// Why a recovery is over.
pub const LEFT: &str = "the customer has left";

/// What is looked at to see what a subscription still owes, and what it was charged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Concerned {
    pub invoices: BTreeSet<String>,
    pub payments: BTreeSet<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Leaving {
    /// Payments that were taken for what the customer no longer wanted, and what is left of them to give back.
    pub refunds: Vec<(String, Money)>,
    pub due: Vec<Rest>,
}

/// What is open when somebody leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rest {
    pub invoice: String,
    pub remaining: Option<Money>,
    /// It was written after the customer asked to leave.
    pub since: bool,
}

/// What may belong to a subscription that somebody wanted to end at a moment.
pub fn concerned(book: &Book, asked_at: Timestamp) -> Concerned {
    let payments: Vec<_> = book.payments.iter().filter(|line| line.at >= asked_at).collect();
    let open = book.invoices.iter().filter(|line| matches!(line.status, None | Some(InvoiceStatus::Open)));
    let invoices = open.map(|line| line.invoice.clone());
    let paid = payments.iter().filter_map(|line| book.invoice_of(line).map(str::to_owned));
    Concerned {
        invoices: invoices.chain(paid).chain(book.periods.iter().map(|line| line.invoice.clone())).collect(),
        payments: payments.iter().map(|line| line.payment.clone()).collect(),
    }
}

pub fn leaving(subscription: &str, asked_at: Timestamp, head: &Head, records: &Touched) -> Leaving {
    let is_its = |invoice: &Invoice| invoice.subscription.value().is_some_and(|of| of == subscription);
    let mut leaving = Leaving::default();
    for line in head.book.payments.iter().filter(|line| line.at >= asked_at) {
        let Some(payment) = records.payments.get(&line.payment) else { continue };
        let invoice = head.book.invoice_of(line).and_then(|id| records.invoices.get(id));
        // What was billed before is owed, whenever it is paid.
        let is_new = match invoice {
            Some(invoice) => is_its(invoice) && invoice.created_at.is_some_and(|at| at >= asked_at),
            None => payment.subscription.value().is_some_and(|of| of == subscription),
        };
        if let Some(left) = payment.refundable().filter(|left| is_new && left.is_positive() && !payment.is_disputed()) {
            leaving.refunds.push((payment.id.clone(), left));
        }
    }
    for invoice in records.invoices.values().filter(|invoice| is_its(invoice)) {
        if let Due::Open(remaining) = invoice.due() {
            let since = invoice.created_at.is_some_and(|at| at >= asked_at);
            leaving.due.push(Rest { invoice: invoice.id.clone(), remaining, since });
        }
    }
    leaving
}

impl Rest {
    /// The task that it becomes: what in a line, and how.
    pub fn task(&self, action: &ActionId) -> (About, String, String) {
        let Self { invoice, remaining, since } = self;
        let amount = remaining.map_or_else(String::new, |amount| format!("{amount} of "));
        let steps = if *since {
            "It was written after the customer had asked to leave. Nothing was used since: ask for it to be voided."
        } else {
            "Nothing more is asked for automatically. Look at what was delivered until the customer asked to leave, agree with them \
             on what remains, and then ask for a payment link, a part to be credited, or the rest to be written off."
        };
        let about = About::RestDue { action: action.clone(), invoice: invoice.clone() };
        (about, format!("Settle {amount}invoice {invoice}: the customer has left"), steps.to_owned())
    }
}

impl Head {
    /// Whether a customer has asked to end a subscription, and has not come back to it.
    pub fn has_left(&self, subscription: &str) -> bool {
        let line = self.book.subscriptions.get(subscription);
        let ends = line.is_none_or(|line| line.status == Some(SubscriptionStatus::Ended) || line.ends_at.is_some());
        ends && self.left.contains_key(subscription)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;
    use jiff::SignedDuration;
    use serde_json::{Value, from_value, json};

    const ASKED: &str = "2026-03-10T09:00:00Z";

    fn told(seen: &[Value]) -> (Head, Touched) {
        let (mut head, mut touched) = (Head::new("stripe", "default", "cus_1"), Touched::default());
        let event: Event = from_value(json!({"id": "evt_1", "provider": "stripe", "source": "default", "origin": "webhook",
            "kind": "payment_succeeded", "at": "2026-03-20T09:00:00Z", "customer": "cus_1", "seen": seen}))
        .unwrap();
        touched.fold(&mut head, &event, SignedDuration::ZERO);
        (head, touched)
    }

    fn usd(amount: &str) -> Value {
        json!({"amount": amount, "currency": "USD"})
    }

    fn invoice(id: &str, of: &str, day: u8, remaining: &str, status: &str) -> Value {
        json!({"resource": "invoice", "id": id, "subscription": of, "status": status, "total": usd("49.00"), "remaining": usd(remaining),
            "by_period": false, "created_at": format!("2026-03-{day:02}T09:00:00Z")})
    }

    fn payment(id: &str, invoice: Option<&str>, of: Option<&str>, day: u8) -> Value {
        json!({"resource": "payment", "id": id, "invoice": invoice, "subscription": of, "status": "succeeded", "amount": usd("49.00"),
            "captured": usd("49.00"), "refunded": usd("0.00"), "at": format!("2026-03-{day:02}T09:00:00Z")})
    }

    #[test]
    fn what_was_charged_since_goes_back_and_what_was_owed_before_is_agreed() {
        let open = |id: &str, day| invoice(id, "sub_1", day, "49.00", "open");
        let paid = |id: &str, of: &str, day| invoice(id, of, day, "0.00", "paid");
        let cases: [(&str, Vec<Value>, &[&str], &[(&str, bool)]); 9] = [
            ("renewed the day after", vec![paid("in_2", "sub_1", 11), payment("ch_2", Some("in_2"), None, 11)], &["ch_2"], &[]),
            ("that very moment", vec![paid("in_2", "sub_1", 10), payment("ch_2", Some("in_2"), None, 10)], &["ch_2"], &[]),
            ("the day before", vec![paid("in_2", "sub_1", 9), payment("ch_2", Some("in_2"), None, 9)], &[], &[]),
            ("an old bill paid late", vec![paid("in_2", "sub_1", 1), payment("ch_2", Some("in_2"), None, 11)], &[], &[]),
            ("another subscription", vec![paid("in_2", "sub_2", 11), payment("ch_2", Some("in_2"), None, 11)], &[], &[]),
            ("no invoices there", vec![payment("ch_2", None, Some("sub_1"), 11)], &["ch_2"], &[]),
            ("nobody knows what for", vec![payment("ch_2", None, None, 11)], &[], &[]),
            ("something is open", vec![open("in_1", 1), open("in_2", 11)], &[], &[("in_1", false), ("in_2", true)]),
            ("given up already", vec![invoice("in_1", "sub_1", 1, "49.00", "void")], &[], &[]),
        ];
        for (what, seen, refunds, due) in cases {
            let (head, records) = told(&seen);
            let asked_at = ASKED.parse().unwrap();
            let looked_at = concerned(&head.book, asked_at);
            let found = leaving("sub_1", asked_at, &head, &records);
            let given: Vec<_> = found.refunds.iter().map(|(payment, amount)| (payment.as_str(), amount.to_string())).collect();
            assert_eq!(given, refunds.iter().map(|id| (*id, "49.00 USD".to_owned())).collect::<Vec<_>>(), "{what}");
            assert_eq!(found.due.iter().map(|rest| (rest.invoice.as_str(), rest.since)).collect::<Vec<_>>(), due, "{what}");
            assert!(found.refunds.iter().all(|(payment, _)| looked_at.payments.contains(payment)), "{what}: it is read");
            assert!(found.due.iter().all(|rest| looked_at.invoices.contains(&rest.invoice)), "{what}: it is read");
        }
    }

    #[test]
    fn who_comes_back_has_not_left() {
        for (status, ends_at, left) in [
            ("active", json!({"is": "2026-04-01T09:00:00Z"}), true),
            ("ended", json!("nothing"), true),
            ("active", json!("nothing"), false),
        ] {
            let seen = json!({"resource": "subscription", "id": "sub_1", "status": status, "ends_at": ends_at});
            let (mut head, _) = told(&[seen]);
            assert!(!head.has_left("sub_1"), "nobody asked");
            head.left.insert("sub_1".to_owned(), ASKED.parse().unwrap());
            assert_eq!(head.has_left("sub_1"), left, "{status} {ends_at}");
        }
    }
}
