//! Deliveries as Stripe sends them.

use jiff::Timestamp;
use serde_json::{Value, json};

/// An event around an object.
pub fn event(id: &str, kind: &str, at: Timestamp, object: &Value) -> Value {
    json!({
        "id": id, "object": "event", "api_version": "2024-06-20", "created": at.as_second(), "livemode": false, "pending_webhooks": 1,
        "request": {"id": null, "idempotency_key": null}, "type": kind, "data": {"object": object},
    })
}

pub fn customer(id: &str, at: Timestamp) -> Value {
    json!({"id": id, "object": "customer", "created": at.as_second(), "name": format!("Customer {id}"), "email": format!("{id}@shop.example")})
}

/// An invoice as it stands; `remaining` in minor units.
#[allow(clippy::too_many_arguments, reason = "an invoice has that many sides")]
pub fn invoice(
    customer: &str,
    id: &str,
    status: &str,
    total: i64,
    remaining: i64,
    currency: &str,
    attempts: u32,
    at: Timestamp,
) -> Value {
    json!({
        "id": id, "object": "invoice", "number": id.to_uppercase(), "customer": customer, "status": status, "currency": currency.to_lowercase(),
        "total": total, "amount_due": total, "amount_paid": total - remaining, "amount_remaining": remaining, "attempt_count": attempts,
        "created": at.as_second(), "hosted_invoice_url": format!("https://invoice.stripe.com/i/{id}"), "subscription": null,
        "status_transitions": {"paid_at": if status == "paid" { Some(at.as_second()) } else { None }},
    })
}

/// A charge; `code` makes it a failed one.
pub fn charge(
    customer: &str,
    id: &str,
    invoice: Option<&str>,
    amount: i64,
    currency: &str,
    code: Option<&str>,
    at: Timestamp,
) -> Value {
    let paid = code.is_none();
    json!({
        "id": id, "object": "charge", "customer": customer, "invoice": invoice, "amount": amount, "currency": currency.to_lowercase(),
        "amount_captured": if paid { amount } else { 0 }, "amount_refunded": 0, "captured": paid, "paid": paid, "status": if paid { "succeeded" } else { "failed" },
        "created": at.as_second(), "failure_code": code, "outcome": {"reason": code},
        "payment_method_details": {"type": "card", "card": {"brand": "visa", "last4": "4242", "exp_month": 4, "exp_year": 2030}},
    })
}

/// A subscription to one price, billed monthly.
pub fn subscription(
    customer: &str,
    id: &str,
    price: &str,
    unit: i64,
    seats: u32,
    status: &str,
    at: Timestamp,
) -> Value {
    json!({
        "id": id, "object": "subscription", "customer": customer, "status": status, "currency": "usd", "start_date": at.as_second(), "created": at.as_second(),
        "trial_end": (status == "trialing").then_some(at.as_second() + 14 * 86_400),
        "cancel_at_period_end": false, "cancel_at": null, "canceled_at": null, "current_period_start": at.as_second(),
        "discount": null, "discounts": [],
        "current_period_end": at.as_second() + 31 * 86_400,
        "items": {"data": [{"id": format!("si_{id}"), "quantity": seats, "price": {"id": price, "currency": "usd", "unit_amount": unit,
            "unit_amount_decimal": unit.to_string(), "recurring": {"interval": "month", "interval_count": 1, "usage_type": "licensed"}}}]},
    })
}

/// A line of an invoice for a price over a period.
#[allow(clippy::too_many_arguments, reason = "a line has that many sides")]
pub fn line(
    id: &str,
    price: &str,
    unit: i64,
    quantity: u32,
    amount: i64,
    proration: bool,
    from: Timestamp,
    to: Timestamp,
    subscription: Option<&str>,
) -> Value {
    json!({
        "id": id, "object": "line_item", "amount": amount, "currency": "usd", "quantity": quantity, "proration": proration,
        "type": "subscription", "subscription": subscription, "description": price,
        "period": {"start": from.as_second(), "end": to.as_second()},
        "price": {"id": price, "currency": "usd", "unit_amount": unit, "unit_amount_decimal": unit.to_string(), "recurring": {"interval": "month", "interval_count": 1}},
    })
}

/// A bank's claim on a charge, or, where the status says `warning_…`, its question.
pub fn dispute(id: &str, charge: &str, amount: i64, status: &str, at: Timestamp) -> Value {
    json!({
        "id": id, "object": "dispute", "charge": charge, "amount": amount, "currency": "usd", "created": at.as_second(), "status": status,
        "reason": "fraudulent", "evidence_details": {"due_by": at.as_second() + 9 * 86_400},
    })
}
