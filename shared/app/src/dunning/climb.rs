//! Takes the rung that is due of an invoice that no recovery asks for: a task for its owner, and a letter where there
//! is one. Of rungs that are due together one letter says all.

mod others;
mod scene;

use super::letter::{self, Beside, Way, remind};
use super::{Done, agreed, pay};
use crate::bulletin::{self, Words};
use crate::context::Context;
use crate::fault::Fault;
use crate::outgoing;
use crate::ports::Letter;
use crate::records::{self, ladder};
use crate::setup::{sources, stop};
use crate::store::{self, Attempted, Batch, Commit, keys};
use domain::ageing::{Climb, Ground, Listed, SEGMENT, Taken};
use domain::book::{Due, Head, Invoice};
use domain::dunning::{Plan, Step};
use domain::id::AccountId;
use domain::staff::Role;
use domain::task::{About as TaskAbout, State as TaskState, Task};
use domain::telling::{About, Bulletin};
use jiff::{SignedDuration, Timestamp};
use scene::{Read, Scene};

/// What a rung brings with it: the first time something new for the staff, and, until it was sent, a letter.
#[derive(Default)]
struct Brought {
    news: Vec<Bulletin>,
    letter: Option<(Step, Letter)>,
}

pub(super) async fn due(context: &Context, account: &AccountId, invoice: &str) -> Result<Done, Fault> {
    let Brought { news, letter } = store::retrying(context, || take(context, account, invoice)).await?;
    for bulletin in &news {
        bulletin::tell(context, bulletin).await;
    }
    match letter {
        Some((step, letter)) => remind(context, Way::Climb, account, invoice, &step, &letter).await,
        None if !news.is_empty() => Ok(Done::HandedOver),
        None => Ok(Done::NothingToDo),
    }
}

/// The climb of an invoice whose recovery is over, where it has none and a rung is left: those whose day was before
/// belonged to the recovery.
pub(super) async fn after(
    context: &Context,
    batch: &mut Batch,
    plan: &Plan,
    invoice: &Invoice,
) -> Result<Option<Climb>, Fault> {
    let key = keys::climb(&plan.account, &plan.invoice);
    batch.extend(Batch::read(context, vec![key.clone()]).await?);
    if batch.get::<Climb>(&key)?.is_some() {
        return Ok(None);
    }
    let (policy, zone, now) =
        (context.policies.ageing.current(), context.policies.report.current().zone(), context.clock.now());
    let mut climb = Climb::of(&plan.account, invoice, policy, &zone, Some(now), now, &plan.trace);
    // What was worked first is worked first on the ladder as well.
    climb.iter_mut().for_each(|climb| climb.way.queue = plan.queue);
    Ok(climb)
}

/// Takes up the rung that is due, with all that it brings.
async fn take(context: &Context, account: &AccountId, invoice: &str) -> Result<Attempted<Brought>, Fault> {
    // Read.
    let Some(read) = scene::read(context, account, invoice).await? else {
        return Ok(Attempted::Done(Brought::default()));
    };
    let (limits, now) = (context.policies.limits.current(), context.clock.now());
    if stop::holds(context, &read.head, Some(SEGMENT), None).await? {
        tracing::warn!(invoice, "a rung waits: it is stopped by hand");
        return hold(context, &read, now + SignedDuration::from_secs(limits.alarm_lease_secs)).await;
    }
    let stage = records::stage_to_ask(context, &read.head, &read.invoice).await?;
    let source = sources::find(context, &read.head.provider, &read.head.source).await?;
    let link = pay::link::where_payable(context, &read.head, &read.invoice).await?;
    let scene = Scene::of(context, &read, &source, now);
    let alone = scene.ground(&read.invoice, read.plan.as_ref(), stage);
    let others = others::due(&scene, &alone).await?;

    // Decide.
    let ground = Ground { others: &others.due, ..alone };
    let mut climb = read.climb.clone();
    let taken = climb.take(&ground, scene.rules(&read.climb), now, scene.moments());
    let begun = taken.as_ref().and_then(Taken::begun);
    let owned = taken.as_ref().and_then(|taken| owned(&scene, (&climb, taken.step()), &ground));
    let most = ground.beside.map_or(0, |(_, rule)| rule.listed_max());
    let listed = begun.map(|step| Listed::beside(step, ground.others, most)).unwrap_or_default();
    let company = pay::company(context, source.name.as_deref());
    let link_to = link.as_ref().map(|link| link.address.as_str());
    let beside = Beside { link: link_to, company: &company, also: &others.also };
    let said = (&read.invoice, &listed);
    let letter = begun.filter(|_| source.writes()).and_then(|step| {
        let letter = letter::of_rung(context, (&climb, step), said, scene.who(), beside, scene.on())?;
        Some((step.clone(), letter))
    });
    if let (Some(step), None) = (begun, &letter) {
        // The task is all of it, and nobody was told anything.
        climb.way.handed_over(step.number);
    }
    let trace = &climb.way.trace;
    let agrees = taken.as_ref().and_then(|taken| agrees(&scene, (&climb, taken), &ground));
    let own = owned.iter().map(|(task, owner)| news(context, task, *owner, read.told.as_ref(), trace));
    let asked = agrees.iter().map(|(task, role)| news(context, task, *role, read.letter_told.as_ref(), trace));
    let news: Vec<_> = own.chain(asked).collect();
    let over = agreed::given_up(&read.batch, &climb, now)?;

    // Write. Whoever pays or leaves meanwhile writes the head; what is said of a climb stands there alone. A batch is
    // no snapshot: what it read of an invoice or a recovery may be older than its head.
    let also = if letter.is_some() { listed.ids() } else { Vec::new() };
    let mut commit = Commit::default();
    ladder::write(&mut commit, &read.batch, &climb);
    also.iter().for_each(|other| commit.check(&others.batch, &keys::climb(account, other)));
    let line = letter.as_ref().map(|(step, _)| climb.letter_line(step, also, now));
    let mut head = read.head.clone();
    line.into_iter().for_each(|line| head.shows_letter(line));
    let shown = show(context, &mut commit, (&read.batch, &climb), (&read.head, head)).await?;
    if !shown {
        commit.check(&read.batch, &keys::head(account));
    }
    if taken.is_some() {
        let judged_by = [keys::invoice(account, invoice), keys::plan(account, invoice)];
        judged_by.iter().for_each(|key| commit.check(&read.batch, key));
    }
    owned.iter().chain(&agrees).for_each(|(task, _)| commit.over(&read.batch, task));
    over.iter().for_each(|task| commit.over(&read.batch, task));
    news.iter().for_each(|bulletin| commit.over(&read.batch, bulletin));
    link.iter().filter(|_| letter.is_some()).for_each(|link| commit.put(&link.kept));
    store::attempted(commit.run(context).await, Brought { news, letter })
}

