//! Objects as Stripe's API shows them: in the version that our requests name, whatever version a delivery told them in.
//!
//! A webhook comes in its endpoint's own version, so that what is kept may be ten years older than what is answered.
//! <https://docs.stripe.com/changelog/basil>

mod old;

use crate::sandbox::fields::{self, Fields};
use serde_json::{Map, Value, json};
use std::sync::LazyLock;

type Object = Map<String, Value>;

/// What each kind of object has, as Stripe's own library declares it: `tests/types` holds the file to that. A list that
/// only those see who expand it is left out.
static FIELDS: LazyLock<Fields> = LazyLock::new(|| fields::read(include_str!("fields.txt")));

/// An object, or a list of them, with whatever stands inside.
pub(super) fn shown(mut body: Value) -> Value {
    show(&mut body, None);
    body
}

/// The ids of the discounts that an object has. Before there were several there was one.
pub(super) fn discounts(object: &Value) -> Vec<Value> {
    ids(object.get("discounts"), object.get("discount"))
}

fn ids(many: Option<&Value>, one: Option<&Value>) -> Vec<Value> {
    match many.and_then(Value::as_array) {
        Some(many) => many.clone(),
        None => one.map(id).into_iter().filter(Value::is_string).collect(),
    }
}

/// The intent that a charge belongs to. There is none without one at Stripe if it pays an invoice, whether told or not.
pub(super) fn intent_of(charge: &Value) -> Option<String> {
    let made = || Some(format!("{UNTOLD}{}", charge["id"].as_str().filter(|_| charge["invoice"].is_string())?));
    charge["payment_intent"].as_str().map(str::to_owned).or_else(made)
}

/// The charge whose delivery did not name this intent.
pub(super) fn charge_of(intent: &str) -> Option<&str> {
    intent.strip_prefix(UNTOLD)
}

const UNTOLD: &str = "pi_for_";

/// `place` is what stands there where an object does not say it itself.
fn show(value: &mut Value, place: Option<&'static str>) {
    let object = match value {
        Value::Array(all) => return all.iter_mut().for_each(|one| show(one, place)),
        Value::Object(object) => object,
        _ => return,
    };
    if let Some(data) = object.get_mut("data").filter(|data| data.is_array()) {
        show(data, place);
        fill(object, "object", json!("list"));
        return;
    }
    let says = object.get("object").and_then(Value::as_str).and_then(|says| FIELDS.get_key_value(says));
    let kind = says.map(|(kind, _)| *kind).or(place);
    if let Some(kind) = kind {
        if !kind.starts_with(PHASE) {
            fill(object, "object", json!(kind));
        }
        old::translate(kind, object);
        object.retain(|name, _| FIELDS[kind].contains(name.as_str()));
    }
    // The names there are the shop's own.
    for (name, inner) in object.iter_mut().filter(|(name, _)| name.as_str() != "metadata") {
        show(inner, kind.and_then(|kind| part(kind, name)));
    }
}

/// The parts of a schedule do not say what they are.
const PHASE: &str = "subscription_schedule.phase";

/// What stands in a field, whether it says so or not.
fn part(kind: &str, name: &str) -> Option<&'static str> {
    Some(match (kind, name) {
        ("subscription", "items") => "subscription_item",
        ("subscription_item", "price") => "price",
        ("subscription_item", "plan") => "plan",
        ("invoice", "lines") => "line_item",
        ("credit_note", "lines") => "credit_note_line_item",
        ("customer", "discount") => "discount",
        ("subscription" | "subscription_item" | "invoice" | "line_item", "discounts") => "discount",
        ("subscription_schedule", "phases") => PHASE,
        (PHASE, "items") => "subscription_schedule.phase.item",
        _ => return None,
    })
}

fn fill(object: &mut Object, name: &str, value: Value) {
    if object.get(name).is_none_or(Value::is_null) {
        object.insert(name.to_owned(), value);
    }
}

