//! Ports that fail as the real ones do: before, after, or in the middle, by the roll of seeded dice.

pub mod planted;

use app::fault::Fault;
use app::ports::{
    Answered, Archive, Claim, Clock, CommitError, Courier, Due, Expect, Http, Item, Key, Letter, Listed, NoReply, Post,
    Queue, QueueName, Range, Store, Unanswered, Unsent, Write,
};
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use local::clock::LocalClock;
use local::demo::Dice;
use local::service::Service;
use providers::{Call, Reply, Request};
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

/// What can happen around a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hit {
    /// The process ends before the call.
    CrashBefore,
    /// The process ends after the call was done.
    CrashAfter,
    /// The call is refused for now.
    Throttle,
    /// The call is done, and its answer is lost.
    AnswerLost,
    /// Another transaction was in the way.
    Conflict,
}

/// The dice that all ports share.
pub struct Fate {
    dice: Mutex<Dice>,
    /// How many of a thousand calls are hit.
    per_mille: AtomicU64,
    pub crashed: Notify,
    counts: Mutex<BTreeMap<String, u64>>,
    /// The one call that is hit, of those that change something, where that is what is asked for.
    aimed: Option<(u64, Hit)>,
    changes: AtomicU64,
    /// The clock that goes on while a provider takes its time.
    slow: Mutex<Option<Arc<LocalClock>>>,
    /// What was made last: whoever reads it late may not see it yet.
    fresh: Mutex<VecDeque<Key>>,
}

impl Fate {
    pub fn new(seed: u64, per_mille: u64) -> Arc<Self> {
        Arc::new(Self {
            dice: Mutex::new(Dice::new(seed)),
            per_mille: AtomicU64::new(per_mille),
            crashed: Notify::new(),
            counts: Mutex::default(),
            aimed: None,
            changes: AtomicU64::new(0),
            slow: Mutex::default(),
            fresh: Mutex::default(),
        })
    }

    /// Hits the one call of that number, counted over all calls that change something.
    pub fn at(number: u64, hit: Hit) -> Arc<Self> {
        Arc::new(Self {
            dice: Mutex::new(Dice::new(0)),
            per_mille: AtomicU64::new(0),
            crashed: Notify::new(),
            counts: Mutex::default(),
            aimed: Some((number, hit)),
            changes: AtomicU64::new(0),
            slow: Mutex::default(),
            fresh: Mutex::default(),
        })
    }

    /// From here on some providers take their time, so that some messages come to their deadline.
    pub fn slow(&self, clock: Arc<LocalClock>) {
        *self.slow.lock().unwrap() = Some(clock);
    }

    /// How many calls changed something so far.
    pub fn changes(&self) -> u64 {
        self.changes.load(Ordering::SeqCst)
    }

    /// From here on everything works.
    pub fn calm(&self) {
        self.per_mille.store(0, Ordering::SeqCst);
    }

    /// How often each port was hit, and how.
    pub fn counts(&self) -> BTreeMap<String, u64> {
        self.counts.lock().unwrap().clone()
    }

    fn roll(&self, port: &str, kinds: &[Hit]) -> Option<Hit> {
        if let Some((number, hit)) = self.aimed {
            if !kinds.contains(&Hit::AnswerLost) {
                return None;
            }
            let reached = self.changes.fetch_add(1, Ordering::SeqCst) == number;
            return reached.then(|| {
                *self.counts.lock().unwrap().entry(format!("{port} {hit:?}")).or_insert(0) += 1;
                hit
            });
        }
        let mut dice = self.dice.lock().unwrap();
        if dice.roll(1000) >= self.per_mille.load(Ordering::SeqCst) {
            return None;
        }
        let hit = *dice.pick(kinds);
        *self.counts.lock().unwrap().entry(format!("{port} {hit:?}")).or_insert(0) += 1;
        Some(hit)
    }

    /// Another worker has its turn, as whenever one waits for an answer.
    async fn turn(&self) {
        tokio::task::yield_now().await;
    }

