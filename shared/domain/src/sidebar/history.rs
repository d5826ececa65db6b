//! The invoices of the last six months, and what paid them.

use super::Bill;
use crate::book::Head;
use jiff::{SignedDuration, Timestamp};

pub(super) fn history(head: &Head, now: Timestamp) -> Vec<Bill> {
    let since = now - SignedDuration::from_hours(183 * 24);
    let paid_with = |invoice: &str| {
        let line = head.book.payments.iter().rev().find(|line| head.book.invoice_of(line) == Some(invoice))?;
        line.card.as_ref().map(|card| format!("{} ending {}", card.brand, card.last4)).or_else(|| line.method.clone())
    };
    let recent = head.book.invoices.iter().rev().filter(|line| line.created_at >= since);
    recent
        .map(|line| Bill {
            date: line.created_at,
            amount: line.total,
            status: line.status.map(|status| status.name()),
            method: paid_with(&line.invoice),
            invoice_id: line.invoice.clone(),
            invoice: line.number.clone(),
        })
        .collect()
}
