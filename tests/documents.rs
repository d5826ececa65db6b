//! Links to documents: ours in every letter, good for some days, and never more than a way to the provider's own page.

use crate::http::{run, with_a_payment};
use app::ports::{Clock, Letter};
use app::web::Answer;
use http::{Method, Request, StatusCode};
use jiff::SignedDuration;
use local::server::dispatch;
use local::service::Service;
use serde_json::{Value, json};
use tests::faults::{Fate, Hit, inject};
use tests::stripe;
use tests::world::{ask, deliver, deliver_to, get, open_at};

const CUSTOMER: &str = "cus_1@shop.example";

async fn tell(service: &Service, id: &str, kind: &str, object: &Value) {
    let event = stripe::event(id, kind, service.clock.now(), object);
    let (status, answer) = deliver(service, &event).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    service.work().await.unwrap();
}

/// A customer with an invoice that is paid.
async fn shop() -> Service {
    let service = open_at("2026-03-02T09:00:00Z").await;
    let now = service.clock.now();
    tell(&service, "evt_1", "customer.created", &stripe::customer("cus_1", now)).await;
    let bill = stripe::invoice("cus_1", "in_1", "paid", 4_900, 0, "eur", 1, now);
    tell(&service, "evt_2", "invoice.paid", &bill).await;
    service
}

/// Sends the customer something, and the letter with it.
async fn sent(service: &Service, kind: &str, params: Value) -> Letter {
    let wish = json!({"account": "stripe:cus_1", "kind": kind, "params": params, "reason_code": "other",
        "note": "they asked on the phone"});
    let (status, answer) = ask(service, "bea", Method::POST, "/api/actions", Some(&wish), Some(kind)).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    service.work().await.unwrap();
    let mut newest_first = service.outbox.letters().unwrap().into_iter().map(|(_, letter)| letter);
    newest_first.find(|letter| letter.to == CUSTOMER).unwrap_or_else(|| panic!("{kind}: nothing was sent"))
}

async fn asked(service: &Service, method: Method, path: &str) -> (StatusCode, String, Answer) {
    let request = Request::builder().method(method).uri(path).body(bytes::Bytes::new()).unwrap();
    let answer = dispatch(service, &request).await;
    (answer.status(), String::from_utf8(answer.body().to_vec()).unwrap(), answer)
}

fn path(letter: &Letter) -> &str {
    let [link] = &letter.links[..] else { panic!("one link: {letter:?}") };
    link.strip_prefix("http://recoup.test").unwrap()
}

#[test]
fn what_a_customer_is_sent_has_our_link_and_nothing_of_the_providers() {
    run(async {
        for (kind, params, begins, leads) in [
            ("resend_invoice", json!({"invoice": "in_1"}), "/document/", "https://invoice.stripe.com/i/in_1"),
            ("tax_invoice", json!({"invoice": "in_1"}), "/document/", "https://pay.stripe.com/invoice/in_1/pdf"),
            ("update_payment_method", json!({}), "/card/", "https://billing.stripe.com/p/session/"),
        ] {
            let mut service = shop().await;
            let letter = sent(&service, kind, params).await;
            let own = path(&letter).to_owned();
            assert!(own.starts_with(begins), "{kind}: {own}");
            for part in [&letter.text, &letter.html] {
                assert!(
                    part.contains(&own) && !part.contains("stripe.com") && !part.contains("acc_"),
                    "{kind}: {part}"
                );
            }

            let fate = Fate::at(u64::MAX, Hit::CrashBefore);
            inject(&mut service, &fate);
            let (status, page, answer) = asked(&service, Method::GET, &own).await;
            assert!(status == StatusCode::OK && page.contains(&format!("action=\"{own}\"")), "{kind}: {page}");
            assert_eq!(answer.headers()["x-robots-tag"], "noindex, nofollow");
            assert!(!page.contains("stripe.com") && !page.contains("<script") && !page.contains("cus_1"), "{page}");
            assert_eq!(fate.changes(), 0, "{kind}: nothing was written, sent or asked for");

            let (status, page, answer) = asked(&service, Method::POST, &own).await;
            assert_eq!(status, StatusCode::SEE_OTHER, "{kind}: {page}");
            let to = answer.headers()["location"].to_str().unwrap();
            assert!(to.starts_with(leads), "{kind}: {to}");
        }
    });
}