/// The task that comes with a rung, and whose it is: once, though its letter was refused, waits for another one, or is
/// said by one.
fn owned(scene: &Scene<'_>, (climb, step): (&Climb, &Step), ground: &Ground<'_>) -> Option<(Task, Role)> {
    let (policy, _) = scene.rules(climb);
    let due_in = SignedDuration::from_hours(scene.context.policies.limits.current().task_hours);
    let task = climb.task(step, ground, policy, scene.on(), scene.now, due_in)?;
    let owner = climb.owner(step, ground, policy)?;
    let standing = scene.read.task.as_ref();
    standing.is_none_or(|standing| standing.about != task.about).then_some((task, owner))
}

/// The task of whoever agrees to its letter, and whose word it needs: once for each rung that asks.
fn agrees(scene: &Scene<'_>, (climb, taken): (&Climb, &Taken), ground: &Ground<'_>) -> Option<(Task, Role)> {
    let Taken::Asks(step) = taken else { return None };
    let (policy, _) = scene.rules(climb);
    let due_in = SignedDuration::from_hours(scene.context.policies.limits.current().task_hours);
    let task = climb.letter_task(step, ground, policy, scene.now, due_in)?;
    let TaskAbout::Letter { needs, .. } = task.about else { return None };
    let standing = scene.read.letter_task.as_ref();
    let stands = standing.is_some_and(|it| it.about == task.about && it.state == TaskState::Open);
    (!stands).then_some((task, needs))
}

/// Writes what its customer may use from now on, and what else is new on the head, and tells the product. Says whether
/// anything is.
async fn show(
    context: &Context,
    commit: &mut Commit,
    (batch, climb): (&Batch, &Climb),
    (before, mut head): (&Head, Head),
) -> Result<bool, Fault> {
    climb.show_access_on(&mut head, climb.policy(&context.policies.ageing));
    let mut told = Batch::default();
    let lines = outgoing::of_head(context, &mut told, before, &head).await?;
    outgoing::put(commit, &told, &lines);
    let is_new = head != *before;
    if is_new {
        commit.over(batch, &head);
    }
    Ok(is_new)
}

/// Waits, to be looked at again.
async fn hold(context: &Context, read: &Read, until: Timestamp) -> Result<Attempted<Brought>, Fault> {
    let mut climb = read.climb.clone();
    climb.way.held_until = Some(until);
    let mut commit = Commit::default();
    ladder::write(&mut commit, &read.batch, &climb);
    store::attempted(commit.run(context).await, Brought::default())
}

/// Records how the sending of a rung's letter ended.
pub(super) async fn end(
    context: &Context,
    account: &AccountId,
    invoice: &str,
    record: impl Fn(&mut Plan) -> Done,
) -> Result<Attempted<Done>, Fault> {
    let (key, own) = (keys::climb(account, invoice), keys::invoice(account, invoice));
    let batch = Batch::read(context, vec![key.clone(), own.clone(), keys::head(account)]).await?;
    let Some(mut climb) = batch.get::<Climb>(&key)? else { return Ok(Attempted::Done(Done::NothingToDo)) };
    let done = record(&mut climb.way);
    // What was paid while its letter left has given its customer all of it back, and takes nothing again.
    if let Some(settled) = batch.of::<Invoice>(&own)?.filter(|it| !matches!(it.due(), Due::Open(_))) {
        climb.settles(&settled, context.clock.now());
    }
    let mut commit = Commit::default();
    ladder::write(&mut commit, &batch, &climb);
    // A batch is no snapshot: an invoice as it was before it was paid takes nothing on a head of afterwards.
    commit.check(&batch, &own);
    let shown = match batch.get::<Head>(&keys::head(account))? {
        Some(before) => {
            let mut head = before.clone();
            climb.show_letter_on(&mut head);
            show(context, &mut commit, (&batch, &climb), (&before, head)).await?
        }
        None => false,
    };
    if !shown {
        commit.check(&batch, &keys::head(account));
    }
    store::attempted(commit.run(context).await, done)
}

/// What all read who approve: the task, and whose it is by the ladder.
fn news(context: &Context, task: &Task, owner: Role, before: Option<&Bulletin>, trace: &str) -> Bulletin {
    let words = Words {
        subject: format!("{} ({})", task.what, owner.name().replace('_', " ")),
        text: format!("{}\n\n{}", task.what, task.steps),
        page: format!("/tasks/{}", task.id),
    };
    bulletin::about(context, About::Task { task: task.id.clone() }, words, trace).posted().instead_of(before)
}
