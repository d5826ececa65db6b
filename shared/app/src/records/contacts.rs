//! What changed lately of how customers are reached: shown wherever somebody decides about their money.

use crate::context::Context;
use crate::fault::Fault;
use crate::store::{Batch, keys};
use domain::book::Person;
use domain::id::AccountId;
use domain::ticket::Ticket;
use std::collections::{BTreeMap, BTreeSet};

/// What changed of a person, as people read it.
pub fn of(context: &Context, person: &Person) -> Vec<String> {
    person.contact_notices(context.policies.limits.current().contact_days, context.clock.now())
}

/// The same of the accounts that tickets are of, or may be.
pub async fn of_tickets(context: &Context, tickets: &[Ticket]) -> Result<BTreeMap<AccountId, Vec<String>>, Fault> {
    let own = tickets.iter().flat_map(|ticket| ticket.accounts.iter().chain(&ticket.handling.account));
    of_accounts(context, own.cloned().collect()).await
}

/// The same of several accounts: those of which nothing changed are not among them.
async fn of_accounts(
    context: &Context,
    accounts: BTreeSet<AccountId>,
) -> Result<BTreeMap<AccountId, Vec<String>>, Fault> {
    let mut changed = BTreeMap::new();
    if accounts.is_empty() {
        return Ok(changed);
    }
    let batch = Batch::read(context, accounts.iter().map(keys::person).collect()).await?;
    for account in accounts {
        let person = batch.of::<Person>(&keys::person(&account))?.unwrap_or_default();
        let notices = of(context, &person);
        if !notices.is_empty() {
            changed.insert(account, notices);
        }
    }
    Ok(changed)
}
