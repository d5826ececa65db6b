//! What is being done for an account, as it is seen at a glance: cases, what was asked for because of them, and tasks.

use super::{Mark, Sidebar};
use crate::id::{ActionId, CaseId, TaskId};
use crate::task::{State, Task};
use jiff::Timestamp;
use serde::Serialize;

/// How many of each are shown; their lists have all.
const SHOWN_MAX: usize = 10;

/// The class of those that say that one thing was paid twice.
const TWICE: &str = "duplicate_charge";

/// A case as whoever draws an account needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseSeen {
    pub id: CaseId,
    pub class: String,
    /// The class for people.
    pub title: &'static str,
    pub opened_at: Timestamp,
    /// When and how it ended.
    pub ended: Option<(Timestamp, String)>,
    /// The payments that it is about, by the provider's ids.
    pub payments: Vec<String>,
    pub recommended: Option<Recommended>,
}

/// What is recommended, and what was asked for because of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Recommended {
    pub says: String,
    pub action: Option<ActionId>,
    /// How that action stands.
    pub state: Option<&'static str>,
}

/// A case that has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PastCase {
    pub id: CaseId,
    pub class: String,
    pub opened_at: Timestamp,
    pub resolved_at: Timestamp,
    pub resolution: String,
}

/// An action in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ActionLine {
    pub id: ActionId,
    pub kind: &'static str,
    pub summary: String,
    pub state: &'static str,
    pub requested_by: String,
    pub requested_at: Timestamp,
}

/// A task in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TaskLine {
    pub id: TaskId,
    pub what: String,
    pub state: &'static str,
    pub due_at: Timestamp,
    pub assigned_to: Option<String>,
}

/// What was read beside the head.
#[derive(Debug, Clone, Default)]
pub struct Worked {
    pub cases: Vec<CaseSeen>,
    /// Nothing, where there are more than were read.
    pub actions: Option<Vec<ActionLine>>,
    pub tasks: Vec<Task>,
}

impl CaseSeen {
    /// What it says of a payment that it is about.
    pub fn mark(&self) -> Mark {
        let what = if self.class == TWICE { "charged twice".to_owned() } else { self.title.to_lowercase() };
        let says = match &self.ended {
            None => what,
            Some((_, how)) => format!("{what}, over: {}", how.replace('_', " ")),
        };
        let recommended = self.recommended.clone().filter(|_| self.ended.is_none());
        Mark { says, case: Some(self.id.clone()), recommended }
    }
}

impl Sidebar {
    /// Adds what is being done, and what has ended, the newest first.
    #[must_use]
    pub fn with_work(mut self, worked: Worked) -> Self {
        let Worked { mut cases, actions, tasks } = worked;
        for open in &mut self.cases {
            open.recommended = cases.iter().find(|case| case.id == open.id).and_then(|case| case.recommended.clone());
        }
        cases.sort_by(|one, other| (other.opened_at, &other.id).cmp(&(one.opened_at, &one.id)));
        let past = cases.into_iter().filter_map(|case| {
            let (resolved_at, resolution) = case.ended?;
            Some(PastCase { id: case.id, class: case.class, opened_at: case.opened_at, resolved_at, resolution })
        });
        self.past_cases = past.take(SHOWN_MAX).collect();
        self.latest_actions = actions.map(|mut actions| {
            actions.sort_by(|one, other| (other.requested_at, &other.id).cmp(&(one.requested_at, &one.id)));
            actions.truncate(SHOWN_MAX);
            actions
        });
        self.tasks = in_turn(tasks);
        self
    }
}

/// The open ones first, by when they are due.
fn in_turn(mut tasks: Vec<Task>) -> Vec<TaskLine> {
    let order = |task: &Task| (task.state != State::Open, task.due_at, task.id.clone());
    tasks.sort_by_key(order);
    let line = |task: Task| TaskLine {
        id: task.id,
        what: task.what,
        state: task.state.name(),
        due_at: task.due_at,
        assigned_to: task.assigned_to,
    };
    tasks.into_iter().take(SHOWN_MAX).map(line).collect()
}
