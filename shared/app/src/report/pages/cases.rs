//! Cases: the list, one with what can be done, and the disputes among them.

use super::more;
use crate::context::Context;
use crate::report::query::{self, Query};
use crate::report::{plays, read};
use crate::web::{Problem, Window};
use ::pages::Viewer;

pub(super) async fn all(context: &Context, viewer: &Viewer, query: &Query, window: &Window) -> Result<String, Problem> {
    let state = query::case_state(query)?;
    let page = read::cases(context, state, window, |_| true).await?;
    let base = state.map_or_else(|| "/cases?".to_owned(), |state| format!("/cases?state={}&", state.name()));
    Ok(::pages::cases(viewer, &page.items, more(&base, page.next).as_deref()))
}

pub(super) async fn one(context: &Context, viewer: &Viewer, id: &str, query: &Query) -> Result<String, Problem> {
    let case = read::case(context, id).await?;
    let preview = read::case_preview(context, &case).await?;
    let mut actions = Vec::new();
    for id in &case.actions {
        actions.push(read::action(context, id.as_str()).await?);
    }
    let play = plays::of_case(context, &case, &preview).await?;
    Ok(::pages::case(viewer, &case, &actions, &preview, play.as_ref(), query::notice(query)))
}

pub(super) async fn disputes(
    context: &Context,
    viewer: &Viewer,
    query: &Query,
    window: &Window,
) -> Result<String, Problem> {
    let page = read::disputes(context, query::case_state(query)?, window).await?;
    Ok(::pages::disputes(viewer, &page.items, more("/disputes?", page.next).as_deref()))
}
