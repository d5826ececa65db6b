//! A company's own word on the networks, with dates: how often a card may be tried again, and what a code means.
//!
//! The two shapes are those of `limit` and `code` in `shared/policy/declines/`, over which these rows are laid.

use super::columns::{Column, Record};
use super::complaint::{Complaints, quoted};
use super::row::Row;
use super::together::{Term, overlapping};
use super::{Kind, cell};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// One row: a limit or a meaning, for as long as it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkRule {
    #[serde(flatten)]
    pub says: Says,
    /// Visa's category: of the limit, the one it is for; of the code, the one it is in.
    pub category: Option<u8>,
    /// The first and the last day on which it holds.
    pub from: Date,
    pub until: Option<Date>,
    pub why: String,
}

/// Which of the two it is, the columns tell that are filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "snake_case")]
pub enum Says {
    /// At most so many tries of one card or account within so many days, the provider's own counted.
    Limit { network: String, tries_max: u32, days: u32 },
    /// What a code means in the table of a provider or network.
    Meaning { table: String, code: String, family: String },
}

/// The networks that limit tries.
const NETWORKS: &[&str] = &["ach", "amex", "bacs", "discover", "mastercard", "sepa", "visa"];

/// The tables whose codes have two characters each: a spreadsheet makes `5` of `05`.
const TWO_CHARACTERS: &[&str] = &["iso8583", "mastercard", "mastercard_advice", "visa"];

const OWN: &[Column] = &[
    ("network", &["table"]),
    ("tries_max", &["max_tries", "max_retries"]),
    ("days", &["within_days", "window_days"]),
    ("code", &["decline_code"]),
    ("family", &["meaning"]),
    ("category", &["visa_category"]),
    ("from", &["valid_from", "effective"]),
    ("until", &["valid_until", "valid_to"]),
    ("why", &["reason", "note"]),
];

impl NetworkRule {
    /// Whether it holds on a day, the first and the last one included.
    pub fn holds(&self, on: Date) -> bool {
        self.from <= on && self.until.is_none_or(|until| on <= until)
    }

    /// Whether another rule is about the same.
    pub fn is_same_rule(&self, other: &Self) -> bool {
        self.subject() == other.subject()
    }

    /// What it is about: of two rules about the same, one holds at a time.
    fn subject(&self) -> (&str, &str, u32, Option<u8>) {
        match &self.says {
            Says::Limit { network, days, .. } => (network.as_str(), "", *days, self.category),
            Says::Meaning { table, code, .. } => (table.as_str(), code.as_str(), 0, None),
        }
    }
}

impl Record for NetworkRule {
    const KIND: Kind = Kind::NetworkRules;
    const COLUMNS: &'static [&'static [Column]] = &[OWN];

    fn read(row: &mut Row<'_>) -> Option<Self> {
        let is_limit = row.has("tries_max") || row.has("days");
        if is_limit == (row.has("code") || row.has("family")) {
            let what = "a rule is either a limit or a meaning: fill in `tries_max` and `days`, or `code` and `family`";
            row.complain("network", what);
        }
        let says = if is_limit { limit(row) } else { meaning(row) };
        let category = row.may("category", category);
        let (from, until) = (row.must("from", cell::date), row.may("until", cell::date));
        let why = row.must("why", cell::text);
        if until.is_some() && from.is_some() && until < from {
            row.complain("until", "lies before `from`: write the last day on which the rule holds");
        }
        Some(Self { says: says?, category, from: from?, until, why: why? })
    }

    fn together(all: &[(usize, Self)], complaints: &mut Complaints) {
        let terms = all.iter().map(|(line, rule)| Term {
            subject: rule.subject(),
            from: Some(rule.from),
            until: rule.until,
            line: *line,
        });
        overlapping(terms.collect(), "from", "a rule about the same", complaints);
    }
}

fn limit(row: &mut Row<'_>) -> Option<Says> {
    let network = row.must("network", |text| known(text, NETWORKS, "network that limits tries"));
    let tries_max = row.must("tries_max", cell::count);
    let days = row.must("days", |text| match cell::count(text)? {
        days @ 1..=366 => Ok(days),
        _ => Err(format!("{} are not the days of a limit: write 1 to 366", quoted(text))),
    });
    Some(Says::Limit { network: network?, tries_max: tries_max?, days: days? })
}

