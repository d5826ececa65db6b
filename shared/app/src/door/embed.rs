//! What opens one account's page within a frame: for five minutes, to look at, and nothing else.
//!
//! It is signed as tokens of the staff are, over other words, so that neither is taken for the other.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::id::AccountId;
use jiff::{SignedDuration, Timestamp};
use providers::Secret;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

const MINUTES: i64 = 5;

/// What stands before all that is signed here.
const PURPOSE: &str = "recoup-embed";

/// Who may look at which account, and until when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pass {
    pub account: AccountId,
    pub staff: String,
    /// In seconds, so that what is signed has one way to be written.
    exp: i64,
}

impl Pass {
    pub fn new(account: AccountId, staff: &str, machine_now: Timestamp) -> Self {
        let until = machine_now + SignedDuration::from_mins(MINUTES);
        Self { account, staff: staff.to_owned(), exp: until.as_second() }
    }

    pub fn until(&self) -> Timestamp {
        Timestamp::from_second(self.exp).unwrap_or(Timestamp::MIN)
    }

    /// As it stands in an address.
    pub fn sealed(&self, secret: &Secret) -> String {
        let claims = URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).expect("claims are plain data"));
        let signature = URL_SAFE_NO_PAD.encode(secret.signs(&format!("{PURPOSE}\n{claims}")));
        format!("{claims}.{signature}")
    }

    /// What we sealed for this account, while it is good.
    pub fn open(secret: &Secret, token: &str, account: &AccountId, machine_now: Timestamp) -> Option<Self> {
        let (claims, signature) = token.split_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        let is_ours = bool::from(secret.signs(&format!("{PURPOSE}\n{claims}")).as_slice().ct_eq(&signature));
        let pass: Self = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
        (is_ours && pass.account == *account && machine_now.as_second() < pass.exp).then_some(pass)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::door::token;

    #[test]
    fn a_pass_opens_its_account_for_five_minutes_and_is_no_token() {
        let (secret, other) = (Secret::new("s"), Secret::new("other"));
        let (own, another) = (AccountId::of("stripe", "default", "cus_1"), AccountId::of("stripe", "default", "cus_2"));
        let at = |text: &str| -> Timestamp { text.parse().unwrap() };
        let begun = at("2026-01-01T00:00:00Z");
        let pass = Pass::new(own.clone(), "lena", begun);
        let sealed = pass.sealed(&secret);
        assert_eq!(pass.until(), at("2026-01-01T00:05:00Z"));
        assert_eq!(Pass::open(&secret, &sealed, &own, begun), Some(pass.clone()));
        assert_eq!(Pass::open(&secret, &sealed, &own, at("2026-01-01T00:04:59Z")), Some(pass));
        assert_eq!(Pass::open(&secret, &sealed, &own, at("2026-01-01T00:05:00Z")), None);
        assert_eq!(Pass::open(&secret, &sealed, &another, begun), None, "of another account");
        assert_eq!(Pass::open(&other, &sealed, &own, begun), None, "of another key");
        for place in 0..sealed.len() {
            let mut bytes = sealed.clone().into_bytes();
            bytes[place] ^= 1;
            let changed = String::from_utf8(bytes).unwrap();
            assert_eq!(Pass::open(&secret, &changed, &own, begun), None, "byte {place}");
        }
        assert_eq!(token::verify(&secret, &sealed, begun), None, "nobody is signed in with it");
        assert_eq!(Pass::open(&secret, &token::issue(&secret, "lena", begun, 1), &own, begun), None);
        assert_eq!(Pass::open(&secret, "", &own, begun), None);
    }
}
