//! What is done to a subscription: what it buys, when it pauses and ends.

use super::answer::{changed, ended, object, once};
use super::{OURS, Pairs, post, second, show, unsupported};
use crate::{Act, Answer, Call, Effect, Order, Reply};
use domain::action::Addon;
use domain::book::Subscription;
use form_urlencoded::Serializer;
use http::Method;
use jiff::Timestamp;

pub(super) fn extend_trial(order: &Order<'_>, replies: &[Reply], subscription: &str, until: Timestamp) -> Act {
    let pairs = vec![pair("trial_end", until.as_second().to_string()), pair("proration_behavior", "none")];
    update(order, replies, subscription, pairs)
}

/// What would be billed during the pause is voided, so that nothing is owed for it afterwards.
pub(super) fn pause(order: &Order<'_>, replies: &[Reply], subscription: &str) -> Act {
    update(order, replies, subscription, vec![pair("pause_collection[behavior]", "void")])
}

/// A pause of collection ends with its field; what Stripe itself paused, after a trial without a card, is resumed.
///
/// Resuming comes first, because it is what may be refused: then collection still rests as well.
pub(super) fn resume(order: &Order<'_>, replies: &[Reply], subscription: &str) -> Act {
    let path = format!("/v1/subscriptions/{subscription}");
    let Some((shown, sent)) = replies.split_first() else { return Act::Send(show(path)) };
    let before = match object(shown) {
        Ok(before) => before,
        // Nothing was asked for yet.
        Err(Answer::Unknown) => return Act::Ended(Answer::NotNow),
        Err(answer) => return Act::Ended(answer),
    };
    let (is_paused, rests) = (before["status"] == "paused", !before["pause_collection"].is_null());
    let nothing: [(&str, &str); 0] = [];
    let collect = || Act::Send(updated(order.key, order, subscription, vec![pair("pause_collection", "")]));
    match sent {
        [] if is_paused => Act::Send(post(&second(order), format!("{path}/resume"), &nothing)),
        [] => collect(),
        [resumed] if is_paused && rests && object(resumed).is_ok() => collect(),
        [.., last] => ended(last, |object| Answer::Done(changed(object))),
    }
}

pub(super) fn upgrade(order: &Order<'_>, replies: &[Reply], subscription: &str, plan: &str, at: Timestamp) -> Act {
    let Some(item) = plan_item(order, subscription) else {
        return unsupported(format!(
            "Stripe did not say which item of {subscription} is its plan: change it to {plan} in the dashboard."
        ));
    };
    let pairs = vec![pair("items[0][id]", item), pair("items[0][price]", plan)];
    update(order, replies, subscription, at_once(pairs, at))
}

pub(super) fn adjust_seats(order: &Order<'_>, replies: &[Reply], subscription: &str, seats: u32, at: Timestamp) -> Act {
    let Some(item) = plan_item(order, subscription) else {
        return unsupported(format!(
            "Stripe did not say which item of {subscription} is its plan: set {seats} seats in the dashboard."
        ));
    };
    let pairs = vec![pair("items[0][id]", item), pair("items[0][quantity]", seats.to_string())];
    update(order, replies, subscription, at_once(pairs, at))
}

pub(super) fn change_addons(
    order: &Order<'_>,
    replies: &[Reply],
    subscription: &str,
    addons: &[Addon],
    at: Timestamp,
) -> Act {
    let bought = bought(order, subscription);
    let mut pairs = Pairs::new();
    let mut number = 0;
    for Addon { price, quantity } in addons {
        let own = bought.and_then(|bought| bought.addons().find(|item| item.price == *price));
        let item = own.and_then(|item| item.id.as_deref());
        let fields = match (own.is_some(), item, *quantity) {
            (true, None, _) => {
                return unsupported(format!(
                    "Stripe did not name the item of {price}: set it to {quantity} on {subscription} in the dashboard."
                ));
            }
            (false, _, 0) => continue,
            (false, _, quantity) => [("price", price.clone()), ("quantity", quantity.to_string())],
            (true, Some(id), 0) => [("id", id.to_owned()), ("deleted", "true".to_owned())],
            (true, Some(id), quantity) => [("id", id.to_owned()), ("quantity", quantity.to_string())],
        };
        pairs.extend(fields.map(|(name, value)| pair(&format!("items[{number}][{name}]"), value)));
        number += 1;
    }
    if pairs.is_empty() {
        let effect = Effect { reference: subscription.to_owned(), status: "unchanged".to_owned(), ..Effect::default() };
        return Act::Ended(Answer::Done(effect));
    }
    update(order, replies, subscription, at_once(pairs, at))
}

pub(super) fn cancel_at_period_end(
    order: &Order<'_>,
    replies: &[Reply],
    subscription: &str,
    asked_at: Timestamp,
) -> Act {
    let comment = pair("cancellation_details[comment]", comment(order, Some(asked_at)));
    update(order, replies, subscription, vec![pair("cancel_at_period_end", "true"), comment])
}

pub(super) fn cancel(order: &Order<'_>, replies: &[Reply], subscription: &str, asked_at: Option<Timestamp>) -> Act {
    let call = || {
        let query = Serializer::new(String::new())
            .append_pair("cancellation_details[comment]", &comment(order, asked_at))
            .finish();
        let path = format!("/v1/subscriptions/{subscription}?{query}");
        Call {
            method: Method::DELETE,
            path,
            body: String::new(),
            idempotency_key: Some(order.key.to_owned()),
            patient: true,
        }
    };
    once(replies, call, |object| {
        let made_at = object["canceled_at"].as_i64().and_then(|second| Timestamp::from_second(second).ok());
        Answer::Done(Effect { made_at, ..changed(object) })
    })
}

fn comment(order: &Order<'_>, asked_at: Option<Timestamp>) -> String {
    let asked = asked_at.map(|at| format!(", asked for at {at:.0}")).unwrap_or_default();
    format!("Recoup {}{asked}", order.id())
}

/// The change is charged now and as of the moment that the approver saw, or not made at all.
fn at_once(mut pairs: Pairs, at: Timestamp) -> Pairs {
    pairs.push(pair("proration_behavior", "always_invoice"));
    pairs.push(pair("proration_date", at.as_second().to_string()));
    pairs.push(pair("payment_behavior", "error_if_incomplete"));
    pairs
}

fn update(order: &Order<'_>, replies: &[Reply], subscription: &str, pairs: Pairs) -> Act {
    once(replies, || updated(order.key, order, subscription, pairs), |object| Answer::Done(changed(object)))
}

pub(super) fn updated(key: &str, order: &Order<'_>, subscription: &str, mut pairs: Pairs) -> Call {
    pairs.push(pair(OURS, order.id()));
    post(key, format!("/v1/subscriptions/{subscription}"), &pairs)
}

pub(super) fn bought<'a>(order: &Order<'a>, subscription: &str) -> Option<&'a Subscription> {
    order.subscription().filter(|bought| bought.id == subscription)
}

fn plan_item<'a>(order: &Order<'a>, subscription: &str) -> Option<&'a str> {
    bought(order, subscription)?.plan()?.id.as_deref()
}

pub(super) fn pair(name: &str, value: impl Into<String>) -> (String, String) {
    (name.to_owned(), value.into())
}
