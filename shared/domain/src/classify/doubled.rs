//! Does one customer pay for one plan twice?

use super::{ClassifyPolicy, Finding, Scene, Standing, span};
use crate::book::{Head, SubscriptionLine, Touched};
use crate::case::{Case, Class, Evidence};
use crate::classify::desk::{Desk, Elsewhere};
use crate::event::{Event, SubscriptionStatus};
use crate::id::CaseId;
use jiff::SignedDuration;

const ELSEWHERE: &str = "The first belongs to an account with the same address";

/// Which subscriptions to look at after an event: all of the account, once it said something about any of them.
pub(super) fn at_issue<'a>(touched: &Touched, head: &'a Head) -> impl Iterator<Item = &'a str> {
    let said = !touched.subscriptions.is_empty();
    head.book.subscriptions.keys().filter(move |_| said).map(String::as_str)
}

pub(super) fn is_open(id: &str, desk: &Desk) -> bool {
    first_of(id, desk).is_some()
}

/// Whether a subscription has just begun, so that it is worth looking for the same one elsewhere.
pub(super) fn has_begun(event: &Event, touched: &Touched, policy: &ClassifyPolicy) -> bool {
    let recent = event.at - SignedDuration::from_hours(policy.duplicates.subscription_hours);
    touched.subscriptions.values().any(|it| it.started_at.copied() >= Some(recent) && it.items.value().is_some())
}

fn runs(line: &SubscriptionLine) -> bool {
    use SubscriptionStatus::{Active, PastDue, Trial};
    matches!(line.status, Some(Active | PastDue | Trial)) && line.ends_at.is_none()
}

/// The earlier running subscription to the same plan at the same price, of this account or of one with the same address.
fn first_of<'a>(id: &str, desk: &'a Desk) -> Option<(&'a str, &'a SubscriptionLine, Option<&'a Elsewhere>)> {
    let own = desk.head.book.subscriptions.get(id).filter(|line| runs(line) && line.plan.is_some())?;
    let same = |line: &SubscriptionLine| {
        runs(line) && line.plan == own.plan && line.price == own.price && line.interval == own.interval
    };
    let here = desk
        .head
        .book
        .subscriptions
        .iter()
        .filter(|(other, _)| *other != id)
        .map(|(other, line)| (other.as_str(), line, None));
    let there = desk.beside.elsewhere.iter().map(|it| (it.subscription.as_str(), &it.line, Some(it)));
    here.chain(there).find(|(other, line, _)| same(line) && (line.started_at, *other) < (own.started_at, id))
}

pub(super) fn standing(scene: Scene<'_>, id: &str, desk: &Desk) -> Standing {
    let second = &desk.head.book.subscriptions[id];
    let Some((first, first_line, elsewhere)) = first_of(id, desk) else {
        // The other account's subscriptions are read only when one begins here.
        let case = desk.cases.get(&CaseId::of(&desk.head.account, Class::DuplicateSubscription.name(), id));
        let beyond_sight = case.is_some_and(|case| case.evidence.iter().any(|it| it.label == ELSEWHERE));
        return if runs(second) && beyond_sight {
            Standing::AsItIs
        } else {
            Standing::Over("one subscription is left")
        };
    };
    let apart = second.started_at.zip(first_line.started_at).map(|(second, first)| second.duration_since(first));
    let close =
        apart.is_some_and(|apart| apart <= SignedDuration::from_hours(scene.policy.duplicates.subscription_hours));
    let verdict = scene.policy.found(if close { Finding::TwoOnOnePlan } else { Finding::TwoOnOnePlanApart });
    let mut case = Case::found(scene, &desk.head, Class::DuplicateSubscription, id, verdict);
    let began = |line: &SubscriptionLine| {
        line.started_at.map_or_else(|| "start not known".to_owned(), |at| format!("since {at}"))
    };
    case.evidence = vec![
        Evidence::new("Plan", second.plan.clone().unwrap_or_default(), id),
        Evidence::new("First subscription", began(first_line), first),
        Evidence::new("Second subscription", began(second), id),
    ];
    case.evidence.extend(elsewhere.map(|it| Evidence::new(ELSEWHERE, &it.customer, it.account.as_str())));
    case.evidence.extend(apart.map(|apart| Evidence::new("Apart", span(apart), id)));
    for (line, of) in [(first_line, first), (second, id)] {
        case.evidence.extend(line.quantity.map(|quantity| Evidence::new("Seats", quantity, of)));
    }
    case.evidence.extend(second.mrr.map(|mrr| Evidence::new("Paid for it in a month", mrr, id)));
    case.fill(second.mrr, "", "");
    Standing::Open(Box::new(case))
}
