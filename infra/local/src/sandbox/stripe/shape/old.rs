//! What the fields of older versions have become.

use super::{Object, fill, id, ids, intent_of};
use serde_json::{Value, json};

pub(super) fn translate(kind: &str, object: &mut Object) {
    match kind {
        "invoice" => invoice(object),
        "line_item" => line(object),
        "subscription" => subscription(object),
        "subscription_item" => item(object),
        "discount" => discount(object),
        "charge" => charge(object),
        "payment_intent" => intent(object),
        "credit_note" => credit_note(object),
        "customer" => move_on(object, "account_balance", "balance"),
        _ => {}
    }
}

/// As it was told; nothing where it was not.
fn told(object: &Object, name: &str) -> Value {
    object.get(name).cloned().unwrap_or_default()
}

fn move_on(object: &mut Object, from: &str, to: &str) {
    let value = told(object, from);
    if !value.is_null() {
        fill(object, to, value);
    }
}

fn invoice(invoice: &mut Object) {
    let subscription = id(&told(invoice, "subscription"));
    let details = json!({"metadata": null, "subscription": subscription});
    let parent = json!({"type": "subscription_details", "quote_details": null, "subscription_details": details});
    fill(invoice, "parent", if subscription.is_null() { Value::Null } else { parent });
    // Before there was a status there were flags.
    let status = match (told(invoice, "paid").as_bool(), told(invoice, "closed").as_bool()) {
        (Some(true), _) => json!("paid"),
        (_, Some(true)) => json!("void"),
        (Some(false), _) => json!("open"),
        _ => Value::Null,
    };
    fill(invoice, "status", status);
    move_on(invoice, "date", "created");
    let remaining = if invoice["status"] == "paid" { json!(0) } else { told(invoice, "amount_due") };
    fill(invoice, "amount_remaining", remaining);
    let several = told(invoice, "total_tax_amounts");
    let one = told(invoice, "tax");
    let one = if one.as_i64().is_some_and(|tax| tax != 0) { json!([{"amount": one}]) } else { Value::Null };
    fill(invoice, "total_taxes", taxes(if several.is_array() { &several } else { &one }));
    list_discounts(invoice);
}

fn taxes(amounts: &Value) -> Value {
    let tax = |tax: &Value| {
        let rate = id(&tax["tax_rate"]);
        json!({
            "amount": tax["amount"],
            "tax_behavior": if tax["inclusive"] == true { "inclusive" } else { "exclusive" },
            "tax_rate_details": if rate.is_null() { Value::Null } else { json!({"tax_rate": rate}) },
            "taxability_reason": tax["taxability_reason"].as_str().unwrap_or("not_available"),
            "taxable_amount": tax["taxable_amount"],
            "type": "tax_rate_details",
        })
    };
    amounts.as_array().map_or(Value::Null, |all| all.iter().map(tax).collect())
}

fn list_discounts(object: &mut Object) {
    let all = ids(object.get("discounts"), object.get("discount"));
    object.insert("discounts".to_owned(), json!(all));
}

fn line(line: &mut Object) {
    let (price, plan) = (told(line, "price"), told(line, "plan"));
    let price = if price.is_null() { plan } else { price };
    let pricing = json!({
        "type": "price_details",
        "price_details": {"price": id(&price), "product": id(&price["product"])},
        "unit_amount_decimal": unit(&price),
    });
    fill(line, "pricing", if price.is_null() { Value::Null } else { pricing });
    let amounts = told(line, "tax_amounts");
    fill(line, "taxes", taxes(&amounts));
    let (kind, subscription) = (told(line, "type"), id(&told(line, "subscription")));
    let details = |item: &str| {
        json!({
            "invoice_item": told(line, "invoice_item"),
            "proration": told(line, "proration") == true,
            "proration_details": told(line, "proration_details"),
            "subscription": subscription,
            item: told(line, item),
        })
    };
    let parent = if kind == "invoiceitem" {
        json!({
            "type": "invoice_item_details",
            "invoice_item_details": details("invoice_item"),
            "subscription_item_details": null,
        })
    } else if kind.is_null() && subscription.is_null() {
        Value::Null
    } else {
        json!({
            "type": "subscription_item_details",
            "invoice_item_details": null,
            "subscription_item_details": details("subscription_item"),
        })
    };
    fill(line, "parent", parent);
}

