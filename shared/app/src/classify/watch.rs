//! Looks over a source for troubles that many have, and keeps the incidents.

use crate::bulletin;
use crate::context::Context;
use crate::fault::Fault;
use crate::incident;
use crate::incident::pulses::{Past, pulses};
use crate::store::{self, Attempted, Batch, Commit, keys};
use domain::id::IncidentId;
use domain::incident::{Incident, Read, Releases, State, Trouble, Watch, look};
use domain::staff::MACHINE;
use domain::task::{State as TaskState, Task};
use domain::telling::{About, Bulletin};
use jiff::Timestamp;
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
    let owned = standing.values().filter_map(|incident| incident.task.as_ref()).map(keys::task);
    batch.extend(Batch::read(context, owned.collect()).await?);
    let releases = batch.get::<Releases>(&keys::releases())?.unwrap_or_default();
    let reads = reads(context, &before, now).await?;

    // Decide.
    let mut looked = look(before, &reads, &standing, &releases, now, policy);
    let tasks = tasks(context, &batch, &mut looked.incidents, &standing, &reads)?;
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
    for task in &tasks {
        match task.state {
            TaskState::Open => commit.create(task),
            TaskState::Done | TaskState::Dropped => commit.over(&batch, task),
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

/// The tasks of whoever looks into an incident: one begins with it, and ends when it is over. It stands with the
/// account that was in trouble first.
fn tasks(
    context: &Context,
    batch: &Batch,
    incidents: &mut [Incident],
    standing: &BTreeMap<IncidentId, Incident>,
    reads: &[Read],
) -> Result<Vec<Task>, Fault> {
    let (policy, now) = (context.policies.incidents.current(), context.clock.now());
    let mut tasks = Vec::new();
    for incident in incidents {
        match (incident.state, &incident.task, standing.contains_key(&incident.id)) {
            (State::Open, None, false) => {
                let lately = reads.iter().filter(|read| read.trouble == incident.trouble).flat_map(|read| &read.lately);
                let first = lately.filter(|pulse| incident.has(pulse, policy)).min_by_key(|pulse| pulse.at);
                let Some(first) = first else { continue };
                let task = incident::task(context, &first.account, incident);
                incident.task = Some(task.id.clone());
                tasks.push(task);
            }
            (State::Over, Some(task), _) => {
                let task = batch.get::<Task>(&keys::task(task))?;
                tasks.extend(task.and_then(|task| task.ended(true, MACHINE, "the incident is over", now)));
            }
            _ => {}
        }
    }
    Ok(tasks)
}

/// What a look goes by: the pulses of late, and those of the past that are not counted yet.
async fn reads(context: &Context, before: &Watch, now: Timestamp) -> Result<Vec<Read>, Fault> {
    let policy = context.policies.incidents.current();
    let (provider, source) = (before.provider.as_str(), before.source.as_str());
    let mut reads = Vec::new();
    for trouble in Trouble::ALL {
        let lately = pulses(context, provider, source, trouble, before.lately(trouble, now, policy)).await?;
        let (mut past, mut days) = (Vec::new(), Past::of(context, provider, source, trouble));
        for stretch in before.uncounted(trouble, now, policy) {
            let pulses = days.go_on(stretch).await?;
            past.push((stretch, pulses));
            // A busy source that nobody has looked at for days is caught up with look by look.
            if past.iter().map(|(_, pulses)| pulses.len()).sum::<usize>() >= policy.look_pulses_max {
                break;
            }
        }
        reads.push(Read { trouble, lately, past });
    }
    Ok(reads)
}
