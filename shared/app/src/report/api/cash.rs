//! What customers were asked to pay because of tickets, and payments that nobody could place.

use super::list;
use crate::context::Context;
use crate::dunning::cash;
use crate::report::query::{self, Query};
use crate::web::{Answer, Problem, Window};

pub(super) async fn requests(context: &Context, query: &Query, window: Window) -> Result<Answer, Problem> {
    let page = cash::requests(context, &query::payment_requests(query)?, window).await?;
    let items: Vec<_> = page.items.iter().map(cash::json).collect();
    Ok(list(&items, page.next.as_deref()))
}

pub(super) async fn unmatched(context: &Context, window: Window) -> Result<Answer, Problem> {
    let page = cash::unmatched(context, window).await?;
    let items: Vec<_> = page.items.iter().map(cash::received_json).collect();
    Ok(list(&items, page.next.as_deref()))
}
