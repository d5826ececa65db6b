//! What customers were asked to pay because of tickets, and payments that nobody could place.

use super::more;
use crate::context::Context;
use crate::dunning::cash;
use crate::report::query::{self, Query};
use crate::web::{self, Problem, Window};
use ::pages::Viewer;

pub(super) async fn requests(
    context: &Context,
    viewer: &Viewer,
    query: &Query,
    window: Window,
) -> Result<String, Problem> {
    let page = cash::requests(context, &query::payment_requests(query)?, window).await?;
    let asked = ["state", "account"].into_iter().filter_map(|name| Some((name, query.get(name)?)));
    let base: String = asked.map(|(name, value)| format!("{name}={}&", web::escaped(value))).collect();
    let next = more(&format!("/payment-requests?{base}"), page.next);
    Ok(::pages::payment_requests(viewer, &page.items, next.as_deref(), query::notice(query)))
}

pub(super) async fn unmatched(
    context: &Context,
    viewer: &Viewer,
    query: &Query,
    window: Window,
) -> Result<String, Problem> {
    let page = cash::unmatched(context, window).await?;
    let next = more("/payments/unmatched?", page.next);
    Ok(::pages::unmatched(viewer, &page.items, next.as_deref(), query::notice(query)))
}
