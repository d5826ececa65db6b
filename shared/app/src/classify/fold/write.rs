//! Writes what follows from an event in one commit, and names what is sent after it.

use super::read::Laid;
use crate::context::Context;
use crate::fault::Fault;
use crate::find::put_terms;
use crate::message::{Message, Sent};
use crate::outgoing;
use crate::ports::QueueName;
use crate::records::{hearing, ladder};
use crate::store::trail::{put_facts, put_notes, put_ticket};
use crate::store::{Asking, Batch, Commit, External, Of, Receipt, Stored, Timeline};
use domain::ageing::Climb;
use domain::book::Unlinked;
use domain::classify::Decided;
use domain::classify::decision::Decision;
use domain::classify::desk::Desk;
use domain::event::Event;
use domain::id::{AccountId, ActionId};
use domain::incident::{Pulse, Watch};
use domain::ledger::Note;
use domain::notice::Notice;
use domain::outgoing::Line;
use domain::task::Task;
use domain::telling::Bulletin;
use domain::ticket::Ticket;
use jiff::SignedDuration;
use std::collections::{BTreeMap, BTreeSet};

/// What was decided beyond the records on the desk.
pub(super) struct Concluded {
    pub decisions: Vec<Decision>,
    pub notes: Vec<Note>,
    /// The tasks that are over, and those that begin.
    pub tasks: Vec<Task>,
    /// The tickets whose case goes on in another.
    pub tickets: Vec<Ticket>,
    /// What comes onto the ladder.
    pub climbs: Vec<Climb>,
    /// What the customer is told of for the first time.
    pub notices: Vec<Notice>,
    pub pulses: Vec<Pulse>,
    /// The watch, where it is armed anew.
    pub watch: Option<Watch>,
    /// What the product is told.
    pub lines: Vec<Line>,
    /// What the staff are told.
    pub news: Vec<Bulletin>,
}

/// Puts together all that an event changes.
pub(super) fn commit(
    context: &Context,
    event: &Event,
    laid: &Laid,
    receipt: &Receipt,
    concluded: Concluded,
) -> Result<Commit, Fault> {
    let Laid { account, batch, externals, before, after } = laid;
    let Concluded { decisions, notes, tasks, tickets, climbs, notices, pulses, watch, lines, news } = concluded;
    let mut commit = Commit::default();
    commit.create(receipt);
    let trace = receipt.trace.clone();
    let room = context.policies.limits.current().room();
    commit.create(&Timeline { account: account.clone(), event: event.without_person().within(room), trace });
    put_desk(&mut commit, batch, before, after);
    let ended = after.actions.values().filter_map(|it| {
        let case = it.case.as_ref().and_then(|case| after.cases.get(case));
        hearing::of(before.actions.get(&it.id), it, case, receipt.folded_at)
    });
    ended.for_each(|hearing| commit.put(&hearing));
    decisions.iter().for_each(|decision| commit.create(decision));
    put_externals(&mut commit, batch, externals, account);
    put_terms(&mut commit, event, before, after);
    tasks.iter().for_each(|task| commit.over(batch, task));
    put_notes(&mut commit, batch, account, notes)?;
    put_facts(&mut commit, &format!("{}:{}", event.provider, event.id), before, after, context);
    pulses.iter().for_each(|pulse| commit.put(pulse));
    watch.iter().for_each(|watch| commit.over(batch, watch));
    let lease = SignedDuration::from_secs(context.policies.limits.current().alarm_lease_secs);
    let asked = |sent: &Sent| match &sent.message {
        Message::Ask { case, .. } => Some(case.clone()),
        _ => None,
    };
    climbs.iter().for_each(|climb| ladder::write(&mut commit, batch, climb));
    notices.iter().for_each(|notice| commit.over(batch, notice));
    for ticket in &tickets {
        put_ticket(&mut commit, batch, ticket)?;
    }
    for case in receipt.promised.iter().filter_map(asked).collect::<BTreeSet<_>>() {
        commit.put(&Asking { case, again_at: Some(receipt.folded_at + lease) });
    }
    outgoing::put(&mut commit, batch, &lines);
    news.iter().for_each(|bulletin| commit.create(bulletin));
    Ok(commit)
}

/// What is sent once all of it is written: questions to people and to the provider, wishes to leave that go on, money
/// of which somebody has to find what it is for, and the recoveries that take in what the head says.
pub(super) fn promises(
    decided: &Decided,
    followed: &[ActionId],
    unlinked: Vec<Unlinked>,
    paid: Option<Vec<String>>,
    account: &AccountId,
    trace: &str,
) -> Vec<Sent> {
    let ask = decided
        .ask
        .iter()
        .map(|case| (QueueName::Approval, Message::Ask { case: case.clone(), trace: trace.to_owned() }));
    let act = followed
        .iter()
        .map(|action| (QueueName::Approval, Message::Act { action: action.clone(), trace: trace.to_owned() }));
    let link = unlinked.into_iter().map(|missing| {
        (QueueName::Events, Message::Unlinked { account: account.clone(), missing, trace: trace.to_owned() })
    });
    let settle = paid.map(|payments| {
        (QueueName::Dunning, Message::Settle { account: account.clone(), payments, trace: trace.to_owned() })
    });
    let ring = decided.ring.iter().map(|invoice| {
        let (account, invoice, trace) = (account.clone(), invoice.clone(), trace.to_owned());
        (QueueName::Dunning, Message::PlanDue { account, invoice, trace })
    });
    ask.chain(act).chain(link).chain(settle).chain(ring).map(|(queue, message)| Sent { queue, message }).collect()
}

/// Writes what changed on the desk, and the head always: it is where two writers meet.
fn put_desk(commit: &mut Commit, batch: &Batch, before: &Desk, after: &Desk) {
    let account = &after.head.account;
    commit.over(batch, &after.head);
    if after.touched.person != before.touched.person {
        put_all(
            commit,
            batch,
            account,
            &BTreeMap::new(),
            &after.touched.person.iter().map(|person| ((), person.clone())).collect(),
        );
    }
    put_all(commit, batch, account, &before.touched.cards, &after.touched.cards);
    put_all(commit, batch, account, &before.touched.invoices, &after.touched.invoices);
    put_all(commit, batch, account, &before.touched.payments, &after.touched.payments);
    put_all(commit, batch, account, &before.touched.subscriptions, &after.touched.subscriptions);
    changed(&before.cases, &after.cases).for_each(|case| commit.over(batch, case));
    changed(&before.plans, &after.plans).for_each(|plan| commit.over(batch, plan));
    changed(&before.actions, &after.actions).for_each(|action| commit.over(batch, action));
}

fn put_all<K: Ord, T: Clone + PartialEq>(
    commit: &mut Commit,
    batch: &Batch,
    account: &AccountId,
    before: &BTreeMap<K, T>,
    after: &BTreeMap<K, T>,
) where
    Of<T>: Stored,
{
    for value in changed(before, after) {
        commit.over(batch, &Of { account: account.clone(), value: value.clone() });
    }
}

fn changed<'a, K: Ord, T: PartialEq>(
    before: &'a BTreeMap<K, T>,
    after: &'a BTreeMap<K, T>,
) -> impl Iterator<Item = &'a T> {
    after.iter().filter(|(key, value)| before.get(key) != Some(value)).map(|(_, value)| value)
}

fn put_externals(commit: &mut Commit, batch: &Batch, externals: &[External], account: &AccountId) {
    for external in externals.iter().filter(|external| external.account.as_ref() != Some(account)) {
        commit.over(batch, &External { account: Some(account.clone()), ..external.clone() });
    }
}
