//! The companies of ours that sell: who makes their invoices, with which numbers, and through which sources they sell.

use super::sources::is_name;
use crate::context::Context;
use crate::fault::Fault;
use crate::store::trail::put_notes;
use crate::store::{self, Attempted, Batch, Commit, keys};
use crate::web::{Failed, Problem};
use domain::document::{Beside, Entities, EntityWish, KeptEntity, NotKept, Series};
use domain::id::AccountId;
use domain::staff::Staff;

/// What somebody wants.
#[derive(Clone, Copy)]
enum Change<'a> {
    Keep(&'a EntityWish),
    Remove(&'a str),
}

pub async fn all(context: &Context) -> Result<Entities, Fault> {
    Ok(store::read(context, &keys::entities()).await?.unwrap_or_default())
}

/// Adds one, or changes it.
pub async fn keep(context: &Context, wish: &EntityWish, staff: &Staff) -> Result<KeptEntity, Problem> {
    for name in &wish.sources {
        let named = name.split_once('/').filter(|(provider, source)| {
            let is_billing = providers::named(provider).is_some_and(|provider| provider.api.is_some());
            is_billing && is_name(source)
        });
        if named.is_none() {
            let shown: String = name.chars().take(80).collect();
            return Err(Problem::not_possible(format!("`{shown}` is no source: it is written stripe/default")));
        }
    }
    let entities = store::unless_refused(context, || changed(context, Change::Keep(wish), staff)).await?;
    let kept = entities.get(&wish.entity.id).cloned();
    kept.ok_or_else(|| problem(&NotKept::Unknown(wish.entity.id.clone())))
}

/// Takes one away that has no documents.
pub async fn remove(context: &Context, id: &str, staff: &Staff) -> Result<(), Problem> {
    store::unless_refused(context, || changed(context, Change::Remove(id), staff)).await?;
    Ok(())
}

async fn changed(context: &Context, change: Change<'_>, staff: &Staff) -> Result<Attempted<Entities>, Failed> {
    // Read.
    let id = match change {
        Change::Keep(wish) => wish.entity.id.as_str(),
        Change::Remove(id) => id,
    };
    if !is_name(id) {
        return Err(problem(&NotKept::NoId).into());
    }
    let (own, who, numbers) = (keys::entities(), keys::staff(&staff.id), keys::series(id));
    let ledger = AccountId::of_setup();
    let wanted = vec![own.clone(), who.clone(), numbers.clone(), keys::ledger_head(&ledger)];
    let batch = Batch::read(context, wanted).await?;
    let staff = batch.get::<Staff>(&who)?.ok_or_else(Problem::not_signed_in)?;
    let mut entities = batch.get::<Entities>(&own)?.unwrap_or_default();

    // Decide.
    let beside = Beside {
        policy: context.policies.documents.current(),
        merchants: &context.policies.playbooks.current().merchants_of_record,
        has_documents: batch.get::<Series>(&numbers)?.is_some(),
        now: context.clock.now(),
    };
    let note = match change {
        Change::Keep(wish) => entities.keep(wish, &staff, beside),
        Change::Remove(id) => entities.remove(id, &staff, beside),
    };
    let note = note.map_err(|refused| problem(&refused))?;

    // Write.
    let mut commit = Commit::default();
    commit.over(&batch, &entities);
    put_notes(&mut commit, &batch, &ledger, vec![note])?;
    // The first number may be given at this moment.
    commit.check(&batch, &numbers);
    commit.check(&batch, &who);
    Ok(store::attempted(commit.run(context).await, entities)?)
}

fn problem(refused: &NotKept) -> Problem {
    let said = refused.to_string();
    match refused {
        NotKept::Role => Problem::not_permitted(said),
        NotKept::Unknown(_) => Problem::not_found("legal entity"),
        NotKept::NoId => Problem::malformed(said),
        _ => Problem::not_possible(said),
    }
}
