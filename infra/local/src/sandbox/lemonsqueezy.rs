//! Lemon Squeezy's lists: newest first, in numbered pages, with the objects beside them that somebody wants included.

mod change;
mod get;

pub(super) use change::change;

use super::listed::{Asked, answer, millis, newest_first, text};
use super::takes::Place;
use super::{Disked, Row, Sandbox};
use providers::{Call, Reply};
use serde_json::{Value, json};

const LISTS: &[&str] = &["customers", "orders", "subscriptions", "subscription-invoices"];

/// Under which id an object is kept: each type is numbered from one.
pub(super) fn name(object: &Value) -> Option<String> {
    Some(format!("{}:{}", object["type"].as_str()?, object["id"].as_str()?))
}

/// Keeps the object of a delivery, and who it shows that the customer is.
pub(super) fn learn(sandbox: &Sandbox, object: &Value) -> Disked<()> {
    let Some(id) = name(object) else { return Ok(()) };
    let attributes = &object["attributes"];
    let seen_at = millis(&attributes["updated_at"]);
    let mut rows = vec![(id, seen_at, object.clone())];
    if !attributes["customer_id"].is_null() && !attributes["user_email"].is_null() {
        rows.push(customer(sandbox, attributes, seen_at)?);
    }
    sandbox.keep_all("lemonsqueezy", &rows)
}

fn customer(sandbox: &Sandbox, attributes: &Value, seen_at: i64) -> Disked<Row> {
    let customer = text(&attributes["customer_id"]);
    let name = format!("customers:{customer}");
    let known = sandbox.object("lemonsqueezy", &name)?;
    let created_at = known.as_ref().map_or(&attributes["created_at"], |known| &known["attributes"]["created_at"]);
    let shown = json!({
        "type": "customers",
        "id": customer,
        "attributes": {
            "store_id": attributes["store_id"],
            "name": attributes["user_name"],
            "email": attributes["user_email"],
            "status": "subscribed",
            "city": null,
            "region": null,
            "country": null,
            "total_revenue_currency": 0,
            "mrr": 0,
            "created_at": created_at,
            "updated_at": attributes["updated_at"],
            "test_mode": attributes["test_mode"],
        },
    });
    Ok((name, seen_at, shown))
}

pub(super) fn get(sandbox: &Sandbox, call: &Call) -> Disked<Reply> {
    let asked = Asked::of(call);
    if let Some((kind, id)) = asked.path.strip_prefix("/v1/").and_then(|path| path.split_once('/')) {
        return get::get(sandbox, kind, id);
    }
    let Some(kind) = asked.path.strip_prefix("/v1/").filter(|kind| LISTS.contains(kind)) else {
        return Ok(get::missing());
    };
    let mut objects = sandbox.objects("lemonsqueezy", &format!("{kind}:"))?;
    objects.retain(|object| fits(object, &asked));
    newest_first(&mut objects, |object| millis(&object["attributes"]["created_at"]));
    let size = asked.limit("page[size]", 10, 100);
    let (total, last) = (objects.len(), objects.len().div_ceil(size).max(1));
    let number = asked.limit("page[number]", 1, usize::MAX);
    let from = size.saturating_mul(number - 1);
    let page: Vec<_> = objects.into_iter().skip(from).take(size).collect();
    let (first, to) =
        if page.is_empty() { (Value::Null, Value::Null) } else { (json!(from + 1), json!(from + page.len())) };
    let link = |number: usize| {
        format!(
            "https://api.lemonsqueezy.com/v1/{kind}?page%5Bnumber%5D={number}&page%5Bsize%5D={size}&sort=-createdAt"
        )
    };
    let mut body = json!({
        "meta": {"page": {
            "currentPage": number,
            "from": first,
            "lastPage": last,
            "perPage": size,
            "to": to,
            "total": total,
        }},
        "jsonapi": {"version": "1.0"},
        "links": {"first": link(1), "last": link(last)},
        "data": page,
    });
    if asked.get("include") == Some("subscription") {
        body["included"] = Value::Array(subscriptions(sandbox, &page)?);
    }
    Ok(answer(200, &body))
}

/// The refusal of a parameter that a call does not have.
pub(super) fn unknown(place: Place, name: &str) -> Reply {
    let (status, title, source) = match place {
        Place::Query => ("400", "Invalid Query Parameter", json!({"parameter": name})),
        Place::Body => {
            let pointer = format!("/{}", name.replace('[', "/").replace(']', ""));
            ("422", "Unprocessable Entity", json!({"pointer": pointer}))
        }
    };
    let told = json!({
        "status": status, "title": title, "detail": format!("The {name} field is not supported."), "source": source,
    });
    let status = if place == Place::Query { 400 } else { 422 };
    answer(status, &json!({"jsonapi": {"version": "1.0"}, "errors": [told]}))
}

/// Whether an object has what is asked for.
fn fits(object: &Value, asked: &Asked) -> bool {
    asked.query.iter().all(|(name, wanted)| {
        let filter = name.strip_prefix("filter[").and_then(|name| name.strip_suffix(']'));
        filter.is_none_or(|name| text(&object["attributes"][name]) == *wanted)
    })
}

fn subscriptions(sandbox: &Sandbox, invoices: &[Value]) -> Disked<Vec<Value>> {
    let mut ids: Vec<_> = invoices.iter().map(|invoice| text(&invoice["attributes"]["subscription_id"])).collect();
    ids.sort();
    ids.dedup();
    let mut found = Vec::new();
    for id in ids {
        found.extend(sandbox.object("lemonsqueezy", &format!("subscriptions:{id}"))?);
    }
    Ok(found)
}
