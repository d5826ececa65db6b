//! R18, R16: what a refund may be for, who asks too often, and what was tried and must not be.

use crate::desk::charged_twice;
use crate::http::{run, with_a_payment};
use ::http::Method;
use app::ports::Clock;
use jiff::SignedDuration;
use local::service::Service;
use serde_json::{Value, json};
use tests::stripe;
use tests::world::{ask, deliver, get};

async fn refund(
    service: &Service,
    staff: &str,
    key: &str,
    amount: &str,
    reason: &str,
    exception: bool,
) -> (u16, Value) {
    let body = json!({
        "account": "stripe:cus_1", "kind": "refund", "params": {"payment": "ch_1", "amount": {"amount": amount, "currency": "USD"}},
        "reason_code": reason, "note": "they asked", "exception": exception,
    });
    let (status, answer) = ask(service, staff, Method::POST, "/api/actions", Some(&body), Some(key)).await;
    (status.as_u16(), answer)
}

async fn pass(service: &Service, days: i64) {
    service.advance(service.clock.now() + SignedDuration::from_hours(24 * days)).await.unwrap();
}

#[test]
fn a_refund_that_comes_too_late_says_what_to_do_and_can_be_granted_openly() {
    run(async {
        let service = with_a_payment().await;
        pass(&service, 30).await;
        assert_eq!(refund(&service, "mara", "k1", "5.00", "other", false).await.0, 201, "the last day");
        pass(&service, 1).await;
        let (status, answer) = refund(&service, "mara", "k2", "5.00", "other", false).await;
        let message = answer["error"]["message"].as_str().unwrap();
        assert_eq!((status, &answer["error"]["code"]), (422, &json!("not_eligible")));
        assert!(
            message.contains("31 days ago") && message.contains("instead, ") && message.contains("`exception`"),
            "{message}"
        );
        assert_eq!(
            refund(&service, "mara", "k3", "5.00", "service_outage", false).await.0,
            201,
            "another reason has another window"
        );
        let (status, action) = refund(&service, "mara", "k4", "5.00", "other", true).await;
        assert_eq!(
            (status, &action["approvals_required"]),
            (201, &json!([{"role": "manager"}, {"role": "vp"}])),
            "{action}"
        );
        assert_eq!(
            (&action["state"], &action["preview"]["clause"]["rule"]),
            (&json!("waiting_approval"), &json!("refund-exception"))
        );
    });
}

/// Asks for an error of ours to be put right.
async fn put_right(service: &Service, staff: &str, key: &str, payment: &str, amount: &str) -> (u16, Value) {
    let body = json!({"account": "stripe:cus_1", "kind": "refund", "reason_code": "billing_error", "note": "",
        "params": {"payment": payment, "amount": {"amount": amount, "currency": "USD"}}});
    let (status, answer) = ask(service, staff, Method::POST, "/api/actions", Some(&body), Some(key)).await;
    (status.as_u16(), answer)
}

#[test]
fn an_error_that_somebody_types_is_proven_by_an_open_case_or_not_at_all() {
    run(async {
        let service = with_a_payment().await;
        let case = charged_twice(&service).await;
        pass(&service, 200).await;
        let (status, refused) = put_right(&service, "luis", "k1", "ch_1", "100.00").await;
        assert_eq!((status, &refused["error"]["code"]), (422, &json!("not_eligible")), "another payment's case");
        let message = refused["error"]["message"].as_str().unwrap();
        assert!(message.contains("200 days ago") && message.contains("is judged as `other`"), "{message}");

        let (status, waiting) = put_right(&service, "luis", "k2", "ch_2", "60.00").await;
        let (billing, state) = (json!([{"role": "billing_specialist"}]), json!("waiting_approval"));
        assert_eq!((status, &waiting["approvals_required"], &waiting["state"]), (201, &billing, &state), "{waiting}");
        assert!(!waiting["preview"]["clause"]["why"].as_str().unwrap().contains("is judged"), "{waiting}");

        // The case ends while people decide: what it proved is not approved by it any more.
        let (path, note) = (format!("/api/cases/{case}/resolve"), json!({"note": "both were wanted"}));
        assert_eq!(ask(&service, "lena", Method::POST, &path, Some(&note), None).await.0, 200);
        let path = format!("/api/actions/{}/decision", waiting["id"].as_str().unwrap());
        let ballot = json!({"decision": "approve", "preview_digest": waiting["preview"]["digest"], "note": ""});
        let (status, answer) = ask(&service, "bea", Method::POST, &path, Some(&ballot), None).await;
        assert_eq!((status.as_u16(), &answer["error"]["code"]), (409, &json!("stale_preview")), "{answer}");
        let action = get(&service, &format!("/api/actions/{}", waiting["id"].as_str().unwrap())).await;
        assert_eq!(action["state"], "stale", "{action}");
        let (status, refused) = put_right(&service, "luis", "k3", "ch_2", "60.00").await;
        assert_eq!((status, &refused["error"]["code"]), (422, &json!("not_eligible")), "a case that has ended");
        assert!(service.sandbox.refunds().unwrap().is_empty());
    });
}

