//! Reads what an event is judged by, batch after batch: what lies there says what else is wanted, first as it stands,
//! and then with what the event tells.

use crate::classify::agreed;
use crate::classify::waiting::{external_keys, guest, nobodys};
use crate::context::Context;
use crate::fault::Fault;
use crate::ports::{Key, Order};
use crate::records::{running, whose};
use crate::store::{self, Batch, External, Receipt, keys};
use domain::ageing::{self, Climb};
use domain::book::{self, Head, ResourceId, Touched, touches};
use domain::case::{Case, State};
use domain::classify::desk::Desk;
use domain::classify::{self, ClassifyPolicy, Concern, again, confirm, ended, tasks};
use domain::dunning::Plan;
use domain::event::Event;
use domain::id::{AccountId, CaseId};
use domain::incident::{Changed, Watch, changed};
use domain::leaving;
use domain::notice::{self, Matter, Notice};
use domain::source::Source;
use domain::task::Task;
use jiff::SignedDuration;
use std::collections::BTreeMap;

/// Among how many actions of an account it is looked whether one has ended a subscription.
const ACTIONS_MAX: u32 = 200;

/// What an event names.
pub(super) struct Reading {
    account: AccountId,
    batch: Batch,
    /// Where it was folded before.
    pub receipt: Option<Receipt>,
    pub externals: Vec<External>,
}

/// The account as it stood, and as it is with what the event tells.
pub(super) struct Laid {
    pub account: AccountId,
    pub batch: Batch,
    /// The ids of the event that somebody waits for, or that are not known to be the account's.
    pub externals: Vec<External>,
    pub before: Desk,
    pub after: Desk,
}

/// What a folded event may change beyond the resources that it tells of.
pub(super) struct AtIssue {
    pub concerns: Vec<Concern>,
    /// The tasks that may begin or end with it.
    pub tasks: Vec<Task>,
    /// The invoices that may have failed for the first time.
    pub failing: Vec<String>,
    /// Whether Recoup writes to the customers of the source, where one of them may have.
    pub writes: bool,
    /// The invoices that come onto the ladder.
    pub climbing: Vec<String>,
    /// Of what the customer is told for the first time.
    pub noticing: Vec<Matter>,
    pub pulses: Changed,
    /// What is known of the source, where a trouble is news.
    pub watch: Option<Watch>,
}

