//! How deliveries arrive, and how a provider gets our requests wrong.

use super::{Telling, Verb};
use crate::{stripe, world};
use http::StatusCode;
use jiff::Timestamp;
use serde_json::Value;

pub(super) const VERBS: &[Verb] = &[
    ("deliver", "PROVIDER FILE", "A recorded delivery from `tests/fixtures` arrives."),
    ("again", "", "The delivery before arrives once more."),
    ("provider", "TROUBLE [NAME]", "A provider, Stripe if none is named, gets our next request wrong."),
];

/// Does what the words say; false if they are not those of a verb above.
pub(super) async fn beat(telling: &mut Telling, words: &[&str]) -> bool {
    match words {
        ["deliver", provider, file] => telling.recorded(provider, file).await,
        ["again"] => telling.again().await,
        ["provider", trouble, name] => telling.trouble(name, trouble),
        ["provider", trouble] => telling.trouble("stripe", trouble),
        _ => return false,
    }
    true
}

impl Telling {
    /// Sends an event of the present.
    pub(super) async fn deliver(&mut self, kind: &str, object: Value) {
        self.deliver_made(self.at, kind, object).await;
    }

    /// Sends an event of any time.
    pub(super) async fn deliver_made(&mut self, made_at: Timestamp, kind: &str, object: Value) {
        let id = format!("evt_{}", self.next_number());
        let body = stripe::event(&id, kind, made_at, &object);
        self.post(&body).await;
        self.last = Some(body);
        self.service.work().await.unwrap();
    }

    async fn recorded(&mut self, provider: &str, file: &str) {
        let path = format!("{}/fixtures/{provider}/{file}.json", env!("CARGO_MANIFEST_DIR"));
        let body = std::fs::read(&path).unwrap_or_else(|_| panic!("there is no {path}"));
        let answer = world::deliver_to(&self.service, provider, &body).await;
        self.answered(answer);
    }

    async fn again(&mut self) {
        let body = self.last.clone().expect("nothing was delivered before");
        self.post(&body).await;
    }

    fn trouble(&mut self, provider: &str, trouble: &str) {
        self.service.sandbox.trouble(provider, trouble).unwrap();
    }

    async fn post(&mut self, body: &Value) {
        let answer = world::deliver(&self.service, body).await;
        self.answered(answer);
    }

    pub(super) fn answered(&mut self, (status, answer): (StatusCode, Value)) {
        if status != StatusCode::OK {
            self.say(&format!("the delivery is answered {status}: {answer}"));
        }
    }
}
