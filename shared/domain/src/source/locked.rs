//! Who waits for the API key of a source, because it is missing, wrong or may not do what was approved?

use crate::id::{AccountId, ActionId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How many of those who wait are named: as long as one of them does, people know.
const WAITING_MAX: usize = 20;

/// That what was approved waits for the API key of a source. It is so as long as one of the named actions still waits, or
/// may ask again who is not named: a key that may do one thing and not another opens only what it may.
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
    /// Until when everybody will have asked again who waits beyond those.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub more_until: Option<Timestamp>,
    /// With which account the task stands that somebody sets the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_of: Option<AccountId>,
}

/// Who has just been refused.
#[derive(Debug, Clone, Copy)]
pub struct TurnedAway<'a> {
    pub action: &'a ActionId,
    /// Whether it had waited for the key before.
    pub waited: bool,
    /// Until when it will have asked again.
    pub until: Timestamp,
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
            more_until: None,
            task_of: None,
        }
    }

    /// Whether anybody waits: one of the named ones that still do, or somebody beyond them.
    pub fn is_so(&self, still: &BTreeSet<ActionId>, now: Timestamp) -> bool {
        !still.is_empty() || self.has_more(now)
    }

    /// An action waits, beside those of the named ones that still do; says whether it is the first. One that was not named
    /// and has waited all the time is not.
    pub fn waits(&mut self, turned: TurnedAway<'_>, why: &str, still: BTreeSet<ActionId>, now: Timestamp) -> bool {
        let TurnedAway { action, waited, until } = turned;
        let is_first = still.is_empty() && !(waited && self.has_more(now));
        if is_first {
            self.since = now;
        }
        why.clone_into(&mut self.why);
        self.waiting = still;
        if self.waiting.len() < WAITING_MAX {
            self.waiting.insert(action.clone());
        } else if !self.waiting.contains(action) {
            self.more_until = self.more_until.max(Some(until));
        }
        is_first
    }

    fn has_more(&self, now: Timestamp) -> bool {
        self.more_until.is_some_and(|until| now < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    fn action(key: usize) -> ActionId {
        ActionId::of(&AccountId::of("stripe", "default", "cus_1"), "mara", &key.to_string())
    }

    fn at(hour: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hour)
    }

    fn turned(action: &ActionId, waited: bool, until: Timestamp) -> TurnedAway<'_> {
        TurnedAway { action, waited, until }
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
            ("it alone, stored before it was noted", &one, of(&[]), 6, true, 6, of(&[&one])),
        ] {
            let waited = hour == 3 || hour == 6;
            assert_eq!(locked.waits(turned(who, waited, at(hour + 1)), "why", still, at(hour)), is_news, "{what}");
            assert_eq!((locked.since, &locked.waiting), (at(since), &waiting), "{what}");
            assert_eq!(locked.more_until, None, "{what}: all are named");
        }
    }

    #[test]
    fn who_is_beyond_those_named_is_not_forgotten() {
        let mut locked = Locked::new("stripe", "default", at(0));
        for number in 0..100 {
            let (still, own) = (locked.waiting.clone(), action(number));
            assert_eq!(locked.waits(turned(&own, false, at(2)), "why", still, at(0)), number == 0);
        }
        assert_eq!((locked.waiting.len(), locked.more_until), (WAITING_MAX, Some(at(2))));
        let named = locked.waiting.clone();
        let none = BTreeSet::new();
        for (what, still, hour, is_so) in [
            ("one of those named waits", &named, 9, true),
            ("somebody else has not asked again", &none, 1, true),
            ("all have asked again", &none, 2, false),
        ] {
            assert_eq!(locked.is_so(still, at(hour)), is_so, "{what}");
        }
        // All who were named were taken back: whoever waited all the time makes no news, and is named now.
        let last = action(99);
        for (what, waited, hour, is_news) in [
            ("it has waited all the time", true, 1, false),
            ("it is new, and nobody knows of another", false, 1, true),
            ("all have asked again in between", true, 2, true),
        ] {
            let mut locked = locked.clone();
            assert_eq!(locked.waits(turned(&last, waited, at(3)), "why", none.clone(), at(hour)), is_news, "{what}");
            assert_eq!(locked.waiting, BTreeSet::from([last.clone()]), "{what}");
        }
    }
}
