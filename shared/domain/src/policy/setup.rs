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
    pub cohort: Pace,
}

/// For how long what one person wants waits for a second one.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waits {
    pub hours: i64,
    pub why: String,
}

/// How many cases at once, and how long after them the next.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pace {
    pub cases_max: u32,
    pub minutes: i64,
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
        let rows = [
            (self.proposal.hours < 1, "a proposal waits for at least one hour"),
            (!(1..=100).contains(&self.cohort.cases_max), "a cohort has 1 to 100 cases: it is worked as one message"),
            (self.cohort.minutes < 1, "a cohort follows at least a minute after the one before it"),
            (self.proposal.why.trim().is_empty(), "`proposal` has no `why`"),
            (self.cohort.why.trim().is_empty(), "`cohort` has no `why`"),
        ];
        rows.into_iter().filter(|(wrong, _)| *wrong).map(|(_, what)| Complaint::at(0, what)).collect()
    }
}
