//! Stripe's subscriptions, as sightings.

use super::Read;
use super::amount::{money, scaled};
use super::wire::{self, Discounts, Object, Price, Reference};
use crate::Malformed;
use crate::list::segment;
use crate::value::{self, seconds};
use domain::event::{Discount, Interval, IntervalUnit, Item, Role, Seen, Stated, SubscriptionSeen, SubscriptionStatus};
use domain::money::Rate;
use rust_decimal::Decimal;

/// Where a subscription is shown with what its discounts take off; without the question there are only their ids.
pub(super) fn with_discounts(id: &str) -> String {
    format!("/v1/subscriptions/{}?expand%5B%5D=discounts.source.coupon", segment(id))
}

/// Whether it says that there are discounts, and not what each of them takes off.
pub(super) fn hides_discounts(subscription: &Object<'_>) -> bool {
    let told = matches!(subscription.discount, Some(Some(_)));
    matches!(subscription.discounts, Discounts::Ids(count) if count > usize::from(told))
}

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
    let why = subscription.cancellation_details.and_then(|details| details.reason);
    let source = subscription.default_source.map(|card| card.id());
    let card = match subscription.default_payment_method {
        None => source.map(Stated::Is),
        Some(method) => Some(method.map(|card| card.id()).or(source).into()),
    };
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
        card,
        wished: match why.as_deref() {
            // <https://docs.stripe.com/api/subscriptions/object#subscription_object-cancellation_details-reason>
            Some("cancellation_requested") => Some(true),
            _ if ended.is_none() && status.is_some_and(|status| status != SubscriptionStatus::Ended) => Some(false),
            _ => None,
        },
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
///
/// Ids say that something is taken off and not what: that is not nothing.
fn discount(
    one: Option<Option<wire::Discount<'_>>>,
    many: Discounts<'_>,
) -> Result<Option<Stated<Discount>>, Malformed> {
    let untold = |code| Ok(Some(Stated::Is(Discount { code, percent: None, amount: None })));
    let all = match (one, many) {
        (None, Discounts::NotSent) => return Ok(None),
        (_, Discounts::Objects(many)) if !many.is_empty() => many,
        (Some(Some(one)), Discounts::Ids(2..)) => {
            return untold(one.coupon().and_then(|coupon| coupon.id).map(String::from));
        }
        (Some(Some(one)), _) => vec![one],
        (_, Discounts::Ids(1..)) => return untold(None),
        _ => Vec::new(),
    };
    let recurs = |coupon: &wire::Coupon<'_>| coupon.duration.as_deref() != Some("once");
    let coupons = all.into_iter().filter_map(wire::Discount::coupon).filter(recurs);
    let read = |coupon: wire::Coupon<'_>| {
        let amount = coupon
            .amount_off
            .zip(coupon.currency.as_deref())
            .map(|(minor, currency)| money(minor, currency))
            .transpose()?;
        let percent = coupon.percent_off.as_ref().and_then(value::Number::decimal);
        Ok(Discount { code: coupon.id.map(String::from), percent, amount })
    };
    Ok(Some(together(coupons.map(read).collect::<Result<_, Malformed>>()?).into()))
}

