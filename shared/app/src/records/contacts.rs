//! What changed lately of how customers are reached: shown wherever somebody decides about their money.

use crate::context::Context;
use crate::fault::Fault;
use crate::store::{Batch, keys};
use domain::book::Person;
use domain::id::AccountId;
use std::collections::{BTreeMap, BTreeSet};

/// What changed of a person, as people read it.
pub fn of(context: &Context, person: &Person) -> Vec<String> {
    person.contact_notices(context.policies.limits.current().contact_days, context.clock.now())
}

/// The same of several accounts: those of which nothing changed are not among them.
pub async fn of_accounts(
    context: &Context,
    accounts: BTreeSet<AccountId>,
) -> Result<BTreeMap<AccountId, Vec<String>>, Fault> {
    let batch = Batch::read(context, accounts.iter().map(keys::person).collect()).await?;
    let mut changed = BTreeMap::new();
    for account in accounts {
        let person = batch.of::<Person>(&keys::person(&account))?.unwrap_or_default();
        let notices = of(context, &person);
        if !notices.is_empty() {
            changed.insert(account, notices);
        }
    }
    Ok(changed)
}
