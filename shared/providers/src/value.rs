//! Amounts and times as providers write them, taken exactly.

use crate::Malformed;
use domain::event::{Interval, IntervalUnit};
use domain::money::{Currency, Money, Rate};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};
use rust_decimal::Decimal;
use serde::de::Visitor;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

/// Text that is borrowed from the body where it has no escapes, inside an `Option` too.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Text<'a>(Cow<'a, str>);

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Text<'_> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<Text<'_>> for String {
    fn from(text: Text<'_>) -> Self {
        text.0.into_owned()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Reader)
    }
}

/// Beyond this no sum is anybody's money, and arithmetic on it would one day overflow.
const MINOR_MAX: u64 = 1_000_000_000_000_000;

pub(crate) fn currency(code: &str) -> Result<Currency, Malformed> {
    Currency::parse(code).map_err(|error| Malformed { expected: "a known currency", cause: error.to_string() })
}

/// An amount in the currency's smallest unit, as ISO 4217 counts it.
pub(crate) fn minor(minor: i64, code: &str) -> Result<Money, Malformed> {
    if minor.unsigned_abs() > MINOR_MAX {
        return Err(Malformed { expected: "an amount that somebody could pay", cause: format!("{minor} {code}") });
    }
    Ok(Money::from_minor(minor, currency(code)?))
}

/// A decimal string with the currency's own digits.
pub(crate) fn decimal(amount: &str, code: &str) -> Result<Money, Malformed> {
    let money = Money::parse(amount, currency(code)?)
        .map_err(|error| Malformed { expected: "an exact amount", cause: error.to_string() })?;
    if money.minor().is_none_or(|minor| minor.unsigned_abs() > MINOR_MAX) {
        return Err(Malformed { expected: "an amount that somebody could pay", cause: money.to_string() });
    }
    Ok(money)
}

/// A number that its sender kept as a float: its text is read as a decimal and rounded once to the currency's digits.
pub(crate) fn float(number: &Number, code: &str) -> Result<Money, Malformed> {
    let currency = currency(code)?;
    let amount = number
        .decimal()
        .ok_or_else(|| Malformed { expected: "an amount", cause: "a number that no decimal can hold".to_owned() })?;
    if amount.abs() > Decimal::from(MINOR_MAX) {
        return Err(Malformed { expected: "an amount that somebody could pay", cause: format!("{amount} {code}") });
    }
    Ok(Money::rounded(amount, currency))
}

/// A price in fractions of the smallest unit, such as `0.000381` cents; what cannot be read is not known.
pub(crate) fn rate(minor: &str, code: &str) -> Option<Rate> {
    let currency = Currency::parse(code).ok()?;
    let minor = Decimal::from_str_exact(minor).ok().filter(|minor| minor.abs() < Decimal::from(MINOR_MAX))?;
    let scaled = minor.checked_mul(Decimal::new(1, currency.digits()))?;
    Some(Rate::new(scaled, currency))
}

/// A price in whole units of the currency with any number of digits.
pub(crate) fn rate_major(amount: &str, code: &str) -> Option<Rate> {
    let amount = Decimal::from_str_exact(amount).ok().filter(|amount| amount.abs() < Decimal::from(MINOR_MAX))?;
    Some(Rate::new(amount, Currency::parse(code).ok()?))
}

pub(crate) fn seconds(seconds: i64) -> Result<Timestamp, Malformed> {
    Timestamp::from_second(seconds).map_err(|_| not_a_time(seconds))
}

pub(crate) fn millis(millis: i64) -> Result<Timestamp, Malformed> {
    Timestamp::from_millisecond(millis).map_err(|_| not_a_time(millis))
}

pub(crate) fn iso(text: &str) -> Result<Timestamp, Malformed> {
    text.parse().map_err(|_| not_a_time(text))
}

