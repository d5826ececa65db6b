//! Our own tax documents, and the legal entities of ours that make them.

use super::list;
use crate::context::Context;
use crate::paper;
use crate::report::query::{self, Query};
use crate::setup::entities;
use crate::web::{Answer, Problem, Window};

pub(super) async fn all(context: &Context, query: &Query, window: Window) -> Result<Answer, Problem> {
    let page = paper::all(context, &query::papers(query)?, window).await?;
    let items: Vec<_> = page.items.iter().map(|filed| paper::json(context, filed)).collect();
    Ok(list(&items, page.next.as_deref()))
}

pub(super) async fn entities(context: &Context) -> Result<Answer, Problem> {
    Ok(list(&entities::all(context).await?.all, None))
}
