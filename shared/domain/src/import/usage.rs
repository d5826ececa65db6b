//! Usage: what was metered in a period, and how many seats were taken at a time.

use super::columns::{Column, Record, WHO};
use super::complaint::Complaints;
use super::row::Row;
use super::together::{Term, doubled, overlapping};
use super::{Kind, Who, cell};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// At least one of the two figures is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    #[serde(flatten)]
    pub who: Who,
    pub subscription: Option<String>,
    pub metered: Option<Metered>,
    pub seats_used: Option<u32>,
    /// When this was so; of two imports the later counts.
    pub as_of: Timestamp,
}

/// How much was used in a half-open period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metered {
    /// The metric, or the price that bills it.
    pub metric: String,
    pub quantity: Decimal,
    pub from: Timestamp,
    pub to: Timestamp,
}

const OWN: &[Column] = &[
    ("subscription", &["subscription_id"]),
    ("metric", &["price", "price_id", "meter", "event_name"]),
    ("quantity", &["value"]),
    ("from", &["period_start", "start"]),
    ("to", &["period_end", "end"]),
    ("seats_used", &["seats", "active_users"]),
    ("as_of", &["measured_at"]),
];

impl Record for Usage {
    const KIND: Kind = Kind::Usage;
    const COLUMNS: &'static [&'static [Column]] = &[WHO, OWN];

    fn read(row: &mut Row<'_>) -> Option<Self> {
        let who = row.who();
        let subscription = row.may("subscription", cell::id);
        let seats_used = row.may("seats_used", cell::count);
        let is_metered = row.has("metric") || row.has("quantity");
        if !is_metered && !row.has("seats_used") {
            row.complain(
                "quantity",
                "this row says neither a quantity nor seats: fill in `metric` and `quantity`, or `seats_used`",
            );
        }
        let metered = if is_metered { metered(row) } else { None };
        let said = row.may("as_of", cell::instant);
        let as_of = said.or(metered.as_ref().map(|metered| metered.to));
        if !is_metered && !row.has("as_of") {
            row.missing("as_of");
        }
        Some(Self { who: who?, subscription, metered, seats_used, as_of: as_of? })
    }

    /// No quantity is counted twice, and a subscription has one number of seats at a time.
    fn together(all: &[(usize, Self)], complaints: &mut Complaints) {
        let periods = all.iter().filter_map(|(line, usage)| {
            let metered = usage.metered.as_ref()?;
            let subject = (&usage.who, &usage.subscription, &metered.metric);
            Some(Term {
                subject,
                from: Some(metered.from.as_nanosecond()),
                until: Some(metered.to.as_nanosecond() - 1),
                line: *line,
            })
        });
        overlapping(periods.collect(), "from", "the same metric", complaints);
        let only_seats = all.iter().filter(|(_, usage)| usage.metered.is_none());
        let keys = only_seats.map(|(line, usage)| (*line, (&usage.who, &usage.subscription, usage.as_of)));
        doubled(keys, "as_of", "this subscription at this time", complaints);
        let mut seats = BTreeMap::new();
        for (line, usage) in all {
            let Some(seats_used) = usage.seats_used else { continue };
            let at = (&usage.who, &usage.subscription, usage.as_of);
            let (earlier, said) = *seats.entry(at).or_insert((*line, seats_used));
            if said != seats_used {
                let message = format!("row {earlier} has another number of seats at this time: keep the right one");
                complaints.on(*line, Some("seats_used"), message);
            }
        }
    }
}

fn metered(row: &mut Row<'_>) -> Option<Metered> {
    let metric = row.must("metric", cell::text);
    let quantity = row.must("quantity", cell::not_negative);
    let (from, to) = (row.must("from", cell::instant), row.must("to", cell::instant));
    if from.is_some() && to.is_some() && to <= from {
        row.complain(
            "to",
            "does not lie after `from`: write when the period is over, for January the first of February",
        );
        return None;
    }
    Some(Metered { metric: metric?, quantity: quantity?, from: from?, to: to? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::Records;
    use crate::import::tests::{both, complaints, csv};

    #[test]
    fn every_column_is_read_from_both_formats() {
        let records = both(
            Kind::Usage,
            "provider,customer,subscription,metric,quantity,from,to,seats_used,as_of\n\
             stripe,cus_1,sub_1,api_calls,1234.50,2026-01-01,2026-02-01,,\n\
             stripe,cus_1,sub_1,,,,,17,2026-02-03T08:00:00Z\n",
            r#"{"provider":"stripe","customer":"cus_1","subscription":"sub_1","metric":"api_calls","quantity":1234.5,
                "from":"2026-01-01T00:00:00Z","to":"2026-02-01T01:00:00+01:00"}

               {"provider":"stripe","customer":"cus_1","subscription":"sub_1","seats_used":17,"as_of":"2026-02-03T09:00:00+01:00"}"#,
        );
        let Records::Usage(usage) = records else { panic!("this is usage") };
        assert_eq!(
            usage[0].as_of.to_string(),
            "2026-02-01T00:00:00Z",
            "what was metered is known when the period is over"
        );
        assert_eq!(
            (usage[0].metered.is_some(), usage[1].metered.is_none(), usage[1].seats_used),
            (true, true, Some(17))
        );
    }

    #[test]
    fn each_mistake_is_told_with_its_row() {
        let head = "account,subscription,metric,quantity,from,to,seats_used,as_of\n";
        let month = "stripe:c,s,m,1,2026-01-01,2026-02-01,";
        let rows: [(&str, String, &[&str]); 11] = [
            ("neither", "stripe:c,s,,,,,,2026-01-01".into(), &["row 2, quantity: this row says neither"]),
            ("seats without a time", "stripe:c,s,,,,,5,".into(), &["row 2, as_of: is empty"]),
            (
                "a quantity without a period",
                "stripe:c,s,m,1,,,,".into(),
                &["row 2, from: is empty", "row 2, to: is empty"],
            ),
            ("without a metric", "stripe:c,s,,1,2026-01-01,2026-02-01,,".into(), &["row 2, metric: is empty"]),
            ("no length", "stripe:c,s,m,1,2026-01-01,2026-01-01,,".into(), &["row 2, to: does not lie after"]),
            ("below zero", "stripe:c,s,m,-1,2026-01-01,2026-02-01,,".into(), &["row 2, quantity: `-1` is less"]),
            ("seats below zero", "stripe:c,s,,,,,-5,2026-01-01".into(), &["row 2, seats_used: `-5` is no count"]),
            (
                "counted twice",
                format!("{month},\nstripe:c,s,m,1,2026-01-31,2026-03-01,,"),
                &["row 3, from: the same metric in row 2"],
            ),
            ("the next month", format!("{month},\nstripe:c,s,m,1,2026-02-01,2026-03-01,,"), &[]),
            (
                "the same seats twice",
                "stripe:c,s,,,,,5,2026-01-01\nstripe:c,s,,,,,5,2026-01-01".into(),
                &["row 3, as_of: this subscription at this time stands in row 2"],
            ),
            (
                "two numbers of seats",
                format!("{month}5,2026-02-01\nstripe:c,s,n,1,2026-01-01,2026-02-01,6,2026-02-01"),
                &["row 3, seats_used: row 2 has another number"],
            ),
        ];
        for (name, text, expected) in rows {
            let said = complaints(csv(Kind::Usage, &format!("{head}{text}\n")));
            let as_told = said.len() == expected.len()
                && said.iter().zip(expected).all(|(said, expected)| said.starts_with(expected));
            assert!(as_told, "{name}: {said:?}");
        }
    }
}
