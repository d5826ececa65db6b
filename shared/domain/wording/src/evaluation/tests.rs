//! The figures, counted by hand.

use super::{Figures, Judged, matrix, told};
use crate::Class::{self, NotBilling, Overcharge, TaxQuestion};
use crate::guess::Guess;

/// Truth, what it was held to be, and the confidence. By hand: of overcharge 1 of 2 is found, and 1 of 3 said is right
/// (F1 2/5); of what is not billing 1 of 2, and 1 of 2 (1/2); of tax 1 of 2, and 1 of 1 (2/3).
const ROWS: [(Class, Class, f64); 6] = [
    (Overcharge, Overcharge, 0.9),
    (Overcharge, NotBilling, 0.4),
    (NotBilling, NotBilling, 0.8),
    (NotBilling, Overcharge, 0.7),
    (TaxQuestion, TaxQuestion, 1.0),
    (TaxQuestion, Overcharge, 0.3),
];

fn figures() -> Figures {
    let judged = ROWS.map(|(truth, class, confidence)| Judged { truth, class, confidence });
    Figures::of(&judged, 800, &[0, 600, 700, 701, 1000])
}

#[track_caller]
fn near(found: f64, expected: f64, what: &str) {
    assert!((found - expected).abs() < 1e-12, "{what}: {found}, and by hand {expected}");
}

#[test]
fn classes_and_their_mean_are_those_that_a_hand_would_count() {
    let figures = figures();
    let expected = [(Overcharge, 1.0 / 3.0, 0.5, 0.4), (TaxQuestion, 1.0, 0.5, 2.0 / 3.0), (NotBilling, 0.5, 0.5, 0.5)];
    assert_eq!(figures.classes.len(), expected.len(), "a class of which nothing is does not count: {figures:?}");
    for (of, (class, precision, recall, f1)) in figures.classes.iter().zip(expected) {
        assert_eq!((of.class, of.rows), (class, 2));
        for (found, expected) in [(of.precision, precision), (of.recall, recall), (of.f1, f1)] {
            near(found, expected, class.name());
        }
    }
    near(figures.macro_f1, 47.0 / 90.0, "the mean");
    assert_eq!(figures.rows, 6);
    let row = figures.confusion[TaxQuestion.index()];
    assert_eq!((row[TaxQuestion.index()], row[Overcharge.index()], row.iter().sum::<usize>()), (1, 1, 2));
}

#[test]
fn the_surer_it_must_be_the_less_is_judged() {
    let figures = figures();
    let expected =
        [(0.0, 6, 0.5, 0.5), (0.6, 4, 0.75, 0.5), (0.7, 4, 0.75, 0.5), (0.701, 3, 1.0, 0.0), (1.0, 1, 1.0, 0.0)];
    for (found, (from, rows, right, strays)) in figures.coverage.iter().zip(expected) {
        assert_eq!(found.rows, rows, "{from}");
        near(found.from, from, "from");
        near(found.coverage, f64::from(u32::try_from(rows).unwrap()) / 6.0, "coverage");
        near(found.right.unwrap(), right, "right");
        near(found.strays, strays, "strays");
    }
    assert_eq!((figures.coverage.len(), figures.sure.rows), (5, 3));
}

#[test]
fn each_confidence_falls_into_one_tenth_and_the_highest_into_the_last() {
    let expected =
        [(0.3, 1, 0.3, 0.0), (0.4, 1, 0.4, 0.0), (0.7, 1, 0.7, 0.0), (0.8, 1, 0.8, 1.0), (0.9, 2, 0.95, 1.0)];
    let figures = figures();
    assert_eq!(figures.deciles.len(), expected.len(), "{:?}", figures.deciles);
    for (of, (low, rows, confidence, right)) in figures.deciles.iter().zip(expected) {
        assert_eq!(of.rows, rows, "{low}");
        for (found, expected) in
            [(of.low, low), (of.high - of.low, 0.1), (of.confidence, confidence), (of.right, right)]
        {
            near(found, expected, "a tenth");
        }
    }
}

#[test]
fn where_nothing_is_judged_nothing_is_said_of_it() {
    let nothing = Figures::of(&[], 850, &[500]);
    near(nothing.macro_f1, 0.0, "the mean");
    assert!(nothing.coverage[0].right.is_none() && nothing.deciles.is_empty(), "{nothing:?}");
    let told = told(&nothing);
    assert!(told.contains("| 0.50 | 0.000 | – | 0.0000 |"), "{told}");
}

#[test]
fn what_was_guessed_counts_by_its_confidence_and_is_told_in_tables() {
    let guess = Guess { class: Overcharge, confidence: 850, abstained: false, also: Vec::new(), reasons: Vec::new() };
    let figures = Figures::of(&[Judged::by_guess(NotBilling, &guess)], 850, &[850, 851]);
    let told = told(&figures);
    for line in [
        "1 judged, macro-F1 0.000\n",
        "| not_billing | 1 | 0.000 | 0.000 | 0.000 | overcharge 1 |\n",
        "| 0.85 | 1.000 | 0.000 | 1.0000 |\n| 0.85 | 0.000 | – | 0.0000 |\n",
        "At 0.85: coverage 1.000, right 0.000, strays 1.0000\n",
        "| 0.8–0.9 | 1 | 0.850 | 0.000 |\n",
    ] {
        assert!(told.contains(line), "{line}: {told}");
    }
    let matrix = matrix(&figures);
    let row = matrix.lines().find(|line| line.starts_with("| not_billing |")).unwrap();
    assert_eq!(row.split('|').nth(2 + Overcharge.index()).map(str::trim), Some("1"), "{matrix}");
}
