//! How changes of who decides, and of how far Recoup may go, take effect.

use super::{Complaint, Rules};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

/// More days than anybody means, so few that a time can be told before them.
const DAYS_MAX: i64 = 3_650;

/// One released version.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetupPolicy {
    pub version: u32,
    pub effective: String,
    pub proposal: Waits,
    pub recovery: Age,
    pub cohort: Pace,
}

/// For how long what one person wants waits for a second one.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waits {
    pub hours: i64,
    pub why: String,
}

/// Of a source that is raised: how long ago a payment may have failed first whose recovery then begins.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Age {
    pub days_max: i64,
    pub why: String,
}

impl Age {
    /// What failed first before this begins nothing where a source is raised now.
    pub fn failed_since(&self, raised_at: Timestamp) -> Timestamp {
        raised_at - SignedDuration::from_hours(24 * self.days_max)
    }
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
            (
                !(1..=DAYS_MAX).contains(&self.recovery.days_max),
                "a recovery begins up to 1 to 3650 days after the payment has failed",
            ),
            (
                !(1..=100).contains(&self.cohort.cases_max),
                "a cohort has 1 to 100 cases: people decide them before the next comes",
            ),
            (self.cohort.minutes < 1, "a cohort follows at least a minute after the one before it"),
            (self.proposal.why.trim().is_empty(), "`proposal` has no `why`"),
            (self.recovery.why.trim().is_empty(), "`recovery` has no `why`"),
            (self.cohort.why.trim().is_empty(), "`cohort` has no `why`"),
        ];
        rows.into_iter().filter(|(wrong, _)| *wrong).map(|(_, what)| Complaint::at(0, what)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::Policies;

    #[test]
    fn a_recovery_begins_at_an_age_that_somebody_can_mean() {
        let shipped = Policies::shipped().unwrap().setup.current().clone();
        for (days_max, complaints) in [(0, 1), (1, 0), (35, 0), (3_650, 0), (3_651, 1)] {
            let policy = SetupPolicy { recovery: Age { days_max, ..shipped.recovery.clone() }, ..shipped.clone() };
            assert_eq!(policy.lint().len(), complaints, "{days_max} days");
        }
        let policy = SetupPolicy { recovery: Age { days_max: 35, why: " ".to_owned() }, ..shipped };
        assert_eq!(policy.lint().len(), 1, "it has a reason");
    }
}
