//! Folds one event into an account, in one commit: receipt, resources, head, timeline, facts, cases, and what will be
//! sent.

mod adopted;
mod read;
mod watched;
mod write;

use crate::bulletin;
use crate::classify::waiting;
use crate::context::Context;
use crate::dunning::recovery;
use crate::fault::Fault;
use crate::message::{Message, Sent, send_all};
use crate::outgoing;
use crate::ports::Key;
use crate::records::{self, whose};
use crate::setup::sources;
use crate::store::{self, Attempted, Batch, External, Receipt, Stored, keys};
use domain::ageing::Climb;
use domain::book::Invoice;
use domain::cash;
use domain::classify::desk::Desk;
use domain::classify::recovery::Ground;
use domain::classify::{self, Decided, Scene, adopt, again, confirm, decision, ended, tasks};
use domain::dunning::Plan;
use domain::event::{Event, Origin};
use domain::id::AccountId;
use domain::incident::Watch;
use domain::leaving;
use domain::notice::{Matter, Notice};
use domain::outgoing::happened;
use domain::task::Task;
use jiff::{SignedDuration, Timestamp};
use read::{AtIssue, Laid, Reading};
use write::Concluded;

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
    let event = event.clone().cut(context.policies.limits.current().room());
    store::retrying(context, || once(context, &event, Manner::Told { message, body }, trace)).await
}

/// Folds what a provider's list shows, unless the book knows it already; a trial only looks whether it does.
pub async fn fold_listed(context: &Context, event: &Event, trial: bool, trace: &str) -> Result<Folded, Fault> {
    // A state that comes back is something new to a later run, and a page that is read again in one run is not.
    let event =
        Event { id: format!("{}:{trace}", event.id), ..event.clone() }.cut(context.policies.limits.current().room());
    store::retrying(context, || once(context, &event, Manner::Listed { trial }, trace)).await
}

/// How an event came to us.
#[derive(Clone, Copy)]
enum Manner<'a> {
    Told { message: Option<&'a Message>, body: Option<&'a str> },
    Listed { trial: bool },
}

async fn once(context: &Context, event: &Event, manner: Manner<'_>, trace: &str) -> Result<Attempted<Folded>, Fault> {
    // Read. Each batch says what else is wanted; where there is nothing to decide, no more is read.
    let Some(account) = read::whose(context, event).await? else { return wait(context, event, manner).await };
    let reading = Reading::first(context, event, account).await?;
    if let Some(receipt) = &reading.receipt {
        send(context, &receipt.promised, &reading.externals).await?;
        look_again(context, receipt).await?;
        return Ok(Attempted::Done(Folded::Duplicate));
    }
    let mut laid = reading.fold(context, event).await?;
    if let Some(folded) = manner.ends(&laid.before, &laid.after) {
        return Ok(Attempted::Done(folded));
    }
    let at_issue = laid.more(context, event).await?;
    let told = laid.told_before(context, &at_issue.concerns).await?;
    let manners = records::manners(&event.provider)?;

    // Decide.
    let (now, policies) = (context.clock.now(), &context.policies);
    let scene = Scene { event, policy: policies.classify.current(), declines: policies.declines.current(), now };
    let Laid { batch, before, after, .. } = &mut laid;
    let mut decided = classify::decide(scene, &at_issue.concerns, after);
    let decisions = decision::record(scene, before, after, policies.limits.current().item_bytes_max);
    let notes = confirm::confirm(event, after, manners, now);
    leaving::come_back(event.at, &before.head, &mut after.head);
    ended::leave(event, before, after, now);
    recover(context, (&at_issue, &decided), batch, after, trace)?;
    decided.ring.extend(again::look_again(event, before, after, now));
    let followed = leaving::followed(event, &after.head);
    let due_in = SignedDuration::from_hours(policies.limits.current().task_hours);
    let mut tasks = tasks::end(&at_issue.tasks, before, after, &event.provider, now);
    let mut begun = tasks::begin(&at_issue.tasks, before, after, due_in, now);
    begun.extend(ended::begin(event, &at_issue.tasks, before, after, due_in, now));
    tasks.extend(in_queues(context, batch, after, begun)?);
    tasks.extend(tasks::welcome(before, after, policies.playbooks.current().onboarding_days, now));
    let tickets = adopt::adopt(before, after, &told, policies.tickets.current(), now);
    let news = watched::news(context, event, (&*before, &*after), trace);
    let watch = Watch::armed(at_issue.watch, &at_issue.pulses.news, now, policies.incidents.current());
    // One that is lowered in between needs no such care: its plans are stopped when a step is due.
    let unbegun = if at_issue.writes { Vec::new() } else { decided.recover.clone() };
    let climbs = climbs(context, &at_issue.climbing, batch, after, trace)?;
    let notices = notices(context, event, at_issue.noticing, after, trace);
    // Read once more, where the product has to hear of it: of most events it has not.
    let lines = outgoing::lines(context, batch, &after.head.account, happened(before, after, now)).await?;
    let pulses = at_issue.pulses.pulses;
    let concluded = Concluded { decisions, notes, tasks, tickets, climbs, notices, pulses, watch, lines, news };
    after.head.names_at_most(policies.limits.current().cases_shown_max);
    after.head.names_recoveries_at_most(policies.limits.current().recoveries_shown_max);
    after.head.names_left_within(policies.limits.current().left_bytes_max);
    let unlinked = after.head.book.unlinked(event);
    let paid = cash::moved(event, &before.touched, &after.touched, &after.head);
    let promised = write::promises(&decided, &followed, unlinked, paid, &laid.account, trace);

    // Write.
    let receipt = Receipt { unbegun, ..receipt(event, &laid.account, manner, promised, now, trace) };
    let told = concluded.news.clone();
    let commit = write::commit(context, event, &laid, &receipt, concluded)?;
    let result = store::attempted(commit.run(context).await, Folded::Done)?;
    if matches!(result, Attempted::Done(_)) {
        for bulletin in &told {
            bulletin::tell(context, bulletin).await;
        }
        send(context, &receipt.promised, &laid.externals).await?;
        look_again(context, &receipt).await?;
    }
    Ok(result)
}

