//! The troubles of the month by class.

use super::{mean, share};
use crate::case::{Class, State};
use crate::report::fact::Fact;
use serde::Serialize;
use std::collections::BTreeMap;

/// The cases that were opened in the month, whenever they ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cases {
    pub total: usize,
    pub resolved: usize,
    pub categories: Vec<CaseClass>,
}

/// Those of one class; the mean is over those that are resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseClass {
    pub class: Class,
    pub count: usize,
    pub share: Option<String>,
    pub resolved: usize,
    pub avg_hours_to_resolution: Option<String>,
}

pub(super) fn cases(facts: &[&Fact]) -> Cases {
    let mut classes: BTreeMap<Class, (usize, Vec<i64>)> = BTreeMap::new();
    for fact in facts {
        let Fact::Case { class, state, minutes, .. } = fact else { continue };
        let (count, times) = classes.entry(*class).or_default();
        *count += 1;
        times.extend(minutes.filter(|_| *state == State::Resolved));
    }
    let total = classes.values().map(|(count, _)| count).sum();
    Cases {
        total,
        resolved: classes.values().map(|(_, times)| times.len()).sum(),
        categories: classes
            .into_iter()
            .map(|(class, (count, times))| CaseClass {
                class,
                count,
                share: share(count, total),
                resolved: times.len(),
                avg_hours_to_resolution: mean(times.iter().sum(), times.len() * 60),
            })
            .collect(),
    }
}
