//! What Stripe does to subscriptions when it is asked: items, coupons, pauses and ends; and the portal's sessions.

use super::asking::{Asking, INVALID, charge_for, decline_again, declined, missing};
use super::shape::discounts;
use super::{error, ok};
use crate::sandbox::Disked;
use domain::id::digest;
use providers::Reply;
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// A change, or the answer that refuses it.
type Checked = Disked<Result<(), Reply>>;

pub(super) fn update(asking: &Asking<'_>, id: &str) -> Disked<Reply> {
    let Some(before) = asking.load("subscription", id)? else { return Ok(missing("subscription", id)) };
    if has_ended(&before) {
        let text = "A canceled subscription can only update its cancellation_details and metadata.";
        return Ok(error(400, INVALID, "subscription_canceled", text));
    }
    let mut subscription = before.clone();
    if let Err(reply) = buy(asking, &mut subscription)? {
        return Ok(reply);
    }
    if let Err(reply) = take_off(asking, &mut subscription)? {
        return Ok(reply);
    }
    if let Some(end) = asking.number("trial_end") {
        if end <= asking.now() {
            return Ok(error(400, INVALID, "parameter_invalid_integer", "trial_end must be in the future"));
        }
        subscription["status"] = json!("trialing");
        subscription["trial_end"] = json!(end);
        ends(&mut subscription, end);
    }
    if let Some(behavior) = asking.get("pause_collection[behavior]") {
        subscription["pause_collection"] = json!({"behavior": behavior, "resumes_at": null});
    } else if asking.get("pause_collection") == Some("") {
        subscription["pause_collection"] = Value::Null;
    }
    if let Some(at_end) = asking.get("cancel_at_period_end") {
        let at_end = at_end == "true";
        subscription["cancel_at_period_end"] = json!(at_end);
        subscription["cancel_at"] = if at_end { json!(period(&subscription).1) } else { Value::Null };
        subscription["canceled_at"] = if at_end { json!(asking.now()) } else { Value::Null };
        subscription["cancellation_details"] = cancellation(at_end);
    }
    for (name, value) in asking.metadata() {
        subscription["metadata"][name] = json!(value);
    }
    let due = proration(asking, &before, &subscription);
    if due > 0 {
        if let Some(decline) = declines(asking, &subscription)? {
            return Ok(declined(&decline));
        }
        invoice_now(asking, &subscription, due)?;
    }
    asking.replace(&subscription)?;
    asking.tell("customer.subscription.updated", &subscription)?;
    Ok(ok(&subscription))
}

pub(super) fn resume(asking: &Asking<'_>, id: &str) -> Disked<Reply> {
    let Some(mut subscription) = asking.load("subscription", id)? else { return Ok(missing("subscription", id)) };
    // Since endive it says how it is meant: `billing_cycle_anchor[type]`.
    if asking.get("billing_cycle_anchor").is_some() {
        return Ok(error(400, INVALID, "parameter_invalid_object", "Invalid object: billing_cycle_anchor"));
    }
    if subscription["status"] != "paused" {
        return Ok(error(400, INVALID, "subscription_not_paused", "This subscription is not paused."));
    }
    subscription["status"] = json!("active");
    asking.replace(&subscription)?;
    asking.tell("customer.subscription.resumed", &subscription)?;
    Ok(ok(&subscription))
}

/// Whoever asks for an end, Stripe calls it requested.
fn cancellation(is_requested: bool) -> Value {
    json!({"comment": null, "feedback": null, "reason": is_requested.then_some("cancellation_requested")})
}

pub(super) fn cancel(asking: &Asking<'_>, id: &str) -> Disked<Reply> {
    let running = asking.load("subscription", id)?.filter(|subscription| !has_ended(subscription));
    let Some(mut subscription) = running else { return Ok(missing("subscription", id)) };
    let now = asking.now();
    subscription["status"] = json!("canceled");
    subscription["canceled_at"] = json!(now);
    subscription["ended_at"] = json!(now);
    subscription["cancellation_details"] = cancellation(true);
    subscription["schedule"] = Value::Null;
    asking.replace(&subscription)?;
    asking.tell("customer.subscription.deleted", &subscription)?;
    Ok(ok(&subscription))
}

