//! What a month comes to, as sums that add up: parts of it are kept and put together, in any order, and come to the same
//! as all of its rows at once.

#[cfg(test)]
mod tests;

use super::actions::ActionsTally;
use super::adds::Adds;
use super::cases::CasesTally;
use super::cash::CashTally;
use super::codes::CodesTally;
use super::decisions::DecisionsTally;
use super::failures::FailuresTally;
use super::refunds::{CollectedTally, RefundsTally};
use super::tickets::TicketsTally;
use super::{Month, ReportPolicy, Targets};
use crate::report::fact::{Fact, Row};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// The sums of some rows of one month.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// How many rows were read for it.
    pub rows: u64,
    /// How many facts stand by them.
    pub facts: i64,
    pub(super) tickets: TicketsTally,
    pub(super) cases: CasesTally,
    pub(super) actions: ActionsTally,
    pub(super) refunds: RefundsTally,
    pub(super) collected: CollectedTally,
    pub(super) failures: FailuresTally,
    pub(super) cash: CashTally,
    pub(super) decisions: DecisionsTally,
    pub(super) codes: CodesTally,
}

/// Which month rows are added up for, and by which rules.
pub struct Ground<'a> {
    month: Month,
    zone: TimeZone,
    policy: &'a ReportPolicy,
    targets: Targets,
}

impl<'a> Ground<'a> {
    /// By the rules that stand now.
    pub fn new(month: Month, policy: &'a ReportPolicy, targets: Targets) -> Self {
        Self { month, zone: policy.zone(), policy, targets }
    }

    /// How long handling should take.
    pub fn targets(&self) -> &Targets {
        &self.targets
    }

    fn has(&self, fact: &Fact) -> bool {
        Month::of(fact.at().to_zoned(self.zone.clone()).date()) == self.month
    }
}

impl Summary {
    /// Takes in what a commit changed: what was so before no longer is.
    pub fn take(&mut self, row: &Row, ground: &Ground<'_>) {
        self.rows += 1;
        for (fact, by) in [(&row.before, -1), (&row.after, 1)] {
            if let Some(fact) = fact.as_ref().filter(|fact| ground.has(fact)) {
                self.count(fact, by, ground);
            }
        }
    }

    fn count(&mut self, fact: &Fact, by: i64, ground: &Ground<'_>) {
        self.facts += by;
        match fact {
            Fact::Failure { .. } => self.failures.take(fact, by, ground.policy),
            Fact::Payment { .. } => self.collected.take(fact, by),
            Fact::Action { .. } => {
                self.actions.take(fact, by);
                self.refunds.take(fact, by);
            }
            Fact::UnknownCode { .. } => self.codes.take(fact, by),
            Fact::Blocked { .. } => self.decisions.take(fact, by),
            Fact::PaymentRequest { .. } | Fact::Unmatched { .. } => self.cash.take(fact, by),
            Fact::Ticket { .. } => self.tickets.take(fact, by),
            Fact::Case { .. } => self.cases.take(fact, by, &ground.targets),
        }
    }
}

impl Adds for Summary {
    fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.facts += other.facts;
        self.tickets.add(&other.tickets);
        self.cases.add(&other.cases);
        self.actions.add(&other.actions);
        self.refunds.add(&other.refunds);
        self.collected.add(&other.collected);
        self.failures.add(&other.failures);
        self.cash.add(&other.cash);
        self.decisions.add(&other.decisions);
        self.codes.add(&other.codes);
    }
}
