//! Our own tax documents: one of an invoice, numbered without a gap, sent, shown to whom it concerns, and taken back once.

use crate::http::run;
use app::door::token;
use app::fault::Fault;
use app::message::Message;
use app::ports::{Clock, Letter, QueueName};
use app::web::Answer;
use bytes::Bytes;
use domain::id::ActionId;
use http::{Method, Request, StatusCode};
use jiff::SignedDuration;
use local::server::dispatch;
use local::service::Service;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tests::faults::{Fate, Hit, inject};
use tests::stripe;
use tests::world::{ask, deliver, get, import, open_at};

const FIRST: &str = "R-2026-000001";
const SECOND: &str = "R-2026-000002";
const COLUMNS: &str = "provider,source,customer,legal_name,street,postal_code,city,country,tax_id";

async fn tell(service: &Service, id: &str, kind: &str, object: &Value) {
    let event = stripe::event(id, kind, service.clock.now(), object);
    let (status, answer) = deliver(service, &event).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    service.work().await.unwrap();
}

fn wish(issuer: &str, sources: &[&str]) -> Value {
    let party = json!({"name": "Juniper GmbH", "street": ["Hauptstr. 1"], "city": "Berlin", "post_code": "10115",
        "country": "DE", "tax_id": "DE123456789"});
    let entity = json!({"id": "de", "issuer": issuer, "prefix": "R-2026-", "party": party, "currency": "EUR",
        "rates": [{"percent": "19"}]});
    json!({"entity": entity, "sources": sources})
}

async fn keep(service: &Service, staff: &str, wish: &Value) -> (StatusCode, Value) {
    ask(service, staff, Method::POST, "/api/entities", Some(wish), None).await
}

/// A bill of 100.00 and 19 % on it.
fn bill(customer: &str, id: &str, status: &str, service: &Service) -> Value {
    let now = service.clock.now();
    let mut bill = stripe::invoice(customer, id, status, 11_900, 0, "eur", 1, now);
    let until = now + SignedDuration::from_hours(24 * 30);
    let mut line = stripe::line("il_1", "Team plan", 10_000, 1, 10_000, false, now, until, None);
    line["currency"] = json!("eur");
    line["price"]["currency"] = json!("eur");
    bill["tax"] = json!(1_900);
    bill["lines"] = json!({"object": "list", "has_more": false, "data": [line]});
    bill
}

fn paid(customer: &str, id: &str, given_back: i64, service: &Service) -> Value {
    let charge = format!("ch_{id}");
    let mut charge = stripe::charge(customer, &charge, Some(id), 11_900, "eur", None, service.clock.now());
    charge["amount_refunded"] = json!(given_back);
    charge["refunded"] = json!(given_back == 11_900);
    charge
}

/// Two customers, each of whom has paid a bill; `street` is where the first is.
async fn customers(street: &str) -> Service {
    let service = open_at("2026-03-02T09:00:00Z").await;
    for number in [1, 2] {
        let (customer, invoice) = (format!("cus_{number}"), format!("in_{number}"));
        let person = stripe::customer(&customer, service.clock.now());
        tell(&service, &format!("evt_{number}a"), "customer.created", &person).await;
        let bill = bill(&customer, &invoice, "paid", &service);
        tell(&service, &format!("evt_{number}b"), "invoice.paid", &bill).await;
        let charge = paid(&customer, &invoice, 0, &service);
        tell(&service, &format!("evt_{number}c"), "charge.succeeded", &charge).await;
    }
    move_to(&service, street).await;
    service
}

/// The customers file, in which the first lives in a street.
pub fn file(street: &str) -> String {
    format!(
        "{COLUMNS}\nstripe,default,cus_1,Acme GmbH,{street},20095,Hamburg,DE,DE987654321\n\
         stripe,default,cus_2,Birch AG,Gasse 2,80331,Muenchen,DE,DE111111111\n"
    )
}

async fn move_to(service: &Service, street: &str) {
    let rows = file(street);
    let (status, answer) = import(service, "mara", "customers", &rows, false).await;
    assert!(status.is_success(), "{answer}");
    service.work().await.unwrap();
}

