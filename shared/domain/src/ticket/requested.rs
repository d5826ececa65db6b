//! A filled-in form, until its sender has shown that the address is theirs: it becomes a ticket then, or vanishes.

use super::Wanted;
use crate::event::Event;
use crate::id::digest;
use crate::policy::{Limits, shorten};
use crate::telling::State;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

const REASON_BYTES_MAX: usize = 200;

/// What was asked for, the one message that asks whether it was really them, and what came of both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requested {
    /// Of the token of its link, which itself is nowhere.
    pub hash: String,
    /// What the token is computed from.
    pub id: String,
    /// Of which source the form was, as its address has it.
    pub source: String,
    /// Gone once it has become a ticket, or nobody confirmed it in time.
    pub wanted: Option<Wanted>,
    pub asked_at: Timestamp,
    pub expires_at: Timestamp,
    /// What came of the message; nothing yet, while it was not begun.
    pub mail: Option<State>,
    pub refusals: u32,
    pub confirmed_at: Option<Timestamp>,
    /// When somebody looks at it again.
    pub again_at: Option<Timestamp>,
}

/// What comes next of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The message is stored as leaving, and leaves.
    Send,
    /// Nobody knows whether it left: it is not repeated.
    Doubted,
    /// It becomes a ticket.
    Take,
    /// Its time is over.
    Forget,
    /// Not yet.
    Wait,
}

/// What was answered to the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mailed {
    Sent,
    Refused { reason: String, after_secs: Option<i64> },
    Unknown { reason: String },
}

impl Requested {
    /// The same words to the same source on the same day are the same one.
    pub fn id_of(source: &str, wanted: &Wanted, now: Timestamp) -> String {
        let day = now.strftime("%Y-%m-%d").to_string();
        let own = wanted.parts();
        let parts: Vec<&str> = [source, day.as_str()].into_iter().chain(own).collect();
        digest(&parts, 26)
    }

    /// Stored before anything leaves.
    pub fn new(hash: String, id: String, source: &str, wanted: Wanted, limits: &Limits, now: Timestamp) -> Self {
        let expires_at = now + SignedDuration::from_hours(limits.form.confirm_hours);
        Self {
            hash,
            id,
            source: source.to_owned(),
            wanted: Some(wanted),
            asked_at: now,
            expires_at,
            mail: None,
            refusals: 0,
            confirmed_at: None,
            again_at: Some(now),
        }
    }

    /// Its message leaves then and not before; its link is good for as long as any.
    pub fn put_off(mut self, until: Timestamp) -> Self {
        self.expires_at += until.duration_since(self.asked_at);
        Self { again_at: Some(until), ..self }
    }

    /// Whether it waits for its sender, and may be confirmed.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.wanted.is_some() && self.confirmed_at.is_none() && now < self.expires_at
    }

    /// Goes on, if it is time; whoever does what it says stores it first.
    pub fn go_on(&mut self, limits: &Limits, now: Timestamp) -> Step {
        if self.wanted.is_none() {
            return Step::Wait;
        }
        if self.confirmed_at.is_some() {
            return Step::Take;
        }
        if now >= self.expires_at {
            self.forget();
            return Step::Forget;
        }
        if self.again_at.is_some_and(|at| at > now) {
            return Step::Wait;
        }
        match &self.mail {
            None | Some(State::Refused { again_at: Some(_), .. }) => {
                self.mail = Some(State::Sending);
                self.again_at = Some(now + SignedDuration::from_mins(limits.sending_minutes_max));
                Step::Send
            }
            Some(State::Sending) => {
                self.mailed(Mailed::Unknown { reason: "it was never heard of again".to_owned() }, limits, now);
                Step::Doubted
            }
            Some(State::Sent | State::InDoubt { .. } | State::Refused { again_at: None, .. }) => Step::Wait,
        }
    }

    /// What came of the message that was leaving.
    pub fn mailed(&mut self, mailed: Mailed, limits: &Limits, now: Timestamp) {
        if self.mail != Some(State::Sending) {
            return;
        }
        let cut = |mut reason: String| {
            shorten(&mut reason, REASON_BYTES_MAX);
            reason
        };
        let (state, again_at) = match mailed {
            Mailed::Sent => (State::Sent, None),
            Mailed::Unknown { reason } => (State::InDoubt { reason: cut(reason) }, None),
            Mailed::Refused { reason, after_secs } => {
                self.refusals += 1;
                let again_at = limits.telling.again_at(self.refusals, after_secs, now);
                (State::Refused { reason: cut(reason), again_at }, again_at)
            }
        };
        self.mail = Some(state);
        // Once it was confirmed it waits for being a ticket, whatever is said of its message.
        if self.confirmed_at.is_none() {
            self.again_at = Some(again_at.unwrap_or(self.expires_at));
        }
    }

    /// Its sender has pressed the button: whether that was in time. A second time is as good.
    pub fn confirm(&mut self, limits: &Limits, now: Timestamp) -> bool {
        if self.confirmed_at.is_some() {
            return true;
        }
        let is_open = self.is_open(now);
        if is_open {
            self.confirmed_at = Some(now);
            self.again_at = Some(now + SignedDuration::from_secs(limits.alarm_lease_secs));
        }
        is_open
    }

    /// What it tells as a ticket, once it was confirmed: always the same.
    pub fn event(&self) -> Option<Event> {
        let (wanted, at) = self.wanted.as_ref().zip(self.confirmed_at)?;
        Some(wanted.event(&self.source, &format!("req_{}", digest(&[&self.hash], 20)), at))
    }

    /// Keeps that there was one, and nothing of what was written.
    pub fn forget(&mut self) {
        (self.wanted, self.again_at) = (None, None);
    }
}

