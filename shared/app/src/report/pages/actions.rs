//! Actions: the list, one with its decision and receipt.

use super::{filters, more};
use crate::approval::decide;
use crate::context::Context;
use crate::records::beside;
use crate::report::filter::Actions;
use crate::report::query::{self, Query};
use crate::report::{read, receipt};
use crate::setup::staff;
use crate::store::{Batch, keys};
use crate::web::{self, Answer, Problem, Window};
use ::pages::{ActionShown, Beside, Viewer};
use domain::staff::Staff;
use http::StatusCode;
use std::collections::BTreeSet;

pub(super) async fn all(context: &Context, viewer: &Viewer, query: &Query, window: &Window) -> Result<String, Problem> {
    let page = read::actions_wanted(context, &Actions::of(query)?, window).await?;
    let staff = staff::all(context).await?;
    let filters = filters::kept(context, viewer, filters::actions(query, &staff)).await?;
    let names = beside::names(context, page.items.iter().map(|action| action.account.clone()).collect()).await?;
    let names = names.with(beside::called(&staff));
    Ok(::pages::actions(viewer, &page.items, &names, &filters, more(&filters::base(&filters), page.next).as_deref()))
}

/// What it shows of the decision depends on who looks: `asks`.
pub(super) async fn one(
    context: &Context,
    viewer: &Viewer,
    id: &str,
    query: &Query,
    asks: &Staff,
) -> Result<Answer, Problem> {
    let action = read::action(context, id).await?;
    let receipt = receipt::receipt(context, &action).await?;
    let by = receipt.entries.iter().map(|entry| entry.by.clone()).chain(beside::people(&action)).collect();
    let receipt = (receipt.entries.as_slice(), receipt.next.is_some());
    let deciding = decide::as_whom(context, &action, asks).await?;
    let batch = Batch::read(context, action.members.iter().map(keys::action).collect()).await?;
    let mut members = Vec::new();
    for member in &action.members {
        members.extend(batch.get(&keys::action(member))?);
    }
    let overtaken = decide::outdated(context, &action).await?;
    // A provider confirms what was done, and is entered as such.
    let providers = providers::ALL.iter().map(|provider| (provider.name.to_owned(), provider.name.to_owned()));
    let names = beside::names_with(context, BTreeSet::new(), by).await?.with(providers);
    let beside = Beside { names, ..beside::of(context, &action).await? };
    let looks_again = action.ends_soon(beside.now);
    let shown = ActionShown {
        action: &action,
        beside: &beside,
        members: &members,
        deciding: &deciding,
        receipt,
        overtaken: overtaken.as_deref(),
        looks_again,
        notice: query::notice(query),
    };
    let page = web::html(StatusCode::OK, ::pages::action(viewer, &shown));
    Ok(if looks_again { web::looking_again(page) } else { page })
}
