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

/// The headers of what we send ourselves: signed by each of the secrets that are good, the newest first.
pub fn headers(secrets: &[Secret], id: &str, body: &[u8], at: Timestamp) -> Headers {
    let time = at.as_second().to_string();
    let parts: [&[u8]; 5] = [id.as_bytes(), b".", time.as_bytes(), b".", body];
    let signatures = secrets.iter().filter_map(key).map(|key| format!("v1,{}", sign_base64(&key, &parts)));
    let signatures = signatures.collect::<Vec<_>>().join(" ");
    vec![(ID, id.to_owned()), (TIME, time), (SIGNATURE, signatures)]
}

/// A secret that is not base64 fits nothing.
fn key(secret: &Secret) -> Option<Vec<u8>> {
    STANDARD.decode(secret.expose().trim_start_matches("whsec_")).ok().filter(|key| !key.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderMap;

    /// The example of the scheme's own libraries.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID_SENT: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SIGNED: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn at() -> Timestamp {
        Timestamp::from_second(1_614_265_330).unwrap()
    }

    #[test]
    fn what_is_sent_is_signed_as_the_scheme_says_by_each_secret() {
        let (old, new) = (Secret::new(SECRET), Secret::new("whsec_c2VjcmV0"));
        let sent = headers(std::slice::from_ref(&old), ID_SENT, BODY, at());
        assert_eq!(sent, [(ID, ID_SENT.to_owned()), (TIME, "1614265330".to_owned()), (SIGNATURE, SIGNED.to_owned())]);

        let both = headers(&[new.clone(), old.clone()], ID_SENT, BODY, at());
        let signatures: Vec<&str> = both[2].1.split(' ').collect();
        assert_eq!((signatures.len(), signatures[1]), (2, SIGNED), "the newest first");
        let mut map = HeaderMap::new();
        for (name, value) in &both {
            map.insert(*name, value.parse().unwrap());
        }
        for (name, secret, body, fits) in [
            ("the old one", &old, BODY, true),
            ("the new one", &new, BODY, true),
            ("another", &Secret::new("whsec_b3RoZXI="), BODY, false),
            ("another body", &new, b"{}".as_slice(), false),
        ] {
            let delivery = Delivery { headers: &map, body };
            let verified = verify(&delivery, &Keys::signing([secret.clone()]), at(), 300);
            assert_eq!(verified.is_ok(), fits, "{name}");
        }
    }
}
