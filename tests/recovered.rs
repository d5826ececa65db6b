//! Which recoveries a raised source begins, which go on, and what is counted of them before.

use crate::http::run;
use crate::limits::with_limit;
use crate::raised::{an_hour_later, bill, fails, observed, raise, recoveries, rung, shown, source, tell, wish};
use ::http::{Method, StatusCode};
use app::fault::Fault;
use app::message::Message;
use app::ports::{Claim, Clock, CommitError, Due, Item, Key, Listed, Range, Store, Write};
use app::store::{self, Commit, keys};
use async_trait::async_trait;
use domain::case::Class;
use domain::id::{AccountId, CaseId};
use domain::telling::{About, Bulletin};
use jiff::{SignedDuration, Timestamp};
use local::service::Service;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tests::stripe;
use tests::world::{ask, deliver, get, open_at};
use tokio::sync::Notify;

async fn observes(service: &Service) {
    assert_eq!(wish(service, "mara", "", json!({"acting": "observe"})).await.0, StatusCode::OK);
}

async fn days_later(service: &Service, days: i64) {
    service.advance(service.clock.now() + SignedDuration::from_hours(24 * days)).await.unwrap();
}

/// The same bill under another id, of a subscription or of none.
async fn another_fails(service: &Service, number: u32, id: &str, subscription: Value) {
    let mut failed = bill(service, number, "open", 4_900);
    failed["id"] = json!(id);
    failed["subscription"] = subscription;
    tell(service, &format!("evt_{id}"), "invoice.payment_failed", &failed).await;
}

#[test]
fn what_is_too_old_or_ended_begins_nothing_and_of_one_customer_one_begins() {
    run(async {
        let service = open_at("2026-03-01T09:00:00Z").await;
        observes(&service).await;
        fails(&service, 0).await;
        days_later(&service, 40).await;
        // One customer has three open bills.
        fails(&service, 1).await;
        for id in ["in_1b", "in_1c"] {
            an_hour_later(&service).await;
            another_fails(&service, 1, id, Value::Null).await;
        }
        // The subscription of another has ended at the provider, and that of the next goes on.
        for (number, status) in [(2, "canceled"), (3, "past_due")] {
            let (customer, subscription) = (format!("cus_{number}"), format!("sub_{number}"));
            let now = service.clock.now();
            tell(&service, &format!("evt_c{number}"), "customer.created", &stripe::customer(&customer, now)).await;
            let bought = stripe::subscription(&customer, &subscription, "price_pro", 4_900, 1, status, now);
            tell(&service, &format!("evt_s{number}"), "customer.subscription.updated", &bought).await;
            another_fails(&service, number, &format!("in_{number}"), json!(subscription)).await;
        }
        // What is told late has failed when it failed.
        let (now, failed_at) = (service.clock.now(), service.clock.now() - SignedDuration::from_hours(24 * 5));
        tell(&service, "evt_c4", "customer.created", &stripe::customer("cus_4", now)).await;
        let late = stripe::event("evt_f4", "invoice.payment_failed", failed_at, &bill(&service, 4, "open", 4_900));
        assert_eq!(deliver(&service, &late).await.0, StatusCode::OK);
        service.work().await.unwrap();

        let act = json!({"acting": "act"});
        let usd = |amount: &str| json!([{"amount": amount, "currency": "USD"}]);
        let expected = json!({"invoices": 3, "amounts": usd("147.00"), "oldest_at": failed_at.to_string(),
            "staying": {"invoices": 3, "amounts": usd("147.00")}});
        assert_eq!(shown(&service, act.clone()).await, expected);
        assert_eq!(wish(&service, "mara", "", act.clone()).await.0, StatusCode::ACCEPTED);
        let (_, page) = ask(&service, "marc", Method::GET, "/sources", None, None).await;
        let page = page.as_str().unwrap();
        assert!(page.contains("3 older failed payments stay as they are, 147.00 USD"), "{page}");
        assert_eq!(wish(&service, "marc", "", act).await.0, StatusCode::OK);
        an_hour_later(&service).await;
        assert_eq!(recoveries(&service).await, ["in_1", "in_3", "in_4"]);
        assert_eq!(source(&service).await["cohorts"]["recovering"], 3);
    });
}

/// The ids of the letters to a customer, the first one first.
fn letters(service: &Service, to: &str) -> Vec<String> {
    let letters = service.outbox.letters().unwrap().into_iter().rev();
    letters.filter(|(_, letter)| letter.to == to).map(|(_, letter)| letter.id).collect()
}

