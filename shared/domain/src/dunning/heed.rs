//! What concerns all recoveries of an account, and more of them than are written at once: the head says it, and each
//! takes it in when it is looked at.

use super::paused::lies_ahead;
use super::{Plan, PlanState, Refused, Said, Wish, Word};
use crate::book::{Head, OfAll, SaidOfAll};
use crate::policy::Limits;
use crate::staff::Staff;
use jiff::Timestamp;

/// Why a recovery is over during which a bank has claimed money back.
pub const DISPUTED: &str = "disputed";
/// How much somebody may write about all of them: it stands on the head, which has little room.
const NOTE_CHARS_MAX: usize = 100;

impl Wish {
    /// What the head says of it to all recoveries that had begun by then. A promise is about one of them.
    pub fn of_all(
        self,
        head: &Head,
        (note, by): (&str, &Staff),
        begun_by: Timestamp,
        limits: &Limits,
        now: Timestamp,
    ) -> Result<SaidOfAll, Refused> {
        let note = self.noted(note, NOTE_CHARS_MAX, by)?.to_owned();
        let word = match self {
            Self::Pause { until } => {
                lies_ahead("`until`", until, limits.pause_days_max, now)?;
                OfAll::Pause { until }
            }
            Self::Resume => OfAll::Resume,
            Self::Stop => OfAll::Stop,
            Self::Promise { .. } => return Err(Refused::Unknown),
        };
        Ok(SaidOfAll { number: head.next_said(), at: now, begun_by, by: by.id.clone(), word, note })
    }
}

impl Plan {
    /// Takes in what the head of its account says of all recoveries that had begun by then: what people say, that a
    /// bank claims money back, or that the customer gave another card. Each is taken in once.
    pub fn heed(&mut self, head: &Head) {
        self.heed_words(head, head.claimed_at);
        let goes_on = self.state == PlanState::Running || self.still_takes(self.access());
        if let Some(at) = head.claimed_at.filter(|at| goes_on && self.started_at <= *at) {
            self.stop(DISPUTED, at);
        }
        self.heed_words(head, None);
        let given = head.card_given.as_ref().filter(|given| self.started_at <= given.begun_by);
        let news = given.filter(|given| self.tries.heeded_at.is_none_or(|at| at < given.at));
        if let Some(given) = news.filter(|_| self.state == PlanState::Running) {
            self.card_given(&given.card, given.at);
            self.names_card(&given.id);
            self.tries.heeded_at = Some(given.at);
        }
    }

    /// Whether what is said since is any news to it.
    pub fn hears_more(&self, before: &Head, after: &Head) -> bool {
        let [mut was, mut is] = [self.clone(), self.clone()];
        was.heed(before);
        is.heed(after);
        is.control.heeded = was.control.heeded;
        is != was
    }

    /// Takes in what people said of all, as far as they had by then.
    fn heed_words(&mut self, head: &Head, until: Option<Timestamp>) {
        for said in head.said_of_all.iter().filter(|said| until.is_none_or(|until| said.at <= until)) {
            let is_news = said.number > self.control.heeded && self.started_at <= said.begun_by;
            if is_news && self.state == PlanState::Running {
                self.control.heeded = said.number;
                self.hear(said);
            }
        }
    }

