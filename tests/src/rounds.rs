//! How often a piece of work waits for the store, one answer after the other: what is asked for side by side is one wait.

use app::fault::Fault;
use app::ports::{Claim, CommitError, Due, Item, Key, Listed, Place, Range, Store, Write};
use async_trait::async_trait;
use jiff::Timestamp;
use local::service::Service;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Poll, Waker};

/// What a piece of work waited for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waits {
    /// How many times, one after the other.
    pub rounds: usize,
    /// For how many answers at once, at most.
    pub most: usize,
}

#[derive(Debug, Default)]
struct Asked {
    counts: bool,
    waiting: Vec<Waker>,
}

/// A store that answers whatever was asked for at one time at once, and not before.
#[derive(Debug, Default)]
pub struct Rounds(Mutex<Asked>);

struct Slow {
    store: Arc<dyn Store>,
    rounds: Arc<Rounds>,
}

impl Rounds {
    /// Counts how a service's store is waited for. Outside of what is counted it answers as ever.
    pub fn over(service: &mut Service) -> Arc<Self> {
        let rounds = Arc::new(Self::default());
        service.context.store = Arc::new(Slow { store: service.context.store.clone(), rounds: rounds.clone() });
        rounds
    }

    /// Does some work, and counts.
    pub async fn of<T>(&self, work: impl Future<Output = T>) -> (T, Waits) {
        // Nothing else is waited for: what the runtime thinks of its own budget would be taken for a round.
        let mut work = pin!(tokio::task::unconstrained(work));
        let mut waits = Waits::default();
        self.asked().counts = true;
        let done = poll_fn(|context| {
            loop {
                if let Poll::Ready(done) = work.as_mut().poll(context) {
                    return Poll::Ready(done);
                }
                let waiting = std::mem::take(&mut self.asked().waiting);
                if waiting.is_empty() {
                    return Poll::Pending;
                }
                waits.rounds += 1;
                waits.most = waits.most.max(waiting.len());
                waiting.into_iter().for_each(Waker::wake);
            }
        })
        .await;
        self.asked().counts = false;
        (done, waits)
    }

    /// Waits for the end of the round.
    async fn turn(&self) {
        let mut is_asked = false;
        poll_fn(|context| {
            let mut asked = self.asked();
            if is_asked || !asked.counts {
                return Poll::Ready(());
            }
            is_asked = true;
            asked.waiting.push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    fn asked(&self) -> MutexGuard<'_, Asked> {
        self.0.lock().unwrap()
    }
}

#[async_trait]
impl Store for Slow {
    async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, Fault> {
        self.read_beside(keys, &[]).await
    }

    /// Nothing is asked for where there is no key.
    async fn read_beside(&self, keys: &[Key], may_lag: &[Key]) -> Result<Vec<Option<Item>>, Fault> {
        if !keys.is_empty() || !may_lag.is_empty() {
            self.rounds.turn().await;
        }
        self.store.read_beside(keys, may_lag).await
    }

    async fn range(&self, range: &Range) -> Result<Vec<Item>, Fault> {
        self.rounds.turn().await;
        self.store.range(range).await
    }

    async fn listed(&self, listed: &Listed) -> Result<Vec<Item>, Fault> {
        self.rounds.turn().await;
        self.store.listed(listed).await
    }

    async fn places(&self, listed: &Listed) -> Result<Vec<(Key, Place)>, Fault> {
        self.rounds.turn().await;
        self.store.places(listed).await
    }

    async fn due(&self, shard: &str, until: Timestamp, limit: u32) -> Result<Vec<Due>, Fault> {
        self.rounds.turn().await;
        self.store.due(shard, until, limit).await
    }

    async fn claim(&self, due: &Due, silent_until: Timestamp) -> Result<Claim, Fault> {
        self.rounds.turn().await;
        self.store.claim(due, silent_until).await
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<(), CommitError> {
        self.rounds.turn().await;
        self.store.commit(writes).await
    }
}
