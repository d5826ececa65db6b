//! A change that Stripe is asked for: its fields, ids and events, and whether the customer's card would pay for it.

use super::error;
use crate::sandbox::listed::newest_first;
use crate::sandbox::{Disked, Sandbox};
use domain::id::digest;
use jiff::SignedDuration;
use providers::{Call, Reply};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(super) const INVALID: &str = "invalid_request_error";

/// A change that is asked for.
pub(super) struct Asking<'a> {
    pub sandbox: &'a Sandbox,
    pub source: &'a str,
    pub call: &'a Call,
    pub form: BTreeMap<String, String>,
}

impl Asking<'_> {
    pub fn get(&self, name: &str) -> Option<&str> {
        self.form.get(name).map(String::as_str)
    }

    pub fn number(&self, name: &str) -> Option<i64> {
        self.get(name)?.parse().ok()
    }

    pub fn now(&self) -> i64 {
        self.sandbox.clock.now().as_second()
    }

    /// What the form says under a name, nested as its brackets are.
    pub fn nested(&self, name: &str) -> Value {
        let mut nested = Value::Null;
        for (own, value) in &self.form {
            let mut parts = own.split('[').map(|part| part.trim_end_matches(']'));
            if parts.next() == Some(name) {
                put(&mut nested, &parts.collect::<Vec<_>>(), value);
            }
        }
        nested
    }

    pub fn metadata(&self) -> BTreeMap<&str, &str> {
        self.form.iter().filter_map(|(name, value)| Some((inner(name)?, value.as_str()))).collect()
    }

    /// An id that no other request gets for the same thing.
    pub fn id(&self, prefix: &str, about: &str) -> String {
        format!("{prefix}_{}", digest(&[about, &self.effect()], 24))
    }

    pub fn load(&self, kind: &str, id: &str) -> Disked<Option<Value>> {
        let found = self.sandbox.object("stripe", id)?;
        Ok(found.filter(|object| object["object"] == kind && object["deleted"] != true))
    }

    pub fn keep(&self, object: &Value) -> Disked<()> {
        self.sandbox.keep("stripe", object["id"].as_str().unwrap_or_default(), self.now(), object)
    }

    pub fn replace(&self, object: &Value) -> Disked<()> {
        self.sandbox.replace("stripe", object["id"].as_str().unwrap_or_default(), object)
    }

    pub fn tell(&self, kind: &str, object: &Value) -> Disked<()> {
        self.tell_once(kind, object, &[kind, object["id"].as_str().unwrap_or_default(), &self.effect()])
    }

    pub fn tell_once(&self, kind: &str, object: &Value, effect: &[&str]) -> Disked<()> {
        let event = json!({
            "id": format!("evt_{}", digest(effect, 24)), "object": "event", "api_version": "2024-06-20",
            "created": self.now(), "livemode": false, "pending_webhooks": 1,
            "request": {"id": null, "idempotency_key": self.call.idempotency_key}, "type": kind,
            "data": {"object": object},
        });
        self.sandbox.send_back("stripe", self.source, SignedDuration::from_secs(2), &event)
    }

    fn effect(&self) -> String {
        let key = self.call.idempotency_key.as_deref().unwrap_or_default();
        digest(&[key, &self.call.path, &self.call.body, &self.now().to_string()], 24)
    }
}

pub(super) fn missing(kind: &str, id: &str) -> Reply {
    error(404, INVALID, "resource_missing", &format!("No such {kind}: '{id}'"))
}

/// A charge of the customer's card that their bank declines, and that is told.
pub(super) fn fail_for(asking: &Asking<'_>, invoice: &Value, amount: i64, decline: &str) -> Disked<Value> {
    let mut tries = failed_tries(asking.sandbox, invoice)?;
    tries.retain(|failed| failed["object"] == "charge");
    newest_first(&mut tries, |failed| failed["created"].as_i64().unwrap_or(0));
    let last = tries.first().unwrap_or(&Value::Null);
    let charge = json!({
        "id": asking.id("ch", invoice["id"].as_str().unwrap_or_default()), "object": "charge", "amount": amount,
        "amount_captured": 0, "amount_refunded": 0, "captured": false, "created": asking.now(),
        "currency": invoice["currency"], "customer": invoice["customer"], "failure_code": code_of(decline),
        "invoice": invoice["id"], "livemode": false, "metadata": {}, "outcome": {"type": "issuer_declined", "reason": decline},
        "paid": false, "payment_intent": null, "payment_method_details": last["payment_method_details"],
        "refunded": false, "status": "failed",
    });
    asking.keep(&charge)?;
    asking.tell("charge.failed", &charge)?;
    Ok(charge)
}

