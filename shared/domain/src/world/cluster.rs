//! One kind of failure: what a strategy sees of it, and how likely a try brings the money.

use super::described::{ClusterDescribed, DAYS_OF_MONTH, Described, HOURS, Listed, Numbers};
use crate::event::Decline;
use crate::money::Money;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::ops::RangeInclusive;

/// No try is surer than this, whatever speaks for it.
const SUREST: f64 = 0.95;
const SECS_OF_DAY: f64 = 86_400.0;

/// Failures of one kind.
#[derive(Debug)]
pub(super) struct Cluster {
    pub id: String,
    pub share: f64,
    pub decline: Decline,
    pub network: String,
    pub funding: String,
    pub issuer: String,
    pub country: String,
    pub amounts: Vec<Money>,
    pub gone: f64,
    pub per_day: f64,
    pub after_message: f64,
    pub strategic: bool,
    pub tenure_days: Option<i64>,
    zone: TimeZone,
    /// Each from a time on, oldest first.
    chances: Vec<(Timestamp, Chances)>,
}

#[derive(Debug)]
struct Chances {
    base: f64,
    /// Monday first.
    weekday: Vec<f64>,
    day_of_month: Vec<f64>,
    hour: Vec<f64>,
    per_try: f64,
    half_life_days: Option<f64>,
}

impl Cluster {
    pub(super) fn of(described: &ClusterDescribed, world: &Described) -> Self {
        let money = |text: &str| Money::parse(text, world.currency).expect("the lint saw every amount");
        let own = world.change.iter().filter(|change| change.cluster == described.id);
        let later = own.map(|change| {
            let hours = (change.at_day.get_ref().0 * 24.0) as i64;
            (world.start + SignedDuration::from_hours(hours), Chances::of(&change.numbers))
        });
        let mut chances: Vec<_> =
            std::iter::once((world.start, Chances::of(&described.numbers))).chain(later).collect();
        chances.sort_by_key(|(from, _)| *from);
        Self {
            id: described.id.get_ref().clone(),
            share: described.share.0,
            decline: Decline {
                issuer: Some(described.country.clone()),
                ..Decline::new(&described.provider, &described.code)
            },
            network: described.network.clone(),
            funding: described.funding.clone(),
            issuer: described.issuer.clone(),
            country: described.country.clone(),
            amounts: described.amount.get_ref().iter().map(|amount| money(amount.get_ref())).collect(),
            gone: described.gone.0,
            per_day: described.customer.per_day.0,
            after_message: described.customer.after_message.0,
            strategic: described.customer.strategic,
            tenure_days: described.customer.tenure_days.map(i64::from),
            zone: described.timezone.clone(),
            chances,
        }
    }

    /// The chance that a try at this time succeeds, if anything is left that a try can collect.
    pub(super) fn chance(&self, failed_at: Timestamp, at: Timestamp, tries_before: usize) -> f64 {
        let chances = self.chances.iter().rfind(|(from, _)| *from <= at);
        let (_, chances) = chances.expect("nothing fails before the world begins");
        let local = self.zone.to_datetime(at);
        let of = |factors: &[f64], number: i8| factors[usize::from(number.unsigned_abs())];
        let calendar = of(&chances.weekday, local.weekday().to_monday_zero_offset())
            * of(&chances.day_of_month, local.day() - 1)
            * of(&chances.hour, local.hour());
        let days = at.duration_since(failed_at).as_secs_f64() / SECS_OF_DAY;
        let faded = chances.half_life_days.map_or(1.0, |half_life| 0.5_f64.powf(days / half_life));
        (chances.base * calendar * chances.per_try.powf(tries_before as f64) * faded).min(SUREST)
    }
}

impl Chances {
    fn of(numbers: &Numbers) -> Self {
        let week = numbers.weekday.as_ref().map(|week| week.get_ref().iter().map(|factor| factor.0).collect());
        Self {
            base: numbers.base.0,
            weekday: week.unwrap_or_else(|| vec![1.0; 7]),
            day_of_month: table(&numbers.day_of_month, &DAYS_OF_MONTH),
            hour: table(&numbers.hour, &HOURS),
            per_try: numbers.per_try.map_or(1.0, |factor| factor.0),
            half_life_days: numbers.half_life_days.map(|measure| measure.0),
        }
    }
}

/// A factor for each number; those that are not listed change nothing.
fn table(listed: &Listed, numbers: &RangeInclusive<usize>) -> Vec<f64> {
    let mut table = vec![1.0; numbers.end() - numbers.start() + 1];
    for (key, factor) in listed {
        let number: usize = key.get_ref().parse().expect("the lint saw every number of an hour and a day");
        table[number - numbers.start()] = factor.0;
    }
    table
}
