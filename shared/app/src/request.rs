//! The refund request form: anybody may fill it in, it promises nothing and says the same whatever is known of an address, and it
//! becomes a ticket only once its sender has shown that the address is theirs.
//!
//! Nothing here reads an account, so that nothing here can tell who is a customer: what answers the form has no right to.

mod counted;
mod link;
mod mail;
mod words;

use crate::context::{Context, Work};
use crate::door::console::problem_page;
use crate::door::routes::Endpoint;
use crate::fault::Fault;
use crate::message::Message;
use crate::ports::QueueName;
use crate::setup::sources;
use crate::store::{self, Attempted, Batch, Commit, keys};
use crate::web::{self, Answer, Problem};
use bytes::Bytes;
use counted::counted;
use domain::id::sha256;
use domain::policy::Reader;
use domain::source::Source;
use domain::ticket::{Knocks, Requested, Typed, Who};
use http::{Request, StatusCode};
use words::Form;

pub use mail::{Done, go_on};

/// The source that needs no name in an address.
const ONLY_SOURCE: &str = "default";

/// Answers the form and its link.
pub fn http<'a>(context: &'a Context, endpoint: Endpoint, request: &'a Request<Bytes>) -> Work<'a, Answer> {
    Box::pin(answered(context, endpoint, request))
}

async fn answered(context: &Context, endpoint: Endpoint, request: &Request<Bytes>) -> Answer {
    let reader = words::reader(context, request);
    let result = match endpoint {
        Endpoint::RequestPage(source) => show(context, &source, reader).await,
        Endpoint::SendRequest(source) => take(context, &source, request, reader).await,
        Endpoint::ConfirmRequestPage(token) => ask(context, &token, reader).await,
        Endpoint::ConfirmRequest(token) => confirm(context, &token, reader).await,
        other => unreachable!("the route table sends {other:?} elsewhere"),
    };
    result.unwrap_or_else(|fault| {
        tracing::error!(fault = %fault, "the request form could not be answered");
        words::said(context, None, reader, words::NOT_NOW, StatusCode::SERVICE_UNAVAILABLE)
    })
}

async fn show(context: &Context, source: &str, reader: Reader<'_>) -> Result<Answer, Fault> {
    let Some(form) = form(context, source).await? else { return Ok(nobodys(context)) };
    Ok(words::form(context, &form, reader, &Typed::default(), &[]))
}

/// Takes what was typed. What passes the counts is stored before anybody hears of it, and its message leaves by itself.
async fn take(context: &Context, source: &str, request: &Request<Bytes>, reader: Reader<'_>) -> Result<Answer, Fault> {
    // Read.
    let Some(form) = form(context, source).await? else { return Ok(nobodys(context)) };
    let limits = context.policies.limits.current();
    if request.body().len() > limits.form.body_bytes_max {
        return Ok(words::said(context, Some(&form), reader, words::TOO_LARGE, StatusCode::PAYLOAD_TOO_LARGE));
    }
    let typed = typed(request.body());
    let wanted = match typed.read(reader.language(), &limits.form) {
        Ok(wanted) => wanted,
        Err(lacks) => return Ok(words::form(context, &form, reader, &typed, &lacks)),
    };
    let secret = link::newest(context).await?;
    let now = context.clock.now();
    let id = Requested::id_of(&form.source, &wanted, now);
    let hash = sha256(link::made(&secret, &id).as_bytes());
    let counted = counted(&secret, request, &wanted.email, &form.source);
    let requested = Requested::new(hash.clone(), id, &form.source, wanted, limits, now);

    // Decide and write.
    let said = match store::retrying(context, || pass(context, &requested, &counted)).await? {
        Passed::TooMany(Who::Sender | Who::Source | Who::First) => {
            return Ok(words::said(context, Some(&form), reader, words::LATER, StatusCode::TOO_MANY_REQUESTS));
        }
        // That others wrote to this address before is told to nobody.
        Passed::TooMany(Who::Address) | Passed::Before => words::SENT,
        // Its alarm has it mailed.
        Passed::Later => words::SENT,
        Passed::Stored => {
            let message = Message::Requested { request: hash.clone(), trace: trace(&hash) };
            // Its alarm is set already, for whatever happens to the message.
            if let Err(fault) = context.queue.send(QueueName::Dunning, &message.encode()).await {
                tracing::warn!(fault = %fault, "a request waits for its alarm");
            }
            words::SENT
        }
    };
    Ok(words::said(context, Some(&form), reader, said, StatusCode::OK))
}

/// Whether a form was let through.
enum Passed {
    Stored,
    /// The source has had many already: its message leaves later.
    Later,
    /// The same was sent already today.
    Before,
    TooMany(Who),
}

