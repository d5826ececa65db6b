//! Reads what was delivered and folds it into the account: the one path from a webhook to a case.

pub mod agreed;
mod asked;
pub mod backfill;
pub mod fold;
mod greeting;
mod probe;
pub(crate) mod ticket;
pub mod waiting;
pub mod watch;

use crate::classify::fold::Folded;
use crate::context::{Context, Work};
use crate::fault::Fault;
use crate::message::{Body, Message, body_name, keep, unpack};
use domain::event::{Event, Seen};
use domain::ticket::TicketName;
use providers::Reading;

/// How a message ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    Folded,
    Duplicate,
    Ignored,
    Waiting,
    /// Some pages of a provider's lists were read.
    Listed(backfill::Done),
    /// A source was looked over.
    Watched,
    /// A ticket was looked at whose time had come.
    Looked,
    /// What waited was sent again.
    Released,
    /// It was asked not long ago, and will be again.
    Later,
}

/// Works the classify queue.
pub fn handle<'a>(context: &'a Context, message: &'a Message) -> Work<'a, Result<Done, Fault>> {
    Box::pin(work(context, message))
}

async fn work(context: &Context, message: &Message) -> Result<Done, Fault> {
    match message {
        Message::Delivery { provider, source, event, received_at, body, trace } => {
            let provider = providers::named(provider)
                .ok_or_else(|| Fault::Park(format!("there is no provider called {provider}")))?;
            let raw = unpack(context, body).await?;
            let reading = (provider.read)(&raw, source).map_err(Fault::park)?;
            let name = body_name(provider.name, source, event, &raw);
            if !matches!(reading, Reading::Ignored(_)) {
                keep(context, &name, body).await?;
            }
            // What has to wait holds the name of the body: nothing that people wrote stays in a receipt.
            let waits = Message::Delivery {
                provider: provider.name.to_owned(),
                source: source.clone(),
                event: event.clone(),
                received_at: *received_at,
                trace: trace.clone(),
                body: Body::Archived(name.clone()),
            };
            let from = From { message: Some(&waits), body: Some(&name), trace };
            match reading {
                Reading::Events(events) => fold_all(context, &events, from).await,
                Reading::Ask { events, call } if events.is_empty() => {
                    probe::ask(context, provider, source, &call.path, trace).await
                }
                Reading::Ask { events, call } => {
                    let done = fold_all(context, &events, from).await?;
                    match done {
                        Done::Folded => probe::learn_more(context, provider, source, &call, &events, trace).await,
                        // A redelivery asks nobody itself: a provider that hangs must not hold up what stands behind.
                        Done::Duplicate => probe::wish(context, provider, source, &call, &events, trace).await?,
                        _ => {}
                    }
                    Ok(done)
                }
                Reading::Ignored(_) => Ok(Done::Ignored),
            }
        }
        Message::Probe { provider, source, path, trace } => {
            let provider = providers::named(provider)
                .ok_or_else(|| Fault::Park(format!("there is no provider called {provider}")))?;
            probe::ask(context, provider, source, path, trace).await
        }
        Message::Unlinked { account, missing, trace } => {
            probe::link(context, account, missing, context.clock.now(), trace).await
        }
        Message::List { provider, source, .. } => backfill::go_on(context, provider, source).await.map(Done::Listed),
        Message::Watch { provider, source, trace } => {
            watch::handle(context, provider, source, trace).await.map(|()| Done::Watched)
        }
        Message::TicketDue { provider, source, id, trace } => {
            let name = TicketName::new(provider, source, id);
            ticket::due(context, &name, trace).await.map(|()| Done::Looked)
        }
        Message::Confirmed { request, trace } => asked::take(context, request, trace).await,
        Message::Orphan { provider, source, id, .. } => {
            waiting::orphan(context, provider, source, id).await.map(|()| Done::Released)
        }
        other => Err(Fault::Park(format!("a `{}` message does not belong into the events queue", other.name()))),
    }
}

/// Where events come from.
#[derive(Clone, Copy)]
struct From<'a> {
    /// What waits if their parent is not known yet.
    message: Option<&'a Message>,
    /// Where the raw delivery is kept.
    body: Option<&'a str>,
    trace: &'a str,
}

/// Folds the events of one reading; each is a commit of its own.
async fn fold_all(context: &Context, events: &[Event], from: From<'_>) -> Result<Done, Fault> {
    let From { message, body, trace } = from;
    let mut done = Done::Duplicate;
    for event in events {
        if !event.is_named() {
            return Err(Fault::Park(format!(
                "an event of {} has an empty or endless id; look at its delivery",
                event.provider
            )));
        }
        let folded = match event.seen.first() {
            Some(Seen::Ticket(_)) => ticket::fold(context, event, body, trace).await?,
            _ => fold::fold(context, event, message, body, trace).await?,
        };
        match folded {
            Folded::Done => done = Done::Folded,
            Folded::Waiting => done = Done::Waiting,
            Folded::Duplicate => {}
        }
    }
    Ok(done)
}
