//! What a source found while it observed, asked for some at a time once somebody may act on it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How far that has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cohorts {
    pub provider: String,
    pub source: String,
    /// What is found later is asked for as it comes.
    pub raised_at: Timestamp,
    /// Behind which place of the list of open cases it goes on.
    pub after: Option<String>,
    /// When somebody goes on with it; nothing, once all were asked for.
    pub wake_at: Option<Timestamp>,
    /// How many have begun.
    pub cohorts: u32,
    /// How much of the present one is done.
    #[serde(default)]
    pub done: u32,
    /// How many cases people were asked for, in all of them. What a process did that ended before it was stored does not
    /// count.
    pub asked: u64,
    /// How many recoveries were begun, in all of them.
    #[serde(default)]
    pub recovering: u64,
}

/// What came of a stretch of the list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Worked {
    pub asked: u32,
    pub recovering: u32,
}

impl Cohorts {
    /// From the oldest case on.
    pub fn begin(provider: &str, source: &str, now: Timestamp) -> Self {
        Self {
            provider: provider.to_owned(),
            source: source.to_owned(),
            raised_at: now,
            after: None,
            wake_at: Some(now),
            cohorts: 0,
            done: 0,
            asked: 0,
            recovering: 0,
        }
    }

    /// Whether somebody is to go on with it: an alarm that is delivered twice rings for one.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.wake_at.is_some_and(|at| at <= now)
    }

    /// How many more the present cohort may take.
    pub fn room(&self, cases_max: u32) -> u32 {
        cases_max.saturating_sub(self.done).max(1)
    }

    /// Goes on behind a stretch of the list, if there is more of it: the next cohort after a rest, and the same one at once.
    /// Says whether it is the same one: then whoever is at it has until `held_until`.
    pub fn worked(
        &mut self,
        worked: Worked,
        next: Option<String>,
        (cases_max, rest): (u32, SignedDuration),
        (now, held_until): (Timestamp, Timestamp),
    ) -> bool {
        let count = worked.asked + worked.recovering;
        self.asked += u64::from(worked.asked);
        self.recovering += u64::from(worked.recovering);
        self.cohorts += u32::from(self.done == 0 && count > 0);
        self.done += count;
        let is_full = self.done >= cases_max;
        if is_full || next.is_none() {
            self.done = 0;
        }
        let goes_on = !is_full && next.is_some();
        self.wake_at = next.as_ref().map(|_| if is_full { now + rest } else { held_until });
        self.after = next.or(self.after.take());
        goes_on
    }

    /// Lets somebody else go on with it at once.
    pub fn hand_over(&mut self, now: Timestamp) {
        self.wake_at = self.wake_at.map(|_| now);
    }

    /// Ends it: nothing may leave any more.
    pub fn end(&mut self) {
        self.wake_at = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
    }

    #[test]
    fn one_cohort_follows_the_other_until_the_list_is_over() {
        let mut cohorts = Cohorts::begin("stripe", "default", at(0));
        assert!(cohorts.is_due(at(0)));
        let pace = (50, SignedDuration::from_mins(30));
        // What was asked for and begun, and the place behind it; whether the cohort goes on, until when somebody has it or
        // rests, how many more it takes, how many have begun.
        let rows = [
            ("a part of one", (9, 1), Some("a"), 1, (true, Some(at(6)), 40, 1)),
            ("none of its own", (0, 0), Some("b"), 1, (true, Some(at(6)), 40, 1)),
            ("the rest of it", (40, 0), Some("c"), 2, (false, Some(at(32)), 50, 1)),
            ("none of its own, and the next has not begun", (0, 0), Some("d"), 32, (true, Some(at(37)), 50, 1)),
            ("the last", (0, 3), None, 32, (false, None, 50, 2)),
        ];
        for (name, (asked, recovering), next, minute, (goes_on, wake_at, room, count)) in rows {
            let (worked, now) = (Worked { asked, recovering }, at(minute));
            let said = cohorts.worked(worked, next.map(str::to_owned), pace, (now, at(minute + 5)));
            assert_eq!((said, cohorts.wake_at, cohorts.room(50)), (goes_on, wake_at, room), "{name}");
            assert_eq!((cohorts.cohorts, cohorts.after.as_deref()), (count, next.or(Some("d"))), "{name}");
            assert!(!cohorts.is_due(now), "{name}: whoever is at it is left alone");
        }
        assert_eq!((cohorts.asked, cohorts.recovering), (49, 4));
    }

    #[test]
    fn who_has_no_time_left_hands_it_over_and_what_is_lowered_ends() {
        let mut cohorts = Cohorts::begin("stripe", "default", at(0));
        cohorts.worked(
            Worked { asked: 1, recovering: 0 },
            Some("a".to_owned()),
            (50, SignedDuration::from_mins(30)),
            (at(0), at(5)),
        );
        assert!(!cohorts.is_due(at(4)));
        cohorts.hand_over(at(4));
        assert!(cohorts.is_due(at(4)));
        cohorts.end();
        assert!(!cohorts.is_due(at(99)));
        cohorts.hand_over(at(99));
        assert!(!cohorts.is_due(at(99)), "what is over has nothing to hand over");
    }
}
