//! A running contract: what is bought, for how much, until when.

use super::{Figures, Latest, Stamp};
use crate::event::{Event, Interval, IntervalUnit, SubscriptionSeen, SubscriptionStatus};
use crate::money::Money;
use jiff::Timestamp;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    pub id: String,
    pub status: Latest<SubscriptionStatus>,
    pub plan: Latest<String>,
    pub price: Latest<Money>,
    pub interval: Latest<Interval>,
    pub quantity: Latest<u32>,
    pub started_at: Latest<Timestamp>,
    pub renews_at: Latest<Timestamp>,
    pub ends_at: Latest<Timestamp>,
}

impl Subscription {
    pub fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            status: Latest::default(),
            plan: Latest::default(),
            price: Latest::default(),
            interval: Latest::default(),
            quantity: Latest::default(),
            started_at: Latest::default(),
            renews_at: Latest::default(),
            ends_at: Latest::default(),
        }
    }

    pub(super) fn fold(&mut self, seen: &SubscriptionSeen, event: &Event) {
        let stamp = Stamp::of(event, seen.status.map_or(0, |status| status as u8));
        self.status.see(&stamp, seen.status);
        self.plan.see(&stamp, seen.plan.clone());
        self.price.see(&stamp, seen.price);
        self.interval.see(&stamp, seen.interval);
        self.quantity.see(&stamp, seen.quantity);
        self.started_at.see(&stamp, seen.started_at);
        self.renews_at.see(&stamp, seen.renews_at);
        self.ends_at.see(&stamp, seen.ends_at);
    }

    /// What it brings in a month; nothing while on trial, paused or ended.
    pub fn mrr(&self) -> Option<Money> {
        use SubscriptionStatus::{Active, PastDue, Unpaid};
        let counts = matches!(self.status.copied(), Some(Active | PastDue | Unpaid));
        let (price, interval) = (self.price.copied()?, self.interval.copied()?);
        counts.then(|| monthly(price.times(self.quantity.copied().unwrap_or(1)), interval))
    }

    pub(super) fn figures(&self) -> Figures {
        let mut figures = Figures::default();
        if let Some(mrr) = self.mrr() {
            figures.mrr.insert(mrr.currency(), mrr.amount());
        }
        figures
    }
}

/// Spreads a recurring price over a month and rounds once, half to even.
fn monthly(price: Money, interval: Interval) -> Money {
    let (multiply, divide) = match interval.unit {
        IntervalUnit::Day => (365, 12),
        IntervalUnit::Week => (52, 12),
        IntervalUnit::Month => (1, 1),
        IntervalUnit::Year => (1, 12),
    };
    let divisor = Decimal::from(divide) * Decimal::from(interval.count.max(1));
    let amount = price.amount() * Decimal::from(multiply) / divisor;
    let rounded = amount.round_dp_with_strategy(price.currency().digits(), RoundingStrategy::MidpointNearestEven);
    Money::exact(rounded, price.currency()).expect("the amount was just rounded to the currency's digits")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;

    #[test]
    fn a_month_is_a_twelfth_of_a_year() {
        let rows = [
            ("month", IntervalUnit::Month, 1, 4900, "49.00"),
            ("quarter", IntervalUnit::Month, 3, 10000, "33.33"),
            ("year", IntervalUnit::Year, 1, 49900, "41.58"),
            ("week", IntervalUnit::Week, 1, 1200, "52.00"),
            ("day", IntervalUnit::Day, 1, 100, "30.42"),
        ];
        for (name, unit, count, minor, expected) in rows {
            let mrr = monthly(Money::from_minor(minor, Currency::USD), Interval { unit, count });
            assert_eq!(mrr.amount().to_string(), expected, "{name}");
        }
    }
}
