//! A customer ends a subscription at the provider, and nobody asked us: what is open for it becomes a person's, and is asked
//! for no more.

use super::desk::Desk;
use super::stop;
use crate::action::{Action, Kind, State};
use crate::book::{Due, Invoice, Left, Subscription};
use crate::event::{Event, InvoiceStatus, Origin};
use crate::id::{AccountId, TaskId};
use crate::leaving::{LEFT, ended_there};
use crate::money::Money;
use crate::task::{About, State as TaskState, Task};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// How such a task is done.
const STEPS: &str = "The customer ended it at the provider, and nothing more is asked for automatically. Look at what was \
    delivered until then, agree with them on what remains, and then ask for a payment link, for a part to be credited, or for \
    the rest to be written off or voided. Once it is paid this is done by itself.";

/// An open invoice of such a subscription.
struct Owing {
    subscription: String,
    remaining: Option<Money>,
}

/// The subscriptions that an event shows ended by their customers, or to end because they want it, and nothing did before.
/// Those that we were asked to end ourselves are none of them.
pub fn ended(before: &Desk, after: &Desk) -> Vec<String> {
    let was = |id: &str| before.touched.subscriptions.get(id).is_some_and(is_wished);
    let news = after.touched.subscriptions.iter().filter(|(id, subscription)| is_wished(subscription) && !was(id));
    let ours = |id: &str| before.ended_by_us.contains(id) || before.actions.values().any(|action| ends(action, id));
    news.map(|(id, _)| id.clone()).filter(|id| !ours(id)).collect()
}

/// Which of them an action of ours has ended. A list may tell of its end long after the action was settled, and of an
/// answer that was lost nothing else does.
pub fn by_us(ended: Vec<String>, actions: &[Action]) -> BTreeSet<String> {
    ended.into_iter().filter(|id| actions.iter().any(|action| ends(action, id))).collect()
}

fn is_wished(subscription: &Subscription) -> bool {
    subscription.wished.copied() == Some(true)
}

/// Whether an action of ours ends a subscription, or has a person do it.
fn ends(action: &Action, subscription: &str) -> bool {
    let is_end = |kind: &Kind| match kind {
        Kind::Cancel { subscription: own, .. } | Kind::ForceCancel { subscription: own, .. } => own == subscription,
        _ => false,
    };
    let begun = action.attempt().is_some() || matches!(action.state(), State::NeedsPerson | State::Executed);
    begun && action.kind.members().iter().any(is_end)
}

/// The open invoices of those subscriptions, and what fails for the first time since one was ended so. Lists tell of old
/// ends: of these only what a recovery still asks for.
fn owing(event: &Event, before: &Desk, after: &Desk) -> BTreeMap<String, Owing> {
    let (ended, is_listed) = (ended(before, after), event.origin == Origin::Listed);
    let mut owing = BTreeMap::new();
    for line in after.head.book.invoices.iter().filter(|line| line.status == Some(InvoiceStatus::Open)) {
        let Some(subscription) = line.subscription.clone().filter(|own| ended.contains(own)) else { continue };
        if !is_listed || before.head.dunning.contains_key(&line.invoice) {
            owing.insert(line.invoice.clone(), Owing { subscription, remaining: line.remaining });
        }
    }
    for invoice in after.touched.invoices.values().filter(|_| !is_listed) {
        let (Due::Open(remaining), Some(subscription)) = (invoice.due(), invoice.subscription.value()) else {
            continue;
        };
        if fails_first(before, invoice) && ended_there(&before.head, invoice) {
            owing.insert(invoice.id.clone(), Owing { subscription: subscription.clone(), remaining });
        }
    }
    owing
}

fn fails_first(before: &Desk, invoice: &Invoice) -> bool {
    let failed = |invoice: &Invoice| invoice.first_failed_at.is_some();
    failed(invoice) && !before.touched.invoices.get(&invoice.id).is_some_and(failed)
}

/// The invoices whose recovery this stops.
pub fn silenced(event: &Event, before: &Desk, after: &Desk) -> Vec<String> {
    owing(event, before, after).into_keys().filter(|invoice| before.head.dunning.contains_key(invoice)).collect()
}

/// The invoices that become a person's.
pub fn owed(event: &Event, before: &Desk, after: &Desk) -> Vec<String> {
    owing(event, before, after).into_keys().collect()
}

/// The task of such an invoice.
pub fn task_of(account: &AccountId, invoice: &str) -> TaskId {
    about(invoice.to_owned(), String::new()).task(account)
}

/// Remembers who has left, and stops the recoveries of what they owe. What the head does not show any more is forgotten.
pub fn leave(event: &Event, before: &Desk, after: &mut Desk, now: Timestamp) {
    let (ended, silenced) = (ended(before, after), silenced(event, before, after));
    for subscription in ended {
        let book = &after.head.book.subscriptions;
        after.head.left.retain(|id, wishes| book.contains_key(id) || wishes.iter().any(|left| left.action.is_some()));
        let wishes = after.head.left.entry(subscription).or_default();
        wishes.retain(|left| left.action.is_some());
        wishes.push(Left { action: None, at: event.at });
    }
    silenced.iter().for_each(|invoice| stop(now, after, invoice, LEFT));
}

/// The tasks that begin; one for each invoice.
pub fn begin(
    event: &Event,
    known: &[Task],
    before: &Desk,
    after: &Desk,
    due_in: SignedDuration,
    now: Timestamp,
) -> Vec<Task> {
    let is_open = |task: &Task| known.iter().any(|other| other.id == task.id && other.state == TaskState::Open);
    let begun = |(invoice, owing): (String, Owing)| task(&after.head.account, invoice, owing, due_in, now);
    owing(event, before, after).into_iter().map(begun).filter(|task| !is_open(task)).collect()
}

fn task(account: &AccountId, invoice: String, owing: Owing, due_in: SignedDuration, now: Timestamp) -> Task {
    let amount = owing.remaining.map_or_else(String::new, |amount| format!("{amount} of "));
    let what = format!("Settle {amount}invoice {invoice}: the customer has ended {}", owing.subscription);
    Task::new(account, about(invoice, owing.subscription), what, STEPS.to_owned(), now, due_in)
}

fn about(invoice: String, subscription: String) -> About {
    About::LeftOwing { invoice, subscription }
}

#[cfg(test)]
mod tests;
