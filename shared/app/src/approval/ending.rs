//! Requests for the end of a recovery: they stand only as long as that recovery asks for it, and it hears what became of them.

use crate::context::Context;
use crate::fault::Fault;
use crate::message::{Message, Sent, send_all};
use crate::ports::{Key, QueueName};
use crate::store::{Batch, keys};
use domain::action::Action;
use domain::approval;
use domain::dunning::Plan;

/// The recovery that a request is for.
pub fn plan_of(action: &Action) -> Option<Key> {
    action.recovery.as_ref().map(|invoice| keys::plan(&action.account, invoice))
}

/// Whether that recovery asks for it no more, as it was read.
pub fn has_lapsed(batch: &Batch, action: &Action) -> Result<bool, Fault> {
    let plan = match plan_of(action) {
        Some(key) => batch.get::<Plan>(&key)?,
        None => None,
    };
    Ok(approval::has_lapsed(action, plan.as_ref()))
}

/// Lets the recovery look at what became of it. Its alarm covers a queue that does not answer.
pub async fn tell(context: &Context, action: &Action) {
    let Some(invoice) = action.recovery.clone() else { return };
    let message = Message::PlanDue { account: action.account.clone(), invoice, trace: action.trace.clone() };
    if let Err(fault) = send_all(context, &[Sent { queue: QueueName::Dunning, message }]).await {
        tracing::warn!(action.id = %action.id, fault = %fault, "the recovery hears of this when its alarm rings");
    }
}
