//! Did the same person send the same words as another ticket, not long ago?

use crate::context::Context;
use crate::fault::Fault;
use crate::store::{Batch, Commit, Wrote, keys};
use crate::ticket::Laid;
use domain::ticket::{State, Ticket, same_words};
use jiff::Timestamp;

/// What there is to know of the words that a ticket came with.
#[derive(Default)]
pub struct Repeat {
    /// The ticket that it is a repeat of.
    pub first: Option<Ticket>,
    /// That it was the first itself.
    wrote: Option<Wrote>,
}

/// Looks the words up with which a ticket begins. Only its first letter can be a repeat.
pub async fn look(context: &Context, laid: &mut Laid, at: Timestamp) -> Result<Repeat, Fault> {
    let is_first = laid.before.opened_at.is_none() && laid.ticket.erased_at.is_none();
    let Some(words) = same_words(&laid.ticket).filter(|_| is_first) else { return Ok(Repeat::default()) };
    let (digest, ticket) = (keys::term_digest(&format!("wrote:{words}")), &laid.ticket);
    let key = keys::wrote(&digest);
    let (provider, source, id) = (ticket.provider.clone(), ticket.source.clone(), ticket.id.clone());
    let own = Wrote { digest, provider, source, id, at };
    laid.batch.extend(Batch::read(context, vec![key.clone()]).await?);
    let within = context.policies.tickets.current().repeats_within();
    let standing = laid.batch.get::<Wrote>(&key)?.filter(|wrote| at.duration_since(wrote.at).abs() <= within);
    let Some(standing) = standing else { return Ok(Repeat { first: None, wrote: Some(own) }) };
    let key = keys::ticket(&standing.provider, &standing.source, &standing.id);
    laid.batch.extend(Batch::read(context, vec![key.clone()]).await?);
    let first = laid.batch.get::<Ticket>(&key)?.filter(|first| {
        // What has ended is no place for somebody who asks again.
        first.handling.state != State::Resolved && first.handling.merged_into.is_none()
    });
    let wrote = if first.is_none() { Some(own) } else { None };
    Ok(Repeat { first, wrote })
}

impl Repeat {
    /// Writes that it was the first; of a repeat, on condition that the first still stands as it was read.
    pub fn put(&self, commit: &mut Commit, batch: &Batch) {
        if let Some(wrote) = &self.wrote {
            commit.over(batch, wrote);
        }
        if let Some(Ticket { provider, source, id, .. }) = &self.first {
            commit.check(batch, &keys::ticket(provider, source, id));
        }
    }
}
