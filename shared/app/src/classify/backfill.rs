//! Fills the book from a provider's own lists, page by page, and finds what its webhooks have missed.
//!
//! The item remembers which calls are still to be made and carries the alarm: whoever is killed in between goes on at the
//! page where it stood. What a page shows is folded like any event, and the same state is the same event.

use super::fold::{Folded, fold_listed};
use crate::context::Context;
use crate::fault::Fault;
use crate::message::{Message, Sent, send_all};
use crate::ports::{NoReply, QueueName};
use crate::store::{self, Attempted, Backfill, Batch, Commit, Pending, keys};
use crate::web::{self, Answer, Problem, importers_only};
use domain::event::Event;
use domain::id::digest;
use domain::staff::{MACHINE, Staff};
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use providers::{Api, Call, Listing, Provider, Reply};
use std::collections::BTreeMap;

/// How many objects are named that could not be read.
const NAMED: usize = 20;

/// How one message ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    GoesOn,
    Rests,
    Ended,
    NothingToDo,
}

/// Answers `POST /api/backfill/{provider}/{source}`.
pub async fn by_staff(
    context: &Context,
    provider: &str,
    source: &str,
    query: &BTreeMap<String, String>,
    staff: &Staff,
) -> Result<Answer, Problem> {
    let (known, api) = billing(provider)?;
    if !crate::setup::sources::is_name(source) {
        return Err(Problem::not_found("source"));
    }
    let since = query.get("since").map(|text| beginning(text)).transpose()?;
    let dry_run = web::dry_run(query)?;
    let begun = store::unless_refused(context, || async {
        let (key, who) = (keys::backfill(known.name, source), keys::staff(&staff.id));
        let batch = Batch::read(context, vec![key.clone(), who.clone()]).await?;
        if !batch.get::<Staff>(&who)?.is_some_and(|staff| staff.role.may_import()) {
            return Err(importers_only().into());
        }
        let standing: Option<Backfill> = batch.get(&key)?;
        if let Some(running) = standing.as_ref().filter(|it| it.ended_at.is_none() && it.pages > 0) {
            let message =
                format!("{} is filling it since {}: wait until that has ended", running.by, running.started_at);
            return Err(Problem::conflict("backfill_running", message).into());
        }
        let mut backfill = fresh(context, (known, api), source, &Asked { since, dry_run, by: &staff.id });
        // A trial leaves the sweeps as they were.
        backfill.sweep = standing.filter(|_| dry_run).and_then(|it| if it.dry_run { it.sweep } else { it.swept() });
        let mut commit = Commit::default();
        commit.over(&batch, &backfill);
        commit.check(&batch, &who);
        Ok(store::attempted(commit.run(context).await, backfill)?)
    });
    let backfill = begun.await?;
    // The alarm on the item covers a queue that does not answer.
    let _ = send_all(context, &[next(&backfill)]).await;
    Ok(web::json(StatusCode::ACCEPTED, &backfill))
}

/// How it stands: for `GET /api/backfill/{provider}/{source}`.
pub async fn status(context: &Context, provider: &str, source: &str) -> Result<Backfill, Problem> {
    store::read(context, &keys::backfill(provider, source)).await?.ok_or_else(|| Problem::not_found("backfill"))
}

fn billing(provider: &str) -> Result<(&'static Provider, &'static Api), Problem> {
    let known = providers::named(provider).and_then(|provider| Some((provider, provider.api?)));
    known.ok_or_else(|| Problem::not_found("billing provider"))
}

fn beginning(text: &str) -> Result<Timestamp, Problem> {
    let day = || {
        text.parse::<jiff::civil::Date>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    };
    text.parse().ok().or_else(day).ok_or_else(|| Problem::malformed("`since` is a date such as 2026-01-01"))
}

/// What is to be read, and for whom.
struct Asked<'a> {
    since: Option<Timestamp>,
    dry_run: bool,
    by: &'a str,
}

