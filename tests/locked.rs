//! An API key that is missing, wrong or may not do this: nothing was done, people are told once and have one task,
//! and it goes on by itself.

use crate::crash_points::approve;
use crate::crash_points::cases::{Case, all, prepared};
use crate::http::run;
use app::ports::{Clock, Http, NoReply};
use async_trait::async_trait;
use http::{Method, StatusCode};
use jiff::SignedDuration;
use local::sandbox::Sandbox;
use local::service::Service;
use providers::{Call, Reply};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tests::world::{ask, get};

/// The first refund of each provider that it can make itself.
fn refunds() -> Vec<Case> {
    let mut cases: Vec<Case> = all().into_iter().filter(|case| case.kind == "refund").collect();
    cases.dedup_by_key(|case| case.provider);
    assert_eq!(cases.len(), 5);
    cases
}

async fn later(service: &Service, hours: i64) {
    service.advance(service.clock.now() + SignedDuration::from_hours(hours)).await.unwrap();
}

async fn shown(service: &Service, action: &str) -> Value {
    get(service, &format!("/api/actions/{action}")).await
}

/// What people were told of the key of a provider's source.
fn told(service: &Service, provider: &str) -> usize {
    let subject = format!("The API key of {provider}/default does not work");
    service.outbox.letters().unwrap().iter().filter(|(_, letter)| letter.subject == subject).count()
}

/// What the list of sources says of a provider's key.
async fn key_of(service: &Service, provider: &str) -> Value {
    let sources = get(service, "/api/sources").await;
    let own = sources["items"].as_array().unwrap().iter().find(|source| source["provider"] == provider);
    own.unwrap()["locked"].clone()
}

#[test]
fn a_key_that_may_not_do_this_has_done_nothing_at_any_provider() {
    run(async {
        for status in ["401", "403"] {
            for case in refunds() {
                let what = format!("{} {status}", case.provider);
                let service = prepared(&case).await;
                let action = approve(&service, &case).await;
                service.sandbox.trouble(case.provider, status).unwrap();
                service.work().await.unwrap();
                let waiting = shown(&service, &action).await;
                assert_eq!((&waiting["state"], &waiting["locked"]), (&json!("executing"), &json!(true)), "{what}");
                assert!(key_of(&service, case.provider).await["why"].as_str().unwrap().contains(status), "{what}");
                assert_eq!(told(&service, case.provider), 1, "{what}");

                later(&service, 1).await;
                let done = shown(&service, &action).await;
                assert_eq!((&done["state"], &done["locked"]), (&json!("executed"), &Value::Null), "{what}");
                assert_eq!(key_of(&service, case.provider).await, Value::Null, "{what}: it works");
                assert_eq!(told(&service, case.provider), 1, "{what}");
            }
        }
    });
}

/// A provider that is asked only where there is a key.
struct Keyless {
    sandbox: Arc<Sandbox>,
    has_key: AtomicBool,
}

#[async_trait]
impl Http for Keyless {
    async fn call(&self, provider: &str, source: &str, call: &Call) -> Result<Reply, NoReply> {
        if self.has_key.load(Ordering::Relaxed) {
            return self.sandbox.call(provider, source, call).await;
        }
        Err(NoReply::NoKey)
    }
}

#[test]
fn what_waits_for_a_key_can_be_taken_back_and_the_next_broken_key_is_told() {
    run(async {
        let case = refunds().remove(0);
        let mut service = prepared(&case).await;
        let keyless = Arc::new(Keyless { sandbox: service.sandbox.clone(), has_key: AtomicBool::new(false) });
        service.context.http = keyless.clone();
        let action = approve(&service, &case).await;
        service.work().await.unwrap();
        assert_eq!(
            (shown(&service, &action).await["state"].as_str(), told(&service, case.provider)),
            (Some("executing"), 1)
        );
        let path = format!("/api/actions/{action}/withdraw");
        let (status, answer) = ask(&service, "mara", Method::POST, &path, Some(&json!({})), None).await;
        assert_eq!((status, answer["state"].as_str()), (StatusCode::OK, Some("withdrawn")), "{answer}");

        // The key works for another request, and breaks again after it: people hear of that, too.
        keyless.has_key.store(true, Ordering::Relaxed);
        let body = json!({"account": case.account, "kind": "credit", "params": {"amount": {"amount": "1.00", "currency": "USD"}},
            "reason_code": "service_outage", "note": ""});
        let (_, one) = ask(&service, "bea", Method::POST, "/api/actions", Some(&body), Some("one")).await;
        service.work().await.unwrap();
        assert_eq!(shown(&service, one["id"].as_str().unwrap()).await["state"], "executed", "{one}");
        assert_eq!(key_of(&service, case.provider).await, Value::Null, "it works, whoever waited for it");
        keyless.has_key.store(false, Ordering::Relaxed);
        let (_, two) = ask(&service, "bea", Method::POST, "/api/actions", Some(&body), Some("two")).await;
        service.work().await.unwrap();
        assert_eq!(
            (shown(&service, two["id"].as_str().unwrap()).await["locked"].as_bool(), told(&service, case.provider)),
            (Some(true), 2)
        );
    });
}

