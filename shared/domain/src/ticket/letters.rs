//! What are the letters of a file about? And how good is that, where somebody has said what each of them is?

mod told;

use super::TicketPolicy;
use super::reading::{class, decimal, thresholds};
use crate::case::Class;
use csv::{Error, ErrorKind, ReaderBuilder, StringRecord};
use serde::Serialize;
use wording::evaluation::{Figures, Judged};
use wording::{Guess, newest};

pub use told::corrections;

/// From which confidences on it is told how much is judged and how much of that rightly, in thousandths.
const FROM: [u16; 10] = [500, 550, 600, 650, 700, 750, 800, 850, 900, 950];

/// How many wrong rows are named.
const NAMED_MAX: usize = 5;

/// A letter of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Letter {
    pub subject: String,
    pub body: String,
    /// What somebody says that it is about.
    pub class: Option<Class>,
}

impl Letter {
    /// What is learned of it, as it stands in `tests/tickets/corrections.tsv`: only what is new in it.
    fn words(&self) -> String {
        let new = newest(&self.subject, &self.body);
        let parts = if new.is_reply && !new.body.is_empty() { vec![new.body] } else { vec![new.subject, new.body] };
        let lines = parts.iter().flat_map(|part| part.lines()).map(str::trim).filter(|line| !line.is_empty());
        lines.collect::<Vec<_>>().join("\\n").replace('\t', " ")
    }
}

/// What a letter was read as.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LetterRead {
    /// The best guess also where it abstains.
    pub class: Class,
    /// A decimal between 0 and 1.
    pub confidence: String,
    /// It is not sure enough: a person says what it is.
    pub abstained: bool,
    /// The words that decided.
    pub reasons: Vec<String>,
    /// What else the letter is about.
    pub also: Vec<Class>,
    /// What somebody said that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub truth: Option<Class>,
}

/// What all of them were read as, in their order.
#[derive(Debug)]
pub struct LettersRead {
    pub rows: Vec<LetterRead>,
    /// How good that is: only where it was said of each what it is.
    figures: Option<Figures>,
}

/// Reads a file of letters as CSV, with the names of its columns in the first row: `body`, and where they are there
/// `subject` and `class`. What is wrong is told by its row, the first counted.
pub fn letters(text: &str) -> Result<Vec<Letter>, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = ReaderBuilder::new().from_reader(text.as_bytes());
    let columns = Columns::of(reader.headers().map_err(|error| error.to_string())?)?;
    let (mut letters, mut wrong) = (Vec::new(), Vec::new());
    for (record, row) in reader.records().zip(2_usize..) {
        match record.map_err(|error| cells(&error)).and_then(|record| columns.letter(&record)) {
            Ok(letter) => letters.push(letter),
            Err(why) => wrong.push(format!("row {row}: {why}")),
        }
    }
    if wrong.is_empty() {
        return if letters.is_empty() { Err("there is no row below the names".to_owned()) } else { Ok(letters) };
    }
    let more = wrong.len().saturating_sub(NAMED_MAX);
    wrong.truncate(NAMED_MAX);
    if more > 0 {
        wrong.push(format!("and {more} more"));
    }
    Err(wrong.join("; "))
}

/// Reads each letter as that of a ticket is read.
pub fn read_letters(letters: &[Letter], policy: &TicketPolicy) -> LettersRead {
    let thresholds = thresholds(&policy.reading);
    let guess = |it: &Letter| wording::guess(wording::shipped(), &it.subject, &it.body, &thresholds);
    let guesses: Vec<Guess> = letters.iter().map(guess).collect();
    let judged = |(letter, guess): (&Letter, &Guess)| {
        let truth = wording::Class::parse(letter.class?.name())?;
        Some(Judged::by_guess(truth, guess))
    };
    let judged: Option<Vec<Judged>> = letters.iter().zip(&guesses).map(judged).collect();
    let rows = letters.iter().zip(guesses).map(|(letter, guess)| LetterRead {
        class: class(guess.class),
        confidence: decimal(guess.confidence),
        abstained: guess.abstained,
        reasons: guess.reasons,
        also: guess.also.into_iter().map(class).collect(),
        truth: letter.class,
    });
    let figures = judged.map(|judged| Figures::of(&judged, thresholds.sure, &FROM));
    LettersRead { rows: rows.collect(), figures }
}

/// Where the columns are.
struct Columns {
    subject: Option<usize>,
    body: usize,
    class: Option<usize>,
}

impl Columns {
    fn of(names: &StringRecord) -> Result<Self, String> {
        let place = |name: &str| names.iter().position(|own| own.trim().eq_ignore_ascii_case(name));
        let missing = "the first row names no column `body`; beside it there may be `subject` and `class`";
        Ok(Self { subject: place("subject"), body: place("body").ok_or(missing)?, class: place("class") })
    }

    fn letter(&self, record: &StringRecord) -> Result<Letter, String> {
        let cell = |place: usize| record.get(place).unwrap_or_default();
        let named =
            |name: &str| Class::named(name).ok_or_else(|| format!("`{name}` is no class; docs/tickets.md has all"));
        Ok(Letter {
            subject: self.subject.map(cell).unwrap_or_default().to_owned(),
            body: cell(self.body).to_owned(),
            class: self.class.map(|place| named(cell(place).trim())).transpose()?,
        })
    }
}

fn cells(error: &Error) -> String {
    match error.kind() {
        ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("it has {len} cells, the first row {expected_len}")
        }
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests;
