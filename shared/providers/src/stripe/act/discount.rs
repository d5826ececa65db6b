//! A discount beside those that stand: Stripe takes the list that it is sent for all that there is.
//!
//! <https://docs.stripe.com/api/subscriptions/update#update_subscription-discounts>

use super::answer::{changed, ended, object};
use super::contract::{pair, updated};
use super::{OURS, Pairs, post, second, show, unsupported};
use crate::stripe::bought::with_discounts;
use crate::{Act, Answer, Call, Order, Reply};
use rust_decimal::Decimal;
use serde_json::Value;

/// What stands is read; then comes a coupon of the action's own name, and the subscription with it. A coupon that nobody uses
/// takes nothing off.
pub(super) fn discount(order: &Order<'_>, replies: &[Reply], subscription: &str, percent: Decimal) -> Act {
    let percent = percent.normalize().to_string();
    let Some((shown, sent)) = replies.split_first() else { return Act::Send(show(with_discounts(subscription))) };
    let before = match object(shown) {
        Ok(before) => before,
        // Nothing was asked for yet.
        Err(Answer::Unknown) => return Act::Ended(Answer::NotNow),
        Err(answer) => return Act::Ended(answer),
    };
    if is_given(order, &before) {
        return Act::Ended(Answer::Done(changed(&before)));
    }
    let Some(standing) = standing(&before) else {
        return unsupported(format!(
            "Stripe does not say which discounts {subscription} has, and would take away those that are not named: add {percent}% beside \
             them in the dashboard."
        ));
    };
    match sent {
        [] => Act::Send(coupon(order, &percent)),
        [coupon] => match object(coupon) {
            Err(Answer::Refused { code, .. }) if code == "resource_already_exists" => {
                Act::Send(with_coupon(order, subscription, &standing))
            }
            Ok(_) => Act::Send(with_coupon(order, subscription, &standing)),
            Err(answer) => Act::Ended(answer),
        },
        [.., discounted] => ended(discounted, |object| Answer::Done(changed(object))),
    }
}

/// Whether a subscription that shows its discounts has the one of this action.
pub(super) fn is_given(order: &Order<'_>, subscription: &Value) -> bool {
    let listed = subscription["discounts"].as_array().into_iter().flatten();
    listed.chain([&subscription["discount"]]).any(|discount| {
        let coupons = [&discount["source"]["coupon"], &discount["coupon"]];
        coupons.into_iter().any(|coupon| coupon.as_str().or(coupon["id"].as_str()) == Some(order.id()))
    })
}

/// The ids of the discounts that a subscription has, unless Stripe does not say.
fn standing(subscription: &Value) -> Option<Vec<&str>> {
    match (&subscription["discounts"], subscription.get("discount")) {
        (Value::Array(all), _) => all.iter().map(|one| one.as_str().or(one["id"].as_str())).collect(),
        // Before there were several there was one.
        (_, Some(Value::Null)) => Some(Vec::new()),
        (_, one) => Some(vec![one?["id"].as_str()?]),
    }
}

fn coupon(order: &Order<'_>, percent: &str) -> Call {
    let name = format!("{percent}% off");
    let pairs = [
        ("id", order.id()),
        ("percent_off", percent),
        ("duration", "forever"),
        ("name", name.as_str()),
        (OURS, order.id()),
    ];
    post(order.key, "/v1/coupons", &pairs)
}

fn with_coupon(order: &Order<'_>, subscription: &str, standing: &[&str]) -> Call {
    let kept = standing.iter().enumerate().map(|(at, id)| pair(&format!("discounts[{at}][discount]"), *id));
    let mut pairs: Pairs = kept.collect();
    pairs.push(pair(&format!("discounts[{}][coupon]", standing.len()), order.id()));
    updated(&second(order), order, subscription, pairs)
}
