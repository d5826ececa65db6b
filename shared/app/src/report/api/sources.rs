//! Sources, and what they brought: a backfill, imports, tickets.

use super::list;
use crate::classify::backfill;
use crate::context::Context;
use crate::ports::Order;
use crate::setup::{import, sources};
use crate::store::keys::lists;
use crate::store::{self, Page};
use crate::web::{self, Answer, Problem, Window};
use domain::book::ticket::Ticket;
use domain::source::{Cohorts, InUse, Locked, Source};
use http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

/// A source as people see it.
#[derive(Serialize)]
struct Listed {
    #[serde(flatten)]
    source: Source,
    cohorts: Option<Progress>,
    #[serde(skip_serializing_if = "Option::is_none")]
    locked: Option<Lock>,
    unkept: Vec<String>,
}

#[derive(Serialize)]
struct Lock {
    since: Timestamp,
    why: String,
}

impl Lock {
    fn of(Locked { since, why, .. }: Locked) -> Self {
        Self { since, why }
    }
}

#[derive(Serialize)]
struct Progress {
    raised_at: Timestamp,
    cohorts: u32,
    asked: u64,
    recovering: u64,
    next_at: Option<Timestamp>,
}

impl Progress {
    fn of(cohorts: &Cohorts) -> Self {
        let Cohorts { raised_at, cohorts, asked, recovering, wake_at: next_at, .. } = *cohorts;
        Self { raised_at, cohorts, asked, recovering, next_at }
    }
}

pub(super) async fn all(context: &Context) -> Result<Answer, Problem> {
    let all = sources::in_use(context).await?;
    let listed = |InUse { source, cohorts, locked, unkept }: InUse| Listed {
        source,
        cohorts: cohorts.as_ref().map(Progress::of),
        locked: locked.map(Lock::of),
        unkept,
    };
    Ok(list(&all.into_iter().map(listed).collect::<Vec<_>>(), None))
}

pub(super) async fn backfill_of(context: &Context, provider: &str, source: &str) -> Result<Answer, Problem> {
    Ok(web::json(StatusCode::OK, &backfill::status(context, provider, source).await?))
}

pub(super) async fn imports_of(context: &Context, kind: &str) -> Result<Answer, Problem> {
    Ok(web::json(StatusCode::OK, &import::status(context, kind).await?))
}

pub(super) async fn tickets(context: &Context, window: Window) -> Result<Answer, Problem> {
    let page: Page<Ticket> =
        store::page(context, lists::TICKETS, window.after, window.limit, Order::Descending).await?;
    let items: Vec<_> = page.items.iter().map(ticket_json).collect();
    Ok(list(&items, page.next.as_deref()))
}

/// A ticket as it stands, without the times of its fields.
pub(super) fn ticket_json(ticket: &Ticket) -> Value {
    json!({
        "provider": ticket.provider,
        "source": ticket.source,
        "id": ticket.id,
        "subject": ticket.subject.value(),
        "body": ticket.body.as_ref().map(|(_, body)| body),
        "latest": ticket.latest.value(),
        "status": ticket.status.value(),
        "csat": ticket.csat.value(),
        "requester": {"name": ticket.requester_name.value(), "email": ticket.requester_email.value()},
        "opened_at": ticket.opened_at,
        "changed_at": ticket.changed_at,
        "accounts": ticket.accounts,
    })
}
