//! Counts, sums and lengths of time that add up: in any order and in any parts they come to the same. What is taken away
//! again leaves nothing behind, so that two ways to one figure are equal.

use super::{mean, ratio};
use crate::money::{Currency, Money};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What two parts of a month come to together.
pub trait Adds {
    /// Takes in all that the other has.
    fn add(&mut self, other: &Self);
}

impl Adds for i64 {
    fn add(&mut self, other: &Self) {
        *self += other;
    }
}

impl<K: Ord + Clone, V: Adds + Default + PartialEq> Adds for BTreeMap<K, V> {
    fn add(&mut self, other: &Self) {
        for (key, value) in other {
            self.change(key.clone(), |own| own.add(value));
        }
    }
}

/// A map without what comes to nothing.
pub(super) trait Changes<K, V> {
    fn change(&mut self, key: K, change: impl FnOnce(&mut V));
}

impl<K: Ord + Clone, V: Default + PartialEq> Changes<K, V> for BTreeMap<K, V> {
    fn change(&mut self, key: K, change: impl FnOnce(&mut V)) {
        let value = self.entry(key.clone()).or_default();
        change(value);
        if *value == V::default() {
            self.remove(&key);
        }
    }
}

/// How many of each.
pub(super) type Counts<K> = BTreeMap<K, i64>;

/// How many, as a report says it. Fewer than none stand only where a row is missing, and a check says so.
pub(super) fn whole(count: i64) -> usize {
    usize::try_from(count).unwrap_or(0)
}

/// Sums of money by their currency.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sums(BTreeMap<Currency, Money>);

impl Sums {
    /// Adds an amount, or takes it away where `by` is below zero.
    pub fn take(&mut self, amount: Money, by: i64) {
        let currency = amount.currency();
        let sum = self.0.entry(currency).or_insert(Money::zero(currency));
        *sum = if by < 0 { sum.minus(amount) } else { sum.plus(amount) };
        if sum.amount().is_zero() {
            self.0.remove(&currency);
        }
    }

    /// The sum in one currency, nothing if there is none.
    pub fn of(&self, currency: Currency) -> Money {
        self.0.get(&currency).copied().unwrap_or(Money::zero(currency))
    }

    /// Those of which there is a sum.
    pub fn currencies(&self) -> impl Iterator<Item = Currency> {
        self.0.keys().copied()
    }

    /// One sum for each currency.
    pub fn all(&self) -> Vec<Money> {
        self.0.values().copied().collect()
    }
}

impl Adds for Sums {
    fn add(&mut self, other: &Self) {
        other.0.values().for_each(|amount| self.take(*amount, 1));
    }
}

/// How many of something, and what they come to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mean {
    pub count: i64,
    pub sum: i64,
}

impl Mean {
    /// Counts a value, or takes it away where `by` is below zero.
    pub fn take(&mut self, value: i64, by: i64) {
        self.count += by;
        self.sum += by * value;
    }

    /// In a unit that so many of what was counted make.
    pub fn of(&self, unit: i64) -> Option<String> {
        mean(self.sum, self.count * unit)
    }
}

impl Adds for Mean {
    fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
    }
}

/// Lengths of time, and how often each came: for whoever asks for the one in the middle.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Times(Counts<i64>);

impl Times {
    /// Counts a time, or takes it away where `by` is below zero.
    pub fn take(&mut self, time: i64, by: i64) {
        self.0.change(time, |count| *count += by);
    }

    /// How many there are.
    pub fn count(&self) -> i64 {
        self.0.values().sum()
    }

    /// In a unit that so many of what was counted make.
    pub fn mean(&self, unit: i64) -> Option<String> {
        mean(self.0.iter().map(|(time, count)| time * count).sum(), self.count() * unit)
    }

    /// The one in the middle; of two in the middle what lies between them.
    pub fn median(&self, unit: i64) -> Option<String> {
        let count = self.count();
        let (lower, upper) = (self.nth((count - 1) / 2)?, self.nth(count / 2)?);
        mean(lower + upper, 2 * unit)
    }

    /// The least that nine of ten do not pass.
    pub fn p90(&self, unit: i64) -> Option<String> {
        let place = (self.count() * 9 + 9) / 10;
        ratio(Decimal::from(self.nth(place - 1)?), Decimal::from(unit), 1)
    }

    fn nth(&self, place: i64) -> Option<i64> {
        let mut before = 0;
        self.0
            .iter()
            .find(|(_, count)| {
                before += **count;
                before > place
            })
            .map(|(time, _)| *time)
    }
}

impl Adds for Times {
    fn add(&mut self, other: &Self) {
        self.0.add(&other.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_in_the_middle_is_found() {
        for (times, mean, median, p90) in [
            (&[][..], None, None, None),
            (&[60], Some("1.0"), Some("1.0"), Some("1.0")),
            (&[60, 120], Some("1.5"), Some("1.5"), Some("2.0")),
            (&[60, 60, 600], Some("4.0"), Some("1.0"), Some("10.0")),
            (&[6, 12, 18, 24, 30, 36, 42, 48, 54, 60], Some("0.6"), Some("0.6"), Some("0.9")),
        ] {
            let mut all = Times::default();
            times.iter().for_each(|time| all.take(*time, 1));
            assert_eq!(
                (all.mean(60).as_deref(), all.median(60).as_deref(), all.p90(60).as_deref()),
                (mean, median, p90)
            );
            times.iter().for_each(|time| all.take(*time, -1));
            assert_eq!(all, Times::default(), "nothing is left");
        }
    }

    #[test]
    fn currencies_are_never_added_and_what_is_taken_away_leaves_nothing() {
        let (eur, usd) = (Money::from_minor(4_900, Currency::EUR), Money::from_minor(500, Currency::USD));
        let mut sums = Sums::default();
        for amount in [eur, usd, eur] {
            sums.take(amount, 1);
        }
        assert_eq!(sums.all(), [Money::from_minor(9_800, Currency::EUR), usd]);
        sums.take(usd, -1);
        assert_eq!(sums.currencies().collect::<Vec<_>>(), [Currency::EUR]);
        assert_eq!(sums.of(Currency::USD), Money::zero(Currency::USD));
    }
}
