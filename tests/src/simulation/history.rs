//! What happens at providers in a storm, whatever reaches us of it.

use super::recoveries::Bill;
use super::{CUSTOMERS, START, Sent, Storm};
use crate::stripe;
use jiff::{SignedDuration, Timestamp};
use providers::{ALL, Provider};
use serde_json::{Value, json};

/// Why payments fail: what is tried again, what waits for the customer, what is for people, and what is never tried again.
const CODES: &[&str] =
    &["insufficient_funds", "insufficient_funds", "expired_card", "card_declined", "never_heard_of", HARD];
/// A bank that says never.
pub(super) const HARD: &str = "stolen_card";

impl Storm {
    /// What happens at the provider, whatever reaches us of it.
    pub(super) fn write_histories(&mut self) {
        let start: Timestamp = START.parse().unwrap();
        for customer in CUSTOMERS {
            let mut number = 0;
            let mut tell = |backlog: &mut Vec<(Timestamp, Sent)>, kind: &str, at: Timestamp, object: Value| {
                number += 1;
                backlog
                    .push((at, Sent::stripe(&stripe::event(&format!("evt_{customer}_{number}"), kind, at, &object))));
            };
            let mut at = start + SignedDuration::from_mins(self.minutes(600));
            tell(&mut self.backlog, "customer.created", at, stripe::customer(customer, at));
            let subscription = self.subscription(customer, at);
            let of = subscription["id"].clone();
            tell(&mut self.backlog, "customer.subscription.created", at, subscription);
            for bill in 0..1 + self.dice.roll(3) {
                let (invoice, total) =
                    (format!("in_{customer}_{bill}"), 1000 + i64::try_from(self.dice.roll(200_000)).unwrap());
                let subscription = if self.dice.roll(2) == 0 { of.clone() } else { Value::Null };
                let shown = |status: &str, remaining: i64, attempts: u32, at: Timestamp| {
                    let mut shown = stripe::invoice(customer, &invoice, status, total, remaining, "usd", attempts, at);
                    shown["subscription"] = subscription.clone();
                    shown
                };
                at += SignedDuration::from_mins(self.minutes(60 * 24 * 4));
                tell(&mut self.backlog, "invoice.finalized", at, shown("open", total, 0, at));
                let tries = self.dice.roll(3);
                let mut codes = Vec::new();
                for attempt in 0..tries {
                    at += SignedDuration::from_mins(1 + self.minutes(60 * 24 * 3));
                    let code = *self.dice.pick(CODES);
                    codes.push(code);
                    let charge = format!("ch_{customer}_{bill}_{attempt}");
                    tell(
                        &mut self.backlog,
                        "charge.failed",
                        at,
                        stripe::charge(customer, &charge, Some(&invoice), total, "usd", Some(code), at),
                    );
                    let count = u32::try_from(attempt).unwrap() + 1;
                    tell(&mut self.backlog, "invoice.payment_failed", at, shown("open", total, count, at));
                }
                at += SignedDuration::from_mins(1 + self.minutes(60 * 24 * 3));
                match self.dice.roll(5) {
                    0 => {}
                    1 => tell(&mut self.backlog, "invoice.voided", at, shown("void", total, 1, at)),
                    ending => {
                        let charge = format!("ch_{customer}_{bill}_paid");
                        tell(
                            &mut self.backlog,
                            "charge.succeeded",
                            at,
                            stripe::charge(customer, &charge, Some(&invoice), total, "usd", None, at),
                        );
                        tell(&mut self.backlog, "invoice.paid", at, shown("paid", 0, 1, at));
                        if ending > 2 {
                            let again_at = at + SignedDuration::from_mins(1 + self.minutes(60 * 30));
                            let again = format!("ch_{customer}_{bill}_again");
                            tell(
                                &mut self.backlog,
                                "charge.succeeded",
                                again_at,
                                stripe::charge(customer, &again, None, total, "usd", None, again_at),
                            );
                        }
                    }
                }
                let customer = (*customer).to_owned();
                self.bills.push(Bill { customer, invoice, total, subscription, codes, until: at, is_paid: false });
            }
            // Of a few a bank claims something else back.
            if self.dice.roll(6) == 0 {
                let (charge, dispute) = (format!("ch_{customer}_claimed"), format!("dp_{customer}"));
                let taken_at = start + SignedDuration::from_mins(self.minutes(60 * 24 * 6));
                let taken = stripe::charge(customer, &charge, None, 900, "usd", None, taken_at);
                tell(&mut self.backlog, "charge.succeeded", taken_at, taken);
                let claimed_at = taken_at + SignedDuration::from_mins(1 + self.minutes(60 * 24 * 9));
                let claim = stripe::dispute(&dispute, &charge, 900, "needs_response", claimed_at);
                tell(&mut self.backlog, "charge.dispute.created", claimed_at, claim);
            }
        }
        self.ahead.clone_from(&self.backlog);
        self.ahead.sort_by_key(|(at, _)| *at);
        self.add_another_provider(start);
        self.backlog.sort_by_key(|(at, _)| *at);
    }

    /// One that runs, is on trial, or is paused.
    fn subscription(&mut self, customer: &str, at: Timestamp) -> Value {
        let status = *self.dice.pick(&["active", "active", "trialing"]);
        let mut shown = stripe::subscription(customer, &format!("sub_{customer}"), "price_pro", 4900, 5, status, at);
        if status == "active" && self.dice.roll(3) == 0 {
            shown["pause_collection"] = json!({"behavior": "void", "resumes_at": null});
        }
        shown
    }

    /// Everything that was recorded of one other provider: it has happened there, and reaches us in any order, within a few
    /// days.
    fn add_another_provider(&mut self, start: Timestamp) {
        if self.dice.roll(2) == 0 {
            return;
        }
        let others: Vec<&'static Provider> = ALL.iter().copied().filter(|provider| provider.name != "stripe").collect();
        let provider = *self.dice.pick(&others);
        self.other = Some(provider.name);
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(provider.name);
        let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        for file in files {
            let at = start + SignedDuration::from_mins(self.minutes(60 * 24 * 5));
            let sent = Sent::recorded(provider, std::fs::read(file).unwrap());
            self.service.sandbox.learn(provider.name, &sent.body).unwrap();
            self.backlog.push((at, sent));
        }
    }
}
