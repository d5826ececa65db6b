//! Contracts: what was agreed with one customer, for how long, and what of it is included.

use super::columns::{Column, Record, WHO};
use super::complaint::Complaints;
use super::row::Row;
use super::together::{Term, overlapping};
use super::{Kind, Who, cell};
use crate::money::Rate;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One price of a contract; a contract of several prices has as many rows with the same reference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contract {
    #[serde(flatten)]
    pub who: Who,
    /// The contract's number.
    pub reference: String,
    pub subscription: Option<String>,
    pub price: String,
    /// The agreed price for one; absent is the list price.
    pub unit: Option<Rate>,
    pub seats: Option<u32>,
    pub min_seats: Option<u32>,
    pub discount_percent: Option<Decimal>,
    /// The first and the last day; absent is without an end.
    pub starts_on: Date,
    pub ends_on: Option<Date>,
    pub auto_renew: Option<bool>,
    /// What is included, by metric, in each interval of the price.
    pub allowances: BTreeMap<String, Decimal>,
    /// How much of a period's price an outage may be credited with.
    pub outage_credit_percent: Option<Decimal>,
}

const OWN: &[Column] = &[
    ("reference", &["contract", "contract_number", "contract_id", "id"]),
    ("subscription", &["subscription_id"]),
    ("price", &["price_id"]),
    ("unit", &["amount", "unit_amount", "unit_price", "contract_price"]),
    ("currency", &["currency_code", "contract_currency"]),
    ("seats", &["quantity"]),
    ("min_seats", &["minimum_seats"]),
    ("discount_percent", &["discount"]),
    ("starts_on", &["start_date", "contract_start_date", "start"]),
    ("ends_on", &["end_date", "contract_end_date", "end"]),
    ("auto_renew", &["auto_renewal"]),
    ("allowances", &["included"]),
    ("outage_credit_percent", &["service_credit_percent"]),
];

impl Contract {
    /// Whether it runs on a day, the first and the last one included.
    pub fn holds(&self, on: Date) -> bool {
        self.starts_on <= on && self.ends_on.is_none_or(|end| on <= end)
    }
}

impl Record for Contract {
    const KIND: Kind = Kind::Contracts;
    const COLUMNS: &'static [&'static [Column]] = &[WHO, OWN];

    fn read(row: &mut Row<'_>) -> Option<Self> {
        let who = row.who();
        let reference = row.must("reference", cell::text);
        let price = row.must("price", cell::id);
        let starts_on = row.must("starts_on", cell::date);
        let ends_on = row.may("ends_on", cell::date);
        let (seats, min_seats) = (row.may("seats", cell::count), row.may("min_seats", cell::count));
        if ends_on.is_some() && starts_on.is_some() && ends_on < starts_on {
            row.complain("ends_on", "lies before `starts_on`: write the last day of the contract");
        }
        if seats.is_some() && seats < min_seats {
            row.complain("seats", "are fewer than `min_seats`: the contract cannot have both");
        }
        Some(Self {
            subscription: row.may("subscription", cell::id),
            unit: row.rate("unit"),
            seats,
            min_seats,
            discount_percent: row.may("discount_percent", cell::percent),
            ends_on,
            auto_renew: row.may("auto_renew", cell::flag),
            allowances: allowances(row),
            outage_credit_percent: row.may("outage_credit_percent", cell::percent),
            who: who?,
            reference: reference?,
            price: price?,
            starts_on: starts_on?,
        })
    }

    /// No price is agreed twice at one time, and no subscription is under two contracts at one time.
    fn together(all: &[(usize, Self)], complaints: &mut Complaints) {
        let prices = all.iter().map(|(line, contract)| Term {
            subject: (&contract.who, &contract.subscription, &contract.price),
            from: Some(contract.starts_on),
            until: contract.ends_on,
            line: *line,
        });
        overlapping(prices.collect(), "price", "the same price", complaints);
        let mut contracts: BTreeMap<_, Term<_, Date>> = BTreeMap::new();
        for (line, contract) in all.iter().filter(|(_, contract)| contract.subscription.is_some()) {
            let subject = (&contract.who, &contract.subscription);
            let whole = contracts.entry((subject, &contract.reference)).or_insert_with(|| Term {
                subject,
                from: Some(contract.starts_on),
                until: contract.ends_on,
                line: *line,
            });
            whole.from = whole.from.min(Some(contract.starts_on));
            whole.until = whole.until.zip(contract.ends_on).map(|(until, ends_on)| until.max(ends_on));
        }
        overlapping(
            contracts.into_values().collect(),
            "subscription",
            "another contract of this subscription",
            complaints,
        );
    }
}

