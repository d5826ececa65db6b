//! Money that a person gives back by hand: until the provider shows it, nobody gives it back again.

use crate::crash_points::approve;
use crate::crash_points::cases::{Case, all, prepared};
use crate::http::run;
use app::store::{self, Of, keys};
use domain::book::{Head, Payment};
use domain::id::ActionId;
use http::{Method, StatusCode};
use local::service::Service;
use serde_json::{Value, json};
use tests::world::{ask, at, deliver_to, get};

/// A refund of a purchase in Apple's store, which only a person can make; it was approved at eleven on the fourth.
async fn left_to_a_person() -> (Service, String) {
    let case = all().into_iter().find(is_in_store).unwrap();
    let service = prepared(&case).await;
    let action = approve(&service, &case).await;
    service.work().await.unwrap();
    assert_eq!(shown(&service, &action).await["state"], "needs_person");
    (service, action)
}

fn is_in_store(case: &Case) -> bool {
    case.provider == "revenuecat" && case.kind == "refund" && case.params["payment"] == "1000"
}

async fn shown(service: &Service, action: &str) -> Value {
    get(service, &format!("/api/actions/{action}")).await
}

/// Whether somebody can ask for so much of the same payment.
async fn is_free(service: &Service, amount: &str, key: &str) -> bool {
    let body = json!({"account": "revenuecat:user_1", "kind": "refund", "reason_code": "service_outage", "note": "",
        "params": {"payment": "1000", "amount": {"amount": amount, "currency": "USD"}}});
    let (status, answer) = ask(service, "bea", Method::POST, "/api/actions", Some(&body), Some(key)).await;
    assert!([StatusCode::CREATED, StatusCode::UNPROCESSABLE_ENTITY].contains(&status), "{status}: {answer}");
    status == StatusCode::CREATED
}

async fn settle(service: &Service, action: &str, done: bool) {
    let word = json!({"done": done, "reference": "", "note": "in App Store Connect"});
    let path = format!("/api/actions/{action}/settle");
    let (status, answer) = ask(service, "bea", Method::POST, &path, Some(&word), None).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    service.work().await.unwrap();
}

/// Apple gives so much back, at eleven on the fifth.
async fn given_back(service: &Service, amount: &str) {
    service.advance(at("2026-03-05T11:00:00Z")).await.unwrap();
    told_back(service, amount).await;
}

/// RevenueCat tells that Apple gave so much back at eleven on the fifth.
async fn told_back(service: &Service, amount: &str) {
    let path = format!("{}/fixtures/revenuecat/CANCELLATION.refund.json", env!("CARGO_MANIFEST_DIR"));
    let mut delivery: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    delivery["event"]["transaction_id"] = json!("1000");
    delivery["event"]["event_timestamp_ms"] = json!(at("2026-03-05T11:00:00Z").as_millisecond());
    let delivery = delivery.to_string().replace("-9.99", amount);
    let (status, answer) = deliver_to(service, "revenuecat", delivery.as_bytes()).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    service.work().await.unwrap();
}

async fn tasks(service: &Service) -> Vec<Value> {
    get(service, "/api/tasks").await["items"].as_array().unwrap().clone()
}

#[test]
fn what_is_left_to_a_person_is_not_given_back_by_anybody_else() {
    run(async {
        let (service, action) = left_to_a_person().await;
        assert!(!is_free(&service, "9.99", "while it is left to somebody").await);
        settle(&service, &action, true).await;
        assert_eq!(shown(&service, &action).await["state"], "executed");
        assert!(!is_free(&service, "9.99", "after they said that it is done").await);
        given_back(&service, "-9.99").await;
        assert!(shown(&service, &action).await["confirmed_at"].is_string(), "the provider shows it");
        assert!(!is_free(&service, "9.99", "after it was given back").await);
        service.advance(at("2026-03-20T11:00:00Z")).await.unwrap();
        assert_eq!(tasks(&service).await, Vec::<Value>::new(), "nobody has to look for it");
    });
}

#[test]
fn what_will_not_be_done_is_free_again() {
    run(async {
        let (service, action) = left_to_a_person().await;
        settle(&service, &action, false).await;
        assert_eq!(shown(&service, &action).await["state"], "withdrawn");
        assert!(is_free(&service, "9.99", "key").await);
    });
}

#[test]
fn what_was_seen_before_somebody_says_so_is_seen() {
    run(async {
        let (service, action) = left_to_a_person().await;
        given_back(&service, "-9.99").await;
        assert_eq!(shown(&service, &action).await["state"], "needs_person", "whoever has it says so");
        settle(&service, &action, true).await;
        let settled = shown(&service, &action).await;
        assert!(settled["confirmed_at"].is_string(), "{settled}");
        service.advance(at("2026-03-20T11:00:00Z")).await.unwrap();
        assert_eq!(tasks(&service).await, Vec::<Value>::new());
    });
}

