//! Wishes about a subscription: what it buys, for how much, and until when.

use super::{DAYS_MAX, Wish};
use crate::action::change::{Direction, addons_after, each_period, plan_change};
use crate::action::{Kind, Known, NoPreview, When};
use crate::book::Head;
use crate::event::{Item, SubscriptionStatus};
use crate::money::Money;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;

impl Wish {
    /// The subscription that is named, or the only one that runs.
    pub(super) fn subscription(&self, head: &Head) -> Result<String, NoPreview> {
        if let Some(named) = &self.params.subscription {
            return Ok(named.clone());
        }
        let running = head.book.subscriptions.iter().filter(|(_, line)| line.status != Some(SubscriptionStatus::Ended));
        let running: Vec<_> = running.map(|(id, _)| id.as_str()).collect();
        match running[..] {
            [] => Err(NoPreview::NoSubscription),
            [one] if !head.book.more_run => Ok(one.to_owned()),
            _ => Err(NoPreview::WhichSubscription(running.join(", "))),
        }
    }

    pub(super) fn extend_trial(&self, known: &Known<'_>) -> Result<Kind, NoPreview> {
        let (subscription, days) = (self.subscription(known.head)?, self.days()?);
        let ends_at = known.running(&subscription)?.trial_ends_at.copied();
        let ends_at = ends_at.ok_or_else(|| NoPreview::NotOnTrial(subscription.clone()))?;
        let until = ends_at + SignedDuration::from_hours(24 * i64::from(days));
        Ok(Kind::ExtendTrial { subscription, days, until })
    }

    pub(super) fn plan_change(&self, known: &Known<'_>) -> Result<Kind, NoPreview> {
        let subscription = self.subscription(known.head)?;
        let plan = self.params.plan.clone().ok_or(NoPreview::Unnamed("`plan`, by its price's id,"))?;
        let change = plan_change(known, &subscription, &plan)?;
        let (from, to) = (change.from.price.clone(), plan);
        match (self.kind.as_str(), change.direction) {
            ("upgrade", Direction::Down) => Err(NoPreview::IsDowngrade { from, to }),
            ("downgrade", Direction::Up) => Err(NoPreview::IsUpgrade { from, to }),
            _ => change.kind(subscription, known.now),
        }
    }

    pub(super) fn change_addons(&self, known: &Known<'_>) -> Result<Kind, NoPreview> {
        if self.params.addons.is_empty() {
            return Err(NoPreview::Unnamed("`addons`, each with its `price` and `quantity`,"));
        }
        let (subscription, addons) = (self.subscription(known.head)?, self.params.addons.clone());
        let price = each_period(&addons_after(known, &subscription, &addons)?);
        Ok(Kind::ChangeAddons { subscription, addons, price, at: known.now })
    }

    pub(super) fn adjust_seats(&self, known: &Known<'_>) -> Result<Kind, NoPreview> {
        let seats = self.params.seats.ok_or(NoPreview::Unnamed("`seats`"))?;
        let subscription = self.subscription(known.head)?;
        if seats == 0 {
            return Err(NoPreview::Seats);
        }
        let plan = known.plan(&subscription)?;
        let price = each_period(&[Item { quantity: seats, ..plan.clone() }]);
        Ok(Kind::AdjustSeats { subscription, seats, price, at: known.now })
    }

    pub(super) fn discount(&self, known: &Known<'_>) -> Result<Kind, NoPreview> {
        let percent = self.params.percent.ok_or(NoPreview::Unnamed("`percent`"))?;
        if percent <= Decimal::ZERO || percent > Decimal::ONE_HUNDRED || percent.normalize().scale() > 2 {
            return Err(NoPreview::Percent);
        }
        let subscription = self.subscription(known.head)?;
        let items = known.running(&subscription)?.items.value().cloned().unwrap_or_default();
        let less = |price: Money| {
            let left = price.amount() * (Decimal::ONE_HUNDRED - percent) / Decimal::ONE_HUNDRED;
            Money::rounded(left, price.currency())
        };
        Ok(Kind::Discount { price: each_period(&items).map(less), subscription, percent: percent.normalize() })
    }

    pub(super) fn cancel(&self, known: &Known<'_>) -> Result<Kind, NoPreview> {
        if self.params.customer_requested == Some(false) {
            return Err(NoPreview::NotTheirWish);
        }
        Ok(Kind::Cancel {
            subscription: self.subscription(known.head)?,
            when: self.params.when.unwrap_or(When::PeriodEnd),
            asked_at: self.asked_at(known.now)?,
        })
    }

    /// A letter may have lain for a while; a year-old one is looked at by a person.
    fn asked_at(&self, now: Timestamp) -> Result<Timestamp, NoPreview> {
        let asked_at = self.params.asked_at.unwrap_or(now);
        let lately = now - SignedDuration::from_hours(24 * i64::from(DAYS_MAX));
        if (lately..=now).contains(&asked_at) { Ok(asked_at) } else { Err(NoPreview::AskedAt) }
    }
}
