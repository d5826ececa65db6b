//! Text stories that a billing clerk can check: what happens above the line, what comes of it below.
//!
//! Their language is in `tests/scenarios/README.md`: each verb with its words, its meaning and an example.

mod bills;
mod cash;
mod console;
mod customers;
mod deliveries;
mod desk;
mod payments;
mod receipts;
mod requests;
mod said;
mod staff;
mod views;
mod words;

use crate::world;
use crate::written::must_be_there;
use app::ports::Clock;
use bills::Bill;
use jiff::{SignedDuration, Timestamp};
use local::service::Service;
use payments::Charge;
use serde_json::Value;
use std::collections::BTreeMap;
use words::moment;

/// A verb, the words that it takes, and what it means.
pub type Verb = (&'static str, &'static str, &'static str);

/// Every verb that a story knows, subject by subject.
pub fn verbs() -> impl Iterator<Item = Verb> {
    let subjects = [
        bills::VERBS,
        payments::VERBS,
        deliveries::VERBS,
        customers::VERBS,
        requests::VERBS,
        staff::VERBS,
        cash::VERBS,
        desk::VERBS,
        console::VERBS,
        views::VERBS,
    ];
    subjects.into_iter().flatten().copied()
}

/// Tells a story and returns what came of it, line by line.
pub async fn tell(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let lines: Vec<&str> = lines.collect();
    let mut telling = Telling::begin(lines.first().map_or("2026-01-01", |line| &line[..10])).await;
    for line in lines {
        telling.line(line).await;
    }
    telling.receipts().await;
    for provider in providers::ALL.iter().filter(|provider| provider.api.is_some()) {
        must_be_there("stories", provider.name, &telling.service.sandbox.calls(provider.name).unwrap());
    }
    telling.lines
}

/// A story while it is told.
struct Telling {
    service: Service,
    /// The time of the line that is told.
    at: Timestamp,
    bills: BTreeMap<String, Bill>,
    /// Subscriptions as they were told last.
    subscriptions: BTreeMap<String, Value>,
    customers: Vec<String>,
    charges: BTreeMap<String, Charge>,
    /// The tickets that somebody wrote, by their addresses.
    desk: Vec<String>,
    /// When each subscription and each dispute was first told of.
    begun: BTreeMap<String, Timestamp>,
    /// The delivery before.
    last: Option<Value>,
    /// The number of the event or the request before: they share one row of numbers.
    number: u32,
    /// What was said last of each thing.
    seen: BTreeMap<String, String>,
    /// How many letters were spoken of.
    letters: usize,
    lines: Vec<String>,
}

impl Telling {
    async fn begin(day: &str) -> Self {
        let service = world::open_at(&format!("{day}T00:00:00Z")).await;
        Self {
            at: service.clock.now(),
            service,
            bills: BTreeMap::new(),
            subscriptions: BTreeMap::new(),
            customers: Vec::new(),
            charges: BTreeMap::new(),
            desk: Vec::new(),
            begun: BTreeMap::new(),
            last: None,
            number: 0,
            seen: BTreeMap::new(),
            letters: 0,
            lines: Vec::new(),
        }
    }

    /// Lets the time of a line come, does what the line says, and says what is different then.
    async fn line(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [day, time, words @ ..] = &words[..] else { panic!("`{line}` does not begin with a time") };
        self.at = moment(day, time);
        self.pass_until(self.at).await;
        self.beat(line, words).await;
        self.service.work().await.unwrap();
        self.look().await;
    }

    /// Hour by hour, so that what is due in between shows in its own line; hours in which nothing is due are passed over.
    async fn pass_until(&mut self, at: Timestamp) {
        while self.service.clock.now() < at {
            let now = self.service.clock.now();
            let due = self.service.next_due(at).await.unwrap().unwrap_or(at);
            let hours = (due.duration_since(now).as_millis() + 3_599_999).div_euclid(3_600_000);
            let hours = i64::try_from(hours).unwrap().max(1);
            let next = now + SignedDuration::from_hours(hours);
            self.service.advance(next.min(at)).await.unwrap();
            self.look().await;
        }
    }

    async fn beat(&mut self, line: &str, words: &[&str]) {
        let known = bills::beat(self, words).await
            || payments::beat(self, words).await
            || deliveries::beat(self, words).await
            || customers::beat(self, words).await
            || requests::beat(self, words).await
            || staff::beat(self, words).await
            || cash::beat(self, words).await
            || desk::beat(self, words).await
            || console::beat(self, words).await
            || views::beat(self, words).await;
        assert!(known, "{}", amiss(line, words));
    }

    fn next_number(&mut self) -> u32 {
        self.number += 1;
        self.number
    }

    fn begun_at(&mut self, id: &str) -> Timestamp {
        *self.begun.entry(id.to_owned()).or_insert(self.at)
    }
}

/// Why nobody understands a line.
fn amiss(line: &str, words: &[&str]) -> String {
    match verbs().find(|(verb, ..)| words.first() == Some(verb)) {
        Some((verb, words, _)) => {
            let written = format!("{verb} {words}");
            format!("`{line}` has other words than `{}`", written.trim_end())
        }
        None => {
            let verbs: Vec<_> = verbs().map(|(verb, ..)| verb).collect();
            format!("no story knows `{line}`; the verbs are: {}", verbs.join(", "))
        }
    }
}
