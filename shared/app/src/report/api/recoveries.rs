//! Recoveries: what comes next in all of them, and those of one account.

use super::accounts::known;
use super::list;
use crate::context::Context;
use crate::dunning::board::{self, Wanted};
use crate::dunning::{forecast, outcomes};
use crate::report::query::Query;
use crate::web::{self, Answer, Problem, Window};
use bytes::Bytes;
use domain::dunning::Outcome;
use domain::staff::Staff;
use http::{Request, StatusCode, header};
use serde_json::json;

/// They come by the day on which they go on, then by their queue, then by the time, up to the time before which they are wanted;
/// with the first page, what is expected of all.
pub(super) async fn due(context: &Context, query: &Query, window: &Window) -> Result<Answer, Problem> {
    let page = board::due(context, &Wanted::of(context, query)?, window).await?;
    let items: Vec<_> = page.items.iter().map(board::json).collect();
    let expected = if window.after.is_none() { Some(forecast::read(context).await?) } else { None };
    let next = Window::cursor(page.next.as_deref());
    Ok(web::json(StatusCode::OK, &json!({"items": items, "next": next, "forecast": expected})))
}

pub(super) async fn of_account(context: &Context, id: &str, window: &Window) -> Result<Answer, Problem> {
    let page = board::of_account(context, &known(context, id).await?, window).await?;
    let items: Vec<_> = page.items.iter().map(board::json).collect();
    Ok(list(&items, page.next.as_deref()))
}

/// How tries ended, as JSON or as a table, whose next page a header leads to.
pub(super) async fn outcomes(
    context: &Context,
    query: &Query,
    window: &Window,
    request: &Request<Bytes>,
    staff: &Staff,
) -> Result<Answer, Problem> {
    if !staff.role.may_learn() {
        let message =
            "how all tries ended is shown to analysts, billing specialists, managers and VPs: ask one of them";
        return Err(Problem::not_permitted(message));
    }
    let page = outcomes::page(context, outcomes::since(query)?, window).await?;
    let accepts = web::header(request.headers(), header::ACCEPT.as_str());
    if !accepts.is_some_and(|accept| accept.starts_with("text/csv")) {
        return Ok(list(&page.items, page.next.as_deref()));
    }
    let since = query.get("since").map(|since| format!("&since={}", web::escaped(since))).unwrap_or_default();
    let next = Window::cursor(page.next.as_deref());
    let next = next.map(|next| format!("/api/dunning/outcomes?limit={}{since}&cursor={next}", window.limit));
    Ok(web::csv(Outcome::as_csv(&page.items), next.as_deref()))
}
