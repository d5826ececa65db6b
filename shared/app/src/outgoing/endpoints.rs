//! Where the product is told: adding an endpoint, another secret for it, what happened once more, and taking it away.

use super::secret;
use crate::context::Context;
use crate::fault::Fault;
use crate::store::{self, Attempted, Batch, Commit, keys};
use crate::web::{Failed, Problem};
use domain::id::TaskId;
use domain::outgoing::{Endpoint, Endpoints, Health, Kind, Reach, Refused, Wish};
use domain::staff::Staff;
use domain::task::Task;
use http::StatusCode;
use jiff::Timestamp;
use providers::Secret;
use serde::Serialize;

/// An endpoint as people see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    pub id: String,
    pub url: String,
    pub events: Vec<Kind>,
    pub by: String,
    pub at: Timestamp,
    pub state: Health,
    pub failing_since: Option<Timestamp>,
    pub why: Option<String>,
    pub disabled_at: Option<Timestamp>,
    /// Until when the secret before signs beside the present one.
    pub old_secret_until: Option<Timestamp>,
    /// What happened since then is being sent again.
    pub replaying_since: Option<Timestamp>,
}

/// What somebody wants of an endpoint that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Rotate,
    Enable,
    Replay(Timestamp),
    Remove,
}

/// All of them, in the order in which they were added.
pub async fn all(context: &Context) -> Result<Vec<Shown>, Fault> {
    let endpoints: Endpoints = store::read(context, &keys::endpoints()).await?.unwrap_or_default();
    let key = |endpoint: &Endpoint| keys::reach(&endpoint.id);
    let batch = Batch::read(context, endpoints.all.iter().map(key).collect()).await?;
    let now = context.clock.now();
    let mut shown = Vec::new();
    for endpoint in &endpoints.all {
        shown.push(Shown::of(endpoint, batch.get::<Reach>(&key(endpoint))?.as_ref(), now));
    }
    Ok(shown)
}

/// Adds one, with the secret that is shown this once.
pub async fn add(context: &Context, wish: &Wish, staff: &Staff) -> Result<(Shown, Secret), Problem> {
    add_as(context, wish, staff, Asked::Again).await
}

/// The same by a form: one that is sent twice is one endpoint, whose secret is shown again.
pub async fn add_by_form(context: &Context, wish: &Wish, staff: &Staff) -> Result<(Shown, Secret), Problem> {
    add_as(context, wish, staff, Asked::Once).await
}

/// What the same wish means when it comes again at once.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Again,
    Once,
}

async fn add_as(context: &Context, wish: &Wish, staff: &Staff, asked: Asked) -> Result<(Shown, Secret), Problem> {
    let endpoint = store::unless_refused(context, || added(context, wish, staff, asked)).await?;
    context.warm.forget_endpoints();
    let secret = secret::newest(context, &endpoint).await?;
    Ok((Shown::of(&endpoint, None, context.clock.now()), secret))
}

/// Changes one, or takes it away: as it is then, with its secret if that is another.
pub async fn change(
    context: &Context,
    id: &str,
    change: Change,
    staff: &Staff,
) -> Result<(Shown, Option<Secret>), Problem> {
    let (endpoint, reach) = store::unless_refused(context, || changed(context, id, change, staff)).await?;
    context.warm.forget_endpoints();
    let secret = if change == Change::Rotate { Some(secret::newest(context, &endpoint).await?) } else { None };
    Ok((Shown::of(&endpoint, Some(&reach), context.clock.now()), secret))
}

/// Where all are, and who asks, as they stand.
async fn read(context: &Context, staff: &Staff) -> Result<(Batch, Endpoints, Staff), Failed> {
    let (own, who) = (keys::endpoints(), keys::staff(&staff.id));
    let batch = Batch::read(context, vec![own.clone(), who.clone()]).await?;
    let staff = batch.get::<Staff>(&who)?.ok_or_else(Problem::not_signed_in)?;
    let endpoints = batch.get::<Endpoints>(&own)?.unwrap_or_default();
    Ok((batch, endpoints, staff))
}

