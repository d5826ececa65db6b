//! Prints a checked document: a page that people read, with the e-invoice inside (PDF/A-3). Pure, and the same bytes
//! every time.

mod page;
mod press;
mod script;

use documents::{EInvoice, NotValid};
use domain::document::{DocumentPolicy, DocumentRefusal, Sound, TaxDocument};
use domain::policy::Versions;
use en16931_formats::zugferd::{EmbedOptions, embed};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use page::Page;

/// Why there is no page. What is `Sound` should never come to this, so the text is for us.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotPrinted {
    /// The one that people can do something about: it may not be made as it is.
    #[error(transparent)]
    Refused(#[from] DocumentRefusal),
    #[error(transparent)]
    Invoice(#[from] NotValid),
    #[error("the page could not be set: {0}")]
    Page(String),
    #[error("the e-invoice could not be put into the page: {0}")]
    Embed(String),
}

/// Checks a document by the law that held on its day, and prints it: what was issued is printed alike for ever.
pub fn document(document: TaxDocument, laws: &Versions<DocumentPolicy>) -> Result<Vec<u8>, NotPrinted> {
    let law = laws.at(issued_at(&document)?);
    pdf(&Sound::of(document, law)?)
}

/// Sets the page of a document and puts its e-invoice inside.
pub fn pdf(sound: &Sound<'_>) -> Result<Vec<u8>, NotPrinted> {
    let invoice = EInvoice::of(sound)?;
    let page = Page::of(sound);
    let plain = press::set(&page).map_err(NotPrinted::Page)?;
    // No clock: a document is printed alike on every day.
    let modified = Some(issued_at(sound.document())?.into());
    let options = EmbedOptions { modified, ..EmbedOptions::default() };
    embed(&plain, invoice.proof(), &options).map_err(|error| NotPrinted::Embed(error.to_string()))
}

fn issued_at(document: &TaxDocument) -> Result<Timestamp, NotPrinted> {
    let day = document.issued_on.to_zoned(TimeZone::UTC).map_err(|error| NotPrinted::Page(error.to_string()))?;
    Ok(day.timestamp())
}

#[cfg(test)]
mod tests;
