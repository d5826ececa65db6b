//! Stripe's subscriptions, as sightings.

use super::Read;
use super::amount::{money, scaled};
use super::wire::{self, Discounts, Object, Price, Reference};
use crate::Malformed;
use crate::value::{self, seconds};
use domain::event::{Discount, Interval, IntervalUnit, Item, Role, Seen, Stated, SubscriptionSeen, SubscriptionStatus};
use domain::money::Rate;

pub(super) fn subscription(subscription: Object<'_>) -> Result<Read, Malformed> {
    let cut = subscription.items.as_ref().is_some_and(|items| items.has_more);
    let listed = subscription.items.map(|items| items.data).unwrap_or_default();
    let first = listed.first();
    let period_start = first.and_then(|item| item.current_period_start).or(subscription.current_period_start);
    let period_end = first.and_then(|item| item.current_period_end).or(subscription.current_period_end);
    let mut items: Vec<Item> = listed
        .into_iter()
        .enumerate()
        .filter_map(|(place, item)| {
            let price = item.price.or(item.plan)?;
            bought(item.id.map(String::from), &price, item.quantity, if place == 0 { Role::Plan } else { Role::Addon })
        })
        .collect();
    if items.is_empty() {
        items.extend(subscription.plan.as_ref().and_then(|plan| bought(None, plan, subscription.quantity, Role::Plan)));
    }
    let ended =
        subscription.ended_at.or(subscription.cancel_at).or(period_end.filter(|_| subscription.cancel_at_period_end));
    let paused = subscription.pause_collection.is_some();
    let status = subscription.status.as_deref().and_then(subscription_status);
    let seen = SubscriptionSeen {
        id: subscription.id.as_deref().unwrap_or_default().to_owned(),
        // Collection that is paused is a pause, although the status stays.
        status: status.map(|status| if paused && goes_on(status) { SubscriptionStatus::Paused } else { status }),
        // A list that was cut short would say that there is no more.
        items: (!items.is_empty() && !cut).then_some(items),
        discount: discount(subscription.discount, subscription.discounts)?,
        started_at: subscription.start_date.or(subscription.created).map(seconds).transpose()?,
        period_start: period_start.map(seconds).transpose()?,
        renews_at: period_end.map(seconds).transpose()?,
        trial_ends_at: subscription.trial_end.map(seconds).transpose()?,
        ends_at: Some(ended.map(seconds).transpose()?.into()),
        resumes_at: Some(
            subscription.pause_collection.and_then(|pause| pause.resumes_at).map(seconds).transpose()?.into(),
        ),
        ..SubscriptionSeen::default()
    };
    Ok((subscription.customer.as_ref().map(Reference::id), vec![Seen::Subscription(seen)]))
}

/// A schedule says what will change; the subscription's own event says so when it does.
pub(super) fn schedule(schedule: &Object<'_>) -> Read {
    let subscription =
        schedule.subscription.as_ref().map(|id| SubscriptionSeen { id: id.id(), ..SubscriptionSeen::default() });
    (schedule.customer.as_ref().map(Reference::id), subscription.map(Seen::Subscription).into_iter().collect())
}

fn bought(id: Option<String>, price: &Price<'_>, quantity: Option<u32>, role: Role) -> Option<Item> {
    let usage =
        price.recurring.as_ref().and_then(|recurring| recurring.usage_type.as_deref()).or(price.usage_type.as_deref());
    Some(Item {
        id,
        price: price.id.as_ref()?.to_string(),
        name: price.nickname.as_ref().map(|name| name.to_string()),
        role: if usage == Some("metered") { Role::Usage } else { role },
        unit: unit(price),
        quantity: quantity.unwrap_or(1),
        interval: interval(price),
    })
}

/// What one unit costs; tiers have no one price.
pub(super) fn unit(price: &Price<'_>) -> Option<Rate> {
    let currency = price.currency.as_deref()?;
    if price.billing_scheme.as_deref() == Some("tiered") {
        return None;
    }
    match price.unit_amount.or(price.amount) {
        Some(minor) => money(minor, currency).ok().map(Rate::from),
        None => scaled(price.unit_amount_decimal.as_deref().or(price.amount_decimal.as_deref())?, currency),
    }
}

