//! How much is owed, bucket by bucket? A fold over what is open, each currency apart.

use super::{AgeingPolicy, CURRENT, Owed};
use crate::money::{Currency, Money};
use crate::staff::Role;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;
use std::collections::BTreeMap;

/// What was open at a time, while it is added up, in whatever order it comes.
#[derive(Debug, Clone)]
pub struct Ageing<'a> {
    at: Timestamp,
    on: Date,
    policy: &'a AgeingPolicy,
    /// What is not due first, then rung by rung.
    sums: BTreeMap<Currency, Vec<Sum>>,
    unpriced: u64,
}

/// How many, and how much together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Sum {
    pub count: u64,
    pub amount: Money,
}

/// All buckets of one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OfCurrency {
    pub currency: Currency,
    pub total: Sum,
    pub buckets: Vec<Bucket>,
}

/// One bucket of one currency, with what happens there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bucket {
    pub bucket: String,
    /// None where it has no beginning: it is not due.
    pub from_day: Option<i64>,
    /// None where it has no end.
    pub to_day: Option<i64>,
    #[serde(flatten)]
    pub sum: Sum,
    pub owner: Option<Role>,
    pub steps: Vec<String>,
    pub template: Option<String>,
    /// Over which amount giving up is decided as the approval matrix says; none where it always is.
    pub approval_threshold: Option<Money>,
}

impl Sum {
    fn add(&mut self, amount: Money, count: u64) {
        self.count += count;
        self.amount = self.amount.plus(amount);
    }
}

impl<'a> Ageing<'a> {
    /// Nothing yet, at a time; its day is the day there.
    pub fn new(at: Timestamp, zone: &TimeZone, policy: &'a AgeingPolicy) -> Self {
        Self { at, on: at.to_zoned(zone.clone()).date(), policy, sums: BTreeMap::new(), unpriced: 0 }
    }

    /// The day up to which days are counted.
    pub fn on(&self) -> Date {
        self.on
    }

    /// Adds what was open then; what was not is left out.
    pub fn add(&mut self, owed: &Owed) {
        if !owed.was_open(self.at) {
            return;
        }
        let Some(amount) = owed.amount else {
            self.unpriced += 1;
            return;
        };
        let place = self.policy.rung_of(owed.days(self.on)).map_or(0, |(place, _)| place + 1);
        let nothing = Sum { count: 0, amount: Money::zero(amount.currency()) };
        let sums = self.sums.entry(amount.currency()).or_insert_with(|| vec![nothing; self.policy.rung.len() + 1]);
        sums[place].add(amount, 1);
    }

    /// How many were open whose amount the provider does not say.
    pub fn unpriced(&self) -> u64 {
        self.unpriced
    }

