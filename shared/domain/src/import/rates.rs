//! What money is worth in other money, day by day: rows of our own, or a file of the ECB as it is published.
//!
//! <https://www.ecb.europa.eu/stats/policy_and_exchange_rates/euro_reference_exchange_rates/html/index.en.html>

use super::columns::{Column, Record, read_all};
use super::complaint::{Complaints, quoted};
use super::row::Row;
use super::table::Table;
use super::together::doubled;
use super::{Given, Kind, cell};
use crate::import::metadata::snake_case;
use crate::money::Currency;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// How much of a currency one of its base was worth on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExchangeRate {
    pub on: Date,
    pub base: Currency,
    pub currency: Currency,
    pub rate: Decimal,
}

const OWN: &[Column] = &[
    ("date", &["on", "day"]),
    ("currency", &["currency_code"]),
    ("rate", &["exchange_rate", "value"]),
    ("base", &["base_currency"]),
];

/// What the ECB writes on a day on which a currency was not quoted.
const NOT_QUOTED: &str = "N/A";

impl ExchangeRate {
    /// Whether another one is about the same two currencies on the same day.
    pub fn is_same_rate(&self, other: &Self) -> bool {
        (self.on, self.base, self.currency) == (other.on, other.base, other.currency)
    }
}

impl Record for ExchangeRate {
    const KIND: Kind = Kind::Rates;
    const COLUMNS: &'static [&'static [Column]] = &[OWN];

    fn read(row: &mut Row<'_>) -> Option<Self> {
        let on = row.must("date", cell::day);
        let currency = row.currency();
        let rate = row.must("rate", above_nothing);
        let base = if row.has("base") { row.may("base", cell::currency) } else { Some(Currency::EUR) };
        Some(Self { on: on?, base: base?, currency: currency?, rate: rate? })
    }

    fn together(all: &[(usize, Self)], complaints: &mut Complaints) {
        for (line, _) in all.iter().filter(|(_, rate)| rate.currency == rate.base) {
            complaints.on(*line, Some("currency"), "is told against itself: leave this rate out, or correct its base");
        }
        let keys = all.iter().map(|(line, rate)| (*line, (rate.on, rate.base, rate.currency)));
        doubled(keys, "date", "the rate of this currency on this day", complaints);
    }
}

/// Reads the rates of a table, whichever of the two shapes it has, each with the line of its row.
pub(super) fn read(table: &Table, given: &Given<'_>, complaints: &mut Complaints) -> Vec<(usize, ExchangeRate)> {
    if !is_by_day(table) {
        return read_all(table, given, complaints);
    }
    let all = by_day(table, complaints);
    if all.is_empty() && complaints.are_none() {
        complaints.on(table.header.unwrap_or(1), None, "no row of this file holds a rate: fetch the file again");
    }
    ExchangeRate::together(&all, complaints);
    all
}

/// Whether every column but the date is a currency, and a row a day.
fn is_by_day(table: &Table) -> bool {
    let is_code = |text: &str| text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase());
    match &table.names[..] {
        [date, currencies @ ..] => {
            snake_case(&date.text) == "date"
                && !currencies.is_empty()
                && currencies.iter().all(|name| is_code(&name.text))
        }
        [] => false,
    }
}

/// Reads days, each with the line of its row.
fn by_day(table: &Table, complaints: &mut Complaints) -> Vec<(usize, ExchangeRate)> {
    let mut all = Vec::new();
    for raw in &table.rows {
        let text = |place: usize| raw.cells.iter().find(|(own, _)| *own == place).and_then(|(_, cell)| cell.text());
        let on = match cell::day(text(0).unwrap_or_default()) {
            Ok(on) => on,
            Err(message) => {
                complaints.on(raw.line, Some(&table.names[0].text), message);
                continue;
            }
        };
        for (place, name) in table.names.iter().enumerate().skip(1) {
            // The ECB's history has columns of currencies that there were before the euro.
            let Ok(currency) = Currency::parse(&name.text) else { continue };
            let Some(quote) = text(place).filter(|quote| *quote != NOT_QUOTED) else { continue };
            match above_nothing(quote) {
                Ok(rate) => all.push((raw.line, ExchangeRate { on, base: Currency::EUR, currency, rate })),
                Err(message) => complaints.on(raw.line, Some(&name.text), message),
            }
        }
    }
    all
}

