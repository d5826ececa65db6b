//! Does what was approved still wait for the API key of a source? Each action says itself whether it does.

use crate::context::Context;
use crate::fault::Fault;
use crate::store::{Batch, keys, read};
use domain::action::Action;
use domain::id::ActionId;
use domain::source::{Locked, Source};
use std::collections::BTreeSet;

/// That approved actions wait for a source's API key, while they do.
pub async fn find(context: &Context, provider: &str, source: &str) -> Result<Option<Locked>, Fault> {
    let Some(locked) = read::<Locked>(context, &keys::locked(provider, source)).await? else { return Ok(None) };
    let is_so = locked.is_so(&still(context, &locked).await?, context.clock.now());
    Ok(is_so.then_some(locked))
}

/// The same of each source.
pub async fn of_each(context: &Context, sources: Vec<Source>) -> Result<Vec<(Source, Option<Locked>)>, Fault> {
    let key = |it: &Source| keys::locked(&it.provider, &it.source);
    let batch = Batch::read(context, sources.iter().map(key).collect()).await?;
    let mut each = Vec::new();
    for source in sources {
        let mut locked = batch.get::<Locked>(&key(&source))?;
        if let Some(noted) = &locked
            && !noted.is_so(&still(context, noted).await?, context.clock.now())
        {
            locked = None;
        }
        each.push((source, locked));
    }
    Ok(each)
}

/// Those of the named actions that wait for the key to this moment.
pub async fn still(context: &Context, locked: &Locked) -> Result<BTreeSet<ActionId>, Fault> {
    let batch = Batch::read(context, locked.waiting.iter().map(keys::action).collect()).await?;
    let mut still = BTreeSet::new();
    for id in &locked.waiting {
        if batch.get::<Action>(&keys::action(id))?.is_some_and(|action| action.waits_for_key()) {
            still.insert(id.clone());
        }
    }
    Ok(still)
}
