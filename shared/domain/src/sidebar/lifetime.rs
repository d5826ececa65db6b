//! What the customer has been worth, and whether they may leave.

use super::status::failures_since;
use super::told::capital;
use super::{Lifetime, on, sum};
use crate::book::entitlement::{Entitlement, entitlement};
use crate::book::{Head, SubscriptionLine};
use crate::event::{Card, SubscriptionStatus};
use crate::money::Currency;
use jiff::{SignedDuration, Timestamp};

pub(super) fn lifetime(
    head: &Head,
    running: Option<&SubscriptionLine>,
    main: Option<Currency>,
    now: Timestamp,
) -> Lifetime {
    let mrr = mrr_is_known(head).then(|| sum(&head.book.figures.mrr, main)).flatten();
    let (churn_risk, churn_reasons) = churn(head, running, now);
    let revenue = sum(&head.book.figures.revenue, main);
    Lifetime {
        revenue,
        revenue_covers: revenue.map(|_| covers(head)),
        months_active: head.since().map(|since| months_between(since, now)),
        mrr,
        arr: mrr.map(|mrr| mrr.times(12)),
        churn_risk,
        churn_reasons,
    }
}

/// Of what the revenue is the sum: what a provider never told, nobody can add up.
fn covers(head: &Head) -> String {
    let until = head.book.last_event_at.map(|at| format!(" until {}", on(at))).unwrap_or_default();
    format!(
        "every payment that {} told of{until}, less what went back and what banks took; what was paid before counts once \
         its lists were read",
        capital(&head.provider)
    )
}

/// Some providers send no prices: then nothing is said, instead of nought.
fn mrr_is_known(head: &Head) -> bool {
    use SubscriptionStatus::{Active, PastDue, Unpaid};
    let pays = |line: &&SubscriptionLine| matches!(line.status, Some(Active | PastDue | Unpaid));
    let lines = &head.book.subscriptions;
    !lines.is_empty() && lines.values().filter(pays).all(|line| line.mrr.is_some())
}

fn months_between(since: Timestamp, now: Timestamp) -> i32 {
    let (since, now) = (since.to_zoned(jiff::tz::TimeZone::UTC), now.to_zoned(jiff::tz::TimeZone::UTC));
    since.until((jiff::Unit::Month, &now)).map_or(0, |span| span.get_months()).max(0)
}

fn churn(head: &Head, running: Option<&SubscriptionLine>, now: Timestamp) -> (Option<&'static str>, Vec<String>) {
    let Some(running) = running else { return (None, Vec::new()) };
    let mut high = Vec::new();
    let mut medium = Vec::new();
    if running.ends_at.is_some() {
        high.push("the subscription is set to end".to_owned());
    }
    if matches!(entitlement(head, now), Some(Entitlement::Restricted | Entitlement::Suspended)) {
        high.push("access is restricted or suspended".to_owned());
    }
    if running
        .contract_ends_at
        .is_some_and(|end| end >= now && end.duration_since(now) <= SignedDuration::from_hours(60 * 24))
    {
        medium.push("the contract ends within 60 days".to_owned());
    }
    if failures_since(head, now - SignedDuration::from_hours(90 * 24)) > 0 {
        medium.push("a payment failed in the last 90 days".to_owned());
    }
    if let (Some(card), Some(renews_at)) = (head.book.card(), running.renews_at)
        && expires_before(card, renews_at)
    {
        medium.push("the card expires before the next invoice".to_owned());
    }
    let risk = match (high.is_empty(), medium.is_empty()) {
        (false, _) => "high",
        (true, false) => "medium",
        (true, true) => "low",
    };
    high.append(&mut medium);
    (Some(risk), high)
}

fn expires_before(card: &Card, at: Timestamp) -> bool {
    let date = at.to_zoned(jiff::tz::TimeZone::UTC).date();
    let (Some(year), Some(month)) = (card.exp_year, card.exp_month) else { return false };
    (i32::from(year), i32::from(month)) < (i32::from(date.year()), i32::from(date.month()))
}