fn allowances(row: &mut Row<'_>) -> BTreeMap<String, Decimal> {
    let mut allowances = BTreeMap::new();
    for (metric, quantity) in row.pairs("allowances", "metric", "quantity").unwrap_or_default() {
        let read = cell::text(&metric).and_then(|metric| Ok((metric, cell::not_negative(&quantity)?)));
        let wrong = match read {
            Ok((metric, _)) if metric.is_empty() || metric == "*" => {
                Some("name no metric: write `api_calls:1000`".to_owned())
            }
            Ok((metric, quantity)) => {
                allowances.insert(metric, quantity).map(|_| "name a metric twice: add the two up".to_owned())
            }
            Err(message) => Some(message),
        };
        if let Some(message) = wrong {
            row.complain("allowances", message);
        }
    }
    allowances
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::Records;
    use crate::import::tests::{both, complaints, csv};

    #[test]
    fn every_column_is_read_from_both_formats() {
        let records = both(
            Kind::Contracts,
            "provider,customer,Contract Number,subscription,price,unit,currency,seats,min_seats,discount_percent,starts_on,ends_on,\
             auto_renew,allowances,outage_credit_percent\n\
             stripe,cus_1,C-7,sub_1,price_pro,39.50,USD,20,10,12.50%,2026-01-01,2026-12-31,yes,api_calls:10000; storage_gb:50.0,10\n",
            r#"{"account":"stripe:cus_1","contract_number":"C-7","subscription":"sub_1","price":"price_pro","unit":"39.5 USD",
                "seats":20,"min_seats":10,"discount_percent":12.5,"starts_on":"2026-01-01","ends_on":"2026-12-31",
                "auto_renew":true,"allowances":{"api_calls":10000,"storage_gb":50},"outage_credit_percent":"10"}"#,
        );
        let Records::Contracts(contracts) = records else { panic!("these are contracts") };
        assert_eq!(contracts[0].allowances.get("storage_gb"), Some(&Decimal::from(50)));
        assert_eq!(contracts[0].discount_percent, Some(Decimal::new(125, 1)));
        assert_eq!(contracts[0].unit.map(|unit| unit.to_string()).as_deref(), Some("39.50 USD"));
    }

    #[test]
    fn each_mistake_is_told_with_its_row() {
        let head =
            "account,reference,subscription,price,seats,min_seats,discount_percent,starts_on,ends_on,allowances\n";
        let rows: [(&str, &str, &[&str]); 13] = [
            (
                "nothing but a name",
                "stripe:cus_1,,,,,,,,,",
                &["row 2, price: is empty", "row 2, reference: is empty", "row 2, starts_on: is empty"],
            ),
            ("no account", "cus_1,C,,p,,,,2026-01-01,,", &["row 2, account: `cus_1` names no account"]),
            ("ends first", "stripe:cus_1,C,,p,,,,2026-01-02,2026-01-01,", &["row 2, ends_on: lies before"]),
            ("one day", "stripe:cus_1,C,,p,,,,2026-01-01,2026-01-01,", &[]),
            ("seats below zero", "stripe:cus_1,C,,p,-1,,,2026-01-01,,", &["row 2, seats: `-1` is no count"]),
            ("fewer than agreed", "stripe:cus_1,C,,p,5,10,,2026-01-01,,", &["row 2, seats: are fewer"]),
            ("more than all", "stripe:cus_1,C,,p,,,101,2026-01-01,,", &["row 2, discount_percent: `101` is more"]),
            ("a metric twice", "stripe:cus_1,C,,p,,,,2026-01-01,,a:1;a:2", &["row 2, allowances: name a metric twice"]),
            ("below nothing", "stripe:cus_1,C,,p,,,,2026-01-01,,a:-1", &["row 2, allowances: `-1` is less"]),
            (
                "the same price twice",
                "stripe:cus_1,C,sub_1,p,,,,2026-01-01,,\nstripe:cus_1,C,sub_1,p,,,,2026-06-01,,",
                &["row 3, price: the same price in row 2"],
            ),
            (
                "two contracts of one subscription",
                "stripe:cus_1,C,sub_1,p,,,,2026-01-01,2026-12-31,\nstripe:cus_1,D,sub_1,q,,,,2026-12-31,,",
                &["row 3, subscription: another contract"],
            ),
            (
                "two prices of one contract",
                "stripe:cus_1,C,sub_1,p,,,,2026-01-01,,\nstripe:cus_1,C,sub_1,q,,,,2026-01-01,,",
                &[],
            ),
            (
                "one contract after the other",
                "stripe:cus_1,C,sub_1,p,,,,2026-01-01,2026-12-31,\nstripe:cus_1,D,sub_1,p,,,,2027-01-01,,",
                &[],
            ),
        ];
        for (name, text, expected) in rows {
            let said = complaints(csv(Kind::Contracts, &format!("{head}{text}\n")));
            let as_told = said.len() == expected.len()
                && said.iter().zip(expected).all(|(said, expected)| said.starts_with(expected));
            assert!(as_told, "{name}: {said:?}");
        }
    }
}
