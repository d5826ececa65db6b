//! What the other four providers send of the demo company's customers: in pounds, in euros and in dollars.

use super::step::{Doing, Step, ask};
use domain::id::digest;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde_json::{Value, json};

/// Everything that they send until now.
pub fn steps(now: Timestamp) -> Vec<Step> {
    let mut all = Vec::new();
    chargebee(now, &mut all);
    lemon_squeezy(now, &mut all);
    revenuecat(now, &mut all);
    mollie(now, &mut all);
    all
}

/// So many whole months and days before now.
fn before(now: Timestamp, months: i64, days: i64) -> Timestamp {
    let at = now.to_zoned(TimeZone::UTC).checked_sub(months.months()).map_or(now, |at| at.timestamp());
    at - SignedDuration::from_hours(24 * days)
}

fn later(at: Timestamp, days: i64) -> Timestamp {
    at + SignedDuration::from_hours(24 * days)
}

fn tell(all: &mut Vec<Step>, at: Timestamp, provider: &'static str, body: Value) {
    all.push(Step { at, doing: Doing::Delivery { provider, body } });
}

/// A customer of Chargebee who pays by card, and one whose card Chargebee has to try twice.
fn chargebee(now: Timestamp, all: &mut Vec<Step>) {
    let people = [
        ("cb_demo1", "Nora", "Lindqvist", "nora@fjordmade.example", 3, None),
        ("cb_demo2", "Owen", "Price", "owen@leedsprint.example", 2, Some(1)),
    ];
    for (id, first, last, email, seats, fails_in) in people {
        for month in 0..3 {
            let at = before(now, 2 - month, 13);
            let pay = Charged { id, first, last, email, seats, month, at, begun: before(now, 2, 13) };
            if fails_in == Some(month) {
                tell(all, at, "chargebee", pay.event("payment_failed", at));
                tell(all, later(at, 3), "chargebee", pay.event("payment_succeeded", later(at, 3)));
            } else {
                tell(all, at, "chargebee", pay.event("payment_succeeded", at));
            }
        }
    }
}

/// A month's bill at Chargebee.
struct Charged {
    id: &'static str,
    first: &'static str,
    last: &'static str,
    email: &'static str,
    seats: i64,
    month: i64,
    at: Timestamp,
    begun: Timestamp,
}

impl Charged {
    fn event(&self, kind: &str, at: Timestamp) -> Value {
        let is_paid = kind == "payment_succeeded";
        let (id, made, second) = (self.id, self.at.as_second(), at.as_second());
        let begun = self.begun.as_second();
        let (amount, version, month_end) = (4_900 * self.seats, second * 1_000, later(self.at, 30).as_second());
        let (sub, invoice) = (format!("sub_{id}"), format!("{id}_inv{}", self.month));
        let transaction = format!("txn_{id}_{}{}", self.month, if is_paid { "p" } else { "f" });
        let code = (!is_paid).then_some("insufficient_funds");
        let line = json!({
            "id": format!("li_{invoice}"), "date_from": made, "date_to": month_end, "unit_amount": 4_900,
            "quantity": self.seats, "amount": amount, "tax_amount": 0, "discount_amount": 0, "description": "Pro",
            "entity_type": "plan", "entity_id": "price_pro", "subscription_id": sub, "object": "line_item",
        });
        let tried = json!({"txn_id": transaction, "applied_amount": amount, "txn_amount": amount, "txn_date": second,
            "txn_status": if is_paid { "success" } else { "failure" }});
        let content = json!({
            "transaction": {
                "id": transaction, "customer_id": id, "subscription_id": sub, "payment_method": "card",
                "gateway": "stripe", "type": "payment", "date": second, "amount": amount,
                "status": if is_paid { "success" } else { "failure" }, "error_code": code, "error_text": code,
                "resource_version": version, "object": "transaction", "masked_card_number": "************4242",
                "currency_code": "GBP", "linked_invoices": [{"invoice_id": invoice, "applied_amount": amount}],
                "linked_refunds": [],
            },
            "invoice": {
                "id": invoice, "customer_id": id, "subscription_id": sub, "date": made, "due_date": made,
                "status": if is_paid { "paid" } else { "payment_due" }, "total": amount,
                "amount_paid": if is_paid { amount } else { 0 }, "amount_due": if is_paid { 0 } else { amount },
                "credits_applied": 0, "tax": 0, "dunning_status": if is_paid { "success" } else { "in_progress" },
                "next_retry_at": (!is_paid).then(|| second + 3 * 86_400), "paid_at": is_paid.then_some(second),
                "resource_version": version, "deleted": false, "object": "invoice", "currency_code": "GBP",
                "line_items": [line], "linked_payments": [tried],
            },
            "customer": {
                "id": id, "first_name": self.first, "last_name": self.last, "email": self.email, "locale": "en",
                "created_at": begun, "resource_version": version, "object": "customer", "promotional_credits": 0,
                "refundable_credits": 0, "excess_payments": 0, "preferred_currency_code": "GBP",
                "billing_address": {"line1": "4 Mill Lane", "city": "Leeds", "zip": "LS1 4AP", "country": "GB"},
            },
            "subscription": {
                "id": sub, "customer_id": id, "plan_id": "price_pro", "plan_quantity": self.seats,
                "plan_unit_price": 4_900, "billing_period": 1, "billing_period_unit": "month", "status": "active",
                "created_at": begun, "started_at": begun, "current_term_start": made, "current_term_end": month_end,
                "next_billing_at": month_end, "resource_version": version, "deleted": false,
                "object": "subscription", "currency_code": "GBP",
            },
        });
        let event = digest(&["demo", kind, &transaction], 16);
        json!({"id": format!("ev_{event}"), "occurred_at": second, "source": "scheduled_job", "object": "event",
            "api_version": "v2", "content": content, "event_type": kind, "webhook_status": "scheduled"})
    }
}

