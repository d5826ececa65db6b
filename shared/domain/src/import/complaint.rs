//! What is wrong with a file, row by row, in words that say what to do.

use serde::{Deserialize, Serialize};
use std::fmt;

/// How many complaints are kept; nobody reads more before mending the first.
pub const COMPLAINTS_MAX: usize = 100;

/// Something wrong in one row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Complaint {
    /// The line of the file on which the row begins, counted from 1; of CSV, 1 is the header.
    pub row: usize,
    /// The column as the file names it.
    pub field: Option<String>,
    pub message: String,
}

/// A file of which nothing was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("the file was refused and nothing has changed; {first}", first = first(.complaints))]
pub struct Refused {
    /// The first ones, by row.
    pub complaints: Vec<Complaint>,
    /// How many more there were.
    pub more: usize,
}

fn first(complaints: &[Complaint]) -> String {
    complaints.first().map_or_else(String::new, Complaint::to_string)
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.field {
            Some(field) => write!(f, "row {}, {field}: {}", self.row, self.message),
            None => write!(f, "row {}: {}", self.row, self.message),
        }
    }
}

/// The complaints that came up so far.
#[derive(Debug, Default)]
pub(super) struct Complaints {
    kept: Vec<Complaint>,
    more: usize,
}

impl Complaints {
    /// Complains; what was said before about the same row, such as the header, is not said again.
    pub(super) fn on(&mut self, row: usize, field: Option<&str>, message: impl Into<String>) {
        let complaint = Complaint { row, field: field.map(shortened), message: message.into() };
        if self.kept.contains(&complaint) {
            return;
        }
        if self.kept.len() < COMPLAINTS_MAX { self.kept.push(complaint) } else { self.more += 1 }
    }

    pub(super) fn are_none(&self) -> bool {
        self.kept.is_empty()
    }

    /// The value, if nobody complained.
    pub(super) fn or<T>(mut self, value: T) -> Result<T, Refused> {
        if self.kept.is_empty() {
            return Ok(value);
        }
        self.kept.sort();
        Err(Refused { complaints: self.kept, more: self.more })
    }
}

/// Quotes what the file says, as far as a person needs it to find the place.
pub(super) fn quoted(text: &str) -> String {
    format!("`{}`", shortened(text))
}

fn shortened(text: &str) -> String {
    let mut visible = text.chars().map(|char| if char.is_control() { ' ' } else { char });
    let mut short: String = visible.by_ref().take(60).collect();
    if visible.next().is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_hundred_are_kept_and_the_others_counted() {
        let mut complaints = Complaints::default();
        for row in (2..=251).rev() {
            complaints.on(row, Some("email"), "is empty");
            complaints.on(1, None, "there is no column `customer`");
        }
        let refused = complaints.or(()).unwrap_err();
        assert_eq!((refused.complaints.len(), refused.more), (COMPLAINTS_MAX, 151));
        assert_eq!(refused.complaints[0].to_string(), "row 1: there is no column `customer`");
        assert!(refused.complaints.is_sorted());
    }

    #[test]
    fn what_the_file_says_is_quoted_in_short() {
        let (long, short) = ("x".repeat(61), format!("`{}…`", "x".repeat(60)));
        let rows: [(&str, &str); 3] = [("a", "`a`"), ("a\nb", "`a b`"), (&long, &short)];
        for (text, expected) in rows {
            assert_eq!(quoted(text), expected);
        }
    }
}
