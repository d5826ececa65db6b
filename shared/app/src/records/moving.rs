//! Reads all that belongs to cases which may go on in another: their tickets, and what was asked for because of them.

use super::actions_of;
use crate::context::Context;
use crate::fault::Fault;
use crate::ports::Key;
use crate::store::{Batch, keys};
use domain::action::Action;
use domain::case::Case;
use domain::ticket::{Moving, Ticket, TicketName};

/// One batch for all of them, and a second one where something asked for is a bundle. Of a case to which too much
/// belongs nothing is read: it goes on nowhere else.
pub async fn read(context: &Context, batch: &mut Batch, cases: &[&Case]) -> Result<Moving, Fault> {
    let cases: Vec<&Case> = cases.iter().copied().filter(|case| Moving::fits(case)).collect();
    let actions = cases.iter().flat_map(|case| &case.actions).map(keys::action);
    let wanted = cases.iter().flat_map(|case| tickets_of(case)).chain(actions).collect();
    unread(context, batch, wanted).await?;
    let mut asked = Vec::new();
    for case in &cases {
        asked.push(actions_of(batch, case)?);
    }
    let members = asked.iter().flatten().flat_map(|action| &action.members).map(keys::action).collect();
    unread(context, batch, members).await?;
    let mut moving = Moving::default();
    for (case, mut actions) in cases.into_iter().zip(asked) {
        let members: Vec<Key> = actions.iter().flat_map(|action| &action.members).map(keys::action).collect();
        for key in &members {
            actions.extend(batch.get::<Action>(key)?);
        }
        let mut tickets = Vec::new();
        for key in tickets_of(case) {
            tickets.extend(batch.get::<Ticket>(&key)?);
        }
        moving.lay(&case.id, tickets, actions);
    }
    Ok(moving)
}

/// Adds what is wanted and was not read before: what was decided by is what is written over.
pub async fn unread(context: &Context, batch: &mut Batch, mut wanted: Vec<Key>) -> Result<(), Fault> {
    wanted.retain(|key| !batch.has(key));
    if !wanted.is_empty() {
        batch.extend(Batch::read(context, wanted).await?);
    }
    Ok(())
}

fn tickets_of(case: &Case) -> Vec<Key> {
    let named = case.tickets.iter().filter_map(|name| TicketName::parse(name));
    named.map(|name| keys::ticket(&name.provider, &name.source, &name.id)).collect()
}
