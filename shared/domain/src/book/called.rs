//! What is a customer called, wherever something is decided or listed about them?

use super::Person;
use std::fmt;

/// How much of a name is said.
const CHARS_MAX: usize = 80;

/// What is known of it now. It is read as a page or a message is made and kept with nothing else, so that whoever was
/// erased is gone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Called {
    Name(String),
    /// The provider tells no name, only where they are written to.
    Address(String),
    #[default]
    Unknown,
    Erased,
}

impl Called {
    /// By their name, or by where they are written to.
    pub fn of(person: &Person) -> Self {
        if person.erased_at.is_some() {
            return Self::Erased;
        }
        let is_seen = |text: &String| text.chars().any(char::is_alphanumeric);
        let said = |value: Option<&String>| value.map(|text| one_line(text, CHARS_MAX)).filter(is_seen);
        let address = || said(person.email.value()).map(Self::Address);
        said(person.name.value()).map(Self::Name).or_else(address).unwrap_or_default()
    }

    /// Whether anybody is known there: what stands with no customer has nobody.
    pub fn is_known(&self) -> bool {
        *self != Self::Unknown
    }
}

impl fmt::Display for Called {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(text) | Self::Address(text) => text.fmt(f),
            Self::Unknown => "a customer whose name is not known".fmt(f),
            Self::Erased => "a customer whose data was erased".fmt(f),
        }
    }
}

/// What others wrote, as a part of a sentence of ours: in one line, without what turns the words around it, and not for
/// ever.
pub fn one_line(text: &str, chars_max: usize) -> String {
    let plain: String = text.chars().map(|letter| if is_unseen(letter) { ' ' } else { letter }).collect();
    let words = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.chars().count() <= chars_max {
        return words;
    }
    let kept: String = words.chars().take(chars_max.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// Breaks a line, or says in which direction the letters around it are read.
fn is_unseen(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn person(name: Option<&str>, email: Option<&str>) -> Person {
        let seen =
            |value: Option<&str>| value.map_or(json!([]), |text| json!([["2026-03-01T09:00:00Z", 0, "evt_1"], text]));
        let mut fields = serde_json::Map::new();
        for (field, value) in [("name", name), ("email", email)] {
            if value.is_some() {
                fields.insert(field.to_owned(), seen(value));
            }
        }
        serde_json::from_value(Value::Object(fields)).unwrap()
    }

    #[test]
    fn a_customer_has_a_name_an_address_or_neither_and_who_was_erased_has_none() {
        for (name, email, expected) in [
            (Some("Juniper Logistics"), Some("ap@juniper.example"), "Juniper Logistics"),
            (Some("株式会社ジュニパー"), None, "株式会社ジュニパー"),
            (Some("شركة العرعر"), None, "شركة العرعر"),
            (Some("<b>Bobby</b> & \"Sons\""), None, "<b>Bobby</b> & \"Sons\""),
            (Some("Two\r\nSubject: lines"), None, "Two Subject: lines"),
            (Some("turned\u{202e}dnuora"), None, "turned dnuora"),
            (Some(" \u{200f}\u{2067} "), Some("ap@juniper.example"), "ap@juniper.example"),
            (Some("  "), Some("ap@juniper.example"), "ap@juniper.example"),
            (None, Some("ap@juniper.example"), "ap@juniper.example"),
            (None, None, "a customer whose name is not known"),
        ] {
            assert_eq!(Called::of(&person(name, email)).to_string(), expected, "{name:?} {email:?}");
        }
        let mut erased = person(Some("Juniper Logistics"), Some("ap@juniper.example"));
        erased.erase("2026-03-02T09:00:00Z".parse().unwrap());
        assert_eq!(Called::of(&erased), Called::Erased);
        assert_eq!(Called::of(&erased).to_string(), "a customer whose data was erased");
    }

    #[test]
    fn a_name_is_said_in_one_line_and_not_for_ever() {
        assert_eq!(one_line("a\u{2028}b\tc", 9), "a b c");
        for (chars, expected) in [(80, 80), (81, 80), (5000, 80)] {
            let called = Called::of(&person(Some(&"ä".repeat(chars)), None)).to_string();
            assert_eq!((called.chars().count(), called.ends_with('…')), (expected, chars > 80), "{chars}");
        }
    }
}
