//! Mollie's payments, as its API shows them.

use super::{Disked, Sandbox};
use serde_json::{Value, json};
use shared::providers::{Call, Reply};

/// Keeps a payment that a delivery shows.
pub(super) fn learn(sandbox: &Sandbox, entity: &Value) -> Disked<()> {
    match entity["id"].as_str() {
        Some(id) if entity["resource"] == "payment" => sandbox.keep("mollie", id, sandbox.clock.now().as_second(), entity),
        _ => Ok(()),
    }
}

pub(super) fn get(sandbox: &Sandbox, call: &Call) -> Disked<Reply> {
    let path = call.path.split('?').next().unwrap_or_default();
    let found = match path.strip_prefix("/v2/payments/") {
        Some(id) => sandbox.object("mollie", id)?,
        None => None,
    };
    Ok(match found {
        Some(payment) => Reply { status: 200, body: payment.to_string() },
        None => {
            let error = json!({"status": 404, "title": "Not Found", "detail": "No payment exists with this token."});
            Reply { status: 404, body: error.to_string() }
        }
    })
}