/// Who sent how many forms since when: a sender, an address or a source, of which only a digest is kept. Among them are
/// those that are mailed later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Knocks {
    pub who: String,
    pub since: Timestamp,
    pub count: u32,
}

/// Of whom forms are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Sender,
    Address,
    Source,
    /// Of a source, those that are the first of their sender.
    First,
}

impl Who {
    /// As it stands in what the digest is made of.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sender => "sender",
            Self::Address => "address",
            Self::Source => "source",
            Self::First => "first",
        }
    }

    /// How many pass within a window.
    fn max(self, limits: &Limits) -> u32 {
        match self {
            Self::Sender => limits.form.per_sender_max,
            Self::Address => limits.form.per_address_max,
            Self::Source => limits.form.per_source_max,
            Self::First => limits.form.per_source_first_max,
        }
    }

    /// How many more are kept for later ones.
    fn later_max(self, limits: &Limits) -> u32 {
        match self {
            Self::Sender | Self::Address => 0,
            Self::Source | Self::First => limits.form.per_source_later_max,
        }
    }
}

impl Knocks {
    /// Counts one more; none where it were too many within the window, with those that wait for a later one.
    pub fn one_more(before: Option<Self>, who: (Who, &str), limits: &Limits, now: Timestamp) -> Option<Self> {
        let (kind, who) = who;
        let fresh = || Self { who: who.to_owned(), since: now, count: 0 };
        let standing = before.map(|it| it.left(kind, limits, now)).filter(|it| it.count > 0).unwrap_or_else(fresh);
        let most = kind.max(limits).saturating_add(kind.later_max(limits));
        (standing.count < most).then(|| Self { count: standing.count + 1, ..standing })
    }

    /// What is left of it by now: with each window that is over, as many have gone as pass within one.
    fn left(self, kind: Who, limits: &Limits, now: Timestamp) -> Self {
        let window = 60 * limits.form.window_minutes;
        let over = (now.duration_since(self.since).as_secs() / window).max(0);
        let gone = u32::try_from(over).unwrap_or(u32::MAX).saturating_mul(kind.max(limits));
        let since = self.since + SignedDuration::from_secs(over * window);
        Self { since, count: self.count.saturating_sub(gone), ..self }
    }

