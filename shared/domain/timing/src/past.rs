//! What would have come of other choices than those that were made? Each is weighed by how likely it was elsewhere.
//!
//! A recovery weighs as much as all its choices so far together: how likely each was for whoever is judged, over how
//! likely it was for whoever made it. What was paid hour by hour is counted among what was open by then, so that a
//! recovery that is open yet counts as far as it was seen, and no further.

use crate::belief::thousandths;

/// A recovery of the past. Hours count from the failure on.
#[derive(Debug, Clone, PartialEq)]
pub struct Past {
    /// After which hour each choice was taken, and how many times as likely whoever is judged would have taken it.
    pub choices: Vec<(u32, f64)>,
    pub end: End,
}

/// How far a recovery is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It was paid in this hour, the first at the earliest.
    Paid(u32),
    /// It was open when it was last seen, so many hours after the failure.
    Open(u32),
    /// It is over, and never will be paid.
    Lost,
}

/// What other choices would have come to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Worth {
    /// The part of all recoveries that is paid in time, and between what it is, 19 times of 20.
    pub share: f64,
    pub low: f64,
    pub high: f64,
    /// As many recoveries would tell as much whose choices were those of whoever is judged.
    pub effective: f64,
    /// What part of what would have been chosen was never chosen, as far as the weights tell.
    pub unseen: f64,
    /// Up to which hour enough were followed to tell; what comes later is not in the share.
    pub followed: u32,
}

/// How many must be open at least, each as good as one, for what comes of them to be told.
const FEW: f64 = 10.0;
/// Between so many deviations to either side lie 19 of 20.
const WIDE: f64 = 1.96;

/// From behind an hour up to another, and what the recovery weighs between.
type Stretch = (usize, usize, f64);

impl Past {
    /// As far as it was open and seen.
    fn stretches(&self, hours: usize) -> Vec<Stretch> {
        let last = match self.end {
            End::Paid(hour) | End::Open(hour) => (hour as usize).min(hours),
            End::Lost => hours,
        };
        let (mut from, mut weight) = (0, 1.0_f64);
        let mut stretches = Vec::with_capacity(self.choices.len() + 1);
        for (hour, ratio) in &self.choices {
            let hour = (*hour as usize).clamp(from, last);
            stretches.push((from, hour, weight));
            (from, weight) = (hour, weight * ratio);
        }
        stretches.push((from, last, weight));
        stretches
    }

    /// In which of the hours it was paid.
    fn paid(&self, hours: usize) -> Option<usize> {
        match self.end {
            End::Paid(hour) => Some(hour as usize).filter(|hour| *hour <= hours),
            End::Open(_) | End::Lost => None,
        }
    }
}

/// What is known hour by hour.
struct Told {
    /// What is open, and what of it is paid, as it weighs.
    open: Vec<f64>,
    paid: Vec<f64>,
    /// What being open until then, and not paid, has told.
    spread: Vec<f64>,
    /// What is left in the end.
    left: f64,
    followed: usize,
}

/// What part of all recoveries would have been paid within so many hours.
pub fn worth(pasts: &[Past], hours: u32) -> Worth {
    let hours = hours as usize;
    let stretches: Vec<Vec<Stretch>> = pasts.iter().map(|past| past.stretches(hours)).collect();
    let told = Told::of(pasts, &stretches, hours);
    let count = pasts.len() as f64;
    let weights: Vec<f64> = stretches.iter().filter_map(|own| own.last().map(|last| last.2)).collect();
    let (sum, squares) = (weights.iter().sum::<f64>(), weights.iter().map(|weight| weight * weight).sum::<f64>());
    let effective = if squares > 0.0 { sum * sum / squares } else { 0.0 };
    let mean = if count > 0.0 { sum / count } else { 0.0 };
    let off = weights.iter().map(|weight| (weight - mean) * (weight - mean)).sum::<f64>().sqrt() / count.max(1.0);
    let share = 1.0 - told.left;
    let variance = told.variance(pasts, &stretches, hours);
    let as_many = if variance > 0.0 { (share * (1.0 - share) / variance).min(effective) } else { effective };
    let (low, high) = between(share, as_many);
    // What was never chosen might have won nothing, or all: as much of it as is no chance of the weights.
    let surely_unseen = (1.0 - mean - 2.0 * off).clamp(0.0, 1.0);
    let high = if told.followed < hours { 1.0 } else { high };
    Worth {
        share,
        low: low * (1.0 - surely_unseen),
        high: high * (1.0 - surely_unseen) + surely_unseen,
        effective,
        unseen: (1.0 - mean).clamp(0.0, 1.0),
        followed: told.followed as u32,
    }
}