fn meaning(row: &mut Row<'_>) -> Option<Says> {
    let given = row.given;
    let table = row.must("network", |text| known(text, given.tables, "table of codes"));
    let code = row.must("code", cell::id);
    let family = row.must("family", |text| known(text, given.families, "family of declines"));
    let is_short = code.as_ref().is_some_and(|code| code.len() != 2);
    if is_short && table.as_deref().is_some_and(|table| TWO_CHARACTERS.contains(&table)) {
        row.complain("code", "has not two characters: format the column as text, so that `05` stays `05`");
    }
    Some(Says::Meaning { table: table?, code: code?, family: family? })
}

fn known(text: &str, all: &[&str], what: &str) -> Result<String, String> {
    let word = text.to_ascii_lowercase();
    let complaint = || format!("{} is no {what}: write one of {}", quoted(text), all.join(", "));
    if all.contains(&word.as_str()) { Ok(word) } else { Err(complaint()) }
}

fn category(text: &str) -> Result<u8, String> {
    let category = text.parse().ok().filter(|category| (1..=4).contains(category));
    category.ok_or_else(|| format!("{} is no category of Visa's: write 1 to 4", quoted(text)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::Records;
    use crate::import::tests::{both, complaints, csv};

    #[test]
    fn every_column_is_read_from_both_formats() {
        let records = both(
            Kind::NetworkRules,
            "network,tries_max,days,code,family,category,from,until,why\n\
             Visa,20,30,,,,2026-03-01,2026-12-31,Our acquirer counts to 20.\n\
             iso8583,,,05,declined,4,2026-01-01,,As our acquirer reads it.\n",
            r#"{"network":"visa","tries_max":20,"days":30,"from":"2026-03-01","until":"2026-12-31","why":"Our acquirer counts to 20."}

               {"table":"iso8583","code":"05","family":"declined","category":4,"from":"2026-01-01","why":"As our acquirer reads it."}"#,
        );
        let Records::NetworkRules(rules) = records else { panic!("these are rules") };
        assert_eq!(rules[0].says, Says::Limit { network: "visa".into(), tries_max: 20, days: 30 });
        assert_eq!(
            rules[1].says,
            Says::Meaning { table: "iso8583".into(), code: "05".into(), family: "declined".into() }
        );
        for (day, holds) in [("2026-02-28", false), ("2026-03-01", true), ("2026-12-31", true), ("2027-01-01", false)] {
            assert_eq!(rules[0].holds(day.parse().unwrap()), holds, "{day}");
        }
    }

    #[test]
    fn each_mistake_is_told_with_its_row() {
        let head = "network,tries_max,days,code,family,category,from,until,why\n";
        let rows = [
            ("both", "visa,1,30,05,,,2026-01-01,,x", "row 2, network: a rule is either"),
            ("a network", "vsia,1,30,,,,2026-01-01,,x", "row 2, network: `vsia` is no network"),
            ("a table", "iso,,,05,declined,,2026-01-01,,x", "row 2, network: `iso` is no table of codes"),
            ("a family", "iso8583,,,05,bad,,2026-01-01,,x", "row 2, family: `bad` is no family"),
            ("a lost zero", "iso8583,,,5,declined,,2026-01-01,,x", "row 2, code: has not two characters"),
            ("no days", "visa,1,,,,,2026-01-01,,x", "row 2, days: is empty"),
            ("no time", "visa,1,0,,,,2026-01-01,,x", "row 2, days: `0` are not the days"),
            ("a category", "visa,1,30,,,5,2026-01-01,,x", "row 2, category: `5` is no category"),
            ("without a date", "visa,1,30,,,,,,x", "row 2, from: is empty"),
            ("without a why", "visa,1,30,,,,2026-01-01,,", "row 2, why: is empty"),
            ("ends first", "visa,1,30,,,,2026-01-02,2026-01-01,x", "row 2, until: lies before"),
            (
                "two at a time",
                "visa,1,30,,,,2026-01-01,,x\nvisa,2,30,,,,2026-06-01,,x",
                "row 3, from: a rule about the same in row 2",
            ),
        ];
        for (name, text, expected) in rows {
            let said = complaints(csv(Kind::NetworkRules, &format!("{head}{text}\n")));
            assert!(said.len() == 1 && said[0].starts_with(expected), "{name}: {said:?}");
        }
        let beside =
            format!("{head}visa,1,30,,,1,2026-01-01,,x\nvisa,2,30,,,,2026-01-01,,x\nvisa,2,1,,,,2026-01-01,,x\n");
        assert_eq!(
            complaints(csv(Kind::NetworkRules, &beside)),
            Vec::<String>::new(),
            "categories and windows stand beside each other"
        );
    }
}
