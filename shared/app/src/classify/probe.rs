//! Asks a provider for what a delivery did not say: for all of it, where the delivery is only a hint; or for the rest.

use super::{Done, From, fold_all};
use crate::context::Context;
use crate::fault::Fault;
use crate::ports::{Key, NoReply};
use crate::store::{self, Attempted, Batch, Commit, Of, Probe, Probes, keys};
use domain::book::{Head, Invoice, Unlinked};
use domain::event::{Event, Seen};
use domain::id::AccountId;
use domain::ticket::Ticket;
use jiff::{SignedDuration, Timestamp};
use providers::{Call, Observe, Provider, Reading, Reply};

/// Fetches an object that an unsigned delivery named. Anybody can send such a delivery, so that the same object is not
/// fetched again within seconds, nor many objects within a minute: what comes too soon is fetched later, once.
pub async fn ask(context: &Context, provider: &Provider, source: &str, path: &str, trace: &str) -> Result<Done, Fault> {
    let observe = provider.observe().ok_or_else(|| Fault::Park(format!("{} has no API to ask", provider.name)))?;
    let probe: Option<Probe> = store::read(context, &keys::probe(provider.name, source, path)).await?;
    // An alarm knows no more than the path: what was to be learned decides how it is asked.
    if let Some(Probe { missing: Some((account, missing)), wished_at, .. }) = &probe {
        let wished_at = wished_at.unwrap_or_else(|| context.clock.now());
        let done = link(context, account, missing, wished_at, trace).await?;
        if matches!(done, Done::Duplicate | Done::Ignored) {
            store::retrying(context, || silenced(context, keys::probe(provider.name, source, path))).await?;
        }
        return Ok(done);
    }
    let is_help = probe.is_some_and(|probe| probe.wished_at.is_some());
    let question =
        Question { provider: provider.name, source, call: &Call::get(path), missing: None, wished_at: None, trace };
    match question.ask(context).await? {
        Answered::Told(reply) => {
            let events = told(observe, &question, &reply, context.clock.now())?;
            learn(context, &events, trace).await
        }
        // Whoever named it was wrong, or has another key than we have.
        Answered::Refused(404 | 410) => Ok(Done::Ignored),
        Answered::Refused(status) if is_help => {
            tracing::warn!(provider = provider.name, status, trace, "the provider does not tell more");
            Ok(Done::Ignored)
        }
        Answered::Refused(status) => Err(Fault::Park(format!(
            "{} answers {status} about {path}; look at the API key of {source}",
            provider.name
        ))),
        Answered::Later => Ok(Done::Later),
    }
}

/// Asks which payment pays which invoice, unless the book knows by now. Like every help it is given up in the end,
/// until another event misses the link.
pub async fn link(
    context: &Context,
    account: &AccountId,
    missing: &Unlinked,
    wished_at: Timestamp,
    trace: &str,
) -> Result<Done, Fault> {
    let Some(head) = store::read::<Head>(context, &keys::head(account)).await? else { return Ok(Done::Ignored) };
    if !head.book.lacks(missing) {
        return Ok(Done::Duplicate);
    }
    let api = providers::named(&head.provider).and_then(|provider| provider.api);
    let Some((api, linked)) = api.and_then(|api| Some((api, api.linked?))) else { return Ok(Done::Ignored) };
    let (now, call) = (context.clock.now(), linked(missing));
    let question = Question {
        provider: &head.provider,
        source: &head.source,
        call: &call,
        missing: Some((account, missing)),
        wished_at: Some(wished_at),
        trace,
    };
    let reply = match question.ask(context).await? {
        Answered::Told(reply) => reply,
        Answered::Refused(status) => {
            tracing::warn!(provider = head.provider, status, trace, "the provider does not tell what pays an invoice");
            return Ok(Done::Ignored);
        }
        Answered::Later => return Ok(Done::Later),
    };
    let mut events = told(api.observe, &question, &reply, head.book.last_event_at.unwrap_or(now))?;
    // What else the answer shows depends on when it was asked; the link does not.
    for event in &mut events {
        event.seen.retain(|seen| matches!(seen, Seen::Link(_)));
        // It was asked about this customer, whom an intent need not name.
        event.customer.get_or_insert_with(|| head.customer.clone());
    }
    events.retain(|event| !event.seen.is_empty());
    learn(context, &events, trace).await
}

