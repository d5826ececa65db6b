//! A ticket that nobody has, because nobody is there who could: a task says so until somebody has it.

use super::unverified;
use crate::context::Context;
use crate::fault::Fault;
use crate::store::{Batch, keys};
use crate::task;
use domain::id::AccountId;
use domain::staff::MACHINE;
use domain::task::{About, State, Task};
use domain::ticket::{Ticket, TicketName};

/// The tasks that begin or end with what became of a ticket: that somebody has it, and that it is known whose it is.
pub async fn follow(context: &Context, batch: &mut Batch, before: &Ticket, after: &Ticket) -> Result<Vec<Task>, Fault> {
    let mut tasks = owned(context, batch, before, after).await?;
    tasks.extend(unverified::follow(context, batch, before, after).await?);
    Ok(tasks)
}

/// At the account that it was of, and at the one that it is of. Read last, so that nothing is read for the others.
async fn owned(context: &Context, batch: &mut Batch, before: &Ticket, after: &Ticket) -> Result<Vec<Task>, Fault> {
    // Read.
    let (was, is) = (waits_for(before), waits_for(after));
    if was == is {
        return Ok(Vec::new());
    }
    let about = About::Unowned { ticket: TicketName::of(after).to_string() };
    let key = |account: &AccountId| keys::task(&about.task(account));
    batch.extend(Batch::read(context, was.into_iter().chain(is).map(key).collect()).await?);
    let standing = |account: &AccountId| -> Result<Option<Task>, Fault> {
        Ok(batch.get::<Task>(&key(account))?.filter(|task| task.state == State::Open))
    };

    // Decide.
    let mut tasks = Vec::new();
    if let Some(task) = was.map(standing).transpose()?.flatten() {
        let why = "somebody has it, it has ended, or it is another customer's";
        tasks.extend(task.ended(true, MACHINE, why, context.clock.now()));
    }
    if let Some(account) = is
        && standing(account)?.is_none()
    {
        tasks.push(begun(context, after, account, about.clone()));
    }
    Ok(tasks)
}

/// The account at which a task says that nobody has it.
fn waits_for(ticket: &Ticket) -> Option<&AccountId> {
    ticket.handling.account.as_ref().filter(|_| ticket.handling.is_unowned())
}

fn begun(context: &Context, ticket: &Ticket, account: &AccountId, about: About) -> Task {
    let name = TicketName::of(ticket).address();
    let queue = ticket.handling.role.map(|role| role.name().replace('_', " ")).unwrap_or_default();
    let what = format!("Find somebody for ticket {name}");
    let steps = format!(
        "Nobody is there who could have it: it waits in the queue of {queue}. Give it to somebody at /tickets/{name}, or say \
         who stands in for whom. This task ends by itself when somebody has it."
    );
    task::open(context, account, about, what, steps)
}
