//! In which language is a customer written to, and how are amounts and dates written in it?

use super::{Text, Texts, phrase};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use toml::Spanned;

/// The language that every text and phrase has, and that code says its words in.
pub(super) const ENGLISH: &str = "en";

/// How a language is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Language {
    pub id: Spanned<String>,
    /// Where it is clear that customers read it.
    pub countries: BTreeSet<String>,
    pub numbers: Numbers,
    /// Countries that write its numbers in a way of their own.
    #[serde(default)]
    pub regions: BTreeMap<String, Numbers>,
    /// As `strftime` has it.
    pub date: String,
    /// Of currencies that have a sign which means no other.
    pub symbols: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Numbers {
    pub decimal: String,
    pub thousands: String,
}

/// How one customer is written to.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    texts: &'a Texts,
    language: &'a Language,
    numbers: &'a Numbers,
}

impl<'a> Reader<'a> {
    pub(super) fn of(texts: &'a Texts, locale: Option<&str>, country: Option<&str>) -> Self {
        let (spoken, region) = locale.map_or((None, None), |locale| {
            let mut parts = locale.split(['-', '_']);
            (parts.next(), parts.rfind(|part| part.len() == 2))
        });
        let country = region.or(country).map(str::to_ascii_uppercase);
        let named = |id: &str| texts.language.iter().find(|language| language.id.get_ref().eq_ignore_ascii_case(id));
        let lives_in =
            |language: &&Language| country.as_ref().is_some_and(|country| language.countries.contains(country));
        // Whoever has a locale reads that language: if there is none of ours, their country says no better.
        let language = match spoken.filter(|spoken| !spoken.is_empty()) {
            Some(spoken) => named(spoken),
            None => texts.language.iter().find(lives_in),
        };
        let language = language.unwrap_or(&texts.language[0]);
        let own = country.as_ref().and_then(|country| language.regions.get(country));
        Self { texts, language, numbers: own.unwrap_or(&language.numbers) }
    }

    /// The language, for whoever reads it aloud.
    pub fn language(self) -> &'a str {
        self.language.id.get_ref()
    }

    /// A text in their language; what only staff read is in English.
    pub fn text(self, id: &str) -> Option<&'a Text> {
        let own = |text: &&Text| text.id.get_ref() == id && text.locale == *self.language.id.get_ref();
        self.texts.text.iter().find(own).or_else(|| self.texts.text(id))
    }

    /// Words in their language, by the English ones; words that no list has stay as they are.
    pub fn words<'b>(self, english: &'b str) -> &'b str
    where
        'a: 'b,
    {
        let phrase = self.texts.phrase_of(english).and_then(|phrase| phrase.get(self.language.id.get_ref()));
        phrase.map_or(english, |words| words.get_ref().as_str())
    }

    /// An amount, or a price finer than any coin, as they write it: told as `1234.50 EUR`. What is no amount is words.
    pub fn amount(self, amount: impl fmt::Display) -> String {
        let told = amount.to_string();
        let Some((number, currency)) = told.split_once(' ').filter(|(number, _)| is_number(number)) else {
            return self.words(&told).to_owned();
        };
        match (self.language.symbols.get(currency), self.language() == ENGLISH) {
            (Some(symbol), _) => format!("{}\u{a0}{symbol}", self.number(number)),
            (None, true) => format!("{} {currency}", self.number(number)),
            (None, false) => format!("{}\u{a0}{currency}", self.number(number)),
        }
    }

    /// How many, as they write it.
    pub fn quantity(self, quantity: Decimal) -> String {
        self.number(&quantity.normalize().to_string())
    }

    /// Several things in one sentence.
    pub fn list(self, all: &[String]) -> String {
        match all {
            [] => String::new(),
            [only] => only.clone(),
            [first @ .., last] => format!("{} {} {last}", first.join(", "), self.and(last)),
        }
    }

    /// Spanish has another word where two of one sound would meet.
    fn and(self, next: &str) -> &'a str {
        let next = next.to_lowercase();
        let sounds = next.starts_with(['i', 'í']) || next.starts_with("hi") || next.starts_with("hí");
        let meets = sounds && !next.starts_with("hie") && !next.starts_with("hia");
        match self.words(phrase::AND) {
            "y" if meets => "e",
            and => and,
        }
    }

    /// The day of a time as they write it, by UTC.
    pub fn date(self, at: Timestamp) -> String {
        self.day(at.to_zoned(TimeZone::UTC).date())
    }

    /// A day as they write it.
    pub fn day(self, day: Date) -> String {
        day.strftime(self.language.date.as_str()).to_string()
    }

    fn number(self, number: &str) -> String {
        let Numbers { decimal, thousands } = self.numbers;
        let (sign, digits) = number.strip_prefix('-').map_or(("", number), |digits| ("-", digits));
        let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, rest)| (whole, Some(rest)));
        let mut grouped = String::from(sign);
        for (place, digit) in whole.char_indices() {
            if place > 0 && (whole.len() - place).is_multiple_of(3) {
                grouped.push_str(thousands);
            }
            grouped.push(digit);
        }
        if let Some(fraction) = fraction {
            grouped.push_str(decimal);
            grouped.push_str(fraction);
        }
        grouped
    }
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b'-') && text.contains(char::is_numeric)
}