async fn added(context: &Context, wish: &Wish, staff: &Staff, asked: Asked) -> Result<Attempted<Endpoint>, Failed> {
    // Read.
    let (batch, mut endpoints, staff) = read(context, staff).await?;

    // Decide.
    let now = context.clock.now();
    if let Some(standing) = endpoints.just_added(wish, &staff, now).filter(|_| asked == Asked::Once) {
        return Ok(Attempted::Done(standing.clone()));
    }
    let added = endpoints.add(wish, context.settings.local, &staff, now).map_err(problem)?;

    // Write.
    let mut commit = Commit::default();
    commit.over(&batch, &endpoints);
    commit.check(&batch, &keys::staff(&staff.id));
    Ok(store::attempted(commit.run(context).await, added)?)
}

async fn changed(
    context: &Context,
    id: &str,
    change: Change,
    staff: &Staff,
) -> Result<Attempted<(Endpoint, Reach)>, Failed> {
    // Read.
    let (mut batch, mut endpoints, staff) = read(context, staff).await?;
    let key = keys::reach(id);
    batch.extend(Batch::read(context, vec![key.clone()]).await?);
    let mut reach = batch.get::<Reach>(&key)?.unwrap_or_else(|| Reach::new(id));
    let task = reach.task.as_ref().map(keys::task);
    batch.extend(Batch::read(context, task.into_iter().collect()).await?);
    let (before, now) = (endpoints.clone(), context.clock.now());

    // Decide.
    let (endpoint, task) = match change {
        Change::Rotate => (endpoints.rotate(id, &staff, now).map_err(problem)?, reach.enable(now)),
        Change::Enable => (endpoints.of(id, &staff).map_err(problem)?.clone(), reach.enable(now)),
        Change::Remove => (endpoints.remove(id, &staff).map_err(problem)?, reach.remove(now)),
        Change::Replay(since) => {
            let endpoint = endpoints.of(id, &staff).map_err(problem)?.clone();
            reach.replay(since, now).map_err(problem)?;
            (endpoint, None)
        }
    };
    let ended = ended(&batch, task, change, &staff, now)?;

    // Write.
    let mut commit = Commit::default();
    if endpoints == before {
        commit.check(&batch, &keys::endpoints());
    } else {
        commit.over(&batch, &endpoints);
    }
    commit.over(&batch, &reach);
    ended.iter().for_each(|task| commit.over(&batch, task));
    commit.check(&batch, &keys::staff(&staff.id));
    Ok(store::attempted(commit.run(context).await, (endpoint, reach))?)
}

/// The task that is over with it, if nobody has ended it before.
fn ended(
    batch: &Batch,
    task: Option<TaskId>,
    change: Change,
    staff: &Staff,
    now: Timestamp,
) -> Result<Option<Task>, Fault> {
    let Some(id) = task else { return Ok(None) };
    let is_mended = change != Change::Remove;
    let note = if is_mended { "The endpoint was enabled." } else { "The endpoint was removed." };
    Ok(batch.get::<Task>(&keys::task(&id))?.and_then(|task| task.ended(is_mended, &staff.id, note, now)))
}

impl Shown {
    fn of(endpoint: &Endpoint, reach: Option<&Reach>, now: Timestamp) -> Self {
        let failing = reach.and_then(|reach| reach.failing.as_ref());
        Self {
            id: endpoint.id.clone(),
            url: endpoint.url.clone(),
            events: endpoint.events.clone(),
            by: endpoint.by.clone(),
            at: endpoint.at,
            state: reach.map_or(Health::Active, Reach::health),
            failing_since: failing.map(|(since, _)| *since),
            why: failing.map(|(_, why)| why.clone()),
            disabled_at: reach.and_then(|reach| reach.disabled_at),
            old_secret_until: endpoint.before.iter().map(|(_, until)| *until).filter(|until| *until > now).max(),
            replaying_since: reach.and_then(|reach| reach.walk.as_ref()).and_then(|walk| walk.since),
        }
    }
}

fn problem(refused: Refused) -> Problem {
    let message = refused.to_string();
    match refused {
        Refused::NotPermitted => Problem::not_permitted(message),
        Refused::Address(_) | Refused::NoEvents | Refused::Ahead => Problem::malformed(message),
        Refused::Unknown => Problem::not_found("endpoint"),
        Refused::TooMany => Problem::not_possible(message),
        Refused::TooSoon => Problem::conflict("too_soon", message),
        Refused::Disabled => Problem::new(StatusCode::CONFLICT, "disabled", message),
    }
}
