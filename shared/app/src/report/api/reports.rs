//! A month's report, and the rows that it is made of.

use super::list;
use crate::context::Context;
use crate::report::query::{self, Query};
use crate::report::sums;
use crate::web::{self, Answer, Problem, Window};
use http::StatusCode;

pub(super) async fn of_month(context: &Context, month: &str, query: &Query) -> Result<Answer, Problem> {
    let month = query::month(month)?;
    match query.get("format").map_or("json", String::as_str) {
        "json" => Ok(web::json(StatusCode::OK, &sums::asked(context, month).await?)),
        "html" => Ok(web::see_other(&format!("/reports/{month}"))),
        _ => Err(Problem::malformed("`format` is json or html")),
    }
}

pub(super) async fn rows_of(context: &Context, month: &str, window: &Window) -> Result<Answer, Problem> {
    let page = sums::rows(context, query::month(month)?, window).await?;
    Ok(list(&page.items, page.next.as_deref()))
}
