//! Carries out an approved action: the intent is stored, then the provider is called, then the outcome is stored.
//!
//! Whoever finds an intent without an outcome looks at the provider before anything is sent again.

mod bundle;
mod customer;
mod exchange;
mod lately;
mod lock;
mod outcome;
mod own;
mod paper;

use super::blocked::Tried;
use super::{Done, tell, writing};
use crate::approval::{ending, leaving, owe, unseen};
use crate::context::Context;
use crate::fault::Fault;
use crate::ports::Key;
use crate::records::{self, Read};
use crate::setup::sources::{self, observes};
use crate::setup::stop;
use crate::store::trail::put_notes;
use crate::store::{self, Attempted, Batch, Commit, Of, Pressed, Stored, keys};
use domain::action::{Action, Attempt, Ended, Kind, Owed, State, Target, still_holds};
use domain::approval::{Approved, approved};
use domain::book::{Head, Invoice, Touched};
use domain::case::{Case, is_overtaken};
use domain::dunning::Plan;
use domain::event::Seen;
use domain::id::ActionId;
use domain::ledger::{Note, Step};
use domain::staff::MACHINE;
use exchange::{effects, look_up, send};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// An approved action with what it is about.
struct Work {
    action: Approved<Action>,
    head: Head,
    records: Touched,
    /// How often the account's ledger was written: what was looked at before another step is out of date.
    ledger: Option<u64>,
}

/// What to do with an action at this moment.
enum Next {
    Send(Work),
    /// Before it is first sent: nothing else would tell our effect from another one.
    LookFirst(Work),
    LookUp(Work),
    /// It is done: the provider told of it, and its answer was lost.
    Told(Work),
    /// It is done, but its answer was never folded into the book.
    Observe(Action, Head),
    /// Somebody says that they gave the money back, and the book does not show it.
    Unseen(Action),
    /// Our own tax document is made, and its customer is not told.
    Filed(Action),
    /// It is done, and what follows from it is not.
    Follow(Action),
    /// The account has changed since it was approved.
    Stale(Action),
    /// The account has changed, and what was sent before has an end that nobody knows.
    Lapsed(Work),
    Nothing,
}

/// Of the action as it was found only what never changes is used: all else is read with what it is about.
pub async fn handle(context: &Context, action: &Action) -> Result<Done, Fault> {
    let id = &action.id;
    let done = match action.kind {
        Kind::Bundle { .. } => return bundle::handle(context, id).await,
        Kind::ExtendGrace { .. } => own::extend_grace(context, id).await?,
        Kind::ErasePerson {} => own::erase_person(context, id).await?,
        _ => through_provider(context, id).await?,
    };
    if let (Some(bundle), Done::CarriedOut(state)) = (&action.bundle, done)
        && state.is_final()
    {
        tell::go_on(context, bundle, &action.trace).await?;
    }
    if matches!(done, Done::CarriedOut(state) if state.is_final()) {
        ending::tell(context, action).await;
    }
    Ok(done)
}

async fn through_provider(context: &Context, id: &ActionId) -> Result<Done, Fault> {
    let mut next = store::retrying(context, || intend(context, id)).await?;
    if let Next::LookFirst(work) | Next::LookUp(work) = &next {
        let first = matches!(next, Next::LookFirst(_));
        let (ended, seen) = look_up(context, work).await?;
        let note = match ended {
            Ended::NotThere { note } => note,
            // Nothing was sent, so nothing is in doubt.
            Ended::InDoubt { .. } if first => return end(context, work, Ended::NotNow, seen).await,
            ended => return end(context, work, ended, seen).await,
        };
        let seen = work.ledger;
        next = store::retrying(context, || again(context, id, seen, first, note.clone())).await?;
    }
    match next {
        Next::Send(work) => {
            let (ended, seen) = send(context, &work).await?;
            end(context, &work, ended, seen).await
        }
        Next::Observe(action, head) => {
            outcome::observe(context, &action, &head, Vec::new()).await?;
            Ok(Done::CarriedOut(action.state()))
        }
        Next::Unseen(action) => {
            unseen::look_for(context, &action).await?;
            Ok(Done::NothingToDo)
        }
        Next::Told(work) => {
            let told = Ended::told(&work.action.inner().kind);
            end(context, &work, told, Vec::new()).await
        }
        Next::Filed(action) => {
            customer::tell(context, &action).await?;
            Ok(Done::CarriedOut(action.state()))
        }
        Next::Follow(action) => {
            leaving::follow(context, &action).await?;
            Ok(Done::CarriedOut(action.state()))
        }
        Next::Stale(action) => {
            owe::owed(context, &action).await?;
            Ok(Done::CarriedOut(State::Stale))
        }
        Next::Lapsed(work) => {
            let instead = LAPSED.to_owned();
            end(context, &work, Ended::NeedsPerson { instead, absent: false }, Vec::new()).await
        }
        Next::LookFirst(_) | Next::LookUp(_) | Next::Nothing => Ok(Done::NothingToDo),
    }
}

