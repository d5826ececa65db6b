//! What a customer is told once: stored before it leaves, and never repeated by itself once it may have been taken.

use crate::policy::{Patience, shorten};
use crate::telling::Channel;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How much is kept of a reason that somebody else wrote.
const REASON_BYTES_MAX: usize = 200;

/// One message to a customer. Whose address it goes to is read when it leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    pub channel: Channel,
    /// How often it was refused.
    pub refusals: u32,
    #[serde(flatten)]
    pub standing: Standing,
}

/// What has become of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Standing {
    Waiting {
        due_at: Timestamp,
    },
    /// Whoever is found so after that time was not heard of again.
    Sending {
        doubt_at: Timestamp,
    },
    Sent {
        at: Timestamp,
    },
    /// It may have been taken, and is not repeated.
    InDoubt {
        reason: String,
    },
    /// It is not sent, for good.
    Skipped {
        why: String,
    },
}

impl Notice {
    /// One that leaves from then on.
    pub fn new(channel: Channel, due_at: Timestamp) -> Self {
        Self { channel, refusals: 0, standing: Standing::Waiting { due_at } }
    }

    /// When it has to be looked at.
    pub fn wakes_at(&self) -> Option<Timestamp> {
        match self.standing {
            Standing::Waiting { due_at: at } | Standing::Sending { doubt_at: at } => Some(at),
            Standing::Sent { .. } | Standing::InDoubt { .. } | Standing::Skipped { .. } => None,
        }
    }

    /// Whether it is to leave now.
    pub fn is_due(&self, now: Timestamp) -> bool {
        matches!(self.standing, Standing::Waiting { due_at } if due_at <= now)
    }

    /// Whether nothing more becomes of it.
    pub fn is_over(&self) -> bool {
        self.wakes_at().is_none()
    }

    /// It is about to leave.
    pub fn begin(&mut self, doubt_at: Timestamp) {
        self.standing = Standing::Sending { doubt_at };
    }

    /// It waits for another time.
    pub fn put_off(&mut self, due_at: Timestamp) {
        if matches!(self.standing, Standing::Waiting { .. }) {
            self.standing = Standing::Waiting { due_at };
        }
    }

    /// It is not sent.
    pub fn skip(&mut self, why: &str) {
        if matches!(self.standing, Standing::Waiting { .. }) {
            self.standing = Standing::Skipped { why: why.to_owned() };
        }
    }

    /// It was taken.
    pub fn sent(&mut self, at: Timestamp) {
        if self.is_sending() {
            self.standing = Standing::Sent { at };
        }
    }

    /// Nobody knows whether it was taken: it was answered so or, where the time is given, not heard of for too long. Says
    /// whether that is so.
    pub fn doubt(&mut self, reason: &str, now: Option<Timestamp>) -> bool {
        let Standing::Sending { doubt_at } = self.standing else { return false };
        let is_so = now.is_none_or(|now| doubt_at <= now);
        if is_so {
            self.standing = Standing::InDoubt { reason: short(reason) };
        }
        is_so
    }

    /// It was not taken: it leaves again later, until it was refused too often.
    pub fn refused(&mut self, (reason, after_secs): (&str, Option<i64>), patience: &Patience, now: Timestamp) {
        if !self.is_sending() {
            return;
        }
        self.refusals += 1;
        self.standing = match patience.again_at(self.refusals, after_secs, now) {
            Some(due_at) => Standing::Waiting { due_at },
            None => Standing::Skipped { why: format!("it was refused: {}", short(reason)) },
        };
    }

    /// What was not taken on a phone is written instead.
    pub fn written_instead(&mut self, now: Timestamp) {
        if self.is_sending() {
            *self = Self::new(Channel::Mail, now);
        }
    }

    fn is_sending(&self) -> bool {
        matches!(self.standing, Standing::Sending { .. })
    }
}

fn short(reason: &str) -> String {
    let mut reason = reason.to_owned();
    shorten(&mut reason, REASON_BYTES_MAX);
    reason
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn patience() -> Patience {
        Patience { first_secs: 60, factor: 2, secs_max: 3600, tries_max: 2 }
    }

    #[test]
    fn it_leaves_once_unless_it_was_refused() {
        let mut notice = Notice::new(Channel::Sms, at(10));
        assert!(!notice.is_due(at(9)) && notice.is_due(at(10)));
        notice.sent(at(10));
        assert!(!notice.is_over(), "it had not left");
        notice.begin(at(100));
        assert!(!notice.is_due(at(50)), "it is on its way");
        assert!(!notice.doubt("nobody was heard of", Some(at(99))), "not yet");
        let mut lost = notice.clone();
        assert!(lost.doubt("nobody was heard of", Some(at(100))));
        lost.sent(at(101));
        assert!(matches!(lost.standing, Standing::InDoubt { .. }) && !lost.is_due(at(1_000)), "it is not repeated");
        let mut refused = notice.clone();
        refused.refused(("no", None), &patience(), at(20));
        assert!(refused.is_due(at(80)) && !refused.is_due(at(79)));
        refused.begin(at(200));
        refused.refused(("no", None), &patience(), at(90));
        assert_eq!(refused.standing, Standing::Skipped { why: "it was refused: no".to_owned() });
        let mut written = notice.clone();
        written.written_instead(at(30));
        assert_eq!(written, Notice::new(Channel::Mail, at(30)));
        notice.sent(at(40));
        notice.written_instead(at(50));
        assert_eq!((notice.standing.clone(), notice.channel), (Standing::Sent { at: at(40) }, Channel::Sms));
    }

    #[test]
    fn what_waits_can_be_put_off_or_left() {
        let mut notice = Notice::new(Channel::Mail, at(10));
        notice.put_off(at(90));
        assert_eq!(notice.wakes_at(), Some(at(90)));
        notice.skip("there is no address");
        notice.put_off(at(100));
        assert!(notice.is_over());
    }
}
