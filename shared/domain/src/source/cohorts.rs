//! What a source found while it observed, asked for some at a time once people may act on it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How far that has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cohorts {
    pub provider: String,
    pub source: String,
    /// What is found later is asked for as it comes.
    pub raised_at: Timestamp,
    /// Behind which place of the list of open cases the next one begins.
    pub after: Option<String>,
    /// When the next one is due; nothing, once all were asked for.
    pub wake_at: Option<Timestamp>,
    pub cohorts: u32,
    pub asked: u64,
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
            asked: 0,
        }
    }

    /// Whether the next one is to be asked for: an alarm that is delivered twice rings for one.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.wake_at.is_some_and(|at| at <= now)
    }

    /// Goes on behind a stretch of the list, if there is more of it.
    pub fn worked(&mut self, asked: u64, next: Option<String>, minutes: i64, now: Timestamp) {
        self.asked += asked;
        self.cohorts += u32::from(asked > 0);
        // Where only cases of other sources stood, nobody needs a rest.
        let rest = if asked > 0 { minutes } else { 0 };
        self.wake_at = next.as_ref().map(|_| now + SignedDuration::from_mins(rest));
        self.after = next.or(self.after.take());
    }

    /// Ends it: nothing may leave any more.
    pub fn end(&mut self) {
        self.wake_at = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_cohort_follows_the_other_until_the_list_is_over() {
        let at = |minutes: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes);
        let mut cohorts = Cohorts::begin("stripe", "default", at(0));
        assert!(cohorts.is_due(at(0)));
        let rows = [
            ("a full one", 50, Some("a"), 1, Some(at(31)), Some("a"), 1, 50),
            ("none of its own", 0, Some("b"), 31, Some(at(31)), Some("b"), 1, 50),
            ("the last", 3, None, 31, None, Some("b"), 2, 53),
        ];
        for (name, asked, next, minute, wake_at, after, count, sum) in rows {
            cohorts.worked(asked, next.map(str::to_owned), 30, at(minute));
            assert_eq!((cohorts.wake_at, cohorts.after.as_deref()), (wake_at, after), "{name}");
            assert_eq!((cohorts.cohorts, cohorts.asked), (count, sum), "{name}");
            assert!(!cohorts.is_due(at(30)), "{name}");
            assert_eq!(cohorts.is_due(at(31)), wake_at.is_some(), "{name}");
        }
        let mut lowered = Cohorts::begin("stripe", "default", at(0));
        lowered.end();
        assert!(!lowered.is_due(at(1)));
    }
}
