//! Takes a request back before anything was done: by whoever asked, or by a manager.

use super::{ending, tell, writing};
use crate::context::Context;
use crate::records;
use crate::store::trail::put_notes;
use crate::store::{self, Attempted, Batch, Commit, keys};
use crate::ticket::put_act;
use crate::web::{Failed, Problem};
use domain::action::Action;
use domain::id::ActionId;
use domain::ledger::{Note, Step};
use domain::staff::Staff;

pub async fn withdraw(context: &Context, id: &ActionId, staff: &Staff) -> Result<Action, Problem> {
    let action = store::unless_refused(context, || once(context, id, staff)).await?;
    tell::settle(context, &action).await;
    ending::tell(context, &action).await;
    Ok(action)
}

async fn once(context: &Context, id: &ActionId, staff: &Staff) -> Result<Attempted<Action>, Failed> {
    // Read.
    let mut read = records::read(context, id).await?;
    let (Some(before), Some(head)) = (read.action.clone(), read.head.clone()) else {
        return Err(Problem::not_found("action").into());
    };
    read.batch.extend(Batch::read(context, vec![keys::staff(&staff.id)]).await?);
    let staff = read.batch.get::<Staff>(&keys::staff(&staff.id))?.ok_or_else(Problem::not_signed_in)?;

    // Decide.
    if before.requested_by != staff.id && !staff.role.may_withdraw() {
        let message = format!("{} asked for this; they, a manager or a VP may withdraw it", before.requested_by);
        return Err(Problem::not_permitted(message).into());
    }
    if !before.may_be_withdrawn() {
        let message = format!("the action is {} and can no longer be withdrawn by itself", before.state().name());
        return Err(Problem::conflict("already_decided", message).into());
    }
    let now = context.clock.now();
    let mut ended = vec![(before.clone(), before.clone())];
    for member in &before.members {
        ended.extend(read.batch.get::<Action>(&keys::action(member))?.map(|member| (member.clone(), member)));
    }
    for (_, after) in &mut ended {
        after.withdrawn(now)?;
    }

    // Write.
    let mut commit = Commit::default();
    for (before, after) in &ended {
        writing::put(&mut commit, context, &read.batch, &head, Some(before), after);
    }
    let over: Vec<_> = ended.iter().map(|(_, after)| after.id.clone()).collect();
    writing::release(&mut commit, &read, &before.account, &over);
    writing::expect_no_more(&mut commit, &read, &head, &over);
    commit.check(&read.batch, &keys::staff(&staff.id));
    let note = |id| Note::new(now, Step::Outcome, id, &staff.id, [("outcome", "withdrawn".to_owned())]);
    put_notes(&mut commit, &read.batch, &before.account, over.iter().map(note).collect())?;
    put_act(&mut commit, context, &mut read.batch, (before.case.as_ref(), &staff.id)).await?;
    let (_, after) = ended.swap_remove(0);
    Ok(store::attempted(commit.run(context).await, after)?)
}
