//! How decisions are made: what was tried and must not be, and was refused.

use super::adds::{Adds, Changes, Counts, whole};
use crate::report::fact::Fact;
use serde::{Deserialize, Serialize};

/// How often something was stopped that must not be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decisions {
    pub unsafe_actions_blocked: usize,
    /// By the reason why.
    pub blocked: Vec<Blocked>,
}

/// How often for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Blocked {
    pub why: String,
    pub count: usize,
}

/// What is counted of them, to be added up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionsTally {
    blocked: Counts<String>,
}

impl DecisionsTally {
    pub(super) fn take(&mut self, fact: &Fact, by: i64) {
        if let Fact::Blocked { why, .. } = fact {
            self.blocked.change(why.clone(), |count| *count += by);
        }
    }

    pub(super) fn section(&self) -> Decisions {
        let line = |(why, count): (&String, &i64)| Blocked { why: why.clone(), count: whole(*count) };
        Decisions {
            unsafe_actions_blocked: whole(self.blocked.values().sum()),
            blocked: self.blocked.iter().map(line).collect(),
        }
    }
}

impl Adds for DecisionsTally {
    fn add(&mut self, other: &Self) {
        self.blocked.add(&other.blocked);
    }
}
