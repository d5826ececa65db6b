//! Takes the rung that is due of an invoice that no recovery asks for: a task for its owner, and a letter where there
//! is one.

use super::letter::{self, Beside, Way, remind};
use super::{Done, pay, together};
use crate::bulletin::{self, Words};
use crate::context::Context;
use crate::fault::Fault;
use crate::ports::Letter;
use crate::records::{self, whose};
use crate::setup::{sources, stop};
use crate::store::{self, Attempted, Batch, Commit, Of, keys};
use domain::ageing::{Climb, Ground, SEGMENT};
use domain::book::{Head, Invoice};
use domain::dunning::{Plan, PlanState, Step};
use domain::id::AccountId;
use domain::staff::Role;
use domain::task::{About as TaskAbout, Task};
use domain::telling::{About, Bulletin};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

/// What a rung brings with it: the first time something new for the staff, and, until it was sent, a letter.
#[derive(Default)]
struct Taken {
    news: Option<Bulletin>,
    letter: Option<(Step, Letter)>,
}

pub(super) async fn due(context: &Context, account: &AccountId, invoice: &str) -> Result<Done, Fault> {
    let Taken { news, letter } = store::retrying(context, || take(context, account, invoice)).await?;
    if let Some(bulletin) = &news {
        bulletin::tell(context, bulletin).await;
    }
    match letter {
        Some((step, letter)) => remind(context, Way::Climb, account, invoice, &step, &letter).await,
        None if news.is_some() => Ok(Done::HandedOver),
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
async fn take(context: &Context, account: &AccountId, invoice: &str) -> Result<Attempted<Taken>, Fault> {
    // Read.
    let own = [
        keys::climb(account, invoice),
        keys::head(account),
        keys::invoice(account, invoice),
        keys::plan(account, invoice),
    ];
    let task = TaskAbout::Overdue { invoice: invoice.to_owned(), bucket: String::new() }.task(account);
    let (own_task, told) = (keys::task(&task), keys::bulletin(&About::Task { task: task.clone() }.id()));
    let others = [own_task.clone(), told.clone()].into_iter().chain(whose::keys_of(account));
    let batch = Batch::read(context, own.iter().cloned().chain(others).collect()).await?;
    let running = batch.get::<Climb>(&own[0])?.filter(|climb| climb.way.state == PlanState::Running);
    let (head, of) = (batch.get::<Head>(&own[1])?, batch.get::<Of<Invoice>>(&own[2])?);
    let (Some(mut climb), Some(head), Some(Of { value: invoice, .. })) = (running, head, of) else {
        return Ok(Attempted::Done(Taken::default()));
    };
    let mut plan = batch.get::<Plan>(&own[3])?;
    plan.iter_mut().for_each(|plan| plan.heed(&head));
    let (person, customer) = whose::read(&batch, account)?;
    let limits = context.policies.limits.current();
    let (now, zone) = (context.clock.now(), context.policies.report.current().zone());
    if stop::holds(context, &head, Some(SEGMENT), None).await? {
        tracing::warn!(invoice = %invoice.id, "a rung waits: it is stopped by hand");
        return hold(context, &batch, climb, now + SignedDuration::from_secs(limits.alarm_lease_secs)).await;
    }
    let stage = records::stage_to_ask(context, &head, &invoice).await?;
    let source = sources::find(context, &head.provider, &head.source).await?;
    let link = pay::link::where_payable(context, &head, &invoice).await?;

    // Decide.
    let policy = climb.policy(&context.policies.ageing);
    let together = context.policies.dunning.current().together.as_ref();
    let quiet_until = source.writes().then(|| whose::written_to_from(context, &person, customer.as_ref(), now));
    let ground = Ground {
        invoice: &invoice,
        plan: plan.as_ref(),
        stage,
        claimed: head.book.is_claimed(),
        acting: source.acting,
        quiet_until,
        beside: together.filter(|_| source.writes()).map(|rule| (&head, rule)),
        whose: whose::of((&person, customer.as_ref()), (&head, &invoice), context.policies.declines.current()),
    };
    let look_at = now + SignedDuration::from_mins(context.policies.incidents.current().hold_minutes);
    let doubt_at = now + SignedDuration::from_mins(limits.sending_minutes_max);
    let on = now.to_zoned(zone.clone()).date();
    let begun = climb.take(&ground, (policy, &zone), now, (look_at, doubt_at));
    let standing = batch.get::<Task>(&own_task)?;
    let owned = owned(context, (&climb, begun.as_ref()), &ground, standing.as_ref(), (on, now));
    let who = (&person, customer.as_ref());
    let company = pay::company(context, source.name.as_deref());
    let beside = Beside { link: link.as_ref().map(|link| link.address.as_str()), company: &company, also: &[] };
    let letter = begun
        .as_ref()
        .filter(|_| source.writes())
        .and_then(|step| Some((step.clone(), letter::of_rung(context, (&climb, step), &invoice, who, beside, on)?)));
    if let (Some(step), None) = (&begun, &letter) {
        // The task is all of it.
        climb.way.sent(step.number);
    }
    let before = batch.get::<Bulletin>(&told)?;
    let trace = &climb.way.trace;
    let news = owned.as_ref().map(|(task, owner)| news(context, task, *owner, before.as_ref(), trace));

    // Write. Whoever pays or leaves meanwhile writes the head.
    let mut commit = Commit::default();
    commit.over(&batch, &climb);
    together::show(&mut commit, &batch, &head, letter.as_ref().map(|(step, _)| climb.letter_line(step, now)));
    owned.iter().for_each(|(task, _)| commit.over(&batch, task));
    news.iter().for_each(|bulletin| commit.over(&batch, bulletin));
    link.iter().filter(|_| letter.is_some()).for_each(|link| commit.put(&link.kept));
    store::attempted(commit.run(context).await, Taken { news, letter })
}

/// The task that comes with a rung, and whose it is: once, though its letter was refused, or has waited for another one.
fn owned(
    context: &Context,
    (climb, begun): (&Climb, Option<&Step>),
    ground: &Ground<'_>,
    standing: Option<&Task>,
    (on, now): (Date, Timestamp),
) -> Option<(Task, Role)> {
    let policy = climb.policy(&context.policies.ageing);
    let due_in = SignedDuration::from_hours(context.policies.limits.current().task_hours);
    let step = climb.owned(begun, now)?;
    let task = climb.task(step, ground, policy, on, now, due_in)?;
    let owner = climb.owner(step, ground, policy)?;
    standing.is_none_or(|standing| standing.about != task.about).then_some((task, owner))
}

/// Waits, to be looked at again.
async fn hold(context: &Context, batch: &Batch, mut climb: Climb, until: Timestamp) -> Result<Attempted<Taken>, Fault> {
    climb.way.held_until = Some(until);
    let mut commit = Commit::default();
    commit.over(batch, &climb);
    store::attempted(commit.run(context).await, Taken::default())
}

/// Records how the sending of a rung's letter ended.
pub(super) async fn end(
    context: &Context,
    account: &AccountId,
    invoice: &str,
    record: impl Fn(&mut Plan) -> Done,
) -> Result<Attempted<Done>, Fault> {
    let key = keys::climb(account, invoice);
    let batch = Batch::read(context, vec![key.clone(), keys::head(account)]).await?;
    let Some(mut climb) = batch.get::<Climb>(&key)? else { return Ok(Attempted::Done(Done::NothingToDo)) };
    let done = record(&mut climb.way);
    let mut commit = Commit::default();
    commit.over(&batch, &climb);
    together::learn(&mut commit, &batch, account, |head| climb.show_letter_on(head))?;
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
