//! Whose invoices does no segment reach, and which segment reaches none? What one takes, no later one is asked for.

use super::{DunningPolicy, Segment};
use crate::money::Currency;
use crate::policy::Complaint;
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use toml::Spanned;

impl Segment {
    pub(super) fn is_for_everyone(&self) -> bool {
        self.amount_from.is_none()
            && self.tenure_days_below.is_none()
            && self.families.is_none()
            && self.ways.is_none()
            && self.countries.is_none()
            && self.metadata.is_empty()
            && !self.strategic
    }

    /// A condition of its own that nobody fulfils.
    fn asks_for_nobody(&self) -> Option<&'static str> {
        let rows = [
            ("amount_from", self.amount_from.as_ref().is_some_and(BTreeMap::is_empty)),
            ("tenure_days_below", self.tenure_days_below.is_some_and(|days| days <= 0)),
            ("families", self.families.as_ref().is_some_and(|own| own.get_ref().is_empty())),
            ("ways", self.ways.as_ref().is_some_and(Vec::is_empty)),
            ("countries", self.countries.as_ref().is_some_and(Vec::is_empty)),
        ];
        rows.into_iter().find(|(_, is_empty)| *is_empty).map(|(name, _)| name)
    }

    /// Whether it takes whatever another one would: each of its conditions is fulfilled by that one's.
    fn covers(&self, other: &Self) -> bool {
        let amount = self.amount_from.as_ref().is_none_or(|own| {
            let lower = |(currency, from): (&Currency, &Decimal)| own.get(currency).is_some_and(|own| own <= from);
            other.amount_from.as_ref().is_some_and(|theirs| theirs.iter().all(lower))
        });
        let tenure =
            self.tenure_days_below.is_none_or(|own| other.tenure_days_below.is_some_and(|theirs| theirs <= own));
        let families = (self.families.as_ref().map(Spanned::get_ref), other.families.as_ref().map(Spanned::get_ref));
        let same_place = |one: &String, two: &String| one.eq_ignore_ascii_case(two);
        amount
            && tenure
            && holds(families, |one, two| one == two)
            && holds((self.ways.as_ref(), other.ways.as_ref()), |one, two| one == two)
            && holds((self.countries.as_ref(), other.countries.as_ref()), same_place)
            && self.metadata.iter().all(|(key, value)| other.metadata.get(key) == Some(value))
            && (other.strategic || !self.strategic)
    }
}

/// Whether one list has whatever the other has; what has none has all.
fn holds<T>((own, theirs): (Option<&Vec<T>>, Option<&Vec<T>>), same: impl Fn(&T, &T) -> bool) -> bool {
    own.is_none_or(|own| theirs.is_some_and(|theirs| theirs.iter().all(|it| own.iter().any(|other| same(other, it)))))
}

impl DunningPolicy {
    /// Everybody has a segment, and no segment has nobody.
    pub(super) fn lint_reach(&self) -> Vec<Complaint> {
        let mut complaints = Vec::new();
        for (place, segment) in self.segment.iter().enumerate() {
            let id = segment.id.get_ref();
            let before = self.segment[..place].iter().find(|other| other.covers(segment));
            let said = match (before, segment.asks_for_nobody()) {
                (Some(other), _) if other.is_for_everyone() => {
                    format!("`{id}` can never match: a segment for everyone stands before it")
                }
                (Some(other), _) => {
                    format!("`{id}` can never match: `{}` before it takes all of it", other.id.get_ref())
                }
                (None, Some(condition)) => format!("`{id}` can never match: nobody fulfils its `{condition}`"),
                (None, None) => continue,
            };
            complaints.push(Complaint::on(&segment.id, said));
        }
        if !self.segment.iter().any(Segment::is_for_everyone) {
            complaints.push(Complaint::at(0, "no segment is for everyone: the last one must have no condition"));
        }
        complaints
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Rules, read};

    #[test]
    fn what_an_earlier_segment_takes_is_refused_on_its_line() {
        for (name, first, second, expected) in [
            ("narrower first", "strategic = true\nqueue = 1", "tenure_days_below = 90\nqueue = 2", None),
            ("everyone first", "queue = 1", "strategic = true", Some("a segment for everyone stands before it")),
            ("the same", "tenure_days_below = 90", "tenure_days_below = 90", Some("`one` before it takes all of it")),
            ("a shorter time", "tenure_days_below = 90", "tenure_days_below = 30", Some("`one` before it")),
            ("a longer time", "tenure_days_below = 30", "tenure_days_below = 90", None),
            (
                "more, and of one kind",
                "amount_from = { USD = \"10\" }",
                "amount_from = { USD = \"20\" }\nstrategic = true",
                Some("`one`"),
            ),
            ("less", "amount_from = { USD = \"20\" }", "amount_from = { USD = \"10\" }", None),
            ("another currency", "amount_from = { USD = \"10\" }", "amount_from = { EUR = \"20\" }", None),
            ("a family of several", "families = [\"a\", \"b\"]", "families = [\"b\"]", Some("`one`")),
            ("several of a family", "families = [\"b\"]", "families = [\"a\", \"b\"]", None),
            ("a way of several", "ways = [\"card\", \"debit\"]", "ways = [\"debit\"]", Some("`one`")),
            ("a country, however it is written", "countries = [\"AT\"]", "countries = [\"at\"]", Some("`one`")),
            ("metadata and more", "metadata = { a = \"1\" }", "metadata = { a = \"1\", b = \"2\" }", Some("`one`")),
            ("less metadata", "metadata = { a = \"1\", b = \"2\" }", "metadata = { a = \"1\" }", None),
            ("two conditions and one", "ways = [\"card\"]\nstrategic = true", "ways = [\"card\"]", None),
            ("nobody pays so", "strategic = true", "ways = []", Some("nobody fulfils its `ways`")),
        ] {
            let steps = "why = \"w\"\nsteps = [{ after_days = 1, then = \"person\" }]\n";
            let segment = |id: &str, whose: &str| format!("[[segment]]\nid = \"{id}\"\n{whose}\n{steps}");
            let before = format!("version = 9\neffective = \"2026-01-01\"\n{}", segment("one", first));
            let last = segment("all", "queue = 9");
            let text = format!("{before}{}{last}", segment("two", second));
            let refused = read("v9.toml", &text, DunningPolicy::lint).err();
            match (expected, refused) {
                (None, refused) => assert!(refused.is_none(), "{name}: {refused:?}"),
                (Some(said), Some(refused)) => {
                    assert!(refused.message.contains(said), "{name}: {refused}");
                    assert_eq!(refused.line, before.lines().count() + 2, "{name}: {refused}");
                }
                (Some(_), None) => panic!("{name} is not refused"),
            }
        }
    }
}
