//! What people read beside an action: whose it is, and what it rests on. It is read as a page or a message is made and
//! kept with neither action nor ledger, so that a name is the one of now and whoever was erased is gone.

use crate::context::Context;
use crate::fault::Fault;
use crate::ports::Key;
use crate::store::{Batch, keys};
use domain::action::Action;
use domain::book::{Called, Person};
use domain::case::Case;
use domain::id::AccountId;
use pages::{Beside, Names};
use std::collections::BTreeSet;

/// What customers are called, in one batch: as many small items as the page has accounts.
pub async fn names(context: &Context, accounts: BTreeSet<AccountId>) -> Result<Names, Fault> {
    if accounts.is_empty() {
        return Ok(Names::default());
    }
    named(&Batch::read(context, accounts.iter().map(keys::person).collect()).await?, &accounts)
}

/// The same of what was read with others.
pub fn named<'a>(batch: &Batch, accounts: impl IntoIterator<Item = &'a AccountId>) -> Result<Names, Fault> {
    let called = |account: &AccountId| Ok((account.clone(), called(batch, account)?));
    accounts.into_iter().map(called).collect()
}

/// What one customer is called.
pub async fn name(context: &Context, account: &AccountId) -> Result<Called, Fault> {
    called(&Batch::read(context, vec![keys::person(account)]).await?, account)
}

/// Whose an action is, and the evidence of its case.
pub async fn of(context: &Context, action: &Action) -> Result<Beside, Fault> {
    let batch = Batch::read(context, wanted(action).collect()).await?;
    read(context, &batch, action)
}

/// The same of several, in one batch: two items for each.
pub async fn of_each(context: &Context, actions: Vec<Action>) -> Result<Vec<(Action, Beside)>, Fault> {
    if actions.is_empty() {
        return Ok(Vec::new());
    }
    let batch = Batch::read(context, actions.iter().flat_map(wanted).collect()).await?;
    let with = |action: Action| -> Result<_, Fault> {
        let beside = read(context, &batch, &action)?;
        Ok((action, beside))
    };
    actions.into_iter().map(with).collect()
}

fn wanted(action: &Action) -> impl Iterator<Item = Key> {
    [keys::person(&action.account)].into_iter().chain(action.case.as_ref().map(keys::case))
}

fn read(context: &Context, batch: &Batch, action: &Action) -> Result<Beside, Fault> {
    let case = action.case.as_ref().map(|case| batch.get::<Case>(&keys::case(case))).transpose()?.flatten();
    let evidence = case.map(|case| case.evidence).unwrap_or_default();
    Ok(Beside { called: called(batch, &action.account)?, evidence, now: context.clock.now() })
}

fn called(batch: &Batch, account: &AccountId) -> Result<Called, Fault> {
    Ok(Called::of(&batch.of::<Person>(&keys::person(account))?.unwrap_or_default()))
}
