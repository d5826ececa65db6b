//! An API key that is missing, or that a provider refuses: people are told once and have one task, and what was
//! approved waits for it.

use crate::bulletin::{self, Words};
use crate::context::Context;
use crate::fault::Fault;
use crate::ports::{Key, NoReply};
use crate::setup::locked;
use crate::store::{self, Attempted, Batch, Commit, keys};
use crate::task;
use domain::action::{Action, Ended};
use domain::book::Head;
use domain::id::AccountId;
use domain::source::{Locked, TurnedAway};
use domain::staff::MACHINE;
use domain::task::{About as TaskAbout, State as TaskState, Task};
use domain::telling::{About, Bulletin};
use jiff::SignedDuration;
use providers::Reply;
use std::collections::BTreeSet;

/// Whether an answer says that the key opens nothing, or not this: then nothing was done.
pub(super) fn says(answer: &Result<Reply, NoReply>) -> bool {
    matches!(answer, Err(NoReply::NoKey) | Ok(Reply { status: 401 | 403, .. }))
}

/// What becomes of an action whose request was answered so.
pub(super) fn of(head: &Head, answer: &Result<Reply, NoReply>) -> Ended {
    let why = match answer {
        Ok(reply) => format!("{} answers {}: its API key is wrong, or may not do this", head.provider, reply.status),
        Err(_) => "no API key is set".to_owned(),
    };
    Ended::Locked { why }
}

/// Notes that an action waits for the key of its source, and has people told of it, unless they know. Whoever waits no
/// longer says so itself: what another request was answered says nothing of this one. `waited` says whether it had
/// waited before.
pub(super) async fn found(
    context: &Context,
    head: &Head,
    action: &Action,
    waited: bool,
    why: &str,
) -> Result<(), Fault> {
    let news = store::retrying(context, || note(context, head, (action, waited), why)).await?;
    if let Some(bulletin) = &news {
        bulletin::tell(context, bulletin).await;
    }
    Ok(())
}

async fn note(
    context: &Context,
    head: &Head,
    (action, waited): (&Action, bool),
    why: &str,
) -> Result<Attempted<Option<Bulletin>>, Fault> {
    // Read.
    let about = About::Key { provider: head.provider.clone(), source: head.source.clone() };
    let (own, told) = (keys::locked(&head.provider, &head.source), keys::bulletin(&about.id()));
    let mut batch = Batch::read(context, vec![own.clone(), told.clone()]).await?;
    let before = batch.get::<Locked>(&own)?;
    let task_of = before.as_ref().and_then(|before| before.task_of.clone());
    // That of an earlier time may be open still, with another account.
    let tasks: Vec<_> = task_of.iter().chain([&head.account]).map(|account| task_key(head, account)).collect();
    batch.extend(Batch::read(context, tasks.clone()).await?);
    let earlier = batch.get::<Bulletin>(&told)?;
    let still = match &before {
        // It is no news, whoever else waits.
        Some(before) if before.waiting.contains(&action.id) => before.waiting.clone(),
        Some(before) => locked::still(context, before).await?,
        None => BTreeSet::new(),
    };

    // Decide.
    let now = context.clock.now();
    let mut after = before.clone().unwrap_or_else(|| Locked::new(&head.provider, &head.source, now));
    // Its alarm rings by then, and is worked.
    let lease = SignedDuration::from_secs(context.policies.limits.current().alarm_lease_secs);
    let until = action.wakes_at().unwrap_or(now) + lease;
    let is_news = after.waits(TurnedAway { action: &action.id, waited, until }, why, still, now);
    let news = is_news.then(|| {
        let news = bulletin::about(context, about, words(head, why), &action.trace).posted();
        news.instead_of(earlier.as_ref())
    });
    let mut stands = false;
    for key in &tasks {
        stands |= batch.get::<Task>(key)?.is_some_and(|task| task.state == TaskState::Open);
    }
    let task = (is_news && !stands).then(|| set_the_key(context, head, why));
    if task.is_some() {
        after.task_of = Some(head.account.clone());
    }

    // Write.
    if before.as_ref() == Some(&after) {
        return Ok(Attempted::Done(None));
    }
    let mut commit = Commit::default();
    commit.over(&batch, &after);
    if let Some(news) = &news {
        commit.over(&batch, news);
    }
    task.iter().for_each(|task| commit.over(&batch, task));
    store::attempted(commit.run(context).await, news)
}

/// Ends the task when what waited for the key goes on, and nobody waits for it any more. Where all that waited was
/// taken back the key is as it was: a person says that it is set.
pub(super) async fn opened(context: &Context, head: &Head) -> Result<(), Fault> {
    store::retrying(context, || end(context, head)).await
}

async fn end(context: &Context, head: &Head) -> Result<Attempted<()>, Fault> {
    // Read.
    let own = keys::locked(&head.provider, &head.source);
    let mut batch = Batch::read(context, vec![own.clone()]).await?;
    let Some(before) = batch.get::<Locked>(&own)? else { return Ok(Attempted::Done(())) };
    let Some(account) = before.task_of.clone() else { return Ok(Attempted::Done(())) };
    if !locked::still(context, &before).await?.is_empty() {
        return Ok(Attempted::Done(()));
    }
    let key = task_key(head, &account);
    batch.extend(Batch::read(context, vec![key.clone()]).await?);

    // Decide.
    let ended = batch.get::<Task>(&key)?;
    let ended = ended.and_then(|task| task.ended(true, MACHINE, "the key works", context.clock.now()));

    // Write.
    let mut commit = Commit::default();
    commit.over(&batch, &Locked { task_of: None, ..before });
    ended.iter().for_each(|task| commit.over(&batch, task));
    store::attempted(commit.run(context).await, ())
}

fn asks_for(head: &Head) -> TaskAbout {
    TaskAbout::Key { provider: head.provider.clone(), source: head.source.clone() }
}

fn task_key(head: &Head, account: &AccountId) -> Key {
    keys::task(&asks_for(head).task(account))
}

fn set_the_key(context: &Context, head: &Head, why: &str) -> Task {
    let what = format!("Set the API key of {}/{}", head.provider, head.source);
    task::open(context, &head.account, asks_for(head), what, words(head, why).text)
}

fn words(head: &Head, why: &str) -> Words {
    let named = format!("{}/{}", head.provider, head.source);
    let text = format!(
        "{why}. Nothing was done: what is approved waits, and goes on by itself once the key works.\n\
         Set the key of `{named}` in the secret of the providers' API keys, with the right to do what was approved."
    );
    Words { subject: format!("The API key of {named} does not work"), text, page: "/sources".to_owned() }
}
