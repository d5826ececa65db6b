//! Chargebee's subscriptions of both product catalogues, as sightings.

use super::wire;
use crate::Malformed;
use crate::value::{Text, millis, minor, rate_major, seconds};
use domain::event::{Discount, Interval, IntervalUnit, Item, Role, SubscriptionSeen, SubscriptionStatus};
use domain::money::Rate;

pub(super) fn of_subscription(subscription: wire::Subscription<'_>) -> Result<SubscriptionSeen, Malformed> {
    let items = items(&subscription);
    let (status, renewing) = status(&subscription);
    let wished = match (renewing, subscription.cancel_reason.is_some(), subscription.cancel_reason_code.is_some()) {
        (true, ..) => status.map(|_| false),
        (false, false, true) => Some(true),
        (false, ..) => None,
    };
    let ends = subscription.cancelled_at.or(subscription.current_term_end.filter(|_| !renewing));
    // What a coupon takes off stands at the coupon, not here.
    let coupon = subscription.coupons.into_iter().flatten().last();
    let discount = coupon.map(|coupon| Discount { code: Some(coupon.coupon_id.into()), percent: None, amount: None });
    Ok(SubscriptionSeen {
        id: subscription.id.into(),
        as_of: subscription.resource_version.map(millis).transpose()?,
        status,
        items: (!items.is_empty()).then_some(items),
        started_at: subscription
            .started_at
            .or(subscription.start_date)
            .or(subscription.created_at)
            .map(seconds)
            .transpose()?,
        period_start: subscription.current_term_start.map(seconds).transpose()?,
        renews_at: subscription.next_billing_at.or(subscription.current_term_end).map(seconds).transpose()?,
        trial_ends_at: subscription.trial_end.map(seconds).transpose()?,
        ends_at: status.map(|_| ends.map(seconds).transpose()).transpose()?.map(Into::into),
        contract_ends_at: subscription.contract_term.and_then(|term| term.contract_end).map(seconds).transpose()?,
        wished,
        discount: status.map(|_| discount.into()),
        resumes_at: status.map(|_| subscription.resume_date.map(seconds).transpose()).transpose()?.map(Into::into),
        ..SubscriptionSeen::default()
    })
}

/// What it buys, in the words of either product catalogue.
fn items(subscription: &wire::Subscription<'_>) -> Vec<Item> {
    let currency = subscription.currency_code.as_deref();
    let unit = |minor_units: Option<i64>, text: Option<&Text<'_>>| -> Option<Rate> {
        let exact = text.and_then(|text| rate_major(text, currency?));
        exact.or_else(|| minor(minor_units?, currency?).ok().map(Rate::from))
    };
    let interval = subscription.billing_period_unit.as_deref().and_then(IntervalUnit::parse);
    let interval = interval.map(|unit| Interval { unit, count: subscription.billing_period.unwrap_or(1) });
    let mut items = Vec::new();
    if let Some(plan) = &subscription.plan_id {
        let whole = quantity(subscription.plan_quantity, subscription.plan_quantity_in_decimal.as_ref());
        items.push(Item {
            id: None,
            price: plan.to_string(),
            name: None,
            role: Role::Plan,
            unit: unit(subscription.plan_unit_price, subscription.plan_unit_price_in_decimal.as_ref())
                .filter(|_| whole.is_some()),
            quantity: whole.unwrap_or(1),
            interval,
        });
    }
    for addon in subscription.addons.iter().flatten() {
        let whole = quantity(addon.quantity, addon.quantity_in_decimal.as_ref());
        items.push(Item {
            id: None,
            price: addon.id.to_string(),
            name: None,
            role: Role::Addon,
            unit: unit(addon.unit_price, addon.unit_price_in_decimal.as_ref()).filter(|_| whole.is_some()),
            quantity: whole.unwrap_or(1),
            interval,
        });
    }
    for item in subscription.subscription_items.iter().flatten() {
        let whole = quantity(item.quantity, item.quantity_in_decimal.as_ref());
        items.push(Item {
            id: None,
            price: item.item_price_id.to_string(),
            name: None,
            role: match item.item_type.as_deref() {
                Some("charge") => Role::OneOff,
                _ if item.metered_quantity.is_some() => Role::Usage,
                Some("addon") => Role::Addon,
                _ => Role::Plan,
            },
            unit: unit(item.unit_price, item.unit_price_in_decimal.as_ref()).filter(|_| whole.is_some()),
            quantity: whole.unwrap_or(1),
            interval,
        });
    }
    items
}

/// How it stands, and whether it goes on after this term.
fn status(subscription: &wire::Subscription<'_>) -> (Option<SubscriptionStatus>, bool) {
    match subscription.status.as_deref() {
        _ if subscription.deleted => (Some(SubscriptionStatus::Ended), false),
        Some("future") => (Some(SubscriptionStatus::Incomplete), true),
        Some("in_trial") => (Some(SubscriptionStatus::Trial), true),
        Some("active") => (Some(SubscriptionStatus::Active), true),
        Some("non_renewing") => (Some(SubscriptionStatus::Active), false),
        Some("paused") => (Some(SubscriptionStatus::Paused), true),
        Some("cancelled" | "transferred") => (Some(SubscriptionStatus::Ended), false),
        _ => (None, true),
    }
}

/// How many there are. A site may count in fractions: then what the item comes to is not known, rather than guessed.
fn quantity(whole: Option<u32>, fraction: Option<&Text<'_>>) -> Option<u32> {
    match (whole, fraction) {
        (Some(whole), _) => Some(whole),
        (None, None) => Some(1),
        (None, Some(fraction)) => fraction.trim_end_matches('0').trim_end_matches('.').parse().ok(),
    }
}