/// Several are taken off one after the other: what percentages come to can be said, with sums it depends on the bill.
fn together(all: Vec<Discount>) -> Option<Discount> {
    let several = all.len() > 1;
    let left = all.iter().try_fold(Decimal::ONE_HUNDRED, |left, one| {
        let percent = one.percent.filter(|_| one.amount.is_none())?;
        left.checked_sub(left.checked_mul(percent)?.checked_div(Decimal::ONE_HUNDRED)?)
    });
    let last = all.into_iter().last()?;
    if !several {
        return Some(last);
    }
    let percent = left.and_then(|left| Decimal::ONE_HUNDRED.checked_sub(left)).map(|percent| percent.normalize());
    Some(Discount { percent, amount: None, ..last })
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
    use crate::{Call, Provider, Reading, Reply, stripe};
    use domain::event::{Event, Seen, Stated, SubscriptionSeen, SubscriptionStatus};
    use serde_json::{Value, json};

    /// What a subscription says that has these fields, and what is asked because of it.
    fn read(fields: &Value) -> (SubscriptionSeen, Option<Call>) {
        let provider: &Provider = &stripe::PROVIDER;
        let mut object = json!({"id": "sub_1", "object": "subscription", "customer": "cus_1"});
        object.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let event = json!({"id": "evt_1", "object": "event", "created": 1_772_359_200, "livemode": true, "type": "customer.subscription.updated",
            "data": {"object": object}});
        match (provider.read)(event.to_string().as_bytes(), "default").unwrap() {
            Reading::Events(events) => (seen(&events), None),
            Reading::Ask { events, call } => (seen(&events), Some(call)),
            Reading::Ignored(why) => panic!("{why}: {event}"),
        }
    }

    fn seen(events: &[Event]) -> SubscriptionSeen {
        let Seen::Subscription(seen) = &events[0].seen[0] else { panic!("{events:?}") };
        seen.clone()
    }

    fn status(status: &str, pause: &Value) -> Option<SubscriptionStatus> {
        read(&json!({"status": status, "pause_collection": pause})).0.status
    }

    /// A discount on one line.
    fn told(seen: &SubscriptionSeen) -> String {
        match &seen.discount {
            None => "not told".to_owned(),
            Some(stated) => stated.value().map_or("none".to_owned(), |discount| {
                let percent = discount.percent.map_or("?".to_owned(), |percent| percent.normalize().to_string());
                format!("{} {percent}", discount.code.as_deref().unwrap_or("?"))
            }),
        }
    }

    #[test]
    fn a_discount_is_told_in_every_shape_and_ids_are_not_none() {
        let coupon = |id: &str, percent: u32| json!({"id": id, "percent_off": percent, "duration": "forever"});
        let old = |id: &str, percent: u32| json!({"id": format!("di_{id}"), "coupon": coupon(id, percent)});
        let clover = |coupon: Value| json!({"id": "di_1", "source": {"type": "coupon", "coupon": coupon}});
        let once = json!({"id": "di_1", "coupon": {"id": "ONCE", "percent_off": 50, "duration": "once"}});
        let sum = json!({"id": "di_2", "coupon": {"id": "FIVE", "amount_off": 500, "currency": "usd", "duration": "forever"}});
        for (name, fields, expected, asks) in [
            ("not sent", json!({}), "not told", false),
            ("none, as before there were several", json!({"discount": null}), "none", false),
            ("none", json!({"discounts": []}), "none", false),
            ("one, as before there were several", json!({"discount": old("TEN", 10)}), "TEN 10", false),
            ("one, and its id", json!({"discount": old("TEN", 10), "discounts": ["di_TEN"]}), "TEN 10", false),
            ("one of two", json!({"discount": old("TEN", 10), "discounts": ["di_1", "di_TEN"]}), "TEN ?", true),
            ("an id alone", json!({"discounts": ["di_1"]}), "? ?", true),
            ("an id beside nothing", json!({"discount": null, "discounts": ["di_1", "di_2"]}), "? ?", true),
            ("asked for", json!({"discounts": [old("TEN", 10)]}), "TEN 10", false),
            ("of clover", json!({"discounts": [clover(coupon("TEN", 10))]}), "TEN 10", false),
            ("of clover, its coupon's id", json!({"discounts": [clover(json!("TEN"))]}), "TEN ?", false),
            ("two percentages", json!({"discounts": [old("TEN", 10), old("HALF", 50)]}), "HALF 55", false),
            ("a percentage and a sum", json!({"discounts": [old("TEN", 10), sum]}), "FIVE ?", false),
            ("once", json!({"discounts": [once]}), "none", false),
            ("one of two once", json!({"discounts": [once, old("TEN", 10)]}), "TEN 10", false),
        ] {
            let (seen, call) = read(&fields);
            assert_eq!((told(&seen).as_str(), call.is_some()), (expected, asks), "{name}");
            assert!(
                call.is_none_or(|call| call.path == "/v1/subscriptions/sub_1?expand%5B%5D=discounts.source.coupon"),
                "{name}"
            );
        }
    }

    #[test]
    fn which_card_is_charged_for_it_is_told_as_far_as_it_says_so() {
        let is = |id: &str| Some(Stated::Is(id.to_owned()));
        for (name, fields, expected) in [
            ("not sent", json!({}), None),
            ("the customer's", json!({"default_payment_method": null}), Some(Stated::Nothing)),
            ("its own", json!({"default_payment_method": "pm_1"}), is("pm_1")),
            ("its own, shown whole", json!({"default_payment_method": {"id": "pm_1", "object": "x"}}), is("pm_1")),
            ("as a source", json!({"default_payment_method": null, "default_source": "card_1"}), is("card_1")),
            ("both", json!({"default_payment_method": "pm_1", "default_source": "card_1"}), is("pm_1")),
            ("from before there were methods", json!({"default_source": "card_1"}), is("card_1")),
        ] {
            assert_eq!(read(&fields).0.card, expected, "{name}");
        }
    }

    #[test]
    fn what_was_asked_for_tells_the_discount() {
        let (before, call) = read(&json!({"discounts": ["di_1"]}));
        let shown = json!({"id": "sub_1", "object": "subscription", "customer": "cus_1",
            "discounts": [{"id": "di_1", "coupon": {"id": "TEN", "percent_off": 10, "duration": "forever"}}]});
        let reply = Reply { status: 200, body: shown.to_string() };
        let api = stripe::PROVIDER.api.unwrap();
        let at = "2026-03-01T10:00:00Z".parse().unwrap();
        let Ok(Reading::Events(events)) = (api.observe)(&call.unwrap(), &reply, "default", at) else {
            panic!("{shown}")
        };
        assert_eq!((told(&before).as_str(), told(&seen(&events)).as_str()), ("? ?", "TEN 10"));
        assert_eq!((events[0].at, events[0].customer.as_deref()), (at, Some("cus_1")));
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
