//! Which pages may show an account within a frame.

use crate::context::Context;
use crate::fault::Fault;
use crate::store::trail::put_notes;
use crate::store::{self, Batch, Commit, keys};
use crate::web::Problem;
use domain::id::AccountId;
use domain::ledger::Note;
use domain::staff::{Embeds, NotAllowed, Origins, Staff};

pub async fn all(context: &Context) -> Result<Embeds, Fault> {
    Ok(store::read(context, &keys::embeds()).await?.unwrap_or_default())
}

/// Allows these and no others.
pub async fn allow(context: &Context, wish: &Origins, staff: &Staff) -> Result<Embeds, Problem> {
    let (own, who, ledger) = (keys::embeds(), keys::staff(&staff.id), AccountId::of_setup());
    let allowed = store::unless_refused(context, || async {
        // Read.
        let batch = Batch::read(context, vec![own.clone(), who.clone(), keys::ledger_head(&ledger)]).await?;
        let staff = batch.get::<Staff>(&who)?.ok_or_else(Problem::not_signed_in)?;
        let mut embeds = batch.get::<Embeds>(&own)?.unwrap_or_default();

        // Decide.
        let now = context.clock.now();
        embeds.allow(wish, &staff, now).map_err(|refused| problem(&refused))?;
        let body = [("what", "embeds".to_owned()), ("origins", embeds.ancestors())];
        let note = Note::of_setup(now, &staff.id, body);

        // Write.
        let mut commit = Commit::default();
        commit.over(&batch, &embeds);
        put_notes(&mut commit, &batch, &ledger, vec![note])?;
        commit.check(&batch, &who);
        Ok(store::attempted(commit.run(context).await, embeds)?)
    });
    Ok(allowed.await?)
}

fn problem(refused: &NotAllowed) -> Problem {
    match refused {
        NotAllowed::Role => Problem::not_permitted(refused.to_string()),
        NotAllowed::TooMany | NotAllowed::Origin(_) => Problem::not_possible(refused.to_string()),
    }
}
