//! What Recoup does itself: more grace in its own recovery, and the erasure of a person.

use super::{checked, is_held, ledger_note, wait};
use crate::approval::writing::{self, Done};
use crate::context::Context;
use crate::fault::Fault;
use crate::outgoing;
use crate::store::trail::put_notes;
use crate::store::{self, Attempted, Batch, Commit, keys};
use crate::{privacy, records};
use domain::action::{Action, Kind, Outcome, State};
use domain::book::Head;
use domain::dunning::Plan;
use domain::id::{AccountId, ActionId};
use domain::ledger::Step;
use domain::outgoing::{changes, executed};

/// Moves the waiting steps of a recovery: one commit, so it is done once.
pub async fn extend_grace(context: &Context, id: &ActionId) -> Result<Done, Fault> {
    store::retrying(context, || async {
        // Read.
        let Some((mut read, before, head)) = due(context, id).await? else {
            return Ok(Attempted::Done(Done::NothingToDo));
        };
        let Kind::ExtendGrace { invoice, days } = &before.kind else { return Ok(Attempted::Done(Done::NothingToDo)) };
        let key = keys::plan(&before.account, invoice);
        read.batch.extend(Batch::read(context, vec![key.clone()]).await?);

        // Decide.
        checked(context, before.clone()).await?;
        if is_held(context, &head, &before).await? {
            return Ok(wait(context, read, &head, &before).await?.map(|_| Done::NothingToDo));
        }
        let at = writing::moment(context);
        let mut plan = read.batch.get::<Plan>(&key)?;
        plan.iter_mut().for_each(|plan| plan.heed(&head));
        let plan = plan.filter(|plan| plan.next().is_some());
        let mut after = before.clone();
        let word = match &plan {
            Some(plan) => {
                let (reference, status) = (plan.invoice.clone(), "moved".to_owned());
                after.done(Outcome::Done { reference, status, made_at: Some(at.now), link: None }, at)?;
                after.confirmed(at.now)?;
                "moved"
            }
            None => {
                after.overtaken(at)?;
                "stale"
            }
        };

        let plan = plan.map(|mut plan| {
            plan.postpone(*days);
            plan
        });
        let mut shown = head.clone();
        records::running::show(context, &mut shown, plan.as_slice()).await?;
        let events = changes(&head, &shown, at.now).into_iter().chain(executed(&head, Some(&before), &after, at.now));
        let lines = outgoing::lines(context, &mut read.batch, &before.account, events.collect()).await?;

        // Write.
        let mut commit = Commit::default();
        writing::put(&mut commit, context, &read.batch, &head, Some(&before), &after);
        outgoing::put(&mut commit, &read.batch, &lines);
        if let Some(plan) = &plan {
            commit.over(&read.batch, plan);
            commit.over(&read.batch, &shown);
        }
        let body = [("outcome", word.to_owned()), ("days", days.to_string())];
        put_notes(&mut commit, &read.batch, &after.account, vec![ledger_note(&after, Step::Outcome, at.now, body)])?;
        store::attempted(commit.run(context).await, Done::CarriedOut(after.state()))
    })
    .await
}

/// Erases the person; the ledger says that it was begun, so that nobody withdraws what is half done.
pub async fn erase_person(context: &Context, id: &ActionId) -> Result<Done, Fault> {
    let begun = store::retrying(context, || begin(context, id)).await?;
    let Some(account) = begun else { return Ok(Done::NothingToDo) };
    privacy::erase(context, &account).await?;
    store::retrying(context, || erased(context, id)).await
}

async fn begin(context: &Context, id: &ActionId) -> Result<Attempted<Option<AccountId>>, Fault> {
    let Some((read, before, head)) = due(context, id).await? else { return Ok(Attempted::Done(None)) };
    checked(context, before.clone()).await?;
    let account = Some(before.account.clone());
    if before.state() == State::Executing {
        return Ok(Attempted::Done(account));
    }
    if is_held(context, &head, &before).await? {
        return Ok(wait(context, read, &head, &before).await?.map(|_| None));
    }
    let mut after = before.clone();
    after.begun(writing::moment(context).again)?;
    let mut commit = Commit::default();
    writing::put(&mut commit, context, &read.batch, &head, Some(&before), &after);
    let body = [("what", "the person".to_owned()), ("kept", "invoices, payments, ledger, figures".to_owned())];
    let note = ledger_note(&after, Step::Attempted, context.clock.now(), body);
    put_notes(&mut commit, &read.batch, &after.account, vec![note])?;
    store::attempted(commit.run(context).await, account)
}

async fn erased(context: &Context, id: &ActionId) -> Result<Attempted<Done>, Fault> {
    let Some((mut read, before, head)) = due(context, id).await? else { return Ok(Attempted::Done(Done::NothingToDo)) };
    let at = writing::moment(context);
    let (reference, status) = (before.account.to_string(), "erased".to_owned());
    let mut after = before.clone();
    after.done(Outcome::Done { reference: reference.clone(), status, made_at: Some(at.now), link: None }, at)?;
    after.confirmed(at.now)?;
    let lines = writing::told(context, &mut read.batch, &head, &before, &after).await?;
    let mut commit = Commit::default();
    writing::put(&mut commit, context, &read.batch, &head, Some(&before), &after);
    outgoing::put(&mut commit, &read.batch, &lines);
    let body = [("outcome", "erased".to_owned()), ("reference", reference)];
    put_notes(&mut commit, &read.batch, &after.account, vec![ledger_note(&after, Step::Outcome, at.now, body)])?;
    store::attempted(commit.run(context).await, Done::CarriedOut(State::Executed))
}

/// An action that is approved, or begun and not ended, with what it is about.
async fn due(context: &Context, id: &ActionId) -> Result<Option<(records::Read, Action, Head)>, Fault> {
    let read = records::read(context, id).await?;
    let action = read.action.clone().filter(|action| matches!(action.state(), State::Approved | State::Executing));
    Ok(action.zip(read.head.clone()).map(|(action, head)| (read, action, head)))
}
