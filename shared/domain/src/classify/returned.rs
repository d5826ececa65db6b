//! What was billed too much: how does the customer get it? What was paid goes back; what is not paid yet cannot, and is
//! credited.

use super::{Scene, twice};
use crate::action::{BUNDLE_MAX, Kind};
use crate::book::{Due, Invoice, PaymentLine};
use crate::classify::desk::Desk;
use crate::classify::rebuild::Checked;
use crate::event::{CreditNoteStatus, PaymentStatus};
use crate::money::{Currency, Money};

/// What was billed beyond what was agreed and has not gone back since, by a refund or a credit note.
pub(super) fn left_over(scene: Scene<'_>, beyond: Money, lines: &[Checked], invoice: &Invoice, desk: &Desk) -> Money {
    let over = with_tax(beyond, lines, invoice);
    let notes = invoice.credit_notes.values().filter(|note| note.status.copied() != Some(CreditNoteStatus::Void));
    let credited = notes.filter_map(|note| note.total.copied());
    let returned = payments(scene, invoice, desk).filter_map(|payment| payment.given_back);
    let gone = credited.chain(returned).filter(|gone| gone.currency() == over.currency());
    gone.fold(over, Money::minus)
}

/// How so much of an invoice is returned, in this order: never more than a payment still has, and nothing where nobody
/// said how much is still to be paid.
pub(super) fn returned(scene: Scene<'_>, over: Money, invoice: &Invoice, desk: &Desk) -> Vec<Kind> {
    let unpaid = match invoice.due() {
        Due::Open(Some(remaining)) if remaining.currency() == over.currency() => remaining,
        Due::Paid => Money::zero(over.currency()),
        _ => return Vec::new(),
    };
    let credit = over.min(unpaid);
    let refunds = refunds(scene, over.minus(credit), invoice, desk);
    let credit = credit.is_positive().then_some(Kind::Credit { amount: credit });
    refunds.into_iter().chain(credit).collect()
}

/// Which of it goes back and which is credited, for whoever approves it.
pub(super) fn how(kinds: &[Kind]) -> String {
    let mut said = Vec::new();
    for kind in kinds {
        match kind {
            Kind::Refund { payment, amount } => said.push(format!("refund {amount} of {payment}")),
            Kind::Credit { amount } => said.push(format!(
                "credit {amount} that is not paid yet: the next invoice takes it, and this one stays as it is"
            )),
            _ => {}
        }
    }
    said.join(", and ")
}

/// Several are decided together.
pub(super) fn together(mut kinds: Vec<Kind>) -> Option<Kind> {
    if kinds.len() > 1 { Some(Kind::Bundle { actions: kinds }) } else { kinds.pop() }
}

/// The tax of an invoice, where it comes on top of its lines.
pub(super) fn tax_on_top(lines: &[Checked], invoice: &Invoice) -> Option<Money> {
    let (total, tax) = invoice.total.copied().zip(invoice.tax.copied())?;
    let net = net(lines, total.currency());
    (tax.currency() == total.currency() && net.is_positive() && net.plus(tax) == total).then_some(tax)
}

/// Every line is in the currency of the total: others are not rebuilt.
fn net(lines: &[Checked], currency: Currency) -> Money {
    lines.iter().fold(Money::zero(currency), |sum, line| sum.plus(line.billed))
}

/// Tax goes back in proportion, where it comes on top of the lines.
fn with_tax(beyond: Money, lines: &[Checked], invoice: &Invoice) -> Money {
    let part = tax_on_top(lines, invoice)
        .and_then(|tax| beyond.amount().checked_mul(tax.amount())?.checked_div(net(lines, beyond.currency()).amount()));
    part.map_or(beyond, |part| beyond.plus(Money::rounded(part, beyond.currency())))
}

/// What paid it, as far as the head remembers, the latest last. What was taken once more is none of that: it goes back with
/// a case of its own.
fn payments<'a>(
    scene: Scene<'a>,
    invoice: &'a Invoice,
    desk: &'a Desk,
) -> impl DoubleEndedIterator<Item = &'a PaymentLine> {
    let book = &desk.head.book;
    let paid = move |line: &&PaymentLine| {
        line.status == Some(PaymentStatus::Succeeded)
            && book.invoice_of(line) == Some(invoice.id.as_str())
            && !twice::is_once_more(line, invoice, desk, scene.policy)
    };
    book.payments.iter().filter(paid)
}

/// So much of what was paid, the latest payment first: none is asked for more than it still has.
fn refunds(scene: Scene<'_>, paid: Money, invoice: &Invoice, desk: &Desk) -> Vec<Kind> {
    let (mut rest, mut refunds) = (paid, Vec::new());
    let left = |payment: &PaymentLine| payment.left().filter(|left| left.currency() == paid.currency());
    let holding = payments(scene, invoice, desk).rev().filter_map(|payment| Some((payment, left(payment)?)));
    for (payment, left) in holding.take(REFUNDS_MAX) {
        let amount = rest.min(left);
        if amount.is_positive() {
            refunds.push(Kind::Refund { payment: payment.payment.clone(), amount });
            rest = rest.minus(amount);
        }
    }
    refunds
}

/// A bundle holds a change of plan and a credit beside them.
const REFUNDS_MAX: usize = BUNDLE_MAX - 2;
