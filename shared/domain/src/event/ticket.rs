//! What was seen of a support ticket. Its text was masked before it came here.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What one event shows of a ticket: `body` is what was written with it, and not the whole conversation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TicketSeen {
    pub id: String,
    pub as_of: Option<Timestamp>,
    pub subject: Option<String>,
    pub body: Option<String>,
    pub status: Option<TicketStatus>,
    /// What the customer thought of the help, from 1 to 5.
    pub csat: Option<u8>,
    pub requester_name: Option<String>,
    pub requester_email: Option<String>,
    /// Whether whoever wrote it has shown that the address is theirs.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub verified: bool,
    /// What the customer chose themselves that it is, as a class is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
    /// In which language they were asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// It says of itself that no person wrote it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub automatic: bool,
}

/// The order is that of a ticket's life: of two sightings in one instant, the further counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TicketStatus {
    Open,
    Waiting,
    Solved,
    Closed,
}

impl TicketStatus {
    /// Reads the words that help desks use.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "new" | "open" => Self::Open,
            "pending" | "hold" | "on-hold" | "waiting" => Self::Waiting,
            "solved" | "resolved" => Self::Solved,
            "closed" => Self::Closed,
            _ => return None,
        })
    }

    /// As it stands in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Waiting => "waiting",
            Self::Solved => "solved",
            Self::Closed => "closed",
        }
    }
}
