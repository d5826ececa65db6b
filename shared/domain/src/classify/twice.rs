//! Was one thing taken twice, and how did that come about?

use super::{ClassifyPolicy, Duplicates, Finding, Scene, Standing, doubled, moment, span};
use crate::action::{Kind, Reason};
use crate::book::{Head, HistoryLine, Invoice, PaymentLine, Refund, Touched};
use crate::case::{Case, Class, Evidence, Recommendation, State};
use crate::classify::desk::Desk;
use crate::event::{InvoiceStatus, Line, PaymentStatus, RefundStatus, Role};
use crate::id::CaseId;
use crate::money::Money;
use jiff::SignedDuration;

/// Which payments to look at after an event: those it spoke of, those of its invoices and subscriptions, and those of
/// the same amount as any, because an invoice that comes late may explain a payment without naming it.
pub(super) fn at_issue<'a>(touched: &Touched, head: &'a Head) -> impl Iterator<Item = &'a str> {
    let lines = &head.book.payments;
    let spoken = |line: &PaymentLine| {
        touched.payments.contains_key(&line.payment)
            || head.book.invoice_of(line).is_some_and(|invoice| touched.invoices.contains_key(invoice))
            || head.book.subscription_of(line).is_some_and(|id| touched.subscriptions.contains_key(id))
    };
    let billed = touched.invoices.values().filter_map(|invoice| invoice.total.copied());
    let amounts: Vec<_> =
        lines.iter().filter(|line| spoken(line)).filter_map(|line| line.amount).chain(billed).collect();
    lines
        .iter()
        .filter(move |line| line.amount.is_some_and(|amount| amounts.contains(&amount)))
        .map(|line| line.payment.as_str())
}

/// The invoices whose lines tell whether two payments took one thing, where they are not on the desk.
pub(super) fn compared(touched: &Touched, head: &Head, policy: &ClassifyPolicy) -> Vec<String> {
    let mut wanted = Vec::new();
    for payment in at_issue(touched, head) {
        for (first, second) in pairs(payment, head, policy) {
            let invoices = [head.book.invoice_of(first), head.book.invoice_of(second)];
            if let [Some(one), Some(other)] = invoices
                && one != other
            {
                wanted.extend(
                    [one, other].iter().filter(|id| !touched.invoices.contains_key(**id)).map(|id| (*id).to_owned()),
                );
            }
        }
    }
    wanted.sort();
    wanted.dedup();
    wanted
}

/// A payment with those that took the same from the same customer shortly before.
fn pairs<'a>(payment: &str, head: &'a Head, policy: &ClassifyPolicy) -> Vec<(&'a PaymentLine, &'a PaymentLine)> {
    let lines = &head.book.payments;
    let Some(second) = lines.iter().find(|line| line.payment == payment) else { return Vec::new() };
    let Duplicates { window_hours, watched_window_hours, .. } = policy.duplicates;
    let is_watched = head.watched_at(second.at).is_some();
    let window = SignedDuration::from_hours(if is_watched { watched_window_hours } else { window_hours });
    let earlier = |first: &&PaymentLine| {
        (first.at, &first.payment) < (second.at, &second.payment)
            && first.amount == second.amount
            && first.status == Some(PaymentStatus::Succeeded)
            && second.at.duration_since(first.at) <= window
    };
    if second.amount.is_none() || is_returned(second) {
        return Vec::new();
    }
    lines.iter().filter(earlier).filter(|first| !is_gone(first)).map(|first| (first, second)).collect()
}

/// Whether money went back, or a bank claims it: either way it is not given back once more.
fn is_returned(line: &PaymentLine) -> bool {
    line.claimed || line.given_back.is_some_and(|back| back.is_positive())
}

/// Whether all of it went back, or a bank claims it: then another payment of as much may be the one that counts.
fn is_gone(line: &PaymentLine) -> bool {
    line.claimed || (is_returned(line) && line.left().is_none())
}

