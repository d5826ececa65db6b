//! When the next alarm of a shard rings at the earliest. Nobody else writes into the data folder of a service, so that it
//! knows which shards cannot ring yet, and whoever moves its clock does not ask all of them at each stop.

use app::fault::Fault;
use app::ports::{Claim, CommitError, Due, Item, Key, Listed, Place, Range, Store, Write, instant};
use app::store::keys;
use async_trait::async_trait;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// It sorts behind every time.
const NEVER: &str = "~";

/// The store of one process, which remembers when the shards of its alarms ring.
pub struct Alarms {
    store: Arc<dyn Store>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// No alarm of a shard stands before that. A shard that is not here may ring at any time.
    earliest: BTreeMap<String, String>,
    /// How often alarms were set, and by how many writes that are under way.
    set: u64,
    under_way: u64,
}

/// A write that sets alarms, until it has ended, however it ends.
struct UnderWay<'a>(&'a Alarms);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.known().under_way -= 1;
    }
}

impl Alarms {
    pub fn over(store: Arc<dyn Store>) -> Self {
        Self { store, known: Mutex::default() }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // A panic while it was held leaves what is too early at worst.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Before alarms are set: whether or not they will be, their shards may ring then.
    fn sets(&self, alarms: impl IntoIterator<Item = (String, String)>) -> UnderWay<'_> {
        let mut known = self.known();
        known.set += 1;
        known.under_way += 1;
        for (shard, at) in alarms {
            if let Some(earliest) = known.earliest.get_mut(&shard).filter(|earliest| at < **earliest) {
                *earliest = at;
            }
        }
        drop(known);
        UnderWay(self)
    }

    /// What was seen of a shard holds, if no alarm was set while it was looked at.
    fn learns(&self, shard: &str, earliest: &str, unless: Option<u64>) {
        let mut known = self.known();
        if known.under_way == 0 && unless == Some(known.set) {
            known.earliest.insert(shard.to_owned(), earliest.to_owned());
        }
    }
}

#[async_trait]
impl Store for Alarms {
    async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, Fault> {
        self.store.read(keys).await
    }

    async fn read_beside(&self, keys: &[Key], may_lag: &[Key]) -> Result<Vec<Option<Item>>, Fault> {
        self.store.read_beside(keys, may_lag).await
    }

    async fn range(&self, range: &Range) -> Result<Vec<Item>, Fault> {
        self.store.range(range).await
    }

    async fn listed(&self, listed: &Listed) -> Result<Vec<Item>, Fault> {
        self.store.listed(listed).await
    }

    async fn places(&self, listed: &Listed) -> Result<Vec<(Key, Place)>, Fault> {
        self.store.places(listed).await
    }

    async fn due(&self, shard: &str, until: Timestamp, limit: u32) -> Result<Vec<Due>, Fault> {
        let unless = {
            let known = self.known();
            if known.earliest.get(shard).is_some_and(|earliest| *earliest > instant(until)) {
                return Ok(Vec::new());
            }
            (known.under_way == 0).then_some(known.set)
        };
        let due = self.store.due(shard, until, limit).await?;
        let next = if due.is_empty() { self.store.due(shard, Timestamp::MAX, 1).await? } else { due.clone() };
        self.learns(shard, next.first().map_or(NEVER, |due| due.at.as_str()), unless);
        Ok(due)
    }

    async fn claim(&self, due: &Due, silent_until: Timestamp) -> Result<Claim, Fault> {
        let _under_way = self.sets([(keys::wake_shard(&due.key), instant(silent_until))]);
        self.store.claim(due, silent_until).await
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<(), CommitError> {
        let alarm = |write: &Write| {
            let Write::Put { item, .. } = write else { return None };
            item.wake.as_ref().map(|wake| (wake.shard.clone(), instant(wake.at)))
        };
        let alarms: Vec<_> = writes.iter().filter_map(alarm).collect();
        let _under_way = (!alarms.is_empty()).then(|| self.sets(alarms));
        self.store.commit(writes).await
    }
}
