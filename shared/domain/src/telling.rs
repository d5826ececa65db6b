//! Who was told what: each message to each of them is a record of its own, with its own outcome.

mod bulletin;
mod number;

pub use bulletin::{About, Bulletin};
pub use number::international;

use crate::policy::{Patience, shorten};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How much is kept of a reason that somebody else wrote.
const REASON_BYTES_MAX: usize = 200;

/// The way by which people are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// To somebody's address.
    Mail,
    /// To a channel or to somebody there.
    Slack,
    /// To somebody's phone.
    Sms,
}

/// The messages by which people are told of one thing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tellings(Vec<Telling>);

/// One message to one recipient by one channel. It leaves at most once, and is sent again only if it was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Telling {
    /// By which way.
    pub channel: Channel,
    /// Somebody of the staff, or a channel's name.
    pub to: String,
    /// How often it was sent.
    pub tries: u32,
    /// What came of it.
    #[serde(flatten)]
    pub state: State,
}

/// What came of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// Stored before it leaves: whoever finds it so later does not know whether it did, and does not repeat it.
    Sending,
    /// It was taken.
    Sent,
    /// It may have been taken, and is not repeated.
    InDoubt {
        /// What was answered instead.
        reason: String,
    },
    /// It was not taken.
    Refused {
        /// As it was refused the last time.
        reason: String,
        /// When it is sent again; never, where it was refused too often.
        again_at: Option<Timestamp>,
    },
}

impl Telling {
    /// When it is sent again, if it was refused and was not given up.
    fn again_at(&self) -> Option<Timestamp> {
        match self.state {
            State::Refused { again_at, .. } => again_at,
            _ => None,
        }
    }
}

impl Tellings {
    /// All of them, in the order in which they left.
    pub fn all(&self) -> &[Telling] {
        &self.0
    }

    /// There is something new to tell: nobody was told of that.
    pub fn forget(&mut self) {
        self.0.clear();
    }

    /// The same, but for those who refused until now: they are still to be tried again.
    pub fn forget_all_but_refused(&mut self) {
        self.0.retain(|telling| telling.again_at().is_some());
    }

    /// Whether it is time to tell somebody: they were not told yet, or it was refused a while ago.
    pub fn is_due(&self, channel: Channel, to: &str, now: Timestamp) -> bool {
        match self.telling(channel, to).map(|telling| &telling.state) {
            None => true,
            Some(State::Refused { again_at, .. }) => again_at.is_some_and(|at| at <= now),
            Some(State::Sending | State::Sent | State::InDoubt { .. }) => false,
        }
    }

    /// Whether somebody is being told, or whoever told them was not heard of again.
    pub fn is_sending(&self, channel: Channel, to: &str) -> bool {
        self.telling(channel, to).is_some_and(|telling| telling.state == State::Sending)
    }

    /// When it is tried again with somebody who was not reached.
    pub fn again_at(&self, channel: Channel, to: &str) -> Option<Timestamp> {
        self.telling(channel, to)?.again_at()
    }

    /// Why it is not tried any more with somebody who was not reached.
    pub fn given_up(&self, channel: Channel, to: &str) -> Option<&str> {
        match &self.telling(channel, to)?.state {
            State::Refused { reason, again_at: None } => Some(reason),
            _ => None,
        }
    }

    /// Somebody is about to be told.
    pub fn sending(&mut self, channel: Channel, to: &str) {
        match self.telling_mut(channel, to) {
            Some(telling) => {
                telling.tries += 1;
                telling.state = State::Sending;
            }
            None => self.0.push(Telling { channel, to: to.to_owned(), tries: 1, state: State::Sending }),
        }
    }

    /// It was taken.
    pub fn sent(&mut self, channel: Channel, to: &str) {
        self.came(channel, to, State::Sent);
    }

    /// It may have been taken.
    pub fn doubted(&mut self, channel: Channel, to: &str, reason: &str) {
        self.came(channel, to, State::InDoubt { reason: short(reason) });
    }

