//! Tickets: the list, one by itself, and what people said that tickets are.

use super::list;
use crate::context::Context;
use crate::ports::Order;
use crate::records::contacts;
use crate::report::query::{self, Query};
use crate::store::keys::{self, lists};
use crate::store::{self, Batch, Correction, Page};
use crate::ticket::{self, ticket_json, ticket_shown};
use crate::web::{self, Answer, Problem, Window, too_large};
use bytes::Bytes;
use domain::id::AccountId;
use domain::ticket::{Ticket, read};
use http::{Request, StatusCode};
use providers::masked;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

pub(super) async fn all(context: &Context, query: &Query, window: Window) -> Result<Answer, Problem> {
    let page = ticket::list(context, &query::tickets(query)?, window).await?;
    let changed = contacts::of_tickets(context, &page.items).await?;
    let cases = ticket::cases_of(context, &page.items).await?;
    let shown = |ticket: &Ticket| noticed(ticket, ticket_json(ticket, &cases), &changed);
    let items: Vec<_> = page.items.iter().map(shown).collect();
    Ok(list(&items, page.next.as_deref()))
}

pub(super) async fn one(context: &Context, id: &str) -> Result<Answer, Problem> {
    let ticket = ticket::find(context, id).await?;
    let changed = contacts::of_tickets(context, std::slice::from_ref(&ticket)).await?;
    let cases = ticket::cases_of(context, std::slice::from_ref(&ticket)).await?;
    Ok(web::json(StatusCode::OK, &noticed(&ticket, ticket_shown(&ticket, &cases), &changed)))
}

/// A ticket with what changed lately of how its customers are reached.
fn noticed(ticket: &Ticket, mut shown: Value, changed: &BTreeMap<AccountId, Vec<String>>) -> Value {
    let own = ticket.accounts.iter().chain(&ticket.handling.account).collect::<BTreeSet<_>>();
    let notices: Vec<&String> = own.into_iter().filter_map(|account| changed.get(account)).flatten().collect();
    if !notices.is_empty() {
        shown["notices"] = json!(notices);
    }
    shown
}

/// As the file that reading is looked at by: what was written, and what a person said that it is, newest first.
pub(super) async fn corrections(context: &Context, window: Window) -> Result<Answer, Problem> {
    let page: Page<Correction> =
        store::page(context, lists::CORRECTIONS, window.after, window.limit, Order::Descending).await?;
    let home = |it: &Correction| keys::ticket(&it.provider, &it.source, &it.id);
    let batch = Batch::read(context, page.items.iter().map(home).collect()).await?;
    let mut csv = String::from("subject,body,class\n");
    for correction in &page.items {
        let Some(ticket) = batch.get::<Ticket>(&home(correction))? else { continue };
        // What is erased is in no file any more.
        let Some(body) = ticket.newest() else { continue };
        let subject = ticket.subject.value().map(String::as_str).unwrap_or_default();
        csv += &format!("{},{},{}\n", quoted(subject), quoted(body), correction.class.name());
    }
    let next = Window::cursor(page.next.as_deref());
    let next = next.map(|cursor| format!("/api/tickets/corrections?limit={}&cursor={cursor}", window.limit));
    Ok(web::csv(csv, next.as_deref()))
}

/// What somebody wants to know the class of.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Letter {
    subject: Option<String>,
    body: Option<String>,
}

/// Says what a text would be taken for as a ticket, by the policy in force. Nothing of it is kept.
pub(super) fn classify(context: &Context, request: &Request<Bytes>) -> Result<Answer, Problem> {
    if request.body().len() > context.policies.limits.current().body_bytes_max {
        return Err(too_large());
    }
    let letter: Letter = web::sent(request.body(), "send {\"subject\": \"…\", \"body\": \"…\"}")?;
    let (subject, body) = (letter.subject.unwrap_or_default(), letter.body.unwrap_or_default());
    if subject.trim().is_empty() && body.trim().is_empty() {
        return Err(Problem::malformed("say in `body` what was written, or in `subject` what it is headed"));
    }
    let policies = (context.policies.tickets.current(), context.policies.languages.current());
    let taken = read(&masked(&subject), &masked(&body), policies, context.clock.now());
    Ok(web::json(
        StatusCode::OK,
        &json!({
            "class": taken.class,
            "confidence": taken.confidence,
            "abstained": taken.abstained,
            "reasons": taken.reasons,
            "also": taken.also,
        }),
    ))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}
