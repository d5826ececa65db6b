//! Makes a ticket of a form whose sender has shown that the address is theirs, by the same fold as any help desk's.

use super::Done;
use super::ticket;
use crate::classify::fold::Folded;
use crate::context::Context;
use crate::fault::Fault;
use crate::store::{self, Attempted, Batch, Commit, keys};
use domain::ticket::Requested;

/// Folds what was confirmed, and forgets the form: a repeat finds the receipt, or nothing to fold.
pub async fn take(context: &Context, hash: &str, trace: &str) -> Result<Done, Fault> {
    let requested: Option<Requested> = store::read(context, &keys::requested(hash)).await?;
    let Some(event) = requested.as_ref().and_then(Requested::event) else { return Ok(Done::Duplicate) };
    let folded = ticket::fold(context, &event, None, trace).await?;
    store::retrying(context, || forget(context, hash)).await?;
    Ok(match folded {
        Folded::Done => Done::Folded,
        Folded::Waiting => Done::Waiting,
        Folded::Duplicate => Done::Duplicate,
    })
}

async fn forget(context: &Context, hash: &str) -> Result<Attempted<()>, Fault> {
    let key = keys::requested(hash);
    let batch = Batch::read(context, vec![key.clone()]).await?;
    let Some(mut requested) = batch.get::<Requested>(&key)? else { return Ok(Attempted::Done(())) };
    requested.forget();
    let mut commit = Commit::default();
    commit.over(&batch, &requested);
    store::attempted(commit.run(context).await, ())
}
