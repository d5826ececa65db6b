//! A person has said that a payment is for an invoice that nobody was asked for because of a ticket, and its provider
//! does not know that: the invoice is held, and somebody marks it as paid there.

use super::laid::{ELSEWHERE, GIVEN_BACK, Laid, Read};
use super::net;
use crate::context::Context;
use crate::task;
use domain::book::{Due, Head, Invoice, PaymentLine};
use domain::cash::{Received, Target, stands_for};
use domain::event::PaymentStatus;
use domain::id::{AccountId, ReceivedId};
use domain::money::Money;
use domain::staff::MACHINE;
use domain::task::{About, Task};
use std::collections::BTreeSet;

/// How many such payments the head of an account names: whoever asks for an invoice reads all of them.
const CAME_MAX: usize = 6;

/// Whether its provider may still ask for an invoice.
fn is_waiting(invoice: &Invoice) -> bool {
    matches!(invoice.due(), Due::Open(_) | Due::NotYet)
}

/// Why a payment cannot stand for an invoice.
pub(super) fn refused(invoice: &Invoice, amount: Money, head: Option<&Head>) -> Option<&'static str> {
    if !is_waiting(invoice) {
        return None;
    }
    let own = invoice.remaining.copied().or(invoice.total.copied()).map(Money::currency);
    if own.is_some_and(|own| own != amount.currency()) {
        return Some(
            "that invoice is in another currency; mark it as paid at the provider, and say that this is for nothing",
        );
    }
    let is_full = head.is_some_and(|head| head.came.len() >= CAME_MAX);
    is_full.then_some("too many payments of this account wait to be marked as paid at the provider; do that first")
}

/// Notes that a payment is for an invoice, as was just said, with the task that comes of it.
pub(super) fn note(context: &Context, (account, payment): (&AccountId, &str), invoice: &Invoice, after: &mut Laid) {
    let open = match invoice.due() {
        Due::Open(open) => open,
        Due::NotYet => None,
        Due::Paid | Due::Withdrawn => return,
    };
    let (Some(head), Some(received)) = (after.heads.get_mut(account), after.received.get_mut(payment)) else { return };
    if let Some(ended) = &mut received.ended {
        ended.open = open;
    }
    head.came.insert(received.id.clone());
    let task = mark(context, account, invoice, &after.received);
    after.tasks.insert(task.id.clone(), task);
}

/// Forgets what its provider shows by now, and what was given back.
pub(super) fn go_on(context: &Context, read: &Read, account: &AccountId, after: &mut Laid) {
    let Some(head) = after.heads.get_mut(account).filter(|head| !head.came.is_empty()) else { return };
    let mut left: BTreeSet<String> = BTreeSet::new();
    for received in after.received.values_mut() {
        if head.came.contains(&received.id)
            && let Some(other) = booked(read, account, received)
        {
            left.extend(received.invoice().map(str::to_owned));
            head.came.remove(&received.id);
            received.look_again();
            received.end(Some(Target::Invoice(other.to_owned())), MACHINE, context.clock.now());
        }
        match read.payments.get(&received.payment).map(net) {
            Some(Some(amount)) if head.came.contains(&received.id) => received.amount = amount,
            Some(None) => drop(head.came.remove(&received.id)),
            _ => {}
        }
    }
    let is_named = |received: &&Received| head.came.contains(&received.id);
    let came: Vec<Received> = after.received.values().filter(is_named).cloned().collect();
    let mut over: BTreeSet<ReceivedId> = BTreeSet::new();
    for invoice in read.billed.values() {
        let is_its = |received: &&Received| received.invoice() == Some(invoice.id.as_str());
        let own: Vec<&Received> = came.iter().filter(is_its).collect();
        let is_draft = invoice.due() == Due::NotYet;
        if stands_for(&came, invoice) || is_draft && !own.is_empty() {
            continue;
        }
        over.extend(own.iter().map(|received| received.id.clone()));
        let about = About::MarkPaid { invoice: invoice.id.clone() };
        let Some(task) = after.tasks.get_mut(&about.task(account)) else { continue };
        if let Some(line) = collected(head, invoice, &own) {
            *task = twice(context, account, invoice, line);
            continue;
        }
        let (done, why) = if !own.is_empty() {
            (true, "its provider shows it")
        } else if left.contains(&invoice.id) {
            (false, ELSEWHERE)
        } else {
            (false, GIVEN_BACK)
        };
        if let Some(ended) = task.clone().ended(done, MACHINE, why, context.clock.now()) {
            *task = ended;
        }
    }
    head.came.retain(|id| !over.contains(id));
}

/// On which other invoice than a person said its provider books a payment: there it counts.
fn booked<'a>(read: &'a Read, account: &AccountId, received: &Received) -> Option<&'a str> {
    let shown = match read.payments.get(&received.payment) {
        Some(payment) => read.invoice_of(account, payment),
        None => read.shown_on(account, &received.payment),
    };
    shown.filter(|other| received.invoice() != Some(*other))
}

/// What the provider collected for an invoice since somebody said that its money had come.
fn collected<'a>(head: &'a Head, invoice: &Invoice, own: &[&Received]) -> Option<&'a PaymentLine> {
    let since = own.iter().filter_map(|received| Some(received.ended.as_ref()?.at)).min()?;
    let is_own = |line: &PaymentLine| own.iter().any(|received| received.payment == line.payment);
    head.book.payments.iter().find(|line| {
        let is_paid = line.status == Some(PaymentStatus::Succeeded) && line.at >= since;
        is_paid && head.book.invoice_of(line) == Some(invoice.id.as_str()) && !is_own(line)
    })
}

fn mark<'a>(
    context: &Context,
    account: &AccountId,
    invoice: &Invoice,
    received: impl IntoIterator<Item = (&'a String, &'a Received)>,
) -> Task {
    let own = received.into_iter().map(|(_, received)| received);
    let own = own.filter(|received| received.invoice() == Some(invoice.id.as_str()));
    let payments: Vec<_> = own.map(|it| format!("{} by payment {}", it.amount, it.payment)).collect();
    let (number, payments) = (invoice.number.value().unwrap_or(&invoice.id), payments.join(", "));
    let what = format!("Mark invoice {number} as paid: {payments}");
    let steps = format!(
        "Somebody said that this is for invoice {}, and its provider does not know that: {payments}. Ask on the account's page \
         for it to be marked as paid, or mark it there yourself as paid outside of the provider. Until it shows that, nobody is charged or asked for it, and nothing is taken because of it. Where \
         the money is for something else, say that this was not done: the invoice is asked for again, and the payment stands \
         among the unmatched payments. This task ends by itself.",
        invoice.id,
    );
    task::open(context, account, About::MarkPaid { invoice: invoice.id.clone() }, what, steps)
}

fn twice(context: &Context, account: &AccountId, invoice: &Invoice, line: &PaymentLine) -> Task {
    let number = invoice.number.value().unwrap_or(&invoice.id);
    let what = format!("Decide about invoice {number}, which was paid twice");
    let steps = format!(
        "Somebody said that money which came past the provider is for invoice {}, and the provider has collected it as well, by \
         payment {}. Ask the customer whether one of them is for something else, or ask for a refund on the account's page. \
         Nothing goes back by itself.",
        invoice.id, line.payment,
    );
    task::open(context, account, About::MarkPaid { invoice: invoice.id.clone() }, what, steps)
}
