//! What follows when a customer leaves. Every step can be done again: whatever stops it, doing it again ends it, and
//! whatever is told later is followed as well.

use crate::approval::{ask, desk};
use crate::context::Context;
use crate::dunning::line_of;
use crate::fault::Fault;
use crate::message::Message;
use crate::ports::QueueName;
use crate::store::{self, Attempted, Batch, Commit, Of, Sent, keys};
use crate::task;
use domain::action::{Action, State};
use domain::book::{Due, Head, Invoice, Payment, Touched};
use domain::desk::Desk;
use domain::dunning::Plan;
use domain::event::{Event, Seen};
use domain::id::{AccountId, ActionId};
use domain::leaving::{LEFT, Leaving, Left, Stage, leaving, wish};
use domain::task::{About, Task};
use jiff::Timestamp;

/// How many open bills become tasks in one commit.
const AT_ONCE: usize = 40;

/// How far a customer's wish to end the subscription of an invoice has come.
pub async fn stage(context: &Context, head: &Head, invoice: &Invoice) -> Result<Option<Stage>, Fault> {
    let Some(wishes) = invoice.subscription.value().and_then(|subscription| head.left.get(subscription)) else { return Ok(None) };
    let keys: Vec<_> = wishes.iter().map(|left| keys::action(&left.action)).collect();
    let batch = Batch::read(context, keys.clone()).await?;
    let mut found = None;
    for key in &keys {
        match batch.get::<Action>(key)?.as_ref().and_then(Stage::of) {
            Some(Stage::Left) => return Ok(Some(Stage::Left)),
            Some(Stage::Recorded) => found = Some(Stage::Recorded),
            None => {}
        }
    }
    Ok(found)
}

/// What is told of bills and payments of somebody who leaves is followed as well.
pub fn promises(event: &Event, head: &Head, trace: &str) -> Vec<Sent> {
    let of_money =
        |seen: &Seen| !matches!(seen, Seen::Customer(_) | Seen::Balance(_) | Seen::Card(_) | Seen::Subscription(_) | Seen::Ticket(_));
    if !event.seen.iter().any(of_money) {
        return Vec::new();
    }
    let act = |left: &Left| Message::Act { action: left.action.clone(), trace: trace.to_owned() };
    head.left.values().flatten().map(|left| Sent { queue: QueueName::Approval, message: act(left) }).collect()
}

/// Ends the tasks of open bills of somebody who has left, once they are open no more.
pub async fn end_tasks(
    context: &Context,
    batch: &mut Batch,
    commit: &mut Commit,
    before: &Desk,
    after: &Desk,
    by: &str,
) -> Result<(), Fault> {
    let is_open = |invoice: &Invoice| matches!(invoice.due(), Due::Open(_));
    let settled = after.touched.invoices.values().filter(|invoice| !is_open(invoice));
    let settled = settled.filter(|invoice| before.touched.invoices.get(&invoice.id).is_some_and(is_open));
    let due = |action: &ActionId, invoice: &Invoice| About::RestDue { action: action.clone(), invoice: invoice.id.clone() };
    let account = &after.head.account;
    let keys: Vec<_> = settled
        .flat_map(|invoice| after.head.left.values().flatten().map(|left| keys::task(&due(&left.action, invoice).task(account))))
        .collect();
    if keys.is_empty() {
        return Ok(());
    }
    batch.extend(Batch::read(context, keys.clone()).await?);
    for key in &keys {
        if let Some(mut task) = batch.get::<Task>(key)?.filter(|task| task.state == domain::task::State::Open) {
            task.end(true, by, "", context.clock.now());
            commit.over(batch, &task);
        }
    }
    Ok(())
}

/// Does what follows from a cancellation that was carried out, and notes that it was done.
pub async fn follow(context: &Context, action: &Action) -> Result<(), Fault> {
    begin(context, action).await?;
    store::retrying(context, || async {
        let read = desk::read(context, &action.id).await?;
        let owes = |action: &Action| action.state == State::Executed && action.look_at.is_some();
        let (Some(before), Some(head)) = (read.action.clone().filter(owes), read.head) else { return Ok(Attempted::Done(())) };
        let mut commit = Commit::default();
        desk::put(&mut commit, context, &read.batch, &head, Some(&before), &Action { look_at: None, ..before.clone() });
        store::attempted(commit.run(context).await, ())
    })
    .await
}

/// Ends what is asked of somebody who leaves, and asks back what they were charged since. Nothing else leaves anybody.
pub async fn begin(context: &Context, action: &Action) -> Result<(), Fault> {
    let Some((subscription, asked_at)) = wish(&action.kind, action.reason_code) else { return Ok(()) };
    loop {
        let (leaving, more) = store::retrying(context, || end_recoveries(context, action, subscription, asked_at)).await?;
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
    let mut batch = Batch::read(context, vec![own.clone()]).await?;
    let Some(before) = batch.get::<Head>(&own)? else { return Ok(Attempted::Done((Leaving::default(), false))) };
    let is_own = |left: &Left| left.action == action.id || Some(&left.action) == action.bundle.as_ref();
    let is_known = before.left.get(subscription).is_some_and(|wishes| wishes.iter().any(is_own));
    if action.look_at.is_none() && !is_known {
        // It was followed, and the customer has come back since.
        return Ok(Attempted::Done((Leaving::default(), false)));
    }
    let leaving = leaving(subscription, asked_at, &before.book, &records(context, account).await?);
    let tasks: Vec<_> = leaving.due.iter().map(|rest| (rest, rest.task(&action.id))).collect();
    let plans = leaving.due.iter().map(|rest| keys::plan(account, &rest.invoice));
    let all: Vec<_> = plans.chain(tasks.iter().map(|(_, (about, ..))| keys::task(&about.task(account)))).collect();
    for some in all.chunks(AT_ONCE) {
        batch.extend(Batch::read(context, some.to_vec()).await?);
    }

    // Decide and write.
    let now = context.clock.now();
    let (mut commit, mut head, mut written) = (Commit::default(), before.clone(), 0);
    for (rest, (about, what, steps)) in tasks {
        let plan = batch.get::<Plan>(&keys::plan(account, &rest.invoice))?.filter(|plan| plan.next().is_some());
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
            match line_of(&plan) {
                Some(line) => drop(head.dunning.insert(plan.invoice.clone(), line)),
                None => drop(head.dunning.remove(&plan.invoice)),
            }
        }
        if !is_told {
            commit.create(&task::open(context, account, about, what, steps));
        }
    }
    let left = Left { action: action.id.clone(), at: action.ended_at.unwrap_or(now) };
    let wishes = head.left.entry(subscription.to_owned()).or_default();
    match wishes.iter_mut().find(|other| is_own(other)) {
        Some(own) => *own = left,
        None => wishes.push(left),
    }
    if head != before || written > 0 {
        commit.over(&batch, &head);
        return store::attempted(commit.run(context).await, (leaving, written > AT_ONCE));
    }
    Ok(Attempted::Done((leaving, false)))
}

/// Everything that the account was billed and paid.
async fn records(context: &Context, account: &AccountId) -> Result<Touched, Fault> {
    let invoices: Vec<Of<Invoice>> = store::all_of(context, account, "INVOICE#").await?;
    let payments: Vec<Of<Payment>> = store::all_of(context, account, "PAYMENT#").await?;
    Ok(Touched {
        invoices: invoices.into_iter().map(|of| (of.value.id.clone(), of.value)).collect(),
        payments: payments.into_iter().map(|of| (of.value.id.clone(), of.value)).collect(),
        ..Touched::default()
    })
}