/// The same, and the company that sells to them has its invoices made by Recoup.
pub async fn shop() -> Service {
    let service = customers("Ring 1").await;
    let (status, answer) = keep(&service, "vera", &wish("recoup", &["stripe/default"])).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    service
}

/// Asks for the tax document of an invoice, and does not carry it out.
pub async fn asked(service: &Service, number: u32, key: &str) -> (StatusCode, Value) {
    let wish = json!({"account": format!("stripe:cus_{number}"), "kind": "tax_invoice",
        "params": {"invoice": format!("in_{number}")}, "reason_code": "other", "note": "they asked on the phone"});
    ask(service, "bea", Method::POST, "/api/actions", Some(&wish), Some(key)).await
}

/// The same, carried out.
async fn sent(service: &Service, number: u32, key: &str) -> Value {
    let (status, answer) = asked(service, number, key).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    service.work().await.unwrap();
    get(service, &format!("/api/actions/{}", answer["id"].as_str().unwrap())).await
}

pub async fn documents(service: &Service, query: &str) -> Vec<String> {
    let list = get(service, &format!("/api/documents{query}")).await;
    let items = list["items"].as_array().unwrap();
    items.iter().map(|item| item["number"].as_str().unwrap().to_owned()).collect()
}

fn letters(service: &Service, to: &str) -> Vec<Letter> {
    let all = service.outbox.letters().unwrap().into_iter().map(|(_, letter)| letter);
    all.filter(|letter| letter.to == to && letter.id.starts_with("link_")).collect()
}

/// What somebody is answered who is signed in, or nobody.
async fn raw(service: &Service, staff: Option<&str>, method: Method, path: &str) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(staff) = staff {
        let secret = service.context.vault.tokens().await.unwrap();
        let bearer = token::issue(&secret, staff, service.clock.machine(), 1);
        request = request.header("authorization", format!("Bearer {bearer}"));
    }
    dispatch(service, &request.body(Bytes::new()).unwrap()).await
}

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers().get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
}

fn page(answer: &Answer) -> String {
    String::from_utf8_lossy(answer.body()).into_owned()
}

#[test]
fn an_invoice_that_is_asked_for_twice_has_one_number() {
    run(async {
        let service = shop().await;
        let (status, shown) = asked(&service, 1, "a").await;
        assert_eq!(status, StatusCode::CREATED, "{shown}");
        let lines = shown["preview"]["lines"].to_string();
        for part in
            ["Juniper GmbH, with the next number of R-2026-", "Acme GmbH, Ring 1, 20095 Hamburg, DE", "VAT 19 %"]
        {
            assert!(lines.contains(part), "{part}: {lines}");
        }
        assert!(lines.contains("100.00") && lines.contains("19.00") && lines.contains("119.00"), "{lines}");
        assert_eq!(documents(&service, "").await, [""; 0], "nothing is made before it is carried out");
        service.work().await.unwrap();
        let first = get(&service, &format!("/api/actions/{}", shown["id"].as_str().unwrap())).await;
        assert_eq!((&first["state"], &first["outcome"]["reference"]), (&json!("executed"), &json!(FIRST)), "{first}");
        let again = sent(&service, 1, "b").await;
        assert_eq!((&again["state"], &again["outcome"]["reference"]), (&json!("executed"), &json!(FIRST)), "{again}");
        assert_eq!(again["outcome"]["status"], "sent again", "{again}");
        assert_eq!(documents(&service, "").await, [FIRST]);
        assert_eq!(letters(&service, "cus_1@shop.example").len(), 2);
        let ledger = get(&service, "/api/accounts/stripe:cus_1/ledger").await.to_string();
        assert!(ledger.contains(&format!("\"document\":\"{FIRST}\"")), "{ledger}");
        assert!(service.sandbox.calls("stripe").unwrap().is_empty(), "no provider is asked");

        sent(&service, 2, "c").await;
        assert_eq!(documents(&service, "").await, [SECOND, FIRST], "the newest first");
        assert_eq!(documents(&service, "?account=stripe:cus_1").await, [FIRST]);
        assert_eq!(documents(&service, &format!("?number={SECOND}")).await, [SECOND]);
        assert_eq!(documents(&service, &format!("?number={SECOND}&account=stripe:cus_1")).await, [""; 0]);
        let list = page(&raw(&service, Some("ana"), Method::GET, "/documents").await);
        assert!(list.contains("Acme GmbH") && list.contains("Birch AG") && list.contains("119.00 EUR"), "{list}");
    });
}

