//! Accounts: the list, one, and what a search found.

use super::{filters, more};
use crate::context::Context;
use crate::dunning::board;
use crate::report::filter::Accounts;
use crate::report::query::{self, Query};
use crate::report::{found, read};
use crate::setup::group;
use crate::web::{self, Problem, Window, account_id};
use ::pages::{AccountRow, Alike, AlikeRow, Viewer};
use bytes::Bytes;
use domain::sidebar::Sidebar;
use http::Request;

/// How many of the latest events an account's page shows.
const EVENTS: u32 = 25;

pub(super) async fn all(context: &Context, viewer: &Viewer, query: &Query, window: Window) -> Result<String, Problem> {
    let page = read::accounts(context, &Accounts::of(query)?, window).await?;
    let (rows, filters): (Vec<_>, _) =
        (page.items.iter().map(row).collect(), filters::kept(context, viewer, filters::accounts(query)).await?);
    Ok(::pages::accounts(viewer, &rows, &filters, more(&filters::base(&filters), page.next).as_deref()))
}

pub(super) async fn search(context: &Context, viewer: &Viewer, request: &Request<Bytes>) -> Result<String, Problem> {
    let fields = web::fields(request.body());
    let question = fields.get("q").map(String::as_str).unwrap_or_default();
    let rows: Vec<_> = found::accounts(context, question).await?.iter().map(row).collect();
    Ok(::pages::found(viewer, question, &rows))
}

pub(super) async fn one(context: &Context, viewer: &Viewer, id: &str, query: &Query) -> Result<String, Problem> {
    let id = account_id(id)?;
    let sidebar = read::account_in_full(context, &id).await?.ok_or_else(|| Problem::not_found("account"))?;
    let timeline = read::timeline(context, &id, Window { after: None, limit: EVENTS }).await?.items;
    let lines: Vec<_> =
        timeline.iter().map(|line| (line.event.at, line.event.kind.name(), line.event.id.as_str())).collect();
    let group = group::status(context, &id).await?.ok_or_else(|| Problem::not_found("account"))?;
    let alike = Alike { confirmed: alike(&group.confirmed), proposed: alike(&group.proposed) };
    let recoveries = board::latest(context, &id).await?;
    Ok(::pages::account(viewer, &sidebar, &lines, &alike, &recoveries, query::notice(query)))
}

fn alike(others: &[group::Other]) -> Vec<AlikeRow> {
    let row = |other: &group::Other| AlikeRow {
        id: other.account.to_string(),
        customer: format!("{}:{}", other.provider, other.customer),
        name: other.name.clone(),
        because: other.because,
    };
    others.iter().map(row).collect()
}

fn row(sidebar: &Sidebar) -> AccountRow {
    AccountRow {
        id: sidebar.account.id.to_string(),
        name: sidebar.account.name.clone(),
        plan: sidebar.plan.name.clone(),
        outstanding: sidebar.status.outstanding,
        mrr: sidebar.lifetime.mrr,
        cases: sidebar.open_cases(),
    }
}
