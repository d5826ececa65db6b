//! One step of a plan: a message, a change of access, an end or the handing over to a person, with how far it has come.

use super::Ends;
use crate::book::entitlement::Entitlement;
use crate::staff::Role;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a step does, as the plan keeps it: a later version of the rules changes no plan that has begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum StepKind {
    Mail {
        template: String,
    },
    /// What is sent to a phone.
    Sms {
        template: String,
    },
    /// What the customer may use from then on.
    Access {
        access: Entitlement,
    },
    /// What somebody may offer the customer: whoever looks after the account, or else one of this role.
    Offer {
        owner: Role,
    },
    /// What people are asked to end at the provider, so long after the letter before it has left.
    End {
        ends: Ends,
        hold_hours: i64,
    },
    Person,
}

impl StepKind {
    /// Whether it is a letter.
    pub fn is_mail(&self) -> bool {
        matches!(self, Self::Mail { .. })
    }

    /// Whether it is a text message.
    pub fn is_sms(&self) -> bool {
        matches!(self, Self::Sms { .. })
    }

    /// Whether the customer reads it, which they do by day.
    pub fn is_read(&self) -> bool {
        self.is_mail() || self.is_sms()
    }

    /// Whether it is sent to the customer, or handed over to a person.
    pub(super) fn is_told(&self) -> bool {
        self.is_read() || *self == Self::Person
    }

    /// Whether people are asked to end something by it.
    pub fn is_end(&self) -> bool {
        matches!(self, Self::End { .. })
    }

    /// Whether it changes what the customer may use: it needs nobody to be sent anything.
    pub fn is_access(&self) -> bool {
        matches!(self, Self::Access { .. })
    }

    /// Whether its customer has less from then on, or is told so by what they may use.
    pub(super) fn takes(&self) -> bool {
        self.is_access() || self.is_end()
    }

    /// The step in a word, for plans and stories.
    pub fn name(&self) -> &str {
        match self {
            Self::Mail { template } => template,
            Self::Sms { .. } => "text_message",
            Self::Access { access } => access.name(),
            Self::Offer { .. } => "offer",
            Self::End { ends: Ends::Subscription, .. } => "end_subscription",
            Self::Person => "ask_a_person",
        }
    }
}

/// A message, a change of access, an end or the handing over to a person, with how far it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub number: u32,
    #[serde(flatten)]
    pub kind: StepKind,
    pub due_at: Timestamp,
    pub state: StepState,
    pub done_at: Option<Timestamp>,
    /// While it is being sent: when to doubt that it was.
    pub doubt_at: Option<Timestamp>,
    /// How often it was refused, and when it is tried again.
    #[serde(default)]
    pub refusals: u32,
    #[serde(default)]
    pub again_at: Option<Timestamp>,
    /// Why it was left out, waits, or was not sent by itself, where that is its own reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl Step {
    /// Whether it waits, and its time has come.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        let is_now = self.due_at <= now && self.again_at.is_none_or(|again_at| again_at <= now);
        self.state == StepState::Waiting && is_now
    }

    /// Whether it is somebody's to read or to do, and its time has come.
    pub(super) fn is_taken_up(&self, now: Timestamp) -> bool {
        self.is_due(now) && self.kind.is_told()
    }

    /// It is not taken, for a reason of its own.
    pub(super) fn leave_out(&mut self, why: &str, now: Timestamp) {
        (self.state, self.done_at, self.again_at) = (StepState::Skipped, Some(now), None);
        self.why = Some(why.to_owned());
    }
}

/// A message is sent at most once: `Sending` is stored first, and what stays there is in doubt, not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    Waiting,
    Sending,
    /// People are asked for it, and nobody knows yet what becomes of that.
    Asked,
    Sent,
    InDoubt,
    Skipped,
}
