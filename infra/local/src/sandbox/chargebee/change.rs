//! What Chargebee changes when it is asked to, and the events that it sends of it.

mod customers;
mod invoices;
mod subscriptions;

pub(super) use invoices::gave_back;

use crate::sandbox::listed::answer;
use crate::sandbox::{Disked, Sandbox};
use domain::id::digest;
use jiff::SignedDuration;
use providers::{Call, Reply};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// One request that changes something.
struct Asked<'a> {
    sandbox: &'a Sandbox,
    source: &'a str,
    form: BTreeMap<String, String>,
    /// Tells this request from all others.
    key: String,
}

pub(in crate::sandbox) fn change(sandbox: &Sandbox, source: &str, call: &Call) -> Disked<Reply> {
    let form = form_urlencoded::parse(call.body.as_bytes()).into_owned().collect();
    let key = call.idempotency_key.clone().unwrap_or_else(|| format!("{} {}", call.body, sandbox.clock.now()));
    let asked = Asked { sandbox, source, form, key: digest(&[&call.path, &key], 17) };
    let path: Vec<String> = call.path.trim_start_matches("/api/v2/").split('/').map(id).collect();
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match path[..] {
        ["hosted_pages", kind @ ("collect_now" | "manage_payment_sources")] => customers::hosted_page(&asked, kind),
        ["promotional_credits", "add"] => customers::credit(&asked),
        ["coupons"] | ["coupons", "create_for_items"] => customers::coupon(&asked),
        ["invoices", id, "pdf"] => invoices::pdf(&asked, id),
        ["invoices", id, "refund"] => invoices::refund(&asked, id),
        ["invoices", id, "collect_payment"] => invoices::collect(&asked, id),
        ["invoices", id, "record_payment"] => invoices::record(&asked, id),
        ["invoices", id, "write_off"] => invoices::write_off(&asked, id),
        ["invoices", id, "void"] => invoices::void(&asked, id),
        ["transactions", id, "refund"] => invoices::refund_payment(&asked, id),
        ["subscriptions", id] => subscriptions::update(&asked, id, false),
        ["subscriptions", id, "update_for_items"] => subscriptions::update(&asked, id, true),
        ["subscriptions", id, "cancel" | "cancel_for_items"] => subscriptions::cancel(&asked, id),
        ["subscriptions", id, "pause"] => subscriptions::pause(&asked, id),
        ["subscriptions", id, "resume"] => subscriptions::resume(&asked, id),
        ["subscriptions", id, "change_term_end"] => subscriptions::change_term_end(&asked, id),
        _ => Ok(not_found(&call.path)),
    }
}

/// The id that a part of a path stands for.
fn id(segment: &str) -> String {
    form_urlencoded::parse(segment.as_bytes()).next().map(|(id, _)| id.into_owned()).unwrap_or_default()
}

impl Asked<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.form.get(name).map(String::as_str)
    }

    fn number(&self, name: &str) -> Option<i64> {
        self.get(name)?.parse().ok()
    }

    fn is(&self, name: &str) -> bool {
        self.get(name) == Some("true")
    }

    fn now(&self) -> i64 {
        self.sandbox.clock.now().as_second()
    }

    fn object(&self, resource: &str, id: &str) -> Disked<Option<Value>> {
        self.sandbox.object("chargebee", &format!("{resource}:{id}"))
    }

    fn objects(&self, resource: &str) -> Disked<Vec<Value>> {
        self.sandbox.objects("chargebee", &format!("{resource}:"))
    }

    /// Gives an object that was changed its next version, and keeps it.
    fn put(&self, resource: &str, object: &mut Value) -> Disked<()> {
        let before = object["resource_version"].as_i64().unwrap_or(0);
        object["resource_version"] = json!(self.sandbox.clock.now().as_millisecond().max(before + 1));
        object["updated_at"] = json!(self.now());
        object["object"] = json!(resource);
        let version = object["resource_version"].as_i64().unwrap_or(0);
        let name = format!("{resource}:{}", object["id"].as_str().unwrap_or_default());
        match self.sandbox.object("chargebee", &name)? {
            Some(_) => self.sandbox.replace("chargebee", &name, object),
            None => self.sandbox.keep("chargebee", &name, version, object),
        }
    }

    /// Sends an event whose content is these resources.
    fn tell(&self, kind: &str, content: &[(&str, &Value)]) -> Disked<()> {
        let resources: Map<String, Value> =
            content.iter().map(|(name, object)| ((*name).to_owned(), (*object).clone())).collect();
        let event = json!({
            "id": format!("ev_{}", digest(&[kind, &self.key], 24)),
            "occurred_at": self.now(),
            "source": "api",
            "object": "event",
            "api_version": "v2",
            "content": resources,
            "event_type": kind,
            "webhook_status": "scheduled",
        });
        self.sandbox.send_back("chargebee", self.source, SignedDuration::from_secs(2), &event)
    }

    /// What was written about an object, for `GET /comments` and for people.
    fn comment(&self, resource: &str, id: &str) -> Disked<()> {
        let Some(notes) = self.get("comment") else { return Ok(()) };
        let comment_id = format!("cmt_{}", self.key);
        let comment = json!({
            "id": comment_id,
            "entity_type": resource,
            "entity_id": id,
            "notes": notes,
            "created_at": self.now(),
            "type": "user",
            "object": "comment",
        });
        self.sandbox.keep(
            "chargebee",
            &format!("comment:{comment_id}"),
            self.sandbox.clock.now().as_millisecond(),
            &comment,
        )
    }
}

fn ok(body: &Value) -> Disked<Reply> {
    Ok(answer(200, body))
}

fn refuse(status: u16, kind: &str, code: &str, message: &str) -> Disked<Reply> {
    let body = json!({"message": message, "type": kind, "api_error_code": code, "http_status_code": status});
    Ok(answer(status, &body))
}

fn wrong_value(message: &str) -> Disked<Reply> {
    refuse(400, "invalid_request", "param_wrong_value", message)
}

fn wrong_state(message: &str) -> Disked<Reply> {
    refuse(409, "invalid_request", "invalid_state_for_request", message)
}

fn missing(id: &str) -> Disked<Reply> {
    Ok(not_found(id))
}

fn not_found(what: &str) -> Reply {
    let message = format!("Sorry, we couldn't find that resource: {what}");
    let body = json!({
        "message": message,
        "type": "invalid_request",
        "api_error_code": "resource_not_found",
        "http_status_code": 404,
    });
    answer(404, &body)
}