pub(super) fn coupon(asking: &Asking<'_>) -> Disked<Reply> {
    let id = asking.get("id").map_or_else(|| asking.id("coupon", ""), str::to_owned);
    if asking.load("coupon", &id)?.is_some() {
        return Ok(error(400, INVALID, "resource_already_exists", "Coupon already exists."));
    }
    let is_share = |percent: Decimal| percent > Decimal::ZERO && percent <= Decimal::ONE_HUNDRED;
    let percent = asking.get("percent_off").filter(|text| text.parse::<Decimal>().is_ok_and(is_share));
    let Some(percent) = percent.and_then(|text| serde_json::from_str::<Value>(text).ok()) else {
        return Ok(error(400, INVALID, "parameter_invalid", "percent_off must be above 0 and at most 100"));
    };
    let coupon = json!({
        "id": id, "object": "coupon", "amount_off": null, "created": asking.now(), "currency": null,
        "duration": asking.get("duration").unwrap_or("once"), "duration_in_months": null, "livemode": false,
        "max_redemptions": null, "metadata": asking.metadata(), "name": asking.get("name"), "percent_off": percent,
        "redeem_by": null, "times_redeemed": 0, "valid": true,
    });
    asking.keep(&coupon)?;
    Ok(ok(&coupon))
}

pub(super) fn portal(asking: &Asking<'_>) -> Disked<Reply> {
    let customer = asking.get("customer").unwrap_or_default();
    let known = asking.load("customer", customer)?;
    if known.is_none() && asking.sandbox.having("stripe", "customer", customer)?.is_empty() {
        return Ok(missing("customer", customer));
    }
    let id = asking.id("bps", customer);
    Ok(ok(&json!({
        "id": id, "object": "billing_portal.session", "created": asking.now(), "customer": customer,
        "flow": {"type": asking.get("flow_data[type]"), "after_completion": {
            "type": asking.get("flow_data[after_completion][type]"), "hosted_confirmation": null, "redirect": null,
        }},
        "livemode": false, "return_url": null,
        "url": format!("https://billing.stripe.com/p/session/test_{}", digest(&[&id], 24)),
    })))
}

/// Changes the items as the form names them.
fn buy(asking: &Asking<'_>, subscription: &mut Value) -> Checked {
    if asking.get("items[0][id]").or(asking.get("items[0][price]")).is_none() {
        return Ok(Ok(()));
    }
    let (start, end) = period(subscription);
    let shape = subscription.clone();
    if !subscription["items"]["data"].is_array() {
        subscription["items"] = json!({"object": "list", "data": []});
    }
    let Some(items) = subscription["items"]["data"].as_array_mut() else { return Ok(Ok(())) };
    for number in 0.. {
        let field = |name: &str| asking.get(&format!("items[{number}][{name}]"));
        let (own, named) = (field("id"), field("price"));
        if own.is_none() && named.is_none() {
            break;
        }
        let quantity = field("quantity").and_then(|quantity| quantity.parse::<u32>().ok());
        let price = match named {
            Some(named) => match price_named(asking, named, &shape)? {
                Some(price) => Some(price),
                None => return Ok(Err(error(400, INVALID, "resource_missing", &format!("No such price: '{named}'")))),
            },
            None => None,
        };
        let Some(own) = own else {
            if items.iter().any(|item| price.as_ref().is_some_and(|price| item["price"]["id"] == price["id"])) {
                let message = "Cannot add multiple subscription items with the same plan";
                return Ok(Err(error(400, INVALID, "resource_already_exists", message)));
            }
            let id = asking.id("si", &number.to_string());
            items.push(json!({
                "id": id, "object": "subscription_item", "price": price, "quantity": quantity.unwrap_or(1),
                "current_period_start": start, "current_period_end": end,
            }));
            continue;
        };
        let Some(place) = items.iter().position(|item| item["id"] == own) else {
            return Ok(Err(error(400, INVALID, "resource_missing", &format!("No such subscription item: '{own}'"))));
        };
        if field("deleted") == Some("true") {
            items.remove(place);
            continue;
        }
        if let Some(price) = price {
            items[place]["price"] = price;
        }
        if let Some(quantity) = quantity {
            items[place]["quantity"] = json!(quantity);
        }
    }
    if items.is_empty() {
        let text = "A subscription must have at least one item.";
        return Ok(Err(error(400, INVALID, "subscription_without_items", text)));
    }
    Ok(Ok(()))
}