/// The date of an instant, in UTC as providers count.
pub(crate) fn date(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

fn not_a_time(what: impl std::fmt::Display) -> Malformed {
    Malformed { expected: "a time", cause: format!("`{what}`") }
}

/// How long a period is, told by its two ends: providers that send no interval still bill by the calendar.
///
/// Within a day, because stores renew some hours early or late.
pub(crate) fn interval_between(from: Timestamp, to: Timestamp) -> Option<Interval> {
    let candidates = [
        (IntervalUnit::Week, 1, Span::new().weeks(1)),
        (IntervalUnit::Month, 1, Span::new().months(1)),
        (IntervalUnit::Month, 2, Span::new().months(2)),
        (IntervalUnit::Month, 3, Span::new().months(3)),
        (IntervalUnit::Month, 6, Span::new().months(6)),
        (IntervalUnit::Year, 1, Span::new().years(1)),
    ];
    let start = from.to_zoned(TimeZone::UTC);
    let fits = |span: Span| {
        start
            .checked_add(span)
            .is_ok_and(|end| end.timestamp().duration_since(to).abs() <= SignedDuration::from_hours(26))
    };
    candidates.into_iter().find(|(_, _, span)| fits(*span)).map(|(unit, count, _)| Interval { unit, count })
}

/// A number read as its digits, never as a float.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Number(String);

impl Number {
    pub fn decimal(&self) -> Option<Decimal> {
        Decimal::from_str_exact(&self.0).or_else(|_| self.0.parse()).or_else(|_| Decimal::from_scientific(&self.0)).ok()
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        let text = raw.get().trim_matches('"');
        if text.bytes().next().is_some_and(|b| b.is_ascii_digit() || b == b'-') {
            Ok(Self(text.to_owned()))
        } else {
            Err(serde::de::Error::custom("not a number"))
        }
    }
}

/// An id that is sometimes a number and sometimes text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Id(pub String);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        let text = raw.get();
        if text.starts_with('"') {
            return serde_json::from_str(text).map(Self).map_err(serde::de::Error::custom);
        }
        if text.bytes().all(|b| b.is_ascii_digit()) && !text.is_empty() {
            return Ok(Self(text.to_owned()));
        }
        Err(serde::de::Error::custom("not an id"))
    }
}

impl AsRef<str> for Id {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// An id that may be absent: an empty one names nothing either.
pub(crate) fn named<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de> + AsRef<str>,
    D: Deserializer<'de>,
{
    Ok(Option::<T>::deserialize(deserializer)?.filter(|id| !id.as_ref().is_empty()))
}

/// What stands behind a card, where a provider tells it: `credit`, `debit` or `prepaid`.
pub(crate) fn funding(told: Option<&str>) -> Option<String> {
    let told = told?.to_ascii_lowercase();
    matches!(told.as_str(), "credit" | "debit" | "prepaid").then_some(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_read_as_decimals_and_rounded_once() {
        for (json, code, expected) in [
            ("9.99", "USD", "9.99 USD"),
            ("9.990000000000001", "USD", "9.99 USD"),
            ("-9.99", "EUR", "-9.99 EUR"),
            ("1000.0", "JPY", "1000 JPY"),
            ("1.2345", "KWD", "1.234 KWD"),
            ("1e2", "USD", "100.00 USD"),
            ("0.30000000000000004", "USD", "0.30 USD"),
            ("0", "USD", "0.00 USD"),
        ] {
            let number: Number = serde_json::from_str(json).unwrap();
            assert_eq!(float(&number, code).unwrap().to_string(), expected, "{json}");
        }
        let absurd: Number = serde_json::from_str("1e300").unwrap();
        assert!(float(&absurd, "USD").is_err());
        assert!(serde_json::from_str::<Number>("null").is_err());
    }

    #[test]
    fn a_rate_may_be_finer_than_a_coin() {
        assert_eq!(rate("0.000381", "usd").unwrap().to_string(), "0.00000381 USD");
        assert_eq!(rate("2000", "jpy").unwrap().to_string(), "2000 JPY");
        assert_eq!(rate("amountdecimal_1", "usd"), None);
    }

    #[test]
    fn what_stands_behind_a_card_is_told_or_not_known() {
        for (told, expected) in [
            (Some("credit"), Some("credit")),
            (Some("Debit"), Some("debit")),
            (Some("prepaid"), Some("prepaid")),
            (Some("not_known"), None),
            (Some("unknown"), None),
            (Some(""), None),
            (None, None),
        ] {
            assert_eq!(funding(told).as_deref(), expected, "{told:?}");
        }
    }

    #[test]
    fn an_empty_id_is_an_absent_one() {
        #[derive(Deserialize)]
        struct Object<'a> {
            #[serde(default, deserialize_with = "named", borrow)]
            text: Option<Text<'a>>,
            #[serde(default, deserialize_with = "named")]
            id: Option<Id>,
        }
        for (json, text, id) in [
            (r#"{"text": "cus_1", "id": 7}"#, Some("cus_1"), Some("7")),
            (r#"{"text": " ", "id": "0"}"#, Some(" "), Some("0")),
            (r#"{"text": "", "id": ""}"#, None, None),
            (r#"{"text": null, "id": null}"#, None, None),
            ("{}", None, None),
        ] {
            let object: Object<'_> = serde_json::from_str(json).unwrap();
            assert_eq!((object.text.as_deref(), object.id.as_ref().map(|id| id.0.as_str())), (text, id), "{json}");
        }
        assert!(serde_json::from_str::<Object<'_>>(r#"{"text": 7}"#).is_err(), "no text");
    }
}
