//! What a person says of an action that was left to them: it was done by hand, or it was not and will not be.

use super::{tell, unseen, writing};
use crate::context::Context;
use crate::outgoing;
use crate::records::{self, Read};
use crate::store::trail::put_notes;
use crate::store::{self, Attempted, Batch, Commit, keys};
use crate::task;
use crate::ticket::put_act;
use crate::web::{Failed, Problem, note_fits, reference_fits};
use domain::action::{Action, BY_HAND, Outcome, State};
use domain::book::Head;
use domain::id::ActionId;
use domain::ledger::{Note, Step};
use domain::staff::Staff;
use domain::task::About;
use serde::Deserialize;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ByHand {
    pub done: bool,
    /// The provider's id of what was done.
    #[serde(default)]
    pub reference: String,
    #[serde(default)]
    pub note: String,
}

pub async fn settle(context: &Context, id: &ActionId, word: &ByHand, staff: &Staff) -> Result<Action, Problem> {
    word.fits()?;
    let action = store::unless_refused(context, || once(context, id, word, staff)).await?;
    if action.is_unseen()
        && let Err(fault) = unseen::look_for(context, &action).await
    {
        tracing::warn!(action.id = %action.id, fault = %fault, "what was given back by hand is looked for when its alarm rings");
    }
    if action.owes().is_some()
        && let Err(fault) = tell::go(context, &action).await
    {
        tracing::warn!(action.id = %action.id, fault = %fault, "what follows from the cancellation waits for its alarm");
    }
    if let Some(bundle) = &action.bundle
        && let Err(fault) = tell::go_on(context, bundle, &action.trace).await
    {
        tracing::warn!(action.id = %action.id, fault = %fault, "the bundle waits for its alarm");
    }
    Ok(action)
}

/// Takes back the word that money was given back by hand: it was not, so that it is free again.
pub async fn not_made(context: &Context, id: &ActionId, word: &ByHand, staff: &Staff) -> Result<Action, Problem> {
    word.fits()?;
    Ok(store::unless_refused(context, || unmade(context, id, word, staff)).await?)
}

/// Takes the word that what somebody gave back by hand is there, under this id: the book is told of it.
pub async fn found(context: &Context, id: &ActionId, word: &ByHand, staff: &Staff) -> Result<Action, Problem> {
    word.fits()?;
    if word.reference.trim().is_empty() {
        let message =
            "`reference` says under which id the provider shows the refund; if it shows none, it was not done";
        return Err(Problem::malformed(message));
    }
    let action = store::unless_refused(context, || seen(context, id, word, staff)).await?;
    if let Err(fault) = unseen::look_for(context, &action).await {
        tracing::warn!(action.id = %action.id, fault = %fault, "what was found at the provider comes into the book when its alarm rings");
    }
    Ok(action)
}

impl ByHand {
    /// What the task keeps of it: the provider's id, and the note.
    fn said(&self) -> (&str, &str) {
        (&self.reference, &self.note)
    }

    fn fits(&self) -> Result<(), Problem> {
        note_fits(&self.note)?;
        reference_fits(&self.reference)
    }
}

/// An action, and the person as they stand in the same batch.
async fn read_for(context: &Context, id: &ActionId, staff: &Staff) -> Result<(Read, Action, Head, Staff), Failed> {
    let mut read = records::read(context, id).await?;
    let (Some(action), Some(head)) = (read.action.clone(), read.head.clone()) else {
        return Err(Problem::not_found("action").into());
    };
    read.batch.extend(Batch::read(context, vec![keys::staff(&staff.id)]).await?);
    let staff = read.batch.get::<Staff>(&keys::staff(&staff.id))?.ok_or_else(Problem::not_signed_in)?;
    if !staff.role.may_settle() {
        let message = "a billing specialist, a manager or a VP says what was done by hand";
        return Err(Problem::not_permitted(message).into());
    }
    Ok((read, action, head, staff))
}

