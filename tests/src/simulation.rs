//! One seed, one history: a storm of duplicates, reorderings, crashes, troubles at the provider and days passing;
//! people who decide in the middle of it and let recoveries wait, customers who pay behind links, and a product that
//! listens badly. One in four carries tickets, answers to them, and what customers are asked to pay because of them.
//! Afterwards the books must agree.

mod asked;
mod endpoints;
mod history;
mod invariants;
mod letters;
mod people;
mod product;
mod recoveries;
mod tickets;
mod transfers;

use crate::faults::planted::{Plant, plant};
use crate::faults::{Fate, inject};
use crate::world;
use app::ports::{Clock, QueueName};
use endpoints::Listening;
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use local::demo::Dice;
use local::service::Service;
use product::Product;
use providers::{Provider, Reading};
use recoveries::Bill;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tickets::Talk;

/// What a history did, for counting and comparing.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub acknowledged: usize,
    pub crashes: u64,
    pub refunds: usize,
    /// What else was changed at the provider, links apart.
    pub changes: usize,
    pub letters: usize,
    /// How often a payment was tried at the provider because we asked.
    pub tries: usize,
    /// What people have said of recoveries and of what climbs the ladder.
    pub words: Words,
    /// How many promises were kept or broken, and how often access fell.
    pub promises: usize,
    pub fallen: usize,
    /// How many messages reached the product.
    pub told: usize,
    /// How many answers to tickets somebody was told to be on their way.
    pub answers: usize,
    /// How many customers were asked to pay because of a ticket, and how many payments were found to be for that.
    pub requests: usize,
    pub matched: usize,
    pub hits: BTreeMap<String, u64>,
    /// A digest of everything that stands in the end.
    pub state: String,
}

/// How often people let something wait, ended it, or wrote down what a customer has promised, as far as the books
/// remember.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Words {
    pub pauses: usize,
    pub stops: usize,
    pub promises: usize,
}

impl Words {
    /// Counts those as well.
    pub fn count_in(&mut self, others: Self) {
        self.pauses += others.pauses;
        self.stops += others.stops;
        self.promises += others.promises;
    }
}

const START: &str = "2026-03-01T09:00:00Z";
/// Months in which facts of a history can lie.
pub const MONTHS: &[&str] = &["2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06"];

/// Runs one history and checks what must hold.
pub async fn run(seed: u64) -> Result<Outcome, String> {
    run_with(seed, None).await
}

/// Runs one history, on a store into which a bug was planted.
pub async fn run_with(seed: u64, bug: Option<Plant>) -> Result<Outcome, String> {
    let mut dice = Dice::new(seed);
    let mut service = world::open_at(START).await;
    let sold = world::import(&service, "mara", "catalogue", people::PRICES, false).await;
    assert_eq!(sold.0, StatusCode::OK, "{}", sold.1);
    let per_mille = 5 + dice.roll(60);
    let fate = Fate::new(seed ^ 0xFA7E, per_mille);
    let product = Product::before(&mut service, seed);
    let mut storm = Storm {
        service,
        dice,
        product,
        listening: Vec::new(),
        bills: Vec::new(),
        allowed: None,
        // One in twenty is followed until each recovery has come to its end.
        is_long: seed % 20 == 7,
        // One in four, and none of those: a ticket that nobody answers rings for weeks.
        carries_tickets: seed % 4 == 1,
        talk: Talk::default(),
        crashes: 0,
        acknowledged: Vec::new(),
        backlog: Vec::new(),
        ahead: Vec::new(),
        other: None,
        asked: 0,
        refused: BTreeSet::new(),
    };
    storm.sets_endpoints_up().await;
    storm.counts_tries_strictly().await;
    inject(&mut storm.service, &fate);
    fate.slow(storm.service.clock.clone());
    if let Some(bug) = bug {
        plant(&mut storm.service, bug);
    }
    storm.write_histories();
    if storm.carries_tickets {
        storm.write_tickets();
    }
    // One in five has them.
    if seed % 5 == 4 {
        storm.write_transfers();
    }
    storm.blow(&fate).await?;
    fate.calm();
    storm.product.calm();
    storm.settle().await?;
    let found = invariants::check(&mut storm).await?;
    let refunds = storm.service.sandbox.refunds().map_err(|error| error.to_string())?.len();
    let changes = invariants::changes(&storm.service)?;
    let changes = changes.iter().filter(|(_, call)| call.path != "/v1/refunds").count();
    let letters = storm.service.outbox.letters().map_err(|error| error.to_string())?.len();
    Ok(Outcome {
        acknowledged: storm.acknowledged.len(),
        crashes: storm.crashes,
        refunds,
        changes,
        letters,
        tries: found.tries,
        words: found.words,
        promises: found.promises,
        fallen: found.fallen,
        told: storm.product.count(),
        answers: storm.talk.pressed.iter().filter(|it| it.is_taken).count(),
        requests: found.requests,
        matched: found.matched,
        hits: fate.counts(),
        state: found.state,
    })
}