/// Whose event is it? The customer says, or a resource that we have seen before.
pub(super) async fn whose(context: &Context, event: &Event) -> Result<Option<AccountId>, Fault> {
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

impl Reading {
    /// Reads what an event names; most need no more.
    pub(super) async fn first(context: &Context, event: &Event, account: AccountId) -> Result<Self, Fault> {
        let batch = Batch::read_beside(context, keys_of(event, &account), may_lag(event, &account)).await?;
        let receipt = batch.get(&keys::receipt(&event.provider, &event.source, &event.id))?;
        let externals = externals(&batch, event, &account)?;
        Ok(Self { account, batch, receipt, externals })
    }

    /// Reads what the head names beside the event, and folds the event in.
    pub(super) async fn fold(self, context: &Context, event: &Event) -> Result<Laid, Fault> {
        let Self { account, mut batch, externals, .. } = self;
        let same_try = SignedDuration::from_mins(context.policies.classify.current().duplicates.same_try_minutes);
        let mut before = desk(&batch, event, &account)?;
        read_expected(context, &mut batch, event, &mut before).await?;
        let others = book::named_by_head(event, &before.head, same_try);
        read_resources(context, &mut batch, &others, &account, &mut before.touched).await?;
        read_unnamed(context, &mut batch, event, &mut before).await?;
        running::name_all(context, &mut before.head).await?;
        let mut after = before.clone();
        after.touched.fold(&mut after.head, event, same_try);
        Ok(Laid { account, batch, externals, before, after })
    }
}

impl Laid {
    /// Reads what is judged besides, and then what may change: cases, plans, tasks, and the watch of the source.
    pub(super) async fn more(&mut self, context: &Context, event: &Event) -> Result<AtIssue, Fault> {
        let policy = context.policies.classify.current();
        self.compare(context, event, policy).await?;
        let ended = ended::ended(&self.before, &self.after);
        if !ended.is_empty() {
            let ours = store::first_of(context, &keys::actions(&self.account), ACTIONS_MAX, Order::Descending).await?;
            self.before.ended_by_us = ended::by_us(ended, &ours);
        }
        let Self { batch, before, after, .. } = self;
        let concerns = classify::concerns(after, policy);
        let most = context.policies.limits.current().recoveries_written_max;
        let (cases, mut plans) = (classify::concerned(&concerns, after), classify::recovering(&concerns, after, most));
        let (owed_again, owed) = (tasks::owed_again(before, after), ended::owed(event, before, after));
        plans.extend(owed_again.iter().cloned());
        plans.extend(again::renewed(event, before, after, most));
        plans.extend(ended::silenced(event, before, after));
        let mut may_change = tasks::may_change(before, after);
        may_change.extend(owed.iter().map(|invoice| ended::task_of(&before.head.account, invoice)));
        let failing = classify::failing(event, &concerns, after);
        plans.extend(failing.iter().cloned());
        let source = (!failing.is_empty()).then(|| keys::source(&event.provider, &event.source));
        let left = |invoice: &String| leaving::wishes(&before.head, &after.touched.invoices[invoice]).map(keys::action);
        let left: Vec<_> = failing.iter().flat_map(left).collect();
        let (old, new) = ((&before.touched, &before.head), (&after.touched, &after.head));
        let pulses = changed(old, new, event.origin, &context.policies.declines);
        let climbing = ageing::begins(event, &before.touched, &after.touched);
        let climb = |invoice: &String| keys::climb(&before.head.account, invoice);
        let noticing = notice::begins(event, old.1, new.1);
        let notice = |about: &Matter| keys::notice(&before.head.account, &about.name());
        let watch = pulses.news.first().map(|pulse| keys::watch(&pulse.provider, &pulse.source));
        let plan = |invoice: &String| keys::plan(&before.head.account, invoice);
        let wanted = cases.iter().map(keys::case).chain(plans.iter().map(plan));
        let wanted =
            wanted.chain(may_change.iter().map(keys::task)).chain(climbing.iter().map(climb)).chain(watch.clone());
        let wanted = wanted.chain(noticing.iter().map(notice));
        let begins = [&failing, &owed_again, &owed, &climbing].into_iter().any(|some| !some.is_empty());
        let owner = begins.then(|| whose::keys_of(&before.head.account)).into_iter().flatten();
        // What a person settles; an invoice that was folded is not read again.
        let settled = owed_again.iter().chain(&owed);
        let settled = settled.flat_map(|id| [plan(id), keys::invoice(&before.head.account, id)]);
        let settled = settled.filter(|key| !batch.has(key));
        let wanted = wanted.chain(source.clone()).chain(left).chain(owner).chain(settled).collect();
        read_more(context, batch, wanted).await?;
        lay_beside(batch, cases, plans, before)?;
        after.cases.clone_from(&before.cases);
        after.plans.clone_from(&before.plans);
        let mut tasks = Vec::new();
        for task in &may_change {
            tasks.extend(batch.get::<Task>(&keys::task(task))?);
        }
        let mut begins = Vec::new();
        for invoice in climbing {
            let standing = batch.get::<Climb>(&keys::climb(&before.head.account, &invoice))?;
            begins.extend(standing.is_none().then_some(invoice));
        }
        let mut told = Vec::new();
        for about in noticing {
            let standing = batch.get::<Notice>(&keys::notice(&before.head.account, &about.name()))?;
            told.extend(standing.is_none().then_some(about));
        }
        let watch = watch.map(|key| batch.get::<Watch>(&key)).transpose()?.flatten();
        // One that nobody has set up observes.
        let setup = source.as_ref().map(|key| batch.get::<Source>(key)).transpose()?.flatten();
        let writes = setup.is_some_and(|setup| setup.writes());
        Ok(AtIssue { concerns, tasks, failing, writes, climbing: begins, noticing: told, pulses, watch })
    }

    /// Reads what tells two payments apart, and what was agreed; most events need neither.
    async fn compare(&mut self, context: &Context, event: &Event, policy: &ClassifyPolicy) -> Result<(), Fault> {
        let Self { account, batch, before, after, .. } = self;
        let wanted = classify::wanted(event, after, policy);
        let compared: Vec<_> = wanted.compared.into_iter().map(ResourceId::Invoice).collect();
        read_resources(context, batch, &compared, account, &mut before.touched).await?;
        lay(batch, &compared, account, &mut after.touched)?;
        after.beside = agreed::read(context, batch, event, after, &wanted.judged, wanted.elsewhere).await?;
        Ok(())
    }
}

fn keys_of(event: &Event, account: &AccountId) -> Vec<Key> {
    let mut all = vec![keys::head(account)];
    all.extend(touches(event).iter().map(|resource| keys::resource(account, resource)));
    all.extend(agreed::keys_of(event, account));
    let actions = confirm::named(event);
    if !actions.is_empty() {
        all.push(keys::ledger_head(account));
    }
    all.extend(actions.iter().filter(|action| action.account() == *account).map(keys::action));
    all
}

/// What nothing hangs from but itself. Where a receipt or an id has not arrived yet, the commit that creates it is
/// refused, and all is read again; whose an id is never changes.
fn may_lag(event: &Event, account: &AccountId) -> Vec<Key> {
    let receipt = keys::receipt(&event.provider, &event.source, &event.id);
    let imported = agreed::imported_of(event, account);
    [receipt].into_iter().chain(external_keys(event)).chain(imported).collect()
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
    read_more(context, batch, wanted).await?;
    for id in expected {
        desk.actions.extend(batch.get(&keys::action(&id))?.map(|action| (id, action)));
    }
    Ok(())
}

/// Reads the cases that the head has no room to name, and lets it name them for as long as the event is judged.
async fn read_unnamed(context: &Context, batch: &mut Batch, event: &Event, desk: &mut Desk) -> Result<(), Fault> {
    let unnamed = classify::unnamed(event, desk);
    read_more(context, batch, unnamed.iter().map(keys::case).collect()).await?;
    for id in &unnamed {
        if let Some(case) = batch.get::<Case>(&keys::case(id))?.filter(|case| case.state == State::Open) {
            desk.head.names(id, case.line(), true);
        }
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
    let wanted = resources.iter().map(|resource| keys::resource(account, resource)).collect();
    read_more(context, batch, wanted).await?;
    lay(batch, resources, account, touched)
}

/// Adds what is wanted to a batch, if anything is.
async fn read_more(context: &Context, batch: &mut Batch, wanted: Vec<Key>) -> Result<(), Fault> {
    if !wanted.is_empty() {
        batch.extend(Batch::read(context, wanted).await?);
    }
    Ok(())
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

/// Lays cases and recovery plans beside what an event touches. What the head says of all recoveries is known of each.
fn lay_beside(batch: &Batch, cases: Vec<CaseId>, plans: Vec<String>, desk: &mut Desk) -> Result<(), Fault> {
    for id in cases {
        desk.cases.extend(batch.get(&keys::case(&id))?.map(|case| (id, case)));
    }
    for invoice in plans {
        let key = keys::plan(&desk.head.account, &invoice);
        if let Some(mut plan) = batch.get::<Plan>(&key)? {
            plan.heed(&desk.head);
            desk.plans.insert(invoice, plan);
        }
    }
    Ok(())
}
