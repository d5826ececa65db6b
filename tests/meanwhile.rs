//! What changes between an approval and the next sending counts: a stop, a source that only observes, a bank's claim.

use crate::http::{run, with_a_payment};
use crate::paper;
use crate::raised::wish;
use ::http::{Method, StatusCode};
use app::classify;
use app::context::Context;
use app::fault::Fault;
use app::message::{Body, Message};
use app::ports::{Claim, Clock, CommitError, Due, Http, Item, Key, Listed, NoReply, QueueName, Range, Store, Write};
use app::store::{self, keys};
use async_trait::async_trait;
use domain::id::ActionId;
use domain::staff::Staff;
use domain::stop::Wish;
use jiff::{SignedDuration, Timestamp};
use local::service::Service;
use providers::{Call, Reply};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tests::faults::{Fate, Hit, inject};
use tests::stripe;
use tests::world::{ask, deliver, get, open_at};

/// A refund that bea has approved.
async fn approved(service: &Service, amount: &str) -> String {
    let body = json!({"account": "stripe:cus_1", "kind": "refund",
        "params": {"payment": "ch_1", "amount": {"amount": amount, "currency": "USD"}},
        "reason_code": "billing_error", "note": "asked"});
    let (status, asked) = ask(service, "lena", Method::POST, "/api/actions", Some(&body), Some(amount)).await;
    assert_eq!(status, StatusCode::CREATED, "{asked}");
    let id = asked["id"].as_str().unwrap().to_owned();
    let ballot = json!({"decision": "approve", "preview_digest": asked["preview"]["digest"], "note": "as it is"});
    let path = format!("/api/actions/{id}/decision");
    let (status, answer) = ask(service, "bea", Method::POST, &path, Some(&ballot), None).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    service.work().await.unwrap();
    id
}

/// The same, and Stripe had no time for it.
async fn refused_for_now(service: &Service) -> String {
    service.sandbox.trouble("stripe", "429").unwrap();
    let id = approved(service, "10.00").await;
    assert_eq!((sent(service), state(service, &id).await), (vec![json!(429)], json!("executing")));
    id
}

/// How Stripe answered each time that a refund was sent.
fn sent(service: &Service) -> Vec<Value> {
    let calls = service.sandbox.calls("stripe").unwrap().into_iter();
    calls.filter(|call| call.method == "POST" && call.path == "/v1/refunds").map(|call| call.status).collect()
}

async fn state(service: &Service, id: &str) -> Value {
    get(service, &format!("/api/actions/{id}")).await["state"].clone()
}

async fn minutes(service: &Service, minutes: i64) {
    service.advance(service.clock.now() + SignedDuration::from_mins(minutes)).await.unwrap();
}

async fn stop(service: &Service, release: bool) -> Value {
    let wish = json!({"kind": "refund", "note": "we look at it", "release": release});
    let (status, answer) = ask(service, "mara", Method::POST, "/api/stop", Some(&wish), None).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer
}

/// It stays where it is for as long as it is held, and its page says that nothing is sent.
async fn stays(service: &Service, id: &str) {
    minutes(service, 6 * 60).await;
    assert_eq!((sent(service), state(service, id).await), (vec![json!(429)], json!("executing")));
    let (status, page) = ask(service, "bea", Method::GET, &format!("/actions/{id}"), None, None).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.as_str().unwrap().contains("Nothing is sent while it is"), "{page}");
}

async fn goes_on(service: &Service, id: &str) {
    minutes(service, 60).await;
    assert_eq!((sent(service), state(service, id).await), (vec![json!(429), json!(200)], json!("executed")));
    assert_eq!(service.sandbox.refunds().unwrap().len(), 1);
}

#[test]
fn what_is_stopped_after_a_429_is_not_sent_again_until_it_is_released() {
    run(async {
        let service = with_a_payment().await;
        let id = refused_for_now(&service).await;
        let stopped = stop(&service, false).await;
        assert_eq!(stopped["waiting"][0]["action"], json!(id), "{stopped}");
        assert_eq!(stopped["waiting"][0]["held"], json!(true), "{stopped}");
        stays(&service, &id).await;
        stop(&service, true).await;
        goes_on(&service, &id).await;
    });
}

#[test]
fn what_a_source_that_only_observes_has_begun_is_not_sent_again_until_it_acts() {
    run(async {
        let service = with_a_payment().await;
        let id = refused_for_now(&service).await;
        assert_eq!(wish(&service, "mara", "", json!({"acting": "observe"})).await.0, StatusCode::OK);
        stays(&service, &id).await;
        for (staff, status) in [("mara", StatusCode::ACCEPTED), ("marc", StatusCode::OK)] {
            assert_eq!(wish(&service, staff, "", json!({"acting": "act"})).await.0, status, "{staff}");
        }
        goes_on(&service, &id).await;
    });
}

