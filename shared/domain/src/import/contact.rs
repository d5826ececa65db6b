//! How is somebody reached? The shapes only: whether an address exists shows when it is written to.

use super::cell::text;
use super::complaint::quoted;
use jiff::tz::TimeZone;

pub(super) fn email(given: &str) -> Result<String, String> {
    let email = text(given)?;
    let strange = |char: char| char.is_whitespace() || "<>()[]\\,;:\"".contains(char);
    let domain =
        |domain: &str| domain.contains('.') && domain.split('.').all(|part| !part.is_empty()) && !domain.contains('@');
    let good = email.split_once('@').is_some_and(|(local, at)| !local.is_empty() && domain(at));
    if !good || email.len() > 254 || email.contains(strange) || email.starts_with(['+', '-']) {
        return Err(format!("{} is no e-mail address: write one address like name@example.com", quoted(given)));
    }
    Ok(email)
}

/// Reads a number as people dial it, with an extension.
pub(super) fn phone(given: &str) -> Result<String, String> {
    let phone = text(given)?;
    let digits = phone.bytes().filter(u8::is_ascii_digit).count();
    let dialled = phone.chars().all(|char| char.is_ascii_digit() || "+ ()-./x".contains(char));
    if !dialled || !(4..=20).contains(&digits) || phone.rfind('+').is_some_and(|at| at > 0) {
        return Err(format!("{} is no phone number: write it like +49 30 123456, an extension as x12", quoted(given)));
    }
    Ok(phone)
}

/// Reads a language and perhaps a country, `de` or `de-AT`, in whatever case and with either dash.
pub(super) fn locale(given: &str) -> Result<String, String> {
    let (language, country) =
        given.split_once(['-', '_']).map_or((given, None), |(language, country)| (language, Some(country)));
    let letters = |text: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphabetic())
    };
    if !letters(language, 2..=3) || country.is_some_and(|country| !letters(country, 2..=2)) {
        return Err(format!("{} is no locale: write it like de or de-AT", quoted(given)));
    }
    let language = language.to_ascii_lowercase();
    Ok(country.map_or(language.clone(), |country| format!("{language}-{}", country.to_ascii_uppercase())))
}

/// Reads a time zone by its name in the tz database; an abbreviation such as CST means several.
pub(super) fn time_zone(given: &str) -> Result<String, String> {
    let named = |name: &str| name.contains('/') || name.eq_ignore_ascii_case("UTC");
    let zone = TimeZone::get(given).ok().and_then(|zone| zone.iana_name().map(str::to_owned)).filter(|_| named(given));
    zone.ok_or_else(|| format!("{} is no time zone: write it like Europe/Berlin, or UTC", quoted(given)))
}

/// Reads a country by its two letters, as tax needs it.
pub(super) fn country(given: &str) -> Result<String, String> {
    let letters = given.len() == 2 && given.bytes().all(|byte| byte.is_ascii_alphabetic());
    if letters {
        Ok(given.to_ascii_uppercase())
    } else {
        Err(format!("{} is no country code: write two letters like DE", quoted(given)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_decides_and_the_spelling_is_one() {
        /// What it is, how it is read, and what comes of each text.
        type Row = (&'static str, fn(&str) -> Result<String, String>, &'static [(&'static str, Option<&'static str>)]);
        let rows: [Row; 5] = [
            (
                "e-mail",
                email,
                &[
                    ("Ana.Maria+billing@Sub.Example.com", Some("Ana.Maria+billing@Sub.Example.com")),
                    ("ana", None),
                    ("ana@localhost", None),
                    ("a@b@c.de", None),
                    ("Ana <ana@example.com>", None),
                    ("a@example.com, b@example.com", None),
                    ("ana@example..com", None),
                    ("ana@example.com\nBcc: x@example.com", None),
                    ("=cmd@example.com", None),
                    ("+1@example.com", None),
                ],
            ),
            (
                "phone",
                phone,
                &[
                    ("+49 30 123456", Some("+49 30 123456")),
                    ("(415) 555-1212 x12", Some("(415) 555-1212 x12")),
                    ("123", None),
                    ("call me", None),
                    ("+1+cmd", None),
                    ("30+123456", None),
                ],
            ),
            (
                "locale",
                locale,
                &[("de", Some("de")), ("EN_us", Some("en-US")), ("german", None), ("de-", None), ("", None)],
            ),
            (
                "time zone",
                time_zone,
                &[
                    ("europe/berlin", Some("Europe/Berlin")),
                    ("utc", Some("UTC")),
                    ("Europe/Atlantis", None),
                    ("CST", None),
                ],
            ),
            ("country", country, &[("de", Some("DE")), ("Germany", None), ("ß", None)]),
        ];
        for (name, read, cases) in rows {
            for (text, expected) in cases {
                assert_eq!(read(text).ok().as_deref(), *expected, "{name}: {text}");
            }
        }
    }
}
