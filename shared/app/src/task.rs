//! The tasks of people: opened and ended with what they are about, assigned and put off in between.

use crate::approval::{NOTE_CHARS_MAX, settle};
use crate::context::Context;
use crate::fault::Fault;
use crate::ports::{Channel, Letter, Order, Unsent};
use crate::report::Window;
use crate::store::{self, Attempted, Batch, Commit, Page, keys};
use crate::web::Problem;
use domain::action::{Action, Outcome, State as ActionState};
use domain::id::{AccountId, TaskId};
use domain::staff::Staff;
use domain::task::{About, Refused, State, Task, Word};
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// A task that begins now.
pub fn open(context: &Context, account: &AccountId, about: About, what: String, steps: String) -> Task {
    let due_in = SignedDuration::from_hours(context.policies.limits.current().task_hours);
    Task::new(account, about, what, steps, context.clock.now(), due_in)
}

/// The task that an action leaves to a person, where it does now and did not before.
pub fn left_by(context: &Context, before: Option<&Action>, after: &Action) -> Option<Task> {
    let was = before.is_some_and(|before| before.state == ActionState::NeedsPerson);
    // A bundle's members have a task of their own.
    let (false, ActionState::NeedsPerson, Some(Outcome::NeedsPerson { instead }), true) =
        (was, after.state, &after.outcome, after.members.is_empty())
    else {
        return None;
    };
    let about = About::Action { action: after.id.clone() };
    Some(open(context, &after.account, about, after.preview.summary.clone(), instead.clone()))
}

/// Ends the task of an action that is left to nobody any more.
pub async fn end(context: &Context, batch: &mut Batch, commit: &mut Commit, after: &Action, by: &str, note: &str) -> Result<(), Fault> {
    let key = keys::task(&About::Action { action: after.id.clone() }.task(&after.account));
    batch.extend(Batch::read(context, vec![key.clone()]).await?);
    if let Some(mut task) = batch.get::<Task>(&key)?.filter(|task| task.state == State::Open) {
        task.end(after.state == ActionState::Executed, by, note, context.clock.now());
        commit.over(batch, &task);
    }
    Ok(())
}

/// Which tasks are wanted.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub state: Option<Listed>,
    pub assigned_to: Option<String>,
    pub account: Option<AccountId>,
}

/// What a list of tasks shows: those put off are open as well, and wanted by nobody today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed {
    Open,
    Snoozed,
    Done,
    Dropped,
}

impl Listed {
    pub const ALL: [Self; 4] = [Self::Open, Self::Snoozed, Self::Done, Self::Dropped];

    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Snoozed => "snoozed",
            Self::Done => "done",
            Self::Dropped => "dropped",
        }
    }

    fn state(self) -> State {
        match self {
            Self::Open | Self::Snoozed => State::Open,
            Self::Done => State::Done,
            Self::Dropped => State::Dropped,
        }
    }

    fn fits(self, task: &Task, now: Timestamp) -> bool {
        self.state() != State::Open || task.sleeps(now) == (self == Self::Snoozed)
    }
}

/// A page of tasks, the next due first.
pub async fn list(context: &Context, wanted: &Wanted, window: Window) -> Result<Page<Task>, Fault> {
    let (listed, now) = (wanted.state.unwrap_or(Listed::Open), context.clock.now());
    let list = format!("TASKS#{}", listed.state().name());
    let mut page: Page<Task> = store::page(context, &list, window.after, window.limit, Order::Ascending).await?;
    let theirs = |task: &Task| wanted.assigned_to.as_ref().is_none_or(|to| task.assigned_to.as_ref() == Some(to));
    let of_account = |task: &Task| wanted.account.as_ref().is_none_or(|account| task.account == *account);
    page.items.retain(|task| listed.fits(task, now) && theirs(task) && of_account(task));
    Ok(page)
}

pub fn task_id(id: &str) -> Result<TaskId, Problem> {
    TaskId::parse(id).ok_or_else(|| Problem::not_found("task"))
}

/// What a form of the console says: days are counted from now.
pub fn form(context: &Context, fields: &BTreeMap<String, String>) -> Result<Word, Problem> {
    let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
    let (reference, note) = (field("reference"), field("note"));
    let word = match field("say").as_str() {
        "assign" => Word { assign: Some(field("assign")), ..Word::default() },
        "snooze" => {
            let days: i64 = field("days").parse().map_err(|_| Problem::malformed("for how many days is a whole number"))?;
            let until = context.clock.now().checked_add(SignedDuration::from_hours(days.clamp(0, 3650) * 24)).ok();
            Word { snooze_until: until, ..Word::default() }
        }
        "done" => Word { done: Some(true), reference, note, ..Word::default() },
        "dropped" => Word { done: Some(false), reference, note, ..Word::default() },
        _ => return Err(Problem::malformed("the form says nothing; reload the page")),
    };
    Ok(word)
}

