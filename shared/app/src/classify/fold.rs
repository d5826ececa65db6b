//! Folds one event into an account, in one commit: receipt, resources, head, timeline, facts, cases, and what will be sent.

use super::agreed;
use crate::classify::waiting::{self, external_keys, guest, nobodys};
use crate::context::Context;
use crate::fault::Fault;
use crate::find::put_terms;
use crate::incident::pulses;
use crate::message::{Message, Sent, send_all};
use crate::ports::{Key, QueueName};
use crate::records;
use crate::store::trail::{put_facts, put_notes};
use crate::store::{self, Attempted, Batch, Commit, External, Of, Receipt, Stored, Timeline, keys};
use crate::task;
use domain::action::{Action, State as ActionState};
use domain::book::{Head, ResourceId, Touched, touches};
use domain::classify::desk::Desk;
use domain::classify::{self, Decided, Scene, confirm, decision};
use domain::event::Event;
use domain::id::AccountId;
use domain::leaving;
use jiff::SignedDuration;
use std::collections::BTreeMap;

/// How folding an event ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folded {
    Done,
    Duplicate,
    /// Nobody has said yet whose it is.
    Waiting,
}

/// Folds an event; `message` is kept if the event has to wait for its parent.
///
/// `body` is where the raw delivery is kept.
pub async fn fold(
    context: &Context,
    event: &Event,
    message: Option<&Message>,
    body: Option<&str>,
    trace: &str,
) -> Result<Folded, Fault> {
    let event = event.clone().cut(context.policies.limits.current().written_chars_max);
    store::retrying(context, || once(context, &event, Manner::Told { message, body }, trace)).await
}

/// Folds what a provider's list shows, unless the book knows it already; a trial only looks whether it does.
pub async fn fold_listed(context: &Context, event: &Event, trial: bool, trace: &str) -> Result<Folded, Fault> {
    // A state that comes back is something new to a later run, and a page that is read again in one run is not.
    let event = Event { id: format!("{}:{trace}", event.id), ..event.clone() }
        .cut(context.policies.limits.current().written_chars_max);
    store::retrying(context, || once(context, &event, Manner::Listed { trial }, trace)).await
}

/// How an event came to us.
#[derive(Clone, Copy)]
enum Manner<'a> {
    Told { message: Option<&'a Message>, body: Option<&'a str> },
    Listed { trial: bool },
}

