//! A store that counts what is asked of it.

use app::fault::Fault;
use app::ports::{Claim, CommitError, Due, Item, Key, Listed, Range, Store, Write};
use async_trait::async_trait;
use jiff::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How often each was asked, and how much of it.
#[derive(Debug, Default)]
pub struct Counts {
    pub reads: AtomicU64,
    pub keys: AtomicU64,
    pub queries: AtomicU64,
    pub commits: AtomicU64,
    pub writes: AtomicU64,
    pub bytes: AtomicU64,
    /// What queries answered.
    pub items: AtomicU64,
}

impl Counts {
    /// What was counted since the last time, in the order of the fields.
    pub fn take(&self) -> [u64; 7] {
        [&self.reads, &self.keys, &self.queries, &self.commits, &self.writes, &self.bytes, &self.items]
            .map(|count| count.swap(0, Ordering::Relaxed))
    }
}

pub struct Counted {
    pub store: Arc<dyn Store>,
    pub counts: Arc<Counts>,
}

fn add(count: &AtomicU64, more: usize) {
    count.fetch_add(more as u64, Ordering::Relaxed);
}

impl Counted {
    fn found(&self, answer: Result<Vec<Item>, Fault>) -> Result<Vec<Item>, Fault> {
        add(&self.counts.queries, 1);
        add(&self.counts.items, answer.as_ref().map_or(0, Vec::len));
        answer
    }
}

#[async_trait]
impl Store for Counted {
    async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, Fault> {
        if !keys.is_empty() {
            add(&self.counts.reads, 1);
            add(&self.counts.keys, keys.len());
        }
        self.store.read(keys).await
    }

    async fn range(&self, range: &Range) -> Result<Vec<Item>, Fault> {
        self.found(self.store.range(range).await)
    }

    async fn listed(&self, listed: &Listed) -> Result<Vec<Item>, Fault> {
        self.found(self.store.listed(listed).await)
    }

    async fn due(&self, shard: &str, until: Timestamp, limit: u32) -> Result<Vec<Due>, Fault> {
        self.store.due(shard, until, limit).await
    }

    async fn claim(&self, due: &Due, silent_until: Timestamp) -> Result<Claim, Fault> {
        self.store.claim(due, silent_until).await
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<(), CommitError> {
        add(&self.counts.commits, 1);
        add(&self.counts.writes, writes.len());
        let body = |write: &Write| match write {
            Write::Put { item, .. } => item.body.len(),
            Write::Delete { .. } | Write::Check { .. } => 0,
        };
        add(&self.counts.bytes, writes.iter().map(body).sum());
        self.store.commit(writes).await
    }
}
