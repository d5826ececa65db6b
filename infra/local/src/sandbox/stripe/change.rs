//! What Stripe does when it is asked to change something: money and bills here, subscriptions beside.

use super::{error, form, ok, subscriptions};
use crate::sandbox::listed::{Asked, newest_first};
use crate::sandbox::{Disked, Sandbox};
use jiff::SignedDuration;
use serde_json::{Value, json};
use shared::domain::id::digest;
use shared::providers::{Call, Reply};
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

    fn tell_once(&self, kind: &str, object: &Value, effect: &[&str]) -> Disked<()> {
        let event = json!({
            "id": format!("evt_{}", digest(effect, 24)), "object": "event", "api_version": "2024-06-20", "created": self.now(),
            "livemode": false, "pending_webhooks": 1, "request": {"id": null, "idempotency_key": self.call.idempotency_key}, "type": kind,
            "data": {"object": object},
        });
        self.sandbox.send_back("stripe", self.source, SignedDuration::from_secs(2), &event)
    }

    fn effect(&self) -> String {
        let key = self.call.idempotency_key.as_deref().unwrap_or_default();
        digest(&[key, &self.call.path, &self.call.body, &self.now().to_string()], 24)
    }
}

pub(super) fn change(sandbox: &Sandbox, source: &str, call: &Call) -> Disked<Reply> {
    let path = Asked::of(call).path;
    let asking = Asking { sandbox, source, call, form: form(&call.body) };
    let parts: Vec<_> = path.trim_start_matches("/v1/").split('/').collect();
    match (call.method.as_str(), parts.as_slice()) {
        ("POST", ["refunds"]) => refund(&asking),
        ("POST", ["customers", id, "balance_transactions"]) => credit(&asking, id),
        ("POST", ["invoices", id, "pay"]) => pay(&asking, id),
        ("POST", ["invoices", id, "mark_uncollectible"]) => close(&asking, id, "uncollectible", &["open"]),
        ("POST", ["invoices", id, "void"]) => close(&asking, id, "void", &["open", "uncollectible"]),
        ("POST", ["billing_portal", "sessions"]) => subscriptions::portal(&asking),
        ("POST", ["coupons"]) => subscriptions::coupon(&asking),
        ("POST", ["subscriptions", id]) => subscriptions::update(&asking, id),
        ("POST", ["subscriptions", id, "resume"]) => subscriptions::resume(&asking, id),
        ("DELETE", ["subscriptions", id]) => subscriptions::cancel(&asking, id),
        ("POST", ["subscription_schedules"]) => subscriptions::schedule(&asking),
        ("POST", ["subscription_schedules", id]) => subscriptions::reschedule(&asking, id),
        _ => Ok(error(404, INVALID, "resource_missing", "Unrecognized request URL")),
    }
}

pub(super) fn missing(kind: &str, id: &str) -> Reply {
    error(404, INVALID, "resource_missing", &format!("No such {kind}: '{id}'"))
}

fn inner(name: &str) -> Option<&str> {
    name.strip_prefix("metadata[")?.strip_suffix(']')
}

fn refund(asking: &Asking<'_>) -> Disked<Reply> {
    let mut charge = match (asking.get("charge"), asking.get("payment_intent")) {
        (Some(id), _) => asking.load("charge", id)?,
        (None, Some(intent)) => {
            let mut of_it = asking.sandbox.having("stripe", "payment_intent", intent)?.into_iter();
            of_it.find(|charge| charge["object"] == "charge" && charge["status"] == "succeeded")
        }
        (None, None) => None,
    };
    let Some(charge) = charge.as_mut() else {
        let (kind, id) = asking.get("charge").map_or(("payment_intent", asking.get("payment_intent")), |id| ("charge", Some(id)));
        return Ok(missing(kind, id.unwrap_or_default()));
    };
    let id = charge["id"].as_str().unwrap_or_default().to_owned();
    let taken = charge["amount_captured"].as_i64().or(charge["amount"].as_i64()).unwrap_or(0);
    let back = charge["amount_refunded"].as_i64().unwrap_or(0);
    let amount = asking.number("amount").unwrap_or(taken - back);
    if back >= taken {
        return Ok(error(400, INVALID, "charge_already_refunded", &format!("Charge {id} has already been refunded.")));
    }
    if amount <= 0 || amount > taken - back {
        let text = format!("Refund amount is greater than unrefunded amount on charge ({})", taken - back);
        return Ok(error(400, INVALID, "amount_too_large", &text));
    }
    let key = asking.call.idempotency_key.as_deref().unwrap_or_default();
    let refund_id = format!("re_{}", digest(&[&id, &back.to_string(), &amount.to_string(), key], 24));
    let refund = json!({
        "id": refund_id, "object": "refund", "amount": amount, "balance_transaction": null, "charge": id, "created": asking.now(),
        "currency": charge["currency"], "metadata": asking.metadata(), "payment_intent": charge["payment_intent"], "reason": asking.get("reason"),
        "receipt_number": null, "source_transfer_reversal": null, "status": "succeeded", "transfer_reversal": null,
    });
    charge["amount_refunded"] = json!(back + amount);
    charge["refunded"] = json!(back + amount == taken);
    asking.keep(&refund)?;
    asking.replace(charge)?;
    asking.tell_once("refund.created", &refund, &["refund.created", &refund_id])?;
    asking.tell_once("charge.refunded", charge, &["charge.refunded", &refund_id])?;
    Ok(ok(&refund))
}

