//! What letters were read as: as CSV, as JSON, as tables for people, and as lines to learn from.

use super::{Letter, LettersRead};
use serde_json::{Map, Value, json};
use wording::Class;
use wording::evaluation::{Covered, Decile, Figures, OfClass, matrix, told};

impl LettersRead {
    /// The figures as tables, where it was said of each letter what it is; else a line for each.
    pub fn as_text(&self) -> String {
        match &self.figures {
            Some(figures) => format!("{}\nThe truth at the left:\n\n{}", told(figures), matrix(figures)),
            None => self.as_csv(),
        }
    }

    fn as_csv(&self) -> String {
        let row = |row: &super::LetterRead| format!("{},{},{}\n", row.class.name(), row.confidence, row.abstained);
        let rows = self.rows.iter().map(row);
        ["class,confidence,abstained\n".to_owned()].into_iter().chain(rows).collect()
    }

    /// Everything: the letters, and the figures where there are any.
    pub fn as_json(&self) -> Value {
        let mut told = json!({"items": self.rows});
        if let Some(figures) = &self.figures {
            told["figures"] = all(figures);
        }
        told
    }
}

/// The letters of which somebody says what they are, as lines of `tests/tickets/corrections.tsv`. Which language a
/// letter is in is not known, and only counts where wordings are dressed.
pub fn corrections(letters: &[Letter]) -> String {
    let line = |(letter, row): (&Letter, usize)| {
        let (class, words) = (letter.class?.name(), letter.words());
        (!words.is_empty()).then(|| format!("{class}\tund\tcorrection-row-{row}\t{words}\n"))
    };
    letters.iter().zip(2..).filter_map(line).collect()
}

fn all(figures: &Figures) -> Value {
    let class = |of: &OfClass| {
        let OfClass { class, rows, precision, recall, f1 } = of;
        json!({"class": class.name(), "rows": rows, "precision": precision, "recall": recall, "f1": f1})
    };
    let decile = |of: &Decile| {
        let Decile { low, high, rows, confidence, right } = of;
        json!({"from": low, "to": high, "rows": rows, "confidence": confidence, "right": right})
    };
    json!({
        "rows": figures.rows,
        "macro_f1": figures.macro_f1,
        "classes": figures.classes.iter().map(class).collect::<Vec<_>>(),
        "confusion": confusion(figures),
        "sure": covered(&figures.sure),
        "coverage": figures.coverage.iter().map(covered).collect::<Vec<_>>(),
        "calibration": figures.deciles.iter().map(decile).collect::<Vec<_>>(),
    })
}

/// By the truth, what it was taken for and how often.
fn confusion(figures: &Figures) -> Value {
    let by_truth = figures.classes.iter().map(|of| {
        let row = figures.confusion[of.class.index()];
        let said = Class::ALL.into_iter().map(|class| (class, row[class.index()])).filter(|(_, count)| *count > 0);
        let said: Map<String, Value> = said.map(|(class, count)| (class.name().to_owned(), json!(count))).collect();
        (of.class.name().to_owned(), Value::Object(said))
    });
    Value::Object(by_truth.collect())
}

fn covered(of: &Covered) -> Value {
    let Covered { from, rows, coverage, right, strays } = of;
    json!({"from": from, "rows": rows, "coverage": coverage, "right": right, "not_billing_taken_for_billing": strays})
}
