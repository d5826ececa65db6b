//! What did the provider tell of a bill? All of it, in one currency, and adding up.

use super::NotDrafted;
use crate::book::{CreditNote, Invoice};
use crate::document::check::LARGEST;
use crate::event::{CreditNoteStatus, InvoiceStatus, Line};
use crate::money::{Currency, Money};

/// A bill that adds up.
#[derive(Debug)]
pub(super) struct Told<'a> {
    pub(super) lines: &'a [Line],
    pub(super) total: Money,
    pub(super) tax: Money,
    /// The prices of its lines have the tax in them.
    pub(super) is_gross: bool,
}

impl<'a> Told<'a> {
    pub(super) fn of(invoice: &'a Invoice) -> Result<Self, NotDrafted> {
        match invoice.status.copied() {
            None | Some(InvoiceStatus::Draft) => return Err(NotDrafted::NotFinal),
            Some(InvoiceStatus::Void) => return Err(NotDrafted::Voided),
            Some(InvoiceStatus::Open | InvoiceStatus::Uncollectible | InvoiceStatus::Paid) => {}
        }
        let stands = |note: &CreditNote| note.status.copied() != Some(CreditNoteStatus::Void);
        if invoice.more_credit_notes || invoice.credit_notes.values().any(stands) {
            return Err(NotDrafted::TakenBack);
        }
        let lines = invoice.lines.value().filter(|lines| !lines.is_empty()).ok_or(NotDrafted::NoLines)?;
        let total = invoice.total.copied().ok_or(NotDrafted::NoTotal)?;
        is_one_currency(invoice, lines, total.currency())?;
        let zero = Money::zero(total.currency());
        let of_lines = || lines.iter().filter_map(|line| line.tax).fold(zero, Money::plus);
        let tax = invoice.tax.copied().unwrap_or_else(of_lines);
        if total < zero || tax < zero {
            return Err(NotDrafted::BelowZero);
        }
        let sum = lines.iter().map(billed).fold(zero, Money::plus);
        let is_gross = match (sum.plus(tax) == total, sum == total) {
            (true, _) => false,
            (false, true) => true,
            (false, false) => return Err(NotDrafted::NotAddingUp { lines: sum, tax, total }),
        };
        Ok(Self { lines, total, tax, is_gross })
    }

    /// Without its tax.
    pub(super) fn net(&self) -> Money {
        self.total.minus(self.tax)
    }

    pub(super) fn zero(&self) -> Money {
        Money::zero(self.total.currency())
    }

    /// The tax of each line, where every line tells its own.
    pub(super) fn taxes(&self) -> Option<Vec<Money>> {
        self.lines.iter().map(|line| line.tax).collect()
    }
}

/// What a line is billed with, its discount taken off.
pub(super) fn billed(line: &Line) -> Money {
    line.discount.map_or(line.amount, |discount| line.amount.minus(discount))
}

fn is_one_currency(invoice: &Invoice, lines: &[Line], currency: Currency) -> Result<(), NotDrafted> {
    let of_lines = lines.iter().flat_map(|line| [Some(line.amount), line.tax, line.discount]);
    let own = [invoice.total.copied(), invoice.tax.copied(), invoice.remaining.copied()];
    let all: Vec<Money> = of_lines.chain(own).flatten().collect();
    if all.iter().any(|money| money.currency() != currency) {
        return Err(NotDrafted::TwoCurrencies);
    }
    if currency.digits() > 2 {
        return Err(NotDrafted::TooFine(currency));
    }
    let is_too_large = all.iter().any(|money| money.amount().abs() > LARGEST);
    if is_too_large { Err(NotDrafted::TooLarge) } else { Ok(()) }
}
