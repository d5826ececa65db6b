//! What are these words taken for? The one place that asks for a reading of a text.

use super::{TakenFor, TicketPolicy};
use crate::case::Class;
use jiff::Timestamp;
use rust_decimal::Decimal;

/// What is taken as read from a letter at a time: the best guess, and whether it is sure enough by the policy.
pub fn read(subject: &str, body: &str, policy: &TicketPolicy, now: Timestamp) -> TakenFor {
    // Nobody reads yet: whatever is written is left to a person.
    let _ = (subject, body);
    let (class, confidence) = (Class::NotBilling, Decimal::ZERO);
    TakenFor {
        class,
        confidence: confidence.to_string(),
        abstained: confidence < policy.reading.confidence_min,
        reasons: Vec::new(),
        also: Vec::new(),
        language: None,
        version: 0,
        at: now,
        by: None,
    }
}
