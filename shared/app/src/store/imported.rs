//! What imports said: records on shelves and their boards, of which one pointer per kind says how far they count.

use super::{Batch, Stored, keys};
use crate::fault::Fault;
use crate::ports::{Item, Key};
use domain::book::find::Term;
use domain::id::AccountId;
use domain::import::{Contract, Customer, Exception, ExchangeRate, Imports, Kind, NetworkRule, Price, Shelf, Usage};
use jiff::Timestamp;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};

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

/// What imports of one kind said about one thing, as far as one item holds it; the rest lies on boards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound = "T: Shelved")]
pub struct Imported<T> {
    pk: String,
    sk: String,
    pub shelf: Shelf<T>,
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

/// What lies on one board of a shelf.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound = "T: Shelved")]
pub struct Board<T> {
    pk: String,
    sk: String,
    number: usize,
    /// Whose records these are: a later import may use a board again that counts no more.
    import: u64,
    records: Vec<T>,
}

impl<T> Board<T> {
    /// A board of the shelf at this place.
    pub fn of(home: &Key, number: usize, import: u64, records: Vec<T>) -> Self {
        Self { pk: home.pk.clone(), sk: home.sk.clone(), number, import, records }
    }
}

impl<T: Shelved> Stored for Board<T> {
    const VERSION: u16 = 1;

    fn key(&self) -> Key {
        keys::board(&keys::imported(&self.pk, &self.sk), self.number)
    }

    fn wake_at(&self) -> Option<Timestamp> {
        None
    }

    fn place(&self) -> Option<(String, String)> {
        None
    }
}

/// The boards of the shelves among these items: whoever reads a shelf reads them as well.
pub(super) fn boards_of<'a>(items: impl Iterator<Item = &'a Item>) -> Vec<Key> {
    #[derive(Deserialize)]
    struct Lying {
        shelf: Shelf<IgnoredAny>,
    }
    let mut boards = Vec::new();
    for item in items.filter(|item| keys::is_shelf(&item.key)) {
        // What cannot be read is refused with its reason by whoever opens it.
        if let Ok(Lying { shelf }) = serde_json::from_str(&item.body) {
            boards.extend(shelf.boards().map(|number| keys::board(&item.key, number)));
        }
    }
    boards
}

/// What counts of shelves that were read together with the imports of their kind.
pub fn in_force<T: Shelved>(batch: &Batch, homes: impl IntoIterator<Item = Key>) -> Result<Vec<T>, Fault> {
    let Some(imports) = batch.get::<Imports>(&keys::imports(T::KIND.name()))? else { return Ok(Vec::new()) };
    let mut all = Vec::new();
    for home in homes {
        all.extend(standing(batch, &home, &imports)?);
    }
    Ok(all)
}

/// What counts of one shelf, with its boards.
pub fn standing<T: Shelved>(batch: &Batch, home: &Key, imports: &Imports) -> Result<Vec<T>, Fault> {
    let Some(imported) = batch.get::<Imported<T>>(home)? else { return Ok(Vec::new()) };
    let Some(standing) = imported.shelf.in_force(imports) else { return Ok(Vec::new()) };
    let mut records = standing.first.to_vec();
    for number in standing.boards {
        let board = batch.get::<Board<T>>(&keys::board(home, *number))?;
        let board = board.filter(|board| board.import == standing.import).ok_or_else(|| {
            Fault::Retry(format!("while {} {} was read, two imports laid other records there", home.pk, home.sk))
        })?;
        records.extend(board.records);
    }
    Ok(records)
}

impl Shelved for Customer {
    const KIND: Kind = Kind::Customers;

    fn found_by(&self) -> Option<(Term, AccountId)> {
        Some((Term::group(self.group.as_deref()?), self.who.account()))
    }

    fn home(&self) -> Key {
        keys::imported_of(&self.who.account(), Kind::Customers.name())
    }

    /// There is one of an account, and no board beside it, so that whoever empties its shelf has erased it.
    fn is_about(&self, _: &Self) -> bool {
        true
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

impl Shelved for NetworkRule {
    const KIND: Kind = Kind::NetworkRules;

    fn home(&self) -> Key {
        keys::network_rules()
    }

    fn is_about(&self, other: &Self) -> bool {
        self.is_same_rule(other) && self.from == other.from
    }
}

impl Shelved for ExchangeRate {
    const KIND: Kind = Kind::Rates;

    fn home(&self) -> Key {
        keys::rates(self.on)
    }

    fn is_about(&self, other: &Self) -> bool {
        self.is_same_rate(other)
    }
}
