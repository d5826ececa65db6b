//! In which language does whoever wrote a ticket write? By their newest words that tell.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A language, and by what it is known. Of two the greater counts, in whatever order they came: that of a letter before
/// that of a subject, then the later one, and of two of one time what the customer chose.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Tongue {
    /// Whether a letter told it, and not just the subject, which stands above all of them alike.
    pub by_letter: bool,
    /// When that was written.
    pub at: Timestamp,
    /// Whether it is that of the form of ours that they filled in, whose facts are in English whoever reads it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub chosen: bool,
    /// Its id, as `de`.
    pub language: String,
    /// The first words that told it, as the lists have them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_count_before_subjects_then_the_later_one_and_of_one_time_what_was_chosen() {
        let of = |second: i64, chosen: bool, language: &str| {
            let (by_letter, at) = (true, Timestamp::from_second(second).unwrap());
            Some(Tongue { by_letter, at, chosen, language: language.to_owned(), words: Vec::new() })
        };
        let subject = |second| of(second, false, "es").map(|tongue| Tongue { by_letter: false, ..tongue });
        for (what, one, other, expected) in [
            ("a later letter", of(1, false, "de"), of(2, false, "fr"), of(2, false, "fr")),
            ("a letter that tells nothing", of(1, false, "de"), None, of(1, false, "de")),
            ("the form and its words", of(1, true, "de"), of(1, false, "en"), of(1, true, "de")),
            ("a subject above a later letter", of(1, false, "de"), subject(2), of(1, false, "de")),
            ("a letter after the form", of(1, true, "de"), of(2, false, "en"), of(2, false, "en")),
        ] {
            assert_eq!((one.clone().max(other.clone()), other.max(one)), (expected.clone(), expected), "{what}");
        }
    }
}
