//! Records: typed values read from items and written back on condition.

mod abreast;
pub mod imported;
pub mod keys;
mod query;
mod shapes;
pub mod trail;

use crate::context::Context;
use crate::fault::Fault;
use crate::ports::{CommitError, Expect, Item, Key, Place, Wake, Write};
use crate::web::Failed;
use domain::report::fact::Row;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

pub use abreast::side_by_side;
pub use query::{Page, Stretch, all_of, first_of, items, page, page_of, past_of, pick, rest_of, stretch, walk};
pub use shapes::{
    Alone, Asking, Backfill, CardLink, Code, Correction, Counted, DocumentLink, External, FoundBy, Hearing,
    Idempotency, Link, MessagesLink, Noted, Of, OnBoard, PayLink, Pending, Pressed, Probe, Probes, Receipt, Sweep,
    TicketOf, Timeline, Waiting, Wrote, has_ticket,
};

/// A value that is an item of its own.
pub trait Stored: Serialize + DeserializeOwned {
    /// Grows when the body can no longer be read by older code.
    const VERSION: u16;
    fn key(&self) -> Key;
    fn wake_at(&self) -> Option<Timestamp>;
    /// Which list it stands on, and where: the sort key must be its own.
    fn place(&self) -> Option<(String, String)>;
}

/// Items that were read together.
#[derive(Debug, Default)]
pub struct Batch(BTreeMap<Key, Option<Item>>);

impl Batch {
    /// Reads keys in one consistent batch. A shelf of imports that has boards brings them with it, in a second one.
    pub async fn read(context: &Context, mut keys: Vec<Key>) -> Result<Self, Fault> {
        keys.sort();
        keys.dedup();
        let items = context.store.read(&keys).await?;
        Self::with_boards(context, keys.into_iter().zip(items).collect()).await
    }

    /// The same, beside keys of which an item may be read that lags behind: what is written over or created by that is
    /// refused, and read again, and what it says is not worse for being a moment old.
    pub async fn read_beside(context: &Context, mut keys: Vec<Key>, mut may_lag: Vec<Key>) -> Result<Self, Fault> {
        for some in [&mut keys, &mut may_lag] {
            some.sort();
            some.dedup();
        }
        may_lag.retain(|key| keys.binary_search(key).is_err());
        let items = context.store.read_beside(&keys, &may_lag).await?;
        Self::with_boards(context, keys.into_iter().chain(may_lag).zip(items).collect()).await
    }

    async fn with_boards(context: &Context, items: BTreeMap<Key, Option<Item>>) -> Result<Self, Fault> {
        let mut batch = Self(items);
        let boards = imported::boards_of(batch.0.values().flatten());
        if !boards.is_empty() {
            let items = context.store.read(&boards).await?;
            batch.0.extend(boards.into_iter().zip(items));
        }
        Ok(batch)
    }

    /// Adds what was read later.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Whether a key was read, whatever lies under it.
    pub fn has(&self, key: &Key) -> bool {
        self.0.contains_key(key)
    }

    /// The value under a key that was read.
    pub fn get<T: Stored>(&self, key: &Key) -> Result<Option<T>, Fault> {
        self.item(key).map(open).transpose()
    }

    /// The account's resource under a key that was read.
    pub fn of<T>(&self, key: &Key) -> Result<Option<T>, Fault>
    where
        Of<T>: Stored,
    {
        Ok(self.get::<Of<T>>(key)?.map(|of| of.value))
    }

    /// How often the item under a key was written.
    pub fn rev(&self, key: &Key) -> Option<u64> {
        self.item(key).map(|item| item.rev)
    }

    fn item(&self, key: &Key) -> Option<&Item> {
        self.0.get(key).expect("a record is asked for only after its key was read").as_ref()
    }
}

/// Reads one value.
pub async fn read<T: Stored>(context: &Context, key: &Key) -> Result<Option<T>, Fault> {
    Batch::read(context, vec![key.clone()]).await?.get(key)
}

/// Opens an item's body.
pub fn open<T: Stored>(item: &Item) -> Result<T, Fault> {
    if item.version != T::VERSION {
        return Err(Fault::Park(format!(
            "the item {} {} has version {}, this code reads {}",
            item.key.pk,
            item.key.sk,
            item.version,
            T::VERSION
        )));
    }
    serde_json::from_str(&item.body)
        .map_err(|error| Fault::Park(format!("the item {} {} cannot be read: {error}", item.key.pk, item.key.sk)))
}

