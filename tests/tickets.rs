//! Tickets: whose they are, which case is their trouble, who has them, by when something happens, and what people do
//! with them.

use crate::desk::charged_twice;
use crate::http::{run, with_a_payment};
use ::http::{Method, Request, StatusCode};
use app::door::token;
use app::ports::{Channel, Clock};
use app::store::{Batch, Commit, keys};
use bytes::Bytes;
use domain::approval::delegation::{Delegation, Delegations};
use domain::ticket::TicketName;
use jiff::SignedDuration;
use local::server::dispatch;
use local::service::Service;
use serde_json::{Value, json};
use tests::counted::Counted;
use tests::stripe;
use tests::world::{ask, at, deliver, deliver_to, get, import, open_at};

pub const OWN: &str = "cus_1@shop.example";

/// A customer who is known, on a Wednesday morning.
pub async fn known() -> Service {
    let service = open_at("2026-03-04T09:00:00Z").await;
    let now = service.clock.now();
    deliver(&service, &stripe::event("evt_1", "customer.created", now, &stripe::customer("cus_1", now))).await;
    service.work().await.unwrap();
    service
}

/// What a help desk tells of a ticket now.
pub struct Told<'a> {
    pub event: &'a str,
    pub id: &'a str,
    pub kind: &'a str,
    pub subject: &'a str,
    pub body: Option<&'a str>,
    pub status: &'a str,
    pub email: Option<&'a str>,
}

impl Default for Told<'_> {
    fn default() -> Self {
        Self {
            event: "e_1",
            id: "t_1",
            kind: "ticket.created",
            subject: "A question",
            body: Some("I was charged twice this month"),
            status: "open",
            email: Some(OWN),
        }
    }
}

impl Told<'_> {
    pub fn json(&self, service: &Service) -> Value {
        json!({"id": self.event, "type": self.kind, "created_at": service.clock.now(), "ticket": {"id": self.id,
            "subject": self.subject, "body": self.body, "status": self.status, "csat": null,
            "requester": {"email": self.email, "name": "Ada"}}})
    }
}

pub async fn tell(service: &Service, told: Told<'_>) {
    tell_json(service, &told.json(service)).await;
}

pub async fn tell_json(service: &Service, told: &Value) {
    assert_eq!(deliver_to(service, "ticket", told.to_string().as_bytes()).await.0, StatusCode::OK);
    service.work().await.unwrap();
    let dead = app::ports::QueueName::ALL.map(|queue| service.queue.dead(queue).unwrap());
    assert!(dead.iter().all(Vec::is_empty), "{dead:?}");
}

pub async fn ticket(service: &Service, id: &str) -> Value {
    get(service, &format!("/api/tickets/{id}")).await
}

pub async fn say(service: &Service, staff: &str, id: &str, what: &str, body: &Value) -> (u16, Value) {
    let (status, answer) =
        ask(service, staff, Method::POST, &format!("/api/tickets/{id}/{what}"), Some(body), None).await;
    (status.as_u16(), answer)
}

pub async fn later(service: &Service, hours: i64) {
    service.advance(service.clock.now() + SignedDuration::from_hours(hours)).await.unwrap();
}

fn ids(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect()
}

#[test]
fn an_account_at_a_glance_is_one_batch_and_four_queries_whatever_it_has() {
    run(async {
        let mut service = known().await;
        let csv = "provider,customer,phone\nstripe,cus_1,+49 30 123456\n";
        assert_eq!(import(&service, "mara", "customers", csv, false).await.0, StatusCode::OK);
        let counts = Counted::over(&mut service);
        let mut told = 0;
        for tickets in [0, 1, 12] {
            while told < tickets {
                told += 1;
                let (id, body) = (format!("t_{told}"), format!("My question number {told} is about the invoice"));
                tell(&service, Told { event: &format!("e_{told}"), id: &id, body: Some(&body), ..Told::default() })
                    .await;
            }
            counts.take();
            let shown = get(&service, "/api/accounts/stripe:cus_1").await;
            let costs = counts.take();
            assert_eq!(shown["tickets"].as_array().map_or(0, Vec::len), tickets, "{shown}");
            // Whoever asks is looked up by a batch before.
            assert_eq!((costs.batches, costs.queries), (1 + 1, 4), "with {tickets} tickets: {costs:?}");
        }
    });
}

#[test]
fn who_was_charged_twice_and_says_so_is_joined_to_the_case_that_was_found() {
    run(async {
        let service = with_a_payment().await;
        let case = charged_twice(&service).await;
        tell(&service, Told::default()).await;
        let told = ticket(&service, "t_1").await;
        assert_eq!(told["class"], "duplicate_charge", "{told}");
        assert_eq!((&told["abstained"], &told["case"]), (&json!(false), &json!(case)), "{told}");
        let shown = get(&service, &format!("/api/cases/{case}")).await;
        assert_eq!(shown["tickets"], json!(["t_1"]), "{shown}");
        assert!(shown["evidence"].as_array().unwrap().iter().any(|it| it["label"] == "Ticket"), "{shown}");
        assert_eq!(
            get(&service, "/api/cases?state=open").await["items"].as_array().unwrap().len(),
            1,
            "no second case"
        );
    });
}

#[test]
fn a_letter_about_a_trouble_that_nobody_found_opens_a_case_with_what_there_is_to_look_at() {
    run(async {
        let service = known().await;
        let file = "account,owner,tax_country,tax_id\nstripe:cus_1,mara,DE,DE123456789\n";
        assert_eq!(import(&service, "mara", "customers", file, false).await.0, StatusCode::OK);
        tell(&service, Told { body: Some("xqzt DE123456789"), ..Told::default() }).await;
        // Nobody can read that: a person says what it is.
        let (status, told) = say(&service, "lena", "t_1", "class", &json!({"class": "tax_question"})).await;
        assert_eq!(status, 200, "{told}");
        let case = get(&service, &format!("/api/cases/{}", told["case"].as_str().unwrap())).await;
        assert_eq!((&case["class"], &case["about"]), (&json!("tax_question"), &json!("ticket:ticket/default/t_1")));
        assert_eq!((&case["rule"], &case["tickets"]), (&json!("ticket-tax_question"), &json!(["t_1"])), "{case}");
        let label = |label: &str| {
            case["evidence"].as_array().unwrap().iter().find(|it| it["label"] == label).map(|it| it["value"].clone())
        };
        assert_eq!(label("Tax settings"), Some(json!("DE, not exempt, with a tax id")), "{case}");
        assert_eq!(label("Owner of the account"), Some(json!("mara")));
        assert!(label("Granted before beside the rules").is_some() && label("Other tickets of the account").is_some());
        assert!(case["missing"].to_string().contains("usage"), "what was missing is said: {case}");
        assert!(!case.to_string().contains("DE123456789"), "what was written stands in the ticket alone: {case}");
        assert_eq!(case["preview"]["reply"]["subject"], "Ihre Nachricht an uns", "{case}");
        assert_eq!(case["preview"]["recommended"], json!([]), "nothing is promised");
        assert_eq!((&told["role"], &told["assignee"]), (&json!("billing_specialist"), &json!("bea")), "{told}");
    });
}

