//! Routes that only this machine has: the clock, the outbox, the queues, the sandbox, and signing in as anyone.

use crate::service::Service;
use bytes::Bytes;
use http::{Request, StatusCode};
use jiff::{Span, Timestamp, tz::TimeZone};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::app::message::Message;
use shared::app::ports::{Channel, Clock, QueueName};
use shared::app::web::{self, Answer, Problem, fields, json, query};
use shared::app::{approval, message, staff, token};
use shared::pages::OutboxRow;
use shared::providers;

pub(super) async fn answer(service: &Service, request: &Request<Bytes>) -> Answer {
    helped(service, request).await.unwrap_or_else(|problem| problem.answer())
}

async fn helped(service: &Service, request: &Request<Bytes>) -> Result<Answer, Problem> {
    let path: Vec<_> = request.uri().path().trim_start_matches('/').split('/').collect();
    match (request.method().as_str(), path.as_slice()) {
        ("GET" | "HEAD", ["outbox"]) => outbox_page(service, request).await,
        ("GET", ["local", "clock"]) => Ok(json(StatusCode::OK, &json!({"now": service.clock.now()}))),
        ("POST", ["local", "clock"]) => move_clock(service, request.body()).await,
        ("POST", ["local", "login"]) => sign_in(service, request).await,
        ("GET", ["local", "outbox"]) => outbox(service, request),
        ("GET", ["local", "queues"]) => Ok(json(StatusCode::OK, &json!({"items": service.queue.depths().map_err(broken)?}))),
        ("GET", ["local", "queues", name, "dead"]) => dead(service, name).await,
        ("POST", ["local", "queues", name, "redrive"]) => redrive(service, name).await,
        ("GET", ["local", "sandbox", provider, "calls"]) => {
            known(provider)?;
            Ok(json(StatusCode::OK, &json!({"items": service.sandbox.calls(provider).map_err(broken)?})))
        }
        ("POST", ["local", "sandbox", provider, "next"]) => trouble(service, provider, request.body()),
        ("POST", ["local", "sandbox", provider, "objects"]) => teach(service, provider, request.body()),
        ("GET", ["local", "deliveries"]) => deliveries(service, request).await,
        _ => Err(Problem::new(StatusCode::NOT_FOUND, "not_found", "there is no such local helper; see the README")),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum Move {
    Advance(Span),
    To(Timestamp),
}

async fn move_clock(service: &Service, body: &[u8]) -> Result<Answer, Problem> {
    let wanted: Move =
        serde_json::from_slice(body).map_err(|_| Problem::malformed(r#"send {"advance":"P3D"} or {"to":"2026-01-31T00:00:00Z"}"#))?;
    let now = service.clock.now();
    let to = match wanted {
        Move::To(to) => to,
        Move::Advance(span) => {
            now.to_zoned(TimeZone::UTC).checked_add(span).map_err(|_| Problem::malformed("this is too far for the clock"))?.timestamp()
        }
    };
    if to < now {
        return Err(Problem::malformed(format!("the clock stands at {now} and only moves forwards")));
    }
    let _working = service.working.lock().await;
    service.advance(to).await?;
    Ok(json(StatusCode::OK, &json!({"now": service.clock.now()})))
}

async fn sign_in(service: &Service, request: &Request<Bytes>) -> Result<Answer, Problem> {
    let fields = fields(request.body());
    let id = fields.get("staff").cloned().unwrap_or_default();
    let found = staff::find(&service.context, &id).await?.ok_or_else(|| Problem::not_found("staff member"))?;
    let secret = service.context.vault.tokens().await?;
    let token = token::issue(&secret, &found.id, service.clock.machine(), service.context.policies.limits.current().token_hours);
    Ok(approval::with_cookie(web::see_other("/"), &token, false))
}

fn outbox(service: &Service, request: &Request<Bytes>) -> Result<Answer, Problem> {
    let query = query(request);
    let channel = |channel: Channel| if channel == Channel::Mail { "mail" } else { "slack" };
    let wanted = |name: &str, value: &str| {
        query.get(name).is_none_or(|wanted| wanted == value || (name == "channel" && wanted == "email" && value == "mail"))
    };
    let letters = service
        .outbox
        .letters()
        .map_err(broken)?
        .into_iter()
        .filter(|(_, letter)| wanted("channel", channel(letter.channel)) && wanted("to", &letter.to));
    let items: Vec<Value> = letters
        .map(|(at, letter)| {
            let mut item = serde_json::to_value(&letter).unwrap_or_default();
            item["sent_at"] = json!(at);
            item
        })
        .collect();
    Ok(json(StatusCode::OK, &json!({"items": items})))
}

async fn outbox_page(service: &Service, request: &Request<Bytes>) -> Result<Answer, Problem> {
    let Ok(caller) = token::caller(&service.context, request).await else { return Ok(web::see_other("/login")) };
    let viewer = shared::app::report::viewer(&service.context, &caller);
    let rows: Vec<_> = service
        .outbox
        .letters()
        .map_err(broken)?
        .into_iter()
        .take(200)
        .map(|(at, letter)| OutboxRow {
            at,
            channel: format!("{:?}", letter.channel).to_lowercase(),
            to: letter.to,
            subject: letter.subject,
            text: letter.text,
        })
        .collect();
    Ok(web::html(StatusCode::OK, shared::pages::outbox(&viewer, &rows)))
}

fn queue(name: &str) -> Result<QueueName, Problem> {
    QueueName::ALL.into_iter().find(|queue| queue.name() == name).ok_or_else(|| Problem::not_found("queue"))
}

async fn dead(service: &Service, name: &str) -> Result<Answer, Problem> {
    let mut items = Vec::new();
    for (id, body, reason) in service.queue.dead(queue(name)?).map_err(broken)? {
        let delivery = delivered(service, &body).await;
        items.push(json!({"id": id, "body": body, "reason": reason, "delivery": delivery}));
    }
    Ok(json(StatusCode::OK, &json!({"items": items})))
}

/// What was delivered, where a dead message holds it or names it.
async fn delivered(service: &Service, message: &str) -> Option<String> {
    let Ok(Message::Delivery { body, .. }) = Message::decode(message) else { return None };
    let body = message::unpack(&service.context, &body).await.ok()?;
    Some(String::from_utf8_lossy(&body).into_owned())
}

async fn redrive(service: &Service, name: &str) -> Result<Answer, Problem> {
    let revived = service.queue.redrive(queue(name)?).map_err(broken)?;
    let _working = service.working.lock().await;
    service.work().await?;
    Ok(json(StatusCode::OK, &json!({"redriven": revived})))
}

fn known(provider: &str) -> Result<(), Problem> {
    providers::named(provider).map(drop).ok_or_else(|| Problem::not_found("provider"))
}

fn trouble(service: &Service, provider: &str, body: &[u8]) -> Result<Answer, Problem> {
    known(provider)?;
    let wanted: Value = serde_json::from_slice(body).unwrap_or_default();
    let status = match &wanted["status"] {
        Value::Number(status) if status.as_u64().is_some_and(|status| (200..=599).contains(&status)) => status.to_string(),
        Value::String(status) if matches!(status.as_str(), "timeout_done" | "timeout_not_done") => status.clone(),
        _ => return Err(Problem::malformed(r#"send {"status":500}, {"status":"timeout_done"} or {"status":"timeout_not_done"}"#)),
    };
    service.sandbox.trouble(provider, &status).map_err(broken)?;
    Ok(json(StatusCode::OK, &json!({"next": status})))
}

fn teach(service: &Service, provider: &str, body: &[u8]) -> Result<Answer, Problem> {
    known(provider)?;
    let object: Value = serde_json::from_slice(body).unwrap_or_default();
    if !service.sandbox.teach(provider, &object).map_err(broken)? {
        return Err(Problem::malformed("send an object as the provider's API shows it, with its `id`"));
    }
    Ok(json(StatusCode::OK, &json!({"id": object["id"]})))
}

/// How many raw deliveries one page shows.
const DELIVERIES: u32 = 200;

/// The raw deliveries that are still kept, oldest first, as `recoup replay` reads them.
async fn deliveries(service: &Service, request: &Request<Bytes>) -> Result<Answer, Problem> {
    let query = query(request);
    let after = query.get("cursor").and_then(|cursor| cursor.split_once('@')).unwrap_or(("-1", ""));
    let at = after.0.parse().map_err(|_| Problem::malformed("`cursor` is not one that we gave; start again without it"))?;
    let kept = service.outbox.kept((at, after.1), DELIVERIES).map_err(broken)?;
    let mut items = Vec::new();
    for kept in &kept {
        let mut parts = kept.name.split('/').skip(1);
        let (provider, source) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let body = message::opened(&service.context, &kept.packed)?;
        let at = Timestamp::from_millisecond(kept.at).ok();
        items.push(json!({"provider": provider, "source": source, "received_at": at, "body": String::from_utf8_lossy(&body)}));
    }
    let more = kept.len() == DELIVERIES as usize;
    let next = kept.last().filter(|_| more).map(|last| format!("{}@{}", last.at, last.name));
    Ok(json(StatusCode::OK, &json!({"items": items, "next": next})))
}

fn broken(error: rusqlite::Error) -> Problem {
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "data_folder", format!("the data folder does not answer: {error}"))
}