/// Begins the recoveries of what failed: the plan is in the commit that decides it, so that no message can be lost
/// between.
fn recover(
    context: &Context,
    (at_issue, decided): (&AtIssue, &Decided),
    batch: &Batch,
    desk: &mut Desk,
    trace: &str,
) -> Result<(), Fault> {
    let (policy, now) = (context.policies.dunning.current(), context.clock.now());
    if decided.recover.is_empty() {
        return Ok(());
    }
    let (person, customer) = whose::read(batch, &desk.head.account)?;
    let declines = context.policies.declines.current();
    for id in &decided.recover {
        assert!(at_issue.failing.contains(id), "what fails for the first time was read");
        let invoice = &desk.touched.invoices[id];
        let ground = Ground {
            head: &desk.head,
            invoice,
            standing: desk.plans.get(id),
            stage: records::stage_in(batch, &desk.head, invoice)?,
            // What failed for the first time had no claim before it.
            claimed: None,
            writes: at_issue.writes,
            family: declines.meaning(invoice.decline()).family.id.get_ref(),
            whose: whose::of((&person, customer.as_ref()), (&desk.head, invoice), declines),
        };
        if let Some(plan) = ground.plan(policy, now, trace) {
            plan.show_on(&mut desk.head);
            desk.plans.insert(id.clone(), plan);
        }
    }
    Ok(())
}

/// The tasks of what nothing asks for any more, each in the queue of its recovery.
fn in_queues(context: &Context, batch: &Batch, desk: &Desk, mut tasks: Vec<Task>) -> Result<Vec<Task>, Fault> {
    let account = &desk.head.account;
    // What was not expected to begin was not read, and stands in the last one.
    let is_read = |own: &[Key]| own.iter().all(|key| batch.has(key));
    if !is_read(&whose::keys_of(account)) {
        return Ok(tasks);
    }
    let (person, customer) = whose::read(batch, account)?;
    for task in &mut tasks {
        let Some(id) = task.about.settles() else { continue };
        let own = [keys::plan(account, id), keys::invoice(account, id)];
        if !is_read(&own) {
            continue;
        }
        let told = desk.touched.invoices.get(id).cloned();
        let invoice = told.map_or_else(|| batch.of::<Invoice>(&own[1]), |invoice| Ok(Some(invoice)))?;
        if let Some(invoice) = invoice {
            let standing = batch.get::<Plan>(&own[0])?;
            let whose = (&person, customer.as_ref());
            task.queue = whose::queue(context, whose, (&desk.head, &invoice), standing.as_ref());
        }
    }
    Ok(tasks)
}

