//! An account that is looked at by itself: its sidebar with what is being done for it, and what happened, in as many
//! reads whatever it has.

use super::read::{same_try, shown, timeline};
use crate::context::Context;
use crate::fault::Fault;
use crate::ports::{Key, Order};
use crate::store::imported::in_force;
use crate::store::{self, Batch, TicketOf, keys};
use crate::ticket;
use crate::web::Window;
use domain::action::{Action, credits_pending};
use domain::book::Head;
use domain::case::Case;
use domain::id::AccountId;
use domain::import::{Kind, Price};
use domain::sidebar::{ActionLine, OtherCard, Sidebar, Told, Worked};
use domain::task::Task;
use futures_util::future::try_join3;

/// Among how many actions of an account those are looked for that promise a credit: of more it is not known.
const ACTIONS_MAX: u32 = 200;
/// How many cases and tasks of an account are looked through, where they are very many. What is open beyond them, the
/// head counts.
const LOOKED_MAX: u32 = 50;
/// How many items one query answers that brings several kinds of them. What of a kind is not among them is asked for by
/// itself.
const STRETCH_MAX: u32 = 100;
/// How many of the latest events are told with an account.
pub(super) const TOLD: u32 = 25;

/// With its tickets, cases, actions and tasks, and what is promised to it. It waits twice: for a batch and two queries
/// side by side, and for a batch of what these name. Where an account has very much, either query may be followed by
/// two others, one after the other.
pub(super) async fn account(context: &Context, id: &AccountId) -> Result<Option<Sidebar>, Fault> {
    let (found, done, waiting) = try_join3(shown(context, id), done(context, id), waiting(context, id)).await?;
    let Some((head, mut sidebar)) = found else { return Ok(None) };
    let (Done { actions, mut cases }, Waiting { tasks, homes }) = (done, waiting);

    let price = sidebar.plan.name.as_ref().filter(|name| is_id(name));
    let price = price.map(|id| keys::price(&head.provider, &head.source, id));
    let others = others(&head, &cases);
    let catalogue = price.iter().map(|_| keys::imports(Kind::Catalogue.name()));
    let wanted = homes.iter().chain(&others).chain(&price).cloned().chain(catalogue);
    let batch = Batch::read(context, wanted.collect()).await?;

    for key in &others {
        cases.extend(batch.get::<Case>(key)?);
    }
    let all_read = actions.len() <= ACTIONS_MAX as usize;
    if all_read {
        sidebar = sidebar.with_pending(&head, &credits_pending(&actions));
    }
    let seen: Vec<_> = cases.iter().map(|case| case.at_a_glance(&actions)).collect();
    let lines = actions.iter().filter(|action| action.bundle.is_none()).map(line).collect();
    sidebar = sidebar.with_payments(&head, &seen, context.policies.declines.current(), same_try(context));
    sidebar = sidebar.with_work(Worked { cases: seen, actions: all_read.then_some(lines), tasks });
    let tickets = ticket::of_account(&batch, &homes, id)?;
    let (tickets, other_cards) = (tickets.iter().map(ticket::line).collect(), OtherCard::of(&head));
    if let Some(name) = price.map(|home| plan_name(&batch, home)).transpose()?.flatten() {
        sidebar.plan.name = Some(name);
    }
    Ok(Some(Sidebar { tickets, other_cards, ..sidebar }))
}

/// What was found to be done for an account, and how it goes.
struct Done {
    actions: Vec<Action>,
    cases: Vec<Case>,
}

/// They lie side by side, with little between them: askings, cards, boards.
async fn done(context: &Context, id: &AccountId) -> Result<Done, Fault> {
    let (first, last) = (keys::actions(id), keys::cases(id));
    let read = store::stretch(context, &first, &last, STRETCH_MAX).await?;
    let actions = if read.has_all(&first) {
        read.of(&first)?
    } else {
        store::first_of(context, &first, ACTIONS_MAX + 1, Order::Ascending).await?
    };
    let mut cases: Vec<Case> = read.of(&last)?;
    if !read.is_whole() && cases.len() < LOOKED_MAX as usize {
        cases = store::first_of(context, &last, LOOKED_MAX, Order::Ascending).await?;
    }
    Ok(Done { actions, cases })
}

/// What people have to do for an account, and where the tickets lie that they wrote.
struct Waiting {
    tasks: Vec<Task>,
    homes: Vec<Key>,
}

/// Nothing lies between them.
async fn waiting(context: &Context, id: &AccountId) -> Result<Waiting, Fault> {
    let (first, last) = (keys::tasks(id), keys::tickets_of(id));
    let read = store::stretch(context, &first, &last, STRETCH_MAX).await?;
    let tasks = if read.has_all(&first) {
        read.of(&first)?
    } else {
        store::first_of(context, &first, LOOKED_MAX, Order::Ascending).await?
    };
    // The newest are those with the last names.
    let homes = if read.is_whole() {
        let mut own: Vec<TicketOf> = read.of(&last)?;
        own.reverse();
        ticket::homes(&own)
    } else {
        ticket::homes_of(context, id).await?
    };
    Ok(Waiting { tasks, homes })
}

/// Where the open cases lie that the head names and that were not looked through, where an account has very many.
fn others(head: &Head, known: &[Case]) -> Vec<Key> {
    head.cases.keys().filter(|id| known.iter().all(|case| case.id != **id)).map(keys::case).collect()
}

/// How the catalogue calls what the provider has only an id for.
fn plan_name(batch: &Batch, home: Key) -> Result<Option<String>, Fault> {
    Ok(in_force::<Price>(batch, [home])?.into_iter().rev().find_map(|price| price.name.or(price.plan)))
}

/// People write a plan's name with a capital or a space.
fn is_id(name: &str) -> bool {
    (!name.contains(' ') && name.contains(['_', '-'])) || name.bytes().all(|byte| byte.is_ascii_digit())
}

fn line(action: &Action) -> ActionLine {
    ActionLine {
        id: action.id.clone(),
        kind: action.kind.name(),
        summary: action.preview.summary.clone(),
        state: action.state().name(),
        requested_by: action.requested_by.clone(),
        requested_at: action.requested_at,
    }
}

/// A page of what happened to an account as sentences, and where the next one begins.
pub(super) async fn told(
    context: &Context,
    id: &AccountId,
    window: Window,
) -> Result<(Vec<Told>, Option<String>), Fault> {
    let page = timeline(context, id, window).await?;
    let declines = context.policies.declines.current();
    Ok((page.items.iter().map(|line| Told::of(&line.event, declines)).collect(), page.next))
}
