//! Where imported records lie: with the account that they are about, or in the catalogue.

use super::overtaken;
use crate::context::Context;
use crate::fault::Fault;
use crate::ports::Key;
use crate::store::{self, Attempted, Batch, Commit, FoundBy, Stored, keys};
use crate::web::Problem;
use domain::find::Term;
use domain::id::AccountId;
use domain::import::{Contract, Customer, Exception, Imports, Kind, NetworkRule, Price, Shelf, Usage};
use http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::collections::BTreeMap;

/// A kind of record that lies on a shelf.
pub trait Shelved: Serialize + DeserializeOwned + Clone + PartialEq {
    const KIND: Kind;
    /// The shelf that it lies on.
    fn home(&self) -> Key;
    /// Whether another record is about the same, and so replaces it.
    fn is_about(&self, other: &Self) -> bool;
    /// The word that its account is found by besides.
    fn found_by(&self) -> Option<(Term, AccountId)> {
        None
    }
}

/// Everything that imports of one kind said about one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound = "T: Shelved")]
pub struct Imported<T> {
    pk: String,
    sk: String,
    shelf: Shelf<T>,
}

impl<T> Imported<T> {
    /// Nothing, where something was said.
    pub fn empty(home: &Key) -> Self {
        Self { pk: home.pk.clone(), sk: home.sk.clone(), shelf: Shelf::default() }
    }
}

impl<T: Shelved> Stored for Imported<T> {
    const VERSION: u16 = 1;

    fn key(&self) -> Key {
        keys::imported(&self.pk, &self.sk)
    }

    fn wake_at(&self) -> Option<Timestamp> {
        None
    }

    fn place(&self) -> Option<(String, String)> {
        None
    }
}

/// What counts of shelves that were read together with the imports of their kind.
pub fn standing<T: Shelved>(batch: &Batch, homes: impl IntoIterator<Item = Key>) -> Result<Vec<T>, Fault> {
    let Some(imports) = batch.get::<Imports>(&keys::imports(T::KIND.name()))? else { return Ok(Vec::new()) };
    let mut standing = Vec::new();
    for home in homes {
        standing.extend(batch.get::<Imported<T>>(&home)?.iter().flat_map(|imported| imported.shelf.standing(&imports)).cloned());
    }
    Ok(standing)
}

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
) -> Result<Attempted<Result<Counted, Problem>>, Fault> {
    // Read.
    let pointer = keys::imports(kind);
    let batch = Batch::read(context, chunk.iter().map(|(home, _)| home.clone()).chain([pointer.clone()]).collect()).await?;
    let mut imports = batch.get::<Imports>(&pointer)?.unwrap_or_else(|| Imports::of(kind));

    // Decide.
    let (mut counted, mut laid) = (Counted::default(), Vec::new());
    for (home, records) in chunk {
        let mut imported = batch.get::<Imported<T>>(home)?.unwrap_or_else(|| Imported::empty(home));
        for record in records {
            match imported.shelf.standing(&imports).iter().find(|old| record.is_about(old)) {
                None => counted.added += 1,
                Some(old) if old == record => counted.unchanged += 1,
                Some(_) => counted.changed += 1,
            }
        }
        // A trial lays as well, to see whether it fits.
        imported.shelf.lay(number.unwrap_or(imports.last + 1), records, &imports, T::is_about);
        let bytes = serde_json::to_vec(&imported).map_err(Fault::park)?.len();
        if bytes > context.policies.limits.current().shelf_bytes_max {
            return Ok(Attempted::Done(Err(too_many(records.len(), home))));
        }
        laid.push(imported);
    }
    let Some(number) = number else { return Ok(Attempted::Done(Ok(counted))) };
    if !imports.written(number, rows) {
        return Ok(Attempted::Done(Err(overtaken())));
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
    store::attempted(commit.run(context).await, Ok(counted))
}

fn too_many(records: usize, home: &Key) -> Problem {
    let place = home.pk.split_once('#').map_or(home.pk.as_str(), |(_, place)| place);
    let message = format!(
        "{records} records about {place}, with those that stand, are more than one account can hold: sum them up, such as to one a month, or leave old ones out"
    );
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "too_many_records", message)
}

impl Shelved for Customer {
    const KIND: Kind = Kind::Customers;

    fn found_by(&self) -> Option<(Term, AccountId)> {
        Some((Term::group(self.group.as_deref()?), self.who.account()))
    }

    fn home(&self) -> Key {
        keys::imported_of(&self.who.account(), Kind::Customers.name())
    }

    fn is_about(&self, _: &Self) -> bool {
        true
    }
}

impl Shelved for Contract {
    const KIND: Kind = Kind::Contracts;

    fn home(&self) -> Key {
        keys::imported_of(&self.who.account(), Kind::Contracts.name())
    }

    fn is_about(&self, other: &Self) -> bool {
        let own = |it: &Self| (it.reference.clone(), it.subscription.clone(), it.price.clone(), it.starts_on);
        own(self) == own(other)
    }
}

impl Shelved for Usage {
    const KIND: Kind = Kind::Usage;

    fn home(&self) -> Key {
        keys::imported_of(&self.who.account(), Kind::Usage.name())
    }

    fn is_about(&self, other: &Self) -> bool {
        let period = |usage: &Self| usage.metered.as_ref().map(|it| (it.metric.clone(), it.from, it.to));
        let seats_at = |usage: &Self| usage.seats_used.map(|_| usage.as_of);
        self.subscription == other.subscription && period(self) == period(other) && seats_at(self) == seats_at(other)
    }
}

impl Shelved for Exception {
    const KIND: Kind = Kind::Exceptions;

    fn home(&self) -> Key {
        keys::imported_of(&self.who.account(), Kind::Exceptions.name())
    }

    fn is_about(&self, other: &Self) -> bool {
        let own = |it: &Self| (it.kind, it.granted_on, it.reference.clone(), it.amount, it.percent, it.reason.clone());
        own(self) == own(other)
    }
}

impl Shelved for Price {
    const KIND: Kind = Kind::Catalogue;

    fn home(&self) -> Key {
        keys::price(&self.provider, &self.source, &self.price)
    }

    fn is_about(&self, other: &Self) -> bool {
        self.from == other.from
    }
}

impl Shelved for NetworkRule {
    const KIND: Kind = Kind::NetworkRules;

    fn home(&self) -> Key {
        keys::network_rules()
    }

    fn is_about(&self, other: &Self) -> bool {
        self.is_same_rule(other) && self.from == other.from
    }
}
