//! One search for everything: by ids and words, by an amount and a day, with a slip in a name, and what a single hit
//! does.

use crate::ageing::{invoice, tell};
use crate::http::run;
use app::door::token;
use app::ports::Clock;
use bytes::Bytes;
use domain::id::AccountId;
use http::{Method, Request, StatusCode};
use local::server::dispatch;
use local::service::Service;
use serde_json::{Value, json};
use tests::stripe;
use tests::world::{ask, deliver_to, get, open_at};

async fn named(service: &Service, id: &str, name: &str, kind: &str) {
    let mut customer = stripe::customer(id, service.clock.now());
    customer["name"] = json!(name);
    customer["email"] = json!(format!("ap@{id}.example"));
    tell(service, kind, &customer).await;
}

/// A customer with an open invoice, a payment that is disputed and a subscription, and a stranger's ticket.
async fn begun() -> Service {
    let service = open_at("2026-11-27T10:00:00Z").await;
    let now = service.clock.now();
    named(&service, "cus_1", "Juniper Logistics", "customer.created").await;
    tell(&service, "invoice.finalized", &invoice("in_1", "2026-11-20T09:00:00Z", "2026-11-27", "usd", 2_400)).await;
    let charge = stripe::charge("cus_1", "ch_1", None, 10_000, "usd", None, now);
    tell(&service, "charge.succeeded", &charge).await;
    tell(&service, "charge.dispute.created", &stripe::dispute("dp_1", "ch_1", 10_000, "needs_response", now)).await;
    let subscription = stripe::subscription("cus_1", "sub_1", "price_pro", 4_900, 1, "active", now);
    tell(&service, "customer.subscription.created", &subscription).await;
    let ticket = json!({"id": "d_1", "type": "ticket.created", "created_at": now, "ticket": {"id": "42",
        "subject": "Charged twice", "body": "for the same month", "status": "open", "csat": null,
        "requester": {"email": "somebody@else.example", "name": "Some Body"}}});
    assert_eq!(deliver_to(&service, "ticket", ticket.to_string().as_bytes()).await.0, StatusCode::OK);
    service.work().await.unwrap();
    service
}

async fn search(service: &Service, question: &str) -> Vec<Value> {
    let (status, answer) = ask(service, "lena", Method::POST, "/api/search", Some(&json!({"q": question})), None).await;
    assert_eq!(status, StatusCode::OK, "{question}: {answer}");
    answer["items"].as_array().unwrap().clone()
}

fn kinds(hits: &[Value]) -> Vec<&str> {
    hits.iter().map(|hit| hit["kind"].as_str().unwrap()).collect()
}

/// How a form is answered, and where that leads.
async fn sent(service: &Service, staff: &str, form: &str) -> (StatusCode, String, String) {
    let secret = service.context.vault.tokens().await.unwrap();
    let bearer = token::issue(&secret, staff, service.clock.machine(), 1);
    let request = Request::post("/search")
        .header("authorization", format!("Bearer {bearer}"))
        .header("content-type", "application/x-www-form-urlencoded");
    let answer = dispatch(service, &request.body(Bytes::from(form.to_owned())).unwrap()).await;
    let location = answer.headers().get("location").map(|it| it.to_str().unwrap().to_owned()).unwrap_or_default();
    (answer.status(), location, String::from_utf8_lossy(answer.body()).into_owned())
}

