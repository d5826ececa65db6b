//! An API key that is missing, or that a provider refuses: people are told once, and what was approved waits for it.

use crate::bulletin::{self, Words};
use crate::context::Context;
use crate::fault::Fault;
use crate::ports::NoReply;
use crate::store::{self, Attempted, Batch, Commit, keys};
use domain::action::Ended;
use domain::book::Head;
use domain::source::Source;
use domain::telling::{About, Bulletin};
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

/// Notes at the source that its key opens nothing, and has people told of it, unless they know.
pub(super) async fn found(context: &Context, head: &Head, why: &str, trace: &str) -> Result<(), Fault> {
    let news = store::retrying(context, || lock(context, head, why, trace)).await?;
    if let Some(bulletin) = &news {
        bulletin::tell(context, bulletin).await;
    }
    Ok(())
}

async fn lock(context: &Context, head: &Head, why: &str, trace: &str) -> Result<Attempted<Option<Bulletin>>, Fault> {
    // Read.
    let about = About::Key { provider: head.provider.clone(), source: head.source.clone() };
    let (source, told) = (keys::source(&head.provider, &head.source), keys::bulletin(&about.id()));
    let batch = Batch::read(context, vec![source.clone(), told.clone()]).await?;
    let Some(before) = batch.get::<Source>(&source)? else { return Ok(Attempted::Done(None)) };
    let earlier = batch.get::<Bulletin>(&told)?;

    // Decide.
    let mut after = before.clone();
    let is_news = after.locks(why, context.clock.now());
    let news = is_news.then(|| {
        let news = bulletin::about(context, about, words(head, why), trace).posted();
        news.instead_of(earlier.as_ref())
    });

    // Write.
    if after == before {
        return Ok(Attempted::Done(None));
    }
    let mut commit = Commit::default();
    commit.over(&batch, &after);
    if let Some(news) = &news {
        commit.over(&batch, news);
    }
    store::attempted(commit.run(context).await, news)
}

/// Notes at the source that its key works again.
pub(super) async fn opened(context: &Context, head: &Head) -> Result<(), Fault> {
    store::retrying(context, || open(context, head)).await
}

async fn open(context: &Context, head: &Head) -> Result<Attempted<()>, Fault> {
    let key = keys::source(&head.provider, &head.source);
    let batch = Batch::read(context, vec![key.clone()]).await?;
    let Some(mut source) = batch.get::<Source>(&key)? else { return Ok(Attempted::Done(())) };
    if !source.opens() {
        return Ok(Attempted::Done(()));
    }
    let mut commit = Commit::default();
    commit.over(&batch, &source);
    store::attempted(commit.run(context).await, ())
}

fn words(head: &Head, why: &str) -> Words {
    let named = format!("{}/{}", head.provider, head.source);
    let text = format!(
        "{why}. Nothing was done: what is approved waits, and goes on by itself once the key works.\n\
         Set the key of `{named}` in the secret of the providers' API keys, with the right to do what was approved."
    );
    Words { subject: format!("The API key of {named} does not work"), text, page: "/sources".to_owned() }
}
