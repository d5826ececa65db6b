//! How an attempt ended: stored once, with what it releases, and folded into the book like any event.

use super::customer::is_told;
use super::{Ended, Next, ledger_note};
use crate::approval::desk::{self, look_at};
use crate::classify::fold;
use crate::context::Context;
use crate::fault::Fault;
use crate::records::{self, Read};
use crate::store::trail::put_notes;
use crate::store::{self, Attempted, Commit};
use domain::action::{Action, Kind, Outcome, Sent, State, Target};
use domain::book::Head;
use domain::classify::confirm::shows;
use domain::event::{self, Event, Origin, RefundSeen, RefundStatus, Seen};
use domain::id::ActionId;
use domain::leaving::wish;
use domain::ledger::Step;
use jiff::{SignedDuration, Timestamp};
use providers::Effect;

/// Folds what the provider answered into the book, like any event.
///
/// Its time is that of our intent: whatever the provider says of it itself is newer.
pub async fn observe(context: &Context, action: &Action, head: &Head, mut seen: Vec<Seen>) -> Result<(), Fault> {
    let (Some(Outcome::Done { reference, status, made_at, .. }), Some(attempt)) = (&action.outcome, &action.attempt)
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
    let read = records::read(context, id).await?;
    let unfinished = |action: &Action| matches!(action.state, State::Approved | State::Executing | State::InDoubt);
    let (Some(before), Some(head)) = (read.action.clone(), read.head.clone()) else { return Ok(Attempted::Done(None)) };
    if !unfinished(&before) {
        // The webhook was quicker, and has stored the outcome already.
        return Ok(Attempted::Done(Some((before, head, false))));
    }
    let manners = records::manners(&head.provider)?;

    // Decide.
    let now = context.clock.now();
    // What was told outweighs an answer that did not come, or that found it done already.
    let reference = before.kind.target().id().unwrap_or_default();
    let told = Ended::Found(Effect { reference, status: "shown".to_owned(), ..Effect::default() });
    let is_answered = matches!(ended, Ended::Done(_) | Ended::Found(_));
    let ended = if before.was_told() && !is_answered && !matches!(before.kind, Kind::RetryPayment { .. }) {
        &told
    } else {
        ended
    };
    let (mut action, body) = outcome(context, &before, ended, now);
    // That nothing could be asked yet, again, is no news.
    let news = action.attempt.is_some() || action.state != before.state;
    let mut notes: Vec<_> = news.then(|| ledger_note(&action, Step::Outcome, now, body)).into_iter().collect();
    // Money has to settle; of everything else the provider's own word is proof, whether it tells it or is asked.
    let waits = matches!(action.kind, Kind::RetryPayment { .. } | Kind::Downgrade { .. });
    let lasts =
        action.kind.is_told() && !waits && matches!(action.kind.target(), Target::Subscription(_) | Target::Invoice(_));
    let was_found = lasts && action.attempt.is_some() && matches!(ended, Ended::Found(_));
    let was_told = action.attempt.as_ref().is_some_and(|attempt| attempt.shown);
    let is_shown = was_found || was_told || shows(&action, manners, &read.records);
    if action.state == State::Executed && is_shown {
        action.confirmed_at = Some(now);
        notes.push(ledger_note(
            &action,
            Step::Confirmed,
            now,
            [("outcome", "shown".to_owned()), ("by", head.provider.clone())],
        ));
    }
    action.told.customer = is_told(&action).then_some(Sent::Sending);
    let never_sent = action.state == State::NeedsPerson && action.attempt.is_none();
    let nothing_done =
        matches!(ended, Ended::NeedsPerson { absent: true, .. }) || action.state == State::Failed || never_sent;

    // Write.
    let mut commit = Commit::default();
    desk::put(&mut commit, context, &read.batch, &head, Some(&before), &action);
    let head = let_go(&mut commit, &read, &head, &action, nothing_done);
    put_notes(&mut commit, &read.batch, &action.account, notes)?;
    store::attempted(commit.run(context).await, Some((action, head, true)))
}

/// Gives back what was reserved for something that was not done, and expects nothing more of what is over.
fn let_go(commit: &mut Commit, read: &Read, head: &Head, action: &Action, nothing_done: bool) -> Head {
    let over = std::slice::from_ref(&action.id);
    if nothing_done {
        desk::release(commit, read, &action.account, over);
    }
    if nothing_done || action.confirmed_at.is_some() {
        desk::expect_no_more(commit, read, head, over)
    } else {
        head.clone()
    }
}

