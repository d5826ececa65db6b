//! What an action at a provider leaves as it was.

use crate::http::run;
use crate::matrix::shop;
use ::http::{Method, StatusCode};
use app::ports::{Clock, Http};
use jiff::SignedDuration;
use local::service::Service;
use providers::Call;
use serde_json::{Value, json};
use tests::stripe;
use tests::world::{ask, deliver, get};

/// What the provider shows at an address.
async fn shown(service: &Service, provider: &str, path: &str) -> Value {
    let reply = service.sandbox.call(provider, "default", &Call::get(path)).await.unwrap();
    serde_json::from_str(&reply.body).unwrap()
}

/// Asks for what Mara decides alone, and carries it out.
async fn done(service: &Service, account: &str, kind: &str, params: Value) -> Value {
    let body = json!({"account": account, "kind": kind, "params": params, "reason_code": "billing_error", "note": ""});
    let (status, answer) = ask(service, "mara", Method::POST, "/api/actions", Some(&body), Some("key")).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    service.work().await.unwrap();
    service.advance(service.clock.now() + SignedDuration::from_mins(5)).await.unwrap();
    get(service, &format!("/api/actions/{}", answer["id"].as_str().unwrap())).await
}

/// Stripe tells of a subscription of `cus_4` that has these fields as well.
async fn told(service: &Service, fields: &Value) {
    let now = service.clock.now();
    let mut object = stripe::subscription("cus_4", "sub_4", "price_pro", 4900, 5, "active", now);
    object.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let event = stripe::event("evt_told", "customer.subscription.updated", now, &object);
    assert_eq!(deliver(service, &event).await.0, StatusCode::OK);
    service.work().await.unwrap();
}

#[test]
fn a_discount_at_stripe_leaves_the_one_that_stands() {
    run(async {
        let service = shop().await;
        let coupon = json!({"id": "TWENTY", "percent_off": 20, "duration": "forever"});
        let discount = json!({"id": "di_1", "object": "discount", "coupon": coupon});
        assert!(service.sandbox.teach("stripe", &discount).unwrap());
        // Since basil a webhook shows only ids.
        told(&service, &json!({"discounts": ["di_1"]})).await;
        let action = done(&service, "stripe:cus_4", "discount", json!({"percent": "10"})).await;
        assert_eq!(action["state"], "executed", "{action}");
        let line = &action["preview"]["lines"][0];
        assert_eq!((&line["before"], &line["after"]), (&json!("20%"), &json!("20%, and 10% of the rest")), "{line}");
        let after = shown(&service, "stripe", "/v1/subscriptions/sub_4?expand[]=discounts").await;
        let coupons: Vec<_> = (0..2).map(|place| after["discounts"][place]["coupon"]["id"].clone()).collect();
        assert_eq!(coupons, [json!("TWENTY"), action["id"].clone()], "{after}");
        assert_eq!(after["discounts"].as_array().map(Vec::len), Some(2));
    });
}

#[test]
fn what_stripe_paused_and_what_rests_there_go_on_together() {
    run(async {
        let service = shop().await;
        told(&service, &json!({"status": "paused", "pause_collection": {"behavior": "void", "resumes_at": null}}))
            .await;
        let action = done(&service, "stripe:cus_4", "resume", json!({})).await;
        assert_eq!(action["state"], "executed", "{action}");
        let after = shown(&service, "stripe", "/v1/subscriptions/sub_4").await;
        assert_eq!((&after["status"], &after["pause_collection"]), (&json!("active"), &Value::Null));
        let calls = service.sandbox.calls("stripe").unwrap();
        let sent: Vec<_> = calls.iter().filter(|call| call.method == "POST").map(|call| call.path.as_str()).collect();
        assert_eq!(
            sent,
            ["/v1/subscriptions/sub_4/resume", "/v1/subscriptions/sub_4"],
            "what may be refused comes first"
        );
    });
}

#[test]
fn a_downgrade_at_stripe_leaves_taxes_discounts_and_the_way_to_pay() {
    run(async {
        let service = shop().await;
        let discount = json!({"id": "di_1", "object": "discount", "coupon": {"id": "TWENTY", "percent_off": 20}});
        assert!(service.sandbox.teach("stripe", &discount).unwrap());
        let kept = json!({
            "discounts": ["di_1"], "default_tax_rates": ["txr_1"], "automatic_tax": {"enabled": "true"}, "collection_method": "send_invoice",
            "default_payment_method": "pm_1", "on_behalf_of": "acct_1",
        });
        told(&service, &kept).await;
        let action = done(&service, "stripe:cus_4", "downgrade", json!({"plan": "price_basic"})).await;
        assert_eq!(action["state"], "executed", "{action}");
        let after = shown(&service, "stripe", "/v1/subscriptions/sub_4").await;
        let schedule = after["schedule"].as_str().unwrap();
        let schedule = shown(&service, "stripe", &format!("/v1/subscription_schedules/{schedule}")).await;
        for (field, value) in kept.as_object().unwrap() {
            assert_eq!(&after[field], value, "{field} of the running period");
            let next = &schedule["phases"][1][field];
            let next = if field == "discounts" { json!([next[0]["discount"]]) } else { next.clone() };
            assert_eq!(&next, value, "{field} of the next period");
        }
        let plans: Vec<_> = (0..2).map(|phase| schedule["phases"][phase]["items"][0]["price"].clone()).collect();
        assert_eq!(plans, ["price_pro", "price_basic"]);
    });
}
