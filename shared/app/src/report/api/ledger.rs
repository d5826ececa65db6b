//! The ledger of an account, of a source, or of the setup: its entries and its head.

use super::accounts::known;
use super::list;
use crate::context::Context;
use crate::report::read;
use crate::setup::sources;
use crate::store::{self, keys};
use crate::web::{self, Answer, Problem, Window};
use domain::id::AccountId;
use domain::ledger::LedgerHead;
use http::StatusCode;

pub(super) async fn entries(context: &Context, id: &str, window: Window) -> Result<Answer, Problem> {
    entries_of(context, &known(context, id).await?, window).await
}

pub(super) async fn head(context: &Context, id: &str) -> Result<Answer, Problem> {
    head_of(context, known(context, id).await?).await
}

pub(super) async fn entries_of_source(
    context: &Context,
    provider: &str,
    source: &str,
    window: Window,
) -> Result<Answer, Problem> {
    entries_of(context, &id_of(provider, source)?, window).await
}

pub(super) async fn head_of_source(context: &Context, provider: &str, source: &str) -> Result<Answer, Problem> {
    head_of(context, id_of(provider, source)?).await
}

pub(super) async fn entries_of_setup(context: &Context, window: Window) -> Result<Answer, Problem> {
    entries_of(context, &AccountId::of_setup(), window).await
}

pub(super) async fn head_of_setup(context: &Context) -> Result<Answer, Problem> {
    head_of(context, AccountId::of_setup()).await
}

/// One that nobody has set up has a ledger without entries.
fn id_of(provider: &str, source: &str) -> Result<AccountId, Problem> {
    if providers::named(provider).is_none() || !sources::is_name(source) {
        return Err(Problem::not_found("source"));
    }
    Ok(AccountId::of_source(provider, source))
}

async fn entries_of(context: &Context, id: &AccountId, window: Window) -> Result<Answer, Problem> {
    let page = read::ledger(context, id, window).await?;
    Ok(list(&page.items, page.next.as_deref()))
}

async fn head_of(context: &Context, id: AccountId) -> Result<Answer, Problem> {
    let head: Option<LedgerHead> = store::read(context, &keys::ledger_head(&id)).await?;
    Ok(web::json(StatusCode::OK, &head.unwrap_or_else(|| LedgerHead::new(&id))))
}
