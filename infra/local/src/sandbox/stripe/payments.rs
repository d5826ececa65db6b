//! Which intent pays which invoice, as Stripe's list of invoice payments says it: from the first try on, whoever asks.
//!
//! Since basil neither names the other. What was told decides; else the customer, the amount and the time do.

use super::shape;
use crate::sandbox::{Disked, Sandbox};
use domain::id::digest;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Every payment of every invoice.
pub(super) fn all(sandbox: &Sandbox) -> Disked<Vec<Value>> {
    let told = told(sandbox)?;
    let mut all = told.clone();
    for invoice in sandbox.having("stripe", "object", "invoice")? {
        all.extend(untold(sandbox, &told, &invoice)?);
    }
    Ok(all)
}

/// The intents that tried to pay an invoice.
pub(super) fn of_invoice(sandbox: &Sandbox, invoice: &str) -> Disked<Vec<Value>> {
    let told = told(sandbox)?;
    let Some(due) = sandbox.object("stripe", invoice)? else { return Ok(Vec::new()) };
    let untold = untold(sandbox, &told, &due)?;
    Ok(told.into_iter().filter(|paid| paid["invoice"] == invoice).chain(untold).collect())
}

/// The invoice that an intent tries to pay.
pub(super) fn of_intent(sandbox: &Sandbox, intent: &str) -> Disked<Vec<Value>> {
    let mut told = told(sandbox)?;
    told.retain(|paid| is_of(paid, intent));
    if !told.is_empty() {
        return Ok(told);
    }
    let own = sandbox.object("stripe", intent)?;
    let tries = match shape::charge_of(intent) {
        Some(charge) => sandbox.object("stripe", charge)?.into_iter().collect(),
        None => sandbox.having("stripe", "payment_intent", intent)?,
    };
    let Some(customer) = own.iter().chain(&tries).find_map(|tried| tried["customer"].as_str()) else {
        return Ok(told);
    };
    let known = sandbox.having("stripe", "customer", customer)?;
    let Some(invoice) = paid_by(&known, intent) else { return Ok(told) };
    let due = known.iter().find(|object| object["id"] == invoice).cloned();
    Ok(vec![invoice_payment(&due.unwrap_or_else(|| json!({"id": invoice})), &known, intent)])
}

/// What deliveries told in so many words.
fn told(sandbox: &Sandbox) -> Disked<Vec<Value>> {
    sandbox.having("stripe", "object", "invoice_payment")
}

/// What they did not tell of an invoice.
fn untold(sandbox: &Sandbox, told: &[Value], due: &Value) -> Disked<Vec<Value>> {
    let invoice = due["id"].as_str().unwrap_or_default();
    let known = sandbox.having("stripe", "customer", due["customer"].as_str().unwrap_or_default())?;
    let tried: BTreeSet<_> = known.iter().filter_map(intent_of).collect();
    let untold = tried.iter().filter(|intent| !told.iter().any(|paid| is_of(paid, intent)));
    let guessed = untold.filter(|intent| paid_by(&known, intent) == Some(invoice));
    Ok(guessed.map(|intent| invoice_payment(due, &known, intent)).collect())
}

fn is_of(paid: &Value, intent: &str) -> bool {
    paid["payment"]["payment_intent"] == intent
}

/// The intent that an object is, or is a charge of.
fn intent_of(object: &Value) -> Option<String> {
    match object["object"].as_str()? {
        "payment_intent" => object["id"].as_str().map(str::to_owned),
        "charge" => shape::intent_of(object),
        _ => None,
    }
}

fn tries<'a>(known: &'a [Value], intent: &str) -> Vec<&'a Value> {
    known.iter().filter(|object| intent_of(object).as_deref() == Some(intent)).collect()
}

fn made_at(tries: &[&Value]) -> Option<i64> {
    tries.iter().filter_map(|tried| tried["created"].as_i64()).min()
}

/// Of what is known of a customer, the invoice that an intent pays: the one that it names, or the latest of its amount
/// that was there, and not yet paid, when the intent was made.
fn paid_by<'a>(known: &'a [Value], intent: &str) -> Option<&'a str> {
    let tries = tries(known, intent);
    if let Some(named) = tries.iter().find_map(|tried| tried["invoice"].as_str()) {
        return Some(named);
    }
    let (amount, made_at) = (tries.first()?["amount"].as_i64()?, made_at(&tries));
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

fn invoice_payment(due: &Value, known: &[Value], intent: &str) -> Value {
    let tries = tries(known, intent);
    let first = tries.first().copied().unwrap_or(&Value::Null);
    let (made_at, is_paid) = (made_at(&tries).unwrap_or(0), tries.iter().any(|tried| tried["status"] == "succeeded"));
    let is_void = due["status"] == "void";
    let paid_at = is_paid.then(|| due["status_transitions"]["paid_at"].as_i64().unwrap_or(made_at));
    json!({
        "id": format!("inpay_{}", digest(&[due["id"].as_str().unwrap_or_default(), intent], 24)),
        "object": "invoice_payment",
        "amount_paid": is_paid.then(|| &first["amount"]),
        "amount_requested": first["amount"],
        "created": made_at,
        "currency": first["currency"],
        "invoice": due["id"],
        "is_default": true,
        "livemode": false,
        "payment": {"type": "payment_intent", "payment_intent": intent},
        "status": if is_paid { "paid" } else if is_void { "canceled" } else { "open" },
        "status_transitions": {
            "canceled_at": if is_paid { &Value::Null } else { &due["status_transitions"]["voided_at"] },
            "paid_at": paid_at,
        },
    })
}
