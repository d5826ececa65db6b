//! Requests for the end of a recovery: they stand only as long as that recovery asks for it, and it hears what became of them.

use crate::context::Context;
use crate::fault::Fault;
use crate::message::{Message, Sent, send_all};
use crate::ports::{Key, QueueName};
use crate::store::{Batch, keys};
use domain::action::Action;
use domain::approval;
use domain::dunning::Plan;
use jiff::Timestamp;

/// The recovery that a request is for.
pub fn plan_of(action: &Action) -> Option<Key> {
    action.recovery.as_ref().map(|invoice| keys::plan(&action.account, invoice))
}

/// Whether that recovery asks for it no more, as it was read.
pub fn has_lapsed(batch: &Batch, action: &Action) -> Result<bool, Fault> {
    Ok(approval::has_lapsed(action, read_plan(batch, action)?.as_ref()))
}

/// Whether the money of that recovery may be coming, as it was read.
pub fn is_spared(batch: &Batch, action: &Action, now: Timestamp) -> Result<bool, Fault> {
    Ok(read_plan(batch, action)?.is_some_and(|plan| plan.is_spared(now)))
}

fn read_plan(batch: &Batch, action: &Action) -> Result<Option<Plan>, Fault> {
    match plan_of(action) {
        Some(key) => batch.get::<Plan>(&key),
        None => Ok(None),
    }
}

/// Lets the recovery look at what became of it. Its alarm covers a queue that does not answer.
pub async fn tell(context: &Context, action: &Action) {
    let Some(invoice) = action.recovery.clone() else { return };
    let message = Message::PlanDue { account: action.account.clone(), invoice, trace: action.trace.clone() };
    if let Err(fault) = send_all(context, &[Sent { queue: QueueName::Dunning, message }]).await {
        tracing::warn!(action.id = %action.id, fault = %fault, "the recovery hears of this when its alarm rings");
    }
}
