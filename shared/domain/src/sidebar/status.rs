//! How the account stands: access, what was paid and what comes next, what failed, what is disputed.

use super::bought::renews;
use super::{Basis, Dispute, Paid, Status, Upcoming, sum};
use crate::book::entitlement::entitlement;
use crate::book::{Head, SubscriptionLine, tries};
use crate::event::{PaymentStatus, Role};
use crate::money::{Currency, Money};
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;

pub(super) fn status(
    head: &Head,
    running: Option<&SubscriptionLine>,
    main: Option<Currency>,
    now: Timestamp,
    same_try: SignedDuration,
) -> Status {
    let figures = &head.book.figures;
    let last_payment = head.book.payments.iter().rev().find(|line| line.status == Some(PaymentStatus::Succeeded));
    Status {
        entitlement: entitlement(head, now),
        last_payment: last_payment.map(|line| Paid { at: line.at, amount: line.amount, payment: line.payment.clone() }),
        next_invoice: running.and_then(next_invoice),
        outstanding: sum(&figures.outstanding, main).filter(|_| figures.unpriced == 0),
        failures_12m: failures_since(head, now - SignedDuration::from_hours(365 * 24)),
        failed_tries: failed_tries(head, last_payment.map(|line| line.at), same_try),
        disputes: disputes(head),
        more_disputes: head.book.more_disputes(),
    }
}

/// What the provider says of it, or else what the plan and its add-ons of the same interval will come to before tax:
/// nothing, where a discount or a price that is not known makes it another amount.
pub fn next_invoice(line: &SubscriptionLine) -> Option<Upcoming> {
    let at = line.renews_at.filter(|_| renews(line))?;
    if let Some(told) = line.upcoming {
        return Some(Upcoming { at, amount: Some(told), amount_from: Some(Basis::Provider) });
    }
    let amount = each_interval(line);
    Some(Upcoming { at, amount, amount_from: amount.map(|_| Basis::Plan) })
}

/// What the plan and the add-ons of its interval come to, before tax: nothing, where a discount or a price that is not
/// known makes it another amount.
pub(super) fn each_interval(line: &SubscriptionLine) -> Option<Money> {
    let price = line.price.filter(|_| !line.discounted)?;
    let addons = line.addons.iter().filter(|item| item.interval == line.interval && item.role == Role::Addon);
    let all = addons.map(|item| Some((item.unit?, item.quantity))).chain([Some((price, line.quantity.unwrap_or(1)))]);
    let items = all.collect::<Option<Vec<_>>>()?;
    let amounts = items.iter().map(|(unit, quantity)| unit.amount() * Decimal::from(*quantity));
    Some(Money::rounded(amounts.fold(Decimal::ZERO, |sum, amount| sum + amount), price.currency()))
}

pub(super) fn failures_since(head: &Head, since: Timestamp) -> i64 {
    let first = since.strftime("%Y-%m").to_string();
    head.book.figures.failures.range(first..).map(|(_, count)| count).sum()
}

fn failed_tries(head: &Head, since: Option<Timestamp>, same_try: SignedDuration) -> usize {
    tries(&head.book.tries, same_try)
        .iter()
        .filter(|told| since.is_none_or(|since| told.iter().all(|told| told.at > since)))
        .count()
}

fn disputes(head: &Head) -> Vec<Dispute> {
    let lines = head.book.disputes.iter();
    lines
        .map(|(id, line)| Dispute {
            id: id.clone(),
            payment: line.payment.clone(),
            amount: line.amount,
            status: line.status.name(),
            formal: line.formal,
            evidence_due_at: line.evidence_due_at,
        })
        .collect()
}
