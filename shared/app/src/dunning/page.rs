//! The page of an account's recoveries, for whoever looks at it and for whoever has just said something that was
//! refused.

use super::board;
use crate::context::Context;
use crate::records::beside;
use crate::store::{Batch, keys};
use crate::web::Problem;
use ::pages::{Declined, Viewer};
use domain::book::{Head, Person};
use domain::dunning::Recovering;
use domain::id::AccountId;
use std::collections::BTreeSet;

/// Those who said something of recoveries.
pub fn said_by(rows: &[Recovering]) -> BTreeSet<String> {
    rows.iter().flat_map(|row| &row.plan.control.said).map(|said| said.by.clone()).collect()
}

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
    let names = beside::names_with(context, BTreeSet::new(), said_by(&rows)).await?;
    Ok(::pages::recovery(viewer, (account, name), &rows, &names, notice, declined))
}
