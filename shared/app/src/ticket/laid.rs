//! A ticket laid out: as it stood, as it is to be, and what is written with it in one commit.

use super::team::team;
use super::{unowned, working};
use crate::context::Context;
use crate::fault::Fault;
use crate::outgoing;
use crate::ports::Order;
use crate::records::{moving, said};
use crate::store::trail::{put_facts, put_ticket};
use crate::store::{self, Batch, Commit, TicketOf, keys};
use domain::book::{Head, Person, Touched};
use domain::case::{Case, State as CaseState};
use domain::classify::desk::Desk;
use domain::id::AccountId;
use domain::outgoing::happened;
use domain::ticket::{self, Colleague, Followed, Known, Moving, Scene, State, Ticket, TicketName};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// How many tickets of an account are counted.
const COUNTED_MAX: u32 = 50;

pub struct Laid {
    pub batch: Batch,
    pub before: Ticket,
    pub ticket: Ticket,
    /// Its account, as it stood and as it is to be.
    known: Option<(Known, Known)>,
    team: Vec<Colleague>,
}

impl Laid {
    /// A ticket that was read in a batch, or that nobody has seen yet.
    pub fn of(batch: Batch, before: Ticket) -> Self {
        Self { batch, ticket: before.clone(), before, known: None, team: Vec::new() }
    }

    /// A ticket by its name.
    pub async fn find(context: &Context, name: &TicketName) -> Result<Option<Self>, Fault> {
        let key = keys::ticket(&name.provider, &name.source, &name.id);
        let batch = Batch::read(context, vec![key.clone()]).await?;
        Ok(batch.get::<Ticket>(&key)?.map(|ticket| Self::of(batch, ticket)))
    }

    /// How often it was written, with this time.
    pub fn round(&self) -> u64 {
        let Ticket { provider, source, id, .. } = &self.ticket;
        self.batch.rev(&keys::ticket(provider, source, id)).map_or(1, |rev| rev + 1)
    }

    /// Reads what it is judged by: its account with the cases that may be its trouble, and who may get it. Whose it is
    /// and what it is about is settled before.
    pub async fn gather(&mut self, context: &Context) -> Result<(), Fault> {
        if let Some(account) = self.ticket.handling.account.clone() {
            self.know(context, &account).await?;
        }
        let (handling, stood) = (&self.ticket.handling, &self.before.handling);
        let known = self.known.as_ref().map(|(_, known)| known);
        let wanted = ticket::role(handling, known, context.policies.tickets.current());
        let is_as_it_was = handling.taken_for == stood.taken_for && handling.account == stood.account;
        let may_move = handling.assigned_to.is_none() || handling.role != Some(wanted) || !is_as_it_was;
        if handling.state != State::Resolved && may_move {
            self.team = team(context).await?;
        }
        Ok(())
    }

    async fn know(&mut self, context: &Context, account: &AccountId) -> Result<(), Fault> {
        let (head, person) = (keys::head(account), keys::person(account));
        let wanted = [head.clone(), person.clone()].into_iter().chain(said::keys_of(account));
        self.batch.extend(Batch::read(context, wanted.collect()).await?);
        let Some(head) = self.batch.get::<Head>(&head)? else { return Ok(()) };
        let concerned = ticket::concerned(&self.ticket, &head, context.policies.tickets.current());
        self.batch.extend(Batch::read(context, concerned.iter().map(keys::case).collect()).await?);
        let mut cases = BTreeMap::new();
        for id in concerned {
            cases.extend(self.batch.get::<Case>(&keys::case(&id))?.map(|case| (id, case)));
        }
        let of = keys::tickets_of(account);
        let tickets: Vec<TicketOf> = store::first_of(context, &of, COUNTED_MAX, Order::Ascending).await?;
        let own = TicketName::of(&self.ticket);
        let about = ticket::about(&own);
        // What goes with its own case, where there is another that this may go on in.
        let opened = cases.values().find(|case: &&Case| case.about == about && case.state == CaseState::Open);
        let moving = match opened.filter(|_| cases.len() > 1) {
            Some(case) => moving::read(context, &mut self.batch, &[case]).await?.without(&own),
            None => Moving::default(),
        };
        let others = tickets.iter().filter(|it| TicketName::new(&it.provider, &it.source, &it.id) != own);
        let known = Known {
            head,
            person: self.batch.of::<Person>(&person)?.unwrap_or_default(),
            said: said::read(&self.batch, account)?,
            cases,
            moving,
            earlier: others.count(),
        };
        self.known = Some((known.clone(), known));
        Ok(())
    }