/// A transaction in the making.
#[derive(Debug, Default)]
pub struct Commit {
    writes: Vec<Write>,
    /// What it changes in the figures of months; when that is, is known as it runs.
    rows: Vec<Row>,
}

impl Commit {
    /// Writes a value over what was read under its key, if nobody wrote in between.
    pub fn over<T: Stored>(&mut self, read: &Batch, value: &T) {
        match read.item(&value.key()) {
            Some(item) => self.write(value, Expect::Rev(item.rev), item.rev + 1),
            None => self.create(value),
        }
    }

    /// Writes a value that must not be there yet.
    pub fn create<T: Stored>(&mut self, value: &T) {
        self.write(value, Expect::Absent, 1);
    }

    /// Writes a value that is the same whoever writes it, and whenever.
    pub fn put<T: Stored>(&mut self, value: &T) {
        self.write(value, Expect::Anything, 1);
    }

    fn write<T: Stored>(&mut self, value: &T, expect: Expect, rev: u64) {
        let key = value.key();
        let wake = value.wake_at().map(|at| Wake { shard: keys::wake_shard(&key), at });
        let list = value.place().map(|(list, sort)| Place { list: keys::list_shard(&list, &key), sort });
        let body = serde_json::to_string(value).expect("a stored value is plain data");
        self.writes.push(Write::Put { item: Item { key, rev, version: T::VERSION, body, wake, list }, expect });
    }

    /// Takes an item away. Only what says that an account is found by a word goes: everything else stays, or is
    /// emptied.
    pub fn delete(&mut self, key: Key) {
        self.writes.push(Write::Delete { key });
    }

    /// Writes down what it changes in the figures of a month.
    pub fn note(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// Makes the commit depend on a value that was read and is not written.
    pub fn check(&mut self, read: &Batch, key: &Key) {
        let expect = read.item(key).map_or(Expect::Absent, |item| Expect::Rev(item.rev));
        self.writes.push(Write::Check { key: key.clone(), expect });
    }

    pub async fn run(mut self, context: &Context) -> Result<(), CommitError> {
        let at = context.clock.now();
        for row in std::mem::take(&mut self.rows) {
            self.create(&Noted { at, row });
        }
        context.store.commit(self.writes).await
    }
}

/// How a commit in a handler ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Attempted<T> {
    Done(T),
    /// Somebody else wrote first: read and decide again.
    Again,
}

impl<T> Attempted<T> {
    pub fn map<U>(self, done: impl FnOnce(T) -> U) -> Attempted<U> {
        match self {
            Self::Done(it) => Attempted::Done(done(it)),
            Self::Again => Attempted::Again,
        }
    }
}

/// Turns a commit's end into what the handler does next.
pub fn attempted<T>(result: Result<(), CommitError>, done: T) -> Result<Attempted<T>, Fault> {
    match result {
        Ok(()) => Ok(Attempted::Done(done)),
        Err(CommitError::Conflict(_)) => Ok(Attempted::Again),
        Err(CommitError::Fault(fault)) => Err(fault),
    }
}

/// Reads, decides and commits again while others write first, a bounded number of times.
pub async fn retrying<T, F, Fut>(context: &Context, once: F) -> Result<T, Fault>
where
    F: Fn() -> Fut,
    Fut: Future<Output = Result<Attempted<T>, Fault>>,
{
    until_done(context, once).await
}

/// The same for what may be refused: a refusal ends it at once.
pub async fn unless_refused<T, F, Fut>(context: &Context, once: F) -> Result<T, Failed>
where
    F: Fn() -> Fut,
    Fut: Future<Output = Result<Attempted<T>, Failed>>,
{
    until_done(context, once).await
}

async fn until_done<T, E, F, Fut>(context: &Context, once: F) -> Result<T, E>
where
    E: From<Fault>,
    F: Fn() -> Fut,
    Fut: Future<Output = Result<Attempted<T>, E>>,
{
    for attempt in 0..context.policies.limits.current().conflict_tries_max {
        if attempt > 0 {
            context.clock.pause(attempt).await;
        }
        if let Attempted::Done(done) = once().await? {
            return Ok(done);
        }
    }
    Err(Fault::Retry("others kept writing to the same account".to_owned()).into())
}
