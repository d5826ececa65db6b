//! What may have happened to a try of a recovery since it was begun, and before its recovery looks again: its customer
//! wants to leave, or an incident has begun.

use crate::context::Context;
use crate::fault::Fault;
use crate::ports::Key;
use crate::records::{self, Read};
use crate::store::keys;
use domain::action::{Action, Kind};
use domain::book::{Head, Invoice, Touched};
use domain::incident::Watch;
use domain::leaving;

/// The invoice that a rule lets be tried. What people ask for is theirs.
fn tried<'a>(action: &Action, records: &'a Touched) -> Option<&'a Invoice> {
    action.by_rule()?;
    match &action.kind {
        Kind::RetryPayment { invoice, .. } => records.invoices.get(invoice),
        _ => None,
    }
}

/// The wishes to leave what is tried.
pub fn wishes(action: &Action, head: &Head, records: &Touched) -> Vec<Key> {
    let Some(invoice) = tried(action, records) else { return Vec::new() };
    leaving::wishes(head, invoice).map(keys::action).collect()
}

/// What is known of its source as a whole. No commit checks that: all tries of a source would be in each other's way.
pub fn watch(action: &Action, head: &Head, records: &Touched) -> Option<Key> {
    tried(action, records).map(|_| keys::watch(&head.provider, &head.source))
}

/// Whether its customer wants to leave, or has left.
pub fn is_leaving(read: &Read, action: &Action, head: &Head) -> Result<bool, Fault> {
    match tried(action, &read.records) {
        Some(invoice) => Ok(records::stage_in(&read.batch, head, invoice)?.is_some()),
        None => Ok(false),
    }
}

/// Whether an incident lasts that it belongs to.
pub fn has_incident(context: &Context, read: &Read, action: &Action, head: &Head) -> Result<bool, Fault> {
    let Some(invoice) = tried(action, &read.records) else { return Ok(false) };
    let Some(watch) = read.batch.get::<Watch>(&keys::watch(&head.provider, &head.source))? else { return Ok(false) };
    let policies = &context.policies;
    let concerning = watch.concerning(invoice, head, &policies.declines, policies.incidents.current());
    Ok(concerning.is_some_and(|line| line.ended_at.is_none()))
}
