//! Carries out an approved action: the intent is stored, then the provider is called, then the outcome is stored.
//!
//! Whoever finds an intent without an outcome looks at the provider before anything is sent again.

use super::blocked::Tried;
use super::{Done, desk};
use crate::book::{self, put_notes};
use crate::context::Context;
use crate::fault::Fault;
use crate::ports::NoReply;
use crate::sources;
use crate::store::{self, Attempted, Commit};
use domain::action::{Action, Attempt, Kind, Outcome, State};
use domain::approval::{Approved, approved};
use domain::book::Head;
use domain::event::{self, Event, Origin, RefundSeen, RefundStatus, Seen};
use domain::id::ActionId;
use domain::ledger::{Note, Step};
use domain::source;
use domain::staff::MACHINE;
use jiff::{SignedDuration, Timestamp};
use providers::{Act, Acting, Answer, Effect, Found};
use std::collections::BTreeMap;

/// What to do with an action at this moment.
enum Next {
    Send(Approved<Action>, Head),
    LookUp(Approved<Action>, Head),
    /// It is done, but its answer was never folded into the book.
    Observe(Action, Head),
    Nothing,
}

/// What became of it.
enum Ended {
    Done(Effect),
    Refused {
        code: String,
        message: String,
    },
    /// Nothing was done; look again later.
    NotNow,
    /// It may have been done; under this key the provider would repeat its failure.
    InDoubt {
        burned: bool,
    },
    NotThere,
    /// `absent`: it is certain that the provider did nothing.
    NeedsPerson {
        instead: String,
        absent: bool,
    },
}

pub async fn handle(context: &Context, id: &ActionId) -> Result<Done, Fault> {
    let mut next = store::retrying(context, || intend(context, id)).await?;
    if let Next::LookUp(action, head) = next {
        let ended = look_up(context, &action, &head).await?;
        if !matches!(ended, Ended::NotThere) {
            return end(context, &action, ended).await;
        }
        next = store::retrying(context, || again(context, id)).await?;
    }
    match next {
        Next::Send(action, head) => {
            let ended = send(context, &action, &head).await?;
            end(context, &action, ended).await
        }
        Next::Observe(action, head) => {
            observe(context, &action, &head).await?;
            Ok(Done::CarriedOut(action.state))
        }
        Next::LookUp(..) | Next::Nothing => Ok(Done::NothingToDo),
    }
}

/// Stores the intent to send, or finds one whose end is unknown.
async fn intend(context: &Context, id: &ActionId) -> Result<Attempted<Next>, Fault> {
    let read = desk::read(context, id).await?;
    let (Some(action), Some(head)) = (read.action.clone(), read.head.clone()) else { return Ok(Attempted::Done(Next::Nothing)) };
    if action.state == State::Approved && observes(context, &head).await? {
        tracing::warn!(action = %id, source = head.source, "an approved action waits: its source only observes");
        return Ok(Attempted::Done(Next::Nothing));
    }
    match action.state {
        State::Approved => store_attempt(context, read, action, head).await,
        // Somebody is at it, or was until a moment ago.
        State::Executing | State::InDoubt if action.look_at.is_some_and(|at| at > context.clock.now()) => {
            Ok(Attempted::Done(Next::Nothing))
        }
        State::Executing | State::InDoubt => Ok(Attempted::Done(Next::LookUp(checked(context, action).await?, head))),
        State::Executed if read.payment.as_ref().is_some_and(|payment| payment.reserved.contains_key(id)) => {
            Ok(Attempted::Done(Next::Observe(action, head)))
        }
        _ => Ok(Attempted::Done(Next::Nothing)),
    }
}

/// Whether nothing may leave for this source.
pub(super) async fn observes(context: &Context, head: &Head) -> Result<bool, Fault> {
    Ok(sources::find(context, &head.provider, &head.source).await?.acting == source::Acting::Observe)
}

/// Stores the intent to send once more what the provider does not have.
async fn again(context: &Context, id: &ActionId) -> Result<Attempted<Next>, Fault> {
    let read = desk::read(context, id).await?;
    let due = |action: &Action| {
        matches!(action.state, State::Executing | State::InDoubt) && action.look_at.is_none_or(|at| at <= context.clock.now())
    };
    match (read.action.clone().filter(due), read.head.clone()) {
        (Some(action), Some(head)) if observes(context, &head).await? => {
            tracing::warn!(action = %action.id, source = head.source, "an action in doubt is not sent again: its source only observes");
            Ok(Attempted::Done(Next::Nothing))
        }
        (Some(action), Some(head)) => store_attempt(context, read, action, head).await,
        _ => Ok(Attempted::Done(Next::Nothing)),
    }
}

