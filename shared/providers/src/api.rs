//! What a provider's API is asked, and the request as it leaves.

use crate::{Acting, Headers, Listing, Malformed, Reading};
use domain::action::Manners;
use domain::book::Unlinked;
use domain::id::sha256;
use http::{Method, Uri};
use jiff::Timestamp;

/// What a billing provider's API is asked.
pub struct Api {
    /// Where it answers; `{source}` stands for the name of the source.
    pub base: &'static str,
    /// The headers with which it is asked.
    pub headers: fn(key: &str) -> Headers,
    /// How it is told that a request is sent again, and not another one.
    pub repeats: Repeats,
    /// The hosts of its pages for customers; one that begins with a dot stands for every host below it.
    pub pages: &'static [&'static str],
    /// What does an object say that was asked for because of an event of that time?
    pub observe: Observe,
    /// How it is asked which payment pays which invoice, where neither may name the other; `observe` reads the answer.
    pub linked: Option<fn(&Unlinked) -> Call>,
    /// What it lists, in the order in which a backfill asks: parents first.
    pub listings: &'static [Listing],
    pub acting: Acting,
    /// What an action comes to there, where providers differ.
    pub manners: Manners,
}

/// Reads an answer to a call of a source.
pub type Observe = fn(&Call, &Reply, source: &str, at: Timestamp) -> Result<Reading, Malformed>;

/// How a provider is told that a request is sent again.
pub enum Repeats {
    /// By a key in this header, written as it wants it.
    Header(&'static str, fn(key: &str) -> String),
    /// It cannot be told: what moves money is looked at before it is sent.
    Untold,
}

/// A request to a provider's API. The key to it is added where it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    pub method: Method,
    /// What stands behind a `#` is a note of ours, and is not sent.
    pub path: String,
    pub body: String,
    pub idempotency_key: Option<String>,
    /// Whether its answer is worth waiting for; without it, nothing depends on the answer at once.
    pub patient: bool,
}

/// A provider's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    pub body: String,
}

/// A request as it leaves: all of it, but for what HTTP itself adds. It holds the key, so that it has no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    pub method: Method,
    pub url: String,
    pub headers: Headers,
    pub body: String,
}

impl Api {
    /// What is sent for a call.
    pub fn request(&self, key: &str, source: &str, call: &Call) -> Request {
        let mut headers = (self.headers)(key);
        if let (Repeats::Header(name, form), Some(key)) = (&self.repeats, &call.idempotency_key) {
            headers.push((name, form(key)));
        }
        let path = call.path.split('#').next().unwrap_or_default();
        let url = format!("{}{path}", self.base.replace("{source}", source));
        Request { method: call.method.clone(), url, headers, body: call.body.clone() }
    }

    /// Whether an address is that of one of its pages for customers: secured, with nothing but such a host before its
    /// path.
    pub fn leads_to(&self, address: &str) -> bool {
        let Ok(uri) = address.parse::<Uri>() else { return false };
        let Some(authority) = uri.authority().filter(|_| uri.scheme_str() == Some("https")) else { return false };
        let host = authority.host().to_ascii_lowercase();
        let is_page = |page: &&str| if page.starts_with('.') { host.ends_with(*page) } else { host == **page };
        let is_plain = address.is_ascii() && authority.as_str().len() == host.len();
        is_plain && self.pages.iter().any(is_page)
    }
}

impl Call {
    /// Asks for something and changes nothing.
    pub fn get(path: impl Into<String>) -> Self {
        Self { method: Method::GET, path: path.into(), body: String::new(), idempotency_key: None, patient: false }
    }

    /// Asks for a list, which takes its time.
    pub fn list(path: impl Into<String>) -> Self {
        Self { patient: true, ..Self::get(path) }
    }
}

/// Most want the key as a bearer, and forms.
pub(crate) fn bearer(key: &str) -> Headers {
    vec![("authorization", format!("Bearer {key}")), ("content-type", "application/x-www-form-urlencoded".to_owned())]
}

/// The key as it is.
pub(crate) fn as_it_is(key: &str) -> String {
    key.to_owned()
}

