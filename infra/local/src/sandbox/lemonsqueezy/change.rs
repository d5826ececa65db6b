//! What Lemon Squeezy does when it is asked to change something, and the webhooks that tell of it.

use super::get::{document, missing, price_of, refused, sold_as};
use super::{Disked, Sandbox, answer, millis, text};
use domain::id::digest;
use jiff::{SignedDuration, Timestamp};
use providers::{Call, Reply};
use serde_json::{Value, json};

/// Which webhook tells of a change, or why there is none.
type Changed = Result<&'static str, &'static str>;

pub(in crate::sandbox) fn change(sandbox: &Sandbox, source: &str, call: &Call) -> Disked<Reply> {
    let asked = serde_json::from_str::<Value>(&call.body).unwrap_or_default()["data"]["attributes"].clone();
    let path: Vec<_> = call.path.trim_start_matches('/').split('/').collect();
    match (call.method.as_str(), &path[..]) {
        ("POST", ["v1", "orders", id, "refund"]) => refund(sandbox, source, ("orders", *id), &asked),
        ("POST", ["v1", "subscription-invoices", id, "refund"]) => {
            refund(sandbox, source, ("subscription-invoices", *id), &asked)
        }
        ("PATCH", ["v1", "subscriptions", id]) => update(sandbox, source, id, &asked),
        ("DELETE", ["v1", "subscriptions", id]) => update(sandbox, source, id, &json!({"cancelled": true})),
        ("PATCH", ["v1", "subscription-items", id]) => seats(sandbox, source, id, &asked),
        _ => Ok(missing()),
    }
}

fn refund(sandbox: &Sandbox, source: &str, (kind, id): (&str, &str), asked: &Value) -> Disked<Reply> {
    let Some(mut object) = sandbox.object("lemonsqueezy", &format!("{kind}:{id}"))? else { return Ok(missing()) };
    let attributes = &mut object["attributes"];
    if !matches!(attributes["status"].as_str(), Some("paid" | "refunded" | "partial_refund")) {
        return Ok(refused("Only what was paid can be refunded."));
    }
    let total = attributes["total"].as_i64().unwrap_or(0);
    let whole = if attributes["status"] == "refunded" { total } else { 0 };
    let back = attributes["refunded_amount"].as_i64().unwrap_or(whole);
    let amount = asked["amount"].as_i64().unwrap_or(total - back);
    if back >= total {
        return Ok(refused("This has already been refunded."));
    }
    if amount <= 0 || amount > total - back {
        return Ok(refused("The amount is more than what can still be refunded."));
    }
    let all = back + amount == total;
    attributes["refunded_amount"] = json!(back + amount);
    attributes["refunded"] = json!(all);
    set_status(attributes, if all { "refunded" } else { "partial_refund" });
    if all {
        attributes["refunded_at"] = json!(written(sandbox.clock.now()));
    }
    let event = if kind == "orders" { "order_refunded" } else { "subscription_payment_refunded" };
    tell(sandbox, source, &mut object, &[event])?;
    Ok(answer(200, &document(kind, id, &object)))
}

fn update(sandbox: &Sandbox, source: &str, id: &str, asked: &Value) -> Disked<Reply> {
    let Some(mut object) = sandbox.object("lemonsqueezy", &format!("subscriptions:{id}"))? else {
        return Ok(missing());
    };
    let (attributes, now) = (&mut object["attributes"], sandbox.clock.now());
    let changed: Changed = if attributes["status"] == "expired" {
        Err("An expired subscription cannot be changed.")
    } else if let Some(pause) = asked.get("pause") {
        set_pause(attributes, pause, now)
    } else if let Some(cancelled) = asked.get("cancelled") {
        set_cancelled(attributes, cancelled, now)
    } else if let Some(until) = asked.get("trial_ends_at") {
        set_trial(attributes, until, now)
    } else if let Some(variant) = asked.get("variant_id") {
        set_variant(sandbox, attributes, variant)?;
        Ok("subscription_updated")
    } else {
        Err("There is nothing to change.")
    };
    let event = match changed {
        Ok(event) => event,
        Err(detail) => return Ok(refused(detail)),
    };
    tell(sandbox, source, &mut object, &[event])?;
    Ok(answer(200, &document("subscriptions", id, &object)))
}

fn set_pause(attributes: &mut Value, pause: &Value, now: Timestamp) -> Changed {
    let status = attributes["status"].as_str().unwrap_or_default();
    match (pause.is_null(), status) {
        (true, "paused") => {
            attributes["pause"] = Value::Null;
            set_running(attributes, now);
            Ok("subscription_unpaused")
        }
        (true, _) => Ok("subscription_updated"),
        (false, "cancelled") => Err("A cancelled subscription cannot be paused."),
        (false, _) => {
            attributes["pause"] = json!({"mode": pause["mode"], "resumes_at": pause["resumes_at"]});
            set_status(attributes, "paused");
            Ok("subscription_paused")
        }
    }
}

