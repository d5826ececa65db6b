//! What somebody reads on the form and behind its link, in the language that their browser asks for.

use crate::context::Context;
use crate::web::{self, Answer};
use ::pages::{Field, FieldKind, Said};
use bytes::Bytes;
use domain::action::Reason;
use domain::policy::{Reader, phrase};
use domain::ticket::{Lacks, REASONS, Typed};
use http::{Request, StatusCode};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

const FORM: &str = "request_form";
const CONFIRM: &str = "request_confirm";
pub(super) const SENT: &str = "request_sent";
pub(super) const CONFIRMED: &str = "request_confirmed";
pub(super) const GONE: &str = "request_gone";
pub(super) const LATER: &str = "request_later";
pub(super) const TOO_LARGE: &str = "request_too_large";
pub(super) const NOT_NOW: &str = "request_not_now";

/// How many languages of a browser are looked at.
const LANGUAGES_MAX: usize = 16;

/// Whose form it is.
pub(super) struct Form {
    /// As tickets name it.
    pub source: String,
    /// As it was opened.
    pub address: String,
    /// What its customers know the company by.
    pub company: Option<String>,
}

/// In the first language that the browser asks for and there are texts in, or else in English.
pub(super) fn reader<'a>(context: &'a Context, request: &Request<Bytes>) -> Reader<'a> {
    let texts = context.policies.texts.current();
    let asked = web::header(request.headers(), "accept-language").unwrap_or_default();
    let own = wished(asked).into_iter().find_map(|tag| {
        let reader = texts.reader(Some(tag), None);
        let spoken = tag.split('-').next().unwrap_or_default();
        spoken.eq_ignore_ascii_case(reader.language()).then_some(reader)
    });
    own.unwrap_or_else(|| texts.reader(None, None))
}

/// The languages that a browser asks for, the most wanted first.
fn wished(header: &str) -> Vec<&str> {
    let weighed = |part| {
        let (tag, weight): (&str, &str) = str::split_once(part, ';').unwrap_or((part, "q=1"));
        let weight = weight.trim().strip_prefix("q=").and_then(|it| it.parse::<Decimal>().ok()).unwrap_or_default();
        (tag.trim(), weight)
    };
    let mut all: Vec<(&str, Decimal)> = header.split(',').take(LANGUAGES_MAX).map(weighed).collect();
    all.retain(|(tag, weight)| !tag.is_empty() && *weight > Decimal::ZERO);
    // Of equals the one that stands first: the order stays.
    all.sort_by(|(_, one), (_, other)| other.cmp(one));
    all.into_iter().map(|(tag, _)| tag).collect()
}

/// The company by its name, or, where nobody has given it one, the host that people know from the link.
pub(super) fn company(context: &Context, form: Option<&Form>) -> String {
    let base = &context.settings.base_url;
    let host = || base.split_once("://").map_or(base.as_str(), |(_, host)| host).to_owned();
    form.and_then(|form| form.company.clone()).unwrap_or_else(host)
}

/// The form, with what was typed and what is to be mended in it.
pub(super) fn form(context: &Context, form: &Form, reader: Reader<'_>, typed: &Typed, lacks: &[Lacks]) -> Answer {
    let company = company(context, Some(form));
    let status = if lacks.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = ::pages::request_form(
        &filled(reader, &company, FORM),
        &form.address,
        &fields(reader, typed, lacks),
        reader.words(phrase::request::SEND),
    );
    web::outside(status, page)
}

/// The button that says: it was me.
pub(super) fn confirm(context: &Context, form: Option<&Form>, reader: Reader<'_>, token: &str) -> Answer {
    let company = company(context, form);
    let button = reader.words(phrase::request::CONFIRM);
    web::outside(StatusCode::OK, ::pages::request_confirm(&filled(reader, &company, CONFIRM), token, button))
}

/// Words, and nothing to do.
pub(super) fn said(
    context: &Context,
    form: Option<&Form>,
    reader: Reader<'_>,
    text: &str,
    status: StatusCode,
) -> Answer {
    let company = company(context, form);
    web::outside(status, ::pages::request_said(&filled(reader, &company, text)))
}

fn filled<'a>(reader: Reader<'a>, company: &'a str, text: &str) -> Said<'a> {
    let values = BTreeMap::from([("company", company.to_owned())]);
    let (title, message) = reader.text(text).map(|text| text.fill(&values)).unwrap_or_default();
    Said { language: reader.language(), company, title, message }
}

