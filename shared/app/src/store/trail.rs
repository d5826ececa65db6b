//! What a commit leaves behind it for good: entries in the ledger, rows of facts.

use super::{Batch, Commit, keys};
use crate::context::Context;
use crate::fault::Fault;
use domain::classify::desk::Desk;
use domain::id::AccountId;
use domain::ledger::{LedgerHead, Note};
use domain::report::fact;

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
        commit.create(&row);
    }
}
