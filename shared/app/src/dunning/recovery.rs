//! Begins the recovery of what failed before Recoup wrote to the customers of its source, as if it had failed now.

use crate::context::Context;
use crate::fault::Fault;
use crate::outgoing;
use crate::records::{recovery, running};
use crate::store::{self, Attempted, Batch, Commit};
use domain::classify::recovery::Becomes;
use domain::id::AccountId;
use jiff::Timestamp;

/// Says whether one began: not of what failed first before `failed_since`. Only for a source to whose customers Recoup
/// writes.
pub async fn begin(
    context: &Context,
    account: &AccountId,
    invoice: &str,
    failed_since: Timestamp,
    trace: &str,
) -> Result<bool, Fault> {
    store::retrying(context, || once(context, account, invoice, failed_since, trace)).await
}

async fn once(
    context: &Context,
    account: &AccountId,
    invoice: &str,
    failed_since: Timestamp,
    trace: &str,
) -> Result<Attempted<bool>, Fault> {
    // Read.
    let mut batch = Batch::default();
    recovery::read(context, &mut batch, &[(account.clone(), invoice.to_owned())]).await?;
    let Some(failed) = recovery::of(&batch, account, invoice)? else { return Ok(Attempted::Done(false)) };

    // Decide.
    let (policy, now) = (context.policies.dunning.current(), context.clock.now());
    let Some(Becomes::Begins { mut plan, .. }) =
        failed.late(context.policies.declines.current(), failed_since).becomes(policy, now, trace)
    else {
        return Ok(Attempted::Done(false));
    };
    plan.look_again(now);
    let mut head = failed.head.clone();
    running::show(context, &mut head, std::slice::from_ref(&*plan)).await?;
    head.names_at_most(context.policies.limits.current().cases_shown_max);
    let lines = outgoing::of_head(context, &mut batch, &failed.head, &head).await?;

    // Write. Whatever changes the invoice or its case, or begins its task, writes the head as well.
    let mut commit = Commit::default();
    commit.over(&batch, &*plan);
    commit.over(&batch, &head);
    outgoing::put(&mut commit, &batch, &lines);
    store::attempted(commit.run(context).await, true)
}
