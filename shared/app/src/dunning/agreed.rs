//! The task of whoever agrees to a letter of the ladder. That it is done sends the letter; that it is dropped leaves it
//! out.

use crate::context::Context;
use crate::fault::Fault;
use crate::ports::Key;
use crate::store::{Batch, keys};
use crate::web::{Failed, Problem};
use domain::ageing::Climb;
use domain::id::AccountId;
use domain::ledger::Note;
use domain::staff::{MACHINE, Role, Staff};
use domain::task::{About, Change, Task};
use http::StatusCode;
use jiff::Timestamp;

/// Where the task about an invoice lies: each rung takes it over.
pub fn key(account: &AccountId, invoice: &str) -> Key {
    let about = About::Letter { invoice: invoice.to_owned(), bucket: String::new(), needs: Role::Vp };
    keys::task(&about.task(account))
}

/// The task as it ends, where no letter waits for anybody any more.
pub fn given_up(batch: &Batch, climb: &Climb, now: Timestamp) -> Result<Option<Task>, Fault> {
    if climb.way.awaits_word().is_some() {
        return Ok(None);
    }
    let task = batch.get::<Task>(&key(&climb.way.account, &climb.way.invoice))?;
    Ok(task.and_then(|task| task.ended(false, MACHINE, "nothing waits for it any more", now)))
}

/// Reads the way up the ladder whose letter somebody decides about, and what is written down for good.
pub async fn read(context: &Context, batch: &mut Batch, task: &Task, word: &Change) -> Result<Option<Climb>, Fault> {
    let (About::Letter { invoice, .. }, Some(_)) = (&task.about, word.done) else { return Ok(None) };
    let own = keys::climb(&task.account, invoice);
    batch.extend(Batch::read(context, vec![own.clone(), keys::ledger_head(&task.account)]).await?);
    batch.get::<Climb>(&own)
}

/// What somebody says of the letter: it leaves with the next ring of its alarm, or is left out.
pub fn take(climb: Option<Climb>, word: &Change, by: &Staff, now: Timestamp) -> Result<Option<(Climb, Note)>, Failed> {
    let (Some(mut climb), Some(sends)) = (climb, word.done) else { return Ok(None) };
    if !climb.way.take_word(sends, &by.name, now) {
        // That nothing is sent is so already.
        let message = "nothing waits for it any more: the invoice was paid, or its way up the ladder has ended";
        let gone = || Problem::new(StatusCode::CONFLICT, "already_over", message);
        return if sends { Err(gone().into()) } else { Ok(None) };
    }
    let said = if sends { "send" } else { "skip" };
    let body = [("word", said.to_owned()), ("invoice", climb.way.invoice.clone()), ("role", by.role.name().to_owned())];
    let note = Note::of_recovery(now, &by.id, body);
    Ok(Some((climb, note)))
}