#[test]
fn everything_that_people_know_of_a_customer_leads_to_it() {
    run(async {
        let service = begun().await;
        let wish = json!({"account": "stripe:cus_1", "kind": "credit", "preview_only": true, "note": "as agreed",
            "params": {"amount": {"amount": "31.00", "currency": "USD"}}, "reason_code": "customer_dissatisfaction"});
        let (status, action) = ask(&service, "luis", Method::POST, "/api/actions", Some(&wish), Some("key")).await;
        assert_eq!(status, StatusCode::CREATED, "{action}");
        let case = get(&service, "/api/cases").await["items"][0]["id"].as_str().unwrap().to_owned();
        let account = AccountId::of("stripe", "default", "cus_1");
        for (question, expected) in [
            ("Juniper Logistics", &["account"] as &[&str]),
            ("logistics", &["account"]),
            ("Junper", &["account"]),
            ("logistisc jnuiper", &["account"]),
            ("jnper", &[]),
            ("juniper berlin", &[]),
            ("AP@cus_1.example", &["account"]),
            ("stripe:cus_1", &["account"]),
            ("cus_1", &["account"]),
            (account.as_str(), &["account"]),
            ("in_1", &["invoice"]),
            ("IN_1", &["account"]),
            ("ch_1", &["payment"]),
            ("sub_1", &["subscription"]),
            ("dp_1", &["account"]),
            ("4242", &["account"]),
            ("42", &["ticket"]),
            ("charged TWICE", &["ticket"]),
            ("somebody@else.example", &["ticket"]),
            (&case, &["case"]),
            (action["id"].as_str().unwrap(), &["action"]),
            ("$24", &["invoice"]),
            ("24.00", &["invoice"]),
            ("24,00 EUR", &[]),
            ("31,00 USD", &["action"]),
            ("26 Nov", &[]),
            ("nobody", &[]),
            ("acc_00000000000000000000", &[]),
            ("", &[]),
        ] {
            let hits = search(&service, question).await;
            assert_eq!(kinds(&hits), expected, "{question}: {hits:?}");
        }
        for question in ["27 Nov", "2026-11-27"] {
            let hits = search(&service, question).await;
            for kind in ["case", "action", "ticket", "invoice"] {
                assert!(kinds(&hits).contains(&kind), "{question} finds no {kind}: {hits:?}");
            }
        }
        let hits = search(&service, "in_1").await;
        assert_eq!(
            hits[0],
            json!({"kind": "invoice", "id": "in_1", "label": "Invoice in_1: Juniper Logistics", "account": account,
                "url": format!("/accounts/{account}")})
        );
        assert_eq!(search(&service, "juniper").await[0]["label"], "Juniper Logistics, ap@cus_1.example");
        assert_eq!(
            search(&service, "$24").await[0]["label"],
            "Invoice in_1, 24.00 USD open, due 2026-11-27: Juniper Logistics"
        );
    });
}

#[test]
fn a_name_that_was_given_up_is_forgiven_no_slip_any_more() {
    run(async {
        let service = begun().await;
        service.advance("2026-11-27T10:05:00Z".parse().unwrap()).await.unwrap();
        named(&service, "cus_1", "Linden Foods", "customer.updated").await;
        for (question, found) in [("junper", 0), ("juniper", 0), ("lindn", 1), ("foosd", 1), ("Linden Foods", 1)] {
            assert_eq!(search(&service, question).await.len(), found, "{question}");
        }
    });
}

#[test]
fn a_single_hit_opens_and_several_are_shown_page_by_page() {
    run(async {
        let service = begun().await;
        let (status, location, _) = sent(&service, "ana", "q=Junper").await;
        let account = AccountId::of("stripe", "default", "cus_1");
        assert_eq!((status, location), (StatusCode::SEE_OTHER, format!("/accounts/{account}")));

        named(&service, "cus_2", "Juniper Foods", "customer.created").await;
        let (status, _, page) = sent(&service, "ana", "q=juniper").await;
        assert_eq!(status, StatusCode::OK);
        assert!(page.contains("Juniper Logistics") && page.contains("Juniper Foods"), "{page}");

        let ask_for = async |path: &str| {
            let (_, answer) = ask(&service, "ana", Method::POST, path, Some(&json!({"q": "juniper"})), None).await;
            answer
        };
        let first = ask_for("/api/search?limit=1").await;
        let next = first["next"].as_str().unwrap();
        let second = ask_for(&format!("/api/search?limit=1&cursor={next}")).await;
        assert_eq!((first["items"].as_array().unwrap().len(), second["items"].as_array().unwrap().len()), (1, 1));
        assert_ne!(first["items"][0]["account"], second["items"][0]["account"]);
        assert_eq!(second["next"], Value::Null);
        // What leads on from one page is in the form and in no address; the last page of one hit does not open by
        // itself.
        let (status, _, page) = sent(&service, "ana", &format!("q=juniper&limit=1&cursor={next}")).await;
        assert_eq!((status, page.contains("name=\"cursor\"")), (StatusCode::OK, false), "{page}");

        let (status, _, page) = sent(&service, "ana", "q=%22%3E%3Cscript%3E").await;
        assert!(status == StatusCode::OK && page.contains("Nothing fits") && !page.contains("<script>"), "{page}");
    });
}

#[test]
fn nobody_finds_anything_without_signing_in() {
    run(async {
        let service = begun().await;
        for (path, status) in [("/api/search", 401), ("/search", 303)] {
            let request = Request::post(path).body(Bytes::from_static(b"{\"q\": \"juniper\"}")).unwrap();
            let answer = dispatch(&service, &request).await;
            let text = String::from_utf8_lossy(answer.body()).into_owned();
            assert!(answer.status().as_u16() == status && !text.contains("Juniper"), "{path}: {text}");
        }
        for body in [json!({}), json!({"q": "x".repeat(201)}), json!({"question": "juniper"})] {
            let (status, _) = ask(&service, "lena", Method::POST, "/api/search", Some(&body), None).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
        }
        let (status, _) =
            ask(&service, "lena", Method::POST, "/api/search?cursor=eA", Some(&json!({"q": "x"})), None).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "a cursor that nobody gave");
    });
}