#[test]
fn a_link_to_a_document_ends_and_opens_nothing_else() {
    run(async {
        let service = shop().await;
        let own = path(&sent(&service, "resend_invoice", json!({"invoice": "in_1"})).await).to_owned();
        for other in [format!("{own}0"), own.replace("/document/", "/pay/"), "/document/x".to_owned()] {
            assert_eq!(asked(&service, Method::GET, &other).await.0, StatusCode::NOT_FOUND, "{other}");
        }
        let stop = json!({"kind": "resend_invoice", "note": "their page is broken"});
        assert_eq!(ask(&service, "mara", Method::POST, "/api/stop", Some(&stop), None).await.0, StatusCode::OK);
        assert_eq!(asked(&service, Method::POST, &own).await.0, StatusCode::SERVICE_UNAVAILABLE);
        let release = json!({"kind": "resend_invoice", "release": true});
        assert_eq!(ask(&service, "mara", Method::POST, "/api/stop", Some(&release), None).await.0, StatusCode::OK);
        service.advance(service.clock.now() + SignedDuration::from_hours(24 * 90)).await.unwrap();
        assert_eq!(asked(&service, Method::GET, &own).await.0, StatusCode::OK, "its last day");
        service.advance(service.clock.now() + SignedDuration::from_hours(24)).await.unwrap();
        for method in [Method::GET, Method::POST] {
            assert_eq!(asked(&service, method, &own).await.0, StatusCode::NOT_FOUND, "its days are over");
        }
    });
}

#[test]
fn what_is_not_theirs_any_more_is_said_to_be_so() {
    run(async {
        let service = shop().await;
        let own = path(&sent(&service, "tax_invoice", json!({"invoice": "in_1"})).await).to_owned();
        app::privacy::erase(&service.context, &domain::id::AccountId::named("stripe:cus_1").unwrap()).await.unwrap();
        for method in [Method::GET, Method::POST] {
            let (status, page, answer) = asked(&service, method, &own).await;
            assert_eq!(status, StatusCode::GONE, "{page}");
            assert!(page.contains("This document is not yours any more") && !page.contains("IN_1"), "{page}");
            assert!(answer.headers().get("location").is_none());
        }
    });
}

/// Two invoices are sent again because of what the customer has written: first the one, then the other.
async fn both_sent() -> Service {
    let service = with_a_payment().await;
    for id in ["in_1", "in_9"] {
        let bill = stripe::invoice("cus_1", id, "paid", 4_900, 0, "usd", 1, service.clock.now());
        tell(&service, &format!("evt_{id}"), "invoice.paid", &bill).await;
    }
    let told = json!({"id": "evt_t1", "type": "ticket.created", "created_at": service.clock.now(), "ticket": {"id": "t1",
        "subject": "A question", "body": "I was charged twice this month", "status": "open", "csat": null,
        "requester": {"email": CUSTOMER, "name": "Ada"}}});
    assert_eq!(deliver_to(&service, "ticket", told.to_string().as_bytes()).await.0, StatusCode::OK);
    service.work().await.unwrap();
    let case = get(&service, "/api/tickets/t1").await["case"].clone();
    assert!(case.is_string(), "{case}");
    for id in ["in_1", "in_9"] {
        let wish = json!({"account": "stripe:cus_1", "kind": "resend_invoice", "params": {"invoice": id}, "case": case,
            "reason_code": "other", "note": "they asked in a ticket"});
        let (status, answer) = ask(&service, "bea", Method::POST, "/api/actions", Some(&wish), Some(id)).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
    }
    service.work().await.unwrap();
    service
}

#[test]
fn the_link_in_an_answer_opens_the_invoice_that_the_answer_names() {
    run(async {
        for (text, invoice) in [
            ("Here is invoice IN_1 once more", "in_1"),
            ("Here is invoice IN_9 once more", "in_9"),
            ("Here it is, in_1, as you asked", "in_1"),
            ("Here is what you asked for", "in_9"),
        ] {
            let service = both_sent().await;
            let body = json!({"text": format!("{text}: http://recoup.test/document/…"), "outcome": "free"});
            let path = "/api/tickets/t1/reply";
            let (status, answer) = ask(&service, "lena", Method::POST, path, Some(&body), None).await;
            assert_eq!(status, StatusCode::OK, "{answer}");
            service.work().await.unwrap();
            let letters = service.outbox.letters().unwrap().into_iter().map(|(_, letter)| letter);
            let mut answers = letters.filter(|letter| letter.to == CUSTOMER && letter.text.starts_with(text));
            let sent = answers.next().unwrap_or_else(|| panic!("{text}: nothing was sent"));
            let link = sent.text.split("http://recoup.test").nth(1).unwrap().trim().to_owned();
            let (status, page, led) = asked(&service, Method::POST, &link).await;
            assert_eq!(status, StatusCode::SEE_OTHER, "{text}: {page}");
            let to = led.headers()["location"].to_str().unwrap();
            assert!(to.starts_with(&format!("https://invoice.stripe.com/i/{invoice}")), "{text}: {to}");
        }
    });
}
