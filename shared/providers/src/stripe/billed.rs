//! Stripe's invoices and credit notes, as sightings.

use super::Read;
use super::amount::{money, scaled};
use super::bought::unit;
use super::wire::{self, Object, Reference};
use crate::Malformed;
use crate::value::{date, seconds};
use domain::event::{
    CreditNoteSeen, CreditNoteStatus, InvoiceSeen, InvoiceStatus, Kind, Line, LinkSeen, NextTry, PaymentSeen, Role,
    Seen, SubscriptionSeen,
};
use jiff::Timestamp;
use rust_decimal::Decimal;

pub(super) fn invoice(
    invoice: Object<'_>,
    kind: Kind,
    at: Timestamp,
    failed_at: Option<Timestamp>,
    deleted: bool,
) -> Result<Read, Malformed> {
    let currency = invoice.currency.as_deref();
    let amount = |minor: Option<i64>| minor.zip(currency).map(|(minor, currency)| money(minor, currency)).transpose();
    let status = match invoice.status.as_deref() {
        _ if deleted => Some(InvoiceStatus::Void),
        Some("draft") => Some(InvoiceStatus::Draft),
        Some("open") => Some(InvoiceStatus::Open),
        Some("paid") => Some(InvoiceStatus::Paid),
        Some("uncollectible") => Some(InvoiceStatus::Uncollectible),
        Some("void") => Some(InvoiceStatus::Void),
        Some(_) => None,
        None => match (invoice.paid, invoice.closed) {
            (Some(true), _) => Some(InvoiceStatus::Paid),
            (_, Some(true)) => Some(InvoiceStatus::Void),
            (Some(false), _) => Some(InvoiceStatus::Open),
            _ => None,
        },
    };
    let paid = status == Some(InvoiceStatus::Paid);
    let remaining =
        if paid { invoice.amount_remaining.or(Some(0)) } else { invoice.amount_remaining.or(invoice.amount_due) };
    let parent = invoice.parent.and_then(|parent| parent.subscription_details).and_then(|details| details.subscription);
    let paid_at = invoice.status_transitions.and_then(|transitions| transitions.paid_at).map(seconds).transpose()?;
    let balances = invoice.ending_balance.zip(invoice.starting_balance);
    let seen = InvoiceSeen {
        id: invoice.id.as_deref().unwrap_or_default().to_owned(),
        number: invoice.number,
        status,
        total: amount(invoice.total)?,
        tax: amount(taxes(invoice.total_taxes).or_else(|| taxes(invoice.total_tax_amounts)).or(invoice.tax))?,
        remaining: amount(remaining)?,
        credited: amount(
            balances.and_then(|(ending, starting)| ending.checked_sub(starting)).filter(|credited| *credited > 0),
        )?,
        subscription: parent.or(invoice.subscription).as_ref().map(Reference::id),
        lines: invoice
            .lines
            .filter(|lines| !lines.has_more)
            .zip(currency)
            .map(|(lines, currency)| lines.data.into_iter().map(|it| line(it, currency)).collect())
            .transpose()?,
        created_at: invoice.created.or(invoice.date).map(seconds).transpose()?,
        due_on: invoice.due_date.map(seconds).transpose()?.map(date),
        attempts: invoice.attempt_count,
        next_try: match invoice.next_payment_attempt {
            Some(Some(next)) => Some(NextTry::At(seconds(next)?)),
            Some(None) => Some(NextTry::Never),
            None => None,
        },
        pay_link: invoice.hosted_invoice_url,
        failed_at,
        paid_at: paid_at.or((kind == Kind::InvoicePaid).then_some(at)),
        ..InvoiceSeen::default()
    };
    // Until basil an invoice named its intent.
    let intent = invoice.payment_intent.as_ref().map(Reference::id);
    let link = intent.map(|intent| Seen::Link(LinkSeen { intent, invoice: seen.id.clone() }));
    let mut all = vec![Seen::Invoice(seen)];
    all.extend(link);
    Ok((invoice.customer.as_ref().map(Reference::id), all))
}

