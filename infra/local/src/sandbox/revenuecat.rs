//! RevenueCat's lists: customers, and below each what they bought and paid, in pages behind a cursor.

mod change;
mod learn;

pub(super) use change::change;

pub(super) use learn::learn;

use super::listed::{Asked, answer, text};
use super::{Disked, Sandbox};
use providers::{Call, Reply};
use serde_json::{Value, json};

/// Under which id an object is kept: stores number what they sell without regard to each other.
pub(super) fn name(object: &Value) -> Option<String> {
    Some(format!("{}s:{}", object["object"].as_str()?, object["id"].as_str()?))
}

/// Paths begin below the project, which is a part of the address.
pub(super) fn get(sandbox: &Sandbox, call: &Call) -> Disked<Reply> {
    let asked = Asked::of(call);
    let parts: Vec<String> = asked.path.trim_start_matches('/').split('/').map(plain).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let items = match parts[..] {
        ["customers"] => sandbox.objects("revenuecat", "customers:")?,
        ["customers", customer, kind @ ("subscriptions" | "purchases")] => {
            let mut objects = sandbox.objects("revenuecat", &format!("{kind}:"))?;
            objects.retain(|object| object["customer_id"] == customer);
            objects
        }
        ["customers", customer, "attributes"] => {
            let kept = sandbox.object("revenuecat", &format!("attributes:{customer}"))?.unwrap_or_default();
            kept["items"].as_array().cloned().unwrap_or_default()
        }
        ["subscriptions", id, "transactions"] => sandbox.objects("revenuecat", &format!("transactions:{id}:"))?,
        ["subscriptions", id, "authenticated_management_url"] => {
            return Ok(match sandbox.object("revenuecat", &format!("subscriptions:{id}"))? {
                Some(subscription) => {
                    let own = format!("https://pay.rev.cat/{id}?token=sandbox");
                    let url = if subscription["store"] == "rc_billing" {
                        json!(own)
                    } else {
                        subscription["management_url"].clone()
                    };
                    answer(200, &json!({"object": "authenticated_management_url", "management_url": url}))
                }
                None => missing(),
            });
        }
        ["subscriptions", id] => {
            return Ok(match sandbox.object("revenuecat", &format!("subscriptions:{id}"))? {
                Some(subscription) => answer(200, &subscription),
                None => missing(),
            });
        }
        _ => return Ok(missing()),
    };
    Ok(list(&asked, items))
}

fn list(asked: &Asked, mut items: Vec<Value>) -> Reply {
    // Attributes have a name where all else has an id.
    let id = |item: &Value| text(if item["id"].is_null() { &item["name"] } else { &item["id"] });
    let by_time = asked.get("sort") == Some("purchased_at");
    items.sort_by_cached_key(|item| (if by_time { item["purchased_at"].as_i64() } else { None }, id(item)));
    if asked.get("direction") == Some("desc") {
        items.reverse();
    }
    if let Some(after) = asked.get("starting_after") {
        let place = items.iter().position(|item| id(item) == after).map_or(items.len(), |place| place + 1);
        items.drain(..place);
    }
    let limit = asked.limit("limit", 20, 100);
    let more = items.len() > limit;
    items.truncate(limit);
    let url = format!("/v2/projects/sandbox{}", asked.path);
    let next = items.last().filter(|_| more).map(|last| {
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("starting_after", &id(last)).finish();
        format!("{url}?{query}&limit={limit}")
    });
    answer(200, &json!({"object": "list", "items": items, "next_page": next, "url": url}))
}

/// The refusal of a parameter that a call does not have.
pub(super) fn unknown(name: &str) -> Reply {
    let error = json!({
        "object": "error", "type": "parameter_error", "param": name, "message": format!("Unknown parameter: {name}"),
        "retryable": false, "doc_url": "https://errors.rev.cat/parameter-error",
    });
    answer(400, &error)
}

fn missing() -> Reply {
    let error = json!({
        "object": "error", "type": "resource_missing", "message": "Resource not found", "retryable": false,
        "doc_url": "https://errors.rev.cat/resource-missing",
    });
    answer(404, &error)
}

fn plain(segment: &str) -> String {
    form_urlencoded::parse(segment.as_bytes()).next().map(|(text, _)| text.into_owned()).unwrap_or_default()
}
