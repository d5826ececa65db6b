//! What is shown of an invoice that is paid, sent, given up, or waited for.

use super::{Effect, days_text};
use crate::action::{Known, Line, NoPreview, PaymentPage};
use crate::book::Due;
use crate::money::Money;
use jiff::civil::Date;

pub(super) fn payment_link(known: Known<'_>, invoice: &str, amount: Option<Money>) -> Effect {
    let mut lines = vec![due(known.remaining(invoice)?, amount)];
    if known.manners.payment_page == PaymentPage::AllThatIsOwed {
        lines.push(Line::text("The page asks for", None, "all that the customer owes"));
    }
    Ok((format!("Payment link for {}invoice {invoice}", owed(amount)), lines))
}

pub(super) fn resend(known: Known<'_>, invoice: &str) -> Effect {
    Ok((format!("Send invoice {invoice} again"), vec![total(known, invoice)?]))
}

pub(super) fn tax_document(known: Known<'_>, invoice: &str) -> Effect {
    Ok((format!("Tax document of invoice {invoice}"), vec![total(known, invoice)?]))
}

pub(super) fn retry(known: Known<'_>, invoice: &str, amount: Option<Money>) -> Effect {
    let left = known.remaining(invoice)?;
    let lines = vec![due(left, left.and_then(nothing))];
    Ok((format!("Try the payment of {}invoice {invoice} again", owed(amount)), lines))
}

pub(super) fn mark_paid(known: Known<'_>, invoice: &str, amount: Money) -> Effect {
    let left = known.all_due(invoice)?;
    let lines = vec![due(Some(left), nothing(left))];
    Ok((format!("Mark {amount} of invoice {invoice} as paid by other means"), lines))
}

pub(super) fn write_off(known: Known<'_>, invoice: &str, amount: Money) -> Effect {
    let left = known.all_due(invoice)?;
    let lines = vec![due(Some(left), nothing(left)), Line::text("Invoice", Some("open"), "written off")];
    Ok((format!("Write off {amount} of invoice {invoice}"), lines))
}

pub(super) fn void(known: Known<'_>, invoice: &str, amount: Money) -> Effect {
    let left = known.all_due(invoice)?;
    let lines = vec![due(Some(left), nothing(left)), Line::text("Invoice", Some("open"), "void")];
    Ok((format!("Void invoice {invoice} over {amount}"), lines))
}

pub(super) fn extend_grace(known: Known<'_>, invoice: &str, days: u32) -> Effect {
    known.remaining(invoice)?;
    // Of those that the head does not name, the plan itself shows it when this is carried out.
    if !known.head.dunning.contains_key(invoice) && known.head.more_dunning == 0 {
        return Err(NoPreview::NoRecovery(invoice.to_owned()));
    }
    let later = format!("{} later", days_text(days));
    let lines = vec![Line::text("Next steps of the recovery", Some("as planned"), &later)];
    Ok((format!("{} more grace for invoice {invoice}", days_text(days)), lines))
}

pub(super) fn defer(known: Known<'_>, invoice: &str, days: u32, until: Date) -> Effect {
    known.remaining(invoice)?;
    let due_on = known.invoice(invoice)?.due_on.copied().map(|due_on| due_on.to_string());
    let lines = vec![Line::text("Due on", due_on.as_deref(), &until.to_string())];
    Ok((format!("Defer invoice {invoice} by {}", days_text(days)), lines))
}

fn due(amount: Option<Money>, after: Option<Money>) -> Line {
    Line::money("Remains due", amount, after)
}

fn nothing(amount: Money) -> Option<Money> {
    Some(Money::zero(amount.currency()))
}

fn owed(amount: Option<Money>) -> String {
    amount.map(|amount| format!("{amount} of ")).unwrap_or_default()
}

fn total(known: Known<'_>, id: &str) -> Result<Line, NoPreview> {
    let invoice = known.invoice(id)?;
    if invoice.due() == Due::NotYet {
        return Err(NoPreview::NotDue(id.to_owned(), "a draft"));
    }
    let total = invoice.total.copied();
    Ok(Line::money("Invoice", total, total))
}
