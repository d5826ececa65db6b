//! Does an endpoint take what it is sent? What is known of all its lines together, and how far it has come with asking for
//! them again.

use super::endpoint::Refused;
use crate::id::TaskId;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// It is written when an endpoint begins to fail, when it answers again, and when people change something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reach {
    pub endpoint: String,
    /// Since when nothing was taken, and how it was first refused.
    pub failing: Option<(Timestamp, String)>,
    /// Nothing is sent there until somebody enables it.
    pub disabled_at: Option<Timestamp>,
    /// What people have to do about it.
    pub task: Option<TaskId>,
    /// Its lines are gone through.
    pub walk: Option<Walk>,
    /// When somebody goes on with that.
    pub wake_at: Option<Timestamp>,
}

/// How far the lines of an endpoint have been gone through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Walk {
    /// What happened since then is sent again; without it only what waits goes on.
    pub since: Option<Timestamp>,
    pub asked_at: Timestamp,
    /// Behind which place of the list it goes on.
    pub after: Option<String>,
}

/// How an endpoint stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    Active,
    /// The last was refused, and all of them are tried again.
    Failing,
    Disabled,
}

impl Health {
    /// From the best to the worst.
    pub const ALL: [Self; 3] = [Self::Active, Self::Failing, Self::Disabled];

    /// As it stands in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Failing => "failing",
            Self::Disabled => "disabled",
        }
    }
}

impl Reach {
    /// One of which nothing is known.
    pub fn new(endpoint: &str) -> Self {
        Self { endpoint: endpoint.to_owned(), failing: None, disabled_at: None, task: None, walk: None, wake_at: None }
    }

    /// How it stands.
    pub fn health(&self) -> Health {
        match (self.disabled_at, &self.failing) {
            (Some(_), _) => Health::Disabled,
            (None, Some(_)) => Health::Failing,
            (None, None) => Health::Active,
        }
    }

    /// It took something.
    pub fn answered(&mut self) {
        self.failing = None;
    }

    /// It did not take something. Says whether it is disabled by that: nothing was taken for as long as `failing_max`.
    pub fn refused(&mut self, why: &str, failing_max: SignedDuration, now: Timestamp) -> bool {
        let (since, _) = self.failing.get_or_insert_with(|| (now, why.to_owned()));
        let is_over = now.duration_since(*since) >= failing_max && self.disabled_at.is_none();
        if is_over {
            self.disabled_at = Some(now);
        }
        is_over
    }

    /// Somebody has mended it: what waits goes on. Hands out the task that is done with it.
    pub fn enable(&mut self, now: Timestamp) -> Option<TaskId> {
        self.failing = None;
        if self.disabled_at.take().is_some() {
            self.begin(None, now);
        }
        self.task.take()
    }

    /// What happened since then is to be sent again.
    pub fn replay(&mut self, since: Timestamp, now: Timestamp) -> Result<(), Refused> {
        if self.disabled_at.is_some() {
            return Err(Refused::Disabled);
        }
        if since > now {
            return Err(Refused::Ahead);
        }
        // Who asks for more meanwhile has all of it sent again.
        let earlier = self.walk.as_ref().and_then(|walk| walk.since);
        self.begin(Some(earlier.map_or(since, |earlier| earlier.min(since))), now);
        Ok(())
    }

    /// It is gone: its lines are emptied. Hands out the task that is not needed any more.
    pub fn remove(&mut self, now: Timestamp) -> Option<TaskId> {
        let task = self.enable(now);
        self.begin(None, now);
        task
    }

    fn begin(&mut self, since: Option<Timestamp>, now: Timestamp) {
        // A line stands by what happened last: in those that are passed over nothing happened since.
        let after = since.map(|since| format!("{since:.3}"));
        self.walk = Some(Walk { since, asked_at: now, after });
        self.wake_at = Some(now);
    }

