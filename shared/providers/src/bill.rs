//! What a customer wants to pay, which is no action: nothing moves until they confirm it on the provider's own page.

use crate::{Act, Acting, Api};
use domain::book::Invoice;
use domain::debt::Document;
use jiff::Timestamp;

/// A bill, and what is needed to ask for the page on which it is paid.
pub struct Bill<'a> {
    /// As the book has it.
    pub invoice: &'a Invoice,
    /// The provider's id of the customer.
    pub customer: &'a str,
    /// The idempotency key of this wish.
    pub key: &'a str,
    /// Where the source's webhooks arrive, if that is an address which a provider can reach.
    pub webhook: Option<&'a str>,
    pub now: Timestamp,
}

impl Bill<'_> {
    /// Whether the provider may have a page for it, as far as can be said before it is asked.
    pub fn has_page(&self, api: &Api) -> bool {
        match &api.acting {
            Acting::Through(effects) => matches!((effects.page)(self, &[]), Act::Send(_)),
            Acting::ByHand(_) => false,
        }
    }

    /// The same for a document of it.
    pub fn has_document(&self, api: &Api, document: Document) -> bool {
        match &api.acting {
            Acting::Through(effects) => matches!((effects.document)(self, document, &[]), Act::Send(_)),
            Acting::ByHand(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Answer, Effect, Reply};
    use serde_json::{Value, json};

    const AT: &str = "2026-03-10T12:00:00Z";

    /// A bill whose page was known, and may be dead since.
    fn invoice(id: &str) -> Invoice {
        let seen = |value: Value| json!([[AT, 0, "event_1"], value]);
        let amount = seen(json!({"amount": "25.00", "currency": "EUR"}));
        let link = seen(json!("https://known.example/"));
        serde_json::from_value(
            json!({"id": id, "remaining": amount, "subscription": seen(json!("7")), "pay_link": link}),
        )
        .unwrap()
    }

    fn asked(provider: &str, id: &str, replies: &[Reply]) -> Act {
        let api = crate::named(provider).and_then(|provider| provider.api).unwrap();
        let Acting::Through(effects) = &api.acting else { panic!("{provider} acts") };
        let (invoice, now) = (invoice(id), AT.parse().unwrap());
        let bill = Bill { invoice: &invoice, customer: "cst_1", key: "pay_1", webhook: None, now };
        (effects.page)(&bill, replies)
    }

    #[test]
    fn each_page_is_asked_for_anew_whatever_is_known() {
        let table = [
            ("chargebee", "6", "POST", "/api/v2/hosted_pages/collect_now", "customer%5Bid%5D=cst_1"),
            ("lemonsqueezy", "1", "GET", "/v1/subscriptions/7", ""),
            ("mollie", "tr_1", "POST", "/v2/payment-links", r#""value":"25.00""#),
            ("mollie", "invoice_1", "GET", "/v2/sales-invoices/invoice_1", ""),
            ("revenuecat", "1000:2026-02-25", "GET", "/customers/cst_1/subscriptions?limit=100", ""),
            ("stripe", "in_1", "GET", "/v1/invoices/in_1", ""),
        ];
        for (provider, id, method, path, body) in table {
            let Act::Send(call) = asked(provider, id, &[]) else { panic!("{provider} asks for nothing") };
            assert_eq!((call.method.as_str(), call.path.as_str()), (method, path), "{provider}");
            assert!(call.body.contains(body) && (body.is_empty() == call.body.is_empty()), "{provider}: {}", call.body);
            // What makes something says when it is the same wish.
            let key = (method == "POST").then(|| "pay_1".to_owned());
            assert_eq!(call.idempotency_key, key, "{provider}");
        }
    }

    #[test]
    fn what_no_page_can_be_asked_for_is_known_before() {
        let (known, bare, now) = (invoice("1"), Invoice::new("1"), AT.parse().unwrap());
        for (provider, customer, invoice, expected) in [
            ("chargebee", "cst_1", &bare, true),
            ("lemonsqueezy", "cst_1", &known, true),
            ("lemonsqueezy", "cst_1", &bare, false),
            ("mollie", "cst_1", &self::invoice("tr_1"), true),
            ("mollie", "guest", &self::invoice("tr_1"), false),
            ("mollie", "cst_1", &Invoice::new("tr_1"), false),
            ("stripe", "cst_1", &bare, true),
        ] {
            let api = crate::named(provider).and_then(|provider| provider.api).unwrap();
            let bill = Bill { invoice, customer, key: "", webhook: None, now };
            assert_eq!(bill.has_page(api), expected, "{provider}: {customer} pays {}", invoice.id);
        }
    }

    #[test]
    fn each_document_is_asked_for_as_it_is_wanted() {
        use Document::{ForTaxes, Invoice as Whole};
        let now = AT.parse().unwrap();
        for (provider, id, document, expected) in [
            ("chargebee", "6", Whole, Some("POST /api/v2/invoices/6/pdf")),
            ("chargebee", "6", ForTaxes, Some("POST /api/v2/invoices/6/pdf")),
            ("lemonsqueezy", "1", ForTaxes, Some("GET /v1/subscription-invoices/1")),
            ("mollie", "invoice_1", Whole, Some("GET /v2/sales-invoices/invoice_1")),
            ("mollie", "tr_1", Whole, None),
            ("revenuecat", "1000:2026-02-25", ForTaxes, None),
            ("stripe", "in_1", Whole, Some("GET /v1/invoices/in_1")),
            ("stripe", "in_1", ForTaxes, Some("GET /v1/invoices/in_1")),
        ] {
            let api = crate::named(provider).and_then(|provider| provider.api).unwrap();
            let Acting::Through(effects) = &api.acting else { panic!("{provider} acts") };
            let bare = Invoice::new(id);
            let bill = Bill { invoice: &bare, customer: "cst_1", key: "document_1", webhook: None, now };
            let asked = match (effects.document)(&bill, document, &[]) {
                Act::Send(call) => Some(format!("{} {}", call.method, call.path)),
                Act::Ended(_) => None,
            };
            assert_eq!(asked.as_deref(), expected, "{provider} {document:?}");
            assert_eq!(bill.has_document(api, document), expected.is_some(), "{provider} {document:?}");
        }
        let shown = json!({"id": "in_1", "status": "paid", "hosted_invoice_url": "https://invoice.stripe.com/i/1",
            "invoice_pdf": "https://pay.stripe.com/invoice/1/pdf"});
        let replies = [Reply { status: 200, body: shown.to_string() }];
        let Some(Acting::Through(effects)) = crate::stripe::PROVIDER.api.map(|api| &api.acting) else {
            panic!("Stripe acts")
        };
        let bare = Invoice::new("in_1");
        let bill = Bill { invoice: &bare, customer: "cus_1", key: "document_1", webhook: None, now };
        for (document, expected) in
            [(Whole, "https://invoice.stripe.com/i/1"), (ForTaxes, "https://pay.stripe.com/invoice/1/pdf")]
        {
            let Act::Ended(Answer::Done(effect)) = (effects.document)(&bill, document, &replies) else {
                panic!("it is shown")
            };
            assert_eq!(effect.link.as_deref(), Some(expected));
        }
    }

    #[test]
    fn an_answer_is_the_page_or_why_there_is_none() {
        let reply = |status, body: Value| vec![Reply { status, body: body.to_string() }];
        let page = |act| match act {
            Act::Ended(Answer::Done(Effect { link, .. })) => link,
            _ => None,
        };
        let stripe = json!({"id": "in_1", "status": "open", "hosted_invoice_url": "https://invoice.stripe.com/i/1"});
        let found = page(asked("stripe", "in_1", &reply(200, stripe)));
        assert_eq!(found.as_deref(), Some("https://invoice.stripe.com/i/1"));
        let link = json!({"id": "pl_1", "_links": {"paymentLink": {"href": "https://payment-links.mollie.com/1"}}});
        let found = page(asked("mollie", "tr_1", &reply(201, link)));
        assert_eq!(found.as_deref(), Some("https://payment-links.mollie.com/1"));
        for provider in ["chargebee", "lemonsqueezy", "mollie", "revenuecat", "stripe"] {
            let act = asked(provider, "1000:2026-02-25", &reply(503, json!({})));
            assert!(matches!(act, Act::Ended(Answer::Unknown | Answer::NotNow)), "{provider}: {act:?}");
        }
        // Whose customer it is not known to be pays by other means.
        let (invoice, now) = (invoice("tr_1"), AT.parse().unwrap());
        let bill = Bill { invoice: &invoice, customer: "guest", key: "pay_1", webhook: None, now };
        let Some(Acting::Through(effects)) = crate::mollie::PROVIDER.api.map(|api| &api.acting) else {
            panic!("Mollie acts")
        };
        assert!(matches!((effects.page)(&bill, &[]), Act::Ended(Answer::Unsupported { .. })));
    }
}
