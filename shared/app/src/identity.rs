//! Tokens of the company's identity provider: who signed them, for whom, until when. Which role somebody has they never say.

use jiff::Timestamp;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;

/// How far the provider's clock may be from ours.
const LEEWAY_SECS: i64 = 60;

/// What is known of the identity provider. While its keys are changed, the old and the new one stand side by side.
#[derive(Debug, Clone, Deserialize)]
pub struct Identity {
    pub issuer: String,
    pub audience: String,
    /// Which claim names the member of staff.
    #[serde(default)]
    pub by: By,
    pub keys: JwkSet,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The subject is the staff id.
    #[default]
    Subject,
    /// The address, if the provider has verified it.
    Email,
}

/// Whom a token names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    Id(String),
    Email(String),
}

#[derive(Deserialize)]
struct Claims {
    sub: Option<String>,
    email: Option<String>,
    #[serde(default)]
    email_verified: bool,
    exp: i64,
    #[serde(default)]
    nbf: Option<i64>,
}

/// Only these; whatever else a header asks for is refused.
const ALGORITHMS: [Algorithm; 2] = [Algorithm::RS256, Algorithm::ES256];

/// Reads whom a token names, if it is the provider's, for us, and good now.
pub fn verify(identity: &Identity, token: &str, machine_now: Timestamp) -> Option<Named> {
    let header = decode_header(token).ok()?;
    if !ALGORITHMS.contains(&header.alg) {
        return None;
    }
    let key = identity.keys.find(header.kid.as_deref()?)?;
    // A key says itself what it is for: a token cannot choose another way to use it.
    let own = key.common.key_algorithm.is_none_or(|own| own.to_string().parse::<Algorithm>().ok() == Some(header.alg));
    if !own {
        return None;
    }
    let mut validation = Validation::new(header.alg);
    validation.set_issuer(&[&identity.issuer]);
    validation.set_audience(&[&identity.audience]);
    validation.set_required_spec_claims(&["exp", "iss", "aud"]);
    // Time is ours to judge: the library would ask the machine.
    validation.validate_exp = false;
    let claims = decode::<Claims>(token, &DecodingKey::from_jwk(key).ok()?, &validation).ok()?.claims;
    let now = machine_now.as_second();
    if now >= claims.exp.saturating_add(LEEWAY_SECS)
        || claims.nbf.is_some_and(|from| now.saturating_add(LEEWAY_SECS) < from)
    {
        return None;
    }
    match identity.by {
        By::Subject => claims.sub.map(Named::Id),
        By::Email => claims.email.filter(|_| claims.email_verified).map(Named::Email),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use jsonwebtoken::{EncodingKey, Header, encode};
    use ring::rand::SystemRandom;
    use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
    use serde_json::{Value, json};

    const NOW: i64 = 1_772_359_200;

    /// A key pair, its public half as the provider publishes it.
    fn pair(kid: &str) -> (EncodingKey, Value) {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random).unwrap();
        let point = &pair.public_key().as_ref()[1..];
        let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let jwk = json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": kid, "x": part(&point[..32]), "y": part(&point[32..])});
        (EncodingKey::from_ec_der(document.as_ref()), jwk)
    }

    fn identity(by: &str, keys: &[&Value]) -> Identity {
        let json = json!({"issuer": "https://id.example", "audience": "recoup", "by": by, "keys": {"keys": keys}});
        serde_json::from_value(json).unwrap()
    }

    fn token(key: &EncodingKey, kid: &str, claims: &Value) -> String {
        encode(&Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::ES256) }, claims, key).unwrap()
    }

    fn claims(change: &dyn Fn(&mut Value)) -> Value {
        let mut claims =
            json!({"iss": "https://id.example", "aud": "recoup", "sub": "mara", "exp": NOW + 600, "iat": NOW});
        change(&mut claims);
        claims
    }

    #[test]
    fn a_token_is_good_for_us_from_them_and_for_its_time() {
        let (key, jwk) = pair("k1");
        let (other, _) = pair("k1");
        let identity = identity("subject", &[&jwk]);
        let at = Timestamp::from_second(NOW).unwrap();
        type Change = &'static dyn Fn(&mut Value);
        let rows: [(&str, Change, bool); 9] = [
            ("good", &|_| {}, true),
            ("for several, us among them", &|c| c["aud"] = json!(["other", "recoup"]), true),
            ("for somebody else", &|c| c["aud"] = json!("other"), false),
            ("from somebody else", &|c| c["iss"] = json!("https://evil.example"), false),
            ("from nobody", &|c| drop(c.as_object_mut().unwrap().remove("iss")), false),
            ("just over", &|c| c["exp"] = json!(NOW - 59), true),
            ("over", &|c| c["exp"] = json!(NOW - 60), false),
            ("not yet", &|c| c["nbf"] = json!(NOW + 61), false),
            ("without an end", &|c| drop(c.as_object_mut().unwrap().remove("exp")), false),
        ];
        for (name, change, good) in rows {
            let found = verify(&identity, &token(&key, "k1", &claims(change)), at);
            assert_eq!(found, good.then(|| Named::Id("mara".into())), "{name}");
        }
        assert_eq!(verify(&identity, &token(&other, "k1", &claims(&|_| {})), at), None, "signed by another key");
        assert_eq!(verify(&identity, &token(&key, "k2", &claims(&|_| {})), at), None, "by a key that nobody knows");
        // Signed with the public key as if it were a shared secret, or with nothing at all.
        let public = EncodingKey::from_secret(jwk["x"].as_str().unwrap().as_bytes());
        let forged =
            encode(&Header { kid: Some("k1".into()), ..Header::new(Algorithm::HS256) }, &claims(&|_| {}), &public)
                .unwrap();
        assert_eq!(verify(&identity, &forged, at), None);
        let unsigned = |alg: &str| {
            let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
            format!("{}.{}.", part(&json!({"alg": alg, "kid": "k1"})), part(&claims(&|_| {})))
        };
        assert_eq!((verify(&identity, &unsigned("none"), at), verify(&identity, &unsigned("ES256"), at)), (None, None));
        assert_eq!(verify(&identity, "", at), None);
    }

    #[test]
    fn while_keys_are_changed_both_are_good_and_then_the_old_one_is_not() {
        let ((old, old_jwk), (new, new_jwk)) = (pair("old"), pair("new"));
        let at = Timestamp::from_second(NOW).unwrap();
        let both = identity("subject", &[&old_jwk, &new_jwk]);
        let after = identity("subject", &[&new_jwk]);
        for (kid, key, then) in [("old", &old, false), ("new", &new, true)] {
            let token = token(key, kid, &claims(&|_| {}));
            assert!(verify(&both, &token, at).is_some(), "{kid}");
            assert_eq!(verify(&after, &token, at).is_some(), then, "{kid}");
        }
    }

    #[test]
    fn an_address_names_somebody_only_if_it_was_verified() {
        let (key, jwk) = pair("k1");
        let identity = identity("email", &[&jwk]);
        let at = Timestamp::from_second(NOW).unwrap();
        for (verified, expected) in
            [(json!(true), Some(Named::Email("mara@shop.example".into()))), (json!(false), None)]
        {
            let claims = claims(&|c| {
                c["email"] = json!("mara@shop.example");
                c["email_verified"] = verified.clone();
            });
            assert_eq!(verify(&identity, &token(&key, "k1", &claims), at), expected);
        }
    }
}