    /// Now and then a provider, or the product, takes its seconds to answer.
    fn take_time(&self, port: &str) {
        let slow = self.slow.lock().unwrap();
        let Some(clock) = slow.as_ref().filter(|_| self.per_mille.load(Ordering::SeqCst) > 0) else { return };
        let mut dice = self.dice.lock().unwrap();
        if dice.roll(10) == 0 {
            let secs = i64::try_from(1 + dice.roll(12)).unwrap();
            clock.advance(clock.now() + SignedDuration::from_secs(secs)).unwrap();
            *self.counts.lock().unwrap().entry(format!("{port} Slow")).or_insert(0) += 1;
        }
    }

    /// Remembers what a transaction makes.
    fn makes(&self, writes: &[Write]) {
        let mut fresh = self.fresh.lock().unwrap();
        let made = |write: &Write| match write {
            Write::Put { item, expect: Expect::Absent } => Some(item.key.clone()),
            _ => None,
        };
        fresh.extend(writes.iter().filter_map(made));
        while fresh.len() > FRESH {
            fresh.pop_front();
        }
    }

    /// Now and then what was made a moment ago has not arrived where it is read late.
    fn lags(&self, key: &Key) -> bool {
        if self.per_mille.load(Ordering::SeqCst) == 0 || !self.fresh.lock().unwrap().contains(key) {
            return false;
        }
        let lags = self.dice.lock().unwrap().roll(4) == 0;
        if lags {
            *self.counts.lock().unwrap().entry("store.read Lag".to_owned()).or_insert(0) += 1;
        }
        lags
    }

    /// The process is gone: whoever called will be dropped, and hears nothing more.
    async fn crash(&self) -> ! {
        self.crashed.notify_one();
        std::future::pending().await
    }

    /// Does a call with whatever hits it.
    async fn meet<T>(
        &self,
        port: &str,
        kinds: &[Hit],
        call: impl Future<Output = Result<T, Fault>>,
    ) -> Result<T, Fault> {
        self.turn().await;
        match self.roll(port, kinds) {
            None => call.await,
            Some(Hit::CrashBefore) => self.crash().await,
            Some(Hit::CrashAfter) => {
                let _ = call.await;
                self.crash().await
            }
            Some(Hit::Throttle | Hit::Conflict) => Err(Fault::Retry(format!("{port} throttled"))),
            Some(Hit::AnswerLost) => {
                let _ = call.await;
                Err(Fault::Retry(format!("{port} answer lost")))
            }
        }
    }
}

/// How many keys are as fresh as that.
const FRESH: usize = 40;

const READ: &[Hit] = &[Hit::CrashBefore, Hit::CrashAfter, Hit::Throttle];
const WRITE: &[Hit] = &[Hit::CrashBefore, Hit::CrashAfter, Hit::Throttle, Hit::AnswerLost];
const COMMIT: &[Hit] = &[Hit::CrashBefore, Hit::CrashAfter, Hit::Throttle, Hit::AnswerLost, Hit::Conflict];

/// A port with fate in front of it.
struct Faulty<P: ?Sized> {
    port: Arc<P>,
    fate: Arc<Fate>,
}

/// Puts fate in front of every port of a service.
pub fn inject(service: &mut Service, fate: &Arc<Fate>) {
    let context = &mut service.context;
    context.store = Arc::new(Faulty { port: context.store.clone(), fate: fate.clone() });
    context.queue = Arc::new(Faulty { port: context.queue.clone(), fate: fate.clone() });
    context.http = Arc::new(Faulty { port: context.http.clone(), fate: fate.clone() });
    context.post = Arc::new(Faulty { port: context.post.clone(), fate: fate.clone() });
    context.courier = Arc::new(Faulty { port: context.courier.clone(), fate: fate.clone() });
    context.archive = Arc::new(Faulty { port: context.archive.clone(), fate: fate.clone() });
    context.clock = Arc::new(Hurried(context.clock.clone()));
}

#[async_trait]
impl Store for Faulty<dyn Store> {
    async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, Fault> {
        self.fate.meet("store.read", READ, self.port.read(keys)).await
    }

    async fn read_beside(&self, keys: &[Key], may_lag: &[Key]) -> Result<Vec<Option<Item>>, Fault> {
        let mut items = self.fate.meet("store.read", READ, self.port.read_beside(keys, may_lag)).await?;
        for (key, item) in may_lag.iter().zip(&mut items[keys.len()..]) {
            if item.is_some() && self.fate.lags(key) {
                *item = None;
            }
        }
        Ok(items)
    }