/// Whether a payment of an invoice took what another had taken, and goes back for that or has: not what it was paid with.
pub(super) fn is_once_more(line: &PaymentLine, invoice: &Invoice, desk: &Desk, policy: &ClassifyPolicy) -> bool {
    let (head, id) = (&desk.head, line.payment.as_str());
    let has_case = || head.cases.contains_key(&CaseId::of(&head.account, Class::DuplicateCharge.name(), id));
    has_case()
        || is_open(id, &desk.touched, head, policy)
        || doubled::gives_back(line, desk, policy).is_some()
        || was_once_more(line, invoice, head, policy)
}

/// The same after it went back: together with another of as much, by which the invoice counts as paid, it took more than was
/// billed. That one is the earlier of both, or the one that is left.
fn was_once_more(line: &PaymentLine, invoice: &Invoice, head: &Head, policy: &ClassifyPolicy) -> bool {
    let window = SignedDuration::from_hours(policy.duplicates.window_hours);
    let billed = invoice.total.copied();
    let is_too_much =
        |amount: Money| billed.is_some_and(|it| it.currency() == amount.currency() && amount.plus(amount) > it);
    let counts = |other: &PaymentLine| {
        other.payment != line.payment
            && !is_gone(other)
            && (is_gone(line) || (other.at, &other.payment) < (line.at, &line.payment))
            && other.amount == line.amount
            && other.status == Some(PaymentStatus::Succeeded)
            && head.book.invoice_of(other) == Some(invoice.id.as_str())
            && line.at.duration_since(other.at).abs() <= window
    };
    line.amount.is_some_and(is_too_much) && head.book.payments.iter().any(counts)
}

pub(super) fn is_open(payment: &str, touched: &Touched, head: &Head, policy: &ClassifyPolicy) -> bool {
    found(payment, touched, head, policy).is_some()
}

fn found<'a>(
    payment: &str,
    touched: &Touched,
    head: &'a Head,
    policy: &ClassifyPolicy,
) -> Option<(Finding, &'a PaymentLine, &'a PaymentLine)> {
    pairs(payment, head, policy)
        .into_iter()
        .find_map(|(first, second)| Some((finding(first, second, touched, head, policy)?, first, second)))
}

/// Two invoices are two things unless they bill the same line of the same period.
fn finding(
    first: &PaymentLine,
    second: &PaymentLine,
    touched: &Touched,
    head: &Head,
    policy: &ClassifyPolicy,
) -> Option<Finding> {
    let invoices = (head.book.invoice_of(first), head.book.invoice_of(second));
    if second.status == Some(PaymentStatus::Pending) {
        // Of a direct debit it means that the money is on its way; of a card, that the bank only holds it.
        let same_card = second.card.is_some() && first.card == second.card;
        return (same_card && invoices.0 == invoices.1).then_some(Finding::HeldNotTaken);
    }
    if second.status != Some(PaymentStatus::Succeeded) {
        return None;
    }
    match invoices {
        (Some(one), Some(other)) if one == other => Some(Finding::OneInvoiceTwice),
        (Some(one), Some(other)) => {
            let lines = touched.invoices.get(one).zip(touched.invoices.get(other));
            lines.is_some_and(|(one, other)| bill_the_same(one, other)).then_some(Finding::SameLineSamePeriod)
        }
        (None, _) | (_, None) if explained(first, second, head, policy) => None,
        _ => {
            let is_near =
                second.at.duration_since(first.at) <= SignedDuration::from_hours(policy.duplicates.window_hours);
            Some(if is_near { Finding::SameAmountSameDay } else { Finding::SameAmountWatched })
        }
    }
}

fn bill_the_same(one: &Invoice, other: &Invoice) -> bool {
    let recurring = |line: &&Line| !line.proration && !matches!(line.role, Some(Role::OneOff | Role::Usage));
    let billed = |invoice: &Invoice| -> Vec<_> {
        let lines = invoice.lines.value().into_iter().flatten().filter(recurring);
        let mut lines: Vec<_> =
            lines.map(|line| (line.price.clone(), line.from, line.to, line.quantity, line.amount)).collect();
        lines.sort();
        lines
    };
    let (one, other) = (billed(one), billed(other));
    !one.is_empty()
        && one == other
        && one.iter().all(|(price, from, to, ..)| price.is_some() && from.is_some() && to.is_some())
}

