//! The ledger of an account: its entries and its head.

use super::accounts::known;
use super::list;
use crate::context::Context;
use crate::report::read;
use crate::store::{self, keys};
use crate::web::{self, Answer, Problem, Window};
use domain::ledger::LedgerHead;
use http::StatusCode;

pub(super) async fn entries(context: &Context, id: &str, window: Window) -> Result<Answer, Problem> {
    let page = read::ledger(context, &known(context, id).await?, window).await?;
    Ok(list(&page.items, page.next.as_deref()))
}

pub(super) async fn head(context: &Context, id: &str) -> Result<Answer, Problem> {
    let account = known(context, id).await?;
    let head: Option<LedgerHead> = store::read(context, &keys::ledger_head(&account)).await?;
    Ok(web::json(StatusCode::OK, &head.unwrap_or_else(|| LedgerHead::new(&account))))
}
