//! How good is a judgement? Confusion, the mean over classes, accuracy by coverage, and how far it may be believed.

use crate::Class;
use crate::guess::best;
use crate::model::CLASSES;
use std::fmt::Write;

/// One judgement beside the truth.
#[derive(Debug, Clone)]
pub struct Judged {
    /// What it is.
    pub truth: Class,
    /// How likely each class was held to be.
    pub shares: [f64; CLASSES],
}

impl Judged {
    /// The likeliest class.
    pub fn class(&self) -> Class {
        best(&self.shares)
    }

    /// How likely that one is.
    pub fn confidence(&self) -> f64 {
        self.shares[self.class().index()]
    }

    fn is_right(&self) -> bool {
        self.class() == self.truth
    }
}

/// How often each class was taken for each: rows are the truth.
pub fn confusion(judged: &[Judged]) -> [[usize; CLASSES]; CLASSES] {
    let mut counts = [[0; CLASSES]; CLASSES];
    judged.iter().for_each(|one| counts[one.truth.index()][one.class().index()] += 1);
    counts
}

/// Precision, recall and F1 of a class; nothing where it occurs on neither side.
pub fn of_class(counts: &[[usize; CLASSES]; CLASSES], class: Class) -> Option<(f64, f64, f64)> {
    let place = class.index();
    let right = counts[place][place];
    let said: usize = counts.iter().map(|row| row[place]).sum();
    let is: usize = counts[place].iter().sum();
    (is > 0).then(|| (share(right, said), share(right, is), share(2 * right, said + is)))
}

/// The mean of the F1 of the classes that occur.
pub fn macro_f1(judged: &[Judged]) -> f64 {
    let counts = confusion(judged);
    let each: Vec<f64> =
        Class::ALL.into_iter().filter_map(|class| of_class(&counts, class)).map(|(.., f1)| f1).collect();
    each.iter().sum::<f64>() / each.len().max(1) as f64
}

/// What share is judged from a confidence on, and what share of that rightly.
pub fn covered(judged: &[Judged], from: f64) -> (f64, f64) {
    let sure: Vec<&Judged> = judged.iter().filter(|one| one.confidence() >= from).collect();
    let right = sure.iter().filter(|one| one.is_right()).count();
    (share(sure.len(), judged.len()), share(right, sure.len()))
}

/// What share of what is not about billing is confidently taken for billing.
pub fn strays(judged: &[Judged], from: f64) -> f64 {
    let outside: Vec<&Judged> = judged.iter().filter(|one| one.truth == Class::NotBilling).collect();
    let strayed = outside.iter().filter(|one| one.class() != Class::NotBilling && one.confidence() >= from).count();
    share(strayed, outside.len())
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// All of it, for people.
pub fn told(judged: &[Judged], sure: f64) -> String {
    let mut told = String::new();
    let counts = confusion(judged);
    line(&mut told, &format!("{} judged, macro-F1 {:.3}", judged.len(), macro_f1(judged)));
    line(&mut told, "\n| class | rows | precision | recall | F1 | taken for |\n|---|---|---|---|---|---|");
    for class in Class::ALL {
        let Some((precision, recall, f1)) = of_class(&counts, class) else { continue };
        let row = counts[class.index()];
        let mut others: Vec<(usize, &str)> = Class::ALL
            .into_iter()
            .filter(|other| *other != class)
            .map(|other| (row[other.index()], other.name()))
            .collect();
        others.sort_by_key(|other| std::cmp::Reverse(other.0));
        let others =
            others.iter().take(3).filter(|(count, _)| *count > 0).map(|(count, name)| format!("{name} {count}"));
        let others = others.collect::<Vec<_>>().join(", ");
        let rows: usize = row.iter().sum();
        line(&mut told, &format!("| {} | {rows} | {precision:.3} | {recall:.3} | {f1:.3} | {others} |", class.name()));
    }
    line(&mut told, "\n| confidence from | coverage | right | not billing taken for billing |\n|---|---|---|---|");
    for from in [0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9] {
        let (coverage, right) = covered(judged, from);
        let strays = strays(judged, from);
        line(&mut told, &format!("| {from:.2} | {coverage:.3} | {right:.3} | {strays:.4} |"));
    }
    let (coverage, right) = covered(judged, sure);
    line(
        &mut told,
        &format!("\nAt {sure:.2}: coverage {coverage:.3}, right {right:.3}, strays {:.4}", strays(judged, sure)),
    );
    line(&mut told, "\n| confidence | rows | mean confidence | right |\n|---|---|---|---|");
    for decile in 0..10_u32 {
        let (low, high) = (f64::from(decile) / 10.0, f64::from(decile + 1) / 10.0);
        let within = |one: &&Judged| one.confidence() >= low && (one.confidence() < high || decile == 9);
        let within: Vec<&Judged> = judged.iter().filter(within).collect();
        if within.is_empty() {
            continue;
        }
        let mean = within.iter().map(|one| one.confidence()).sum::<f64>() / within.len() as f64;
        let right = share(within.iter().filter(|one| one.is_right()).count(), within.len());
        line(&mut told, &format!("| {low:.1}–{high:.1} | {} | {mean:.3} | {right:.3} |", within.len()));
    }
    told
}

/// The whole matrix, as a table with the truth at the left.
pub fn matrix(judged: &[Judged]) -> String {
    let counts = confusion(judged);
    let mut told = String::from("| |");
    Class::ALL.iter().for_each(|class| told.push_str(&format!(" {} |", short(*class))));
    told.push_str("\n|---|");
    told.push_str(&"---|".repeat(CLASSES));
    told.push('\n');
    for class in Class::ALL {
        let row = counts[class.index()].map(|count| if count == 0 { String::new() } else { count.to_string() });
        line(&mut told, &format!("| {} | {} |", class.name(), row.join(" | ")));
    }
    told
}

fn short(class: Class) -> String {
    class.name().split('_').filter_map(|part| part.get(..2)).collect::<Vec<_>>().join("·")
}

fn line(told: &mut String, text: &str) {
    writeln!(told, "{text}").expect("a text takes every line");
}

#[cfg(test)]
mod tests {
    use super::{Judged, covered, macro_f1, strays};
    use crate::Class;

    fn judged(truth: Class, said: Class, confidence: f64) -> Judged {
        let mut shares = [(1.0 - confidence) / 14.0; 15];
        shares[said.index()] = confidence;
        Judged { truth, shares }
    }

    #[test]
    fn the_figures_are_those_that_a_hand_would_count() {
        let rows = [
            judged(Class::Overcharge, Class::Overcharge, 0.9),
            judged(Class::Overcharge, Class::NotBilling, 0.4),
            judged(Class::NotBilling, Class::NotBilling, 0.8),
            judged(Class::NotBilling, Class::Overcharge, 0.7),
        ];
        assert!((macro_f1(&rows) - 0.5).abs() < 1e-12);
        let (coverage, right) = covered(&rows, 0.75);
        assert!((coverage - 0.5).abs() < 1e-12 && (right - 1.0).abs() < 1e-12);
        assert!((strays(&rows, 0.6) - 0.5).abs() < 1e-12);
        assert!(strays(&rows, 0.75) < 1e-12);
    }
}
