//! The stop switch: what is stopped does not leave until somebody releases it.

use crate::context::Context;
use crate::fault::Fault;
use crate::message::{Message, send_all};
use crate::ports::{Order, QueueName};
use crate::store::{self, Attempted, Batch, Commit, Page, Sent, keys};
use crate::web::Problem;
use domain::action::{Action, State};
use domain::book::Head;
use domain::staff::Staff;
use domain::stop::{Refused, Scope, Stops, Wish};
use http::StatusCode;
use serde::Serialize;

/// How many waiting actions a release shows.
const SHOWN: u32 = 1000;

/// What is stopped, as of this moment: whoever sends something reads this first.
pub async fn standing(context: &Context) -> Result<Stops, Fault> {
    Ok(store::read(context, &keys::stops()).await?.unwrap_or_default())
}

/// Whether something of this account is stopped: a message of a segment, or an action of a kind.
pub async fn holds(context: &Context, head: &Head, segment: Option<&str>, kind: Option<&str>) -> Result<bool, Fault> {
    let source = format!("{}/{}", head.provider, head.source);
    Ok(standing(context).await?.holds(&Scope { source: Some(source), segment: segment.map(str::to_owned), kind: kind.map(str::to_owned) }))
}

/// What a stop holds back, or a release lets go.
#[derive(Debug, Serialize)]
pub struct Shown {
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

pub async fn shown(context: &Context) -> Result<Shown, Fault> {
    let stops = standing(context).await?;
    let waiting = waiting(context, &stops).await?;
    Ok(Shown { stops, waiting: waiting.into_iter().map(|(_, line)| line).collect() })
}

async fn waiting(context: &Context, stops: &Stops) -> Result<Vec<(Action, Waiting)>, Fault> {
    let list = format!("ACTIONS#{}", State::Approved.name());
    let page: Page<Action> = store::page(context, &list, None, SHOWN, Order::Ascending).await?;
    let mut found = Vec::new();
    for action in page.items.into_iter().filter(|action| action.bundle.is_none()) {
        let Some(head) = store::read::<Head>(context, &keys::head(&action.account)).await? else { continue };
        let scope =
            Scope { source: Some(format!("{}/{}", head.provider, head.source)), segment: None, kind: Some(action.kind.name().to_owned()) };
        let line = Waiting {
            action: action.id.clone(),
            summary: action.preview.summary.clone(),
            approved_at: action.decided_at,
            held: stops.holds(&scope),
        };
        found.push((action, line));
    }
    Ok(found)
}

/// Pulls or releases; a release sends what waited on its way, where each is looked at once more.
pub async fn change(context: &Context, wish: &Wish, staff: &Staff) -> Result<Shown, Problem> {
    let (before, after) = store::retrying(context, || async {
        let (key, who) = (keys::stops(), keys::staff(&staff.id));
        let batch = Batch::read(context, vec![key.clone(), who.clone()]).await?;
        let Some(staff) = batch.get::<Staff>(&who)? else { return Ok(Attempted::Done(Err(Problem::not_signed_in()))) };
        let before: Stops = batch.get(&key)?.unwrap_or_default();
        let mut after = before.clone();
        if let Err(refused) = after.take(wish, &staff, context.clock.now()) {
            let (status, code) = match refused {
                Refused::NotPermitted => (StatusCode::FORBIDDEN, "not_permitted"),
                Refused::NothingStopped => (StatusCode::CONFLICT, "nothing_stopped"),
            };
            return Ok(Attempted::Done(Err(Problem::new(status, code, refused.to_string()))));
        }
        let mut commit = Commit::default();
        commit.over(&batch, &after);
        commit.check(&batch, &who);
        store::attempted(commit.run(context).await, Ok((before, after)))
    })
    .await??;
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
    Ok(Shown { stops: after, waiting: waiting.into_iter().map(|(_, line)| line).collect() })
}