#[test]
fn two_that_are_made_at_once_have_two_numbers_and_no_gap() {
    run(async {
        let service = shop().await;
        let mut messages = Vec::new();
        for number in [1, 2] {
            let (status, answer) = asked(&service, number, &format!("k{number}")).await;
            assert_eq!(status, StatusCode::CREATED, "{answer}");
            let action = ActionId::parse(answer["id"].as_str().unwrap()).unwrap();
            messages.push(Message::Act { action, trace: "at once".to_owned() });
        }
        let work = async |message: &Message| app::approval::handle(&service.context, message).await;
        let ends = tokio::join!(work(&messages[0]), work(&messages[1]), work(&messages[0]), work(&messages[1]));
        assert!(ends.0.is_ok() && ends.1.is_ok() && ends.2.is_ok() && ends.3.is_ok(), "{ends:?}");
        service.work().await.unwrap();
        let numbers: BTreeSet<String> = documents(&service, "").await.into_iter().collect();
        assert_eq!(numbers, BTreeSet::from([FIRST.to_owned(), SECOND.to_owned()]));
    });
}

/// Makes a document, stopped or refused at one of the calls: how many there are if nobody stops it.
async fn stopped_at(number: u64, hit: Hit) -> u64 {
    let mut service = shop().await;
    let (_, answer) = asked(&service, 1, "k").await;
    let path = format!("/api/actions/{}", answer["id"].as_str().unwrap());
    let fate = Fate::at(number, hit);
    inject(&mut service, &fate);
    tokio::select! {
        biased;
        worked = service.work() => assert!(!matches!(worked, Err(Fault::Park(_))), "{worked:?}"),
        () = fate.crashed.notified() => service.queue.restart().unwrap(),
    }
    let steps = fate.changes();
    let made = documents(&service, "").await;
    let state = get(&service, &path).await["state"].clone();
    assert_eq!(made.len() == 1, state == "executed", "{hit:?} at {number}: {made:?} and {state}");
    let begun = service.clock.now();
    for hours in [1, 6, 26] {
        for queue in QueueName::ALL {
            service.queue.redrive(queue).unwrap();
        }
        service.advance(begun + SignedDuration::from_hours(hours)).await.unwrap();
    }
    assert_eq!(get(&service, &path).await["state"], "executed", "{hit:?} at {number}");
    assert_eq!(documents(&service, "").await, [FIRST], "{hit:?} at {number}");
    sent(&service, 2, "next").await;
    assert_eq!(documents(&service, "").await, [SECOND, FIRST], "{hit:?} at {number}: no number is missing");
    steps
}

#[test]
fn whoever_stops_has_made_the_number_the_document_and_the_outcome_or_none_of_them() {
    run(async {
        let steps = stopped_at(u64::MAX, Hit::CrashBefore).await;
        assert!(steps > 2, "{steps} steps");
        for hit in [Hit::CrashBefore, Hit::CrashAfter, Hit::AnswerLost] {
            for number in 0..steps {
                stopped_at(number, hit).await;
            }
        }
    });
}

#[test]
fn where_the_provider_makes_the_invoices_it_is_asked_for_its_own() {
    run(async {
        for kept in [None, Some(wish("provider", &["stripe/default"])), Some(wish("recoup", &["stripe/eu"]))] {
            let service = customers("Ring 1").await;
            if let Some(kept) = &kept {
                assert_eq!(keep(&service, "vera", kept).await.0, StatusCode::OK);
            }
            let action = sent(&service, 1, "k").await;
            assert_eq!(action["state"], "executed", "{action}");
            assert!(!service.sandbox.calls("stripe").unwrap().is_empty(), "{kept:?}");
            assert_eq!(documents(&service, "").await, [""; 0], "{kept:?}");
        }
    });
}

