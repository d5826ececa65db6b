//! What Stripe's answers mean, whatever was asked for.

use crate::value::seconds;
use crate::{Act, Answer, Call, Effect, Reply};
use jiff::Timestamp;
use serde_json::Value;

/// Sends one request, and reads what its answer says.
pub(super) fn once(replies: &[Reply], call: impl FnOnce() -> Call, told: impl FnOnce(&Value) -> Answer) -> Act {
    match replies.last() {
        None => Act::Send(call()),
        Some(reply) => ended(reply, told),
    }
}

pub(super) fn ended(reply: &Reply, told: impl FnOnce(&Value) -> Answer) -> Act {
    Act::Ended(object(reply).map_or_else(|answer| answer, |object| told(&object)))
}

/// The object that Stripe answered with, or how the attempt ended.
///
/// A 409 means that the same key is being worked on, a 429 that we were too quick: nothing was done for this request.
pub(super) fn object(reply: &Reply) -> Result<Value, Answer> {
    match reply.status {
        200..=299 => {
            let object = serde_json::from_str::<Value>(&reply.body).ok();
            object.filter(|object| object["id"].is_string()).ok_or(Answer::Unknown)
        }
        409 | 429 => Err(Answer::NotNow),
        400..=499 => Err(refused(reply)),
        _ => Err(Answer::Unknown),
    }
}

/// An issuer's own reason says more than `card_declined`.
fn refused(reply: &Reply) -> Answer {
    let body = serde_json::from_str::<Value>(&reply.body).unwrap_or_default();
    let error = &body["error"];
    let code = ["decline_code", "code", "type"].iter().find_map(|name| error[name].as_str());
    Answer::Refused {
        code: code.map_or_else(|| format!("http_{}", reply.status), str::to_owned),
        message: error["message"].as_str().unwrap_or("Stripe gave no reason").to_owned(),
    }
}

/// An object that was there before.
pub(super) fn changed(object: &Value) -> Effect {
    Effect { reference: text(object, "id"), status: text(object, "status"), ..Effect::default() }
}

/// An object that is new.
pub(super) fn made(object: &Value) -> Effect {
    Effect { made_at: at(&object["created"]), ..changed(object) }
}

/// An invoice, and when it was paid if it was.
pub(super) fn paid(invoice: &Value) -> Effect {
    Effect { made_at: at(&invoice["status_transitions"]["paid_at"]), ..changed(invoice) }
}

/// What a refund says of itself: that it is on its way, or that it failed.
pub(super) fn refund(refund: &Value) -> Result<Effect, (String, String)> {
    match refund["status"].as_str() {
        Some("failed" | "canceled") => {
            Err(("refund_failed".to_owned(), "Stripe could not refund to the payment method".to_owned()))
        }
        status => Ok(Effect { status: status.unwrap_or("succeeded").to_owned(), ..made(refund) }),
    }
}

pub(super) fn text(object: &Value, field: &str) -> String {
    object[field].as_str().unwrap_or_default().to_owned()
}

fn at(second: &Value) -> Option<Timestamp> {
    seconds(second.as_i64()?).ok()
}
