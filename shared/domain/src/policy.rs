//! Rules as dated, versioned data: read once, checked when read, never edited after release.

mod form;
mod limits;
mod press;
mod setup;
mod size;
mod texts;
mod working;

pub use form::FormLimits;
pub use limits::{Limits, Patience, Room, ShelfRoom};
pub use press::PressLimits;
pub use setup::SetupPolicy;
pub use size::{fitting, forget_oldest, shorten, stored_bytes, text_bytes, text_end, texts_bytes_at_most};
pub use texts::{Reader, Text, Texts, phrase};
pub use working::Working;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};
use toml::Spanned;

/// One kind of policy file.
pub trait Rules: DeserializeOwned {
    /// The folder of its versions.
    const NAME: &'static str;
    /// The number that is also in the file's name, `v1.toml`: loading refuses another.
    fn version(&self) -> u32;
    /// The date from which it holds.
    fn effective(&self) -> &str;
    /// The older version that these add to, where the file holds only what is new.
    fn adds_to(&self) -> Option<u32> {
        None
    }
    /// All of an older version, and what these add to it.
    fn added_to(self, _older: &Self) -> Self {
        self
    }
    /// What is wrong with rules that can be read.
    fn lint(&self) -> Vec<Complaint>;
}

/// Something wrong with a policy, and where in its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    offset: usize,
    message: String,
}

impl Complaint {
    /// At a byte of the text; 0 where all of it is meant.
    pub fn at(offset: usize, message: impl Into<String>) -> Self {
        Self { offset, message: message.into() }
    }

    /// Where the value stands that is wrong.
    pub fn on<T>(place: &Spanned<T>, message: impl Into<String>) -> Self {
        Self::at(place.span().start, message)
    }

    /// Complains of every id that was used before.
    pub fn doubled<'a>(ids: impl Iterator<Item = &'a Spanned<String>>) -> Vec<Self> {
        let mut seen = BTreeSet::new();
        ids.filter(|id| !seen.insert(id.get_ref().clone()))
            .map(|id| Self::on(id, format!("`{}` is used twice", id.get_ref())))
            .collect()
    }
}

/// A policy that was refused, with the line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {message}")]
pub struct Refused {
    pub file: String,
    pub line: usize,
    pub message: String,
}

/// Reads a text of rules and checks it; what is wrong first refuses it, with its line.
pub fn read<T: DeserializeOwned>(file: &str, text: &str, lint: impl Fn(&T) -> Vec<Complaint>) -> Result<T, Refused> {
    checked(file, text, parsed(file, text)?, lint)
}

fn parsed<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, Refused> {
    toml::from_str(text)
        .map_err(|error| refused(file, text, error.span().map_or(0, |span| span.start), error.message().to_owned()))
}

fn checked<T>(file: &str, text: &str, rules: T, lint: impl Fn(&T) -> Vec<Complaint>) -> Result<T, Refused> {
    match lint(&rules).into_iter().next() {
        Some(complaint) => Err(refused(file, text, complaint.offset, complaint.message)),
        None => Ok(rules),
    }
}

fn refused(file: &str, text: &str, offset: usize, message: String) -> Refused {
    let line = text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1;
    Refused { file: file.to_owned(), line: line.min(text.lines().count()).max(1), message }
}

/// All released versions of one policy.
#[derive(Debug, Clone)]
pub struct Versions<T>(BTreeMap<u32, T>);

impl<T: Rules> Versions<T> {
    /// Reads and checks every version; `files` are names and texts, the older first.
    pub fn load(files: &[(&str, &str)]) -> Result<Self, Refused> {
        let mut versions: BTreeMap<u32, T> = BTreeMap::new();
        for (file, text) in files {
            let refused = |message: String| Refused { file: (*file).to_owned(), line: 1, message };
            let rules: T = parsed(file, text)?;
            let version = rules.version();
            let rules = match rules.adds_to() {
                None => rules,
                Some(older) if older >= version => {
                    return Err(refused(format!("it adds to version {older}, which is not older than {version}")));
                }
                Some(older) => match versions.get(&older) {
                    Some(before) => rules.added_to(before),
                    None => return Err(refused(format!("it adds to version {older}, and there is no such"))),
                },
            };
            let rules = checked(file, text, rules, T::lint)?;
            if rules.effective().parse::<Date>().is_err() {
                return Err(refused(format!("`effective` is a date such as 2026-01-01, not `{}`", rules.effective())));
            }
            if !file.ends_with(&format!("{}/v{version}.toml", T::NAME)) {
                return Err(refused(format!("version {version} of `{0}` belongs into {0}/v{version}.toml", T::NAME)));
            }
            versions.insert(version, rules);
        }
        if versions.is_empty() {
            return Err(Refused {
                file: T::NAME.to_owned(),
                line: 1,
                message: "there is no version of this policy".to_owned(),
            });
        }
        Ok(Self(versions))
    }

    /// The newest version, which new work begins with.
    pub fn current(&self) -> &T {
        self.0.values().next_back().expect("loading refuses a policy without a version")
    }

    /// The version that held at a time: what was judged by it is judged the same for ever. Before the first, the first.
    pub fn at(&self, at: Timestamp) -> &T {
        let on = at.to_zoned(TimeZone::UTC).date();
        let held = |rules: &&T| rules.effective().parse::<Date>().is_ok_and(|from| from <= on);
        let oldest = || self.0.values().next().expect("loading refuses a policy without a version");
        self.0.values().rfind(held).unwrap_or_else(oldest)
    }

    /// The version that older work began with.
    pub fn version(&self, version: u32) -> Option<&T> {
        self.0.get(&version)
    }

    /// Oldest first.
    pub fn all(&self) -> impl Iterator<Item = &T> {
        self.0.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_line_whatever_stands_there() {
        fn is_nine(rules: &BTreeMap<String, Spanned<i64>>) -> Vec<Complaint> {
            let nine = rules.values().filter(|value| *value.get_ref() == 9);
            nine.map(|value| Complaint::on(value, "nine is too much")).collect()
        }
        for (name, text, expected) in [
            ("the first line", "a = x\nb = 1\n", 1),
            ("a value of another kind", "a = 1\nb = \"one\"\n", 2),
            ("letters of more than one byte", "# é\na = 1\né = é\n", 3),
            ("a text that breaks off", "a = 1\nb = \n", 2),
            ("nothing but a fault", "=", 1),
            ("a complaint", "a = 1\n\nb = 9\nc = 9\n", 3),
        ] {
            let refused = read("f.toml", text, is_nine).unwrap_err();
            assert_eq!((refused.line, refused.file.as_str()), (expected, "f.toml"), "{name}: {refused}");
        }
        assert_eq!(read("f.toml", "a = 1\nb = 2\n", is_nine).unwrap().len(), 2);
    }
}
