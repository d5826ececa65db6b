//! Tickets: the list, and one with what can be done.

use super::{filters, more};
use crate::approval::reply;
use crate::context::Context;
use crate::dunning::cash::flow;
use crate::records::{beside, contacts};
use crate::report::plays::{Asked, Played};
use crate::report::query::{self, Query};
use crate::report::{plays, read};
use crate::setup::staff;
use crate::store::{self, keys};
use crate::ticket;
use crate::web::{Problem, Window};
use ::pages::{TicketPage, Viewer};
use domain::case::{Case, State};
use domain::staff::Staff;

/// With the persons of its accounts in one batch, and the staff in one query.
pub(super) async fn all(context: &Context, viewer: &Viewer, query: &Query, window: Window) -> Result<String, Problem> {
    let page = ticket::list(context, &query::tickets(query)?, window).await?;
    let accounts = page.items.iter().filter_map(|ticket| ticket.handling.account.clone());
    let staff = staff::all(context).await?;
    let names = beside::names(context, accounts.collect()).await?.with(beside::called(&staff));
    let filters = filters::kept(context, viewer, filters::tickets(query, &staff)).await?;
    let next = more(&filters::base(&filters), page.next);
    let (now, notice) = (context.clock.now(), query::notice(query));
    Ok(::pages::tickets(viewer, &page.items, &names, &filters, now, next.as_deref(), notice))
}

/// What its playbook asks for depends on who looks: `asks`.
pub(super) async fn one(
    context: &Context,
    viewer: &Viewer,
    id: &str,
    query: &Query,
    asks: &Staff,
) -> Result<String, Problem> {
    let ticket = ticket::find(context, id).await?;
    let of = ticket.handling.account.iter().chain(&ticket.accounts);
    let everybody = staff::all(context).await?;
    let names = beside::names(context, of.cloned().collect()).await?.with(beside::called(&everybody));
    let case = match &ticket.handling.case {
        Some(id) => store::read::<Case>(context, &keys::case(id)).await?,
        None => None,
    };
    let played = match &case {
        // What a repeat points to may be of another customer.
        Some(case) if case.state == State::Open && ticket.handling.own_case() == Some(&case.id) => {
            Some(played(context, case, asks).await?)
        }
        _ => None,
    };
    let colleagues: Vec<_> = everybody.into_iter().filter(|staff| staff.role.may_request()).collect();
    let flow = flow(context, &ticket).await?;
    let changed = contacts::of_tickets(context, std::slice::from_ref(&ticket)).await?;
    let notices: Vec<String> = changed.into_values().flatten().collect();
    let offered = reply::offered(context, id).await?;
    let page = TicketPage {
        ticket: &ticket,
        names: &names,
        case: case.as_ref(),
        play: played.as_ref().and_then(|played| played.play.as_ref()),
        actions: played.as_ref().map(|played| played.actions.as_slice()).unwrap_or_default(),
        staff: &colleagues,
        flow: &flow,
        notices: &notices,
        offered: &offered,
    };
    Ok(::pages::ticket(viewer, &page, context.clock.now(), query::notice(query)))
}

/// How the playbook of its case stands.
async fn played(context: &Context, case: &Case, staff: &Staff) -> Result<Played, Problem> {
    let preview = read::case_preview(context, case).await?;
    plays::of_case(context, case, &preview, &Asked::default(), staff).await
}
