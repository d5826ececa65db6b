//! What else a question may ask for: an amount as people write it, and a day.

use crate::money::{Currency, Money};
use jiff::civil::Date;
use rust_decimal::Decimal;

/// An amount that somebody looks for, with the currencies that it may be of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sum {
    amount: Decimal,
    /// Any, where there is none.
    currencies: Vec<Currency>,
}

impl Sum {
    /// Reads `24.00`, `24,00 EUR`, `$24` or `1.234,50 €`. A whole number alone is no amount: it may be anything.
    pub fn read(question: &str) -> Option<Self> {
        let text = question.trim();
        let number = text.trim_matches(|it: char| !it.is_ascii_digit());
        let (before, after) = text.split_once(number).filter(|_| !number.is_empty())?;
        let sign = match (before.trim(), after.trim()) {
            (sign, "") | ("", sign) => sign,
            _ => return None,
        };
        let (currencies, figures) = (currencies(sign)?, figures(number)?);
        if currencies.is_empty() && !figures.contains('.') {
            return None;
        }
        Some(Self { amount: Decimal::from_str_exact(&figures).ok()?, currencies })
    }

    /// Whether it is this money that is looked for.
    pub fn is(&self, money: Money) -> bool {
        money.amount() == self.amount && (self.currencies.is_empty() || self.currencies.contains(&money.currency()))
    }
}

/// What a sign beside a number says: a code, or what several currencies are written with.
fn currencies(sign: &str) -> Option<Vec<Currency>> {
    let codes: &[&str] = match sign {
        "" => &[],
        "$" => &["USD", "AUD", "CAD", "HKD", "MXN", "NZD", "SGD"],
        "€" => &["EUR"],
        "£" => &["GBP"],
        "¥" => &["JPY", "CNY"],
        code => &[code],
    };
    codes.iter().map(|code| Currency::parse(code).ok()).collect()
}

/// The number without what parts its thousands, and with a point before its decimals.
fn figures(number: &str) -> Option<String> {
    let text: String = number.chars().filter(|it| !it.is_whitespace() && !"'’".contains(*it)).collect();
    if !text.chars().all(|it| it.is_ascii_digit() || ".,".contains(it)) {
        return None;
    }
    let last = text.rfind(['.', ',']);
    let is_decimal = last.is_some_and(|at| {
        let mark = &text[at..=at];
        let parts_only =
            text.matches(mark).count() > 1 || (text.len() - at - 1 == 3 && !text[..at].contains(['.', ',']));
        !parts_only
    });
    let (whole, decimals) = last.filter(|_| is_decimal).map_or((text.as_str(), None), |at| {
        let (whole, decimals) = text.split_at(at);
        (whole, Some(&decimals[1..]))
    });
    let whole = whole.replace(['.', ','], "");
    Some(decimals.map_or(whole.clone(), |decimals| format!("{whole}.{decimals}")))
}

/// Reads `2026-11-27`, `27.11.2026`, `27 Nov` or `November 27, 2026`. Without its year it is the one that is nearest to
/// today.
pub fn day(question: &str, today: Date) -> Option<Date> {
    let text = question.trim();
    if text.len() == "2026-11-27".len()
        && let Ok(date) = text.parse()
    {
        return Some(date);
    }
    if let [day, month, year] = text.split('.').map(str::trim).collect::<Vec<_>>().as_slice() {
        return date(day.parse().ok()?, month.parse().ok()?, Some(*year).filter(|year| !year.is_empty()), today);
    }
    let parts: Vec<&str> = text.split([' ', ',']).filter(|part| !part.is_empty()).collect();
    let (first, second, year) = match parts.as_slice() {
        [first, second] => (first, second, None),
        [first, second, year] => (first, second, Some(*year)),
        _ => return None,
    };
    let (month, number) = match (month(first), month(second)) {
        (Some(month), None) => (month, second),
        (None, Some(month)) => (month, first),
        _ => return None,
    };
    date(number.trim_end_matches(|it: char| it.is_ascii_alphabetic()).parse().ok()?, month, year, today)
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

fn month(word: &str) -> Option<i8> {
    let word = word.to_lowercase();
    let is_it = |month: &&str| word.len() >= 3 && month.starts_with(word.as_str());
    (1..).zip(&MONTHS).find(|(_, month)| is_it(month)).map(|(number, _)| number)
}

fn date(day: i8, month: i8, year: Option<&str>, today: Date) -> Option<Date> {
    if let Some(year) = year {
        return (year.len() == 4).then(|| Date::new(year.parse().ok()?, month, day).ok()).flatten();
    }
    let years = [today.year() - 1, today.year(), today.year() + 1];
    let all = years.into_iter().filter_map(|year| Date::new(year, month, day).ok());
    all.min_by_key(|date| date.duration_since(today).abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_read_as_people_write_it() {
        let usd = |amount: &str| Money::parse(amount, Currency::USD).unwrap();
        let of = |amount: &str, code: &str| Money::parse(amount, Currency::parse(code).unwrap()).unwrap();
        for (question, money) in [
            ("24.00", usd("24.00")),
            ("24,00", usd("24.00")),
            ("24.5", of("24.50", "CHF")),
            ("$24", usd("24.00")),
            ("$ 1,234.50", of("1234.50", "CAD")),
            ("24,00 EUR", of("24.00", "EUR")),
            ("eur 24", of("24.00", "EUR")),
            ("1.234,50 €", of("1234.50", "EUR")),
            ("1'234.50 CHF", of("1234.50", "CHF")),
            ("1 234,50 €", of("1234.50", "EUR")),
            ("1,234,567 USD", usd("1234567.00")),
            ("1,234 USD", usd("1234.00")),
            ("¥ 500", of("500", "JPY")),
            ("0.10 USD", usd("0.10")),
        ] {
            let sum = Sum::read(question).unwrap_or_else(|| panic!("{question} is no amount"));
            assert!(sum.is(money), "{question}: {sum:?}");
        }
        for question in ["", "24", "4242", "1,234", "in_24.00", "24.00 XXQ", "EUR", "€ 24 EUR", "27.11.", "2026-11-27"]
        {
            assert_eq!(Sum::read(question), None, "{question}");
        }
        assert!(!Sum::read("$24").unwrap().is(of("24.00", "EUR")));
        assert!(!Sum::read("24.00").unwrap().is(usd("24.01")));
    }

    #[test]
    fn a_day_is_read_as_people_write_it() {
        let today: Date = "2026-11-30".parse().unwrap();
        for (question, expected) in [
            ("2026-11-27", Some("2026-11-27")),
            ("27 Nov", Some("2026-11-27")),
            ("Nov 27", Some("2026-11-27")),
            ("27th november", Some("2026-11-27")),
            ("27 Nov 2025", Some("2025-11-27")),
            ("November 27, 2025", Some("2025-11-27")),
            ("27.11.2025", Some("2025-11-27")),
            ("27.11.", Some("2026-11-27")),
            ("3 Jan", Some("2027-01-03")),
            ("29 Feb 2026", None),
            ("31 nov", None),
            ("27 No", None),
            ("27.11", None),
            ("march madness", None),
            ("may", None),
            ("27 Nov 26", None),
            ("", None),
        ] {
            assert_eq!(day(question, today), expected.map(|day| day.parse().unwrap()), "{question}");
        }
    }
}