#[test]
fn what_the_provider_never_shows_is_looked_for_by_a_person() {
    run(async {
        for (done, state, free) in [(true, "executed", false), (false, "failed", true)] {
            let (service, action) = left_to_a_person().await;
            settle(&service, &action, true).await;
            // Another sum is another refund.
            given_back(&service, "-4.99").await;
            service.advance(at("2026-03-07T10:00:00Z")).await.unwrap();
            assert_eq!(tasks(&service).await, Vec::<Value>::new(), "three days are not over");
            service.advance(at("2026-03-07T12:00:00Z")).await.unwrap();
            let open = tasks(&service).await;
            assert_eq!(open.len(), 1, "{open:?}");
            assert_eq!((&open[0]["about"]["kind"], &open[0]["about"]["action"]), (&json!("unseen"), &json!(action)));
            assert!(!is_free(&service, "5.00", "while somebody looks").await);

            let path = format!("/api/tasks/{}", open[0]["id"].as_str().unwrap());
            let say = async |word: Value| ask(&service, "bea", Method::POST, &path, Some(&word), None).await;
            for (reference, status) in
                [("", StatusCode::BAD_REQUEST), ("1000:refund", StatusCode::UNPROCESSABLE_ENTITY)]
            {
                let (answered, answer) = say(json!({"done": true, "reference": reference})).await;
                assert_eq!(answered, status, "`{reference}` is no refund of theirs: {answer}");
            }
            assert_eq!(shown(&service, &action).await["confirmed_at"], Value::Null);
            let reference = if done { "MK5TTZ" } else { "" };
            let (status, answer) = say(json!({"done": done, "reference": reference, "note": "looked there"})).await;
            assert_eq!(status, StatusCode::OK, "{answer}");
            let ended = if done { "done" } else { "dropped" };
            assert_eq!((&answer["state"], &answer["reference"]), (&json!(ended), &json!(reference)));
            service.work().await.unwrap();
            let settled = shown(&service, &action).await;
            assert_eq!((&settled["state"], settled["confirmed_at"].is_string()), (&json!(state), done), "{settled}");
            let head: Head = store::read(&service.context, &keys::head(&ActionId::parse(&action).unwrap().account()))
                .await
                .unwrap()
                .unwrap();
            assert_eq!(head.under_way.len(), 0, "nothing more is waited for");
            assert_eq!(is_free(&service, "5.00", "the rest").await, free, "done: {done}");
        }
    });
}

#[test]
fn what_a_person_found_at_the_provider_is_given_back_once_in_the_book() {
    run(async {
        let (service, action) = left_to_a_person().await;
        settle(&service, &action, true).await;
        service.advance(at("2026-03-07T12:00:00Z")).await.unwrap();
        let open = tasks(&service).await;
        let path = format!("/api/tasks/{}", open[0]["id"].as_str().unwrap());
        let word = json!({"done": true, "reference": "1000:refund"});
        let (status, answer) = ask(&service, "bea", Method::POST, &path, Some(&word), None).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let own = keys::payment(&ActionId::parse(&action).unwrap().account(), "1000");
        let in_book = async || store::read::<Of<Payment>>(&service.context, &own).await.unwrap().unwrap().value;
        let found = in_book().await;
        assert_eq!((found.reserved.len(), found.refunds.len()), (0, 1), "{found:?}");
        let given_back = found.given_back();
        assert!(found.refunds["1000:refund"].said, "only bea says so");
        assert_eq!(shown(&service, &action).await["found_by"], "bea");
        let account = ActionId::parse(&action).unwrap().account();
        let ledger = get(&service, &format!("/api/accounts/{account}/ledger")).await;
        let entries = ledger["items"].as_array().unwrap();
        let confirmed: Vec<_> = entries.iter().filter(|entry| entry["step"] == "confirmed").collect();
        assert_eq!((confirmed.len(), &confirmed[0]["by"]), (1, &json!("bea")), "no provider confirmed it: {ledger}");

        // The provider tells of it after all, under the same id: it is the same.
        told_back(&service, "-9.99").await;
        let told = in_book().await;
        assert_eq!((told.given_back(), told.refunds.len()), (given_back, 1), "{told:?}");
        assert!(!told.refunds["1000:refund"].said, "the provider says so, too");
        service.advance(at("2026-03-20T11:00:00Z")).await.unwrap();
        assert_eq!(tasks(&service).await, Vec::<Value>::new());
    });
}

#[test]
fn what_a_person_found_under_a_wrong_id_gives_way_to_what_the_provider_tells() {
    run(async {
        let (service, action) = left_to_a_person().await;
        settle(&service, &action, true).await;
        service.advance(at("2026-03-07T12:00:00Z")).await.unwrap();
        let path = format!("/api/tasks/{}", tasks(&service).await[0]["id"].as_str().unwrap());
        let word = json!({"done": true, "reference": "MK5TTZ"});
        let (status, answer) = ask(&service, "bea", Method::POST, &path, Some(&word), None).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        told_back(&service, "-9.99").await;
        let own = keys::payment(&ActionId::parse(&action).unwrap().account(), "1000");
        let payment = store::read::<Of<Payment>>(&service.context, &own).await.unwrap().unwrap().value;
        let refunds: Vec<_> = payment.refunds.keys().map(String::as_str).collect();
        assert_eq!(refunds, ["1000:refund"], "it went back once: {payment:?}");
    });
}
