//! Tickets: the list, one by itself, and what people said that tickets are.

use super::list;
use crate::context::Context;
use crate::ports::Order;
use crate::records::contacts;
use crate::report::query::{self, Query};
use crate::store::keys::{self, lists};
use crate::store::{self, Batch, Correction, Page};
use crate::ticket::{self, ticket_json, ticket_shown};
use crate::web::{self, Answer, Problem, Window};
use domain::id::AccountId;
use domain::ticket::Ticket;
use http::StatusCode;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

pub(super) async fn all(context: &Context, query: &Query, window: Window) -> Result<Answer, Problem> {
    let page = ticket::list(context, &query::tickets(query)?, window).await?;
    let changed = contacts::of_tickets(context, &page.items).await?;
    let items: Vec<_> = page.items.iter().map(|ticket| noticed(ticket, ticket_json(ticket), &changed)).collect();
    Ok(list(&items, page.next.as_deref()))
}

pub(super) async fn one(context: &Context, id: &str) -> Result<Answer, Problem> {
    let ticket = ticket::find(context, id).await?;
    let changed = contacts::of_tickets(context, std::slice::from_ref(&ticket)).await?;
    Ok(web::json(StatusCode::OK, &noticed(&ticket, ticket_shown(&ticket), &changed)))
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
    let next = Window::cursor(page.next.as_deref()).map(|cursor| format!("/api/tickets/corrections?cursor={cursor}"));
    Ok(web::csv(csv, next.as_deref()))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}
