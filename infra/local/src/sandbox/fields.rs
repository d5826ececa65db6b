//! Which fields the stand-ins' answers have. What else is known of an object, from a delivery or by being taught, is
//! left out: what a provider does not send, nobody can come to rely on.
//!
//! `<provider>/fields.txt` names a kind of object, and below it what it has, as the provider's own library declares it:
//! `tests/types` holds the files to that. What stands inside a field has a line of its own, behind a dot; where it has
//! none, its names are the shop's.

use providers::Reply;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

pub(super) type Fields = BTreeMap<&'static str, BTreeSet<&'static str>>;

static CHARGEBEE: LazyLock<Fields> = LazyLock::new(|| read(include_str!("chargebee/fields.txt")));
static LEMON_SQUEEZY: LazyLock<Fields> = LazyLock::new(|| read(include_str!("lemonsqueezy/fields.txt")));
static MOLLIE: LazyLock<Fields> = LazyLock::new(|| read(include_str!("mollie/fields.txt")));

/// A site's custom fields at Chargebee, which no library declares.
const CUSTOM: &str = "cf_";

pub(super) fn read(text: &'static str) -> Fields {
    let mut fields = Fields::new();
    let mut kind = "";
    for line in text.lines() {
        match line.strip_prefix("    ") {
            Some(names) => fields.entry(kind).or_default().extend(names.split(' ')),
            None => kind = line,
        }
    }
    fields
}

/// The same answer without what the provider would not send. A refusal shows no object.
pub(super) fn only(provider: &str, reply: Reply) -> Reply {
    let show: fn(&mut Value) = match provider {
        "chargebee" => chargebee,
        "lemonsqueezy" => lemonsqueezy,
        "mollie" => mollie,
        _ => return reply,
    };
    let Some(mut body) = serde_json::from_str(&reply.body).ok().filter(|_| reply.status < 300) else { return reply };
    show(&mut body);
    Reply { body: body.to_string(), ..reply }
}

/// Each object stands under its kind, in a list as well.
fn chargebee(body: &mut Value) {
    for (name, inner) in body.as_object_mut().into_iter().flatten() {
        match inner {
            Value::Array(entries) if name == "list" => entries.iter_mut().for_each(chargebee),
            inner => keep(inner, name, &CHARGEBEE),
        }
    }
}

/// Each object says its kind beside its attributes.
fn lemonsqueezy(body: &mut Value) {
    let parts = body.as_object_mut().into_iter().flatten();
    for part in parts.filter(|(name, _)| matches!(name.as_str(), "data" | "included")).map(|(_, part)| part) {
        let objects = match part {
            Value::Array(all) => all.as_mut_slice(),
            one => std::slice::from_mut(one),
        };
        for object in objects {
            let kind = object["type"].as_str().unwrap_or_default().to_owned();
            if let Some(attributes) = object.get_mut("attributes") {
                keep(attributes, &kind, &LEMON_SQUEEZY);
            }
        }
    }
}

/// Each object says its kind, wherever it stands.
fn mollie(value: &mut Value) {
    if let Some(kind) = value["resource"].as_str().map(str::to_owned) {
        keep(value, &kind, &MOLLIE);
    }
    match value {
        Value::Array(all) => all.iter_mut().for_each(mollie),
        // The names there are the shop's own.
        Value::Object(object) => {
            object.iter_mut().filter(|(name, _)| *name != "metadata").for_each(|(_, inner)| mollie(inner));
        }
        _ => {}
    }
}

fn keep(value: &mut Value, kind: &str, fields: &Fields) {
    match value {
        Value::Array(all) => all.iter_mut().for_each(|one| keep(one, kind, fields)),
        Value::Object(object) => {
            let Some(known) = fields.get(kind) else { return };
            object.retain(|name, _| known.contains(name.as_str()) || name.starts_with(CUSTOM));
            object.iter_mut().for_each(|(name, inner)| keep(inner, &format!("{kind}.{name}"), fields));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shown(provider: &str, status: u16, body: &Value) -> Value {
        serde_json::from_str(&only(provider, Reply { status, body: body.to_string() }).body).unwrap()
    }

    #[test]
    fn what_a_provider_does_not_send_is_not_answered_wherever_it_stands() {
        let link = json!({"href": "https://a.example", "type": "text/html"});
        for (what, provider, body, expected) in [
            (
                "one of Chargebee's, and a site's own field",
                "chargebee",
                json!({"invoice": {"id": "6", "cf_tier": "gold", "no_such": 1, "linked_payments": [{"txn_id": "t", "no_such": 1}]}}),
                json!({"invoice": {"id": "6", "cf_tier": "gold", "linked_payments": [{"txn_id": "t"}]}}),
            ),
            (
                "a list of Chargebee's",
                "chargebee",
                json!({"list": [{"customer": {"id": "c", "no_such": 1}, "card": {"last4": "4242", "no_such": 1}}], "next_offset": "x"}),
                json!({"list": [{"customer": {"id": "c"}, "card": {"last4": "4242"}}], "next_offset": "x"}),
            ),
            (
                "one of Lemon Squeezy's",
                "lemonsqueezy",
                json!({"data": {"type": "orders", "id": "1", "attributes": {"total": 1, "no_such": 1}}}),
                json!({"data": {"type": "orders", "id": "1", "attributes": {"total": 1}}}),
            ),
            (
                "a list of Lemon Squeezy's with what is included",
                "lemonsqueezy",
                json!({"data": [{"type": "subscription-invoices", "id": "1", "attributes": {"urls": {"invoice_url": null, "no_such": 1}}}],
                    "included": [{"type": "subscriptions", "id": "1", "attributes": {"no_such": 1}}]}),
                json!({"data": [{"type": "subscription-invoices", "id": "1", "attributes": {"urls": {"invoice_url": null}}}],
                    "included": [{"type": "subscriptions", "id": "1", "attributes": {}}]}),
            ),
            (
                "one of Mollie's, and the shop's own words",
                "mollie",
                json!({"resource": "payment", "id": "tr_1", "no_such": 1, "metadata": {"no_such": {"resource": "payment", "a": 1}},
                    "_links": {"checkout": link, "no_such": 1}, "_embedded": {"refunds": [{"resource": "refund", "no_such": 1}]}}),
                json!({"resource": "payment", "id": "tr_1", "metadata": {"no_such": {"resource": "payment", "a": 1}},
                    "_links": {"checkout": link}, "_embedded": {"refunds": [{"resource": "refund"}]}}),
            ),
            (
                "a list of Mollie's",
                "mollie",
                json!({"count": 1, "_embedded": {"chargebacks": [{"resource": "chargeback", "id": "chb_1", "no_such": 1}]}}),
                json!({"count": 1, "_embedded": {"chargebacks": [{"resource": "chargeback", "id": "chb_1"}]}}),
            ),
        ] {
            assert_eq!(shown(provider, 200, &body), expected, "{what}");
            assert_eq!(shown(provider, 404, &body), body, "{what}: a refusal is as it is");
        }
        let body = json!({"object": "charge", "no_such": 1});
        assert_eq!(shown("revenuecat", 200, &body), body, "of whom no library says it");
    }

    #[test]
    fn whatever_has_fields_of_its_own_is_a_field() {
        for (provider, fields) in [("chargebee", &*CHARGEBEE), ("lemonsqueezy", &*LEMON_SQUEEZY), ("mollie", &*MOLLIE)]
        {
            for kind in fields.keys() {
                let Some((outer, name)) = kind.rsplit_once('.') else { continue };
                assert!(fields.get(outer).is_some_and(|known| known.contains(name)), "{provider}: {kind}");
            }
        }
    }
}
