//! What customers were asked to pay because of tickets, and payments that nobody could place.

use super::{filters, more};
use crate::context::Context;
use crate::dunning::cash;
use crate::records::beside;
use crate::report::query::{self, Query};
use crate::web::{Problem, Window};
use ::pages::Viewer;

pub(super) async fn requests(
    context: &Context,
    viewer: &Viewer,
    query: &Query,
    window: Window,
) -> Result<String, Problem> {
    let page = cash::requests(context, &query::payment_requests(query)?, window).await?;
    let filters = filters::kept(context, viewer, filters::payment_requests(query)).await?;
    let next = more(&filters::base(&filters), page.next);
    let accounts = page.items.iter().map(|request| request.account.clone()).collect();
    let by = page.items.iter().map(|request| request.by.clone()).collect();
    let names = beside::names_with(context, accounts, by).await?;
    Ok(::pages::payment_requests(viewer, &page.items, &names, &filters, next.as_deref(), query::notice(query)))
}

pub(super) async fn unmatched(
    context: &Context,
    viewer: &Viewer,
    query: &Query,
    window: Window,
) -> Result<String, Problem> {
    let page = cash::unmatched(context, window).await?;
    let next = more("/payments/unmatched?", page.next);
    let names = beside::names(context, page.items.iter().map(|received| received.account.clone()).collect()).await?;
    Ok(::pages::unmatched(viewer, &page.items, &names, next.as_deref(), query::notice(query)))
}
