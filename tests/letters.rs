//! What is a text about? Asked by HTTP: the borders between the classes, who may ask, and that nothing of it is kept.

use crate::http::run;
use ::http::{Method, Request, StatusCode};
use app::ports::Clock;
use bytes::Bytes;
use local::server::dispatch;
use local::service::Service;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tests::counted::Counted;
use tests::stripe;
use tests::world::{ask, deliver, deliver_to, get, open_at};

const NOON: &str = "2026-03-04T12:00:00Z";

async fn classify(service: &Service, staff: &str, letter: &Value) -> (u16, Value) {
    let (status, answer) = ask(service, staff, Method::POST, "/api/classify", Some(letter), None).await;
    (status.as_u16(), answer)
}

#[test]
fn the_borders_between_the_classes_hold_and_what_says_nothing_is_left_to_a_person() {
    run(async {
        let service = open_at(NOON).await;
        let rows = [
            ("overcharge", "More was taken than we agreed"),
            ("overcharge", "you charge us for 12 seats and we have 9"),
            ("invoice_discrepancy", "The lines of the invoice do not add up to its sum"),
            ("invoice_discrepancy", "the invoice shows the wrong period"),
            ("usage_dispute", "The metered quantity is wrong, we never made that many API calls"),
            ("plan_mismatch", "the features differ from what we pay for"),
            ("duplicate_charge", "one thing was taken twice from my card"),
            ("duplicate_subscription", "There are two contracts for the same service, please end one"),
            ("enterprise_invoice", "we need one consolidated invoice for all subsidiaries"),
            ("enterprise_invoice", "upload your invoices to our supplier portal"),
            ("chargeback", "My bank has opened a dispute about your charge"),
            ("chargeback", "I do not recognise this payment"),
            ("payment_method_update", "I want to change the card that I pay with"),
            ("other_billing", "Please send me a copy of my last invoice"),
            ("other_billing", "what are your payment terms?"),
            ("payment_failed", "My card was declined when the subscription renewed"),
            ("plan_change", "We want to upgrade from Basic to Pro"),
            ("refund_request", "I want my money back, the product does not work"),
            ("tax_question", "Why is there VAT on my invoice? We gave you our VAT number."),
            ("not_billing", "how do I reset my password"),
        ];
        for (class, body) in rows {
            let (status, answer) = classify(&service, "lena", &json!({"subject": "", "body": body})).await;
            assert_eq!((status, &answer["class"], &answer["abstained"]), (200, &json!(class), &json!(false)), "{body}");
            let confidence: f64 = answer["confidence"].as_str().unwrap().parse().unwrap();
            assert!((0.88..=1.0).contains(&confidence), "{body}: {answer}");
            assert!(!answer["reasons"].as_array().unwrap().is_empty(), "{body}: {answer}");
        }
        let (_, strange) = classify(&service, "lena", &json!({"body": "xqzt wv prlk"})).await;
        let nothing = json!({"class": "not_billing", "confidence": "0", "abstained": true, "reasons": [], "also": []});
        assert_eq!(strange, nothing, "a guess is given also where it abstains");
    });
}

/// Two things that are no trouble of billing: what is surely about something else, and what nobody understands.
#[test]
fn not_billing_is_an_answer_that_opens_no_case_and_where_nobody_knows_a_person_is_asked() {
    run(async {
        let service = open_at(NOON).await;
        let now = service.clock.now();
        deliver(&service, &stripe::event("evt_1", "customer.created", now, &stripe::customer("cus_1", now))).await;
        for (number, body, abstained) in [(1, "how do I reset my password", false), (2, "xqzt wv prlk", true)] {
            let (status, answer) = classify(&service, "ana", &json!({"subject": "", "body": body})).await;
            assert_eq!(status, 200, "{body}: {answer}");
            let fields: BTreeSet<&str> = answer.as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(fields, BTreeSet::from(["abstained", "also", "class", "confidence", "reasons"]), "{body}");
            let said = (&answer["class"], &answer["abstained"], &answer["also"]);
            assert_eq!(said, (&json!("not_billing"), &json!(abstained), &json!([])), "{body}");
            let confidence: f64 = answer["confidence"].as_str().unwrap().parse().unwrap();
            assert_eq!(confidence >= 0.88, !abstained, "sure is what it is by the policy: {answer}");
            assert_eq!(answer["reasons"].as_array().unwrap().is_empty(), abstained, "{answer}");

            let told = json!({"id": format!("e_{number}"), "type": "ticket.created", "created_at": now, "ticket": {
                "id": format!("t_{number}"), "subject": "", "body": body, "status": "open", "csat": null,
                "requester": {"email": "cus_1@shop.example", "name": "Ada"}}});
            assert_eq!(deliver_to(&service, "ticket", told.to_string().as_bytes()).await.0, StatusCode::OK);
            service.work().await.unwrap();
            let ticket = get(&service, &format!("/api/tickets/t_{number}")).await;
            assert_eq!((&ticket["class"], &ticket["abstained"]), (&answer["class"], &answer["abstained"]), "{ticket}");
            assert_eq!((&ticket["case"], ticket["account"].is_string()), (&Value::Null, true), "{ticket}");
        }
        assert_eq!(get(&service, "/api/cases").await["items"], json!([]));
    });
}