async fn once(context: &Context, event: &Event, manner: Manner<'_>, trace: &str) -> Result<Attempted<Folded>, Fault> {
    let (message, body) = match manner {
        Manner::Told { message, body } => (message, body),
        Manner::Listed { .. } => (None, None),
    };
    // Read.
    let Some(account) = whose(context, event).await? else {
        // A list is asked again: what waits for an owner need not be kept.
        if matches!(manner, Manner::Listed { .. }) {
            return Ok(Attempted::Done(Folded::Waiting));
        }
        let waits = waiting::wait(context, event, message).await?;
        return Ok(waits.map(|()| Folded::Waiting));
    };
    let mut batch = Batch::read(context, keys_of(event, &account)).await?;
    let receipt_key = keys::receipt(&event.provider, &event.source, &event.id);
    let externals = externals(&batch, event, &account)?;
    if let Some(receipt) = batch.get::<Receipt>(&receipt_key)? {
        send_all(context, &receipt.promised).await?;
        release(context, &externals).await?;
        return Ok(Attempted::Done(Folded::Duplicate));
    }
    let (policy, declines, now) =
        (context.policies.classify.current(), context.policies.declines.current(), context.clock.now());
    let same_try = SignedDuration::from_mins(policy.duplicates.same_try_minutes);
    let mut before = desk(&batch, event, &account)?;
    read_expected(context, &mut batch, event, &mut before).await?;
    let others = domain::book::beside(event, &before.head, same_try);
    read_resources(context, &mut batch, &others, &account, &mut before.touched).await?;
    let mut after = before.clone();
    after.touched.fold(&mut after.head, event, same_try);
    if let Manner::Listed { trial } = manner {
        let known = before.touched.says(&after.touched) && before.head.book.says(&after.head.book);
        if known || trial {
            return Ok(Attempted::Done(if known { Folded::Duplicate } else { Folded::Done }));
        }
    }
    let wanted = classify::wanted(event, &after, policy);
    let compared: Vec<_> = wanted.compared.into_iter().map(ResourceId::Invoice).collect();
    read_resources(context, &mut batch, &compared, &account, &mut before.touched).await?;
    lay(&batch, &compared, &account, &mut after.touched)?;
    after.beside = agreed::read(context, &batch, event, &after, &wanted.judged, wanted.elsewhere).await?;
    let concerns = classify::concerns(&after, policy);
    read_beside(context, &mut batch, &concerns, &mut before, &mut after).await?;
    let manners = records::manners(&event.provider)?;

    // Decide.
    let scene = Scene { event, policy, declines, now };
    let decided = classify::decide(scene, &concerns, &mut after);
    let decisions = decision::record(scene, &before, &mut after);
    let notes = confirm::confirm(event, &mut after, manners, now);
    leaving::come_back(event.at, &before.head, &mut after.head);
    let mut promised = promises(&decided, &account, trace);
    promised.extend(crate::classify::leavers::promises(event, &after.head, trace));

    // Write.
    let mut commit = Commit::default();
    commit.create(&Receipt {
        provider: event.provider.clone(),
        source: event.source.clone(),
        event: event.id.clone(),
        account: Some(account.clone()),
        body: body.map(str::to_owned),
        folded_at: now,
        promised: promised.clone(),
        trace: trace.to_owned(),
    });
    commit.create(&Timeline { account: account.clone(), event: event.without_person(), trace: trace.to_owned() });
    put_desk(&mut commit, &batch, &before, &after);
    decisions.iter().for_each(|decision| commit.create(decision));
    put_externals(&mut commit, &batch, &externals, &account);
    put_terms(&mut commit, &before, &after);
    for action in after.actions.values() {
        let was =
            |before: &Action| before.state == ActionState::NeedsPerson && action.state != ActionState::NeedsPerson;
        if before.actions.get(&action.id).is_some_and(was) {
            task::end(context, &mut batch, &mut commit, action, &event.provider, "").await?;
        }
    }
    crate::classify::leavers::end_tasks(context, &mut batch, &mut commit, &before, &after, &event.provider).await?;
    put_notes(&mut commit, &batch, &account, notes)?;
    put_facts(&mut commit, &format!("{}:{}", event.provider, event.id), &before, &after, context);
    pulses::put(context, &mut commit, &before, &after, event.origin).await?;
    let result = store::attempted(commit.run(context).await, Folded::Done)?;
    if matches!(result, Attempted::Done(_)) {
        send_all(context, &promised).await?;
        release(context, &externals).await?;
    }
    Ok(result)
}

/// Whose event is it? The customer says, or a resource that we have seen before.
async fn whose(context: &Context, event: &Event) -> Result<Option<AccountId>, Fault> {
    if let Some(customer) = &event.customer {
        return Ok(Some(AccountId::of(&event.provider, &event.source, customer)));
    }
    let keys = external_keys(event);
    let batch = Batch::read(context, keys.clone()).await?;
    for key in &keys {
        if let Some(External { account: Some(account), .. }) = batch.get(key)? {
            return Ok(Some(account));
        }
    }
    Ok(None)
}

fn keys_of(event: &Event, account: &AccountId) -> Vec<Key> {
    let mut all = vec![keys::receipt(&event.provider, &event.source, &event.id), keys::head(account)];
    all.extend(touches(event).iter().map(|resource| keys::resource(account, resource)));
    all.extend(external_keys(event));
    all.extend(agreed::keys_of(event, account));
    let actions = confirm::named(event);
    if !actions.is_empty() {
        all.push(keys::ledger_head(account));
    }
    all.extend(actions.iter().filter(|action| action.account() == *account).map(keys::action));
    all
}

/// Lays out what the first batch holds.
fn desk(batch: &Batch, event: &Event, account: &AccountId) -> Result<Desk, Fault> {
    let head = batch.get::<Head>(&keys::head(account))?;
    let own = || external_keys(event).into_iter().map(|key| guest(&nobodys(event, &key).id));
    let named = |guest: &String| AccountId::of(&event.provider, &event.source, guest) == *account;
    let customer = event.customer.clone().or_else(|| own().find(named)).unwrap_or_default();
    let head = head.unwrap_or_else(|| Head::new(&event.provider, &event.source, &customer));
    let mut touched = Touched::default();
    lay(batch, &touches(event), account, &mut touched)?;
    let mut actions = BTreeMap::new();
    for id in confirm::named(event).into_iter().filter(|action| action.account() == *account) {
        actions.extend(batch.get(&keys::action(&id))?.map(|action| (id, action)));
    }
    Ok(Desk { actions, ..Desk::of(head, touched) })
}