/// Charges the card that is asked for, or else the customer's newest, and tells so.
pub(super) fn charge_for(asking: &Asking<'_>, invoice: &Value, amount: i64) -> Disked<Value> {
    let customer = invoice["customer"].as_str().unwrap_or_default();
    let mut cards = asking.sandbox.having("stripe", "customer", customer)?;
    cards.retain(|kept| matches!(kept["object"].as_str(), Some("payment_method" | "card")));
    newest_first(&mut cards, |card| card["created"].as_i64().unwrap_or(0));
    let asked_for = cards.iter().find(|card| card["id"].as_str() == asking.get("payment_method"));
    let card = asked_for.or(cards.first()).map(|kept| {
        let shown = if kept["card"].is_object() { &kept["card"] } else { kept };
        json!({
            "brand": shown["brand"], "last4": shown["last4"],
            "exp_month": shown["exp_month"], "exp_year": shown["exp_year"],
        })
    });
    let charge = json!({
        "id": asking.id("ch", invoice["id"].as_str().unwrap_or_default()), "object": "charge", "amount": amount,
        "amount_captured": amount, "amount_refunded": 0, "captured": true, "created": asking.now(),
        "currency": invoice["currency"], "customer": customer, "failure_code": null, "invoice": invoice["id"],
        "livemode": false, "metadata": {}, "outcome": {"type": "authorized", "reason": null}, "paid": true,
        "payment_intent": null, "payment_method_details": card.map(|card| json!({"type": "card", "card": card})),
        "refunded": false, "status": "succeeded",
    });
    asking.keep(&charge)?;
    asking.tell("charge.succeeded", &charge)?;
    Ok(charge)
}

pub(super) fn declined(decline: &str) -> Reply {
    let body = json!({"error": {
        "type": "card_error", "code": code_of(decline), "decline_code": decline, "message": "Your card was declined.",
    }});
    Reply { status: 402, body: body.to_string() }
}

/// The code of a refusal: most are told by their decline code alone.
fn code_of(decline: &str) -> &str {
    let own = matches!(decline, "expired_card" | "incorrect_cvc" | "processing_error" | "authentication_required");
    if own { decline } else { "card_declined" }
}

/// Why another try to collect an invoice would fail: as the last one did, unless the customer has a newer card since, or
/// their bank is said to pay.
pub(super) fn decline_again(sandbox: &Sandbox, invoice: &Value) -> Disked<Option<String>> {
    let mut tries = failed_tries(sandbox, invoice)?;
    if tries.is_empty() && invoice["attempt_count"].as_i64().unwrap_or(0) == 0 {
        return Ok(None);
    }
    newest_first(&mut tries, |failed| failed["created"].as_i64().unwrap_or(0));
    let last = tries.first().unwrap_or(invoice);
    let customer = invoice["customer"].as_str().unwrap_or_default();
    let failed_at = seen_at(sandbox, last["id"].as_str().unwrap_or_default())?;
    if card_seen_at(sandbox, customer)? > failed_at || sandbox.pays("stripe", customer)? {
        return Ok(None);
    }
    let error = &last["last_payment_error"];
    let told = match last["failure_code"].as_str() {
        Some("card_declined") => last["outcome"]["reason"].as_str().or(Some("generic_decline")),
        Some(code) => Some(code),
        None => error["decline_code"].as_str().or(error["code"].as_str()),
    };
    Ok(Some(told.unwrap_or("generic_decline").to_owned()))
}

/// No list of a form is longer.
const LISTED_MAX: usize = 100;

fn put(place: &mut Value, path: &[&str], value: &str) {
    let [first, rest @ ..] = path else {
        *place = json!(value);
        return;
    };
    let Some(number) = first.parse::<usize>().ok().filter(|number| *number < LISTED_MAX) else {
        if !place.is_object() {
            *place = json!({});
        }
        return put(&mut place[*first], rest, value);
    };
    if !place.is_array() {
        *place = json!([]);
    }
    if let Some(all) = place.as_array_mut() {
        all.resize(all.len().max(number + 1), Value::Null);
        put(&mut all[number], rest, value);
    }
}

fn inner(name: &str) -> Option<&str> {
    name.strip_prefix("metadata[")?.strip_suffix(']')
}

/// The charges and intents that have failed to pay an invoice. Since basil they do not name it: the customer and the
/// amount do.
fn failed_tries(sandbox: &Sandbox, invoice: &Value) -> Disked<Vec<Value>> {
    let customer = invoice["customer"].as_str().unwrap_or_default();
    let mut tries = sandbox.having("stripe", "customer", customer)?;
    tries.retain(|failed| {
        let has_failed = match failed["object"].as_str() {
            Some("charge") => failed["status"] == "failed",
            Some("payment_intent") => failed["last_payment_error"].is_object() && failed["status"] != "succeeded",
            _ => false,
        };
        let is_later = failed["created"].as_i64() >= invoice["created"].as_i64();
        let fits = failed["amount"] == invoice["amount_due"] && is_later;
        has_failed && (failed["invoice"] == invoice["id"] || (failed["invoice"].is_null() && fits))
    });
    Ok(tries)
}

fn seen_at(sandbox: &Sandbox, id: &str) -> Disked<Option<i64>> {
    sandbox.disk.row("SELECT seen_at FROM object WHERE provider = 'stripe' AND id = ?1", [id], |row| row.get(0))
}

/// When a card of the customer was last seen, new or renewed.
fn card_seen_at(sandbox: &Sandbox, customer: &str) -> Disked<Option<i64>> {
    let sql = "SELECT max(seen_at) FROM object WHERE provider = 'stripe' AND json_extract(json, '$.customer') = ?1
        AND json_extract(json, '$.object') IN ('payment_method', 'card', 'source', 'bank_account')";
    let latest: Option<Option<i64>> = sandbox.disk.row(sql, [customer], |row| row.get(0))?;
    Ok(latest.flatten())
}
