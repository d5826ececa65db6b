//! When is a failed payment tried again? What may be is data, and inside it an adviser chooses.

use crate::policy::Complaint;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Deserialize;
use timing::{Limits, log_odds};
use toml::Spanned;

/// How what failed for some reasons is tried again.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TriesRule {
    pub id: Spanned<String>,
    pub why: String,
    /// Why it failed.
    pub families: Spanned<Vec<String>>,
    /// Spans after the failure, in which tries may be.
    pub windows: Spanned<Vec<Window>>,
    /// How many hours lie between two, from the first pair on; the last counts for all that follow.
    pub gap_hours: Spanned<Vec<u32>>,
    /// How many there are at most.
    pub most: Spanned<u32>,
    /// Where each would be less likely to succeed, there is none.
    pub least_chance: Spanned<Decimal>,
}

/// A span after a failure: later than its beginning, at its end at the latest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    pub from_day: u32,
    pub to_day: u32,
}

impl TriesRule {
    /// As numbers.
    pub fn limits(&self) -> Limits {
        let hours = |days: u32| i64::from(days) * 24;
        let windows = self.windows.get_ref().iter().map(|window| (hours(window.from_day), hours(window.to_day)));
        Limits {
            windows: windows.collect(),
            gaps: self.gap_hours.get_ref().iter().map(|gap| i64::from(*gap)).collect(),
            most: *self.most.get_ref() as usize,
            least: log_odds(self.least_chance.get_ref().to_f64().unwrap_or_default()),
        }
    }

    /// The last day on which it may be tried.
    pub fn last_day(&self) -> u32 {
        self.windows.get_ref().iter().map(|window| window.to_day).max().unwrap_or_default()
    }

    pub(super) fn lint(&self) -> Vec<Complaint> {
        let mut complaints = Vec::new();
        let id = self.id.get_ref();
        if self.why.trim().is_empty() {
            complaints.push(Complaint::on(&self.id, format!("`{id}` has no `why`")));
        }
        let windows = self.windows.get_ref();
        if windows.is_empty() || windows.iter().any(|window| window.to_day <= window.from_day) {
            complaints.push(Complaint::on(&self.windows, "a window ends on a later day than it begins"));
        }
        if windows.windows(2).any(|pair| pair[1].from_day < pair[0].to_day) {
            complaints.push(Complaint::on(&self.windows, "these windows overlap, or are not in the order of time"));
        }
        if self.gap_hours.get_ref().is_empty() || self.gap_hours.get_ref().contains(&0) {
            complaints.push(Complaint::on(&self.gap_hours, "between two tries lies an hour at least"));
        }
        if *self.most.get_ref() == 0 {
            complaints.push(Complaint::on(&self.most, "without a try there is no rule: leave it out"));
        }
        let least = self.least_chance.get_ref();
        if *least <= Decimal::ZERO || *least >= Decimal::ONE {
            complaints.push(Complaint::on(&self.least_chance, "a chance is between 0 and 1"));
        }
        complaints
    }

    /// How many tries may fall within so many days at most, the failed one with them.
    pub(crate) fn most_within(&self, days: u32) -> u32 {
        let gaps = self.gap_hours.get_ref();
        let (mut tries, mut hours) = (1, 1);
        while tries <= *self.most.get_ref() && hours < u64::from(days) * 24 {
            tries += 1;
            hours += u64::from(gaps.get(tries as usize - 2).or(gaps.last()).copied().unwrap_or(1));
        }
        tries
    }
}
