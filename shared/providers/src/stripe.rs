//! Stripe. Signs `timestamp.body`; amounts are minor units; one event per delivery.
//!
//! <https://docs.stripe.com/webhooks#verify-manually>

mod act;
mod read;
mod wire;

use crate::{Delivery, Envelope, Malformed, NotAuthentic, Provider, Secret, malformed, signature};
use jiff::Timestamp;

pub(crate) static PROVIDER: Provider = Provider {
    name: "stripe",
    api: "https://api.stripe.com",
    verify,
    envelope,
    read: read::read,
    act: act::act,
    lookup: act::lookup,
    answer: act::answer,
    found: act::found,
};

const HEADER: &str = "stripe-signature";

/// Stripe's own libraries accept times from the future without bound; we do not.
fn verify(delivery: &Delivery<'_>, secrets: &[Secret], now: Timestamp, window_secs: i64) -> Result<(), NotAuthentic> {
    let mut headers = delivery.headers.get_all(HEADER).iter();
    let header = headers.next().ok_or(NotAuthentic::Missing)?;
    if headers.next().is_some() {
        return Err(NotAuthentic::Doubled);
    }
    let header = header.to_str().map_err(|_| NotAuthentic::Unreadable)?;
    let mut signed_at = None;
    let mut signatures = Vec::new();
    for part in header.split(',') {
        match part.split_once('=') {
            Some(("t", _)) if signed_at.is_some() => return Err(NotAuthentic::Unreadable),
            Some(("t", time)) => signed_at = Some(time),
            Some(("v1", signature)) => signatures.push(signature),
            // `v0` is a decoy of test mode; later schemes are not ours to judge.
            Some(_) => {}
            None => return Err(NotAuthentic::Unreadable),
        }
    }
    let signed_at =
        signed_at.filter(|time| !time.is_empty() && time.bytes().all(|b| b.is_ascii_digit())).ok_or(NotAuthentic::Unreadable)?;
    let seconds: i64 = signed_at.parse().map_err(|_| NotAuthentic::Unreadable)?;
    if now.as_second().abs_diff(seconds) > window_secs.unsigned_abs() {
        return Err(NotAuthentic::OutsideWindow);
    }
    if !signature::any_matches(secrets, &[signed_at.as_bytes(), b".", delivery.body], &signatures) {
        return Err(NotAuthentic::NoMatch);
    }
    Ok(())
}

/// Signs a body as Stripe does: for the sandbox, the demo company and tests.
pub fn signature_header(secret: &Secret, body: &[u8], at: Timestamp) -> (&'static str, String) {
    let time = at.as_second().to_string();
    let signature = signature::sign(secret, &[time.as_bytes(), b".", body]);
    (HEADER, format!("t={time},v1={}", hex::encode(signature)))
}

fn envelope(body: &[u8]) -> Result<Envelope, Malformed> {
    let event: wire::Event<'_> = serde_json::from_slice(body).map_err(malformed("a Stripe event"))?;
    if event.object != "event" {
        return Err(Malformed { expected: "a Stripe event", cause: format!("its `object` is `{}`", event.object) });
    }
    Ok(Envelope { id: event.id.into(), kind: event.kind.to_string(), live: Some(event.livemode), relevant: read::is_relevant(&event.kind) })
}
