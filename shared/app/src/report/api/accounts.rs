//! Accounts: the sidebar, what happened, who they are, and what is kept of them.

use super::list;
use crate::context::Context;
use crate::privacy;
use crate::report::filter::Accounts;
use crate::report::query::Query;
use crate::report::{found, glance, read, wants_text};
use crate::setup::group;
use crate::store::{self, Page, Timeline, keys};
use crate::ticket::{cases_of, ticket_json};
use crate::web::{self, Answer, Problem, Window, account_id};
use bytes::Bytes;
use domain::book::Head;
use domain::book::entitlement::access;
use domain::decline::Declines;
use domain::id::AccountId;
use domain::sidebar;
use domain::staff::Staff;
use futures_util::future::try_join;
use http::{Request, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(super) async fn all(context: &Context, query: &Query, window: Window) -> Result<Answer, Problem> {
    let page = read::accounts(context, &Accounts::of(query)?, window).await?;
    Ok(list(&page.items, page.next.as_deref()))
}

/// The sidebar, which help desks read as text.
pub(super) async fn one(context: &Context, id: &str, request: &Request<Bytes>) -> Result<Answer, Problem> {
    let id = account_id(id)?;
    let missing = || Problem::not_found("account");
    if !wants_text(request) {
        let sidebar = glance::account(context, &id).await?.ok_or_else(missing)?;
        return Ok(web::json(StatusCode::OK, &sidebar));
    }
    let latest = Window { after: None, limit: glance::TOLD };
    let (sidebar, (told, _)) = try_join(glance::account(context, &id), glance::told(context, &id, latest)).await?;
    let sidebar = sidebar.ok_or_else(missing)?;
    Ok(web::text(StatusCode::OK, sidebar::text(&sidebar, &told)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Question {
    pub q: String,
}

/// Personal data is asked for in a body, so that it is in no address and no log.
pub(super) async fn search(context: &Context, request: &Request<Bytes>) -> Result<Answer, Problem> {
    let Question { q } =
        serde_json::from_slice(request.body()).map_err(|_| Problem::malformed("send {\"q\": \"what to look for\"}"))?;
    Ok(list(&found::accounts(context, &q).await?, None))
}

pub(super) async fn timeline(context: &Context, id: &str, window: Window) -> Result<Answer, Problem> {
    let page = read::timeline(context, &known(context, id).await?, window).await?;
    let declines = context.policies.declines.current();
    let items: Vec<_> = page.items.iter().map(|line| line_json(line, declines)).collect();
    Ok(list(&items, page.next.as_deref()))
}

/// An event as a line of its account's timeline.
fn line_json(line: &Timeline, declines: &Declines) -> Value {
    json!({
        "id": line.event.id,
        "at": line.event.at,
        "kind": line.event.kind,
        "says": sidebar::sentence(&line.event, declines),
        "origin": line.event.origin,
        "seen": line.event.seen,
        "trace": line.trace,
    })
}

pub(super) async fn entitlement_of(context: &Context, id: &str) -> Result<Answer, Problem> {
    let account = account_id(id)?;
    let head: Head = store::read(context, &keys::head(&account)).await?.ok_or_else(|| Problem::not_found("account"))?;
    let access = access(&head, context.clock.now());
    let (since, next) = (access.as_ref().and_then(|it| it.since), access.as_ref().and_then(|it| it.next));
    Ok(web::json(
        StatusCode::OK,
        &json!({
            "account": account,
            "state": access.as_ref().map(|it| it.state),
            "since": since,
            "why": access.map_or_else(|| "no subscription of it has begun".to_owned(), |it| it.why),
            "next": next,
            "as_of": head.book.last_event_at,
        }),
    ))
}

pub(super) async fn group_of(context: &Context, id: &str) -> Result<Answer, Problem> {
    let shown = group::status(context, &account_id(id)?).await?.ok_or_else(|| Problem::not_found("account"))?;
    Ok(web::json(StatusCode::OK, &shown))
}

/// What is kept of a person. Who answers customers sees less: this is all of it in one place.
pub(super) async fn privacy(context: &Context, id: &str, staff: &Staff, window: &Window) -> Result<Answer, Problem> {
    let account = &known(context, id).await?;
    if !staff.role.may_export() {
        let message = "all that is kept of a person is shown to managers, VPs and legal: ask one of them";
        return Err(Problem::not_permitted(message));
    }
    let privacy::Held { person, imported, tickets: Page { items: tickets, next } } =
        privacy::held(context, account, window).await?;
    let cases = cases_of(context, &tickets).await?;
    let records = read::account(context, account).await?.ok_or_else(|| Problem::not_found("account"))?;
    let kept = context.policies.texts.current().text("kept_after_erasure").map(|text| text.fill(&BTreeMap::new()).1);
    let mut held = json!({
            "account": account,
            "as_of": context.clock.now(),
            "erased_at": person.erased_at,
            "person": {
                "name": person.name.value(),
                "email": person.email.value(),
                "phone": person.phone.value(),
                "address": person.address.value(),
                "locale": person.locale.value(),
                "country": person.country.value(),
                "customer_since": person.created_at.value(),
            },
            "contacts": {
                "emails": person.emails.values(),
                "phones": person.phones.values(),
                "addresses": person.addresses.values(),
            },
            "imported": imported,
            "tickets": tickets.iter().map(|ticket| ticket_json(ticket, &cases)).collect::<Vec<_>>(),
            "records": records,
            "kept": kept.unwrap_or_default(),
    });
    if let Some(cursor) = Window::cursor(next.as_deref()) {
        held["next"] = json!(cursor);
    }
    Ok(web::json(StatusCode::OK, &held))
}

/// The account that a path names, where there is one.
pub(super) async fn known(context: &Context, id: &str) -> Result<AccountId, Problem> {
    let id = account_id(id)?;
    let head: Option<Head> = store::read(context, &keys::head(&id)).await?;
    head.map(|head| head.account).ok_or_else(|| Problem::not_found("account"))
}
