//! One sending of an action, and under which key the next one goes.

use super::{Action, Target};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// One sending to the provider, stored before it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    pub number: u32,
    pub key: String,
    /// When the key was first sent: providers replay it for a while only.
    pub key_since: Timestamp,
    /// When anything was sent for the first time.
    pub first_at: Timestamp,
    /// When this one was sent; those of before this was noted do not say.
    #[serde(default)]
    pub sent_at: Option<Timestamp>,
    /// The provider failed under this key, and would replay its failure.
    pub burned: bool,
    /// What the object was like before it was first sent, where nothing else tells our effect from another.
    #[serde(default)]
    pub before: Option<String>,
    /// The provider told that it is done, before it answered or while the answer was in doubt.
    #[serde(default)]
    pub shown: bool,
    /// How many attempts, from the first on, are known to have done nothing, because the provider said so.
    #[serde(default)]
    pub idle: u32,
}

impl Attempt {
    /// The same key while the provider still knows it; a new one after, or when the old one would replay a failure.
    pub fn next(action: &Action, now: Timestamp, key_lives: SignedDuration) -> Self {
        let Some(last) = &action.attempt else {
            let key = format!("{}-1", action.id);
            return Self {
                number: 1,
                key,
                key_since: now,
                first_at: now,
                sent_at: Some(now),
                burned: false,
                before: None,
                shown: false,
                idle: 0,
            };
        };
        let number = last.number + 1;
        // While it is known that nothing was done, nothing is in doubt, and what the object was like then says nothing.
        let begins = last.did_nothing();
        let first_at = if begins { now } else { last.first_at };
        let before = last.before.clone().filter(|_| !begins);
        // A margin: the provider's window began when it first saw the key, not when we stored it.
        if !last.burned && now.duration_since(last.key_since) < key_lives - key_lives / 8 {
            return Self { number, first_at, sent_at: Some(now), before, ..last.clone() };
        }
        Self {
            number,
            key: format!("{}-{number}", action.id),
            key_since: now,
            first_at,
            sent_at: Some(now),
            burned: false,
            before,
            ..last.clone()
        }
    }
}

impl Attempt {
    /// Whether it is certain that nothing was done so far: the provider said so each time, and no answer was lost.
    pub fn did_nothing(&self) -> bool {
        self.idle == self.number
    }

    /// Whether the next one may leave: under the same key the provider tells it from another request; under another one
    /// only when whatever was sent has had its time to be done and shown, or is known to have done nothing.
    pub fn may_be_followed(&self, next: &Self, now: Timestamp, settles: SignedDuration) -> bool {
        let sent_at = self.sent_at.unwrap_or(self.key_since);
        next.key == self.key || self.did_nothing() || now.duration_since(sent_at) >= settles
    }

    /// The provider says that this one did nothing.
    pub(super) fn is_idle(&mut self) {
        if self.idle + 1 == self.number {
            self.idle = self.number;
        }
    }
}

impl Action {
    /// Whether it was told that a subscription or an invoice is as this was to make it. Of money that is no proof: it
    /// may be another's, so that only a look tells.
    pub fn was_told(&self) -> bool {
        let lasts = matches!(self.kind.target(), Target::Subscription(_) | Target::Invoice(_));
        lasts && self.attempt.as_ref().is_some_and(|attempt| attempt.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::{Clause, Kind, Preview, Reason};
    use crate::id::{AccountId, ActionId};

    #[test]
    fn what_did_nothing_is_not_the_beginning_of_a_doubt() {
        let (mut action, start, day) = asked();
        for (idle, before, since) in [(0, Some("as it was"), 0), (1, None, 80)] {
            action.attempt = Some(Attempt { idle, before: Some("as it was".to_owned()), ..example() });
            let later = start + SignedDuration::from_hours(80);
            let next = Attempt::next(&action, later, day);
            assert_eq!(next.before.as_deref(), before, "{idle}");
            assert_eq!(next.first_at, if since == 0 { example().first_at } else { later }, "{idle}");
        }
    }

    fn asked() -> (Action, Timestamp, SignedDuration) {
        let id = ActionId::of(&AccountId::of("stripe", "default", "cus_1"), "luis", "k");
        let clause = Clause { rule: "r".into(), policy_version: 1, why: "w".into() };
        let preview = Preview {
            summary: String::new(),
            about: String::new(),
            lines: vec![],
            clause,
            notices: vec![],
            digest: "d".into(),
        };
        let start: Timestamp = "2026-03-01T09:00:00Z".parse().unwrap();
        let action = Action::new(id, Kind::UpdatePaymentMethod {}, Reason::Other, preview, "luis", start);
        (action, start, SignedDuration::from_hours(24))
    }

    #[test]
    fn one_lost_answer_and_nobody_knows_that_nothing_was_done() {
        let attempt = |number, idle| Attempt { number, idle, ..example() };
        for (said_idle, nothing) in
            [(&[true][..], true), (&[true, true], true), (&[false, true], false), (&[true, false], false)]
        {
            let mut last = attempt(1, 0);
            for (place, idle) in said_idle.iter().enumerate() {
                last = attempt(u32::try_from(place).unwrap() + 1, last.idle);
                if *idle {
                    last.is_idle();
                }
            }
            assert_eq!(last.did_nothing(), nothing, "{said_idle:?}");
        }
    }

    fn example() -> Attempt {
        let at = Timestamp::UNIX_EPOCH;
        let key = "key".to_owned();
        Attempt {
            number: 1,
            key,
            key_since: at,
            first_at: at,
            sent_at: Some(at),
            burned: false,
            before: None,
            shown: false,
            idle: 0,
        }
    }

    #[test]
    fn another_key_waits_until_what_was_sent_has_settled() {
        let settles = SignedDuration::from_secs(900);
        let at = |secs| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(secs);
        let last = |idle, sent_at| Attempt { number: 2, idle, sent_at, ..example() };
        for (name, last, key, secs, may) in [
            ("the same key", last(0, Some(at(600))), "key", 601, true),
            ("just before", last(0, Some(at(600))), "another", 1499, false),
            ("settled", last(0, Some(at(600))), "another", 1500, true),
            ("said to have done nothing", last(2, Some(at(600))), "another", 601, true),
            ("one of two said so", last(1, Some(at(600))), "another", 601, false),
            ("from before it was noted", last(0, None), "another", 900, true),
        ] {
            let next = Attempt { key: key.to_owned(), ..example() };
            assert_eq!(last.may_be_followed(&next, at(secs), settles), may, "{name}");
        }
    }

    #[test]
    fn a_key_is_used_again_while_the_provider_surely_knows_it() {
        let (mut action, start, day) = asked();
        let id = action.id.clone();
        action.attempt = Some(Attempt { before: Some("42".into()), ..Attempt::next(&action, start, day) });
        for (hours, burned, lives, number) in
            [(20, false, day, 1), (21, false, day, 2), (1, true, day, 2), (0, false, SignedDuration::ZERO, 2)]
        {
            action.attempt.as_mut().unwrap().burned = burned;
            let next = Attempt::next(&action, start + SignedDuration::from_hours(hours), lives);
            assert_eq!((next.number, next.key), (2, format!("{id}-{number}")), "{hours} {burned}");
            assert_eq!((next.first_at, next.before.as_deref(), next.burned), (start, Some("42"), false));
        }
    }
}
