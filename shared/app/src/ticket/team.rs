//! Who may get a ticket: the staff, who of them is away, and how much each is at.

use crate::context::Context;
use crate::fault::Fault;
use crate::ports::{Listed, Order};
use crate::setup::{delegation, staff};
use crate::store::has_ticket;
use crate::store::keys::{self, lists};
use domain::ticket::{Colleague, State};
use std::collections::BTreeMap;

/// How many tickets of each shard of a list are counted, the newest: who was given less of late is given more. To count
/// all that is open would cost each ticket as much as a desk is behind.
const COUNTED_MAX: u32 = 50;

pub async fn team(context: &Context) -> Result<Vec<Colleague>, Fault> {
    let now = context.clock.now();
    let mut loads: BTreeMap<String, usize> = BTreeMap::new();
    for state in [State::Open, State::Investigating] {
        for list in keys::list_shards(&lists::tickets(state)) {
            let newest = Listed { list, after: None, limit: COUNTED_MAX, order: Order::Descending };
            for (_, place) in context.store.places(&newest).await? {
                if let Some(id) = has_ticket(&place.sort) {
                    *loads.entry(id.to_owned()).or_default() += 1;
                }
            }
        }
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
