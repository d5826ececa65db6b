//! Tickets: the list, one by itself, and what people said that tickets are.

use super::list;
use crate::context::Context;
use crate::ports::Order;
use crate::report::query::{self, Query};
use crate::store::keys::{self, lists};
use crate::store::{self, Batch, Correction, Page};
use crate::ticket::{self, ticket_json, ticket_shown};
use crate::web::{self, Answer, Problem, Window};
use domain::ticket::Ticket;
use http::StatusCode;

pub(super) async fn all(context: &Context, query: &Query, window: Window) -> Result<Answer, Problem> {
    let page = ticket::list(context, &query::tickets(query)?, window).await?;
    let items: Vec<_> = page.items.iter().map(ticket_json).collect();
    Ok(list(&items, page.next.as_deref()))
}

pub(super) async fn one(context: &Context, id: &str) -> Result<Answer, Problem> {
    Ok(web::json(StatusCode::OK, &ticket_shown(&ticket::find(context, id).await?)))
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
