//! Playbook 2: why, how often, and what the account may still use; a new link, more time, a message, and a call after three.

use super::{Name, Play, Setting, Step, When};
use crate::book::entitlement::Entitlement;
use crate::book::{Due, Head, Invoice, tries};
use crate::decline::Family;
use crate::event::PaymentStatus;
use crate::incident::{Incident, State};
use jiff::{SignedDuration, Timestamp};

/// What is known of an invoice whose payment failed.
#[derive(Clone, Copy)]
pub struct Failing<'a> {
    pub invoice: &'a Invoice,
    pub head: &'a Head,
    pub family: &'a Family,
    /// What the customer is told of it: of an incident, nothing about their card.
    pub reason: &'a str,
    pub entitlement: Option<Entitlement>,
    pub incident: Option<&'a Incident>,
    pub same_try: SignedDuration,
}

/// Writes nothing where nothing is due, and nothing while an incident is behind it.
pub fn payment_failed(scene: Setting<'_>, failing: Failing<'_>) -> Play {
    let Failing { invoice, head, family, reason, entitlement, incident, same_try } = failing;
    let Due::Open(remaining) = invoice.due() else {
        return scene.play(Name::PaymentFailed, "Nothing is due any more: nothing is to be done.");
    };
    if let Some(incident) = incident.filter(|incident| incident.state == State::Open) {
        let mut play = scene.play(
            Name::PaymentFailed,
            format!("Wait, and write nothing: {}. It is looked into by: {}.", incident.title(), incident.owner),
        );
        play.look("part of an incident", format!("{} customers, {}", incident.accounts, incident.cause));
        return play;
    }
    let in_a_row = failures_of_account(head, same_try);
    let left = days_left(invoice, head, scene.policy.grace_days, scene.now);
    let mut play = scene.play(
        Name::PaymentFailed,
        format!("Send a link, give time, and say why: {}.", family.id.get_ref().replace('_', " ")),
    );
    play.look("reason", reason);
    play.look("failed tries in a row", in_a_row);
    play.look("account", entitlement.map_or("no subscription has begun", Entitlement::name));
    play.look("days left", left);
    let ask = |kind, amount, why: &str| Step::Ask {
        kind,
        target: invoice.id.clone(),
        amount,
        approvals: Vec::new(),
        lines: Vec::new(),
        why: why.to_owned(),
    };
    play.steps.push(ask("payment_link", remaining, "only the customer can pay in another way"));
    if matches!(entitlement, Some(Entitlement::Grace | Entitlement::Warned | Entitlement::Active))
        && left < scene.policy.grace_days
    {
        let days = scene.policy.grace_days;
        play.steps.push(ask("extend_grace", None, &format!("up to {days} days, so that there is time to act")));
    }
    let warned = in_a_row >= scene.policy.failures_in_a_row;
    let texts = &scene.policy.texts;
    let values = [
        ("amount", remaining.map(|amount| scene.reader.amount(amount)).unwrap_or_default()),
        ("invoice", invoice.number.value().unwrap_or(&invoice.id).clone()),
        ("reason", scene.reader.words(reason).to_owned()),
        ("link", invoice.pay_link.value().cloned().unwrap_or_default()),
        ("days_left", left.to_string()),
        ("tries", in_a_row.to_string()),
    ];
    play.steps.push(scene.say(
        When::Now,
        if warned { &texts.suspension_warning } else { &texts.payment_failed },
        &values,
    ));
    if warned {
        let what = format!("call the customer: {in_a_row} payments in a row have failed");
        play.steps.push(Step::Task { who: "account manager", what, due_on: scene.day(scene.policy.outreach_days) });
    }
    play.missing.extend(remaining.is_none().then(|| "the amount: the provider did not send it".to_owned()));
    play.missing.extend(invoice.pay_link.value().is_none().then(|| "a payment page for the customer".to_owned()));
    play
}

/// Failed tries of the account since anything of it was paid, whatever they were for.
fn failures_of_account(head: &Head, same_try: SignedDuration) -> usize {
    let paid = head
        .book
        .payments
        .iter()
        .filter(|line| line.status == Some(PaymentStatus::Succeeded))
        .map(|line| line.at)
        .max();
    let since = |at: Timestamp| paid.is_none_or(|paid| at > paid);
    tries(&head.book.tries, same_try).iter().filter(|told| told.iter().any(|told| since(told.at))).count()
}

/// For how many days the service goes on, until grace ends: as the provider says, or by the policy.
pub fn days_left(invoice: &Invoice, head: &Head, grace_days: i64, now: Timestamp) -> i64 {
    let line = invoice.subscription.value().and_then(|id| head.book.subscriptions.get(id));
    let by_policy = || invoice.first_failed_at.map(|at| at + SignedDuration::from_hours(24 * grace_days));
    let until = line.and_then(|line| line.grace_until).or_else(by_policy);
    until.map_or(0, |until| (until.duration_since(now).as_secs() + 86_399).div_euclid(86_400).max(0))
}