/// A transaction of the customer's balance. Somebody whom other objects name is a customer, although never shown.
fn credit(asking: &Asking<'_>, id: &str) -> Disked<Reply> {
    let known = asking.load("customer", id)?;
    if known.is_none() && asking.sandbox.having("stripe", "customer", id)?.is_empty() {
        return Ok(missing("customer", id));
    }
    let mut customer = known.unwrap_or_else(|| json!({"id": id, "object": "customer", "balance": 0}));
    let (Some(amount), Some(currency)) = (asking.number("amount").filter(|amount| *amount != 0), asking.get("currency")) else {
        return Ok(error(400, INVALID, "parameter_missing", "Missing required param: amount and currency."));
    };
    if customer["currency"].as_str().is_some_and(|own| own != currency) {
        let text = format!("You cannot combine currencies on a single customer: this customer's balance is not in {currency}.");
        return Ok(error(400, INVALID, "currency_mismatch", &text));
    }
    let balance = customer["balance"].as_i64().unwrap_or(0) + amount;
    let transaction = json!({
        "id": asking.id("cbtxn", id), "object": "customer_balance_transaction", "amount": amount, "created": asking.now(), "credit_note": null,
        "currency": currency, "customer": id, "description": asking.get("description"), "ending_balance": balance, "invoice": null,
        "livemode": false, "metadata": asking.metadata(), "type": "adjustment",
    });
    customer["balance"] = json!(balance);
    customer["currency"] = json!(currency);
    asking.keep(&transaction)?;
    asking.keep(&customer)?;
    asking.replace(&customer)?;
    asking.tell("customer.updated", &customer)?;
    Ok(ok(&transaction))
}

/// Collects an invoice: what failed fails again until the customer has a newer card.
fn pay(asking: &Asking<'_>, id: &str) -> Disked<Reply> {
    let Some(mut invoice) = asking.load("invoice", id)? else { return Ok(missing("invoice", id)) };
    match invoice["status"].as_str() {
        Some("paid") => return Ok(error(400, INVALID, "invoice_already_paid", "Invoice is already paid")),
        Some("void") => return Ok(error(400, INVALID, "invoice_not_open", "This invoice is void and cannot be paid")),
        _ => {}
    }
    if asking.get("paid_out_of_band") == Some("true") {
        settle(asking, &mut invoice);
        invoice["paid_out_of_band"] = json!(true);
        asking.replace(&invoice)?;
        asking.tell("invoice.paid", &invoice)?;
        recover(asking, &invoice)?;
        return Ok(ok(&invoice));
    }
    invoice["attempted"] = json!(true);
    let tries = invoice["attempt_count"].as_i64().unwrap_or(0) + 1;
    if let Some(decline) = decline_again(asking.sandbox, &invoice)? {
        invoice["attempt_count"] = json!(tries);
        asking.replace(&invoice)?;
        asking.tell("invoice.payment_failed", &invoice)?;
        return Ok(declined(&decline));
    }
    let due = invoice["amount_remaining"].as_i64().or(invoice["amount_due"].as_i64()).unwrap_or(0);
    invoice["attempt_count"] = json!(tries);
    if due > 0 {
        let charge = charge_for(asking, &invoice, due)?;
        invoice["charge"] = charge["id"].clone();
    }
    settle(asking, &mut invoice);
    asking.replace(&invoice)?;
    asking.tell("invoice.paid", &invoice)?;
    recover(asking, &invoice)?;
    Ok(ok(&invoice))
}

/// Gives an invoice up.
fn close(asking: &Asking<'_>, id: &str, status: &str, from: &[&str]) -> Disked<Reply> {
    let Some(mut invoice) = asking.load("invoice", id)? else { return Ok(missing("invoice", id)) };
    let own = invoice["status"].as_str().unwrap_or("open").to_owned();
    if !from.contains(&own.as_str()) {
        return Ok(error(400, INVALID, "invoice_not_open", &format!("You can only pass in open invoices. This invoice is {own}.")));
    }
    let (kind, at) = match status {
        "void" => ("invoice.voided", "voided_at"),
        _ => ("invoice.marked_uncollectible", "marked_uncollectible_at"),
    };
    invoice["status"] = json!(status);
    invoice["next_payment_attempt"] = Value::Null;
    invoice["status_transitions"][at] = json!(asking.now());
    asking.replace(&invoice)?;
    asking.tell(kind, &invoice)?;
    Ok(ok(&invoice))
}