#[test]
fn what_is_missing_is_said_before_anybody_decides() {
    run(async {
        let service = shop().await;
        let now = service.clock.now();
        tell(&service, "evt_3a", "customer.created", &stripe::customer("cus_3", now)).await;
        tell(&service, "evt_3b", "invoice.paid", &bill("cus_3", "in_3", "paid", &service)).await;
        let (status, answer) = asked(&service, 3, "k").await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
        assert!(answer["error"]["message"].as_str().unwrap().contains("import the customer"), "{answer}");
        assert_eq!(documents(&service, "").await, [""; 0], "what is refused takes no number");
    });
}

#[test]
fn what_would_say_something_else_by_now_is_not_made() {
    run(async {
        let service = shop().await;
        let stop = |release: bool| json!({"kind": "tax_invoice", "note": "we look at it", "release": release});
        assert_eq!(ask(&service, "mara", Method::POST, "/api/stop", Some(&stop(false)), None).await.0, StatusCode::OK);
        let action = sent(&service, 1, "k").await;
        assert_eq!((&action["state"], documents(&service, "").await.len()), (&json!("approved"), 0), "{action}");
        move_to(&service, "Allee 9").await;
        assert_eq!(ask(&service, "mara", Method::POST, "/api/stop", Some(&stop(true)), None).await.0, StatusCode::OK);
        service.advance(service.clock.now() + SignedDuration::from_hours(1)).await.unwrap();
        let action = get(&service, &format!("/api/actions/{}", action["id"].as_str().unwrap())).await;
        assert_eq!((&action["state"], documents(&service, "").await.len()), (&json!("stale"), 0), "{action}");
        assert_eq!(sent(&service, 1, "again").await["outcome"]["reference"], FIRST, "no number was taken");
    });
}

#[test]
fn the_customer_gets_the_file_behind_our_link_and_a_stranger_nothing() {
    run(async {
        let service = shop().await;
        sent(&service, 1, "a").await;
        sent(&service, 2, "b").await;
        let [letter] = &letters(&service, "cus_1@shop.example")[..] else { panic!("one letter") };
        let own = letter.links[0].strip_prefix("http://recoup.test").unwrap().to_owned();
        assert!(own.starts_with("/document/"), "{own}");
        for _ in 0..2 {
            let shown = raw(&service, None, Method::GET, &own).await;
            assert_eq!(shown.status(), StatusCode::OK);
            assert!(page(&shown).contains("as a file"), "{}", page(&shown));
        }
        let given = raw(&service, None, Method::POST, &own).await;
        assert_eq!(given.status(), StatusCode::OK);
        let name = header(&given, "content-disposition");
        assert!(name.starts_with(&format!("attachment; filename=\"{FIRST}.")), "{name}");
        let is_pdf = given.body().starts_with(b"%PDF");
        assert!(is_pdf || page(&given).contains("CrossIndustryInvoice"), "the page, or the e-invoice of it");
        assert!(is_pdf || !page(&given).contains("Birch"), "nothing of anybody else");
        assert_eq!(documents(&service, "").await.len(), 2, "looking makes nothing");
        for strange in [format!("{own}0"), "/document/x".to_owned()] {
            for method in [Method::GET, Method::POST] {
                let answer = raw(&service, None, method, &strange).await;
                assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{strange}");
                assert!(!page(&answer).contains("Acme"), "{strange}");
            }
        }
        for path in ["/documents", "/documents/R-2026-000001", "/documents/R-2026-000001/ubl"] {
            let answer = raw(&service, None, Method::GET, path).await;
            assert_eq!((answer.status(), header(&answer, "location")), (StatusCode::SEE_OTHER, "/login"), "{path}");
        }
        let stop = json!({"kind": "tax_invoice", "note": "we look at it"});
        assert_eq!(ask(&service, "mara", Method::POST, "/api/stop", Some(&stop), None).await.0, StatusCode::OK);
        let held = raw(&service, None, Method::POST, &own).await;
        assert_eq!(held.status(), StatusCode::SERVICE_UNAVAILABLE, "what is stopped does not leave");
    });
}

