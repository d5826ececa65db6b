//! The troubles of the month by class.

use super::{Targets, mean, share};
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
    /// How long people were at those that are resolved and that they did anything about.
    pub avg_handling_minutes: Option<String>,
    /// How long its playbook gives them, from and to.
    pub handling_target: Option<[u32; 2]>,
    /// Which part of those took no longer than that.
    pub within_target: Option<String>,
}

/// What is counted of one class.
#[derive(Default)]
struct Counted {
    count: usize,
    /// Minutes until they were resolved.
    resolved: Vec<i64>,
    /// Seconds that people were at them.
    handled: Vec<i64>,
}

pub(super) fn cases(facts: &[&Fact], targets: &Targets) -> Cases {
    let mut classes: BTreeMap<Class, Counted> = BTreeMap::new();
    for fact in facts {
        let Fact::Case { class, state, minutes, handled_secs, .. } = fact else { continue };
        let counted = classes.entry(*class).or_default();
        counted.count += 1;
        counted.resolved.extend(minutes.filter(|_| *state == State::Resolved));
        counted.handled.extend(handled_secs.filter(|_| *state == State::Resolved));
    }
    let total = classes.values().map(|counted| counted.count).sum();
    Cases {
        total,
        resolved: classes.values().map(|counted| counted.resolved.len()).sum(),
        categories: classes
            .into_iter()
            .map(|(class, counted)| counted.of(class, total, targets.get(&class).copied()))
            .collect(),
    }
}

impl Counted {
    fn of(self, class: Class, total: usize, target: Option<[u32; 2]>) -> CaseClass {
        let Self { count, resolved, handled } = self;
        let in_time = |[_, most]: [u32; 2]| handled.iter().filter(|secs| **secs <= 60 * i64::from(most)).count();
        CaseClass {
            class,
            count,
            share: share(count, total),
            resolved: resolved.len(),
            avg_hours_to_resolution: mean(resolved.iter().sum(), resolved.len() * 60),
            avg_handling_minutes: mean(handled.iter().sum(), handled.len() * 60),
            handling_target: target,
            within_target: target.and_then(|target| share(in_time(target), handled.len())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    #[test]
    fn handling_is_measured_against_what_the_playbook_gives() {
        let fact = |number: usize, state: State, handled_secs: Option<i64>| Fact::Case {
            case: number.to_string(),
            at: Timestamp::UNIX_EPOCH,
            class: Class::DuplicateCharge,
            state,
            minutes: (state == State::Resolved).then_some(60),
            handled_secs,
        };
        let all = [
            fact(1, State::Resolved, Some(120)),
            fact(2, State::Resolved, Some(180)),
            fact(3, State::Resolved, Some(181)),
            // Nobody had to do anything about it.
            fact(4, State::Resolved, None),
            fact(5, State::Open, None),
        ];
        let facts: Vec<_> = all.iter().collect();
        for (what, targets, expected) in [
            ("two of three in time", Targets::from([(Class::DuplicateCharge, [2, 3])]), Some("0.6667")),
            ("no playbook", Targets::new(), None),
        ] {
            let [class] = &cases(&facts, &targets).categories[..] else { panic!("one class") };
            assert_eq!((class.count, class.resolved), (5, 4), "{what}");
            assert_eq!(class.avg_handling_minutes.as_deref(), Some("2.7"), "{what}");
            assert_eq!(class.within_target.as_deref(), expected, "{what}");
        }
    }
}
