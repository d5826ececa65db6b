//! Accounts: the list, one, and what a search found.

use super::{filters, more};
use crate::context::Context;
use crate::dunning::board;
use crate::report::filter::Accounts;
use crate::report::query::{self, Query};
use crate::report::{glance, read};
use crate::setup::group;
use crate::web::{Problem, Window, account_id};
use ::pages::{AccountRow, AccountShown, Alike, AlikeRow, Viewer};
use domain::sidebar::Sidebar;
use futures_util::future::try_join4;

pub(super) async fn all(context: &Context, viewer: &Viewer, query: &Query, window: Window) -> Result<String, Problem> {
    let page = read::accounts(context, &Accounts::of(query)?, window).await?;
    let (rows, filters): (Vec<_>, _) =
        (page.items.iter().map(row).collect(), filters::kept(context, viewer, filters::accounts(query)).await?);
    Ok(::pages::accounts(viewer, &rows, &filters, more(&filters::base(&filters), page.next).as_deref()))
}

pub(super) async fn one(context: &Context, viewer: &Viewer, id: &str, query: &Query) -> Result<String, Problem> {
    let id = account_id(id)?;
    let window = Window { limit: glance::TOLD, ..Window::of(query, glance::TOLD)? };
    let (sidebar, (told, next), group, recovering) = try_join4(
        glance::account(context, &id),
        glance::told(context, &id, window),
        group::status(context, &id),
        board::latest(context, &id),
    )
    .await?;
    let missing = || Problem::not_found("account");
    let (sidebar, group) = (sidebar.ok_or_else(missing)?, group.ok_or_else(missing)?);
    let alike = Alike { confirmed: alike(&group.confirmed), proposed: alike(&group.proposed) };
    let before = more(&format!("/accounts/{id}?"), next);
    let shown = AccountShown {
        sidebar: &sidebar,
        told: &told,
        before: before.as_deref(),
        alike: &alike,
        recovering: &recovering,
        notice: query::notice(query),
    };
    Ok(::pages::account(viewer, &shown))
}

fn alike(others: &[group::Other]) -> Vec<AlikeRow> {
    let row = |other: &group::Other| AlikeRow {
        id: other.account.to_string(),
        customer: format!("{}:{}", other.provider, other.customer),
        name: other.name.clone(),
        because: other.because,
    };
    others.iter().map(row).collect()
}

fn row(sidebar: &Sidebar) -> AccountRow {
    AccountRow {
        id: sidebar.account.id.to_string(),
        name: sidebar.account.name.clone(),
        plan: sidebar.plan.name.clone(),
        outstanding: sidebar.status.outstanding,
        mrr: sidebar.lifetime.mrr,
        cases: sidebar.open_cases(),
    }
}
