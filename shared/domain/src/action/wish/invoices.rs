//! Wishes about an invoice: it is paid, given up, or waited for.

use super::Wish;
use crate::action::{Kind, Known, NoPreview};
use crate::book::Head;
use jiff::Span;
use jiff::tz::TimeZone;

impl Wish {
    pub(super) fn invoice(&self) -> Result<String, NoPreview> {
        self.params.invoice.clone().ok_or(NoPreview::Unnamed("`invoice`"))
    }

    /// The invoice that is named, or the only one that is being recovered.
    pub(super) fn in_recovery(&self, head: &Head) -> Result<String, NoPreview> {
        let is_only = head.dunning.len() == 1 && head.more_dunning == 0;
        let only = || head.dunning.keys().next().filter(|_| is_only).cloned();
        self.params.invoice.clone().or_else(only).ok_or(NoPreview::Unnamed("`invoice`"))
    }

    pub(super) fn payment_link(&self, known: &Known<'_>) -> Result<Kind, NoPreview> {
        let invoice = self.invoice()?;
        Ok(Kind::PaymentLink { amount: known.remaining(&invoice)?, invoice })
    }

    pub(super) fn retry_payment(&self, known: &Known<'_>) -> Result<Kind, NoPreview> {
        let invoice = self.invoice()?;
        Ok(Kind::RetryPayment { amount: known.remaining(&invoice)?, invoice, card: None })
    }

    pub(super) fn mark_paid(&self, known: &Known<'_>) -> Result<Kind, NoPreview> {
        let invoice = self.invoice()?;
        Ok(Kind::MarkPaid { amount: known.all_due(&invoice)?, invoice })
    }

    pub(super) fn write_off(&self, known: &Known<'_>) -> Result<Kind, NoPreview> {
        let invoice = self.invoice()?;
        Ok(Kind::WriteOff { amount: known.all_due(&invoice)?, invoice })
    }

    pub(super) fn void_invoice(&self, known: &Known<'_>) -> Result<Kind, NoPreview> {
        let invoice = self.invoice()?;
        Ok(Kind::VoidInvoice { amount: known.all_due(&invoice)?, invoice })
    }

    pub(super) fn defer(&self, known: &Known<'_>) -> Result<Kind, NoPreview> {
        let invoice = self.invoice()?;
        let today = known.now.to_zoned(TimeZone::UTC).date();
        let due_on = known.invoice(&invoice)?.due_on.copied().map_or(today, |due_on| due_on.max(today));
        let days = self.days()?;
        Ok(Kind::Defer { invoice, days, until: due_on.saturating_add(Span::new().days(i64::from(days))) })
    }
}
