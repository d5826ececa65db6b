//! Bugs of ours, planted on purpose: whatever sample of storms is run, it has to find each of them.

use app::fault::Fault;
use app::ports::{Claim, CommitError, Due, Item, Key, Listed, Range, Store, Table, Write};
use async_trait::async_trait;
use jiff::Timestamp;
use local::service::Service;
use std::sync::Arc;

/// What the store does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plant {
    /// That an event was folded is not written down: it is folded again.
    ForgetsReceipts,
    /// A row of facts is lost now and then.
    LosesRows,
    /// An entry of a ledger is lost.
    LosesEntries,
    /// An event that was folded is missing from its account's history.
    LosesEvents,
    /// What is left to a person is written down for nobody.
    LosesTasks,
    /// What waits has no alarm.
    SetsNoAlarm,
}

impl Plant {
    pub const ALL: [Self; 6] = [
        Self::ForgetsReceipts,
        Self::LosesRows,
        Self::LosesEntries,
        Self::LosesEvents,
        Self::LosesTasks,
        Self::SetsNoAlarm,
    ];

    /// What becomes of a write.
    fn bent(self, write: Write) -> Option<Write> {
        let Write::Put { mut item, expect } = write else { return Some(write) };
        let key = &item.key;
        let lost = match self {
            Self::ForgetsReceipts => key.pk.starts_with("EVENT#"),
            Self::LosesRows => key.table == Table::Facts && key.sk.len() % 3 == 0,
            Self::LosesEntries => key.sk.starts_with("LEDGER#") && key.sk.ends_with('2'),
            Self::LosesEvents => key.sk.starts_with("TIME#") && key.sk.len() % 5 == 0,
            Self::LosesTasks => key.sk.starts_with("TASK#"),
            Self::SetsNoAlarm => {
                item.wake = None;
                false
            }
        };
        (!lost).then_some(Write::Put { item, expect })
    }
}

struct Planted {
    store: Arc<dyn Store>,
    plant: Plant,
}

/// Plants a bug into a service's store.
pub fn plant(service: &mut Service, plant: Plant) {
    service.context.store = Arc::new(Planted { store: service.context.store.clone(), plant });
}

#[async_trait]
impl Store for Planted {
    async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, Fault> {
        self.store.read(keys).await
    }

    async fn range(&self, range: &Range) -> Result<Vec<Item>, Fault> {
        self.store.range(range).await
    }

    async fn listed(&self, listed: &Listed) -> Result<Vec<Item>, Fault> {
        self.store.listed(listed).await
    }

    async fn due(&self, shard: &str, until: Timestamp, limit: u32) -> Result<Vec<Due>, Fault> {
        self.store.due(shard, until, limit).await
    }

    async fn claim(&self, due: &Due, silent_until: Timestamp) -> Result<Claim, Fault> {
        self.store.claim(due, silent_until).await
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<(), CommitError> {
        let bent: Vec<_> = writes.into_iter().filter_map(|write| self.plant.bent(write)).collect();
        if bent.is_empty() { Ok(()) } else { self.store.commit(bent).await }
    }
}
