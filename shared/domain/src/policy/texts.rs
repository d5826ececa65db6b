//! What customers and staff read: subjects and bodies with named gaps, in each of their languages.

mod language;
mod lint;
pub mod phrase;
mod sms;

pub use language::Reader;

use super::{Complaint, Rules};
use language::Language;
use serde::Deserialize;
use sms::Sms;
use std::collections::BTreeMap;
use toml::Spanned;

/// One released version of all texts, in each of their languages.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    pub version: u32,
    pub effective: String,
    /// The first is that of whoever reads none of the others.
    language: Vec<Language>,
    sms: Sms,
    /// Words by language, found by the English ones.
    phrase: Vec<BTreeMap<String, Spanned<String>>>,
    text: Vec<Text>,
}

/// A subject and a body in one language; a gap is its name in braces.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    id: Spanned<String>,
    pub locale: String,
    /// Only staff read it, and they read English.
    #[serde(default)]
    for_staff: bool,
    pub subject: String,
    /// The same for a phone: one message that says neither who it is for nor how much they owe.
    sms: Option<String>,
    pub body: String,
}

/// The gaps that a text may have.
const GAPS: &[&str] = &[
    "name",
    "amount",
    "invoice",
    "reason",
    "link",
    "payment",
    "days",
    "days_left",
    "time_left",
    "tries",
    "most",
    "lines",
    "next",
    "plan",
    "plan_before",
    "price",
    "price_before",
    "effective_on",
    "features",
    "asked_on",
    "company",
    "due_on",
    "paid_on",
    "card",
    "expires_on",
    "unsubscribe",
    "reference",
    "also_open",
];

impl Texts {
    /// How a customer is written to: in the language of their locale, else in that of their country where it is clear,
    /// else in English.
    pub fn reader(&self, locale: Option<&str>, country: Option<&str>) -> Reader<'_> {
        Reader::of(self, locale, country)
    }

    /// The text in English, which has all of them.
    pub fn text(&self, id: &str) -> Option<&Text> {
        self.text.iter().find(|text| text.id.get_ref() == id && text.locale == language::ENGLISH)
    }

    /// What stands in a gap of a message for a phone, as long as it may be there: nothing, where it has a letter that
    /// no such message can hold.
    pub fn on_phone(&self, gap: &str, words: &str) -> Option<String> {
        self.sms.cut(gap, words)
    }

    /// Whether every language has these words, by the English ones.
    pub fn has_phrase(&self, english: &str) -> bool {
        self.phrase_of(english).is_some()
    }

    fn phrase_of(&self, english: &str) -> Option<&BTreeMap<String, Spanned<String>>> {
        let is_it = |words: &Spanned<String>| words.get_ref() == english;
        self.phrase.iter().find(|phrase| phrase.get(language::ENGLISH).is_some_and(is_it))
    }
}

impl Text {
    /// Fills the gaps; one that has no value is left out, with the line that it had for itself.
    pub fn fill(&self, values: &BTreeMap<&str, String>) -> (String, String) {
        (filled(&self.subject, values), filled(&self.body, values).trim_start().to_owned())
    }

    /// Whether it has a gap of that name.
    pub fn says(&self, gap: &str) -> bool {
        self.body.contains(&format!("{{{gap}}}"))
    }

    /// Whether it has a form for phones.
    pub fn has_sms(&self) -> bool {
        self.sms.is_some()
    }

    /// The message for a phone, where there is one.
    pub fn sms(&self, values: &BTreeMap<&str, String>) -> Option<String> {
        self.sms.as_ref().map(|sms| filled(sms, values))
    }
}

/// In one pass: what a value says is never taken for a gap.
fn filled(text: &str, values: &BTreeMap<&str, String>) -> String {
    let (mut filled, mut rest) = (String::new(), text);
    while let Some((before, (gap, behind))) =
        rest.split_once('{').and_then(|(before, tail)| Some((before, tail.split_once('}')?)))
    {
        filled.push_str(before);
        let value = values.get(gap).map_or("", String::as_str);
        filled.push_str(value);
        let had_its_line = value.is_empty() && (filled.is_empty() || filled.ends_with('\n'));
        rest = behind.strip_prefix('\n').filter(|_| had_its_line).unwrap_or(behind);
    }
    filled + rest
}

impl Rules for Texts {
    const NAME: &'static str = "texts";

    fn version(&self) -> u32 {
        self.version
    }

    fn effective(&self) -> &str {
        &self.effective
    }

