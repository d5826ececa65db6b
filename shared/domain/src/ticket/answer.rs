//! One answer to a customer: it is stored before it leaves, and leaves at most once.

use crate::id::ActionId;
use crate::policy::shorten;
use crate::telling::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How much is kept of a reason that somebody else wrote.
const REASON_BYTES_MAX: usize = 200;

/// What was written to the customer, by whom, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Counted from 1; with the ticket it is the key by which a help desk knows a repeat.
    pub number: u32,
    /// Somebody of the staff, or Recoup itself where it only says that somebody looks at it.
    pub by: String,
    pub text: String,
    /// Whether it is the draft as it was prepared.
    pub unchanged: bool,
    /// What it tells.
    pub outcome: Outcome,
    pub at: Timestamp,
    /// Up to which turn of ours it was written for: the same words to another letter are another answer.
    #[serde(default)]
    pub turn: u32,
    /// The step of its case's playbook that was taken with it, by its id, where it was sent from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// The invoice that a link to pay in its text was written for: the link leads there, whatever its case becomes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asks_for: Option<String>,
    /// What has sent the document that a link in its text was written for, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opens: Option<ActionId>,
    #[serde(flatten)]
    pub state: State,
}

/// What an answer tells the customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// That it has come and is looked into: nothing was asked for yet.
    Taken,
    /// That it was asked for and is being decided.
    Asked,
    /// That it is done.
    Done,
    /// That it is not done, why, and what is possible instead.
    Denied,
    /// That it was tried, and did not go through yet.
    Failed,
    /// That something of theirs is waited for.
    Waiting,
    /// That somebody looks at it, and nothing else: to strangers.
    Neutral,
    /// What a person wrote by themselves.
    Free,
}

impl Outcome {
    /// As it stands in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Asked => "asked",
            Self::Done => "done",
            Self::Denied => "denied",
            Self::Failed => "failed",
            Self::Waiting => "waiting",
            Self::Neutral => "neutral",
            Self::Free => "free",
        }
    }

    /// All of them, in the order of a request's life.
    pub const ALL: [Self; 8] =
        [Self::Taken, Self::Asked, Self::Done, Self::Denied, Self::Failed, Self::Waiting, Self::Neutral, Self::Free];

    /// Whether a ticket has ended with it, as far as we know.
    pub fn ends(self) -> bool {
        matches!(self, Self::Done | Self::Denied)
    }

    /// Whether it answers anything. That somebody looks does not: no clock stops for it, and nobody is waited for.
    pub fn answers(self) -> bool {
        !matches!(self, Self::Taken | Self::Neutral)
    }
}

impl Answer {
    /// Whether it may still leave, or has.
    pub fn is_on_its_way(&self) -> bool {
        self.is_under_way() || matches!(self.state, State::Sent | State::InDoubt { .. })
    }

    /// Whether it is being sent, or will be once more.
    pub fn is_under_way(&self) -> bool {
        matches!(self.state, State::Sending | State::Refused { again_at: Some(_), .. })
    }

    /// Whether it says the same to the same, and may still leave, or has.
    pub fn says(&self, text: &str, turn: u32) -> bool {
        self.is_on_its_way() && self.text == text && self.turn == turn
    }

    /// It leaves once more, after whoever takes it had refused it for a while.
    pub(super) fn leaves_again(&mut self) {
        if self.is_under_way() {
            self.state = State::Sending;
        }
    }

    /// What came of it, once it had been stored as leaving. Of an answer that has ended nothing changes.
    pub fn came(&mut self, state: State) {
        if self.state == State::Sending {
            self.state = state;
            if let State::InDoubt { reason } | State::Refused { reason, .. } = &mut self.state {
                shorten(reason, REASON_BYTES_MAX);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_is_called_as_it_stands_in_json() {
        for outcome in Outcome::ALL {
            assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.name());
        }
    }

    #[test]
    fn what_was_sent_is_not_unsent() {
        let refused = || State::Refused { reason: "no such ticket".to_owned(), again_at: None };
        let doubted = || State::InDoubt { reason: "it did not answer".to_owned() };
        for (standing, came, expected) in [
            (State::Sending, State::Sent, State::Sent),
            (State::Sending, refused(), refused()),
            (State::Sending, doubted(), doubted()),
            (State::Sent, refused(), State::Sent),
            (doubted(), State::Sent, doubted()),
        ] {
            let mut answer = Answer {
                number: 1,
                by: "lena".to_owned(),
                text: "Hello".to_owned(),
                unchanged: false,
                outcome: Outcome::Free,
                at: Timestamp::UNIX_EPOCH,
                turn: 1,
                step: None,
                asks_for: None,
                opens: None,
                state: standing.clone(),
            };
            answer.came(came.clone());
            assert_eq!(answer.state, expected, "{standing:?}, then {came:?}");
        }
    }
}
