//! What of the tickets waits for one person, and what for anybody: counted by their places, so that few are opened.

use crate::context::Context;
use crate::fault::Fault;
use crate::ports::{Key, Listed, Order};
use crate::store::keys::{self, lists};
use crate::store::{Batch, has_ticket, side_by_side};
use domain::ticket::{State, Ticket};

/// How many places of each shard of a list are looked at, the oldest: eight queries of so many names.
const LOOKED_MAX: u32 = 250;
/// How many tickets of each kind are opened: those that began first.
const OPENED_MAX: usize = 20;

/// Some tickets, those that must be answered first at the beginning, and how many there are of them.
#[derive(Debug, Default)]
pub struct Waiting {
    pub first: Vec<Ticket>,
    pub count: usize,
}

/// Tickets that wait for an answer.
#[derive(Debug)]
pub struct Glance {
    pub own: Waiting,
    pub nobodys: Waiting,
    /// There are more open tickets than were looked at.
    pub is_more: bool,
}

/// The open tickets that somebody has, and those that nobody has.
pub async fn glance(context: &Context, staff: &str) -> Result<Glance, Fault> {
    let (mut own, mut nobodys, mut is_more) = (Vec::new(), Vec::new(), false);
    let mut shards = Vec::new();
    for state in [State::Open, State::Investigating] {
        for list in keys::list_shards(&lists::tickets(state)) {
            shards.push(Listed { list, after: None, limit: LOOKED_MAX, order: Order::Ascending });
        }
    }
    let looks = shards.iter().map(|oldest| context.store.places(oldest)).collect();
    for places in side_by_side(looks).await? {
        is_more |= places.len() == LOOKED_MAX as usize;
        for (key, place) in places {
            match has_ticket(&place.sort).map(|id| id == staff) {
                Some(true) => own.push((place.sort, key)),
                None => nobodys.push((place.sort, key)),
                Some(false) => {}
            }
        }
    }
    let (own_keys, nobodys_keys) = (oldest(&mut own), oldest(&mut nobodys));
    let batch = Batch::read(context, own_keys.iter().chain(&nobodys_keys).cloned().collect()).await?;
    let opened = |keys: &[Key], count: usize| -> Result<Waiting, Fault> {
        let mut first: Vec<Ticket> = Vec::new();
        for key in keys {
            first.extend(batch.get::<Ticket>(key)?);
        }
        first.sort_by_key(|ticket| (ticket.handling.due_at.is_none(), ticket.handling.due_at, ticket.began_at()));
        Ok(Waiting { first, count })
    };
    Ok(Glance { own: opened(&own_keys, own.len())?, nobodys: opened(&nobodys_keys, nobodys.len())?, is_more })
}

/// The keys of those that began first, in their order.
fn oldest(places: &mut [(String, Key)]) -> Vec<Key> {
    places.sort();
    places.iter().take(OPENED_MAX).map(|(_, key)| key.clone()).collect()
}
