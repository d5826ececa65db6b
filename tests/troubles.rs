//! What the stand-in of a provider gets wrong on purpose, and that a refund happens once all the same.

use crate::http::run;
use crate::matrix::shop;
use ::http::{Method, StatusCode};
use app::ports::{Clock, Http};
use jiff::SignedDuration;
use local::service::Service;
use providers::Call;
use serde_json::{Value, json};
use tests::world::{ask, get};

/// Asks Stripe for a refund under a key, and says what is answered; nothing if the connection drops.
async fn refund(service: &Service, key: &str) -> Option<u16> {
    let (path, body) = ("/v1/refunds".to_owned(), "charge=ch_1&amount=100".to_owned());
    let call = Call { method: Method::POST, path, body, idempotency_key: Some(key.to_owned()), patient: true };
    service.sandbox.call("stripe", "default", &call).await.ok().map(|reply| reply.status)
}

/// How many refunds Stripe shows.
async fn shown(service: &Service) -> usize {
    let reply = service.sandbox.call("stripe", "default", &Call::get("/v1/refunds?charge=ch_1")).await.unwrap();
    let list: Value = serde_json::from_str(&reply.body).unwrap();
    list["data"].as_array().unwrap().len()
}

fn passes(service: &Service, secs: i64) {
    service.clock.advance(service.clock.now() + SignedDuration::from_secs(secs)).unwrap();
}

#[test]
fn what_was_answered_with_500_may_be_done() {
    run(async {
        let service = shop().await;
        service.sandbox.trouble("stripe", "500_done").unwrap();
        assert_eq!(refund(&service, "key").await, Some(500));
        assert_eq!(shown(&service).await, 1);
        assert_eq!(refund(&service, "key").await, Some(500), "its failure is kept under the key");
        assert_eq!(shown(&service).await, 1);
    });
}

#[test]
fn what_is_done_later_is_done_once() {
    run(async {
        let service = shop().await;
        service.sandbox.trouble("stripe", "done_later 120").unwrap();
        assert_eq!(refund(&service, "key").await, None);
        for (secs, refunds, answer) in [(0, 0, 409), (119, 0, 409), (1, 1, 200)] {
            passes(&service, secs);
            assert_eq!(shown(&service).await, refunds, "{secs}");
            assert_eq!(refund(&service, "key").await, Some(answer), "{secs}");
        }
        assert_eq!(shown(&service).await, 1);
        assert_eq!(service.sandbox.calls("stripe").unwrap().iter().filter(|call| call.executed).count(), 1);
    });
}

#[test]
fn what_is_done_may_be_shown_late() {
    run(async {
        let service = shop().await;
        service.sandbox.trouble("stripe", "shows_late 240").unwrap();
        service.sandbox.trouble("stripe", "timeout_done").unwrap();
        assert_eq!(refund(&service, "key").await, None, "both come to one call");
        for (secs, refunds) in [(0, 0), (239, 0), (1, 1)] {
            passes(&service, secs);
            assert_eq!(shown(&service).await, refunds, "{secs}");
        }
    });
}

#[test]
fn whatever_the_provider_gets_wrong_it_refunds_once() {
    run(async {
        for troubles in [
            &["500_done"][..],
            &["done_later 180"],
            &["shows_late 240", "timeout_done"],
            &["shows_late 240", "500_done"],
            &["shows_late 1200", "timeout_done"],
            &["shows_late 1200", "500_done"],
            // The answer is lost, and the provider is still at it for longer than anybody waits.
            &["done_later 1200"],
        ] {
            let service = shop().await;
            troubles.iter().for_each(|trouble| service.sandbox.trouble("stripe", trouble).unwrap());
            let params = json!({"payment": "ch_1", "amount": {"amount": "5.00", "currency": "USD"}});
            let body = json!({"account": "stripe:cus_1", "kind": "refund", "params": params, "reason_code": "service_outage", "note": ""});
            let (status, answer) = ask(&service, "mara", Method::POST, "/api/actions", Some(&body), Some("key")).await;
            assert_eq!(status, StatusCode::CREATED, "{answer}");
            service.advance(service.clock.now() + SignedDuration::from_hours(2)).await.unwrap();
            let action = get(&service, &format!("/api/actions/{}", answer["id"].as_str().unwrap())).await;
            assert_eq!(action["state"], "executed", "{troubles:?}: {action}");
            assert_eq!(service.sandbox.refunds().unwrap().len(), 1, "{troubles:?}");
        }
    });
}