/// What the next invoice will come to.
pub(super) fn upcoming(invoice: &Object<'_>) -> Result<Option<Read>, Malformed> {
    let parent = invoice.parent.as_ref().and_then(|parent| parent.subscription_details.as_ref()?.subscription.as_ref());
    let Some(id) = parent.or(invoice.subscription.as_ref()).map(Reference::id) else { return Ok(None) };
    let amount = invoice
        .amount_due
        .zip(invoice.currency.as_deref())
        .map(|(minor, currency)| money(minor, currency))
        .transpose()?;
    let seen = SubscriptionSeen { id, upcoming: amount, ..SubscriptionSeen::default() };
    Ok(Some((invoice.customer.as_ref().map(Reference::id), vec![Seen::Subscription(seen)])))
}

fn taxes(taxes: Option<Vec<wire::Tax>>) -> Option<i64> {
    taxes.filter(|taxes| !taxes.is_empty())?.iter().try_fold(0_i64, |sum, tax| sum.checked_add(tax.amount))
}

fn line(line: wire::Line<'_>, currency: &str) -> Result<Line, Malformed> {
    let parent = line.parent.map(|parent| {
        let once = parent.subscription_item_details.is_none();
        (once, parent.subscription_item_details.or(parent.invoice_item_details))
    });
    let (once, details) =
        parent.map_or((line.kind.as_deref() == Some("invoiceitem"), None), |(once, details)| (once, details));
    let price = line.price.or(line.plan);
    let (details_price, details_rate) = line.pricing.map_or((None, None), |pricing| {
        (pricing.price_details.and_then(|details| details.price), pricing.unit_amount_decimal)
    });
    let amount = |minor: Option<i64>| minor.map(|minor| money(minor, currency)).transpose();
    Ok(Line {
        id: line.id.map(String::from).unwrap_or_default(),
        price: price
            .as_ref()
            .and_then(|price| price.id.as_ref().map(|id| id.to_string()))
            .or(details_price.as_ref().map(Reference::id)),
        text: line.description,
        role: once.then_some(Role::OneOff),
        unit: price.as_ref().and_then(unit).or_else(|| scaled(details_rate.as_deref()?, currency)),
        quantity: line.quantity.map(Decimal::from),
        amount: money(line.amount, currency)?,
        tax: amount(taxes(line.taxes).or_else(|| taxes(line.tax_amounts)))?,
        discount: amount(taxes(line.discount_amounts).filter(|discount| *discount != 0))?,
        proration: line.proration.or(details.as_ref().and_then(|details| details.proration)).unwrap_or(false),
        from: line.period.as_ref().and_then(|period| period.start).map(seconds).transpose()?,
        to: line.period.as_ref().and_then(|period| period.end).map(seconds).transpose()?,
        subscription: line
            .subscription
            .or(details.and_then(|details| details.subscription))
            .as_ref()
            .map(Reference::id),
    })
}

/// That an intent paid an invoice: since basil, neither of them says so itself.
pub(super) fn invoice_payment(paid: &Object<'_>) -> Option<Read> {
    let invoice = paid.invoice.as_ref()?.id();
    let payment = paid.payment.as_ref()?;
    let charge = payment.charge.as_ref().map(|charge| {
        Seen::Payment(PaymentSeen { id: charge.id(), invoice: Some(invoice.clone()), ..PaymentSeen::default() })
    });
    let link = payment
        .payment_intent
        .as_ref()
        .map(|intent| Seen::Link(LinkSeen { intent: intent.id(), invoice: invoice.clone() }));
    let seen: Vec<_> = link.into_iter().chain(charge).collect();
    (!seen.is_empty()).then_some((None, seen))
}

pub(super) fn credit_note(note: Object<'_>) -> Result<Option<Read>, Malformed> {
    let Some(invoice) = note.invoice.as_ref().map(Reference::id) else { return Ok(None) };
    let total = note.total.or(note.amount).zip(note.currency.as_deref());
    let seen = Seen::CreditNote(CreditNoteSeen {
        id: note.id.map(String::from).unwrap_or_default(),
        as_of: None,
        invoice,
        total: total.map(|(minor, currency)| money(minor, currency)).transpose()?,
        status: match note.status.as_deref() {
            Some("issued") => Some(CreditNoteStatus::Settled),
            Some("void") => Some(CreditNoteStatus::Void),
            _ => None,
        },
        reason: note.reason.map(String::from),
        created_at: note.created.map(seconds).transpose()?,
    });
    Ok(Some((note.customer.as_ref().map(Reference::id), vec![seen])))
}
