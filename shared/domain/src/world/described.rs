//! A world as its file describes it, and what may be wrong with that.

use super::number::{Factor, Measure, Part};
use super::play::FOLLOWED_DAYS;
use crate::money::{Currency, Money};
use crate::policy::Complaint;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use toml::Spanned;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Described {
    pub name: String,
    pub start: Timestamp,
    /// In which invoices fail.
    pub days: Spanned<u32>,
    pub seed: i64,
    pub currency: Currency,
    #[serde(default)]
    pub cluster: Vec<ClusterDescribed>,
    #[serde(default)]
    pub change: Vec<Change>,
}

/// Failures of one kind.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClusterDescribed {
    pub id: Spanned<String>,
    pub share: Measure,
    pub provider: String,
    pub code: String,
    pub network: String,
    pub funding: String,
    pub issuer: String,
    pub country: String,
    #[serde(deserialize_with = "zone")]
    pub timezone: TimeZone,
    pub amount: Spanned<Vec<Spanned<String>>>,
    /// What no try will ever collect.
    pub gone: Part,
    #[serde(rename = "try")]
    pub numbers: Numbers,
    #[serde(default)]
    pub customer: Customer,
}

/// What the chance of a try is made of; what is not told changes nothing.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Numbers {
    pub base: Factor,
    pub weekday: Option<Spanned<Vec<Factor>>>,
    #[serde(default)]
    pub day_of_month: Listed,
    #[serde(default)]
    pub hour: Listed,
    pub per_try: Option<Factor>,
    pub half_life_days: Option<Measure>,
}

/// Factors by the number of an hour or a day.
pub(super) type Listed = BTreeMap<Spanned<String>, Factor>;

/// How likely customers pay by themselves, on each day and after each message; and who they are.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Customer {
    pub per_day: Part,
    pub after_message: Part,
    /// Somebody looks after them.
    pub strategic: bool,
    /// For how long they have been customers by the time of the failure.
    pub tenure_days: Option<u32>,
}

impl Default for Customer {
    fn default() -> Self {
        Self { per_day: Part(0.0), after_message: Part(0.0), strategic: false, tenure_days: None }
    }
}

/// Other numbers for a cluster, from a day on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    pub at_day: Spanned<Factor>,
    pub cluster: Spanned<String>,
    #[serde(rename = "try")]
    pub numbers: Numbers,
}

const DAYS: RangeInclusive<u32> = 1..=3_660;
pub(super) const HOURS: RangeInclusive<usize> = 0..=23;
pub(super) const DAYS_OF_MONTH: RangeInclusive<usize> = 1..=31;

fn zone<'de, D: Deserializer<'de>>(from: D) -> Result<TimeZone, D::Error> {
    let name = String::deserialize(from)?;
    TimeZone::get(&name).map_err(|_| D::Error::custom(format!("there is no time zone called `{name}`")))
}

/// What is wrong with a world that can be read.
pub(super) fn lint(world: &Described) -> Vec<Complaint> {
    let mut complaints = Complaint::doubled(world.cluster.iter().map(|cluster| &cluster.id));
    let days = *world.days.get_ref();
    if !DAYS.contains(&days) {
        complaints.push(Complaint::on(&world.days, format!("a world lasts for 1 to {} days", DAYS.end())));
    }
    // What is written on the last day may be answered a day later.
    let lasts = SignedDuration::from_hours(24 * (i64::from(days) + FOLLOWED_DAYS + 1));
    if world.start.checked_add(lasts).is_err() {
        complaints.push(Complaint::on(&world.days, "so many days after `start` are beyond the calendar"));
    }
    if world.cluster.is_empty() {
        complaints.push(Complaint::at(0, "nothing fails in a world without a [[cluster]]"));
    }
    for cluster in &world.cluster {
        if cluster.amount.get_ref().is_empty() {
            complaints.push(Complaint::on(&cluster.amount, "there is no amount"));
        }
        for amount in cluster.amount.get_ref() {
            match Money::parse(amount.get_ref(), world.currency) {
                Ok(money) if money.is_positive() => {}
                Ok(money) => complaints.push(Complaint::on(amount, format!("nobody owes {money}"))),
                Err(error) => complaints.push(Complaint::on(amount, error.to_string())),
            }
        }
        complaints.extend(wrong(&cluster.numbers));
    }
    for change in &world.change {
        let name = change.cluster.get_ref();
        if !world.cluster.iter().any(|cluster| cluster.id.get_ref() == name) {
            complaints.push(Complaint::on(&change.cluster, format!("no cluster is called `{name}`")));
        }
        if change.at_day.get_ref().0 >= f64::from(days) + FOLLOWED_DAYS as f64 {
            complaints.push(Complaint::on(&change.at_day, "nothing is tried any more so late"));
        }
        complaints.extend(wrong(&change.numbers));
    }
    complaints
}

