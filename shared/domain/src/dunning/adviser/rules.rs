//! What an adviser believes before it has seen anything, and how far it may be off to learn: data of the dunning policy.

use crate::policy::Complaint;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Deserialize;
use std::collections::BTreeMap;
use timing::{Leaning as Speaks, Place, Priors, log_odds};
use toml::Spanned;

/// All tries, those of a family, and those that share everything.
pub(super) const LEVELS: usize = 3;

/// What there is before the first try was seen.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdviserRules {
    pub why: Spanned<String>,
    /// The chance of a try of which nothing is known.
    first_chance: Spanned<Decimal>,
    /// By how many deviations a belief is taken to be off, up or down, when a moment is chosen.
    spread: Spanned<Decimal>,
    /// How many groups are told apart; what comes later leans on its family.
    pub groups_max: usize,
    /// How wide beliefs are in log-odds, of all tries, of a family and of what shares everything.
    chance: [Decimal; LEVELS],
    moment: [Decimal; LEVELS],
    age: [Decimal; LEVELS],
    #[serde(default)]
    leaning: Vec<Leaning>,
}

/// What a reason says before any data.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Leaning {
    why: Spanned<String>,
    families: Spanned<Vec<String>>,
    /// How many times as likely a try is then, in percent of the odds.
    #[serde(default)]
    hours: BTreeMap<String, Decimal>,
    #[serde(default)]
    weekdays: BTreeMap<String, Decimal>,
    #[serde(default)]
    days: BTreeMap<String, Decimal>,
}

const WEEK: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

impl AdviserRules {
    /// As numbers.
    pub(super) fn priors(&self) -> Priors {
        let level = |level: usize| [&self.chance, &self.moment, &self.age].map(|widths| real(widths[level]));
        Priors {
            first: log_odds(real(*self.first_chance.get_ref())),
            spread: real(*self.spread.get_ref()),
            groups_max: self.groups_max,
            deviations: [level(0), level(1), level(2)],
            leanings: self.leaning.iter().flat_map(Leaning::speaks).collect(),
        }
    }

    pub(in crate::dunning) fn lint(&self) -> Vec<Complaint> {
        let mut complaints = Vec::new();
        let (first, spread) = (*self.first_chance.get_ref(), *self.spread.get_ref());
        if first <= Decimal::ZERO || first >= Decimal::ONE {
            complaints.push(Complaint::on(&self.first_chance, "a chance is between 0 and 1"));
        }
        if spread < Decimal::ZERO || spread > Decimal::ONE {
            complaints.push(Complaint::on(&self.spread, "`spread` is from 0 to 1 deviations"));
        }
        if self.chance.iter().chain(&self.moment).chain(&self.age).any(|width| *width <= Decimal::ZERO) {
            complaints.push(Complaint::on(&self.why, "a belief that has no width learns nothing: each is more than 0"));
        }
        for leaning in &self.leaning {
            if leaning.why.get_ref().trim().is_empty() {
                complaints.push(Complaint::on(&leaning.why, "a leaning has no `why`"));
            }
            if leaning.places().any(|place| place.is_none()) {
                complaints.push(Complaint::on(
                    &leaning.families,
                    "a leaning names hours 0 to 23, weekdays as `monday`, days 1 to 31, and for each a percentage over 0",
                ));
            }
        }
        complaints
    }

    /// The families that are named, each with where.
    pub(in crate::dunning) fn families(&self) -> impl Iterator<Item = (&Spanned<Vec<String>>, &String)> {
        self.leaning
            .iter()
            .flat_map(|leaning| leaning.families.get_ref().iter().map(|family| (&leaning.families, family)))
    }
}

impl Leaning {
    fn speaks(&self) -> impl Iterator<Item = Speaks> + '_ {
        self.families.get_ref().iter().flat_map(|family| {
            let places = self.places().flatten();
            places.map(|(place, percent)| Speaks {
                group: family.clone(),
                place,
                speaks: log_odds(real(percent / (percent + Decimal::ONE_HUNDRED))),
            })
        })
    }

    /// Nothing for what is no such hour, weekday or day, or has no odds.
    fn places(&self) -> impl Iterator<Item = Option<(Place, Decimal)>> + '_ {
        let number = |text: &str, from: u8, to: u8| text.parse().ok().filter(|number| (from..=to).contains(number));
        let hours = self.hours.iter().map(move |(hour, odds)| (number(hour, 0, 23).map(Place::Hour), odds));
        let weekdays = self.weekdays.iter().map(|(day, odds)| {
            let place = WEEK.iter().position(|name| name == day).and_then(|place| u8::try_from(place).ok());
            (place.map(Place::Weekday), odds)
        });
        let days = self.days.iter().map(move |(day, odds)| (number(day, 1, 31).map(Place::Day), odds));
        let all = hours.chain(weekdays).chain(days);
        all.map(|(place, percent)| place.zip(Some(*percent).filter(|percent| *percent > Decimal::ZERO)))
    }
}

fn real(number: Decimal) -> f64 {
    number.to_f64().unwrap_or_default()
}
