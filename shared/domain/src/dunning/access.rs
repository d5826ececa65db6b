//! What a recovery lets its customer use, step by step: less and less, and never less without a warning.

use super::{Plan, PlanState, Step, StepKind, StepState};
use crate::book::AccessLine;
use crate::book::entitlement::Entitlement;
use jiff::{SignedDuration, Timestamp};

/// An alarm may be heard so late: what is due in seven days is due in seven days as long as that.
const LATE: SignedDuration = SignedDuration::from_hours(1);

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
        if self.rests() || self.is_spared(now) {
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
            // Who could not be written to loses nothing: a person has it by then. And a warning is a letter, the one before it.
            let is_written = |step: &Step| matches!(step.state, StepState::Sent | StepState::InDoubt);
            let is_told = match letters.clone().next_back() {
                Some(letter) if is_warning(&self.steps[place]) => is_written(letter),
                _ => letters.clone().any(is_written),
            };
            if !is_told || !self.is_warned_of(place) {
                self.steps[place].state = StepState::Skipped;
                self.steps[place].done_at = Some(now);
                continue;
            }
            let late = now.duration_since(self.steps[place].due_at);
            self.steps[place].state = StepState::Sent;
            self.steps[place].done_at = Some(now);
            for later in place + 1..self.steps.len() {
                let step = &self.steps[later];
                // Nor is anybody written to twice at once.
                let is_next_letter = step.kind.is_mail() && step.due_at <= now;
                let moves = step.kind.is_access() || is_next_letter || self.is_of_end(later);
                if moves && self.steps[later].state == StepState::Waiting {
                    self.steps[later].due_at += late;
                }
            }
        }
        self.finish_after_last();
    }

    /// Whether a change is a warning, or comes after one that was given.
    fn is_warned_of(&self, place: usize) -> bool {
        let was_warned = |step: &Step| is_warning(step) && step.state == StepState::Sent;
        is_warning(&self.steps[place]) || self.steps[..place].iter().any(was_warned)
    }

    /// When it takes something next, if nothing is paid: a warning takes nothing.
    pub fn takes_at(&self) -> Option<Timestamp> {
        let mut waiting = self.steps.iter().filter(|step| step.state == StepState::Waiting);
        let next = waiting.find(|step| step.kind.is_access() && !is_warning(step))?;
        (self.state == PlanState::Running).then(|| self.expected_at(next).max(self.comes_at(next)))
    }

    /// For how many whole days nothing is taken once a letter has left, be it by the plan or because the provider's own grace
    /// ends. Nothing where there is no such day: nothing is ever taken, or something is already.
    pub fn days_left(&self, letter: u32, grace_until: Option<Timestamp>, now: Timestamp) -> Option<i64> {
        let mut after = self.clone();
        // What may be coming may come to nothing at any moment.
        after.spared_until = None;
        after.sent(letter);
        after.take_access(now);
        let until = [after.takes_at(), grace_until].into_iter().flatten().min()?;
        let days = whole_days(until, now);
        (days > 0 && after.access().state <= Entitlement::Warned).then_some(days)
    }
}

fn is_warning(step: &Step) -> bool {
    matches!(step.kind, StepKind::Access { access } if access <= Entitlement::Warned)
}

/// How many whole days there are until then.
pub fn whole_days(until: Timestamp, now: Timestamp) -> i64 {
    (until.duration_since(now) + LATE).as_hours().div_euclid(24).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::Head;
    use crate::dunning::Step;
    use crate::id::AccountId;
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

    /// The same, with two letters before the warning and one behind it.
    fn with_more_letters() -> Plan {
        let mut plan = plan();
        let letter = |number: u32, on: i64| Step { number, due_at: day(on), ..plan.steps[0].clone() };
        let (second, third) = (letter(5, 5), letter(6, 10));
        plan.steps.insert(1, second);
        plan.steps.insert(3, third);
        plan.steps.iter_mut().zip(1..).for_each(|(step, number)| step.number = number);
        plan
    }

    #[test]
    fn a_warning_needs_the_letter_right_before_it() {
        for (name, second, expected) in [
            ("it was sent", StepState::Sent, Entitlement::Warned),
            ("it may have been", StepState::InDoubt, Entitlement::Warned),
            ("it was left out", StepState::Skipped, Entitlement::Grace),
            ("it waits", StepState::Waiting, Entitlement::Grace),
        ] {
            let mut plan = with_more_letters();
            plan.steps[0].state = StepState::Sent;
            plan.steps[1].state = second;
            plan.take_access(day(8));
            assert_eq!(plan.access().state, expected, "{name}");
        }
    }

    #[test]
    fn who_hears_late_of_everything_is_warned_first_and_written_to_once_at_a_time() {
        let mut plan = with_more_letters();
        assert_eq!(plan.begin(day(20), day(21)).map(|step| step.number), Some(2), "the letter before the warning");
        plan.sent(2);
        plan.take_access(day(20));
        assert_eq!((plan.access().state, plan.steps[0].state), (Entitlement::Warned, StepState::Skipped));
        assert_eq!(plan.begin(day(20), day(21)), None, "no second letter at once");
        let due: Vec<_> = plan.steps[3..].iter().map(|step| step.due_at).collect();
        assert_eq!(due, [23, 23, 27].map(day), "as long after the warning as anybody");
    }

    #[test]
    fn a_letter_counts_the_days_until_something_is_taken() {
        let sending = |mut plan: Plan, on: i64| {
            let step = plan.begin(day(on), day(on + 1)).unwrap();
            (plan, step.number)
        };
        let hours = |hours: i64| day(0) + SignedDuration::from_hours(hours);
        let mut never = with_more_letters();
        never.steps.retain(|step| step.number != 5 && step.number != 6);
        let mut restricts_at_once = with_more_letters();
        restricts_at_once.steps.iter_mut().take(3).for_each(|step| step.state = StepState::Sent);
        let mut taken = restricts_at_once.clone();
        taken.steps[4].state = StepState::Sent;
        let mut paused = with_more_letters();
        (paused.held_since, paused.control.paused_until) = (Some(day(0)), Some(day(3)));
        for (name, (plan, letter), grace_until, now, expected) in [
            ("the first", sending(with_more_letters(), 1), None, day(1), Some(9)),
            ("an alarm is late", sending(with_more_letters(), 1), None, hours(25), Some(9)),
            ("hours later", sending(with_more_letters(), 1), None, hours(30), Some(8)),
            ("very late: all moves with the warning", sending(with_more_letters(), 20), None, day(20), Some(3)),
            ("it is restricted with this letter", sending(restricts_at_once, 10), None, day(10), None),
            ("it is restricted already", sending(taken, 10), None, day(10), None),
            ("nothing is ever taken", sending(never.clone(), 1), None, day(1), None),
            ("the provider's grace ends before", sending(with_more_letters(), 1), Some(day(4)), day(1), Some(3)),
            ("the provider's grace ends later", sending(with_more_letters(), 1), Some(day(40)), day(1), Some(9)),
            ("the provider's grace is over", sending(with_more_letters(), 1), Some(day(0)), day(1), None),
            ("only the provider takes anything", sending(never, 1), Some(day(4)), day(1), Some(3)),
        ] {
            assert_eq!(plan.days_left(letter, grace_until, now), expected, "{name}");
        }
        assert_eq!(paused.takes_at(), Some(day(13)), "a pause moves it");
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
