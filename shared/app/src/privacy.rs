//! What is kept of a person: shown to whom it concerns, and erased when a manager has approved it.

use crate::context::Context;
use crate::fault::Fault;
use crate::ports::Order;
use crate::store::imported::{Imported, in_force};
use crate::store::trail::put_ticket;
use crate::store::{self, Attempted, Batch, Commit, Of, Page, TicketOf, keys};
use crate::ticket::unowned;
use crate::web::Window;
use domain::book::find::{Term, terms_of};
use domain::book::{Head, Person};
use domain::id::AccountId;
use domain::import::{Customer, Kind};
use domain::ticket::Ticket;
use std::collections::BTreeSet;

/// How many tickets are read at once: each may be as long as an item is.
const AT_ONCE: u32 = 50;

/// Everything about the person behind an account; its tickets come page by page.
pub struct Held {
    pub person: Person,
    pub imported: Option<Customer>,
    pub tickets: Page<Ticket>,
}

pub async fn held(context: &Context, account: &AccountId, window: &Window) -> Result<Held, Fault> {
    let (own, imported) = (keys::person(account), keys::imported_of(account, Kind::Customers.name()));
    let batch =
        Batch::read(context, vec![own.clone(), imported.clone(), keys::imports(Kind::Customers.name())]).await?;
    Ok(Held {
        person: batch.of::<Person>(&own)?.unwrap_or_default(),
        imported: in_force::<Customer>(&batch, [imported])?.into_iter().next(),
        tickets: tickets(context, account, window.after.clone(), window.limit.min(AT_ONCE)).await?,
    })
}

/// A page of the tickets that are about an account, those of the page oldest first.
async fn tickets(
    context: &Context,
    account: &AccountId,
    after: Option<String>,
    limit: u32,
) -> Result<Page<Ticket>, Fault> {
    let of = keys::tickets_of(account);
    let own: Page<TicketOf> = store::page_of(context, &of, after, limit, Order::Ascending).await?;
    let homes: Vec<_> = own.items.iter().map(|it| keys::ticket(&it.provider, &it.source, &it.id)).collect();
    let batch = Batch::read(context, homes.clone()).await?;
    let mut tickets = Vec::new();
    for home in &homes {
        // What was about them once may be about somebody else by now.
        tickets.extend(batch.get::<Ticket>(home)?.filter(|ticket| is_of(ticket, account)));
    }
    tickets.sort_by_key(|ticket| ticket.opened_at);
    Ok(Page { items: tickets, next: own.next })
}

/// Whether somebody with its address wrote it, or it is about it.
fn is_of(ticket: &Ticket, account: &AccountId) -> bool {
    ticket.accounts.contains(account) || ticket.handling.account.as_ref() == Some(account)
}

/// Erases the person; whatever stops it on the way, doing it again ends it.
pub async fn erase(context: &Context, account: &AccountId) -> Result<(), Fault> {
    // The person first: from then on no further ticket is taken for theirs.
    store::retrying(context, || erase_person(context, account)).await?;
    let mut after = None;
    loop {
        let page = tickets(context, account, after, AT_ONCE).await?;
        for ticket in &page.items {
            erase_ticket(context, account, ticket).await?;
        }
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

/// A ticket that another account has a part in is only no longer about this one.
async fn erase_ticket(context: &Context, account: &AccountId, ticket: &Ticket) -> Result<(), Fault> {
    let key = keys::ticket(&ticket.provider, &ticket.source, &ticket.id);
    store::retrying(context, || async {
        let mut batch = Batch::read(context, vec![key.clone()]).await?;
        let Some(before) = batch.get::<Ticket>(&key)? else { return Ok(Attempted::Done(())) };
        let mut ticket = before.clone();
        ticket.accounts.remove(account);
        ticket.handling.account.take_if(|own| own == account);
        if ticket.accounts.is_empty() {
            ticket.erase(context.clock.now());
        }
        let tasks = unowned::follow(context, &mut batch, &before, &ticket).await?;
        let mut commit = Commit::default();
        tasks.iter().for_each(|task| commit.over(&batch, task));
        put_ticket(&mut commit, &batch, &ticket)?;
        store::attempted(commit.run(context).await, ())
    })
    .await
}

/// One commit: nobody is found by a word of somebody who is erased.
async fn erase_person(context: &Context, account: &AccountId) -> Result<Attempted<()>, Fault> {
    let (own, home) = (keys::person(account), keys::imported_of(account, Kind::Customers.name()));
    let known = keys::head(account);
    let wanted = vec![own.clone(), home.clone(), known.clone(), keys::imports(Kind::Customers.name())];
    let batch = Batch::read(context, wanted).await?;
    let mut person =
        batch.get::<Of<Person>>(&own)?.unwrap_or_else(|| Of { account: account.clone(), value: Person::default() });
    let mut terms: BTreeSet<Term> = terms_of(&person.value);
    terms.extend(
        in_force::<Customer>(&batch, [home.clone()])?.iter().filter_map(|said| said.group.as_deref().map(Term::group)),
    );
    if person.value.erased_at.is_none() {
        person.value.erase(context.clock.now());
    }

    let mut commit = Commit::default();
    commit.over(&batch, &person);
    // How somebody agreed to something is told in words, which may name them.
    if let Some(mut head) = batch.get::<Head>(&known)?
        && let Some(consent) = head.consent.as_mut().filter(|consent| !consent.note.is_empty())
    {
        consent.note.clear();
        commit.over(&batch, &head);
    }
    if batch.rev(&home).is_some() {
        commit.over(&batch, &Imported::<Customer>::empty(&home));
    }
    for term in terms {
        commit.delete(keys::found_by(&keys::term_digest(term.as_str()), account));
    }
    store::attempted(commit.run(context).await, ())
}