/// A key in the form of a random UUID, the same for the same key.
pub(crate) fn uuid(key: &str) -> String {
    let hex = sha256(key.as_bytes());
    // The version is 4, and the variant's two bits are 10: what is left of the digest stays as random as it was.
    let variant = match hex.as_bytes().get(16) {
        Some(b'0'..=b'3') => '8',
        Some(b'4'..=b'7') => '9',
        Some(b'8' | b'9' | b'a' | b'b') => 'a',
        _ => 'b',
    };
    format!("{}-{}-4{}-{variant}{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key `act_1-1` as a UUID, made elsewhere.
    const UUID: &str = "66819750-e3e3-47e1-9aee-e2eee5bcf8a1";

    #[test]
    fn a_customer_is_sent_to_the_providers_own_hosts_and_nowhere_else() {
        let table = [
            ("stripe", "https://invoice.stripe.com/i/acct_1/test_1?s=ap", true),
            ("stripe", "https://INVOICE.stripe.com/i/1", true),
            ("stripe", "https://billing.stripe.com/p/session/test_1", true),
            ("stripe", "http://invoice.stripe.com/i/1", false),
            ("stripe", "https://invoice.stripe.com:8443/i/1", false),
            ("stripe", "https://invoice.stripe.com@elsewhere.example/i/1", false),
            ("stripe", "https://elsewhere.example@invoice.stripe.com/i/1", false),
            ("stripe", "https://elsewhere.example/https://invoice.stripe.com/", false),
            ("stripe", "https://elsewhere.example\\invoice.stripe.com/", false),
            ("stripe", "https://invoice.stripe.com.elsewhere.example/", false),
            ("stripe", "https://other.stripe.com/", false),
            ("stripe", "https://invoice.stripe.com/i/\u{e9}", false),
            ("stripe", "https://invoice.stripe.com/i/1\r\nset-cookie: a=b", false),
            ("stripe", "//invoice.stripe.com/i/1", false),
            ("stripe", "javascript:alert(1)", false),
            ("stripe", "", false),
            ("chargebee", "https://acme.chargebee.com/pages/v3/hp_1/", true),
            ("chargebee", "https://chargebee.com/", false),
            ("chargebee", "https://evilchargebee.com/", false),
            ("lemonsqueezy", "https://my-store.lemonsqueezy.com/subscription/1/payment-details?expires=1", true),
            ("mollie", "https://payment-links.mollie.com/payment/1", true),
            ("revenuecat", "https://play.google.com/store/account/subscriptions", true),
            ("revenuecat", "https://invoice.stripe.com/i/1", false),
        ];
        for (name, address, leads) in table {
            let api = crate::named(name).and_then(|provider| provider.api).expect("a billing provider");
            assert_eq!(api.leads_to(address), leads, "{name}: {address}");
        }
    }

    /// What leaves of a repeated request, for each provider, against what each documents.
    #[test]
    fn each_provider_is_told_of_a_repeat_in_its_own_words() {
        let table = [
            ("chargebee", "https://acme.chargebee.com/x", Some(("chargebee-idempotency-key", "act_1-1"))),
            ("lemonsqueezy", "https://api.lemonsqueezy.com/x", None),
            ("mollie", "https://api.mollie.com/x", Some(("idempotency-key", UUID))),
            ("revenuecat", "https://api.revenuecat.com/v2/projects/acme/x", None),
            ("stripe", "https://api.stripe.com/x", Some(("idempotency-key", "act_1-1"))),
        ];
        let call = Call { method: Method::POST, idempotency_key: Some("act_1-1".to_owned()), ..Call::get("/x#note") };
        for (name, url, expected) in table {
            let api = crate::named(name).and_then(|provider| provider.api).expect("a billing provider");
            let request = api.request("key", "acme", &call);
            assert_eq!(request.url, url);
            let told: Vec<_> =
                request.headers.iter().filter(|(header, _)| header.contains("idempotency")).cloned().collect();
            match expected {
                Some((header, key)) => assert_eq!(told, [(header, key.to_owned())], "{name}"),
                None => assert_eq!(told, [], "{name}"),
            }
        }
    }

    #[test]
    fn a_question_tells_of_no_repeat() {
        for provider in crate::ALL {
            let Some(api) = provider.api else { continue };
            let request = api.request("key", "acme", &Call::get("/x"));
            assert!(request.headers.iter().all(|(name, _)| !name.contains("idempotency")), "{}", provider.name);
        }
    }

    #[test]
    fn a_key_becomes_a_uuid_of_version_four() {
        let (one, two) = (uuid("act_1-1"), uuid("act_1-2"));
        assert_eq!(one, uuid("act_1-1"), "the same each time");
        assert_ne!(one, two);
        for uuid in [one, two] {
            let parts: Vec<_> = uuid.split('-').map(str::len).collect();
            assert_eq!(parts, [8, 4, 4, 4, 12], "{uuid}");
            assert_eq!(uuid.as_bytes()[14], b'4', "{uuid}");
            assert!(matches!(uuid.as_bytes()[19], b'8' | b'9' | b'a' | b'b'), "{uuid}");
        }
    }
}
