//! R17 through HTTP: every kind of action, every role, every edge from both sides.

use crate::http::run;
use app::ports::Clock;
use domain::action::KINDS;
use http::{Method, StatusCode};
use jiff::SignedDuration;
use local::service::Service;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tests::faults::tick;
use tests::stripe;
use tests::world::{ask, deliver, import, open_at};

/// Who asks, in the order of the columns below.
const ASKERS: [&str; 5] = ["lena", "luis", "bea", "mara", "vera"];

const ALONE: &str = "";
const L2: &str = "l2";
const BILLING: &str = "billing_specialist";
const MANAGER: &str = "manager";
const VP: &str = "vp";
const BOTH: &str = "manager+vp";
const LEGAL: &str = "legal";

type Row = (&'static str, &'static str, Value, &'static str, [&'static str; 5]);

fn usd(amount: &str) -> Value {
    json!({"amount": amount, "currency": "USD"})
}

fn rows() -> Vec<Row> {
    let all = [ALONE; 5];
    let from_l2 = [L2, ALONE, ALONE, ALONE, ALONE];
    let from_billing = [BILLING, BILLING, ALONE, ALONE, ALONE];
    let vp = [VP; 5];
    let refund = |amount: &str| json!({"payment": "ch_1", "amount": usd(amount)});
    let invoice = |id: &str| json!({"invoice": id});
    vec![
        ("payment_link", "cus_1", invoice("in_1"), "other", all),
        ("resend_invoice", "cus_1", invoice("in_1"), "other", all),
        ("tax_invoice", "cus_1", invoice("in_1"), "other", all),
        ("credit", "cus_1", json!({"amount": usd("99.99")}), "other", from_l2),
        ("credit", "cus_1", json!({"amount": usd("100.00")}), "other", from_billing),
        ("credit", "cus_1", json!({"amount": usd("500.00")}), "other", from_billing),
        ("credit", "cus_1", json!({"amount": usd("500.01")}), "other", vp),
        ("refund", "cus_1", refund("0.01"), "billing_error", from_billing),
        ("refund", "cus_1", refund("500.00"), "customer_dissatisfaction", from_billing),
        ("refund", "cus_1", refund("500.01"), "customer_dissatisfaction", [MANAGER, MANAGER, MANAGER, ALONE, ALONE]),
        ("refund", "cus_1", refund("500.01"), "billing_error", [MANAGER, MANAGER, MANAGER, ALONE, ALONE]),
        ("refund", "cus_1", refund("1000.00"), "duplicate_charge", [MANAGER, MANAGER, MANAGER, ALONE, ALONE]),
        ("refund", "cus_1", refund("500.01"), "service_outage", from_billing),
        ("refund", "cus_1", refund("1000.00"), "service_outage", from_billing),
        ("refund", "cus_1", refund("1000.01"), "duplicate_charge", [MANAGER; 5]),
        ("refund", "cus_1", refund("5000.00"), "billing_error", [MANAGER; 5]),
        ("refund", "cus_1", refund("5000.01"), "billing_error", [BOTH; 5]),
        ("extend_trial", "cus_2", json!({"days": 14}), "other", all),
        ("extend_trial", "cus_2", json!({"days": 15}), "other", vp),
        ("pause", "cus_1", json!({}), "other", from_billing),
        ("resume", "cus_3", json!({}), "other", from_billing),
        ("upgrade", "cus_1", json!({"plan": "price_business"}), "other", from_l2),
        ("downgrade", "cus_1", json!({"plan": "price_basic"}), "other", from_l2),
        ("update_payment_method", "cus_1", json!({}), "other", from_l2),
        ("adjust_seats", "cus_1", json!({"seats": 9}), "other", from_l2),
        ("change_addons", "cus_1", json!({"addons": [{"price": "price_basic", "quantity": 1}]}), "other", from_l2),
        ("retry_payment", "cus_1", invoice("in_1"), "other", from_l2),
        ("cancel", "cus_1", json!({"customer_requested": true}), "other", from_billing),
        ("force_cancel", "cus_1", json!({}), "other", [LEGAL; 5]),
        ("erase_person", "cus_1", json!({}), "other", [MANAGER; 5]),
        ("discount", "cus_1", json!({"percent": "14.99"}), "other", from_billing),
        ("discount", "cus_1", json!({"percent": "15"}), "other", vp),
        ("discount", "cus_1", json!({"percent": "15.01"}), "other", vp),
        ("mark_paid", "cus_1", invoice("in_1"), "other", [BILLING; 5]),
        ("extend_grace", "cus_1", json!({"invoice": "in_1", "days": 7}), "other", all),
        ("extend_grace", "cus_1", json!({"invoice": "in_1", "days": 8}), "other", from_billing),
        ("defer", "cus_1", json!({"invoice": "in_1", "days": 1}), "other", from_billing),
        ("write_off", "cus_1", invoice("in_500"), "other", from_billing),
        ("write_off", "cus_1", invoice("in_501"), "other", vp),
        ("void_invoice", "cus_1", invoice("in_500"), "other", from_billing),
        ("void_invoice", "cus_1", invoice("in_501"), "other", vp),
    ]
}

