//! Looks over a source for troubles that many have, and keeps the incidents.

use crate::context::Context;
use crate::fault::Fault;
use crate::incident::pulses::pulses;
use crate::message::{Message, Sent, send_all};
use crate::ports::QueueName;
use crate::store::{self, Attempted, Batch, Commit, keys};
use domain::id::IncidentId;
use domain::incident::{Incident, Read, Releases, Trouble, Watch, look};
use std::collections::BTreeMap;

pub async fn handle(context: &Context, provider: &str, source: &str, trace: &str) -> Result<(), Fault> {
    let untold = store::retrying(context, || once(context, provider, source)).await?;
    let tell =
        |incident| Sent { queue: QueueName::Approval, message: Message::Tell { incident, trace: trace.to_owned() } };
    send_all(context, &untold.into_iter().map(tell).collect::<Vec<_>>()).await
}

async fn once(context: &Context, provider: &str, source: &str) -> Result<Attempted<Vec<IncidentId>>, Fault> {
    // Read.
    let (policy, now) = (context.policies.incidents.current(), context.clock.now());
    let key = keys::watch(provider, source);
    let mut batch = Batch::read(context, vec![key.clone(), keys::releases()]).await?;
    let Some(before) = batch.get::<Watch>(&key)? else { return Ok(Attempted::Done(Vec::new())) };
    // A second message of one alarm: somebody has looked already.
    if before.wake_at.is_none_or(|at| at > now) {
        return Ok(Attempted::Done(Vec::new()));
    }
    let known: Vec<_> = before.lines.iter().map(|line| line.incident.clone()).collect();
    batch.extend(Batch::read(context, known.iter().map(keys::incident).collect()).await?);
    let mut standing: BTreeMap<IncidentId, Incident> = BTreeMap::new();
    for id in known {
        standing.extend(batch.get(&keys::incident(&id))?.map(|incident| (id, incident)));
    }
    let releases = batch.get::<Releases>(&keys::releases())?.unwrap_or_default();
    let mut reads = Vec::new();
    for trouble in Trouble::ALL {
        let lately = pulses(context, provider, source, trouble, before.lately(trouble, now, policy)).await?;
        let mut past = Vec::new();
        for stretch in before.uncounted(trouble, now, policy) {
            let pulses = pulses(context, provider, source, trouble, stretch).await?;
            past.push((stretch, pulses));
            // A busy source that nobody has looked at for days is caught up with look by look.
            if past.iter().map(|(_, pulses)| pulses.len()).sum::<usize>() >= policy.pulses_a_look {
                break;
            }
        }
        reads.push(Read { trouble, lately, past });
    }

    // Decide.
    let looked = look(before, &reads, &standing, &releases, now, policy);

    // Write.
    let mut commit = Commit::default();
    commit.over(&batch, &looked.watch);
    for incident in &looked.incidents {
        match standing.get(&incident.id) {
            Some(_) => commit.over(&batch, incident),
            None => commit.create(incident),
        }
    }
    standing.extend(looked.incidents.into_iter().map(|incident| (incident.id.clone(), incident)));
    let untold =
        standing.into_values().filter(|incident| incident.told != Some(incident.state)).map(|incident| incident.id);
    store::attempted(commit.run(context).await, untold.collect())
}
