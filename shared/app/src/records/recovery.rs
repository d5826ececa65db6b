//! What the beginning of a recovery is judged by, read for many failed invoices at once.

use crate::context::Context;
use crate::fault::Fault;
use crate::ports::Key;
use crate::records::stage_in;
use crate::store::{Batch, keys};
use domain::book::{Head, Invoice};
use domain::classify::recovery::{Ground, claimed};
use domain::dunning::Plan;
use domain::id::AccountId;
use domain::leaving::{self, Stage};
use domain::task::Task;

/// What is known of one of them.
pub struct Recovery {
    pub head: Head,
    pub invoice: Invoice,
    standing: Option<Plan>,
    stage: Option<Stage>,
    claimed: Option<Task>,
}

impl Recovery {
    /// `writes` says whether Recoup writes to the customers of its source.
    pub fn ground(&self, writes: bool) -> Ground<'_> {
        Ground {
            head: &self.head,
            invoice: &self.invoice,
            standing: self.standing.as_ref(),
            stage: self.stage,
            claimed: self.claimed.as_ref(),
            writes,
        }
    }
}

/// Reads what a batch lacks of it.
pub async fn read(context: &Context, batch: &mut Batch, failed: &[(AccountId, String)]) -> Result<(), Fault> {
    more(context, batch, failed.iter().flat_map(|(account, invoice)| keys_of(account, invoice)).collect()).await?;
    let mut wishes = Vec::new();
    for (account, id) in failed {
        let head = batch.get::<Head>(&keys::head(account))?;
        if let Some((head, invoice)) = head.zip(batch.of::<Invoice>(&keys::invoice(account, id))?) {
            wishes.extend(leaving::wishes(&head, &invoice).map(keys::action));
        }
    }
    more(context, batch, wishes).await
}

/// What was read of one; nothing where its account or its invoice is not there.
pub fn of(batch: &Batch, account: &AccountId, id: &str) -> Result<Option<Recovery>, Fault> {
    let head = batch.get::<Head>(&keys::head(account))?;
    let Some((head, invoice)) = head.zip(batch.of::<Invoice>(&keys::invoice(account, id))?) else { return Ok(None) };
    let standing = batch.get::<Plan>(&keys::plan(account, id))?;
    let claimed = batch.get::<Task>(&keys::task(&claimed(account, id)))?;
    let stage = stage_in(batch, &head, &invoice)?;
    Ok(Some(Recovery { head, invoice, standing, stage, claimed }))
}

fn keys_of(account: &AccountId, invoice: &str) -> [Key; 4] {
    let task = keys::task(&claimed(account, invoice));
    [keys::head(account), keys::invoice(account, invoice), keys::plan(account, invoice), task]
}

async fn more(context: &Context, batch: &mut Batch, mut wanted: Vec<Key>) -> Result<(), Fault> {
    wanted.retain(|key| !batch.has(key));
    if !wanted.is_empty() {
        batch.extend(Batch::read(context, wanted).await?);
    }
    Ok(())
}
