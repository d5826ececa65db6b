//! What waits for its parent: kept under the id that it waits for, and sent again once its owner is known.
//!
//! It stays there until it was sent, and no receipt promises it: a receipt that promised its own delivery would send it
//! round for ever.

use crate::context::Context;
use crate::fault::Fault;
use crate::message::{Message, Sent, send_all};
use crate::ports::{Key, QueueName};
use crate::store::keys::{self, Woken};
use crate::store::{self, Attempted, Batch, Commit, External, Waiting};
use domain::book::touches;
use domain::event::Event;
use domain::id::AccountId;
use domain::policy::stored_bytes;
use jiff::SignedDuration;

/// The ids that an event names, each of which may have an owner.
pub fn external_keys(event: &Event) -> Vec<Key> {
    touches(event).iter().filter_map(|resource| keys::external_of(&event.provider, &event.source, resource)).collect()
}

/// An id of an event, as it stands before anybody owns it.
pub fn nobodys(event: &Event, key: &Key) -> External {
    let Some(Woken::External { id, .. }) = keys::woken(key) else {
        unreachable!("what an event names is kept under an external id, not under {}", key.pk)
    };
    External { provider: event.provider.clone(), source: event.source.clone(), id, account: None, waiting: Vec::new() }
}

/// What the customer is called of whom only a resource is known.
pub fn guest(external: &str) -> String {
    format!("guest:{}", external.split_once(':').map_or(external, |(_, id)| id))
}

/// Keeps a delivery under the id that it waits for. Says whether it waits: its parent may come between the two reads.
pub async fn wait(context: &Context, event: &Event, message: Option<&Message>) -> Result<Attempted<()>, Fault> {
    let (Some(key), Some(message)) = (external_keys(event).into_iter().next(), message) else {
        return Err(Fault::Park(format!("the event {} names nobody and nothing that could be waited for", event.id)));
    };
    let batch = Batch::read(context, vec![key.clone()]).await?;
    let mut external = batch.get(&key)?.unwrap_or_else(|| nobodys(event, &key));
    if external.account.is_some() {
        return Ok(Attempted::Again);
    }
    if external.waiting.iter().any(|waiting| waiting.event == event.id) {
        return Ok(Attempted::Done(()));
    }
    let until = context.clock.now() + SignedDuration::from_hours(context.policies.limits.current().orphan_hours_max);
    external.waiting.push(Waiting { event: event.id.clone(), until, message: message.clone() });
    if stored_bytes(&external) > context.policies.limits.current().item_bytes_max {
        let message = format!("more waits for the owner of {} than one item holds; find out whose it is", external.id);
        return Err(Fault::Park(message));
    }
    let mut commit = Commit::default();
    commit.over(&batch, &external);
    store::attempted(commit.run(context).await, ())
}

/// Sends what waits under an id that has an owner now. A crash after sending sends it twice, which is harmless.
pub async fn release(context: &Context, key: &Key) -> Result<(), Fault> {
    store::retrying(context, || async {
        let batch = Batch::read(context, vec![key.clone()]).await?;
        let ready = |external: &External| external.account.is_some() && !external.waiting.is_empty();
        let Some(mut external) = batch.get::<External>(key)?.filter(ready) else { return Ok(Attempted::Done(())) };
        let released: Vec<_> = external
            .waiting
            .drain(..)
            .map(|waiting| Sent { queue: QueueName::Events, message: waiting.message })
            .collect();
        send_all(context, &released).await?;
        let mut commit = Commit::default();
        commit.over(&batch, &external);
        store::attempted(commit.run(context).await, ())
    })
    .await
}

/// Nobody came for an id in time. Unless its owner is known by now, what waits becomes a guest's: it is from before the
/// source was connected, and an account of its own shows it, so that nobody misses a dispute.
pub async fn orphan(context: &Context, provider: &str, source: &str, id: &str) -> Result<(), Fault> {
    let key = keys::external(provider, source, id);
    store::retrying(context, || async {
        let batch = Batch::read(context, vec![key.clone()]).await?;
        let nobodys = |external: &External| external.account.is_none() && !external.waiting.is_empty();
        let Some(mut external) = batch.get::<External>(&key)?.filter(nobodys) else { return Ok(Attempted::Done(())) };
        tracing::warn!(external = %id, events = external.waiting.len(), "nobody has named whose this is; it becomes a guest's");
        external.account = Some(AccountId::of(provider, source, &guest(id)));
        let mut commit = Commit::default();
        commit.over(&batch, &external);
        store::attempted(commit.run(context).await, ())
    })
    .await?;
    release(context, &key).await
}
