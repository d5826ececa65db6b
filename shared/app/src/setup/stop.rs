//! The stop switch: what is stopped does not leave until somebody releases it.

use crate::context::Context;
use crate::fault::Fault;
use crate::message::{Message, Sent, send_all};
use crate::ports::{Order, QueueName};
use crate::store::{self, Batch, Commit, Page, keys};
use crate::web::Problem;
use domain::action::{Action, Attempt, Kind, State};
use domain::ageing;
use domain::book::Head;
use domain::notice;
use domain::staff::Staff;
use domain::stop::{Known, Refused, Scope, Stops, Wish};
use serde::Serialize;

/// How many waiting actions a release shows.
const SHOWN: u32 = 1000;

/// What is stopped, as of this moment: whoever sends something reads this first.
pub async fn all(context: &Context) -> Result<Stops, Fault> {
    Ok(store::read(context, &keys::stops()).await?.unwrap_or_default())
}

/// Whether something of this account is stopped: a message of a segment, or an action of a kind.
pub async fn holds(context: &Context, head: &Head, segment: Option<&str>, kind: Option<&str>) -> Result<bool, Fault> {
    let source = format!("{}/{}", head.provider, head.source);
    Ok(all(context).await?.holds(&Scope {
        source: Some(source),
        segment: segment.map(str::to_owned),
        kind: kind.map(str::to_owned),
    }))
}

/// What a stop holds back, or a release lets go.
#[derive(Debug, Serialize)]
pub struct Status {
    pub stops: Stops,
    /// Approved actions that wait.
    pub waiting: Vec<Waiting>,
}

#[derive(Debug, Serialize)]
pub struct Waiting {
    pub action: domain::id::ActionId,
    pub summary: String,
    pub approved_at: Option<jiff::Timestamp>,
    pub held: bool,
}

pub async fn status(context: &Context) -> Result<Status, Fault> {
    let stops = all(context).await?;
    let waiting = waiting(context, &stops).await?;
    Ok(Status { stops, waiting: waiting.into_iter().map(|(_, line)| line).collect() })
}

async fn waiting(context: &Context, stops: &Stops) -> Result<Vec<(Action, Waiting)>, Fault> {
    let mut actions: Vec<Action> = Vec::new();
    for state in [State::Approved, State::Executing] {
        let page: Page<Action> =
            store::page(context, &keys::lists::actions(state), None, SHOWN, Order::Ascending).await?;
        // A bundle under way may have a member that is held, and what the provider had no time for is sent again.
        let waits = |it: &Action| !it.members.is_empty() || it.attempt().is_some_and(Attempt::did_nothing);
        actions.extend(page.items.into_iter().filter(|it| state == State::Approved || waits(it)));
    }
    let now = context.clock.now();
    actions.retain(|action| action.bundle.is_none() && action.executes_after().is_none_or(|at| at <= now));
    let heads: Vec<_> = actions.iter().map(|action| keys::head(&action.account)).collect();
    let batch = Batch::read(context, heads).await?;
    let mut found = Vec::new();
    for action in actions {
        let Some(head) = batch.get::<Head>(&keys::head(&action.account))? else { continue };
        let source = format!("{}/{}", head.provider, head.source);
        let scope = |kind: &str| Scope { source: Some(source.clone()), segment: None, kind: Some(kind.to_owned()) };
        let mut kinds = action.kind.members().iter().map(Kind::name).chain([action.kind.name()]);
        let line = Waiting {
            action: action.id.clone(),
            summary: action.preview.summary.clone(),
            approved_at: action.decided_at(),
            held: kinds.any(|kind| stops.holds(&scope(kind))),
        };
        found.push((action, line));
    }
    Ok(found)
}

/// The segments of recoveries, and what no recovery asks for or tells.
pub fn segments(context: &Context) -> Vec<String> {
    let recoveries = context.policies.dunning.current().segment.iter().map(|segment| segment.id.get_ref().clone());
    recoveries.chain([ageing::SEGMENT, notice::SEGMENT].map(str::to_owned)).collect()
}

/// Pulls or releases; a release sends what waited on its way, where each is looked at once more.
pub async fn change(context: &Context, wish: &Wish, staff: &Staff) -> Result<Status, Problem> {
    let named = |it: &domain::source::Source| format!("{}/{}", it.provider, it.source);
    let sources: Vec<_> = crate::setup::sources::all(context).await?.iter().map(named).collect();
    let segments = segments(context);
    let (before, after) = store::unless_refused(context, || async {
        let (key, who) = (keys::stops(), keys::staff(&staff.id));
        let batch = Batch::read(context, vec![key.clone(), who.clone()]).await?;
        let staff = batch.get::<Staff>(&who)?.ok_or_else(Problem::not_signed_in)?;
        let before: Stops = batch.get(&key)?.unwrap_or_default();
        let mut after = before.clone();
        let known = Known { sources: &sources, segments: &segments };
        after.take(wish, known, &staff, context.clock.now()).map_err(problem)?;
        let mut commit = Commit::default();
        commit.over(&batch, &after);
        commit.check(&batch, &who);
        Ok(store::attempted(commit.run(context).await, (before, after))?)
    })
    .await?;
    if wish.release {
        let going: Vec<_> = waiting(context, &before).await?.into_iter().filter(|(_, line)| line.held).collect();
        for (action, _) in going {
            let message = Message::Act { action: action.id.clone(), trace: action.trace.clone() };
            if let Err(fault) = send_all(context, &[Sent { queue: QueueName::Approval, message }]).await {
                // Its own alarm looks again.
                tracing::warn!(action.id = %action.id, fault = %fault, "a released action waits for its alarm");
            }
        }
    }
    let waiting = waiting(context, &after).await?;
    Ok(Status { stops: after, waiting: waiting.into_iter().map(|(_, line)| line).collect() })
}

fn problem(refused: Refused) -> Problem {
    match refused {
        Refused::NotPermitted => Problem::not_permitted(refused.to_string()),
        Refused::NothingStopped => Problem::conflict("nothing_stopped", refused.to_string()),
        _ => Problem::not_possible(refused.to_string()),
    }
}
