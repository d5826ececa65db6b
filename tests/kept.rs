//! What an action at a provider leaves as it was.

use crate::http::run;
use crate::matrix::shop;
use ::http::{Method, StatusCode};
use app::ports::{Clock, Http};
use jiff::SignedDuration;
use local::service::{Options, Service};
use providers::Call;
use serde_json::{Value, json};
use tests::stripe;
use tests::world::{ask, deliver, deliver_to, get, open_at};

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
        let coupons: Vec<_> = (0..2).map(|place| after["discounts"][place]["source"]["coupon"].clone()).collect();
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

#[test]
fn a_refund_that_failed_at_chargebee_is_not_found_as_done_nor_tried_again() {
    run(async {
        let service = open_at("2026-03-04T11:00:00Z").await;
        for file in ["subscription_created.pc1", "invoice_generated", "payment_succeeded"] {
            let path = format!("{}/fixtures/chargebee/{file}.json", env!("CARGO_MANIFEST_DIR"));
            let (status, answer) = deliver_to(&service, "chargebee", &std::fs::read(path).unwrap()).await;
            assert_eq!(status, StatusCode::OK, "{answer}");
            service.work().await.unwrap();
        }
        assert!(service.sandbox.teach("chargebee", &json!({"object": "refund_refusal", "id": "txn_2"})).unwrap());
        service.sandbox.trouble("chargebee", "timeout_done").unwrap();
        let ten = json!({"payment": "txn_2", "amount": {"amount": "10.00", "currency": "USD"}});
        let action = done(&service, "chargebee:cb_1", "refund", ten).await;
        service.advance(service.clock.now() + SignedDuration::from_hours(2)).await.unwrap();
        let action = get(&service, &format!("/api/actions/{}", action["id"].as_str().unwrap())).await;
        assert_eq!(action["state"], "failed", "{action}");
        let notes = shown(&service, "chargebee", "/api/v2/credit_notes?reference_invoice_id%5Bis%5D=6").await;
        let note = &notes["list"][0]["credit_note"];
        assert_eq!((&note["notes"][0], note.get("customer_notes")), (&action["id"], None), "{note}");
        let calls = service.sandbox.calls("chargebee").unwrap();
        assert_eq!(
            calls.iter().filter(|call| call.path.ends_with("/refund")).count(),
            1,
            "it was found, not sent again"
        );
    });
}

#[test]
fn a_further_try_at_mollie_is_told_to_the_address_of_its_source() {
    run(async {
        for (base, expected) in [
            ("https://recoup.example", json!("https://recoup.example/webhooks/mollie/default")),
            ("http://recoup.test", Value::Null),
        ] {
            let clock = Some("2026-03-04T11:00:00Z".parse().unwrap());
            let options = Options { clock, base_url: base.to_owned(), ..Options::default() };
            let service = Service::open(&options).await.unwrap();
            for file in ["payment.paid", "payment.failed"] {
                let path = format!("{}/fixtures/mollie/{file}.json", env!("CARGO_MANIFEST_DIR"));
                let (status, answer) = deliver_to(&service, "mollie", &std::fs::read(path).unwrap()).await;
                assert_eq!(status, StatusCode::OK, "{answer}");
                service.work().await.unwrap();
            }
            let action = done(&service, "mollie:cst_1", "retry_payment", json!({"invoice": "tr_fail1"})).await;
            let calls = service.sandbox.calls("mollie").unwrap();
            let sent = calls.iter().find(|call| call.method == "POST").unwrap_or_else(|| panic!("{action}"));
            let body: Value = serde_json::from_str(&sent.body).unwrap();
            assert_eq!(
                (sent.path.as_str(), &body["webhookUrl"]),
                ("/v2/customers/cst_1/payments", &expected),
                "{base}"
            );
            assert_eq!(sent.status, json!(201), "{}", sent.answer);
        }
    });
}
