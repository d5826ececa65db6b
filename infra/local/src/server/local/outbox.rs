//! What was sent to people: as JSON, and as a page.

use super::broken;
use crate::service::Service;
use app::door::{console, token};
use app::ports::Channel;
use app::web::{self, Answer, Problem, json, query};
use bytes::Bytes;
use http::{Request, StatusCode};
use pages::{self, OutboxRow};
use serde_json::{Value, json};

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
    Ok(web::html(StatusCode::OK, pages::outbox(&viewer, &rows)))
}
