//! Imports are written beside what stands and switched at once: who reads sees all of the old or all of the new.

use crate::policy::{ShelfRoom, fitting};
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

/// What imports said about one thing, by the number of the import: as much of each as one board holds, and on which
/// boards the rest lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shelf<T> {
    versions: BTreeMap<u64, Laid<T>>,
}

/// What one import laid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Laid<T> {
    first: Vec<T>,
    /// The numbers of the other boards, in the order of what lies on them.
    boards: Vec<usize>,
}

/// What counts of a shelf: the first of it, and where the rest lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InForce<'a, T> {
    /// The import that laid it: what lies on a board of another one is no part of it.
    pub import: u64,
    /// What lies with the shelf itself.
    pub first: &'a [T],
    /// The numbers of the other boards.
    pub boards: &'a [usize],
}

/// All that is to count of one thing once an import is switched to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged<T> {
    records: Vec<T>,
    /// The line of the file that says a record; none where it stands already.
    lines: Vec<Option<usize>>,
}

/// Why an import has no room for what it says about one thing, and the row at which that shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// No board holds this record, even alone.
    #[error("row {0}: this is longer than one record may be: shorten it")]
    TooLong(usize),
    /// All boards are full before it.
    #[error(
        "row {0}: from here on there is no room: together with what stands there are more records about this than can be held; sum them up, such as to one a month, or leave old ones out"
    )]
    TooMany(usize),
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self { versions: BTreeMap::new() }
    }
}

impl<T: Clone> Merged<T> {
    /// Each record that a line tells replaces the one that it is about, the others stay.
    pub fn of(standing: Vec<T>, told: &[(usize, T)], about_same: impl Fn(&T, &T) -> bool) -> Self {
        let mut lines = vec![None; standing.len()];
        let mut records = standing;
        for (line, record) in told {
            match records.iter().position(|old| about_same(old, record)) {
                Some(place) => {
                    records[place] = record.clone();
                    lines[place] = Some(*line);
                }
                None => {
                    records.push(record.clone());
                    lines.push(Some(*line));
                }
            }
        }
        Self { records, lines }
    }
}

impl<T> Merged<T> {
    /// The line to be named where a record has no room. What stood there had: it is what the file says that takes it.
    fn line(&self, place: usize) -> usize {
        let (before, from_here) = self.lines.split_at(place);
        let told = from_here.iter().flatten().next().or(before.iter().flatten().next_back());
        told.copied().unwrap_or_default()
    }
}

impl<T> Shelf<T> {
    /// What counts, if any import that counts said something.
    pub fn in_force(&self, imports: &Imports) -> Option<InForce<'_, T>> {
        let (import, Laid { first, boards }) =
            self.versions.iter().rev().find(|(number, _)| imports.counts(**number))?;
        Some(InForce { import: *import, first, boards })
    }

    /// The numbers of all boards on which something lies beside the shelf itself.
    pub fn boards(&self) -> impl Iterator<Item = usize> {
        self.versions.values().flat_map(|laid| laid.boards.iter().copied())
    }
}

impl<T: Serialize> Shelf<T> {
    /// Lays what is to count beside what counts, cut into boards of which none is too large. The first stays with the
    /// shelf; the others are given back, by their numbers, to be kept apart.
    pub fn lay(
        &mut self,
        number: u64,
        merged: Merged<T>,
        imports: &Imports,
        room: ShelfRoom,
    ) -> Result<BTreeMap<usize, Vec<T>>, Unfit> {
        let (mut ends, mut placed) = (Vec::new(), 0);
        while placed < merged.records.len() {
            let fit = fitting(&merged.records[placed..], room.board_bytes_max);
            match (fit, ends.len()) {
                (0, _) => return Err(Unfit::TooLong(merged.line(placed))),
                (_, boards) if boards == room.boards_max => return Err(Unfit::TooMany(merged.line(placed))),
                _ => placed += fit,
            }
            ends.push(fit);
        }
        let in_force = self.in_force(imports).map(|laid| laid.import);
        self.versions.retain(|old, _| Some(*old) == in_force);
        // What counts is not written over: whoever reads it now finds it whole.
        let taken: BTreeSet<usize> = self.boards().collect();
        let mut records = merged.records.into_iter();
        let mut cut = ends.into_iter().map(|count| records.by_ref().take(count).collect::<Vec<_>>());
        let first = cut.next().unwrap_or_default();
        let apart: BTreeMap<_, _> = (1..).filter(|board| !taken.contains(board)).zip(cut).collect();
        self.versions.insert(number, Laid { first, boards: apart.keys().copied().collect() });
        Ok(apart)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::stored_bytes;

    /// Room for three records of one digit on a board, and for three boards.
    const ROOM: ShelfRoom = ShelfRoom { board_bytes_max: 1 + 3 * 8, boards_max: 3 };

    /// A shelf with its boards, as a store keeps them.
    #[derive(Debug, Clone, Default)]
    struct Kept {
        shelf: Shelf<(char, u32)>,
        boards: BTreeMap<usize, (u64, Vec<(char, u32)>)>,
    }

    impl Kept {
        fn in_force(&self, imports: &Imports) -> Vec<(char, u32)> {
            let Some(laid) = self.shelf.in_force(imports) else { return Vec::new() };
            let mut records = laid.first.to_vec();
            for number in laid.boards {
                let (import, board) = &self.boards[number];
                assert_eq!(*import, laid.import, "board {number} was written over");
                records.extend(board);
            }
            records
        }

        fn lay(&mut self, number: u64, told: &[(char, u32)], imports: &Imports) -> Result<(), Unfit> {
            let told: Vec<_> = told.iter().enumerate().map(|(place, record)| (place + 2, *record)).collect();
            let merged = Merged::of(self.in_force(imports), &told, |one, other| one.0 == other.0);
            let apart = self.shelf.lay(number, merged, imports, ROOM)?;
            self.boards.extend(apart.into_iter().map(|(place, records)| (place, (number, records))));
            Ok(())
        }
    }

    fn at(minute: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minute)
    }

