//! How changes of who decides, and of how far Recoup may go, take effect.

use super::{Complaint, Rules};
use serde::Deserialize;

/// One released version.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetupPolicy {
    pub version: u32,
    pub effective: String,
    pub proposal: Waits,
}

/// For how long a proposal waits for a second person.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waits {
    pub hours: i64,
    pub why: String,
}

impl Rules for SetupPolicy {
    const NAME: &'static str = "setup";

    fn version(&self) -> u32 {
        self.version
    }

    fn effective(&self) -> &str {
        &self.effective
    }

    fn lint(&self) -> Vec<Complaint> {
        let mut complaints = Vec::new();
        if self.proposal.hours < 1 {
            complaints.push(Complaint::at(0, "a proposal waits for at least one hour"));
        }
        if self.proposal.why.trim().is_empty() {
            complaints.push(Complaint::at(0, "`proposal` has no `why`"));
        }
        complaints
    }
}
