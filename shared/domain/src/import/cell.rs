//! What does the text of one cell say? Each refusal says what to write.

use super::complaint::quoted;
use crate::import::metadata::snake_case;
use crate::money::Currency;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

const TEXT_CHARS_MAX: usize = 2_000;
/// The longest id that fits into a key.
const ID_BYTES_MAX: usize = 255;
/// No figure of a subscription business reaches it, and sums of many that do not stay exact.
const FIGURE_END: i64 = 1_000_000_000_000;
const FINEST_DIGITS: u32 = 12;

/// Reads a text as it stands.
///
/// What a spreadsheet would run as a formula is refused and not quietly changed: nobody is called `=1+1`, and our own
/// lists are opened in spreadsheets, too. A phone number or a figure may begin with its sign.
pub(super) fn text(text: &str) -> Result<String, String> {
    if text.chars().count() > TEXT_CHARS_MAX {
        return Err(format!("is longer than {TEXT_CHARS_MAX} characters: shorten it"));
    }
    let text = text.replace("\r\n", "\n");
    if text.chars().any(|char| char.is_control() && char != '\n' && char != '\t') {
        return Err(format!("{} holds a character that cannot be seen: write it again", quoted(&text)));
    }
    let figure = |rest: &str| rest.chars().all(|char| char.is_ascii_digit() || " ()./-,%".contains(char));
    let formula = text.starts_with(['=', '@']) || text.strip_prefix(['+', '-']).is_some_and(|rest| !figure(rest));
    if formula {
        return Err(format!("{} begins like a formula: begin it with a letter or a digit", quoted(&text)));
    }
    Ok(text)
}

/// Reads an id of a provider or of our own.
pub(super) fn id(id: &str) -> Result<String, String> {
    let id = text(id)?;
    if id.len() > ID_BYTES_MAX || id.contains(char::is_whitespace) {
        return Err(format!("{} is no id: write it without spaces, with at most {ID_BYTES_MAX} letters", quoted(&id)));
    }
    if id.contains("E+") && id.bytes().all(|byte| byte.is_ascii_digit() || b".E+".contains(&byte)) {
        return Err(format!(
            "{} is an id that a spreadsheet has rounded: format the column as text and export again",
            quoted(&id)
        ));
    }
    Ok(id)
}

pub(super) fn flag(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "y" | "1" => Ok(true),
        "false" | "no" | "n" | "0" => Ok(false),
        _ => Err(format!("{} is neither yes nor no: write true or false", quoted(text))),
    }
}

/// Reads one of our words, in any spelling of it.
pub(super) fn one_of<T: Copy>(text: &str, all: &[T], name: impl Fn(T) -> &'static str) -> Result<T, String> {
    let word = snake_case(text);
    all.iter().copied().find(|one| name(*one) == word).ok_or_else(|| {
        let names: Vec<_> = all.iter().map(|one| name(*one)).collect();
        format!("{} is not known here: write one of {}", quoted(text), names.join(", "))
    })
}

pub(super) fn count(text: &str) -> Result<u32, String> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse()
        .ok()
        .filter(|_| plain)
        .ok_or_else(|| format!("{} is no count: write a whole number from 0 on", quoted(text)))
}

pub(super) fn decimal(text: &str) -> Result<Decimal, String> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b'-');
    let number = Decimal::from_str_exact(text).ok().filter(|_| plain).map(|number| number.normalize());
    let number = number.ok_or_else(|| {
        format!("{} is no number: write it like 1234.50, with a point and nothing between the thousands", quoted(text))
    })?;
    if number.abs() >= Decimal::from(FIGURE_END) || number.scale() > FINEST_DIGITS {
        return Err(format!(
            "{} is too large or too fine: write at most 12 digits on each side of the point",
            quoted(text)
        ));
    }
    Ok(number)
}

pub(super) fn not_negative(text: &str) -> Result<Decimal, String> {
    let number = decimal(text)?;
    if number < Decimal::ZERO {
        Err(format!("{} is less than zero: write it without a sign", quoted(text)))
    } else {
        Ok(number)
    }
}

/// Reads a percentage from 0 to 100, as people write it.
pub(super) fn percent(text: &str) -> Result<Decimal, String> {
    let number = not_negative(text.strip_suffix('%').unwrap_or(text).trim())?;
    if number > Decimal::ONE_HUNDRED {
        Err(format!("{} is more than all of it: write 0 to 100", quoted(text)))
    } else {
        Ok(number)
    }
}

