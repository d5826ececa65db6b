//! A checked document as an e-invoice: EN 16931 in both of its forms. Pure: values come in, text goes out.

mod model;

use domain::document::Sound;
use en16931::profiles::En16931;
use en16931::validation::profile::Validated;
use en16931_formats::Syntax;

/// An e-invoice that keeps every rule of EN 16931.
#[derive(Debug, Clone)]
pub struct EInvoice(Validated<En16931>);

/// An e-invoice that would break a rule. What is `Sound` should never come to this, so the text is for us.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotValid {
    #[error("an amount does not fit into an e-invoice")]
    Amount,
    #[error("a date does not fit into an e-invoice")]
    Date,
    #[error("the e-invoice would break a rule: {0}")]
    Rule(String),
}

/// An e-invoice as text, and what its form has no place for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    pub xml: String,
    pub lost: Vec<String>,
}

impl EInvoice {
    /// Says a document in the terms of EN 16931, and checks all rules.
    pub fn of(sound: &Sound<'_>) -> Result<Self, NotValid> {
        let invoice = model::of(sound)?;
        Validated::new(invoice).map(Self).map_err(|rejected| {
            let broken: Vec<String> = rejected.report().fatal().map(ToString::to_string).collect();
            NotValid::Rule(broken.join("; "))
        })
    }

    /// As UBL 2.1.
    pub fn ubl(&self) -> Written {
        self.written(Syntax::Ubl)
    }

    /// As UN/CEFACT CII D16B.
    pub fn cii(&self) -> Written {
        self.written(Syntax::Cii)
    }

    /// For whoever puts it into a page.
    pub fn proof(&self) -> &Validated<En16931> {
        &self.0
    }

    fn written(&self, syntax: Syntax) -> Written {
        let written = en16931_formats::write(&self.0, syntax);
        Written { xml: written.xml, lost: written.entries.iter().map(ToString::to_string).collect() }
    }
}

#[cfg(test)]
mod tests;