#[test]
fn whose_a_ticket_is_one_account_is_certain_none_is_a_stranger_and_of_several_a_person_says() {
    run(async {
        let service = known().await;
        let now = service.clock.now();
        for (number, customer, email) in [(2, "cus_2", "two@shop.example"), (3, "cus_3", "two@shop.example")] {
            let mut person = stripe::customer(customer, now);
            person["email"] = json!(email);
            deliver(&service, &stripe::event(&format!("evt_{number}"), "customer.created", now, &person)).await;
        }
        let bill = stripe::invoice("cus_3", "in_77", "open", 4_900, 4_900, "usd", 0, now);
        deliver(&service, &stripe::event("evt_9", "invoice.finalized", now, &bill)).await;
        service.work().await.unwrap();
        let id = |customer: &str| json!(domain::id::AccountId::of("stripe", "default", customer));
        let rows: [(&str, &str, Option<&str>, Value, bool); 6] = [
            ("t_own", "hello", Some(OWN), id("cus_1"), true),
            ("t_nobody", "hello", Some("who@else.example"), Value::Null, false),
            ("t_unsaid", "hello", None, Value::Null, false),
            ("t_two", "hello", Some("two@shop.example"), Value::Null, false),
            ("t_which", "about invoice IN_77", Some("two@shop.example"), id("cus_3"), true),
            ("t_named", "stripe:cus_1 has a question", Some("who@else.example"), id("cus_1"), false),
        ];
        for (number, (name, body, email, account, is_contact)) in rows.into_iter().enumerate() {
            let event = format!("e_{number}");
            tell(&service, Told { event: &event, id: name, body: Some(body), email, ..Told::default() }).await;
            let told = ticket(&service, name).await;
            assert_eq!((&told["account"], &told["known_contact"]), (&account, &json!(is_contact)), "{name}: {told}");
            assert!(told["due_at"].is_string() && told["role"].is_string(), "{name} has a queue and a time: {told}");
        }
        assert_eq!(ticket(&service, "t_two").await["accounts"].as_array().unwrap().len(), 2);
        assert_eq!(ticket(&service, "t_nobody").await["case"], Value::Null, "of a stranger nothing is opened");
        for (staff, account, status) in
            [("ana", "stripe:cus_2", 403), ("lena", "stripe:cus_9", 404), ("lena", "stripe:cus_2", 200)]
        {
            let (found, answer) =
                say(&service, staff, "t_two", "account", &json!({"account": account, "note": "called"})).await;
            assert_eq!(found, status, "{staff} {account}: {answer}");
        }
        assert_eq!(ids(&get(&service, "/api/tickets?account=stripe:cus_2").await), ["t_two"]);
    });
}

/// A page of what people said that tickets are, and where the next one is.
async fn corrections(service: &Service, path: &str) -> (String, Option<String>) {
    let secret = service.context.vault.tokens().await.unwrap();
    let bearer = token::issue(&secret, "ana", service.clock.machine(), 1);
    let request = Request::get(path).header("authorization", format!("Bearer {bearer}"));
    let answer = dispatch(service, &request.body(Bytes::new()).unwrap()).await;
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    let link = answer.headers().get("link").map(|link| link.to_str().unwrap().to_owned());
    let next = link.and_then(|link| Some(link.strip_prefix('<')?.split_once('>')?.0.to_owned()));
    (String::from_utf8(answer.body().to_vec()).unwrap(), next)
}

#[test]
fn what_nobody_understands_is_classified_by_a_person_and_kept_to_learn_from() {
    run(async {
        let service = known().await;
        tell(&service, Told { subject: "Hm", body: Some("xqzt \"wv\",\nprlk"), ..Told::default() }).await;
        let told = ticket(&service, "t_1").await;
        assert_eq!((&told["abstained"], &told["case"]), (&json!(true), &Value::Null), "{told}");
        assert_eq!((&told["assignee"], &told["state"]), (&json!("lena"), &json!("investigating")), "{told}");
        for (staff, body, status, code) in [
            ("ana", json!({"class": "chargeback"}), 403, "not_permitted"),
            ("lena", json!({"class": "magic"}), 400, "malformed"),
            ("lena", json!({}), 400, "malformed"),
        ] {
            let (found, answer) = say(&service, staff, "t_1", "class", &body).await;
            assert_eq!((found, &answer["error"]["code"]), (status, &json!(code)), "{staff} {body}: {answer}");
        }
        let body = json!({"class": "chargeback", "note": "their bank wrote"});
        let (status, said) = say(&service, "lena", "t_1", "class", &body).await;
        assert_eq!((status, &said["classed_by"]), (200, &json!("lena")), "{said}");
        assert!(said["history"].to_string().contains("because: their bank wrote"), "{said}");
        assert_eq!((&said["assignee"], &said["escalated"]), (&json!("bea"), &json!(true)), "it is for a higher role");
        let (_, csv) = ask(&service, "ana", Method::GET, "/api/tickets/corrections", None, None).await;
        assert_eq!(csv, json!("subject,body,class\n\"Hm\",\"xqzt \"\"wv\"\",\nprlk\",chargeback\n"));
        tell(&service, Told { event: "e_2", kind: "ticket.commented", body: Some("What is VAT?"), ..Told::default() })
            .await;
        assert_eq!(ticket(&service, "t_1").await["class"], "chargeback", "a person has the last word");

        // Each page is as long as was asked for.
        for (event, id, words) in [("e_3", "t_2", "plrk gno"), ("e_4", "t_3", "vmt zzuy")] {
            tell(&service, Told { event, id, subject: "Hm", body: Some(words), ..Told::default() }).await;
            assert_eq!(say(&service, "lena", id, "class", &body).await.0, 200, "{id}");
        }
        let mut next = Some("/api/tickets/corrections?limit=1".to_owned());
        let mut rows = Vec::new();
        while let Some(path) = next {
            let (table, link) = corrections(&service, &path).await;
            rows.push(table.matches(",chargeback\n").count());
            next = link;
        }
        rows.retain(|rows| *rows > 0);
        assert_eq!(rows, [1, 1, 1]);
    });
}

