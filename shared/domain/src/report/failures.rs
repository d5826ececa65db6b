//! Payments that failed, and what became of them.

use super::{ReportPolicy, mean, share};
use crate::decline::ReportReason;
use crate::report::fact::Fact;
use serde::Serialize;
use std::collections::BTreeMap;

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

pub(super) fn failures(facts: &[&Fact], policy: &ReportPolicy) -> Failures {
    let (mut count, mut withdrawn_count) = (0, 0);
    let mut recovery_minutes = Vec::new();
    let mut reasons = BTreeMap::new();
    for fact in facts {
        let Fact::Failure { reason, paid_minutes, withdrawn, .. } = fact else { continue };
        count += 1;
        *reasons.entry(*reason).or_insert(0) += 1;
        recovery_minutes.extend(paid_minutes.filter(|minutes| *minutes <= policy.recovered_within_days * 24 * 60));
        withdrawn_count += usize::from(*withdrawn);
    }
    recovery_minutes.sort_unstable();
    let recovered = recovery_minutes.len();
    let median = recovery_minutes.get(recovered / 2).map(|upper| {
        let lower = recovery_minutes[(recovered - 1) / 2];
        mean(lower + upper, 2 * 60).expect("a sum over a fixed count")
    });
    Failures {
        count,
        recovered,
        withdrawn: withdrawn_count,
        open: count - recovered - withdrawn_count,
        recovery_rate: share(recovered, count),
        avg_recovery_hours: mean(recovery_minutes.iter().sum(), recovered * 60),
        median_recovery_hours: median,
        reasons: reasons
            .into_iter()
            .map(|(family, n)| FailureReason { family, count: n, share: share(n, count) })
            .collect(),
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
        let section = failures(&facts.iter().collect::<Vec<_>>(), Policies::shipped().unwrap().report.current());
        assert_eq!((section.count, section.recovered, section.withdrawn, section.open), (5, 2, 1, 2));
        assert_eq!(section.recovery_rate.as_deref(), Some("0.4000"));
        assert_eq!(section.avg_recovery_hours.as_deref(), Some("361.0"));
        assert_eq!(section.median_recovery_hours.as_deref(), Some("361.0"));
    }
}
