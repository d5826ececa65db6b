//! While its money may be coming, a recovery takes nothing from its customer and ends nothing.

use super::{Plan, Step, StepState};
use jiff::Timestamp;

impl Plan {
    /// Notes until when its money may be coming; then that is looked at again. Only where something would be taken
    /// before.
    pub fn spare(&mut self, until: Option<Timestamp>) {
        let takes = |step: &Step, until: Timestamp| {
            step.state == StepState::Waiting && step.kind.takes() && step.due_at <= until
        };
        self.spared_until = until.filter(|until| self.steps.iter().any(|step| takes(step, *until)));
    }

    /// Whether nothing is taken and nothing ends for now. What was under way is looked at before anything is.
    pub fn is_spared(&self, now: Timestamp) -> bool {
        self.spared_until.is_some_and(|until| until > now || self.tries.under_way().is_some())
    }

    /// Whether a step that waits does so for that.
    pub(super) fn spares(&self, step: &Step) -> bool {
        step.kind.takes() && self.spared_until.is_some_and(|until| step.due_at <= until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::entitlement::Entitlement;
    use crate::id::AccountId;
    use jiff::SignedDuration;
    use serde_json::{Value, from_value, json};

    fn minute(minute: i64) -> Timestamp {
        "2026-03-01T09:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minute)
    }

    /// A letter has left; two hours after the beginning somebody is warned, in four restricted, and in six it ends.
    fn plan(is_tried: bool) -> Plan {
        let step = |number: u32, state: &str, after: i64, kind: &Value| {
            let mut step =
                json!({"number": number, "due_at": minute(after), "state": state, "done_at": null, "doubt_at": null});
            step.as_object_mut().unwrap().extend(kind.as_object().unwrap().clone());
            step
        };
        let steps = [
            step(1, "sent", 0, &json!({"kind": "mail", "template": "reminder_1"})),
            step(2, "waiting", 120, &json!({"kind": "access", "access": "warned"})),
            step(3, "waiting", 240, &json!({"kind": "access", "access": "restricted"})),
            step(4, "waiting", 360, &json!({"kind": "end", "ends": "subscription", "hold_hours": 6})),
            step(5, "waiting", 360, &json!({"kind": "access", "access": "ended"})),
        ];
        let account = AccountId::of("stripe", "default", "cus_1");
        let chosen = json!({"number": 1, "at": minute(119), "rule": "funds", "policy_version": 3, "chance": null,
            "likely": 1000, "candidates": []});
        let action = crate::id::ActionId::of(&account, "recoup", "try 1");
        let made = json!({"action": action, "begun_at": minute(119), "chosen": chosen, "ended": null});
        let made: Vec<_> = is_tried.then_some(made).into_iter().collect();
        from_value(json!({
            "account": account, "invoice": "in_1", "segment": "standard", "policy_version": 3, "started_at": minute(0),
            "state": "running", "reason": null, "steps": steps, "trace": "t", "tries": {"made": made},
        }))
        .unwrap()
    }

    #[test]
    fn nothing_is_taken_while_its_money_may_be_coming() {
        use Entitlement::{Grace, Warned};
        for (name, is_tried, until, at, expected) in [
            ("nothing is", false, None, 120, Warned),
            ("its customer pays just now", false, Some(150), 120, Grace),
            ("until a minute before", false, Some(150), 149, Grace),
            ("that time is over", false, Some(150), 150, Warned),
            ("nothing would be taken before", false, Some(119), 120, Warned),
            ("a try is under way", true, Some(125), 120, Grace),
            ("one that is looked at late", true, Some(125), 140, Grace),
            ("one that nobody waits for any more", true, None, 120, Warned),
        ] {
            let mut plan = plan(is_tried);
            plan.spare(until.map(minute));
            plan.take_access(minute(at));
            assert_eq!(plan.access().state, expected, "{name}");
        }
    }

    #[test]
    fn what_waited_moves_what_comes_after_it_and_rings_in_time() {
        let mut plan = plan(false);
        plan.spare(Some(minute(150)));
        plan.take_access(minute(120));
        assert_eq!(plan.next_wake(), Some(minute(150)), "not at once, again and again");
        let why = plan.why(&plan.steps[1]);
        assert_eq!(why.as_deref(), Some("its money may be coming, and nothing is taken before that is known"));
        assert_eq!(plan.why(&plan.steps[2]), None, "that is not due yet");
        plan.spare(None);
        plan.take_access(minute(150));
        assert_eq!((plan.access().state, plan.steps[2].due_at), (Entitlement::Warned, minute(270)));
        plan.take_access(minute(240));
        assert_eq!(plan.access().state, Entitlement::Warned, "as long after the warning as anybody");
    }

    #[test]
    fn nobody_is_asked_to_end_what_is_just_being_paid() {
        for (name, until, at, expected) in [
            ("nobody pays", None, 360, true),
            ("its customer pays just now", Some(380), 360, false),
            ("that time is over", Some(380), 380, true),
        ] {
            let mut plan = plan(false);
            plan.take_access(minute(120));
            plan.take_access(minute(240));
            plan.spare(until.map(minute));
            assert_eq!(plan.has_to_end(minute(at)), expected, "{name}");
        }
    }

    #[test]
    fn a_letter_promises_no_days_by_what_may_come_to_nothing() {
        let days = |until: Option<i64>| {
            let mut plan = plan(false);
            plan.steps[2].due_at = minute(3 * 24 * 60);
            plan.spare(until.map(minute));
            plan.days_left(1, None, minute(120))
        };
        assert_eq!((days(None), days(Some(5 * 24 * 60))), (Some(2), Some(2)));
    }
}