    /// It was not taken; `after_secs` is how long whoever refused asks for.
    pub fn refused(
        &mut self,
        channel: Channel,
        to: &str,
        (reason, after_secs): (&str, Option<i64>),
        patience: &Patience,
        now: Timestamp,
    ) {
        let tries = self.telling(channel, to).map_or(1, |telling| telling.tries);
        let again_at = patience.again_at(tries, after_secs, now);
        self.came(channel, to, State::Refused { reason: short(reason), again_at });
    }

    fn came(&mut self, channel: Channel, to: &str, state: State) {
        if let Some(telling) = self.telling_mut(channel, to) {
            telling.state = state;
        }
    }

    fn telling(&self, channel: Channel, to: &str) -> Option<&Telling> {
        self.0.iter().find(|telling| telling.channel == channel && telling.to == to)
    }

    fn telling_mut(&mut self, channel: Channel, to: &str) -> Option<&mut Telling> {
        self.0.iter_mut().find(|telling| telling.channel == channel && telling.to == to)
    }
}

/// Its beginning, whole letters only, and no signs that nobody writes.
fn short(reason: &str) -> String {
    let mut plain: String = reason.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    shorten(&mut plain, REASON_BYTES_MAX);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn patience() -> Patience {
        Patience { first_secs: 60, factor: 2, secs_max: 3600, tries_max: 3 }
    }

    fn secs(secs: i64) -> Timestamp {
        NOW + SignedDuration::from_secs(secs)
    }

    #[test]
    fn only_what_was_refused_is_sent_again() {
        type Row = (&'static str, fn(&mut Tellings), bool);
        let rows: [Row; 4] = [
            ("on its way, or lost with whoever sent it", |_| {}, false),
            ("taken", |tellings| tellings.sent(Channel::Slack, "#a"), false),
            ("in doubt", |tellings| tellings.doubted(Channel::Slack, "#a", "no answer"), false),
            ("refused", |tellings| tellings.refused(Channel::Slack, "#a", ("no", None), &patience(), NOW), true),
        ];
        for (name, came, again) in rows {
            let mut tellings = Tellings::default();
            assert!(tellings.is_due(Channel::Slack, "#a", NOW), "{name}: nobody was told yet");
            tellings.sending(Channel::Slack, "#a");
            assert!(tellings.is_sending(Channel::Slack, "#a") && !tellings.is_sending(Channel::Mail, "#a"), "{name}");
            came(&mut tellings);
            assert!(!tellings.is_due(Channel::Slack, "#a", NOW), "{name}");
            assert_eq!(tellings.is_due(Channel::Slack, "#a", secs(86_400)), again, "{name}");
            assert!(tellings.is_due(Channel::Mail, "#a", NOW), "{name}: another channel is another record");
            assert!(tellings.is_due(Channel::Slack, "#b", NOW), "{name}: somebody else is another record");
            tellings.forget();
            assert!(tellings.is_due(Channel::Slack, "#a", NOW), "{name}: it is about something new");
        }
    }

    #[test]
    fn each_refusal_waits_longer_and_the_last_ends_it() {
        let mut tellings = Tellings::default();
        let rows = [(None, Some(60)), (Some(900), Some(900)), (None, None)];
        for (after_secs, again) in rows {
            tellings.sending(Channel::Mail, "bea");
            tellings.refused(Channel::Mail, "bea", ("no", after_secs), &patience(), NOW);
            assert_eq!(tellings.again_at(Channel::Mail, "bea"), again.map(secs));
        }
        assert_eq!(tellings.given_up(Channel::Mail, "bea"), Some("no"));
        assert!(!tellings.is_due(Channel::Mail, "bea", secs(1_000_000)));
        assert_eq!(tellings.all().len(), 1, "tries are counted and not kept");
    }

    #[test]
    fn of_a_reason_whole_letters_are_kept_and_no_signs_that_nobody_writes() {
        let mut tellings = Tellings::default();
        tellings.sending(Channel::Mail, "bea");
        tellings.doubted(Channel::Mail, "bea", &"👩\u{1}".repeat(1_000));
        let kept = "👩 ".repeat(REASON_BYTES_MAX / 5);
        assert_eq!(tellings.all()[0].state, State::InDoubt { reason: kept });
    }
}
