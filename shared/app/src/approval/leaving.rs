//! What follows when a customer leaves. Every step can be done again: whatever stops it, doing it again ends it, and
//! whatever is told later is followed as well.

use crate::approval::{ask, writing};
use crate::context::Context;
use crate::fault::Fault;
use crate::records::whose;
use crate::store::{self, Attempted, Batch, Commit, Of, keys};
use crate::{outgoing, records, task};
use domain::action::{Action, Owed};
use domain::book::{Head, Invoice, Left, Payment, Touched};
use domain::dunning::Plan;
use domain::id::AccountId;
use domain::leaving::{LEFT, Leaving, leaving};
use domain::task::Task;
use jiff::Timestamp;

/// How many open bills become tasks in one commit.
const AT_ONCE: usize = 40;

/// Does what follows from a cancellation that was carried out, and notes that it was done.
pub async fn follow(context: &Context, action: &Action) -> Result<(), Fault> {
    begin(context, action).await?;
    store::retrying(context, || async {
        let read = records::read(context, &action.id).await?;
        let owes = |action: &Action| action.owes() == Some(Owed::Leaving);
        let (Some(before), Some(head)) = (read.action.clone().filter(owes), read.head) else {
            return Ok(Attempted::Done(()));
        };
        let mut after = before.clone();
        after.is_settled_with(Owed::Leaving);
        let mut commit = Commit::default();
        writing::put(&mut commit, context, &read.batch, &head, Some(&before), &after);
        store::attempted(commit.run(context).await, ())
    })
    .await
}

/// Ends what is asked of somebody who leaves, and asks back what they were charged since. Nothing else leaves anybody.
pub async fn begin(context: &Context, action: &Action) -> Result<(), Fault> {
    let Some((subscription, asked_at)) = action.wish_to_leave() else { return Ok(()) };
    loop {
        let (leaving, more) =
            store::retrying(context, || end_recoveries(context, action, subscription, asked_at)).await?;
        if more {
            continue;
        }
        for (payment, amount) in &leaving.refunds {
            ask::for_leaver(context, action, payment, *amount, asked_at).await?;
        }
        return Ok(());
    }
}

/// Whether there are more open bills than one commit takes.
async fn end_recoveries(
    context: &Context,
    action: &Action,
    subscription: &str,
    asked_at: Timestamp,
) -> Result<Attempted<(Leaving, bool)>, Fault> {
    // Read. Every event writes the head, so that whatever is read here still holds if the head does.
    let account = &action.account;
    let own = keys::head(account);
    let mut batch = Batch::read(context, whose::keys_of(account).into_iter().chain([own.clone()]).collect()).await?;
    let Some(before) = batch.get::<Head>(&own)? else { return Ok(Attempted::Done((Leaving::default(), false))) };
    let is_own =
        |left: &Left| left.action.as_ref().is_some_and(|own| *own == action.id || Some(own) == action.bundle.as_ref());
    let is_known = before.left.get(subscription).is_some_and(|wishes| wishes.iter().any(is_own));
    if action.has_followed() && !is_known {
        // It was followed, and the customer has come back since.
        return Ok(Attempted::Done((Leaving::default(), false)));
    }
    let (person, customer) = whose::read(&batch, account)?;
    let billed = billed_and_paid(context, account).await?;
    let leaving = leaving(subscription, asked_at, &before.book, &billed);
    let tasks: Vec<_> = leaving.due.iter().map(|rest| (rest, rest.task(&action.id))).collect();
    let plans = leaving.due.iter().map(|rest| keys::plan(account, &rest.invoice));
    let all: Vec<_> = plans.chain(tasks.iter().map(|(_, (about, ..))| keys::task(&about.task(account)))).collect();
    for some in all.chunks(AT_ONCE) {
        batch.extend(Batch::read(context, some.to_vec()).await?);
    }

    // Decide and write.
    let now = context.clock.now();
    let (mut commit, mut head, mut written) = (Commit::default(), before.clone(), 0);
    let mut stopped = Vec::new();
    for (rest, (about, what, steps)) in tasks {
        let mut standing = batch.get::<Plan>(&keys::plan(account, &rest.invoice))?;
        standing.iter_mut().for_each(|plan| plan.heed(&before));
        let invoice = &billed.invoices[&rest.invoice];
        let queue = whose::queue(context, (&person, customer.as_ref()), (&before, invoice), standing.as_ref());
        let plan = standing.filter(|plan| plan.next().is_some());
        let is_told = batch.rev(&keys::task(&about.task(account))).is_some();
        if is_told && plan.is_none() {
            continue;
        }
        written += 1;
        if written > AT_ONCE {
            break;
        }
        if let Some(mut plan) = plan {
            plan.stop(LEFT, now);
            commit.over(&batch, &plan);
            stopped.push(plan);
        }
        if !is_told {
            commit.create(&Task { queue, ..task::open(context, account, about, what, steps) });
        }
    }
    records::running::show(context, &mut head, &stopped).await?;
    let left = Left { action: Some(action.id.clone()), at: action.ended_at().unwrap_or(now) };
    let wishes = head.left.entry(subscription.to_owned()).or_default();
    match wishes.iter_mut().find(|other| is_own(other)) {
        Some(own) => *own = left,
        None => wishes.push(left),
    }
    head.names_left_within(context.policies.limits.current().left_bytes_max);
    if head != before || written > 0 {
        let lines = outgoing::of_head(context, &mut batch, &before, &head).await?;
        commit.over(&batch, &head);
        outgoing::put(&mut commit, &batch, &lines);
        return store::attempted(commit.run(context).await, (leaving, written > AT_ONCE));
    }
    Ok(Attempted::Done((leaving, false)))
}

/// Everything that the account was billed and paid.
async fn billed_and_paid(context: &Context, account: &AccountId) -> Result<Touched, Fault> {
    let invoices: Vec<Of<Invoice>> = store::all_of(context, &keys::invoices(account)).await?;
    let payments: Vec<Of<Payment>> = store::all_of(context, &keys::payments(account)).await?;
    Ok(Touched {
        invoices: invoices.into_iter().map(|of| (of.value.id.clone(), of.value)).collect(),
        payments: payments.into_iter().map(|of| (of.value.id.clone(), of.value)).collect(),
        ..Touched::default()
    })
}
