//! An API key that is missing, or that a provider refuses: people are told once, and what was approved waits for it.

use crate::bulletin::{self, Words};
use crate::context::Context;
use crate::fault::Fault;
use crate::ports::NoReply;
use crate::setup::locked;
use crate::store::{self, Attempted, Batch, Commit, keys};
use domain::action::{Action, Ended};
use domain::book::Head;
use domain::source::{Locked, TurnedAway};
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
/// longer says so itself: what another request was answered says nothing of this one. `waited` says whether it had waited
/// before.
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
    let batch = Batch::read(context, vec![own.clone(), told.clone()]).await?;
    let before = batch.get::<Locked>(&own)?;
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

    // Write.
    if before.as_ref() == Some(&after) {
        return Ok(Attempted::Done(None));
    }
    let mut commit = Commit::default();
    commit.over(&batch, &after);
    if let Some(news) = &news {
        commit.over(&batch, news);
    }
    store::attempted(commit.run(context).await, news)
}

fn words(head: &Head, why: &str) -> Words {
    let named = format!("{}/{}", head.provider, head.source);
    let text = format!(
        "{why}. Nothing was done: what is approved waits, and goes on by itself once the key works.\n\
         Set the key of `{named}` in the secret of the providers' API keys, with the right to do what was approved."
    );
    Words { subject: format!("The API key of {named} does not work"), text, page: "/sources".to_owned() }
}
