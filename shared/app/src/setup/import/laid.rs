//! Where imported records lie: with the account that they are about, or in the catalogue.

use super::overtaken;
use crate::context::Context;
use crate::fault::Fault;
use crate::ports::Key;
use crate::store::imported::{Imported, Shelved};
use crate::store::{self, Attempted, Batch, Commit, FoundBy, keys};
use crate::web::{Failed, Problem};
use domain::import::Imports;
use http::StatusCode;
use std::collections::BTreeMap;

/// Sorts records by where they lie.
pub(super) fn by_home<T: Shelved>(records: &[T]) -> BTreeMap<Key, Vec<T>> {
    let mut homes: BTreeMap<Key, Vec<T>> = BTreeMap::new();
    for record in records {
        homes.entry(record.home()).or_default().push(record.clone());
    }
    homes
}

/// How many records were new, different or the same.
#[derive(Debug, Default)]
pub(super) struct Counted {
    pub added: usize,
    pub changed: usize,
    pub unchanged: usize,
}

/// Lays some records beside what stands; without a number it only counts. `rows` is how many will have been written then.
pub(super) async fn write<T: Shelved>(
    context: &Context,
    chunk: &[(Key, Vec<T>)],
    number: Option<u64>,
    kind: &str,
    rows: usize,
) -> Result<Attempted<Counted>, Failed> {
    // Read.
    let pointer = keys::imports(kind);
    let batch =
        Batch::read(context, chunk.iter().map(|(home, _)| home.clone()).chain([pointer.clone()]).collect()).await?;
    let mut imports = batch.get::<Imports>(&pointer)?.unwrap_or_else(|| Imports::of(kind));

    // Decide.
    let (mut counted, mut laid) = (Counted::default(), Vec::new());
    for (home, records) in chunk {
        let mut imported = batch.get::<Imported<T>>(home)?.unwrap_or_else(|| Imported::empty(home));
        for record in records {
            match imported.shelf.in_force(&imports).iter().find(|old| record.is_about(old)) {
                None => counted.added += 1,
                Some(old) if old == record => counted.unchanged += 1,
                Some(_) => counted.changed += 1,
            }
        }
        // A trial lays as well, to see whether it fits.
        imported.shelf.lay(number.unwrap_or(imports.last + 1), records, &imports, T::is_about);
        let bytes = serde_json::to_vec(&imported).map_err(Fault::park)?.len();
        if bytes > context.policies.limits.current().shelf_bytes_max {
            return Err(too_many(records.len(), home).into());
        }
        laid.push(imported);
    }
    let Some(number) = number else { return Ok(Attempted::Done(counted)) };
    if !imports.written(number, rows) {
        return Err(overtaken().into());
    }

    // Write.
    let mut commit = Commit::default();
    laid.iter().for_each(|imported| commit.over(&batch, imported));
    for record in chunk.iter().flat_map(|(_, records)| records) {
        if let Some((term, account)) = record.found_by() {
            commit.put(&FoundBy { digest: keys::term_digest(term.as_str()), account });
        }
    }
    commit.over(&batch, &imports);
    Ok(store::attempted(commit.run(context).await, counted)?)
}

fn too_many(records: usize, home: &Key) -> Problem {
    let place = keys::imported_about(home);
    let message = format!(
        "{records} records about {place}, with those that stand, are more than one account can hold: sum them up, such as to one a month, or leave old ones out"
    );
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "too_many_records", message)
}
