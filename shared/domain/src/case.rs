//! A trouble of one account, with everything that a person needs in order to decide.

use crate::action::{Kind, Reason};
use crate::id::{AccountId, ActionId, CaseId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    pub id: CaseId,
    pub account: AccountId,
    pub class: Class,
    /// What the trouble is about: an invoice or a payment, by the provider's id.
    pub about: String,
    /// A decimal between 0 and 1.
    pub confidence: String,
    pub state: State,
    pub rule: String,
    pub policy_version: u32,
    pub evidence: Vec<Evidence>,
    /// What would have helped and was not known.
    pub missing: Vec<String>,
    pub advice: String,
    pub why: String,
    pub recommended: Option<Recommendation>,
    /// A draft: it is sent by a person or not at all.
    pub draft_reply: Option<Draft>,
    pub actions: Vec<ActionId>,
    pub events: Vec<String>,
    pub opened_at: Timestamp,
    pub resolved_at: Option<Timestamp>,
    pub resolution: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    PaymentFailed,
    DuplicateCharge,
}

impl Class {
    pub fn name(self) -> &'static str {
        match self {
            Self::PaymentFailed => "payment_failed",
            Self::DuplicateCharge => "duplicate_charge",
        }
    }

    /// The same, for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::PaymentFailed => "Payment failed",
            Self::DuplicateCharge => "Duplicate charge",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Open,
    Resolved,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Resolved => "resolved",
        }
    }
}

/// One thing that was looked at, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    pub label: String,
    pub value: String,
    /// The provider's id of what was looked at.
    pub source: String,
}

impl Evidence {
    pub fn new(label: &str, value: impl ToString, source: &str) -> Self {
        Self { label: label.to_owned(), value: value.to_string(), source: source.to_owned() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recommendation {
    pub kind: Kind,
    pub reason: Reason,
    pub note: String,
}

/// Which text to fill for the customer; the gaps that hold personal data are filled when it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    pub text: String,
    pub amount: String,
    pub invoice: String,
    pub payment: String,
    pub reason: String,
    pub link: String,
}

impl Case {
    pub fn resolve(&mut self, at: Timestamp, resolution: &str) {
        self.state = State::Resolved;
        self.resolved_at = Some(at);
        self.resolution = Some(resolution.to_owned());
    }
}
