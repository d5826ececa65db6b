//! What comes next of a form that was filled in: its sender is mailed once, it becomes a ticket, or it vanishes.

use super::{link, trace, words};
use crate::context::Context;
use crate::fault::Fault;
use crate::message::Message;
use crate::ports::{Channel, Letter, QueueName, Unsent};
use crate::store::{self, Attempted, Batch, Commit, keys};
use ::pages::Written;
use domain::id::digest;
use domain::policy::phrase;
use domain::ticket::{Mailed, Requested, Step, Wanted};
use std::collections::BTreeMap;

const MAIL: &str = "request_mail";

/// How far it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    Sent,
    InDoubt,
    Refused,
    /// It is being made a ticket.
    Taken,
    NothingToDo,
}

/// Takes up what is due of a request.
pub async fn go_on(context: &Context, hash: &str) -> Result<Done, Fault> {
    let Some((requested, step)) = store::retrying(context, || begin(context, hash)).await? else {
        return Ok(Done::NothingToDo);
    };
    match step {
        Step::Send => send(context, &requested).await,
        Step::Take => {
            let message = Message::Confirmed { request: hash.to_owned(), trace: trace(hash) };
            context.queue.send(QueueName::Events, &message.encode()).await?;
            Ok(Done::Taken)
        }
        Step::Doubted => {
            tracing::error!("it is not known whether a request's message was sent; it is not repeated");
            Ok(Done::InDoubt)
        }
        Step::Forget | Step::Wait => Ok(Done::NothingToDo),
    }
}

async fn begin(context: &Context, hash: &str) -> Result<Attempted<Option<(Requested, Step)>>, Fault> {
    // Read.
    let key = keys::requested(hash);
    let batch = Batch::read(context, vec![key.clone()]).await?;
    let Some(before) = batch.get::<Requested>(&key)? else { return Ok(Attempted::Done(None)) };

    // Decide.
    let mut after = before.clone();
    let step = after.go_on(context.policies.limits.current(), context.clock.now());
    if after == before {
        return Ok(Attempted::Done(Some((after, step))));
    }

    // Write.
    let mut commit = Commit::default();
    commit.over(&batch, &after);
    store::attempted(commit.run(context).await, Some((after, step)))
}

/// It is stored as leaving: if we are never heard of again, it is in doubt and not repeated.
async fn send(context: &Context, requested: &Requested) -> Result<Done, Fault> {
    let Some(wanted) = &requested.wanted else { return Ok(Done::NothingToDo) };
    let letter = letter(context, requested, wanted).await?;
    let (mailed, done) = match context.post.send(&letter).await {
        Ok(_) => (Mailed::Sent, Done::Sent),
        Err(Unsent::Unknown(reason)) => (Mailed::Unknown { reason }, Done::InDoubt),
        Err(Unsent::NotSent { reason, after_secs }) => (Mailed::Refused { reason, after_secs }, Done::Refused),
    };
    if done != Done::Sent {
        tracing::warn!(?done, "a request's message was not taken");
    }
    store::retrying(context, || end(context, &requested.hash, &mailed)).await?;
    Ok(done)
}

async fn end(context: &Context, hash: &str, mailed: &Mailed) -> Result<Attempted<()>, Fault> {
    let key = keys::requested(hash);
    let batch = Batch::read(context, vec![key.clone()]).await?;
    let Some(mut requested) = batch.get::<Requested>(&key)? else { return Ok(Attempted::Done(())) };
    requested.mailed(mailed.clone(), context.policies.limits.current(), context.clock.now());
    let mut commit = Commit::default();
    commit.over(&batch, &requested);
    store::attempted(commit.run(context).await, ())
}

/// It says nothing that was typed: whoever owns the address may have typed nothing.
async fn letter(context: &Context, requested: &Requested, wanted: &Wanted) -> Result<Letter, Fault> {
    let reader = context.policies.texts.current().reader(Some(&wanted.language), None);
    let form = super::form(context, &requested.source).await?;
    let link = link::address(context, requested).await?;
    let values = BTreeMap::from([("company", words::company(context, form.as_ref())), ("link", link.clone())]);
    let (subject, text) = reader.text(MAIL).map(|text| text.fill(&values)).unwrap_or_default();
    let button = Some((reader.words(phrase::request::CONFIRM), link.as_str()));
    let language = reader.language();
    let html = ::pages::letter(&Written { language, subject: &subject, text: &text, figures: &[], button });
    let id = format!("req_{}", digest(&[&requested.hash, "mail"], 20));
    let (to, links) = (wanted.email.clone(), vec![link]);
    Ok(Letter {
        id,
        channel: Channel::Mail,
        to,
        subject,
        html,
        text,
        links,
        blocks: None,
        unsubscribe: None,
        thread: None,
    })
}