/// Where payments do not name their invoices, as since Stripe's basil: does each of them have one of its own?
fn explained(one: &PaymentLine, other: &PaymentLine, head: &Head, policy: &ClassifyPolicy) -> bool {
    let until = one.at.max(other.at);
    let since = until - SignedDuration::from_hours(24 * policy.duplicates.explained_days);
    let recent = |at| at >= since && at <= until;
    let billed = |line: &&HistoryLine| {
        line.total == one.amount && line.status != Some(InvoiceStatus::Void) && recent(line.created_at)
    };
    let invoices = head.book.invoices.iter().filter(billed).count();
    let payments = head
        .book
        .payments
        .iter()
        .filter(|line| {
            line.amount == one.amount
                && line.status == Some(PaymentStatus::Succeeded)
                && !is_gone(line)
                && recent(line.at)
        })
        .count();
    invoices >= payments
}

/// The subscriptions that two payments are for, where they are two.
fn two_subscriptions<'a>(
    first: &PaymentLine,
    second: &PaymentLine,
    desk: &'a Desk,
) -> Option<(&'a String, &'a String)> {
    let invoice = |line| desk.head.book.invoice_of(line).and_then(|id| desk.touched.invoices.get(id));
    let of = |line| invoice(line).and_then(|invoice| invoice.subscription.value());
    of(first).zip(of(second)).filter(|(one, other)| one != other)
}

/// How it came about, as far as the book shows.
fn cause(first: &PaymentLine, second: &PaymentLine, desk: &Desk, policy: &ClassifyPolicy) -> Option<&'static str> {
    let book = &desk.head.book;
    let invoice = book.invoice_of(first);
    if two_subscriptions(first, second, desk).is_some() {
        return Some("double_subscription");
    }
    let slack = SignedDuration::from_mins(policy.duplicates.same_try_minutes);
    let between = |at| at >= first.at - slack && at <= second.at;
    let told_failed = book.tries.iter().any(|told| {
        told.payment.as_ref() == Some(&first.payment)
            || (between(told.at)
                && invoice.is_some()
                && told.invoice.as_deref() == invoice
                && told.payment.as_ref() != Some(&second.payment))
    });
    if told_failed {
        return Some("gateway_retry");
    }
    let one_order =
        first.intent.is_some() && first.intent == second.intent && first.card.is_some() && first.card == second.card;
    let at_once = second.at.duration_since(first.at) <= SignedDuration::from_mins(policy.duplicates.issuer_minutes);
    (one_order && at_once).then_some("issuer_duplicate")
}

/// Whether the two subscriptions that were billed began so close together that one of them is hardly meant.
fn began_together(first: &PaymentLine, second: &PaymentLine, desk: &Desk, policy: &ClassifyPolicy) -> bool {
    let Some((one, other)) = two_subscriptions(first, second, desk) else { return true };
    let began = |id: &String| desk.head.book.subscriptions.get(id).and_then(|line| line.started_at);
    let apart = began(one).zip(began(other)).map(|(one, other)| other.duration_since(one).abs());
    apart.is_some_and(|apart| apart <= SignedDuration::from_hours(policy.duplicates.subscription_hours))
}

fn words(cause: &str) -> &'static str {
    match cause {
        "double_subscription" => "each payment is for a subscription of its own to the same plan",
        "gateway_retry" => "the first was reported as failed, and tried again, though the bank had taken it",
        _ => "one order on one card at one moment: the bank booked it twice",
    }
}

/// How the evidence names the watch under which something was found.
const WATCHED: &str = "Watched";

/// That a payment came while the account was watched, because of another case.
fn watched_for(case: &Case, second: &PaymentLine, head: &Head) -> Option<Evidence> {
    let watched = head.watched_at(second.at)?;
    let because = watched.case.as_ref().filter(|because| **because != case.id)?;
    let since = watched.since.strftime("%Y-%m-%d");
    let value = format!("this account is watched since {since} because of an earlier case");
    Some(Evidence::new(WATCHED, value, because.as_str()))
}