async fn pass(context: &Context, requested: &Requested, counted: &[(Who, String)]) -> Result<Attempted<Passed>, Fault> {
    // Read.
    let key = keys::requested(&requested.hash);
    let knocks = counted.iter().map(|(_, who)| keys::knocks(who));
    let batch = Batch::read(context, knocks.chain([key.clone()]).collect()).await?;

    // Decide.
    if batch.get::<Requested>(&key)?.is_some() {
        return Ok(Attempted::Done(Passed::Before));
    }
    let (limits, now) = (context.policies.limits.current(), requested.asked_at);
    let (mut passed, mut leaves_at, mut is_first) = (Vec::new(), now, false);
    for (kind, who) in counted {
        let is_counted = match kind {
            Who::Sender | Who::Address => true,
            Who::Source => !is_first,
            Who::First => is_first,
        };
        if !is_counted {
            continue;
        }
        let before = batch.get::<Knocks>(&keys::knocks(who))?;
        let Some(knocks) = Knocks::one_more(before, (*kind, who), limits, now) else {
            return Ok(Attempted::Done(Passed::TooMany(*kind)));
        };
        is_first |= *kind == Who::Sender && knocks.count == 1;
        leaves_at = leaves_at.max(knocks.leaves_at(*kind, limits));
        passed.push(knocks);
    }

    // Write.
    let mut commit = Commit::default();
    commit.create(&requested.clone().put_off(leaves_at));
    passed.iter().for_each(|knocks| commit.over(&batch, knocks));
    let done = if leaves_at > now { Passed::Later } else { Passed::Stored };
    store::attempted(commit.run(context).await, done)
}

/// Asks whether it was really them.
async fn ask(context: &Context, token: &str, reader: Reader<'_>) -> Result<Answer, Fault> {
    let Some(opened) = link::opened(context, token).await? else { return Ok(gone(context, reader)) };
    let form = form(context, &opened.requested.source).await?;
    if opened.requested.confirmed_at.is_some() {
        return Ok(words::said(context, form.as_ref(), reader, words::CONFIRMED, StatusCode::OK));
    }
    if !opened.requested.is_open(context.clock.now()) {
        return Ok(gone(context, reader));
    }
    Ok(words::confirm(context, form.as_ref(), reader, &opened.token))
}

/// Notes that it was them, and has it made a ticket.
async fn confirm(context: &Context, token: &str, reader: Reader<'_>) -> Result<Answer, Fault> {
    let Some(opened) = link::opened(context, token).await? else { return Ok(gone(context, reader)) };
    let hash = &opened.requested.hash;
    if !store::retrying(context, || confirmed(context, hash)).await? {
        return Ok(gone(context, reader));
    }
    let message = Message::Confirmed { request: hash.clone(), trace: trace(hash) };
    if let Err(fault) = context.queue.send(QueueName::Events, &message.encode()).await {
        tracing::warn!(fault = %fault, "a confirmed request waits for its alarm");
    }
    let form = form(context, &opened.requested.source).await?;
    Ok(words::said(context, form.as_ref(), reader, words::CONFIRMED, StatusCode::OK))
}

async fn confirmed(context: &Context, hash: &str) -> Result<Attempted<bool>, Fault> {
    // Read.
    let key = keys::requested(hash);
    let batch = Batch::read(context, vec![key.clone()]).await?;
    let Some(before) = batch.get::<Requested>(&key)? else { return Ok(Attempted::Done(false)) };

    // Decide.
    let mut after = before.clone();
    let is_theirs = after.confirm(context.policies.limits.current(), context.clock.now());
    if after == before {
        return Ok(Attempted::Done(is_theirs));
    }

    // Write.
    let mut commit = Commit::default();
    commit.over(&batch, &after);
    store::attempted(commit.run(context).await, is_theirs)
}

/// The form of a source: `stripe`, or `stripe.eu` where it is not the only one.
async fn form(context: &Context, named: &str) -> Result<Option<Form>, Fault> {
    let (provider, source) = named.split_once('.').unwrap_or((named, ONLY_SOURCE));
    let bills = providers::named(provider).is_some_and(|provider| provider.api.is_some());
    if !bills || !sources::is_name(source) {
        return Ok(None);
    }
    // Anybody can make a name up: only what somebody has set up has a form, and what needs no name.
    let setup = store::read::<Source>(context, &keys::source(provider, source)).await?;
    if setup.is_none() && source != ONLY_SOURCE {
        return Ok(None);
    }
    let company = setup.and_then(|setup| setup.name);
    Ok(Some(Form { source: format!("{provider}.{source}"), address: named.to_owned(), company }))
}

fn nobodys(context: &Context) -> Answer {
    problem_page(context, None, &Problem::not_found("form"))
}

fn gone(context: &Context, reader: Reader<'_>) -> Answer {
    words::said(context, None, reader, words::GONE, StatusCode::NOT_FOUND)
}

/// The fields, with what nobody may keep masked: before anything else sees them.
fn typed(body: &[u8]) -> Typed {
    let mut fields = web::fields(body);
    let mut take = |name: &str| providers::masked(&fields.remove(name).unwrap_or_default()).into_owned();
    Typed {
        email: take("email"),
        invoice: take("invoice"),
        last4: take("last4"),
        amount: take("amount"),
        reason: take("reason"),
        text: take("text"),
    }
}

fn trace(hash: &str) -> String {
    format!("req_{}", domain::id::digest(&[hash], 16))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_card_number_gets_past_the_fields() {
        let body = "email=ada%40shop.example&text=4242%0A4242%0A4242%0A4242&invoice=4242424242424242&last4=4242";
        let typed = typed(body.as_bytes());
        assert_eq!((typed.text.as_str(), typed.invoice.as_str()), ("[masked]", "[masked]"));
        assert_eq!((typed.email.as_str(), typed.last4.as_str()), ("ada@shop.example", "4242"));
    }
}
