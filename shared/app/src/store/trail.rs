//! What a commit leaves behind it for good: entries in the ledger, rows of facts.

use super::{Batch, Commit, Stored, keys};
use crate::context::Context;
use crate::fault::Fault;
use domain::cash::Received;
use domain::classify::desk::Desk;
use domain::id::AccountId;
use domain::ledger::{LedgerHead, Note};
use domain::report::fact::{self, Facts};
use domain::ticket::Ticket;

/// Appends to the ledger of the account, whose head was read.
pub fn put_notes(commit: &mut Commit, batch: &Batch, account: &AccountId, notes: Vec<Note>) -> Result<(), Fault> {
    if notes.is_empty() {
        return Ok(());
    }
    let mut head = batch.get(&keys::ledger_head(account))?.unwrap_or_else(|| LedgerHead::new(account));
    for entry in head.append(notes) {
        commit.create(&entry);
    }
    commit.over(batch, &head);
    Ok(())
}

/// Writes the difference that a commit makes to what reports count.
pub fn put_facts(commit: &mut Commit, name: &str, before: &Desk, after: &Desk, context: &Context) {
    let declines = &context.policies.declines;
    for row in fact::rows(name, &after.head.account, &before.facts(declines), &after.facts(declines)) {
        commit.note(row);
    }
}

/// Writes a ticket over what was read of it, with the difference that this makes to reports: they never part.
pub fn put_ticket(commit: &mut Commit, batch: &Batch, ticket: &Ticket) -> Result<(), Fault> {
    let key = ticket.key();
    let before = batch.get::<Ticket>(&key)?;
    commit.over(batch, ticket);
    for row in fact::ticket_rows(next_rev(batch, ticket), before.as_ref(), ticket) {
        commit.note(row);
    }
    Ok(())
}

/// The same of a payment of which a person says what it is for.
pub fn put_received(commit: &mut Commit, batch: &Batch, received: &Received) -> Result<(), Fault> {
    let before = batch.get::<Received>(&received.key())?;
    commit.over(batch, received);
    let facts = |received: Option<&Received>| -> Facts {
        received.iter().map(|received| (received.id.to_string(), fact::of_received(received))).collect()
    };
    let name = format!("{}:{}", received.id, next_rev(batch, received));
    for row in fact::rows(&name, &received.account, &facts(before.as_ref()), &facts(Some(received))) {
        commit.note(row);
    }
    Ok(())
}

fn next_rev<T: Stored>(batch: &Batch, value: &T) -> u64 {
    batch.rev(&value.key()).map_or(1, |rev| rev + 1)
}
