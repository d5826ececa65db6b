//! Reads what was delivered and folds it into the account: the one path from a webhook to a case.

use crate::book::{self, Folded};
use crate::context::Context;
use crate::fault::Fault;
use crate::message::{Message, send_all, unpack};
use crate::ports::QueueName;
use crate::store::{self, Attempted, Batch, Commit, External, Sent, keys};
use jiff::SignedDuration;
use providers::Reading;

/// How a message ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    Folded,
    Duplicate,
    Ignored,
    Waiting,
}

pub async fn handle(context: &Context, message: &Message) -> Result<Done, Fault> {
    match message {
        Message::Delivery { provider, source, body, trace, .. } => {
            let provider = providers::named(provider).ok_or_else(|| Fault::Park(format!("there is no provider called {provider}")))?;
            let body = unpack(context, body).await?;
            let events = match (provider.read)(&body, source).map_err(Fault::park)? {
                Reading::Events(events) => events,
                Reading::Ignored(_) => return Ok(Done::Ignored),
            };
            let mut done = Done::Duplicate;
            for event in &events {
                match book::fold(context, event, Some(message), trace).await? {
                    Folded::Done => done = Done::Folded,
                    Folded::Waiting => done = Done::Waiting,
                    Folded::Duplicate => {}
                }
            }
            Ok(done)
        }
        Message::Orphan { provider, source, id, .. } => orphan(context, provider, source, id).await,
        other => Err(Fault::Park(format!("a `{}` message does not belong into the events queue", other.name()))),
    }
}

/// Nobody came for an id in time. If its owner is known by now, what waited is sent again; otherwise it waits on, and is told of.
async fn orphan(context: &Context, provider: &str, source: &str, id: &str) -> Result<Done, Fault> {
    store::retrying(context, || async {
        // Read.
        let key = keys::external(provider, source, id);
        let batch = Batch::read(context, vec![key.clone()]).await?;
        let Some(mut external) = batch.get::<External>(&key)?.filter(|external| !external.waiting.is_empty()) else {
            return Ok(Attempted::Done(Done::Ignored));
        };

        // Decide.
        if external.account.is_some() {
            // Sent before it is forgotten: a crash in between sends it twice, which is harmless.
            let released: Vec<_> = external.waiting.drain(..).map(|waiting| Sent { queue: QueueName::Events, message: waiting.message }).collect();
            send_all(context, &released).await?;
        } else {
            tracing::warn!(external = %id, events = external.waiting.len(), "events wait for a resource that nobody has named; they wait on");
            let until = context.clock.now() + SignedDuration::from_hours(context.policies.limits.current().orphan_hours_max);
            external.waiting.iter_mut().for_each(|waiting| waiting.until = until);
        }

        // Write.
        let mut commit = Commit::default();
        commit.over(&batch, &external);
        store::attempted(commit.run(context).await, Done::Waiting)
    })
    .await
}
