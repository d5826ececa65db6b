//! Was one thing taken twice?

use super::{ClassifyPolicy, Concern, Scene};
use crate::action::{Kind, Reason};
use crate::book::{Head, PaymentLine};
use crate::case::{Case, Class, Draft, Evidence, Recommendation, State};
use crate::event::PaymentStatus;
use crate::id::CaseId;
use jiff::SignedDuration;

/// Pairs a payment with those that took the same from the same customer within the window.
pub(super) fn pairs(payment: &str, head: &Head, policy: &ClassifyPolicy) -> Vec<Concern> {
    let window = SignedDuration::from_hours(policy.duplicates.window_hours);
    let lines = &head.book.payments;
    let Some(own) = lines.iter().find(|line| line.payment == payment) else { return Vec::new() };
    lines
        .iter()
        .filter(|other| {
            other.payment != own.payment
                && same_thing(own, other, head)
                && !explained(own, other, head, policy)
                && own.at.duration_since(other.at).abs() <= window
        })
        .map(|other| {
            let (first, second) = if (other.at, &other.payment) < (own.at, &own.payment) { (other, own) } else { (own, other) };
            let case = CaseId::of(&head.account, Class::DuplicateCharge.name(), &second.payment);
            Concern::Twice { case, first: first.clone(), second: second.clone() }
        })
        .collect()
}

/// Two invoices are two things: only payments of one invoice, or outside any, can be one thing taken twice.
fn same_thing(one: &PaymentLine, other: &PaymentLine, head: &Head) -> bool {
    let taken = |line: &PaymentLine| line.status == Some(PaymentStatus::Succeeded) && line.amount.is_some();
    let invoices_differ = matches!((head.book.invoice_of(one), head.book.invoice_of(other)), (Some(one), Some(other)) if one != other);
    let returned = |line: &PaymentLine| line.given_back.is_some_and(|back| back.is_positive());
    taken(one) && taken(other) && one.amount == other.amount && !invoices_differ && !returned(one) && !returned(other)
}

/// Where payments do not name their invoices, as since Stripe's basil: does each of them have one of its own?
fn explained(one: &PaymentLine, other: &PaymentLine, head: &Head, policy: &ClassifyPolicy) -> bool {
    if head.book.invoice_of(one).is_some() || head.book.invoice_of(other).is_some() {
        return false;
    }
    let until = one.at.max(other.at);
    let since = until - SignedDuration::from_hours(24 * policy.duplicates.explained_days);
    let recent = |at| at >= since && at <= until;
    let invoices = head.book.invoices.iter().filter(|line| line.total == one.amount && recent(line.created_at)).count();
    let payments = head
        .book
        .payments
        .iter()
        .filter(|line| line.amount == one.amount && line.status == Some(PaymentStatus::Succeeded) && recent(line.at))
        .count();
    invoices >= payments
}

/// Opens the case of a payment that was taken twice.
pub(super) fn case(scene: Scene<'_>, id: &CaseId, first: &PaymentLine, second: &PaymentLine, head: &Head) -> Case {
    let Scene { event, policy, now, .. } = scene;
    let amount = second.amount.expect("only payments with an amount are compared");
    let invoice = head.book.invoice_of(first);
    let one_invoice = invoice.is_some() && invoice == head.book.invoice_of(second);
    let (rule, confidence, why) = if one_invoice {
        ("one-invoice-twice", "0.99", "One invoice was paid twice: the second payment has nothing to pay for.")
    } else {
        ("same-amount-same-day", "0.85", "The same amount was taken twice within a day, and no second invoice explains it.")
    };
    let seconds = second.at.duration_since(first.at).as_secs();
    let mut evidence = vec![
        Evidence::new("First payment", format!("{amount} at {}", first.at), &first.payment),
        Evidence::new("Second payment", format!("{amount} at {}", second.at), &second.payment),
        Evidence::new("Apart", format!("{} h {} min", seconds / 3600, seconds % 3600 / 60), &second.payment),
    ];
    if let Some(invoice) = invoice {
        evidence.push(Evidence::new("Invoice of the first", invoice, invoice));
    }
    if let (Some(one), Some(other)) = (&first.card, &second.card) {
        let same = if one == other { "the same card" } else { "two cards" };
        evidence.push(Evidence::new("Paid with", format!("{same}, ending {} and {}", one.last4, other.last4), &second.payment));
    }
    Case {
        id: id.clone(),
        account: head.account.clone(),
        class: Class::DuplicateCharge,
        about: second.payment.clone(),
        confidence: confidence.to_owned(),
        state: State::Open,
        rule: rule.to_owned(),
        policy_version: policy.version,
        evidence,
        missing: Vec::new(),
        advice: format!("Refund the second payment of {amount} to the card it came from."),
        why: why.to_owned(),
        recommended: Some(Recommendation {
            kind: Kind::Refund { payment: second.payment.clone(), amount },
            reason: Reason::DuplicateCharge,
            note: format!("{} was charged twice; refund {}", first.payment, second.payment),
        }),
        draft_reply: Some(Draft {
            text: "duplicate_charge".to_owned(),
            amount: amount.to_string(),
            invoice: String::new(),
            payment: second.payment.clone(),
            reason: String::new(),
            link: String::new(),
        }),
        actions: Vec::new(),
        events: vec![event.id.clone()],
        opened_at: now,
        resolved_at: None,
        resolution: None,
    }
}
