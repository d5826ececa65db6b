//! A store that counts what is asked of it, and what DynamoDB takes for it.

use app::fault::Fault;
use app::ports::{Claim, CommitError, Due, Expect, Item, Key, Listed, Range, Store, Table, Write};
use async_trait::async_trait;
use jiff::Timestamp;
use local::service::Service;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tables::units::{self, Written};

/// What was asked for, how often, and by which units it is paid.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Costs {
    /// Receipts that were written: one for each event that was folded.
    pub events: u64,
    pub batches: u64,
    pub keys: u64,
    pub queries: u64,
    /// What queries answered.
    pub items: u64,
    /// Looks of sweeps into the index of alarms, what they found, and how many alarms were claimed. Units count the
    /// claims alone.
    pub looks: u64,
    pub due: u64,
    pub claims: u64,
    pub commits: u64,
    pub writes: u64,
    /// How many places the commit of the most had.
    pub most: u64,
    /// Of what was put, as it lies in the tables.
    pub bytes: u64,
    /// By kind of item, and by index.
    pub units: BTreeMap<String, Units>,
}

/// Capacity units; reads by the half, as what may lag behind costs that.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Units {
    pub writes: u64,
    pub half_reads: u64,
}

impl Costs {
    /// The units of all kinds.
    pub fn total(&self) -> Units {
        self.units.values().fold(Units::default(), |sum, units| Units {
            writes: sum.writes + units.writes,
            half_reads: sum.half_reads + units.half_reads,
        })
    }

    fn wrote(&mut self, kind: &str, units: u64) {
        self.units.entry(kind.to_owned()).or_default().writes += units;
    }

    fn read(&mut self, kind: &str, halves: u64) {
        self.units.entry(kind.to_owned()).or_default().half_reads += halves;
    }

    fn paid(&mut self, kind: &str, written: Written) {
        self.wrote(kind, written.item);
        self.wrote("index of wakes", written.wakes);
        self.wrote("index of lists", written.lists);
    }

    /// One part of a commit, by what stood there before. A commit that was refused is paid, but no index is written.
    fn part(&mut self, write: &Write, before: Option<&Item>, done: bool) {
        let kind = kind(key(write));
        let paid = match write {
            Write::Put { item, expect } => {
                self.bytes += units::stored_bytes(item) as u64;
                self.events += u64::from(done && kind == RECEIPT && *expect == Expect::Absent);
                units::written(before, Some(item))
            }
            Write::Delete { .. } => units::written(before, None),
            Write::Check { .. } => Written { item: units::checked(before), ..Written::default() },
        };
        self.paid(&kind, if done { paid } else { Written { item: paid.item, ..Written::default() } });
    }
}

const RECEIPT: &str = "receipt";

/// What an item is called, by how its key begins.
fn kind(key: &Key) -> String {
    if key.table == Table::Facts {
        return "fact".to_owned();
    }
    let begins = if key.pk.starts_with("ACCOUNT#") { &key.sk } else { &key.pk };
    match begins.split('#').next().unwrap_or_default() {
        "EVENT" => RECEIPT.to_owned(),
        "TIME" => "timeline".to_owned(),
        "EXT" => "external id".to_owned(),
        "FIND" => "word to be found by".to_owned(),
        "ASK" => "asking".to_owned(),
        other => other.to_lowercase(),
    }
}

fn key(write: &Write) -> &Key {
    match write {
        Write::Put { item, .. } => &item.key,
        Write::Delete { key } | Write::Check { key, .. } => key,
    }
}

#[derive(Debug, Default)]
pub struct Counts(Mutex<Costs>);

impl Counts {
    /// What was counted since the last time.
    pub fn take(&self) -> Costs {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    fn add(&self, what: impl FnOnce(&mut Costs)) {
        what(&mut self.0.lock().unwrap());
    }
}

pub struct Counted {
    store: Arc<dyn Store>,
    counts: Arc<Counts>,
}

impl Counted {
    /// Counts what a service's store is asked from here on.
    pub fn over(service: &mut Service) -> Arc<Counts> {
        let counts = Arc::new(Counts::default());
        service.context.store = Arc::new(Self { store: service.context.store.clone(), counts: counts.clone() });
        counts
    }

    fn found(&self, items: &[Item], count: impl FnOnce(&mut Costs)) {
        self.counts.add(|costs| {
            costs.queries += 1;
            costs.items += items.len() as u64;
            count(costs);
        });
    }
}

#[async_trait]
impl Store for Counted {
    async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, Fault> {
        self.read_beside(keys, &[]).await
    }

    /// Both are asked for at once, and are one batch of whoever waits for them.
    async fn read_beside(&self, keys: &[Key], may_lag: &[Key]) -> Result<Vec<Option<Item>>, Fault> {
        let items = self.store.read_beside(keys, may_lag).await?;
        if !items.is_empty() {
            let asked = keys.iter().map(|key| (key, false)).chain(may_lag.iter().map(|key| (key, true)));
            self.counts.add(|costs| {
                costs.batches += 1;
                costs.keys += items.len() as u64;
                for ((key, may_lag), item) in asked.zip(&items) {
                    costs.read(&kind(key), units::got(item.as_ref(), may_lag));
                }
            });
        }
        Ok(items)
    }

    async fn range(&self, range: &Range) -> Result<Vec<Item>, Fault> {
        let items = self.store.range(range).await?;
        let begins = Key { table: range.table, pk: range.pk.clone(), sk: range.prefix.clone() };
        self.found(&items, |costs| costs.read(&kind(&begins), units::ranged(&items, range.may_lag)));
        Ok(items)
    }

    async fn listed(&self, listed: &Listed) -> Result<Vec<Item>, Fault> {
        let items = self.store.listed(listed).await?;
        self.found(&items, |costs| {
            costs.read("index of lists", units::rows(&items));
            items.iter().for_each(|item| costs.read(&kind(&item.key), units::got(Some(item), false)));
        });
        Ok(items)
    }

    /// It takes no units here: deployed, a sweep asks each minute, however many events there are.
    async fn due(&self, shard: &str, until: Timestamp, limit: u32) -> Result<Vec<Due>, Fault> {
        let due = self.store.due(shard, until, limit).await?;
        self.counts.add(|costs| {
            costs.looks += 1;
            costs.due += due.len() as u64;
        });
        Ok(due)
    }

    async fn claim(&self, due: &Due, silent_until: Timestamp) -> Result<Claim, Fault> {
        let before = self.store.read(std::slice::from_ref(&due.key)).await?.pop().flatten();
        let claim = self.store.claim(due, silent_until).await?;
        let paid = units::claimed(before.as_ref());
        let won = matches!(claim, Claim::Won { .. });
        let paid = if won { paid } else { Written { item: paid.item, ..Written::default() } };
        self.counts.add(|costs| {
            costs.claims += 1;
            costs.paid(&kind(&due.key), paid);
        });
        Ok(claim)
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<(), CommitError> {
        let keys: Vec<Key> = writes.iter().map(|write| key(write).clone()).collect();
        let before = self.store.read(&keys).await.map_err(CommitError::Fault)?;
        let result = self.store.commit(writes.clone()).await;
        self.counts.add(|costs| {
            costs.commits += 1;
            costs.writes += writes.len() as u64;
            costs.most = costs.most.max(writes.len() as u64);
            writes.iter().zip(&before).for_each(|(write, item)| costs.part(write, item.as_ref(), result.is_ok()));
        });
        result
    }
}