fn fresh(context: &Context, (provider, api): (&Provider, &Api), source: &str, wanted: &Asked<'_>) -> Backfill {
    let (now, Asked { since, dry_run, by }) = (context.clock.now(), wanted);
    let first = |listing: &Listing| Pending { listing: listing.name.to_owned(), path: (listing.first)(*since).path };
    Backfill {
        id: format!("fill_{}", digest(&[provider.name, source, &now.to_string()], 20)),
        provider: provider.name.to_owned(),
        source: source.to_owned(),
        since: *since,
        dry_run: *dry_run,
        by: (*by).to_owned(),
        started_at: now,
        ended_at: None,
        pending: api.listings.iter().map(first).collect(),
        pages: 0,
        objects: BTreeMap::new(),
        found: 0,
        known: 0,
        waiting: 0,
        unreadable: Vec::new(),
        skipped: Vec::new(),
        minute: (now, 0),
        silent: 0,
        rests_until: None,
        again_at: Some(alarm(context, now)),
        sweep: None,
        failed: None,
    }
}

fn next(backfill: &Backfill) -> Sent {
    let (provider, source) = (backfill.provider.clone(), backfill.source.clone());
    Sent { queue: QueueName::Events, message: Message::List { provider, source, trace: backfill.id.clone() } }
}

/// Works a page, and notes where it stands.
pub async fn go_on(context: &Context, provider: &str, source: &str) -> Result<Done, Fault> {
    let key = keys::backfill(provider, source);
    let batch = Batch::read(context, vec![key.clone()]).await?;
    let now = context.clock.now();
    let due = |it: &Backfill| match it.ended_at {
        Some(_) => it.again_at.is_some_and(|at| at <= now),
        None => it.rests_until.is_none_or(|until| until <= now),
    };
    let Some(mut backfill) = batch.get::<Backfill>(&key)?.filter(due) else { return Ok(Done::NothingToDo) };
    let known = providers::named(provider).and_then(|provider| Some((provider, provider.api?)));
    let (known, api) = known.ok_or_else(|| Fault::Park(format!("there is no billing provider called {provider}")))?;
    if backfill.ended_at.is_some() {
        backfill = again(context, (known, api), &backfill);
    }
    let rests = work(context, api, &mut backfill).await?;
    if backfill.pending.is_empty() || backfill.failed.is_some() {
        end(context, &mut backfill);
    } else {
        backfill.rests_until = rests;
        // The alarm goes on where a process ends; the message below is quicker.
        backfill.again_at = Some(rests.unwrap_or_else(|| alarm(context, now)));
    }
    let mut commit = Commit::default();
    commit.over(&batch, &backfill);
    match store::attempted(commit.run(context).await, ())? {
        // Another has worked the same pages: what it noted counts, and what was folded twice was folded once.
        Attempted::Again => return Ok(Done::NothingToDo),
        Attempted::Done(()) => {}
    }
    if backfill.ended_at.is_some() {
        return Ok(Done::Ended);
    }
    if rests.is_some() {
        return Ok(Done::Rests);
    }
    send_all(context, &[next(&backfill)]).await?;
    Ok(Done::GoesOn)
}

/// The next sweep over what has changed since the last one began: webhooks that were lost are found by it.
fn again(context: &Context, known: (&Provider, &Api), last: &Backfill) -> Backfill {
    let since = last.sweep.or(last.swept()).and_then(|sweep| sweep.from);
    fresh(context, known, &last.source, &Asked { since, dry_run: false, by: MACHINE })
}

fn alarm(context: &Context, now: Timestamp) -> Timestamp {
    now + SignedDuration::from_secs(context.policies.limits.current().alarm_lease_secs)
}

fn end(context: &Context, backfill: &mut Backfill) {
    let now = context.clock.now();
    let hours = context.policies.limits.current().sweep_hours.get(&backfill.provider).copied();
    backfill.ended_at = Some(now);
    backfill.pending.clear();
    if let Some(first) = backfill.unreadable.first().filter(|_| backfill.failed.is_none()) {
        backfill.failed = Some(format!("not everything could be read, and what follows it was not asked for: {first}"));
    }
    // A trial run sets up nothing; a sweep that failed is tried again.
    let next = hours.map(|hours| now + SignedDuration::from_hours(hours));
    backfill.again_at = if backfill.dry_run { backfill.sweep.map(|sweep| sweep.at) } else { next };
    if backfill.by == MACHINE && backfill.found > 0 {
        tracing::warn!(
            provider = backfill.provider,
            source = backfill.source,
            found = backfill.found,
            "webhooks were missed"
        );
    }
}

