//! The product that is told what happens, as nasty as real ones are: it takes what it is sent and says that it failed, answers
//! late or not at all, takes one account's events while it refuses another's, and is down for hours or weeks.

use app::ports::{Answered, Clock, Courier, Unanswered};
use async_trait::async_trait;
use http::{HeaderMap, HeaderName};
use jiff::Timestamp;
use local::clock::LocalClock;
use local::demo::Dice;
use local::service::Service;
use providers::{Delivery, Keys, Request, Secret};
use serde_json::Value;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// The product's side of all endpoints.
pub struct Product {
    clock: Arc<LocalClock>,
    dice: Mutex<Dice>,
    heard: Mutex<Vec<Heard>>,
    is_calm: AtomicBool,
    /// Which addresses answer nothing but failures, and until when.
    down: Mutex<Vec<Down>>,
}

struct Down {
    url: String,
    from: Timestamp,
    /// Without it until somebody mends it.
    until: Option<Timestamp>,
}

/// One message that arrived, and what it was answered.
#[derive(Debug, Clone)]
pub struct Heard {
    pub at: Timestamp,
    pub url: String,
    headers: HeaderMap,
    pub body: String,
    answer: Result<Answered, Unanswered>,
}

#[async_trait]
impl Courier for Product {
    async fn bring(&self, request: Request) -> Result<Answered, Unanswered> {
        let at = self.clock.now();
        let answer = self.answer(&request.url, at);
        let mut headers = HeaderMap::new();
        for (name, value) in request.headers {
            headers.insert(HeaderName::from_static(name), value.parse().unwrap());
        }
        self.heard.lock().unwrap().push(Heard { at, url: request.url, headers, body: request.body, answer });
        answer
    }
}

impl Product {
    /// Puts one in the place of the network.
    pub fn before(service: &mut Service, seed: u64) -> Arc<Self> {
        let product = Arc::new(Self {
            clock: service.clock.clone(),
            dice: Mutex::new(Dice::new(seed ^ 0x9407)),
            heard: Mutex::default(),
            is_calm: AtomicBool::new(false),
            down: Mutex::default(),
        });
        service.context.courier = product.clone();
        product
    }

    /// Whatever it answers, it has heard it.
    fn answer(&self, url: &str, at: Timestamp) -> Result<Answered, Unanswered> {
        let status = |status| Ok(Answered { status, after_secs: None });
        let is_down = |it: &Down| it.url == url && it.from <= at && it.until.is_none_or(|until| at < until);
        if self.down.lock().unwrap().iter().any(is_down) {
            return status(503);
        }
        let mut dice = self.dice.lock().unwrap();
        match dice.roll(20) {
            _ if self.is_calm.load(Ordering::SeqCst) => status(200),
            0 => status(500),
            1 => Err(Unanswered::Silent),
            2 => status(302),
            3 => Ok(Answered { status: 429, after_secs: Some(1 + i64::try_from(dice.roll(900)).unwrap()) }),
            _ => status(204),
        }
    }

    /// From here on it answers as it should, where it is not down.
    pub fn calm(&self) {
        self.is_calm.store(true, Ordering::SeqCst);
    }

    /// An address is down from then on, until that time or until somebody mends it.
    pub fn goes_down(&self, url: &str, from: Timestamp, until: Option<Timestamp>) {
        self.down.lock().unwrap().push(Down { url: url.to_owned(), from, until });
    }

    /// Whatever is down is mended.
    pub fn mend(&self) {
        self.down.lock().unwrap().clear();
    }

    /// How many messages arrived.
    pub fn count(&self) -> usize {
        self.heard.lock().unwrap().len()
    }

    /// What arrived at an address, in its order.
    pub fn heard(&self, url: &str) -> Vec<Heard> {
        self.heard.lock().unwrap().iter().filter(|heard| heard.url == url).cloned().collect()
    }
}

impl Heard {
    /// The id that it was sent under.
    pub fn id(&self) -> &str {
        self.headers.get("webhook-id").and_then(|id| id.to_str().ok()).unwrap_or_default()
    }

    /// Whether whoever sent it was told that it was taken.
    pub fn is_taken(&self) -> bool {
        matches!(self.answer, Ok(Answered { status: 200..=299, .. }))
    }

    /// What it says.
    pub fn told(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// Whether this secret has signed it.
    pub fn is_signed_by(&self, secret: &str) -> bool {
        let verify = providers::named("ticket").unwrap().verify;
        let delivery = Delivery { headers: &self.headers, body: self.body.as_bytes() };
        verify(&delivery, &Keys::signing([Secret::new(secret)]), self.at, 300).is_ok()
    }
}
