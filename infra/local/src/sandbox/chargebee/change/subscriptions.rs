//! What happens to subscriptions of either product catalogue.

use super::{Asked, missing, ok, refuse, wrong_state, wrong_value};
use crate::sandbox::Disked;
use providers::Reply;
use serde_json::{Value, json};

/// Changes what is bought, at once or at the end of the term.
pub(super) fn update(asked: &Asked<'_>, id: &str, by_items: bool) -> Disked<Reply> {
    let Some(mut subscription) = asked.object("subscription", id)? else { return missing(id) };
    if by_items == subscription["plan_id"].is_string() {
        return refuse(
            400,
            "invalid_request",
            "configuration_incompatible",
            "This operation is of the other product catalogue.",
        );
    }
    if subscription["status"] == "cancelled" {
        return wrong_state("The subscription is cancelled.");
    }
    if let Some(coupon) = asked.get("coupon_ids[0]")
        && asked.object("coupon", coupon)?.is_none()
    {
        return missing(coupon);
    }
    let mut after = subscription.clone();
    if by_items {
        change_items(asked, &mut after)?;
    } else {
        change_plan(asked, &mut after)?;
    }
    if asked.is("end_of_term") {
        asked.sandbox.keep(
            "chargebee",
            &format!("scheduled:{id}"),
            asked.sandbox.clock.now().as_millisecond(),
            &after,
        )?;
        subscription["has_scheduled_changes"] = json!(true);
        return finish(asked, subscription, "subscription_changes_scheduled");
    }
    if let Some(coupon) = asked.get("coupon_ids[0]") {
        let mut coupons: Vec<Value> = after["coupons"].as_array().cloned().unwrap_or_default();
        if !coupons.iter().any(|own| own["coupon_id"] == coupon) {
            coupons.push(json!({"coupon_id": coupon, "applied_count": 0, "object": "coupon"}));
        }
        after["coupons"] = json!(coupons);
    }
    finish(asked, after, "subscription_changed")
}

/// The first catalogue: a plan, and add-ons.
fn change_plan(asked: &Asked<'_>, subscription: &mut Value) -> Disked<()> {
    if let Some(plan) = asked.get("plan_id")
        && subscription["plan_id"] != plan
    {
        let price = price_of(asked, "plan", plan)?;
        subscription["plan_id"] = json!(plan);
        set(subscription, "plan_unit_price", price);
    }
    if let Some(quantity) = asked.number("plan_quantity") {
        subscription["plan_quantity"] = json!(quantity);
    }
    let rows = rows(asked, "addons", "id");
    let had: Vec<Value> = subscription["addons"].as_array().cloned().unwrap_or_default();
    let mut addons = if asked.is("replace_addon_list") { Vec::new() } else { had.clone() };
    for (price, quantity) in rows {
        let mut addon = had
            .iter()
            .find(|addon| addon["id"] == price.as_str())
            .cloned()
            .unwrap_or_else(|| json!({"id": price, "object": "addon"}));
        if addon["unit_price"].is_null() {
            let unit = price_of(asked, "addon", &price)?;
            set(&mut addon, "unit_price", unit);
        }
        if let Some(quantity) = quantity {
            addon["quantity"] = json!(quantity);
        }
        addons.retain(|other| other["id"] != price.as_str());
        addons.push(addon);
    }
    if !addons.is_empty() || !had.is_empty() {
        subscription["addons"] = json!(addons);
    }
    Ok(())
}

/// The second catalogue: items, one of which is the plan.
fn change_items(asked: &Asked<'_>, subscription: &mut Value) -> Disked<()> {
    let had: Vec<Value> = subscription["subscription_items"].as_array().cloned().unwrap_or_default();
    let mut items = if asked.is("replace_items_list") { Vec::new() } else { had.clone() };
    for (price, quantity) in rows(asked, "subscription_items", "item_price_id") {
        let known = had.iter().find(|item| item["item_price_id"] == price.as_str()).cloned();
        let mut item = match known {
            Some(item) => item,
            None => new_item(asked, &price)?,
        };
        if let Some(quantity) = quantity {
            item["quantity"] = json!(quantity);
        }
        if let Some(unit) = item["unit_price"].as_i64() {
            item["amount"] = json!(unit * item["quantity"].as_i64().unwrap_or(1));
        }
        // There is one plan: another one takes its place.
        items.retain(|other| {
            other["item_price_id"] != price.as_str() && (item["item_type"] != "plan" || other["item_type"] != "plan")
        });
        let place = if item["item_type"] == "plan" { 0 } else { items.len() };
        items.insert(place, item);
    }
    subscription["subscription_items"] = json!(items);
    Ok(())
}

fn new_item(asked: &Asked<'_>, price: &str) -> Disked<Value> {
    let taught = asked.object("item_price", price)?;
    let seen = elsewhere(asked, |subscription| {
        let mut items = subscription["subscription_items"].as_array().into_iter().flatten();
        items.find(|item| item["item_price_id"] == price).map(|item| item["item_type"].clone())
    })?;
    // Nobody told us what it is. Of our requests, only a change of plan is charged at once
    // or waits for the end of the term.
    let is_plan = asked.is("invoice_immediately") || asked.is("end_of_term");
    let guess = json!(if is_plan { "plan" } else { "addon" });
    let kind = taught.map(|taught| taught["item_type"].clone()).filter(Value::is_string).or(seen).unwrap_or(guess);
    let mut item = json!({"item_price_id": price, "item_type": kind, "quantity": 1, "object": "subscription_item"});
    set(&mut item, "unit_price", price_of(asked, "item_price", price)?);
    Ok(item)
}

