//! Invoices that customers pay by transfer: they have days to be paid in, several of one customer are due on one day,
//! and nobody tries them.

use super::recoveries::Bill;
use super::{CUSTOMERS, START, Sent, Storm};
use crate::stripe;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

impl Storm {
    /// They happen beside everything else; a third of them is paid sooner or later, whatever was written by then.
    pub(super) fn write_transfers(&mut self) {
        let start: Timestamp = START.parse().unwrap();
        for customer in CUSTOMERS {
            if self.dice.roll(3) == 0 {
                continue;
            }
            let due = start + SignedDuration::from_hours(24 * (3 + self.minutes(3)));
            for bill in 0..2 + self.dice.roll(3) {
                let (invoice, total) = (format!("in_{customer}_t{bill}"), 1000 + self.minutes(200_000));
                let shown = |status: &str, remaining: i64, at: Timestamp| {
                    let mut shown = stripe::invoice(customer, &invoice, status, total, remaining, "usd", 0, at);
                    shown["due_date"] = json!(due.as_second());
                    shown
                };
                // Whose they are was told before.
                let mut at = start + SignedDuration::from_mins(600 + self.minutes(60 * 24));
                self.happens(&invoice, "invoice.finalized", at, &shown("open", total, at));
                if self.dice.roll(3) == 0 {
                    at = due + SignedDuration::from_mins(self.minutes(60 * 24 * 9));
                    self.happens(&invoice, "invoice.paid", at, &shown("paid", 0, at));
                }
                let (customer, subscription) = ((*customer).to_owned(), Value::Null);
                let codes = Vec::new();
                self.bills.push(Bill { customer, invoice, total, subscription, codes, until: at, is_paid: false });
            }
        }
        self.ahead.sort_by_key(|(at, _)| *at);
        self.backlog.sort_by_key(|(at, _)| *at);
    }

    /// At the provider at its time, and with us whenever.
    fn happens(&mut self, invoice: &str, kind: &str, at: Timestamp, object: &Value) {
        let sent = Sent::stripe(&stripe::event(&format!("evt_{invoice}_{kind}"), kind, at, object));
        self.ahead.push((at, sent.clone()));
        self.backlog.push((at, sent));
    }
}