    /// What was added, by currency; every bucket has its line.
    pub fn currencies(&self) -> Vec<OfCurrency> {
        let of = |(currency, sums): (&Currency, &Vec<Sum>)| {
            let mut total = Sum { count: 0, amount: Money::zero(*currency) };
            sums.iter().for_each(|sum| total.add(sum.amount, sum.count));
            let not_due = Bucket {
                bucket: CURRENT.to_owned(),
                from_day: None,
                to_day: Some(-1),
                sum: sums[0],
                owner: None,
                steps: Vec::new(),
                template: None,
                approval_threshold: None,
            };
            let rungs = self.policy.rung.iter().zip(&sums[1..]).map(|(rung, sum)| Bucket {
                bucket: rung.bucket.get_ref().clone(),
                from_day: Some(*rung.from_day.get_ref()),
                to_day: rung.last_day(),
                sum: *sum,
                owner: Some(*rung.owner.get_ref()),
                steps: rung.steps.clone(),
                template: rung.template.clone(),
                approval_threshold: rung.threshold(*currency),
            });
            OfCurrency { currency: *currency, total, buckets: [not_due].into_iter().chain(rungs).collect() }
        };
        self.sums.iter().map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::owed::tests::due;
    use super::*;
    use crate::id::AccountId;
    use crate::policies::Policies;

    fn owed(due_on: &str, minor: i64, currency: Currency) -> Owed {
        let account = AccountId::of("stripe", "default", "cus_1");
        let amount = Some(Money::from_minor(minor, currency));
        Owed { amount, ..Owed::of(&account, &due(due_on)).unwrap() }
    }

    #[test]
    fn each_currency_has_its_buckets_and_they_sum_to_its_total_in_any_order() {
        let policies = Policies::shipped().unwrap();
        let eur = Currency::parse("EUR").unwrap();
        // Seen on the 30th of June: 0, 30, 31, 60, 61, 90 and 91 days, and not due.
        let mut all = vec![
            owed("2026-07-01", 1, Currency::USD),
            owed("2026-06-30", 2, Currency::USD),
            owed("2026-05-31", 4, Currency::USD),
            owed("2026-05-30", 8, Currency::USD),
            owed("2026-05-01", 16, Currency::USD),
            owed("2026-04-30", 32, Currency::USD),
            owed("2026-04-01", 64, Currency::USD),
            owed("2026-03-31", 128, Currency::USD),
            owed("2026-06-29", 500, eur),
            Owed { amount: None, ..owed("2026-06-29", 0, eur) },
        ];
        let at = "2026-06-30T12:00:00Z".parse().unwrap();
        for _ in 0..2 {
            let mut ageing = Ageing::new(at, &TimeZone::UTC, policies.ageing.current());
            all.iter().for_each(|owed| ageing.add(owed));
            let found = ageing.currencies();
            let counted = |of: &OfCurrency| {
                let lines = of.buckets.iter();
                lines.map(|it| (it.bucket.clone(), it.sum.count, it.sum.amount.to_string())).collect::<Vec<_>>()
            };
            let line = |bucket: &str, count, amount: &str| (bucket.to_owned(), count, amount.to_owned());
            let expected = [
                line("current", 1, "0.01 USD"),
                line("0-30", 2, "0.06 USD"),
                line("31-60", 2, "0.24 USD"),
                line("61-90", 2, "0.96 USD"),
                line("90+", 1, "1.28 USD"),
            ];
            let dollars = found.iter().find(|of| of.currency == Currency::USD).unwrap();
            assert_eq!(counted(dollars), expected);
            assert_eq!((dollars.total.count, dollars.total.amount.to_string()), (8, "2.55 USD".to_owned()));
            assert_eq!((found.len(), ageing.unpriced()), (2, 1), "currencies are never added");
            all.reverse();
        }
    }

    #[test]
    fn the_day_is_that_of_the_companys_zone() {
        let policies = Policies::shipped().unwrap();
        let at = "2026-04-30T22:30:00Z".parse().unwrap();
        for (zone, bucket) in [("UTC", 1), ("Europe/Berlin", 2), ("America/New_York", 1)] {
            let mut ageing = Ageing::new(at, &TimeZone::get(zone).unwrap(), policies.ageing.current());
            // Thirty days on the last of April, and thirty-one on the first of May.
            ageing.add(&owed("2026-03-31", 100, Currency::USD));
            assert_eq!(ageing.currencies()[0].buckets[bucket].sum.count, 1, "{zone}");
        }
    }

    #[test]
    fn what_was_paid_after_was_open_then() {
        let policies = Policies::shipped().unwrap();
        let (at, paid_at) = ("2026-04-30T12:00:00Z".parse().unwrap(), "2026-05-02T12:00:00Z".parse().unwrap());
        let paid = Owed { settled_at: Some(paid_at), ..owed("2026-04-01", 100, Currency::USD) };
        for (at, found) in [(at, 1), (paid_at, 0)] {
            let mut ageing = Ageing::new(at, &TimeZone::UTC, policies.ageing.current());
            ageing.add(&paid);
            assert_eq!(ageing.currencies().len(), found, "{at}");
        }
    }
}