    fn letters(letters: &str, number: u32) -> Vec<(char, u32)> {
        letters.chars().map(|letter| (letter, number)).collect()
    }

    #[test]
    fn an_import_counts_all_at_once() {
        let (mut imports, mut kept) = (Imports::of("contracts"), Kept::default());
        assert_eq!(imports.begin("imp_a", 1, "mara", at(0)), Started::As(1));
        kept.lay(1, &[('a', 1), ('b', 1)], &imports).unwrap();
        assert_eq!(kept.in_force(&imports), letters("", 0), "written, and not yet switched");
        assert!(imports.switch(1, at(1)));
        assert_eq!(kept.in_force(&imports), [('a', 1), ('b', 1)]);
        assert_eq!(imports.begin("imp_a", 1, "mara", at(2)), Started::Already);
        assert_eq!(imports.begin("imp_b", 1, "mara", at(2)), Started::As(2));
        kept.lay(2, &[('a', 2)], &imports).unwrap();
        assert_eq!(kept.in_force(&imports), [('a', 1), ('b', 1)]);
        assert!(imports.switch(2, at(3)));
        assert_eq!(kept.in_force(&imports), [('a', 2), ('b', 1)], "what was not named stays");
        assert_eq!(imports.begin("imp_a", 1, "mara", at(4)), Started::As(3), "the earlier one may be said again");
    }

    #[test]
    fn what_broke_off_never_counts() {
        let (mut imports, mut kept) = (Imports::of("contracts"), Kept::default());
        imports.begin("imp_a", 1, "mara", at(0));
        kept.lay(1, &[('a', 1)], &imports).unwrap();
        assert!(matches!(imports.begin("imp_b", 1, "marc", at(1)), Started::Busy(_)));
        assert_eq!(imports.begin("imp_b", 1, "marc", at(15)), Started::As(2));
        assert!(!imports.switch(1, at(15)), "the first was given up");
        assert!(imports.switch(2, at(16)));
        assert_eq!(kept.in_force(&imports), letters("", 0));
        assert_eq!(imports.begin("imp_c", 1, "marc", at(17)), Started::As(3));
        assert_eq!(imports.begin("imp_c", 1, "marc", at(18)), Started::As(4), "the same again begins anew");
    }

    #[test]
    fn what_no_board_holds_alone_lies_on_several_and_none_that_counts_is_written_over() {
        let (mut imports, mut kept) = (Imports::of("usage"), Kept::default());
        let mut expected = Vec::new();
        // The third one breaks off, so that the fourth finds what it laid.
        for (number, told, counts) in [
            (1_u32, letters("abcdefgh", 1), true),
            (2, letters("ah", 2), true),
            (3, letters("bcd", 3), false),
            (4, letters("i", 4), true),
            (5, letters("abcdefghi", 5), true),
        ] {
            let begun = imports.begin(&format!("imp_{number}"), told.len(), "mara", at(20 * i64::from(number)));
            assert_eq!(begun, Started::As(u64::from(number)));
            kept.lay(u64::from(number), &told, &imports).unwrap();
            assert_eq!(kept.in_force(&imports), expected, "{number}: what counts stays until it is switched");
            if counts {
                assert!(imports.switch(u64::from(number), at(20 * i64::from(number))));
                for (letter, said) in told {
                    match expected.iter_mut().find(|(own, _)| *own == letter) {
                        Some(old) => *old = (letter, said),
                        None => expected.push((letter, said)),
                    }
                }
            }
            assert_eq!(kept.in_force(&imports), expected, "{number}");
            assert!(kept.boards.values().all(|(_, records)| stored_bytes(records) <= ROOM.board_bytes_max));
            assert!(kept.boards.len() <= 2 * (ROOM.boards_max - 1), "boards are used again: {:?}", kept.boards.keys());
        }
    }

    #[test]
    fn what_has_no_room_is_refused_with_its_row_and_changes_nothing() {
        let (mut imports, mut kept) = (Imports::of("usage"), Kept::default());
        imports.begin("imp_a", 4, "mara", at(0));
        kept.lay(1, &letters("abcd", 1), &imports).unwrap();
        imports.switch(1, at(1));
        imports.begin("imp_b", 1, "mara", at(2));
        let rows = [
            ("nine fit", letters("efghi", 2), Ok(())),
            ("the tenth does not", letters("efghij", 2), Err(Unfit::TooMany(7))),
            ("a row that replaces takes no more room", letters("abefghi", 2), Ok(())),
            ("one that alone fills a board", vec![('e', 1_000_000_000)], Ok(())),
            ("longer ones in place of those that stand", letters("abcd", 1_000_000_000), Err(Unfit::TooMany(5))),
        ];
        for (name, told, expected) in rows {
            let mut tried = kept.clone();
            assert_eq!(tried.lay(2, &told, &imports), expected, "{name}");
            assert_eq!(tried.in_force(&imports), letters("abcd", 1), "{name}");
            assert!(expected.is_ok() || tried.shelf == kept.shelf, "{name}: a refusal lays nothing");
        }
        let narrow = ShelfRoom { board_bytes_max: 9, boards_max: 3 };
        let merged = Merged::of(letters("a", 1), &[(2, ('b', 1)), (3, ('c', 22))], |one, other| one.0 == other.0);
        assert_eq!(Shelf::default().lay(1, merged, &imports, narrow), Err(Unfit::TooLong(3)));
    }
}
