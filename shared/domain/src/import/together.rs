//! Which records of one file cannot stand beside each other?

use super::complaint::Complaints;
use std::collections::BTreeMap;

/// When something of a subject holds, both ends included; an open end is `None`.
pub(super) struct Term<K, T> {
    pub(super) subject: K,
    pub(super) from: Option<T>,
    pub(super) until: Option<T>,
    pub(super) line: usize,
}

/// Complains of every key that an earlier row has.
pub(super) fn doubled<K: Ord>(
    keys: impl Iterator<Item = (usize, K)>,
    field: &str,
    what: &str,
    complaints: &mut Complaints,
) {
    let mut seen = BTreeMap::new();
    for (line, key) in keys {
        if let Some(earlier) = seen.get(&key) {
            complaints.on(line, Some(field), format!("{what} stands in row {earlier} already: keep one of the two"));
        } else {
            seen.insert(key, line);
        }
    }
}

/// Complains of every term that begins before an earlier one of its subject is over.
pub(super) fn overlapping<K: Ord, T: Ord>(
    mut terms: Vec<Term<K, T>>,
    field: &str,
    what: &str,
    complaints: &mut Complaints,
) {
    // An open beginning sorts first.
    terms.sort_by(|a, b| (&a.subject, &a.from, a.line).cmp(&(&b.subject, &b.from, b.line)));
    let mut lasting: Option<&Term<K, T>> = None;
    for term in &terms {
        let before = lasting.filter(|before| before.subject == term.subject);
        let meets = before.filter(|before| before.until.is_none() || before.until >= term.from);
        if let Some(earlier) = meets {
            let (line, other) = (term.line.max(earlier.line), term.line.min(earlier.line));
            let message = format!("{what} in row {other} holds at the same time: end one before the other begins");
            complaints.on(line, Some(field), message);
        }
        let outlasts =
            before.is_some_and(|before| before.until.is_none() || (term.until.is_some() && before.until > term.until));
        if !outlasts {
            lasting = Some(term);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(complain: impl Fn(&mut Complaints)) -> Vec<usize> {
        let mut complaints = Complaints::default();
        complain(&mut complaints);
        complaints
            .or(())
            .err()
            .map_or(Vec::new(), |refused| refused.complaints.iter().map(|complaint| complaint.row).collect())
    }

    #[test]
    fn a_key_stands_once() {
        /// The rows with what they are about, and the rows that are complained of.
        type Row<'a> = (&'a [(usize, &'a str)], &'a [usize]);
        let rows: [Row<'_>; 3] =
            [(&[], &[]), (&[(2, "a"), (3, "b")], &[]), (&[(2, "a"), (3, "b"), (4, "a"), (5, "a")], &[4, 5])];
        for (keys, expected) in rows {
            assert_eq!(said(|complaints| doubled(keys.iter().copied(), "key", "it", complaints)), expected, "{keys:?}");
        }
    }

    #[test]
    fn terms_of_one_subject_follow_each_other() {
        type Case<'a> = (&'a str, &'a [(&'a str, Option<i8>, Option<i8>)], &'a [usize]);
        let rows: [Case<'_>; 8] = [
            ("one after the other", &[("a", Some(1), Some(3)), ("a", Some(4), None)], &[]),
            ("on the last day", &[("a", Some(1), Some(3)), ("a", Some(3), None)], &[3]),
            ("in the other order", &[("a", Some(3), None), ("a", Some(1), Some(3))], &[3]),
            ("of two subjects", &[("a", Some(1), Some(3)), ("b", Some(2), None)], &[]),
            ("without an end", &[("a", Some(1), None), ("a", Some(9), Some(9))], &[3]),
            ("without a beginning", &[("a", Some(1), Some(2)), ("a", None, Some(1))], &[3]),
            (
                "one inside, one behind",
                &[("a", Some(1), Some(9)), ("a", Some(2), Some(3)), ("a", Some(5), Some(6))],
                &[3, 4],
            ),
            ("for ever, twice", &[("a", None, None), ("a", None, None)], &[3]),
        ];
        for (name, terms, expected) in rows {
            let numbered = || {
                terms
                    .iter()
                    .zip(2..)
                    .map(|(&(subject, from, until), line)| Term { subject, from, until, line })
                    .collect()
            };
            assert_eq!(said(|complaints| overlapping(numbered(), "from", "it", complaints)), expected, "{name}");
        }
    }
}
