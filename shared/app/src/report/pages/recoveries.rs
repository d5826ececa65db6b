//! Recoveries: the board of what comes next, and those of one account.

use super::more;
use crate::context::Context;
use crate::dunning::board::Wanted;
use crate::dunning::{self, board, forecast};
use crate::report::query::{self, Query};
use crate::web::{self, Problem, Window, account_id};
use ::pages::{Board, Viewer};

pub(super) async fn due(context: &Context, viewer: &Viewer, query: &Query, window: &Window) -> Result<String, Problem> {
    let wanted = Wanted::of(context, query)?;
    let page = board::due(context, &wanted, window).await?;
    let field = |name: &str| query.get(name).map(String::as_str).filter(|text| !text.is_empty());
    let same = |name: &str| field(name).map(|text| format!("{name}={}&", web::escaped(text))).unwrap_or_default();
    let base = ["due_before", "segment", "paused"].map(same).concat();
    let segments: Vec<_> = board::segments(context).into_iter().collect();
    let expected = if window.after.is_none() { Some(forecast::read(context).await?) } else { None };
    let shown = Board {
        rows: &page.items,
        forecast: expected.as_ref(),
        due_before: field("due_before"),
        segments: &segments,
        segment: field("segment"),
        paused: wanted.paused,
    };
    Ok(::pages::dunning(viewer, &shown, more(&format!("/dunning?{base}"), page.next).as_deref()))
}

pub(super) async fn of_account(context: &Context, viewer: &Viewer, id: &str, query: &Query) -> Result<String, Problem> {
    dunning::page(context, viewer, &account_id(id)?, query::notice(query), None).await
}
