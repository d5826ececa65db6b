//! The catalogue: what each price of each provider stands for, what it costs, and when it holds.

use super::columns::{Column, Record};
use super::complaint::Complaints;
use super::row::Row;
use super::together::{Term, overlapping};
use super::{Kind, cell};
use crate::event::{Interval, IntervalUnit, Role};
use crate::money::Rate;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// What a price is for as long as it holds; one id may have one row after the other, but never two on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    pub provider: String,
    pub source: String,
    /// The provider's id of the price.
    pub price: String,
    /// Our name of the plan or add-on, the same at every provider.
    pub plan: Option<String>,
    pub name: Option<String>,
    pub role: Role,
    /// For one of it, each interval; absent exactly where there are tiers.
    pub unit: Option<Rate>,
    /// Graduated: each tier prices the part of the quantity that lies in it.
    pub tiers: Vec<Tier>,
    /// Absent where it is paid once.
    pub interval: Option<Interval>,
    pub features: Vec<String>,
    pub tax_inclusive: Option<bool>,
    /// The first and the last day on which it can be bought; absent is open.
    pub from: Option<Date>,
    pub until: Option<Date>,
    /// To a higher rank is an upgrade, to a lower one a downgrade.
    pub rank: Option<u32>,
}

/// A stretch of the quantity, up to and with `up_to`, and what one of it costs there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tier {
    /// The last quantity in it; absent in the last tier.
    pub up_to: Option<Decimal>,
    pub unit: Rate,
}

const OWN: &[Column] = &[
    ("provider", &[]),
    ("source", &[]),
    ("price", &["price_id", "id"]),
    ("plan", &[]),
    ("name", &["price_name"]),
    ("role", &["kind", "type"]),
    ("unit", &["amount", "unit_amount", "unit_price"]),
    ("currency", &["currency_code"]),
    ("tiers", &[]),
    ("interval", &["billing_period"]),
    ("interval_count", &[]),
    ("features", &[]),
    ("tax_inclusive", &[]),
    ("from", &["valid_from"]),
    ("until", &["valid_until", "valid_to", "to"]),
    ("rank", &[]),
];

const ROLES: &[Role] = &[Role::Plan, Role::Addon, Role::Usage, Role::OneOff];

impl Price {
    /// Whether it can be bought on a day, the first and the last one included.
    pub fn holds(&self, on: Date) -> bool {
        self.from.is_none_or(|from| from <= on) && self.until.is_none_or(|until| on <= until)
    }
}

impl Record for Price {
    const KIND: Kind = Kind::Catalogue;
    const COLUMNS: &'static [&'static [Column]] = &[OWN];

    fn read(row: &mut Row<'_>) -> Option<Self> {
        let seller = row.seller();
        let price = row.must("price", cell::id);
        let plan = row.may("plan", cell::text);
        let name = row.may("name", cell::text);
        let role = if row.has("role") {
            row.may("role", |text| cell::one_of(text, ROLES, Role::name))
        } else {
            Some(Role::Plan)
        };
        let interval = interval(row);
        let (unit, tiers) = (row.rate("unit"), tiers(row));
        let features = row.words("features");
        let tax_inclusive = row.may("tax_inclusive", cell::flag);
        let (from, until) = (row.may("from", cell::date), row.may("until", cell::date));
        let rank = row.may("rank", cell::count);
        if row.has("unit") == row.has("tiers") {
            row.complain("unit", "a price has either a unit or tiers: fill in exactly one of the two");
        }
        match role {
            Some(Role::OneOff) if row.has("interval") => {
                row.complain("interval", "what is paid once has no interval: leave it empty")
            }
            Some(Role::Plan | Role::Addon) if !row.has("interval") => row.missing("interval"),
            _ => {}
        }
        if role.is_some_and(|role| role != Role::Usage) && unit.is_some_and(|unit| unit.money().is_none()) {
            row.complain(
                "unit",
                "has more digits than its currency has: only a price of the role `usage` may be finer than a coin",
            );
        }
        if until.is_some() && until < from {
            row.complain("until", "lies before `from`: write the last day on which the price holds");
        }
        let (provider, source) = seller?;
        Some(Self {
            provider,
            source,
            price: price?,
            plan,
            name,
            role: role?,
            unit,
            tiers,
            interval,
            features,
            tax_inclusive,
            from,
            until,
            rank,
        })
    }

    fn together(all: &[(usize, Self)], complaints: &mut Complaints) {
        let terms = all.iter().map(|(line, price)| Term {
            subject: (&price.provider, &price.source, &price.price),
            from: price.from,
            until: price.until,
            line: *line,
        });
        overlapping(terms.collect(), "price", "the same price", complaints);
    }
}

