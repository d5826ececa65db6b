//! The Standard Webhooks scheme: `id.timestamp.body`, the key in base64 behind `whsec_`, signatures as `v1,<base64>`.
//!
//! <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>

use crate::signature::{first, fits, fresh, header, seconds, sign_base64};
use crate::{Delivery, Headers, Keys, NotAuthentic, Secret};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

const ID: &str = "webhook-id";
const TIME: &str = "webhook-timestamp";
const SIGNATURE: &str = "webhook-signature";

pub(crate) fn verify(
    delivery: &Delivery<'_>,
    keys: &Keys,
    now: Timestamp,
    window_secs: i64,
) -> Result<(), NotAuthentic> {
    let id = header(delivery.headers, ID)?;
    let time = header(delivery.headers, TIME)?;
    let given = header(delivery.headers, SIGNATURE)?;
    // Other schemes, such as public-key ones, may stand beside ours.
    let given: Vec<_> = given.split(' ').filter_map(|one| one.strip_prefix("v1,")).collect();
    if id.is_empty() || given.is_empty() {
        return Err(NotAuthentic::Unreadable);
    }
    fresh(seconds(time)?, now, window_secs)?;
    let parts: [&[u8]; 5] = [id.as_bytes(), b".", time.as_bytes(), b".", delivery.body];
    fits(keys.signing.iter().filter_map(key).map(|key| sign_base64(&key, &parts)), &given)
}

pub(crate) fn sign(keys: &Keys, body: &[u8], at: Timestamp) -> Headers {
    let id = format!("msg_{}", domain::id::digest(&[&String::from_utf8_lossy(body)], 20));
    let time = at.as_second().to_string();
    let key = key(&first(&keys.signing)).unwrap_or_default();
    let signature = sign_base64(&key, &[id.as_bytes(), b".", time.as_bytes(), b".", body]);
    vec![(ID, id), (TIME, time), (SIGNATURE, format!("v1,{signature}"))]
}

/// A secret that is not base64 fits nothing.
fn key(secret: &Secret) -> Option<Vec<u8>> {
    STANDARD.decode(secret.expose().trim_start_matches("whsec_")).ok().filter(|key| !key.is_empty())
}