#[test]
fn what_an_open_case_proves_is_approved_and_done() {
    run(async {
        let service = with_a_payment().await;
        charged_twice(&service).await;
        pass(&service, 200).await;
        let (status, action) = put_right(&service, "bea", "k1", "ch_2", "100.00").await;
        assert_eq!((status, &action["approvals_required"]), (201, &json!([])), "{action}");
        service.work().await.unwrap();
        let action = get(&service, &format!("/api/actions/{}", action["id"].as_str().unwrap())).await;
        assert_eq!(action["state"], "executed", "{action}");
    });
}

#[test]
fn the_third_request_within_ninety_days_is_a_managers() {
    run(async {
        let service = with_a_payment().await;
        for key in ["k1", "k2"] {
            let (status, action) = refund(&service, "bea", key, "1.00", "customer_dissatisfaction", false).await;
            assert_eq!((status, &action["approvals_required"]), (201, &json!([])), "{action}");
            service.work().await.unwrap();
        }
        let (_, third) = refund(&service, "bea", "k3", "1.00", "customer_dissatisfaction", false).await;
        assert_eq!(
            (&third["state"], &third["approvals_required"]),
            (&json!("waiting_approval"), &json!([{"role": "manager"}])),
            "{third}"
        );
        assert!(third["preview"]["clause"]["why"].as_str().unwrap().contains("Request 3 within 90 days"), "{third}");
        let (_, outage) = refund(&service, "bea", "k4", "1.00", "service_outage", false).await;
        assert_eq!(outage["approvals_required"], json!([]), "an outage is no pattern of theirs");
        let (_, error) = refund(&service, "bea", "k6", "1.00", "billing_error", false).await;
        assert_eq!(error["approvals_required"], json!([{"role": "manager"}]), "an error is, that nothing proves");
        let (_, by_manager) = refund(&service, "mara", "k5", "1.00", "customer_dissatisfaction", false).await;
        assert_eq!(
            (&by_manager["state"], &by_manager["approvals"][0]["within_limit"]),
            (&json!("approved"), &json!(true)),
            "{by_manager}"
        );
    });
}

#[test]
fn an_outage_is_made_good_as_far_as_the_contract_says() {
    run(async {
        let service = with_a_payment().await;
        let csv = "account,reference,price,starts_on,outage_credit_percent\nstripe:cus_1,C-1,price_pro,2026-01-01,10\n";
        assert_eq!(tests::world::import(&service, "mara", "contracts", csv, false).await.0.as_u16(), 200);
        assert_eq!(refund(&service, "mara", "k1", "10.00", "service_outage", false).await.0, 201);
        let (status, answer) = refund(&service, "mara", "k2", "10.01", "service_outage", false).await;
        assert_eq!((status, &answer["error"]["code"]), (422, &json!("not_eligible")), "{answer}");
    });
}

#[test]
fn what_was_tried_and_must_not_be_is_counted_once_each() {
    run(async {
        let service = with_a_payment().await;
        let now = service.clock.now();
        deliver(
            &service,
            &stripe::event(
                "evt_3",
                "charge.succeeded",
                now,
                &stripe::charge("cus_1", "ch_2", None, 4000, "usd", None, now),
            ),
        )
        .await;
        deliver(
            &service,
            &stripe::event(
                "evt_4",
                "charge.dispute.created",
                now,
                &stripe::dispute("dp_1", "ch_2", 4000, "needs_response", now),
            ),
        )
        .await;
        service.work().await.unwrap();
        let blocked = |service| async move {
            let report = get(service, "/api/reports/2026-03").await;
            assert!(
                report["checks"].as_array().unwrap().iter().all(|check| check["ok"] == true),
                "{}",
                report["checks"]
            );
            report["decisions"]["unsafe_actions_blocked"].as_u64().unwrap()
        };
        assert_eq!(blocked(&service).await, 0);
        // An analyst asks; twice is once.
        for _ in 0..2 {
            assert_eq!(refund(&service, "ana", "k1", "1.00", "other", false).await.0, 403);
        }
        assert_eq!(blocked(&service).await, 1);
        // More than was taken, and a payment that a bank claims.
        assert_eq!(refund(&service, "mara", "k2", "100.01", "billing_error", false).await.0, 422);
        let body = json!({"account": "stripe:cus_1", "kind": "refund", "params": {"payment": "ch_2"}, "reason_code": "billing_error", "note": ""});
        assert_eq!(
            ask(&service, "mara", Method::POST, "/api/actions", Some(&body), Some("k3")).await.1["error"]["code"],
            "disputed"
        );
        assert_eq!(blocked(&service).await, 3);
        // Two decisions by people who may not take them.
        let (_, action) = refund(&service, "luis", "k4", "100.00", "billing_error", false).await;
        let decision = json!({"decision": "approve", "preview_digest": action["preview"]["digest"], "note": ""});
        let path = format!("/api/actions/{}/decision", action["id"].as_str().unwrap());
        for (staff, code) in [("luis", "own_request"), ("lena", "not_permitted"), ("lena", "not_permitted")] {
            assert_eq!(ask(&service, staff, Method::POST, &path, Some(&decision), None).await.1["error"]["code"], code);
        }
        assert_eq!(blocked(&service).await, 5);
        // What is merely not possible is no attempt at anything.
        assert_eq!(refund(&service, "mara", "k5", "0.00", "other", false).await.0, 422);
        assert_eq!(blocked(&service).await, 5);
    });
}

