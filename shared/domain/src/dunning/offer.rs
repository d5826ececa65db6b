//! Who makes an offer in the middle of a recovery, and whether anybody has: it is a person's, and the customer hears of it from
//! nobody else.

use super::{Plan, Step, StepKind, StepState};
use crate::staff::Role;
use jiff::Timestamp;

impl Plan {
    /// The step of an offer whose time has come, and whose it is where nobody looks after the account.
    pub fn due_offer(&self, now: Timestamp) -> Option<(u32, Role)> {
        let is_due = |step: &&Step| step.state == StepState::Waiting && step.due_at <= now;
        let mut due = self.steps.iter().filter(is_due).filter_map(|step| match step.kind {
            StepKind::Offer { owner } => Some((step.number, owner)),
            _ => None,
        });
        due.next().filter(|_| !self.rests())
    }

    /// It is somebody's task from here on, or none fits the customer, and why.
    pub fn offer(&mut self, number: u32, why_none: Option<&str>, now: Timestamp) {
        let is_it = |step: &&mut Step| step.number == number && step.state == StepState::Waiting;
        for step in self.steps.iter_mut().filter(is_it) {
            match why_none {
                Some(why) => step.leave_out(why, now),
                None => (step.state, step.done_at) = (StepState::Sent, Some(now)),
            }
        }
        self.finish_after_last();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::AccountId;
    use serde_json::{from_value, json};

    fn hour(hour: i64) -> Timestamp {
        "2026-03-01T09:00:00Z".parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_hours(hour)
    }

    #[test]
    fn an_offer_comes_once_beside_whatever_else_is_due_and_waits_like_it() {
        let step = |number: u32, what: serde_json::Value| {
            let mut step =
                json!({"number": number, "due_at": hour(1), "state": "waiting", "done_at": null, "doubt_at": null});
            step.as_object_mut().unwrap().extend(what.as_object().unwrap().clone());
            step
        };
        let steps = [
            step(1, json!({"kind": "mail", "template": "reminder_1"})),
            step(2, json!({"kind": "offer", "owner": "manager"})),
        ];
        let plan: Plan = from_value(json!({
            "account": AccountId::of("stripe", "default", "cus_1"), "invoice": "in_1", "segment": "standard",
            "policy_version": 3, "started_at": hour(0), "state": "running", "reason": null, "trace": "t",
            "steps": steps,
        }))
        .unwrap();
        assert_eq!((plan.due_offer(hour(0)), plan.next_wake()), (None, Some(hour(1))));
        assert_eq!(plan.due_offer(hour(1)), Some((2, Role::Manager)));
        let mut held = plan.clone();
        held.hold(hour(1), hour(2));
        assert_eq!(held.due_offer(hour(1)), None, "it waits for an incident");

        let mut made = plan.clone();
        made.offer(2, None, hour(1));
        assert_eq!((made.due_offer(hour(9)), made.steps[1].state), (None, StepState::Sent), "once");
        assert_eq!(made.begin(hour(1), hour(2)).map(|step| step.number), Some(1), "and the letter goes out as well");
        let mut none = plan;
        none.offer(2, Some("nothing fits"), hour(1));
        let left_out = (none.steps[1].state, none.why(&none.steps[1]));
        assert_eq!(left_out, (StepState::Skipped, Some("nothing fits".to_owned())));
    }
}