#[test]
fn whoever_works_here_opens_it_in_each_form() {
    run(async {
        let service = shop().await;
        sent(&service, 1, "a").await;
        let shown = page(&raw(&service, Some("ana"), Method::GET, &format!("/documents/{FIRST}")).await);
        for part in ["Acme GmbH", "119.00 EUR", "VAT 19 %", "Team plan", "/ubl", "/cii", "/pdf"] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        assert!(!shown.contains("Make the credit note"), "only a manager may: {shown}");
        for (form, says) in [("ubl", "<cbc:ID>R-2026-000001</cbc:ID>"), ("cii", "CrossIndustryInvoice")] {
            let answer = raw(&service, Some("ana"), Method::GET, &format!("/documents/{FIRST}/{form}")).await;
            assert_eq!(header(&answer, "content-type"), "application/xml", "{form}");
            let name = format!("attachment; filename=\"{FIRST}.{form}.xml\"");
            assert_eq!(header(&answer, "content-disposition"), name, "{form}");
            assert!(page(&answer).contains(says), "{form}: {}", page(&answer));
        }
        let answer = raw(&service, Some("ana"), Method::GET, &format!("/documents/{FIRST}/pdf")).await;
        if answer.status() == StatusCode::OK {
            assert_eq!(header(&answer, "content-type"), "application/pdf");
            assert!(answer.body().starts_with(b"%PDF"));
        } else {
            assert_eq!(answer.status(), StatusCode::NOT_IMPLEMENTED);
            assert!(page(&answer).contains("cargo build --release -p press"), "{}", page(&answer));
        }
        for path in ["/documents/R-2026-000009", "/documents/R-2026-000009/ubl", "/documents/R-2026-000009/pdf"] {
            let answer = raw(&service, Some("ana"), Method::GET, path).await;
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        }
    });
}

#[test]
fn an_invoice_that_was_given_back_is_taken_back_once_by_a_manager() {
    run(async {
        let service = shop().await;
        sent(&service, 1, "a").await;
        let path = format!("/api/documents/{FIRST}/credit");
        let reason = json!({"reason": "charged by mistake"});
        let credit =
            async |staff: &str, body: &Value| ask(&service, staff, Method::POST, &path, Some(body), None).await;
        let (status, answer) = credit("mara", &reason).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "it still stands: {answer}");
        tell(&service, "evt_9", "charge.refunded", &paid("cus_1", "in_1", 11_900, &service)).await;
        for staff in ["bea", "lena", "ana"] {
            assert_eq!(credit(staff, &reason).await.0, StatusCode::FORBIDDEN, "{staff}");
        }
        assert_eq!(credit("mara", &json!({"reason": " "})).await.0, StatusCode::BAD_REQUEST);
        let shown = page(&raw(&service, Some("mara"), Method::GET, &format!("/documents/{FIRST}")).await);
        assert!(shown.contains("A credit note over all of it would say:"), "{shown}");
        assert_eq!(documents(&service, "").await, [FIRST], "who looks makes nothing");

        let (status, made) = credit("mara", &reason).await;
        assert_eq!((status, &made["number"]), (StatusCode::CREATED, &json!(SECOND)), "{made}");
        assert_eq!((&made["corrects"], &made["total"]["amount"]), (&json!(FIRST), &json!("119.00")), "{made}");
        let (status, again) = credit("mara", &reason).await;
        assert_eq!((status, &again["number"]), (StatusCode::OK, &json!(SECOND)), "{again}");
        assert_eq!(documents(&service, "?account=stripe:cus_1").await, [FIRST, SECOND]);
        let of_it = format!("/api/documents/{SECOND}/credit");
        let (status, answer) = ask(&service, "mara", Method::POST, &of_it, Some(&reason), None).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");

        let ledger = get(&service, "/api/accounts/stripe:cus_1/ledger").await;
        let entries = ledger["items"].as_array().unwrap();
        let own: Vec<_> = entries.iter().filter(|entry| entry["step"] == "document").collect();
        assert_eq!(own.len(), 1, "{ledger}");
        assert_eq!((&own[0]["by"], &own[0]["body"]["credit"]), (&json!("mara"), &json!(SECOND)), "{ledger}");
        let shown = page(&raw(&service, Some("ana"), Method::GET, &format!("/documents/{SECOND}")).await);
        assert!(shown.contains("Credit note") && shown.contains("charged by mistake"), "{shown}");
        let shown = page(&raw(&service, Some("mara"), Method::GET, &format!("/documents/{FIRST}")).await);
        assert!(shown.contains("It was taken back by") && !shown.contains("Make the credit note"), "{shown}");
        assert_eq!(ask(&service, "mara", Method::POST, "/api/documents/x/credit", Some(&reason), None).await.0, 404);
    });
}