/// Reads how often it is paid: `month`, `3 months`, `quarterly`, with or without a column for the count.
fn interval(row: &mut Row<'_>) -> Option<Interval> {
    let interval = row.may("interval", |text| {
        named(text)
            .ok_or_else(|| "is no interval: write day, week, month or year, with a count like `3 months`".to_owned())
    });
    let count = row.may("interval_count", cell::count);
    let interval = match (interval?, count) {
        (interval, Some(count)) if interval.count == 1 => Interval { count, ..interval },
        (interval, Some(count)) if interval.count != count => {
            row.complain("interval_count", "is another count than the interval has: write it once");
            return None;
        }
        (interval, _) => interval,
    };
    if !(1..=3_660).contains(&interval.count) {
        row.complain("interval", "has a count that no price has: write 1 for each month");
        return None;
    }
    Some(interval)
}

fn named(text: &str) -> Option<Interval> {
    let text = text.to_ascii_lowercase();
    let (count, unit) = match text.split_once(' ') {
        Some((count, unit)) => (cell::count(count).ok()?, unit.trim()),
        None => (1, text.as_str()),
    };
    let (unit, times) = match unit {
        "daily" => (IntervalUnit::Day, 1),
        "weekly" => (IntervalUnit::Week, 1),
        "monthly" => (IntervalUnit::Month, 1),
        "quarter" | "quarterly" => (IntervalUnit::Month, 3),
        "yearly" | "annual" | "annually" => (IntervalUnit::Year, 1),
        other => (IntervalUnit::parse(other)?, 1),
    };
    Some(Interval { unit, count: count.checked_mul(times)? })
}

