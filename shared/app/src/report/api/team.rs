//! The people here: their tasks, what they have stopped, who they are, and who stands in for whom.

use super::list;
use crate::context::Context;
use crate::report::found;
use crate::report::query::{self, Query};
use crate::setup::{delegation, proposal, staff, stop};
use crate::task;
use crate::web::{self, Answer, Problem, Window};
use http::StatusCode;
use serde_json::json;

pub(super) async fn tasks(context: &Context, query: &Query, window: Window) -> Result<Answer, Problem> {
    let page = task::list(context, &query::tasks(query)?, window).await?;
    Ok(list(&page.items, page.next.as_deref()))
}

pub(super) async fn task(context: &Context, id: &str) -> Result<Answer, Problem> {
    Ok(web::json(StatusCode::OK, &found::task(context, id).await?))
}

pub(super) async fn stops(context: &Context) -> Result<Answer, Problem> {
    Ok(web::json(StatusCode::OK, &stop::status(context).await?))
}

pub(super) async fn staff(context: &Context) -> Result<Answer, Problem> {
    let (staff, changes) = (staff::all(context).await?, staff::changes(context).await?);
    let now = context.clock.now();
    let proposals: Vec<_> = proposal::all(context).await?.iter().map(|it| proposal::shown(it, now)).collect();
    let table = json!({"items": staff, "next": null, "changes": changes, "proposals": proposals});
    Ok(web::json(StatusCode::OK, &table))
}

pub(super) async fn delegations(context: &Context) -> Result<Answer, Problem> {
    Ok(list(&delegation::all(context).await?, None))
}
