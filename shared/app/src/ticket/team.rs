//! Who may get a ticket: the staff, who of them is away, and how much each is at.

use crate::context::Context;
use crate::fault::Fault;
use crate::setup::{delegation, staff};
use crate::store::keys::lists;
use crate::store::{has_ticket, walk};
use domain::ticket::{Colleague, State};
use std::collections::BTreeMap;

/// How many tickets of a list are counted: with more than that open, who has a few more or less says little.
const COUNTED_MAX: u32 = 4_000;

pub async fn team(context: &Context) -> Result<Vec<Colleague>, Fault> {
    let now = context.clock.now();
    let mut loads: BTreeMap<String, usize> = BTreeMap::new();
    for state in [State::Open, State::Investigating] {
        let count = |place: &str| {
            if let Some(id) = has_ticket(place) {
                *loads.entry(id.to_owned()).or_default() += 1;
            }
        };
        walk(context, &lists::tickets(state), None, COUNTED_MAX, count).await?;
    }
    let away = delegation::all(context).await?;
    let all = staff::all(context).await?.into_iter().filter(|staff| staff.role.may_request());
    let colleague = |staff: domain::staff::Staff| Colleague {
        is_away: away.iter().any(|absence| absence.from == staff.id && absence.holds(now)),
        load: loads.get(&staff.id).copied().unwrap_or_default(),
        staff,
    };
    Ok(all.map(colleague).collect())
}
