//! What Recoup does itself: more grace in its own recovery, the erasure of a person, and the links that customers are sent.

use super::{checked, is_held, ledger_note, wait};
use crate::approval::{Done, desk, look_at};
use crate::book::put_notes;
use crate::context::Context;
use crate::dunning::line_of;
use crate::fault::Fault;
use crate::ports::{Channel, Letter, Unsent};
use crate::privacy;
use crate::stop;
use crate::store::{self, Attempted, Batch, Commit, Of, keys};
use domain::action::{Action, Kind, Outcome, Sent, State};
use domain::book::{Head, Person};
use domain::dunning::Plan;
use domain::id::{AccountId, ActionId};
use domain::ledger::Step;
use std::collections::BTreeMap;

/// Moves the waiting steps of a recovery: one commit, so it is done once.
pub async fn extend_grace(context: &Context, id: &ActionId) -> Result<Done, Fault> {
    store::retrying(context, || async {
        // Read.
        let Some((mut read, before, head)) = due(context, id).await? else { return Ok(Attempted::Done(Done::NothingToDo)) };
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
                let done = Outcome::Done { reference: plan.invoice.clone(), status: "moved".to_owned(), made_at: Some(now), link: None };
                (State::Executed, Some(done), "moved")
            }
            None => (State::Stale, None, "stale"),
        };
        let told = (state == State::Stale).then(|| look_at(context));
        let after =
            Action { state, outcome, ended_at: Some(now), look_at: told, confirmed_at: plan.as_ref().map(|_| now), ..before.clone() };

        // Write.
        let mut commit = Commit::default();
        desk::put(&mut commit, context, &read.batch, &head, Some(&before), &after);
        if let Some(mut plan) = plan {
            plan.postpone(*days);
            let mut head = head;
            head.dunning.extend(line_of(&plan).map(|line| (plan.invoice.clone(), line)));
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
    // Nothing leaves, so a source that only observes has no say.
    if stop::holds(context, &head, None, Some(before.kind.name())).await? {
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
    let outcome = Outcome::Done { reference: reference.clone(), status: "erased".to_owned(), made_at: Some(now), link: None };
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
async fn due(context: &Context, id: &ActionId) -> Result<Option<(desk::Read, Action, Head)>, Fault> {
    let read = desk::read(context, id).await?;
    let action = read.action.clone().filter(|action| matches!(action.state, State::Approved | State::Executing));
    Ok(action.zip(read.head.clone()).map(|(action, head)| (read, action, head)))
}

/// Sends the customer the link that an action made, at most once: its action was stored as being sent before.
pub async fn send_link(context: &Context, action: &Action, head: &Head) -> Result<(), Fault> {
    let Some(Outcome::Done { link: Some(link), .. }) = &action.outcome else { return Ok(()) };
    let person: Option<Of<Person>> = store::read(context, &keys::person(&action.account)).await?;
    let person = person.map(|of| of.value).unwrap_or_default();
    let sent = match person.email.value() {
        None => Sent::NoAddress,
        Some(to) => match context.post.send(&letter(context, action, head, &person, to, link)).await {
            Ok(_) => Sent::Sent,
            Err(Unsent::NotSent(reason)) => {
                tracing::warn!(action.id = %action.id, reason, "the link could not be sent; staff see it on the action's page");
                Sent::Refused
            }
            // It stays as being sent: nobody knows.
            Err(Unsent::Unknown(_)) => return Ok(()),
        },
    };
    store::retrying(context, || async {
        let read = desk::read(context, &action.id).await?;
        let (Some(before), Some(head)) = (read.action.clone(), read.head.clone()) else { return Ok(Attempted::Done(())) };
        let mut after = before.clone();
        after.told.link = Some(sent);
        let mut commit = Commit::default();
        desk::put(&mut commit, context, &read.batch, &head, Some(&before), &after);
        store::attempted(commit.run(context).await, ())
    })
    .await
}

fn letter(context: &Context, action: &Action, head: &Head, person: &Person, to: &str, link: &str) -> Letter {
    let (text, amount) = match &action.kind {
        Kind::PaymentLink { amount, .. } => ("link_to_pay", *amount),
        Kind::ResendInvoice { .. } => ("link_to_invoice", None),
        Kind::TaxInvoice { .. } => ("link_to_tax_invoice", None),
        _ => ("link_to_payment_method", None),
    };
    let invoice = action.kind.target().id().unwrap_or_default();
    let number = head.book.invoices.iter().find(|line| line.invoice == invoice).and_then(|line| line.number.clone());
    let values = BTreeMap::from([
        ("name", person.name.value().cloned().unwrap_or_default()),
        ("amount", amount.map(|amount| amount.to_string()).unwrap_or_default()),
        ("invoice", number.unwrap_or(invoice)),
        ("link", link.to_owned()),
    ]);
    let (subject, body) = context.policies.texts.current().text(text).map(|text| text.fill(&values)).unwrap_or_default();
    let html = pages::mail(&body);
    Letter {
        id: format!("link_{}", action.id),
        channel: Channel::Mail,
        to: to.to_owned(),
        subject,
        text: body,
        html,
        links: vec![link.to_owned()],
        blocks: None,
    }
}
