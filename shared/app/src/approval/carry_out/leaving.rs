//! What follows when a customer leaves. Every step can be done again: whatever stops it, doing it again ends it.

use crate::approval::{ask, desk};
use crate::context::Context;
use crate::dunning::line_of;
use crate::fault::Fault;
use crate::store::{self, Attempted, Batch, Commit, Of, keys};
use crate::task;
use domain::action::{Action, Kind, State};
use domain::book::{Head, Invoice, Payment, Touched};
use domain::dunning::Plan;
use domain::id::AccountId;
use domain::leaving::{Concerned, LEFT, Leaving, concerned, leaving};
use domain::task::Task;
use jiff::Timestamp;

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
    let Kind::Cancel { subscription, asked_at, .. } = &action.kind else { return Ok(()) };
    let leaving = store::retrying(context, || end_recoveries(context, action, subscription, *asked_at)).await?;
    for (payment, amount) in &leaving.refunds {
        ask::for_leaver(context, action, payment, *amount, *asked_at).await?;
    }
    Ok(())
}

async fn end_recoveries(context: &Context, action: &Action, subscription: &str, asked_at: Timestamp) -> Result<Attempted<Leaving>, Fault> {
    // Read.
    let account = &action.account;
    let own = keys::head(account);
    let mut batch = Batch::read(context, vec![own.clone()]).await?;
    let Some(mut head) = batch.get::<Head>(&own)? else { return Ok(Attempted::Done(Leaving::default())) };
    let concerned = concerned(&head.book, asked_at);
    let records = records(context, &mut batch, account, &concerned).await?;

    // Decide.
    let leaving = leaving(subscription, asked_at, &head, &records);
    let now = context.clock.now();
    let (mut plans, mut tasks) = (Vec::new(), Vec::new());
    for rest in &leaving.due {
        if let Some(mut plan) = batch.get::<Plan>(&keys::plan(account, &rest.invoice))?.filter(|plan| plan.next().is_some()) {
            plan.stop(LEFT, now);
            plans.push(plan);
        }
        let (about, what, steps) = rest.task(&action.id);
        tasks.push(task::open(context, account, about, what, steps));
    }
    batch.extend(Batch::read(context, tasks.iter().map(|task| keys::task(&task.id)).collect()).await?);
    head.left.insert(subscription.to_owned(), asked_at);

    // Write.
    let mut commit = Commit::default();
    for plan in &plans {
        commit.over(&batch, plan);
        match line_of(plan) {
            Some(line) => drop(head.dunning.insert(plan.invoice.clone(), line)),
            None => drop(head.dunning.remove(&plan.invoice)),
        }
    }
    for task in &tasks {
        if batch.get::<Task>(&keys::task(&task.id))?.is_none() {
            commit.create(task);
        }
    }
    commit.over(&batch, &head);
    store::attempted(commit.run(context).await, leaving)
}

async fn records(context: &Context, batch: &mut Batch, account: &AccountId, concerned: &Concerned) -> Result<Touched, Fault> {
    let invoices = concerned.invoices.iter().flat_map(|id| [keys::invoice(account, id), keys::plan(account, id)]);
    let payments = concerned.payments.iter().map(|id| keys::payment(account, id));
    batch.extend(Batch::read(context, invoices.chain(payments).collect()).await?);
    let mut records = Touched::default();
    for id in &concerned.invoices {
        records.invoices.extend(batch.get::<Of<Invoice>>(&keys::invoice(account, id))?.map(|of| (id.clone(), of.value)));
    }
    for id in &concerned.payments {
        records.payments.extend(batch.get::<Of<Payment>>(&keys::payment(account, id))?.map(|of| (id.clone(), of.value)));
    }
    Ok(records)
}