impl Told {
    fn of(pasts: &[Past], stretches: &[Vec<Stretch>], hours: usize) -> Self {
        let mut open: Vec<f64> = vec![0.0; hours + 1];
        let mut squares = open.clone();
        let mut paid = open.clone();
        for (past, own) in pasts.iter().zip(stretches) {
            for (from, to, weight) in own {
                for hour in from + 1..=*to {
                    open[hour] += weight;
                    squares[hour] += weight * weight;
                }
            }
            if let (Some(hour), Some((_, _, weight))) = (past.paid(hours), own.last()) {
                paid[hour] += weight;
            }
        }
        let (mut left, mut followed, mut spread) = (1.0_f64, 0, vec![0.0_f64; hours + 1]);
        for hour in 1..=hours {
            let is_told = squares[hour] > 0.0 && open[hour] * open[hour] >= FEW * squares[hour];
            if !is_told && left > 0.0 {
                break;
            }
            followed = hour;
            let share = if open[hour] > 0.0 { (paid[hour] / open[hour]).min(1.0) } else { 0.0 };
            left *= 1.0 - share;
            spread[hour] = spread[hour - 1];
            if share > 0.0 && share < 1.0 {
                spread[hour] += share / (open[hour] * (1.0 - share));
            }
        }
        Self { open, paid, spread, left, followed }
    }

    /// How far what is left may be off: the sum of what each recovery by itself has moved it, squared.
    fn variance(&self, pasts: &[Past], stretches: &[Vec<Stretch>], hours: usize) -> f64 {
        let mut sum = 0.0_f64;
        for (past, own) in pasts.iter().zip(stretches) {
            let mut moved = 0.0_f64;
            for (from, to, weight) in own {
                let within = |hour: usize| self.spread[hour.min(self.followed)];
                moved -= weight * (within(*to) - within(*from));
            }
            let paid = past.paid(hours).filter(|hour| *hour <= self.followed);
            if let (Some(hour), Some((_, _, weight))) = (paid, own.last())
                && self.open[hour] > self.paid[hour]
            {
                moved += weight / (self.open[hour] - self.paid[hour]);
            }
            sum += moved * moved;
        }
        self.left * self.left * sum
    }
}

/// Between what a share lies, 19 times of 20, that was seen of so many: by Wilson.
fn between(share: f64, of: f64) -> (f64, f64) {
    if of <= 0.0 {
        return (0.0, 1.0);
    }
    let square = WIDE * WIDE / of;
    let middle = (share + square / 2.0) / (1.0 + square);
    let half = (share * (1.0 - share) * square + square * square / 4.0).sqrt() / (1.0 + square);
    ((middle - half).max(0.0), (middle + half).min(1.0))
}

/// What part of some came about, in thousandths, and between what it lies, 19 times of 20.
pub fn share_between(came: u32, of: u32) -> (u32, u32, u32) {
    let share = if of == 0 { 0.0 } else { f64::from(came.min(of)) / f64::from(of) };
    let (low, high) = between(share, f64::from(of));
    (thousandths(share), thousandths(low), thousandths(high))
}

#[cfg(test)]
mod tests;
