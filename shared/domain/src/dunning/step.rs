//! One step of a plan: a reminder or the handing over to a person, with how far it has come.

use crate::book::entitlement::Entitlement;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a step does, as the plan keeps it: a later version of the rules changes no plan that has begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum StepKind {
    Mail {
        template: String,
    },
    /// What the customer may use from then on.
    Access {
        access: Entitlement,
    },
    Person,
}

impl StepKind {
    /// Whether it is a letter.
    pub fn is_mail(&self) -> bool {
        matches!(self, Self::Mail { .. })
    }

    /// Whether it changes what the customer may use: it needs nobody to be sent anything.
    pub fn is_access(&self) -> bool {
        matches!(self, Self::Access { .. })
    }

    /// The step in a word, for plans and stories.
    pub fn name(&self) -> &str {
        match self {
            Self::Mail { template } => template,
            Self::Access { access } => access.name(),
            Self::Person => "ask_a_person",
        }
    }
}

/// A letter, a change of access, or the handing over to a person, with how far it has come.
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
}

/// A message is sent at most once: `Sending` is stored first, and what stays there is in doubt, not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    Waiting,
    Sending,
    Sent,
    InDoubt,
    Skipped,
}
