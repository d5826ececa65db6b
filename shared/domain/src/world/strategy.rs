//! Who decides when an open invoice is tried again, and what they are shown.

use super::history::{Asked, Chooses};
use super::play::FOLLOWED_DAYS;
use crate::book::{By, Tried};
use crate::event::Decline;
use crate::money::Money;
use jiff::{SignedDuration, Timestamp};

/// What the service would see of an invoice that failed, and of what came of it so far.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// Why it failed, with the country in which the card was issued.
    pub decline: &'a Decline,
    pub network: &'a str,
    pub funding: &'a str,
    pub issuer: &'a str,
    pub country: &'a str,
    /// Whether somebody looks after its customer, and for how long that is one, where it is known.
    pub strategic: bool,
    pub tenure_days: Option<i64>,
    pub amount: Money,
    pub failed_at: Timestamp,
    /// When it was tried again, each time in vain.
    pub tries: &'a [Timestamp],
    /// When its customer was written to.
    pub messages: &'a [Timestamp],
    /// For whoever knows the world: it is not shown outside of it.
    pub(super) cluster: usize,
    /// Which invoice it is, for whoever writes down what happened.
    pub number: u32,
}

impl Shown<'_> {
    /// The first failure, and each try in vain since.
    pub(super) fn tried(&self) -> Vec<Tried> {
        let again = self.tries.iter().map(|at| Tried::failed(*at, By::Recoup));
        std::iter::once(Tried::failed(self.failed_at, By::Provider)).chain(again).collect()
    }

    /// When the last of all that happened did.
    pub(super) fn last_at(&self) -> Timestamp {
        self.tries.iter().chain(self.messages).max().copied().unwrap_or(self.failed_at)
    }
}

/// What happens next to an open invoice, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    Try(Timestamp),
    Message(Timestamp),
}

impl Next {
    /// When it happens.
    pub fn at(self) -> Timestamp {
        match self {
            Self::Try(at) | Self::Message(at) => at,
        }
    }
}

/// A way to recover open invoices.
pub trait Strategy {
    /// As the report calls it.
    fn name(&self) -> String;

    /// What happens next, never before the last that happened; nothing if it gives up. It is asked when an invoice
    /// fails, and again after each try in vain and each message.
    fn next(&mut self, shown: &Shown<'_>) -> Option<Next>;

    /// How a try ended: what one may learn from, in the order of time over all invoices.
    fn tried(&mut self, _shown: &Shown<'_>, _at: Timestamp, _succeeded: bool) {}

    /// Nothing more comes of an invoice: it is paid, or not followed any longer.
    fn over(&mut self, _number: u32) {}
}

/// Tries on the same days, whatever the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixed(Vec<i64>);

/// What is no ladder of days.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no list of days such as 1,3,5,7,14: each later than the one before, from 1 to 30")]
pub struct NotALadder(String);

/// A span after a failure in which one try may be: later than its beginning, at its end at the latest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub from_day: i64,
    pub to_day: i64,
}

impl Fixed {
    /// Reads days such as `1,3,5,7,14`.
    pub fn parse(text: &str) -> Result<Self, NotALadder> {
        let wrong = || NotALadder(text.to_owned());
        let days = text.split(',').map(|day| day.trim().parse::<i64>().ok());
        let days: Vec<i64> = days.collect::<Option<_>>().ok_or_else(wrong)?;
        let rise = days.windows(2).all(|pair| pair[0] < pair[1]);
        if rise && days.iter().all(|day| (1..=FOLLOWED_DAYS).contains(day)) { Ok(Self(days)) } else { Err(wrong()) }
    }

    /// That of these days, each later than the one before.
    pub(super) fn on(days: Vec<i64>) -> Self {
        Self(days)
    }

    /// The gaps between its tries, each up to the later one.
    pub fn windows(&self) -> Vec<Window> {
        let begins = std::iter::once(0).chain(self.0.iter().copied());
        begins.zip(&self.0).map(|(from_day, to_day)| Window { from_day, to_day: *to_day }).collect()
    }
}

impl Strategy for Fixed {
    fn name(&self) -> String {
        let days: Vec<_> = self.0.iter().map(i64::to_string).collect();
        format!("fixed {}", days.join(","))
    }

    fn next(&mut self, shown: &Shown<'_>) -> Option<Next> {
        let day = self.0.get(shown.tries.len())?;
        Some(Next::Try(shown.failed_at + SignedDuration::from_hours(24 * day)))
    }
}

impl Chooses for Fixed {
    fn likely(&mut self, asked: &Asked<'_>) -> f64 {
        let own = self.next(&asked.shown).map(Next::at);
        f64::from(u8::from(own == asked.moment))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ladder_rises_within_thirty_days() {
        for (text, is_one) in [
            ("1,3,5,7,14", true),
            ("30", true),
            ("1, 2", true),
            ("", false),
            ("0,1", false),
            ("3,3", false),
            ("5,3", false),
            ("31", false),
            ("-1,2", false),
            ("1,,2", false),
            ("1.5", false),
            ("day 1", false),
        ] {
            let read = Fixed::parse(text);
            assert_eq!(read.is_ok(), is_one, "{text}");
            assert!(is_one || read.unwrap_err().to_string().contains(text), "{text}");
        }
    }

    #[test]
    fn windows_are_the_gaps_of_a_ladder() {
        let windows = Fixed::parse("1,3,14").unwrap().windows();
        let spans: Vec<_> = windows.iter().map(|window| (window.from_day, window.to_day)).collect();
        assert_eq!(spans, [(0, 1), (1, 3), (3, 14)]);
    }
}
