//! What is told of somebody who leaves is followed, and what was open and is not any more ends its task.

use crate::context::Context;
use crate::fault::Fault;
use crate::message::{Message, Sent};
use crate::ports::QueueName;
use crate::store::{Batch, Commit, keys};
use domain::book::{Due, Head, Invoice, Left};
use domain::classify::desk::Desk;
use domain::event::{Event, Seen};
use domain::id::ActionId;
use domain::task::{About, Task};

/// What is told of bills and payments of somebody who leaves is followed as well.
pub fn promises(event: &Event, head: &Head, trace: &str) -> Vec<Sent> {
    let of_money = |seen: &Seen| {
        !matches!(seen, Seen::Customer(_) | Seen::Balance(_) | Seen::Card(_) | Seen::Subscription(_) | Seen::Ticket(_))
    };
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
    let due =
        |action: &ActionId, invoice: &Invoice| About::RestDue { action: action.clone(), invoice: invoice.id.clone() };
    let account = &after.head.account;
    let keys: Vec<_> = settled
        .flat_map(|invoice| {
            after.head.left.values().flatten().map(|left| keys::task(&due(&left.action, invoice).task(account)))
        })
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