fn settle(asking: &Asking<'_>, invoice: &mut Value) {
    let total = invoice["amount_due"].as_i64().or(invoice["total"].as_i64()).unwrap_or(0);
    invoice["status"] = json!("paid");
    invoice["paid"] = json!(true);
    invoice["amount_paid"] = json!(total);
    invoice["amount_remaining"] = json!(0);
    invoice["next_payment_attempt"] = Value::Null;
    invoice["status_transitions"]["paid_at"] = json!(asking.now());
}

/// A subscription that waited for the money runs again.
fn recover(asking: &Asking<'_>, invoice: &Value) -> Disked<()> {
    let parent = &invoice["parent"]["subscription_details"]["subscription"];
    let Some(id) = invoice["subscription"].as_str().or(parent.as_str()) else { return Ok(()) };
    let Some(mut subscription) = asking.load("subscription", id)? else { return Ok(()) };
    if !matches!(subscription["status"].as_str(), Some("past_due" | "unpaid" | "incomplete")) {
        return Ok(());
    }
    subscription["status"] = json!("active");
    asking.replace(&subscription)?;
    asking.tell("customer.subscription.updated", &subscription)
}

/// Charges the customer's newest card, and tells so.
pub(super) fn charge_for(asking: &Asking<'_>, invoice: &Value, amount: i64) -> Disked<Value> {
    let customer = invoice["customer"].as_str().unwrap_or_default();
    let mut cards = asking.sandbox.having("stripe", "customer", customer)?;
    cards.retain(|kept| matches!(kept["object"].as_str(), Some("payment_method" | "card")));
    newest_first(&mut cards, |card| card["created"].as_i64().unwrap_or(0));
    let card = cards.first().map(|kept| {
        let shown = if kept["card"].is_object() { &kept["card"] } else { kept };
        json!({"brand": shown["brand"], "last4": shown["last4"], "exp_month": shown["exp_month"], "exp_year": shown["exp_year"]})
    });
    let charge = json!({
        "id": asking.id("ch", invoice["id"].as_str().unwrap_or_default()), "object": "charge", "amount": amount, "amount_captured": amount,
        "amount_refunded": 0, "captured": true, "created": asking.now(), "currency": invoice["currency"], "customer": customer,
        "failure_code": null, "invoice": invoice["id"], "livemode": false, "metadata": {}, "outcome": {"type": "authorized", "reason": null},
        "paid": true, "payment_intent": null, "payment_method_details": card.map(|card| json!({"type": "card", "card": card})),
        "refunded": false, "status": "succeeded",
    });
    asking.keep(&charge)?;
    asking.tell("charge.succeeded", &charge)?;
    Ok(charge)
}

pub(super) fn declined(decline: &str) -> Reply {
    let own = matches!(decline, "expired_card" | "incorrect_cvc" | "processing_error" | "authentication_required");
    let code = if own { decline } else { "card_declined" };
    let body = json!({"error": {"type": "card_error", "code": code, "decline_code": decline, "message": "Your card was declined."}});
    Reply { status: 402, body: body.to_string() }
}

/// Why another try to collect an invoice would fail: as the last one did, unless the customer has a newer card since.
pub(super) fn decline_again(sandbox: &Sandbox, invoice: &Value) -> Disked<Option<String>> {
    let mut tries = failed_tries(sandbox, invoice)?;
    if tries.is_empty() && invoice["attempt_count"].as_i64().unwrap_or(0) == 0 {
        return Ok(None);
    }
    newest_first(&mut tries, |failed| failed["created"].as_i64().unwrap_or(0));
    let last = tries.first().unwrap_or(invoice);
    let customer = invoice["customer"].as_str().unwrap_or_default();
    let failed_at = seen_at(sandbox, last["id"].as_str().unwrap_or_default())?;
    if card_seen_at(sandbox, customer)? > failed_at {
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

/// The charges and intents that have failed to pay an invoice. Since basil they do not name it: the customer and the amount do.
fn failed_tries(sandbox: &Sandbox, invoice: &Value) -> Disked<Vec<Value>> {
    let customer = invoice["customer"].as_str().unwrap_or_default();
    let mut tries = sandbox.having("stripe", "customer", customer)?;
    tries.retain(|failed| {
        let has_failed = match failed["object"].as_str() {
            Some("charge") => failed["status"] == "failed",
            Some("payment_intent") => failed["last_payment_error"].is_object() && failed["status"] != "succeeded",
            _ => false,
        };
        let fits = failed["amount"] == invoice["amount_due"] && failed["created"].as_i64() >= invoice["created"].as_i64();
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
