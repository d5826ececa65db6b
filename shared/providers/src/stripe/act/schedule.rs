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
///
/// A phase that is sent is the whole phase: what is left out of it ends with the request.
fn two_phases(order: &Order<'_>, subscription: &str, schedule: &Value, plan: &str) -> Option<Pairs> {
    let phase = schedule["phases"].as_array()?.last()?;
    let (from, to) = (phase["start_date"].as_i64()?, phase["end_date"].as_i64()?);
    let items = phase["items"].as_array()?;
    let own = bought(order, subscription).and_then(Subscription::plan).map_or("", |item| item.price.as_str());
    let place = items.iter().position(|item| price_of(item) == own).unwrap_or(0);
    let mut pairs = vec![pair("end_behavior", "release"), pair("proration_behavior", "none"), pair(OURS, order.id())];
    pairs.push(pair("phases[0][start_date]", from.to_string()));
    pairs.push(pair("phases[0][end_date]", to.to_string()));
    pairs.extend(phase["trial_end"].as_i64().map(|end| pair("phases[0][trial_end]", end.to_string())));
    pairs.push(pair("phases[1][end_date]", to.checked_add(to.checked_sub(from)?)?.to_string()));
    pairs.push(pair("phases[1][proration_behavior]", "none"));
    for number in 0..2 {
        for (at, item) in items.iter().enumerate() {
            let price = if number == 1 && at == place { plan } else { price_of(item) };
            let name = format!("phases[{number}][items][{at}]");
            pairs.push(pair(&format!("{name}[price]"), price));
            carry(&mut pairs, &name, item, OF_ITEM);
        }
        carry(&mut pairs, &format!("phases[{number}]"), phase, OF_PHASE);
    }
    Some(pairs)
}

/// What an item has beside its price.
const OF_ITEM: &[&str] = &["quantity", "discounts", "tax_rates", "billing_thresholds", "metadata"];

/// What a phase has beside its items and its times.
const OF_PHASE: &[&str] = &[
    "discounts",
    "default_tax_rates",
    "automatic_tax",
    "collection_method",
    "default_payment_method",
    "invoice_settings",
    "on_behalf_of",
    "transfer_data",
    "application_fee_percent",
    "billing_thresholds",
    "description",
    "metadata",
];

fn carry(pairs: &mut Pairs, name: &str, object: &Value, fields: &[&str]) {
    for field in fields {
        let name = format!("{name}[{field}]");
        match (*field, &object[*field]) {
            ("discounts", Value::Array(discounts)) => {
                for (at, discount) in discounts.iter().enumerate() {
                    pairs.extend(kept(discount).map(|(by, id)| pair(&format!("{name}[{at}][{by}]"), id)));
                }
            }
            // Their names are the shop's own.
            ("metadata", Value::Object(entries)) => {
                entries.iter().for_each(|(key, value)| write(pairs, &format!("{name}[{key}]"), value));
            }
            (_, value) => write(pairs, &name, value),
        }
    }
}

/// The discount that a phase has, or what makes it.
fn kept(discount: &Value) -> Option<(&'static str, &str)> {
    ["discount", "coupon", "promotion_code"].into_iter().find_map(|by| Some((by, id(&discount[by])?)))
}

/// A value as a form has it: an object that was expanded is its id, and what is not there is left out.
fn write(pairs: &mut Pairs, name: &str, value: &Value) {
    match value {
        Value::Null => {}
        Value::String(text) => pairs.push(pair(name, text)),
        Value::Bool(_) | Value::Number(_) => pairs.push(pair(name, value.to_string())),
        Value::Array(all) => {
            all.iter().enumerate().for_each(|(at, one)| write(pairs, &format!("{name}[{at}]"), one));
        }
        Value::Object(fields) => match id(value) {
            Some(id) => pairs.push(pair(name, id)),
            None => {
                // Stripe's own word on why it computes no tax, which it does not take back.
                let taken = fields.iter().filter(|(field, _)| *field != "disabled_reason");
                taken.for_each(|(field, value)| write(pairs, &format!("{name}[{field}]"), value));
            }
        },
    }
}

/// An id, bare or inside its object.
fn id(value: &Value) -> Option<&str> {
    value.as_str().or(value["id"].as_str())
}

/// A price's id, bare or inside the price; older versions call it a plan.
fn price_of(item: &Value) -> &str {
    id(&item["price"]).or(id(&item["plan"])).unwrap_or_default()
}
