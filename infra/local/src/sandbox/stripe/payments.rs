//! Which intent pays which invoice, as Stripe's list of invoice payments says it: from the first try on, whoever asks.
//!
//! Since basil neither names the other. What was told decides; else the customer, the amount and the time do.

use crate::sandbox::{Disked, Sandbox};
use domain::id::digest;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The intents that tried to pay an invoice.
pub(super) fn of_invoice(sandbox: &Sandbox, invoice: &str) -> Disked<Vec<Value>> {
    let told = told(sandbox)?;
    let Some(due) = sandbox.object("stripe", invoice)? else { return Ok(Vec::new()) };
    let known = sandbox.having("stripe", "customer", due["customer"].as_str().unwrap_or_default())?;
    let tried: BTreeSet<_> = known.iter().filter_map(intent_of).collect();
    let untold = tried.into_iter().filter(|intent| !told.iter().any(|paid| is_of(paid, intent)));
    let guessed = untold.filter(|intent| paid_by(&known, intent) == Some(invoice));
    let guessed: Vec<_> = guessed.map(|intent| invoice_payment(invoice, intent)).collect();
    Ok(told.into_iter().filter(|paid| paid["invoice"] == invoice).chain(guessed).collect())
}

/// The invoice that an intent tries to pay.
pub(super) fn of_intent(sandbox: &Sandbox, intent: &str) -> Disked<Vec<Value>> {
    let mut told = told(sandbox)?;
    told.retain(|paid| is_of(paid, intent));
    if !told.is_empty() {
        return Ok(told);
    }
    let own = sandbox.object("stripe", intent)?;
    let tries = sandbox.having("stripe", "payment_intent", intent)?;
    let Some(customer) = own.iter().chain(&tries).find_map(|tried| tried["customer"].as_str()) else {
        return Ok(told);
    };
    let known = sandbox.having("stripe", "customer", customer)?;
    Ok(paid_by(&known, intent).map(|invoice| invoice_payment(invoice, intent)).into_iter().collect())
}

/// What deliveries told in so many words.
fn told(sandbox: &Sandbox) -> Disked<Vec<Value>> {
    sandbox.having("stripe", "object", "invoice_payment")
}

fn is_of(paid: &Value, intent: &str) -> bool {
    paid["payment"]["payment_intent"] == intent
}

/// The intent that an object is, or is a charge of.
fn intent_of(object: &Value) -> Option<&str> {
    match object["object"].as_str()? {
        "payment_intent" => object["id"].as_str(),
        "charge" => object["payment_intent"].as_str(),
        _ => None,
    }
}

/// Of what is known of a customer, the invoice that an intent pays: the one that it names, or the latest of its amount
/// that was there, and not yet paid, when the intent was made.
fn paid_by<'a>(known: &'a [Value], intent: &str) -> Option<&'a str> {
    let tries: Vec<_> = known.iter().filter(|object| intent_of(object) == Some(intent)).collect();
    if let Some(named) = tries.iter().find_map(|tried| tried["invoice"].as_str()) {
        return Some(named);
    }
    let amount = tries.first()?["amount"].as_i64()?;
    let made_at = tries.iter().filter_map(|tried| tried["created"].as_i64()).min();
    let was_due = |invoice: &&Value| {
        let (created, paid_at) = (invoice["created"].as_i64(), invoice["status_transitions"]["paid_at"].as_i64());
        let before = |at: Option<i64>| at.zip(made_at).is_some_and(|(at, made_at)| at < made_at);
        let after = |at: Option<i64>| at.zip(made_at).is_some_and(|(at, made_at)| at > made_at);
        invoice["amount_due"].as_i64() == Some(amount) && !after(created) && !before(paid_at)
    };
    let invoices = known.iter().filter(|object| object["object"] == "invoice" && object["deleted"] != true);
    invoices
        .filter(was_due)
        .max_by_key(|invoice| invoice["created"].as_i64())
        .and_then(|invoice| invoice["id"].as_str())
}

fn invoice_payment(invoice: &str, intent: &str) -> Value {
    json!({
        "id": format!("inpay_{}", digest(&[invoice, intent], 24)),
        "object": "invoice_payment",
        "invoice": invoice,
        "payment": {"type": "payment_intent", "payment_intent": intent},
    })
}
