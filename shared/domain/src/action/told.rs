//! Who was told what of an action: each message to each of them is a record of its own, with its own outcome.

use crate::policy::Patience;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How many of the messages that asked are kept in mind.
const MESSAGES_MAX: usize = 20;
/// How much is kept of a reason that somebody else wrote, and of the name of a place.
const REASON_BYTES_MAX: usize = 200;
const PLACE_BYTES_MAX: usize = 255;

/// The way by which people are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// To somebody's address.
    Mail,
    /// To a channel or to somebody there.
    Slack,
}

/// Why people are asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Nobody has heard of it yet.
    #[default]
    First,
    /// Nobody has decided for a while.
    Reminder,
    /// The next role is asked as well.
    Escalation,
    /// It would have lapsed, and must not.
    Again,
}

/// Who has been asked to decide so far, and what people were told last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Told {
    /// When they were reminded.
    pub reminded_at: Option<Timestamp>,
    /// The next role was asked as well.
    pub escalated_at: Option<Timestamp>,
    /// When somebody is asked again.
    pub next_at: Option<Timestamp>,
    /// Where the messages stand that ask for it, to take their buttons away.
    pub messages: Vec<String>,
    /// How the customer was sent their link, or that they have left.
    #[serde(alias = "link")]
    pub customer: Option<Sent>,
    /// How often there was something new to tell the staff.
    round: u32,
    why: Why,
    /// What was told in this round, and by which way to whom.
    tellings: Vec<Telling>,
    /// Whether what follows from its end has been done.
    followed: bool,
}

/// How something was sent to the customer. A message is sent at most once: what stays `sending` is in doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sent {
    Sending,
    Sent,
    Refused,
    NoAddress,
}

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
    pub state: TellingState,
}

/// What came of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum TellingState {
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

impl Told {
    /// There is something new to tell: whoever was told before is told of that, once.
    pub fn begin(&mut self, why: Why) {
        self.round += 1;
        self.why = why;
        self.tellings.clear();
        self.followed = false;
    }

    /// The number of what is told now: what came of an earlier round concerns nobody any more.
    pub fn round(&self) -> u32 {
        self.round
    }

    /// Why people are asked now.
    pub fn why(&self) -> Why {
        self.why
    }

    /// What was told in this round.
    pub fn tellings(&self) -> &[Telling] {
        &self.tellings
    }

    /// What follows from its end has been done.
    pub fn follow(&mut self) {
        self.followed = true;
    }

    /// Whether what follows from its end has been done.
    pub fn has_followed(&self) -> bool {
        self.followed
    }

    /// Whether it is time to tell somebody: they were not told yet, or it was refused a while ago.
    pub fn is_due(&self, channel: Channel, to: &str, now: Timestamp) -> bool {
        match self.telling(channel, to).map(|telling| &telling.state) {
            None => true,
            Some(TellingState::Refused { again_at, .. }) => again_at.is_some_and(|at| at <= now),
            Some(TellingState::Sending | TellingState::Sent | TellingState::InDoubt { .. }) => false,
        }
    }

    /// When it is tried again with somebody who was not reached.
    pub fn again_at(&self, channel: Channel, to: &str) -> Option<Timestamp> {
        match self.telling(channel, to)?.state {
            TellingState::Refused { again_at, .. } => again_at,
            _ => None,
        }
    }

    /// Why it is not tried any more with somebody who was not reached.
    pub fn given_up(&self, channel: Channel, to: &str) -> Option<&str> {
        match &self.telling(channel, to)?.state {
            TellingState::Refused { reason, again_at: None } => Some(reason),
            _ => None,
        }
    }

    /// Somebody is about to be told.
    pub fn sending(&mut self, channel: Channel, to: &str) {
        match self.telling_mut(channel, to) {
            Some(telling) => {
                telling.tries += 1;
                telling.state = TellingState::Sending;
            }
            None => self.tellings.push(Telling { channel, to: to.to_owned(), tries: 1, state: TellingState::Sending }),
        }
    }

    /// It was taken.
    pub fn sent(&mut self, channel: Channel, to: &str) {
        self.came(channel, to, TellingState::Sent);
    }

    /// It may have been taken.
    pub fn doubted(&mut self, channel: Channel, to: &str, reason: &str) {
        self.came(channel, to, TellingState::InDoubt { reason: short(reason) });
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
        let asked = SignedDuration::from_secs(after_secs.unwrap_or_default());
        let again_at = patience.wait(tries).map(|wait| now + wait.max(asked));
        self.came(channel, to, TellingState::Refused { reason: short(reason), again_at });
    }

    /// A message that asks stands there. The oldest is forgotten before there are too many.
    pub fn stands(&mut self, place: &str) {
        // What is so long names no message, and nobody would find it there.
        if place.len() > PLACE_BYTES_MAX {
            return;
        }
        self.messages.push(place.to_owned());
        let old = self.messages.len().saturating_sub(MESSAGES_MAX);
        self.messages.drain(..old);
    }