/// Another worker hears that the bank claims the payment.
async fn claim(other: &Context) {
    let now = other.clock.now();
    let dispute = stripe::dispute("dp_1", "ch_1", 10_000, "needs_response", now);
    let message = Message::Delivery {
        provider: "stripe".to_owned(),
        source: "default".to_owned(),
        event: "evt_claim".to_owned(),
        received_at: now,
        trace: "other".to_owned(),
        body: Body::Plain(stripe::event("evt_claim", "charge.dispute.created", now, &dispute).to_string()),
    };
    classify::handle(other, &message).await.unwrap();
}

/// Nothing more was sent, and whoever asked reads why.
async fn is_let_be(service: &Service, id: &str) {
    minutes(service, 60).await;
    let account = get(service, "/api/accounts/stripe:cus_1").await;
    assert_eq!(account["status"]["disputes"][0]["id"], "dp_1", "{account}");
    assert_eq!((sent(service), state(service, id).await), (vec![json!(429)], json!("stale")));
    assert!(service.sandbox.refunds().unwrap().is_empty());
}

/// Stripe takes its time to say which refunds there are.
struct SlowLook {
    other: Context,
    has_come: AtomicBool,
}

#[async_trait]
impl Http for SlowLook {
    async fn call(&self, provider: &str, source: &str, call: &Call) -> Result<Reply, NoReply> {
        let reply = self.other.http.call(provider, source, call).await;
        let looks = call.method == Method::GET && call.path.starts_with("/v1/refunds");
        if looks && !self.has_come.swap(true, Ordering::SeqCst) {
            claim(&self.other).await;
        }
        reply
    }
}

#[test]
fn what_a_bank_claims_during_a_slow_look_is_not_sent_again() {
    run(async {
        let mut service = with_a_payment().await;
        let id = refused_for_now(&service).await;
        let look = Arc::new(SlowLook { other: service.context.clone(), has_come: AtomicBool::new(false) });
        service.context.http = look.clone();
        minutes(&service, 60).await;
        assert!(look.has_come.load(Ordering::SeqCst), "it looks before it sends again");
        is_let_be(&service, &id).await;
    });
}

/// A manager pulls the switch.
async fn pull(other: &Context) {
    let mara = store::read::<Staff>(other, &keys::staff("mara")).await.unwrap().unwrap();
    let wish = Wish { kind: Some("refund".to_owned()), note: "we look at it".to_owned(), ..Wish::default() };
    assert!(app::setup::stop::change(other, &wish, &mara).await.is_ok());
}

/// Somebody imports the customers file with another address.
async fn moves(other: &Context) {
    let mara = store::read::<Staff>(other, &keys::staff("mara")).await.unwrap().unwrap();
    let request = ::http::Request::post("/api/import/customers").header("content-type", "text/csv");
    let request = request.body(paper::file("Allee 9").into()).unwrap();
    let answer = app::setup::import::by_staff(other, "customers", &request, &mara).await;
    assert!(answer.is_ok_and(|answer| answer.status().is_success()));
}

/// What somebody else does.
enum Meanwhile {
    Claims,
    Stops,
    /// The customer's address is another.
    Moves,
}

/// The intent to send is about to be stored: all that it was judged by has been read.
struct SlowCommit {
    other: Context,
    meanwhile: Meanwhile,
    action: Key,
    has_come: AtomicBool,
}

#[async_trait]
impl Store for SlowCommit {
    async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, Fault> {
        self.other.store.read(keys).await
    }

    async fn range(&self, range: &Range) -> Result<Vec<Item>, Fault> {
        self.other.store.range(range).await
    }

    async fn listed(&self, listed: &Listed) -> Result<Vec<Item>, Fault> {
        self.other.store.listed(listed).await
    }

    async fn due(&self, shard: &str, until: Timestamp, limit: u32) -> Result<Vec<Due>, Fault> {
        self.other.store.due(shard, until, limit).await
    }