#[test]
fn what_was_stopped_while_recoup_did_not_write_goes_on_behind_what_was_sent() {
    run(async {
        let service = open_at("2026-03-01T09:00:00Z").await;
        fails(&service, 0).await;
        days_later(&service, 2).await;
        let first = letters(&service, "cus_0@shop.example");
        assert_eq!(first.len(), 1, "{first:?}");
        observes(&service).await;
        days_later(&service, 4).await;
        assert_eq!(recoveries(&service).await, Vec::<String>::new(), "its second step was due, and nobody may write");

        let act = json!({"acting": "act"});
        assert_eq!(shown(&service, act.clone()).await["invoices"], 1);
        raise(&service, act).await;
        an_hour_later(&service).await;
        assert_eq!(recoveries(&service).await, ["in_0"]);
        days_later(&service, 3).await;
        assert_eq!(letters(&service, "cus_0@shop.example"), first, "the first reminder is not sent twice");
        days_later(&service, 10).await;
        let account = AccountId::of("stripe", "default", "cus_0");
        let step = |step| About::Step { account: account.clone(), invoice: "in_0".to_owned(), step }.id();
        assert_eq!(letters(&service, "cus_0@shop.example"), [step(1), step(2), step(5)]);
    });
}

#[test]
fn a_step_that_an_earlier_plan_handed_over_is_handed_over_again() {
    run(async {
        let service = open_at("2026-03-01T09:00:00Z").await;
        fails(&service, 0).await;
        let account = AccountId::of("stripe", "default", "cus_0");
        let about = About::Step { account, invoice: "in_0".to_owned(), step: 8 };
        let key = keys::bulletin(&about.id());
        let told = |text: &str| text.to_owned();
        let mut earlier =
            Bulletin::new(about, told("Earlier"), told("It was so."), told("/"), "t", service.clock.now());
        earlier.rests(None);
        let mut commit = Commit::default();
        commit.create(&earlier);
        commit.run(&service.context).await.unwrap();
        days_later(&service, 15).await;
        let bulletin: Bulletin = store::read(&service.context, &key).await.unwrap().unwrap();
        assert_eq!((bulletin.round(), bulletin.subject.as_str()), (2, "Invoice in_0 needs a person"));
        assert_eq!(bulletin.alarm(), None, "it was told");
        assert_eq!(recoveries(&service).await, ["in_0"], "it has not taken everything yet");
        days_later(&service, 20).await;
        assert_eq!(recoveries(&service).await, Vec::<String>::new(), "that was its last step");
    });
}

#[test]
fn no_more_is_counted_than_somebody_can_wait_for_and_what_was_shown_is_confirmed() {
    run(async {
        let mut service = observed(3).await;
        let act = json!({"acting": "act"});
        for (most, cases, more) in [(2, 2, json!(true)), (3, 3, Value::Null), (4, 3, Value::Null)] {
            with_limit(&mut service, "backlog_counted_max", most);
            let (_, tried) = wish(&service, "mara", "?dry_run=true", act.clone()).await;
            let found = &tried["asked"]["preview"]["backlog"];
            assert_eq!((&found["cases"], &found["more"]), (&json!(cases), &more), "of {most}: {tried}");
        }
        with_limit(&mut service, "backlog_counted_max", 2);
        let (status, asked) = wish(&service, "mara", "", act.clone()).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{asked}");
        let (_, page) = ask(&service, "marc", Method::GET, "/sources", None, None).await;
        let page = page.as_str().unwrap();
        for text in ["more than 2 open cases recommend", "There are more open cases than were counted"] {
            assert!(page.contains(text), "{text}: {page}");
        }
        with_limit(&mut service, "backlog_counted_max", 3);
        let (_, raised) = wish(&service, "marc", "", act).await;
        assert_eq!(raised["changes"][1]["preview"], asked["asked"]["preview"], "what was shown: {raised}");
        an_hour_later(&service).await;
        assert_eq!(source(&service).await["cohorts"]["asked"], 3, "all are asked for, however few were counted");
    });
}

/// A store whose first commit of one item waits until somebody lets it go.
struct Held {
    store: Arc<dyn Store>,
    key: Key,
    was_held: AtomicBool,
    reached: Notify,
    goes: Notify,
    /// Whether the next look at Stripe's source ends the process.
    ends: AtomicBool,
}

/// Stripe's source observes, a customer's payment fails, and what is written of it waits.
async fn held() -> (Service, Arc<Held>) {
    let mut service = open_at("2026-03-01T09:00:00Z").await;
    observes(&service).await;
    tell(&service, "evt_c0", "customer.created", &stripe::customer("cus_0", service.clock.now())).await;
    let account = AccountId::of("stripe", "default", "cus_0");
    let held = Arc::new(Held {
        store: service.context.store.clone(),
        key: keys::case(&CaseId::of(&account, Class::PaymentFailed.name(), "in_0")),
        was_held: AtomicBool::new(false),
        reached: Notify::new(),
        goes: Notify::new(),
        ends: AtomicBool::new(false),
    });
    service.context.store = held.clone();
    let failed = bill(&service, 0, "open", 4_900);
    let event = stripe::event("evt_f0", "invoice.payment_failed", service.clock.now(), &failed);
    assert_eq!(deliver(&service, &event).await.0, StatusCode::OK);
    (service, held)
}

