//! The one alarm clock: each minute, whatever has waited long enough is put into its queue.

use crate::context::{Context, Work};
use crate::fault::Fault;
use crate::message::{Message, Sent, send_all};
use crate::ports::{Claim, Key, QueueName};
use crate::store::keys::{self, Woken};
use domain::id::digest;
use jiff::SignedDuration;

/// What one sweep did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    pub rung: u32,
    /// How many of them have rung too often for the state they are in.
    pub stuck: u32,
}

/// Claims what is due, then enqueues it: two sweeps at once ring once.
pub fn sweep(context: &Context) -> Work<'_, Result<Swept, Fault>> {
    Box::pin(ring(context))
}

async fn ring(context: &Context) -> Result<Swept, Fault> {
    let limits = context.policies.limits.current();
    let now = context.clock.now();
    let silent_until = now + SignedDuration::from_secs(limits.alarm_lease_secs);
    let mut swept = Swept::default();
    for shard in keys::wake_shards() {
        for due in context.store.due(&shard, now, limits.sweep_items_max).await? {
            match context.store.claim(&due, silent_until).await? {
                Claim::Lost => {}
                Claim::Won { tries } => {
                    if tries > limits.alarm_tries_max {
                        swept.stuck += 1;
                        tracing::error!(key = %due.key.sk, tries, "an alarm rings in vain; a person has to look at this item");
                    }
                    let sent = sent_for(&due.key)
                        .ok_or_else(|| Fault::Park(format!("nobody answers the alarm of {}", due.key.sk)))?;
                    send_all(context, &[sent]).await?;
                    swept.rung += 1;
                }
            }
        }
    }
    Ok(swept)
}

/// What to send when the alarm of an item rings.
fn sent_for(key: &Key) -> Option<Sent> {
    let trace = format!("alarm_{}", digest(&[&key.pk, &key.sk], 16));
    let (queue, message) = match keys::woken(key)? {
        Woken::External { provider, source, id } => {
            (QueueName::Events, Message::Orphan { provider, source, id, trace })
        }
        Woken::Probe { provider, source, path } => {
            (QueueName::Events, Message::Probe { provider, source, path, trace })
        }
        Woken::Backfill { provider, source } => (QueueName::Events, Message::List { provider, source, trace }),
        Woken::Watch { provider, source } => (QueueName::Events, Message::Watch { provider, source, trace }),
        Woken::Cohorts { provider, source } => (QueueName::Approval, Message::Cohort { provider, source, trace }),
        Woken::Plan { account, invoice } => (QueueName::Dunning, Message::PlanDue { account, invoice, trace }),
        Woken::Action(action) => (QueueName::Approval, Message::Act { action, trace }),
    };
    Some(Sent { queue, message })
}
