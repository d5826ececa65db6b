//! A running contract: what is bought, for how much, until when.

use super::{Figures, Latest, Stamp};
use crate::event::{Discount, Event, Interval, IntervalUnit, Item, Role, Stated, SubscriptionSeen, SubscriptionStatus};
use crate::money::Money;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How many paid periods are remembered: years of them, weekly ones too.
const PAID: usize = 128;

/// Each field keeps its latest sighting; `Stated` is one that says that something is not there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Subscription {
    pub id: String,
    pub status: Latest<SubscriptionStatus>,
    pub items: Latest<Vec<Item>>,
    pub discount: Latest<Stated<Discount>>,
    pub started_at: Latest<Timestamp>,
    pub period_start: Latest<Timestamp>,
    pub renews_at: Latest<Timestamp>,
    pub trial_ends_at: Latest<Timestamp>,
    pub ends_at: Latest<Stated<Timestamp>>,
    pub contract_ends_at: Latest<Timestamp>,
    pub grace_until: Latest<Stated<Timestamp>>,
    pub resumes_at: Latest<Stated<Timestamp>>,
    /// What the next invoice will come to, as told before it is made.
    pub upcoming: Latest<Money>,
    /// The card that is charged for it, where it has one of its own.
    #[serde(skip_serializing_if = "Latest::is_unseen")]
    pub card: Latest<Stated<String>>,
    /// Whether its customer wants it to end.
    pub wished: Latest<bool>,
    /// When periods of it were paid, the newest ones.
    pub paid: BTreeSet<Timestamp>,
}

impl Subscription {
    /// One of which nothing was seen yet.
    pub fn new(id: &str) -> Self {
        Self { id: id.to_owned(), ..Self::default() }
    }

    pub(super) fn fold(&mut self, seen: &SubscriptionSeen, event: &Event) {
        // Of two changes within one instant, the one that knows of the end is the later.
        let ends = seen.ends_at.as_ref().and_then(Stated::value).is_some();
        let stamp = Stamp::of(event, seen.as_of, 2 * seen.status.map_or(0, |status| status as u8) + u8::from(ends));
        self.status.see(&stamp, seen.status);
        self.items.see(&stamp, seen.items.clone());
        self.discount.see(&stamp, seen.discount.clone());
        self.started_at.see(&stamp, seen.started_at);
        self.period_start.see(&stamp, seen.period_start);
        self.renews_at.see(&stamp, seen.renews_at);
        self.trial_ends_at.see(&stamp, seen.trial_ends_at);
        self.ends_at.see(&stamp, seen.ends_at);
        self.contract_ends_at.see(&stamp, seen.contract_ends_at);
        self.grace_until.see(&stamp, seen.grace_until);
        self.resumes_at.see(&stamp, seen.resumes_at);
        self.upcoming.see(&stamp, seen.upcoming);
        self.card.see(&stamp, seen.card.clone());
        self.wished.see(&stamp, seen.wished);
        self.paid.extend(seen.paid_at);
        while self.paid.len() > PAID {
            self.paid.pop_first();
        }
    }

    fn bought(&self) -> &[Item] {
        self.items.value().map_or(&[], Vec::as_slice)
    }

    /// What the next invoice will come to, if that was told since this period began.
    pub fn upcoming(&self) -> Option<Money> {
        self.upcoming.copied().filter(|_| self.upcoming.seen_at() >= self.period_start.copied())
    }

    /// The item that gives the subscription its name.
    pub fn plan(&self) -> Option<&Item> {
        self.bought().iter().find(|item| item.role == Role::Plan)
    }

    /// What is bought beside the plan, by number or by use; single charges are not in it.
    pub fn addons(&self) -> impl Iterator<Item = &Item> {
        self.bought().iter().filter(|item| matches!(item.role, Role::Addon | Role::Usage))
    }

