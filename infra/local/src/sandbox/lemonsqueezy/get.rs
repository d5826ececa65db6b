//! One object of Lemon Squeezy's, asked for by its id, with links that are signed when it is asked for.

use super::{Disked, Sandbox, answer, text};
use jiff::SignedDuration;
use providers::Reply;
use serde_json::{Value, json};

const KINDS: &[&str] = &["customers", "orders", "prices", "subscriptions", "subscription-invoices"];

/// A price that nobody has bought yet belongs to the variant of its own number, far from the numbers in use.
const APART: u64 = 500_000_000;

const LINKS_LIVE: SignedDuration = SignedDuration::from_hours(24);

pub(super) fn get(sandbox: &Sandbox, kind: &str, id: &str) -> Disked<Reply> {
    if !KINDS.contains(&kind) {
        return Ok(missing());
    }
    let known = sandbox.object("lemonsqueezy", &format!("{kind}:{id}"))?;
    let found = if known.is_none() && kind == "prices" { Some(price(sandbox, id)?) } else { known };
    let Some(mut object) = found else { return Ok(missing()) };
    sign(sandbox, kind, id, &mut object["attributes"]);
    Ok(answer(200, &document(kind, id, &object)))
}

/// An object as the API sends one.
pub(super) fn document(kind: &str, id: &str, object: &Value) -> Value {
    let link = format!("https://api.lemonsqueezy.com/v1/{kind}/{id}");
    json!({"jsonapi": {"version": "1.0"}, "links": {"self": link}, "data": object})
}

pub(super) fn missing() -> Reply {
    error(404, "Not Found", "The requested resource does not exist.")
}

pub(super) fn refused(detail: &str) -> Reply {
    error(422, "Unprocessable Entity", detail)
}

fn error(status: u16, title: &str, detail: &str) -> Reply {
    let told = json!({"status": status.to_string(), "title": title, "detail": detail});
    answer(status, &json!({"jsonapi": {"version": "1.0"}, "errors": [told]}))
}

fn sign(sandbox: &Sandbox, kind: &str, id: &str, attributes: &mut Value) {
    let expires = (sandbox.clock.now() + LINKS_LIVE).as_second();
    let link =
        |path: String| json!(format!("https://my-store.lemonsqueezy.com/{path}?expires={expires}&signature=sandbox"));
    match kind {
        "subscriptions" => {
            attributes["urls"]["update_payment_method"] = link(format!("subscription/{id}/payment-details"));
            attributes["urls"]["customer_portal"] = link("billing".to_owned());
        }
        "customers" => attributes["urls"]["customer_portal"] = link("billing".to_owned()),
        // What is not paid has no document.
        "subscription-invoices" if attributes["status"] == "pending" => attributes["urls"]["invoice_url"] = Value::Null,
        "subscription-invoices" if attributes["urls"]["invoice_url"].is_null() => {
            attributes["urls"]["invoice_url"] = link(format!("my-orders/subscription-invoice/{id}"));
        }
        _ => {}
    }
}

/// A price as far as those who bought it show it.
fn price(sandbox: &Sandbox, id: &str) -> Disked<Value> {
    let bought = bought(sandbox, |attributes| text(&attributes["first_subscription_item"]["price_id"]) == id)?;
    let variant =
        bought.map_or_else(|| numbered(id, |number| number.checked_add(APART)), |bought| bought["variant_id"].clone());
    Ok(json!({
        "type": "prices",
        "id": id,
        "attributes": {"variant_id": variant, "category": "subscription", "scheme": "standard"},
    }))
}

/// Which price a variant is sold for.
pub(super) fn price_of(sandbox: &Sandbox, variant: &str) -> Disked<Value> {
    let prices = sandbox.objects("lemonsqueezy", "prices:")?;
    if let Some(price) = prices.iter().find(|price| text(&price["attributes"]["variant_id"]) == variant) {
        return Ok(numbered(&text(&price["id"]), Some));
    }
    let bought = sold_as(sandbox, variant)?.map(|bought| bought["first_subscription_item"]["price_id"].clone());
    Ok(bought
        .filter(|price| !price.is_null())
        .unwrap_or_else(|| numbered(variant, |number| number.checked_sub(APART).or(Some(number)))))
}

/// What a subscription to a variant says of itself.
pub(super) fn sold_as(sandbox: &Sandbox, variant: &str) -> Disked<Option<Value>> {
    bought(sandbox, |attributes| text(&attributes["variant_id"]) == variant)
}

fn bought(sandbox: &Sandbox, fits: impl Fn(&Value) -> bool) -> Disked<Option<Value>> {
    let subscriptions = sandbox.objects("lemonsqueezy", "subscriptions:")?;
    Ok(subscriptions.into_iter().map(|mut subscription| subscription["attributes"].take()).find(fits))
}

/// An id as attributes have it: a number, where it is one.
fn numbered(id: &str, change: impl FnOnce(u64) -> Option<u64>) -> Value {
    id.parse::<u64>().ok().and_then(change).map_or_else(|| json!(id), |number| json!(number))
}