/// Customers of Stripe: one who buys and owes, one on trial, one who pauses, and one who only buys.
pub async fn shop() -> Service {
    let service = open_at("2026-03-01T09:00:00Z").await;
    let at = service.clock.now();
    let mut paused = stripe::subscription("cus_3", "sub_3", "price_pro", 4900, 1, "active", at);
    paused["pause_collection"] = json!({"behavior": "void", "resumes_at": null});
    let mut failed = stripe::invoice("cus_1", "in_1", "open", 2000, 2000, "USD", 1, at);
    failed["next_payment_attempt"] = Value::Null;
    let of = |subscription: &str, mut invoice: Value| {
        invoice["subscription"] = json!(subscription);
        invoice
    };
    let told = [
        ("customer.created", stripe::customer("cus_1", at)),
        ("customer.subscription.updated", stripe::subscription("cus_1", "sub_1", "price_pro", 4900, 5, "active", at)),
        ("customer.subscription.updated", stripe::subscription("cus_2", "sub_2", "price_pro", 4900, 1, "trialing", at)),
        ("customer.subscription.updated", paused),
        ("customer.subscription.updated", stripe::subscription("cus_4", "sub_4", "price_pro", 4900, 5, "active", at)),
        ("charge.succeeded", stripe::charge("cus_1", "ch_1", None, 1_000_000, "USD", None, at)),
        ("invoice.payment_failed", failed),
        ("customer.subscription.updated", stripe::subscription("cus_5", "sub_5", "price_pro", 4900, 1, "active", at)),
        ("invoice.payment_failed", of("sub_5", stripe::invoice("cus_5", "in_5", "open", 4900, 4900, "USD", 1, at))),
        ("invoice.paid", of("sub_5", stripe::invoice("cus_5", "in_6", "paid", 4900, 0, "USD", 1, at))),
        ("charge.succeeded", stripe::charge("cus_5", "ch_6", Some("in_6"), 4900, "USD", None, at)),
        ("invoice.finalized", stripe::invoice("cus_1", "in_500", "open", 50_000, 50_000, "USD", 0, at)),
        ("invoice.finalized", stripe::invoice("cus_1", "in_501", "open", 50_001, 50_001, "USD", 0, at)),
    ];
    for (number, (kind, object)) in told.into_iter().enumerate() {
        let (status, answer) = deliver(&service, &stripe::event(&format!("evt_{number}"), kind, at, &object)).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        service.work().await.unwrap();
    }
    let prices = "provider,price,plan,role,unit,currency,interval,rank\nstripe,price_basic,Basic,plan,19.00,USD,month,1\n\
                  stripe,price_pro,Pro,plan,49.00,USD,month,2\nstripe,price_business,Business,plan,99.00,USD,month,3\n";
    assert_eq!(import(&service, "mara", "catalogue", prices, false).await.0, StatusCode::OK);
    service.advance(service.clock.now() + SignedDuration::from_hours(1)).await.unwrap();
    service
}

fn roles(answer: &Value) -> String {
    let required = answer["approvals_required"].as_array().unwrap_or_else(|| panic!("{answer}"));
    required.iter().filter_map(|needed| needed["role"].as_str()).collect::<Vec<_>>().join("+")
}

