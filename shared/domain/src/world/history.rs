//! What would another way to recover have made of one's own history? It is told from what was chosen there, and how
//! likely each choice was.

use super::play::FOLLOWED_DAYS;
use super::strategy::{Shown, Strategy};
use crate::dunning::{Ended, Outcome};
use crate::money::{Currency, Money};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use timing::{End, Past, Worth, thousandths, worth};

const HOURS: u32 = 24 * FOLLOWED_DAYS as u32;
const HOUR: f64 = 3600.0;
/// Where more of what it would have done was never done, nothing is said of what would have come of it.
const UNSEEN_MAX: f64 = 0.5;

/// Whoever can be judged by what others chose.
pub trait Chooses: Strategy {
    /// How likely it would have chosen the same.
    fn likely(&mut self, asked: &Asked<'_>) -> f64;
}

/// What was chosen, and what was known by then.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub shown: Shown<'a>,
    pub segment: &'a str,
    pub chosen_at: Timestamp,
    /// Nothing, where it was chosen not to try again.
    pub moment: Option<Timestamp>,
}

/// What would have come of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Judged {
    pub policy: String,
    /// Those in which Recoup has chosen.
    pub recoveries: u64,
    /// How many of them are open yet: they count as far as they were seen.
    pub open: u64,
    /// Lines of other recoveries, or of none.
    pub left_out: u64,
    pub choices: u64,
    /// How many of the choices it would never have made.
    pub unlike: u64,
    /// What came of the history itself.
    pub was: Share,
    pub would_be: Share,
}

/// What part of all recoveries is paid within 30 days, by whomever; parts are in thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Share {
    /// Nothing, where that cannot be known.
    pub share: Option<u32>,
    /// Between these it lies, 19 times of 20.
    pub low: u32,
    pub high: u32,
    /// As many recoveries would tell as much that were its own.
    pub effective: u32,
    /// What part of what it would have done was never done.
    pub unseen: u32,
    /// For how many days enough were followed; what is paid later is not in the share.
    pub days: u32,
}

#[derive(Default)]
struct Counted {
    choices: u64,
    unlike: u64,
}

/// Judges it by how tries ended and how they were chosen. Letters, and what customers do by themselves, are taken to be
/// what they were. It needs `least` recoveries that count in full to say anything.
pub fn judge(outcomes: &[Outcome], chooser: &mut dyn Chooses, least: u32) -> Judged {
    let mut recoveries: BTreeMap<&str, Vec<&Outcome>> = BTreeMap::new();
    for outcome in outcomes.iter().filter(|outcome| !outcome.recovery.is_empty()) {
        recoveries.entry(&outcome.recovery).or_default().push(outcome);
    }
    let mut counted = Counted::default();
    let (mut pasts, mut left_out) = (Vec::new(), outcomes.iter().filter(|it| it.recovery.is_empty()).count());
    for (number, lines) in (0..).zip(recoveries.values_mut()) {
        lines.sort_by_key(|line| (line.tries_before, line.tried_at));
        match past(number, lines, chooser, &mut counted) {
            Some(past) => pasts.push(past),
            None => left_out += lines.len(),
        }
    }
    let own: Vec<Past> = pasts.iter().map(|past| Past { choices: Vec::new(), end: past.end }).collect();
    Judged {
        policy: chooser.name(),
        recoveries: pasts.len() as u64,
        open: pasts.iter().filter(|past| matches!(past.end, End::Open(hour) if hour < HOURS)).count() as u64,
        left_out: left_out as u64,
        choices: counted.choices,
        unlike: counted.unlike,
        was: Share::of(&worth(&own, HOURS), least),
        would_be: Share::of(&worth(&pasts, HOURS), least),
    }
}

/// Nothing where Recoup has chosen nothing, or nobody knows how it stands.
fn past(number: u32, lines: &[&Outcome], chooser: &mut dyn Chooses, counted: &mut Counted) -> Option<Past> {
    let first = lines.first()?;
    let end = end(first, first.ended?, first.ended_at?);
    if !lines.iter().any(|line| line.is_choice()) {
        return None;
    }
    let mut tries: Vec<Timestamp> = Vec::new();
    let mut choices = Vec::new();
    for line in lines {
        if line.is_choice() {
            let decline = line.decline();
            let shown = Shown {
                decline: &decline,
                network: &line.network,
                funding: &line.funding,
                issuer: &line.issuer,
                country: &line.country,
                strategic: false,
                tenure_days: None,
                // Nobody tells: the segment is what was made of it.
                amount: Money::zero(Currency::USD),
                failed_at: line.failed_at,
                tries: &tries,
                messages: &[],
                cluster: 0,
                number,
            };
            let chosen_at = line.chosen_at.or(tries.last().copied()).unwrap_or(line.failed_at);
            let likely = chooser.likely(&Asked { shown, segment: &line.segment, chosen_at, moment: line.moment });
            let own = line.likely.map_or(1.0, |likely| f64::from(likely.max(1)) / 1000.0);
            choices.push((hours(line.failed_at, chosen_at).floor() as u32, likely / own));
            counted.choices += 1;
            counted.unlike += u64::from(likely <= 0.0);
        }
        if let (Some(at), Some(false)) = (line.tried_at, line.succeeded) {
            tries.push(at);
        }
    }
    Some(Past { choices, end })
}

fn end(line: &Outcome, ended: Ended, at: Timestamp) -> End {
    let hours = hours(line.failed_at, at);
    match ended {
        Ended::Paid => End::Paid((hours.ceil() as u32).max(1)),
        Ended::Lost => End::Lost,
        Ended::Open => End::Open(hours.floor() as u32),
    }
}

fn hours(from: Timestamp, until: Timestamp) -> f64 {
    until.duration_since(from).as_secs_f64().max(0.0) / HOUR
}

impl Share {
    fn of(worth: &Worth, least: u32) -> Self {
        let is_known = worth.effective >= f64::from(least) && worth.unseen < UNSEEN_MAX && worth.followed > 0;
        Self {
            share: is_known.then(|| thousandths(worth.share)),
            low: thousandths(worth.low),
            high: thousandths(worth.high),
            effective: worth.effective.round() as u32,
            unseen: thousandths(worth.unseen),
            days: worth.followed / 24,
        }
    }
}

#[cfg(test)]
mod tests;
