//! Somebody who subscribed twice by mistake: what is proven waits for its approver, to the cent.

use crate::http::run;
use app::ports::Clock;
use http::{Method, StatusCode};
use jiff::SignedDuration;
use local::service::Service;
use serde_json::{Value, json};
use tests::stripe;
use tests::world::{ask, deliver, get, open_at};

const MAIL: &str = "ada@shop.example";

async fn tell(service: &Service, customer: &str, kind: &str, object: &Value) {
    let event = stripe::event(&format!("evt_{customer}_{kind}"), kind, service.clock.now(), object);
    let (status, answer) = deliver(service, &event).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    service.work().await.unwrap();
}

/// A customer with that address, who begins to pay 5.00 a month.
async fn subscribes(service: &Service, customer: &str) {
    let at = service.clock.now();
    let [subscription, invoice, charge] = ["sub", "in", "ch"].map(|kind| format!("{kind}_{customer}"));
    let mut person = stripe::customer(customer, at);
    person["email"] = json!(MAIL);
    tell(service, customer, "customer.created", &person).await;
    let begun = stripe::subscription(customer, &subscription, "price_pro", 500, 1, "active", at);
    tell(service, customer, "customer.subscription.updated", &begun).await;
    let mut bill = stripe::invoice(customer, &invoice, "paid", 500, 0, "usd", 1, at);
    bill["subscription"] = json!(subscription);
    tell(service, customer, "invoice.paid", &bill).await;
    let paid = stripe::charge(customer, &charge, Some(&invoice), 500, "usd", None, at);
    tell(service, customer, "charge.succeeded", &paid).await;
}

#[test]
fn the_same_mail_subscribes_again_nine_minutes_later() {
    run(async {
        let service = open_at("2026-03-01T09:00:00Z").await;
        subscribes(&service, "cus_1").await;
        service.advance(service.clock.now() + SignedDuration::from_mins(9)).await.unwrap();
        subscribes(&service, "cus_2").await;

        // Issue, account, evidence, policy, recommended action, approval required.
        let cases = get(&service, "/api/cases?state=open").await["items"].as_array().unwrap().clone();
        assert_eq!(cases.len(), 1, "{cases:?}");
        let case = get(&service, &format!("/api/cases/{}", cases[0]["id"].as_str().unwrap())).await;
        let preview = &case["preview"];
        assert_eq!(preview["issue"], "Duplicate subscription: sub_cus_2", "{preview}");
        assert_eq!(preview["account"], get(&service, "/api/accounts/stripe:cus_2").await["account"]["id"]);
        assert_eq!(preview["policy"]["rule"], "two-on-one-plan", "{preview}");
        let evidence: Vec<_> = preview["evidence"].as_array().unwrap().iter().map(|it| &it["value"]).collect();
        for shown in ["0 h 9 min", "5.00 USD", "cus_1"] {
            assert!(evidence.contains(&&json!(shown)), "{shown}: {preview}");
        }
        let proposed = &preview["recommended"][0];
        assert_eq!((&proposed["kind"], &proposed["impossible"]), (&json!("bundle"), &Value::Null), "{preview}");
        assert_eq!(proposed["amount"], json!({"amount": "5.00", "currency": "USD"}), "{preview}");
        assert_eq!(proposed["approvals_required"], json!(["billing_specialist"]), "{preview}");
        let summary = "1. Refund 5.00 USD of payment ch_cus_2 to the original payment method; \
            2. Cancel subscription sub_cus_2, at once, in this order";
        assert_eq!(proposed["summary"], summary, "{preview}");
        let labels: Vec<_> = proposed["lines"].as_array().unwrap().iter().map(|line| &line["label"]).collect();
        assert!(!labels.contains(&&json!("2. Counts from")), "nobody asked to leave: {preview}");

        // It waits for whoever may approve it, and nobody else has to do anything before.
        let waiting = get(&service, "/api/actions?state=waiting_approval").await["items"].as_array().unwrap().clone();
        assert_eq!(waiting.len(), 1, "{waiting:?}");
        let asked = &waiting[0];
        assert_eq!((&asked["requested_by"], &asked["case"]), (&json!("recoup"), &case["id"]), "{asked}");
        let ballot = json!({"decision": "approve", "preview_digest": asked["preview"]["digest"], "note": ""});
        let path = format!("/api/actions/{}/decision", asked["id"].as_str().unwrap());
        let (status, answer) = ask(&service, "bea", Method::POST, &path, Some(&ballot), None).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        service.advance(service.clock.now() + SignedDuration::from_hours(1)).await.unwrap();

        let bundle = get(&service, &format!("/api/actions/{}", asked["id"].as_str().unwrap())).await;
        assert_eq!(bundle["state"], "executed", "{bundle}");
        let refunds = service.sandbox.refunds().unwrap();
        assert_eq!(refunds.iter().map(|refund| &refund["amount"]).collect::<Vec<_>>(), [&json!(500)], "{refunds:?}");
        let calls = service.sandbox.calls("stripe").unwrap();
        let ended: Vec<_> = calls.iter().filter(|call| call.method == "DELETE").map(|call| &call.path).collect();
        assert!(ended.len() == 1 && ended[0].starts_with("/v1/subscriptions/sub_cus_2"), "{ended:?}");
        let case = get(&service, &format!("/api/cases/{}", case["id"].as_str().unwrap())).await;
        assert_eq!(case["state"], "resolved", "{case}");
        let letters = service.outbox.letters().unwrap();
        assert!(
            letters.iter().all(|(_, letter)| letter.to != MAIL),
            "nobody has left, so nobody is told that they have"
        );
    });
}