fn fields<'a>(reader: Reader<'a>, typed: &'a Typed, lacks: &[Lacks]) -> Vec<Field<'a>> {
    use phrase::request as says;
    let wrong = |rows: &[(Lacks, &'static str)]| {
        let row = rows.iter().find(|(lack, _)| lacks.contains(lack));
        row.map(|&(_, words)| reader.words(words))
    };
    let named = |name, label: &'static str, value: &'a String, kind, wrong| Field {
        name,
        label: reader.words(label),
        value,
        kind,
        wrong,
        hint: None,
    };
    let choices = REASONS.map(|reason| (reason.name(), reader.words(meaning(reason)))).to_vec();
    let one_of = Some(reader.words(says::ONE_OF));
    vec![
        named("email", says::EMAIL, &typed.email, FieldKind::Email, wrong(&[(Lacks::Email, says::NO_EMAIL)])),
        named("invoice", says::INVOICE, &typed.invoice, FieldKind::Line, wrong(&[(Lacks::Payment, says::NO_PAYMENT)])),
        Field {
            hint: one_of,
            ..named("last4", says::LAST4, &typed.last4, FieldKind::Digits, wrong(&[(Lacks::Last4, says::NO_LAST4)]))
        },
        named("amount", says::AMOUNT, &typed.amount, FieldKind::Line, wrong(&[(Lacks::Amount, says::TOO_LONG)])),
        named("reason", says::REASON, &typed.reason, FieldKind::Choice(choices), None),
        named(
            "text",
            says::TEXT,
            &typed.text,
            FieldKind::Text,
            wrong(&[(Lacks::Text, says::NO_TEXT), (Lacks::TooLong, says::TOO_LONG)]),
        ),
    ]
}

/// What a reason means to whoever chooses it.
fn meaning(reason: Reason) -> &'static str {
    use phrase::request as says;
    match reason {
        Reason::DuplicateCharge => says::DUPLICATE_CHARGE,
        Reason::BillingError => says::BILLING_ERROR,
        Reason::ServiceOutage => says::SERVICE_OUTAGE,
        Reason::CustomerDissatisfaction => says::DISSATISFACTION,
        Reason::Inquiry | Reason::Other => says::OTHER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::policies::Policies;

    #[test]
    fn there_is_a_text_for_each_page() {
        let policies = Policies::shipped().unwrap();
        for id in [FORM, CONFIRM, SENT, CONFIRMED, GONE, LATER, TOO_LARGE, NOT_NOW] {
            assert!(policies.texts.current().text(id).is_some(), "no text is called `{id}`");
        }
    }

    #[test]
    fn languages_come_in_the_order_that_the_browser_wants() {
        for (header, expected) in [
            ("", vec![]),
            ("de", vec!["de"]),
            ("en;q=0.5, de-CH, fr;q=0.9", vec!["de-CH", "fr", "en"]),
            ("de;q=0, es", vec!["es"]),
            ("*;q=0.1,es;q=0.2", vec!["es", "*"]),
            ("de;q=x, fr", vec!["fr"]),
            (",,; q=1", vec![]),
        ] {
            assert_eq!(wished(header), expected, "{header}");
        }
    }

    #[test]
    fn each_reason_and_each_fault_has_words() {
        let policies = Policies::shipped().unwrap();
        let reader = policies.texts.current().reader(Some("de"), None);
        let typed = Typed { reason: "billing_error".to_owned(), ..Typed::default() };
        let all = [Lacks::Email, Lacks::Payment, Lacks::Last4, Lacks::Amount, Lacks::Text, Lacks::TooLong];
        let wrong = fields(reader, &typed, &all).iter().filter(|field| field.wrong.is_some()).count();
        assert_eq!(wrong, 5, "each field but the choice");
        assert_eq!(fields(reader, &typed, &[]).iter().filter(|field| field.wrong.is_some()).count(), 0);
        let fields = fields(reader, &typed, &[]);
        let FieldKind::Choice(choices) = &fields[4].kind else { panic!("the reason is chosen") };
        assert_eq!(choices.len(), REASONS.len());
        assert!(choices.contains(&("billing_error", "Die Rechnung stimmt nicht")), "{:?}", choices);
    }
}
