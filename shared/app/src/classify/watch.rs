//! Looks over a source for troubles that many have, and keeps the incidents.

use crate::context::Context;
use crate::fault::Fault;
use crate::message::{Message, send_all};
use crate::ports::{Order, QueueName, Range, Table};
use crate::store::{self, Attempted, Batch, Commit, Sent, keys, open};
use domain::desk::Desk;
use domain::event::Origin;
use domain::id::IncidentId;
use domain::incident::{Incident, Pulse, Read, Releases, Stretch, Trouble, Watch, look};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use std::collections::BTreeMap;

/// How many pulses are read at once.
const PAGE: u32 = 500;

pub async fn handle(context: &Context, provider: &str, source: &str, trace: &str) -> Result<(), Fault> {
    let untold = store::retrying(context, || once(context, provider, source)).await?;
    let tell = |incident| Sent { queue: QueueName::Approval, message: Message::Tell { incident, trace: trace.to_owned() } };
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
        let past = match before.uncounted(trouble, now, policy) {
            Some(stretch) => Some((stretch, pulses(context, provider, source, trouble, stretch).await?)),
            None => None,
        };
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
    let untold = standing.into_values().filter(|incident| incident.told != Some(incident.state)).map(|incident| incident.id);
    store::attempted(commit.run(context).await, untold.collect())
}

/// The pulses of a source in a stretch of time, oldest first; the day it ends in is read to its end.
pub async fn pulses(context: &Context, provider: &str, source: &str, trouble: Trouble, stretch: Stretch) -> Result<Vec<Pulse>, Fault> {
    let Stretch { since, until } = stretch;
    let day = |at: Timestamp| at.to_zoned(TimeZone::UTC).date();
    let mut all = Vec::new();
    for date in day(since).series(1.day()).take_while(|date| *date <= day(until)) {
        let pk = keys::pulse_partition(provider, source, trouble, date);
        let mut after = (date == day(since)).then(|| format!("{since:.3}"));
        loop {
            let range =
                Range { table: Table::Accounts, pk: pk.clone(), prefix: String::new(), after, limit: PAGE, order: Order::Ascending };
            let items = context.store.range(&range).await?;
            for item in &items {
                all.push(open::<Pulse>(item)?);
            }
            after = items.last().filter(|_| items.len() == PAGE as usize).map(|item| item.key.sk.clone());
            if after.is_none() {
                break;
            }
        }
    }
    Ok(all)
}

/// Writes what a commit changed about due items and disputes, and sees that somebody looks soon after a trouble.
pub async fn put(context: &Context, commit: &mut Commit, before: &Desk, after: &Desk, origin: Origin) -> Result<(), Fault> {
    let declines = &context.policies.declines;
    let (old, new) = (Pulse::all(&before.touched, &before.head, declines), Pulse::all(&after.touched, &after.head, declines));
    // What has another time by now, or is open again, no longer beats where it did.
    let left = old.iter().filter(|(about, before)| new.get(about).is_none_or(|pulse| keys::pulse(pulse) != keys::pulse(before)));
    left.for_each(|(_, before)| commit.put(&before.clone().moved()));
    let mut news = Vec::new();
    for (about, pulse) in &new {
        let standing = old.get(about);
        if standing == Some(pulse) {
            continue;
        }
        commit.put(pulse);
        if pulse.is_trouble() && standing.is_none_or(|standing| !standing.is_trouble()) {
            news.push(pulse);
        }
    }
    // What was only looked up tells what is usual, and is no news.
    match news.first().filter(|_| origin != Origin::Listed) {
        Some(first) => arm(context, commit, first, &news).await,
        None => Ok(()),
    }
}

/// Arms the watch of a source for the new troubles of one of its accounts.
async fn arm(context: &Context, commit: &mut Commit, first: &Pulse, news: &[&Pulse]) -> Result<(), Fault> {
    let key = keys::watch(&first.provider, &first.source);
    let batch = Batch::read(context, vec![key.clone()]).await?;
    let mut watch = batch.get::<Watch>(&key)?.unwrap_or_else(|| Watch::new(&first.provider, &first.source));
    let (now, policy) = (context.clock.now(), context.policies.incidents.current());
    let changes = news.iter().filter(|pulse| watch.arm(pulse.trouble, pulse.at, now, policy)).count();
    if changes > 0 {
        commit.over(&batch, &watch);
    }
    Ok(())
}