/// What one unit costs, as text; tiers have no one price.
fn unit(price: &Value) -> Value {
    let written = ["unit_amount_decimal", "amount_decimal"].into_iter().find_map(|name| price[name].as_str());
    let whole = || price["unit_amount"].as_i64().or(price["amount"].as_i64()).map(|amount| amount.to_string());
    match price["billing_scheme"].as_str() {
        Some("tiered") => Value::Null,
        _ => json!(written.map(str::to_owned).or_else(whole)),
    }
}

/// Until basil the period stood here, and in the beginning the plan did as well.
fn subscription(subscription: &mut Object) {
    move_on(subscription, "start", "start_date");
    let (plan, own) = (told(subscription, "plan"), told(subscription, "id"));
    if plan.is_object() && !told(subscription, "items")["data"].is_array() {
        let item = json!({
            "id": format!("si_for_{}", own.as_str().unwrap_or_default()),
            "plan": plan,
            "quantity": told(subscription, "quantity"),
            "subscription": own,
        });
        subscription.insert("items".to_owned(), json!({"object": "list", "has_more": false, "data": [item]}));
    }
    for name in ["current_period_start", "current_period_end"] {
        let second = told(subscription, name);
        let items = subscription.get_mut("items").and_then(|items| items.get_mut("data")?.as_array_mut());
        for item in items.into_iter().flatten().filter_map(Value::as_object_mut).filter(|_| second.is_i64()) {
            fill(item, name, second.clone());
        }
    }
    list_discounts(subscription);
}

/// A plan is the price as it was called before.
fn item(item: &mut Object) {
    let plan = told(item, "plan");
    if !plan.is_object() {
        return;
    }
    let price = json!({
        "id": plan["id"],
        "active": true,
        "billing_scheme": plan["billing_scheme"].as_str().unwrap_or("per_unit"),
        "currency": plan["currency"],
        "nickname": plan["nickname"],
        "product": id(&plan["product"]),
        "recurring": {
            "interval": plan["interval"],
            "interval_count": plan["interval_count"].as_i64().unwrap_or(1),
            "usage_type": plan["usage_type"].as_str().unwrap_or("licensed"),
        },
        "unit_amount": plan["amount"],
        "unit_amount_decimal": unit(&plan),
    });
    fill(item, "price", price);
}

/// Since clover its coupon stands in its source.
fn discount(discount: &mut Object) {
    let coupon = id(&told(discount, "coupon"));
    if !coupon.is_null() {
        fill(discount, "source", json!({"type": "coupon", "coupon": coupon}));
    }
}

fn charge(charge: &mut Object) {
    let intent = json!(intent_of(&Value::Object(charge.clone())));
    fill(charge, "payment_intent", intent);
    let card = told(charge, "card");
    if card.is_object() {
        fill(charge, "payment_method_details", json!({"type": "card", "card": card}));
    }
    if let Some(paid) = told(charge, "paid").as_bool() {
        fill(charge, "status", json!(if paid { "succeeded" } else { "failed" }));
    }
}

fn intent(intent: &mut Object) {
    let latest = id(&told(intent, "charges")["data"][0]);
    if !latest.is_null() {
        fill(intent, "latest_charge", latest);
    }
}

fn credit_note(note: &mut Object) {
    let amounts = told(note, "tax_amounts");
    fill(note, "total_taxes", taxes(&amounts));
    let refund = id(&told(note, "refund"));
    let refunds = if refund.is_null() {
        json!([])
    } else {
        json!([{"amount_refunded": told(note, "amount"), "refund": refund, "type": "refund"}])
    };
    fill(note, "refunds", refunds);
}
