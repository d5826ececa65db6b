//! Who decides for whom while somebody is away.

use crate::context::Context;
use crate::fault::Fault;
use crate::store::{self, Batch, Commit, keys};
use crate::web::{Problem, note_fits};
use domain::approval::delegation::{Delegation, Delegations, Refused, Wish};
use domain::staff::Staff;

/// Those that stand, and those that come to stand no more.
pub async fn all(context: &Context) -> Result<Vec<Delegation>, Fault> {
    Ok(store::read::<Delegations>(context, &keys::delegations()).await?.unwrap_or_default().all)
}

pub async fn change(context: &Context, wish: &Wish, by: &Staff) -> Result<Vec<Delegation>, Problem> {
    note_fits(&wish.note)?;
    let from = wish.from.as_ref().unwrap_or(&by.id);
    let changed = store::unless_refused(context, || async {
        let who = [&by.id, from, &wish.to].map(|id| keys::staff(id));
        let batch = Batch::read(context, who.iter().cloned().chain([keys::delegations()]).collect()).await?;
        let by = batch.get::<Staff>(&who[0])?.ok_or_else(Problem::not_signed_in)?;
        let (Some(from), Some(to)) = (batch.get::<Staff>(&who[1])?, batch.get::<Staff>(&who[2])?) else {
            return Err(Problem::not_found("member of staff").into());
        };
        let mut all: Delegations = batch.get(&keys::delegations())?.unwrap_or_default();
        all.take(wish, &by, &from, &to, context.clock.now()).map_err(problem)?;
        let mut commit = Commit::default();
        commit.over(&batch, &all);
        let mut checked = who.to_vec();
        checked.sort();
        checked.dedup();
        checked.iter().for_each(|key| commit.check(&batch, key));
        Ok(store::attempted(commit.run(context).await, all.all)?)
    });
    Ok(changed.await?)
}

fn problem(refused: Refused) -> Problem {
    match refused {
        Refused::NotPermitted | Refused::GivesVoice => Problem::not_permitted(refused.to_string()),
        _ => Problem::not_possible(refused.to_string()),
    }
}
