//! Asks a provider for what a delivery did not say: for all of it, where the delivery is only a hint; or for the rest.

use super::{Done, From, fold_all};
use crate::context::Context;
use crate::fault::Fault;
use crate::ports::NoReply;
use crate::store::{self, Attempted, Batch, Commit, Of, Probe, Probes, keys};
use domain::book::{Head, Invoice};
use domain::event::{Event, Seen};
use domain::id::AccountId;
use jiff::{SignedDuration, Timestamp};
use providers::{Api, Call, Provider, Reading, Reply};

/// Fetches an object that an unsigned delivery named. Anybody can send such a delivery, so that the same object is not
/// fetched again within seconds, nor many objects within a minute: what comes too soon is fetched later, once.
pub async fn ask(context: &Context, provider: &Provider, source: &str, path: &str, trace: &str) -> Result<Done, Fault> {
    let api = provider.api.ok_or_else(|| Fault::Park(format!("{} has no API to ask", provider.name)))?;
    if !store::retrying(context, || turn(context, provider.name, source, path)).await? {
        return Ok(Done::Later);
    }
    let call = Call::get(path);
    match context.http.call(provider.name, source, &call).await {
        Ok(reply) if reply.status == 200 => {
            learn(context, api, &call, &reply, source, context.clock.now(), trace).await
        }
        // Whoever named it was wrong, or has another key than we have.
        Ok(Reply { status: 404 | 410, .. }) => Ok(Done::Ignored),
        Ok(Reply { status: 429 | 500..=599, .. }) | Err(NoReply::NotSent | NoReply::Unknown) => {
            tracing::warn!(
                provider = provider.name,
                path,
                trace,
                "the provider does not answer; it is asked again later"
            );
            store::retrying(context, || later(context, provider.name, source, path)).await
        }
        Ok(reply) => Err(Fault::Park(format!(
            "{} answers {} about {path}; look at the API key of {source}",
            provider.name, reply.status
        ))),
    }
}

/// Sets the object's alarm: a delivery that was acknowledged is not given up because its provider is down.
async fn later(context: &Context, provider: &str, source: &str, path: &str) -> Result<Attempted<Done>, Fault> {
    let key = keys::probe(provider, source, path);
    let batch = Batch::read(context, vec![key.clone()]).await?;
    let Some(mut probe) = batch.get::<Probe>(&key)? else { return Ok(Attempted::Done(Done::Ignored)) };
    probe.again_at =
        Some(context.clock.now() + SignedDuration::from_secs(context.policies.limits.current().alarm_lease_secs));
    let mut commit = Commit::default();
    commit.over(&batch, &probe);
    store::attempted(commit.run(context).await, Done::Later)
}

/// Whether it is this object's turn; if not, its alarm is set.
async fn turn(context: &Context, provider: &str, source: &str, path: &str) -> Result<Attempted<bool>, Fault> {
    // Read.
    let (own, all) = (keys::probe(provider, source, path), keys::probes(provider, source));
    let batch = Batch::read(context, vec![own.clone(), all.clone()]).await?;
    let (limits, now) = (context.policies.limits.current(), context.clock.now());
    let fresh = || Probe {
        provider: provider.to_owned(),
        source: source.to_owned(),
        path: path.to_owned(),
        asked_at: None,
        again_at: None,
    };
    let mut probe = batch.get(&own)?.unwrap_or_else(fresh);
    let begun = || Probes { provider: provider.to_owned(), source: source.to_owned(), since: now, count: 0 };
    let mut probes = batch.get::<Probes>(&all)?.unwrap_or_else(begun);

    // Decide.
    let minute = SignedDuration::from_mins(1);
    if now.duration_since(probes.since) >= minute {
        probes = begun();
    }
    let rested_at = probe.asked_at.map_or(now, |asked_at| asked_at + SignedDuration::from_secs(limits.probe_rest_secs));
    let free_at = if probes.count < limits.probes_per_minute_max { now } else { probes.since + minute };
    let ours = rested_at.max(free_at) <= now;
    if ours {
        probe.asked_at = Some(now);
        probe.again_at = None;
        probes.count += 1;
    } else {
        probe.again_at = Some(rested_at.max(free_at));
    }

    // Write.
    let mut commit = Commit::default();
    commit.over(&batch, &probe);
    if ours {
        commit.over(&batch, &probes);
    }
    store::attempted(commit.run(context).await, ours)
}

/// Asks once for what the events left out. It is a help and no need: without an answer, the case says what is missing.
pub async fn learn_more(
    context: &Context,
    provider: &Provider,
    source: &str,
    call: &Call,
    events: &[Event],
    trace: &str,
) {
    if let Err(fault) = try_to_learn(context, provider, source, call, events, trace).await {
        tracing::warn!(provider = provider.name, fault = %fault, trace, "the provider does not tell more");
    }
}

async fn try_to_learn(
    context: &Context,
    provider: &Provider,
    source: &str,
    call: &Call,
    events: &[Event],
    trace: &str,
) -> Result<(), Fault> {
    let (Some(api), Some(event)) = (provider.api, events.first()) else { return Ok(()) };
    if is_known(context, event).await? {
        return Ok(());
    }
    match context.http.call(provider.name, source, call).await {
        Ok(reply) if reply.status == 200 => learn(context, api, call, &reply, source, event.at, trace).await.map(drop),
        Ok(reply) => Err(Fault::Retry(format!("it answers {}", reply.status))),
        Err(_) => Err(Fault::Retry("it does not answer".to_owned())),
    }
}

/// Whether another event has told already why the try failed.
async fn is_known(context: &Context, event: &Event) -> Result<bool, Fault> {
    let Some(customer) = &event.customer else { return Ok(true) };
    let account = AccountId::of(&event.provider, &event.source, customer);
    for seen in &event.seen {
        if let Seen::Invoice(seen) = seen {
            let key = keys::invoice(&account, &seen.id);
            let invoice: Option<Of<Invoice>> = store::read(context, &key).await?;
            // What an earlier try failed for says nothing of this one.
            return Ok(invoice.is_some_and(|invoice| invoice.value.decline_told_at() >= Some(event.at)));
        }
    }
    Ok(store::read::<Head>(context, &keys::head(&account)).await?.is_none())
}

async fn learn(
    context: &Context,
    api: &Api,
    call: &Call,
    reply: &Reply,
    source: &str,
    at: Timestamp,
    trace: &str,
) -> Result<Done, Fault> {
    match (api.observe)(call, reply, source, at).map_err(Fault::park)? {
        Reading::Events(events) => fold_all(context, &events, From { message: None, body: None, trace }).await,
        Reading::Ask { .. } | Reading::Ignored(_) => Ok(Done::Ignored),
    }
}
