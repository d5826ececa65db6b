//! The people here: their tasks, the stop switch, who they are, and who stands in for whom.

use super::{filters, more};
use crate::context::Context;
use crate::records::beside;
use crate::report::found;
use crate::report::query::{self, Query};
use crate::setup::{delegation, proposal, staff, stop};
use crate::task;
use crate::web::{Problem, Window};
use ::pages::Viewer;

pub(super) async fn tasks(
    context: &Context,
    viewer: &Viewer,
    query: &Query,
    window: Window,
) -> Result<String, Problem> {
    let page = task::list(context, &query::tasks(query)?, window).await?;
    let staff = staff::all(context).await?;
    let filters = filters::kept(context, viewer, filters::tasks(query, &staff)).await?;
    let next = more(&filters::base(&filters), page.next);
    let names = beside::names(context, page.items.iter().map(|task| task.account.clone()).collect()).await?;
    let names = names.with(beside::called(&staff));
    Ok(::pages::tasks(viewer, &page.items, &names, &filters, context.clock.now(), next.as_deref()))
}

pub(super) async fn task(context: &Context, viewer: &Viewer, id: &str, query: &Query) -> Result<String, Problem> {
    let everybody = staff::all(context).await?;
    let task = found::task(context, id).await?;
    let days_max = context.policies.limits.current().snooze_days_max;
    let names = beside::names(context, [task.account.clone()].into()).await?.with(beside::called(&everybody));
    let staff: Vec<_> = everybody.into_iter().filter(|staff| staff.role.may_request()).collect();
    Ok(::pages::task(viewer, &task, &names, &staff, context.clock.now(), days_max, query::notice(query)))
}

pub(super) async fn stop(context: &Context, viewer: &Viewer, query: &Query) -> Result<String, Problem> {
    let shown = stop::status(context).await?;
    let waiting: Vec<_> =
        shown.waiting.iter().map(|line| (line.action.clone(), line.summary.clone(), line.held)).collect();
    let stopped = shown.stops.standing.iter().map(|stop| stop.by.clone());
    let by = stopped.chain(shown.stops.changes.iter().map(|change| change.by.clone())).collect();
    let accounts = shown.waiting.iter().map(|line| line.action.account()).collect();
    let names = beside::names_with(context, accounts, by).await?;
    Ok(::pages::stop(viewer, &shown.stops, &waiting, &names, query::notice(query)))
}

pub(super) async fn staff(context: &Context, viewer: &Viewer, query: &Query) -> Result<String, Problem> {
    let (all, changes) = (staff::all(context).await?, staff::changes(context).await?);
    let (delegations, proposals) = (delegation::all(context).await?, proposal::all(context).await?);
    let now = context.clock.now();
    Ok(::pages::staff(viewer, &all, &delegations, &changes, &proposals, now, query::notice(query)))
}
