//! What a ticket is taken for: by its newest words, or by a person, who has the last word.

use super::Tongue;
use crate::case::Class;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The best guess, and how sure it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenFor {
    /// The best guess also where it abstains.
    pub class: Class,
    /// A decimal between 0 and 1.
    pub confidence: String,
    /// It is not sure enough: a person says what it is.
    pub abstained: bool,
    /// The words that decided, as they stand in the text.
    pub reasons: Vec<String>,
    /// What else the text is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Class>,
    /// In which language the customer writes, by their newest words that tell: also where those say nothing of what it
    /// is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Tongue>,
    /// Whether the customer chose it in a form of ours: then no words say otherwise.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub chosen: bool,
    /// Which version of the weights read it.
    pub version: u32,
    pub at: Timestamp,
    /// The person who said so; nobody, where the words did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

impl TakenFor {
    /// A person says what it is.
    pub fn by_hand(class: Class, by: &str, at: Timestamp) -> Self {
        Self {
            class,
            confidence: "1".to_owned(),
            abstained: false,
            reasons: Vec::new(),
            also: Vec::new(),
            language: None,
            chosen: false,
            version: 0,
            at,
            by: Some(by.to_owned()),
        }
    }

    /// What it is for certain: nothing, where it abstains.
    pub fn certain(&self) -> Option<Class> {
        Some(self.class).filter(|_| !self.abstained)
    }

    /// Whether another reading takes its place: never that of a person, nor what the customer chose; of the words the
    /// newer, and words that say nothing for certain never that of words that do. So that it comes out the same in
    /// whatever order they came.
    pub fn gives_way(&self, other: &Self) -> bool {
        let is_newer = if self.abstained == other.abstained { other.at >= self.at } else { self.abstained };
        other.by.is_some() || (self.by.is_none() && !self.chosen && (other.chosen || is_newer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(second: i64) -> TakenFor {
        TakenFor { by: None, abstained: true, ..TakenFor::by_hand(Class::TaxQuestion, "", at(second)) }
    }

    fn certain(second: i64) -> TakenFor {
        TakenFor { abstained: false, ..read(second) }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn newer_words_count_and_a_person_has_the_last_word() {
        let person = |second| TakenFor::by_hand(Class::Chargeback, "lena", at(second));
        for (what, standing, other, expected) in [
            ("newer words", read(1), read(2), true),
            ("words that came late", read(2), read(1), false),
            ("a person", read(2), person(1), true),
            ("words after a person", person(1), read(2), false),
            ("another person", person(1), person(2), true),
            ("words that are certain, and came late", read(2), certain(1), true),
            ("thanks, after words that are certain", certain(1), read(2), false),
            ("another trouble", certain(1), certain(2), true),
            ("what was said before it", certain(2), certain(1), false),
            ("words after what was chosen", TakenFor { chosen: true, ..read(1) }, read(2), false),
            ("a person after what was chosen", TakenFor { chosen: true, ..read(1) }, person(2), true),
            ("what was chosen after words", certain(2), TakenFor { chosen: true, ..read(1) }, true),
        ] {
            assert_eq!(standing.gives_way(&other), expected, "{what}");
        }
        assert_eq!(read(1).certain(), None);
        assert_eq!(person(1).certain(), Some(Class::Chargeback));
    }
}
