//! What Recoup itself asks people for: what a case recommends, and what somebody was charged who had left.

use super::super::Done;
use super::{Ask, CROWDED, NOT_OWED, What, make};
use crate::context::Context;
use crate::fault::Fault;
use crate::records::{self, actions_of};
use crate::setup::sources;
use crate::store::{self, Asking, Attempted, Batch, Commit, keys};
use crate::task;
use crate::web::Failed;
use domain::action::{Action, Kind, Reason, State};
use domain::book::Head;
use domain::case::Case;
use domain::id::{ActionId, CaseId};
use domain::money::Money;
use domain::staff::MACHINE;
use domain::task::{About, Task};
use jiff::{SignedDuration, Timestamp};

fn by_machine(
    id: ActionId,
    kind: Kind,
    reason: Reason,
    note: String,
    case: Option<CaseId>,
    trace: &str,
) -> Ask<'static> {
    Ask {
        id,
        what: What::Kind(kind),
        reason,
        note,
        case,
        by: None,
        preview_only: false,
        exception: false,
        seen: None,
        idempotency: None,
        trace: Some(trace.to_owned()),
    }
}

/// Asks people for the action that a case recommends; until then the promise to do so wakes.
pub async fn for_case(context: &Context, case: &CaseId, trace: &str) -> Result<Done, Fault> {
    // Read.
    let (promise, own, account) = (keys::asking(case), keys::case(case), keys::head(&case.account()));
    let mut batch = Batch::read(context, vec![promise.clone(), own.clone(), account.clone()]).await?;
    let Some(found) = batch.get::<Case>(&own)? else {
        return Err(Fault::Retry(format!("the case {case} is not there yet")));
    };
    batch.extend(Batch::read(context, found.actions.iter().map(keys::action).collect()).await?);
    let actions = actions_of(&batch, &found)?;
    let (is_due, waits) = (found.to_ask(&actions).is_some(), found.waits_for_staff(&actions));
    let observes = match batch.get::<Head>(&account)? {
        Some(head) if is_due => sources::observes(context, &head).await?,
        _ => false,
    };

    // Ask. A commit of its own. What a source finds that observes is asked for once it does no more.
    let done = match (is_due && !observes, waits) {
        (true, _) => ask(context, &found, trace).await?,
        (false, true) => Done::NotYet,
        (false, false) => Done::NothingToDo,
    };

    // Write.
    let is_promised = batch.get::<Asking>(&promise)?.is_some_and(|asking| asking.again_at.is_some());
    if done == Done::NotYet {
        promise_again(context, &batch, case).await?;
    } else if is_promised {
        let mut commit = Commit::default();
        commit.over(&batch, &Asking { case: case.clone(), again_at: None });
        // Whoever has promised it anew in between sent a message as well.
        store::attempted(commit.run(context).await, ())?;
    }
    Ok(done)
}

/// The same for what a source found while it observed: no promise was made for it yet.
pub(super) async fn for_found(context: &Context, case: &Case, trace: &str) -> Result<Done, Fault> {
    let done = ask(context, case, trace).await?;
    if done == Done::NotYet {
        let batch = Batch::read(context, vec![keys::asking(&case.id)]).await?;
        promise_again(context, &batch, &case.id).await?;
    }
    Ok(done)
}

/// Keeps the promise for later, for as long as the case is open: what stands in the way may come to nothing.
async fn promise_again(context: &Context, read: &Batch, case: &CaseId) -> Result<(), Fault> {
    let rest = SignedDuration::from_hours(context.policies.limits.current().asked_again_hours);
    let mut commit = Commit::default();
    commit.over(read, &Asking { case: case.clone(), again_at: Some(context.clock.now() + rest) });
    // Whoever was quicker has promised it as well, and for sooner.
    store::attempted(commit.run(context).await, ()).map(drop)
}