/// The way up the ladder of what is open now and has days to be paid in, each in the queue that its recovery would
/// have.
fn climbs(context: &Context, begins: &[String], batch: &Batch, desk: &Desk, trace: &str) -> Result<Vec<Climb>, Fault> {
    let mut climbs = Vec::new();
    if begins.is_empty() {
        return Ok(climbs);
    }
    let (policy, zone) = (context.policies.ageing.current(), context.policies.report.current().zone());
    let (account, now) = (&desk.head.account, context.clock.now());
    let (person, customer) = whose::read(batch, account)?;
    for id in begins {
        let invoice = &desk.touched.invoices[id];
        let Some(mut climb) = Climb::of(account, invoice, policy, &zone, None, now, trace) else { continue };
        let whose = (&person, customer.as_ref());
        climb.way.queue = whose::queue(context, whose, (&desk.head, invoice), desk.plans.get(id));
        climbs.push(climb);
    }
    Ok(climbs)
}

/// What the customer is told of their cards. Of what a list shows only what is to come is told.
fn notices(context: &Context, event: &Event, begins: Vec<Matter>, desk: &Desk, trace: &str) -> Vec<Notice> {
    let (policy, zone) = (context.policies.notices.current(), context.policies.report.current().zone());
    let (account, now) = (&desk.head.account, context.clock.now());
    let late = event.origin != Origin::Listed;
    let notice = |about| Notice::of(account, about, (policy, &zone), late, now, trace);
    begins.into_iter().filter_map(notice).collect()
}

/// Keeps what has no owner yet. A list is asked again: what it shows need not be kept.
async fn wait(context: &Context, event: &Event, manner: Manner<'_>) -> Result<Attempted<Folded>, Fault> {
    match manner {
        Manner::Told { message, .. } => Ok(waiting::wait(context, event, message).await?.map(|()| Folded::Waiting)),
        Manner::Listed { .. } => Ok(Attempted::Done(Folded::Waiting)),
    }
}

impl Manner<'_> {
    /// How it ends where nothing is to be written: what a list shows is known already, or was only looked at.
    fn ends(self, before: &Desk, after: &Desk) -> Option<Folded> {
        match self {
            Self::Listed { .. } if before.says(after) => Some(Folded::Duplicate),
            Self::Listed { trial: true } => Some(Folded::Done),
            Self::Listed { trial: false } | Self::Told { .. } => None,
        }
    }
}

fn receipt(
    event: &Event,
    account: &AccountId,
    manner: Manner<'_>,
    promised: Vec<Sent>,
    now: Timestamp,
    trace: &str,
) -> Receipt {
    let body = match manner {
        Manner::Told { body, .. } => body,
        Manner::Listed { .. } => None,
    };
    Receipt {
        provider: event.provider.clone(),
        source: event.source.clone(),
        event: event.id.clone(),
        account: Some(account.clone()),
        body: body.map(str::to_owned),
        folded_at: now,
        promised,
        unbegun: Vec::new(),
        trace: trace.to_owned(),
    }
}

/// Sends what was promised, and what waited for the ids of an event.
async fn send(context: &Context, promised: &[Sent], externals: &[External]) -> Result<(), Fault> {
    send_all(context, promised).await?;
    for external in externals.iter().filter(|external| !external.waiting.is_empty()) {
        waiting::release(context, &external.key()).await?;
    }
    Ok(())
}

/// Begins what began nothing because Recoup did not write to the customers of the source, if it does by now. Whoever
/// raised it before all was written found nothing of it; whoever raises it after this look finds it.
async fn look_again(context: &Context, receipt: &Receipt) -> Result<(), Fault> {
    let Some(account) = receipt.account.as_ref().filter(|_| !receipt.unbegun.is_empty()) else { return Ok(()) };
    if !sources::find(context, &receipt.provider, &receipt.source).await?.writes() {
        return Ok(());
    }
    let failed_since = context.policies.setup.current().recovery.failed_since(context.clock.now());
    for invoice in &receipt.unbegun {
        recovery::begin(context, account, invoice, failed_since, &receipt.trace).await?;
    }
    Ok(())
}
