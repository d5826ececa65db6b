//! What was a currency worth in the issuer's own, on the newest day of which anybody told?

use super::Books;
use crate::import::ExchangeRate;
use crate::money::Currency;
use jiff::civil::Date;
use rust_decimal::Decimal;

/// How a document names who told the rate.
const SOURCE: &str = "daily exchange rates";
const DIGITS: u32 = 8;

impl Books {
    /// By the newest day on which both currencies stand; nothing, where there is none.
    pub fn of(rates: &[ExchangeRate], from: Currency, to: Currency) -> Option<Self> {
        let mut quoted: Vec<(Date, Currency)> = rates.iter().map(|rate| (rate.on, rate.base)).collect();
        quoted.sort_unstable();
        quoted.dedup();
        quoted.into_iter().rev().find_map(|(on, base)| {
            let told = |currency: Currency| {
                let own = rates.iter().find(|rate| (rate.on, rate.base, rate.currency) == (on, base, currency));
                if currency == base { Some(Decimal::ONE) } else { own.map(|rate| rate.rate) }
            };
            let rate = told(to)?.checked_div(told(from)?)?.round_dp(DIGITS);
            let is_rate = rate > Decimal::ZERO;
            is_rate.then(|| Self { currency: to, rate, source: SOURCE.to_owned(), rate_on: on })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(on: &str, currency: &str, rate: &str) -> ExchangeRate {
        let currency = Currency::parse(currency).unwrap();
        ExchangeRate { on: on.parse().unwrap(), base: Currency::EUR, currency, rate: rate.parse().unwrap() }
    }

    #[test]
    fn the_newest_day_counts_on_which_both_stand() {
        let told = [
            rate("2026-03-01", "USD", "1.25"),
            rate("2026-03-02", "USD", "1.1"),
            rate("2026-03-01", "GBP", "0.8"),
            rate("2026-03-02", "CHF", "0"),
        ];
        for (from, to, expected) in [
            ("USD", "EUR", Some(("0.90909091", "2026-03-02"))),
            ("EUR", "USD", Some(("1.1", "2026-03-02"))),
            ("USD", "GBP", Some(("0.64", "2026-03-01"))),
            ("EUR", "CHF", None),
            ("CHF", "EUR", None),
            ("USD", "JPY", None),
        ] {
            let currency = |code| Currency::parse(code).unwrap();
            let found = Books::of(&told, currency(from), currency(to));
            let found = found.map(|books| (books.rate.normalize().to_string(), books.rate_on.to_string()));
            let expected = expected.map(|(rate, on)| (rate.to_owned(), on.to_owned()));
            assert_eq!(found, expected, "{from} in {to}");
        }
    }
}
