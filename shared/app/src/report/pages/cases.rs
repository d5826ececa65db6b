//! Cases: the list, one with what can be done, and the disputes among them.

use super::{filters, more};
use crate::approval::form;
use crate::context::Context;
use crate::records::beside;
use crate::report::filter::Cases;
use crate::report::plays::{Asked, Played};
use crate::report::query::{self, Query};
use crate::report::{plays, read};
use crate::setup::staff;
use crate::store::{self, keys};
use crate::web::{Problem, Window};
use ::pages::{CaseShown, Names, Viewer};
use domain::book::Head;
use domain::playbook::Name;
use domain::staff::Staff;

pub(super) async fn all(context: &Context, viewer: &Viewer, query: &Query, window: &Window) -> Result<String, Problem> {
    let (page, filters) = (
        read::cases_wanted(context, &Cases::of(query)?, window).await?,
        filters::kept(context, viewer, filters::cases(query)).await?,
    );
    let names = beside::names(context, page.items.iter().map(|case| case.account.clone()).collect()).await?;
    Ok(::pages::cases(viewer, &page.items, &names, &filters, more(&filters::base(&filters), page.next).as_deref()))
}

/// What its play asks for depends on who looks: `asks`.
pub(super) async fn one(
    context: &Context,
    viewer: &Viewer,
    id: &str,
    query: &Query,
    asks: &Staff,
) -> Result<String, Problem> {
    let case = read::case(context, id).await?;
    let preview = read::case_preview(context, &case).await?;
    let Played { play, actions, handling, path } =
        plays::of_case(context, &case, &preview, &Asked::by_page(query), asks).await?;
    let is_unnamed = play.as_ref().is_some_and(|play| play.playbook == Name::ChangePlan && play.steps.is_empty());
    let head = store::read::<Head>(context, &keys::head(&case.account)).await?.filter(|_| is_unnamed);
    let plans = match head {
        Some(head) => form::plans(context, &head).await?,
        None => Vec::new(),
    };
    let called = beside::name(context, &case.account).await?;
    let names = Names::default().with(beside::called(&staff::all(context).await?));
    let shown = CaseShown {
        case: &case,
        called: &called,
        names: &names,
        actions: &actions,
        preview: &preview,
        path: &path,
        play: play.as_ref(),
        handling: &handling,
        plans: &plans,
        notice: query::notice(query),
    };
    Ok(::pages::case(viewer, &shown))
}

pub(super) async fn disputes(
    context: &Context,
    viewer: &Viewer,
    query: &Query,
    window: &Window,
) -> Result<String, Problem> {
    let (page, filters) = (
        read::disputes(context, &Cases::of(query)?, window).await?,
        filters::kept(context, viewer, filters::disputes(query)).await?,
    );
    let names = beside::names(context, page.items.iter().map(|dispute| dispute.account.clone()).collect()).await?;
    let next = more(&filters::base(&filters), page.next);
    Ok(::pages::disputes(viewer, &page.items, &names, &filters, next.as_deref()))
}
