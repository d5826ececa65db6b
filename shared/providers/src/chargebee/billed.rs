//! Chargebee's invoices and credit notes, as sightings.

use super::wire;
use crate::Malformed;
use crate::value::{date, millis, minor, rate_major, seconds};
use domain::event::{CreditNoteSeen, CreditNoteStatus, Decline, InvoiceSeen, InvoiceStatus, Line, NextTry, Role, Seen};
use domain::money::Rate;
use rust_decimal::Decimal;

pub(super) fn of_invoice(invoice: wire::Invoice<'_>, decline: Option<Decline>) -> Result<InvoiceSeen, Malformed> {
    let currency = invoice.currency_code.as_deref();
    let amount = |units: Option<i64>| units.zip(currency).map(|(units, currency)| minor(units, currency)).transpose();
    let is_failed = |payment: &&wire::LinkedPayment<'_>| {
        matches!(payment.txn_status.as_deref(), Some("failure" | "timeout" | "late_failure"))
    };
    let failed = || invoice.linked_payments.iter().flatten().filter(is_failed);
    let status = match invoice.status.as_deref() {
        _ if invoice.deleted => Some(InvoiceStatus::Void),
        // What was written off is called paid as well.
        Some("paid") if invoice.write_off_amount.is_some_and(|amount| amount > 0) => Some(InvoiceStatus::Uncollectible),
        Some("paid") => Some(InvoiceStatus::Paid),
        Some("posted" | "payment_due" | "not_paid") => Some(InvoiceStatus::Open),
        Some("voided") => Some(InvoiceStatus::Void),
        Some("pending") => Some(InvoiceStatus::Draft),
        _ => None,
    };
    Ok(InvoiceSeen {
        as_of: invoice.resource_version.map(millis).transpose()?,
        number: None,
        status,
        total: amount(invoice.total)?,
        tax: amount(invoice.tax)?,
        remaining: amount(invoice.amount_due)?,
        credited: amount(invoice.credits_applied.filter(|credited| *credited > 0))?,
        subscription: invoice.subscription_id.as_ref().map(|id| id.to_string()),
        created_at: invoice.date.map(seconds).transpose()?,
        due_on: invoice.due_date.map(seconds).transpose()?.map(date),
        attempts: invoice.linked_payments.as_ref().and_then(|_| u32::try_from(failed().count()).ok()),
        next_try: match (invoice.next_retry_at, invoice.dunning_status.as_deref()) {
            (Some(at), _) => Some(NextTry::At(seconds(at)?)),
            (None, Some("exhausted" | "stopped" | "success")) => Some(NextTry::Never),
            (None, None) if matches!(status, Some(InvoiceStatus::Paid | InvoiceStatus::Void)) => Some(NextTry::Never),
            _ => None,
        },
        failed_at: failed().filter_map(|payment| payment.txn_date).min().map(seconds).transpose()?,
        decline,
        paid_at: invoice.paid_at.map(seconds).transpose()?,
        lines: invoice
            .line_items
            .zip(currency)
            .map(|(lines, currency)| lines.into_iter().map(|it| line(it, currency)).collect())
            .transpose()?,
        id: invoice.id.into(),
        ..InvoiceSeen::default()
    })
}

fn line(line: wire::Line<'_>, currency: &str) -> Result<Line, Malformed> {
    let amount = |units: Option<i64>| units.map(|units| minor(units, currency)).transpose();
    Ok(Line {
        id: line.id.map(String::from).unwrap_or_default(),
        price: line.entity_id.map(String::from),
        // Chargebee says of a prorated line only that it is, in its text.
        proration: line.description.as_deref().is_some_and(|text| text.contains("Prorated")),
        text: line.description,
        role: line.entity_type.as_deref().and_then(|kind| {
            Some(match kind {
                "plan" | "plan_setup" | "plan_item_price" => Role::Plan,
                "addon" | "addon_item_price" => Role::Addon,
                "adhoc" | "charge_item_price" => Role::OneOff,
                _ => return None,
            })
        }),
        unit: line
            .unit_amount_in_decimal
            .as_deref()
            .and_then(|text| rate_major(text, currency))
            .or_else(|| minor(line.unit_amount?, currency).ok().map(Rate::from)),
        quantity: line.quantity.map(Decimal::from),
        amount: minor(line.amount, currency)?,
        tax: amount(line.tax_amount)?,
        discount: amount(line.discount_amount.filter(|discount| *discount != 0))?,
        from: line.date_from.map(seconds).transpose()?,
        to: line.date_to.map(seconds).transpose()?,
        subscription: line.subscription_id.map(String::from),
    })
}

pub(super) fn of_credit_note(note: wire::CreditNote<'_>) -> Result<Option<Seen>, Malformed> {
    let Some(invoice) = note.reference_invoice_id.map(String::from) else { return Ok(None) };
    let total =
        note.total.zip(note.currency_code.as_deref()).map(|(units, currency)| minor(units, currency)).transpose()?;
    let status = match note.status.as_deref() {
        _ if note.deleted => Some(CreditNoteStatus::Void),
        Some("adjusted" | "refunded") => Some(CreditNoteStatus::Settled),
        Some("refund_due" | "pending") => Some(CreditNoteStatus::Issued),
        Some("voided") => Some(CreditNoteStatus::Void),
        _ => None,
    };
    Ok(Some(Seen::CreditNote(CreditNoteSeen {
        id: note.id.into(),
        as_of: note.resource_version.map(millis).transpose()?,
        invoice,
        total,
        status,
        reason: note.reason_code.or(note.create_reason_code).map(String::from),
        created_at: note.date.map(seconds).transpose()?,
    })))
}
