//! What signatures of seals are verified by: Ed25519 from one machine, ECDSA on P-256 from KMS.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ECDSA_P256_SHA256_ASN1, ED25519, UnparsedPublicKey, VerificationAlgorithm};

/// How a key of either kind begins as `SubjectPublicKeyInfo`, which is what `openssl` and KMS write.
const ED25519_INFO: &[u8] = &[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
const P256_INFO: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    Ed25519(Vec<u8>),
    P256(Vec<u8>),
}

impl PublicKey {
    /// Reads a key in base64, between the lines of PEM or without them.
    pub fn parse(text: &str) -> Option<Self> {
        let base64: String = text.lines().map(str::trim).filter(|line| !line.starts_with("-----")).collect();
        let info = STANDARD.decode(base64).ok()?;
        let of = |begin: &[u8], bytes: usize| info.strip_prefix(begin).filter(|key| key.len() == bytes);
        let ed25519 = of(ED25519_INFO, 32).map(|key| Self::Ed25519(key.to_vec()));
        ed25519.or_else(|| of(P256_INFO, 65).map(|key| Self::P256(key.to_vec())))
    }

    /// The key in base64, as `parse` reads it.
    pub fn encode(&self) -> String {
        match self {
            Self::Ed25519(key) => STANDARD.encode([ED25519_INFO, key.as_slice()].concat()),
            Self::P256(key) => STANDARD.encode([P256_INFO, key.as_slice()].concat()),
        }
    }

    /// Whether a signature in base64 is one of a text, by the key that belongs to this one.
    pub fn is_good(&self, text: &str, signature: &str) -> bool {
        let (algorithm, key): (&'static dyn VerificationAlgorithm, &[u8]) = match self {
            Self::Ed25519(key) => (&ED25519, key.as_slice()),
            Self::P256(key) => (&ECDSA_P256_SHA256_ASN1, key.as_slice()),
        };
        let verify = |signature: Vec<u8>| UnparsedPublicKey::new(algorithm, key).verify(text.as_bytes(), &signature);
        STANDARD.decode(signature).is_ok_and(|signature| verify(signature).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::rand::SystemRandom;
    use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};

    #[test]
    fn both_kinds_of_keys_are_read_and_verify_what_theirs_signed_and_nothing_else() {
        let random = SystemRandom::new();
        let made = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
        let ed25519 = Ed25519KeyPair::from_pkcs8(made.as_ref()).unwrap();
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        let p256 = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, made.as_ref(), &random).unwrap();
        let rows = [
            (
                PublicKey::Ed25519(ed25519.public_key().as_ref().to_vec()),
                STANDARD.encode(ed25519.sign(b"text").as_ref()),
            ),
            (
                PublicKey::P256(p256.public_key().as_ref().to_vec()),
                STANDARD.encode(p256.sign(&random, b"text").unwrap().as_ref()),
            ),
        ];
        for (place, (key, signature)) in rows.iter().enumerate() {
            let other = &rows[1 - place];
            assert_eq!(PublicKey::parse(&key.encode()).as_ref(), Some(key));
            let encoded = key.encode();
            let (begin, end) = encoded.split_at(40);
            let pem = format!("-----BEGIN PUBLIC KEY-----\n{begin}\n{end}\n-----END PUBLIC KEY-----\n");
            assert_eq!(PublicKey::parse(&pem).as_ref(), Some(key));
            assert!(key.is_good("text", signature));
            assert!(!key.is_good("another text", signature));
            assert!(!key.is_good("text", &other.1));
            assert!(!key.is_good("text", ""));
            assert!(!other.0.is_good("text", signature));
        }
    }

    #[test]
    fn what_is_no_key_is_none() {
        let (short, long) = (STANDARD.encode(ED25519_INFO), STANDARD.encode([P256_INFO; 4].concat()));
        for text in ["", "no base64", "AAAA", short.as_str(), long.as_str()] {
            assert_eq!(PublicKey::parse(text), None, "{text}");
        }
    }
}
