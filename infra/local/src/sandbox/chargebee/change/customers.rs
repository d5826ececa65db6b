//! What concerns a customer as a whole: pages to pay at, credit, and coupons.

use super::{Asked, missing, ok, refuse, wrong_value};
use crate::sandbox::Disked;
use providers::Reply;
use serde_json::{Value, json};

pub(super) fn hosted_page(asked: &Asked<'_>, kind: &str) -> Disked<Reply> {
    let customer = asked.get("customer[id]").unwrap_or_default();
    if !is_known(asked, customer)? {
        return missing(customer);
    }
    let id = format!("hp_{}", asked.key);
    ok(&json!({"hosted_page": {
        "id": id,
        "type": kind,
        "url": format!("https://{}.chargebee.com/pages/v3/{id}/", asked.source),
        "state": "created",
        "created_at": asked.now(),
        "expires_at": asked.now() + 432_000,
        "object": "hosted_page",
    }}))
}

/// A customer may only have been seen beside something else.
fn is_known(asked: &Asked<'_>, customer: &str) -> Disked<bool> {
    Ok(asked.object("customer", customer)?.is_some()
        || !asked.sandbox.having("chargebee", "customer_id", customer)?.is_empty())
}

pub(super) fn credit(asked: &Asked<'_>) -> Disked<Reply> {
    let id = asked.get("customer_id").unwrap_or_default();
    if !is_known(asked, id)? {
        return missing(id);
    }
    let Some(amount) = asked.number("amount").filter(|amount| *amount > 0) else {
        return wrong_value("amount : should be greater than 0");
    };
    let mut customer = asked.object("customer", id)?.unwrap_or_else(|| json!({"id": id}));
    let currency = asked.get("currency_code").unwrap_or_default().to_owned();
    let closing = add(&mut customer, &currency, amount);
    asked.put("customer", &mut customer)?;
    let mut credit = json!({
        "id": format!("pc_{}", asked.key),
        "customer_id": id,
        "type": "increment",
        "amount": amount,
        "currency_code": currency,
        "description": asked.get("description"),
        "credit_type": "general",
        "reference": asked.get("reference"),
        "closing_balance": closing,
        "created_at": asked.now(),
    });
    asked.put("promotional_credit", &mut credit)?;
    asked.tell("promotional_credits_added", &[("customer", &customer), ("promotional_credit", &credit)])?;
    ok(&json!({"customer": customer, "promotional_credit": credit}))
}

/// Adds to the balance of one currency: the customer's own stands in the customer, others in a list.
fn add(customer: &mut Value, currency: &str, amount: i64) -> i64 {
    if customer["preferred_currency_code"].as_str().is_none() {
        customer["preferred_currency_code"] = json!(currency);
    }
    let own = customer["preferred_currency_code"] == currency;
    if !own && !customer["balances"].is_array() {
        customer["balances"] = json!([balance(customer)]);
    }
    let mut closing = 0;
    if let Some(balances) = customer["balances"].as_array_mut() {
        if !balances.iter().any(|one| one["currency_code"] == currency) {
            balances.push(json!({
                "promotional_credits": 0,
                "refundable_credits": 0,
                "excess_payments": 0,
                "currency_code": currency,
            }));
        }
        for one in balances.iter_mut().filter(|one| one["currency_code"] == currency) {
            closing = one["promotional_credits"].as_i64().unwrap_or(0) + amount;
            one["promotional_credits"] = json!(closing);
        }
    }
    if own {
        closing = customer["promotional_credits"].as_i64().unwrap_or(0).max(closing - amount) + amount;
        customer["promotional_credits"] = json!(closing);
    }
    closing
}

fn balance(customer: &Value) -> Value {
    let sum = |name: &str| customer[name].as_i64().unwrap_or(0);
    json!({
        "promotional_credits": sum("promotional_credits"), "refundable_credits": sum("refundable_credits"),
        "excess_payments": sum("excess_payments"), "currency_code": customer["preferred_currency_code"],
    })
}

pub(super) fn coupon(asked: &Asked<'_>) -> Disked<Reply> {
    let id = asked.get("id").unwrap_or_default();
    if asked.object("coupon", id)?.is_some() {
        return refuse(400, "invalid_request", "duplicate_entry", &format!("id : The value {id} is already present."));
    }
    let Some(percent) = asked.get("discount_percentage") else {
        return wrong_value("discount_percentage : cannot be blank");
    };
    let mut coupon = json!({
        "id": id,
        "name": asked.get("name"),
        "invoice_name": asked.get("invoice_name"),
        "discount_type": asked.get("discount_type"),
        "discount_percentage": serde_json::from_str::<Value>(percent).ok(),
        "duration_type": asked.get("duration_type"),
        "apply_on": asked.get("apply_on"),
        "status": "active",
        "created_at": asked.now(),
    });
    asked.put("coupon", &mut coupon)?;
    ok(&json!({"coupon": coupon}))
}
