//! What an adviser has learned, as a table that is released like other rules and that a person can read.

use crate::policy::{Complaint, Refused, Rules, read};
use serde::Deserialize;
use timing::{Adviser, Learned, Place};
use toml::Spanned;

/// One released version of what was learned.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Advice {
    pub version: u32,
    pub effective: String,
    #[serde(default)]
    pub group: Vec<Group>,
}

/// What tries have in common that are believed in together: nothing, the family, or everything.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Empty for all tries; a family; or `family/code/network/funding/issuer/country`.
    pub id: String,
    pub cell: Vec<Cell>,
}

/// What one hour, weekday, day, age or number says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// Such as `hour 6`, `weekday 2` (Monday is 1), `day 15`, `age 3` and `try 2`; `all` is any try.
    pub at: Spanned<String>,
    /// In thousandths of log-odds: 693 doubles the odds.
    pub speaks: i64,
    /// How far that may be off, in the same.
    pub give_or_take: i64,
}

impl Advice {
    /// What an adviser has learned.
    pub fn of(adviser: &Adviser, version: u32, effective: &str) -> Self {
        let group = adviser
            .learned()
            .map(|(id, learned)| Group { id: id.to_owned(), cell: learned.into_iter().map(Cell::of).collect() });
        Self { version, effective: effective.to_owned(), group: group.collect() }
    }
}

impl Advice {
    /// Reads and checks one that somebody tries out, whatever its file is called.
    pub fn parse(file: &str, text: &str) -> Result<Self, Refused> {
        read(file, text, Self::lint)
    }

    /// As it is released: a line for each cell, for people to compare.
    pub fn text(&self) -> String {
        let groups = self.group.iter().map(|group| {
            let cells = group.cell.iter().map(|Cell { at, speaks, give_or_take }| {
                format!("    {{ at = {:?}, speaks = {speaks}, give_or_take = {give_or_take} }},\n", at.get_ref())
            });
            format!("\n[[group]]\nid = {:?}\ncell = [\n{}]\n", group.id, cells.collect::<String>())
        });
        let head = format!("version = {}\neffective = {:?}\n", self.version, self.effective);
        groups.fold(head, |text, group| text + &group)
    }
}

impl Group {
    pub(super) fn level(&self) -> usize {
        usize::from(!self.id.is_empty()) + usize::from(self.id.contains('/'))
    }

    pub(super) fn learned(&self) -> impl Iterator<Item = Learned> {
        self.cell.iter().filter_map(|cell| {
            let place = named(cell.at.get_ref())?;
            Some(Learned { place, speaks: units(cell.speaks), give_or_take: units(cell.give_or_take) })
        })
    }
}

impl Cell {
    fn of(learned: Learned) -> Self {
        let at = Spanned::new(0..0, name(learned.place));
        Self { at, speaks: thousandths(learned.speaks), give_or_take: thousandths(learned.give_or_take).max(1) }
    }
}

/// How a place is called.
pub(super) fn name(place: Place) -> String {
    match place {
        Place::Base => "all".to_owned(),
        Place::Hour(hour) => format!("hour {hour}"),
        Place::Weekday(day) => format!("weekday {}", day + 1),
        Place::Day(day) => format!("day {day}"),
        Place::Age(age) => format!("age {age}"),
        Place::Number(number) => format!("try {}", number + 1),
    }
}

/// The place that is called so.
pub(super) fn named(text: &str) -> Option<Place> {
    Place::all().find(|place| name(*place) == text)
}

#[allow(clippy::float_arithmetic, reason = "a table for people has whole numbers, beliefs have none")]
fn units(thousandths: i64) -> f64 {
    thousandths as f64 / 1000.0
}

#[allow(clippy::float_arithmetic, reason = "a table for people has whole numbers, beliefs have none")]
fn thousandths(units: f64) -> i64 {
    (units * 1000.0).round() as i64
}

impl Rules for Advice {
    const NAME: &'static str = "advice";

    fn version(&self) -> u32 {
        self.version
    }

    fn effective(&self) -> &str {
        &self.effective
    }

    fn lint(&self) -> Vec<Complaint> {
        let cells = self.group.iter().flat_map(|group| &group.cell);
        let unknown = cells.clone().filter(|cell| named(cell.at.get_ref()).is_none());
        let unknown = unknown.map(|cell| Complaint::on(&cell.at, format!("nothing is called `{}`", cell.at.get_ref())));
        let sure = cells.filter(|cell| cell.give_or_take < 1);
        let sure = sure.map(|cell| Complaint::on(&cell.at, "nobody is that sure: `give_or_take` is at least 1"));
        let mut ids: Vec<_> = self.group.iter().map(|group| &group.id).collect();
        ids.sort();
        let doubled = ids.windows(2).filter(|pair| pair[0] == pair[1]);
        let doubled = doubled.map(|pair| Complaint::at(0, format!("the group `{}` is told twice", pair[0])));
        unknown.chain(sure).chain(doubled).collect()
    }
}
