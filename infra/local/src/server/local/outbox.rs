//! What was sent to people: as JSON, and as a page.

use super::broken;
use crate::service::Service;
use app::door::{console, token};
use app::ports::Channel;
use app::web::{self, Answer, Problem, Window, json, query};
use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode, header};
use pages::{self, OutboxRow};
use serde_json::{Value, json};

/// How many letters a page shows.
const ROWS: u32 = 25;

pub(super) fn letters(service: &Service, request: &Request<Bytes>) -> Result<Answer, Problem> {
    let query = query(request);
    let channel = |channel: Channel| match channel {
        Channel::Mail => "mail",
        Channel::Slack => "slack",
        Channel::Sms => "sms",
    };
    let wanted = |name: &str, value: &str| {
        let is_mail = |wanted: &str| name == "channel" && wanted == "email" && value == "mail";
        query.get(name).is_none_or(|wanted| wanted == value || is_mail(wanted))
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

pub(super) async fn page(service: &Service, request: &Request<Bytes>) -> Result<Answer, Problem> {
    let Ok(caller) = token::caller(&service.context, request).await else { return Ok(web::see_other("/login")) };
    let viewer = console::viewer(&service.context, &caller);
    let window = Window::of(&query(request), ROWS)?;
    let skipped = window.after.map_or(Ok(0), |after| after.parse::<usize>()).map_err(|_| Problem::strange_cursor())?;
    let all = service.outbox.numbered().map_err(broken)?;
    let shown = usize::try_from(window.limit).expect("a page fits into memory");
    let end = skipped.saturating_add(shown);
    let next = (all.len() > end).then(|| end.to_string());
    let next = Window::cursor(next.as_deref()).map(|cursor| format!("/outbox?cursor={cursor}"));
    let rows: Vec<_> = all
        .into_iter()
        .skip(skipped)
        .take(shown)
        .map(|(number, at, letter)| OutboxRow {
            at,
            channel: format!("{:?}", letter.channel).to_lowercase(),
            page: (!letter.html.is_empty()).then(|| format!("/outbox/{number}")),
            headers: letter.headers(),
            to: letter.to,
            subject: letter.subject,
            text: letter.text,
        })
        .collect();
    Ok(web::html(StatusCode::OK, pages::outbox(&viewer, &rows, next.as_deref())))
}

/// A mail as whoever gets it sees it.
pub(super) async fn letter(service: &Service, request: &Request<Bytes>, number: &str) -> Result<Answer, Problem> {
    if token::caller(&service.context, request).await.is_err() {
        return Ok(web::see_other("/login"));
    }
    let all = service.outbox.numbered().map_err(broken)?;
    let found = all.into_iter().find(|(own, _, letter)| own.to_string() == number && !letter.html.is_empty());
    let (_, _, letter) = found.ok_or_else(|| Problem::not_found("letter"))?;
    let mut answer = web::html(StatusCode::OK, letter.html);
    // Its style stands in it, as in any mail; nothing else of it is obeyed.
    let policy =
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'";
    answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    Ok(answer)
}
