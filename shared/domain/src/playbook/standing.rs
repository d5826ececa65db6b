//! How does each step of a case's play stand? Read from what exists: its requests, its tasks, the answers of its
//! tickets, and what people said that they did.

use super::asked::may_stand;
use super::step::{Placed, Step, When};
use super::{Name, Play, day_after};
use crate::action::{Action, Kind, Reason, Sent, State};
use crate::case::Case;
use crate::id::{ActionId, CaseId, TaskId};
use crate::task::{State as TaskState, Task};
use crate::telling;
use crate::ticket::{Answer, State as TicketState, Ticket, TicketName};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Serialize;

/// How a step stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Standing {
    /// Nobody has taken it.
    Open,
    /// It was asked for, or somebody has it.
    UnderWay { by: String, at: Timestamp, what: What },
    /// Who did it, when, and what shows it.
    Done { by: String, at: Timestamp, what: What },
    /// It cannot be taken now.
    NotPossible { why: String },
}

/// What shows that a step was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    Action(ActionId),
    Task(TaskId),
    /// The number of an answer of the case's ticket.
    Answer(u32),
    /// The case itself says so.
    Case(CaseId),
}

/// Everything that was done about a case.
#[derive(Clone, Copy)]
pub struct Around<'a> {
    pub case: &'a Case,
    /// Its own, in their order.
    pub actions: &'a [Action],
    /// Those that the play names.
    pub tasks: &'a [Task],
    /// Those that are about it.
    pub tickets: &'a [Ticket],
}

/// How long people were at a case and at all that belongs to it, against what its playbook gives them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Handling {
    /// With one digit.
    pub minutes: Decimal,
    pub target: Option<[u32; 2]>,
}

impl Standing {
    /// In a few words, where they say more than the step itself.
    pub fn text(&self) -> Option<String> {
        let when = |at: &Timestamp| at.strftime("%Y-%m-%d %H:%M").to_string();
        match self {
            Self::Open => None,
            Self::UnderWay { by, at, .. } if by.is_empty() => Some(format!("nobody has it yet, since {}", when(at))),
            Self::UnderWay { by, at, .. } => Some(format!("under way: {by}, {}", when(at))),
            Self::Done { by, at, .. } => Some(format!("done: {by}, {}", when(at))),
            Self::NotPossible { why } => Some(format!("not yet: {why}")),
        }
    }
}

impl Play {
    /// Says of each step how it stands, and where it is taken.
    pub fn stands(&mut self, around: Around<'_>) {
        let mut asked = None;
        for placed in &mut self.steps {
            let standing = match &placed.step {
                Step::Look { .. } => continue,
                Step::Ask { kind, target, .. } => {
                    let standing = of_request(kind, target, around);
                    asked = Some(standing.clone());
                    standing
                }
                Step::Say { when, .. } => of_message(placed, *when, asked.as_ref(), around),
                Step::Task { .. } => of_task(&placed.step, around),
                Step::Watch { .. } => of_watch(placed, around),
            };
            placed.is_taken_at(around);
            placed.step.is_dated_by(&standing, around);
            placed.standing = Some(standing);
        }
        self.left = Some(self.steps.iter().filter(|placed| placed.is_left()).count());
    }
}

impl Step {
    /// What was taken has the day that it was given then: whoever looks later sees the same.
    fn is_dated_by(&mut self, standing: &Standing, around: Around<'_>) {
        let (Standing::UnderWay { at, what, .. } | Standing::Done { at, what, .. }) = standing else { return };
        match (self, what) {
            (Self::Task { due_on, .. }, What::Task(id)) => {
                let task = around.tasks.iter().find(|task| task.id == *id);
                *due_on = task.map_or(*due_on, |task| day_after(task.due_at, 0));
            }
            (Self::Watch { until, days, .. }, _) => *until = day_after(*at, *days),
            _ => {}
        }
    }
}

impl Placed {
    fn is_taken_at(&mut self, around: Around<'_>) {
        let case = &around.case.id;
        self.post = match &self.step {
            Step::Look { .. } | Step::Task { about: None, .. } => None,
            Step::Ask { .. } => Some("/api/actions".to_owned()),
            Step::Say { .. } => {
                let ticket = open_ticket(around.tickets);
                self.ticket = ticket.map(|it| TicketName::of(it).address());
                self.answered = ticket.filter(|it| it.is_from_a_contact()).map(|it| it.handling.answered);
                self.turns = ticket.map_or(0, |it| it.handling.turns);
                Some(format!("/api/cases/{case}/told"))
            }
            Step::Task { .. } => Some(format!("/api/cases/{case}/task")),
            Step::Watch { .. } => Some(format!("/api/cases/{case}/watch")),
        };
    }
}

/// Where an answer can be sent: of the tickets of a case the one that was changed last and is not over, or else the
/// last.
pub fn open_ticket(tickets: &[Ticket]) -> Option<&Ticket> {
    tickets.iter().max_by_key(|it| (it.handling.state != TicketState::Resolved, it.changed_at))
}

fn of_request(kind: &str, target: &str, around: Around<'_>) -> Standing {
    let is_it = |action: &&Action| {
        let own = action.kind.target().id().unwrap_or_default();
        action.kind.name() == kind && own == target && may_stand(action, around.case)
    };
    around.actions.iter().rev().find(is_it).map_or(Standing::Open, of_action)
}