    /// Does as if it had been told then: its alarm need not have rung since.
    fn hear(&mut self, said: &SaidOfAll) {
        let over = self.control.paused_until.filter(|until| *until <= said.at && self.control.promise.is_none());
        if let Some(until) = over.filter(|_| self.held_until.is_none()) {
            self.control.paused_until = None;
            self.go_on(until);
        }
        let (word, is_news) = match said.word {
            OfAll::Pause { until } => {
                let before = self.control.paused_until.replace(until);
                self.held_since = self.held_since.or(Some(said.at));
                (Word::Pause { until }, before != Some(until))
            }
            OfAll::Resume => (Word::Resume, self.resume(said.at)),
            OfAll::Stop => {
                self.stop(&format!("stopped by {}", said.by), said.at);
                (Word::Stop, true)
            }
        };
        if is_news {
            self.say(Said { at: said.at, by: said.by.clone(), word, note: said.note.clone() });
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

    /// What was said, in this order: when, of what had begun by then, and which word.
    fn says(words: &[(i64, OfAll)]) -> Head {
        let mut head = Head::new("stripe", "default", "cus_1");
        for (at, word) in words {
            let (number, at) = (head.next_said(), hour(*at));
            let (by, note) = ("lena".to_owned(), "they called".to_owned());
            head.says_of_all(SaidOfAll { number, at, begun_by: at, by, word: *word, note });
        }
        head
    }

    #[test]
    fn what_is_said_of_all_is_taken_in_once_by_what_had_begun_by_then() {
        let pause = |until| OfAll::Pause { until: hour(until) };
        let (resume, stop) = (OfAll::Resume, OfAll::Stop);
        let letter = step(&json!({"kind": "mail", "template": "x"}), "waiting");
        for (name, words, state, runs, paused_until, due) in [
            ("nothing", vec![], "running", true, None, 30),
            ("before it began", vec![(9, stop)], "running", true, None, 30),
            ("a stop", vec![(11, stop)], "running", false, None, 30),
            ("a pause", vec![(11, pause(50))], "running", true, Some(50), 30),
            ("a longer one in its stead", vec![(11, pause(50)), (13, pause(60))], "running", true, Some(60), 30),
            ("it goes on after two hours", vec![(11, pause(50)), (13, resume)], "running", true, None, 32),
            ("a pause that was over when it went on", vec![(11, pause(12)), (20, resume)], "running", true, None, 31),
            ("one after another", vec![(11, pause(12)), (20, pause(50))], "running", true, Some(50), 31),
            ("a stop while it pauses", vec![(11, pause(50)), (13, stop)], "running", false, None, 30),
            ("it is over", vec![(11, stop)], "finished", false, None, 30),
        ] {
            let head = says(&words);
            let mut plan = plan(&json!([letter]), state);
            for _ in 0..2 {
                plan.heed(&head);
                assert_eq!(plan.state == PlanState::Running, runs, "{name}");
                assert_eq!(plan.paused_until(), paused_until.map(hour), "{name}");
                assert_eq!(plan.steps[0].due_at, hour(due), "{name}");
            }
            let is_new = state == "running" && words.iter().any(|(at, _)| *at >= 10);
            assert_eq!(
                plan.control.said.last().map(|said| said.note.as_str()),
                is_new.then_some("they called"),
                "{name}"
            );
            assert_eq!(plan.was_stopped_by_hand(), !runs && is_new, "{name}");
        }
        // Somebody lets one of them go on, and it stays so.
        let (head, mut plan) = (says(&[(11, pause(50))]), plan(&json!([letter]), "running"));
        plan.heed(&head);
        assert!(plan.resume(hour(12)));
        plan.heed(&head);
        assert_eq!(plan.paused_until(), None);
    }

    #[test]
    fn of_a_claim_and_a_word_the_first_ends_it() {
        let letter = step(&json!({"kind": "mail", "template": "x"}), "waiting");
        for (claimed_at, reason) in [(11, DISPUTED), (13, "stopped by lena")] {
            let head = Head { claimed_at: Some(hour(claimed_at)), ..says(&[(12, OfAll::Stop)]) };
            let mut plan = plan(&json!([letter]), "running");
            plan.heed(&head);
            assert_eq!(plan.reason.as_deref(), Some(reason), "{claimed_at}");
        }
    }

    #[test]
    fn what_was_said_already_is_no_news() {
        let letter = step(&json!({"kind": "mail", "template": "x"}), "waiting");
        let running = plan(&json!([letter]), "running");
        let pause = |until| OfAll::Pause { until: hour(until) };
        for (name, before, more, is_news) in [
            ("a pause", vec![], (12, pause(50)), true),
            ("the same", vec![(11, pause(50))], (12, pause(50)), false),
            ("another", vec![(11, pause(50))], (12, pause(60)), true),
            ("it goes on", vec![(11, pause(50))], (12, OfAll::Resume), true),
            ("it does already", vec![], (12, OfAll::Resume), false),
            ("a stop", vec![], (12, OfAll::Stop), true),
            ("a second", vec![(11, OfAll::Stop)], (12, OfAll::Stop), false),
        ] {
            let after = says(&[before.clone(), vec![more]].concat());
            assert_eq!(running.hears_more(&says(&before), &after), is_news, "{name}");
        }
    }
}
