//! A mail to a customer: a text in their language as plain words, and beside it the same as a page.

use crate::ports::{Channel, Letter};
use domain::policy::{Reader, Text};
use pages::Written;
use std::collections::BTreeMap;

/// All that a mail is made of.
pub struct Mail<'a> {
    pub id: String,
    pub to: &'a str,
    pub reader: Reader<'a>,
    pub text: &'a Text,
    /// Who writes.
    pub company: &'a str,
    /// What its reader is called, where that is known.
    pub name: Option<&'a str>,
    /// What fills the other gaps.
    pub values: Vec<(&'static str, String)>,
    /// What it is about, each with its name.
    pub figures: Vec<(&'a str, String)>,
    /// What its button says, and the page to which that leads.
    pub button: Option<(&'a str, &'a str)>,
    /// Where its reader says that they want no more of its kind.
    pub unsubscribe: Option<String>,
    /// The conversation that it is a part of.
    pub thread: Option<String>,
}

impl Mail<'_> {
    /// The letter that it comes to.
    pub fn letter(self) -> Letter {
        let Self { id, to, reader, text, company, name, values, figures, button, unsubscribe, thread } = self;
        let link = button.map(|(_, page)| page);
        let mut values = BTreeMap::from_iter(values);
        values.extend([
            ("company", company.to_owned()),
            ("name", name.unwrap_or_default().to_owned()),
            ("link", link.unwrap_or_default().to_owned()),
        ]);
        let (subject, body) = text.fill(&values);
        let html = pages::letter(&Written {
            language: reader.language(),
            subject: &subject,
            text: &body,
            figures: &figures,
            button,
        });
        Letter {
            id,
            channel: Channel::Mail,
            to: to.to_owned(),
            subject,
            html,
            text: body,
            links: link.map(str::to_owned).into_iter().collect(),
            blocks: None,
            unsubscribe,
            thread,
        }
    }
}