    fn came(&mut self, channel: Channel, to: &str, state: TellingState) {
        if let Some(telling) = self.telling_mut(channel, to) {
            telling.state = state;
        }
    }

    fn telling(&self, channel: Channel, to: &str) -> Option<&Telling> {
        self.tellings.iter().find(|telling| telling.channel == channel && telling.to == to)
    }

    fn telling_mut(&mut self, channel: Channel, to: &str) -> Option<&mut Telling> {
        self.tellings.iter_mut().find(|telling| telling.channel == channel && telling.to == to)
    }
}

/// Its beginning, whole letters only, and nothing that takes more room than a letter.
fn short(reason: &str) -> String {
    let plain = reason.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    let mut taken = 0;
    let fits = |letter: &char| {
        taken += letter.len_utf8();
        taken <= REASON_BYTES_MAX
    };
    plain.take_while(fits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn patience() -> Patience {
        Patience { first_secs: 60, factor: 2, secs_max: 3600, tries_max: 3, people_max: 20 }
    }

    fn secs(secs: i64) -> Timestamp {
        NOW + SignedDuration::from_secs(secs)
    }

    #[test]
    fn only_what_was_refused_is_sent_again() {
        type Row = (&'static str, fn(&mut Told), bool);
        let rows: [Row; 4] = [
            ("on its way, or lost with whoever sent it", |_| {}, false),
            ("taken", |told| told.sent(Channel::Slack, "#a"), false),
            ("in doubt", |told| told.doubted(Channel::Slack, "#a", "no answer"), false),
            ("refused", |told| told.refused(Channel::Slack, "#a", ("no", None), &patience(), NOW), true),
        ];
        for (name, came, again) in rows {
            let mut told = Told::default();
            assert!(told.is_due(Channel::Slack, "#a", NOW), "{name}: nobody was told yet");
            told.sending(Channel::Slack, "#a");
            came(&mut told);
            assert!(!told.is_due(Channel::Slack, "#a", NOW), "{name}");
            assert_eq!(told.is_due(Channel::Slack, "#a", secs(86_400)), again, "{name}");
            assert!(told.is_due(Channel::Mail, "#a", NOW), "{name}: another channel is another record");
            assert!(told.is_due(Channel::Slack, "#b", NOW), "{name}: somebody else is another record");
            told.begin(Why::Reminder);
            assert!(told.is_due(Channel::Slack, "#a", NOW), "{name}: a reminder is something new");
        }
    }

    #[test]
    fn each_refusal_waits_longer_and_the_last_ends_it() {
        let mut told = Told::default();
        let rows = [(None, Some(60)), (Some(900), Some(900)), (None, None)];
        for (after_secs, again) in rows {
            told.sending(Channel::Mail, "bea");
            told.refused(Channel::Mail, "bea", ("no", after_secs), &patience(), NOW);
            assert_eq!(told.again_at(Channel::Mail, "bea"), again.map(secs));
        }
        assert_eq!(told.given_up(Channel::Mail, "bea"), Some("no"));
        assert!(!told.is_due(Channel::Mail, "bea", secs(1_000_000)));
        assert_eq!(told.tellings().len(), 1, "tries are counted and not kept");
    }

    #[test]
    fn what_is_kept_does_not_grow_for_ever() {
        let mut told = Told::default();
        for number in 0..50 {
            told.begin(Why::Again);
            told.sending(Channel::Slack, "#a");
            told.sent(Channel::Slack, "#a");
            told.stands(&number.to_string());
        }
        told.stands(&"x".repeat(PLACE_BYTES_MAX + 1));
        assert_eq!((told.tellings().len(), told.messages.len()), (1, MESSAGES_MAX));
        assert_eq!(told.messages.last().map(String::as_str), Some("49"), "a place that is too long is none");
        told.sending(Channel::Mail, "bea");
        told.doubted(Channel::Mail, "bea", &"👩\u{1}".repeat(1_000));
        let Some(TellingState::InDoubt { reason }) = told.tellings().last().map(|telling| &telling.state) else {
            panic!("{told:?}")
        };
        assert_eq!(*reason, "👩 ".repeat(REASON_BYTES_MAX / 5), "whole letters, and no signs that nobody writes");
        assert_eq!(told.messages.last().map(String::as_str), Some("49"));
    }

    #[test]
    fn what_was_stored_before_there_were_tellings_is_still_read() {
        let mut told: Told = serde_json::from_str(r#"{"messages":["C1/1.2"],"link":"sent"}"#).unwrap();
        assert_eq!((told.customer, told.why()), (Some(Sent::Sent), Why::First));
        assert!(told.tellings().is_empty());
        told.sending(Channel::Slack, "#a");
        told.refused(Channel::Slack, "#a", ("no", None), &patience(), NOW);
        let again: Told = serde_json::from_str(&serde_json::to_string(&told).unwrap()).unwrap();
        assert_eq!(again, told);
    }
}