/// Asks for what the events left out, and again later if there is no answer. It is a help and no need: until then, the
/// case says what is missing.
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

/// After the redelivery of a ticket: whoever folded it may have died before it asked who wrote. Where that is not known
/// and no question stands, its alarm asks. Why a try failed the next try tells as well.
pub async fn wish(
    context: &Context,
    provider: &Provider,
    source: &str,
    call: &Call,
    events: &[Event],
    trace: &str,
) -> Result<(), Fault> {
    let (Some(_), Some(event)) = (provider.observe(), events.first()) else { return Ok(()) };
    if !matches!(event.seen.first(), Some(Seen::Ticket(_))) {
        return Ok(());
    }
    let question =
        Question { provider: provider.name, source, call, missing: None, wished_at: Some(context.clock.now()), trace };
    let stands = store::read::<Probe>(context, &question.key()).await?.is_some();
    if stands || is_known(context, event).await? {
        return Ok(());
    }
    store::retrying(context, || question.later(context)).await
}

async fn try_to_learn(
    context: &Context,
    provider: &Provider,
    source: &str,
    call: &Call,
    events: &[Event],
    trace: &str,
) -> Result<(), Fault> {
    let (Some(observe), Some(event)) = (provider.observe(), events.first()) else { return Ok(()) };
    if is_known(context, event).await? {
        return Ok(());
    }
    let wished_at = Some(context.clock.now());
    let question = Question { provider: provider.name, source, call, missing: None, wished_at, trace };
    match context.http.call(provider.name, source, call).await {
        Ok(reply) if reply.status == 200 => {
            let events = told(observe, &question, &reply, event.at)?;
            learn(context, &events, trace).await.map(drop)
        }
        Ok(Reply { status: 429 | 500..=599, .. }) | Err(NoReply::NotSent | NoReply::NoKey | NoReply::Unknown) => {
            store::retrying(context, || question.later(context)).await
        }
        Ok(reply) => Err(Fault::Retry(format!("it answers {}", reply.status))),
    }
}

/// Whether another event has told already why the try failed, or who wrote the ticket.
async fn is_known(context: &Context, event: &Event) -> Result<bool, Fault> {
    if let Some(Seen::Ticket(seen)) = event.seen.first() {
        let key = keys::ticket(&event.provider, &event.source, &seen.id);
        let ticket = store::read::<Ticket>(context, &key).await?;
        let is_known = |ticket: Ticket| ticket.erased_at.is_some() || ticket.requester_email.value().is_some();
        return Ok(ticket.is_none_or(is_known));
    }
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

/// One question to a provider, asked in its turn.
struct Question<'a> {
    provider: &'a str,
    source: &'a str,
    call: &'a Call,
    /// The link of an account that it is asked for.
    missing: Option<(&'a AccountId, &'a Unlinked)>,
    /// Where it is a help and no need: since when it is wished for.
    wished_at: Option<Timestamp>,
    trace: &'a str,
}

enum Answered {
    Told(Reply),
    Refused(u16),
    /// It is not its turn, or there was no answer; its alarm is set.
    Later,
}

