//! What waits for one person's word: of many requests those that they may decide, for themselves or in somebody's
//! place.

use crate::context::Context;
use crate::fault::Fault;
use crate::store::{Batch, keys};
use domain::action::Action;
use domain::approval::delegation::Delegations;
use domain::approval::{Deciding, deciding};
use domain::staff::Staff;
use std::collections::BTreeSet;

/// Those that somebody may decide: two reads, however many there are.
pub async fn theirs(context: &Context, waiting: Vec<Action>, staff: &Staff) -> Result<Vec<Action>, Fault> {
    let now = context.clock.now();
    let own = keys::delegations();
    let delegations: Delegations = Batch::read(context, vec![own.clone()]).await?.get(&own)?.unwrap_or_default();
    let stood_in = |action: &Action| -> Vec<String> {
        delegations.stood_in_by(&staff.id, &action.requested_by, now).map(str::to_owned).collect()
    };
    let away: BTreeSet<String> = waiting.iter().flat_map(stood_in).collect();
    let batch = Batch::read(context, away.iter().map(|id| keys::staff(id)).collect()).await?;
    let mut theirs = Vec::new();
    for action in waiting {
        let mut in_place_of = Vec::new();
        for id in stood_in(&action) {
            in_place_of.extend(batch.get::<Staff>(&keys::staff(&id))?);
        }
        if deciding(&action, staff, &in_place_of) != Deciding::No {
            theirs.push(action);
        }
    }
    Ok(theirs)
}
