//! What somebody who wants to leave may be offered instead, beside the exit.

use serde::{Deserialize, Serialize};

/// What may be said to somebody who wants to leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    pub rule: String,
    pub kind: String,
    pub say: String,
    pub why: String,
}
