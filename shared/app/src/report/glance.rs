//! An account that is looked at by itself: its sidebar with what is being done for it, and what happened, in as many
//! reads whatever it has.

use super::read::{same_try, shown, timeline};
use crate::context::Context;
use crate::fault::Fault;
use crate::ports::Order;
use crate::store::imported::in_force;
use crate::store::{self, Batch, keys};
use crate::ticket;
use crate::web::Window;
use domain::action::{Action, credits_pending};
use domain::book::Head;
use domain::case::Case;
use domain::id::{AccountId, CaseId};
use domain::import::{Kind, Price};
use domain::sidebar::{ActionLine, OtherCard, Sidebar, Told, Worked};
use domain::task::Task;

/// Among how many actions of an account those are looked for that promise a credit: of more it is not known.
const ACTIONS_MAX: u32 = 200;
/// How many cases and tasks of an account are looked through. What is open beyond them, the head counts.
const LOOKED_MAX: u32 = 50;
/// How many of the latest events are told with an account.
pub(super) const TOLD: u32 = 25;

/// With its tickets, cases, actions and tasks, and what is promised to it: four queries, and one batch of the rest.
pub(super) async fn account(context: &Context, id: &AccountId) -> Result<Option<Sidebar>, Fault> {
    let homes = ticket::homes_of(context, id).await?;
    let actions: Vec<Action> = store::first_of(context, &keys::actions(id), ACTIONS_MAX + 1, Order::Ascending).await?;
    let mut cases: Vec<Case> = store::first_of(context, &keys::cases(id), LOOKED_MAX, Order::Ascending).await?;
    let tasks: Vec<Task> = store::first_of(context, &keys::tasks(id), LOOKED_MAX, Order::Ascending).await?;
    let Some((head, mut sidebar, batch)) = shown(context, id, &homes).await? else { return Ok(None) };
    let all_read = actions.len() <= ACTIONS_MAX as usize;
    if all_read {
        sidebar = sidebar.with_pending(&head, &credits_pending(&actions));
    }
    cases.extend(others(context, &head, &cases).await?);
    let seen: Vec<_> = cases.iter().map(|case| case.at_a_glance(&actions)).collect();
    let lines = actions.iter().filter(|action| action.bundle.is_none()).map(line).collect();
    sidebar = sidebar.with_payments(&head, &seen, context.policies.declines.current(), same_try(context));
    sidebar = sidebar.with_work(Worked { cases: seen, actions: all_read.then_some(lines), tasks });
    let tickets = ticket::of_account(&batch, &homes, id)?;
    let (tickets, other_cards) = (tickets.iter().map(ticket::line).collect(), OtherCard::of(&head));
    let name = sidebar.plan.name.take();
    sidebar.plan.name = plan_name(context, &head, name).await?;
    Ok(Some(Sidebar { tickets, other_cards, ..sidebar }))
}

/// The open cases that the head names and that were not looked through, where an account has very many.
async fn others(context: &Context, head: &Head, known: &[Case]) -> Result<Vec<Case>, Fault> {
    let is_known = |id: &CaseId| known.iter().any(|case| case.id == *id);
    let missing: Vec<_> = head.cases.keys().filter(|id| !is_known(id)).map(keys::case).collect();
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let batch = Batch::read(context, missing.clone()).await?;
    let mut found = Vec::new();
    for key in &missing {
        found.extend(batch.get::<Case>(key)?);
    }
    Ok(found)
}

/// How the catalogue calls what the provider has only an id for.
async fn plan_name(context: &Context, head: &Head, own: Option<String>) -> Result<Option<String>, Fault> {
    let Some(id) = own.as_ref().filter(|name| is_id(name)) else { return Ok(own) };
    let (home, catalogue) = (keys::price(&head.provider, &head.source, id), keys::imports(Kind::Catalogue.name()));
    let batch = Batch::read(context, vec![home.clone(), catalogue]).await?;
    let named = in_force::<Price>(&batch, [home])?.into_iter().rev().find_map(|price| price.name.or(price.plan));
    Ok(named.or(own))
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
