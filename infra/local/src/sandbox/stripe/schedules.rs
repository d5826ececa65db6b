//! What Stripe's subscription schedules do when they are made and changed: a phase that is sent is the whole phase.

use super::asking::{Asking, INVALID, missing};
use super::shape::discounts;
use super::subscriptions::{has_ended, items, period, price_named, price_of};
use super::{error, ok};
use crate::sandbox::Disked;
use providers::Reply;
use serde_json::{Value, json};

/// What a phase takes over from its subscription, and gives back to it.
const OF_PHASE: &[&str] = &[
    "application_fee_percent",
    "automatic_tax",
    "billing_thresholds",
    "collection_method",
    "default_payment_method",
    "default_tax_rates",
    "description",
    "invoice_settings",
    "on_behalf_of",
    "transfer_data",
];

/// Makes a schedule of a subscription as it runs.
pub(super) fn schedule(asking: &Asking<'_>) -> Disked<Reply> {
    let id = asking.get("from_subscription").unwrap_or_default();
    let Some(mut subscription) = asking.load("subscription", id)?.filter(|subscription| !has_ended(subscription))
    else {
        return Ok(missing("subscription", id));
    };
    if let Some(own) = subscription["schedule"].as_str() {
        let text = format!("You cannot migrate a subscription that is already attached to a schedule: {own}");
        return Ok(error(400, INVALID, "subscription_has_schedule", &text));
    }
    let (from, to) = period(&subscription);
    let kept = |id: &Value| json!({"coupon": null, "discount": id, "promotion_code": null});
    let item = |item: &Value| {
        json!({
            "billing_thresholds": item["billing_thresholds"],
            "discounts": discounts(item).iter().map(kept).collect::<Vec<_>>(),
            "metadata": item["metadata"],
            "price": price_of(item),
            "quantity": item["quantity"],
            "tax_rates": item["tax_rates"],
        })
    };
    let mut phase = json!({
        "start_date": from, "end_date": to, "items": items(&subscription).iter().map(item).collect::<Vec<_>>(),
        "discounts": discounts(&subscription).iter().map(kept).collect::<Vec<_>>(), "trial_end": null,
    });
    for field in OF_PHASE {
        phase[*field] = subscription[*field].clone();
    }
    let schedule = json!({
        "id": asking.id("sub_sched", id), "object": "subscription_schedule", "created": asking.now(),
        "current_phase": {"start_date": from, "end_date": to}, "customer": subscription["customer"],
        "end_behavior": "release", "livemode": false, "metadata": {}, "status": "active", "subscription": id,
        "phases": [phase],
    });
    subscription["schedule"] = schedule["id"].clone();
    asking.keep(&schedule)?;
    asking.replace(&subscription)?;
    asking.tell("subscription_schedule.created", &schedule)?;
    Ok(ok(&schedule))
}

pub(super) fn reschedule(asking: &Asking<'_>, id: &str) -> Disked<Reply> {
    let Some(mut schedule) = asking.load("subscription_schedule", id)? else {
        return Ok(missing("subscription_schedule", id));
    };
    if schedule["status"] != "active" {
        return Ok(error(400, INVALID, "schedule_not_active", "You can only update a schedule that is active."));
    }
    let mut phases: Vec<Value> = Vec::new();
    for sent in asking.nested("phases").as_array().into_iter().flatten() {
        let before = phases.last().and_then(|phase| phase["end_date"].as_i64());
        match phase(asking, sent, before)? {
            Ok(phase) => phases.push(phase),
            Err(reply) => return Ok(reply),
        }
    }
    if let Some(running) = phases.first() {
        let own = schedule["subscription"].as_str().unwrap_or_default();
        if let Some(mut subscription) = asking.load("subscription", own)? {
            run(&mut subscription, running);
            asking.replace(&subscription)?;
        }
        schedule["phases"] = json!(phases);
    }
    if let Some(behavior) = asking.get("end_behavior") {
        schedule["end_behavior"] = json!(behavior);
    }
    for (name, value) in asking.metadata() {
        schedule["metadata"][name] = json!(value);
    }
    asking.replace(&schedule)?;
    asking.tell("subscription_schedule.updated", &schedule)?;
    Ok(ok(&schedule))
}

/// A phase as it was sent, or the answer that refuses it.
fn phase(asking: &Asking<'_>, sent: &Value, before: Option<i64>) -> Disked<Result<Value, Reply>> {
    let refused = |code: &str, text: &str| Ok(Err(error(400, INVALID, code, text)));
    let mut phase = sent.clone();
    for time in ["start_date", "end_date", "trial_end"] {
        phase[time] = json!(sent[time].as_str().and_then(|second| second.parse::<i64>().ok()));
    }
    let start = phase["start_date"].as_i64().or(before);
    if start.is_none() || phase["end_date"].as_i64() <= start {
        return refused(
            "invalid_phase",
            "Each phase must end after it starts, and the first must name its start_date.",
        );
    }
    phase["start_date"] = json!(start);
    for item in phase["items"].as_array_mut().into_iter().flatten() {
        let price = item["price"].as_str().unwrap_or_default().to_owned();
        if price_named(asking, &price, &Value::Null)?.is_none() {
            return refused("resource_missing", &format!("No such price: '{price}'"));
        }
        item["quantity"] = json!(item["quantity"].as_str().and_then(|quantity| quantity.parse::<u32>().ok()));
    }
    if phase["items"].as_array().is_none_or(Vec::is_empty) {
        return refused("parameter_missing", "Missing required param: phases[items].");
    }
    Ok(Ok(phase))
}

/// The phase that runs is how the subscription stands: what it does not name is not there.
fn run(subscription: &mut Value, phase: &Value) {
    for field in OF_PHASE {
        if !subscription[*field].is_null() {
            subscription[*field] = phase[*field].clone();
        }
    }
    let kept = phase["discounts"].as_array().into_iter().flatten().map(|one| one["discount"].clone());
    subscription["discounts"] = json!(kept.collect::<Vec<_>>());
    if phase["discounts"].as_array().is_none_or(Vec::is_empty) {
        subscription["discount"] = Value::Null;
    }
    if items(subscription).is_empty() {
        return;
    }
    for item in subscription["items"]["data"].as_array_mut().into_iter().flatten() {
        let price = price_of(item).to_owned();
        let own = phase["items"].as_array().into_iter().flatten().find(|own| own["price"] == price.as_str());
        for field in ["billing_thresholds", "tax_rates"] {
            if !item[field].is_null() {
                item[field] = own.map_or(Value::Null, |own| own[field].clone());
            }
        }
    }
}