#[test]
fn a_class_that_is_corrected_on_a_case_is_that_of_its_ticket_and_no_letter_changes_it() {
    run(async {
        for is_found in [false, true] {
            let service = with_a_payment().await;
            if is_found {
                charged_twice(&service).await;
            }
            tell(&service, Told::default()).await;
            let before = ticket(&service, "t_1").await;
            let case = before["case"].as_str().unwrap().to_owned();
            assert_eq!(
                (&before["class"], &before["classed_by"]),
                (&json!("duplicate_charge"), &Value::Null),
                "{before}"
            );
            let body = json!({"class": "tax_question", "note": "says the customer"});
            let path = format!("/api/cases/{case}/class");
            let (status, answer) = ask(&service, "lena", Method::POST, &path, Some(&body), None).await;
            assert_eq!(status, StatusCode::OK, "{answer}");
            let (_, csv) = ask(&service, "ana", Method::GET, "/api/tickets/corrections", None, None).await;
            let row = "\"A question\",\"I was charged twice this month\",tax_question\n";
            assert_eq!(csv, json!(format!("subject,body,class\n{row}")), "it is kept to learn from");

            let body = Some("I was charged twice, as I said");
            tell(&service, Told { event: "e_2", kind: "ticket.commented", body, ..Told::default() }).await;
            let told = ticket(&service, "t_1").await;
            assert_eq!((&told["class"], &told["classed_by"]), (&json!("tax_question"), &json!("lena")), "{told}");
            assert_eq!(told["case"], json!(case), "it opens no second one: {told}");
            let shown = get(&service, &format!("/api/cases/{case}")).await;
            assert_eq!(shown["class"], "tax_question", "what a person said stays: {shown}");
            assert_eq!(get(&service, "/api/cases?state=open").await["items"].as_array().unwrap().len(), 1);
        }
    });
}

#[test]
fn who_writes_after_the_end_opens_it_again_and_long_after_that_begins_anew() {
    run(async {
        let service = known().await;
        tell(&service, Told::default()).await;
        say(&service, "lena", "t_1", "class", &json!({"class": "duplicate_charge"})).await;
        let case = ticket(&service, "t_1").await["case"].as_str().unwrap().to_owned();
        let path = format!("/api/cases/{case}");
        tell(&service, Told { event: "e_2", kind: "ticket.closed", body: None, status: "closed", ..Told::default() })
            .await;
        let told = ticket(&service, "t_1").await;
        assert_eq!((&told["state"], &told["due_at"]), (&json!("resolved"), &Value::Null), "{told}");
        assert_eq!(get(&service, &path).await["state"], "resolved", "its own case ends with it");
        later(&service, 24).await;
        let again =
            Told { event: "e_3", kind: "ticket.commented", body: Some("It happened again!"), ..Told::default() };
        tell(&service, again).await;
        let told = ticket(&service, "t_1").await;
        assert_eq!((&told["reopened"], &told["resolved_at"]), (&json!(1), &Value::Null), "{told}");
        assert!(told["due_at"].is_string(), "they wait for an answer: {told}");
        assert_eq!(get(&service, &path).await["state"], "open", "and so does its case");
        let (status, closed) = say(&service, "luis", "t_1", "close", &json!({"note": "refunded"})).await;
        assert_eq!((status, &closed["state"]), (200, &json!("resolved")), "{closed}");
        assert_eq!(say(&service, "luis", "t_1", "close", &json!({})).await.0, 409);
        later(&service, 24 * 15).await;
        let anew = Told { event: "e_4", kind: "ticket.commented", body: Some("Something else."), ..Told::default() };
        tell(&service, anew).await;
        let told = ticket(&service, "t_1").await;
        assert_eq!((&told["reopened"], &told["opened_at"]), (&json!(0), &json!("2026-03-20T09:00:00Z")), "{told}");
        assert!(told["history"].to_string().contains("it begins anew"), "{told}");
    });
}

#[test]
fn a_colleague_opens_again_what_has_ended_and_says_why() {
    run(async {
        let service = known().await;
        tell(&service, Told::default()).await;
        say(&service, "lena", "t_1", "class", &json!({"class": "duplicate_charge"})).await;
        let case = ticket(&service, "t_1").await["case"].as_str().unwrap().to_owned();
        let path = format!("/api/cases/{case}");
        let why = json!({"note": "the refund came back"});
        let (status, early) = say(&service, "lena", "t_1", "reopen", &why).await;
        assert_eq!((status, &early["error"]["code"]), (409, &json!("not_resolved")), "{early}");
        assert_eq!(say(&service, "lena", "t_1", "close", &json!({})).await.0, 200);
        assert_eq!(get(&service, &path).await["state"], "resolved", "its own case ends with it");
        later(&service, 24).await;
        for (staff, id, body, status, code) in [
            ("ana", "t_1", why.clone(), 403, "not_permitted"),
            ("leo", "t_1", why.clone(), 403, "not_permitted"),
            ("lena", "t_9", why.clone(), 404, "not_found"),
            ("lena", "t_1", json!({}), 400, "malformed"),
            ("lena", "t_1", json!({"note": " "}), 400, "malformed"),
            ("lena", "t_1", json!({"note": "x".repeat(2_001)}), 400, "malformed"),
        ] {
            let (found, answer) = say(&service, staff, id, "reopen", &body).await;
            assert_eq!((found, &answer["error"]["code"]), (status, &json!(code)), "{staff} {body}: {answer}");
        }
        assert_eq!(ticket(&service, "t_1").await["state"], "resolved", "nobody who may has said why");
        let (status, told) = say(&service, "bea", "t_1", "reopen", &why).await;
        assert_eq!((status, &told["state"], &told["reopened"]), (200, &json!("open"), &json!(1)), "{told}");
        assert_eq!((&told["resolved_at"], &told["case"]), (&Value::Null, &json!(case)), "{told}");
        assert!(told["due_at"].is_string() && told["assignee"].is_string(), "somebody has it, with a time: {told}");
        assert!(told["history"].to_string().contains("because: the refund came back"), "{told}");
        assert_eq!(get(&service, &path).await["state"], "open", "and so does its case");
        assert_eq!(say(&service, "bea", "t_1", "reopen", &why).await.0, 409, "pressed twice");
        assert_eq!(say(&service, "lena", "t_1", "assign", &json!({"to": "bea"})).await.0, 200);
    });
}

