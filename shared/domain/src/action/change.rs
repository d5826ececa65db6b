//! What a change of plan, seats or add-ons comes to: which way it goes, from when, what each period costs from then on,
//! and what is charged for the rest of this one. Whoever shows or words a change asks here.

use super::refusal::NoPreview;
use super::{Addon, Kind, Known, Line, Manners, MidPeriod, day};
use crate::book::Subscription;
use crate::event::{Item, Role, SubscriptionStatus};
use crate::import::Price;
use crate::money::prorate::{self, Bought, NoProration, Period, Proration};
use crate::money::{Money, Rate};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use std::cmp::Ordering;

/// A plan that becomes another.
#[derive(Debug, Clone)]
pub struct PlanChange<'a> {
    pub subscription: &'a Subscription,
    /// The plan as it is.
    pub from: &'a Item,
    /// What the catalogue says of it, where it says anything.
    pub listed: Option<&'a Price>,
    /// The plan that is wanted.
    pub to: &'a Price,
    /// What one of it costs each period: as it is, and as it is wanted.
    pub units: [Rate; 2],
    /// What each period costs from then on.
    pub price: Money,
    pub(super) direction: Direction,
}

/// To something that is worth more, or to something that is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Up,
    Down,
}

/// When a change of plan is effective.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effective {
    AtOnce(RestOfPeriod),
    /// Until then nothing changes.
    AtRenewal(Timestamp),
}

/// What is charged for the rest of the period in which something changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RestOfPeriod {
    Charged(Proration),
    /// Nothing, and nothing goes back.
    NotCharged,
    /// What the provider counts: a price is not known here.
    NotKnown,
}

/// Decides what a change to another plan is.
pub fn plan_change<'a>(known: &Known<'a>, subscription: &str, plan: &str) -> Result<PlanChange<'a>, NoPreview> {
    let today = known.now.to_zoned(TimeZone::UTC).date();
    change_of(known.running(subscription)?, subscription, plan, known.prices, today)
}

/// The same of a subscription that runs, by what the catalogue sells on a day.
pub fn change_of<'a>(
    running: &'a Subscription,
    subscription: &str,
    plan: &str,
    prices: &'a [Price],
    on: Date,
) -> Result<PlanChange<'a>, NoPreview> {
    let from = running.plan().ok_or_else(|| NoPreview::UnknownPlan(subscription.to_owned()))?;
    if from.price == plan {
        return Err(NoPreview::SamePlan(subscription.to_owned()));
    }
    let to = sold(prices, plan, on)?;
    let listed = prices.iter().find(|listed| listed.price == from.price);
    let unit = to.unit.ok_or_else(|| NoPreview::NoPrice(plan.to_owned()))?;
    // Some providers tell no prices: then the catalogue does.
    let old = from.unit.or_else(|| listed?.unit).ok_or_else(|| NoPreview::UnknownPlan(subscription.to_owned()))?;
    let names = || (from.price.clone(), to.price.clone());
    if from.interval.is_some() && to.interval != from.interval {
        let (from, to) = names();
        return Err(NoPreview::OtherInterval { from, to });
    }
    if unit.currency() != old.currency() {
        let (from, to) = names();
        return Err(NoPreview::SoldInOtherCurrency { from, to });
    }
    let up = match listed.and_then(|listed| listed.rank).zip(to.rank) {
        Some((from, to)) => to.cmp(&from),
        None => unit.amount().cmp(&old.amount()),
    };
    let direction = if up == Ordering::Greater { Direction::Up } else { Direction::Down };
    let item = Item { price: to.price.clone(), unit: to.unit, ..from.clone() };
    let price = each_period(&[item]).ok_or(NoProration::TooLarge)?;
    Ok(PlanChange { subscription: running, from, listed, to, units: [old, unit], price, direction })
}

/// What the catalogue sells on a day under this id.
pub(super) fn sold<'a>(prices: &'a [Price], price: &str, on: Date) -> Result<&'a Price, NoPreview> {
    let found = prices.iter().find(|listed| listed.price == price && listed.holds(on));
    found.ok_or_else(|| NoPreview::NotSold(price.to_owned()))
}

