//! What follows where the letter that asks for a payment has ended, and its customer was not asked for certain: a
//! person has a task with the reason, and the clock of the ticket runs again.

use crate::context::Context;
use crate::fault::Fault;
use crate::store::trail::put_ticket;
use crate::store::{Batch, Commit, keys};
use crate::task;
use crate::ticket::working;
use domain::cash::Request;
use domain::task::{About, Task};
use domain::ticket::Ticket;

pub(super) struct Unasked {
    task: Task,
    ticket: Option<Ticket>,
}

/// What follows from how a request stands now and did not before; read last, so that nothing is read for the others.
pub(super) async fn follow(
    context: &Context,
    batch: &mut Batch,
    before: &Request,
    after: &Request,
) -> Result<Option<Unasked>, Fault> {
    // Read.
    let Some(why) = after.unasked().filter(|_| before.unasked().is_none()) else { return Ok(None) };
    let (name, about) = (after.ticket_name(), About::Unasked { request: after.id.clone() });
    let own = keys::ticket(&name.provider, &name.source, &name.id);
    batch.extend(Batch::read(context, vec![own.clone(), keys::task(&about.task(&after.account))]).await?);
    let theirs = |ticket: &Ticket| ticket.handling.payment_request.as_deref() == Some(after.id.as_str());
    let mut ticket = batch.get::<Ticket>(&own)?.filter(theirs);

    // Decide.
    let now = context.clock.now();
    let due_at = now + context.policies.answers.current().told_within();
    if let Some(ticket) = &mut ticket {
        ticket.handling.was_not_asked(&why, due_at, now);
        ticket.handling.rest(context.policies.tickets.current(), &working(context), now);
    }
    Ok(Some(Unasked { task: begun(context, after, about, &why), ticket }))
}

fn begun(context: &Context, request: &Request, about: About, why: &str) -> Task {
    let name = request.ticket_name().address();
    let what = format!("Ask the customer of ticket {name} for {} yourself", request.remaining());
    let steps = format!(
        "{} was to be asked for by mail, and {why}. Nothing is sent again by itself. Mend the address, or tell the customer another \
         way what is open; the links to pay stand at /payment-requests. This task ends by itself when it is paid or withdrawn.",
        request.id,
    );
    task::open(context, &request.account, about, what, steps)
}

impl Unasked {
    /// In the commit of the request.
    pub(super) fn put(&self, commit: &mut Commit, batch: &Batch) -> Result<(), Fault> {
        commit.over(batch, &self.task);
        self.ticket.as_ref().map_or(Ok(()), |ticket| put_ticket(commit, batch, ticket))
    }
}