/// Two people raise the source while that waits, and its cohorts find nothing.
async fn raised_meanwhile(service: &Service, held: &Held) {
    held.reached.notified().await;
    raise(service, json!({"acting": "act"})).await;
    let rung = rung(service).await;
    assert_eq!(rung.len(), 1);
    app::approval::handle(&service.context, &Message::decode(&rung[0].body).unwrap()).await.unwrap();
    assert_eq!(source(service).await["cohorts"]["next_at"], Value::Null, "that was all");
}

#[async_trait]
impl Store for Held {
    async fn read(&self, wanted: &[Key]) -> Result<Vec<Option<Item>>, Fault> {
        if *wanted == [keys::source("stripe", "default")] && self.ends.swap(false, Ordering::SeqCst) {
            return Err(Fault::Retry("the process ends here".to_owned()));
        }
        self.store.read(wanted).await
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
        let is_meant = |write: &Write| matches!(write, Write::Put { item, .. } if item.key == self.key);
        if writes.iter().any(is_meant) && !self.was_held.swap(true, Ordering::SeqCst) {
            self.reached.notify_one();
            self.goes.notified().await;
        }
        self.store.commit(writes).await
    }
}

#[test]
fn what_fails_while_its_source_is_raised_is_recovered() {
    run(async {
        let (service, held) = held().await;
        // It was read that the source observes. Before that is written, it is raised.
        let meanwhile = async {
            raised_meanwhile(&service, &held).await;
            held.goes.notify_one();
        };
        let (worked, ()) = tokio::join!(service.work(), meanwhile);
        worked.unwrap();
        assert_eq!(recoveries(&service).await, ["in_0"]);
        assert_eq!(get(&service, "/api/dunning").await["items"][0]["started_at"], service.clock.now().to_string());
    });
}

#[test]
fn it_is_recovered_as_well_if_the_process_ends_before_it_has_looked_again() {
    run(async {
        let (service, held) = held().await;
        let meanwhile = async {
            raised_meanwhile(&service, &held).await;
            held.ends.store(true, Ordering::SeqCst);
            held.goes.notify_one();
        };
        let (worked, ()) = tokio::join!(service.work(), meanwhile);
        worked.unwrap();
        assert!(!held.ends.load(Ordering::SeqCst), "it ended");
        assert_eq!(recoveries(&service).await, Vec::<String>::new(), "the message comes again a little later");
        an_hour_later(&service).await;
        assert_eq!(recoveries(&service).await, ["in_0"]);
    });
}

/// A store that counts the transactions in which one item takes part.
struct Shared {
    store: Arc<dyn Store>,
    key: Key,
    commits: AtomicUsize,
    with_it: AtomicUsize,
}

#[async_trait]
impl Store for Shared {
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
        let is_meant = |write: &Write| match write {
            Write::Put { item, .. } => item.key == self.key,
            Write::Delete { key } | Write::Check { key, .. } => *key == self.key,
        };
        self.commits.fetch_add(1, Ordering::SeqCst);
        self.with_it.fetch_add(usize::from(writes.iter().any(is_meant)), Ordering::SeqCst);
        self.store.commit(writes).await
    }
}

#[test]
fn what_fails_at_one_time_does_not_meet_at_the_source() {
    run(async {
        let mut service = open_at("2026-03-01T09:00:00Z").await;
        observes(&service).await;
        let shared = Arc::new(Shared {
            store: service.context.store.clone(),
            key: keys::source("stripe", "default"),
            commits: AtomicUsize::new(0),
            with_it: AtomicUsize::new(0),
        });
        service.context.store = shared.clone();
        for number in 0..3 {
            fails(&service, number).await;
        }
        let (commits, with_it) = (shared.commits.load(Ordering::SeqCst), shared.with_it.load(Ordering::SeqCst));
        assert!(commits >= 6, "each customer and each failure is written: {commits}");
        // DynamoDB refuses one of two transactions at a time in which an item takes part, if both only look at it.
        assert_eq!(with_it, 0, "of {commits}");
        raise(&service, json!({"acting": "act"})).await;
        assert!(shared.with_it.load(Ordering::SeqCst) > 0, "whoever raises it writes it");
    });
}
