//! What a recovery lets its customer use, step by step: less and less, and never less without a warning.

use super::{Plan, PlanState, StepKind, StepState};
use crate::book::AccessLine;
use crate::book::entitlement::Entitlement;
use jiff::Timestamp;

impl Plan {
    /// What it leaves the customer now, and what it takes next.
    pub fn access(&self) -> AccessLine {
        let changes = self.steps.iter().filter_map(|step| match step.kind {
            StepKind::Access { state } => Some((state, step)),
            StepKind::Mail { .. } | StepKind::Person => None,
        });
        let taken = changes.clone().filter(|(_, step)| step.state == StepState::Sent).last();
        let next =
            changes.clone().find(|(_, step)| self.state == PlanState::Running && step.state == StepState::Waiting);
        let since = taken.and_then(|(_, step)| step.done_at).unwrap_or(self.started_at);
        AccessLine {
            state: taken.map_or(Entitlement::Grace, |(state, _)| state),
            since,
            next: next.map(|(state, _)| state),
            next_at: next.map(|(_, step)| self.expected_at(step)),
        }
    }

    /// Whether it has ended unpaid with something taken away.
    pub(super) fn still_takes(&self, access: AccessLine) -> bool {
        self.state == PlanState::Finished && access.state > Entitlement::Grace
    }

    /// Takes the changes whose time has come. None comes before a letter that stands before it, and each that comes late
    /// moves those after it by as much: whoever was warned late has as long as anybody.
    pub fn take_access(&mut self, now: Timestamp) {
        if self.held_until.is_some() || self.paused_until().is_some() || self.state != PlanState::Running {
            return;
        }
        while let Some(place) = self
            .steps
            .iter()
            .position(|step| step.kind.is_access() && step.state == StepState::Waiting && step.due_at <= now)
        {
            let is_written = |kind: &StepKind| matches!(kind, StepKind::Mail { .. });
            let mut before = self.steps[..place].iter().filter(|step| is_written(&step.kind));
            if before.any(|step| matches!(step.state, StepState::Waiting | StepState::Sending)) {
                return;
            }
            let late = now.duration_since(self.steps[place].due_at);
            let (step, after) = self.steps[place..].split_first_mut().expect("the step at its place");
            step.state = StepState::Sent;
            step.done_at = Some(now);
            for later in after.iter_mut().filter(|it| it.kind.is_access() && it.state == StepState::Waiting) {
                later.due_at += late;
            }
        }
        self.finish_after_last();
    }
}
