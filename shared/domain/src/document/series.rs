//! Who numbers an invoice, and with which number? A number is taken by whoever stores its document, in one transaction.

use super::{DocumentPolicy, DocumentRefusal, Issuer, LegalEntity, Original, Sound, TaxDocument};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Beyond it the numbers would have another width, and be sorted wrongly.
const LAST: u32 = 999_999;

/// The numbers of one legal entity, without a gap. It is written over what was read, together with the new document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Series {
    pub entity: String,
    prefix: String,
    next: u32,
    /// Of which day its newest document is.
    last_on: Option<Date>,
}

/// Why a document gets no number. None is taken, so that none is missing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotNumbered {
    #[error("the provider sells in its own name and owes the tax: its own invoice is sent")]
    Sold,
    #[error("{0}'s invoices are the provider's: its own invoice is sent")]
    NotOurs(String),
    #[error("the series already has a document of {0}, and numbers follow the days; date it that day or later")]
    Backwards(Date),
    #[error("the series is full; give the legal entity a new prefix")]
    Full,
    #[error(transparent)]
    Refused(#[from] DocumentRefusal),
}

impl LegalEntity {
    /// The start of its numbers, if it is for Recoup to give any.
    pub fn series(&self, is_merchant_of_record: bool) -> Result<Series, NotNumbered> {
        if is_merchant_of_record {
            return Err(NotNumbered::Sold);
        }
        match self.issuer {
            Issuer::Provider => Err(NotNumbered::NotOurs(self.party.name.clone())),
            Issuer::Recoup => {
                Ok(Series { entity: self.id.clone(), prefix: self.prefix.clone(), next: 1, last_on: None })
            }
        }
    }
}

impl Series {
    /// Gives a document the next number, if it may be made: whatever is refused takes none.
    pub fn number<'a>(&mut self, draft: TaxDocument, policy: &'a DocumentPolicy) -> Result<Sound<'a>, NotNumbered> {
        if let Some(last) = self.last_on.filter(|last| draft.issued_on < *last) {
            return Err(NotNumbered::Backwards(last));
        }
        if self.next > LAST {
            return Err(NotNumbered::Full);
        }
        let issued_on = draft.issued_on;
        let number = format!("{}{:06}", self.prefix, self.next);
        let sound = Sound::of(TaxDocument { number, ..draft }, policy)?;
        self.next += 1;
        self.last_on = Some(issued_on);
        Ok(sound)
    }
}

impl TaxDocument {
    /// A credit note over all of this invoice, still without a number.
    pub fn taken_back(&self, issued_on: Date, reason: &str) -> Self {
        let original = Original { number: self.number.clone(), issued_on: self.issued_on, reason: reason.to_owned() };
        Self { number: String::new(), issued_on, corrects: Some(original), due_on: None, paid: None, ..self.clone() }
    }
}
