//! A customer who wants to give another card, which is no action: they give it on the provider's own page.

use domain::money::Currency;
use jiff::Timestamp;

/// Whoever wants to give another card, and what is needed to ask for the page on which they do.
pub struct Holder<'a> {
    /// The provider's id of the customer.
    pub customer: &'a str,
    /// The provider's id of what the card pays for, where it is one thing.
    pub subscription: Option<&'a str>,
    /// In what they pay, where it is known.
    pub currency: Option<Currency>,
    /// The idempotency key of this wish.
    pub key: &'a str,
    /// Where the source's webhooks arrive, if that is an address which a provider can reach.
    pub webhook: Option<&'a str>,
    pub now: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Act, Acting, Answer, Effect, Reply};
    use serde_json::{Value, json};

    fn asked(provider: &str, customer: &str, subscription: Option<&str>, replies: &[Reply]) -> Act {
        let api = crate::named(provider).and_then(|provider| provider.api).unwrap();
        let Acting::Through(effects) = &api.acting else { panic!("{provider} acts") };
        let now = "2026-03-10T12:00:00Z".parse().unwrap();
        let holder = Holder { customer, subscription, currency: None, key: "card_1", webhook: None, now };
        (effects.card)(&holder, replies)
    }

    #[test]
    fn each_page_is_asked_for_with_the_key_of_the_wish() {
        // What the portal shows after it is no more of the account.
        let stripe = "payment_method_update&flow_data%5Bafter_completion%5D%5Btype%5D=hosted_confirmation";
        let table = [
            (
                "chargebee",
                "cst_1",
                None,
                "POST",
                "/api/v2/hosted_pages/manage_payment_sources",
                "customer%5Bid%5D=cst_1",
            ),
            ("lemonsqueezy", "1", Some("7"), "GET", "/v1/subscriptions/7", ""),
            ("lemonsqueezy", "1", None, "GET", "/v1/customers/1", ""),
            ("mollie", "cst_1", None, "POST", "/v2/payment-links", r#""value":"0.01""#),
            ("revenuecat", "cst_1", Some("1000"), "GET", "/customers/cst_1/subscriptions?limit=100", ""),
            ("stripe", "cst_1", None, "POST", "/v1/billing_portal/sessions", stripe),
        ];
        for (provider, customer, subscription, method, path, body) in table {
            let Act::Send(call) = asked(provider, customer, subscription, &[]) else { panic!("{provider} asks") };
            assert_eq!((call.method.as_str(), call.path.as_str()), (method, path), "{provider}");
            assert!(call.body.contains(body) && (body.is_empty() == call.body.is_empty()), "{provider}: {}", call.body);
            let key = (method == "POST").then(|| "card_1".to_owned());
            assert_eq!(call.idempotency_key, key, "{provider}");
        }
    }

    #[test]
    fn an_answer_is_the_page_or_why_there_is_none() {
        let reply = |status, body: Value| vec![Reply { status, body: body.to_string() }];
        let page = json!({"id": "bps_1", "object": "billing_portal.session", "url": "https://billing.stripe.com/p/1"});
        let Act::Ended(Answer::Done(Effect { link, .. })) = asked("stripe", "cus_1", None, &reply(200, page)) else {
            panic!("there is a page")
        };
        assert_eq!(link.as_deref(), Some("https://billing.stripe.com/p/1"));
        for provider in ["chargebee", "lemonsqueezy", "mollie", "revenuecat", "stripe"] {
            let act = asked(provider, "cst_1", Some("1000"), &reply(503, json!({})));
            assert!(matches!(act, Act::Ended(Answer::Unknown | Answer::NotNow)), "{provider}: {act:?}");
        }
        // Of whoever is no customer there no card is kept.
        for (provider, customer) in [("stripe", "guest:ch_1"), ("mollie", "guest")] {
            let act = asked(provider, customer, None, &[]);
            assert!(matches!(act, Act::Ended(Answer::Unsupported { .. })), "{provider}: {act:?}");
        }
    }
}