/// Reads the actions that are under way on what an event shows; most accounts have none.
async fn read_expected(context: &Context, batch: &mut Batch, event: &Event, desk: &mut Desk) -> Result<(), Fault> {
    let expected = confirm::expected(event, &desk.head);
    if expected.is_empty() {
        return Ok(());
    }
    let wanted = expected.iter().map(keys::action).chain([keys::ledger_head(&desk.head.account)]).collect();
    batch.extend(Batch::read(context, wanted).await?);
    for id in expected {
        desk.actions.extend(batch.get(&keys::action(&id))?.map(|action| (id, action)));
    }
    Ok(())
}

/// Reads more resources of the account; most events need none.
async fn read_resources(
    context: &Context,
    batch: &mut Batch,
    resources: &[ResourceId],
    account: &AccountId,
    touched: &mut Touched,
) -> Result<(), Fault> {
    if resources.is_empty() {
        return Ok(());
    }
    batch.extend(
        Batch::read(context, resources.iter().map(|resource| keys::resource(account, resource)).collect()).await?,
    );
    lay(batch, resources, account, touched)
}

fn lay(batch: &Batch, resources: &[ResourceId], account: &AccountId, touched: &mut Touched) -> Result<(), Fault> {
    for resource in resources {
        let key = keys::resource(account, resource);
        match resource.clone() {
            ResourceId::Person => touched.person = batch.of(&key)?,
            ResourceId::Card(id) => touched.cards.extend(batch.of(&key)?.map(|value| (id, value))),
            ResourceId::Invoice(id) => touched.invoices.extend(batch.of(&key)?.map(|value| (id, value))),
            ResourceId::Payment(id) => touched.payments.extend(batch.of(&key)?.map(|value| (id, value))),
            ResourceId::Subscription(id) => touched.subscriptions.extend(batch.of(&key)?.map(|value| (id, value))),
        }
    }
    Ok(())
}

/// Reads the cases and plans that the folded event concerns; most events concern none.
async fn read_beside(
    context: &Context,
    batch: &mut Batch,
    concerns: &[classify::Concern],
    before: &mut Desk,
    after: &mut Desk,
) -> Result<(), Fault> {
    let account = after.head.account.clone();
    let cases: Vec<_> = concerns
        .iter()
        .map(|concern| concern.case.clone())
        .chain(after.actions.values().filter_map(|action| action.case.clone()))
        .collect();
    let disputed = concerns.iter().any(classify::Concern::stops_recovery);
    let running = after.head.dunning.keys().filter(|invoice| disputed || after.touched.invoices.contains_key(*invoice));
    let plans: Vec<_> = running.cloned().collect();
    let wanted: Vec<_> =
        cases.iter().map(keys::case).chain(plans.iter().map(|invoice| keys::plan(&account, invoice))).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    batch.extend(Batch::read(context, wanted).await?);
    for id in cases {
        before.cases.extend(batch.get(&keys::case(&id))?.map(|case| (id, case)));
    }
    for invoice in plans {
        before.plans.extend(batch.get(&keys::plan(&account, &invoice))?.map(|plan| (invoice, plan)));
    }
    after.cases.clone_from(&before.cases);
    after.plans.clone_from(&before.plans);
    Ok(())
}

/// The external ids of an event, as they stand.
fn externals(batch: &Batch, event: &Event, account: &AccountId) -> Result<Vec<External>, Fault> {
    let mut all = Vec::new();
    for key in external_keys(event) {
        let external = batch.get(&key)?.unwrap_or_else(|| nobodys(event, &key));
        if external.account.as_ref() != Some(account) || !external.waiting.is_empty() {
            all.push(external);
        }
    }
    Ok(all)
}

/// Sends what waited for the ids of an event.
async fn release(context: &Context, externals: &[External]) -> Result<(), Fault> {
    for external in externals.iter().filter(|external| !external.waiting.is_empty()) {
        waiting::release(context, &external.key()).await?;
    }
    Ok(())
}

fn promises(decided: &Decided, account: &AccountId, trace: &str) -> Vec<Sent> {
    let recover = decided.recover.iter().map(|invoice| {
        (
            QueueName::Dunning,
            Message::Recover { account: account.clone(), invoice: invoice.clone(), trace: trace.to_owned() },
        )
    });
    let ask = decided
        .ask
        .iter()
        .map(|case| (QueueName::Approval, Message::Ask { case: case.clone(), trace: trace.to_owned() }));
    recover.chain(ask).map(|(queue, message)| Sent { queue, message }).collect()
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
