//! How customers are called, of what was read with others.

use crate::fault::Fault;
use crate::records::beside;
use crate::store::Batch;
use ::pages::Names;
use domain::id::AccountId;

pub(super) fn of<'a>(batch: &Batch, accounts: impl IntoIterator<Item = &'a AccountId>) -> Result<Names, Fault> {
    let called = |account: &AccountId| Ok((account.clone(), beside::called(batch, account)?));
    accounts.into_iter().map(called).collect()
}