/// What a person reads who has to finish what may not be sent again.
const LAPSED: &str = "It was sent, no answer came, and the provider does not show it; the account has changed since it was \
    approved, so it is not sent again. Look there whether it was done, and ask for it anew if it was not.";

/// Stores the intent to send, or finds one whose end is unknown.
async fn intend(context: &Context, id: &ActionId) -> Result<Attempted<Next>, Fault> {
    let read = read(context, id).await?;
    let (Some(action), Some(head)) = (read.action.clone(), read.head.clone()) else {
        return Ok(Attempted::Done(Next::Nothing));
    };
    let now = context.clock.now();
    match action.state() {
        State::Approved if action.executes_after().is_some_and(|at| at > now) => Ok(Attempted::Done(Next::Nothing)),
        State::Approved if !is_scheduled_still(context, &head, &action).await? => {
            outcome::stale(context, read, &head, &action).await
        }
        State::Approved if is_held(context, &head, &action).await? => wait(context, read, &head, &action).await,
        State::Approved if is_busy(context, &head, &action).await? => wait(context, read, &head, &action).await,
        State::Approved if is_being_paid(context, &read, &action)? => wait(context, read, &head, &action).await,
        State::Approved if awaits_incident(context, &read, &action, &head)? => {
            wait(context, read, &head, &action).await
        }
        State::Approved if !may_go(&read, &action, &head, now)? => outcome::stale(context, read, &head, &action).await,
        State::Approved if paper::of(&read, &action).is_some() => paper::file(context, read, &head, action).await,
        State::Approved => {
            let first = effects(&head)?.is_some_and(|effects| (effects.looks_first)(&action.kind));
            if first {
                return Ok(Attempted::Done(Next::LookFirst(work(context, &read, action, head).await?)));
            }
            store_attempt(context, read, action, head, None).await
        }
        // Somebody is at it, or was until a moment ago.
        State::Executing | State::InDoubt if action.alarm().is_some_and(|at| at > now) => {
            Ok(Attempted::Done(Next::Nothing))
        }
        State::Executing | State::InDoubt if action.was_told() => {
            Ok(Attempted::Done(Next::Told(work(context, &read, action, head).await?)))
        }
        State::Executing | State::InDoubt => {
            Ok(Attempted::Done(Next::LookUp(work(context, &read, action, head).await?)))
        }
        State::Executed if action.is_unseen() => {
            let is_due = action.alarm().is_some_and(|at| at <= now);
            Ok(Attempted::Done(if is_due { Next::Unseen(action) } else { Next::Nothing }))
        }
        State::Executed if read.records.payments.values().any(|payment| payment.reserved.contains_key(id)) => {
            Ok(Attempted::Done(Next::Observe(action, head)))
        }
        State::Executed if action.wish_to_leave().is_some() => Ok(Attempted::Done(Next::Follow(action))),
        _ => Ok(Attempted::Done(Next::Nothing)),
    }
}

/// Reads an action with what it is about, and the case because of which Recoup asked for it.
async fn read(context: &Context, id: &ActionId) -> Result<Read, Fault> {
    let mut read = records::read(context, id).await?;
    let goes = |action: &&Action| matches!(action.state(), State::Approved | State::Executing | State::InDoubt);
    let judged = read.action.as_ref().filter(goes).zip(read.head.as_ref());
    let grounds = judged.into_iter().flat_map(|(action, head)| grounds_of(action, head, &read.records));
    let watch = judged.and_then(|(action, head)| lately::watch(action, head, &read.records));
    // What was read before stays as it was read: it was judged by that.
    let grounds: Vec<Key> = grounds.chain(watch).filter(|key| !read.batch.has(key)).collect();
    if !grounds.is_empty() {
        read.batch.extend(Batch::read(context, grounds).await?);
    }
    Ok(read)
}

