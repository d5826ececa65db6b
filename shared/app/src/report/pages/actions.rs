//! Actions: the list, one with its decision and receipt.

use super::{filters, more};
use crate::approval::decide;
use crate::context::Context;
use crate::records::beside;
use crate::report::filter::Actions;
use crate::report::query::{self, Query};
use crate::report::{read, receipt};
use crate::store::{Batch, keys};
use crate::web::{self, Answer, Problem, Window};
use ::pages::{ActionShown, Viewer};
use domain::staff::Staff;
use http::StatusCode;

pub(super) async fn all(context: &Context, viewer: &Viewer, query: &Query, window: &Window) -> Result<String, Problem> {
    let (page, filters) = (
        read::actions_wanted(context, &Actions::of(query)?, window).await?,
        filters::kept(context, viewer, filters::actions(query)).await?,
    );
    let names = beside::names(context, page.items.iter().map(|action| action.account.clone()).collect()).await?;
    Ok(::pages::actions(viewer, &page.items, &names, &filters, more(&filters::base(&filters), page.next).as_deref()))
}

/// What it shows of the decision depends on who looks: `staff`.
pub(super) async fn one(
    context: &Context,
    viewer: &Viewer,
    id: &str,
    query: &Query,
    staff: &Staff,
) -> Result<Answer, Problem> {
    let action = read::action(context, id).await?;
    let receipt = receipt::receipt(context, &action).await?;
    let receipt = (receipt.entries.as_slice(), receipt.next.is_some());
    let deciding = decide::as_whom(context, &action, staff).await?;
    let batch = Batch::read(context, action.members.iter().map(keys::action).collect()).await?;
    let mut members = Vec::new();
    for member in &action.members {
        members.extend(batch.get(&keys::action(member))?);
    }
    let overtaken = decide::outdated(context, &action).await?;
    let beside = beside::of(context, &action).await?;
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