fn set_cancelled(attributes: &mut Value, cancelled: &Value, now: Timestamp) -> Changed {
    let already = attributes["status"] == "cancelled";
    match cancelled.as_bool() {
        Some(true) if already => Ok("subscription_updated"),
        // What is paid for runs out.
        Some(true) => {
            let paid_until = attributes["renews_at"].clone();
            attributes["ends_at"] = if is_ahead(&paid_until, now) { paid_until } else { json!(written(now)) };
            attributes["cancelled"] = json!(true);
            set_status(attributes, "cancelled");
            Ok("subscription_cancelled")
        }
        Some(false) if already && is_ahead(&attributes["ends_at"], now) => {
            attributes["ends_at"] = Value::Null;
            attributes["cancelled"] = json!(false);
            set_running(attributes, now);
            Ok("subscription_resumed")
        }
        Some(false) if already => Err("A subscription that has ended cannot be resumed."),
        Some(false) => Ok("subscription_updated"),
        None => Err("The cancelled field must be true or false."),
    }
}

fn set_trial(attributes: &mut Value, until: &Value, now: Timestamp) -> Changed {
    let Some(ends_at) = until.as_str().and_then(|until| until.parse::<Timestamp>().ok()).filter(|until| *until > now)
    else {
        return Err("The trial must end in the future.");
    };
    if attributes["status"] != "on_trial" {
        return Err("The subscription is not on trial.");
    }
    attributes["trial_ends_at"] = json!(written(ends_at));
    attributes["renews_at"] = json!(written(ends_at));
    Ok("subscription_updated")
}

/// Moves to another variant. Webhooks show no prices, so the invoice over the rest of the period is not made here.
fn set_variant(sandbox: &Sandbox, attributes: &mut Value, variant: &Value) -> Disked<()> {
    let id = text(variant);
    let price = price_of(sandbox, &id)?;
    let sold = sold_as(sandbox, &id)?
        .unwrap_or_else(|| json!({"product_name": format!("Variant {id}"), "variant_name": "Default"}));
    for name in ["product_id", "product_name", "variant_name"] {
        if !sold[name].is_null() {
            attributes[name] = sold[name].clone();
        }
    }
    attributes["variant_id"] = variant.clone();
    if attributes["first_subscription_item"].is_object() {
        attributes["first_subscription_item"]["price_id"] = price;
    }
    Ok(())
}

fn seats(sandbox: &Sandbox, source: &str, id: &str, asked: &Value) -> Disked<Reply> {
    let subscriptions = sandbox.objects("lemonsqueezy", "subscriptions:")?;
    let item_of = |object: &Value| text(&object["attributes"]["first_subscription_item"]["id"]);
    let Some(mut object) = subscriptions.into_iter().find(|object| item_of(object) == id) else { return Ok(missing()) };
    let attributes = &mut object["attributes"];
    if attributes["status"] == "expired" {
        return Ok(refused("An expired subscription cannot be changed."));
    }
    if attributes["first_subscription_item"]["is_usage_based"] == true {
        return Ok(refused("The quantity of a usage-based subscription cannot be changed."));
    }
    let Some(quantity) = asked["quantity"].as_u64().filter(|quantity| *quantity > 0) else {
        return Ok(refused("The quantity field must be at least 1."));
    };
    attributes["first_subscription_item"]["quantity"] = json!(quantity);
    tell(sandbox, source, &mut object, &[])?;
    let (item, updated_at) = (&object["attributes"]["first_subscription_item"], &object["attributes"]["updated_at"]);
    let shown = json!({"type": "subscription-items", "id": id, "attributes": {
        "subscription_id": object["id"].as_str().and_then(|id| id.parse::<u64>().ok()), "price_id": item["price_id"],
        "quantity": quantity, "is_usage_based": false, "created_at": item["created_at"], "updated_at": updated_at,
    }});
    Ok(answer(200, &document("subscription-items", id, &shown)))
}

/// Keeps an object's new state and sends the webhooks that tell of it;
/// an update of a subscription goes with every other.
///
/// The new state is always the later one, however quickly one change follows another.
fn tell(sandbox: &Sandbox, source: &str, object: &mut Value, events: &[&str]) -> Disked<()> {
    let Some(name) = super::name(object) else { return Ok(()) };
    let before = Timestamp::from_millisecond(millis(&object["attributes"]["updated_at"])).unwrap_or_default();
    let at = sandbox.clock.now().max(before + SignedDuration::from_secs(1));
    object["attributes"]["updated_at"] = json!(written(at));
    sandbox.keep("lemonsqueezy", &name, at.as_millisecond(), object)?;
    let updated = (object["type"] == "subscriptions" && !events.contains(&"subscription_updated"))
        .then_some("subscription_updated");
    for event in events.iter().copied().chain(updated) {
        let meta = json!({
            "test_mode": object["attributes"]["test_mode"], "event_name": event,
            "webhook_id": digest(&[event, &name, &written(at)], 24),
        });
        sandbox.send_back(
            "lemonsqueezy",
            source,
            SignedDuration::from_secs(2),
            &json!({"meta": meta, "data": object}),
        )?;
    }
    Ok(())
}

fn set_running(attributes: &mut Value, now: Timestamp) {
    let status = if is_ahead(&attributes["trial_ends_at"], now) { "on_trial" } else { "active" };
    set_status(attributes, status);
}

fn set_status(attributes: &mut Value, status: &str) {
    let words = status.replace('_', " ");
    let formatted: String =
        words.chars().take(1).map(|first| first.to_ascii_uppercase()).chain(words.chars().skip(1)).collect();
    attributes["status"] = json!(status);
    attributes["status_formatted"] = json!(formatted);
}

fn is_ahead(time: &Value, now: Timestamp) -> bool {
    millis(time) > now.as_millisecond()
}

/// A time as Lemon Squeezy writes it.
fn written(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}
