//! What Recoup asks for because of a case, and a person has credited: it is asked for again if that comes to nothing.

use crate::http::run;
use crate::raised::tell;
use ::http::{Method, StatusCode};
use app::ports::Clock;
use app::store::{self, Asking, keys};
use domain::case::Class;
use domain::id::{AccountId, CaseId};
use jiff::SignedDuration;
use local::service::Service;
use serde_json::{Value, json};
use tests::stripe;
use tests::world::{ask, at, get, import, open_at};

async fn hours_later(service: &Service, hours: i64) {
    service.advance(service.clock.now() + SignedDuration::from_hours(hours)).await.unwrap();
}

async fn post(service: &Service, staff: &str, path: &str, body: Value) -> (StatusCode, Value) {
    let answer = ask(service, staff, Method::POST, path, Some(&body), Some(path)).await;
    service.work().await.unwrap();
    answer
}

/// What Recoup asks for and nobody has decided.
async fn waiting(service: &Service) -> Vec<Value> {
    get(service, "/api/actions?state=waiting_approval").await["items"].as_array().unwrap().clone()
}

fn case() -> CaseId {
    CaseId::of(&AccountId::of("stripe", "default", "cus_1"), Class::Overcharge.name(), "in_1")
}

/// Whether somebody is to ask again.
async fn is_promised(service: &Service) -> bool {
    let asking: Option<Asking> = store::read(&service.context, &keys::asking(&case())).await.unwrap();
    asking.is_some_and(|asking| asking.again_at.is_some())
}

/// A bill is 12.00 over its contract. Luis credits as much for no case, a stop holds that, and he finds that what Recoup asks
/// for is not owed by now.
async fn credited() -> (Service, String) {
    let service = open_at("2026-03-01T09:00:00Z").await;
    let now = service.clock.now();
    let contract = "account,reference,subscription,price,unit,currency,seats,starts_on\n\
        stripe:cus_1,C-7,sub_1,price_pro,45.00,USD,3,2026-01-01\n";
    assert_eq!(import(&service, "mara", "contracts", contract, false).await.0, StatusCode::OK);
    tell(&service, "evt_1", "customer.created", &stripe::customer("cus_1", now)).await;
    let bought = stripe::subscription("cus_1", "sub_1", "price_pro", 4_900, 3, "active", now);
    tell(&service, "evt_2", "customer.subscription.updated", &bought).await;
    let mut bill = stripe::invoice("cus_1", "in_1", "open", 14_700, 14_700, "usd", 0, now);
    tell(&service, "evt_3", "invoice.finalized", &bill).await;
    let (from, to) = (at("2026-03-01T00:00:00Z"), at("2026-04-01T00:00:00Z"));
    let line = stripe::line("il_1", "price_pro", 4_900, 3, 14_700, false, from, to, Some("sub_1"));
    bill["lines"] = json!({"object": "list", "has_more": false, "data": [line]});
    bill["subscription"] = json!("sub_1");
    tell(&service, "evt_4", "invoice.updated", &bill).await;
    let asked = waiting(&service).await;
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!((&asked[0]["kind"], &asked[0]["case"]), (&json!("credit"), &json!(case())), "{asked:?}");

    assert!(post(&service, "mara", "/api/stop", json!({"kind": "credit"})).await.0.is_success());
    let own = json!({"account": "stripe:cus_1", "kind": "credit", "params": {"amount": {"amount": "12.00", "currency": "USD"}},
        "reason_code": "billing_error", "note": ""});
    let (status, by_hand) = post(&service, "luis", "/api/actions", own).await;
    assert!(status.is_success(), "{by_hand}");
    let ballot = json!({"decision": "approve", "preview_digest": asked[0]["preview"]["digest"], "note": ""});
    let path = format!("/api/actions/{}/decision", asked[0]["id"].as_str().unwrap());
    assert_eq!(post(&service, "luis", &path, ballot).await.0, StatusCode::CONFLICT);
    assert_eq!(waiting(&service).await, Vec::<Value>::new(), "it was credited");
    (service, by_hand["id"].as_str().unwrap().to_owned())
}

#[test]
fn what_was_credited_and_taken_back_is_asked_for_again() {
    run(async {
        let (service, by_hand) = credited().await;
        assert!(is_promised(&service).await);
        hours_later(&service, 25).await;
        assert_eq!(waiting(&service).await, Vec::<Value>::new(), "the credit is still on its way");
        let (status, answer) = post(&service, "mara", &format!("/api/actions/{by_hand}/withdraw"), json!({})).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        hours_later(&service, 24).await;
        let asked = waiting(&service).await;
        assert_eq!(asked.len(), 1, "{asked:?}");
        assert_eq!((&asked[0]["requested_by"], &asked[0]["case"]), (&json!("recoup"), &json!(case())), "{asked:?}");
        assert!(!is_promised(&service).await, "people were asked");
    });
}

#[test]
fn nobody_asks_again_once_the_case_is_over() {
    run(async {
        let (service, _) = credited().await;
        let path = format!("/api/cases/{}/resolve", case());
        let (status, answer) = post(&service, "bea", &path, json!({"note": "credited by hand"})).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        assert!(is_promised(&service).await);
        hours_later(&service, 25).await;
        assert!(!is_promised(&service).await, "there is nothing more to ask for");
        assert_eq!(waiting(&service).await, Vec::<Value>::new());
    });
}
