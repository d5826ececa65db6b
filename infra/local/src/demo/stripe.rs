//! The company's history as Stripe would have sent it.

use super::company::{Company, Customer, Fate, next_month};
use domain::id::digest;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

pub struct Delivery {
    pub at: Timestamp,
    pub body: Value,
}

/// Everything that was sent, in the order of its time.
pub fn deliveries(company: &Company, now: Timestamp) -> Vec<Delivery> {
    let mut all: Vec<Delivery> = company.customers.iter().flat_map(|customer| history(customer, now)).collect();
    all.retain(|delivery| delivery.at <= now);
    all.sort_by(|one, other| (one.at, one.body["id"].as_str()).cmp(&(other.at, other.body["id"].as_str())));
    all
}

fn history(customer: &Customer, now: Timestamp) -> Vec<Delivery> {
    let mut story = Story { customer, all: Vec::new(), sub: format!("sub_demo{:03}", customer.number) };
    // Stripe tells of who was there before when the webhook is connected: here, on the first day.
    let known_at = customer.known_at;
    story.tell(known_at, "customer.created", story.customer_object());
    let begun = story.subscription(0, "active", known_at);
    story.tell(known_at + minutes(1), "customer.subscription.created", begun);
    let mut bill_at = customer.first_bill;
    for month in 0.. {
        if bill_at > now || !story.bill(month, bill_at, now) {
            break;
        }
        bill_at = next_month(bill_at);
    }
    if customer.fate == Fate::ChargedTwiceLately {
        for (part, ago) in [("x", 26 * 60), ("y", 26 * 60 - 9)] {
            let charge = story.charge(99, now - minutes(ago), part, None, None);
            story.tell(now - minutes(ago), "charge.succeeded", charge);
        }
    }
    story.all
}

/// What Stripe sends when an object has changed.
pub fn event(at: Timestamp, kind: &str, object: Value) -> Delivery {
    let id = digest(&["demo", kind, object["id"].as_str().unwrap_or_default(), &at.to_string()], 24);
    let body = json!({
        "id": format!("evt_{id}"),
        "object": "event",
        "api_version": "2024-06-20",
        "created": at.as_second(),
        "livemode": false,
        "pending_webhooks": 1,
        "request": {"id": null, "idempotency_key": null},
        "type": kind,
        "data": {"object": object},
    });
    Delivery { at, body }
}

struct Story<'a> {
    customer: &'a Customer,
    sub: String,
    all: Vec<Delivery>,
}