#[cfg(test)]
mod tests {
    use crate::policies::Policies;

    #[test]
    fn who_is_written_to_in_which_language() {
        let policies = Policies::shipped().unwrap();
        for (locale, country, expected) in [
            (None, None, "en"),
            (Some("de"), None, "de"),
            (Some("DE_at"), None, "de"),
            (Some("fr-CA"), Some("DE"), "fr"),
            (Some("es-419"), None, "es"),
            (Some("zh-Hant-TW"), None, "en"),
            (Some("ja"), Some("DE"), "en"),
            (Some(""), Some("FR"), "fr"),
            (None, Some("de"), "de"),
            (None, Some("AT"), "de"),
            (None, Some("CH"), "en"),
            (None, Some("BE"), "en"),
            (None, Some("MX"), "es"),
            (None, Some("GB"), "en"),
        ] {
            let reader = policies.texts.current().reader(locale, country);
            assert_eq!(reader.language(), expected, "{locale:?} in {country:?}");
            let text = reader.text("reminder_1").unwrap();
            assert_eq!(text.locale, expected);
        }
    }

    #[test]
    fn amounts_are_written_as_whoever_reads_them_does() {
        let policies = Policies::shipped().unwrap();
        for (locale, country, told, expected) in [
            (None, None, "1234.50 EUR", "1234.50 EUR"),
            (Some("de"), None, "49.00 EUR", "49,00\u{a0}€"),
            (Some("de"), None, "49.00 USD", "49,00\u{a0}USD"),
            (Some("de"), None, "1234567.89 EUR", "1.234.567,89\u{a0}€"),
            (Some("de"), None, "123 JPY", "123\u{a0}JPY"),
            (Some("de"), None, "-1234.000 KWD", "-1.234,000\u{a0}KWD"),
            (Some("de"), None, "0.005 USD", "0,005\u{a0}USD"),
            (Some("de-CH"), None, "1234.00 CHF", "1’234.00\u{a0}CHF"),
            (Some("de"), Some("CH"), "1234.00 CHF", "1’234.00\u{a0}CHF"),
            (Some("fr"), None, "1234.00 GBP", "1\u{202f}234,00\u{a0}£"),
            (Some("es"), None, "1234.00 EUR", "1.234,00\u{a0}€"),
            (None, Some("MX"), "1234.00 MXN", "1,234.00\u{a0}MXN"),
            (Some("fr"), None, "nothing", "rien"),
            (Some("fr"), None, "not an amount", "not an amount"),
        ] {
            assert_eq!(policies.texts.current().reader(locale, country).amount(told), expected, "{told} in {locale:?}");
        }
    }

    #[test]
    fn several_things_are_joined_as_people_join_them() {
        let policies = Policies::shipped().unwrap();
        for (locale, all, expected) in [
            ("en", vec![], ""),
            ("fr", vec!["rapports"], "rapports"),
            ("en", vec!["reports", "audit log"], "reports and audit log"),
            ("de", vec!["Berichte", "Protokoll", "SSO"], "Berichte, Protokoll und SSO"),
            ("fr", vec!["rapports", "journal d’audit", "SSO"], "rapports, journal d’audit et SSO"),
            ("es", vec!["informes", "registro"], "informes y registro"),
            ("es", vec!["informes", "integraciones"], "informes e integraciones"),
            ("es", vec!["agua", "hielo"], "agua y hielo"),
        ] {
            let all: Vec<String> = all.into_iter().map(str::to_owned).collect();
            assert_eq!(policies.texts.current().reader(Some(locale), None).list(&all), expected, "{locale}");
        }
    }

    #[test]
    fn how_many_is_written_as_their_numbers_are() {
        let policies = Policies::shipped().unwrap();
        for (locale, told, expected) in
            [("en", "3.000", "3"), ("de", "1.50", "1,5"), ("de", "1200", "1.200"), ("fr", "-2", "-2")]
        {
            let reader = policies.texts.current().reader(Some(locale), None);
            assert_eq!(reader.quantity(told.parse().unwrap()), expected, "{told} in {locale}");
        }
    }

    #[test]
    fn a_day_and_a_reason_are_in_their_language() {
        let policies = Policies::shipped().unwrap();
        let at = "2028-02-29T23:00:00Z".parse().unwrap();
        for (locale, day, reason) in [
            ("en", "2028-02-29", "Your bank declined the payment."),
            ("de", "29.02.2028", "Ihre Bank hat die Zahlung abgelehnt."),
            ("fr", "29/02/2028", "Votre banque a refusé le paiement."),
            ("es", "29/02/2028", "Su banco ha rechazado el pago."),
        ] {
            let reader = policies.texts.current().reader(Some(locale), None);
            assert_eq!(reader.day("2028-02-29".parse().unwrap()), day);
            assert_eq!((reader.date(at).as_str(), reader.words("Your bank declined the payment.")), (day, reason));
            assert_eq!(reader.words("what no list has"), "what no list has");
        }
    }
}
