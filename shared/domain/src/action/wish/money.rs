//! Wishes about money that goes back, or is given.

use super::{Params, Wish};
use crate::action::{Kind, Known, NoPreview};
use crate::book::{Head, Payment};
use crate::money::Money;

impl Wish {
    /// The payment that is named, or the latest one of the invoice that is.
    pub(super) fn payment(&self, head: &Head) -> Result<String, NoPreview> {
        let Params { payment, invoice, .. } = &self.params;
        let of_invoice = |invoice: &String| {
            head.book
                .payments
                .iter()
                .rev()
                .find(|line| head.book.invoice_of(line) == Some(invoice))
                .map(|line| line.payment.clone())
        };
        payment
            .clone()
            .or_else(|| invoice.as_ref().and_then(of_invoice))
            .ok_or(NoPreview::Unnamed("`payment`, or an `invoice` that was paid,"))
    }

    pub(super) fn refund(&self, known: &Known<'_>) -> Result<Kind, NoPreview> {
        let payment = self.payment(known.head)?;
        let all = || all_of(known.records.payments.get(&payment), &payment);
        let amount = self.params.amount.map_or_else(all, Ok)?;
        Ok(Kind::Refund { payment, amount })
    }

    pub(super) fn credit(&self) -> Result<Kind, NoPreview> {
        Ok(Kind::Credit { amount: self.params.amount.ok_or(NoPreview::Unnamed("`amount`"))? })
    }
}

/// What is left to give back of a payment, for a refund of all of it.
pub fn all_of(payment: Option<&Payment>, id: &str) -> Result<Money, NoPreview> {
    let payment = payment.ok_or_else(|| NoPreview::UnknownPayment(id.to_owned()))?;
    if payment.is_disputed() {
        return Err(NoPreview::Disputed(id.to_owned()));
    }
    payment.refundable().ok_or_else(|| NoPreview::NotTaken(id.to_owned()))
}