    /// From when on the message of the one that was counted last may leave.
    pub fn leaves_at(&self, kind: Who, limits: &Limits) -> Timestamp {
        let later = self.count.saturating_sub(1) / kind.max(limits);
        self.since + SignedDuration::from_mins(limits.form.window_minutes * i64::from(later))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::Reason;
    use crate::policies::Policies;

    const MINUTE: SignedDuration = SignedDuration::from_mins(1);

    fn now() -> Timestamp {
        "2026-03-01T09:00:00Z".parse().unwrap()
    }

    fn wanted() -> Wanted {
        Wanted {
            email: "ada@shop.example".into(),
            invoice: Some("INV-1".into()),
            last4: None,
            amount: None,
            reason: Reason::DuplicateCharge,
            text: "twice".into(),
            language: "en".into(),
        }
    }

    fn requested(limits: &Limits) -> Requested {
        Requested::new("h".into(), "i".into(), "stripe.default", wanted(), limits, now())
    }

    #[test]
    fn its_message_leaves_once_and_it_is_a_ticket_only_when_it_was_confirmed() {
        let policies = Policies::shipped().unwrap();
        let limits = policies.limits.current();
        let mut it = requested(limits);
        assert_eq!(it.go_on(limits, now()), Step::Send);
        assert_eq!(it.go_on(limits, now()), Step::Wait, "it is leaving");
        it.mailed(Mailed::Refused { reason: "busy".into(), after_secs: None }, limits, now());
        assert_eq!(it.go_on(limits, now()), Step::Wait, "whoever refuses is left alone");
        assert_eq!(it.go_on(limits, now() + MINUTE), Step::Send);
        it.mailed(Mailed::Sent, limits, now() + MINUTE);
        it.mailed(Mailed::Refused { reason: "late".into(), after_secs: None }, limits, now() + MINUTE);
        assert_eq!((it.mail.clone(), it.event()), (Some(State::Sent), None));
        let end = it.expires_at;
        assert_eq!(it.again_at, Some(end));
        assert!(!it.clone().confirm(limits, end), "exactly a day is too late");
        assert!(it.confirm(limits, end - MINUTE) && it.confirm(limits, end + MINUTE), "twice is as good");
        assert_eq!(it.go_on(limits, end + MINUTE), Step::Take);
        let event = it.event().unwrap();
        assert_eq!((Some(event.at), event.source.as_str()), (it.confirmed_at, "stripe.default"));
        assert_eq!(it.event(), Some(event), "a repeat is the same event");
        it.forget();
        assert_eq!((it.go_on(limits, end), it.event()), (Step::Wait, None));
    }

    #[test]
    fn what_nobody_confirms_vanishes_and_what_may_have_left_is_not_repeated() {
        let policies = Policies::shipped().unwrap();
        let limits = policies.limits.current();
        let mut it = requested(limits);
        assert_eq!(it.go_on(limits, now()), Step::Send);
        let doubt_at = it.again_at.unwrap();
        assert_eq!(it.go_on(limits, doubt_at), Step::Doubted);
        assert_eq!(it.go_on(limits, doubt_at + MINUTE), Step::Wait);
        assert_eq!(it.go_on(limits, it.expires_at), Step::Forget);
        assert_eq!((it.wanted.clone(), it.again_at, it.is_open(now())), (None, None, false));
    }

    #[test]
    fn the_same_words_of_a_day_are_one() {
        let id = |source: &str, wanted: &Wanted, at: Timestamp| Requested::id_of(source, wanted, at);
        let first = id("stripe.default", &wanted(), now());
        assert_eq!(id("stripe.default", &wanted(), now() + MINUTE), first);
        let other = Wanted { email: "eve@shop.example".into(), ..wanted() };
        let moved = Wanted { invoice: None, last4: Some("INV-1".into()), ..wanted() };
        for (what, other) in [
            ("another source", id("mollie.default", &wanted(), now())),
            ("another address", id("stripe.default", &other, now())),
            ("another field", id("stripe.default", &moved, now())),
            ("another day", id("stripe.default", &wanted(), now() + SignedDuration::from_hours(24))),
        ] {
            assert_ne!(other, first, "{what}");
        }
    }

    #[test]
    fn so_many_pass_within_a_window_and_no_more() {
        let policies = Policies::shipped().unwrap();
        let limits = policies.limits.current();
        let max = limits.form.per_address_max;
        let window = SignedDuration::from_mins(limits.form.window_minutes);
        let one = |before, at| Knocks::one_more(before, (Who::Address, "a"), limits, at);
        let mut standing = None;
        for number in 1..=max {
            standing = one(standing, now());
            assert_eq!(standing.as_ref().map(|it| it.count), Some(number));
        }
        assert_eq!(one(standing.clone(), now() + window - MINUTE), None, "one too many");
        let next = one(standing, now() + window).unwrap();
        assert_eq!((next.count, next.since), (1, now() + window), "another window");
    }

    #[test]
    fn what_is_too_much_for_a_source_leaves_within_later_windows() {
        let policies = Policies::shipped().unwrap();
        let mut limits = policies.limits.current().clone();
        (limits.form.per_source_max, limits.form.per_source_later_max) = (3, 4);
        let window = SignedDuration::from_mins(limits.form.window_minutes);
        let one = |before, at| Knocks::one_more(before, (Who::Source, "s"), &limits, at);
        let mut standing = None;
        for (number, windows) in [0, 0, 0, 1, 1, 1, 2].into_iter().enumerate() {
            standing = one(standing, now() + MINUTE * i32::try_from(number).unwrap());
            let leaves_at = standing.as_ref().map(|it| it.leaves_at(Who::Source, &limits));
            assert_eq!(leaves_at, Some(now() + window * windows), "the form after {number} others");
        }
        assert_eq!(one(standing.clone(), now() + window - MINUTE), None, "no more of them are kept");
        for (name, at, count, leaves_at) in [
            ("four wait, and three of them leave with this window", 1, 5, 2),
            ("one is left", 2, 2, 2),
            ("all have left, and a window begins", 3, 1, 3),
        ] {
            let next = one(standing.clone(), now() + window * at).unwrap();
            assert_eq!(
                (next.count, next.leaves_at(Who::Source, &limits)),
                (count, now() + window * leaves_at),
                "{name}"
            );
        }
    }

    #[test]
    fn what_is_put_off_leaves_then_and_its_link_is_good_for_as_long_as_any() {
        let policies = Policies::shipped().unwrap();
        let limits = policies.limits.current();
        let (at_once, later) = (requested(limits), now() + SignedDuration::from_mins(90));
        let mut it = at_once.clone().put_off(later);
        assert_eq!((it.go_on(limits, later - MINUTE), it.go_on(limits, later)), (Step::Wait, Step::Send));
        assert_eq!(it.expires_at.duration_since(later), at_once.expires_at.duration_since(now()));
        assert_eq!(at_once.clone().put_off(now()), at_once);
    }
}