fn above_nothing(text: &str) -> Result<Decimal, String> {
    match cell::not_negative(text)? {
        rate if rate.is_zero() => {
            Err(format!("{} is no rate: write how much of the currency one of the base is worth", quoted(text)))
        }
        rate => Ok(rate),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::tests::{both, complaints, csv};
    use crate::import::{Records, import_id};

    fn told(records: Records) -> Vec<String> {
        let Records::Rates(rates) = records else { panic!("these are rates") };
        let text = |it: &ExchangeRate| format!("{} 1 {} = {} {}", it.on, it.base, it.rate, it.currency);
        rates.iter().map(text).collect()
    }

    #[test]
    fn every_column_is_read_from_both_formats() {
        let records = both(
            Kind::Rates,
            "date,currency,rate,base\n2026-11-27,JPY,181.050,\n2026-11-27,jpy,156.25,usd\n",
            r#"{"date":"2026-11-27","currency":"JPY","rate":"181.05"}

               {"date":"2026-11-27","currency":"JPY","rate":156.25,"base":"USD"}"#,
        );
        assert_eq!(told(records), ["2026-11-27 1 EUR = 181.05 JPY", "2026-11-27 1 USD = 156.25 JPY"]);
    }

    /// The header has blanks, and a comma behind its last name; the row has both as well.
    #[test]
    fn the_files_of_the_ecb_are_read_as_they_are_published() {
        let daily = "Date, USD, JPY, ISK, \n28 November 2026, 1.1588, 181.05, N/A, \n";
        let history =
            "Date,USD,JPY,CYP,LTL,\n2026-11-28,1.1588,181.05,N/A,N/A,\n2007-12-31,1.4721,164.93,0.585274,3.4528,\n";
        let newest = ["2026-11-28 1 EUR = 1.1588 USD", "2026-11-28 1 EUR = 181.05 JPY"];
        let oldest =
            ["2007-12-31 1 EUR = 1.4721 USD", "2007-12-31 1 EUR = 164.93 JPY", "2007-12-31 1 EUR = 3.4528 LTL"];
        assert_eq!(told(csv(Kind::Rates, daily).unwrap()), newest);
        assert_eq!(told(csv(Kind::Rates, history).unwrap()), [&newest[..], &oldest[..]].concat());
        let own = "date,currency,rate\n2026-11-28,JPY,181.05\n2026-11-28,USD,1.15880\n";
        let ids = [daily, own].map(|text| import_id(&csv(Kind::Rates, text).unwrap()));
        assert_eq!(ids[0], ids[1], "the same rates are the same import, whatever their shape");
    }

    #[test]
    fn each_mistake_is_told_with_its_row() {
        let head = "date,currency,rate,base";
        let rows = [
            ("a date", head, "27/11/2026,JPY,181.05,", "row 2, date: `27/11/2026` is no date"),
            ("a currency", head, "2026-11-27,YEN,181.05,", "row 2, currency: `YEN` is no ISO 4217 currency"),
            ("a base", head, "2026-11-27,JPY,181.05,EURO", "row 2, base: `EURO` is no ISO 4217 currency"),
            ("no rate", head, "2026-11-27,JPY,,", "row 2, rate: is empty"),
            ("not quoted", head, "2026-11-27,JPY,N/A,", "row 2, rate: `N/A` is no number"),
            ("nothing", head, "2026-11-27,JPY,0.00,", "row 2, rate: `0.00` is no rate"),
            ("less than nothing", head, "2026-11-27,JPY,-1,", "row 2, rate: `-1` is less than zero"),
            ("itself", head, "2026-11-27,EUR,1,", "row 2, currency: is told against itself"),
            ("twice", head, "2026-11-27,JPY,181,\n2026-11-27,JPY,182,", "row 3, date: the rate of this currency"),
            ("a day", "Date, USD, JPY, ", "yesterday, 1.1588, 181.05, ", "row 2, Date: `yesterday` is no date"),
            ("no day", "Date, USD, JPY, ", ", 1.1588, 181.05, ", "row 2, Date: `` is no date"),
            ("a quote", "Date, USD, JPY, ", "27 November 2026, 1.1588, n.a., ", "row 2, JPY: `n.a.` is no number"),
            ("no quote", "Date, USD, JPY, ", "27 November 2026, N/A, N/A, ", "row 1: no row of this file holds a rate"),
            ("two days", "Date, USD, ", "2026-11-27, 1.1, \n27 November 2026, 1.2, ", "row 3, date: the rate of this"),
        ];
        for (name, header, text, expected) in rows {
            let said = complaints(csv(Kind::Rates, &format!("{header}\n{text}\n")));
            assert!(said.len() == 1 && said[0].starts_with(expected), "{name}: {said:?}");
        }
    }
}