/// A customer of Lemon Squeezy, whose second renewal comes in late.
fn lemon_squeezy(now: Timestamp, all: &mut Vec<Step>) {
    let begun = before(now, 2, 16);
    let own = |at: Timestamp| {
        json!({"user_name": "Ines Duarte", "user_email": "ines@azulejo.example", "store_id": 1, "customer_id": 7_701,
            "card_brand": "visa", "card_last_four": "4242", "created_at": begun.to_string(),
            "updated_at": at.to_string(), "test_mode": false})
    };
    let event = |at: Timestamp, name: &str, kind: &str, id: &str, more: Value| {
        let mut attributes = own(at);
        if let (Some(own), Value::Object(more)) = (attributes.as_object_mut(), more) {
            own.extend(more);
        }
        json!({"meta": {"test_mode": false, "event_name": name, "webhook_id": digest(&["demo", name, id], 32)},
            "data": {"type": kind, "id": id, "attributes": attributes, "relationships": {}, "links": {}}})
    };
    let subscription = json!({"order_id": 7_800, "product_name": "Pro", "variant_id": 9, "variant_name": "Default",
        "status": "active", "pause": null, "cancelled": false, "trial_ends_at": null,
        "first_subscription_item": {"id": 71, "subscription_id": 7_710, "price_id": "price_pro", "quantity": 1},
        "renews_at": before(now, -1, 16).to_string(), "ends_at": null});
    let subscription = event(begun, "subscription_created", "subscriptions", "7710", subscription);
    tell(all, begun, "lemonsqueezy", subscription);
    let bill = |at: Timestamp, made_at: Timestamp, name: &str, id: &str, status: &str| {
        let reason = if id == "7720" { "initial" } else { "renewal" };
        let more = json!({"subscription_id": 7_710, "billing_reason": reason, "currency": "USD",
            "currency_rate": "1.00000000", "status": status, "refunded": false, "refunded_at": null, "subtotal": 4_900,
            "tax": 0, "total": 4_900, "refunded_amount": 0, "created_at": made_at.to_string()});
        event(at, name, "subscription-invoices", id, more)
    };
    let second = before(now, 1, 16);
    let third = before(now, 0, 16);
    for (at, made_at, name, id, status) in [
        (begun, begun, "subscription_payment_success", "7720", "paid"),
        (second, second, "subscription_payment_failed", "7721", "pending"),
        (later(second, 4), second, "subscription_payment_recovered", "7721", "paid"),
        (third, third, "subscription_payment_success", "7722", "paid"),
    ] {
        tell(all, at, "lemonsqueezy", bill(at, made_at, name, id, status));
    }
}

