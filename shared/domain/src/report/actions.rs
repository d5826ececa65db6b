//! What was asked for, and how it went.

use super::{mean, share};
use crate::action::State;
use crate::report::fact::Fact;
use serde::Serialize;
use std::collections::BTreeMap;

/// Everything that was asked for, whatever came of it; a share is between 0 and 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Actions {
    pub total: usize,
    pub requiring_approval: Option<String>,
    pub avg_approval_minutes: Option<String>,
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

pub(super) fn actions(facts: &[&Fact]) -> Actions {
    let mut kinds: BTreeMap<&str, (ActionKind, Vec<i64>)> = BTreeMap::new();
    let mut approval_times = Vec::new();
    let (mut total, mut waited) = (0, 0);
    for fact in facts {
        let Fact::Action { kind, state, approval_minutes, minutes, decided_by, .. } = fact else { continue };
        total += 1;
        waited += usize::from(*decided_by != crate::report::fact::DecidedBy::WithinLimit);
        approval_times.extend(approval_minutes);
        let (line, times) = kinds.entry(kind).or_default();
        line.count += 1;
        line.succeeded += usize::from(*state == State::Executed);
        line.failed += usize::from(*state == State::Failed);
        times.extend(minutes.filter(|_| *state == State::Executed));
    }
    let finished = |(kind, (line, times)): (&str, (ActionKind, Vec<i64>))| ActionKind {
        kind: kind.to_owned(),
        success_rate: share(line.succeeded, line.succeeded + line.failed),
        avg_minutes: mean(times.iter().sum(), times.len()),
        ..line
    };
    Actions {
        total,
        requiring_approval: share(waited, total),
        avg_approval_minutes: mean(approval_times.iter().sum(), approval_times.len()),
        kinds: kinds.into_iter().map(finished).collect(),
    }
}
