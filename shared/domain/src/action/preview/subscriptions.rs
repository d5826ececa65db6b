//! What is shown of a subscription that changes, rests, or ends.

use super::{Effect, days_text};
use crate::action::change::{Effective, addons_after, each_period, plan_change, rest_of_period};
use crate::action::{Addon, EndAtOnce, Known, Line, NoPreview, When, day};
use crate::book::Subscription;
use crate::event::{Item, Stated, SubscriptionStatus};
use crate::money::Money;
use jiff::Timestamp;
use rust_decimal::Decimal;

pub(super) fn extend_trial(known: Known<'_>, subscription: &str, days: u32, until: Timestamp) -> Effect {
    let running = known.running(subscription)?;
    let on_trial = running.status.copied() == Some(SubscriptionStatus::Trial);
    let ends_at = running
        .trial_ends_at
        .copied()
        .filter(|_| on_trial)
        .ok_or_else(|| NoPreview::NotOnTrial(subscription.to_owned()))?;
    let lines = vec![Line::text("Trial ends", Some(&day(ends_at)), &day(until))];
    Ok((format!("Extend the trial of subscription {subscription} by {}", days_text(days)), lines))
}

pub(super) fn pause(known: Known<'_>, subscription: &str) -> Effect {
    let running = known.running(subscription)?;
    if running.status.copied() == Some(SubscriptionStatus::Paused) {
        return Err(NoPreview::Paused(subscription.to_owned()));
    }
    Ok((format!("Pause subscription {subscription}"), vec![status(running, "paused"), mrr(running)]))
}

pub(super) fn resume(known: Known<'_>, subscription: &str) -> Effect {
    let paused = known.running(subscription)?;
    if paused.status.copied() != Some(SubscriptionStatus::Paused) {
        return Err(NoPreview::NotPaused(subscription.to_owned()));
    }
    Ok((format!("Resume subscription {subscription}"), vec![status(paused, "active")]))
}

pub(super) fn upgrade(known: Known<'_>, subscription: &str, plan: &str, price: Money, at: Timestamp) -> Effect {
    let change = plan_change(&known, subscription, plan)?;
    let lines = change.lines(price, &change.at_once(known.manners, at)?);
    Ok((format!("Upgrade subscription {subscription} to {plan}, at once"), lines))
}

pub(super) fn downgrade(known: Known<'_>, subscription: &str, plan: &str, price: Money, at: Timestamp) -> Effect {
    let change = plan_change(&known, subscription, plan)?;
    if change.renewal()? != at {
        return Err(NoPreview::UnknownPeriod);
    }
    let lines = change.lines(price, &Effective::AtRenewal(at));
    Ok((format!("Downgrade subscription {subscription} to {plan}, from the next period on"), lines))
}

pub(super) fn change_addons(
    known: Known<'_>,
    subscription: &str,
    addons: &[Addon],
    price: Option<Money>,
    at: Timestamp,
) -> Effect {
    let running = known.running(subscription)?;
    let before = running.items.value().cloned().unwrap_or_default();
    let after = addons_after(&known, subscription, addons)?;
    let quantity =
        |price: &str| before.iter().find(|item| item.price == price).map_or(0, |item| item.quantity).to_string();
    let mut lines: Vec<_> = addons
        .iter()
        .map(|addon| Line::text(&addon.price, Some(&quantity(&addon.price)), &addon.quantity.to_string()))
        .collect();
    lines.push(each(&before, price));
    lines.extend(rest_of_period(known.manners, running, &before, &after, at)?.lines());
    Ok((format!("Change the add-ons of subscription {subscription}"), lines))
}

pub(super) fn adjust_seats(
    known: Known<'_>,
    subscription: &str,
    seats: u32,
    price: Option<Money>,
    at: Timestamp,
) -> Effect {
    let plan = known.plan(subscription)?;
    if plan.quantity == seats {
        return Err(NoPreview::Same(subscription.to_owned()));
    }
    let before = std::slice::from_ref(plan);
    let after = [Item { quantity: seats, ..plan.clone() }];
    let mut lines =
        vec![Line::text("Seats", Some(&plan.quantity.to_string()), &seats.to_string()), each(before, price)];
    lines.extend(rest_of_period(known.manners, known.running(subscription)?, before, &after, at)?.lines());
    Ok((format!("Change subscription {subscription} to {seats} seats"), lines))
}

pub(super) fn discount(known: Known<'_>, subscription: &str, percent: Decimal, price: Option<Money>) -> Effect {
    let running = known.running(subscription)?;
    let items = running.items.value().cloned().unwrap_or_default();
    let standing = running.discount.value().and_then(Stated::value);
    if standing.is_some_and(|standing| standing.percent == Some(percent)) {
        return Err(NoPreview::Same(subscription.to_owned()));
    }
    let standing = standing.map(|discount| match (discount.percent, discount.amount) {
        (Some(percent), _) => format!("{}%", percent.normalize()),
        (None, Some(amount)) => amount.to_string(),
        (None, None) => "another".to_owned(),
    });
    let discount = Line::text("Discount", Some(standing.as_deref().unwrap_or("none")), &format!("{percent}%"));
    Ok((format!("Discount of {percent}% on subscription {subscription}"), vec![discount, each(&items, price)]))
}

/// `counts_from` is when the customer asked; it was nobody's wish where there is none.
pub(super) fn cancel(known: Known<'_>, subscription: &str, when: When, counts_from: Option<Timestamp>) -> Effect {
    let running = known.running(subscription)?;
    let (what, after) = match when {
        When::Now => ("at once".to_owned(), ended(known).to_owned()),
        When::PeriodEnd => {
            if known.ends_at(running).is_some() {
                return Err(NoPreview::EndsAlready(subscription.to_owned()));
            }
            let end =
                running.renews_at.copied().map_or_else(|| "with its period".to_owned(), |at| format!("on {}", day(at)));
            (end.clone(), format!("ends {end}"))
        }
    };
    // What was charged in between is asked back, and nobody should be surprised by that.
    let counts = counts_from.map(|at| format!("{}, and later bills are asked back", at.strftime("%Y-%m-%d")));
    let counts = counts.map(|counts| Line::text("Counts from", None, &counts));
    let lines = [status(running, &after), mrr(running)].into_iter().chain(counts).collect();
    Ok((format!("Cancel subscription {subscription}, {what}"), lines))
}

pub(super) fn force_cancel(known: Known<'_>, subscription: &str) -> Effect {
    let running = known.running(subscription)?;
    let lines = vec![status(running, ended(known)), mrr(running)];
    Ok((format!("End subscription {subscription} at once, against the customer's will"), lines))
}

/// What an end at once is called.
fn ended(known: Known<'_>) -> &'static str {
    match known.manners.end_at_once {
        EndAtOnce::Ends => "ended",
        EndAtOnce::RunsOut => "cancelled; what is paid for runs out",
    }
}

fn each(before: &[Item], after: Option<Money>) -> Line {
    Line::money("Each period", each_period(before), after)
}

fn status(subscription: &Subscription, after: &str) -> Line {
    Line::text("Subscription", subscription.status.copied().map(SubscriptionStatus::name), after)
}

/// What it brings in a month, and then nothing.
fn mrr(subscription: &Subscription) -> Line {
    let before = subscription.mrr();
    Line::money("Each month", before, before.map(|before| Money::zero(before.currency())))
}
