//! What a change of plan, seats or add-ons comes to: each period from then on, and for the rest of this one.

use super::refusal::NoPreview;
use super::{Addon, Known, Line, MidPeriod};
use crate::action::NoChange;
use crate::event::{Item, Role, SubscriptionStatus};
use crate::import::Price;
use crate::money::Money;
use crate::money::prorate::{self, Bought, Period};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use std::cmp::Ordering;

/// A plan that becomes another.
pub(super) struct PlanChange<'a> {
    pub from: &'a Item,
    pub to: &'a Price,
    pub is_upgrade: bool,
    /// What the new plan costs each period.
    pub price: Money,
}

pub(super) fn change_of<'a>(known: &Known<'a>, subscription: &str, plan: &str) -> Result<PlanChange<'a>, NoPreview> {
    let from = known.plan(subscription)?;
    if from.price == plan {
        return Err(NoPreview::Same(subscription.to_owned()));
    }
    let to = known.sold(plan)?;
    let listed = |price: &str| known.prices.iter().find(|listed| listed.price == price);
    // Some providers tell no prices: then the catalogue does.
    let unit = to.unit.ok_or_else(|| NoChange::NoPrice(plan.to_owned()))?;
    let old = from
        .unit
        .or_else(|| listed(&from.price)?.unit)
        .ok_or_else(|| NoPreview::UnknownPlan(subscription.to_owned()))?;
    let names = || (from.price.clone(), to.price.clone());
    if from.interval.is_some() && to.interval != from.interval {
        let (from, to) = names();
        return Err(NoChange::OtherInterval { from, to }.into());
    }
    if unit.currency() != old.currency() {
        let (from, to) = names();
        return Err(NoChange::OtherCurrency { from, to }.into());
    }
    let up = match listed(&from.price).and_then(|listed| listed.rank).zip(to.rank) {
        Some((from, to)) => to.cmp(&from),
        None => unit.amount().cmp(&old.amount()),
    };
    let item = Item { price: to.price.clone(), unit: to.unit, ..from.clone() };
    let price = each_period(&[item]).ok_or(prorate::NoProration::TooLarge)?;
    Ok(PlanChange { from, to, is_upgrade: up == Ordering::Greater, price })
}

/// What recurring things cost each period, where every price is known.
pub(super) fn each_period(items: &[Item]) -> Option<Money> {
    let recurring = || items.iter().filter(|item| matches!(item.role, Role::Plan | Role::Addon));
    let currency = recurring().next()?.unit?.currency();
    let mut sum = Decimal::ZERO;
    for item in recurring() {
        let unit = item.unit.filter(|unit| unit.currency() == currency)?;
        sum = sum.checked_add(unit.amount().checked_mul(Decimal::from(item.quantity))?)?;
    }
    Some(Money::rounded(sum, currency))
}

/// Everything that a subscription buys once its add-ons are as asked for.
pub(super) fn addons_after(known: &Known<'_>, subscription: &str, addons: &[Addon]) -> Result<Vec<Item>, NoPreview> {
    let before = known.running(subscription)?.items.value().cloned().unwrap_or_default();
    let plan = known.plan(subscription)?;
    let mut after = before.clone();
    for addon in addons {
        let own = after.iter().position(|item| item.price == addon.price && item.role == Role::Addon);
        match (own, addon.quantity) {
            (Some(place), 0) => drop(after.remove(place)),
            (Some(place), quantity) => after[place].quantity = quantity,
            (None, 0) => return Err(NoPreview::Same(subscription.to_owned())),
            (None, quantity) => {
                let price = known.sold(&addon.price)?;
                if plan.interval.is_some() && price.interval != plan.interval {
                    return Err(NoChange::OtherInterval { from: plan.price.clone(), to: price.price.clone() }.into());
                }
                let (name, unit) = (price.name.clone(), price.unit);
                let (price, interval) = (addon.price.clone(), price.interval);
                after.push(Item { id: None, price, name, role: Role::Addon, unit, quantity, interval });
            }
        }
    }
    if after == before { Err(NoPreview::Same(subscription.to_owned())) } else { Ok(after) }
}

/// The figures of a change that is made at once, as of a moment: what goes back, what is charged, and the sum.
pub(super) fn prorated(
    known: &Known<'_>,
    id: &str,
    before: &[Item],
    after: &[Item],
    at: Timestamp,
) -> Result<Vec<Line>, NoPreview> {
    let subscription = known.running(id)?;
    let total = |total| Line::money("Charged for the rest of this period", None, Some(total));
    let bought = |items: &[Item], text: &str| -> Option<Vec<Bought>> {
        let recurring = items.iter().filter(|item| matches!(item.role, Role::Plan | Role::Addon));
        let one = |item: &Item| {
            let name = item.name.as_ref().unwrap_or(&item.price);
            Some(Bought {
                price: item.price.clone(),
                text: format!("{text} of {name}"),
                unit: item.unit?,
                quantity: item.quantity,
            })
        };
        recurring.map(one).collect()
    };
    let Some((old, new)) = bought(before, "Unused time").zip(bought(after, "Remaining time")) else {
        return Ok(vec![Line::text(
            "Charged for the rest of this period",
            None,
            "as the provider counts: a price is not known here",
        )]);
    };
    if subscription.status.copied() == Some(SubscriptionStatus::Trial) {
        let currency = new.first().or(old.first()).ok_or(prorate::NoProration::Nothing)?.unit.currency();
        return Ok(vec![total(Money::zero(currency))]);
    }
    let MidPeriod::Prorated(method) = known.manners.mid_period else {
        return Ok(vec![Line::text(
            "Charged for the rest of this period",
            None,
            "nothing; the next payment is the new amount",
        )]);
    };
    let (from, to) =
        subscription.period_start.copied().zip(subscription.renews_at.copied()).ok_or(NoChange::UnknownPeriod)?;
    let proration = prorate::change(&old, &new, Period { from, to }, at, method, &TimeZone::UTC)?;
    let lines = proration.lines.iter().map(|line| Line::money(&line.text, None, Some(line.amount)));
    Ok(lines.chain([total(proration.total)]).collect())
}

impl<'a> Known<'a> {
    /// What the catalogue sells today under this id.
    fn sold(&self, price: &str) -> Result<&'a Price, NoPreview> {
        let today = self.now.to_zoned(TimeZone::UTC).date();
        let found = self.prices.iter().find(|listed| listed.price == price && listed.holds(today));
        found.ok_or_else(|| NoChange::NoPrice(price.to_owned()).into())
    }
}
