//! What a recovery lets its customer use, step by step: less and less, and never less without a warning.

use super::{Plan, PlanState, Step, StepKind, StepState};
use crate::book::AccessLine;
use crate::book::entitlement::Entitlement;
use jiff::Timestamp;

impl Plan {
    /// What it leaves the customer now, and what it takes next.
    pub fn access(&self) -> AccessLine {
        let changes = self.steps.iter().filter_map(|step| match step.kind {
            StepKind::Access { access } => Some((access, step)),
            StepKind::Mail { .. }
            | StepKind::Sms { .. }
            | StepKind::Offer { .. }
            | StepKind::End { .. }
            | StepKind::Person => None,
        });
        let taken = changes.clone().rfind(|(_, step)| step.state == StepState::Sent);
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

    /// Takes the changes whose time has come. None comes before a letter or an end that stands before it, and each that comes
    /// late moves those after it by as much, and the end with its letter: whoever was warned late has as long as anybody.
    pub fn take_access(&mut self, now: Timestamp) {
        if self.held_until.is_some() || self.paused_until().is_some() || self.state != PlanState::Running {
            return;
        }
        while let Some(place) = self
            .steps
            .iter()
            .position(|step| step.kind.is_access() && step.state == StepState::Waiting && step.due_at <= now)
        {
            let is_open = |step: &Step| matches!(step.state, StepState::Waiting | StepState::Asked);
            if self.steps[..place].iter().any(|step| step.kind.is_end() && is_open(step)) {
                return;
            }
            let letters = self.steps[..place].iter().filter(|step| step.kind.is_mail());
            if letters.clone().any(|step| matches!(step.state, StepState::Waiting | StepState::Sending)) {
                return;
            }
            // Who could not be written to loses nothing: a person has it by then.
            let is_written = |step: &Step| matches!(step.state, StepState::Sent | StepState::InDoubt);
            if !letters.clone().any(is_written) || !self.is_warned_of(place) {
                self.steps[place].state = StepState::Skipped;
                self.steps[place].done_at = Some(now);
                continue;
            }
            let late = now.duration_since(self.steps[place].due_at);
            self.steps[place].state = StepState::Sent;
            self.steps[place].done_at = Some(now);
            for later in place + 1..self.steps.len() {
                let moves = self.steps[later].kind.is_access() || self.is_of_end(later);
                if moves && self.steps[later].state == StepState::Waiting {
                    self.steps[later].due_at += late;
                }
            }
        }
        self.finish_after_last();
    }

    /// Whether a change is a warning, or comes after one that was given.
    fn is_warned_of(&self, place: usize) -> bool {
        let warns = |step: &Step| matches!(step.kind, StepKind::Access { access } if access <= Entitlement::Warned);
        let was_warned = |step: &Step| warns(step) && step.state == StepState::Sent;
        warns(&self.steps[place]) || self.steps[..place].iter().any(was_warned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::Head;
    use crate::dunning::Step;
    use crate::id::AccountId;
    use jiff::SignedDuration;
    use serde_json::json;

    fn day(day: i64) -> Timestamp {
        "2026-03-01T09:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(24 * day)
    }

    /// Written to on the first day, warned on the seventh, restricted on the tenth and suspended on the fourteenth.
    fn plan() -> Plan {
        let step = |number: u32, kind: serde_json::Value, after: i64| {
            let mut step =
                json!({"number": number, "due_at": day(after), "state": "waiting", "done_at": null, "doubt_at": null});
            step.as_object_mut().unwrap().extend(kind.as_object().unwrap().clone());
            serde_json::from_value::<Step>(step).unwrap()
        };
        let access = |state: &str| json!({"kind": "access", "access": state});
        let steps = vec![
            step(1, json!({"kind": "mail", "template": "reminder_1"}), 1),
            step(2, access("warned"), 7),
            step(3, access("restricted"), 10),
            step(4, access("suspended"), 14),
        ];
        let account = AccountId::of("stripe", "default", "cus_1");
        serde_json::from_value(json!({
            "account": account, "invoice": "in_1", "segment": "standard", "policy_version": 2, "started_at": day(0),
            "state": "running", "reason": null, "steps": steps, "trace": "t",
        }))
        .unwrap()
    }

    fn written(mut plan: Plan) -> Plan {
        plan.begin(day(1), day(2)).unwrap();
        plan.sent(1);
        plan
    }

    #[test]
    fn access_falls_step_by_step_and_says_what_is_next() {
        use Entitlement::{Grace, Restricted, Suspended, Warned};
        let mut plan = written(plan());
        for (on, state, since, next) in [
            (6, Grace, 0, Some((Warned, 7))),
            (7, Warned, 7, Some((Restricted, 10))),
            (9, Warned, 7, Some((Restricted, 10))),
            (10, Restricted, 10, Some((Suspended, 14))),
            (14, Suspended, 14, None),
        ] {
            plan.take_access(day(on));
            let access = plan.access();
            assert_eq!((access.state, access.since), (state, day(since)), "day {on}");
            assert_eq!(access.next.zip(access.next_at), next.map(|(state, on)| (state, day(on))), "day {on}");
        }
        assert_eq!(plan.state, PlanState::Finished);
        let mut head = Head::new("stripe", "default", "cus_1");
        plan.show_on(&mut head);
        assert_eq!(head.dunning["in_1"].access.map(|it| it.state), Some(Suspended), "it stays taken until it is paid");
    }

    #[test]
    fn nobody_loses_anything_without_a_letter_or_all_at_once() {
        let mut unwritten = plan();
        unwritten.take_access(day(20));
        assert_eq!(unwritten.access().state, Entitlement::Grace, "its letter has not been sent");
        let mut unreached = plan();
        unreached.begin(day(1), day(2)).unwrap();
        unreached.handed_over(1);
        unreached.take_access(day(20));
        assert_eq!(unreached.access().state, Entitlement::Grace, "a person has what could not be written");
        let mut night = plan();
        night.steps[0].again_at = Some(day(8));
        assert_eq!(night.next_wake(), Some(day(8)), "a warning waits for its letter, and rings with it");
        let mut late = written(plan());
        late.take_access(day(20));
        assert_eq!(late.access().state, Entitlement::Warned, "it has been warned just now");
        late.take_access(day(22));
        assert_eq!(late.access().state, Entitlement::Warned);
        late.take_access(day(23));
        assert_eq!(late.access().state, Entitlement::Restricted, "three days after its warning, as anybody");
        let mut held = written(plan());
        held.hold(day(6), day(9));
        held.take_access(day(8));
        assert_eq!(held.access().state, Entitlement::Grace, "what waits for an incident takes nothing");
    }

    #[test]
    fn who_could_not_be_warned_in_time_loses_nothing_by_a_later_letter() {
        let mut plan = plan();
        let letter = Step { number: 5, due_at: day(9), ..plan.steps[0].clone() };
        plan.steps.insert(2, letter);
        plan.begin(day(1), day(2)).unwrap();
        plan.handed_over(1);
        plan.take_access(day(7));
        plan.begin(day(9), day(9)).unwrap();
        plan.sent(5);
        plan.take_access(day(20));
        assert_eq!(plan.access().state, Entitlement::Grace, "its warning was left out");
        assert_eq!(plan.state, PlanState::Finished);
    }

    #[test]
    fn what_is_paid_is_given_back() {
        let mut plan = written(plan());
        plan.take_access(day(7));
        let mut head = Head::new("stripe", "default", "cus_1");
        plan.show_on(&mut head);
        assert!(head.dunning.contains_key("in_1"));
        plan.stop("paid", day(8));
        plan.show_on(&mut head);
        assert!(head.dunning.is_empty());
    }
}
