//! Which document of an invoice a customer is sent.

use crate::action::Kind;
use serde::{Deserialize, Serialize};

/// The document that a link of ours opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Document {
    /// The invoice as it is shown.
    Invoice,
    /// What a tax office accepts.
    ForTaxes,
}

impl Document {
    /// As it stands in what a token is computed from, so that it never changes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Invoice => "invoice",
            Self::ForTaxes => "for_taxes",
        }
    }

    /// The action that sends it.
    pub fn kind(self, invoice: &str) -> Kind {
        match self {
            Self::Invoice => Kind::ResendInvoice { invoice: invoice.to_owned() },
            Self::ForTaxes => Kind::TaxInvoice { invoice: invoice.to_owned() },
        }
    }

    /// What an action sends, and of which invoice: nothing, where it sends no document.
    pub fn sent_by(kind: &Kind) -> Option<(Self, &str)> {
        match kind {
            Kind::ResendInvoice { invoice } => Some((Self::Invoice, invoice)),
            Kind::TaxInvoice { invoice } => Some((Self::ForTaxes, invoice)),
            _ => None,
        }
    }
}

/// Which of what was sent a text is about, each with what its invoice is called, the newest first: the newest of those
/// whose invoice it names; the newest of all, where it names none.
pub fn meant<'a, T>(text: &str, sent: &'a [(T, Vec<String>)]) -> Option<&'a T> {
    let text = text.to_lowercase();
    let is_named = |(_, called): &&(T, Vec<String>)| called.iter().any(|name| names(&text, &name.to_lowercase()));
    sent.iter().find(is_named).or(sent.first()).map(|(paper, _)| paper)
}

/// Whether a name stands in a text as a whole: a longer one that it is a part of is another.
fn names(text: &str, name: &str) -> bool {
    let goes_on = |sign: char| sign.is_alphanumeric() || "-_/".contains(sign);
    !name.is_empty()
        && text.match_indices(name).any(|(place, _)| {
            let before = text[..place].chars().next_back();
            let after = text[place + name.len()..].chars().next();
            !before.is_some_and(goes_on) && !after.is_some_and(goes_on)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_about_what_was_sent_of_the_invoice_that_it_names() {
        let called = |id: &str| vec![id.to_owned(), id.to_uppercase().replace('_', "-")];
        let sent = ["in_10", "in_2", "in_1"].map(|id| (id, called(id)));
        for (text, expected) in [
            ("Here it is", "in_10"),
            ("Here is in_1: it", "in_1"),
            ("Here is invoice IN-1.", "in_1"),
            ("as IN-2, which corrects IN-1", "in_2"),
            ("IN-10 it is", "in_10"),
            ("Nothing of IN-1-B, IN-11 or MAIN-1", "in_10"),
            ("(in-1)", "in_1"),
        ] {
            assert_eq!(meant(text, &sent), Some(&expected), "{text}");
        }
        assert_eq!(meant::<u32>("IN-1", &[]), None);
    }

    #[test]
    fn a_document_is_sent_by_its_own_action() {
        for document in [Document::Invoice, Document::ForTaxes] {
            assert_eq!(Document::sent_by(&document.kind("in_1")), Some((document, "in_1")));
        }
        assert_eq!(Document::sent_by(&Kind::PaymentLink { invoice: "in_1".to_owned(), amount: None }), None);
    }
}
