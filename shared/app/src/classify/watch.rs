//! Looks over a source for troubles that many have, and keeps the incidents.

use crate::bulletin;
use crate::context::Context;
use crate::fault::Fault;
use crate::incident;
use crate::incident::pulses::pulses;
use crate::store::{self, Attempted, Batch, Commit, keys};
use domain::id::IncidentId;
use domain::incident::{Incident, Read, Releases, Trouble, Watch, look};
use domain::telling::{About, Bulletin};
use std::collections::BTreeMap;

pub async fn handle(context: &Context, provider: &str, source: &str, trace: &str) -> Result<(), Fault> {
    let news = store::retrying(context, || once(context, provider, source, trace)).await?;
    for bulletin in &news {
        bulletin::tell(context, bulletin).await;
    }
    Ok(())
}

/// What people are to be told of.
async fn once(context: &Context, provider: &str, source: &str, trace: &str) -> Result<Attempted<Vec<Bulletin>>, Fault> {
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
    let told = |id: &IncidentId| keys::bulletin(&About::Incident { incident: id.clone() }.id());
    let both = known.iter().flat_map(|id| [keys::incident(id), told(id)]);
    batch.extend(Batch::read(context, both.collect()).await?);
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
            if past.iter().map(|(_, pulses)| pulses.len()).sum::<usize>() >= policy.look_pulses_max {
                break;
            }
        }
        reads.push(Read { trouble, lately, past });
    }

    // Decide.
    let looked = look(before, &reads, &standing, &releases, now, policy);
    let mut news = Vec::new();
    for incident in looked.incidents.iter().filter(|it| it.is_news(standing.get(&it.id))) {
        let before = match standing.get(&incident.id) {
            Some(_) => batch.get::<Bulletin>(&told(&incident.id))?,
            None => None,
        };
        news.push(incident::news(context, incident, trace).instead_of(before.as_ref()));
    }

    // Write.
    let mut commit = Commit::default();
    commit.over(&batch, &looked.watch);
    for incident in &looked.incidents {
        match standing.get(&incident.id) {
            Some(_) => commit.over(&batch, incident),
            None => commit.create(incident),
        }
    }
    for bulletin in &news {
        match bulletin.round() {
            1 => commit.create(bulletin),
            _ => commit.over(&batch, bulletin),
        }
    }
    store::attempted(commit.run(context).await, news)
}