/// What the form names is all that is taken off: a discount that stood and is not named is gone.
fn take_off(asking: &Asking<'_>, subscription: &mut Value) -> Checked {
    let had: Vec<String> = discounts(subscription).iter().filter_map(|id| id.as_str().map(str::to_owned)).collect();
    let (mut ids, mut latest) = (Vec::new(), Value::Null);
    for number in 0.. {
        let field = |name: &str| asking.get(&format!("discounts[{number}][{name}]"));
        let missing = |kind: &str, named: &str| {
            Ok(Err(error(400, INVALID, "resource_missing", &format!("No such {kind}: '{named}'"))))
        };
        match (field("discount"), field("coupon")) {
            (Some(kept), _) => {
                let own = Some(&subscription["discount"]).filter(|one| one["id"] == kept).cloned();
                let known = asking.load("discount", kept)?.or(own);
                let Some(discount) = known.filter(|_| had.iter().any(|id| id == kept)) else {
                    return missing("discount", kept);
                };
                ids.push(kept.to_owned());
                latest = discount;
            }
            (None, Some(named)) => {
                let Some(coupon) = asking.load("coupon", named)? else { return missing("coupon", named) };
                let id = asking.id("di", named);
                latest = json!({
                    "id": id, "object": "discount", "coupon": coupon, "customer": subscription["customer"],
                    "start": asking.now(), "end": null, "subscription": subscription["id"],
                });
                asking.keep(&latest)?;
                ids.push(id);
            }
            (None, None) => break,
        }
    }
    if !ids.is_empty() {
        subscription["discount"] = latest;
        subscription["discounts"] = json!(ids);
    }
    Ok(Ok(()))
}

/// A price by its id: as it was taught, or as some subscription shows it. One that nobody has shown yet has no amount.
pub(super) fn price_named(asking: &Asking<'_>, id: &str, like: &Value) -> Disked<Option<Value>> {
    if let Some(price) = asking.load("price", id)? {
        return Ok(Some(price));
    }
    let all = asking.sandbox.having("stripe", "object", "subscription")?;
    let shown = all.iter().flat_map(items).map(|item| &item["price"]).find(|price| price["id"] == id);
    if shown.is_some() {
        return Ok(shown.cloned());
    }
    let now = &items(like).first().unwrap_or(&Value::Null)["price"];
    let (currency, recurring) = (&now["currency"], &now["recurring"]);
    let plausible = id.starts_with("price") || id.starts_with("plan");
    let unpriced = || {
        json!({
            "id": id, "object": "price", "active": true, "currency": currency, "recurring": recurring,
            "unit_amount": null,
        })
    };
    Ok(plausible.then(unpriced))
}

/// What the rest of the period costs more than before, in minor units; less is not given back here.
fn proration(asking: &Asking<'_>, before: &Value, after: &Value) -> i64 {
    let is_running = matches!(after["status"].as_str(), Some("active" | "past_due"));
    if asking.get("proration_behavior") != Some("always_invoice") || !is_running {
        return 0;
    }
    let price = |subscription: &Value| {
        let one = |item: &Value| {
            let quantity = item["quantity"].as_i64().unwrap_or(1);
            Some(item["price"]["unit_amount"].as_i64()?.saturating_mul(quantity))
        };
        items(subscription).iter().map(one).try_fold(0_i64, |sum, one| sum.checked_add(one?))
    };
    let (start, end) = period(after);
    let left = end.saturating_sub(asking.number("proration_date").unwrap_or(asking.now())).max(0);
    let (Some(old), Some(new)) = (price(before), price(after)) else { return 0 };
    let more = i128::from(new) - i128::from(old);
    i64::try_from(more * i128::from(left) / i128::from((end - start).max(1))).unwrap_or(0)
}

