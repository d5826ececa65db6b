//! Tells the product that uses Recoup what happened: written with the commit that made it so, and sent by its own alarm.

mod deliver;
pub mod endpoints;
mod page;
mod secret;
mod walk;

use crate::context::Context;
use crate::fault::Fault;
use crate::ports::Key;
use crate::store::{Batch, Commit, keys, read};
use domain::book::Head;
use domain::id::AccountId;
use domain::outgoing::{self, Endpoint, Endpoints, Event, Kept, Line};
use jiff::SignedDuration;

pub use deliver::deliver;
pub use page::page;
pub use walk::walk;

/// How a message ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// It was taken, and whatever stood behind it, as far as there was time.
    Told,
    /// It was not, and is sent again.
    Refused,
    /// It was not for days, and the next one has its turn.
    GivenUp,
    /// The endpoint takes nothing more until somebody enables it.
    Disabled,
    /// The lines of an endpoint were gone through, as far as there was time.
    Walked,
    NothingToDo,
}

/// The lines in which events of one account are to stand: read, and written by the caller's commit. Where nothing happened
/// nothing is read, and where nobody listens nothing is written.
pub async fn lines(
    context: &Context,
    batch: &mut Batch,
    account: &AccountId,
    events: Vec<Event>,
) -> Result<Vec<Line>, Fault> {
    if events.is_empty() {
        return Ok(Vec::new());
    }
    let is_told = |endpoint: &&Endpoint| events.iter().any(|event| endpoint.events.contains(&event.kind));
    let listening: Vec<Endpoint> = soon(context).await?.all.iter().filter(is_told).cloned().collect();
    if listening.is_empty() {
        return Ok(Vec::new());
    }
    let key = |endpoint: &Endpoint| keys::line(account, &endpoint.id);
    let wanted: Vec<Key> = listening.iter().map(key).filter(|key| !batch.has(key)).collect();
    batch.extend(Batch::read(context, wanted).await?);
    let kept = Kept(SignedDuration::from_hours(24 * context.policies.limits.current().outgoing_days));
    let now = context.clock.now();
    let mut lines = Vec::new();
    for endpoint in &listening {
        let before = batch.get::<Line>(&key(endpoint))?.unwrap_or_else(|| Line::new(&endpoint.id, account));
        let mut line = before.clone();
        for event in events.iter().filter(|event| endpoint.events.contains(&event.kind)) {
            let lost = line.push(event.clone(), kept, now);
            if lost > 0 {
                let (endpoint, kind) = (&endpoint.id, event.kind.name());
                tracing::error!(endpoint, %account, kind, lost, "more waits for an endpoint than a line holds; the oldest is lost");
            }
        }
        // What stands there already is not written again.
        lines.extend(Some(line).filter(|line| *line != before));
    }
    Ok(lines)
}

/// The same for whoever writes the head of an account.
pub async fn of_head(context: &Context, batch: &mut Batch, before: &Head, after: &Head) -> Result<Vec<Line>, Fault> {
    let changes = outgoing::changes(before, after, context.clock.now());
    lines(context, batch, &after.account, changes).await
}

/// Writes lines that were read in the same batch.
pub fn put(commit: &mut Commit, batch: &Batch, lines: &[Line]) {
    lines.iter().for_each(|line| commit.over(batch, line));
}

/// Where the product is told, as it was read a moment ago: whoever adds an endpoint is told for certain once that moment is
/// over.
async fn soon(context: &Context) -> Result<Endpoints, Fault> {
    let now = context.clock.now();
    let since = now - SignedDuration::from_secs(context.policies.limits.current().source_kept_secs);
    if let Some(endpoints) = context.warm.endpoints(since) {
        return Ok(endpoints);
    }
    let endpoints: Endpoints = read(context, &keys::endpoints()).await?.unwrap_or_default();
    context.warm.remember_endpoints(&endpoints, now);
    Ok(endpoints)
}