async fn store_attempt(context: &Context, read: desk::Read, action: Action, head: Head) -> Result<Attempted<Next>, Fault> {
    let limits = context.policies.limits.current();
    let now = context.clock.now();
    let before = action;
    let mut action = checked(context, before.clone()).await?.into_inner();
    let attempt = next_attempt(&action, now, SignedDuration::from_hours(limits.stripe_key_hours));
    action.state = State::Executing;
    action.look_at = Some(super::look_at(context));
    let body = [("key", attempt.key.clone()), ("attempt", attempt.number.to_string())];
    action.attempt = Some(attempt);
    let mut commit = Commit::default();
    desk::put(&mut commit, context, &read.batch, &head, Some(&before), &action);
    put_notes(&mut commit, &read.batch, &action.account, vec![note(&action, Step::Attempted, now, body)])?;
    let action = checked(context, action).await?;
    store::attempted(commit.run(context).await, Next::Send(action, head))
}

/// Checks the recorded votes again; what was not approved goes no further, and is counted.
async fn checked(context: &Context, action: Action) -> Result<Approved<Action>, Fault> {
    let (id, kind) = (action.id.clone(), action.kind.name());
    match approved(action) {
        Ok(action) => Ok(action),
        Err(refusal) => {
            let account = id.account();
            Tried { account: &account, kind, at: id.as_str(), by: MACHINE }.note(context, "not_approved").await?;
            Err(Fault::park(refusal))
        }
    }
}

/// The same key while the provider still knows it; a new one after, or when the old one would replay a failure.
fn next_attempt(action: &Action, now: Timestamp, key_lives: SignedDuration) -> Attempt {
    let number = action.attempt.as_ref().map_or(1, |attempt| attempt.number + 1);
    // A margin of an hour: the provider's window began when it first saw the key, not when we stored it.
    let good = |attempt: &&Attempt| !attempt.burned && now.duration_since(attempt.key_since) < key_lives - SignedDuration::from_hours(1);
    match action.attempt.as_ref().filter(good) {
        Some(attempt) => Attempt { number, ..attempt.clone() },
        None => Attempt { number, key: format!("{}-{number}", action.id), key_since: now, burned: false },
    }
}

fn acting(head: &Head) -> Result<&'static Acting, Fault> {
    let api = providers::named(&head.provider).and_then(|provider| provider.api);
    api.map(|api| &api.acting).ok_or_else(|| Fault::Park(format!("there is no billing provider called {}", head.provider)))
}

fn by_hand(instead: &str) -> Ended {
    Ended::NeedsPerson { instead: instead.to_owned(), absent: true }
}

async fn look_up(context: &Context, action: &Approved<Action>, head: &Head) -> Result<Ended, Fault> {
    let effects = match acting(head)? {
        Acting::Through(effects) => effects,
        Acting::ByHand(instead) => return Ok(by_hand(instead)),
    };
    let attempts = action.inner().attempt.as_ref().map_or(0, |attempt| attempt.number);
    let found = match context.http.call(&head.provider, &head.source, &(effects.lookup)(action)).await {
        Ok(reply) => (effects.found)(action, &reply),
        Err(_) => Found::Unknown,
    };
    Ok(match found {
        Found::Done(effect) => Ended::Done(effect),
        Found::Failed { code, message } => Ended::Refused { code, message },
        Found::NotThere if attempts >= context.policies.limits.current().provider_calls_max => Ended::NeedsPerson {
            instead: "The provider does not have it, and sending it has failed too often: do it in the provider's dashboard.".to_owned(),
            absent: true,
        },
        Found::NotThere => Ended::NotThere,
        Found::Unknown => Ended::InDoubt { burned: false },
    })
}

async fn send(context: &Context, action: &Approved<Action>, head: &Head) -> Result<Ended, Fault> {
    let effects = match acting(head)? {
        Acting::Through(effects) => effects,
        Acting::ByHand(instead) => return Ok(by_hand(instead)),
    };
    let key = &action.inner().attempt.as_ref().expect("an attempt is stored before it is sent").key;
    let call = match (effects.act)(action, key) {
        Act::Send(call) => call,
        Act::Unsupported { instead } => return Ok(by_hand(instead)),
    };
    Ok(match context.http.call(&head.provider, &head.source, &call).await {
        Ok(reply) => match (effects.answer)(&reply) {
            Answer::Done(effect) => Ended::Done(effect),
            Answer::Refused { code, message } => Ended::Refused { code, message },
            Answer::NotNow => Ended::NotNow,
            Answer::Unknown => Ended::InDoubt { burned: true },
        },
        Err(NoReply::NotSent) => Ended::NotNow,
        Err(NoReply::Unknown) => Ended::InDoubt { burned: false },
    })
}