impl Question<'_> {
    async fn ask(&self, context: &Context) -> Result<Answered, Fault> {
        if !store::retrying(context, || self.turn(context)).await? {
            return Ok(Answered::Later);
        }
        match context.http.call(self.provider, self.source, self.call).await {
            Ok(reply) if reply.status == 200 => Ok(Answered::Told(reply)),
            Ok(Reply { status: 429 | 500..=599, .. }) | Err(NoReply::NotSent | NoReply::NoKey | NoReply::Unknown) => {
                let (provider, path, trace) = (self.provider, &self.call.path, self.trace);
                tracing::warn!(provider, path, trace, "the provider does not answer; it is asked again later");
                store::retrying(context, || self.later(context)).await?;
                Ok(Answered::Later)
            }
            Ok(reply) => Ok(Answered::Refused(reply.status)),
        }
    }

    fn key(&self) -> Key {
        keys::probe(self.provider, self.source, &self.call.path)
    }

    fn fresh(&self) -> Probe {
        Probe {
            provider: self.provider.to_owned(),
            source: self.source.to_owned(),
            path: self.call.path.clone(),
            asked_at: None,
            again_at: None,
            missing: self.missing.map(|(account, missing)| (account.clone(), missing.clone())),
            wished_at: self.wished_at,
        }
    }

    /// Sets its alarm: a delivery that was acknowledged is not given up because its provider is down. What is only a
    /// help waits as long again as it has waited already, and in the end no more.
    async fn later(&self, context: &Context) -> Result<Attempted<()>, Fault> {
        let batch = Batch::read(context, vec![self.key()]).await?;
        let mut probe = batch.get::<Probe>(&self.key())?.unwrap_or_else(|| self.fresh());
        probe.wished_at = self.wished_at.or(probe.wished_at);
        let (limits, now) = (context.policies.limits.current(), context.clock.now());
        let lease = SignedDuration::from_secs(limits.alarm_lease_secs);
        let waited = probe.wished_at.map_or(SignedDuration::ZERO, |wished_at| now.duration_since(wished_at));
        let is_wished = waited < SignedDuration::from_hours(limits.orphan_hours_max);
        probe.again_at = is_wished.then(|| now + lease.max(waited));
        let mut commit = Commit::default();
        commit.over(&batch, &probe);
        store::attempted(commit.run(context).await, ())
    }

    /// Whether it is its turn; if not, its alarm is set.
    async fn turn(&self, context: &Context) -> Result<Attempted<bool>, Fault> {
        // Read.
        let (own, all) = (self.key(), keys::probes(self.provider, self.source));
        let batch = Batch::read(context, vec![own.clone(), all.clone()]).await?;
        let (limits, now) = (context.policies.limits.current(), context.clock.now());
        let mut probe = batch.get(&own)?.unwrap_or_else(|| self.fresh());
        let begun =
            || Probes { provider: self.provider.to_owned(), source: self.source.to_owned(), since: now, count: 0 };
        let mut probes = batch.get::<Probes>(&all)?.unwrap_or_else(begun);

        // Decide.
        let minute = SignedDuration::from_mins(1);
        if now.duration_since(probes.since) >= minute {
            probes = begun();
        }
        let rested_at =
            probe.asked_at.map_or(now, |asked_at| asked_at + SignedDuration::from_secs(limits.probe_rest_secs));
        let free_at = if probes.count < limits.probes_per_minute_max { now } else { probes.since + minute };
        let ours = rested_at.max(free_at) <= now;
        // Each event that misses it wishes for it anew.
        probe.wished_at = self.wished_at.or(probe.wished_at);
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
}

/// What was told meanwhile, or is not told at all, is asked for no more.
async fn silenced(context: &Context, key: Key) -> Result<Attempted<()>, Fault> {
    let batch = Batch::read(context, vec![key.clone()]).await?;
    let Some(mut probe) = batch.get::<Probe>(&key)? else { return Ok(Attempted::Done(())) };
    if probe.again_at.take().is_none() {
        return Ok(Attempted::Done(()));
    }
    let mut commit = Commit::default();
    commit.over(&batch, &probe);
    store::attempted(commit.run(context).await, ())
}

async fn learn(context: &Context, events: &[Event], trace: &str) -> Result<Done, Fault> {
    if events.is_empty() {
        return Ok(Done::Ignored);
    }
    fold_all(context, events, From { message: None, body: None, trace }).await
}

/// What an answer shows.
fn told(observe: Observe, question: &Question<'_>, reply: &Reply, at: Timestamp) -> Result<Vec<Event>, Fault> {
    match observe(question.call, reply, question.source, at).map_err(Fault::park)? {
        Reading::Events(events) => Ok(events),
        Reading::Ask { .. } | Reading::Ignored(_) => Ok(Vec::new()),
    }
}
