//! Payments that failed, and what became of them.

use super::adds::{Adds, Changes, Counts, Times, whole};
use super::{ReportPolicy, share};
use crate::decline::ReportReason;
use crate::report::fact::Fact;
use serde::{Deserialize, Serialize};

/// Each is recovered, withdrawn or open; what is paid later than the policy allows counts as open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failures {
    pub count: usize,
    pub recovered: usize,
    pub withdrawn: usize,
    pub open: usize,
    pub recovery_rate: Option<String>,
    pub avg_recovery_hours: Option<String>,
    pub median_recovery_hours: Option<String>,
    pub reasons: Vec<FailureReason>,
}

/// How many failed for one reason, and which share of all that is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailureReason {
    pub family: ReportReason,
    pub count: usize,
    pub share: Option<String>,
}

/// What is counted of them, to be added up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailuresTally {
    count: i64,
    withdrawn: i64,
    /// Minutes until those that were recovered were paid.
    recovered: Times,
    reasons: Counts<ReportReason>,
}

impl FailuresTally {
    pub(super) fn take(&mut self, fact: &Fact, by: i64, policy: &ReportPolicy) {
        let Fact::Failure { reason, paid_minutes, withdrawn, .. } = fact else { return };
        self.count += by;
        self.withdrawn += by * i64::from(*withdrawn);
        self.reasons.change(*reason, |count| *count += by);
        if let Some(minutes) = paid_minutes.filter(|minutes| *minutes <= policy.recovered_within_days * 24 * 60) {
            self.recovered.take(minutes, by);
        }
    }

    pub(super) fn section(&self) -> Failures {
        let (count, recovered, withdrawn) = (whole(self.count), whole(self.recovered.count()), whole(self.withdrawn));
        let reason = |(family, n): (&ReportReason, &i64)| FailureReason {
            family: *family,
            count: whole(*n),
            share: share(whole(*n), count),
        };
        Failures {
            count,
            recovered,
            withdrawn,
            open: whole(self.count - self.recovered.count() - self.withdrawn),
            recovery_rate: share(recovered, count),
            avg_recovery_hours: self.recovered.mean(60),
            median_recovery_hours: self.recovered.median(60),
            reasons: self.reasons.iter().map(reason).collect(),
        }
    }
}

impl Adds for FailuresTally {
    fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.withdrawn += other.withdrawn;
        self.recovered.add(&other.recovered);
        self.reasons.add(&other.reasons);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::Policies;

    #[test]
    fn recovered_means_paid_within_thirty_days() {
        let day = 24 * 60;
        let failure = |item: &str, paid_minutes, withdrawn| Fact::Failure {
            item: item.into(),
            at: "2026-01-10T00:00:00Z".parse().unwrap(),
            amount: None,
            reason: ReportReason::CardExpired,
            paid_minutes,
            withdrawn,
        };
        let facts = [
            failure("a", Some(120), false),
            failure("b", Some(30 * day), false),
            failure("c", Some(30 * day + 1), false),
            failure("d", None, true),
            failure("e", None, false),
        ];
        let (policies, mut tally) = (Policies::shipped().unwrap(), FailuresTally::default());
        facts.iter().for_each(|fact| tally.take(fact, 1, policies.report.current()));
        let section = tally.section();
        assert_eq!((section.count, section.recovered, section.withdrawn, section.open), (5, 2, 1, 2));
        assert_eq!(section.recovery_rate.as_deref(), Some("0.4000"));
        assert_eq!(section.avg_recovery_hours.as_deref(), Some("361.0"));
        assert_eq!(section.median_recovery_hours.as_deref(), Some("361.0"));
    }
}
