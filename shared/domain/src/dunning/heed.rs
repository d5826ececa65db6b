//! What concerns all recoveries of an account, and more of them than are written at once: the head says it, and each takes it
//! in when it is looked at.

use super::{Plan, PlanState};
use crate::book::Head;

/// Why a recovery is over during which a bank has claimed money back.
pub const DISPUTED: &str = "disputed";

impl Plan {
    /// Takes in what the head of its account says of all recoveries that had begun by then: that a bank claims money back, or
    /// that the customer gave another card. Each is taken in once.
    pub fn heed(&mut self, head: &Head) {
        let goes_on = self.state == PlanState::Running || self.still_takes(self.access());
        if let Some(at) = head.claimed_at.filter(|at| goes_on && self.started_at <= *at) {
            self.stop(DISPUTED, at);
        }
        let given = head.card_given.as_ref().filter(|given| self.started_at <= given.begun_by);
        let news = given.filter(|given| self.tries.heeded_at.is_none_or(|at| at < given.at));
        if let Some(given) = news.filter(|_| self.state == PlanState::Running) {
            self.card_given(&given.card, given.at);
            self.names_card(&given.id);
            self.tries.heeded_at = Some(given.at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::CardGiven;
    use jiff::{SignedDuration, Timestamp};
    use serde_json::{Value, from_value, json};

    fn hour(hour: i64) -> Timestamp {
        "2026-03-01T09:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(hour)
    }

    /// One that began after ten hours.
    fn plan(steps: &Value, state: &str) -> Plan {
        let account = crate::id::AccountId::of("stripe", "default", "cus_1");
        from_value(json!({
            "account": account, "invoice": "in_1", "segment": "standard", "policy_version": 3, "started_at": hour(10),
            "state": state, "reason": null, "steps": steps, "trace": "t",
        }))
        .unwrap()
    }

    fn step(kind: &Value, state: &str) -> Value {
        let mut step = json!({"number": 1, "due_at": hour(30), "state": state, "done_at": null, "doubt_at": null});
        step.as_object_mut().unwrap().extend(kind.as_object().unwrap().clone());
        step
    }

    #[test]
    fn a_claim_ends_what_had_begun_by_then_and_gives_back_what_it_takes() {
        let (letter, taken) =
            (json!({"kind": "mail", "template": "x"}), json!({"kind": "access", "access": "suspended"}));
        let running = plan(&json!([step(&letter, "waiting")]), "running");
        let takes = plan(&json!([step(&taken, "sent")]), "finished");
        let over = plan(&json!([step(&letter, "sent")]), "finished");
        for (name, plan, claimed_at, state, reason) in [
            ("no claim", &running, None, PlanState::Running, None),
            ("before it began", &running, Some(9), PlanState::Running, None),
            ("when it began", &running, Some(10), PlanState::Stopped, Some(DISPUTED)),
            ("since", &running, Some(11), PlanState::Stopped, Some(DISPUTED)),
            ("it has ended and still takes", &takes, Some(11), PlanState::Stopped, Some(DISPUTED)),
            ("it has ended and takes nothing", &over, Some(11), PlanState::Finished, None),
        ] {
            let mut head = Head::new("stripe", "default", "cus_1");
            head.claimed_at = claimed_at.map(hour);
            let mut plan = plan.clone();
            for _ in 0..2 {
                plan.heed(&head);
                assert_eq!((plan.state, plan.reason.as_deref()), (state, reason), "{name}");
            }
            plan.show_on(&mut head);
            assert_eq!(head.dunning.is_empty(), state != PlanState::Running, "{name}");
        }
    }

    #[test]
    fn a_card_is_taken_in_once_by_what_had_begun_by_then() {
        let letter = step(&json!({"kind": "mail", "template": "x"}), "waiting");
        let given = |begun_by: i64, at: i64| {
            let mut head = Head::new("stripe", "default", "cus_1");
            let (begun_by, at) = (hour(begun_by), hour(at));
            head.card_given = Some(CardGiven { id: "pm_2".to_owned(), card: "visa 1881".to_owned(), at, begun_by });
            head
        };
        for (name, state, head, expected) in [
            ("none", "running", Head::new("stripe", "default", "cus_1"), None),
            ("before it began", "running", given(9, 12), None),
            ("since", "running", given(10, 12), Some("visa 1881")),
            ("it is over", "finished", given(10, 12), None),
        ] {
            let mut plan = plan(&json!([letter]), state);
            plan.heed(&head);
            assert_eq!(plan.tries.card.as_deref(), expected, "{name}");
            assert_eq!(plan.tries.look_at, expected.map(|_| hour(12)), "{name}");
            plan.tries.card = None;
            plan.heed(&head);
            assert_eq!(plan.tries.card, None, "{name}: it was tried with it");
            plan.heed(&given(10, 20));
            assert_eq!(plan.tries.card.is_some(), state == "running", "{name}: another one");
        }
    }
}
