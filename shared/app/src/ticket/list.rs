//! Tickets: one by its name, those of a list, those of an account.

use crate::context::Context;
use crate::fault::Fault;
use crate::ports::{Key, Order};
use crate::store::keys::{self, lists};
use crate::store::{self, Batch, Page, TicketOf};
use crate::web::{Problem, Window};
use domain::case::Class;
use domain::id::AccountId;
use domain::ticket::{State, Ticket, TicketName};

/// How many tickets of an account are shown with it.
const SHOWN_MAX: u32 = 100;

/// Which tickets are wanted.
#[derive(Debug, Clone)]
pub struct Filter {
    pub state: Option<State>,
    pub class: Option<Class>,
    /// A staff id; an empty one is for those that nobody has.
    pub assignee: Option<String>,
    pub account: Option<AccountId>,
    /// Those of one account stand by their names and not by their times.
    pub order: Order,
}

impl Default for Filter {
    fn default() -> Self {
        Self { state: None, class: None, assignee: None, account: None, order: Order::Descending }
    }
}

impl Filter {
    fn fits(&self, ticket: &Ticket) -> bool {
        let handling = &ticket.handling;
        let has_it = handling.assigned_to.as_deref().unwrap_or_default();
        let class = handling.taken_for.as_ref().map(|taken| taken.class);
        self.state.is_none_or(|state| handling.state == state)
            && self.class.is_none_or(|wanted| class == Some(wanted))
            && self.assignee.as_ref().is_none_or(|wanted| wanted == has_it)
            && self.account.as_ref().is_none_or(|account| is_of(ticket, account))
    }
}

/// Whether a ticket is of an account, or may be.
fn is_of(ticket: &Ticket, account: &AccountId) -> bool {
    match &ticket.handling.account {
        Some(own) => own == account,
        None => ticket.accounts.contains(account),
    }
}

/// A ticket by its address.
pub async fn find(context: &Context, address: &str) -> Result<Ticket, Problem> {
    let missing = || Problem::not_found("ticket");
    let name = TicketName::at(address).ok_or_else(missing)?;
    store::read(context, &keys::ticket(&name.provider, &name.source, &name.id)).await?.ok_or_else(missing)
}

/// A page of tickets. Those of one account come by their names.
pub async fn list(context: &Context, wanted: &Filter, window: Window) -> Result<Page<Ticket>, Fault> {
    if let Some(account) = &wanted.account {
        let of = keys::tickets_of(account);
        let page: Page<TicketOf> = store::page_of(context, &of, window.after, window.limit, wanted.order).await?;
        let mut items = read(context, &page.items).await?;
        items.retain(|ticket| wanted.fits(ticket));
        return Ok(Page { items, next: page.next });
    }
    let states = wanted.state.map_or_else(|| State::ALL.to_vec(), |state| vec![state]);
    let lists: Vec<String> = states.into_iter().map(lists::tickets).collect();
    store::pick(context, &lists, window.after, window.limit, wanted.order, |ticket: &Ticket| wanted.fits(ticket)).await
}

/// Where the tickets of an account lie, of those that were read, newest first: as many as are shown.
pub fn homes(own: &[TicketOf]) -> Vec<Key> {
    own.iter().take(SHOWN_MAX as usize).map(home).collect()
}

/// The same, read for it.
pub async fn homes_of(context: &Context, account: &AccountId) -> Result<Vec<Key>, Fault> {
    let own: Vec<TicketOf> = store::first_of(context, &keys::tickets_of(account), SHOWN_MAX, Order::Descending).await?;
    Ok(homes(&own))
}

/// The tickets of an account, of what was read there: those that are open first, then the newest.
pub fn of_account(batch: &Batch, homes: &[Key], account: &AccountId) -> Result<Vec<Ticket>, Fault> {
    let mut tickets = laid_out(batch, homes)?;
    tickets.retain(|ticket| is_of(ticket, account));
    tickets.sort_by_key(|ticket| {
        let is_over = ticket.handling.state == State::Resolved;
        (is_over, std::cmp::Reverse(ticket.began_at()))
    });
    Ok(tickets)
}

async fn read(context: &Context, own: &[TicketOf]) -> Result<Vec<Ticket>, Fault> {
    let homes: Vec<Key> = own.iter().map(home).collect();
    if homes.is_empty() {
        return Ok(Vec::new());
    }
    laid_out(&Batch::read(context, homes.clone()).await?, &homes)
}

fn home(own: &TicketOf) -> Key {
    keys::ticket(&own.provider, &own.source, &own.id)
}

fn laid_out(batch: &Batch, homes: &[Key]) -> Result<Vec<Ticket>, Fault> {
    let mut tickets = Vec::new();
    for home in homes {
        tickets.extend(batch.get::<Ticket>(home)?);
    }
    Ok(tickets)
}
