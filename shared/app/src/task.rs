//! The tasks of people: opened and ended with what they are about, assigned and put off in between.

use crate::context::Context;
use crate::fault::Fault;
use crate::ports::Order;
use crate::store::{self, Batch, Commit, Page, keys};
use crate::web::{Problem, Window};
use domain::action::{Action, Outcome, State as ActionState};
use domain::id::{AccountId, TaskId};
use domain::task::{About, State, Task};
use jiff::{SignedDuration, Timestamp};

/// A task that begins now.
pub fn open(context: &Context, account: &AccountId, about: About, what: String, steps: String) -> Task {
    let due_in = SignedDuration::from_hours(context.policies.limits.current().task_hours);
    Task::new(account, about, what, steps, context.clock.now(), due_in)
}

/// The task that an action leaves to a person, where it does now and did not before.
pub fn left_by(context: &Context, before: Option<&Action>, after: &Action) -> Option<Task> {
    let was = before.is_some_and(|before| before.state() == ActionState::NeedsPerson);
    // A bundle's members have a task of their own.
    let (false, ActionState::NeedsPerson, Some(Outcome::NeedsPerson { instead }), true) =
        (was, after.state(), &after.outcome(), after.members.is_empty())
    else {
        return None;
    };
    let about = About::Action { action: after.id.clone() };
    Some(open(context, &after.account, about, after.preview.summary.clone(), instead.clone()))
}

/// Ends a task of an action whose answer it was: it was left to somebody, or looked for.
pub async fn end(
    context: &Context,
    batch: &mut Batch,
    commit: &mut Commit,
    (after, about): (&Action, &About),
    by: &str,
    (reference, note): (&str, &str),
) -> Result<(), Fault> {
    let key = keys::task(&about.task(&after.account));
    batch.extend(Batch::read(context, vec![key.clone()]).await?);
    let (done, now) = (after.state() == ActionState::Executed, context.clock.now());
    let ended = batch.get::<Task>(&key)?.and_then(|task| task.ended(done, by, note, now));
    let ended = ended.map(|task| Task { reference: reference.to_owned(), ..task });
    ended.iter().for_each(|task| commit.over(batch, task));
    Ok(())
}

/// Which tasks are wanted.
#[derive(Debug, Clone, Default)]
pub struct Filter {
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
pub async fn list(context: &Context, wanted: &Filter, window: Window) -> Result<Page<Task>, Fault> {
    let (listed, now) = (wanted.state.unwrap_or(Listed::Open), context.clock.now());
    let list = keys::lists::tasks(listed.state());
    let theirs = |task: &Task| wanted.assigned_to.as_ref().is_none_or(|to| task.assigned_to.as_ref() == Some(to));
    let of_account = |task: &Task| wanted.account.as_ref().is_none_or(|account| task.account == *account);
    let fits = |task: &Task| listed.fits(task, now) && theirs(task) && of_account(task);
    store::pick(context, &[list], window.after, window.limit, Order::Ascending, fits).await
}

pub fn task_id(id: &str) -> Result<TaskId, Problem> {
    TaskId::parse(id).ok_or_else(|| Problem::not_found("task"))
}
