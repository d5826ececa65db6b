//! HMAC-SHA256 over raw bytes, compared in constant time.

use crate::Secret;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// Signs the parts one after the other.
pub(crate) fn sign(secret: &Secret, parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Whether any of the lower-case hexadecimal signatures fits any of the live secrets.
pub(crate) fn any_matches(secrets: &[Secret], parts: &[&[u8]], signatures: &[&str]) -> bool {
    let mut matches = subtle::Choice::from(0);
    for secret in secrets {
        let expected = hex::encode(sign(secret, parts));
        for signature in signatures {
            matches |= expected.as_bytes().ct_eq(signature.as_bytes());
        }
    }
    matches.into()
}
