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
use domain::staff::{MACHINE, Staff, is_id};
use pages::{Beside, Names};
use std::collections::BTreeSet;

/// What customers are called, in one batch: as many small items as the page has accounts.
pub async fn names(context: &Context, accounts: BTreeSet<AccountId>) -> Result<Names, Fault> {
    if accounts.is_empty() {
        return Ok(Names::default());
    }
    named(&Batch::read(context, accounts.iter().map(keys::person).collect()).await?, &accounts)
}

/// The same with colleagues by their ids: one item more for each.
pub async fn names_with(
    context: &Context,
    accounts: BTreeSet<AccountId>,
    staff: BTreeSet<String>,
) -> Result<Names, Fault> {
    let own: Vec<Key> = accounts.iter().map(keys::person).chain(keys_of(&staff)).collect();
    if own.is_empty() {
        return Ok(Names::default());
    }
    let batch = Batch::read(context, own).await?;
    Ok(named(&batch, &accounts)?.with(colleagues(&batch, &staff)?))
}

/// Where those lie of some ids that are somebody's.
pub fn keys_of(staff: &BTreeSet<String>) -> impl Iterator<Item = Key> {
    staff.iter().filter(|id| is_somebodys(id)).map(|id| keys::staff(id))
}

fn is_somebodys(id: &str) -> bool {
    id != MACHINE && is_id(id)
}

/// Their names, of what was read there.
pub fn colleagues(batch: &Batch, staff: &BTreeSet<String>) -> Result<Vec<(String, String)>, Fault> {
    let mut found = Vec::new();
    for id in staff.iter().filter(|id| is_somebodys(id)) {
        found.extend(batch.get::<Staff>(&keys::staff(id))?.map(|staff| (staff.id, staff.name)));
    }
    Ok(found)
}

/// What those are called who were read already.
pub fn called(staff: &[Staff]) -> impl Iterator<Item = (String, String)> {
    staff.iter().map(|one| (one.id.clone(), one.name.clone()))
}

/// What customers are called, of what was read with others.
pub fn named<'a>(batch: &Batch, accounts: impl IntoIterator<Item = &'a AccountId>) -> Result<Names, Fault> {
    let called = |account: &AccountId| Ok((account.clone(), whose(batch, account)?));
    accounts.into_iter().map(called).collect()
}

/// What one customer is called.
pub async fn name(context: &Context, account: &AccountId) -> Result<Called, Fault> {
    whose(&Batch::read(context, vec![keys::person(account)]).await?, account)
}

/// Whose an action is, the evidence of its case, and those who asked and decided.
pub async fn of(context: &Context, action: &Action) -> Result<Beside, Fault> {
    let batch = Batch::read(context, wanted(action).collect()).await?;
    read(context, &batch, action)
}

/// The same of several, in one batch: three items for each that nobody has decided about yet.
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
    let staff: Vec<Key> = keys_of(&people(action)).collect();
    [keys::person(&action.account)].into_iter().chain(action.case.as_ref().map(keys::case)).chain(staff)
}

/// Those who had to do with it.
pub fn people(action: &Action) -> BTreeSet<String> {
    let votes = action.votes().iter().flat_map(|vote| [Some(&vote.by), vote.in_place_of.as_ref()]);
    votes.flatten().chain([&action.requested_by]).cloned().chain(action.found_by().map(str::to_owned)).collect()
}

fn read(context: &Context, batch: &Batch, action: &Action) -> Result<Beside, Fault> {
    let case = action.case.as_ref().map(|case| batch.get::<Case>(&keys::case(case))).transpose()?.flatten();
    let evidence = case.map(|case| case.evidence).unwrap_or_default();
    let names = Names::default().with(colleagues(batch, &people(action))?);
    Ok(Beside { called: whose(batch, &action.account)?, names, evidence, now: context.clock.now() })
}

fn whose(batch: &Batch, account: &AccountId) -> Result<Called, Fault> {
    Ok(Called::of(&batch.of::<Person>(&keys::person(account))?.unwrap_or_default()))
}
