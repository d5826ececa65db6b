//! What an account was written last by any of its recoveries: the others see it on the head, and say nothing twice.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The latest letter of a recovery in short, or the latest text message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LetterLine {
    /// When it was taken up.
    pub at: Timestamp,
    /// Whose step it is, and which.
    pub invoice: String,
    pub step: u32,
    /// The text that it says.
    pub text: String,
    /// The invoices that it lists beside that one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// While nobody knows whether it has left: when to doubt that it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubt_at: Option<Timestamp>,
    /// Nobody will ever know.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_doubt: bool,
}

impl LetterLine {
    /// Whether its reader has read of an invoice in it.
    pub fn lists(&self, invoice: &str) -> bool {
        self.invoice == invoice || self.also.iter().any(|also| also == invoice)
    }

    /// Whether nobody knows if it has left, and it is not waited for any longer.
    pub fn is_in_doubt(&self, now: Timestamp) -> bool {
        self.in_doubt || self.doubt_at.is_some_and(|at| at <= now)
    }
}
