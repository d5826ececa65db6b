//! Folds what a help desk told into the ticket, and finds whose it may be.

use crate::classify::fold::Folded;
use crate::classify::greeting;
use crate::context::Context;
use crate::fault::Fault;
use crate::find;
use crate::store::{self, Attempted, Batch, Commit, Receipt, TicketOf, keys};
use domain::event::{Event, Seen, TicketSeen};
use domain::ticket::Ticket;

/// How many accounts one ticket is about: one transaction holds a hundred writes.
const ACCOUNTS_MAX: usize = 90;

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
    // Read.
    let (receipt, key) = (
        keys::receipt(&event.provider, &event.source, &event.id),
        keys::ticket(&event.provider, &event.source, &seen.id),
    );
    let mut batch = Batch::read(context, vec![receipt.clone(), key.clone()]).await?;
    if batch.get::<Receipt>(&receipt)?.is_some() {
        return Ok(Attempted::Done(Folded::Duplicate));
    }
    let mut ticket =
        batch.get::<Ticket>(&key)?.unwrap_or_else(|| Ticket::new(&event.provider, &event.source, &seen.id));

    // Decide.
    let known = ticket.accounts.clone();
    ticket.fold(seen, event);
    if let Some(email) = ticket.requester_email.value() {
        let found = find::by_email(context, email).await?;
        // Whoever has another address by now is still whom it was about.
        if !found.is_empty() {
            ticket.accounts = found.into_iter().take(ACCOUNTS_MAX).collect();
        }
    }

    let greeting = greeting::begin(context, &mut batch, &mut ticket, (seen, event)).await?;

    // Write.
    let mut commit = Commit::default();
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
    commit.over(&batch, &ticket);
    greeting.iter().for_each(|greeting| greeting.put(&mut commit, &batch));
    for account in ticket.accounts.difference(&known) {
        let (provider, source, id) = (ticket.provider.clone(), ticket.source.clone(), ticket.id.clone());
        commit.put(&TicketOf { account: account.clone(), provider, source, id });
    }
    store::attempted(commit.run(context).await, Folded::Done)
}
