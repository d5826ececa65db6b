//! Documents that were made, which stay as they are, and the one credit note that takes an invoice back.

use super::{DocumentPolicy, NotNumbered, Series, TaxDocument};
use crate::book::{Invoice, PaymentLine};
use crate::event::InvoiceStatus;
use crate::id::AccountId;
use crate::ledger::Note;
use crate::money::Money;
use crate::staff::{Role, Staff};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// A document, and of which invoice it is. Nothing of it is ever changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filed {
    pub account: AccountId,
    /// The provider's id.
    pub invoice: String,
    /// Ours that sells, and whose number it has.
    pub entity: String,
    pub by: String,
    pub at: Timestamp,
    pub document: TaxDocument,
}

/// Which documents there are of an invoice: one, and at most one more that takes it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FiledOf {
    pub account: AccountId,
    /// The provider's id.
    pub invoice: String,
    pub number: String,
    pub credit: Option<String>,
}

/// What a credit note is judged by beside the documents.
#[derive(Debug, Clone, Copy)]
pub struct TakenBack<'a> {
    pub invoice: &'a Invoice,
    /// What the account shows of payments.
    pub payments: &'a [PaymentLine],
    pub reason: &'a str,
    pub policy: &'a DocumentPolicy,
    pub now: Timestamp,
}

/// Why nothing is taken back. The order is the order of the checks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotTakenBack {
    #[error("only a manager or a VP may take a tax document back")]
    Role,
    #[error("`{0}` takes an invoice back itself; it stays")]
    IsCreditNote(String),
    #[error("say in a sentence why it is taken back: whoever gets it reads that")]
    NoReason,
    #[error(
        "the invoice still stands: give all of it back, void it, or credit it at the provider first; then take its \
         document back"
    )]
    Stands,
    #[error(transparent)]
    NotNumbered(#[from] NotNumbered),
}

impl Filed {
    /// Where it is found from its invoice.
    pub fn of_invoice(&self) -> FiledOf {
        let (account, invoice) = (self.account.clone(), self.invoice.clone());
        FiledOf { account, invoice, number: self.document.number.clone(), credit: None }
    }

    /// What takes all of this invoice back, numbered, with its entry; `of` is changed with it.
    pub fn taken_back(
        &self,
        of: &mut FiledOf,
        series: &mut Series,
        by: &Staff,
        taken: TakenBack<'_>,
    ) -> Result<(Self, Note), NotTakenBack> {
        if !matches!(by.role, Role::Manager | Role::Vp) {
            return Err(NotTakenBack::Role);
        }
        if self.document.corrects.is_some() {
            return Err(NotTakenBack::IsCreditNote(self.document.number.clone()));
        }
        let reason = taken.reason.trim();
        if reason.is_empty() {
            return Err(NotTakenBack::NoReason);
        }
        if !taken.is_gone() {
            return Err(NotTakenBack::Stands);
        }
        let today = taken.now.to_zoned(TimeZone::UTC).date();
        let sound = series.number(self.document.taken_back(today, reason), taken.policy)?;
        let document = sound.document().clone();
        let number = document.number.clone();
        of.credit = Some(number.clone());
        let body = [
            ("word", "taken back".to_owned()),
            ("document", self.document.number.clone()),
            ("credit", number),
            ("invoice", self.invoice.clone()),
            ("amount", sound.totals().gross.to_string()),
        ];
        let note = Note::of_document(taken.now, &by.id, body);
        Ok((Self { by: by.id.clone(), at: taken.now, document, ..self.clone() }, note))
    }
}

impl TakenBack<'_> {
    /// Whether nothing of the invoice is owed or kept any more: it is void, credited, or all of it went back.
    fn is_gone(&self) -> bool {
        let Some(total) = self.invoice.total.copied() else { return false };
        let is_all = |sum: Option<Money>| sum.is_some_and(|sum| sum.currency() == total.currency() && sum >= total);
        let own = self.payments.iter().filter(|line| line.invoice.as_ref() == Some(&self.invoice.id));
        let given_back = own
            .filter_map(|line| line.given_back)
            .reduce(|sum, more| if sum.currency() == more.currency() { sum.plus(more) } else { sum });
        self.invoice.status.copied() == Some(InvoiceStatus::Void)
            || is_all(self.invoice.credited.copied())
            || is_all(given_back)
    }
}
