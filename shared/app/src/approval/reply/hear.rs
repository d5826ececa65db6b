//! Brings the end of an action to the tickets of its case: whoever has one tells the customer.

use crate::approval::writing::Done;
use crate::context::Context;
use crate::fault::Fault;
use crate::records::actions_of;
use crate::store::trail::put_ticket;
use crate::store::{self, Attempted, Batch, Commit, Hearing, keys};
use crate::ticket::working;
use domain::action::Action;
use domain::case::Case;
use domain::id::{ActionId, CaseId};
use domain::ticket::{End, Ticket, TicketName};

/// Each ticket hears in a commit of its own, and of each end once; the alarm ends when all have.
pub async fn hear(context: &Context, id: &ActionId) -> Result<Done, Fault> {
    // Read.
    let (key, own) = (keys::hearing(id), keys::action(id));
    let batch = Batch::read(context, vec![key.clone(), own.clone()]).await?;
    let Some(hearing) = batch.get::<Hearing>(&key)?.filter(|hearing| hearing.again_at.is_some()) else {
        return Ok(Done::NothingToDo);
    };
    let action = batch.get::<Action>(&own)?;
    let news = action.and_then(|action| Some((End::of(action.state())?, action.case?)));
    if let Some((end, case)) = news {
        for name in concerned(context, &case, end).await? {
            store::retrying(context, || told(context, &name, id, end)).await?;
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

/// The tickets that the case names. What was overtaken concerns nobody where it is asked for anew.
async fn concerned(context: &Context, case: &CaseId, end: End) -> Result<Vec<TicketName>, Fault> {
    let Some(case) = store::read::<Case>(context, &keys::case(case)).await? else { return Ok(Vec::new()) };
    if end == End::Dropped {
        let batch = Batch::read(context, case.actions.iter().map(keys::action).collect()).await?;
        if actions_of(&batch, &case)?.iter().any(|action| action.state().is_pending()) {
            return Ok(Vec::new());
        }
    }
    Ok(case.tickets.iter().filter_map(|name| TicketName::parse(name)).collect())
}

async fn told(context: &Context, name: &TicketName, action: &ActionId, end: End) -> Result<Attempted<()>, Fault> {
    // Read. A case may go on in another meanwhile, and both with it.
    let (key, own) = (keys::ticket(&name.provider, &name.source, &name.id), keys::action(action));
    let batch = Batch::read(context, vec![key.clone(), own.clone()]).await?;
    let case = batch.get::<Action>(&own)?.and_then(|action| action.case);
    let is_about_it = |ticket: &Ticket| case.is_some() && ticket.handling.own_case() == case.as_ref();
    let ticket = batch.get::<Ticket>(&key)?.filter(is_about_it);
    let Some(mut ticket) = ticket else { return Ok(Attempted::Done(())) };

    // Decide.
    let now = context.clock.now();
    let due_at = now + context.policies.answers.current().told_within();
    if !ticket.handling.hear(action, end, due_at, now) {
        return Ok(Attempted::Done(()));
    }
    ticket.handling.rest(context.policies.tickets.current(), &working(context), now);

    // Write.
    let mut commit = Commit::default();
    put_ticket(&mut commit, &batch, &ticket)?;
    store::attempted(commit.run(context).await, ())
}
