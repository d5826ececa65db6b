//! Recoveries: the board of what comes next, and those of one account.

use super::{filters, more};
use crate::context::Context;
use crate::dunning::board::Wanted;
use crate::dunning::{self, board, forecast};
use crate::report::query::{self, Query};
use crate::web::{Problem, Window, account_id};
use ::pages::{Board, Viewer};

pub(super) async fn due(context: &Context, viewer: &Viewer, query: &Query, window: &Window) -> Result<String, Problem> {
    let wanted = Wanted::of(context, query)?;
    let page = board::due(context, &wanted, window).await?;
    let filters = filters::kept(context, viewer, filters::recoveries(query, &board::segments(context))).await?;
    let next = more(&filters::base(&filters), page.next);
    let expected = if window.after.is_none() { Some(forecast::read(context).await?) } else { None };
    let shown = Board { rows: &page.items, forecast: expected.as_ref(), filters: &filters };
    Ok(::pages::dunning(viewer, &shown, next.as_deref()))
}

pub(super) async fn of_account(context: &Context, viewer: &Viewer, id: &str, query: &Query) -> Result<String, Problem> {
    dunning::page(context, viewer, &account_id(id)?, query::notice(query), None).await
}