/// An id, bare or inside its object.
fn id(value: &Value) -> Value {
    if value.is_object() { value["id"].clone() } else { value.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One value of an answer, by its place.
    fn at(object: &Value, place: &str) -> Value {
        object.pointer(place).cloned().unwrap_or_default()
    }

    #[test]
    fn what_was_told_in_an_old_shape_is_shown_in_the_new_one() {
        let price = json!({"id": "price_1", "product": "prod_1", "unit_amount": 4900, "currency": "usd"});
        let plan = json!({"id": "gold", "amount": 2000, "currency": "usd", "interval": "month", "interval_count": 1});
        let discount = json!({"id": "di_1", "object": "discount", "coupon": {"id": "TEN", "percent_off": 10}});
        let line = |fields: Value| {
            let mut line = json!({"id": "il_1", "amount": 4900, "price": price});
            line.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            json!({"object": "invoice", "lines": {"data": [line]}})
        };
        let rows = [
            (
                "an invoice's subscription",
                json!({"object": "invoice", "subscription": "sub_1"}),
                "/parent/subscription_details/subscription",
                json!("sub_1"),
            ),
            (
                "one that was expanded",
                json!({"object": "invoice", "subscription": {"id": "sub_1", "object": "subscription"}}),
                "/parent/subscription_details/subscription",
                json!("sub_1"),
            ),
            ("no subscription", json!({"object": "invoice", "subscription": null}), "/parent", Value::Null),
            ("a flag", json!({"object": "invoice", "paid": true}), "/status", json!("paid")),
            ("no flag", json!({"object": "invoice", "paid": false, "amount_due": 9}), "/amount_remaining", json!(9)),
            (
                "a status counts",
                json!({"object": "invoice", "paid": false, "status": "void"}),
                "/status",
                json!("void"),
            ),
            ("a tax", json!({"object": "invoice", "tax": 190}), "/total_taxes/0/amount", json!(190)),
            (
                "taxes",
                json!({"object": "invoice", "tax": 190, "total_tax_amounts": [{"amount": 190, "tax_rate": "txr_1"}]}),
                "/total_taxes/0/tax_rate_details/tax_rate",
                json!("txr_1"),
            ),
            ("a line's price", line(json!({})), "/lines/data/0/pricing/price_details/price", json!("price_1")),
            ("its unit", line(json!({})), "/lines/data/0/pricing/unit_amount_decimal", json!("4900")),
            (
                "what it was for",
                line(json!({"type": "subscription", "subscription": "sub_1", "proration": true})),
                "/lines/data/0/parent/subscription_item_details/proration",
                json!(true),
            ),
            (
                "what was billed once",
                line(json!({"type": "invoiceitem", "invoice_item": "ii_1"})),
                "/lines/data/0/parent/invoice_item_details/invoice_item",
                json!("ii_1"),
            ),
            (
                "a period",
                json!({"object": "subscription", "current_period_end": 7, "items": {"data": [{"id": "si_1", "price": price}]}}),
                "/items/data/0/current_period_end",
                json!(7),
            ),
            (
                "a plan without items",
                json!({"id": "sub_1", "object": "subscription", "plan": plan, "quantity": 3, "current_period_end": 7}),
                "/items/data/0/price/unit_amount",
                json!(2000),
            ),
            ("one discount", json!({"object": "subscription", "discount": discount}), "/discounts", json!(["di_1"])),
            ("no discount", json!({"object": "subscription", "discount": null}), "/discounts", json!([])),
            ("a coupon", discount.clone(), "/source/coupon", json!("TEN")),
            (
                "a charge's intent",
                json!({"object": "charge", "payment_intent": "pi_1"}),
                "/payment_intent",
                json!("pi_1"),
            ),
            (
                "an intent that was not told",
                json!({"id": "ch_1", "object": "charge", "invoice": "in_1"}),
                "/payment_intent",
                json!("pi_for_ch_1"),
            ),
            ("none", json!({"id": "ch_1", "object": "charge", "invoice": null}), "/payment_intent", Value::Null),
            (
                "an intent's charges",
                json!({"object": "payment_intent", "charges": {"data": [{"id": "ch_1", "object": "charge"}]}}),
                "/latest_charge",
                json!("ch_1"),
            ),
            ("a balance", json!({"object": "customer", "account_balance": -5}), "/balance", json!(-5)),
            (
                "a note's refund",
                json!({"object": "credit_note", "refund": "re_1", "amount": 5}),
                "/refunds/0/refund",
                json!("re_1"),
            ),
        ];
        for (name, kept, place, expected) in rows {
            let once = shown(kept.clone());
            assert_eq!(at(&once, place), expected, "{name}: {once}");
            assert_eq!(shown(once.clone()), once, "{name}: shown again it is the same");
        }
    }

    #[test]
    fn what_is_new_or_the_shops_own_stays_as_it_is() {
        let new = json!({
            "id": "in_1", "object": "invoice", "parent": {"type": "subscription_details", "subscription_details": {"subscription": "sub_1"}},
            "total_taxes": [], "status": "open", "discounts": [], "amount_remaining": 1, "metadata": {"object": "charge", "invoice": "mine"},
        });
        assert_eq!(shown(new.clone()), new);
        let list = shown(json!({"object": "list", "has_more": false, "url": "/v1/invoices", "data": [new]}));
        assert_eq!((&list["data"][0], &list["url"]), (&new, &json!("/v1/invoices")));
    }
}
