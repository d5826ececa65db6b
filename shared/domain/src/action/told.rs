//! Who was told what of an action, round by round.

use crate::telling::Tellings;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How many of the messages that asked are kept in mind.
const MESSAGES_MAX: usize = 20;
/// How much is kept of the name of a place.
const PLACE_BYTES_MAX: usize = 255;

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
    tellings: Tellings,
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

impl Told {
    /// There is something new to tell: whoever was told before is told of that, once. A reminder is no news to those who
    /// refused until now: they are still to be tried again.
    pub fn begin(&mut self, why: Why) {
        self.round += 1;
        self.why = why;
        if why == Why::Reminder {
            self.tellings.forget_all_but_refused();
        } else {
            self.tellings.forget();
        }
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
    pub fn tellings(&self) -> &Tellings {
        &self.tellings
    }

    /// The same, to note what came of one.
    pub fn tellings_mut(&mut self) -> &mut Tellings {
        &mut self.tellings
    }

    /// What follows from its end has been done.
    pub fn follow(&mut self) {
        self.followed = true;
    }

    /// Whether what follows from its end has been done.
    pub fn has_followed(&self) -> bool {
        self.followed
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Patience;
    use crate::telling::Channel;
    use jiff::SignedDuration;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn patience() -> Patience {
        Patience { first_secs: 60, factor: 2, secs_max: 3600, tries_max: 3 }
    }

    fn secs(secs: i64) -> Timestamp {
        NOW + SignedDuration::from_secs(secs)
    }

    #[test]
    fn a_reminder_leaves_those_alone_who_refuse_and_tries_them_at_their_own_time() {
        let refused = |told: &mut Tellings| told.refused(Channel::Mail, "bea", ("no", Some(900)), &patience(), NOW);
        let given_up = |told: &mut Tellings| {
            let once = Patience { tries_max: 1, ..patience() };
            told.refused(Channel::Mail, "bea", ("no", None), &once, NOW);
        };
        // When they can be tried at the earliest; whoever is not known any more is told like anybody else.
        type Row = (&'static str, fn(&mut Tellings), Why, i64, u32);
        let rows: [Row; 7] = [
            ("refused, then a reminder", refused, Why::Reminder, 900, 1),
            ("refused, then the next role", refused, Why::Escalation, 0, 0),
            ("refused, then all again", refused, Why::Again, 0, 0),
            ("given up, then a reminder", given_up, Why::Reminder, 0, 0),
            ("on its way, then a reminder", |_| {}, Why::Reminder, 0, 0),
            ("taken, then a reminder", |told| told.sent(Channel::Mail, "bea"), Why::Reminder, 0, 0),
            ("in doubt, then a reminder", |told| told.doubted(Channel::Mail, "bea", "?"), Why::Reminder, 0, 0),
        ];
        for (name, came, why, due_secs, tries) in rows {
            let mut told = Told::default();
            told.tellings_mut().sending(Channel::Mail, "bea");
            came(told.tellings_mut());
            told.begin(why);
            let tellings = told.tellings();
            let is_due = |at: i64| tellings.is_due(Channel::Mail, "bea", secs(at));
            assert_eq!((is_due(due_secs - 1), is_due(due_secs)), (due_secs == 0, true), "{name}");
            assert_eq!(tellings.again_at(Channel::Mail, "bea").is_some(), due_secs > 0, "{name}");
            assert_eq!(tellings.all().iter().map(|telling| telling.tries).sum::<u32>(), tries, "{name}");
        }
    }

    #[test]
    fn what_is_kept_does_not_grow_for_ever() {
        let mut told = Told::default();
        for number in 0..50 {
            told.begin(Why::Again);
            told.tellings_mut().sending(Channel::Slack, "#a");
            told.tellings_mut().sent(Channel::Slack, "#a");
            told.stands(&number.to_string());
        }
        told.stands(&"x".repeat(PLACE_BYTES_MAX + 1));
        assert_eq!((told.tellings().all().len(), told.messages.len()), (1, MESSAGES_MAX));
        assert_eq!(told.messages.last().map(String::as_str), Some("49"));
    }

    #[test]
    fn what_was_stored_before_there_were_tellings_is_still_read() {
        let mut told: Told = serde_json::from_str(r#"{"messages":["C1/1.2"],"link":"sent"}"#).unwrap();
        assert_eq!((told.customer, told.why()), (Some(Sent::Sent), Why::First));
        assert!(told.tellings().all().is_empty());
        told.tellings_mut().sending(Channel::Slack, "#a");
        told.tellings_mut().refused(Channel::Slack, "#a", ("no", None), &patience(), NOW);
        let again: Told = serde_json::from_str(&serde_json::to_string(&told).unwrap()).unwrap();
        assert_eq!(again, told);
    }
}
