//! Zendesk's tickets: shown, updated by whoever has read them as they stand, and with an audit of every update.

use super::listed::{Asked, answer, text};
use super::{Disked, Sandbox};
use jiff::SignedDuration;
use providers::{Call, Reply};
use serde_json::{Value, json};

const ZENDESK: &str = "zendesk";
/// How long it takes to tell of a change.
const TOLD_AFTER: SignedDuration = SignedDuration::from_secs(1);

fn ticket_name(id: &str) -> String {
    format!("ticket:{id}")
}

fn user_name(id: &str) -> String {
    format!("user:{id}")
}

/// The audits of a ticket lie in their order.
fn audits_name(id: &str) -> String {
    format!("audit:{id}:")
}

/// Keeps the ticket or the person that a delivery tells of, as they stand then.
pub(super) fn learn(sandbox: &Sandbox, delivery: &Value) -> Disked<()> {
    let detail = &delivery["detail"];
    let (Some(at), false) = (delivery["time"].as_str(), detail["id"].is_null()) else { return Ok(()) };
    let id = text(&detail["id"]);
    let seen_at = at.parse::<jiff::Timestamp>().map_or(0, jiff::Timestamp::as_millisecond);
    if delivery["type"].as_str().is_some_and(|kind| kind.starts_with("zen:event-type:user.")) {
        let user = json!({"id": detail["id"], "name": detail["name"], "email": detail["email"]});
        return sandbox.keep(ZENDESK, &user_name(&id), seen_at, &user);
    }
    let known = sandbox.object(ZENDESK, &ticket_name(&id))?;
    let status = detail["status"].as_str().map(str::to_lowercase);
    let status = if delivery["type"].as_str().is_some_and(|kind| kind.ends_with("ticket.closed")) {
        Some("closed".to_owned())
    } else {
        status
    };
    let standing = known.as_ref().and_then(|known| known["status"].as_str()).unwrap_or("new").to_owned();
    let ticket = json!({
        "id": detail["id"],
        "subject": detail["subject"],
        "requester_id": detail["requester_id"],
        "status": status.unwrap_or(standing),
        "updated_at": at,
    });
    sandbox.keep(ZENDESK, &ticket_name(&id), seen_at, &ticket)
}

pub(super) fn get(sandbox: &Sandbox, call: &Call) -> Disked<Reply> {
    let asked = Asked::of(call);
    let below = asked.path.strip_prefix("/api/v2/tickets/").and_then(|path| path.strip_suffix(".json"));
    let Some(below) = below else { return Ok(missing()) };
    let id = below.split('/').next().unwrap_or_default();
    let Some(ticket) = sandbox.object(ZENDESK, &ticket_name(id))? else { return Ok(missing()) };
    match below.split_once('/').map(|(_, what)| what) {
        None if asked.get("include") == Some("users") => {
            let requester = sandbox.object(ZENDESK, &user_name(&text(&ticket["requester_id"])))?;
            Ok(answer(200, &json!({"ticket": ticket, "users": requester.into_iter().collect::<Vec<_>>()})))
        }
        None => Ok(answer(200, &json!({"ticket": ticket}))),
        Some("audits") => {
            let all = sandbox.objects(ZENDESK, &audits_name(id))?;
            let (size, number) = (asked.limit("per_page", 100, 100), asked.limit("page", 1, usize::MAX));
            let page: Vec<_> = all.iter().skip(size.saturating_mul(number - 1)).take(size).collect();
            let more = all.len() > size.saturating_mul(number);
            let next = format!("https://default.zendesk.com/api/v2/tickets/{id}/audits.json?page={}", number + 1);
            let next = if more { Value::String(next) } else { Value::Null };
            Ok(answer(200, &json!({"audits": page, "next_page": next, "count": all.len()})))
        }
        Some(_) => Ok(missing()),
    }
}

pub(super) fn change(sandbox: &Sandbox, source: &str, call: &Call) -> Disked<Reply> {
    let path = call.path.strip_prefix("/api/v2/tickets/").and_then(|path| path.strip_suffix(".json"));
    let (Some(id), "PUT") = (path, call.method.as_str()) else { return Ok(missing()) };
    let Some(mut ticket) = sandbox.object(ZENDESK, &ticket_name(id))? else { return Ok(missing()) };
    let body: Value = serde_json::from_str(&call.body).unwrap_or_default();
    let update = &body["ticket"];
    if ticket["status"] == "closed" {
        let details = json!({"status": [{"description": "Status: closed prevents ticket update"}]});
        let refusal = json!({"error": "RecordInvalid", "description": "Record validation errors", "details": details});
        return Ok(answer(422, &refusal));
    }
    if update["safe_update"] == true && update["updated_stamp"] != ticket["updated_at"] {
        let why = "Safe Update prevented the update due to outdated ticket data. Please fetch the latest ticket data and try again.";
        return Ok(answer(409, &json!({"error": "UpdateConflict", "description": why})));
    }
    let now = sandbox.clock.now();
    let audits = sandbox.objects(ZENDESK, &audits_name(id))?;
    let comment = &update["comment"];
    let event = json!({"type": "Comment", "public": comment["public"], "body": comment["body"]});
    let audit = json!({
        "id": audits.len() + 1,
        "ticket_id": ticket["id"],
        "created_at": now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "metadata": {"custom": update["metadata"], "system": {"client": "recoup"}},
        "events": [event],
    });
    sandbox.keep(ZENDESK, &format!("{}{:06}", audits_name(id), audits.len() + 1), now.as_millisecond(), &audit)?;
    let before = ticket["status"].clone();
    if let Some(status) = update["status"].as_str() {
        ticket["status"] = json!(status);
    }
    // Two updates in one second are two all the same.
    ticket["updated_at"] = json!(format!("{}.{:03}Z", now.strftime("%Y-%m-%dT%H:%M:%S"), audits.len() + 1));
    sandbox.keep(ZENDESK, &ticket_name(id), now.as_millisecond(), &ticket)?;
    if ticket["status"] != before {
        sandbox.send_back(ZENDESK, source, TOLD_AFTER, &changed(&ticket, &before, audits.len() + 1, now))?;
    }
    Ok(answer(200, &json!({"ticket": ticket, "audit": audit})))
}

/// The webhook of a status that changed.
fn changed(ticket: &Value, before: &Value, number: usize, at: jiff::Timestamp) -> Value {
    let capital = |status: &Value| json!(status.as_str().unwrap_or_default().to_uppercase());
    let id = text(&ticket["id"]);
    json!({
        "type": "zen:event-type:ticket.status_changed",
        "id": format!("zd_sandbox_{id}_{number}"),
        "account_id": 1,
        "subject": format!("zen:ticket:{id}"),
        "time": at,
        "zendesk_event_version": "2022-11-06",
        "detail": {
            "id": id,
            "subject": ticket["subject"],
            "status": capital(&ticket["status"]),
            "requester_id": ticket["requester_id"],
        },
        "event": {"current": capital(&ticket["status"]), "previous": capital(before)},
    })
}

fn missing() -> Reply {
    answer(404, &json!({"error": "RecordNotFound", "description": "Not found"}))
}
