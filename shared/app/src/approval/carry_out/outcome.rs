//! How an attempt ended: stored once, with what it releases, and folded into the book like any event.

use super::customer::{is_told, shown};
use super::{Next, ledger_note};
use crate::approval::writing;
use crate::classify::fold;
use crate::context::Context;
use crate::fault::Fault;
use crate::outgoing;
use crate::records::{self, Read};
use crate::store::trail::put_notes;
use crate::store::{self, Attempted, Commit};
use domain::action::{Action, Ended, Kind, Outcome, Sent, State};
use domain::book::Head;
use domain::classify::confirm::shows;
use domain::event::{self, Event, Origin, RefundSeen, RefundStatus, Seen};
use domain::id::ActionId;
use domain::ledger::Step;

/// Folds what the provider answered into the book, like any event.
///
/// Its time is that of our intent: whatever the provider says of it itself is newer.
pub async fn observe(context: &Context, action: &Action, head: &Head, mut seen: Vec<Seen>) -> Result<(), Fault> {
    let (Some(Outcome::Done { reference, status, made_at, .. }), Some(attempt)) =
        (&action.outcome(), &action.attempt())
    else {
        return Ok(());
    };
    if let Kind::Refund { payment, amount } = &action.kind {
        let is_settled = records::manners(&head.provider)?.is_settled(status);
        seen.push(Seen::Refund(RefundSeen {
            id: reference.clone(),
            payment: payment.clone(),
            amount: Some(*amount),
            status: Some(if is_settled { RefundStatus::Succeeded } else { RefundStatus::Pending }),
            created_at: *made_at,
            action: Some(action.id.to_string()),
        }));
    }
    if seen.is_empty() {
        return Ok(());
    }
    let kind = if matches!(action.kind, Kind::Refund { .. }) {
        event::Kind::RefundChanged
    } else {
        event::Kind::SubscriptionChanged
    };
    let observed = Event {
        id: format!("answer:{}", action.id),
        provider: head.provider.clone(),
        source: head.source.clone(),
        origin: Origin::Answer,
        kind,
        at: attempt.key_since,
        customer: Some(head.customer.clone()),
        seen,
    };
    fold::fold(context, &observed, None, None, &action.trace).await.map(drop)
}

pub async fn store(
    context: &Context,
    id: &ActionId,
    ended: &Ended,
) -> Result<Attempted<Option<(Action, Head, bool)>>, Fault> {
    // Read.
    let mut read = records::read(context, id).await?;
    let unfinished = |action: &Action| matches!(action.state(), State::Approved | State::Executing | State::InDoubt);
    let (Some(before), Some(head)) = (read.action.clone(), read.head.clone()) else { return Ok(Attempted::Done(None)) };
    if !unfinished(&before) {
        // The webhook was quicker, and has stored the outcome already.
        return Ok(Attempted::Done(Some((before, head, false))));
    }
    let manners = records::manners(&head.provider)?;

    // Decide.
    let at = writing::moment(context);
    let ended = ended.clone().weighed(&before);
    let mut action = before.clone();
    let body = action.take_end(&ended, at, context.policies.limits.current())?;
    let mut notes = Vec::new();
    if action.is_news(&before) {
        notes.push(ledger_note(&action, Step::Outcome, at.now, body));
    }
    let is_shown = action.is_proof(&ended) || shows(&action, manners, &read.records);
    if action.state() == State::Executed && is_shown {
        action.confirmed(at.now)?;
        let body = [("outcome", "shown".to_owned()), ("by", head.provider.clone())];
        notes.push(ledger_note(&action, Step::Confirmed, at.now, body));
    }
    action.told.customer = is_told(&action).then_some(Sent::Sending);
    let nothing_done = ended.did_nothing(&action);
    let shown = shown(context, &head, &action, at.now);
    let lines = writing::told(context, &mut read.batch, &head, &before, &action).await?;

    // Write.
    let mut commit = Commit::default();
    writing::put(&mut commit, context, &read.batch, &head, Some(&before), &action);
    outgoing::put(&mut commit, &read.batch, &lines);
    let after = head_after(&mut commit, &read, (&head, &shown), &action, nothing_done);
    put_notes(&mut commit, &read.batch, &action.account, notes)?;
    store::attempted(commit.run(context).await, Some((action, after, true)))
}

/// The head once an action has ended; `shown` is what it was before, with the letter that is on its way.
pub(super) fn head_after(
    commit: &mut Commit,
    read: &Read,
    (head, shown): (&Head, &Head),
    action: &Action,
    nothing_done: bool,
) -> Head {
    let after = let_go(commit, read, shown, action, nothing_done);
    let was_put = after.under_way.len() < shown.under_way.len();
    if after != *head && !was_put {
        commit.over(&read.batch, &after);
    }
    after
}

/// Gives back what was reserved for something that was not done, and expects nothing more of what is over.
fn let_go(commit: &mut Commit, read: &Read, head: &Head, action: &Action, nothing_done: bool) -> Head {
    let over = std::slice::from_ref(&action.id);
    if nothing_done {
        writing::release(commit, read, &action.account, over);
    }
    if nothing_done || action.confirmed_at().is_some() {
        writing::expect_no_more(commit, read, head, over)
    } else {
        head.clone()
    }
}

/// What was approved cannot be done any more as it was shown: it is not done, and the person who asked sees why.
pub async fn stale(context: &Context, read: Read, head: &Head, before: &Action) -> Result<Attempted<Next>, Fault> {
    let at = writing::moment(context);
    let mut after = before.clone();
    after.overtaken(at)?;
    let mut commit = Commit::default();
    writing::put(&mut commit, context, &read.batch, head, Some(before), &after);
    let_go(&mut commit, &read, head, &after, true);
    let body = [("outcome", "stale".to_owned()), ("why", "the account has changed since it was approved".to_owned())];
    put_notes(&mut commit, &read.batch, &after.account, vec![ledger_note(&after, Step::Outcome, at.now, body)])?;
    store::attempted(commit.run(context).await, Next::Stale(after))
}
