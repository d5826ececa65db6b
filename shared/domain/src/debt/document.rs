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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_sent_by_its_own_action() {
        for document in [Document::Invoice, Document::ForTaxes] {
            assert_eq!(Document::sent_by(&document.kind("in_1")), Some((document, "in_1")));
        }
        assert_eq!(Document::sent_by(&Kind::PaymentLink { invoice: "in_1".to_owned(), amount: None }), None);
    }
}
