//! A ticket that nobody has, because nobody is there who could: a task says so until somebody has it. Of a customer whom nobody
//! knows the ticket itself is what is to be done, in its queue (`docs/decisions/0010-tickets.md`).

use crate::context::Context;
use crate::fault::Fault;
use crate::store::{Batch, keys};
use crate::task;
use domain::id::AccountId;
use domain::staff::MACHINE;
use domain::task::{About, State, Task};
use domain::ticket::{Ticket, TicketName};

/// The task as it begins or ends with what became of a ticket; read last, so that nothing is read for the others.
pub async fn follow(
    context: &Context,
    batch: &mut Batch,
    before: &Ticket,
    after: &Ticket,
) -> Result<Option<Task>, Fault> {
    // Read.
    let (was, is) = (before.handling.is_unowned(), after.handling.is_unowned());
    let is_as_it_was = was == is && before.handling.account == after.handling.account;
    let Some(account) = after.handling.account.as_ref().filter(|_| (was || is) && !is_as_it_was) else {
        return Ok(None);
    };
    let about = About::Unowned { ticket: TicketName::of(after).to_string() };
    let key = keys::task(&about.task(account));
    batch.extend(Batch::read(context, vec![key.clone()]).await?);
    let standing = batch.get::<Task>(&key)?.filter(|task| task.state == State::Open);

    // Decide.
    Ok(match (standing, is) {
        (None, true) => Some(begun(context, after, account, about)),
        (Some(task), false) => task.ended(true, MACHINE, "somebody has it, or it has ended", context.clock.now()),
        (Some(_), true) | (None, false) => None,
    })
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