/// Asks for what a case recommends, as it was read, that nobody was asked for: again, if the earlier request went
/// stale.
async fn ask(context: &Context, case: &Case, trace: &str) -> Result<Done, Fault> {
    let Some(recommended) = &case.recommended else { return Ok(Done::NothingToDo) };
    let (kind, note) = (recommended.kind.clone(), recommended.note.clone());
    let ask = by_machine(next_request(case), kind, recommended.reason, note, Some(case.id.clone()), trace);
    match store::unless_refused(context, || make(context, &ask)).await {
        Ok(_) => Ok(Done::Asked),
        Err(Failed::Refused(problem)) => {
            tracing::info!(case.id = %case.id, reason = %problem.message, "the recommended action cannot be asked for");
            Ok(if matches!(problem.code, NOT_OWED | CROWDED) { Done::NotYet } else { Done::NothingToDo })
        }
        Err(Failed::Fault(fault)) => Err(fault),
    }
}

/// The id of the next request of ours for a case: another one once somebody has asked for something because of it.
pub(super) fn next_request(case: &Case) -> ActionId {
    ActionId::of(&case.account, MACHINE, &format!("{} {}", case.id, case.actions.len()))
}

/// Asks people to give back what somebody was charged after they had asked to leave. Where so much was asked for before
/// that nobody can be asked, a person has a task, and nothing asks for it beside them.
pub async fn for_leaver(
    context: &Context,
    action: &Action,
    payment: &str,
    amount: Money,
    asked_at: Timestamp,
) -> Result<(), Fault> {
    let about = About::ChargedSince { action: action.id.clone(), payment: payment.to_owned() };
    if store::read::<Task>(context, &keys::task(&about.task(&action.account))).await?.is_some() {
        return Ok(());
    }
    // One that could not be decided any more is asked anew; one that people denied is not.
    let request =
        |number: usize| ActionId::of(&action.account, MACHINE, &format!("{} {payment} {amount} {number}", action.id));
    let mut number = 0;
    while let Some(earlier) = store::read::<Action>(context, &keys::action(&request(number))).await? {
        if !matches!(earlier.state(), State::Stale | State::Failed | State::Withdrawn) {
            return Ok(());
        }
        number += 1;
    }
    let note = format!("charged after the customer had asked to leave on {}", asked_at.strftime("%Y-%m-%d"));
    let kind = Kind::Refund { payment: payment.to_owned(), amount };
    let ask = by_machine(request(number), kind, Reason::BillingError, note, None, &action.trace);
    match store::unless_refused(context, || make(context, &ask)).await {
        Ok(_) => Ok(()),
        // Room comes as others end: until then it is still owed.
        Err(Failed::Refused(problem)) if problem.code == CROWDED => Err(Fault::Retry(problem.message)),
        Err(Failed::Refused(problem)) => {
            tracing::warn!(action.id = %action.id, payment, reason = %problem.message, "what was charged since cannot be asked back");
            if records::past(context, &action.account).await?.is_some() {
                return Ok(());
            }
            store::retrying(context, || leave_to_a_person(context, action, &about, (payment, amount, asked_at))).await
        }
        Err(Failed::Fault(fault)) => Err(fault),
    }
}

/// The task of giving it back by hand, once.
async fn leave_to_a_person(
    context: &Context,
    action: &Action,
    about: &About,
    (payment, amount, asked_at): (&str, Money, Timestamp),
) -> Result<Attempted<()>, Fault> {
    let own = keys::task(&about.task(&action.account));
    let batch = Batch::read(context, vec![own.clone()]).await?;
    if batch.rev(&own).is_some() {
        return Ok(Attempted::Done(()));
    }
    let what = format!("Give back {amount} of {payment}: charged after the customer had left");
    let steps = format!(
        "The customer asked to leave on {}, and was charged since. So much was asked for on this account that Recoup asks for nothing \
         more there. Look at the payment: if it is for what they no longer wanted, refund it at the provider, and say that this is \
         done, with the refund's id.",
        asked_at.strftime("%Y-%m-%d")
    );
    let mut commit = Commit::default();
    commit.create(&task::open(context, &action.account, about.clone(), what, steps));
    store::attempted(commit.run(context).await, ())
}
