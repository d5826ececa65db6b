//! Accounts: the list, one, and what a search found.

use super::{filters, more};
use crate::context::Context;
use crate::dunning::{self, board};
use crate::records::beside;
use crate::report::filter::Accounts;
use crate::report::query::{self, Query};
use crate::report::{glance, read};
use crate::setup::group;
use crate::web::{Problem, Window, account_id};
use ::pages::{AccountRow, AccountShown, Alike, AlikeRow, Viewer};
use domain::dunning::Recovering;
use domain::sidebar::Sidebar;
use futures_util::future::try_join4;
use std::collections::BTreeSet;

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
    let names = beside::names_with(context, BTreeSet::new(), people(&sidebar, &recovering)).await?;
    let before = more(&format!("/accounts/{id}?"), next);
    let shown = AccountShown {
        sidebar: &sidebar,
        told: &told,
        before: before.as_deref(),
        alike: &alike,
        recovering: &recovering,
        names: &names,
        notice: query::notice(query),
    };
    Ok(::pages::account(viewer, &shown))
}

/// Those of the staff whom the page names: at most one for each of its lines.
fn people(sidebar: &Sidebar, recovering: &[Recovering]) -> BTreeSet<String> {
    let tickets = sidebar.tickets.iter().filter_map(|ticket| ticket.assignee.clone());
    let tasks = sidebar.tasks.iter().filter_map(|task| task.assigned_to.clone());
    let actions = sidebar.latest_actions.iter().flatten().map(|action| action.requested_by.clone());
    let consent = sidebar.second_card.iter().map(|card| card.consent.by.clone());
    let granted = sidebar.exceptions.iter().map(|granted| granted.granted_by.clone());
    let said = dunning::said_by(recovering);
    tickets
        .chain(tasks)
        .chain(actions)
        .chain(consent)
        .chain(granted)
        .chain(sidebar.account.owner.clone())
        .chain(said)
        .collect()
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
