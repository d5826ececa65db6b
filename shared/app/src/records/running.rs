//! The recoveries of an account whose head has no room to name all of them.

use crate::context::Context;
use crate::fault::Fault;
use crate::store::{self, keys};
use domain::book::Head;
use domain::dunning::Plan;
use domain::id::AccountId;
use std::collections::BTreeMap;

/// Lets a head name all recoveries of its account, for as long as something is judged by it. Most name all of them, and
/// then nothing is read. Whoever writes a plan writes the head as well, so that what is read here holds if the head
/// does.
pub async fn name_all(context: &Context, head: &mut Head) -> Result<(), Fault> {
    if head.more_dunning > 0 {
        All::read(context, &head.account, None).await?.name(head);
    }
    Ok(())
}

/// Shows plans as they will be on the head that is written with them.
pub async fn show(context: &Context, head: &mut Head, plans: &[Plan]) -> Result<(), Fault> {
    name_all(context, head).await?;
    plans.iter().for_each(|plan| show_on(plan, head));
    head.names_recoveries_at_most(context.policies.limits.current().recoveries_shown_max);
    Ok(())
}

/// What the head says of all recoveries holds for each, whether it has taken that in or not.
fn show_on(plan: &Plan, head: &mut Head) {
    let mut plan = plan.clone();
    plan.heed(head);
    plan.show_on(head);
}

/// All recoveries of an account, read once for whoever writes one after the other.
#[derive(Debug, Default)]
pub struct All {
    /// How often the head had been written by then: whoever else writes a recovery writes it as well.
    rev: Option<u64>,
    plans: BTreeMap<String, Plan>,
}

impl All {
    /// Reads them. They hold for as long as the head is as often written.
    pub async fn read(context: &Context, account: &AccountId, rev: Option<u64>) -> Result<Self, Fault> {
        let plans: Vec<Plan> = store::all_of(context, &keys::plans(account)).await?;
        Ok(Self { rev, plans: plans.into_iter().map(|plan| (plan.invoice.clone(), plan)).collect() })
    }

    /// Whether nobody has written the head since.
    pub fn holds(&self, rev: Option<u64>) -> bool {
        rev.is_some() && self.rev == rev
    }

    /// Each of them as it was stored.
    pub fn plans(&self) -> impl Iterator<Item = &Plan> {
        self.plans.values()
    }

    /// Lets a head name all of them.
    pub fn name(&self, head: &mut Head) {
        self.plans.values().for_each(|plan| show_on(plan, head));
        head.more_dunning = 0;
    }

    /// One of them was written, and the head with it.
    pub fn wrote(&mut self, plan: Plan) {
        self.rev = self.rev.map(|rev| rev + 1);
        self.plans.insert(plan.invoice.clone(), plan);
    }
}
