//! Actions: the list, one, its receipt.

use super::list;
use crate::context::Context;
use crate::door::console::action_json;
use crate::report::filter::Actions;
use crate::report::query::Query;
use crate::report::{read, receipt};
use crate::web::{self, Answer, Problem, Window};
use http::StatusCode;
use serde_json::json;

pub(super) async fn all(context: &Context, query: &Query, window: &Window) -> Result<Answer, Problem> {
    let page = read::actions_wanted(context, &Actions::of(query)?, window).await?;
    let items: Vec<_> = page.items.iter().map(action_json).collect();
    Ok(list(&items, page.next.as_deref()))
}

pub(super) async fn one(context: &Context, id: &str) -> Result<Answer, Problem> {
    Ok(web::json(StatusCode::OK, &action_json(&read::action(context, id).await?)))
}

/// The entries of the ledger that tell its story, and from where in the account's ledger there may be more.
pub(super) async fn receipt(context: &Context, id: &str) -> Result<Answer, Problem> {
    let action = read::action(context, id).await?;
    let receipt = receipt::receipt(context, &action).await?;
    let mut answer = json!({"action": action_json(&action), "entries": receipt.entries});
    if let Some(cursor) = Window::cursor(receipt.next.as_deref()) {
        answer["next"] = json!(format!("/api/accounts/{}/ledger?cursor={cursor}", action.account));
    }
    Ok(web::json(StatusCode::OK, &answer))
}
