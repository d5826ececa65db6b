//! What came of a policy in a world.

use super::World;
use crate::money::Money;
use jiff::SignedDuration;
use serde::Serialize;

/// What was at stake, what of it came back, and what it took.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    pub world: String,
    pub policy: String,
    pub invoices: u64,
    pub at_stake: Money,
    pub recovered: Recovered,
    pub attempts: u64,
    pub attempts_per_invoice: f64,
    pub messages: u64,
    /// Tries that a network's rule forbids.
    pub breaches: u64,
    /// From the failure to the money; nothing if none came.
    pub median_days: Option<f64>,
    pub by_cluster: Vec<OfCluster>,
}

/// What came back: by a try, or because the customer paid.
#[derive(Debug, Clone, Serialize)]
pub struct Recovered {
    pub count: u64,
    pub amount: Money,
    pub by_try: u64,
    pub by_customer: u64,
}

/// The part of one kind of failure.
#[derive(Debug, Clone, Serialize)]
pub struct OfCluster {
    pub id: String,
    pub invoices: u64,
    pub recovered: u64,
    pub attempts: u64,
}

/// Who brought the money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Try,
    Customer,
}

/// What is counted while a world is played.
#[derive(Debug)]
pub(super) struct Tally {
    at_stake: Money,
    amount: Money,
    by_try: u64,
    by_customer: u64,
    messages: u64,
    breaches: u64,
    waited: Vec<SignedDuration>,
    by_cluster: Vec<OfCluster>,
}

impl Tally {
    pub(super) fn of(world: &World) -> Self {
        let zero = Money::zero(world.currency);
        let none = |id: &str| OfCluster { id: id.to_owned(), invoices: 0, recovered: 0, attempts: 0 };
        Self {
            at_stake: zero,
            amount: zero,
            by_try: 0,
            by_customer: 0,
            messages: 0,
            breaches: 0,
            waited: Vec::new(),
            by_cluster: world.clusters.iter().map(|cluster| none(&cluster.id)).collect(),
        }
    }

    pub(super) fn failed(&mut self, cluster: usize, amount: Money) {
        self.by_cluster[cluster].invoices += 1;
        self.at_stake = self.at_stake.plus(amount);
    }

    pub(super) fn tried(&mut self, cluster: usize, is_breach: bool) {
        self.by_cluster[cluster].attempts += 1;
        self.breaches += u64::from(is_breach);
    }

    pub(super) fn wrote(&mut self) {
        self.messages += 1;
    }

    pub(super) fn recovered(&mut self, cluster: usize, amount: Money, by: By, after: SignedDuration) {
        self.by_cluster[cluster].recovered += 1;
        self.amount = self.amount.plus(amount);
        match by {
            By::Try => self.by_try += 1,
            By::Customer => self.by_customer += 1,
        }
        self.waited.push(after);
    }

    pub(super) fn report(mut self, world: &World, policy: String) -> Report {
        let sum = |of: fn(&OfCluster) -> u64| self.by_cluster.iter().map(of).sum::<u64>();
        let (invoices, attempts) = (sum(|line| line.invoices), sum(|line| line.attempts));
        let count = sum(|line| line.recovered);
        let attempts_per_invoice = if invoices == 0 { 0.0 } else { cents(attempts as f64 / invoices as f64) };
        Report {
            world: world.name.clone(),
            policy,
            invoices,
            at_stake: self.at_stake,
            recovered: Recovered { count, amount: self.amount, by_try: self.by_try, by_customer: self.by_customer },
            attempts,
            attempts_per_invoice,
            messages: self.messages,
            breaches: self.breaches,
            median_days: median_days(&mut self.waited),
            by_cluster: self.by_cluster,
        }
    }
}

/// Two digits are enough to compare by.
fn cents(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

fn median_days(waited: &mut [SignedDuration]) -> Option<f64> {
    waited.sort_unstable();
    let upper = waited.get(waited.len() / 2)?;
    let lower = waited[(waited.len() - 1) / 2];
    Some(cents((lower + *upper).as_secs_f64() / 2.0 / 86_400.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_what_was_paid_was_paid_by_the_median() {
        for (name, hours, expected) in [
            ("nothing was paid", vec![], None),
            ("one", vec![36], Some("1.50")),
            ("the one in the middle", vec![240, 24, 48], Some("2.00")),
            ("between the two in the middle", vec![24, 240, 48, 72], Some("2.50")),
            ("two digits", vec![25], Some("1.04")),
        ] {
            let mut waited: Vec<_> = hours.into_iter().map(SignedDuration::from_hours).collect();
            let median = median_days(&mut waited).map(|days| format!("{days:.2}"));
            assert_eq!(median.as_deref(), expected, "{name}");
        }
    }
}
