//! What Recoup does itself: more grace in its own recovery, and the erasure of a person.

use super::{checked, is_held, ledger_note, wait};
use crate::approval::desk::{self, Done, look_at};
use crate::context::Context;
use crate::fault::Fault;
use crate::store::trail::put_notes;
use crate::store::{self, Attempted, Batch, Commit, keys};
use crate::{privacy, records};
use domain::action::{Action, Kind, Outcome, State};
use domain::book::Head;
use domain::dunning::Plan;
use domain::id::{AccountId, ActionId};
use domain::ledger::Step;

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
        let now = context.clock.now();
        let plan = read.batch.get::<Plan>(&key)?.filter(|plan| plan.next().is_some());
        let (state, outcome, word) = match &plan {
            Some(plan) => {
                let done = Outcome::Done {
                    reference: plan.invoice.clone(),
                    status: "moved".to_owned(),
                    made_at: Some(now),
                    link: None,
                };
                (State::Executed, Some(done), "moved")
            }
            None => (State::Stale, None, "stale"),
        };
        let told = (state == State::Stale).then(|| look_at(context));
        let after = Action {
            state,
            outcome,
            ended_at: Some(now),
            look_at: told,
            confirmed_at: plan.as_ref().map(|_| now),
            ..before.clone()
        };

        // Write.
        let mut commit = Commit::default();
        desk::put(&mut commit, context, &read.batch, &head, Some(&before), &after);
        if let Some(mut plan) = plan {
            plan.postpone(*days);
            let mut head = head;
            plan.show_on(&mut head);
            commit.over(&read.batch, &plan);
            commit.over(&read.batch, &head);
        }
        let body = [("outcome", word.to_owned()), ("days", days.to_string())];
        put_notes(&mut commit, &read.batch, &after.account, vec![ledger_note(&after, Step::Outcome, now, body)])?;
        store::attempted(commit.run(context).await, Done::CarriedOut(state))
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
    if before.state == State::Executing {
        return Ok(Attempted::Done(account));
    }
    if is_held(context, &head, &before).await? {
        return Ok(wait(context, read, &head, &before).await?.map(|_| None));
    }
    let after = Action { state: State::Executing, look_at: Some(look_at(context)), ..before.clone() };
    let mut commit = Commit::default();
    desk::put(&mut commit, context, &read.batch, &head, Some(&before), &after);
    let body = [("what", "the person".to_owned()), ("kept", "invoices, payments, ledger, figures".to_owned())];
    let note = ledger_note(&after, Step::Attempted, context.clock.now(), body);
    put_notes(&mut commit, &read.batch, &after.account, vec![note])?;
    store::attempted(commit.run(context).await, account)
}

async fn erased(context: &Context, id: &ActionId) -> Result<Attempted<Done>, Fault> {
    let Some((read, before, head)) = due(context, id).await? else { return Ok(Attempted::Done(Done::NothingToDo)) };
    let now = context.clock.now();
    let reference = before.account.to_string();
    let outcome =
        Outcome::Done { reference: reference.clone(), status: "erased".to_owned(), made_at: Some(now), link: None };
    let after = Action {
        state: State::Executed,
        outcome: Some(outcome),
        ended_at: Some(now),
        look_at: None,
        confirmed_at: Some(now),
        ..before.clone()
    };
    let mut commit = Commit::default();
    desk::put(&mut commit, context, &read.batch, &head, Some(&before), &after);
    let body = [("outcome", "erased".to_owned()), ("reference", reference)];
    put_notes(&mut commit, &read.batch, &after.account, vec![ledger_note(&after, Step::Outcome, now, body)])?;
    store::attempted(commit.run(context).await, Done::CarriedOut(State::Executed))
}

/// An action that is approved, or begun and not ended, with what it is about.
async fn due(context: &Context, id: &ActionId) -> Result<Option<(records::Read, Action, Head)>, Fault> {
    let read = records::read(context, id).await?;
    let action = read.action.clone().filter(|action| matches!(action.state, State::Approved | State::Executing));
    Ok(action.zip(read.head.clone()).map(|(action, head)| (read, action, head)))
}
