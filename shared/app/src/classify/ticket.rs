//! Folds what a help desk told into the ticket, and takes the ticket up: read, matched to its account and its case, given to
//! somebody. Each event is one commit, on condition of what was read for it.

mod due;
mod owner;
mod repeat;

use crate::classify::fold::Folded;
use crate::classify::greeting;
use crate::context::Context;
use crate::fault::Fault;
use crate::store::{self, Attempted, Batch, Receipt, keys};
use crate::ticket::{Laid, follow_request};
use domain::event::{Event, Seen, TicketSeen};
use domain::staff::MACHINE;
use domain::ticket::{self, Ticket};

pub use due::due;

pub async fn fold(context: &Context, event: &Event, body: Option<&str>, trace: &str) -> Result<Folded, Fault> {
    let event = event.clone().cut(context.policies.limits.current().room());
    let Some(Seen::Ticket(seen)) = event.seen.first() else { return Ok(Folded::Duplicate) };
    store::retrying(context, || once(context, &event, seen, body, trace)).await
}

async fn once(
    context: &Context,
    event: &Event,
    seen: &TicketSeen,
    body: Option<&str>,
    trace: &str,
) -> Result<Attempted<Folded>, Fault> {
    // Read. What was written says whose it may be, and that says what else is wanted.
    let (receipt, key) = (
        keys::receipt(&event.provider, &event.source, &event.id),
        keys::ticket(&event.provider, &event.source, &seen.id),
    );
    let batch = Batch::read(context, vec![receipt.clone(), key.clone()]).await?;
    if batch.get::<Receipt>(&receipt)?.is_some() {
        return Ok(Attempted::Done(Folded::Duplicate));
    }
    let before = batch.get::<Ticket>(&key)?.unwrap_or_else(|| Ticket::new(&event.provider, &event.source, &seen.id));
    let mut laid = Laid::of(batch, before);
    let policy = context.policies.tickets.current();
    laid.ticket.fold(seen, event);
    let followed = ticket::follow(&laid.before, &mut laid.ticket, seen, event, policy);
    if let Some(words) = seen.body.as_ref().filter(|_| laid.ticket.erased_at.is_none()) {
        let subject = laid.ticket.subject.value().map(String::as_str).unwrap_or_default();
        let languages = context.policies.languages.current();
        let taken = ticket::read(subject, words, (policy, languages), event.at);
        laid.ticket.handling.take_for(taken);
    }
    owner::find(context, &mut laid.ticket, followed, event.at).await?;
    let repeat = repeat::look(context, &mut laid, event.at).await?;
    if let Some(first) = &repeat.first
        && let Err(refused) = laid.ticket.merge(first, MACHINE, event.at)
    {
        tracing::info!(why = %refused, "the same words came before, and stay a ticket of their own");
    }
    laid.gather(context).await?;

    // Decide.
    laid.take_up(context, followed, &event.id, event.at);
    let greeting = greeting::begin(context, &mut laid.batch, &mut laid.ticket, (seen, event)).await?;

    // Write.
    let mut commit = laid.commit(context, &format!("{}:{}", event.provider, event.id)).await?;
    commit.create(&Receipt {
        provider: event.provider.clone(),
        source: event.source.clone(),
        event: event.id.clone(),
        account: None,
        body: body.map(str::to_owned),
        folded_at: context.clock.now(),
        promised: Vec::new(),
        unbegun: Vec::new(),
        trace: trace.to_owned(),
    });
    repeat.put(&mut commit, &laid.batch);
    greeting.iter().for_each(|greeting| greeting.put(&mut commit, &laid.batch));
    let result = store::attempted(commit.run(context).await, Folded::Done)?;
    if matches!(result, Attempted::Done(_)) {
        follow_request(context, &laid.ticket, trace).await;
    }
    Ok(result)
}
