//! What customers and staff read: subjects and bodies with named gaps.

use super::{Complaint, Rules};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use toml::Spanned;

/// One released version of all texts, in each of their languages.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    pub version: u32,
    pub effective: String,
    text: Vec<Text>,
}

/// A subject and a body in one language; a gap is its name in braces.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    id: Spanned<String>,
    pub locale: String,
    pub subject: String,
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
];

impl Texts {
    /// The text in a language, such as `de` for `de-DE`; in English where there is none.
    pub fn text_in(&self, id: &str, locale: Option<&str>) -> Option<&Text> {
        let language = |locale: &str| locale.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        let wanted = locale.map(language);
        let own = |text: &&Text| text.id.get_ref() == id && Some(language(&text.locale)) == wanted;
        self.text.iter().find(own).or_else(|| self.text(id))
    }

    /// The text in English, which everybody falls back to.
    pub fn text(&self, id: &str) -> Option<&Text> {
        self.text.iter().find(|text| text.id.get_ref() == id && text.locale == "en")
    }
}

impl Text {
    /// Fills the gaps; one that has no value is left out.
    pub fn fill(&self, values: &BTreeMap<&str, String>) -> (String, String) {
        (filled(&self.subject, values), filled(&self.body, values))
    }
}

fn filled(text: &str, values: &BTreeMap<&str, String>) -> String {
    GAPS.iter().fold(text.to_owned(), |text, gap| {
        text.replace(&format!("{{{gap}}}"), values.get(gap).map_or("", String::as_str))
    })
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
        let mut complaints = Vec::new();
        let mut seen = BTreeSet::new();
        for text in &self.text {
            if !seen.insert((text.id.get_ref(), &text.locale)) {
                complaints.push(Complaint::on(
                    &text.id,
                    format!("`{}` is there twice in `{}`", text.id.get_ref(), text.locale),
                ));
            }
            if self.text(text.id.get_ref()).is_none() {
                complaints.push(Complaint::on(
                    &text.id,
                    format!("`{}` is not there in `en`, which everybody falls back to", text.id.get_ref()),
                ));
            }
        }
        for text in &self.text {
            let known = GAPS
                .iter()
                .fold(format!("{} {}", text.subject, text.body), |rest, gap| rest.replace(&format!("{{{gap}}}"), ""));
            if known.contains(['{', '}']) {
                complaints
                    .push(Complaint::on(&text.id, format!("`{}` has a gap that nothing fills", text.id.get_ref())));
            }
        }
        complaints
    }
}
