//! What an account was written last: whoever else would write to it sees that on the head, and nobody says a thing
//! twice.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The latest letter in short, or the latest text message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LetterLine {
    /// When it was taken up.
    pub at: Timestamp,
    /// Whose step it is, and which: an invoice, what is told of a card, a payment request, an action, or an answer to a
    /// ticket.
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
    #[serde(default, skip_serializing_if = "Writer::is_recovery")]
    pub writer: Writer,
}

/// What a customer is written by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Writer {
    #[default]
    Recovery,
    /// A rung, of an invoice that no recovery asks for.
    Ladder,
    /// What is told of a card that ends.
    Card,
    /// What the customer has asked for, or what they have just done.
    Answer,
}

impl Writer {
    fn is_recovery(&self) -> bool {
        *self == Self::Recovery
    }
}

impl LetterLine {
    /// A letter that answers the customer, as it is taken up: `of` is what only this one is called.
    pub fn answer(of: &str, text: &str, now: Timestamp, doubt_at: Option<Timestamp>) -> Self {
        Self {
            at: now,
            invoice: of.to_owned(),
            step: 0,
            text: text.to_owned(),
            also: Vec::new(),
            doubt_at,
            in_doubt: false,
            writer: Writer::Answer,
        }
    }

    /// Whether its reader has read of an invoice in it.
    pub fn lists(&self, invoice: &str) -> bool {
        self.invoice == invoice || self.also.iter().any(|also| also == invoice)
    }

    /// Whether nobody knows if it has left, and it is not waited for any longer.
    pub fn is_in_doubt(&self, now: Timestamp) -> bool {
        self.in_doubt || self.doubt_at.is_some_and(|at| at <= now)
    }

    /// It has left.
    pub fn left(self) -> Self {
        Self { doubt_at: None, ..self }
    }

    /// Nobody will ever know whether it has.
    pub fn lost(self) -> Self {
        Self { doubt_at: None, in_doubt: true, ..self }
    }
}