fn interval(price: &Price<'_>) -> Option<Interval> {
    let (unit, count) = match &price.recurring {
        Some(recurring) => (&*recurring.interval, recurring.interval_count),
        None => (price.interval.as_deref()?, price.interval_count),
    };
    Some(Interval { unit: IntervalUnit::parse(unit)?, count: count.unwrap_or(1) })
}

/// Only what is taken off again and again counts; what is taken off once is gone with its invoice.
fn discount(one: Option<wire::Discount<'_>>, many: Discounts<'_>) -> Result<Option<Stated<Discount>>, Malformed> {
    let all = match (one, many) {
        (Some(one), _) => vec![one],
        (None, Discounts::Objects(many)) => many,
        (None, Discounts::NotSent) => Vec::new(),
        (None, Discounts::Ids) => return Ok(None),
    };
    let recurs = |coupon: &wire::Coupon<'_>| coupon.duration.as_deref() != Some("once");
    let coupon = all.into_iter().filter_map(|discount| discount.coupon).find(recurs);
    let read = |coupon: wire::Coupon<'_>| {
        let amount = coupon
            .amount_off
            .zip(coupon.currency.as_deref())
            .map(|(minor, currency)| money(minor, currency))
            .transpose()?;
        let percent = coupon.percent_off.as_ref().and_then(value::Number::decimal);
        Ok(Discount { code: coupon.id.map(String::from), percent, amount })
    };
    Ok(Some(coupon.map(read).transpose()?.into()))
}

/// Whether a subscription is charged again by itself, at some time.
fn goes_on(status: SubscriptionStatus) -> bool {
    matches!(status, SubscriptionStatus::Active | SubscriptionStatus::Trial | SubscriptionStatus::PastDue)
}

fn subscription_status(status: &str) -> Option<SubscriptionStatus> {
    Some(match status {
        "trialing" => SubscriptionStatus::Trial,
        "active" => SubscriptionStatus::Active,
        "incomplete" => SubscriptionStatus::Incomplete,
        "past_due" => SubscriptionStatus::PastDue,
        "paused" => SubscriptionStatus::Paused,
        "unpaid" => SubscriptionStatus::Unpaid,
        "canceled" | "incomplete_expired" => SubscriptionStatus::Ended,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use crate::{Provider, Reading, stripe};
    use domain::event::{Seen, SubscriptionStatus};
    use serde_json::{Value, json};

    fn status(status: &str, pause: &Value) -> Option<SubscriptionStatus> {
        let provider: &Provider = &stripe::PROVIDER;
        let object = json!({"id": "sub_1", "object": "subscription", "customer": "cus_1", "status": status, "pause_collection": pause});
        let event = json!({"id": "evt_1", "object": "event", "created": 1_772_359_200, "livemode": true, "type": "customer.subscription.updated",
            "data": {"object": object}});
        let Ok(Reading::Events(events)) = (provider.read)(event.to_string().as_bytes(), "default") else {
            panic!("{event}")
        };
        let Seen::Subscription(seen) = &events[0].seen[0] else { panic!("{events:?}") };
        seen.status
    }

    #[test]
    fn a_pause_of_collection_is_a_pause_of_whatever_would_be_collected() {
        let pause = json!({"behavior": "void", "resumes_at": null});
        for (told, running, paused) in [
            ("active", SubscriptionStatus::Active, SubscriptionStatus::Paused),
            ("trialing", SubscriptionStatus::Trial, SubscriptionStatus::Paused),
            ("past_due", SubscriptionStatus::PastDue, SubscriptionStatus::Paused),
            ("unpaid", SubscriptionStatus::Unpaid, SubscriptionStatus::Unpaid),
            ("canceled", SubscriptionStatus::Ended, SubscriptionStatus::Ended),
        ] {
            assert_eq!((status(told, &Value::Null), status(told, &pause)), (Some(running), Some(paused)), "{told}");
        }
    }
}
