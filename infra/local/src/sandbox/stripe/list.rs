//! Stripe's lists: newest first, continued behind an object, filtered by what the objects refer to.

use super::{error, ok, payments, shape};
use crate::sandbox::listed::{Asked, newest_first};
use crate::sandbox::{Disked, Sandbox};
use providers::Reply;
use serde_json::{Value, json};

/// Where each kind of object is listed.
const LISTS: &[(&str, &str)] = &[
    ("/v1/customers", "customer"),
    ("/v1/subscriptions", "subscription"),
    ("/v1/invoices", "invoice"),
    ("/v1/invoice_payments", "invoice_payment"),
    ("/v1/credit_notes", "credit_note"),
    ("/v1/charges", "charge"),
    ("/v1/refunds", "refund"),
    ("/v1/disputes", "dispute"),
    ("/v1/radar/early_fraud_warnings", "radar.early_fraud_warning"),
];

/// What is shown by its id.
const SHOWN: &[(&str, &str)] = &[
    ("customers", "customer"),
    ("subscriptions", "subscription"),
    ("subscription_schedules", "subscription_schedule"),
    ("invoices", "invoice"),
    ("charges", "charge"),
    ("refunds", "refund"),
    ("coupons", "coupon"),
];

pub(super) fn get(sandbox: &Sandbox, asked: &Asked) -> Disked<Reply> {
    if let Some(reply) = one(sandbox, asked)? {
        return Ok(reply);
    }
    let Some((_, kind)) = LISTS.iter().find(|(path, _)| *path == asked.path) else {
        return Ok(error(404, "invalid_request_error", "resource_missing", "Unrecognized request URL"));
    };
    let mut objects = match (*kind, asked.get("invoice"), asked.get("payment[payment_intent]")) {
        ("invoice_payment", Some(invoice), _) => payments::of_invoice(sandbox, invoice)?,
        ("invoice_payment", _, Some(intent)) => payments::of_intent(sandbox, intent)?,
        ("invoice_payment", None, None) => payments::all(sandbox)?,
        _ => sandbox.having("stripe", "object", kind)?,
    };
    objects.retain(|object| object["deleted"] != true);
    objects = objects.into_iter().map(shape::shown).collect();
    objects.retain(|object| fits(object, kind, asked));
    newest_first(&mut objects, |object| object["created"].as_i64().unwrap_or(0));
    if let Some(after) = asked.get("starting_after") {
        let Some(place) = objects.iter().position(|object| object["id"] == after) else {
            return Ok(error(400, "invalid_request_error", "resource_missing", &format!("No such {kind}: '{after}'")));
        };
        objects.drain(..=place);
    }
    let limit = asked.limit("limit", 10, 100);
    let has_more = objects.len() > limit;
    objects.truncate(limit);
    for path in asked.all("expand[]") {
        let parts: Vec<_> = path.split('.').skip(1).collect();
        objects.iter_mut().try_for_each(|object| expand(sandbox, object, &parts))?;
    }
    Ok(ok(&json!({"object": "list", "url": asked.path, "has_more": has_more, "data": objects})))
}

/// Whether an object has what is asked for: references and states by name, times by `created`.
fn fits(object: &Value, kind: &str, asked: &Asked) -> bool {
    let ended = kind == "subscription" && asked.get("status").is_none() && object["status"] == "canceled";
    !ended
        && asked.query.iter().all(|(name, value)| match (name.as_str(), value.as_str()) {
            ("created[gte]", since) => object["created"].as_i64() >= since.parse().ok(),
            ("status", "all") => true,
            ("customer" | "charge" | "payment_intent" | "status", wanted) => object[name] == wanted,
            _ => true,
        })
}

/// Puts the object where its id stands, as far as it is known; in a list, each.
fn expand(sandbox: &Sandbox, object: &mut Value, path: &[&str]) -> Disked<()> {
    let [part, rest @ ..] = path else { return Ok(()) };
    let all = match object.get_mut(*part) {
        Some(Value::Array(all)) => all.as_mut_slice(),
        Some(one) => std::slice::from_mut(one),
        None => return Ok(()),
    };
    for inner in all {
        if let Some(found) = inner.as_str().map(|id| known(sandbox, part, id)).transpose()?.flatten() {
            *inner = shape::shown(found);
        }
        expand(sandbox, inner, rest)?;
    }
    Ok(())
}

/// The object that a field names. Discounts and coupons are known from inside of others as well.
fn known(sandbox: &Sandbox, field: &str, id: &str) -> Disked<Option<Value>> {
    let found = sandbox.object("stripe", id)?;
    if found.is_some() {
        return Ok(found);
    }
    let places: &[&str] = match field {
        "discounts" => &["discount"],
        "coupon" => &["coupon", "discount.coupon"],
        // An intent is shown before any delivery told of it.
        "payment_intent" => return Ok(Some(json!({"id": id, "object": "payment_intent"}))),
        _ => return Ok(None),
    };
    for place in places {
        let holders = sandbox.having("stripe", &format!("{place}.id"), id)?;
        let inside = format!("/{}", place.replace('.', "/"));
        if let Some(mut found) = holders.first().and_then(|holder| holder.pointer(&inside)).cloned() {
            found["object"] = json!(field.trim_end_matches('s'));
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn one(sandbox: &Sandbox, asked: &Asked) -> Disked<Option<Reply>> {
    let parts: Vec<_> = asked.path.trim_start_matches("/v1/").split('/').collect();
    let (folder, id) = match parts.as_slice() {
        ["customers", customer, "balance_transactions"] => return balance(sandbox, asked, customer).map(Some),
        [folder, id] => (*folder, *id),
        _ => return Ok(None),
    };
    let Some((_, kind)) = SHOWN.iter().find(|(own, _)| *own == folder) else { return Ok(None) };
    let found = sandbox.object("stripe", id)?.filter(|object| object["object"] == *kind && object["deleted"] != true);
    Ok(Some(match found {
        Some(object) => {
            let mut shown = shape::shown(finished(object));
            for path in asked.all("expand[]") {
                expand(sandbox, &mut shown, &path.split('.').collect::<Vec<_>>())?;
            }
            ok(&shown)
        }
        None => error(404, "invalid_request_error", "resource_missing", &format!("No such {kind}: '{id}'")),
    }))
}

/// Every finalized invoice has a page and a document, also where the delivery that told of it did not say so.
fn finished(mut object: Value) -> Value {
    if object["object"] != "invoice" || object["status"] == "draft" {
        return object;
    }
    let id = object["id"].as_str().unwrap_or_default().to_owned();
    if !object["hosted_invoice_url"].is_string() {
        object["hosted_invoice_url"] = json!(format!("https://invoice.stripe.com/i/{id}"));
    }
    if !object["invoice_pdf"].is_string() {
        object["invoice_pdf"] = json!(format!("https://pay.stripe.com/invoice/{id}/pdf"));
    }
    object
}

fn balance(sandbox: &Sandbox, asked: &Asked, customer: &str) -> Disked<Reply> {
    let mut all = sandbox.having("stripe", "customer", customer)?;
    all.retain(|object| object["object"] == "customer_balance_transaction");
    newest_first(&mut all, |object| object["created"].as_i64().unwrap_or(0));
    if let Some(place) =
        asked.get("starting_after").and_then(|after| all.iter().position(|object| object["id"] == after))
    {
        all.drain(..=place);
    }
    let limit = asked.limit("limit", 10, 100);
    let has_more = all.len() > limit;
    all.truncate(limit);
    Ok(ok(&json!({"object": "list", "url": asked.path, "has_more": has_more, "data": all})))
}