#[test]
fn the_customer_who_answers_ends_the_waiting_and_whom_nobody_answers_is_given_up_with_a_draft() {
    run(async {
        let service = known().await;
        tell(&service, Told::default()).await;
        let waits = |event| Told { event, kind: "ticket.updated", body: None, status: "pending", ..Told::default() };
        tell(&service, waits("e_2")).await;
        assert_eq!(ticket(&service, "t_1").await["state"], "waiting");
        // Of one instant the help desk's waiting would count before the answer.
        later(&service, 1).await;
        let answer = Told { event: "e_3", kind: "ticket.commented", body: Some("Here it is."), ..Told::default() };
        tell(&service, answer).await;
        assert_eq!(ticket(&service, "t_1").await["state"], "investigating", "somebody has it");
        later(&service, 1).await;
        tell(&service, waits("e_4")).await;
        later(&service, 24 * 14 - 1).await;
        let waiting = ticket(&service, "t_1").await;
        assert_eq!(waiting["state"], "waiting", "{waiting}");
        later(&service, 2).await;
        let told = ticket(&service, "t_1").await;
        assert_eq!((&told["state"], &told["draft"]), (&json!("resolved"), &json!("ticket_waited")), "{told}");
        let mailed = service.outbox.letters().unwrap();
        assert!(mailed.iter().all(|(_, letter)| letter.to != OWN), "nothing is sent by itself");
    });
}

#[test]
fn what_is_not_answered_in_time_goes_to_the_role_above_and_they_are_told() {
    run(async {
        let service = known().await;
        tell(&service, Told { body: Some("xqzt wv"), ..Told::default() }).await;
        let told = ticket(&service, "t_1").await;
        assert_eq!((&told["assignee"], &told["due_at"]), (&json!("lena"), &json!("2026-03-04T13:00:00Z")), "{told}");
        service.advance(at("2026-03-04T12:58:00Z")).await.unwrap();
        assert_eq!(ticket(&service, "t_1").await["assignee"], "lena");
        service.advance(at("2026-03-04T13:05:00Z")).await.unwrap();
        let told = ticket(&service, "t_1").await;
        assert_eq!(
            (&told["assignee"], &told["role"], &told["escalated"]),
            (&json!("luis"), &json!("l2"), &json!(true))
        );
        let letters = service.outbox.letters().unwrap();
        let mails = letters.iter().filter(|(_, letter)| letter.id.starts_with("ticket_"));
        let mails: Vec<_> = mails.map(|(_, letter)| (letter.channel, letter.to.as_str())).collect();
        assert_eq!(mails, [(Channel::Mail, "luis@demo.example")]);
        assert!(
            letters.iter().all(|(_, letter)| !letter.text.contains("xqzt")),
            "nothing of what was written is mailed"
        );
        service.advance(at("2026-03-04T17:10:00Z")).await.unwrap();
        assert_eq!(ticket(&service, "t_1").await["role"], "billing_specialist");
    });
}

#[test]
fn the_top_of_the_ladder_hears_of_an_overdue_ticket_once_and_once_more_of_a_new_letter() {
    run(async {
        let service = known().await;
        tell(&service, Told { body: Some("xqzt wv"), ..Told::default() }).await;
        let heard = |who: &str| {
            let (letters, to) = (service.outbox.letters().unwrap(), format!("{who}@demo.example"));
            letters.iter().filter(|(_, letter)| letter.id.starts_with("ticket_") && letter.to == to).count()
        };
        later(&service, 24 * 30).await;
        assert_eq!(["luis", "bea", "mara", "vera"].map(heard), [1, 1, 1, 1], "each level once");
        let told = ticket(&service, "t_1").await;
        assert_eq!((&told["role"], &told["assignee"]), (&json!("vp"), &json!("vera")), "{told}");
        assert!(told["due_at"].is_string() && told["state"] == "investigating", "it stays overdue: {told}");
        tell(&service, Told { event: "e_2", kind: "ticket.commented", body: Some("Hello?"), ..Told::default() }).await;
        assert_eq!(heard("vera"), 1, "the letter has a time of its own");
        later(&service, 24 * 14).await;
        assert_eq!(["luis", "bea", "mara", "vera"].map(heard), [1, 1, 1, 2]);
    });
}

#[test]
fn a_letter_from_before_our_end_that_comes_after_it_opens_the_ticket_again() {
    run(async {
        let service = known().await;
        tell(&service, Told::default()).await;
        later(&service, 1).await;
        let late = Told { event: "e_2", kind: "ticket.commented", body: Some("One thing more."), ..Told::default() };
        let late = late.json(&service);
        later(&service, 1).await;
        assert_eq!(say(&service, "lena", "t_1", "close", &json!({"note": "done"})).await.0, 200);
        tell_json(&service, &late).await;
        let told = ticket(&service, "t_1").await;
        assert_eq!((&told["reopened"], &told["resolved_at"]), (&json!(1), &Value::Null), "{told}");
        assert!(told["due_at"].is_string() && told["assignee"].is_string(), "{told}");
        assert!(told["history"].to_string().contains("nobody had read it"), "{told}");
    });
}

/// Somebody else stands in for everybody.
async fn all_are_away(service: &Service) {
    let people = get(service, "/api/staff").await;
    let away = |person: &Value| Delegation {
        from: person["id"].as_str().unwrap().to_owned(),
        to: "vera".to_owned(),
        since: service.clock.now(),
        until: service.clock.now() + SignedDuration::from_hours(48),
        by: "vera".to_owned(),
        note: String::new(),
        ended_at: None,
    };
    let all = people["items"].as_array().unwrap().iter().map(away).collect();
    let batch = Batch::read(&service.context, vec![keys::delegations()]).await.unwrap();
    let mut commit = Commit::default();
    commit.over(&batch, &Delegations { all });
    commit.run(&service.context).await.unwrap();
}