impl Story<'_> {
    /// One month's invoice and what became of it; says whether the subscription goes on.
    fn bill(&mut self, month: i64, at: Timestamp, now: Timestamp) -> bool {
        let last = next_month(at) > now;
        let invoice = |story: &Self, status: &str, attempts: i64, paid_at: Option<Timestamp>| {
            story.invoice(month, at, status, attempts, paid_at)
        };
        let open = invoice(self, "open", 0, None);
        self.tell(at, "invoice.finalized", open);
        let renewed = self.subscription(month, "active", at);
        self.tell(at, "customer.subscription.updated", renewed);
        let code = match self.customer.fate {
            Fate::FailsOnce(when, code) | Fate::Leaves(when, code) | Fate::Recovers(when, code) if when == month => {
                Some(code)
            }
            Fate::StillOwes(code) if last => Some(code),
            _ => None,
        };
        let Some(code) = code else {
            self.pay(month, at + minutes(60), 0);
            if self.customer.fate == Fate::ChargedTwice(month, self.again_after()) {
                let second = self.charge(month, at + minutes(60 + self.again_after()), "b", None, None);
                self.tell(at + minutes(60 + self.again_after()), "charge.succeeded", second);
            }
            return true;
        };
        let failed_at = at + minutes(60);
        let failed = self.charge(month, failed_at, "f1", Some(code), Some(month));
        self.tell(failed_at, "charge.failed", failed);
        let open = invoice(self, "open", 1, None);
        self.tell(failed_at + minutes(1), "invoice.payment_failed", open);
        match self.customer.fate {
            Fate::FailsOnce(..) => {
                self.pay(
                    month,
                    failed_at + minutes(60 * 24 * (2 + i64::try_from(self.customer.number % 7).unwrap_or(0))),
                    2,
                );
                true
            }
            Fate::Leaves(..) => {
                let again_at = failed_at + minutes(60 * 24 * 5);
                let failed = self.charge(month, again_at, "f2", Some(code), Some(month));
                self.tell(again_at, "charge.failed", failed);
                let open = invoice(self, "open", 2, None);
                self.tell(again_at + minutes(1), "invoice.payment_failed", open);
                let end_at = failed_at + minutes(60 * 24 * 21);
                let gone = invoice(self, "uncollectible", 2, None);
                self.tell(end_at, "invoice.marked_uncollectible", gone);
                let ended = self.subscription(month, "canceled", end_at);
                self.tell(end_at + minutes(1), "customer.subscription.deleted", ended);
                false
            }
            _ => true,
        }
    }

    fn again_after(&self) -> i64 {
        match self.customer.fate {
            Fate::ChargedTwice(_, minutes) => minutes,
            _ => 0,
        }
    }

    fn pay(&mut self, month: i64, at: Timestamp, attempts: i64) {
        let charge = self.charge(month, at, "p", None, Some(month));
        self.tell(at, "charge.succeeded", charge);
        let paid = self.invoice(month, at, "paid", attempts.max(1), Some(at));
        self.tell(at + minutes(1), "invoice.paid", paid);
    }

    fn tell(&mut self, at: Timestamp, kind: &str, object: Value) {
        self.all.push(event(at, kind, object));
    }

    fn customer_object(&self) -> Value {
        let who = self.customer;
        json!({
            "id": who.id(),
            "object": "customer",
            "created": who.joined_at.as_second(),
            "name": who.name,
            "email": who.email,
            "phone": null,
            "address": {
                "line1": format!("{} Market Street", 10 + who.number),
                "line2": null,
                "postal_code": null,
                "city": who.city,
                "state": null,
                "country": who.country,
            },
            "livemode": false,
            "metadata": {},
        })
    }

    fn subscription(&self, month: i64, status: &str, at: Timestamp) -> Value {
        let who = self.customer;
        let (price, unit_minor) = who.price_in(month);
        let ended_at = (status == "canceled").then(|| at.as_second());
        let price = json!({
            "id": price,
            "object": "price",
            "currency": who.currency,
            "unit_amount": unit_minor,
            "recurring": {"interval": "month", "interval_count": 1},
        });
        json!({
            "id": self.sub,
            "object": "subscription",
            "customer": who.id(),
            "status": status,
            "created": who.joined_at.as_second(),
            "start_date": who.joined_at.as_second(),
            "current_period_start": at.as_second(),
            "current_period_end": next_month(at).as_second(),
            "ended_at": ended_at,
            "cancel_at": null,
            "discounts": [],
            "quantity": who.seats,
            "items": {
                "object": "list",
                "data": [{
                    "id": format!("si_demo{:03}", who.number),
                    "object": "subscription_item",
                    "price": price,
                    "quantity": who.seats,
                }],
            },
        })
    }

    fn invoice(
        &self,
        month: i64,
        made_at: Timestamp,
        status: &str,
        attempts: i64,
        paid_at: Option<Timestamp>,
    ) -> Value {
        let who = self.customer;
        let amount = who.amount_minor(month);
        let id = format!("in_demo{:03}m{month}", who.number);
        let remaining = if paid_at.is_some() { 0 } else { amount };
        json!({
            "hosted_invoice_url": format!("https://invoice.stripe.com/i/{id}"),
            "id": id,
            "object": "invoice",
            "number": format!("DEMO-{:03}-{:04}", who.number, month + 1),
            "customer": who.id(),
            "status": status,
            "currency": who.currency,
            "total": amount,
            "subtotal": amount,
            "amount_due": amount,
            "amount_paid": amount - remaining,
            "amount_remaining": remaining,
            "attempt_count": attempts,
            "created": made_at.as_second(),
            "due_date": null,
            "subscription": self.sub,
            "paid": paid_at.is_some(),
            "status_transitions": {
                "finalized_at": made_at.as_second(),
                "paid_at": paid_at.map(Timestamp::as_second),
                "marked_uncollectible_at": null,
                "voided_at": null,
            },
        })
    }

    /// A charge; one that pays no invoice has been made outside the cycle.
    fn charge(&self, month: i64, at: Timestamp, part: &str, code: Option<&str>, invoice: Option<i64>) -> Value {
        let who = self.customer;
        let paid = code.is_none();
        let card_code = code.map(|code| {
            if matches!(code, "expired_card" | "incorrect_cvc" | "processing_error" | "authentication_required") {
                code
            } else {
                "card_declined"
            }
        });
        json!({
            "id": format!("ch_demo{:03}m{month}{part}", who.number),
            "object": "charge",
            "customer": who.id(),
            "amount": who.amount_minor(month),
            "currency": who.currency,
            "amount_captured": if paid { who.amount_minor(month) } else { 0 },
            "amount_refunded": 0,
            "captured": paid,
            "refunded": false,
            "paid": paid,
            "status": if paid { "succeeded" } else { "failed" },
            "created": at.as_second(),
            "failure_code": card_code,
            "invoice": invoice.map(|month| format!("in_demo{:03}m{month}", who.number)),
            "payment_intent": format!("pi_demo{:03}m{month}{part}", who.number),
            "outcome": {
                "type": if paid { "authorized" } else { "issuer_declined" },
                "reason": code,
                "network_status": if paid { "approved_by_network" } else { "declined_by_network" },
            },
            "payment_method_details": {
                "type": "card",
                "card": {
                    "brand": who.brand,
                    "last4": who.last4,
                    "exp_month": 1 + who.number % 12,
                    "exp_year": who.exp_year,
                },
            },
        })
    }
}

fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}
