//! The figures as tables, for people.

use super::{Covered, Figures, OfClass};
use crate::Class;
use crate::model::CLASSES;
use std::fmt::Write;

/// All of the figures but the matrix.
pub fn told(figures: &Figures) -> String {
    let mut told = String::new();
    line(&mut told, &format!("{} judged, macro-F1 {:.3}", figures.rows, figures.macro_f1));
    line(&mut told, "\n| class | rows | precision | recall | F1 | taken for |\n|---|---|---|---|---|---|");
    for OfClass { class, rows, precision, recall, f1 } in &figures.classes {
        let others = taken_for(figures, *class);
        line(&mut told, &format!("| {} | {rows} | {precision:.3} | {recall:.3} | {f1:.3} | {others} |", class.name()));
    }
    line(&mut told, "\n| confidence from | coverage | right | not billing taken for billing |\n|---|---|---|---|");
    for Covered { from, coverage, right, strays, .. } in &figures.coverage {
        let right = or_dash(*right);
        line(&mut told, &format!("| {from:.2} | {coverage:.3} | {right} | {strays:.4} |"));
    }
    let Covered { from, coverage, right, strays, .. } = &figures.sure;
    let right = or_dash(*right);
    line(&mut told, &format!("\nAt {from:.2}: coverage {coverage:.3}, right {right}, strays {strays:.4}"));
    line(&mut told, "\n| confidence | rows | mean confidence | right |\n|---|---|---|---|");
    for of in &figures.deciles {
        let (low, high, rows) = (of.low, of.high, of.rows);
        line(&mut told, &format!("| {low:.1}–{high:.1} | {rows} | {:.3} | {:.3} |", of.confidence, of.right));
    }
    told
}

/// What a class is mistaken for most.
fn taken_for(figures: &Figures, class: Class) -> String {
    let row = figures.confusion[class.index()];
    let others = Class::ALL.into_iter().filter(|other| *other != class);
    let mut others: Vec<(usize, &str)> = others.map(|other| (row[other.index()], other.name())).collect();
    others.sort_by_key(|other| std::cmp::Reverse(other.0));
    let others = others.iter().take(3).filter(|(count, _)| *count > 0).map(|(count, name)| format!("{name} {count}"));
    others.collect::<Vec<_>>().join(", ")
}

/// The whole matrix, as a table with the truth at the left.
pub fn matrix(figures: &Figures) -> String {
    let mut told = String::from("| |");
    Class::ALL.iter().for_each(|class| told.push_str(&format!(" {} |", short(*class))));
    told.push_str("\n|---|");
    told.push_str(&"---|".repeat(CLASSES));
    told.push('\n');
    for class in Class::ALL {
        let row = figures.confusion[class.index()];
        let row = row.map(|count| if count == 0 { String::new() } else { count.to_string() });
        line(&mut told, &format!("| {} | {} |", class.name(), row.join(" | ")));
    }
    told
}

fn short(class: Class) -> String {
    class.name().split('_').filter_map(|part| part.get(..2)).collect::<Vec<_>>().join("·")
}

pub(super) fn or_dash(share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), |share| format!("{share:.3}"))
}

fn line(told: &mut String, text: &str) {
    writeln!(told, "{text}").expect("a text takes every line");
}
