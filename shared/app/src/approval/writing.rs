//! Writes an action, with all that never parts from it: facts, the task that it leaves or brings, what was reserved.

use crate::context::Context;
use crate::fault::Fault;
use crate::outgoing;
use crate::records::{Read, hearing};
use crate::store::trail::put_facts;
use crate::store::{Batch, Commit, Of, keys};
use crate::task;
use domain::action::{Action, Moment, State};
use domain::book::{Head, Payment, Touched};
use domain::case::Case;
use domain::classify::desk::Desk;
use domain::id::{AccountId, ActionId};
use domain::outgoing::{Line, executed};
use domain::playbook::onboarding;
use jiff::SignedDuration;

/// Writes an action over what was read of it, with the difference that this makes to reports, the task that it leaves to a
/// person or that follows on it, and that tickets are to hear of its end: they never part.
pub fn put(
    commit: &mut Commit,
    context: &Context,
    batch: &Batch,
    head: &Head,
    before: Option<&Action>,
    after: &Action,
) {
    commit.over(batch, after);
    let days = context.policies.playbooks.current().onboarding_days;
    if let Some(task) = onboarding(before, after, days, context.clock.now()) {
        commit.create(&task);
    }
    let laid_out = |action: Option<&Action>| {
        let actions = action.iter().map(|action| (action.id.clone(), (*action).clone())).collect();
        Desk { actions, ..Desk::of(head.clone(), Touched::default()) }
    };
    let name = format!("{}:{}", after.id, batch.rev(&keys::action(&after.id)).map_or(1, |rev| rev + 1));
    put_facts(commit, &name, &laid_out(before), &laid_out(Some(after)), context);
    if let Some(task) = task::left_by(context, before, after) {
        commit.create(&task);
    }
    let case = after.case.as_ref().map(keys::case).filter(|key| batch.has(key));
    let case = case.and_then(|key| batch.get::<Case>(&key).ok().flatten());
    if let Some(hearing) = hearing::of(before, after, case.as_ref(), context.clock.now()) {
        commit.put(&hearing);
    }
}

/// Gives back what was reserved for actions that are over and did nothing.
pub fn release(commit: &mut Commit, read: &Read, account: &AccountId, over: &[ActionId]) {
    for payment in read.records.payments.values() {
        let mut payment = payment.clone();
        let before = payment.reserved.len();
        payment.reserved.retain(|id, _| !over.contains(id));
        if payment.reserved.len() < before {
            commit.over(&read.batch, &of(account, &payment));
        }
    }
}

/// Waits for no news of actions that are over.
pub fn expect_no_more(commit: &mut Commit, read: &Read, head: &Head, over: &[ActionId]) -> Head {
    let mut after = head.clone();
    after.under_way.retain(|id, _| !over.contains(id));
    if after.under_way.len() < head.under_way.len() {
        commit.over(&read.batch, &after);
    }
    after
}

/// What the product is told of an action that was carried out: for the commit that says so.
pub async fn told(
    context: &Context,
    batch: &mut Batch,
    head: &Head,
    before: &Action,
    after: &Action,
) -> Result<Vec<Line>, Fault> {
    let events = executed(head, Some(before), after, context.clock.now()).into_iter().collect();
    outgoing::lines(context, batch, &after.account, events).await
}

pub fn of(account: &AccountId, payment: &Payment) -> Of<Payment> {
    Of { account: account.clone(), value: payment.clone() }
}

/// How a message ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    Asked,
    /// What is to be asked for is not owed at this moment, and may be later.
    NotYet,
    Told,
    CarriedOut(State),
    Expired,
    NothingToDo,
}

/// This moment, and when somebody looks whether what is under way has come to its end.
pub fn moment(context: &Context) -> Moment {
    let now = context.clock.now();
    Moment { now, again: now + SignedDuration::from_secs(context.policies.limits.current().alarm_lease_secs) }
}