#[test]
fn all_staff_may_ask_and_nothing_is_kept() {
    run(async {
        let mut service = open_at(NOON).await;
        let counts = Counted::over(&mut service);
        counts.take();
        let letter = json!({"subject": "I was charged twice", "body": null});
        for staff in ["lena", "luis", "mara", "marc", "bea", "vera", "leo", "ana"] {
            let (status, answer) = classify(&service, staff, &letter).await;
            assert_eq!((status, &answer["class"]), (200, &json!("duplicate_charge")), "{staff}: {answer}");
        }
        let costs = counts.take();
        assert_eq!((costs.commits, costs.writes), (0, 0), "{costs:?}");
        let request = Request::post("/api/classify").body(Bytes::from(letter.to_string())).unwrap();
        assert_eq!(dispatch(&service, &request).await.status(), StatusCode::UNAUTHORIZED);
    });
}

#[test]
fn what_cannot_be_read_is_refused_with_a_sentence() {
    run(async {
        let service = open_at(NOON).await;
        let long = "word ".repeat(220_000);
        for (letter, status, code) in [
            (json!({}), 400, "malformed"),
            (json!({"subject": " ", "body": "\n\t"}), 400, "malformed"),
            (json!({"subject": null, "body": null}), 400, "malformed"),
            (json!({"body": 7}), 400, "malformed"),
            (json!({"body": "x", "class": "chargeback"}), 400, "malformed"),
            (json!("I was charged twice"), 400, "malformed"),
            (json!({"body": long}), 413, "too_large"),
        ] {
            let (found, answer) = classify(&service, "ana", &letter).await;
            assert_eq!((found, &answer["error"]["code"]), (status, &json!(code)), "{answer}");
            assert!(answer["error"]["message"].as_str().unwrap().contains(' '), "{answer}");
        }
        let long = format!("My card was declined. {}", &long[..1_000_000]);
        assert_eq!(classify(&service, "ana", &json!({"body": long})).await.0, 200, "as long as a delivery may be");
        let (status, _) = ask(&service, "ana", Method::GET, "/api/classify", None, None).await;
        assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
    });
}

#[test]
fn a_text_is_read_as_the_ticket_with_these_words_is() {
    run(async {
        let service = open_at(NOON).await;
        let now = service.clock.now();
        deliver(&service, &stripe::event("evt_1", "customer.created", now, &stripe::customer("cus_1", now))).await;
        let (subject, body) = ("Re: My bill", "You charged my card 4242 4242 4242 4242 twice.\n\n> What happened?");
        let told = json!({"id": "e_1", "type": "ticket.created", "created_at": now, "ticket": {"id": "t_1",
            "subject": subject, "body": body, "status": "open", "csat": null,
            "requester": {"email": "cus_1@shop.example", "name": "Ada"}}});
        assert_eq!(deliver_to(&service, "ticket", told.to_string().as_bytes()).await.0, StatusCode::OK);
        service.work().await.unwrap();
        let ticket = get(&service, "/api/tickets/t_1").await;
        let (_, asked) = classify(&service, "ana", &json!({"subject": subject, "body": body})).await;
        for field in ["class", "confidence", "abstained", "reasons", "also"] {
            assert_eq!(asked[field], ticket[field], "{field}: {asked} {ticket}");
        }
        let masked = body.replace("4242 4242 4242 4242", "[masked]");
        assert_eq!(classify(&service, "ana", &json!({"subject": subject, "body": masked})).await.1, asked);
    });
}
