//! Mollie's objects, as its API shows them: lists newest first, and payments with what went back of them.

mod change;
mod get;

pub(super) use change::change;

use super::listed::{Asked, answer, millis, newest_first};
use super::takes::Place;
use super::{Disked, Sandbox};
use jiff::Timestamp;
use providers::{Call, Reply};
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// Where each resource is listed, and under which name.
const LISTS: &[(&str, &str, &str)] = &[
    ("/v2/customers", "customer", "customers"),
    ("/v2/subscriptions", "subscription", "subscriptions"),
    ("/v2/payments", "payment", "payments"),
    ("/v2/refunds", "refund", "refunds"),
    ("/v2/chargebacks", "chargeback", "chargebacks"),
    ("/v2/sales-invoices", "sales-invoice", "sales_invoices"),
];

/// Keeps an object that a delivery shows, and that its customer exists: more of the customer no delivery shows.
pub(super) fn learn(sandbox: &Sandbox, delivery: &Value) -> Disked<()> {
    let entity = &delivery["_embedded"]["entity"];
    // An earlier state that is delivered late brings nothing back.
    let told_at = delivery["createdAt"]
        .as_str()
        .and_then(|at| at.parse::<Timestamp>().ok())
        .unwrap_or_else(|| sandbox.clock.now());
    let listed = LISTS.iter().any(|(_, resource, _)| entity["resource"] == *resource);
    let Some(id) = entity["id"].as_str().filter(|_| listed) else { return Ok(()) };
    let mut rows = vec![(id.to_owned(), told_at.as_second(), entity.clone())];
    if let Some(customer) = entity["customerId"].as_str()
        && sandbox.object("mollie", customer)?.is_none()
    {
        let shown = json!({
            "resource": "customer", "id": customer, "mode": entity["mode"], "name": null, "email": null, "locale": null,
            "metadata": null, "createdAt": entity["createdAt"],
        });
        rows.push((customer.to_owned(), 0, shown));
    }
    sandbox.keep_all("mollie", &rows)
}

pub(super) fn get(sandbox: &Sandbox, call: &Call) -> Disked<Reply> {
    let asked = Asked::of(call);
    if let Some(reply) = get::get(sandbox, &asked)? {
        return Ok(reply);
    }
    if let Some(id) = asked.path.strip_prefix("/v2/payments/") {
        let Some(payment) = sandbox.object("mollie", id)? else {
            return Ok(answer(
                404,
                &json!({"status": 404, "title": "Not Found", "detail": "No payment exists with this token."}),
            ));
        };
        let embed = asked.get("embed").is_some_and(|embed| embed.contains("refunds"));
        return Ok(answer(200, &whole(sandbox, payment, embed)?));
    }
    match LISTS.iter().find(|(path, ..)| *path == asked.path) {
        Some((_, resource, name)) => list(sandbox, &asked, resource, name),
        None => {
            Ok(answer(404, &json!({"status": 404, "title": "Not Found", "detail": "The resource does not exist."})))
        }
    }
}

/// The refusal of a parameter that a call does not have.
pub(super) fn unknown(place: Place, name: &str) -> Reply {
    let field = name.replace('[', ".").replace(']', "");
    let place = if place == Place::Query { "query" } else { "body" };
    let detail = format!("Non-existent {place} parameter \"{field}\" for this API call.");
    answer(422, &json!({"status": 422, "title": "Unprocessable Entity", "detail": detail, "field": field}))
}

fn list(sandbox: &Sandbox, asked: &Asked, resource: &str, name: &str) -> Disked<Reply> {
    let mut objects = sandbox.having("mollie", "resource", resource)?;
    newest_first(&mut objects, |object| millis(&object["createdAt"]));
    if let Some(from) = asked.get("from") {
        let Some(place) = objects.iter().position(|object| object["id"] == from) else {
            return Ok(answer(
                400,
                &json!({"status": 400, "title": "Bad Request", "detail": "Invalid cursor value", "field": "from"}),
            ));
        };
        objects.drain(..place);
    }
    let limit = asked.limit("limit", 50, 250);
    let link = |query: &str| {
        json!({
            "href": format!("https://api.mollie.com{}?{query}", asked.path),
            "type": "application/hal+json",
        })
    };
    let next =
        objects.get(limit).and_then(|next| next["id"].as_str()).map(|next| link(&format!("from={next}&limit={limit}")));
    objects.truncate(limit);
    if resource == "payment" {
        objects = objects.into_iter().map(|payment| whole(sandbox, payment, false)).collect::<Disked<_>>()?;
    }
    let body = json!({
        "count": objects.len(), "_embedded": {name: objects},
        "_links": {"self": link(&format!("limit={limit}")), "previous": null, "next": next},
    });
    Ok(answer(200, &body))
}

/// A payment with the sums of what went back, and with its refunds and chargebacks if somebody wants them.
fn whole(sandbox: &Sandbox, mut payment: Value, embed: bool) -> Disked<Value> {
    let of_it = |resource: &str| -> Disked<Vec<Value>> {
        let mut parts = sandbox.having("mollie", "resource", resource)?;
        parts.retain(|part| part["paymentId"] == payment["id"]);
        Ok(parts)
    };
    let (refunds, chargebacks) = (of_it("refund")?, of_it("chargeback")?);
    let refunded =
        sum(refunds.iter().filter(|refund| !matches!(refund["status"].as_str(), Some("failed" | "canceled"))));
    let charged_back = sum(chargebacks.iter().filter(|chargeback| chargeback["reversedAt"].is_null()));
    for (name, known) in [("amountRefunded", refunded), ("amountChargedBack", charged_back)] {
        // The payment was seen with a sum of its own; what is known since only adds to it.
        if known > value(&payment[name]) {
            payment[name] = json!({"value": known.to_string(), "currency": payment["amount"]["currency"]});
        }
    }
    if embed && payment["_embedded"].is_null() {
        payment["_embedded"] = json!({"refunds": refunds, "chargebacks": chargebacks});
    }
    Ok(payment)
}

fn sum<'a>(parts: impl Iterator<Item = &'a Value>) -> Decimal {
    parts.map(|part| value(&part["amount"])).sum()
}

fn value(amount: &Value) -> Decimal {
    amount["value"].as_str().and_then(|value| value.parse().ok()).unwrap_or_default()
}
