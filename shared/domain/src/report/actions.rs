//! What was asked for, and how it went.

use super::adds::{Adds, Changes, Mean, Times, whole};
use super::share;
use crate::action::State;
use crate::report::fact::{DecidedBy, Fact};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Everything that was asked for, whatever came of it; a share is between 0 and 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Actions {
    pub total: usize,
    pub requiring_approval: Option<String>,
    pub avg_approval_minutes: Option<String>,
    pub median_approval_minutes: Option<String>,
    /// What nine of ten did not pass.
    pub p90_approval_minutes: Option<String>,
    pub kinds: Vec<ActionKind>,
}

/// Those of one kind; `success_rate` leaves out what neither succeeded nor failed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ActionKind {
    pub kind: String,
    pub count: usize,
    pub succeeded: usize,
    pub failed: usize,
    pub success_rate: Option<String>,
    pub avg_minutes: Option<String>,
}

/// What is counted of them, to be added up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionsTally {
    waited: i64,
    /// Minutes until people had decided.
    approval: Times,
    kinds: BTreeMap<String, KindTally>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct KindTally {
    count: i64,
    succeeded: i64,
    failed: i64,
    /// Minutes until those that succeeded were done.
    minutes: Mean,
}

impl ActionsTally {
    pub(super) fn take(&mut self, fact: &Fact, by: i64) {
        let Fact::Action { kind, state, approval_minutes, minutes, decided_by, .. } = fact else { return };
        self.waited += by * i64::from(*decided_by != DecidedBy::WithinLimit);
        approval_minutes.iter().for_each(|minutes| self.approval.take(*minutes, by));
        self.kinds.change(kind.clone(), |line| {
            line.count += by;
            line.succeeded += by * i64::from(*state == State::Executed);
            line.failed += by * i64::from(*state == State::Failed);
            minutes.filter(|_| *state == State::Executed).iter().for_each(|minutes| line.minutes.take(*minutes, by));
        });
    }

    pub(super) fn section(&self) -> Actions {
        let total = whole(self.kinds.values().map(|line| line.count).sum());
        Actions {
            total,
            requiring_approval: share(whole(self.waited), total),
            avg_approval_minutes: self.approval.mean(1),
            median_approval_minutes: self.approval.median(1),
            p90_approval_minutes: self.approval.p90(1),
            kinds: self.kinds.iter().map(|(kind, line)| line.of(kind)).collect(),
        }
    }
}

impl KindTally {
    fn of(&self, kind: &str) -> ActionKind {
        ActionKind {
            kind: kind.to_owned(),
            count: whole(self.count),
            succeeded: whole(self.succeeded),
            failed: whole(self.failed),
            success_rate: share(whole(self.succeeded), whole(self.succeeded + self.failed)),
            avg_minutes: self.minutes.of(1),
        }
    }
}

impl Adds for ActionsTally {
    fn add(&mut self, other: &Self) {
        self.waited += other.waited;
        self.approval.add(&other.approval);
        self.kinds.add(&other.kinds);
    }
}

impl Adds for KindTally {
    fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.succeeded += other.succeeded;
        self.failed += other.failed;
        self.minutes.add(&other.minutes);
    }
}