    /// Whether somebody is to go on with its lines: an alarm that is delivered twice rings for one. `ours` is until when
    /// whoever asks has it.
    pub fn is_due(&self, ours: Option<Timestamp>, now: Timestamp) -> bool {
        self.wake_at.is_some_and(|at| at <= now) || (ours.is_some() && self.wake_at == ours)
    }

    /// Goes on behind a stretch of the list, if there is more of it, at `again_at` at the latest.
    pub fn walked(&mut self, next: Option<String>, again_at: Timestamp) {
        self.wake_at = next.as_ref().map(|_| again_at);
        self.walk = match (self.walk.take(), next) {
            (Some(walk), Some(next)) => Some(Walk { after: Some(next), ..walk }),
            _ => None,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::AccountId;

    const DAYS: SignedDuration = SignedDuration::from_hours(72);

    fn at(hour: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hour)
    }

    #[test]
    fn it_is_disabled_when_nothing_was_taken_for_three_days() {
        let mut reach = Reach::new("ep_1");
        let rows = [
            ("the first refusal", 0, false, false, Health::Failing),
            ("another one", 71, false, false, Health::Failing),
            ("it answers", 71, true, false, Health::Active),
            ("it fails again", 72, false, false, Health::Failing),
            ("not for three days", 143, false, false, Health::Failing),
            ("for three days", 144, false, true, Health::Disabled),
            ("one that was on its way", 145, false, false, Health::Disabled),
        ];
        for (name, hour, taken, disables, health) in rows {
            if taken {
                reach.answered();
            } else {
                let why = format!("hour {hour}");
                assert_eq!(reach.refused(&why, DAYS, at(hour)), disables, "{name}");
            }
            assert_eq!(reach.health(), health, "{name}");
        }
        assert_eq!((&reach.failing, reach.disabled_at), (&Some((at(72), "hour 72".to_owned())), Some(at(144))));

        let task = TaskId::of(&AccountId::of("shop", "default", "cus_1"), "undelivered", "ep_1");
        reach.task = Some(task.clone());
        assert_eq!(reach.replay(at(0), at(150)), Err(Refused::Disabled));
        assert_eq!(reach.enable(at(150)), Some(task));
        assert_eq!((reach.health(), reach.is_due(None, at(150)), &reach.task), (Health::Active, true, &None));
        assert_eq!(reach.walk, Some(Walk { since: None, asked_at: at(150), after: None }));
    }

    #[test]
    fn one_that_was_never_disabled_has_nothing_to_go_through() {
        let mut reach = Reach::new("ep_1");
        reach.refused("500", DAYS, at(0));
        assert_eq!(reach.enable(at(1)), None);
        assert_eq!(reach, Reach::new("ep_1"));
        reach.remove(at(1));
        assert!(reach.is_due(None, at(1)), "what was removed is emptied all the same");
    }

    #[test]
    fn the_lines_are_gone_through_from_where_something_happened_to_their_end() {
        let mut reach = Reach::new("ep_1");
        assert_eq!(reach.replay(at(3), at(2)), Err(Refused::Ahead));
        assert_eq!((reach.replay(at(2), at(9)), reach.is_due(None, at(9))), (Ok(()), true));
        let after = |reach: &Reach| reach.walk.as_ref().and_then(|walk| walk.after.clone());
        assert_eq!(after(&reach).as_deref(), Some("1970-01-01T02:00:00.000Z"));
        reach.walked(Some("b".to_owned()), at(10));
        assert_eq!((after(&reach).as_deref(), reach.is_due(None, at(9))), (Some("b"), false));
        assert!(reach.is_due(Some(at(10)), at(9)) && !reach.is_due(Some(at(11)), at(9)), "whoever has it goes on");
        reach.replay(at(5), at(9)).unwrap();
        assert_eq!(reach.walk.as_ref().unwrap().since, Some(at(2)), "both who asked have theirs");
        reach.walked(None, at(10));
        assert_eq!(reach, Reach::new("ep_1"));
    }
}
