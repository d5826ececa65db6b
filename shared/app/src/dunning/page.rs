//! The page of an account's recoveries, for whoever looks at it and for whoever has just said something that was
//! refused.

use super::board;
use crate::context::Context;
use crate::store::{Batch, keys};
use crate::web::Problem;
use ::pages::{Declined, Viewer};
use domain::book::{Head, Person};
use domain::id::AccountId;

pub async fn page(
    context: &Context,
    viewer: &Viewer,
    account: &AccountId,
    notice: Option<&str>,
    declined: Option<&Declined<'_>>,
) -> Result<String, Problem> {
    let own = [keys::head(account), keys::person(account)];
    let batch = Batch::read(context, own.to_vec()).await?;
    let head: Head = batch.get(&own[0])?.ok_or_else(|| Problem::not_found("account"))?;
    let person = batch.of::<Person>(&own[1])?.unwrap_or_default();
    let name = person.name.value().unwrap_or(&head.customer);
    let rows = board::latest(context, account).await?;
    Ok(::pages::recovery(viewer, (account, name), &rows, notice, declined))
}
