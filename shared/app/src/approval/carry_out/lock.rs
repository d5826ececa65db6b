//! An API key that is missing, or that a provider refuses: people are told once, and what was approved waits for it.

use crate::context::Context;
use crate::fault::Fault;
use crate::ports::{Channel, Letter, NoReply, Unsent};
use crate::store::{self, Attempted, Batch, Commit, keys};
use domain::action::Ended;
use domain::book::Head;
use domain::source::Source;
use providers::Reply;

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

/// Notes at the source that its key opens nothing, and tells people of it, unless they know.
pub(super) async fn found(context: &Context, head: &Head, why: &str) -> Result<(), Fault> {
    if !store::retrying(context, || note(context, head, Said::Locked(why))).await? {
        return Ok(());
    }
    if let Err(Unsent::NotSent { reason, .. }) = context.post.send(&letter(context, head, why)).await {
        tracing::warn!(
            source = head.source,
            reason,
            "people could not be told of an API key; the next refusal tells them"
        );
        store::retrying(context, || note(context, head, Said::Untold)).await?;
    }
    Ok(())
}

/// Notes at the source that its key works again.
pub(super) async fn opened(context: &Context, head: &Head) -> Result<(), Fault> {
    store::retrying(context, || note(context, head, Said::Opened)).await.map(drop)
}

/// What there is to note of a key.
#[derive(Clone, Copy)]
enum Said<'a> {
    Locked(&'a str),
    /// People could not be told of it.
    Untold,
    Opened,
}

/// Whether it was news.
async fn note(context: &Context, head: &Head, said: Said<'_>) -> Result<Attempted<bool>, Fault> {
    // Read.
    let key = keys::source(&head.provider, &head.source);
    let batch = Batch::read(context, vec![key.clone()]).await?;
    let Some(before) = batch.get::<Source>(&key)? else { return Ok(Attempted::Done(false)) };

    // Decide.
    let mut after = before.clone();
    let is_news = match said {
        Said::Locked(why) => after.locks(why, context.clock.now()),
        Said::Untold => after.is_untold(),
        Said::Opened => after.opens(),
    };

    // Write.
    if after == before {
        return Ok(Attempted::Done(is_news));
    }
    let mut commit = Commit::default();
    commit.over(&batch, &after);
    store::attempted(commit.run(context).await, is_news)
}

fn letter(context: &Context, head: &Head, why: &str) -> Letter {
    let (named, page) =
        (format!("{}/{}", head.provider, head.source), format!("{}/sources", context.settings.base_url));
    Letter {
        id: format!("key_{named}_{}", context.clock.now().as_second()),
        channel: Channel::Slack,
        to: context.settings.approvals_channel.clone(),
        subject: format!("The API key of {named} does not work"),
        text: format!(
            "{why}. Nothing was done: what is approved waits, and goes on by itself once the key works.\n\
             Set the key of `{named}` in the secret of the providers' API keys, with the right to do what was approved.\n{page}"
        ),
        html: String::new(),
        links: vec![page],
        blocks: None,
    }
}