    async fn claim(&self, due: &Due, silent_until: Timestamp) -> Result<Claim, Fault> {
        self.other.store.claim(due, silent_until).await
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<(), CommitError> {
        let writes_it = writes.iter().any(|write| matches!(write, Write::Put { item, .. } if item.key == self.action));
        let sends = writes_it && writes.iter().any(|write| matches!(write, Write::Check { .. }));
        if sends && !self.has_come.swap(true, Ordering::SeqCst) {
            match self.meanwhile {
                Meanwhile::Claims => claim(&self.other).await,
                Meanwhile::Stops => pull(&self.other).await,
                Meanwhile::Moves => moves(&self.other).await,
            }
        }
        self.other.store.commit(writes).await
    }
}

#[test]
fn what_a_bank_claims_just_before_the_intent_is_stored_is_not_sent_again() {
    run(async {
        let mut service = with_a_payment().await;
        let id = refused_for_now(&service).await;
        let action = keys::action(&ActionId::parse(&id).unwrap());
        let commit = slow_commit(&service, action, Meanwhile::Claims);
        service.context.store = commit.clone();
        minutes(&service, 60).await;
        assert!(commit.has_come.load(Ordering::SeqCst), "it is stored before it is sent");
        is_let_be(&service, &id).await;
    });
}

fn slow_commit(service: &Service, action: Key, meanwhile: Meanwhile) -> Arc<SlowCommit> {
    let (other, has_come) = (service.context.clone(), AtomicBool::new(false));
    Arc::new(SlowCommit { other, meanwhile, action, has_come })
}

/// What is stopped is asked for before each sending, and is no condition of the commit (decision 8.32): what was judged
/// by then leaves, once, and nothing after it.
#[test]
fn what_was_judged_when_somebody_stops_leaves_once_and_nothing_after_it() {
    run(async {
        let mut service = with_a_payment().await;
        let id = refused_for_now(&service).await;
        let action = keys::action(&ActionId::parse(&id).unwrap());
        let commit = slow_commit(&service, action, Meanwhile::Stops);
        service.context.store = commit.clone();
        minutes(&service, 60).await;
        assert!(commit.has_come.load(Ordering::SeqCst), "it is stored before it is sent");
        assert_eq!((sent(&service), state(&service, &id).await), (vec![json!(429), json!(200)], json!("executed")));

        let next = approved(&service, "11.00").await;
        minutes(&service, 6 * 60).await;
        assert_eq!((sent(&service).len(), state(&service, &next).await), (2, json!("approved")), "it is stopped");
        stop(&service, true).await;
        minutes(&service, 60).await;
        assert_eq!((sent(&service).len(), state(&service, &next).await), (3, json!("executed")));
    });
}

/// What a bank claimed before its payment was told is sent on, and stopped or refused at one of the calls.
async fn claimed_too_early(number: u64, hit: Hit) -> (u64, usize) {
    let mut service = open_at("2026-03-01T09:00:00Z").await;
    let now = service.clock.now();
    let claim = stripe::dispute("dp_1", "ch_1", 4900, "needs_response", now);
    deliver(&service, &stripe::event("evt_bank", "charge.dispute.created", now, &claim)).await;
    service.work().await.unwrap();
    let charge = stripe::charge("cus_1", "ch_1", None, 4900, "usd", None, now);
    deliver(&service, &stripe::event("evt_paid", "charge.succeeded", now, &charge)).await;
    let fate = Fate::at(number, hit);
    inject(&mut service, &fate);
    tokio::select! {
        biased;
        worked = service.work() => assert!(!matches!(worked, Err(Fault::Park(_))), "{worked:?}"),
        () = fate.crashed.notified() => service.queue.restart().unwrap(),
    }
    let steps = fate.changes();
    for queue in QueueName::ALL {
        service.queue.redrive(queue).unwrap();
    }
    service.advance(now + SignedDuration::from_hours(1)).await.unwrap();
    let cases = get(&service, "/api/cases?state=open").await;
    let cases = cases["items"].as_array().unwrap();
    (steps, cases.iter().filter(|case| case["class"] == "chargeback").count())
}

/// It waits for its owner, and is not forgotten whoever is refused or stops while it is sent on.
#[test]
fn what_waited_for_its_owner_is_told_whatever_stops_its_sending() {
    run(async {
        let (steps, claims) = claimed_too_early(u64::MAX, Hit::CrashBefore).await;
        assert!(steps > 3 && claims == 1, "{claims} claims after {steps} steps");
        for hit in [Hit::Throttle, Hit::AnswerLost, Hit::CrashBefore, Hit::CrashAfter] {
            for number in 0..steps {
                assert_eq!(claimed_too_early(number, hit).await.1, 1, "{hit:?} at {number}");
            }
        }
    });
}

#[test]
fn to_whom_a_document_is_made_out_is_who_was_read_or_it_is_not_made() {
    run(async {
        let mut service = paper::shop().await;
        let (status, asked) = paper::asked(&service, 1, "k").await;
        assert_eq!(status, StatusCode::CREATED, "{asked}");
        let id = asked["id"].as_str().unwrap().to_owned();
        let commit = slow_commit(&service, keys::action(&ActionId::parse(&id).unwrap()), Meanwhile::Moves);
        service.context.store = commit.clone();
        minutes(&service, 60).await;
        assert!(commit.has_come.load(Ordering::SeqCst), "it is made and stored at once");
        let made = paper::documents(&service, "").await;
        assert_eq!((state(&service, &id).await, made.len()), (json!("stale"), 0), "{made:?}");
    });
}
