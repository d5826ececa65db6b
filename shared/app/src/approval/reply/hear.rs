//! Brings the end of an action to the tickets of its case: whoever has one tells the customer.

use crate::approval::writing::Done;
use crate::context::Context;
use crate::fault::Fault;
use crate::ports::Order;
use crate::records::hearing;
use crate::store::{self, Attempted, Batch, Commit, Hearing, TicketOf, keys};
use crate::ticket::working;
use domain::action::Action;
use domain::id::ActionId;
use domain::ticket::{Outcome, Ticket, TicketName};

/// How many tickets of an account are looked at.
const TICKETS_MAX: u32 = 200;

/// Each ticket hears in a commit of its own, and of each end once; the alarm ends when all have.
pub async fn hear(context: &Context, id: &ActionId) -> Result<Done, Fault> {
    // Read.
    let (key, own) = (keys::hearing(id), keys::action(id));
    let batch = Batch::read(context, vec![key.clone(), own.clone()]).await?;
    let Some(hearing) = batch.get::<Hearing>(&key)?.filter(|hearing| hearing.again_at.is_some()) else {
        return Ok(Done::NothingToDo);
    };
    let action = batch.get::<Action>(&own)?;
    let news = action.filter(|action| action.case.is_some()).and_then(|action| hearing::outcome(action.state()));
    if let Some(outcome) = news {
        let of = keys::tickets_of(&id.account());
        let tickets: Vec<TicketOf> = store::first_of(context, &of, TICKETS_MAX, Order::Ascending).await?;
        for TicketOf { provider, source, id: ticket, .. } in tickets {
            let name = TicketName::new(&provider, &source, &ticket);
            store::retrying(context, || told(context, &name, id, outcome)).await?;
        }
    }

    // Write. Should it have ended otherwise meanwhile, it rings for that.
    let mut commit = Commit::default();
    commit.over(&batch, &Hearing { again_at: None, ..hearing });
    match store::attempted(commit.run(context).await, Done::Told)? {
        Attempted::Done(done) => Ok(done),
        Attempted::Again => Ok(Done::NothingToDo),
    }
}

async fn told(
    context: &Context,
    name: &TicketName,
    action: &ActionId,
    outcome: Outcome,
) -> Result<Attempted<()>, Fault> {
    // Read. A case may go on in another meanwhile, and both with it.
    let (key, own) = (keys::ticket(&name.provider, &name.source, &name.id), keys::action(action));
    let batch = Batch::read(context, vec![key.clone(), own.clone()]).await?;
    let case = batch.get::<Action>(&own)?.and_then(|action| action.case);
    let ticket = batch.get::<Ticket>(&key)?.filter(|ticket| case.is_some() && ticket.handling.case == case);
    let Some(mut ticket) = ticket else { return Ok(Attempted::Done(())) };

    // Decide.
    let now = context.clock.now();
    let due_at = now + context.policies.answers.current().told_within();
    if !ticket.handling.hear(action, outcome, due_at, now) {
        return Ok(Attempted::Done(()));
    }
    ticket.handling.rest(context.policies.tickets.current(), &working(context), now);

    // Write.
    let mut commit = Commit::default();
    commit.over(&batch, &ticket);
    store::attempted(commit.run(context).await, ())
}
