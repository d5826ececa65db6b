//! The views of lists that somebody keeps for themselves.

use crate::context::Context;
use crate::fault::Fault;
use crate::store::{self, Batch, Commit, keys};
use crate::web::Problem;
use domain::staff::{NotKept, Views};

/// Those of one person.
pub async fn of(context: &Context, staff: &str) -> Result<Views, Fault> {
    Ok(store::read(context, &keys::views(staff)).await?.unwrap_or_else(|| Views::new(staff)))
}

pub async fn keep(context: &Context, staff: &str, name: &str, address: &str) -> Result<(), Problem> {
    change(context, staff, |views| views.keep(name, address)).await
}

pub async fn forget(context: &Context, staff: &str, name: &str, list: &str) -> Result<(), Problem> {
    change(context, staff, |views| {
        views.forget(name, list);
        Ok(())
    })
    .await
}

async fn change(
    context: &Context,
    staff: &str,
    change: impl Fn(&mut Views) -> Result<(), NotKept>,
) -> Result<(), Problem> {
    let (key, change) = (keys::views(staff), &change);
    let changed = store::unless_refused(context, || async {
        let batch = Batch::read(context, vec![key.clone()]).await?;
        let mut views: Views = batch.get(&key)?.unwrap_or_else(|| Views::new(staff));
        change(&mut views).map_err(|refused| Problem::not_possible(refused.to_string()))?;
        let mut commit = Commit::default();
        commit.over(&batch, &views);
        Ok(store::attempted(commit.run(context).await, ())?)
    });
    Ok(changed.await?)
}