impl PlanChange<'_> {
    /// What is done: an upgrade at once, charged as of a moment; a downgrade from the next period on.
    pub fn kind(&self, subscription: String, at: Timestamp) -> Result<Kind, NoPreview> {
        let (plan, price) = (self.to.price.clone(), self.price);
        Ok(match self.direction {
            Direction::Up => Kind::Upgrade { subscription, plan, price, at },
            Direction::Down => Kind::Downgrade { subscription, plan, price, at: self.renewal()? },
        })
    }

    /// When it is effective, asked for at this moment: an upgrade at once, a downgrade at the renewal.
    pub fn effective(&self, known: &Known<'_>) -> Result<Effective, NoPreview> {
        match self.direction {
            Direction::Up => self.at_once(known.manners, known.now),
            Direction::Down => Ok(Effective::AtRenewal(self.renewal()?)),
        }
    }

    pub(super) fn renewal(&self) -> Result<Timestamp, NoPreview> {
        self.subscription.renews_at.copied().ok_or(NoPreview::UnknownPeriod)
    }

    pub(super) fn at_once(&self, manners: &Manners, at: Timestamp) -> Result<Effective, NoPreview> {
        let before = self.subscription.items.value().cloned().unwrap_or_default();
        let (price, name, unit) = (self.to.price.clone(), self.to.name.clone(), self.to.unit);
        let new = Item { price, name, unit, ..self.from.clone() };
        let after: Vec<_> =
            before.iter().map(|item| if item == self.from { new.clone() } else { item.clone() }).collect();
        rest_of_period(manners, self.subscription, &before, &after, at).map(Effective::AtOnce)
    }

    /// Its figures before and after, at what each period was said to cost.
    pub fn lines(&self, price: Money, effective: &Effective) -> Vec<Line> {
        let plan = Line::text("Plan", Some(&self.from.price), &self.to.price);
        let each = Line::money("Each period", each_period(std::slice::from_ref(self.from)), Some(price));
        let rest = match effective {
            Effective::AtOnce(rest) => rest.lines(),
            Effective::AtRenewal(at) => vec![Line::text("From", None, &day(*at))],
        };
        [plan, each].into_iter().chain(rest).collect()
    }
}

impl RestOfPeriod {
    /// What goes back, what is charged, and the sum.
    pub(super) fn lines(&self) -> Vec<Line> {
        let what = "Charged for the rest of this period";
        match self {
            Self::Charged(Proration { lines, total }) => {
                let lines = lines.iter().map(|line| Line::money(&line.text, None, Some(line.amount)));
                lines.chain([Line::money(what, None, Some(*total))]).collect()
            }
            Self::NotCharged => vec![Line::text(what, None, "nothing; the next payment is the new amount")],
            Self::NotKnown => vec![Line::text(what, None, "as the provider counts: a price is not known here")],
        }
    }
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
                    return Err(NoPreview::OtherInterval { from: plan.price.clone(), to: price.price.clone() });
                }
                let (name, unit) = (price.name.clone(), price.unit);
                let (price, interval) = (addon.price.clone(), price.interval);
                after.push(Item { id: None, price, name, role: Role::Addon, unit, quantity, interval });
            }
        }
    }
    if after == before { Err(NoPreview::Same(subscription.to_owned())) } else { Ok(after) }
}

/// What is charged for the rest of the period by a change that is made at once, as of a moment.
pub(super) fn rest_of_period(
    manners: &Manners,
    subscription: &Subscription,
    before: &[Item],
    after: &[Item],
    at: Timestamp,
) -> Result<RestOfPeriod, NoPreview> {
    let Some((old, new)) = bought(before, "Unused time").zip(bought(after, "Remaining time")) else {
        return Ok(RestOfPeriod::NotKnown);
    };
    if subscription.status.copied() == Some(SubscriptionStatus::Trial) {
        let currency = new.first().or(old.first()).ok_or(NoProration::Nothing)?.unit.currency();
        return Ok(RestOfPeriod::Charged(Proration::in_trial(currency)));
    }
    let MidPeriod::Prorated(method) = manners.mid_period else { return Ok(RestOfPeriod::NotCharged) };
    let period = subscription.period_start.copied().zip(subscription.renews_at.copied());
    let (from, to) = period.ok_or(NoPreview::UnknownPeriod)?;
    Ok(RestOfPeriod::Charged(prorate::change(&old, &new, Period { from, to }, at, method, &TimeZone::UTC)?))
}

/// What recurs of these things, where every price is known.
fn bought(items: &[Item], text: &str) -> Option<Vec<Bought>> {
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
}
