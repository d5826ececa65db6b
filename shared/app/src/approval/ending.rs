//! Requests for the end of a recovery: they stand only as long as that recovery asks for it, and it hears what became of them.

use crate::context::Context;
use crate::fault::Fault;
use crate::message::{Message, Sent, send_all};
use crate::ports::{Key, QueueName};
use crate::store::{Batch, keys};
use domain::action::Action;
use domain::approval;
use domain::book::Head;
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

/// What the head of its account says of all recoveries holds for it as well.
fn read_plan(batch: &Batch, action: &Action) -> Result<Option<Plan>, Fault> {
    let Some(key) = plan_of(action) else { return Ok(None) };
    let (mut plan, head) = (batch.get::<Plan>(&key)?, batch.get::<Head>(&keys::head(&action.account))?);
    if let Some((plan, head)) = plan.as_mut().zip(head.as_ref()) {
        plan.heed(head);
    }
    Ok(plan)
}

/// Lets the recovery look at what became of it. Its alarm covers a queue that does not answer.
pub async fn tell(context: &Context, action: &Action) {
    let Some(invoice) = action.recovery.clone() else { return };
    let message = Message::PlanDue { account: action.account.clone(), invoice, trace: action.trace.clone() };
    if let Err(fault) = send_all(context, &[Sent { queue: QueueName::Dunning, message }]).await {
        tracing::warn!(action.id = %action.id, fault = %fault, "the recovery hears of this when its alarm rings");
    }
}