/// Reads graduated tiers, each with the last quantity in it: `1000:0.02; 5000:0.015; *:0.01`.
fn tiers(row: &mut Row<'_>) -> Vec<Tier> {
    let Some(pairs) = row.pairs("tiers", "up_to", "unit").filter(|_| row.has("tiers")) else { return Vec::new() };
    if pairs.is_empty() {
        row.complain("tiers", "name no tier: write `1000:0.02; *:0.01`, or leave it empty");
        return Vec::new();
    }
    let Some(currency) = row.currency() else { return Vec::new() };
    let tier = |(up_to, unit): (String, String)| -> Result<Tier, String> {
        let up_to = if up_to.is_empty() || up_to == "*" { None } else { Some(cell::not_negative(&up_to)?) };
        Ok(Tier { up_to, unit: Rate::new(cell::not_negative(&unit)?, currency) })
    };
    let tiers: Vec<Tier> = match pairs.into_iter().map(tier).collect::<Result<_, _>>() {
        Ok(tiers) => tiers,
        Err(message) => {
            row.complain("tiers", message);
            return Vec::new();
        }
    };
    let rising = tiers
        .windows(2)
        .all(|pair| pair[0].up_to.is_some() && (pair[1].up_to.is_none() || pair[0].up_to < pair[1].up_to));
    if !rising || tiers.last().is_some_and(|tier| tier.up_to.is_some()) {
        row.complain("tiers", "do not rise to an open end: write the smallest first and `*` as the last");
    }
    tiers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::Records;
    use crate::import::tests::{both, complaints, csv};

    fn prices(records: Records) -> Vec<Price> {
        let Records::Catalogue(prices) = records else { panic!("these are prices") };
        prices
    }

    #[test]
    fn every_column_is_read_from_both_formats() {
        let found = prices(both(
            Kind::Catalogue,
            "provider,price,plan,name,role,unit,currency,tiers,interval,features,tax_inclusive,from,until,rank\n\
             stripe,price_pro,pro,Pro,plan,49,usd,,monthly,sso; audit_log,no,2026-01-01,2026-12-31,2\n\
             stripe,price_api,,API calls,usage,,usd,1000:0.02;5000:0.015;*:0.01,month,,,,,\n\
             stripe,price_setup,,,one-off,100.00 EUR,,,,,,,,\n",
            r#"{"provider":"stripe","price":"price_pro","plan":"pro","name":"Pro","role":"plan",
                "unit":{"amount":"49.00","currency":"USD"},"interval":"1 month","features":["sso","audit_log"],
                "tax_inclusive":false,"from":"2026-01-01","until":"2026-12-31","rank":2}

               {"provider":"stripe","price":"price_api","name":"API calls","role":"usage","currency":"USD",
                "tiers":[{"up_to":1000,"unit":0.020},{"up_to":5000,"unit":"0.015"},{"up_to":null,"unit":0.01}],
                "interval":"month","interval_count":1}

               {"provider":"stripe","price":"price_setup","role":"one_off","unit":100,"currency":"EUR"}"#,
        ));
        assert_eq!(found[0].interval, Some(Interval { unit: IntervalUnit::Month, count: 1 }));
        assert_eq!(found[0].features, ["sso", "audit_log"]);
        let tiers: Vec<_> = found[1].tiers.iter().map(|tier| (tier.up_to, tier.unit.to_string())).collect();
        assert_eq!(tiers[1], (Some(Decimal::from(5000)), "0.015 USD".to_owned()));
        assert_eq!(tiers[2].0, None);
        assert_eq!((found[2].role, found[2].interval), (Role::OneOff, None));
        assert_eq!(found[2].unit.map(|unit| unit.to_string()).as_deref(), Some("100.00 EUR"));
    }

    #[test]
    fn an_interval_is_read_as_people_write_it() {
        use IntervalUnit::{Day, Month, Week, Year};
        let rows = [
            ("month", Some((Month, 1))),
            ("3 Months", Some((Month, 3))),
            ("quarterly", Some((Month, 3))),
            ("2 weeks", Some((Week, 2))),
            ("annual", Some((Year, 1))),
            ("14 days", Some((Day, 14))),
            ("fortnight", None),
            ("many months", None),
        ];
        for (text, expected) in rows {
            assert_eq!(named(text), expected.map(|(unit, count)| Interval { unit, count }), "{text}");
        }
    }

    #[test]
    fn each_mistake_is_told_with_its_row() {
        let head = "provider,price,role,unit,tiers,currency,interval,interval_count,from,until\n";
        let rows = [
            ("neither", "stripe,p,plan,,,USD,month,,,", "row 2, unit: a price has either"),
            ("both", "stripe,p,usage,1,*:1,USD,month,,,", "row 2, unit: a price has either"),
            (
                "a role",
                "stripe,p,bundle,1,,USD,month,,,",
                "row 2, role: `bundle` is not known here: write one of plan, addon,",
            ),
            ("no interval", "stripe,p,plan,1,,USD,,,,", "row 2, interval: is empty"),
            ("paid once, each month", "stripe,p,one_off,1,,USD,month,,,", "row 2, interval: what is paid once"),
            ("finer than a coin", "stripe,p,plan,1.001,,USD,month,,,", "row 2, unit: has more digits"),
            ("two counts", "stripe,p,plan,1,,USD,3 months,2,,", "row 2, interval_count: is another count"),
            ("no count", "stripe,p,plan,1,,USD,month,0,,", "row 2, interval: has a count"),
            ("ends first", "stripe,p,plan,1,,USD,month,,2026-02-01,2026-01-31", "row 2, until: lies before"),
            ("tiers that fall", "stripe,p,usage,,10:1;5:2;*:3,USD,month,,,", "row 2, tiers: do not rise"),
            ("tiers that end", "stripe,p,usage,,10:1;20:2,USD,month,,,", "row 2, tiers: do not rise"),
            ("a tier without a price", "stripe,p,usage,,10;20,USD,month,,,", "row 2, tiers: is no list"),
            ("tiers without a currency", "stripe,p,usage,,*:1,,month,,,", "row 2, currency: is empty"),
            ("a comma for a point", "stripe,p,plan,\"1,50\",,EUR,month,,,", "row 2, unit: `1,50` is no number"),
            (
                "at the same time",
                "stripe,p,plan,1,,USD,month,,,\nstripe,p,plan,2,,USD,month,,2026-01-01,",
                "row 3, price: the same price in row 2",
            ),
        ];
        for (name, text, expected) in rows {
            let said = complaints(csv(Kind::Catalogue, &format!("{head}{text}\n")));
            assert!(said.len() == 1 && said[0].starts_with(expected), "{name}: {said:?}");
        }
        let renewed =
            format!("{head}stripe,p,plan,1,,USD,month,,,2025-12-31\nstripe,p,plan,2,,USD,month,,2026-01-01,\n");
        assert_eq!(prices(csv(Kind::Catalogue, &renewed).unwrap()).len(), 2, "a price may follow itself");
    }
}