/// What was approved cannot be done any more as it was shown: it is not done, and the person who asked sees why.
pub async fn stale(context: &Context, read: Read, head: &Head, before: &Action) -> Result<Attempted<Next>, Fault> {
    let now = context.clock.now();
    let after = Action { state: State::Stale, ended_at: Some(now), look_at: Some(look_at(context)), ..before.clone() };
    let mut commit = Commit::default();
    desk::put(&mut commit, context, &read.batch, head, Some(before), &after);
    let_go(&mut commit, &read, head, &after, true);
    let body = [("outcome", "stale".to_owned()), ("why", "the account has changed since it was approved".to_owned())];
    put_notes(&mut commit, &read.batch, &after.account, vec![ledger_note(&after, Step::Outcome, now, body)])?;
    store::attempted(commit.run(context).await, Next::Stale(after))
}

fn outcome(context: &Context, before: &Action, ended: &Ended, now: Timestamp) -> (Action, [(&'static str, String); 2]) {
    let limits = context.policies.limits.current();
    let mut action = before.clone();
    let finished = |action: &mut Action, state, outcome| {
        action.state = state;
        action.outcome = Some(outcome);
        action.ended_at = Some(now);
        // Until people were told of what they have to do now.
        // Or until what follows from it was done.
        action.look_at =
            (state != State::Executed || wish(&action.kind, action.reason_code).is_some()).then(|| look_at(context));
    };
    // Each look waits longer than the one before, up to an hour.
    let wait = SignedDuration::from_secs(
        limits.alarm_lease_secs * i64::from(action.attempt.as_ref().map_or(1, |attempt| attempt.number).min(12)),
    );
    let body = match ended {
        Ended::Done(Effect { reference, status, made_at, link, .. })
        | Ended::Found(Effect { reference, status, made_at, link, .. }) => {
            let done = Outcome::Done {
                reference: reference.clone(),
                status: status.clone(),
                made_at: *made_at,
                link: link.clone(),
            };
            finished(&mut action, State::Executed, done);
            [("outcome", status.clone()), ("reference", reference.clone())]
        }
        Ended::Refused { code, message } => {
            finished(&mut action, State::Failed, Outcome::Refused { code: code.clone(), message: message.clone() });
            [("outcome", "refused".to_owned()), ("code", code.clone())]
        }
        Ended::NeedsPerson { instead, .. } => {
            finished(&mut action, State::NeedsPerson, Outcome::NeedsPerson { instead: instead.clone() });
            [("outcome", "needs_person".to_owned()), ("instead", instead.clone())]
        }
        // Nothing was ever sent, and it cannot be seen what the object is like.
        Ended::NotNow if action.attempt.is_none() && waited_too_long(&action, now, limits.doubt_hours_max) => {
            let instead =
                "The provider does not show what it is about, so nothing was sent: do it there by hand.".to_owned();
            finished(&mut action, State::NeedsPerson, Outcome::NeedsPerson { instead });
            [("outcome", "needs_person".to_owned()), ("why", "the provider does not show it".to_owned())]
        }
        Ended::NotNow | Ended::NotThere { .. } => {
            action.look_at = Some(now + wait);
            [("outcome", "not_now".to_owned()), ("look_at", (now + wait).to_string())]
        }
        Ended::InDoubt { .. } if doubted_too_long(&action, now, limits.doubt_hours_max) => {
            let instead =
                "It is not known whether the provider did this: look there, and settle it by hand.".to_owned();
            finished(&mut action, State::NeedsPerson, Outcome::NeedsPerson { instead });
            [("outcome", "needs_person".to_owned()), ("why", "in doubt for too long".to_owned())]
        }
        Ended::InDoubt { burned } => {
            action.state = State::InDoubt;
            action.look_at = Some(now + wait);
            if let Some(attempt) = action.attempt.as_mut() {
                attempt.burned |= burned;
            }
            [("outcome", "in_doubt".to_owned()), ("look_at", (now + wait).to_string())]
        }
    };
    (action, body)
}

fn waited_too_long(action: &Action, now: Timestamp, hours: i64) -> bool {
    let since = action.executes_after.max(action.decided_at);
    since.is_some_and(|since| now.duration_since(since) > SignedDuration::from_hours(hours))
}

fn doubted_too_long(action: &Action, now: Timestamp, hours: i64) -> bool {
    action
        .attempt
        .as_ref()
        .is_some_and(|attempt| now.duration_since(attempt.first_at) > SignedDuration::from_hours(hours))
}