    /// What it brings in a month; nothing while on trial, paused or ended, and unknown while a price is.
    pub fn mrr(&self) -> Option<Money> {
        use SubscriptionStatus::{Active, PastDue, Unpaid};
        let currency = self.bought().iter().find_map(|item| item.unit)?.currency();
        if !matches!(self.status.copied(), Some(Active | PastDue | Unpaid)) {
            return None;
        }
        let recurring = self.bought().iter().filter(|item| matches!(item.role, Role::Plan | Role::Addon));
        let mut sum = Decimal::ZERO;
        for item in recurring.clone() {
            let unit = item.unit.filter(|unit| unit.currency() == currency)?;
            sum += monthly(unit.amount().checked_mul(Decimal::from(item.quantity))?, item.interval?);
        }
        if let Some(discount) = self.discount.value().and_then(Stated::value) {
            // Somewhere only the name of a coupon is told.
            if discount.percent.is_none() && discount.amount.is_none() {
                return None;
            }
            let percent = discount.percent.unwrap_or_default();
            let interval = recurring.clone().find_map(|item| item.interval)?;
            let amount =
                discount.amount.filter(|amount| amount.currency() == currency).map_or(Decimal::ZERO, Money::amount);
            sum = (sum - sum * percent / Decimal::ONE_HUNDRED - monthly(amount, interval)).max(Decimal::ZERO);
        }
        Some(Money::rounded(sum, currency))
    }

    pub(super) fn figures(&self) -> Figures {
        let mut figures = Figures::default();
        if let Some(mrr) = self.mrr() {
            figures.mrr.insert(mrr.currency(), mrr.amount());
        }
        figures
    }
}

/// Spreads a recurring amount over a month, unrounded.
fn monthly(amount: Decimal, interval: Interval) -> Decimal {
    let (multiply, divide) = match interval.unit {
        IntervalUnit::Day => (365, 12),
        IntervalUnit::Week => (52, 12),
        IntervalUnit::Month => (1, 1),
        IntervalUnit::Year => (1, 12),
    };
    amount * Decimal::from(multiply) / (Decimal::from(divide) * Decimal::from(interval.count.max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Kind, Origin};
    use crate::money::{Currency, Rate};

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
            let amount = monthly(Decimal::new(minor, 2), Interval { unit, count });
            assert_eq!(Money::rounded(amount, Currency::USD).amount().to_string(), expected, "{name}");
        }
    }

    fn item(price: &str, role: Role, unit: Decimal, quantity: u32) -> Item {
        Item {
            id: None,
            price: price.to_owned(),
            name: None,
            role,
            unit: Some(Rate::new(unit, Currency::USD)),
            quantity,
            interval: Some(Interval { unit: IntervalUnit::Month, count: 1 }),
        }
    }

    #[test]
    fn all_recurring_items_count_after_the_discount_and_are_rounded_once() {
        let seat = Decimal::new(12_345, 3); // 12.345 for one seat
        let items = vec![
            item("price_pro", Role::Plan, seat, 3),
            item("price_sso", Role::Addon, Decimal::from(5), 1),
            item("price_api", Role::Usage, Decimal::ONE, 1),
            item("price_setup", Role::OneOff, Decimal::from(99), 1),
        ];
        let percent = |percent: i64| {
            Some(Stated::Is(Discount { code: None, percent: Some(Decimal::from(percent)), amount: None }))
        };
        let amount = Some(Stated::Is(Discount {
            code: None,
            percent: None,
            amount: Some(Money::from_minor(5000, Currency::USD)),
        }));
        let coupon = Some(Stated::Is(Discount { code: Some("SPRING".into()), percent: None, amount: None }));
        let (active, trial) = (SubscriptionStatus::Active, SubscriptionStatus::Trial);
        for (name, status, discount, expected) in [
            ("whole", active, None, Some("42.04")), // 37.035 + 5 = 42.035, half to even
            ("a tenth off", active, percent(10), Some("37.83")),
            ("more off than there is", active, amount, Some("0.00")),
            ("nobody told how much is off", active, coupon, None),
            ("trial", trial, None, None),
        ] {
            let seen = SubscriptionSeen {
                status: Some(status),
                items: Some(items.clone()),
                discount,
                ..SubscriptionSeen::default()
            };
            let event = Event {
                id: "evt_1".into(),
                provider: "stripe".into(),
                source: "default".into(),
                origin: Origin::Webhook,
                kind: Kind::SubscriptionChanged,
                at: Timestamp::UNIX_EPOCH,
                customer: None,
                seen: vec![],
            };
            let mut subscription = Subscription::new("sub_1");
            subscription.fold(&seen, &event);
            assert_eq!(subscription.mrr().map(|mrr| mrr.amount().to_string()).as_deref(), expected, "{name}");
        }
    }
}