async fn once(context: &Context, id: &ActionId, word: &ByHand, staff: &Staff) -> Result<Attempted<Action>, Failed> {
    // Read.
    let (mut read, before, head, staff) = read_for(context, id, staff).await?;

    // Decide.
    if before.state() != State::NeedsPerson {
        let message = format!("the action is {}: nothing of it is left to a person", before.state().name());
        return Err(Problem::conflict("already_decided", message).into());
    }
    let now = context.clock.now();
    let by_hand =
        Outcome::Done { reference: word.reference.clone(), status: BY_HAND.to_owned(), made_at: Some(now), link: None };
    let mut after = before.clone();
    let at = writing::moment(context);
    after.settled(word.done.then_some(by_hand), at)?;
    after.is_looked_for(Some(at.again));
    let lines = writing::told(context, &mut read.batch, &head, &before, &after).await?;

    // Write. Money that was given back stays reserved until the book shows it.
    let mut commit = Commit::default();
    outgoing::put(&mut commit, &read.batch, &lines);
    let about = About::Action { action: id.clone() };
    task::end(context, &mut read.batch, &mut commit, (&after, &about), &staff.id, word.said()).await?;
    writing::put(&mut commit, context, &read.batch, &head, Some(&before), &after);
    if !after.is_unseen() {
        let over = std::slice::from_ref(id);
        writing::release(&mut commit, &read, &before.account, over);
        writing::expect_no_more(&mut commit, &read, &head, over);
    }
    commit.check(&read.batch, &keys::staff(&staff.id));
    let outcome = if word.done { BY_HAND } else { "not_done" };
    let body = [("outcome", outcome.to_owned()), ("reference", word.reference.clone())];
    let note = Note::new(now, Step::Outcome, id, &staff.id, body);
    put_notes(&mut commit, &read.batch, &before.account, vec![note])?;
    put_act(&mut commit, context, &mut read.batch, (before.case.as_ref(), &staff.id)).await?;
    Ok(store::attempted(commit.run(context).await, after)?)
}

async fn seen(context: &Context, id: &ActionId, word: &ByHand, staff: &Staff) -> Result<Attempted<Action>, Failed> {
    // Read.
    let (mut read, before, head, staff) = read_for(context, id, staff).await?;

    // Decide.
    let refund = word.reference.trim();
    is_still_reserved(&read, &before)?;
    if read.records.payments.values().any(|payment| payment.refunds.contains_key(refund)) {
        let message =
            format!("the book knows `{refund}`, and it is another refund: look for the one that was made by hand");
        return Err(Problem::not_possible(message).into());
    }
    let (now, at) = (context.clock.now(), writing::moment(context));
    let mut after = before.clone();
    after.is_found_as(refund, &staff.id, at.again);

    // Write.
    let mut commit = Commit::default();
    let about = About::Unseen { action: id.clone() };
    task::end(context, &mut read.batch, &mut commit, (&after, &about), &staff.id, word.said()).await?;
    writing::put(&mut commit, context, &read.batch, &head, Some(&before), &after);
    read.records
        .payments
        .keys()
        .for_each(|payment| commit.check(&read.batch, &keys::payment(&before.account, payment)));
    commit.check(&read.batch, &keys::staff(&staff.id));
    let body = [("outcome", "found".to_owned()), ("reference", refund.to_owned())];
    put_notes(&mut commit, &read.batch, &before.account, vec![Note::new(now, Step::Outcome, id, &staff.id, body)])?;
    put_act(&mut commit, context, &mut read.batch, (before.case.as_ref(), &staff.id)).await?;
    Ok(store::attempted(commit.run(context).await, after)?)
}

/// Refuses where money that was given back by hand is not looked for any more.
fn is_still_reserved(read: &Read, before: &Action) -> Result<(), Problem> {
    let is_reserved = read.records.payments.values().any(|payment| payment.reserved.contains_key(&before.id));
    if before.is_unseen() && is_reserved {
        return Ok(());
    }
    let message = "the money is in the book by now, or nothing is reserved for it; reload the page";
    Err(Problem::conflict("already_decided", message))
}

async fn unmade(context: &Context, id: &ActionId, word: &ByHand, staff: &Staff) -> Result<Attempted<Action>, Failed> {
    // Read.
    let (mut read, before, head, staff) = read_for(context, id, staff).await?;

    // Decide.
    is_still_reserved(&read, &before)?;
    let now = context.clock.now();
    let message = format!("{} looked at the provider, and it was not given back there", staff.name);
    let mut after = before.clone();
    after.failed_later(Outcome::Refused { code: "not_made".to_owned(), message }, now)?;

    // Write.
    let mut commit = Commit::default();
    let about = About::Unseen { action: id.clone() };
    task::end(context, &mut read.batch, &mut commit, (&after, &about), &staff.id, word.said()).await?;
    writing::put(&mut commit, context, &read.batch, &head, Some(&before), &after);
    let over = std::slice::from_ref(id);
    writing::release(&mut commit, &read, &before.account, over);
    writing::expect_no_more(&mut commit, &read, &head, over);
    commit.check(&read.batch, &keys::staff(&staff.id));
    let note = Note::new(now, Step::Outcome, id, &staff.id, [("outcome", "not_made".to_owned())]);
    put_notes(&mut commit, &read.batch, &before.account, vec![note])?;
    put_act(&mut commit, context, &mut read.batch, (before.case.as_ref(), &staff.id)).await?;
    Ok(store::attempted(commit.run(context).await, after)?)
}
