//! What the customer has: the plan, and the subscription with its add-ons.

use super::status::each_interval;
use super::{Addon, Plan, Subscription};
use crate::book::SubscriptionLine;
use crate::event::{Interval, SubscriptionStatus};
use crate::money::Rate;

pub(super) fn plan(line: &SubscriptionLine) -> Plan {
    Plan {
        name: line.plan.clone(),
        price: line.price.and_then(Rate::money),
        interval: line.interval.map(every),
        total: each_interval(line),
        renews_at: line.renews_at.filter(|_| renews(line)),
    }
}

fn every(interval: Interval) -> String {
    if interval.count == 1 {
        interval.unit.name().to_owned()
    } else {
        format!("{} {}s", interval.count, interval.unit.name())
    }
}

/// Whether another period begins when this one is over.
pub(super) fn renews(line: &SubscriptionLine) -> bool {
    use SubscriptionStatus::{Active, PastDue, Trial};
    let goes_on = line.ends_at.zip(line.renews_at).is_none_or(|(ends_at, renews_at)| ends_at > renews_at);
    goes_on && matches!(line.status, Some(Active | PastDue | Trial))
}

pub(super) fn subscription(line: &SubscriptionLine) -> Subscription {
    Subscription {
        started_at: line.started_at,
        contract_end: line.ends_at.or(line.contract_ends_at),
        auto_renew: line.end_is_stated.then_some(line.ends_at.is_none()),
        seats_total: line.quantity,
        addons: Some(addons(line)),
        status: line.status.map(SubscriptionStatus::name),
        trial_ends_at: line.trial_ends_at,
        resumes_at: line.resumes_at,
        ..Subscription::default()
    }
}

fn addons(line: &SubscriptionLine) -> Vec<Addon> {
    let items = line.addons.iter();
    items
        .map(|item| Addon {
            name: item.name.clone().unwrap_or_else(|| item.price.clone()),
            price: item.unit.and_then(Rate::money),
            quantity: item.quantity,
            kind: item.role.name(),
        })
        .collect()
}
