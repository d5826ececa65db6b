//! Brings the end of an action to the tickets of its case: whoever has one tells the customer.

use crate::approval::writing::Done;
use crate::context::Context;
use crate::fault::Fault;
use crate::records::hearing;
use crate::store::{self, Attempted, Batch, Commit, Hearing, keys};
use crate::ticket::working;
use domain::action::Action;
use domain::case::Case;
use domain::id::{ActionId, CaseId};
use domain::ticket::{Outcome, Ticket, TicketName};

/// Each ticket hears in a commit of its own, and of each end once; the alarm ends when all have.
pub async fn hear(context: &Context, id: &ActionId) -> Result<Done, Fault> {
    // Read.
    let (key, own) = (keys::hearing(id), keys::action(id));
    let batch = Batch::read(context, vec![key.clone(), own.clone()]).await?;
    let Some(hearing) = batch.get::<Hearing>(&key)?.filter(|hearing| hearing.again_at.is_some()) else {
        return Ok(Done::NothingToDo);
    };
    let action = batch.get::<Action>(&own)?;
    let news = action.as_ref().and_then(|action| Some((action.case.as_ref()?, hearing::outcome(action.state())?)));
    if let Some((case, outcome)) = news {
        let told_of = store::read::<Case>(context, &keys::case(case)).await?;
        let tickets = told_of.map(|case| case.tickets).unwrap_or_default();
        for name in tickets.iter().filter_map(|name| TicketName::parse(name)) {
            store::retrying(context, || told(context, &name, (case, id), outcome)).await?;
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
    (case, action): (&CaseId, &ActionId),
    outcome: Outcome,
) -> Result<Attempted<()>, Fault> {
    // Read.
    let key = keys::ticket(&name.provider, &name.source, &name.id);
    let batch = Batch::read(context, vec![key.clone()]).await?;
    let ticket = batch.get::<Ticket>(&key)?.filter(|ticket| ticket.handling.own_case() == Some(case));
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