pub const CUSTOMERS: &[&str] = &["cus_1", "cus_2"];

struct Storm {
    service: Service,
    dice: Dice,
    crashes: u64,
    /// What was answered with 200.
    acknowledged: Vec<Sent>,
    /// What providers still have to send, with the earliest time.
    backlog: Vec<(Timestamp, Sent)>,
    /// What will happen at Stripe, whatever reaches us of it.
    ahead: Vec<(Timestamp, Sent)>,
    /// Another provider that tells of customers.
    other: Option<&'static str>,
    asked: u32,
    /// Who was refused what must not be tried, and with which word.
    refused: BTreeSet<(String, String)>,
    /// Whom everything is told, and where.
    product: Arc<Product>,
    listening: Vec<Listening>,
    bills: Vec<Bill>,
    /// How many further tries of a card the company's acquirer allows in thirty days, where it says so.
    allowed: Option<usize>,
    is_long: bool,
    carries_tickets: bool,
    talk: Talk,
}

/// What is counted as an unsafe action.
const UNSAFE: &[&str] = &["not_permitted", "own_request", "not_eligible", "disputed", "too_much"];

/// One delivery, and the event that it must become if it is acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    pub provider: &'static str,
    pub body: Vec<u8>,
    pub event: Option<String>,
}

impl Sent {
    fn stripe(event: &Value) -> Self {
        Self {
            provider: "stripe",
            body: event.to_string().into_bytes(),
            event: event["id"].as_str().map(str::to_owned),
        }
    }

