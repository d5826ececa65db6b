//! Where imported records lie: with the account that they are about, or in the catalogue.

use super::overtaken;
use crate::context::Context;
use crate::ports::Key;
use crate::store::imported::{Board, Imported, Shelved, standing};
use crate::store::{self, Attempted, Batch, Commit, FoundBy, keys};
use crate::web::{Failed, Problem};
use domain::import::{Imports, Merged, Unfit};
use domain::policy::stored_bytes;
use http::StatusCode;
use std::collections::BTreeMap;

/// How many items one commit writes beside the pointer, and how much: a transaction takes 100, and 4 MB.
const WRITES_MAX: usize = 99;
const BYTES_MAX: usize = 3_000_000;

/// What a file says about one thing, each record with its line.
pub(super) type Said<T> = (Key, Vec<(usize, T)>);

/// Sorts records, each of which has its line, by where they lie.
pub(super) fn by_home<T: Shelved>(records: &[T], lines: &[usize]) -> Vec<Said<T>> {
    let mut homes: BTreeMap<Key, Vec<(usize, T)>> = BTreeMap::new();
    for (record, line) in records.iter().zip(lines) {
        homes.entry(record.home()).or_default().push((*line, record.clone()));
    }
    homes.into_iter().collect()
}

/// How many records were new, different or the same.
#[derive(Debug, Default)]
pub(super) struct Counted {
    pub added: usize,
    pub changed: usize,
    pub unchanged: usize,
    /// Of how many homes they are.
    pub homes: usize,
}

impl Counted {
    pub(super) fn rows(&self) -> usize {
        self.added + self.changed + self.unchanged
    }

    fn count<T: Shelved>(&mut self, standing: &[T], told: &[(usize, T)]) {
        self.homes += 1;
        for (_, record) in told {
            match standing.iter().find(|old| record.is_about(old)) {
                None => self.added += 1,
                Some(old) if old == record => self.unchanged += 1,
                Some(_) => self.changed += 1,
            }
        }
    }
}

/// Everything that is written at one home.
struct Laid<T> {
    imported: Imported<T>,
    boards: Vec<Board<T>>,
    found: Vec<FoundBy>,
}

/// Lays some records beside what stands: of these homes as many, from the first on, as one commit takes. Without a
/// number it only counts. `before` is how many rows were written before.
pub(super) async fn write<T: Shelved>(
    context: &Context,
    homes: &[Said<T>],
    number: Option<u64>,
    kind: &str,
    before: usize,
) -> Result<Attempted<Counted>, Failed> {
    // Read.
    let pointer = keys::imports(kind);
    let batch =
        Batch::read(context, homes.iter().map(|(home, _)| home.clone()).chain([pointer.clone()]).collect()).await?;
    let mut imports = batch.get::<Imports>(&pointer)?.unwrap_or_else(|| Imports::of(kind));

    // Decide.
    let (mut counted, mut all) = (Counted::default(), Vec::new());
    let (mut writes, mut bytes) = (0, 0);
    for (home, told) in homes {
        let standing = standing::<T>(&batch, home, &imports)?;
        // A trial lays as well, to see whether it fits.
        let laid = lay(
            context,
            &batch,
            (home, told.as_slice()),
            standing.clone(),
            number.unwrap_or(imports.last + 1),
            &imports,
        )?;
        writes += laid.writes();
        bytes += laid.bytes();
        if !all.is_empty() && number.is_some() && (writes > WRITES_MAX || bytes > BYTES_MAX) {
            break;
        }
        counted.count(&standing, told);
        all.push(laid);
    }
    let Some(number) = number else { return Ok(Attempted::Done(counted)) };
    if !imports.written(number, before + counted.rows()) {
        return Err(overtaken().into());
    }

    // Write.
    let mut commit = Commit::default();
    for laid in &all {
        commit.over(&batch, &laid.imported);
        // Nobody reads these until the shelf names them, which is written only over the shelf that was read.
        laid.boards.iter().for_each(|board| commit.put(board));
        laid.found.iter().for_each(|found| commit.put(found));
    }
    commit.over(&batch, &imports);
    Ok(store::attempted(commit.run(context).await, counted)?)
}

fn lay<T: Shelved>(
    context: &Context,
    batch: &Batch,
    (home, told): (&Key, &[(usize, T)]),
    standing: Vec<T>,
    number: u64,
    imports: &Imports,
) -> Result<Laid<T>, Failed> {
    let mut imported = batch.get::<Imported<T>>(home)?.unwrap_or_else(|| Imported::empty(home));
    let room = context.policies.limits.current().shelf_room();
    let merged = Merged::of(standing, told, T::is_about);
    let apart = imported.shelf.lay(number, merged, imports, room).map_err(|unfit| no_room(unfit, home))?;
    let boards = apart.into_iter().map(|(board, records)| Board::of(home, board, number, records)).collect();
    let found = told.iter().filter_map(|(_, record)| record.found_by());
    let found = found.map(|(term, account)| FoundBy { digest: keys::term_digest(term.as_str()), account }).collect();
    Ok(Laid { imported, boards, found })
}

impl<T: Shelved> Laid<T> {
    fn writes(&self) -> usize {
        1 + self.boards.len() + self.found.len()
    }

    fn bytes(&self) -> usize {
        stored_bytes(&self.imported) + self.boards.iter().map(stored_bytes).sum::<usize>()
    }
}

fn no_room(unfit: Unfit, home: &Key) -> Problem {
    let message = format!("{unfit} (about {})", keys::imported_about(home));
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "too_many_records", message)
}
