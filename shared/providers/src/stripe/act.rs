//! Asking Stripe for an approved action, and reading what it answered.

use super::wire;
use crate::value::seconds;
use crate::{Act, Answer, Call, Effect, Found, Reply};
use domain::action::{Action, Kind, Reason};
use domain::approval::Approved;
use form_urlencoded::Serializer;
use http::Method;

pub(super) fn act(action: &Approved<Action>, key: &str) -> Act {
    let Kind::Refund { payment, amount } = &action.inner().kind;
    let Some(minor) = stripe_minor(*amount) else {
        return Act::Unsupported { instead: "The amount is too large for one call: refund it in the Stripe dashboard." };
    };
    let mut form = Serializer::new(String::new());
    form.append_pair(if payment.starts_with("pi_") { "payment_intent" } else { "charge" }, payment);
    form.append_pair("amount", &minor.to_string());
    match action.inner().reason_code {
        Reason::DuplicateCharge => drop(form.append_pair("reason", "duplicate")),
        Reason::CustomerDissatisfaction => drop(form.append_pair("reason", "requested_by_customer")),
        Reason::ServiceOutage | Reason::BillingError | Reason::Other => {}
    }
    form.append_pair("metadata[recoup_action]", action.inner().id.as_str());
    Act::Send(Call {
        method: Method::POST,
        path: "/v1/refunds".to_owned(),
        body: form.finish(),
        idempotency_key: Some(key.to_owned()),
        patient: true,
    })
}

pub(super) fn lookup(action: &Approved<Action>) -> Call {
    let payment = action.inner().kind.target();
    let name = if payment.starts_with("pi_") { "payment_intent" } else { "charge" };
    let query = Serializer::new(String::new()).append_pair(name, payment).append_pair("limit", "100").finish();
    Call::list(format!("/v1/refunds?{query}"))
}

/// A 409 means that the same key is being worked on, a 429 that we were too quick: nothing was done for this request.
pub(super) fn answer(reply: &Reply) -> Answer {
    match reply.status {
        200..=299 => match serde_json::from_str::<wire::Object<'_>>(&reply.body).map(|refund| effect(&refund)) {
            Ok(Ok(effect)) => Answer::Done(effect),
            Ok(Err((code, message))) => Answer::Refused { code, message },
            Err(_) => Answer::Unknown,
        },
        409 | 429 => Answer::NotNow,
        400..=499 => {
            let error = serde_json::from_str::<wire::ErrorReply>(&reply.body).ok().map(|reply| reply.error);
            let (code, message) = error.map_or((None, None), |error| (error.code.or(error.kind), error.message));
            Answer::Refused {
                code: code.unwrap_or_else(|| format!("http_{}", reply.status)),
                message: message.unwrap_or_else(|| "Stripe gave no reason".to_owned()),
            }
        }
        _ => Answer::Unknown,
    }
}

pub(super) fn found(action: &Approved<Action>, reply: &Reply) -> Found {
    let Ok(list) = serde_json::from_str::<wire::List<wire::Object<'_>>>(&reply.body) else { return Found::Unknown };
    if reply.status != 200 {
        return Found::Unknown;
    }
    let named = |refund: &wire::Object<'_>| refund.metadata.as_ref().and_then(|metadata| metadata.recoup_action.clone());
    match list.data.iter().find(|refund| named(refund).as_deref() == Some(action.inner().id.as_str())).map(effect) {
        Some(Ok(effect)) => Found::Done(effect),
        Some(Err((code, message))) => Found::Failed { code, message },
        None => Found::NotThere,
    }
}

/// What a refund object says of our refund: that it is on its way, or that it failed.
fn effect(refund: &wire::Object<'_>) -> Result<Effect, (String, String)> {
    match refund.status.as_deref() {
        Some("failed" | "canceled") => Err(("refund_failed".to_owned(), "Stripe could not refund to the payment method".to_owned())),
        status => Ok(Effect {
            reference: refund.id.as_ref().map(|id| id.to_string()).unwrap_or_default(),
            status: status.unwrap_or("succeeded").to_owned(),
            made_at: refund.created.and_then(|created| seconds(created).ok()),
        }),
    }
}

/// The amount in the unit that Stripe counts in; see `read::money`.
fn stripe_minor(amount: domain::money::Money) -> Option<i64> {
    let minor = amount.minor()?;
    match amount.currency().code() {
        "ISK" | "UGX" => minor.checked_mul(100),
        "MGA" => (minor % 100 == 0).then_some(minor / 100),
        _ => Some(minor),
    }
}
