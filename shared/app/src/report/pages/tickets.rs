//! Tickets: the list, and one with what can be done.

use super::more;
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
use crate::web::{self, Problem, Window};
use ::pages::{TicketPage, TicketRow, Viewer, Wanted};
use domain::case::{Case, State};
use domain::staff::Staff;
use domain::ticket::Ticket;

/// What the list can be asked for.
const ASKED: [&str; 4] = ["state", "class", "assignee", "account"];

pub(super) async fn all(context: &Context, viewer: &Viewer, query: &Query, window: Window) -> Result<String, Problem> {
    let page = ticket::list(context, &query::tickets(query)?, window).await?;
    let accounts = page.items.iter().filter_map(|ticket| ticket.handling.account.clone());
    let names = beside::names(context, accounts.collect()).await?;
    let name = |ticket: &Ticket| Some(names.of(ticket.handling.account.as_ref()?).to_string());
    let rows: Vec<_> = page.items.iter().map(|ticket| TicketRow { ticket, account: name(ticket) }).collect();
    let given = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
    let [state, class, assignee, account] = ASKED.map(given);
    let asked = Wanted { state, class, assignee, account, nobody: query::NOBODY };
    let base: String = ASKED
        .into_iter()
        .filter(|name| !given(name).is_empty())
        .map(|name| format!("{name}={}&", web::escaped(given(name))))
        .collect();
    let next = more(&format!("/tickets?{base}"), page.next);
    let notice = query::notice(query);
    Ok(::pages::tickets(viewer, &rows, &asked, context.clock.now(), next.as_deref(), notice))
}

/// What its playbook asks for depends on who looks: `staff`.
pub(super) async fn one(
    context: &Context,
    viewer: &Viewer,
    id: &str,
    query: &Query,
    staff: &Staff,
) -> Result<String, Problem> {
    let ticket = ticket::find(context, id).await?;
    let of = ticket.handling.account.iter().chain(&ticket.accounts);
    let names = beside::names(context, of.cloned().collect()).await?;
    let case = match &ticket.handling.case {
        Some(id) => store::read::<Case>(context, &keys::case(id)).await?,
        None => None,
    };
    let played = match &case {
        // What a repeat points to may be of another customer.
        Some(case) if case.state == State::Open && ticket.handling.own_case() == Some(&case.id) => {
            Some(played(context, case, staff).await?)
        }
        _ => None,
    };
    let colleagues: Vec<_> = staff::all(context).await?.into_iter().filter(|staff| staff.role.may_request()).collect();
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