/// What one of it costs: as the catalogue was taught, or as another subscription has it.
fn price_of(asked: &Asked<'_>, resource: &str, id: &str) -> Disked<Option<Value>> {
    if let Some(taught) = asked.object(resource, id)?.filter(|taught| taught["price"].is_i64()) {
        return Ok(Some(taught["price"].clone()));
    }
    let found = elsewhere(asked, |subscription| {
        if resource == "plan" {
            return (subscription["plan_id"] == id).then(|| subscription["plan_unit_price"].clone());
        }
        let (list, name) = if resource == "addon" { ("addons", "id") } else { ("subscription_items", "item_price_id") };
        let own = subscription[list].as_array().into_iter().flatten().find(|own| own[name] == id)?;
        Some(own["unit_price"].clone())
    })?;
    Ok(found.filter(Value::is_i64))
}

fn elsewhere(asked: &Asked<'_>, says: impl Fn(&Value) -> Option<Value>) -> Disked<Option<Value>> {
    Ok(asked.objects("subscription")?.iter().find_map(says))
}

/// The rows of a list in the form, each with how many of it.
fn rows(asked: &Asked<'_>, list: &str, id: &str) -> Vec<(String, Option<i64>)> {
    let row = |number: usize| {
        let price = asked.get(&format!("{list}[{id}][{number}]"))?;
        Some((price.to_owned(), asked.number(&format!("{list}[quantity][{number}]"))))
    };
    (0..).map_while(row).collect()
}

pub(super) fn cancel(asked: &Asked<'_>, id: &str) -> Disked<Reply> {
    let Some(mut subscription) = asked.object("subscription", id)? else { return missing(id) };
    if subscription["status"] == "cancelled" {
        return wrong_state("The subscription is cancelled already.");
    }
    set(&mut subscription, "next_billing_at", None);
    if asked.is("end_of_term") {
        let trial = subscription["status"] == "in_trial";
        let end = if trial { &subscription["trial_end"] } else { &subscription["current_term_end"] };
        let end = end.as_i64().unwrap_or_else(|| asked.now());
        if !trial {
            subscription["status"] = json!("non_renewing");
        }
        subscription["cancelled_at"] = json!(end);
        subscription["cancel_schedule_created_at"] = json!(asked.now());
        return finish(asked, subscription, "subscription_cancellation_scheduled");
    }
    subscription["status"] = json!("cancelled");
    subscription["cancelled_at"] = json!(asked.now());
    subscription["current_term_end"] = json!(asked.now());
    finish(asked, subscription, "subscription_cancelled")
}

pub(super) fn pause(asked: &Asked<'_>, id: &str) -> Disked<Reply> {
    let Some(mut subscription) = asked.object("subscription", id)? else { return missing(id) };
    if !matches!(subscription["status"].as_str(), Some("active" | "non_renewing")) {
        return wrong_state("Only an active subscription can be paused.");
    }
    subscription["status"] = json!("paused");
    subscription["pause_date"] = json!(asked.now());
    set(&mut subscription, "next_billing_at", None);
    finish(asked, subscription, "subscription_paused")
}

pub(super) fn resume(asked: &Asked<'_>, id: &str) -> Disked<Reply> {
    let Some(mut subscription) = asked.object("subscription", id)? else { return missing(id) };
    if subscription["status"] != "paused" {
        return wrong_state("The subscription is not paused.");
    }
    let next = subscription["current_term_end"].as_i64().filter(|end| *end > asked.now());
    subscription["status"] = json!("active");
    set(&mut subscription, "pause_date", None);
    set(&mut subscription, "resume_date", None);
    set(&mut subscription, "next_billing_at", Some(json!(next.unwrap_or_else(|| asked.now()))));
    finish(asked, subscription, "subscription_resumed")
}

pub(super) fn change_term_end(asked: &Asked<'_>, id: &str) -> Disked<Reply> {
    let Some(mut subscription) = asked.object("subscription", id)? else { return missing(id) };
    let Some(end) = asked.number("term_ends_at").filter(|end| *end > asked.now()) else {
        return wrong_value("term_ends_at : should be in the future");
    };
    let (field, event) = match subscription["status"].as_str() {
        Some("in_trial") => ("trial_end", "subscription_trial_extended"),
        Some("active" | "non_renewing") => ("current_term_end", "subscription_changed"),
        _ => return wrong_state("The subscription has no term that could end later."),
    };
    subscription[field] = json!(end);
    if subscription["status"] != "non_renewing" {
        subscription["next_billing_at"] = json!(end);
    }
    finish(asked, subscription, event)
}

/// Keeps the subscription, tells of it, and answers with it.
fn finish(asked: &Asked<'_>, mut subscription: Value, event: &str) -> Disked<Reply> {
    asked.put("subscription", &mut subscription)?;
    let customer = asked.object("customer", subscription["customer_id"].as_str().unwrap_or_default())?;
    let mut content = vec![("subscription", &subscription)];
    content.extend(customer.as_ref().map(|customer| ("customer", customer)));
    asked.tell(event, &content)?;
    ok(&json!({"subscription": subscription, "customer": customer}))
}

/// Sets a field, or takes it away: Chargebee leaves out what is not there.
fn set(object: &mut Value, field: &str, value: Option<Value>) {
    if let Some(fields) = object.as_object_mut() {
        match value {
            Some(value) => drop(fields.insert(field.to_owned(), value)),
            None => drop(fields.remove(field)),
        }
    }
}
