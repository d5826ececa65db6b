//! The one alarm clock: each minute, whatever has waited long enough is put into its queue.
//!
//! What nobody answers, or rings in vain, is parked: it stands among the dead letters and rings more and more rarely.

use crate::context::{Context, Work};
use crate::fault::Fault;
use crate::message::{Message, Sent, send_all};
use crate::ports::{Claim, Due, Key, QueueName, Table, instant};
use crate::store::keys::{self, Woken};
use domain::id::digest;
use domain::policy::Limits;
use jiff::{SignedDuration, Timestamp};

/// What one sweep did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    pub rung: u32,
    /// How many of them a person has to look at.
    pub parked: u32,
}

/// Claims what is due, then enqueues it: two sweeps at once ring once.
pub fn sweep(context: &Context) -> Work<'_, Result<Swept, Fault>> {
    Box::pin(ring_all(context))
}

/// Rings whatever can be rung. What could not be rings again later, and the first reason is the sweep's.
async fn ring_all(context: &Context) -> Result<Swept, Fault> {
    let limits = context.policies.limits.current();
    let now = context.clock.now();
    let (mut swept, mut failed) = (Swept::default(), None);
    for shard in keys::wake_shards() {
        let found = context.store.due(&shard, now, limits.sweep_items_max).await;
        let (found, missed) = found.map_or_else(|fault| (Vec::new(), Some(fault)), |found| (found, None));
        failed = failed.or(missed);
        for due in &found {
            if let Err(fault) = ring(context, due, now, &mut swept).await {
                tracing::error!(key = %due.key.sk, fault = %fault, "an alarm could not be rung");
                failed = failed.or(Some(fault));
            }
        }
    }
    failed.map_or(Ok(swept), Err)
}

async fn ring(context: &Context, due: &Due, now: Timestamp, swept: &mut Swept) -> Result<(), Fault> {
    let limits = context.policies.limits.current();
    let silent_until = now + SignedDuration::from_secs(limits.alarm_lease_secs);
    let Claim::Won { tries } = context.store.claim(due, silent_until).await? else { return Ok(()) };
    let sent = sent_for(&due.key);
    let in_vain = tries.saturating_sub(limits.alarm_tries_max);
    let rest = if sent.is_some() { rest(limits, in_vain) } else { rest(limits, u32::MAX) };
    if sent.is_none() || in_vain > 0 {
        // Twice, as a process may have ended in between; and then once a day.
        if in_vain <= 2 || rest == longest(limits) {
            let why =
                sent.as_ref().map_or("nobody answers it".to_owned(), |_| format!("it has rung {tries} times in vain"));
            set_aside(context, &due.key, &why).await?;
        }
        let claimed = Due { key: due.key.clone(), at: instant(silent_until) };
        context.store.claim(&claimed, now + rest).await?;
        swept.parked += 1;
    }
    if let Some(sent) = sent {
        send_all(context, &[sent]).await?;
        swept.rung += 1;
    }
    Ok(())
}

/// How long an alarm rests that has rung in vain: twice as long each time, as what it waits for may only be down.
/// Each ring in vain claims twice.
fn rest(limits: &Limits, in_vain: u32) -> SignedDuration {
    let doubled = (in_vain / 2 + 1).min(16);
    SignedDuration::from_secs(limits.alarm_lease_secs << doubled).min(longest(limits))
}

/// For as long as a person has to look at it.
fn longest(limits: &Limits) -> SignedDuration {
    SignedDuration::from_hours(limits.task_hours)
}

async fn set_aside(context: &Context, key: &Key, why: &str) -> Result<(), Fault> {
    let reason = format!("the alarm of {} {}: {why}; look at this item, then redrive", key.pk, key.sk);
    tracing::error!(key = %key.sk, why, "an alarm is set aside; a person has to look at this item");
    let ring = Message::Ring { pk: key.pk.clone(), sk: key.sk.clone(), trace: trace(key) };
    context.queue.set_aside(QueueName::Dunning, &ring.encode(), &reason).await
}

/// Rings an alarm that was set aside.
pub async fn again(context: &Context, pk: &str, sk: &str) -> Result<(), Fault> {
    let key = Key { table: Table::Accounts, pk: pk.to_owned(), sk: sk.to_owned() };
    let sent = sent_for(&key).ok_or_else(|| Fault::Park(format!("the alarm of {pk} {sk}: nobody answers it")))?;
    send_all(context, &[sent]).await
}

fn trace(key: &Key) -> String {
    format!("alarm_{}", digest(&[&key.pk, &key.sk], 16))
}

/// What to send when the alarm of an item rings.
fn sent_for(key: &Key) -> Option<Sent> {
    let trace = trace(key);
    let (queue, message) = match keys::woken(key)? {
        Woken::External { provider, source, id } => {
            (QueueName::Events, Message::Orphan { provider, source, id, trace })
        }
        Woken::Probe { provider, source, path } => {
            (QueueName::Events, Message::Probe { provider, source, path, trace })
        }
        Woken::Backfill { provider, source } => (QueueName::Events, Message::List { provider, source, trace }),
        Woken::Watch { provider, source } => (QueueName::Events, Message::Watch { provider, source, trace }),
        Woken::Ticket { provider, source, id } => {
            (QueueName::Events, Message::TicketDue { provider, source, id, trace })
        }
        Woken::Cohorts { provider, source } => (QueueName::Approval, Message::Cohort { provider, source, trace }),
        Woken::Plan { account, invoice } => (QueueName::Dunning, Message::PlanDue { account, invoice, trace }),
        Woken::Climb { account, invoice } => (QueueName::Dunning, Message::RungDue { account, invoice, trace }),
        Woken::Notice { account, notice } => (QueueName::Dunning, Message::NoticeDue { account, notice, trace }),
        Woken::Request(request) => (QueueName::Dunning, Message::RequestDue { request, trace }),
        Woken::Asking(case) => (QueueName::Approval, Message::Ask { case, trace }),
        Woken::Answer { provider, source, id } => {
            (QueueName::Approval, Message::Answer { provider, source, id, trace })
        }
        Woken::Hearing(action) => (QueueName::Approval, Message::Hear { action, trace }),
        Woken::Action(action) => (QueueName::Approval, Message::Act { action, trace }),
        Woken::Line { account, endpoint } => (QueueName::Dunning, Message::Deliver { endpoint, account, trace }),
        Woken::Reach(endpoint) => (QueueName::Dunning, Message::Walk { endpoint, trace }),
        Woken::Requested(request) => (QueueName::Dunning, Message::Requested { request, trace }),
        Woken::Bulletin(bulletin) => (QueueName::Approval, Message::Tell { bulletin, trace }),
    };
    Some(Sent { queue, message })
}