/// Stores the outcome, and folds what the provider answered into the book.
async fn end(context: &Context, action: &Approved<Action>, ended: Ended) -> Result<Done, Fault> {
    let id = action.inner().id.clone();
    let after = store::retrying(context, || store_outcome(context, &id, &ended)).await?;
    let Some((action, head)) = after else { return Ok(Done::NothingToDo) };
    observe(context, &action, &head).await?;
    Ok(Done::CarriedOut(action.state))
}

/// Folds what the provider answered into the book, like any event.
///
/// Its time is that of our intent: whatever the provider says of the refund itself is newer.
async fn observe(context: &Context, action: &Action, head: &Head) -> Result<(), Fault> {
    let (Some(Outcome::Done { reference, status, made_at }), Some(attempt)) = (&action.outcome, &action.attempt) else { return Ok(()) };
    let Kind::Refund { payment, amount } = &action.kind;
    let refund = RefundSeen {
        id: reference.clone(),
        payment: payment.clone(),
        amount: Some(*amount),
        status: Some(if status == "succeeded" { RefundStatus::Succeeded } else { RefundStatus::Pending }),
        created_at: *made_at,
        action: Some(action.id.to_string()),
    };
    let observed = Event {
        id: format!("answer:{}", action.id),
        provider: head.provider.clone(),
        source: head.source.clone(),
        origin: Origin::Answer,
        kind: event::Kind::RefundChanged,
        at: attempt.key_since,
        customer: Some(head.customer.clone()),
        seen: vec![Seen::Refund(refund)],
    };
    book::fold(context, &observed, None, None, &action.trace).await.map(drop)
}

async fn store_outcome(context: &Context, id: &ActionId, ended: &Ended) -> Result<Attempted<Option<(Action, Head)>>, Fault> {
    // Read.
    let read = desk::read(context, id).await?;
    let unfinished = |action: &Action| matches!(action.state, State::Executing | State::InDoubt);
    let (Some(before), Some(head)) = (read.action.clone(), read.head.clone()) else { return Ok(Attempted::Done(None)) };
    if !unfinished(&before) {
        // The webhook was quicker, and has stored the outcome already.
        return Ok(Attempted::Done(Some((before, head))));
    }

    // Decide.
    let now = context.clock.now();
    let (action, body) = outcome(context, &before, ended, now);
    let mut payment = read.payment.clone();
    let nothing_done = matches!(ended, Ended::NeedsPerson { absent: true, .. }) || action.state == State::Failed;
    let released = nothing_done && payment.as_mut().is_some_and(|payment| payment.reserved.remove(id).is_some());

    // Write.
    let mut commit = Commit::default();
    desk::put(&mut commit, context, &read.batch, &head, Some(&before), &action);
    if let Some(payment) = payment.filter(|_| released) {
        commit.over(&read.batch, &desk::of(&action.account, &payment));
    }
    put_notes(&mut commit, &read.batch, &action.account, vec![note(&action, Step::Outcome, now, body)])?;
    store::attempted(commit.run(context).await, Some((action, head)))
}

fn outcome(context: &Context, before: &Action, ended: &Ended, now: Timestamp) -> (Action, [(&'static str, String); 2]) {
    let limits = context.policies.limits.current();
    let mut action = before.clone();
    let finished = |action: &mut Action, state, outcome| {
        action.state = state;
        action.outcome = Some(outcome);
        action.ended_at = Some(now);
        action.look_at = None;
    };
    // Each look waits longer than the one before, up to an hour.
    let wait =
        SignedDuration::from_secs(limits.alarm_lease_secs * i64::from(action.attempt.as_ref().map_or(1, |attempt| attempt.number).min(12)));
    let body = match ended {
        Ended::Done(Effect { reference, status, made_at }) => {
            finished(
                &mut action,
                State::Executed,
                Outcome::Done { reference: reference.clone(), status: status.clone(), made_at: *made_at },
            );
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
        Ended::NotNow | Ended::NotThere => {
            action.look_at = Some(now + wait);
            [("outcome", "not_now".to_owned()), ("look_at", (now + wait).to_string())]
        }
        Ended::InDoubt { .. } if doubted_too_long(&action, now, limits.doubt_hours_max) => {
            let instead = "It is not known whether the provider did this: look there, and settle it by hand.".to_owned();
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

fn doubted_too_long(action: &Action, now: Timestamp, hours: i64) -> bool {
    action.decided_at.is_some_and(|at| now.duration_since(at) > SignedDuration::from_hours(hours))
}

fn note(action: &Action, step: Step, at: Timestamp, body: [(&str, String); 2]) -> Note {
    let body: BTreeMap<_, _> = body.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Note { at, step, action: action.id.clone(), by: MACHINE.to_owned(), body }
}