/// Why the customer's card would be declined, as an open invoice tells.
fn declines(asking: &Asking<'_>, subscription: &Value) -> Disked<Option<String>> {
    let all = asking.sandbox.having("stripe", "customer", subscription["customer"].as_str().unwrap_or_default())?;
    for invoice in all.iter().filter(|object| object["object"] == "invoice" && object["status"] == "open") {
        if let Some(decline) = decline_again(asking.sandbox, invoice)? {
            return Ok(Some(decline));
        }
    }
    Ok(None)
}

/// Bills the change at once.
fn invoice_now(asking: &Asking<'_>, subscription: &Value, due: i64) -> Disked<()> {
    let now = asking.now();
    let sub = subscription["id"].as_str().unwrap_or_default();
    let id = asking.id("in", sub);
    let first = items(subscription).first().unwrap_or(&Value::Null);
    let currency = subscription["currency"].as_str().or(first["price"]["currency"].as_str()).unwrap_or("usd");
    let mut invoice = json!({
        "id": id, "object": "invoice", "amount_due": due, "amount_paid": due, "amount_remaining": 0, "attempt_count": 1,
        "attempted": true, "billing_reason": "subscription_update", "created": now, "currency": currency,
        "customer": subscription["customer"], "due_date": null,
        "hosted_invoice_url": format!("https://invoice.stripe.com/i/{id}"),
        "invoice_pdf": format!("https://pay.stripe.com/invoice/{id}/pdf"), "livemode": false,
        "next_payment_attempt": null, "number": digest(&[&id], 8).to_uppercase(), "paid": true, "status": "paid",
        "status_transitions": {"finalized_at": now, "paid_at": now, "marked_uncollectible_at": null, "voided_at": null},
        "subscription": sub, "total": due,
        "lines": {"object": "list", "has_more": false, "data": [{
            "id": asking.id("il", sub), "object": "line_item", "amount": due, "currency": currency,
            "description": "Remaining time of this period",
            "period": {"start": asking.number("proration_date").unwrap_or(now), "end": period(subscription).1},
            "price": first["price"], "proration": true, "quantity": 1, "subscription": sub, "type": "invoiceitem",
        }]},
    });
    asking.keep(&invoice)?;
    let charge = charge_for(asking, &invoice, due)?;
    invoice["charge"] = charge["id"].clone();
    asking.replace(&invoice)?;
    asking.tell("invoice.paid", &invoice)
}

pub(super) fn has_ended(subscription: &Value) -> bool {
    matches!(subscription["status"].as_str(), Some("canceled" | "incomplete_expired"))
}

pub(super) fn items(subscription: &Value) -> &[Value] {
    subscription["items"]["data"].as_array().map_or(&[], Vec::as_slice)
}

pub(super) fn price_of(item: &Value) -> &str {
    item["price"]["id"].as_str().or(item["plan"]["id"].as_str()).unwrap_or_default()
}

/// The running period. Since basil it stands on the items.
pub(super) fn period(subscription: &Value) -> (i64, i64) {
    let first = items(subscription).first().unwrap_or(&Value::Null);
    let at = |name: &str| first[name].as_i64().or(subscription[name].as_i64()).unwrap_or(0);
    (at("current_period_start"), at("current_period_end"))
}

fn ends(subscription: &mut Value, end: i64) {
    if subscription["current_period_end"].is_i64() {
        subscription["current_period_end"] = json!(end);
    }
    if items(subscription).is_empty() {
        return;
    }
    for item in subscription["items"]["data"].as_array_mut().into_iter().flatten() {
        if item["current_period_end"].is_i64() {
            item["current_period_end"] = json!(end);
        }
    }
}
