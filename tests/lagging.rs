//! What a fold reads that may lag behind: it costs half, and nothing is lost or done twice by it.

use crate::http::run;
use app::fault::Fault;
use app::ports::{Claim, Clock, CommitError, Due, Item, Key, Listed, Range, Store, Write};
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use local::service::Service;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tests::counted::Counted;
use tests::stripe;
use tests::world::{deliver, get, open_at};

/// A store where nothing that may lag has arrived the first time that it is asked for.
struct Lagging {
    store: Arc<dyn Store>,
    asked: Mutex<BTreeSet<Key>>,
    refused: AtomicUsize,
}

#[async_trait]
impl Store for Lagging {
    async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, Fault> {
        self.store.read(keys).await
    }

    async fn read_beside(&self, keys: &[Key], may_lag: &[Key]) -> Result<Vec<Option<Item>>, Fault> {
        let mut items = self.store.read_beside(keys, may_lag).await?;
        let mut asked = self.asked.lock().unwrap();
        for (key, item) in may_lag.iter().zip(&mut items[keys.len()..]) {
            // What is there counts: a new id is asked for once before it is.
            if item.is_some() && asked.insert(key.clone()) {
                *item = None;
            }
        }
        Ok(items)
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
        let result = self.store.commit(writes).await;
        self.refused.fetch_add(usize::from(matches!(result, Err(CommitError::Conflict(_)))), Ordering::SeqCst);
        result
    }
}

/// An invoice that is made, fails and is paid, each told twice.
async fn told_twice(service: &Service) -> (Value, Value) {
    let at = service.clock.now();
    let invoice = |status: &str, remaining: i64, attempts: u32| {
        let mut shown = stripe::invoice("cus_1", "in_1", status, 4900, remaining, "usd", attempts, at);
        let to = at + SignedDuration::from_hours(720);
        let line = stripe::line("il_1", "price_pro", 4900, 1, 4900, false, at, to, Some("sub_1"));
        shown["lines"] = json!({"object": "list", "has_more": false, "data": [line]});
        shown["subscription"] = json!("sub_1");
        shown
    };
    let charge = |id: &str, code: Option<&str>| stripe::charge("cus_1", id, Some("in_1"), 4900, "usd", code, at);
    for (number, (kind, object)) in [
        ("customer.created", stripe::customer("cus_1", at)),
        ("customer.subscription.created", stripe::subscription("cus_1", "sub_1", "price_pro", 4900, 1, "active", at)),
        ("invoice.finalized", invoice("open", 4900, 0)),
        ("charge.failed", charge("ch_1", Some("insufficient_funds"))),
        ("invoice.payment_failed", invoice("open", 4900, 1)),
        ("charge.succeeded", charge("ch_2", None)),
        ("invoice.paid", invoice("paid", 0, 2)),
    ]
    .into_iter()
    .enumerate()
    {
        for _ in 0..2 {
            deliver(service, &stripe::event(&format!("evt_{number}"), kind, at, &object)).await;
            service.advance(service.clock.now() + SignedDuration::from_secs(10)).await.unwrap();
        }
    }
    let account = get(service, "/api/accounts/stripe:cus_1").await;
    (account, get(service, "/api/accounts/stripe:cus_1/timeline").await)
}

#[test]
fn what_has_not_arrived_yet_is_read_again_and_changes_nothing() {
    run(async {
        let expected = told_twice(&open_at("2026-03-01T09:00:00Z").await).await;
        let told = expected.1["items"].as_array().map_or(0, Vec::len);
        assert!(told >= 7, "{told} events: {}", expected.1);
        let mut service = open_at("2026-03-01T09:00:00Z").await;
        let lagging = Arc::new(Lagging {
            store: service.context.store.clone(),
            asked: Mutex::default(),
            refused: AtomicUsize::new(0),
        });
        service.context.store = lagging.clone();
        assert_eq!(told_twice(&service).await, expected);
        // Each receipt looks once as if there were none.
        let refused = lagging.refused.load(Ordering::SeqCst);
        assert!(refused >= 7, "{refused} were refused");
    });
}

#[test]
fn receipts_ids_and_imports_cost_half() {
    run(async {
        let mut service = open_at("2026-03-01T09:00:00Z").await;
        let at = service.clock.now();
        let counts = Counted::over(&mut service);
        let mut shown = stripe::invoice("cus_1", "in_1", "open", 4900, 4900, "usd", 0, at);
        let to = at + SignedDuration::from_hours(720);
        let line = stripe::line("il_1", "price_pro", 4900, 1, 4900, false, at, to, Some("sub_1"));
        shown["lines"] = json!({"object": "list", "has_more": false, "data": [line]});
        shown["subscription"] = json!("sub_1");
        deliver(&service, &stripe::event("evt_1", "invoice.finalized", at, &shown)).await;
        service.advance(at + SignedDuration::from_secs(10)).await.unwrap();
        let costs = counts.take();
        assert_eq!(costs.events, 1);
        // Which imports count: of the catalogue, of contracts, and of usage; and what they say of the account.
        for (kind, halves) in [("receipt", 1), ("import", 3), ("imported", 2), ("price", 1), ("head", 2)] {
            assert_eq!(costs.units[kind].half_reads, halves, "{kind}: {costs:?}");
        }
    });
}
