//! How good are judgements in each language?

use super::{Covered, Figures, Judged, told::or_dash};
use crate::corpus::Row;
use std::collections::BTreeMap;
use std::fmt::Write;

/// What is measured of the judgements in one language.
#[derive(Debug, Clone)]
pub struct OfLanguage {
    /// As `en`.
    pub language: String,
    /// How many there are.
    pub rows: usize,
    /// The mean of the F1 of the classes that occur in the truth.
    pub macro_f1: f64,
    /// What is right of all, however sure that is.
    pub right: f64,
    /// What is judged where it must be sure.
    pub sure: Covered,
}

/// The figures of each language that occurs, where each row has its judgement at the same place. In thousandths of the
/// confidence: where a judgement is sure.
pub fn by_language(rows: &[Row], judged: &[Judged], sure: u16) -> Vec<OfLanguage> {
    let mut languages: BTreeMap<&str, Vec<Judged>> = BTreeMap::new();
    for (row, judged) in rows.iter().zip(judged) {
        languages.entry(&row.language).or_default().push(*judged);
    }
    let of = |(language, judged): (&str, Vec<Judged>)| {
        let figures = Figures::of(&judged, sure, &[0]);
        OfLanguage {
            language: language.to_owned(),
            rows: figures.rows,
            macro_f1: figures.macro_f1,
            right: figures.coverage[0].right.unwrap_or_default(),
            sure: figures.sure,
        }
    };
    languages.into_iter().map(of).collect()
}

/// A line for each language.
pub fn told_by_language(languages: &[OfLanguage]) -> String {
    let mut told = String::from("| language | rows | macro-F1 | right | coverage | right where sure | strays |\n");
    told.push_str("|---|---|---|---|---|---|---|\n");
    for OfLanguage { language, rows, macro_f1, right, sure } in languages {
        let (coverage, strays, surely) = (sure.coverage, sure.strays, or_dash(sure.right));
        writeln!(told, "| {language} | {rows} | {macro_f1:.3} | {right:.3} | {coverage:.3} | {surely} | {strays:.4} |")
            .expect("a text takes every line");
    }
    told
}

#[cfg(test)]
mod tests {
    use super::{by_language, told_by_language};
    use crate::Class::{NotBilling, Overcharge};
    use crate::corpus::Row;
    use crate::evaluation::Judged;

    #[test]
    fn each_language_is_counted_by_itself() {
        let row = |class, language: &str| Row {
            class,
            language: language.to_owned(),
            wording: String::new(),
            text: String::new(),
        };
        let rows = [row(Overcharge, "en"), row(Overcharge, "de"), row(NotBilling, "en"), row(NotBilling, "de")];
        let judged = [
            Judged { truth: Overcharge, class: Overcharge, confidence: 0.9 },
            Judged { truth: Overcharge, class: NotBilling, confidence: 0.4 },
            Judged { truth: NotBilling, class: NotBilling, confidence: 0.5 },
            Judged { truth: NotBilling, class: NotBilling, confidence: 0.9 },
        ];
        // Of German: nothing of overcharge is found (F1 0), and 1 of 2 said to be something else is (F1 2/3).
        let expected = "| language | rows | macro-F1 | right | coverage | right where sure | strays |\n\
            |---|---|---|---|---|---|---|\n\
            | de | 2 | 0.333 | 0.500 | 0.500 | 1.000 | 0.0000 |\n\
            | en | 2 | 1.000 | 1.000 | 0.500 | 1.000 | 0.0000 |\n";
        assert_eq!(told_by_language(&by_language(&rows, &judged, 880)), expected);
        assert!(by_language(&[], &[], 880).is_empty());
    }
}
