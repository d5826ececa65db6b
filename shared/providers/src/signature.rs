//! Header readers, and HMAC-SHA256 over raw bytes, compared in constant time.

use crate::{NotAuthentic, Secret};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use jiff::Timestamp;
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

/// The one value of a header; a second one is refused.
pub(crate) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str, NotAuthentic> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().ok_or(NotAuthentic::Missing)?;
    if values.next().is_some() {
        return Err(NotAuthentic::Doubled);
    }
    value.to_str().map_err(|_| NotAuthentic::Unreadable)
}

/// Signs the parts one after the other.
pub(crate) fn sign(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

pub(crate) fn sign_hex(secret: &Secret, parts: &[&[u8]]) -> String {
    hex::encode(sign(secret.expose().as_bytes(), parts))
}

pub(crate) fn sign_base64(key: &[u8], parts: &[&[u8]]) -> String {
    STANDARD.encode(sign(key, parts))
}

/// Whether any of the lower-case hexadecimal signatures fits any of the live secrets.
pub(crate) fn hex_fits(secrets: &[Secret], parts: &[&[u8]], signatures: &[&str]) -> Result<(), NotAuthentic> {
    fits(secrets.iter().map(|secret| sign_hex(secret, parts)), signatures)
}

/// Whether any of the given texts is one of those expected; all are compared, each in constant time.
pub(crate) fn fits(expected: impl Iterator<Item = String>, given: &[&str]) -> Result<(), NotAuthentic> {
    let mut fits = Choice::from(0);
    for expected in expected {
        for given in given {
            fits |= expected.as_bytes().ct_eq(given.as_bytes());
        }
    }
    if fits.into() { Ok(()) } else { Err(NotAuthentic::NoMatch) }
}

/// Checks `t=…,v1=…[,v1=…]`, the scheme of Stripe and of those who copied it.
pub(crate) fn timed(
    header: &str,
    secrets: &[Secret],
    body: &[u8],
    now: Timestamp,
    window_secs: i64,
) -> Result<(), NotAuthentic> {
    let mut signed_at = None;
    let mut signatures = Vec::new();
    for part in header.split(',') {
        match part.split_once('=') {
            Some(("t", _)) if signed_at.is_some() => return Err(NotAuthentic::Unreadable),
            Some(("t", time)) => signed_at = Some(time),
            Some(("v1", signature)) => signatures.push(signature),
            // `v0` is a decoy of Stripe's test mode; later schemes are not ours to judge.
            Some(_) => {}
            None => return Err(NotAuthentic::Unreadable),
        }
    }
    let signed_at = signed_at.ok_or(NotAuthentic::Unreadable)?;
    fresh(seconds(signed_at)?, now, window_secs)?;
    hex_fits(secrets, &[signed_at.as_bytes(), b".", body], &signatures)
}

/// Writes `t=…,v1=…`.
pub(crate) fn timed_header(secret: &Secret, body: &[u8], at: Timestamp) -> String {
    let time = at.as_second().to_string();
    format!("t={time},v1={}", sign_hex(secret, &[time.as_bytes(), b".", body]))
}

/// Seconds since 1970, in digits and nothing else.
pub(crate) fn seconds(text: &str) -> Result<i64, NotAuthentic> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(NotAuthentic::Unreadable);
    }
    text.parse().map_err(|_| NotAuthentic::Unreadable)
}

/// A signed time may lie a little before or after ours.
pub(crate) fn fresh(signed_at_secs: i64, now: Timestamp, window_secs: i64) -> Result<(), NotAuthentic> {
    if now.as_second().abs_diff(signed_at_secs) > window_secs.unsigned_abs() {
        Err(NotAuthentic::OutsideWindow)
    } else {
        Ok(())
    }
}

/// The first live secret: the one that a replay signs with.
pub(crate) fn first(secrets: &[Secret]) -> Secret {
    secrets.first().cloned().unwrap_or_else(|| Secret::new(""))
}