    /// A recorded delivery; one that is ignored, or only a hint, becomes no event of its own name.
    fn recorded(provider: &'static Provider, body: Vec<u8>) -> Self {
        let told = match (provider.read)(&body, "default").unwrap() {
            Reading::Events(events) => Some(events),
            Reading::Ask { events, .. } => Some(events),
            Reading::Ignored(_) => None,
        };
        Self {
            provider: provider.name,
            event: told.and_then(|events| events.first().map(|event| event.id.clone())),
            body,
        }
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

impl Storm {
    /// What has happened by now stands in the provider's books, before it has told us.
    fn happen(&mut self) -> Result<(), String> {
        let now = self.service.clock.now();
        let by_now = self.ahead.iter().take_while(|(at, _)| *at <= now).count();
        for (_, sent) in self.ahead.drain(..by_now) {
            self.service.sandbox.learn(sent.provider, &sent.body).map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    fn minutes(&mut self, below: u64) -> i64 {
        i64::try_from(self.dice.roll(below)).unwrap()
    }

    /// Days pass; deliveries come late, twice and out of order; people decide; the process dies.
    async fn blow(&mut self, fate: &Fate) -> Result<(), String> {
        for _ in 0..400 {
            if self.backlog.is_empty() && self.dice.roll(4) == 0 {
                return Ok(());
            }
            if self.carries_tickets && self.dice.roll(5) == 0 {
                self.something_of_tickets(fate).await?;
                continue;
            }
            match self.dice.roll(15) {
                0..=4 => self.some_delivery(fate).await,
                5 | 6 => {
                    let hours = i64::try_from(self.dice.roll(30)).unwrap();
                    let to = self.service.clock.now() + SignedDuration::from_hours(hours);
                    self.service.clock.advance(to).map_err(|error| error.to_string())?;
                    self.happen()?;
                    self.work(fate).await;
                }
                7 => self.somebody_decides(fate).await,
                8 => self.somebody_asks(fate).await,
                9 if self.dice.roll(3) == 0 => self.somebody_imports(fate).await,
                9 => self.somebody_says_something(fate).await,
                10 if self.dice.roll(2) == 0 => self.somebody_fills_the_book(fate).await,
                10 => self.a_customer_reads(fate).await?,
                12 => self.somebody_asks_for_anything(fate).await,
                13 if self.dice.roll(3) == 0 => self.somebody_asks_elsewhere(fate).await,
                13 => self.somebody_changes_endpoints(fate).await,
                14 => self.two_workers(fate).await,
                _ if self.dice.roll(5) == 0 => self.somebody_asks_what_may_be_used(fate).await?,
                _ => self.trouble()?,
            }
        }
        Ok(())
    }

    /// A provider will get its next change wrong. What it does late without knowing our keys is done before the policy
    /// says that it has settled; what it shows late is shown before anybody looks.
    fn trouble(&mut self) -> Result<(), String> {
        let provider = self.other.filter(|_| self.dice.roll(3) == 0).unwrap_or("stripe");
        let plain = ["500", "409", "429", "timeout_done", "timeout_not_done", "400", "500_done"];
        let troubles = match self.dice.roll(9) {
            0 => {
                let latest = if provider == "stripe" { 1200 } else { 800 };
                vec![format!("done_later {}", 1 + self.dice.roll(latest))]
            }
            1 => {
                let late = format!("shows_late {}", 1 + self.dice.roll(200));
                vec![late, (*self.dice.pick(&["timeout_done", "500_done"])).to_owned()]
            }
            _ => vec![(*self.dice.pick(&plain)).to_owned()],
        };
        for trouble in troubles {
            self.service.sandbox.trouble(provider, &trouble).map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    /// Sends one of the next few events; what is not answered with 200 is sent again later.
    async fn some_delivery(&mut self, fate: &Fate) {
        let now = self.service.clock.now();
        let ready = self.backlog.iter().take_while(|(at, _)| *at <= now).count();
        if ready == 0 {
            if let Some((next, _)) = self.backlog.first() {
                let _ = self.service.clock.advance(*next);
                let _ = self.happen();
            }
            return;
        }
        let place = usize::try_from(self.dice.roll(u64::try_from(ready.min(6)).unwrap())).unwrap();
        let sent = if self.dice.roll(8) == 0 && !self.acknowledged.is_empty() {
            self.dice.pick(&self.acknowledged).clone()
        } else {
            self.backlog[place].1.clone()
        };
        let taken = self
            .alive(fate, async |service| {
                world::deliver_to(service, sent.provider, &sent.body).await.0 == StatusCode::OK
            })
            .await;
        if taken == Some(true) {
            self.backlog.retain(|(_, waiting)| *waiting != sent);
            if !self.acknowledged.contains(&sent) {
                self.acknowledged.push(sent);
            }
        }
        if self.dice.roll(3) > 0 {
            self.work(fate).await;
        }
    }

    async fn work(&mut self, fate: &Fate) {
        self.alive(fate, async |service| service.work().await.is_ok()).await;
    }

    /// Two workers have the same messages in hand at the same time: a queue may deliver twice. What one of them could
    /// not do comes back when its time is over.
    async fn two_workers(&mut self, fate: &Fate) {
        self.alive(fate, async |service| {
            let visible_again = service.context.policies.limits.current().visibility_secs;
            for queue in QueueName::ALL {
                for message in service.queue.receive(queue, 10, visible_again).unwrap() {
                    let work = async || service.handle(queue, &message.body).await.is_ok();
                    if tokio::join!(work(), work()) == (true, true) {
                        service.queue.delete(message.id).unwrap();
                    }
                }
            }
        })
        .await;
    }

    /// Does something unless the process dies on the way; then it starts again, at once or after a while.
    async fn alive<T>(&mut self, fate: &Fate, act: impl AsyncFnOnce(&Service) -> T) -> Option<T> {
        let ended = tokio::select! {
            biased;
            ended = act(&self.service) => Some(ended),
            () = fate.crashed.notified() => None,
        };
        if ended.is_none() {
            self.crashes += 1;
            if self.dice.roll(2) == 0 {
                self.service.queue.restart().unwrap();
            }
        }
        ended
    }

    /// The weather clears: everything is delivered, dead letters are redriven, and a few weeks pass.
    async fn settle(&mut self) -> Result<(), String> {
        let text = |error: app::fault::Fault| error.to_string();
        self.service.queue.restart().map_err(|error| error.to_string())?;
        self.delivers_the_rest().await?;
        self.enables_endpoints().await?;
        let decided = self.service.clock.now();
        // A recovery lives for a month, and longer where it waited.
        for days in [1, 2, 5, 20].into_iter().chain(self.is_long.then_some(65)) {
            for queue in QueueName::ALL {
                self.service.queue.redrive(queue).map_err(|error| error.to_string())?;
            }
            self.service.advance(decided + SignedDuration::from_hours(24 * days)).await.map_err(text)?;
            if self.carries_tickets && days == 1 {
                self.clears_the_desk().await?;
            }
        }
        self.mends_what_was_dead().await
    }

    /// Whatever is still to be sent is, in its order.
    async fn delivers_the_rest(&mut self) -> Result<(), String> {
        for (at, sent) in std::mem::take(&mut self.backlog) {
            self.service.advance(at).await.map_err(|error| error.to_string())?;
            let (status, answer) = world::deliver_to(&self.service, sent.provider, &sent.body).await;
            if status != StatusCode::OK {
                return Err(format!("a good delivery was answered {status} {answer}"));
            }
            self.acknowledged.push(sent);
        }
        Ok(())
    }
}