fn wrong(numbers: &Numbers) -> Vec<Complaint> {
    let week = numbers.weekday.iter().filter(|week| week.get_ref().len() != 7);
    let mut complaints: Vec<_> =
        week.map(|week| Complaint::on(week, "a week has seven numbers, Monday's first")).collect();
    for (listed, allowed, word) in
        [(&numbers.day_of_month, DAYS_OF_MONTH, "day of a month"), (&numbers.hour, HOURS, "hour of a day")]
    {
        // As a number is written otherwise: `01` would be `1` once more.
        let is_one = |key: &str| allowed.clone().any(|number| number.to_string() == key);
        complaints.extend(listed.keys().filter(|key| !is_one(key.get_ref())).map(|key| {
            let (first, last) = (allowed.start(), allowed.end());
            Complaint::on(key, format!("`{}` is no {word}, which are {first} to {last}", key.get_ref()))
        }));
    }
    complaints
}

#[cfg(test)]
mod tests {
    use crate::world::World;
    use crate::world::tests::ONE;

    #[test]
    fn a_bad_world_is_refused_with_its_line() {
        let base = "base = \"1\"";
        let below = |more: &str| format!("{base}\n{more}");
        for (from, to, line, expected) in [
            ("days = 10", "days = 0".to_owned(), 3, "a world lasts for 1 to 3660 days"),
            ("2026-03-01T", "9999-12-01T".to_owned(), 3, "beyond the calendar"),
            ("\"USD\"", "\"XYZ\"".to_owned(), 5, "`XYZ` is not an ISO 4217 currency code"),
            ("seed = 7", "seed = 7\ncolour = 1".to_owned(), 5, "unknown field `colour`"),
            ("share = \"1\"", "share = \"0\"".to_owned(), 9, "0 is not more than 0"),
            ("share = \"1\"", "share = \"half\"".to_owned(), 9, "`half` is no number"),
            ("share = \"1\"", "share = \"inf\"".to_owned(), 9, "`inf` is no number"),
            ("share = \"1\"", "share = true".to_owned(), 9, "this is no number"),
            ("New_York", "Old_York".to_owned(), 16, "there is no time zone called `America/Old_York`"),
            ("[\"10.00\"]", "[]".to_owned(), 17, "there is no amount"),
            ("10.00", "10.001".to_owned(), 17, "`10.001` is not an exact amount of USD"),
            ("10.00", "0.00".to_owned(), 17, "nobody owes 0.00 USD"),
            ("gone = \"0\"", "gone = 1.5".to_owned(), 18, "1.5 is not between 0 and 1"),
            (base, "base = -1".to_owned(), 20, "-1 is less than 0"),
            (base, "per_try = 1".to_owned(), 0, "missing field `base`"),
            (base, below("weekday = [1, 1]"), 21, "a week has seven numbers"),
            (base, below("hour = { \"24\" = 2 }"), 21, "`24` is no hour of a day, which are 0 to 23"),
            (base, below("hour = { \"01\" = 2 }"), 21, "`01` is no hour of a day"),
            (base, below("day_of_month = { \"0\" = 2 }"), 21, "`0` is no day of a month, which are 1 to 31"),
            (base, below("half_life_days = 0"), 21, "0 is not more than 0"),
            (base, below("[cluster.customer]\nper_day = 2"), 22, "2 is not between 0 and 1"),
            (base, below("[cluster.customer]\ntenure_days = -1"), 22, "invalid value"),
            (base, below("[cluster.customer]\nstrategic = 1"), 22, "invalid type"),
            (
                base,
                below("[[change]]\nat_day = 5\ncluster = \"b\"\ntry = { base = 1 }"),
                23,
                "no cluster is called `b`",
            ),
            (base, below("[[change]]\nat_day = 40\ncluster = \"a\"\ntry = { base = 1 }"), 22, "any more so late"),
        ] {
            assert!(ONE.contains(from), "{from}");
            let refused = World::parse("one.toml", &ONE.replacen(from, &to, 1)).expect_err(&to);
            assert!(refused.message.contains(expected), "{to}: {refused}");
            // Where something is missing no line is to blame.
            assert!(line == 0 || refused.line == line, "{to}: {refused}");
        }
    }

    #[test]
    fn a_world_has_clusters_of_different_names() {
        let (head, cluster) = ONE.split_at(ONE.find("[[cluster]]").unwrap());
        let refused = World::parse("one.toml", &format!("{ONE}{cluster}")).unwrap_err();
        assert_eq!(refused.to_string(), "one.toml:22: `a` is used twice");
        let refused = World::parse("one.toml", head).unwrap_err();
        assert_eq!(refused.to_string(), "one.toml:1: nothing fails in a world without a [[cluster]]");
    }
}
