//! How an attempt ended, as far as anybody knows, and what that makes of its action.

use super::{Action, Attempt, Impossible, Kind, Moment, Outcome, State, Target};
use crate::policy::Limits;
use jiff::{SignedDuration, Timestamp};

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// The provider says so.
    Done(Outcome),
    /// It is done, as the provider shows when it is asked, or as it told before.
    Found(Outcome),
    Refused {
        code: String,
        message: String,
    },
    /// Nothing was done; look again later.
    NotNow,
    /// Nothing was done, because the source's API key is missing or may not do this: a person sets it, and it goes on.
    Locked {
        why: String,
    },
    /// It may have been done; under a burned key the provider would repeat its failure.
    InDoubt {
        burned: bool,
    },
    /// The provider does not have it; the note is what tells our effect from another one later.
    NotThere {
        note: Option<String>,
    },
    /// `absent`: it is certain that the provider did nothing.
    NeedsPerson {
        instead: String,
        absent: bool,
    },
}

/// What a ledger says of an end.
pub type Said = [(&'static str, String); 2];

impl Ended {
    /// It is done, as the provider told it by itself.
    pub fn told(kind: &Kind) -> Self {
        let reference = kind.target().id().unwrap_or_default();
        Self::Found(Outcome::Done { reference, status: "shown".to_owned(), made_at: None, link: None })
    }

    /// What was told outweighs an answer that did not come, or that found it done already.
    pub fn weighed(self, action: &Action) -> Self {
        let is_answered = matches!(self, Self::Done(_) | Self::Found(_));
        if action.was_told() && !is_answered && !matches!(action.kind, Kind::RetryPayment { .. }) {
            return Self::told(&action.kind);
        }
        self
    }

    /// Whether it is certain that nothing was done, so that nothing stays reserved for it. Money that a person is to
    /// give back by hand stays reserved until it was seen, or they say that it will not be.
    pub fn did_nothing(&self, after: &Action) -> bool {
        if after.state == State::NeedsPerson && matches!(after.kind, Kind::Refund { .. }) {
            return false;
        }
        let never_sent = after.state == State::NeedsPerson && after.attempt.is_none();
        matches!(self, Self::NeedsPerson { absent: true, .. }) || after.state == State::Failed || never_sent
    }
}

impl Action {
    /// Takes in how its attempt ended, and says it for the ledger.
    pub fn take_end(&mut self, ended: &Ended, at: Moment, limits: &Limits) -> Result<Said, Impossible> {
        let wait = self.patience(limits);
        self.locked = match ended {
            Ended::Locked { .. } => true,
            // That nothing was heard says nothing of the key.
            Ended::NotNow | Ended::InDoubt { .. } => self.locked,
            _ => false,
        };
        Ok(match ended {
            Ended::Done(outcome) | Ended::Found(outcome) => {
                self.done(outcome.clone(), at)?;
                let (status, reference) = match outcome {
                    Outcome::Done { status, reference, .. } => (status.clone(), reference.clone()),
                    _ => (self.state.name().to_owned(), String::new()),
                };
                [("outcome", status), ("reference", reference)]
            }
            Ended::Refused { code, message } => {
                self.done(Outcome::Refused { code: code.clone(), message: message.clone() }, at)?;
                [("outcome", "refused".to_owned()), ("code", code.clone())]
            }
            Ended::NeedsPerson { instead, .. } => {
                self.left(instead, at)?;
                [("outcome", "needs_person".to_owned()), ("instead", instead.clone())]
            }
            // Nothing was ever sent, and it cannot be seen what the object is like.
            Ended::NotNow if self.attempt.is_none() && self.waited_too_long(at.now, limits.doubt_hours_max) => {
                self.left(
                    "The provider does not show what it is about, so nothing was sent: do it there by hand.",
                    at,
                )?;
                [("outcome", "needs_person".to_owned()), ("why", "the provider does not show it".to_owned())]
            }
            // However long that takes: people know what to do, and nothing is in doubt.
            Ended::Locked { why } => {
                self.not_now(at.now + wait)?;
                [("outcome", "not_now".to_owned()), ("why", why.clone())]
            }
            Ended::NotNow | Ended::NotThere { .. } => {
                self.not_now(at.now + wait)?;
                [("outcome", "not_now".to_owned()), ("look_at", (at.now + wait).to_string())]
            }
            Ended::InDoubt { .. } if self.doubted_too_long(at.now, limits.doubt_hours_max) => {
                self.left("It is not known whether the provider did this: look there, and settle it by hand.", at)?;
                [("outcome", "needs_person".to_owned()), ("why", "in doubt for too long".to_owned())]
            }
            Ended::InDoubt { burned } => {
                self.doubted(*burned, at.now + wait)?;
                [("outcome", "in_doubt".to_owned()), ("look_at", (at.now + wait).to_string())]
            }
        })
    }

    /// Whether its end proves itself: money has to settle; of everything else the provider's own word is proof, whether
    /// it tells it or is asked.
    pub fn is_proof(&self, ended: &Ended) -> bool {
        let waits = matches!(self.kind, Kind::RetryPayment { .. } | Kind::Downgrade { .. });
        let target = matches!(self.kind.target(), Target::Subscription(_) | Target::Invoice(_));
        let lasts = self.kind.is_told() && !waits && target;
        let was_found = lasts && self.attempt.is_some() && matches!(ended, Ended::Found(_));
        was_found || self.attempt.as_ref().is_some_and(|attempt| attempt.shown)
    }

    /// Whether there is anything new to write down: that nothing could be asked yet, again, is no news.
    pub fn is_news(&self, before: &Self) -> bool {
        let still_locked = self.locked && before.locked;
        (self.attempt.is_some() && !still_locked) || self.state != before.state
    }

    fn left(&mut self, instead: &str, at: Moment) -> Result<(), Impossible> {
        self.done(Outcome::NeedsPerson { instead: instead.to_owned() }, at)
    }

    /// Each look waits longer than the one before, up to an hour.
    fn patience(&self, limits: &Limits) -> SignedDuration {
        let number = self.attempt.as_ref().map_or(1, |attempt: &Attempt| attempt.number).min(12);
        SignedDuration::from_secs(limits.alarm_lease_secs * i64::from(number))
    }

    fn waited_too_long(&self, now: Timestamp, hours: i64) -> bool {
        let since = self.executes_after.max(self.decided_at);
        since.is_some_and(|since| now.duration_since(since) > SignedDuration::from_hours(hours))
    }

    fn doubted_too_long(&self, now: Timestamp, hours: i64) -> bool {
        let since = self.attempt.as_ref().map(|attempt| attempt.first_at);
        since.is_some_and(|since| now.duration_since(since) > SignedDuration::from_hours(hours))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::{Clause, Preview, Reason};
    use crate::id::{AccountId, ActionId};
    use crate::policies::Policies;

    fn sent(now: Timestamp) -> Action {
        let id = ActionId::of(&AccountId::of("stripe", "default", "cus_1"), "mara", "k");
        let clause = Clause { rule: "r".into(), policy_version: 1, why: "w".into() };
        let preview = Preview {
            summary: String::new(),
            about: String::new(),
            lines: vec![],
            clause,
            notices: vec![],
            digest: "d".into(),
        };
        let action = Action::new(id, Kind::UpdatePaymentMethod {}, Reason::Other, preview, "mara", now);
        let attempt = Attempt::next(&action, now, SignedDuration::ZERO);
        let mut action = action.in_state(State::Approved);
        action.sent(attempt, now).unwrap();
        action
    }

    #[test]
    fn what_waits_for_a_key_is_not_in_doubt_however_long_it_waits() {
        let limits = Policies::shipped().unwrap().limits;
        let start: Timestamp = "2026-03-01T09:00:00Z".parse().unwrap();
        let mut action = sent(start);
        let locked = Ended::Locked { why: "no API key is set".to_owned() };
        for (hours, news) in [(0, true), (1, false), (1000, false)] {
            let now = start + SignedDuration::from_hours(hours);
            let before = action.clone();
            action.take_end(&locked, Moment { now, again: now }, limits.current()).unwrap();
            assert_eq!((action.state(), action.is_news(&before)), (State::Executing, news), "after {hours} hours");
            assert!(action.is_locked() && action.attempt().is_some_and(Attempt::did_nothing), "after {hours} hours");
            assert!(action.alarm().is_some_and(|at| at > now), "after {hours} hours");
        }
        for (what, ended, is_locked) in [
            ("too quick", Ended::NotNow, true),
            ("no answer", Ended::InDoubt { burned: false }, true),
            ("it works", Ended::told(&action.kind), false),
        ] {
            let mut after = action.clone();
            after.take_end(&ended, Moment { now: start, again: start }, limits.current()).unwrap();
            assert_eq!(after.is_locked(), is_locked, "{what}");
        }
    }
}