/// Works one page: a process that ends in between has lost no more. Until when the provider wants rest is the answer.
async fn work(context: &Context, api: &Api, backfill: &mut Backfill) -> Result<Option<Timestamp>, Fault> {
    let limits = context.policies.limits.current();
    let minute = SignedDuration::from_mins(1);
    while let Some(pending) = backfill.pending.first().cloned() {
        let now = context.clock.now();
        if now.duration_since(backfill.minute.0) >= minute {
            backfill.minute = (now, 0);
        }
        if backfill.minute.1 >= limits.lists_per_minute_max {
            return Ok(Some(backfill.minute.0 + minute));
        }
        backfill.minute.1 += 1;
        let Some(listing) = api.listings.iter().find(|listing| listing.name == pending.listing) else {
            backfill.failed = Some(format!("{} has no listing called {}", backfill.provider, pending.listing));
            return Ok(None);
        };
        let call = Call::list(&pending.path);
        // What stands behind the `#` is ours.
        let sent = Call::list(pending.path.split('#').next().unwrap_or_default());
        let reply = context.http.call(&backfill.provider, &backfill.source, &sent).await;
        let reply = match answered(backfill, &pending.listing, reply, limits.alarm_tries_max) {
            Answered::Page(reply) => reply,
            Answered::Gone => {
                backfill.pending.remove(0);
                continue;
            }
            Answered::Later => return Ok(Some(now + minute)),
            Answered::Failed(why) => {
                backfill.failed = Some(why);
                return Ok(None);
            }
        };
        backfill.pending.remove(0);
        backfill.pages += 1;
        backfill.silent = 0;
        match (listing.page)(&call, &reply, &backfill.source, now) {
            Ok(page) => {
                let more =
                    page.more.into_iter().map(|call| Pending { listing: pending.listing.clone(), path: call.path });
                backfill.pending.splice(0..0, more);
                *backfill.objects.entry(pending.listing).or_default() += page.events.len() as u64;
                for event in &page.events {
                    fold(context, event, backfill).await?;
                }
            }
            Err(malformed) if backfill.unreadable.len() < NAMED => {
                backfill.unreadable.push(format!("{}: {malformed}", pending.listing))
            }
            Err(_) => {}
        }
        return Ok(None);
    }
    Ok(None)
}

/// What a list answered.
enum Answered {
    Page(Reply),
    /// It is not there, and others are.
    Gone,
    Later,
    /// It will never be read so, and why.
    Failed(String),
}

fn answered(backfill: &mut Backfill, listing: &str, reply: Result<Reply, NoReply>, silent_max: u32) -> Answered {
    let provider = &backfill.provider;
    match reply {
        Ok(reply) if reply.status == 200 => Answered::Page(reply),
        Ok(Reply { status: 429 | 500..=599, .. }) | Err(NoReply::NotSent | NoReply::Unknown) => {
            backfill.silent += 1;
            if backfill.silent <= silent_max {
                return Answered::Later;
            }
            Answered::Failed(format!("{provider} does not answer: look at the API key of this source, and try again"))
        }
        Err(NoReply::NoKey) => {
            Answered::Failed(format!("no API key is set for {provider}/{}: set it, and try again", backfill.source))
        }
        // What was listed a moment ago is gone; or this account has no such list, which not every one has.
        Ok(reply) if matches!(reply.status, 403 | 404) && backfill.pages > 0 => {
            backfill.skipped.push(format!("{listing}: {}", reply.status));
            backfill.skipped.dedup();
            Answered::Gone
        }
        Ok(reply) => {
            let why = "look at the API key of this source, and whether it may read lists";
            Answered::Failed(format!("{provider} answers {} to {listing}: {why}", reply.status))
        }
    }
}

async fn fold(context: &Context, event: &Event, backfill: &mut Backfill) -> Result<(), Fault> {
    if !event.is_named() {
        return Ok(());
    }
    let trace = backfill.id.clone();
    let folded = match fold_listed(context, event, backfill.dry_run, &trace).await {
        Ok(folded) => folded,
        Err(Fault::Retry(reason)) => return Err(Fault::Retry(reason)),
        // What cannot be folded is named, and its neighbours go on.
        Err(parked) => {
            if backfill.unreadable.len() < NAMED {
                backfill.unreadable.push(format!("{}: {parked}", event.id));
            }
            return Ok(());
        }
    };
    match folded {
        Folded::Done => backfill.found += 1,
        Folded::Duplicate => backfill.known += 1,
        Folded::Waiting => backfill.waiting += 1,
    }
    Ok(())
}