/// Somebody who bought the app in a store, and whose store has trouble with their card.
fn revenuecat(now: Timestamp, all: &mut Vec<Step>) {
    let begun = before(now, 2, 11);
    let event = |at: Timestamp, kind: &str, number: i64, price: &str| {
        let millis = at.as_millisecond();
        let mut event = json!({
            "id": format!("rc-demo-{kind}-{number}"), "type": kind, "event_timestamp_ms": millis, "app_id": "app1",
            "app_user_id": "rc_demo1", "original_app_user_id": "rc_demo1", "aliases": ["rc_demo1"],
            "environment": "PRODUCTION", "store": "APP_STORE", "product_id": "price_basic", "period_type": "NORMAL",
            "purchased_at_ms": millis, "expiration_at_ms": later(at, 30).as_millisecond(),
            "transaction_id": format!("77000{number}"), "original_transaction_id": "770000", "currency": "USD",
            "tax_percentage": 0.0, "takehome_percentage": 0.7,
            "subscriber_attributes": {
                "$email": {"value": "sam@longwalk.example", "updated_at_ms": begun.as_millisecond()},
                "$displayName": {"value": "Sam Okafor", "updated_at_ms": begun.as_millisecond()},
            },
        });
        // As their webhooks write it, a price is a JSON number.
        event["price"] = serde_json::from_str(price).unwrap_or_default();
        event["price_in_purchased_currency"] = event["price"].clone();
        if kind == "BILLING_ISSUE" {
            event["grace_period_expiration_at_ms"] = json!(later(at, 16).as_millisecond());
        }
        json!({"event": event, "api_version": "1.0"})
    };
    let (second, third) = (before(now, 1, 11), before(now, 0, 11));
    for (at, kind, number, price) in [
        (begun, "INITIAL_PURCHASE", 0, "19.00"),
        (second, "RENEWAL", 1, "19.00"),
        (third, "BILLING_ISSUE", 2, "0"),
        (later(third, 5), "RENEWAL", 3, "19.00"),
    ] {
        tell(all, at, "revenuecat", event(at, kind, number, price));
    }
}

/// Two customers of Mollie: one pays by card, and the other's bank has just sent a direct debit back.
fn mollie(now: Timestamp, all: &mut Vec<Step>) {
    for (id, name, email) in [
        ("cst_demo1", "Werkstatt Nord", "buero@werkstatt-nord.example"),
        ("cst_demo2", "Atelier Lumière", "compta@atelier-lumiere.example"),
    ] {
        let object = json!({"resource": "customer", "id": id, "mode": "live", "name": name, "email": email,
            "locale": null, "metadata": null, "createdAt": before(now, 2, 9).to_string()});
        all.push(Step { at: before(now, 2, 9), doing: Doing::Teach { provider: "mollie", object } });
    }
    // No webhook of Mollie's tells how somebody is called: its lists do.
    all.push(ask(
        before(now, 2, 9) + SignedDuration::from_hours(1),
        "mara",
        "/api/backfill/mollie/default",
        Value::Null,
    ));
    for month in 0..3 {
        let at = before(now, 2 - month, 8);
        tell(all, at, "mollie", debited("cst_demo1", month, at, None));
        let code = (month == 2).then_some("AM04");
        tell(all, at, "mollie", debited("cst_demo2", month, at, code));
    }
}

fn debited(customer: &str, month: i64, at: Timestamp, code: Option<&str>) -> Value {
    let id = format!("tr_{}m{month}", customer.trim_start_matches("cst_"));
    let (kind, status) = if code.is_some() { ("payment.failed", "failed") } else { ("payment.paid", "paid") };
    let amount = json!({"value": "49.00", "currency": "EUR"});
    let (method, details) = if customer == "cst_demo1" {
        ("creditcard", json!({"cardLabel": "Visa", "cardNumber": "6787", "cardFingerprint": "demo"}))
    } else {
        ("directdebit", json!({"consumerName": "Atelier Lumière", "bankReasonCode": code, "bankReason": null}))
    };
    let mut entity = json!({
        "resource": "payment", "id": id, "mode": "live", "createdAt": at.to_string(), "amount": amount,
        "description": "Pro", "method": method, "metadata": null, "status": status,
        "paidAt": code.is_none().then(|| at.to_string()), "amountRefunded": {"value": "0.00", "currency": "EUR"},
        "amountRemaining": amount, "customerId": customer, "mandateId": format!("mdt_{customer}"),
        "subscriptionId": format!("sub_{customer}"), "sequenceType": "recurring", "profileId": "pfl_demo",
        "details": details, "_links": {"self": {"href": "...", "type": "application/hal+json"}},
    });
    if code.is_some() {
        entity["failedAt"] = json!(at.to_string());
    }
    json!({"resource": "event", "id": format!("event_{}", digest(&["demo", kind, &id], 20)), "type": kind, "entityId": id,
        "createdAt": at.to_string(), "_links": {}, "_embedded": {"entity": entity}})
}
