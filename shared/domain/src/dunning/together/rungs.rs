//! The rungs of an account that are due together are one letter: that of the highest lists the others, and has said
//! them.

use super::Together;
use crate::book::{Head, LetterLine, Writer};
use crate::dunning::{Plan, Step, StepState};
use jiff::Timestamp;

impl Plan {
    /// A letter of the ladder that is due counts as sent with that of another rung which has listed its invoice since
    /// its day came: then it is given back, and is never said again. Any other waits for its day, and for a rung above
    /// it that is due as well.
    pub fn keep_to_the_highest(
        &mut self,
        (head, rule): (&Head, &Together),
        above: Option<u32>,
        (now, doubt_at): (Timestamp, Timestamp),
    ) -> Option<Step> {
        let due = self.steps.iter().rposition(|step| step.kind.is_mail() && step.is_due(now));
        let place = due.filter(|_| !self.rests())?;
        let step = &self.steps[place];
        let is_below = above.is_some_and(|above| step.number < above);
        let has_said = |last: &&LetterLine| {
            let is_another = last.writer == Writer::Ladder && last.invoice != self.invoice;
            let says_it = last.lists(&self.invoice) && step.number <= last.step && step.due_at <= last.at;
            is_another && says_it && last.doubt_at.is_none_or(|at| at <= now)
        };
        if let Some(letter) = head.written.as_ref().filter(has_said).cloned() {
            self.goes_with(place, &letter, now);
            return Some(self.steps[place].clone());
        }
        self.keep_to_a_day(head, rule, Writer::Ladder, (now, doubt_at));
        if is_below && self.steps[place].is_due(now) {
            self.waits_for_letter(place, doubt_at, now);
        }
        None
    }

    /// What its letters waited for is over.
    pub fn waits_no_longer(&mut self) {
        for step in self.steps.iter_mut().filter(|step| step.state == StepState::Waiting) {
            step.again_at = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::AccountId;
    use crate::policies::Policies;
    use jiff::SignedDuration;
    use serde_json::json;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// The first rung of `in_2`, and the second that comes a month later.
    fn climb(due: &str) -> Plan {
        let step = |number: u32, due_at: &str| {
            json!({"number": number, "kind": "mail", "template": format!("overdue_{number}"), "due_at": due_at,
                "state": "waiting", "done_at": null, "doubt_at": null})
        };
        serde_json::from_value(json!({
            "account": AccountId::of("p", "default", "cus_1"), "invoice": "in_2", "segment": "ageing", "policy_version": 1,
            "started_at": "2026-03-01T08:00:00Z", "state": "running", "reason": null, "trace": "t",
            "steps": [step(1, due), step(2, "2026-04-15T09:00:00Z")],
        }))
        .unwrap()
    }

    /// What `in_1` was written at nine on the eighteenth, which lists `in_2`.
    fn letter() -> LetterLine {
        LetterLine {
            at: at("2026-03-18T09:00:00Z"),
            invoice: "in_1".to_owned(),
            step: 1,
            text: "overdue_1".to_owned(),
            also: vec!["in_2".to_owned()],
            doubt_at: None,
            in_doubt: false,
            writer: Writer::Ladder,
        }
    }

    #[test]
    fn what_the_letter_of_another_rung_has_listed_is_said_once_for_ever() {
        use StepState::{InDoubt, Sent, Waiting};
        let (due, now) = ("2026-03-18T09:00:00Z", "2026-03-18T09:05:00Z");
        let next_day = Some("2026-03-19T09:00:00Z");
        let leaving = |doubt_at: &str| LetterLine { doubt_at: Some(at(doubt_at)), ..letter() };
        for (name, due, now, last, expected) in [
            ("its rung as well", due, now, letter(), (Sent, None)),
            ("a higher one", due, now, LetterLine { step: 3, ..letter() }, (Sent, None)),
            ("days later", due, "2026-03-25T09:00:00Z", letter(), (Sent, None)),
            ("its day came after that", "2026-03-18T09:00:01Z", now, letter(), (Waiting, next_day)),
            ("a lower one", due, now, LetterLine { step: 0, ..letter() }, (Waiting, next_day)),
            (
                "it lists others",
                due,
                now,
                LetterLine { also: vec!["in_3".to_owned()], ..letter() },
                (Waiting, next_day),
            ),
            ("a recovery's", due, now, LetterLine { writer: Writer::Recovery, ..letter() }, (Waiting, next_day)),
            (
                "its own one before",
                due,
                now,
                LetterLine { invoice: "in_2".to_owned(), ..letter() },
                (Waiting, next_day),
            ),
            ("it is leaving", due, now, leaving("2026-03-18T09:15:00Z"), (Waiting, Some("2026-03-18T09:15:00Z"))),
            ("nobody was heard of", due, now, leaving("2026-03-18T09:05:00Z"), (InDoubt, None)),
            ("nobody will know", due, now, LetterLine { in_doubt: true, ..letter() }, (InDoubt, None)),
        ] {
            let policies = Policies::shipped().unwrap();
            let rule = policies.dunning.current().together.as_ref().unwrap();
            let head = Head { written: Some(last), ..Head::new("p", "default", "cus_1") };
            let (mut plan, now) = (climb(due), at(now));
            let doubt_at = now + SignedDuration::from_mins(15);
            let said = plan.keep_to_the_highest((&head, rule), None, (now, doubt_at));
            let step = &plan.steps[0];
            let again_at = step.again_at.map(|at| at.to_string());
            assert_eq!((step.state, again_at.as_deref()), expected, "{name}");
            assert_eq!(said.is_some(), step.state != Waiting, "{name}: its owner has a task all the same");
            assert!(said.is_none() || step.why.as_deref() == Some("in one letter with in_1"), "{name}");
            assert_eq!(plan.begin(now, doubt_at), None, "{name}: nothing leaves");
            assert_eq!(plan.steps[1].state, Waiting, "{name}: the next rung has its own day");
        }
    }

    #[test]
    fn a_rung_waits_for_the_letter_of_one_above_it() {
        let policies = Policies::shipped().unwrap();
        let rule = policies.dunning.current().together.as_ref().unwrap();
        let head = Head::new("p", "default", "cus_1");
        let (now, doubt_at) = (at("2026-03-18T09:00:00Z"), at("2026-03-18T09:15:00Z"));
        for (name, above, waits_until) in
            [("alone", None, None), ("as high", Some(1), None), ("above", Some(2), Some(doubt_at))]
        {
            let mut plan = climb("2026-03-18T09:00:00Z");
            assert_eq!(plan.keep_to_the_highest((&head, rule), above, (now, doubt_at)), None, "{name}");
            assert_eq!(plan.steps[0].again_at, waits_until, "{name}");
            assert_eq!(plan.held_for_another(now).is_some(), waits_until.is_some(), "{name}");
            plan.waits_no_longer();
            assert!(plan.begin(now, doubt_at).is_some(), "{name}: it would leave by itself");
        }
    }
}
