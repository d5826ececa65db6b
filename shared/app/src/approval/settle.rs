//! What a person says of an action that was left to them: it was done by hand, or it was not and will not be.

use super::{tell, writing};
use crate::context::Context;
use crate::store::trail::put_notes;
use crate::store::{self, Attempted, Batch, Commit, keys};
use crate::web::{Failed, NOTE_CHARS_MAX, Problem};
use crate::{records, task};
use domain::action::{Action, Outcome, State};
use domain::id::ActionId;
use domain::ledger::{Note, Step};
use domain::staff::Staff;
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
    if word.note.chars().count() > NOTE_CHARS_MAX || word.reference.len() > 255 {
        return Err(Problem::malformed(format!("a note has at most {NOTE_CHARS_MAX} characters, a reference 255")));
    }
    let action = store::unless_refused(context, || once(context, id, word, staff)).await?;
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

async fn once(context: &Context, id: &ActionId, word: &ByHand, staff: &Staff) -> Result<Attempted<Action>, Failed> {
    // Read.
    let mut read = records::read(context, id).await?;
    let (Some(before), Some(head)) = (read.action.clone(), read.head.clone()) else {
        return Err(Problem::not_found("action").into());
    };
    read.batch.extend(Batch::read(context, vec![keys::staff(&staff.id)]).await?);
    let staff = read.batch.get::<Staff>(&keys::staff(&staff.id))?.ok_or_else(Problem::not_signed_in)?;

    // Decide.
    if !staff.role.may_settle() {
        let message = "a billing specialist, a manager or a VP says what was done by hand";
        return Err(Problem::not_permitted(message).into());
    }
    if before.state() != State::NeedsPerson {
        let message = format!("the action is {}: nothing of it is left to a person", before.state().name());
        return Err(Problem::conflict("already_decided", message).into());
    }
    let now = context.clock.now();
    let by_hand = Outcome::Done {
        reference: word.reference.clone(),
        status: "by_hand".to_owned(),
        made_at: Some(now),
        link: None,
    };
    let mut after = before.clone();
    after.settled(word.done.then_some(by_hand), writing::moment(context))?;

    // Write. What the provider has is told by its own events: nothing stays reserved for it.
    let mut commit = Commit::default();
    task::end(context, &mut read.batch, &mut commit, &after, &staff.id, &word.note).await?;
    writing::put(&mut commit, context, &read.batch, &head, Some(&before), &after);
    let over = std::slice::from_ref(id);
    writing::release(&mut commit, &read, &before.account, over);
    writing::expect_no_more(&mut commit, &read, &head, over);
    commit.check(&read.batch, &keys::staff(&staff.id));
    let outcome = if word.done { "by_hand" } else { "not_done" };
    let body = [("outcome", outcome.to_owned()), ("reference", word.reference.clone())];
    let note = Note::new(now, Step::Outcome, id, &staff.id, body);
    put_notes(&mut commit, &read.batch, &before.account, vec![note])?;
    Ok(store::attempted(commit.run(context).await, after)?)
}