    fn lint(&self) -> Vec<Complaint> {
        self.complaints()
    }
}

#[cfg(test)]
mod tests {
    use crate::policies::Policies;
    use std::collections::BTreeMap;

    #[test]
    fn a_line_that_is_one_gap_goes_with_its_value() {
        let policies = Policies::shipped().unwrap();
        let text = policies.texts.current().text("reminder_1").unwrap();
        let with = |time_left: &str| {
            let values =
                BTreeMap::from([("link", "https://a.example".to_owned()), ("time_left", time_left.to_owned())]);
            text.fill(&values).1
        };
        assert!(
            with("Days left to pay: 5").contains("https://a.example\nDays left to pay: 5\n\nIf you"),
            "{}",
            with("Days left to pay: 5")
        );
        assert!(with("").contains("https://a.example\n\nIf you"), "{}", with(""));
    }

    #[test]
    fn what_somebody_is_called_is_not_taken_for_a_gap() {
        let policies = Policies::shipped().unwrap();
        let values = BTreeMap::from([("name", "{amount} {".to_owned()), ("amount", "49.00 USD".to_owned())]);
        let (subject, body) = policies.texts.current().text("reminder_1").unwrap().fill(&values);
        assert!(body.starts_with("Hello {amount} {,"), "{body}");
        assert_eq!(subject, "Your payment of 49.00 USD did not go through");
    }

    #[test]
    fn a_phone_is_told_by_whom_and_where_to_pay_and_nothing_else() {
        let policies = Policies::shipped().unwrap();
        let texts = policies.texts.current();
        let values = BTreeMap::from([
            ("link", "https://a.example/p".to_owned()),
            ("company", "Juniper".to_owned()),
            ("name", "Ada".to_owned()),
            ("amount", "49.00 USD".to_owned()),
        ]);
        for (locale, expected) in [
            ("en", "Juniper: a reminder that an invoice is still open. Please pay it here: https://a.example/p"),
            ("de", "Juniper: Eine Rechnung ist noch offen. Bitte bezahlen Sie sie hier: https://a.example/p"),
        ] {
            let text = texts.reader(Some(locale), None).text("reminder_2").unwrap();
            assert_eq!(text.sms(&values).as_deref(), Some(expected));
        }
        assert_eq!(texts.text("tax_invoice").unwrap().sms(&values), None);
    }

    #[test]
    fn whatever_is_sent_to_a_customer_says_by_whom_first() {
        let policies = Policies::shipped().unwrap();
        let texts = policies.texts.current();
        let letters = policies.dunning.all().flat_map(|policy| policy.templates());
        let letters = letters.chain(policies.ageing.all().flat_map(|policy| policy.templates()));
        let letters = letters.chain(policies.notices.all().flat_map(|policy| policy.templates()));
        let sent = ["link_to_pay", "link_to_invoice", "link_to_tax_invoice", "link_to_payment_method", "cancelled"];
        let sent = sent.into_iter().chain(["cancelled_now", "cancelled_since", "cancellation_noted"]);
        let values = BTreeMap::from([("company", "Juniper & Söhne".to_owned())]);
        for id in letters.chain(sent) {
            for locale in ["en", "de", "fr", "es"] {
                let text = texts.reader(Some(locale), None).text(id).unwrap();
                let (_, body) = text.fill(&values);
                assert!(body.starts_with("Juniper & Söhne\n\n"), "{id} in {locale}: {body}");
                let sms = text.sms(&values).unwrap_or_else(|| "Juniper & Söhne".to_owned());
                assert!(sms.starts_with("Juniper & Söhne"), "{id} in {locale}: {sms}");
            }
        }
    }

    #[test]
    fn no_text_brings_an_address_or_an_id_that_only_we_understand() {
        let policies = Policies::shipped().unwrap();
        for text in policies.texts.all().flat_map(|texts| &texts.text) {
            let (id, locale) = (text.id.get_ref(), &text.locale);
            for part in [Some(&text.subject), text.sms.as_ref(), Some(&text.body)].into_iter().flatten() {
                for wrong in ["://", "www.", "acc_", "case_", "act_", "task_", "stripe", "chargebee", "lemonsqueezy"] {
                    assert!(!part.to_lowercase().contains(wrong), "{id} in {locale} says `{wrong}`: {part}");
                }
                for gap in part.split('{').skip(1).filter_map(|rest| rest.split('}').next()) {
                    assert!(super::GAPS.contains(&gap), "{id} in {locale} has a gap `{gap}` that nobody fills");
                }
            }
        }
    }
}