pub(super) fn currency(text: &str) -> Result<Currency, String> {
    Currency::parse(text)
        .map_err(|_| format!("{} is no ISO 4217 currency: write its three letters, such as USD", quoted(text)))
}

pub(super) fn date(text: &str) -> Result<Date, String> {
    let shape = text.len() == 10
        && text.bytes().enumerate().all(|(at, b)| if at == 4 || at == 7 { b == b'-' } else { b.is_ascii_digit() });
    let date = text.parse::<Date>().ok().filter(|date| shape && is_of_our_time(*date));
    date.ok_or_else(|| format!("{} is no date: write year, month and day like 2026-01-31", quoted(text)))
}

/// Reads a date, or one as the ECB writes it: `28 November 2026`.
pub(super) fn day(text: &str) -> Result<Date, String> {
    let spelled = Date::strptime("%d %B %Y", text).ok().filter(|date| is_of_our_time(*date));
    spelled.map_or_else(|| date(text), Ok)
}

/// Reads an instant; a date is its midnight in UTC.
pub(super) fn instant(text: &str) -> Result<Timestamp, String> {
    let midnight = |date: Date| date.to_zoned(TimeZone::UTC).ok().map(|midnight| midnight.timestamp());
    let exact = text.parse::<Timestamp>().ok().filter(|at| is_of_our_time(at.to_zoned(TimeZone::UTC).date()));
    date(text)
        .ok()
        .and_then(midnight)
        .or(exact)
        .ok_or_else(|| format!("{} is no instant: write it like 2026-01-31T08:00:00Z, or a date", quoted(text)))
}

/// A year beyond is a slip of the finger.
fn is_of_our_time(date: Date) -> bool {
    (1970..2200).contains(&date.year())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken<T>(read: impl Fn(&str) -> Result<T, String>, good: &[&str], bad: &[&str]) {
        for text in good {
            assert_eq!(read(text).err(), None, "{text}");
        }
        for text in bad {
            let message = read(text).err().unwrap_or_else(|| panic!("`{text}` is taken"));
            assert!(message.contains(": ") || message.contains("shorten"), "{message} does not say what to do");
        }
    }

    #[test]
    fn what_can_be_meant_is_taken_and_the_rest_is_not_guessed() {
        let (long, megabyte) = ("x".repeat(256), "x".repeat(1_000_000));
        taken(
            text,
            &["Café Zürich", "two\nlines", "+49 (30) 12-34", "-5.5%", "a=b", "-"],
            &["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3+cmd", "a\u{0}b", &megabyte],
        );
        taken(id, &["cus_1", "$RCAnonymousID:ab", "12345"], &["cus 1", "1.23457E+12", &long]);
        taken(flag, &["TRUE", "no", "1"], &["maybe", "2"]);
        taken(count, &["0", "7"], &["-1", "+1", "1.5", "4294967296", "1,000"]);
        taken(
            decimal,
            &["0", "-1.5", "1234.50", "0.000000000001"],
            &["1,5", "1 000", "1e3", "", "1000000000000", "0.0000000000001", "$1"],
        );
        taken(percent, &["0", "15 %", "100"], &["-1", "100.01", "15 percent"]);
        taken(currency, &["usd", "EUR"], &["ZZZ", "$"]);
        taken(date, &["2026-01-31"], &["31/01/2026", "2026-02-30", "20260131", "2026-01-31T00:00:00", "0206-01-31"]);
        taken(
            day,
            &["2026-01-31", "28 November 2026", "2 January 2026"],
            &["28 Brumaire 2026", "30 February 2026", "28 November 26", "28/11/2026", ""],
        );
        taken(
            instant,
            &["2026-01-31", "2026-01-31T08:00:00Z", "2026-01-31T08:00:00+01:00"],
            &["2026-01-31T08:00:00", "yesterday"],
        );
    }

    #[test]
    fn one_figure_has_one_spelling() {
        assert_eq!(decimal("10.500").unwrap().to_string(), "10.5");
        assert_eq!(decimal("-0.0").unwrap().to_string(), "0");
        assert_eq!(instant("2026-01-31"), instant("2026-01-31T01:00:00+01:00"));
    }
}
