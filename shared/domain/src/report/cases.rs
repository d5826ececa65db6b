//! The troubles of the month by class.

use super::adds::{Adds, Changes, Mean, whole};
use super::{Targets, share};
use crate::case::{Class, State};
use crate::report::fact::Fact;
use serde::{Deserialize, Serialize};
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

/// What is counted of them, to be added up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CasesTally(BTreeMap<Class, ClassTally>);

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct ClassTally {
    count: i64,
    /// Minutes until they were resolved.
    resolved: Mean,
    /// Seconds that people were at them.
    handled: Mean,
    /// How many of those took no longer than their playbook gives.
    in_time: i64,
}

impl CasesTally {
    pub(super) fn take(&mut self, fact: &Fact, by: i64, targets: &Targets) {
        let Fact::Case { class, state, minutes, handled_secs, .. } = fact else { return };
        let is_resolved = *state == State::Resolved;
        self.0.change(*class, |line| {
            line.count += by;
            minutes.filter(|_| is_resolved).iter().for_each(|minutes| line.resolved.take(*minutes, by));
            if let Some(secs) = handled_secs.filter(|_| is_resolved) {
                line.handled.take(secs, by);
                let is_in_time = targets.get(class).is_some_and(|[_, most]| secs <= 60 * i64::from(*most));
                line.in_time += by * i64::from(is_in_time);
            }
        });
    }

    pub(super) fn section(&self, targets: &Targets) -> Cases {
        let total = whole(self.0.values().map(|line| line.count).sum());
        Cases {
            total,
            resolved: whole(self.0.values().map(|line| line.resolved.count).sum()),
            categories: self
                .0
                .iter()
                .map(|(class, line)| line.of(*class, total, targets.get(class).copied()))
                .collect(),
        }
    }
}

impl ClassTally {
    fn of(&self, class: Class, total: usize, target: Option<[u32; 2]>) -> CaseClass {
        CaseClass {
            class,
            count: whole(self.count),
            share: share(whole(self.count), total),
            resolved: whole(self.resolved.count),
            avg_hours_to_resolution: self.resolved.of(60),
            avg_handling_minutes: self.handled.of(60),
            handling_target: target,
            within_target: target.and_then(|_| share(whole(self.in_time), whole(self.handled.count))),
        }
    }
}

impl Adds for CasesTally {
    fn add(&mut self, other: &Self) {
        self.0.add(&other.0);
    }
}

impl Adds for ClassTally {
    fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.resolved.add(&other.resolved);
        self.handled.add(&other.handled);
        self.in_time += other.in_time;
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
        for (what, targets, expected) in [
            ("two of three in time", Targets::from([(Class::DuplicateCharge, [2, 3])]), Some("0.6667")),
            ("no playbook", Targets::new(), None),
        ] {
            let mut tally = CasesTally::default();
            all.iter().for_each(|fact| tally.take(fact, 1, &targets));
            let [class] = &tally.section(&targets).categories[..] else { panic!("one class") };
            assert_eq!((class.count, class.resolved), (5, 4), "{what}");
            assert_eq!(class.avg_handling_minutes.as_deref(), Some("2.7"), "{what}");
            assert_eq!(class.within_target.as_deref(), expected, "{what}");
        }
    }
}
