//! Tickets: the list, and one with what can be done.

use super::more;
use crate::approval::reply;
use crate::context::Context;
use crate::dunning::cash::flow;
use crate::fault::Fault;
use crate::records::contacts;
use crate::report::query::{self, Query};
use crate::setup::staff;
use crate::store::{self, Batch, keys};
use crate::ticket;
use crate::web::{self, Problem, Window};
use ::pages::{TicketPage, TicketRow, Viewer, Wanted};
use domain::book::{Head, Person};
use domain::case::Case;
use domain::id::AccountId;
use domain::ticket::Ticket;
use std::collections::{BTreeMap, BTreeSet};

/// What the list can be asked for.
const ASKED: [&str; 4] = ["state", "class", "assignee", "account"];

pub(super) async fn all(context: &Context, viewer: &Viewer, query: &Query, window: Window) -> Result<String, Problem> {
    let page = ticket::list(context, &query::tickets(query)?, window).await?;
    let names = names(context, page.items.iter().filter_map(|ticket| ticket.handling.account.as_ref())).await?;
    let name = |ticket: &Ticket| names.get(ticket.handling.account.as_ref()?).cloned();
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

pub(super) async fn one(context: &Context, viewer: &Viewer, id: &str, query: &Query) -> Result<String, Problem> {
    let ticket = ticket::find(context, id).await?;
    let of = ticket.handling.account.iter().chain(&ticket.accounts);
    let names = names(context, of).await?;
    let case = match &ticket.handling.case {
        Some(id) => store::read::<Case>(context, &keys::case(id)).await?,
        None => None,
    };
    let staff: Vec<_> = staff::all(context).await?.into_iter().filter(|staff| staff.role.may_request()).collect();
    let flow = flow(context, &ticket).await?;
    let changed = contacts::of_tickets(context, std::slice::from_ref(&ticket)).await?;
    let notices: Vec<String> = changed.into_values().flatten().collect();
    let offered = reply::offered(context, id).await?;
    let page = TicketPage {
        ticket: &ticket,
        names: &names,
        case: case.as_ref(),
        staff: &staff,
        flow: &flow,
        notices: &notices,
        offered: &offered,
    };
    Ok(::pages::ticket(viewer, &page, query::notice(query)))
}

/// How accounts are called: by their people, or else by the provider's id.
async fn names<'a>(
    context: &Context,
    accounts: impl Iterator<Item = &'a AccountId>,
) -> Result<BTreeMap<AccountId, String>, Fault> {
    let accounts: BTreeSet<&AccountId> = accounts.collect();
    if accounts.is_empty() {
        return Ok(BTreeMap::new());
    }
    let wanted = accounts.iter().flat_map(|account| [keys::person(account), keys::head(account)]);
    let batch = Batch::read(context, wanted.collect()).await?;
    let mut names = BTreeMap::new();
    for account in accounts {
        let person = batch.of::<Person>(&keys::person(account))?.unwrap_or_default();
        let customer = || Ok::<_, Fault>(batch.get::<Head>(&keys::head(account))?.map(|head| head.customer));
        let name = match person.name.value() {
            Some(name) => Some(name.clone()),
            None => customer()?,
        };
        names.insert(account.clone(), name.unwrap_or_else(|| account.to_string()));
    }
    Ok(names)
}
