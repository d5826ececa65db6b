//! How customers are called where several are shown: read together, in one batch.

use crate::context::Context;
use crate::fault::Fault;
use crate::ports::Key;
use crate::store::{Batch, keys};
use ::pages::Names;
use domain::book::{Head, Person};
use domain::id::AccountId;
use std::collections::BTreeSet;

/// Where it lies how an account is called.
pub(super) fn keys_of(account: &AccountId) -> [Key; 2] {
    [keys::person(account), keys::head(account)]
}

/// How accounts are called: by their people, or else by the provider's id.
pub(super) async fn read<'a>(context: &Context, accounts: impl Iterator<Item = &'a AccountId>) -> Result<Names, Fault> {
    let accounts: BTreeSet<&AccountId> = accounts.collect();
    if accounts.is_empty() {
        return Ok(Names::new());
    }
    let batch = Batch::read(context, accounts.iter().flat_map(|account| keys_of(account)).collect()).await?;
    of(&batch, accounts)
}

/// The same of what was read with others.
pub(super) fn of<'a>(batch: &Batch, accounts: impl IntoIterator<Item = &'a AccountId>) -> Result<Names, Fault> {
    let mut names = Names::new();
    for account in accounts {
        let [person, head] = keys_of(account);
        let person = batch.of::<Person>(&person)?.unwrap_or_default();
        let name = match person.name.value() {
            Some(name) => Some(name.clone()),
            None => batch.get::<Head>(&head)?.map(|head| head.customer),
        };
        names.insert(account.clone(), name.unwrap_or_else(|| account.to_string()));
    }
    Ok(names)
}
