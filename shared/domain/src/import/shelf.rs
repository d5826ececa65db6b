//! Imports are written beside what stands and switched at once: who reads sees all of the old or all of the new.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How long an import may take before another may begin: what it has written by then never counts.
const LEASE: SignedDuration = SignedDuration::from_mins(15);
/// How many past imports of a kind are remembered.
const REMEMBERED: usize = 50;

/// Which imports of one kind count.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imports {
    pub kind: String,
    /// Everything up to this number counts, unless it broke off.
    pub live: u64,
    pub last: u64,
    pub broken: BTreeSet<u64>,
    pub running: Option<Running>,
    /// Newest last.
    pub done: Vec<Done>,
}

/// An import that is being written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    pub number: u64,
    pub id: String,
    pub rows: usize,
    /// How many of them are written.
    pub written: usize,
    pub by: String,
    pub since: Timestamp,
}

/// An import that was switched to; a later one may have replaced what it said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    pub number: u64,
    pub id: String,
    pub rows: usize,
    pub by: String,
    pub at: Timestamp,
}

/// How an import may begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Started {
    /// Under this number.
    As(u64),
    /// The last one said exactly this: there is nothing to do.
    Already,
    /// Another is being written.
    Busy(Running),
}

impl Imports {
    /// A kind of which nothing was imported yet.
    pub fn of(kind: &str) -> Self {
        Self { kind: kind.to_owned(), ..Self::default() }
    }

    /// Starts an import, unless the last one said the same or another runs. One that took too long never counts.
    pub fn begin(&mut self, id: &str, rows: usize, by: &str, now: Timestamp) -> Started {
        if self.done.last().is_some_and(|done| done.id == id) && self.running.is_none() {
            return Started::Already;
        }
        if let Some(running) = self.running.take_if(|running| running.since + LEASE <= now || running.id == id) {
            self.broken.insert(running.number);
        }
        if let Some(running) = &self.running {
            return Started::Busy(running.clone());
        }
        self.last += 1;
        self.running =
            Some(Running { number: self.last, id: id.to_owned(), rows, written: 0, by: by.to_owned(), since: now });
        Started::As(self.last)
    }

    /// Notes how far it has come; says whether it still may go on.
    pub fn written(&mut self, number: u64, rows: usize) -> bool {
        match self.running.as_mut().filter(|running| running.number == number) {
            Some(running) => {
                running.written = rows;
                true
            }
            None => false,
        }
    }

    /// Makes an import count, all of it at once.
    pub fn switch(&mut self, number: u64, now: Timestamp) -> bool {
        let Some(running) = self.running.take_if(|running| running.number == number) else { return false };
        self.live = number;
        self.done.push(Done { number, id: running.id, rows: running.rows, by: running.by, at: now });
        let excess = self.done.len().saturating_sub(REMEMBERED);
        self.done.drain(..excess);
        true
    }

    fn counts(&self, number: u64) -> bool {
        number <= self.live && !self.broken.contains(&number)
    }
}

/// What imports said about one thing, by the number of the import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shelf<T> {
    versions: BTreeMap<u64, Vec<T>>,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self { versions: BTreeMap::new() }
    }
}

impl<T: Clone> Shelf<T> {
    /// What counts.
    pub fn in_force(&self, imports: &Imports) -> &[T] {
        self.versions.iter().rev().find(|(number, _)| imports.counts(**number)).map_or(&[], |(_, records)| records)
    }

    /// Lays records beside what stands: each replaces the one that it is about, the others stay.
    pub fn lay(&mut self, number: u64, records: &[T], imports: &Imports, about_same: impl Fn(&T, &T) -> bool) {
        let mut merged = self.in_force(imports).to_vec();
        for record in records {
            match merged.iter_mut().find(|old| about_same(old, record)) {
                Some(old) => *old = record.clone(),
                None => merged.push(record.clone()),
            }
        }
        let newest = self.versions.keys().rev().find(|number| imports.counts(**number)).copied();
        self.versions.retain(|old, _| Some(*old) == newest);
        self.versions.insert(number, merged);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minute)
    }

    fn same(one: &(char, u32), other: &(char, u32)) -> bool {
        one.0 == other.0
    }

    #[test]
    fn an_import_counts_all_at_once() {
        let (mut imports, mut shelf) = (Imports::of("contracts"), Shelf::default());
        assert_eq!(imports.begin("imp_a", 1, "mara", at(0)), Started::As(1));
        shelf.lay(1, &[('a', 1), ('b', 1)], &imports, same);
        assert_eq!(shelf.in_force(&imports), [], "written, and not yet switched");
        assert!(imports.switch(1, at(1)));
        assert_eq!(shelf.in_force(&imports), [('a', 1), ('b', 1)]);
        assert_eq!(imports.begin("imp_a", 1, "mara", at(2)), Started::Already);
        assert_eq!(imports.begin("imp_b", 1, "mara", at(2)), Started::As(2));
        shelf.lay(2, &[('a', 2)], &imports, same);
        assert_eq!(shelf.in_force(&imports), [('a', 1), ('b', 1)]);
        assert!(imports.switch(2, at(3)));
        assert_eq!(shelf.in_force(&imports), [('a', 2), ('b', 1)], "what was not named stays");
        assert_eq!(imports.begin("imp_a", 1, "mara", at(4)), Started::As(3), "the earlier one may be said again");
    }

    #[test]
    fn what_broke_off_never_counts() {
        let (mut imports, mut shelf) = (Imports::of("contracts"), Shelf::default());
        imports.begin("imp_a", 1, "mara", at(0));
        shelf.lay(1, &[('a', 1)], &imports, same);
        assert!(matches!(imports.begin("imp_b", 1, "marc", at(1)), Started::Busy(_)));
        assert_eq!(imports.begin("imp_b", 1, "marc", at(15)), Started::As(2));
        assert!(!imports.switch(1, at(15)), "the first was given up");
        assert!(imports.switch(2, at(16)));
        assert_eq!(shelf.in_force(&imports), []);
        assert_eq!(imports.begin("imp_c", 1, "marc", at(17)), Started::As(3));
        assert_eq!(imports.begin("imp_c", 1, "marc", at(18)), Started::As(4), "the same again begins anew");
    }
}