/// What something is judged by beside what it is about: because of what Recoup itself asked for it, a case or the plan
/// of a recovery; whether its customer is about to pay, of a try or such an end; whether its money is there, of what
/// asks for it or ends for want of it; whether its customer wants to leave, of a try that nobody asked for.
fn grounds_of(action: &Action, head: &Head, records: &Touched) -> impl Iterator<Item = Key> {
    let wishes = lately::wishes(action, head, records);
    let billed = invoice_of(action).map(|invoice| keys::invoice(&action.account, invoice));
    let asked = billed.is_some().then(|| records::past_provider(head)).into_iter().flatten();
    let own = case_of(action).into_iter().chain(plan_of(action)).chain(ending::plan_of(action));
    own.chain(pressed_of(action)).chain(asked).chain(billed).chain(wishes)
}

/// The invoice whose money it would collect or ask for, or for want of which it would end something.
fn invoice_of(action: &Action) -> Option<&str> {
    match &action.kind {
        Kind::RetryPayment { invoice, .. } | Kind::PaymentLink { invoice, .. } => Some(invoice),
        _ => action.recovery.as_deref(),
    }
}

fn is_try(action: &Action) -> bool {
    matches!(action.kind, Kind::RetryPayment { .. })
}

fn pressed_of(action: &Action) -> Option<Key> {
    (is_try(action) || action.recovery.is_some()).then(|| keys::pressed(&action.account))
}

fn plan_of(action: &Action) -> Option<Key> {
    action.by_rule()?;
    match action.kind.target() {
        Target::Invoice(invoice) => Some(keys::plan(&action.account, invoice)),
        _ => None,
    }
}

/// Whether the source of what a recovery has begun still leaves that to Recoup: to try failed payments, or to end
/// subscriptions.
async fn is_scheduled_still(context: &Context, head: &Head, action: &Action) -> Result<bool, Fault> {
    if action.by_rule().is_none() && action.recovery.is_none() {
        return Ok(true);
    }
    let source = sources::find(context, &head.provider, &head.source).await?;
    Ok(if action.recovery.is_some() { source.cancels() } else { source.retries() })
}

fn case_of(action: &Action) -> Option<Key> {
    action.case.as_ref().filter(|_| action.requested_by == MACHINE).map(keys::case)
}

/// Whether it may still be done as it was approved: as it was shown, and for a case or a plan that still asks for it.
fn may_go(read: &Read, action: &Action, head: &Head, now: Timestamp) -> Result<bool, Fault> {
    let case = case_of(action).map(|key| read.batch.get::<Case>(&key)).transpose()?.flatten();
    let plan = plan_of(action).map(|key| read.batch.get::<Plan>(&key)).transpose()?.flatten();
    let may_leave = action.by_rule().is_none()
        || plan.is_some_and(|mut plan| {
            plan.heed(head);
            plan.lets_leave(&action.id, action.attempt().is_some(), now)
        });
    let may_leave = may_leave && !ending::has_lapsed(&read.batch, action)? && !is_paid_past(read, action, head)?;
    let may_leave = may_leave && !lately::is_leaving(read, action, head)?;
    Ok(may_leave && !is_overtaken(action, case.as_ref()) && still_holds(action, read.known(head, now)?))
}

/// Whether it waits for an incident that its recovery has not heard of: once it has, it lets nothing leave any more.
fn awaits_incident(context: &Context, read: &Read, action: &Action, head: &Head) -> Result<bool, Fault> {
    Ok(lately::has_incident(context, read, action, head)? && may_go(read, action, head, context.clock.now())?)
}

/// Whether the money has come past the provider: it would be collected or asked for once more, or its customer would
/// lose what they paid for.
fn is_paid_past(read: &Read, action: &Action, head: &Head) -> Result<bool, Fault> {
    let Some(invoice) = invoice_of(action) else { return Ok(false) };
    match read.batch.of::<Invoice>(&keys::invoice(&action.account, invoice))? {
        Some(invoice) => records::has_come(&read.batch, head, &invoice),
        None => Ok(false),
    }
}

