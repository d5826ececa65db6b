//! How earlier tries ended, a line each: what an adviser learns from, and what another way to recover is judged by.

mod kept;
mod learned;

pub use kept::{Kept, kept};
pub use learned::learned;

use crate::book::By;
use crate::event::Decline;
use csv::{ReaderBuilder, Trim, Writer};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One try that ended, or a choice that came to none. The first ten are all that is learned from; what a file lacks of the
/// others is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    pub failed_at: Timestamp,
    /// Nothing where nothing was tried.
    pub tried_at: Option<Timestamp>,
    /// How often it was tried again before this time.
    pub tries_before: u32,
    pub provider: String,
    /// Why the try before it failed.
    pub code: String,
    pub network: String,
    pub funding: String,
    pub issuer: String,
    pub country: String,
    pub succeeded: Option<bool>,
    /// Which lines are of one recovery; it does not say whose.
    #[serde(default)]
    pub recovery: String,
    #[serde(default)]
    pub segment: String,
    /// Who tried.
    #[serde(default)]
    pub by: By,
    /// When it was chosen whether it is tried again, and when; nothing where nobody chose.
    #[serde(default)]
    pub chosen_at: Option<Timestamp>,
    /// What was chosen; nothing where that was not to try it again.
    #[serde(default)]
    pub moment: Option<Timestamp>,
    /// How likely that was to be chosen, in thousandths.
    #[serde(default)]
    pub likely: Option<u32>,
    /// How the recovery stands, and since when; of one that is open, until when it was seen.
    #[serde(default)]
    pub ended: Option<Ended>,
    #[serde(default)]
    pub ended_at: Option<Timestamp>,
    /// The version of what was learned when it was chosen.
    #[serde(default)]
    pub advice_version: Option<u32>,
}

/// How a recovery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    Paid,
    /// Nobody will pay it: it was taken back, or written off.
    Lost,
    Open,
}

impl Ended {
    /// As a file spells them.
    pub const ALL: [Self; 3] = [Self::Paid, Self::Lost, Self::Open];
}

/// What is wrong with a file of outcomes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotLearned {
    #[error("line {line}: {said}")]
    Line { line: u64, said: String },
    #[error("line {0}: a try is not before its failure")]
    Order(u64),
    #[error("line {0}: a try that was made says whether it succeeded")]
    NoEnd(u64),
    #[error("these rules have no adviser")]
    NobodyLearns,
    #[error("there is nothing to learn from: the file has no tries")]
    Nothing,
}

impl Outcome {
    /// Why the try before it failed. The issuer may be a bank's name: then the customer's country stands for the card's.
    pub fn decline(&self) -> Decline {
        let is_country = |text: &&String| text.len() == 2;
        let issuer = [&self.issuer, &self.country].into_iter().find(is_country).cloned();
        Decline { issuer, ..Decline::new(&self.provider, self.code.as_str()) }
    }

    /// Whether Recoup chose, and it is known how likely that was: a moment, or not to try again.
    pub fn is_choice(&self) -> bool {
        let is_none = self.tried_at.is_none() && self.moment.is_none();
        is_none || self.moment.is_some() && self.likely.is_some()
    }

    /// A file of them, with its first line.
    pub fn as_csv(all: &[Self]) -> String {
        let mut writer = Writer::from_writer(Vec::new());
        for outcome in all {
            writer.serialize(outcome).expect("memory takes every line, and all are alike");
        }
        let bytes = writer.into_inner().expect("memory takes every line");
        String::from_utf8(bytes).expect("every cell is text")
    }

    /// Reads such a file.
    pub fn read(csv: &str) -> Result<Vec<Self>, NotLearned> {
        let mut reader = ReaderBuilder::new().trim(Trim::All).from_reader(csv.as_bytes());
        let mut all = Vec::new();
        for (row, line) in reader.deserialize::<Self>().zip(2..) {
            let outcome = row.map_err(|error| NotLearned::Line { line, said: error.to_string() })?;
            match (outcome.tried_at, outcome.succeeded) {
                (Some(at), _) if at < outcome.failed_at => return Err(NotLearned::Order(line)),
                (Some(_), None) => return Err(NotLearned::NoEnd(line)),
                _ => all.push(outcome),
            }
        }
        Ok(all)
    }
}
