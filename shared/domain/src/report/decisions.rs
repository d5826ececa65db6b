//! How decisions are made: what was tried and must not be, and was refused.

use crate::report::fact::Fact;
use serde::Serialize;
use std::collections::BTreeMap;

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

pub(super) fn decisions(facts: &[&Fact]) -> Decisions {
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for fact in facts {
        if let Fact::Blocked { why, .. } = fact {
            *reasons.entry(why).or_default() += 1;
        }
    }
    Decisions {
        unsafe_actions_blocked: reasons.values().sum(),
        blocked: reasons.into_iter().map(|(why, count)| Blocked { why: why.to_owned(), count }).collect(),
    }
}
