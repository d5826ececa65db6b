//! Recoveries: what comes next in all of them, and those of one account.

use super::accounts::known;
use super::list;
use crate::context::Context;
use crate::dunning::board::{self, Wanted};
use crate::report::query::Query;
use crate::web::{Answer, Problem, Window};

/// They come by when they go on, up to the time before which they are wanted.
pub(super) async fn due(context: &Context, query: &Query, window: &Window) -> Result<Answer, Problem> {
    let page = board::due(context, &Wanted::of(context, query)?, window).await?;
    let items: Vec<_> = page.items.iter().map(board::json).collect();
    Ok(list(&items, page.next.as_deref()))
}

pub(super) async fn of_account(context: &Context, id: &str, window: &Window) -> Result<Answer, Problem> {
    let page = board::of_account(context, &known(context, id).await?, window).await?;
    let items: Vec<_> = page.items.iter().map(board::json).collect();
    Ok(list(&items, page.next.as_deref()))
}
