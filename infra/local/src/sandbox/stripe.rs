//! Stripe's objects and refunds: shapes as its API sends them, state as it keeps it.

mod list;

use super::listed::Asked;
use super::{Disked, Sandbox};
use jiff::SignedDuration;
use serde_json::{Value, json};
use shared::domain::id::digest;
use shared::providers::{Call, Reply};
use std::collections::BTreeMap;

/// How long Stripe knows an idempotency key.
pub(super) const KEY_LIVES: SignedDuration = SignedDuration::from_hours(24);

pub(super) fn learn(sandbox: &Sandbox, delivery: &Value) -> Disked<()> {
    let mut object = delivery["data"]["object"].clone();
    let (Some(id), Some(created)) = (object["id"].as_str().map(str::to_owned), delivery["created"].as_i64()) else { return Ok(()) };
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
    let Some(mut charge_object) = sandbox.object("stripe", charge)?.filter(|_| before.is_some_and(|before| before["status"] != "failed"))
    else {
        return Ok(());
    };
    let back = charge_object["amount_refunded"].as_i64().unwrap_or(0) - refund["amount"].as_i64().unwrap_or(0);
    charge_object["amount_refunded"] = json!(back.max(0));
    charge_object["refunded"] = json!(false);
    sandbox.replace("stripe", charge, &charge_object)
}

pub(super) fn get(sandbox: &Sandbox, call: &Call) -> Disked<Reply> {
    list::get(sandbox, &Asked::of(call))
}

pub(super) fn change(sandbox: &Sandbox, source: &str, call: &Call) -> Disked<Reply> {
    match call.path.as_str() {
        "/v1/refunds" => refund(sandbox, source, call),
        _ => Ok(error(404, "invalid_request_error", "resource_missing", "Unrecognized request URL")),
    }
}

fn refund(sandbox: &Sandbox, source: &str, call: &Call) -> Disked<Reply> {
    let form = form(&call.body);
    let id = form.get("charge").map(String::as_str).unwrap_or_default();
    let Some(mut charge) = sandbox.object("stripe", id)? else {
        return Ok(error(404, "invalid_request_error", "resource_missing", &format!("No such charge: '{id}'")));
    };
    let taken = charge["amount_captured"].as_i64().or(charge["amount"].as_i64()).unwrap_or(0);
    let back = charge["amount_refunded"].as_i64().unwrap_or(0);
    let amount = form.get("amount").and_then(|amount| amount.parse().ok()).unwrap_or(taken - back);
    if back >= taken {
        return Ok(error(400, "invalid_request_error", "charge_already_refunded", &format!("Charge {id} has already been refunded.")));
    }
    if amount <= 0 || amount > taken - back {
        return Ok(error(
            400,
            "invalid_request_error",
            "amount_too_large",
            &format!("Refund amount is greater than unrefunded amount on charge ({})", taken - back),
        ));
    }
    let now = sandbox.clock.now().as_second();
    let refund_id =
        format!("re_{}", digest(&[id, &back.to_string(), &amount.to_string(), call.idempotency_key.as_deref().unwrap_or_default()], 24));
    let metadata: BTreeMap<_, _> =
        form.iter().filter_map(|(name, value)| Some((name.strip_prefix("metadata[")?.strip_suffix(']')?, value))).collect();
    let refund = json!({
        "id": refund_id, "object": "refund", "amount": amount, "balance_transaction": null, "charge": id, "created": now,
        "currency": charge["currency"], "metadata": metadata, "payment_intent": charge["payment_intent"], "reason": form.get("reason"),
        "receipt_number": null, "source_transfer_reversal": null, "status": "succeeded", "transfer_reversal": null,
    });
    charge["amount_refunded"] = json!(back + amount);
    charge["refunded"] = json!(back + amount == taken);
    sandbox.keep("stripe", &refund_id, now, &refund)?;
    sandbox.replace("stripe", id, &charge)?;
    for (kind, object) in [("refund.created", &refund), ("charge.refunded", &charge)] {
        let event = json!({
            "id": format!("evt_{}", digest(&[kind, &refund_id], 24)), "object": "event", "api_version": "2024-06-20", "created": now, "livemode": false,
            "pending_webhooks": 1, "request": {"id": null, "idempotency_key": call.idempotency_key}, "type": kind, "data": {"object": object},
        });
        sandbox.send_back("stripe", source, SignedDuration::from_secs(2), &event)?;
    }
    Ok(ok(&refund))
}

fn form(text: &str) -> BTreeMap<String, String> {
    form_urlencoded::parse(text.as_bytes()).map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

fn ok(body: &Value) -> Reply {
    Reply { status: 200, body: body.to_string() }
}

fn error(status: u16, kind: &str, code: &str, message: &str) -> Reply {
    Reply { status, body: json!({"error": {"type": kind, "code": code, "message": message}}).to_string() }
}