/// A customer with a payment of 2,000.00.
async fn customer(service: &Service, n: usize) {
    let (now, id) = (service.clock.now(), format!("cus_x{n}"));
    deliver(service, &stripe::event(&format!("evt_x{n}a"), "customer.created", now, &stripe::customer(&id, now))).await;
    let charge = stripe::charge(&id, &format!("ch_x{n}"), None, 200_000, "usd", None, now);
    deliver(service, &stripe::event(&format!("evt_x{n}b"), "charge.succeeded", now, &charge)).await;
    service.work().await.unwrap();
}

async fn ask_for(service: &Service, staff: &str, n: usize, key: &str, amount: &str) -> Value {
    let body = json!({
        "account": format!("stripe:cus_x{n}"), "kind": "refund", "reason_code": "service_outage", "note": "",
        "params": {"payment": format!("ch_x{n}"), "amount": {"amount": amount, "currency": "USD"}},
    });
    let (status, action) = ask(service, staff, Method::POST, "/api/actions", Some(&body), Some(key)).await;
    assert_eq!(status.as_u16(), 201, "{action}");
    action
}

#[test]
fn a_limit_is_not_met_by_halves_nor_by_two_tabs() {
    run(async {
        let service = with_a_payment().await;
        customer(&service, 1).await;
        assert_eq!(ask_for(&service, "bea", 1, "k1", "600.00").await["approvals_required"], json!([]));
        let second = ask_for(&service, "bea", 1, "k2", "400.01").await;
        assert_eq!(
            (&second["approvals_required"], &second["state"]),
            (&json!([{"role": "manager"}]), &json!("waiting_approval")),
            "{second}"
        );
        assert!(second["preview"]["clause"]["why"].as_str().unwrap().contains("It comes to 1000.01 USD"), "{second}");
        assert_eq!(
            ask_for(&service, "mara", 1, "k3", "700.00").await["approvals_required"],
            json!([]),
            "each person has limits of their own"
        );
        // Two tabs at one moment, each inside the limit, not both.
        customer(&service, 2).await;
        let (one, other) =
            tokio::join!(ask_for(&service, "bea", 2, "t1", "700.00"), ask_for(&service, "bea", 2, "t2", "700.00"));
        let alone = [&one, &other].iter().filter(|action| action["approvals_required"] == json!([])).count();
        assert_eq!(alone, 1, "{one} {other}");
        // A month later it begins anew.
        pass(&service, 31).await;
        assert_eq!(ask_for(&service, "bea", 2, "k4", "300.00").await["approvals_required"], json!([]));
    });
}

#[test]
fn a_day_has_a_total_over_all_accounts_and_looking_does_not_count() {
    run(async {
        let service = with_a_payment().await;
        for n in 1..=6 {
            customer(&service, n).await;
        }
        for n in 1..=5 {
            let body = json!({"account": format!("stripe:cus_x{n}"), "kind": "refund", "reason_code": "service_outage", "preview_only": true,
                "params": {"payment": format!("ch_x{n}"), "amount": {"amount": "999.00", "currency": "USD"}}});
            let (_, shown) =
                ask(&service, "mara", Method::POST, "/api/actions", Some(&body), Some(&format!("p{n}"))).await;
            assert_eq!((&shown["state"], &shown["approvals_required"]), (&json!("previewed"), &json!([])), "{shown}");
            assert_eq!(ask_for(&service, "mara", n, &format!("k{n}"), "999.00").await["approvals_required"], json!([]));
        }
        assert_eq!(
            ask_for(&service, "mara", 6, "k6", "5.01").await["approvals_required"],
            json!([{"role": "billing_specialist"}])
        );
        assert_eq!(
            ask_for(&service, "mara", 6, "k7", "5.00").await["approvals_required"],
            json!([]),
            "exactly the total"
        );
        pass(&service, 1).await;
        assert_eq!(ask_for(&service, "mara", 6, "k8", "900.00").await["approvals_required"], json!([]), "another day");
    });
}
