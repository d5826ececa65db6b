//! The recoveries of an account whose head has no room to name all of them.

use crate::context::Context;
use crate::fault::Fault;
use crate::store::{self, keys};
use domain::book::Head;
use domain::dunning::Plan;

/// Lets a head name all recoveries of its account, for as long as something is judged by it. Most name all of them, and
/// then nothing is read. Whoever writes a plan writes the head as well, so that what is read here holds if the head
/// does.
pub async fn name_all(context: &Context, head: &mut Head) -> Result<(), Fault> {
    if head.more_dunning == 0 {
        return Ok(());
    }
    let plans: Vec<Plan> = store::all_of(context, &keys::plans(&head.account)).await?;
    plans.iter().for_each(|plan| plan.show_on(head));
    head.more_dunning = 0;
    Ok(())
}

/// Shows plans as they will be on the head that is written with them.
pub async fn show(context: &Context, head: &mut Head, plans: &[Plan]) -> Result<(), Fault> {
    name_all(context, head).await?;
    plans.iter().for_each(|plan| plan.show_on(head));
    head.names_recoveries_at_most(context.policies.limits.current().recoveries_shown_max);
    Ok(())
}