#[test]
fn the_whole_matrix_is_answered_as_it_is_written() {
    run(async {
        let service = shop().await;
        let (mut kinds, mut asked) = (BTreeSet::new(), 0);
        for (kind, customer, params, reason, needed) in rows() {
            kinds.insert(kind);
            let account = format!("stripe:{customer}");
            let body = json!({"account": account, "kind": kind, "params": params, "reason_code": reason, "note": "", "preview_only": true});
            for (staff, needed) in ASKERS.iter().zip(needed) {
                asked += 1;
                let key = format!("key {asked}");
                let (status, answer) =
                    ask(&service, staff, Method::POST, "/api/actions", Some(&body), Some(&key)).await;
                assert_eq!(status, StatusCode::CREATED, "{staff} {kind} {params}: {answer}");
                assert_eq!(
                    (roles(&answer), &answer["state"]),
                    (needed.to_owned(), &json!("previewed")),
                    "{staff} {kind} {params} {reason}"
                );
                assert_eq!(answer["kind"], kind, "{answer}");
            }
            for staff in ["leo", "ana"] {
                let (status, answer) =
                    ask(&service, staff, Method::POST, "/api/actions", Some(&body), Some("key")).await;
                assert_eq!(
                    (status, &answer["error"]["code"]),
                    (StatusCode::FORBIDDEN, &json!("not_permitted")),
                    "{staff} {kind}: {answer}"
                );
            }
        }
        assert_eq!(kinds, KINDS.into_iter().collect(), "every kind has a row");
        // Looking does nothing and counts for nothing.
        assert!(service.sandbox.calls("stripe").unwrap().iter().all(|call| call.method == "GET"));
    });
}

#[test]
fn what_somebody_decides_alone_counts_together_for_each_kind() {
    run(async {
        let service = shop().await;
        let asks = [
            ("luis", "credit", json!({"amount": usd("60.00")}), ALONE),
            ("luis", "credit", json!({"amount": usd("39.99")}), ALONE),
            ("luis", "credit", json!({"amount": usd("0.01")}), BILLING),
            ("bea", "credit", json!({"amount": usd("0.01")}), ALONE),
            ("lena", "extend_grace", json!({"invoice": "in_1", "days": 4}), ALONE),
            ("lena", "extend_grace", json!({"invoice": "in_1", "days": 4}), BILLING),
            ("bea", "discount", json!({"percent": "8"}), ALONE),
            ("bea", "discount", json!({"percent": "7.5"}), VP),
        ];
        for (number, (staff, kind, params, needed)) in asks.into_iter().enumerate() {
            let body =
                json!({"account": "stripe:cus_1", "kind": kind, "params": params, "reason_code": "other", "note": ""});
            let (status, answer) =
                ask(&service, staff, Method::POST, "/api/actions", Some(&body), Some(&format!("key {number}"))).await;
            assert_eq!(status, StatusCode::CREATED, "{answer}");
            assert_eq!(roles(&answer), needed, "{staff} {kind} {params}");
            service.work().await.unwrap();
            service.advance(service.clock.now() + SignedDuration::from_mins(5)).await.unwrap();
        }
        // A trial is extended by fourteen days in all, whoever does it.
        for (staff, days, needed) in [("lena", 10, ALONE), ("luis", 4, ALONE), ("mara", 1, VP)] {
            let body = json!({"account": "stripe:cus_2", "kind": "extend_trial", "params": {"days": days}, "reason_code": "other", "note": ""});
            let (_, answer) =
                ask(&service, staff, Method::POST, "/api/actions", Some(&body), Some(&format!("trial {days}"))).await;
            assert_eq!(roles(&answer), needed, "{staff} {days}: {answer}");
            service.advance(service.clock.now() + SignedDuration::from_mins(5)).await.unwrap();
        }
    });
}

#[test]
fn a_request_at_midnight_belongs_to_one_day() {
    run(async {
        let mut service = open_at("2026-03-01T09:00:00Z").await;
        deliver(
            &service,
            &stripe::event(
                "evt_1",
                "customer.created",
                service.clock.now(),
                &stripe::customer("cus_1", service.clock.now()),
            ),
        )
        .await;
        service.work().await.unwrap();
        let midnight: jiff::Timestamp = "2026-03-02T00:00:00Z".parse().unwrap();
        // Whichever look at the clock is the first of the new day.
        for looks in 0..30 {
            tick(&mut service, midnight - SignedDuration::from_secs(looks));
            let body = json!({"account": "stripe:cus_1", "kind": "credit", "params": {"amount": usd("1.00")},
                "reason_code": "other", "note": "", "preview_only": true});
            let key = format!("key-{looks}");
            let (status, answer) = ask(&service, "mara", Method::POST, "/api/actions", Some(&body), Some(&key)).await;
            assert_eq!(status, StatusCode::CREATED, "{looks}: {answer}");
        }
    });
}
