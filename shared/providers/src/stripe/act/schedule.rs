//! A downgrade waits for the next period in a subscription schedule.
//!
//! <https://docs.stripe.com/api/subscription_schedules/update>

use super::answer::{ended, made, object};
use super::contract::{bought, pair};
use super::{OURS, Pairs, post, second};
use crate::{Act, Answer, Call, Order, Reply};
use domain::book::Subscription;
use serde_json::Value;

/// A schedule takes the subscription over as it is, and gets a second phase; a schedule without one changes nothing.
pub(super) fn downgrade(order: &Order<'_>, replies: &[Reply], subscription: &str, plan: &str) -> Act {
    let refused = |reply: &Reply| matches!(object(reply), Err(Answer::Refused { .. }));
    match replies {
        [] => Act::Send(post(order.key, "/v1/subscription_schedules", &[("from_subscription", subscription)])),
        // An earlier attempt may have made the schedule and never heard of it: one that only shows what runs is taken up.
        [made] if refused(made) => Act::Send(Call::get(format!("/v1/subscriptions/{subscription}"))),
        [made, subscription] if refused(made) => {
            match object(subscription).map(|it| it["schedule"].as_str().map(str::to_owned)) {
                Ok(Some(schedule)) => Act::Send(Call::get(format!("/v1/subscription_schedules/{schedule}"))),
                _ => ended(made, |_| Answer::Unknown),
            }
        }
        [made, _, standing] if refused(made) => match object(standing) {
            Ok(schedule) if schedule["phases"].as_array().map(Vec::len) == Some(1) => {
                second_phase(order, subscription, &schedule, plan)
            }
            _ => ended(made, |_| Answer::Unknown),
        },
        [schedule] => match object(schedule) {
            Ok(schedule) => second_phase(order, subscription, &schedule, plan),
            Err(answer) => Act::Ended(answer),
        },
        [.., scheduled] => ended(scheduled, |object| Answer::Done(made(object))),
    }
}

fn second_phase(order: &Order<'_>, subscription: &str, schedule: &Value, plan: &str) -> Act {
    match two_phases(order, subscription, schedule, plan) {
        Some(pairs) => {
            let id = schedule["id"].as_str().unwrap_or_default();
            Act::Send(post(&second(order), format!("/v1/subscription_schedules/{id}"), &pairs))
        }
        None => Act::Ended(Answer::Unknown),
    }
}

/// The schedule's phase as it runs, and after it one that buys the other plan; the subscription then goes on by itself.
fn two_phases(order: &Order<'_>, subscription: &str, schedule: &Value, plan: &str) -> Option<Pairs> {
    let phase = schedule["phases"].as_array()?.last()?;
    let (from, to) = (phase["start_date"].as_i64()?, phase["end_date"].as_i64()?);
    let items: Vec<_> =
        phase["items"].as_array()?.iter().map(|item| (price_of(item), item["quantity"].as_u64())).collect();
    let own = bought(order, subscription).and_then(Subscription::plan).map_or("", |item| item.price.as_str());
    let place = items.iter().position(|(price, _)| *price == own).unwrap_or(0);
    let mut pairs = vec![pair("end_behavior", "release"), pair("proration_behavior", "none"), pair(OURS, order.id())];
    pairs.push(pair("phases[0][start_date]", from.to_string()));
    pairs.push(pair("phases[0][end_date]", to.to_string()));
    pairs.extend(phase["trial_end"].as_i64().map(|end| pair("phases[0][trial_end]", end.to_string())));
    pairs.push(pair("phases[1][end_date]", to.checked_add(to.checked_sub(from)?)?.to_string()));
    pairs.push(pair("phases[1][proration_behavior]", "none"));
    for number in 0..2 {
        for (at, (price, quantity)) in items.iter().enumerate() {
            let price = if number == 1 && at == place { plan } else { *price };
            pairs.push(pair(&format!("phases[{number}][items][{at}][price]"), price));
            pairs.extend(
                quantity
                    .map(|quantity| pair(&format!("phases[{number}][items][{at}][quantity]"), quantity.to_string())),
            );
        }
        for (at, discount) in phase["discounts"].as_array().into_iter().flatten().enumerate() {
            let named = ["discount", "coupon", "promotion_code"]
                .into_iter()
                .find_map(|name| Some((name, discount[name].as_str()?)));
            pairs.extend(named.map(|(name, id)| pair(&format!("phases[{number}][discounts][{at}][{name}]"), id)));
        }
    }
    Some(pairs)
}

/// A price's id, bare or inside the price; older versions call it a plan.
fn price_of(item: &Value) -> &str {
    let ids = [&item["price"], &item["price"]["id"], &item["plan"], &item["plan"]["id"]];
    ids.into_iter().find_map(Value::as_str).unwrap_or_default()
}
