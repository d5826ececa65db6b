//! The companies of ours that sell, and the tax documents that Recoup makes for them.

use super::Named;
use crate::door::openapi::shape::{
    date, decimal, list, money, object, only, or_null, page, see, text, time, told, words,
};
use domain::document::Issuer;
use serde_json::Value;

pub(super) fn schemas() -> Named {
    vec![
        ("LegalEntity", only(entity())),
        ("Party", party()),
        (
            "KeptEntity",
            object([("entity", see("LegalEntity")), ("sources", sources()), ("by", text()), ("at", time())]),
        ),
        ("Entities", page("KeptEntity")),
        ("EntityWish", only([("entity", see("LegalEntity")), ("sources?", sources())])),
        ("TaxDocument", object(document())),
        ("TaxDocuments", page("TaxDocument")),
        ("Crediting", only([("reason", told(text(), "Whoever gets the credit note reads it."))])),
    ]
}

fn sources() -> Value {
    told(list(text()), "As stripe/default. A source belongs to one company.")
}

fn entity() -> Vec<(&'static str, Value)> {
    let rate = only([
        ("percent", decimal()),
        ("region?", or_null(told(text(), "The customers' state, where it is charged in that one only."))),
        ("name?", or_null(told(text(), "As a document names it."))),
    ]);
    let account = only([("iban", text()), ("bic?", or_null(text()))]);
    vec![
        ("id", told(text(), "Small letters, digits and hyphens; it does not change.")),
        ("issuer?", told(words([Issuer::Provider, Issuer::Recoup]), "Who makes its invoices.")),
        ("prefix", told(text(), "What its numbers begin with, such as R-2026-. It stays once a number was given.")),
        ("party", see("Party")),
        ("currency", told(text(), "In which it keeps its books.")),
        ("rates?", told(list(rate), "The taxes that it charges.")),
        ("payment?", or_null(told(account, "Where transfers go to."))),
    ]
}

fn party() -> Value {
    only([
        ("name", text()),
        ("street", list(text())),
        ("city", text()),
        ("post_code", text()),
        ("region?", or_null(text())),
        ("country", told(text(), "ISO 3166-1, two capital letters.")),
        ("tax_id?", or_null(text())),
        ("registration?", or_null(text())),
        ("email?", or_null(text())),
    ])
}

fn document() -> [(&'static str, Value); 12] {
    [
        ("number", text()),
        ("issued_on", date()),
        ("account", text()),
        ("invoice", told(text(), "The provider's id.")),
        ("entity", text()),
        ("customer", text()),
        ("net", or_null(money())),
        ("tax", or_null(money())),
        ("total", or_null(money())),
        ("corrects", told(or_null(text()), "The number of the invoice that this credit note takes back.")),
        ("by", text()),
        ("at", time()),
    ]
}