    async fn range(&self, range: &Range) -> Result<Vec<Item>, Fault> {
        self.fate.meet("store.range", READ, self.port.range(range)).await
    }

    async fn listed(&self, listed: &Listed) -> Result<Vec<Item>, Fault> {
        self.fate.meet("store.listed", READ, self.port.listed(listed)).await
    }

    async fn due(&self, shard: &str, until: Timestamp, limit: u32) -> Result<Vec<Due>, Fault> {
        self.port.due(shard, until, limit).await
    }

    async fn claim(&self, due: &Due, silent_until: Timestamp) -> Result<Claim, Fault> {
        self.fate.meet("store.claim", WRITE, self.port.claim(due, silent_until)).await
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<(), CommitError> {
        self.fate.turn().await;
        self.fate.makes(&writes);
        match self.fate.roll("store.commit", COMMIT) {
            None => self.port.commit(writes).await,
            Some(Hit::CrashBefore) => self.fate.crash().await,
            Some(Hit::CrashAfter) => {
                let _ = self.port.commit(writes).await;
                self.fate.crash().await
            }
            Some(Hit::Throttle) => Err(CommitError::Fault(Fault::Retry("store.commit throttled".to_owned()))),
            Some(Hit::AnswerLost) => {
                let _ = self.port.commit(writes).await;
                Err(CommitError::Fault(Fault::Retry("store.commit answer lost".to_owned())))
            }
            Some(Hit::Conflict) => Err(CommitError::Conflict(Vec::new())),
        }
    }
}

#[async_trait]
impl Queue for Faulty<dyn Queue> {
    async fn send(&self, queue: QueueName, body: &str) -> Result<(), Fault> {
        self.fate.meet("queue.send", WRITE, self.port.send(queue, body)).await
    }

    async fn set_aside(&self, queue: QueueName, body: &str, reason: &str) -> Result<(), Fault> {
        self.fate.meet("queue.set_aside", WRITE, self.port.set_aside(queue, body, reason)).await
    }
}

#[async_trait]
impl Http for Faulty<dyn Http> {
    async fn call(&self, provider: &str, source: &str, call: &Call) -> Result<Reply, NoReply> {
        self.fate.turn().await;
        self.fate.take_time("http.call");
        match self.fate.roll("http.call", WRITE) {
            None => self.port.call(provider, source, call).await,
            Some(Hit::CrashBefore) => self.fate.crash().await,
            Some(Hit::CrashAfter) => {
                let _ = self.port.call(provider, source, call).await;
                self.fate.crash().await
            }
            Some(Hit::Throttle) => Ok(Reply { status: 429, body: "{}".to_owned() }),
            Some(_) => {
                let _ = self.port.call(provider, source, call).await;
                Err(NoReply::Unknown)
            }
        }
    }
}

#[async_trait]
impl Courier for Faulty<dyn Courier> {
    async fn bring(&self, request: Request) -> Result<Answered, Unanswered> {
        self.fate.turn().await;
        self.fate.take_time("courier.bring");
        match self.fate.roll("courier.bring", WRITE) {
            None => self.port.bring(request).await,
            Some(Hit::CrashBefore) => self.fate.crash().await,
            Some(Hit::CrashAfter) => {
                let _ = self.port.bring(request).await;
                self.fate.crash().await
            }
            Some(Hit::Throttle) => Ok(Answered { status: 429, after_secs: None }),
            Some(_) => {
                let _ = self.port.bring(request).await;
                Err(Unanswered::Silent)
            }
        }
    }
}

#[async_trait]
impl Post for Faulty<dyn Post> {
    async fn send(&self, letter: &Letter) -> Result<Option<String>, Unsent> {
        self.posted("post.send", self.port.send(letter)).await
    }

