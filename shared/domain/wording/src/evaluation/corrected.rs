//! What do new weights make of letters that people have classified?

use super::Judged;
use crate::corpus::Row;

/// How many of them are right, and of each that is taken for something else than before, from what to what, whether
/// that is right, and its words: what was right and is not any more first. `before` is nothing where there were no
/// weights to read by.
pub fn told_of_corrections(rows: &[Row], before: Option<&[Judged]>, after: &[Judged]) -> String {
    let right = after.iter().filter(|judged| judged.is_right()).count();
    let mut told = format!("Corrections: {right} of {} right\n", rows.len());
    let pairs = before.unwrap_or_default().iter().zip(after);
    let mut changed: Vec<(Change, &Judged, &Judged, &Row)> = pairs
        .zip(rows)
        .filter(|((before, after), _)| before.class != after.class)
        .map(|((before, after), row)| (Change::of(before, after), before, after, row))
        .collect();
    changed.sort_by_key(|(change, ..)| *change);
    for (change, before, after, row) in changed {
        let (from, to, words) = (before.class.name(), after.class.name(), row.text.replace('\n', "\\n"));
        told += &match change {
            Change::Lost => format!("  lost: {from} became {to}: {words}\n"),
            Change::StillWrong => format!("  still wrong: {from} became {to}, and is {}: {words}\n", row.class.name()),
            Change::Won => format!("  won: {from} became {to}: {words}\n"),
        };
    }
    told
}

/// What it is for a correction to be taken for something else, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    Lost,
    StillWrong,
    Won,
}

impl Change {
    fn of(before: &Judged, after: &Judged) -> Self {
        match (before.is_right(), after.is_right()) {
            (true, _) => Self::Lost,
            (false, false) => Self::StillWrong,
            (false, true) => Self::Won,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::told_of_corrections;
    use crate::Class::{self, NotBilling, Overcharge, PlanChange, TaxQuestion};
    use crate::corpus::Row;
    use crate::evaluation::Judged;

    fn row((class, text): (Class, &str)) -> Row {
        Row { class, language: "en".to_owned(), wording: String::new(), text: text.to_owned() }
    }

    fn judged(rows: &[Row], classes: &[Class]) -> Vec<Judged> {
        let judged = |(row, class): (&Row, &Class)| Judged { truth: row.class, class: *class, confidence: 0.9 };
        rows.iter().zip(classes).map(judged).collect()
    }

    #[test]
    fn whatever_changes_for_a_correction_is_told_and_what_is_lost_first() {
        let rows = [
            (TaxQuestion, "why tax"),
            (Overcharge, "too\nmuch"),
            (PlanChange, "another plan"),
            (NotBilling, "hello"),
            (Overcharge, "more than agreed"),
        ]
        .map(row);
        let before = judged(&rows, &[NotBilling, Overcharge, NotBilling, NotBilling, TaxQuestion]);
        for (what, after, expected) in [
            (
                "each way",
                [TaxQuestion, PlanChange, Overcharge, NotBilling, TaxQuestion],
                "Corrections: 2 of 5 right\n  lost: overcharge became plan_change: too\\nmuch\n  \
                 still wrong: not_billing became overcharge, and is plan_change: another plan\n  \
                 won: not_billing became tax_question: why tax\n",
            ),
            ("nothing", [NotBilling, Overcharge, NotBilling, NotBilling, TaxQuestion], "Corrections: 2 of 5 right\n"),
            (
                "all that is wrong",
                [TaxQuestion, Overcharge, PlanChange, NotBilling, Overcharge],
                "Corrections: 5 of 5 right\n  won: not_billing became tax_question: why tax\n  \
                 won: not_billing became plan_change: another plan\n  \
                 won: tax_question became overcharge: more than agreed\n",
            ),
        ] {
            assert_eq!(told_of_corrections(&rows, Some(&before), &judged(&rows, &after)), expected, "{what}");
        }
    }

    #[test]
    fn where_nothing_was_read_before_nothing_changes() {
        let rows = [(TaxQuestion, "why tax"), (Overcharge, "too much")].map(row);
        let after = judged(&rows, &[TaxQuestion, TaxQuestion]);
        assert_eq!(told_of_corrections(&rows, None, &after), "Corrections: 1 of 2 right\n");
        assert_eq!(told_of_corrections(&[], Some(&[]), &[]), "Corrections: 0 of 0 right\n");
    }
}
