//! A source that may go further: what that lets loose is shown first, takes two people, and comes some at a time.

use crate::http::run;
use ::http::{Method, StatusCode};
use app::ports::Clock;
use jiff::SignedDuration;
use local::service::Service;
use serde_json::{Value, json};
use tests::stripe;
use tests::world::{ask, deliver, get, open_at};

async fn wish(service: &Service, staff: &str, query: &str, wish: Value) -> (StatusCode, Value) {
    ask(service, staff, Method::POST, &format!("/api/sources/stripe/default{query}"), Some(&wish), None).await
}

/// How Stripe's source is set up.
async fn source(service: &Service) -> Value {
    let sources = get(service, "/api/sources").await;
    sources["items"].as_array().unwrap().iter().find(|source| source["provider"] == "stripe").cloned().unwrap()
}

async fn count(service: &Service, path: &str) -> usize {
    get(service, path).await["items"].as_array().unwrap().len()
}

const CASES: &str = "/api/cases?state=open&limit=1000";
const WAITING: &str = "/api/actions?state=waiting_approval&limit=1000";

/// A source that observes, and so many customers of it who paid 100.00 twice.
async fn observed(customers: usize) -> Service {
    let service = open_at("2026-03-01T09:00:00Z").await;
    assert_eq!(wish(&service, "mara", "", json!({"acting": "observe"})).await.0, StatusCode::OK);
    let now = service.clock.now();
    for number in 0..customers {
        let customer = format!("cus_{number}");
        let known = stripe::customer(&customer, now);
        deliver(&service, &stripe::event(&format!("evt_{number}"), "customer.created", now, &known)).await;
        for copy in ["a", "b"] {
            let id = format!("{number}{copy}");
            let charge = stripe::charge(&customer, &format!("ch_{id}"), None, 10_000, "usd", None, now);
            deliver(&service, &stripe::event(&format!("evt_{id}"), "charge.succeeded", now, &charge)).await;
        }
    }
    service.work().await.unwrap();
    service
}

#[test]
fn what_a_source_found_while_it_observed_is_asked_for_in_cohorts() {
    run(async {
        let service = observed(53).await;
        assert_eq!((count(&service, CASES).await, count(&service, WAITING).await), (53, 0));

        // What it would let loose.
        let act = json!({"acting": "act"});
        let (status, tried) = wish(&service, "mara", "?dry_run=true", act.clone()).await;
        let found = &tried["asked"]["preview"]["backlog"];
        assert_eq!((status, &found["cases"]), (StatusCode::OK, &json!(53)), "{tried}");
        assert_eq!(found["oldest_at"], "2026-03-01T09:00:00Z", "{tried}");
        let refunds = json!([{"kind": "refund", "cases": 53, "amounts": [{"amount": "5300.00", "currency": "USD"}]}]);
        assert_eq!(found["kinds"], refunds, "{tried}");
        assert_eq!(source(&service).await["asked"], Value::Null, "a dry run asks for nothing");

        // Two people, and both see it.
        assert_eq!(wish(&service, "mara", "", act.clone()).await.0, StatusCode::ACCEPTED);
        let (_, page) = ask(&service, "marc", Method::GET, "/sources", None, None).await;
        let page = page.as_str().unwrap();
        for text in ["53 open cases recommend", "5300.00 USD", "what is scheduled goes out by plan"] {
            assert!(page.contains(text), "{text}: {page}");
        }
        service.advance(service.clock.now() + SignedDuration::from_hours(1)).await.unwrap();
        assert_eq!(count(&service, WAITING).await, 0, "one person lets nothing loose");
        let (status, raised) = wish(&service, "marc", "", act).await;
        assert_eq!((status, &raised["acting"]), (StatusCode::OK, &json!("act")), "{raised}");
        let done = &raised["changes"][1];
        assert_eq!((&done["by"], &done["confirmed_by"]), (&json!("mara"), &json!("marc")), "{raised}");
        assert_eq!(done["preview"]["backlog"]["cases"], 53, "what was let loose stays with who did it");

        // Fifty, and half an hour later the rest: not a burst, and nothing twice.
        let raised_at = service.clock.now();
        for (minutes, asked) in [(1, 50), (29, 50), (40, 53), (100, 53)] {
            service.advance(raised_at + SignedDuration::from_mins(minutes)).await.unwrap();
            assert_eq!(count(&service, WAITING).await, asked, "after {minutes} minutes");
        }
    });
}

#[test]
fn what_is_over_or_lowered_again_is_not_asked_for() {
    run(async {
        let service = observed(2).await;
        let case = get(&service, CASES).await["items"][0]["id"].as_str().unwrap().to_owned();
        let resolve = json!({"note": "settled by phone"});
        let path = format!("/api/cases/{case}/resolve");
        assert_eq!(ask(&service, "lena", Method::POST, &path, Some(&resolve), None).await.0, StatusCode::OK);
        let assist = json!({"acting": "assist"});
        wish(&service, "mara", "", assist.clone()).await;
        let (_, raised) = wish(&service, "marc", "", assist.clone()).await;
        assert_eq!(raised["changes"][1]["preview"]["backlog"]["cases"], 1, "{raised}");
        assert_eq!(wish(&service, "mara", "", json!({"acting": "observe"})).await.0, StatusCode::OK);
        service.advance(service.clock.now() + SignedDuration::from_hours(1)).await.unwrap();
        assert_eq!(count(&service, WAITING).await, 0, "it observes again");
        wish(&service, "mara", "", assist.clone()).await;
        wish(&service, "marc", "", assist).await;
        service.advance(service.clock.now() + SignedDuration::from_hours(1)).await.unwrap();
        assert_eq!(count(&service, WAITING).await, 1, "the one that is still open");
    });
}

#[test]
fn taking_test_beside_live_takes_two_people() {
    run(async {
        let service = open_at("2026-03-01T09:00:00Z").await;
        let mode = |mode: &str| json!({"mode": mode});
        assert_eq!(wish(&service, "mara", "", mode("live")).await.0, StatusCode::OK, "less is taken at once");
        let (status, asked) = wish(&service, "mara", "", mode("both")).await;
        assert_eq!((status, &asked["mode"]), (StatusCode::ACCEPTED, &json!("live")), "{asked}");
        let effects = &asked["asked"]["preview"]["effects"];
        assert_eq!(effects, &json!(["deliveries of test mode are taken as well, and count like others"]));
        assert_eq!(wish(&service, "mara", "", mode("both")).await.0, StatusCode::FORBIDDEN);
        let (status, done) = wish(&service, "marc", "", mode("both")).await;
        assert_eq!((status, &done["mode"]), (StatusCode::OK, &json!("both")), "{done}");
        assert_eq!(wish(&service, "mara", "", mode("live")).await.0, StatusCode::OK);
        assert_eq!(wish(&service, "mara", "", mode("both")).await.0, StatusCode::ACCEPTED);
        service.advance(service.clock.now() + SignedDuration::from_hours(72)).await.unwrap();
        assert_eq!(wish(&service, "marc", "", mode("both")).await.0, StatusCode::ACCEPTED, "the first wish is over");
    });
}
