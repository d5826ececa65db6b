//! A ticket of which nobody knows for certain whose it is: a task says so until somebody has found out, or it has
//! ended. It stands with an id of the ticket's own, because the account is what is missing.

use crate::context::Context;
use crate::fault::Fault;
use crate::records::moving::unread;
use crate::store::{Batch, keys};
use crate::task;
use domain::staff::MACHINE;
use domain::task::{About, State, Task};
use domain::ticket::{Ticket, TicketName};

/// The task that begins, changes hands or ends with what became of a ticket. Read last, so that nothing is read for the
/// others.
pub async fn follow(
    context: &Context,
    batch: &mut Batch,
    before: &Ticket,
    after: &Ticket,
) -> Result<Option<Task>, Fault> {
    // Read.
    let (was, is) = (waits(before), waits(after));
    let (had, has) = (&before.handling.assigned_to, &after.handling.assigned_to);
    if was == is && (!is || had == has) {
        return Ok(None);
    }
    let name = TicketName::of(after);
    let about = About::Verify { ticket: name.to_string() };
    let key = keys::task(&about.task(&name.in_place_of_an_account()));
    unread(context, batch, vec![key.clone()]).await?;
    let open = batch.get::<Task>(&key)?.filter(|task| task.state == State::Open);

    // Decide. Whom somebody gave the task by itself keeps it.
    Ok(match (open, is) {
        (None, true) => Some(begun(context, after, &name, about)),
        (Some(task), true) if task.assigned_to == *had && had != has => Some(Task { assigned_to: has.clone(), ..task }),
        (Some(task), false) => {
            let (done, by, why) = ended(before, after);
            task.ended(done, by, why, context.clock.now())
        }
        (None | Some(_), _) => None,
    })
}

/// Of a ticket that nothing was seen of yet nobody has to find out anything.
fn waits(ticket: &Ticket) -> bool {
    ticket.opened_at.is_some() && ticket.is_unverified()
}

/// Whether it is known now, by whom, and how.
fn ended<'a>(before: &Ticket, after: &'a Ticket) -> (bool, &'a str, &'static str) {
    let (was, is) = (&before.handling, &after.handling);
    match (&is.vouched_by, &is.stranger_by) {
        (Some(by), _) if is.vouched_by != was.vouched_by => (true, by.as_str(), "somebody said whose it is"),
        (_, Some(by)) if is.stranger_by != was.stranger_by => {
            (true, by.as_str(), "somebody said that they are no customer")
        }
        _ if after.is_from_a_contact() => (true, MACHINE, "it is known by now whose it is"),
        _ => (false, MACHINE, "the ticket has ended, or was erased"),
    }
}

fn begun(context: &Context, ticket: &Ticket, name: &TicketName, about: About) -> Task {
    let address = name.address();
    let what = format!("Find out whose ticket {address} is");
    let steps = format!(
        "Whoever wrote has no address of an account that is certain, and is told nothing of any until then. Ask by the \
         phone number on file or by a document, and say here or at /tickets/{address} whose it is, or that they are no \
         customer. This task ends by itself when that is known or the ticket has ended."
    );
    let task = task::open(context, &name.in_place_of_an_account(), about, what, steps);
    Task { assigned_to: ticket.handling.assigned_to.clone(), ..task }
}