/// Whoever decided it last has done it, or else whoever asked for it.
fn of_action(action: &Action) -> Standing {
    let what = What::Action(action.id.clone());
    let by = action.votes().last().map_or(&action.requested_by, |vote| &vote.by).clone();
    match (action.state(), action.ended_at()) {
        (State::Executed, ended) => Standing::Done { by, at: ended.unwrap_or(action.requested_at), what },
        _ => Standing::UnderWay { by, at: action.decided_at().unwrap_or(action.requested_at), what },
    }
}

fn of_task(step: &Step, around: Around<'_>) -> Standing {
    let Step::Task { about, .. } = step else { return Standing::Open };
    let Some(about) = about else {
        return Standing::NotPossible { why: "it is made by itself once what it is about is done".to_owned() };
    };
    let id = about.task(&around.case.account);
    let Some(task) = around.tasks.iter().find(|task| task.id == id) else { return Standing::Open };
    let what = What::Task(id);
    match (task.state, task.ended_at) {
        (TaskState::Open, _) | (_, None) => {
            Standing::UnderWay { by: task.assigned_to.clone().unwrap_or_default(), at: task.opened_at, what }
        }
        (_, Some(at)) => Standing::Done { by: task.ended_by.clone().unwrap_or_default(), at, what },
    }
}

/// An approval of what goes back because it was charged twice watches the account as well.
fn of_watch(placed: &Placed, around: Around<'_>) -> Standing {
    if let Some(done) = by_word(placed, around.case) {
        return done;
    }
    let gives_back = |action: &&Action| {
        let refunds = action.kind.members().iter().any(|kind| matches!(kind, Kind::Refund { .. }));
        refunds && action.reason_code == Reason::DuplicateCharge && may_stand(action, around.case)
    };
    let approved =
        around.actions.iter().rev().filter(gives_back).find_map(|action| Some((action, action.decided_at()?)));
    approved.map_or(Standing::Open, |(action, at)| {
        let by = action.votes().last().map_or(&action.requested_by, |vote| &vote.by).clone();
        Standing::Done { by, at, what: What::Action(action.id.clone()) }
    })
}

/// What somebody said that they did, on this case or on one that goes on in it.
fn by_word(placed: &Placed, case: &Case) -> Option<Standing> {
    let handled = called(placed, case).find_map(|step| case.took(&step))?;
    Some(Standing::Done { by: handled.by.clone(), at: handled.at, what: What::Case(case.id.clone()) })
}

/// What a step is called on its case, and was called on those that go on in it.
fn called(placed: &Placed, case: &Case) -> impl Iterator<Item = String> {
    let before = case.took_over.iter().filter_map(|earlier| placed.step.id(earlier));
    placed.id.iter().cloned().chain(before)
}

/// What tells of something is not said before that is done.
fn of_message(placed: &Placed, when: When, asked: Option<&Standing>, around: Around<'_>) -> Standing {
    let since = match (when, asked) {
        (When::Now, _) | (When::AfterItIsDone, None) => {
            placed.since.map_or(around.case.opened_at, |since| since.max(around.case.opened_at))
        }
        (When::AfterItIsDone, Some(Standing::Done { at, .. })) => *at,
        (When::AfterItIsDone, Some(_)) => {
            return Standing::NotPossible { why: "what it tells of is not done".to_owned() };
        }
    };
    if let Some(done) = by_word(placed, around.case) {
        return done;
    }
    let answers = around.tickets.iter().flat_map(|ticket| &ticket.handling.answers);
    let mut said = answers.filter(|answer| answer.at >= since && says(answer, placed, around.case));
    if let Some(answer) = said.next() {
        return Standing::Done { by: answer.by.clone(), at: answer.at, what: What::Answer(answer.number) };
    }
    sent_with_it(placed, around).unwrap_or(Standing::Open)
}

/// Whether an answer is this message: it was sent by the step's button, edited or not, or its words are those of the
/// message. What else the customer was answered says nothing of it.
fn says(answer: &Answer, placed: &Placed, case: &Case) -> bool {
    let Step::Say { reply, .. } = &placed.step else { return false };
    let is_of_step = called(placed, case).any(|step| answer.step.as_deref() == Some(step.as_str()));
    let is_same = || answer.text.split_whitespace().eq(reply.body.split_whitespace());
    answer.state == telling::State::Sent && (is_of_step || is_same())
}

/// Whoever asks for an invoice for their taxes is mailed it by the action itself.
fn sent_with_it(placed: &Placed, around: Around<'_>) -> Option<Standing> {
    let Step::Say { when: When::AfterItIsDone, .. } = &placed.step else { return None };
    let is_mailed =
        |action: &&Action| matches!(action.kind, Kind::TaxInvoice { .. }) && action.told.customer == Some(Sent::Sent);
    let action = around.actions.iter().rev().find(is_mailed)?;
    let by = action.requested_by.clone();
    Some(Standing::Done { by, at: action.ended_at()?, what: What::Action(action.id.clone()) })
}

impl Handling {
    /// Of a case, with all that belongs to it.
    pub fn of(case: &Case, policy: &super::PlaybookPolicy) -> Self {
        let target = Name::of(case.class).map(|name| policy.minutes(name));
        Self { minutes: case.at_work.minutes(), target }
    }

    /// Whether it took longer than its playbook gives.
    pub fn is_over(&self) -> bool {
        self.target.is_some_and(|[_, most]| self.minutes > Decimal::from(most))
    }
}

#[cfg(test)]
mod tests;