    /// Takes it up where it stands now: `event` is what brought that about, `at` when the customer wrote.
    pub fn take_up(&mut self, context: &Context, followed: Followed, event: &str, at: Timestamp) {
        let policies = &context.policies;
        let scene = Scene {
            policy: policies.tickets.current(),
            texts: policies.texts.current(),
            working: &working(context),
            team: &self.team,
            event,
            at,
            now: context.clock.now(),
        };
        ticket::take_up(&mut self.ticket, self.known.as_mut().map(|(_, known)| known), followed, &scene);
        if let Some((_, known)) = &mut self.known {
            known.head.names_at_most(policies.limits.current().cases_shown_max);
        }
    }

    /// Changes what the head of its account shows, where that was read.
    pub fn show(&mut self, on: impl FnOnce(&mut Head)) {
        if let Some((_, known)) = &mut self.known {
            on(&mut known.head);
        }
    }

    /// A commit with the ticket, the accounts that it is of, and its case. `name` is that of the commit.
    pub async fn commit(&mut self, context: &Context, name: &str) -> Result<Commit, Fault> {
        let Self { batch, before, ticket, known, .. } = self;
        let mut commit = Commit::default();
        if let Some((was, is)) = &*known {
            let desk =
                |known: &Known| Desk { cases: known.cases.clone(), ..Desk::of(known.head.clone(), Touched::default()) };
            put_desk(&mut commit, context, batch, name, (&desk(was), &desk(is))).await?;
        }
        let tasks = unowned::follow(context, batch, before, ticket).await?;
        tasks.iter().for_each(|task| commit.over(batch, task));
        put_ticket(&mut commit, batch, ticket)?;
        for account in accounts(ticket).difference(&accounts(before)) {
            let (provider, source, id) = (ticket.provider.clone(), ticket.source.clone(), ticket.id.clone());
            commit.put(&TicketOf { account: account.clone(), provider, source, id });
        }
        if let Some((was, is)) = &*known {
            for other in is.moving.tickets_since(&was.moving) {
                put_ticket(&mut commit, batch, other)?;
            }
            is.moving.actions_since(&was.moving).for_each(|(_, action)| commit.over(batch, action));
        }
        Ok(commit)
    }
}

/// Writes how an account and the cases of tickets differ, with what reports count of that and what the product is told.
pub async fn put_desk(
    commit: &mut Commit,
    context: &Context,
    batch: &mut Batch,
    name: &str,
    (was, is): (&Desk, &Desk),
) -> Result<(), Fault> {
    if was == is {
        return Ok(());
    }
    let told = happened(was, is, context.clock.now());
    let lines = outgoing::lines(context, batch, &is.head.account, told).await?;
    for (_, case) in is.cases.iter().filter(|(id, case)| was.cases.get(*id) != Some(*case)) {
        commit.over(batch, case);
    }
    if was.head != is.head {
        commit.over(batch, &is.head);
    }
    put_facts(commit, name, was, is, context);
    outgoing::put(commit, batch, &lines);
    Ok(())
}

/// Those with the requester's address, and the one that it is of.
fn accounts(ticket: &Ticket) -> BTreeSet<AccountId> {
    ticket.accounts.iter().cloned().chain(ticket.handling.account.clone()).collect()
}