#[test]
fn a_broken_key_is_told_once_slack_listens_again_and_not_at_all_if_it_works_by_then() {
    run(async {
        for (works_by_then, expected) in [(false, 1), (true, 0)] {
            let case = refunds().remove(0);
            let mut service = prepared(&case).await;
            let keyless = Arc::new(Keyless { sandbox: service.sandbox.clone(), has_key: AtomicBool::new(false) });
            service.context.http = keyless.clone();
            approve(&service, &case).await;
            for _ in 0..20 {
                service.sandbox.trouble("slack", "429").unwrap();
            }
            service.work().await.unwrap();
            assert_eq!(told(&service, case.provider), 0, "Slack refuses");
            assert_ne!(key_of(&service, case.provider).await, Value::Null);
            keyless.has_key.store(works_by_then, Ordering::Relaxed);
            later(&service, 24).await;
            assert_eq!(told(&service, case.provider), expected, "works by then: {works_by_then}");
        }
    });
}

#[test]
fn a_missing_key_is_waited_for_and_never_in_doubt() {
    run(async {
        // One is sent at once, the other is looked at before.
        for case in refunds().into_iter().filter(|case| ["stripe", "revenuecat"].contains(&case.provider)) {
            let mut service = prepared(&case).await;
            let keyless = Arc::new(Keyless { sandbox: service.sandbox.clone(), has_key: AtomicBool::new(false) });
            service.context.http = keyless.clone();
            let action = approve(&service, &case).await;
            service.work().await.unwrap();
            for hours in [1, 79] {
                later(&service, hours).await;
                let waiting = shown(&service, &action).await;
                let state = waiting["state"].as_str().unwrap();
                assert!(matches!(state, "approved" | "executing"), "{}: {state} after {hours} hours", case.provider);
                assert_eq!(waiting["locked"], true, "{} after {hours} hours", case.provider);
                assert_eq!(told(&service, case.provider), 1, "{} after {hours} hours", case.provider);
            }
            keyless.has_key.store(true, Ordering::Relaxed);
            later(&service, 2).await;
            let done = shown(&service, &action).await;
            assert_eq!(done["state"], "executed", "{}: {done}", case.provider);
            assert_eq!(key_of(&service, case.provider).await, Value::Null, "{}", case.provider);
        }
    });
}

/// A key that may do everything but give money back.
struct Restricted(Arc<Sandbox>);

#[async_trait]
impl Http for Restricted {
    async fn call(&self, provider: &str, source: &str, call: &Call) -> Result<Reply, NoReply> {
        if call.path.contains("refund") {
            return Ok(Reply { status: 403, body: "{}".to_owned() });
        }
        self.0.call(provider, source, call).await
    }
}

