//! One configured account of a provider: what it takes in, and how far Recoup may go with it.

use crate::staff::{Role, Staff};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How it is set, who wants that changed, and who has changed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    pub provider: String,
    pub source: String,
    pub mode: Mode,
    pub acting: Acting,
    /// Exactly one party tries failed payments again, writes to the customer, and ends subscriptions.
    pub retries: Party,
    pub messages: Party,
    pub cancels: Party,
    /// What somebody asked for and another person has not yet confirmed.
    pub asked: Option<Change>,
    /// Who changed it, oldest first.
    pub changes: Vec<Change>,
}

/// What somebody wants of a source; what is not named stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    pub mode: Option<Mode>,
    pub acting: Option<Acting>,
    pub retries: Option<Party>,
    pub messages: Option<Party>,
    pub cancels: Option<Party>,
}

/// A wish that was granted or still waits, with the second person where it takes one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    #[serde(flatten)]
    pub wish: Wish,
    pub by: String,
    pub confirmed_by: Option<String>,
    pub at: Timestamp,
}

/// How a wish ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Granted {
    Done,
    /// It lets more leave than before: another person must ask for the same.
    NeedsAnother,
}

/// Why a wish is refused, in the order of the checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("only a manager or a VP may change a source")]
    NotPermitted,
    #[error("you asked for this yourself: another manager or a VP must ask for the same")]
    OwnRequest,
}

/// Which deliveries are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    Live,
    Test,
    Both,
}

/// How far Recoup may go, in rising order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Acting {
    /// Nothing leaves.
    Observe,
    /// People may act; nothing is sent or tried on a schedule.
    Assist,
    Act,
}

/// Who of the two does what only one may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    Provider,
    Recoup,
}

impl Source {
    /// A source that was just connected: live deliveries are read, and nothing leaves.
    pub fn new(provider: &str, source: &str) -> Self {
        Self {
            provider: provider.to_owned(),
            source: source.to_owned(),
            mode: Mode::Live,
            acting: Acting::Observe,
            retries: Party::Provider,
            messages: Party::Provider,
            cancels: Party::Provider,
            asked: None,
            changes: Vec::new(),
        }
    }

    /// Takes a wish: what lets less leave is done at once, what lets more leave needs a second person.
    pub fn wish(&mut self, wish: &Wish, staff: &Staff, now: Timestamp) -> Result<Granted, Refused> {
        if !matches!(staff.role, Role::Manager | Role::Vp) {
            return Err(Refused::NotPermitted);
        }
        let by_us = |party: Option<Party>, standing| party == Some(Party::Recoup) && standing == Party::Provider;
        let raises = wish.acting.is_some_and(|acting| acting > self.acting)
            || by_us(wish.retries, self.retries)
            || by_us(wish.messages, self.messages)
            || by_us(wish.cancels, self.cancels);
        let change = |by: &str, confirmed_by| Change { wish: wish.clone(), by: by.to_owned(), confirmed_by, at: now };
        let done = match self.asked.take().filter(|asked| asked.wish == *wish) {
            _ if !raises => change(&staff.id, None),
            Some(asked) if asked.by == staff.id => {
                self.asked = Some(asked);
                return Err(Refused::OwnRequest);
            }
            Some(asked) => change(&asked.by, Some(staff.id.clone())),
            None => {
                self.asked = Some(change(&staff.id, None));
                return Ok(Granted::NeedsAnother);
            }
        };
        self.mode = wish.mode.unwrap_or(self.mode);
        self.acting = wish.acting.unwrap_or(self.acting);
        self.retries = wish.retries.unwrap_or(self.retries);
        self.messages = wish.messages.unwrap_or(self.messages);
        self.cancels = wish.cancels.unwrap_or(self.cancels);
        self.changes.push(done);
        Ok(Granted::Done)
    }

    /// Whether scheduled messages of ours go to its customers.
    pub fn writes(&self) -> bool {
        self.acting == Acting::Act && self.messages == Party::Recoup
    }

    /// A source of the local service: it takes everything and acts, with retries and messages by Recoup.
    pub fn local(provider: &str, source: &str) -> Self {
        Self {
            mode: Mode::Both,
            acting: Acting::Act,
            retries: Party::Recoup,
            messages: Party::Recoup,
            ..Self::new(provider, source)
        }
    }

    /// Whether a delivery is of the wanted mode; where a provider does not say, the source's own endpoint decides.
    pub fn takes(&self, live: Option<bool>) -> bool {
        match (self.mode, live) {
            (Mode::Both, _) | (_, None) => true,
            (Mode::Live, Some(live)) => live,
            (Mode::Test, Some(live)) => !live,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_takes_its_mode_and_what_has_none() {
        for (mode, live, test) in [(Mode::Live, true, false), (Mode::Test, false, true), (Mode::Both, true, true)] {
            let source = Source { mode, ..Source::new("stripe", "default") };
            assert_eq!(
                (source.takes(Some(true)), source.takes(Some(false)), source.takes(None)),
                (live, test, true),
                "{mode:?}"
            );
        }
    }

    #[test]
    fn what_lets_more_leave_needs_two_people() {
        let now = Timestamp::UNIX_EPOCH;
        let staff = |id: &str, role| Staff { id: id.into(), name: id.into(), role, email: String::new(), slack: None };
        let (mara, marc, lena) = (staff("mara", Role::Manager), staff("marc", Role::Manager), staff("lena", Role::L1));
        let mut source = Source::new("stripe", "default");
        let act = Wish { acting: Some(Acting::Act), ..Wish::default() };
        assert_eq!(source.wish(&act, &lena, now), Err(Refused::NotPermitted));
        assert_eq!(source.wish(&act, &mara, now), Ok(Granted::NeedsAnother));
        assert_eq!(source.acting, Acting::Observe, "nothing has changed yet");
        assert_eq!(source.wish(&act, &mara, now), Err(Refused::OwnRequest));
        assert_eq!(source.wish(&act, &marc, now), Ok(Granted::Done));
        assert_eq!((source.acting, source.asked.is_none()), (Acting::Act, true));
        let last = source.changes.last().unwrap();
        assert_eq!((last.by.as_str(), last.confirmed_by.as_deref()), ("mara", Some("marc")));
        let observe = Wish { acting: Some(Acting::Observe), ..Wish::default() };
        assert_eq!(source.wish(&observe, &mara, now), Ok(Granted::Done), "less may leave at once");
    }
}
