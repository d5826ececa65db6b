//! Who waits for the API key of a source, because it is missing, wrong or may not do what was approved?

use crate::id::ActionId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How many of those who wait are named: as long as one of them does, people know.
const WAITING_MAX: usize = 20;

/// That what was approved waits for the API key of a source. It is so as long as one of the named actions still waits: a
/// key that may do one thing and not another opens only what it may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Locked {
    pub provider: String,
    pub source: String,
    /// When that was first seen.
    pub since: Timestamp,
    /// What the provider said, or what is missing.
    pub why: String,
    /// Some of the actions that wait, or did.
    pub waiting: BTreeSet<ActionId>,
}

impl Locked {
    /// Nobody has been seen to wait yet.
    pub fn new(provider: &str, source: &str, now: Timestamp) -> Self {
        Self {
            provider: provider.to_owned(),
            source: source.to_owned(),
            since: now,
            why: String::new(),
            waiting: BTreeSet::new(),
        }
    }

    /// An action waits, beside those of the named ones that still do; says whether it is the first.
    pub fn waits(&mut self, action: &ActionId, why: &str, still: BTreeSet<ActionId>, now: Timestamp) -> bool {
        let is_first = still.is_empty();
        if is_first {
            self.since = now;
        }
        why.clone_into(&mut self.why);
        self.waiting = still;
        if self.waiting.len() < WAITING_MAX {
            self.waiting.insert(action.clone());
        }
        is_first
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::AccountId;
    use jiff::SignedDuration;

    fn action(key: usize) -> ActionId {
        ActionId::of(&AccountId::of("stripe", "default", "cus_1"), "mara", &key.to_string())
    }

    fn at(hour: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hour)
    }

    #[test]
    fn it_is_news_when_nobody_waits_any_more() {
        let (one, two) = (action(1), action(2));
        let of = |ids: &[&ActionId]| -> BTreeSet<ActionId> { ids.iter().copied().cloned().collect() };
        let mut locked = Locked::new("stripe", "default", at(0));
        for (what, who, still, hour, is_news, since, waiting) in [
            ("the first", &one, of(&[]), 1, true, 1, of(&[&one])),
            ("a second", &two, of(&[&one]), 2, false, 1, of(&[&one, &two])),
            ("the same again", &two, of(&[&one, &two]), 3, false, 1, of(&[&one, &two])),
            ("the first was taken back", &two, of(&[&two]), 4, false, 1, of(&[&two])),
            ("all were done", &one, of(&[]), 5, true, 5, of(&[&one])),
        ] {
            assert_eq!(locked.waits(who, "why", still, at(hour)), is_news, "{what}");
            assert_eq!((locked.since, &locked.waiting), (at(since), &waiting), "{what}");
        }
    }

    #[test]
    fn it_names_some_of_very_many() {
        let mut locked = Locked::new("stripe", "default", at(0));
        for number in 0..100 {
            let still = locked.waiting.clone();
            assert_eq!(locked.waits(&action(number), "why", still, at(0)), number == 0);
        }
        assert_eq!(locked.waiting.len(), WAITING_MAX);
    }
}