#[test]
fn the_task_for_a_ticket_that_nobody_has_goes_with_it_to_another_customer_and_ends_where_one_is_erased() {
    run(async {
        let service = known().await;
        let now = service.clock.now();
        deliver(&service, &stripe::event("evt_2", "customer.created", now, &stripe::customer("cus_2", now))).await;
        service.work().await.unwrap();
        all_are_away(&service).await;
        tell(&service, Told { body: Some("xqzt wv"), ..Told::default() }).await;
        let id = |customer: &str| domain::id::AccountId::of("stripe", "default", customer);
        let open = async || {
            let all = get(&service, "/api/tasks").await["items"].as_array().unwrap().clone();
            all.iter().map(|task| task["account"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(open().await, [id("cus_1").to_string()]);
        let theirs = json!({"account": "stripe:cus_2", "note": "called"});
        let (status, answer) = say(&service, "lena", "t_1", "account", &theirs).await;
        assert_eq!((status, &answer["assignee"]), (200, &Value::Null), "{answer}");
        assert_eq!(open().await, [id("cus_2").to_string()], "one open task, where the ticket is");
        app::privacy::erase(&service.context, &id("cus_2")).await.unwrap();
        let nobodys = TicketName::new("ticket", "default", "t_1").in_place_of_an_account();
        assert_eq!(open().await, [nobodys.to_string()], "it is nobody's by now, and somebody finds out whose it is");
    });
}

#[test]
fn where_nobody_is_there_a_ticket_waits_in_its_queue_and_is_a_task_until_somebody_has_it() {
    run(async {
        let service = known().await;
        all_are_away(&service).await;
        tell(&service, Told { body: Some("xqzt wv"), ..Told::default() }).await;
        let told = ticket(&service, "t_1").await;
        assert_eq!((&told["assignee"], &told["role"]), (&Value::Null, &json!("l1")), "{told}");
        assert!(told["due_at"].is_string() && told["history"].to_string().contains("the queue of l1"), "{told}");
        let tasks = get(&service, "/api/tasks").await;
        let about = |task: &Value| task["about"] == json!({"kind": "unowned", "ticket": "ticket/default/t_1"});
        assert_eq!(tasks["items"].as_array().unwrap().iter().filter(|task| about(task)).count(), 1, "{tasks}");
        assert_eq!(say(&service, "lena", "t_1", "assign", &json!({"to": "lena"})).await.0, 200);
        assert_eq!(get(&service, "/api/tasks").await["items"], json!([]), "somebody has it");
    });
}

#[test]
fn tickets_go_to_whoever_of_the_role_is_there_speaks_the_language_and_has_the_fewest() {
    run(async {
        let service = known().await;
        let staff =
            "id,name,email,role,languages\nnia,Nia,nia@demo.example,l1,\nolga,Olga,olga@demo.example,l1,de en\n";
        assert_eq!(import(&service, "vera", "staff", staff, false).await.0, StatusCode::OK);
        for (number, expected) in [(1, "lena"), (2, "nia"), (3, "olga"), (4, "lena")] {
            let (event, id, body) = (format!("e_{number}"), format!("t_{number}"), format!("xqzt {number}"));
            tell(&service, Told { event: &event, id: &id, body: Some(&body), ..Told::default() }).await;
            assert_eq!(ticket(&service, &id).await["assignee"], expected, "{id}");
        }
        let away = json!({"to": "luis", "until": "2026-03-06T09:00:00Z", "from": "nia"});
        assert_eq!(ask(&service, "mara", Method::POST, "/api/delegations", Some(&away), None).await.0, StatusCode::OK);
        tell(&service, Told { event: "e_5", id: "t_5", body: Some("xqzt 5"), ..Told::default() }).await;
        assert_eq!(ticket(&service, "t_5").await["assignee"], "olga", "somebody stands in for Nia");
        let file = "account,locale\nstripe:cus_1,de-DE\n";
        assert_eq!(import(&service, "mara", "customers", file, false).await.0, StatusCode::OK);
        tell(&service, Told { event: "e_6", id: "t_6", body: Some("xqzt 6"), ..Told::default() }).await;
        let told = ticket(&service, "t_6").await;
        assert_eq!((&told["assignee"], &told["language"]), (&json!("olga"), &json!("de")), "{told}");
        assert_eq!(ids(&get(&service, "/api/tickets?assignee=nia").await), ["t_2"]);
    });
}

#[test]
fn a_letter_is_answered_in_the_language_in_which_it_is_written_whatever_the_file_says() {
    run(async {
        let service = known().await;
        let staff = "id,name,email,role,languages\nolga,Olga,olga@demo.example,l2,de\n";
        assert_eq!(import(&service, "vera", "staff", staff, false).await.0, StatusCode::OK);
        let file = "account,locale\nstripe:cus_1,en-GB\n";
        assert_eq!(import(&service, "mara", "customers", file, false).await.0, StatusCode::OK);
        let (german, french) = ("Mir wurde der Betrag doppelt abgebucht.", "Je n’ai pas encore reçu le remboursement.");
        let below = "ok\n\n> We have looked at what you wrote to us\n> and it is the same as before";
        for (what, event, kind, body, language, subject) in [
            ("a German letter", "e_1", "ticket.created", german, "de", "Wir brauchen noch etwas von Ihnen"),
            ("one too short to tell", "e_2", "ticket.commented", below, "de", "Wir brauchen noch etwas von Ihnen"),
            ("a French one", "e_3", "ticket.commented", french, "fr", "Il nous manque une information"),
            (
                "little, below a German subject",
                "e_4",
                "ticket.commented",
                "ok !",
                "fr",
                "Il nous manque une information",
            ),
        ] {
            tell(&service, Told { event, kind, subject: "Doppelt abgebucht", body: Some(body), ..Told::default() })
                .await;
            let told = ticket(&service, "t_1").await;
            assert_eq!(told["language"], language, "{what}: {told}");
            assert_eq!(told["assignee"], "olga", "{what}: who speaks the first, and keeps it: {told}");
            let offered = get(&service, "/api/tickets/t_1/drafts").await;
            let drafts = offered["drafts"].as_array().unwrap();
            assert!(drafts.iter().any(|draft| draft["subject"] == subject), "{what}: {offered}");
            later(&service, 1).await;
        }
        tell(&service, Told { event: "e_5", id: "t_5", ..Told::default() }).await;
        let told = ticket(&service, "t_5").await;
        assert_eq!((&told["language"], &told["assignee"]), (&json!("en"), &json!("luis")), "an English one");
    });
}

#[test]
fn people_give_tickets_take_them_back_and_say_that_one_is_a_repeat() {
    run(async {
        let service = known().await;
        for (event, id, body) in [("e_1", "t_1", "one"), ("e_2", "t_2", "two"), ("e_3", "t_3", "three")] {
            tell(&service, Told { event, id, body: Some(body), ..Told::default() }).await;
        }
        for (staff, id, what, body, status, code) in [
            ("ana", "t_1", "assign", json!({"to": "lena"}), 403, "not_permitted"),
            ("leo", "t_1", "close", json!({}), 403, "not_permitted"),
            ("lena", "t_9", "assign", json!({"to": "lena"}), 404, "not_found"),
            ("lena", "t_1", "assign", json!({"to": "nobody"}), 422, "not_possible"),
            ("lena", "t_1", "assign", json!({"to": "ana"}), 422, "not_possible"),
            ("lena", "t_1", "assign", json!({}), 400, "malformed"),
            ("lena", "t_1", "merge", json!({"into": "t_1"}), 422, "not_possible"),
            ("lena", "t_1", "merge", json!({"into": "t_9"}), 422, "not_possible"),
            ("lena", "t_1", "close", json!({"note": "x".repeat(2_001)}), 400, "malformed"),
        ] {
            let (found, answer) = say(&service, staff, id, what, &body).await;
            assert_eq!((found, &answer["error"]["code"]), (status, &json!(code)), "{staff} {what} {body}: {answer}");
        }
        let (status, given) = say(&service, "lena", "t_1", "assign", &json!({"to": "bea"})).await;
        assert_eq!((status, &given["assignee"], &given["escalated"]), (200, &json!("bea"), &json!(true)), "{given}");
        service.work().await.unwrap();
        let letters = service.outbox.letters().unwrap();
        let told = letters.iter().filter(|(_, letter)| letter.to == "bea@demo.example");
        assert_eq!(told.count(), 1, "who is given a ticket is mailed");
        let (_, back) = say(&service, "lena", "t_1", "assign", &json!({"to": ""})).await;
        assert_eq!((&back["assignee"], &back["role"]), (&Value::Null, &json!("billing_specialist")), "{back}");
        assert_eq!(ids(&get(&service, "/api/tickets?assignee=none").await), ["t_1"]);

        let (status, merged) = say(&service, "lena", "t_2", "merge", &json!({"into": "t_1"})).await;
        assert_eq!((status, &merged["state"], &merged["merged_into"]), (200, &json!("resolved"), &json!("t_1")));
        assert_eq!(say(&service, "lena", "t_3", "merge", &json!({"into": "t_2"})).await.0, 422, "a repeat of a repeat");
        assert_eq!(ids(&get(&service, "/api/tickets?state=resolved").await), ["t_2"]);
        assert_eq!(get(&service, "/api/tickets?class=chargeback").await["items"], json!([]));
        for wrong in ["state=asleep", "class=magic"] {
            let (status, _) = ask(&service, "ana", Method::GET, &format!("/api/tickets?{wrong}"), None, None).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{wrong}");
        }
    });
}

#[test]
fn a_repeat_that_is_none_is_taken_apart_and_has_its_own_time_and_case_again() {
    run(async {
        let service = known().await;
        tell(&service, Told::default()).await;
        tell(&service, Told { event: "e_2", id: "t_2", body: Some("xqzt wv"), ..Told::default() }).await;
        let class = json!({"class": "invoice_discrepancy", "note": "on the phone"});
        let (_, own) = say(&service, "lena", "t_2", "class", &class).await;
        assert_eq!(say(&service, "lena", "t_2", "merge", &json!({"into": "t_1"})).await.0, 200);
        let state = async |case: &Value| {
            get(&service, &format!("/api/cases/{}", case.as_str().unwrap())).await["state"].clone()
        };
        assert_eq!(state(&own["case"]).await, "resolved", "it ended with its ticket");
        let page = get(&service, "/tickets/t_2").await;
        assert!(page.as_str().unwrap().contains("A repeat of"), "{page}");
        later(&service, 30).await;
        for (staff, id, body, status, code) in [
            ("ana", "t_2", json!({"note": "another invoice"}), 403, "not_permitted"),
            ("lena", "t_9", json!({"note": "another invoice"}), 404, "not_found"),
            ("lena", "t_1", json!({"note": "another invoice"}), 409, "no_repeat"),
            ("lena", "t_2", json!({"note": " "}), 400, "malformed"),
            ("lena", "t_2", json!({}), 400, "malformed"),
        ] {
            let (found, answer) = say(&service, staff, id, "unmerge", &body).await;
            assert_eq!((found, &answer["error"]["code"]), (status, &json!(code)), "{staff} {id} {body}: {answer}");
        }
        let (status, apart) = say(&service, "lena", "t_2", "unmerge", &json!({"note": "another invoice"})).await;
        let parts = (&apart["merged_into"], &apart["case"], &apart["reopened"]);
        assert_eq!((status, parts), (200, (&Value::Null, &own["case"], &json!(1))), "{apart}");
        assert!(apart["state"] != "resolved" && apart["resolved_at"].is_null(), "{apart}");
        assert!(
            apart["due_at"].as_str() > Some(service.clock.now().to_string().as_str()),
            "a time of its own: {apart}"
        );
        assert_eq!(state(&apart["case"]).await, "open");
        let first = ticket(&service, "t_1").await;
        assert!(first["case"].is_string() && first["case"] != apart["case"], "{first}");
        assert_eq!(say(&service, "lena", "t_2", "unmerge", &json!({"note": "once more"})).await.0, 409);
    });
}

#[test]
fn an_agent_writes_a_ticket_down_and_it_takes_the_same_way() {
    run(async {
        let service = known().await;
        let body = json!({"subject": "On the line", "body": "xqzt, my card is 4242 4242\n4242 4242",
            "requester": {"email": OWN, "name": "Ada"}});
        let open = |staff: &'static str, body: Value, key: Option<&'static str>| {
            let service = &service;
            async move { ask(service, staff, Method::POST, "/api/tickets", Some(&body), key).await }
        };
        assert_eq!(open("ana", body.clone(), None).await.0, StatusCode::FORBIDDEN);
        assert_eq!(open("lena", json!({"subject": "x"}), None).await.0, StatusCode::BAD_REQUEST);
        assert_eq!(open("lena", json!({"body": " "}), None).await.0, StatusCode::BAD_REQUEST);
        let (status, first) = open("lena", body.clone(), Some("k")).await;
        assert_eq!((status, &first["assignee"]), (StatusCode::CREATED, &json!("lena")), "{first}");
        assert!(first["account"].is_string() && first["due_at"].is_string(), "{first}");
        assert!(first["body"].as_str().unwrap().contains("[masked]"), "a card over two lines: {first}");
        let (_, again) = open("lena", body, Some("k")).await;
        assert_eq!(again["id"], first["id"], "the same key is the same ticket");
        assert_eq!(ids(&get(&service, "/api/tickets").await).len(), 1);
    });
}

#[test]
fn the_same_mail_twice_is_one_ticket_and_a_delivery_twice_is_none_more() {
    run(async {
        let service = known().await;
        let first = Told::default().json(&service);
        tell_json(&service, &first).await;
        let before = ticket(&service, "t_1").await;
        tell_json(&service, &first).await;
        assert_eq!(ticket(&service, "t_1").await, before, "the same delivery changes nothing");
        later(&service, 1).await;
        let again = |event, id| Told { event, id, body: Some("I was  CHARGED twice\nthis month"), ..Told::default() };
        tell(&service, again("e_2", "t_2")).await;
        let told = ticket(&service, "t_2").await;
        assert_eq!((&told["state"], &told["merged_into"]), (&json!("resolved"), &json!("t_1")), "{told}");
        later(&service, 48).await;
        tell(&service, again("e_3", "t_3")).await;
        assert_eq!(ticket(&service, "t_3").await["merged_into"], Value::Null, "days later it is asked again");
        let other = Told { event: "e_4", id: "t_4", email: Some("who@else.example"), ..Told::default() };
        tell(&service, other).await;
        assert_eq!(ticket(&service, "t_4").await["merged_into"], Value::Null, "somebody else says the same");
    });
}

#[test]
fn the_order_of_events_does_not_matter_for_how_it_ends() {
    run(async {
        let mut ends = Vec::new();
        for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2], [2, 0, 3, 1]] {
            let service = known().await;
            let mut events = Vec::new();
            for (number, (kind, body, status)) in [
                ("ticket.created", Some("xqzt one"), "open"),
                ("ticket.commented", Some("xqzt two"), "open"),
                ("ticket.updated", None, "pending"),
                ("ticket.closed", None, "closed"),
            ]
            .into_iter()
            .enumerate()
            {
                let event = format!("e_{number}");
                events.push(Told { event: &event, kind, body, status, ..Told::default() }.json(&service));
                later(&service, 1).await;
            }
            for place in order {
                tell_json(&service, &events[place]).await;
            }
            let told = ticket(&service, "t_1").await;
            let parts =
                ["state", "status", "body", "latest", "class", "account", "opened_at", "resolved_at", "reopened"];
            ends.push(parts.map(|part| told[part].clone()));
        }
        assert!(ends.windows(2).all(|pair| pair[0] == pair[1]), "{ends:#?}");
        assert_eq!(ends[0][0], "resolved");
    });
}

#[test]
fn whatever_script_and_whatever_length_is_taken_and_shown_as_text() {
    run(async {
        let service = known().await;
        let hostile = "<script>alert(1)</script><img src=x onerror=alert(2)>";
        let long = "قيمة الفاتورة خاطئة ".repeat(28_000);
        let bodies = [
            ("t_html", hostile),
            ("t_arabic", long.as_str()),
            ("t_chinese", "我被重复扣款了,请退款"),
            ("t_emoji", "🆘💳💳"),
            ("t_signs", "\u{202e}\u{0}\u{7f}abc"),
            ("t_empty", ""),
        ];
        for (number, (id, body)) in bodies.into_iter().enumerate() {
            let event = format!("e_{number}");
            tell(&service, Told { event: &event, id, subject: hostile, body: Some(body), ..Told::default() }).await;
            let told = ticket(&service, id).await;
            assert!(told["due_at"].is_string() && told["account"].is_string(), "{id}: {told}");
            let (_, page) = ask(&service, "mara", Method::GET, &format!("/tickets/{id}"), None, None).await;
            let page = page.as_str().unwrap();
            assert!(!page.contains("<script>") && !page.contains("<img"), "{id}: {page}");
        }
        let (_, page) = ask(&service, "mara", Method::GET, "/tickets", None, None).await;
        let page = page.as_str().unwrap();
        assert!(!page.contains("<script>") && page.contains("&lt;script&gt;"), "{page}");
    });
}

#[test]
fn the_pages_show_the_account_by_its_name_and_their_buttons_work_without_scripts() {
    run(async {
        let service = known().await;
        tell(&service, Told { subject: "Twice", ..Told::default() }).await;
        let signed_in = dispatch(&service, &Request::post("/local/login").body("staff=bea".into()).unwrap()).await;
        let cookie = signed_in.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let look = async |path: &str| {
            let request = Request::get(path).header("cookie", &cookie).body(Bytes::new()).unwrap();
            let answer = dispatch(&service, &request).await;
            assert_eq!(answer.status(), StatusCode::OK, "{path}");
            String::from_utf8(answer.body().to_vec()).unwrap()
        };
        let list = look("/tickets?state=investigating").await;
        assert!(list.contains("/tickets/t_1") && list.contains(">Customer cus_1<"), "{list}");
        assert!(!look("/tickets?state=resolved").await.contains("/tickets/t_1"));
        let page = look("/tickets/t_1").await;
        for shown in ["I was charged twice this month", ">Customer cus_1<", OWN, "Assign to me", "History"] {
            assert!(page.contains(shown), "{shown}: {page}");
        }
        let csrf = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let press = async |form: &str| {
            let request =
                Request::post("/tickets/t_1").header("cookie", &cookie).header("sec-fetch-site", "same-origin");
            let body = Bytes::from(format!("csrf={csrf}&{form}"));
            dispatch(&service, &request.body(body).unwrap()).await.status().as_u16()
        };
        for form in ["say=assign&to=bea", "say=class&class=duplicate_charge&note=two+charges", "say=close&note=done"] {
            assert_eq!(press(form).await, 303, "{form}");
        }
        let told = ticket(&service, "t_1").await;
        assert_eq!((&told["assignee"], &told["state"]), (&json!("bea"), &json!("resolved")), "{told}");
        let case = look(&format!("/cases/{}", told["case"].as_str().unwrap())).await;
        assert!(case.contains("/tickets/t_1") && case.contains("tickets v1"), "{case}");
        let over = look("/tickets/t_1").await;
        assert!(over.contains("/cases/"), "the way to the case and its preview");
        for named in [" – gave it to Bea</p>", "</time>: Bea – "] {
            assert!(over.contains(named), "whoever had to do with it is named, {named}: {over}");
        }
        assert!(look("/tickets?state=resolved").await.contains("<td>Bea</td>"));
        assert!(over.contains("value=\"reopen\"") && !over.contains("value=\"close\""), "{over}");
        assert_eq!(press("say=reopen&note=one+is+left").await, 303);
        assert_eq!(ticket(&service, "t_1").await["state"], "open");
        assert!(!look("/tickets/t_1").await.contains("value=\"reopen\""));
    });
}

#[test]
fn the_text_of_an_answer_is_copied_by_a_button_of_the_consoles_own_script() {
    run(async {
        let service = known().await;
        tell(&service, Told { subject: "Twice", ..Told::default() }).await;
        let signed_in = dispatch(&service, &Request::post("/local/login").body("staff=bea".into()).unwrap()).await;
        let cookie = signed_in.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        for (path, copies) in [("/tickets/t_1", true), ("/tickets", false)] {
            let request = Request::get(path).header("cookie", &cookie).body(Bytes::new()).unwrap();
            let answer = dispatch(&service, &request).await;
            let policy = answer.headers()["content-security-policy"].to_str().unwrap();
            assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
            assert!(policy.contains("script-src 'self'") && !policy.contains("sha256-"), "{path}: {policy}");
            let page = String::from_utf8(answer.body().to_vec()).unwrap();
            assert_eq!(page.matches("<script").count(), 1, "{path}: {page}");
            assert_eq!(page.contains("data-copy=\"#reply-0\""), copies, "{path}: {page}");
        }
    });
}

#[test]
fn nobody_closes_a_ticket_over_a_letter_that_they_have_not_seen() {
    run(async {
        let service = known().await;
        tell(&service, Told::default()).await;
        let signed_in = dispatch(&service, &Request::post("/local/login").body("staff=bea".into()).unwrap()).await;
        let cookie = signed_in.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let form = async || {
            let request = Request::get("/tickets/t_1").header("cookie", &cookie).body(Bytes::new()).unwrap();
            let page = String::from_utf8(dispatch(&service, &request).await.body().to_vec()).unwrap();
            let form = page.split("value=\"close\"").next().unwrap().rsplit("<form").next().unwrap().to_owned();
            let hidden = |name: &str| {
                let after = form.split(&format!("name=\"{name}\" value=\"")).nth(1);
                after.unwrap_or_default().split('"').next().unwrap().to_owned()
            };
            format!("csrf={}&turns={}&say=close&note=done", hidden("csrf"), hidden("turns"))
        };
        let press = async |form: String| {
            let request =
                Request::post("/tickets/t_1").header("cookie", &cookie).header("sec-fetch-site", "same-origin");
            let answer = dispatch(&service, &request.body(Bytes::from(form)).unwrap()).await;
            answer.headers()["location"].to_str().unwrap().to_owned()
        };
        let (seen, looked) = (ticket(&service, "t_1").await["turns"].clone(), form().await);
        later(&service, 1).await;
        let letter = Told { event: "e_2", kind: "ticket.commented", body: Some("One thing more."), ..Told::default() };
        tell(&service, letter).await;
        let to = press(looked).await;
        assert!(to.contains("something+came+in+since+you+looked"), "{to}");
        let (status, answer) = say(&service, "lena", "t_1", "close", &json!({"turns": seen})).await;
        assert_eq!((status, &answer["error"]["code"]), (409, &json!("written_meanwhile")), "{answer}");
        assert!(ticket(&service, "t_1").await["due_at"].is_string());
        assert!(press(form().await).await.contains("notice=Noted"));
        assert_eq!(ticket(&service, "t_1").await["state"], "resolved");
    });
}

#[test]
fn what_was_merged_by_mistake_is_told_nothing_of_the_other_customers_case() {
    run(async {
        let service = with_a_payment().await;
        let case = charged_twice(&service).await;
        let now = service.clock.now();
        deliver(&service, &stripe::event("evt_b", "customer.created", now, &stripe::customer("cus_2", now))).await;
        tell(&service, Told::default()).await;
        let stranger = |event, kind, body| {
            let email = Some("who@else.example");
            Told { event, id: "t_2", kind, body: Some(body), email, ..Told::default() }
        };
        tell(&service, stranger("e_2", "ticket.created", "xqzt wv")).await;
        let waiting = get(&service, "/api/actions?state=waiting_approval").await["items"][0].clone();
        let body = json!({"decision": "approve", "preview_digest": waiting["preview"]["digest"], "note": ""});
        let path = format!("/api/actions/{}/decision", waiting["id"].as_str().unwrap());
        assert_eq!(ask(&service, "mara", Method::POST, &path, Some(&body), None).await.0, StatusCode::OK);
        service.work().await.unwrap();
        assert!(get(&service, "/api/tickets/t_1/drafts").await.to_string().contains("100.00"), "it is done");

        let (status, merged) = say(&service, "lena", "t_2", "merge", &json!({"into": "t_1"})).await;
        assert_eq!((status, &merged["case"]), (200, &json!(case)), "{merged}");
        later(&service, 1).await;
        tell(&service, stranger("e_3", "ticket.commented", "xqzt once more")).await;
        let said = json!({"account": "stripe:cus_2", "note": "called the number on file"});
        let (status, vouched) = say(&service, "lena", "t_2", "account", &said).await;
        assert_eq!(
            (status, &vouched["known_contact"], &vouched["case"]),
            (200, &json!(true), &Value::Null),
            "{vouched}"
        );
        let offered = get(&service, "/api/tickets/t_2/drafts").await;
        assert!(!offered.to_string().contains("100.00"), "that is another customer's refund: {offered}");
        let outcomes = offered["drafts"].as_array().unwrap().iter().map(|draft| draft["outcome"].as_str().unwrap());
        assert_eq!(outcomes.collect::<Vec<_>>(), ["waiting"], "{offered}");
    });
}

#[test]
fn an_account_shows_its_tickets_those_that_are_open_first() {
    run(async {
        let service = known().await;
        for (event, id, body) in [("e_1", "t_1", "one"), ("e_2", "t_2", "two"), ("e_3", "t_3", "three")] {
            tell(&service, Told { event, id, body: Some(body), ..Told::default() }).await;
            later(&service, 1).await;
        }
        assert_eq!(say(&service, "lena", "t_3", "close", &json!({})).await.0, 200);
        let account = get(&service, "/api/accounts/stripe:cus_1").await;
        let shown: Vec<_> =
            account["tickets"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect();
        assert_eq!(shown, ["t_2", "t_1", "t_3"], "{account}");
        let page = get(&service, "/accounts/stripe:cus_1").await;
        assert!(page.as_str().unwrap().contains("/tickets/t_2"), "{page}");
    });
}
