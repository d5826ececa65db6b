//! Chargebee's lists: oldest first, each entry as the content of an event,
//! and an offset that nobody needs to understand.

mod change;

pub(super) use change::change;

use super::listed::{Asked, answer, text};
use super::{Disked, Sandbox};
use providers::{Call, Reply};
use serde_json::{Map, Value, json};

/// Where each resource is listed, and what says when it was made.
const LISTS: &[(&str, &str, &str)] = &[
    ("/api/v2/customers", "customer", "created_at"),
    ("/api/v2/payment_sources", "payment_source", "created_at"),
    ("/api/v2/subscriptions", "subscription", "created_at"),
    ("/api/v2/invoices", "invoice", "date"),
    ("/api/v2/transactions", "transaction", "date"),
    ("/api/v2/credit_notes", "credit_note", "date"),
    ("/api/v2/promotional_credits", "promotional_credit", "created_at"),
    ("/api/v2/comments", "comment", "created_at"),
];

/// Under which id a resource is kept: a customer and its subscription may have the same one. A card has its customer's.
pub(super) fn name(resource: &str, object: &Value) -> Option<String> {
    let id = if resource == "card" { &object["customer_id"] } else { &object["id"] };
    Some(format!("{resource}:{}", id.as_str()?))
}

/// Keeps every resource of an event's content, each in its newest version.
pub(super) fn learn(sandbox: &Sandbox, delivery: &Value) -> Disked<()> {
    let occurred_at = delivery["occurred_at"].as_i64().unwrap_or(0).saturating_mul(1000);
    let row = |(resource, object): (&String, &Value)| {
        Some((name(resource, object)?, object["resource_version"].as_i64().unwrap_or(occurred_at), object.clone()))
    };
    let rows: Vec<_> = delivery["content"].as_object().into_iter().flatten().filter_map(row).collect();
    sandbox.keep_all("chargebee", &rows)?;
    let told = rows.iter().filter(|(name, ..)| name.starts_with("transaction:"));
    told.map(|(_, _, transaction)| change::gave_back(sandbox, transaction)).collect()
}

pub(super) fn get(sandbox: &Sandbox, call: &Call) -> Disked<Reply> {
    let asked = Asked::of(call);
    if let Some(reply) = one(sandbox, &asked.path)? {
        return Ok(reply);
    }
    let Some((_, resource, made)) = LISTS.iter().find(|(path, ..)| *path == asked.path) else {
        return Ok(not_found());
    };
    let sorted_by = asked.get("sort_by[asc]").unwrap_or(made);
    let mut objects = sandbox.objects("chargebee", &format!("{resource}:"))?;
    let since = asked.number("updated_at[after]");
    let made_since = asked.number(&format!("{made}[after]"));
    objects.retain(|object| {
        let gone = object["deleted"] == true && asked.get("include_deleted") != Some("true");
        let made_then = object[made].as_i64().unwrap_or(0);
        !gone
            && since.is_none_or(|since| updated_at(object, made) > since)
            && made_since.is_none_or(|since| made_then > since)
            && is_asked_for(object, &asked)
    });
    objects.sort_by_cached_key(|object| place(object, sorted_by, made));
    if let Some(start) = asked.get("offset").and_then(|offset| serde_json::from_str::<(i64, String)>(offset).ok()) {
        objects.retain(|object| place(object, sorted_by, made) >= start);
    }
    let limit = asked.limit("limit", 10, 100);
    let next = objects.get(limit).map(|object| json!(place(object, sorted_by, made)).to_string());
    objects.truncate(limit);
    let mut list = Vec::new();
    for object in objects {
        list.push(entry(sandbox, resource, object)?);
    }
    let mut body = json!({"list": list});
    if let Some(next) = next {
        body["next_offset"] = json!(next);
    }
    Ok(answer(200, &body))
}

/// Whether an object is what each `field[is]` asks for.
fn is_asked_for(object: &Value, asked: &Asked) -> bool {
    asked.query.iter().all(|(name, value)| name.strip_suffix("[is]").is_none_or(|field| text(&object[field]) == *value))
}

/// One object by its id, with those that Chargebee shows beside it; or a subscription as it will be.
fn one(sandbox: &Sandbox, path: &str) -> Disked<Option<Reply>> {
    let parts: Vec<&str> = path.trim_start_matches("/api/v2/").split('/').collect();
    let (list, segment, scheduled) = match parts[..] {
        [list, id] => (list, id, false),
        ["subscriptions", id, "retrieve_with_scheduled_changes"] => ("subscriptions", id, true),
        _ => return Ok(None),
    };
    let Some((_, resource, _)) = LISTS.iter().find(|(path, ..)| path.strip_prefix("/api/v2/") == Some(list)) else {
        return Ok(None);
    };
    let id = form_urlencoded::parse(segment.as_bytes()).next().map(|(id, _)| id.into_owned()).unwrap_or_default();
    let kept_as = if scheduled { "scheduled" } else { *resource };
    let Some(object) = sandbox.object("chargebee", &format!("{kept_as}:{id}"))? else {
        return Ok(Some(not_found()));
    };
    Ok(Some(answer(200, &entry(sandbox, resource, object)?)))
}

/// The refusal of a parameter that a call does not have.
pub(super) fn unknown(name: &str) -> Reply {
    let error = json!({
        "message": format!("{name} : is not a parameter of this call"),
        "type": "invalid_request",
        "api_error_code": "param_wrong_value",
        "param": name,
        "http_status_code": 400,
    });
    answer(400, &error)
}

fn not_found() -> Reply {
    let error = json!({
        "message": "Sorry, we couldn't find that resource",
        "type": "invalid_request",
        "api_error_code": "resource_not_found",
        "http_status_code": 404,
    });
    answer(404, &error)
}

/// A resource with those that Chargebee shows beside it.
fn entry(sandbox: &Sandbox, resource: &str, object: Value) -> Disked<Value> {
    let beside: &[&str] = match resource {
        "customer" => &["card"],
        "subscription" => &["customer", "card"],
        _ => &[],
    };
    let customer = text(if resource == "customer" { &object["id"] } else { &object["customer_id"] });
    let mut entry = Map::new();
    entry.insert(resource.to_owned(), object);
    for other in beside {
        entry.extend(
            sandbox.object("chargebee", &format!("{other}:{customer}"))?.map(|found| ((*other).to_owned(), found)),
        );
    }
    Ok(Value::Object(entry))
}

fn updated_at(object: &Value, made: &str) -> i64 {
    let version = object["resource_version"].as_i64().map(|version| version / 1000);
    object["updated_at"].as_i64().or(version).or(object[made].as_i64()).unwrap_or(0)
}

/// Where an object stands in the list.
fn place(object: &Value, sorted_by: &str, made: &str) -> (i64, String) {
    let second =
        if sorted_by == "updated_at" { updated_at(object, made) } else { object[sorted_by].as_i64().unwrap_or(0) };
    (second, text(&object["id"]))
}