/// Whether somebody holds it back: the source only observes, or a stop is pulled.
async fn is_held(context: &Context, head: &Head, action: &Action) -> Result<bool, Fault> {
    // What Recoup does itself leaves nowhere: a source that only observes has no say.
    let observed = !action.kind.is_own() && observes(context, head).await?;
    let held = observed || stop::holds(context, head, None, Some(action.kind.name())).await?;
    if held {
        tracing::warn!(action.id = %action.id, source = head.source, "an approved action waits: its source only observes, or is stopped");
    }
    Ok(held)
}

/// Whether another action on the same object is on its way: of two effects in flight nobody could tell which is whose.
/// What has just changed a subscription is waited for until it is told, so that the next change is measured by it.
async fn is_busy(context: &Context, head: &Head, action: &Action) -> Result<bool, Fault> {
    let lately = context.clock.now() - SignedDuration::from_secs(context.policies.limits.current().alarm_lease_secs);
    let untold = |other: &Action| other.confirmed_at().is_none() && other.ended_at().is_some_and(|at| at > lately);
    let target = action.kind.target().id();
    let others =
        head.under_way.iter().filter(|(id, line)| **id != action.id && line.target == target && target.is_some());
    let keys: Vec<_> = others.map(|(id, _)| keys::action(id)).collect();
    if keys.is_empty() {
        return Ok(false);
    }
    let batch = Batch::read(context, keys.clone()).await?;
    for key in &keys {
        let busy = batch.get::<Action>(key)?.is_some_and(|other| match other.state() {
            State::Executing | State::InDoubt => true,
            State::Executed => matches!(other.kind.target(), Target::Subscription(_)) && untold(&other),
            _ => false,
        });
        if busy {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the customer was led on to the provider's page a moment ago, or, of an end, a try is under way: a try beside
/// that could charge them twice, and an end takes what is just being paid for.
fn is_being_paid(context: &Context, read: &Read, action: &Action) -> Result<bool, Fault> {
    let pressed = pressed_of(action).map(|key| read.batch.get::<Pressed>(&key)).transpose()?.flatten();
    let now = context.clock.now();
    let is_pressed = pressed.is_some_and(|pressed| pressed.paying.left_alone_until(now).is_some());
    Ok(is_pressed || ending::is_spared(&read.batch, action, now)?)
}

/// Whether what was sent may still be done or shown, and the next one would leave under a key that tells nothing of it.
/// A link is made again without harm.
fn is_settling(context: &Context, head: &Head, action: &Action) -> bool {
    let settles = SignedDuration::from_secs(context.policies.limits.current().settling_secs);
    let now = context.clock.now();
    let next = Attempt::next(action, now, key_lives(context, head));
    !action.kind.is_link() && action.attempt().is_some_and(|last| !last.may_be_followed(&next, now, settles))
}

/// For how long the provider knows a key.
fn key_lives(context: &Context, head: &Head) -> SignedDuration {
    let minutes = context.policies.limits.current().key_minutes.get(&head.provider).copied();
    SignedDuration::from_mins(minutes.unwrap_or_default())
}

/// Looks again in a while.
async fn wait(context: &Context, read: Read, head: &Head, action: &Action) -> Result<Attempted<Next>, Fault> {
    let mut after = action.clone();
    after.rings_at(writing::moment(context).again);
    let mut commit = Commit::default();
    writing::put(&mut commit, context, &read.batch, head, Some(action), &after);
    store::attempted(commit.run(context).await, Next::Nothing)
}

async fn work(context: &Context, read: &Read, action: Action, head: Head) -> Result<Work, Fault> {
    let ledger = read.batch.rev(&keys::ledger_head(&action.account));
    Ok(Work { action: checked(context, action).await?, head, records: read.records.clone(), ledger })
}

/// Stores the intent to send what the provider does not have, if it may still be done as it was approved.
async fn again(
    context: &Context,
    id: &ActionId,
    seen: Option<u64>,
    first: bool,
    note: Option<String>,
) -> Result<Attempted<Next>, Fault> {
    let read = read(context, id).await?;
    let out_of_date = read.batch.rev(&keys::ledger_head(&id.account())) != seen;
    let now = context.clock.now();
    let due = |action: &Action| match action.state() {
        State::Approved => first,
        State::Executing | State::InDoubt => action.alarm().is_none_or(|at| at <= now),
        _ => false,
    };
    let (Some(action), Some(head)) = (read.action.clone().filter(due), read.head.clone()) else {
        return Ok(Attempted::Done(Next::Nothing));
    };
    // Told of in the meantime: it is not sent again.
    let waits = action.was_told()
        || out_of_date
        || is_settling(context, &head, &action)
        || is_held(context, &head, &action).await?
        || is_being_paid(context, &read, &action)?
        || awaits_incident(context, &read, &action, &head)?
        || (first && is_busy(context, &head, &action).await?);
    if waits {
        return wait(context, read, &head, &action).await;
    }
    if may_go(&read, &action, &head, now)? && is_scheduled_still(context, &head, &action).await? {
        return store_attempt(context, read, action, head, note).await;
    }
    if action.attempt().is_none_or(Attempt::did_nothing) {
        return outcome::stale(context, read, &head, &action).await;
    }
    Ok(Attempted::Done(Next::Lapsed(work(context, &read, action, head).await?)))
}

async fn store_attempt(
    context: &Context,
    read: Read,
    action: Action,
    head: Head,
    note: Option<String>,
) -> Result<Attempted<Next>, Fault> {
    let now = context.clock.now();
    let before = action;
    let mut action = checked(context, before.clone()).await?.into_inner();
    let mut attempt = Attempt::next(&action, now, key_lives(context, &head));
    // What was noted first is what counts: a later look may show our own effect.
    attempt.before = attempt.before.or(note);
    let body = [("key", attempt.key.clone()), ("attempt", attempt.number.to_string())];
    action.sent(attempt, writing::moment(context).again)?;
    let mut commit = Commit::default();
    let tried = tried(&read, &before, now);
    // It was judged by these; if one has changed since, it is judged again.
    let written = tried.as_ref().map(Stored::key);
    let judged: BTreeSet<Key> =
        read.judged_by(&head).into_iter().chain(grounds_of(&before, &head, &read.records)).collect();
    for key in judged.iter().filter(|key| Some(*key) != written.as_ref()) {
        commit.check(&read.batch, key);
    }
    if let Some(tried) = &tried {
        commit.over(&read.batch, tried);
    }
    writing::put(&mut commit, context, &read.batch, &head, Some(&before), &action);
    put_notes(&mut commit, &read.batch, &action.account, vec![ledger_note(&action, Step::Attempted, now, body)])?;
    let next = Next::Send(work(context, &read, action, head).await?);
    store::attempted(commit.run(context).await, next)
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

/// Stores the outcome, folds what the provider answered into the book, and sends the customer what is for them.
async fn end(context: &Context, work: &Work, ended: Ended, seen: Vec<Seen>) -> Result<Done, Fault> {
    let id = work.action.inner().id.clone();
    let after = store::retrying(context, || outcome::store(context, &id, &ended)).await?;
    let Some((action, head, is_fresh)) = after else { return Ok(Done::NothingToDo) };
    let waited = work.action.inner().waits_for_key();
    if let Ended::Locked { why } = &ended {
        lock::found(context, &head, &action, waited, why).await?;
    } else if waited && !action.is_locked() {
        lock::opened(context, &head).await?;
    }
    if is_fresh {
        customer::tell(context, &action).await?;
    }
    outcome::observe(context, &action, &head, seen).await?;
    if is_fresh {
        if action.owes() == Some(Owed::Leaving) {
            leaving::follow(context, &action).await?;
        }
        if matches!(action.state(), State::NeedsPerson | State::Failed) {
            owe::owed(context, &action).await?;
        }
    }
    Ok(Done::CarriedOut(action.state()))
}

fn ledger_note(action: &Action, step: Step, at: Timestamp, body: [(&str, String); 2]) -> Note {
    Note::new(at, step, &action.id, MACHINE, body)
}

/// The invoice that a try leaves for, with that: no provider says of a try that it was ours. What left before and is
/// known to have done nothing was none.
fn tried(read: &Read, action: &Action, now: Timestamp) -> Option<Of<Invoice>> {
    let Kind::RetryPayment { invoice, .. } = &action.kind else { return None };
    let mut value = read.records.invoices.get(invoice)?.clone();
    let idle = action.attempt().filter(|last| last.did_nothing()).and_then(|last| last.sent_at);
    idle.into_iter().for_each(|at| value.tries.was_idle(at));
    value.tries.sends(now);
    Some(Of { account: action.account.clone(), value })
}