/// The cases that open because somebody watches the account, each with whoever is told of it.
pub fn found_while_watched<'a>(before: &Desk, after: &'a Desk) -> Vec<(&'a Case, &'a str)> {
    let is_new = |case: &&Case| !before.cases.contains_key(&case.id) && case.class == Class::DuplicateCharge;
    let is_watched = |case: &Case| case.evidence.iter().any(|it| it.label == WATCHED);
    let watched = after.head.watched.as_ref();
    let cases = after.cases.values().filter(is_new).filter(|case| case.state == State::Open && is_watched(case));
    cases.filter_map(|case| Some((case, watched?.by.as_str()))).collect()
}

pub(super) fn standing(scene: Scene<'_>, payment: &str, desk: &Desk) -> Standing {
    let head = &desk.head;
    let Some((finding, first, second)) = found(payment, &desk.touched, head, scene.policy) else {
        let own = head.book.payments.iter().find(|line| line.payment == payment);
        return match own {
            Some(own) if !is_returned(own) => {
                let other = head
                    .book
                    .payments
                    .iter()
                    .any(|line| is_gone(line) && line.payment != payment && line.amount == own.amount);
                Standing::Over(if other { "the other one was given back" } else { "explained" })
            }
            // What we gave back ends when the provider confirms it; what somebody else did has ended.
            _ => {
                let whole = desk.touched.payments.get(payment);
                let theirs = |refund: &Refund| {
                    refund.status.copied() == Some(RefundStatus::Succeeded) && refund.action.value().is_none()
                };
                let by_hand = whole.is_some_and(|it| it.reserved.is_empty() && it.refunds.values().any(theirs));
                if by_hand { Standing::Over("given back") } else { Standing::AsItIs }
            }
        };
    };
    let amount = second.amount.expect("only payments with an amount are compared");
    let invoice = head.book.invoice_of(first);
    let mut case = Case::found(scene, head, Class::DuplicateCharge, &second.payment, scene.policy.found(finding));
    case.evidence = vec![
        Evidence::new("First payment", format!("{amount} at {}", moment(first.at)), &first.payment),
        Evidence::new("Second payment", format!("{amount} at {}", moment(second.at)), &second.payment),
        Evidence::new("Apart", span(second.at.duration_since(first.at)), &second.payment),
    ];
    let number = |invoice: &str| head.book.number_of(invoice).unwrap_or(invoice).to_owned();
    case.evidence.extend(invoice.map(|id| Evidence::new("Invoice of the first", number(id), id)));
    case.evidence.extend(watched_for(&case, second, head));
    let other = head.book.invoice_of(second).filter(|other| Some(*other) != invoice);
    case.evidence.extend(other.map(|id| Evidence::new("Invoice of the second", number(id), id)));
    if let (Some(one), Some(other)) = (&first.card, &second.card) {
        let same = if one == other { "the same card" } else { "two cards" };
        case.evidence.push(Evidence::new(
            "Paid with",
            format!("{same}, ending {} and {}", one.last4, other.last4),
            &second.payment,
        ));
    }
    if finding != Finding::HeldNotTaken {
        match cause(first, second, desk, scene.policy) {
            Some(cause) => {
                case.cause = Some(cause.to_owned());
                case.evidence.push(Evidence::new("Cause", words(cause), &second.payment));
            }
            None => case
                .missing
                .push("the cause: no failed try, second subscription or double booking is in the book".to_owned()),
        }
        let wanted_apart = finding == Finding::SameLineSamePeriod && !began_together(first, second, desk, scene.policy);
        let with_its_subscription = doubled::gives_back(second, desk, scene.policy)
            .filter(|id| head.book.subscription_of(first).is_some_and(|of| of != *id))
            .map(|id| Evidence::new("Goes back with the case of", id, id));
        case.recommended = (!wanted_apart && with_its_subscription.is_none()).then(|| {
            let kind = Kind::Refund { payment: second.payment.clone(), amount };
            let card = second.card.as_ref().map(|card| format!(" (card ending {})", card.last4)).unwrap_or_default();
            let (one, other) = (moment(first.at), moment(second.at));
            let note = format!("{amount} was charged at {one} and again at {other}{card}: refund the second");
            Recommendation::new(kind, Reason::DuplicateCharge, note)
        });
        case.evidence.extend(with_its_subscription);
    }
    case.fill(Some(amount), "", &second.payment);
    Standing::Open(Box::new(case))
}