    async fn change(&self, place: &str, letter: &Letter) -> Result<(), Unsent> {
        self.posted("post.change", self.port.change(place, letter)).await
    }
}

impl Faulty<dyn Post> {
    async fn posted<T>(
        &self,
        name: &'static str,
        sending: impl Future<Output = Result<T, Unsent>>,
    ) -> Result<T, Unsent> {
        self.fate.turn().await;
        match self.fate.roll(name, WRITE) {
            None => sending.await,
            Some(Hit::CrashBefore) => self.fate.crash().await,
            Some(Hit::CrashAfter) => {
                let _ = sending.await;
                self.fate.crash().await
            }
            Some(Hit::Throttle) => Err(Unsent::refused("throttled")),
            Some(_) => {
                let _ = sending.await;
                Err(Unsent::Unknown("answer lost".to_owned()))
            }
        }
    }
}

#[async_trait]
impl Archive for Faulty<dyn Archive> {
    async fn put(&self, name: &str, body: &[u8]) -> Result<(), Fault> {
        self.fate.meet("archive.put", WRITE, self.port.put(name, body)).await
    }

    async fn find(&self, name: &str) -> Result<Option<Vec<u8>>, Fault> {
        self.fate.meet("archive.take", READ, self.port.find(name)).await
    }
}

/// Providers that do not answer until the silence ends.
pub struct Silence(Arc<AtomicU64>);

impl Silence {
    pub fn end(&self) {
        self.0.store(0, Ordering::SeqCst);
    }
}

struct Silent {
    http: Arc<dyn Http>,
    on: Arc<AtomicU64>,
}

/// Cuts a service off from its providers.
pub fn silence(service: &mut Service) -> Silence {
    let on = Arc::new(AtomicU64::new(1));
    service.context.http = Arc::new(Silent { http: service.context.http.clone(), on: on.clone() });
    Silence(on)
}

#[async_trait]
impl Http for Silent {
    async fn call(&self, provider: &str, source: &str, call: &Call) -> Result<Reply, NoReply> {
        if self.on.load(Ordering::SeqCst) == 1 {
            Err(NoReply::Unknown)
        } else {
            self.http.call(provider, source, call).await
        }
    }
}

/// Somebody whose messages are refused, and how often they were.
struct Deaf {
    post: Arc<dyn Post>,
    to: String,
    refused: Arc<AtomicU64>,
}

/// Refuses whatever is sent to one recipient, and counts it.
pub fn deafen(service: &mut Service, to: &str) -> Arc<AtomicU64> {
    let refused = Arc::new(AtomicU64::new(0));
    let post = service.context.post.clone();
    service.context.post = Arc::new(Deaf { post, to: to.to_owned(), refused: refused.clone() });
    refused
}

#[async_trait]
impl Post for Deaf {
    async fn send(&self, letter: &Letter) -> Result<Option<String>, Unsent> {
        if letter.to == self.to {
            self.refused.fetch_add(1, Ordering::SeqCst);
            return Err(Unsent::refused("nobody is there"));
        }
        self.post.send(letter).await
    }

    async fn change(&self, place: &str, letter: &Letter) -> Result<(), Unsent> {
        self.post.change(place, letter).await
    }
}

/// The service's clock, for which nobody waits.
struct Hurried(Arc<dyn Clock>);

#[async_trait]
impl Clock for Hurried {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    fn machine(&self) -> Timestamp {
        self.0.machine()
    }

    fn witnesses(&self) -> Vec<Timestamp> {
        self.0.witnesses()
    }

    async fn pause(&self, _attempt: u32) {}
}

/// A clock that has gone on by a second each time that somebody asks it.
struct Ticking {
    clock: Arc<dyn Clock>,
    from: Timestamp,
    asked: AtomicU64,
}

/// Gives a service a clock that does not stand still while a request is answered.
pub fn tick(service: &mut Service, from: Timestamp) {
    let clock = service.context.clock.clone();
    service.context.clock = Arc::new(Ticking { clock, from, asked: AtomicU64::new(0) });
}

#[async_trait]
impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        let asked = self.asked.fetch_add(1, Ordering::SeqCst);
        self.from + SignedDuration::from_secs(i64::try_from(asked).unwrap())
    }

    fn machine(&self) -> Timestamp {
        self.clock.machine()
    }

    fn witnesses(&self) -> Vec<Timestamp> {
        self.clock.witnesses()
    }

    async fn pause(&self, _attempt: u32) {}
}
