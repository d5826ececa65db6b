//! Stripe's objects and refunds: shapes as its API sends them, state as it keeps it.

mod asking;
mod change;
mod list;
mod payments;
mod schedules;
mod shape;
mod subscriptions;

use super::listed::Asked;
use super::{Disked, Sandbox};
use providers::{Call, Reply};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(super) fn learn(sandbox: &Sandbox, delivery: &Value) -> Disked<()> {
    let mut object = delivery["data"]["object"].clone();
    let id = object["id"].as_str().map(str::to_owned);
    let (Some(id), Some(created)) = (id, delivery["created"].as_i64()) else { return Ok(()) };
    // What was deleted is in no list any more.
    if matches!(delivery["type"].as_str(), Some("customer.deleted" | "invoice.deleted")) {
        object["deleted"] = json!(true);
    }
    if object["object"] == "refund" && object["status"] == "failed" {
        give_up(sandbox, &object)?;
    }
    sandbox.keep("stripe", &id, created, &object)
}

/// A refund that failed is money that the charge still has.
fn give_up(sandbox: &Sandbox, refund: &Value) -> Disked<()> {
    let before = sandbox.object("stripe", refund["id"].as_str().unwrap_or_default())?;
    let charge = refund["charge"].as_str().unwrap_or_default();
    let is_news = before.is_some_and(|before| before["status"] != "failed");
    let Some(mut charge_object) = sandbox.object("stripe", charge)?.filter(|_| is_news) else { return Ok(()) };
    let back = charge_object["amount_refunded"].as_i64().unwrap_or(0) - refund["amount"].as_i64().unwrap_or(0);
    charge_object["amount_refunded"] = json!(back.max(0));
    charge_object["refunded"] = json!(false);
    sandbox.replace("stripe", charge, &charge_object)
}

pub(super) fn get(sandbox: &Sandbox, call: &Call) -> Disked<Reply> {
    list::get(sandbox, &Asked::of(call))
}

pub(super) fn change(sandbox: &Sandbox, source: &str, call: &Call) -> Disked<Reply> {
    change::change(sandbox, source, call)
}

fn form(text: &str) -> BTreeMap<String, String> {
    form_urlencoded::parse(text.as_bytes()).map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// Whatever is answered is in the version that was asked for; what is told is as old as it is kept.
fn ok(body: &Value) -> Reply {
    Reply { status: 200, body: shape::shown(body.clone()).to_string() }
}

/// The refusal of a parameter that a call does not have.
pub(super) fn unknown(name: &str) -> Reply {
    let message = format!("Received unknown parameter: {name}");
    let error = json!({
        "type": "invalid_request_error", "code": "parameter_unknown", "message": message, "param": name,
    });
    Reply { status: 400, body: json!({"error": error}).to_string() }
}

fn error(status: u16, kind: &str, code: &str, message: &str) -> Reply {
    Reply { status, body: json!({"error": {"type": kind, "code": code, "message": message}}).to_string() }
}
