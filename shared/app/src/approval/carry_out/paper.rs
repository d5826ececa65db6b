//! Makes our own tax document: its number, itself and the outcome are one commit, so that no number is missing and none
//! is given twice. No provider is called.

use super::customer::{is_told, shown};
use super::{Next, checked, ledger_note, outcome};
use crate::approval::writing;
use crate::context::Context;
use crate::fault::Fault;
use crate::outgoing;
use crate::records::Read;
use crate::records::paper::Paper;
use crate::store::trail::put_notes;
use crate::store::{self, Attempted, Commit};
use domain::action::{Action, Kind, Outcome, Sent};
use domain::book::Head;
use domain::ledger::Step;

/// The document that an action sends, where it is ours.
pub fn of<'a>(read: &'a Read, action: &Action) -> Option<&'a Paper> {
    let Kind::TaxInvoice { invoice } = &action.kind else { return None };
    read.filing.get(invoice)
}

/// Makes it, or finds the one that there is; either is sent next.
pub async fn file(context: &Context, mut read: Read, head: &Head, action: Action) -> Result<Attempted<Next>, Fault> {
    let Some(paper) = of(&read, &action) else { return Ok(Attempted::Done(Next::Nothing)) };
    let (number, word) = (paper.filed.document.number.clone(), paper.word());

    // Decide.
    let at = writing::moment(context);
    let before = checked(context, action).await?.into_inner();
    let mut after = before.clone();
    let link = Some(format!("{}/documents/{number}", context.settings.base_url));
    after
        .done(Outcome::Done { reference: number.clone(), status: word.to_owned(), made_at: Some(at.now), link }, at)?;
    after.confirmed(at.now)?;
    after.told.customer = is_told(&after).then_some(Sent::Sending);
    let shown = shown(context, head, &after, at.now);
    let lines = writing::told(context, &mut read.batch, head, &before, &after).await?;

    // Write.
    let mut commit = Commit::default();
    writing::put(&mut commit, context, &read.batch, head, Some(&before), &after);
    outgoing::put(&mut commit, &read.batch, &lines);
    outcome::head_after(&mut commit, &read, (head, &shown), &after, false);
    if let Some(paper) = of(&read, &after) {
        paper.put(&mut commit, &read.batch);
    }
    let body = [("outcome", word.to_owned()), ("document", number)];
    put_notes(&mut commit, &read.batch, &after.account, vec![ledger_note(&after, Step::Outcome, at.now, body)])?;
    store::attempted(commit.run(context).await, Next::Filed(after))
}
