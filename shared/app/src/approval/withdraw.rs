//! Takes a request back before anything was sent: by whoever asked, or by a manager.

use super::{desk, tell};
use crate::book::put_notes;
use crate::context::Context;
use crate::fault::Fault;
use crate::store::{self, Attempted, Batch, Commit, keys};
use crate::web::Problem;
use domain::action::{Action, State};
use domain::id::ActionId;
use domain::ledger::{Note, Step};
use domain::staff::{Role, Staff};
use http::StatusCode;
use std::collections::BTreeMap;

pub async fn withdraw(context: &Context, id: &ActionId, staff: &Staff) -> Result<Action, Problem> {
    let action = store::retrying(context, || once(context, id, staff)).await??;
    tell::settle(context, &action).await;
    Ok(action)
}

async fn once(context: &Context, id: &ActionId, staff: &Staff) -> Result<Attempted<Result<Action, Problem>>, Fault> {
    // Read.
    let mut read = desk::read(context, id).await?;
    let (Some(before), Some(head)) = (read.action.clone(), read.head.clone()) else {
        return Ok(Attempted::Done(Err(Problem::not_found("action"))));
    };
    read.batch.extend(Batch::read(context, vec![keys::staff(&staff.id)]).await?);
    let Some(staff) = read.batch.get::<Staff>(&keys::staff(&staff.id))? else { return Ok(Attempted::Done(Err(Problem::not_signed_in()))) };

    // Decide.
    let refused = |status, code, message: String| Ok(Attempted::Done(Err(Problem::new(status, code, message))));
    if before.requested_by != staff.id && !matches!(staff.role, Role::Manager | Role::Vp) {
        let message = format!("{} asked for this; they, a manager or a VP may withdraw it", before.requested_by);
        return refused(StatusCode::FORBIDDEN, "not_permitted", message);
    }
    if before.bundle.is_some() || !matches!(before.state, State::WaitingApproval | State::Approved) {
        let message = format!("the action is {} and can no longer be withdrawn by itself", before.state.name());
        return refused(StatusCode::CONFLICT, "already_decided", message);
    }
    let now = context.clock.now();
    let mut ended = vec![(before.clone(), before.clone())];
    for member in &before.members {
        ended.extend(read.batch.get::<Action>(&keys::action(member))?.map(|member| (member.clone(), member)));
    }
    for (_, after) in &mut ended {
        after.state = State::Withdrawn;
        after.ended_at = Some(now);
        after.look_at = None;
    }
    let mut moved = head.clone();
    let mut payments = read.records.payments.clone();
    for (_, after) in &ended {
        moved.under_way.remove(&after.id);
        for payment in payments.values_mut() {
            payment.reserved.remove(&after.id);
        }
    }

    // Write.
    let mut commit = Commit::default();
    for (before, after) in &ended {
        desk::put(&mut commit, context, &read.batch, &head, Some(before), after);
    }
    for payment in payments.values().filter(|payment| read.records.payments.get(&payment.id) != Some(payment)) {
        commit.over(&read.batch, &desk::of(&before.account, payment));
    }
    if moved != head {
        commit.over(&read.batch, &moved);
    }
    commit.check(&read.batch, &keys::staff(&staff.id));
    let note = |action: &Action| Note {
        at: now,
        step: Step::Outcome,
        action: action.id.clone(),
        by: staff.id.clone(),
        body: BTreeMap::from([("outcome".to_owned(), "withdrawn".to_owned())]),
    };
    put_notes(&mut commit, &read.batch, &before.account, ended.iter().map(|(_, after)| note(after)).collect())?;
    let (_, after) = ended.swap_remove(0);
    store::attempted(commit.run(context).await, Ok(after))
}