/// A credit for the account of a case, under a key of its own.
async fn credit(service: &Service, case: &Case, key: &str) -> String {
    let body = json!({"account": case.account, "kind": "credit", "params": {"amount": {"amount": "1.00", "currency": "USD"}},
        "reason_code": "service_outage", "note": ""});
    let (status, answer) = ask(service, "bea", Method::POST, "/api/actions", Some(&body), Some(key)).await;
    assert!(status.is_success(), "{answer}");
    service.work().await.unwrap();
    answer["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_key_that_lacks_only_refunds_is_told_once_whatever_else_it_does() {
    run(async {
        let case = refunds().remove(0);
        let mut service = prepared(&case).await;
        service.context.http = Arc::new(Restricted(service.sandbox.clone()));
        let refund = approve(&service, &case).await;
        service.work().await.unwrap();
        for key in ["one", "two", "three"] {
            let credit = credit(&service, &case, key).await;
            assert_eq!(shown(&service, &credit).await["state"], "executed", "{key}");
            let why = key_of(&service, case.provider).await["why"].clone();
            assert!(why.as_str().is_some_and(|why| why.contains("403")), "{key}: {why}");
            later(&service, 1).await;
            assert_eq!(told(&service, case.provider), 1, "{key}");
        }
        assert_eq!(shown(&service, &refund).await["locked"], true, "it waits");
    });
}

#[test]
fn who_is_taken_back_makes_no_news_while_another_waits() {
    run(async {
        let case = refunds().remove(0);
        let mut service = prepared(&case).await;
        let keyless = Arc::new(Keyless { sandbox: service.sandbox.clone(), has_key: AtomicBool::new(false) });
        service.context.http = keyless.clone();
        let (one, two) = (credit(&service, &case, "one").await, credit(&service, &case, "two").await);
        let path = format!("/api/actions/{one}/withdraw");
        let (status, answer) = ask(&service, "mara", Method::POST, &path, Some(&json!({})), None).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        later(&service, 2).await;
        assert_eq!(shown(&service, &two).await["locked"], true);
        assert_ne!(key_of(&service, case.provider).await, Value::Null);
        assert_eq!(told(&service, case.provider), 1, "nothing new");
        keyless.has_key.store(true, Ordering::Relaxed);
        later(&service, 2).await;
        assert_eq!(key_of(&service, case.provider).await, Value::Null, "nobody waits any more");
    });
}

#[test]
fn who_waits_beyond_those_that_are_named_is_not_forgotten() {
    run(async {
        let case = refunds().remove(0);
        let mut service = prepared(&case).await;
        let keyless = Arc::new(Keyless { sandbox: service.sandbox.clone(), has_key: AtomicBool::new(false) });
        service.context.http = keyless.clone();
        let mut waiting = Vec::new();
        for number in 0..22 {
            waiting.push(credit(&service, &case, &number.to_string()).await);
        }
        // The twenty that were first are named, and all of them are taken back.
        for action in &waiting[..20] {
            let path = format!("/api/actions/{action}/withdraw");
            let (status, answer) = ask(&service, "mara", Method::POST, &path, Some(&json!({})), None).await;
            assert_eq!(status, StatusCode::OK, "{answer}");
        }
        assert_ne!(key_of(&service, case.provider).await, Value::Null, "two more wait");
        later(&service, 2).await;
        for action in &waiting[20..] {
            assert_eq!(shown(&service, action).await["locked"], true);
        }
        assert_ne!(key_of(&service, case.provider).await, Value::Null);
        assert_eq!(told(&service, case.provider), 1, "they have waited all the time");
        keyless.has_key.store(true, Ordering::Relaxed);
        later(&service, 2).await;
        assert_eq!(key_of(&service, case.provider).await, Value::Null, "nobody waits any more");
    });
}

/// The tasks of a state that somebody sets a key.
async fn key_tasks(service: &Service, state: &str) -> Vec<Value> {
    let tasks = get(service, &format!("/api/tasks?state={state}")).await;
    let all = tasks["items"].as_array().unwrap().iter();
    all.filter(|task| task["about"]["kind"] == "key").cloned().collect()
}

#[test]
fn a_key_that_does_not_work_is_one_task_until_what_waited_for_it_goes_on() {
    run(async {
        let case = refunds().remove(0);
        let mut service = prepared(&case).await;
        let keyless = Arc::new(Keyless { sandbox: service.sandbox.clone(), has_key: AtomicBool::new(false) });
        service.context.http = keyless.clone();
        let waiting = [credit(&service, &case, "one").await, credit(&service, &case, "two").await];
        let open = key_tasks(&service, "open").await;
        assert_eq!(open.len(), 1, "one, whoever waits: {open:?}");
        let about = json!({"kind": "key", "provider": case.provider, "source": "default"});
        assert_eq!(open[0]["about"], about, "{open:?}");
        later(&service, 2).await;
        assert_eq!(key_tasks(&service, "open").await.len(), 1, "however often they ask again");
        keyless.has_key.store(true, Ordering::Relaxed);
        later(&service, 2).await;
        for action in &waiting {
            assert_eq!(shown(&service, action).await["state"], "executed");
        }
        assert_eq!(key_tasks(&service, "open").await, Vec::<Value>::new(), "the key works");
        let done = key_tasks(&service, "done").await;
        assert_eq!((done.len(), &done[0]["ended_by"]), (1, &json!("recoup")), "{done:?}");
    });
}

#[test]
fn the_task_of_a_key_that_nobody_waits_for_any_more_is_that_of_whoever_is_next() {
    run(async {
        let case = refunds().remove(0);
        let mut service = prepared(&case).await;
        let keyless = Arc::new(Keyless { sandbox: service.sandbox.clone(), has_key: AtomicBool::new(false) });
        service.context.http = keyless.clone();
        let one = credit(&service, &case, "one").await;
        let path = format!("/api/actions/{one}/withdraw");
        let (status, answer) = ask(&service, "mara", Method::POST, &path, Some(&json!({})), None).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        assert_eq!(key_tasks(&service, "open").await.len(), 1, "nobody has set it");
        credit(&service, &case, "two").await;
        assert_eq!(key_tasks(&service, "open").await.len(), 1, "there is one already");
        keyless.has_key.store(true, Ordering::Relaxed);
        later(&service, 2).await;
        assert_eq!(key_tasks(&service, "open").await, Vec::<Value>::new(), "the key works");
    });
}
