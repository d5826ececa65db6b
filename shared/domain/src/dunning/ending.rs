//! The end of a recovery that nothing has helped: its customer is told before, it is held for a while, and then people are
//! asked to end what the invoice is for.

use super::{Plan, StepKind, StepState};
use crate::id::ActionId;
use crate::staff::MACHINE;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How often people are asked, where the account changes each time before they have decided.
const ASKED_MAX: u32 = 5;

/// What a recovery ends at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ends {
    /// What the invoice bills.
    Subscription,
}

/// Why nobody is asked to end it. Its words are a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoEnd {
    #[error("its customer could not be told of it")]
    Untold,
    #[error("its provider ends subscriptions")]
    ByProvider,
    #[error("it bills no subscription")]
    Nothing,
    #[error("{0}")]
    Impossible(String),
}

/// What became of an end that people were asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndOf {
    Done,
    /// The account has changed since they were asked.
    Overtaken,
    /// It is not done, and why.
    NotDone(&'static str),
}

impl Plan {
    fn end_place(&self) -> Option<usize> {
        self.steps.iter().position(|step| step.kind.is_end())
    }

    /// Whether a step is an end, or the letter right before it, which tells of it.
    pub(super) fn is_of_end(&self, place: usize) -> bool {
        let is_end = |place: usize| self.steps.get(place).is_some_and(|step| step.kind.is_end());
        is_end(place) || is_end(place + 1)
    }

    /// Until when an end is held of which this letter tells, if it leaves now.
    pub fn held_after(&self, number: u32, now: Timestamp) -> Option<Timestamp> {
        let place = self.steps.iter().position(|step| step.number == number)?;
        let StepKind::End { hold_hours, .. } = self.steps.get(place + 1)?.kind else { return None };
        Some(now + SignedDuration::from_hours(hold_hours))
    }

    /// Whoever is told of an end late has as long as anybody.
    pub(super) fn tells_of_end(&mut self, place: usize, now: Timestamp) {
        let number = self.steps.get(place).map_or(0, |step| step.number);
        let Some(until) = self.held_after(number, now) else { return };
        for later in self.steps[place + 1..].iter_mut().filter(|it| it.kind.is_end() || it.kind.is_access()) {
            later.due_at = later.due_at.max(until);
        }
    }

    /// Whether its customer was told of the end, as far as anybody knows.
    pub fn told_of_end(&self) -> bool {
        let letter = self.end_place().and_then(|place| self.steps.get(place.checked_sub(1)?));
        letter.is_some_and(|it| it.kind.is_mail() && matches!(it.state, StepState::Sent | StepState::InDoubt))
    }

    /// Whether something of its end has to be looked at: it was asked for, or its time has come.
    pub fn nears_its_end(&self, now: Timestamp) -> bool {
        let end = self.end_place().map(|place| &self.steps[place]);
        end.is_some_and(|end| match end.state {
            StepState::Asked => true,
            StepState::Waiting => end.due_at <= now,
            StepState::Sending | StepState::Sent | StepState::InDoubt | StepState::Skipped => false,
        })
    }

    /// Whether the time of its end has come: its hold is over, all before it was taken, and no money may be coming.
    pub fn has_to_end(&self, now: Timestamp) -> bool {
        let Some(place) = self.end_place().filter(|_| !self.rests() && !self.is_spared(now)) else { return false };
        let is_open = |state: StepState| matches!(state, StepState::Waiting | StepState::Sending);
        let mut before = self.steps[..place].iter().filter(|it| it.kind.is_mail() || it.kind.is_access());
        let end = &self.steps[place];
        end.state == StepState::Waiting && end.due_at <= now && !before.any(|it| is_open(it.state))
    }

    /// The id of the next request to end it, which nothing else has: two who ask ask once.
    pub fn next_end(&self) -> ActionId {
        self.request(self.ends_asked + 1)
    }

    /// The request to end it, while nobody knows what becomes of it.
    pub fn asked_end(&self) -> Option<ActionId> {
        let is_asked = self.steps.iter().any(|step| step.state == StepState::Asked);
        is_asked.then(|| self.request(self.ends_asked))
    }

    fn request(&self, number: u32) -> ActionId {
        let named = format!("end {number} of {} since {}", self.invoice, self.started_at);
        ActionId::of(&self.account, MACHINE, &named)
    }

    /// People are asked to end it; what becomes of that is looked at then.
    pub fn asks_end(&mut self, now: Timestamp, look_at: Timestamp) {
        let Some(place) = self.end_place() else { return };
        self.ends_asked += 1;
        let end = &mut self.steps[place];
        (end.state, end.done_at, end.again_at) = (StepState::Asked, Some(now), Some(look_at));
    }

    /// Learns what became of the request to end it; while nobody knows, it is looked at again.
    pub fn learn_end(&mut self, end: Option<EndOf>, now: Timestamp, look_at: Timestamp) {
        let Some(place) = self.end_place().filter(|place| self.steps[*place].state == StepState::Asked) else {
            return;
        };
        let (asked, step) = (self.ends_asked, &mut self.steps[place]);
        match end {
            None => step.again_at = Some(look_at),
            Some(EndOf::Done) => (step.state, step.done_at, step.again_at) = (StepState::Sent, Some(now), None),
            Some(EndOf::Overtaken) if asked < ASKED_MAX => {
                (step.state, step.done_at, step.again_at) = (StepState::Waiting, None, None);
            }
            Some(EndOf::Overtaken) => self.leave_end("the account has changed each time it was asked for", false, now),
            Some(EndOf::NotDone(why)) => self.leave_end(why, false, now),
        }
        self.finish_after_last();
    }

    /// Nobody is asked to end it. What its customer may use ends all the same, if they were told of it.
    pub fn skip_end(&mut self, why: &NoEnd, now: Timestamp) {
        self.leave_end(&why.to_string(), *why != NoEnd::Untold, now);
        self.finish_after_last();
    }

    fn leave_end(&mut self, why: &str, access_ends: bool, now: Timestamp) {
        let Some(end) = self.end_place() else { return };
        for (place, step) in self.steps.iter_mut().enumerate().skip(end) {
            let goes_with_it = !access_ends && step.kind.is_access() && step.state == StepState::Waiting;
            if place == end || goes_with_it {
                step.leave_out(why, now);
            }
        }
    }

    /// Whether the end that a request is for may still come.
    pub fn lets_end(&self, action: &ActionId) -> bool {
        !self.rests() && self.asked_end().as_ref() == Some(action)
    }
}

#[cfg(test)]
mod tests;