/// Takes what somebody says of a task. What ends an action's task ends the action, and the other way round.
pub async fn tell(context: &Context, id: &TaskId, word: &Word, staff: &Staff) -> Result<Task, Problem> {
    let found = store::read::<Task>(context, &keys::task(id)).await?.ok_or_else(|| Problem::not_found("task"))?;
    if let (Some(done), About::Action { action }) = (word.done, &found.about) {
        word.is_one().map_err(|refused| problem(&refused))?;
        let settled = settle::Word { done, reference: word.reference.clone(), note: word.note.clone() };
        settle::settle(context, action, &settled, staff).await?;
        return store::read::<Task>(context, &keys::task(id)).await?.ok_or_else(|| Problem::not_found("task"));
    }
    if word.note.chars().count() > NOTE_CHARS_MAX || word.reference.len() > 255 {
        return Err(Problem::malformed(format!("a note has at most {NOTE_CHARS_MAX} characters, a reference 255")));
    }
    let task = store::retrying(context, || once(context, id, word, staff)).await??;
    if word.assign.is_some() && task.assigned_to.as_ref().is_some_and(|to| *to != staff.id) {
        tell_assigned(context, &task, staff).await;
    }
    Ok(task)
}

async fn once(context: &Context, id: &TaskId, word: &Word, staff: &Staff) -> Result<Attempted<Result<Task, Problem>>, Fault> {
    // Read.
    let to = word.assign.as_ref().filter(|to| !to.is_empty()).map(|to| keys::staff(to));
    let (own, by) = (keys::task(id), keys::staff(&staff.id));
    let batch = Batch::read(context, [own.clone(), by.clone()].into_iter().chain(to.clone().filter(|to| *to != by)).collect()).await?;
    let Some(mut task) = batch.get::<Task>(&own)? else { return Ok(Attempted::Done(Err(Problem::not_found("task")))) };
    let Some(staff) = batch.get::<Staff>(&by)? else { return Ok(Attempted::Done(Err(Problem::not_signed_in()))) };

    // Decide.
    let days_max = context.policies.limits.current().snooze_days_max;
    if let Err(refused) = task.take(word, &staff, days_max, context.clock.now()) {
        return Ok(Attempted::Done(Err(problem(&refused))));
    }
    if let Some(to) = &to
        && !batch.get::<Staff>(to)?.is_some_and(|to| to.role.may_request())
    {
        let message = "`assign` names nobody who may have tasks; see /api/staff";
        return Ok(Attempted::Done(Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "not_possible", message))));
    }

    // Write.
    let mut commit = Commit::default();
    commit.over(&batch, &task);
    commit.check(&batch, &by);
    store::attempted(commit.run(context).await, Ok(task))
}

fn problem(refused: &Refused) -> Problem {
    let (status, code) = match refused {
        Refused::NotOne => (StatusCode::BAD_REQUEST, "malformed"),
        Refused::NotTheirs | Refused::NotTheirsToEnd => (StatusCode::FORBIDDEN, "not_permitted"),
        Refused::Ended(_) => (StatusCode::CONFLICT, "already_decided"),
        Refused::Snooze(_) => (StatusCode::UNPROCESSABLE_ENTITY, "not_possible"),
    };
    Problem::new(status, code, refused.to_string())
}

/// Mails whoever was given a task. It stands on their list as well, so a mail that is lost hides nothing.
async fn tell_assigned(context: &Context, task: &Task, by: &Staff) {
    let Some(to) = &task.assigned_to else { return };
    let Ok(Some(to)) = crate::staff::find(context, to).await else { return };
    let page = format!("{}/tasks/{}", context.settings.base_url, task.id);
    let due = task.due_at.strftime("%Y-%m-%d %H:%M UTC");
    let text = format!("Hello {},\n\n{} gave you a task, due {due}:\n{}\n\n{}\n\n{page}\n", to.name, by.name, task.what, task.steps);
    let now = context.clock.now();
    let letter = Letter {
        id: format!("task_{}_{}_{}", task.id, to.id, now.as_second()),
        channel: Channel::Mail,
        to: to.email,
        subject: format!("A task for you: {}", task.what),
        html: pages::mail(&text),
        text,
        links: vec![page],
        blocks: None,
    };
    if let Err(Unsent::NotSent(reason)) = context.post.send(&letter).await {
        tracing::warn!(task.id = %task.id, reason, "whoever was given a task could not be told");
    }
}
