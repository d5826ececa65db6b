//! How good are judgements? Confusion, the mean over classes, accuracy by coverage, and how far a confidence may be
//! believed.

mod corrected;
mod languages;
mod told;

use crate::Class;
use crate::guess::{Guess, best};
use crate::model::CLASSES;

pub use corrected::told_of_corrections;
pub use languages::{OfLanguage, by_language, told_by_language};
pub use told::{matrix, told};

/// One judgement beside the truth.
#[derive(Debug, Clone, Copy)]
pub struct Judged {
    /// What it is.
    pub truth: Class,
    /// What it was held to be.
    pub class: Class,
    /// How often such a judgement should be right.
    pub confidence: f64,
}

impl Judged {
    /// By how likely each class was held to be.
    pub fn by_shares(truth: Class, shares: &[f64; CLASSES]) -> Self {
        let class = best(shares);
        Self { truth, class, confidence: shares[class.index()] }
    }

    /// By what a letter was read as.
    pub fn by_guess(truth: Class, guess: &Guess) -> Self {
        Self { truth, class: guess.class, confidence: of_thousandths(guess.confidence) }
    }

    /// Whether it was held to be what it is.
    pub fn is_right(&self) -> bool {
        self.class == self.truth
    }
}

/// How often each class was taken for each: rows are the truth.
pub type Confusion = [[usize; CLASSES]; CLASSES];

/// All that is measured of judgements.
#[derive(Debug, Clone)]
pub struct Figures {
    /// How many there are.
    pub rows: usize,
    /// The mean of the F1 of the classes that occur in the truth.
    pub macro_f1: f64,
    /// What was taken for what.
    pub confusion: Confusion,
    /// The classes that occur in the truth.
    pub classes: Vec<OfClass>,
    /// What is judged where it must be sure.
    pub sure: Covered,
    /// The same from other confidences on.
    pub coverage: Vec<Covered>,
    /// Tenths of the confidence, without those that no judgement falls into.
    pub deciles: Vec<Decile>,
}

/// How well one class is told from the others.
#[derive(Debug, Clone, Copy)]
pub struct OfClass {
    /// The class.
    pub class: Class,
    /// How many are of it.
    pub rows: usize,
    /// What share of those that were held to be of it are.
    pub precision: f64,
    /// What share of those that are of it were held to be.
    pub recall: f64,
    /// Both in one.
    pub f1: f64,
}

/// What is judged from a confidence on.
#[derive(Debug, Clone, Copy)]
pub struct Covered {
    /// The confidence.
    pub from: f64,
    /// How many are judged.
    pub rows: usize,
    /// What share that is of all.
    pub coverage: f64,
    /// What share of that is right; nothing where none is judged.
    pub right: Option<f64>,
    /// What share of what is not about billing is taken for billing.
    pub strays: f64,
}

/// How far a tenth of the confidences may be believed.
#[derive(Debug, Clone, Copy)]
pub struct Decile {
    /// From which confidence on.
    pub low: f64,
    /// To which.
    pub high: f64,
    /// How many judgements fall into it.
    pub rows: usize,
    /// Their mean confidence.
    pub confidence: f64,
    /// What share of them is right.
    pub right: f64,
}

impl Figures {
    /// Counts, in thousandths of the confidence: where a judgement is sure, and from where on it is told as well.
    pub fn of(judged: &[Judged], sure: u16, from: &[u16]) -> Self {
        let mut confusion = [[0; CLASSES]; CLASSES];
        judged.iter().for_each(|one| confusion[one.truth.index()][one.class.index()] += 1);
        let classes: Vec<OfClass> =
            Class::ALL.into_iter().map(|class| of_class(&confusion, class)).filter(|of| of.rows > 0).collect();
        Self {
            rows: judged.len(),
            macro_f1: classes.iter().map(|of| of.f1).sum::<f64>() / classes.len().max(1) as f64,
            confusion,
            classes,
            sure: covered(judged, of_thousandths(sure)),
            coverage: from.iter().map(|from| covered(judged, of_thousandths(*from))).collect(),
            deciles: (0..10).filter_map(|decile| believed(judged, decile)).collect(),
        }
    }
}

fn of_class(confusion: &Confusion, class: Class) -> OfClass {
    let place = class.index();
    let right = confusion[place][place];
    let said: usize = confusion.iter().map(|row| row[place]).sum();
    let rows: usize = confusion[place].iter().sum();
    OfClass {
        class,
        rows,
        precision: share(right, said),
        recall: share(right, rows),
        f1: share(2 * right, said + rows),
    }
}

fn covered(judged: &[Judged], from: f64) -> Covered {
    let sure: Vec<&Judged> = judged.iter().filter(|one| one.confidence >= from).collect();
    let right = sure.iter().filter(|one| one.is_right()).count();
    let is_outside = |one: &Judged| one.truth == Class::NotBilling;
    let outside = judged.iter().filter(|one| is_outside(one)).count();
    let strayed = sure.iter().filter(|one| is_outside(one) && !one.is_right()).count();
    Covered {
        from,
        rows: sure.len(),
        coverage: share(sure.len(), judged.len()),
        right: (!sure.is_empty()).then(|| share(right, sure.len())),
        strays: share(strayed, outside),
    }
}

/// The last tenth has both its ends.
fn believed(judged: &[Judged], decile: u32) -> Option<Decile> {
    let (low, high) = (f64::from(decile) / 10.0, f64::from(decile + 1) / 10.0);
    let is_within = |one: &&Judged| one.confidence >= low && (one.confidence < high || decile == 9);
    let within: Vec<&Judged> = judged.iter().filter(is_within).collect();
    let rows = within.len();
    let right = within.iter().filter(|one| one.is_right()).count();
    let sum = within.iter().map(|one| one.confidence).sum::<f64>();
    (rows > 0).then(|| Decile { low, high, rows, confidence: sum / rows as f64, right: share(right, rows) })
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn of_thousandths(thousandths: u16) -> f64 {
    f64::from(thousandths) / 1000.0
}

#[cfg(test)]
mod tests;