#[test]
fn a_vp_keeps_legal_entities_and_each_change_is_in_the_ledger_of_the_setup() {
    run(async {
        let service = customers("Ring 1").await;
        let ours = wish("recoup", &["stripe/default"]);
        for staff in ["mara", "bea", "ana"] {
            assert_eq!(keep(&service, staff, &ours).await.0, StatusCode::FORBIDDEN, "{staff}");
        }
        for (sources, said) in [
            (["lemonsqueezy/default"], "sells in its own name"),
            (["revenuecat/default"], "sells in its own name"),
            (["paypal/default"], "is no source"),
            (["zendesk/default"], "is no source"),
            (["stripe"], "is no source"),
        ] {
            let (status, answer) = keep(&service, "vera", &wish("recoup", &sources)).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{sources:?}: {answer}");
            assert!(answer["error"]["message"].as_str().unwrap().contains(said), "{sources:?}: {answer}");
        }
        let (status, kept) = keep(&service, "vera", &ours).await;
        assert_eq!((status, &kept["by"]), (StatusCode::OK, &json!("vera")), "{kept}");
        assert_eq!(get(&service, "/api/entities").await["items"], json!([kept]));
        let shown = page(&raw(&service, Some("ana"), Method::GET, "/entities").await);
        assert!(shown.contains("Juniper GmbH") && shown.contains("stripe/default"), "{shown}");
        let origins = json!({"origins": ["https://shop.zendesk.com"]});
        let allowed = ask(&service, "mara", Method::POST, "/api/embeds/origins", Some(&origins), None).await;
        assert_eq!(allowed.0, StatusCode::OK);

        sent(&service, 1, "a").await;
        let mut renamed = ours.clone();
        renamed["entity"]["prefix"] = json!("Q-");
        let (status, answer) = keep(&service, "vera", &renamed).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
        let gone = ask(&service, "vera", Method::DELETE, "/api/entities/de", None, None).await;
        assert_eq!(gone.0, StatusCode::UNPROCESSABLE_ENTITY, "{}", gone.1);
        assert_eq!(
            ask(&service, "vera", Method::DELETE, "/api/entities/fr", None, None).await.0,
            StatusCode::NOT_FOUND
        );
        let other = keep(&service, "vera", &wish("provider", &[])).await;
        assert_eq!(other.0, StatusCode::OK, "{}", other.1);

        let ledger = get(&service, "/api/setup/ledger").await;
        let entries = ledger["items"].as_array().unwrap();
        let told: Vec<_> = entries.iter().map(|entry| (&entry["step"], &entry["by"], &entry["body"]["what"])).collect();
        let setup = json!("setup");
        let (vera, mara) = (json!("vera"), json!("mara"));
        let (entity, embeds) = (json!("entity"), json!("embeds"));
        assert_eq!(told, [(&setup, &vera, &entity), (&setup, &mara, &embeds), (&setup, &vera, &entity)], "{ledger}");
        assert!(!ledger.to_string().contains("Juniper"), "names stand there as their digest: {ledger}");
        assert_eq!(get(&service, "/api/setup/ledger/head").await["length"], 3);
    });
}
