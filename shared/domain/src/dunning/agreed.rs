//! A letter that somebody has to agree to: it is asked for, and leaves or not as they say.

use super::{Plan, PlanState, Step, StepState};
use crate::money::Money;
use jiff::Timestamp;

impl Plan {
    /// The place of the letter that waits for somebody's word.
    pub fn awaits_word(&self) -> Option<usize> {
        let asked = |step: &Step| step.kind.is_mail() && step.state == StepState::Asked;
        self.steps.iter().position(asked).filter(|_| self.state == PlanState::Running)
    }

    /// A letter waits for somebody's word, and is looked at again.
    pub fn await_word(&mut self, place: usize, why: String, about: Option<Money>, look_at: Timestamp) {
        self.control.asked_about = about;
        let step = &mut self.steps[place];
        (step.state, step.again_at, step.why) = (StepState::Asked, Some(look_at), Some(why));
    }

    /// Nobody has to agree to it any more: it comes as any other.
    pub fn needs_no_word(&mut self) {
        if let Some(place) = self.awaits_word() {
            let step = &mut self.steps[place];
            (step.state, step.again_at, step.why) = (StepState::Waiting, None, None);
        }
    }

    /// What somebody says of the letter that waits for it: it leaves, or is left out. Says whether one waited.
    pub fn take_word(&mut self, sends: bool, by: &str, now: Timestamp) -> bool {
        let Some(place) = self.awaits_word() else { return false };
        if sends {
            self.control.agreed = Some(self.steps[place].number);
            self.needs_no_word();
        } else {
            self.steps[place].leave_out(&format!("{by} said that it is not sent"), now);
            self.finish_after_last();
        }
        true
    }

    /// Who agreed to a letter about less has not agreed to this one: it is asked for again.
    pub fn forget_word_beyond(&mut self, remaining: Option<Money>) {
        let is_more = |now: Money, then: Money| now.currency() != then.currency() || now.amount() > then.amount();
        if remaining.zip(self.control.asked_about).is_some_and(|(now, then)| is_more(now, then)) {
            self.control.agreed = None;
        }
    }

    /// Whether somebody has agreed to a letter that is due and has not left. What comes after it waits until then.
    pub fn agreed_comes_first(&mut self, now: Timestamp, look_at: Timestamp) -> bool {
        let Some(agreed) = self.control.agreed else { return false };
        let is_due = |step: &Step| step.state == StepState::Waiting && step.due_at <= now;
        if !self.steps.iter().any(|step| step.number == agreed && is_due(step)) {
            return false;
        }
        for step in self.steps.iter_mut().filter(|step| step.number > agreed && is_due(step)) {
            step.again_at = Some(look_at);
        }
        true
    }
}
