//! From a ticket to the money: each of the sixteen steps, and money that is too little, too much, late, or says
//! nothing.

mod asked;
mod past;

use crate::http::run;
use crate::limits::with_limit;
use crate::pay::TakesOn;
use ::http::{Method, Request, StatusCode};
use app::dunning::cash::flow;
use app::dunning::pay::link;
use app::message::Message;
use app::ports::{Channel, Clock, Letter};
use app::store::{Batch, Commit, keys};
use bytes::Bytes;
use domain::action::Action;
use domain::book::Head;
use domain::cash::Step;
use domain::id::AccountId;
use domain::report::fact::{Fact, sum};
use domain::task::{About, Task};
use domain::ticket::{State, Ticket};
use jiff::{SignedDuration, Timestamp};
use local::server::dispatch;
use local::service::Service;
use serde_json::{Value, json};
use std::sync::Arc;
use tests::counted::Counted;
use tests::stripe;
use tests::world::{ask, at, deliver, deliver_to, get, import, open_at, records, rows, tries_given_back};

/// A Monday.
const NINE: &str = "2026-03-02T09:00:00Z";

fn account() -> AccountId {
    AccountId::of("stripe", "default", "cus_1")
}

async fn tell(service: &Service, id: &str, kind: &str, object: &Value) {
    let event = stripe::event(id, kind, service.clock.now(), object);
    let (status, answer) = deliver(service, &event).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    service.work().await.unwrap();
}

async fn bill(service: &Service, event: &str, kind: &str, id: &str, status: &str, (total, remaining): (i64, i64)) {
    let made_at = NINE.parse().unwrap();
    let mut invoice = stripe::invoice("cus_1", id, status, total, remaining, "eur", 0, made_at);
    if status == "paid" {
        invoice["status_transitions"]["paid_at"] = json!(service.clock.now().as_second());
    }
    tell(service, event, kind, &invoice).await;
}

/// A customer with a phone and a credit limit, who owes 49 euros.
async fn shop() -> Service {
    let service = open_at(NINE).await;
    tell(&service, "evt_1", "customer.created", &stripe::customer("cus_1", service.clock.now())).await;
    let csv = "provider,customer,phone,credit_limit,currency\nstripe,cus_1,+49 30 123456,100.00,EUR\n";
    assert_eq!(import(&service, "mara", "customers", csv, false).await.0, StatusCode::OK);
    bill(&service, "evt_2", "invoice.finalized", "in_1", "open", (4_900, 4_900)).await;
    service
}

async fn written(service: &Service, id: &str) {
    let body = json!({"id": format!("tkt_{id}"), "type": "ticket.created", "created_at": service.clock.now(),
        "ticket": {"id": id, "subject": "What do I owe?", "body": format!("Please tell me about {id}."), "status": "open", "csat": null,
            "requester": {"email": "ada@elsewhere.example", "name": "Ada"}}});
    let (status, answer) = deliver_to(service, "ticket", body.to_string().as_bytes()).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    service.work().await.unwrap();
}

async fn read_ticket(service: &Service, id: &str) -> (Batch, Ticket) {
    let key = keys::ticket("ticket", "default", id);
    let batch = Batch::read(&service.context, vec![key.clone()]).await.unwrap();
    let ticket = batch.get::<Ticket>(&key).unwrap().unwrap();
    (batch, ticket)
}

async fn change(service: &Service, id: &str, change: impl FnOnce(&mut Ticket)) {
    let (batch, mut ticket) = read_ticket(service, id).await;
    change(&mut ticket);
    let mut commit = Commit::default();
    commit.over(&batch, &ticket);
    commit.run(&service.context).await.unwrap();
}

/// A ticket of which it is certain whose it is.
async fn known(service: &Service, id: &str) {
    written(service, id).await;
    let word = json!({"account": "stripe:cus_1", "note": "called the number on file"});
    let path = format!("/api/tickets/{id}/account");
    assert_eq!(ask(service, "lena", Method::POST, &path, Some(&word), None).await.0, StatusCode::OK);
    service.work().await.unwrap();
}

async fn collect(service: &Service, staff: &str, ticket: &str, body: Option<&Value>) -> (StatusCode, Value) {
    let path = format!("/api/tickets/{ticket}/payment-request");
    let answer = ask(service, staff, Method::POST, &path, body, None).await;
    service.work().await.unwrap();
    answer
}

/// A shop, a ticket, and what its customer was asked to pay.
async fn asked() -> (Service, String) {
    let service = shop().await;
    known(&service, "t1").await;
    let (status, request) = collect(&service, "lena", "t1", None).await;
    assert_eq!(status, StatusCode::CREATED, "{request}");
    (service, request["id"].as_str().unwrap().to_owned())
}

async fn request(service: &Service, id: &str) -> Value {
    let all = get(service, "/api/payment-requests").await;
    all["items"].as_array().unwrap().iter().find(|request| request["id"] == id).unwrap().clone()
}

fn charge(service: &Service, id: &str, invoice: Option<&str>, minor: i64, names: Option<&str>) -> Value {
    let mut charge = stripe::charge("cus_1", id, invoice, minor, "eur", None, service.clock.now());
    if let Some(request) = names {
        charge["metadata"] = json!({"recoup_request": request});
    }
    charge
}

async fn pays(service: &Service, event: &str, id: &str, minor: i64, names: Option<&str>) {
    tell(service, event, "charge.succeeded", &charge(service, id, None, minor, names)).await;
}

async fn unmatched(service: &Service) -> Vec<Value> {
    get(service, "/api/payments/unmatched").await["items"].as_array().unwrap().clone()
}

async fn say(service: &Service, staff: &str, id: &Value, said: &Value) -> (u16, Value) {
    let path = format!("/api/payments/unmatched/{}", id.as_str().unwrap());
    let (status, answer) = ask(service, staff, Method::POST, &path, Some(said), None).await;
    service.work().await.unwrap();
    (status.as_u16(), answer)
}

/// The open tasks, each by what it comes of.
async fn tasks(service: &Service) -> Vec<String> {
    let tasks = get(service, "/api/tasks").await;
    let all = tasks["items"].as_array().unwrap().iter();
    let mut kinds: Vec<_> = all.map(|task| task["about"]["kind"].as_str().unwrap().to_owned()).collect();
    kinds.sort();
    kinds
}

fn letters(service: &Service, channel: Channel) -> Vec<(String, String)> {
    let letters = service.outbox.letters().unwrap();
    let of = letters.iter().filter(|(_, letter)| letter.channel == channel && letter.id.starts_with("cash_"));
    of.map(|(_, letter)| (letter.to.clone(), letter.text.clone())).collect()
}

#[test]
fn from_a_ticket_to_the_money_in_sixteen_steps() {
    run(async {
        let (service, id) = asked().await;
        let open = request(&service, &id).await;
        let eur = |amount: &str| json!({"amount": amount, "currency": "EUR"});
        assert_eq!((&open["state"], &open["remaining"]), (&json!("open"), &eur("49.00")), "{open}");
        assert_eq!(open["invoices"].as_array().map(Vec::len), Some(1));
        let link = open["link"].as_str().unwrap();
        assert!(link.starts_with("http://recoup.test/pay/"), "{link}");
        let mails = letters(&service, Channel::Mail);
        let [(to, text)] = &mails[..] else { panic!("one letter: {mails:?}") };
        assert_eq!(to, "cus_1@shop.example", "the address of the account, and not the one that wrote");
        for part in ["IN_1: 49.00 EUR", link, id.as_str()] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let ticket = read_ticket(&service, "t1").await.1;
        assert_eq!(ticket.handling.state, State::AwaitingPayment);
        assert_eq!(
            (ticket.handling.assigned_to.as_deref(), &ticket.handling.payment_request),
            (Some("lena"), &Some(id.clone()))
        );
        assert_eq!(tasks(&service).await, ["collect"]);

        let again = collect(&service, "luis", "t1", None).await;
        assert_eq!((again.0, &again.1["id"]), (StatusCode::OK, &json!(id)), "asked again, it is shown");
        assert_eq!(letters(&service, Channel::Mail).len(), 1);

        tell(&service, "evt_3", "charge.succeeded", &charge(&service, "ch_1", Some("in_1"), 4_900, Some(&id))).await;
        let paid = request(&service, &id).await;
        assert_eq!((&paid["state"], &paid["payments"][0]["way"]), (&json!("paid"), &json!("request")), "{paid}");
        assert_eq!(read_ticket(&service, "t1").await.1.handling.state, State::AwaitingPayment, "not shown as paid yet");
        bill(&service, "evt_4", "invoice.paid", "in_1", "paid", (4_900, 0)).await;

        let ticket = read_ticket(&service, "t1").await.1;
        assert_eq!(ticket.handling.state, State::Resolved);
        let flow = flow(&service.context, &ticket).await.unwrap();
        assert_eq!((flow.next, &flow.waits), (None, &None));
        for (stage, step) in flow.steps().iter().zip(Step::ALL) {
            let done = stage.done.as_ref().unwrap_or_else(|| panic!("{} is not done", step.title()));
            assert!(stage.step == step && !done.evidence.is_empty() && !done.by.is_empty(), "{done:?}");
        }
        let shown = |step: Step| flow.steps().iter().find(|stage| stage.step == step).unwrap().done.clone().unwrap();
        assert_eq!(shown(Step::Debt).evidence, "49.00 EUR");
        let judged = "within the credit limit of 100.00 EUR, 51.00 EUR left: service goes on; help with billing is never withheld";
        assert_eq!(shown(Step::Eligibility).evidence, judged);
        assert_eq!(shown(Step::Matched).evidence, "49.00 EUR by payment ch_1, which names the request");
        assert_eq!(shown(Step::Confirmation).evidence, "sent as a text message");
        let texts = letters(&service, Channel::Sms);
        assert_eq!(texts.len(), 1, "{texts:?}");
        assert!(!texts[0].1.contains("49") && texts[0].0.contains("30"), "{texts:?}");
        assert_eq!(tasks(&service).await, Vec::<String>::new());

        tell(&service, "evt_3", "charge.succeeded", &charge(&service, "ch_1", Some("in_1"), 4_900, Some(&id))).await;
        service.advance(service.clock.now() + SignedDuration::from_hours(72)).await.unwrap();
        assert_eq!((letters(&service, Channel::Sms).len(), letters(&service, Channel::Mail).len()), (1, 1));
        let facts = sum(&rows(&service, &["2026-03"]).await);
        let counted: Vec<_> = facts.iter().filter(|(fact, _)| matches!(fact, Fact::PaymentRequest { .. })).collect();
        let [(Fact::PaymentRequest { recovered, resolved_minutes, .. }, 1)] = &counted[..] else {
            panic!("{counted:?}")
        };
        assert_eq!((recovered.to_string().as_str(), *resolved_minutes), ("49.00 EUR", Some(0)));
        let tickets: Vec<_> = facts.iter().filter(|(fact, _)| matches!(fact, Fact::Ticket { .. })).collect();
        let [(Fact::Ticket { resolved_minutes: Some(_), by_hand: Some(true), .. }, 1)] = &tickets[..] else {
            panic!("{tickets:?}")
        };
        let report = get(&service, "/api/reports/2026-03").await;
        let cash = &report["cash"];
        assert_eq!((&cash["payment_requests"], &cash["resolved_tickets"]), (&json!(1), &json!(1)), "{cash}");
        assert_eq!(cash["recovered"], json!([{"amount": "49.00", "currency": "EUR"}]), "{cash}");
        assert_eq!(cash["matched"], json!([{"way": "request", "count": 1}]), "{cash}");
        assert_eq!(report["tickets"]["total"], 1, "{}", report["tickets"]);
        assert!(report["checks"].as_array().unwrap().iter().all(|check| check["ok"] == true), "{}", report["checks"]);
    });
}

#[test]
fn a_part_of_it_is_a_part_and_the_rest_ends_it() {
    run(async {
        let (service, id) = asked().await;
        pays(&service, "evt_3", "ch_1", 1_900, Some(&id)).await;
        let part = request(&service, &id).await;
        assert_eq!((&part["state"], &part["remaining"]["amount"]), (&json!("partly_paid"), &json!("30.00")), "{part}");
        let ticket = read_ticket(&service, "t1").await.1;
        let waits = flow(&service.context, &ticket).await.unwrap().waits;
        assert_eq!(waits.as_deref(), Some("19.00 EUR has come in, 30.00 EUR remains"));
        pays(&service, "evt_3", "ch_1", 1_900, Some(&id)).await;
        assert_eq!(request(&service, &id).await["remaining"]["amount"], "30.00", "told twice, it is one payment");
        pays(&service, "evt_4", "ch_2", 3_000, Some(&id.to_uppercase())).await;
        let paid = request(&service, &id).await;
        assert_eq!((&paid["state"], paid["payments"].as_array().map(Vec::len)), (&json!("paid"), Some(2)), "{paid}");
        bill(&service, "evt_5", "invoice.paid", "in_1", "paid", (4_900, 0)).await;
        assert_eq!(read_ticket(&service, "t1").await.1.handling.state, State::Resolved);
    });
}

#[test]
fn what_is_too_much_is_a_persons_and_never_goes_back_by_itself() {
    run(async {
        let (service, id) = asked().await;
        pays(&service, "evt_3", "ch_1", 6_000, Some(&id)).await;
        let over = request(&service, &id).await;
        assert_eq!((&over["state"], &over["over"]["amount"]), (&json!("overpaid"), &json!("11.00")), "{over}");
        assert_eq!(tasks(&service).await, ["collect", "overpaid"]);
        bill(&service, "evt_4", "invoice.paid", "in_1", "paid", (4_900, 0)).await;
        assert_eq!(tasks(&service).await, ["overpaid"]);
        assert_eq!(read_ticket(&service, "t1").await.1.handling.state, State::Resolved);
        // More for what is over is more that is too much.
        pays(&service, "evt_5", "ch_2", 100, Some(&id)).await;
        assert_eq!(request(&service, &id).await["over"]["amount"], "12.00");
        let task = get(&service, "/api/tasks").await["items"][0].clone();
        assert!(task["what"].as_str().unwrap().starts_with("Decide about 12.00 EUR"), "{task}");
        let refunds = get(&service, "/api/actions").await;
        let all = refunds["items"].as_array().unwrap();
        assert!(
            all.iter().all(|action| action["kind"] != "refund" || action["state"] == "waiting_approval"),
            "{refunds}"
        );
        assert_eq!(letters(&service, Channel::Sms).len(), 1);
    });
}

#[test]
fn a_payment_that_says_nothing_waits_for_a_person() {
    run(async {
        let (service, id) = asked().await;
        pays(&service, "evt_3", "ch_1", 4_900, None).await;
        assert_eq!(request(&service, &id).await["state"], "open");
        let waiting = unmatched(&service).await;
        let [received] = &waiting[..] else { panic!("one: {waiting:?}") };
        assert_eq!(received["candidates"], json!([{"request": id, "way": "amount", "confidence": "0.80"}]));
        let page = ask(&service, "bea", Method::GET, "/payments/unmatched", None, None).await.1;
        let shown = page.as_str().unwrap();
        assert!(shown.contains("49.00 EUR from ") && shown.contains("ch_1"), "{page}");
        let own = json!({"request": id});
        for (staff, said, status) in [
            ("lena", own.clone(), 403),
            ("bea", json!({}), 400),
            ("bea", json!({"request": id, "none": true}), 400),
            ("bea", json!({"request": id.replace("preq_", "preq_x")}), 404),
            ("bea", json!({"invoice": "in_9"}), 422),
            ("bea", own.clone(), 200),
            ("bea", own, 409),
        ] {
            let (found, answer) = say(&service, staff, &received["id"], &said).await;
            assert_eq!(found, status, "{staff} {said}: {answer}");
        }
        assert_eq!(unmatched(&service).await, Vec::<Value>::new());
        let paid = request(&service, &id).await;
        let by = (&paid["state"], &paid["payments"][0]["way"], &paid["payments"][0]["by"]);
        assert_eq!(by, (&json!("paid"), &json!("by_hand"), &json!("bea")), "{paid}");
        bill(&service, "evt_4", "invoice.paid", "in_1", "paid", (4_900, 0)).await;
        let ticket = read_ticket(&service, "t1").await.1;
        assert_eq!(ticket.handling.state, State::Resolved);
        let flow = flow(&service.context, &ticket).await.unwrap();
        let matched = flow.steps()[11].done.clone().unwrap();
        assert_eq!((matched.step, matched.by.as_str()), (Step::Matched, "bea"));
    });
}

#[test]
fn of_two_requests_with_one_amount_a_person_chooses() {
    run(async {
        let service = shop().await;
        bill(&service, "evt_3", "invoice.finalized", "in_2", "open", (4_900, 4_900)).await;
        known(&service, "t1").await;
        known(&service, "t2").await;
        let only = |invoice: &str| json!({"invoices": [invoice]});
        let (_, first) = collect(&service, "lena", "t1", Some(&only("in_1"))).await;
        let taken = collect(&service, "lena", "t2", Some(&only("in_1"))).await;
        assert_eq!(
            (taken.0, &taken.1["error"]["code"]),
            (StatusCode::CONFLICT, &json!("already_asked")),
            "{}",
            taken.1
        );
        let (status, second) = collect(&service, "lena", "t2", None).await;
        assert_eq!(
            (status, &second["invoices"][0]["id"]),
            (StatusCode::CREATED, &json!("in_2")),
            "the other: {second}"
        );
        pays(&service, "evt_4", "ch_1", 4_900, None).await;
        let waiting = unmatched(&service).await;
        let candidates = waiting[0]["candidates"].as_array().unwrap();
        assert!(candidates.len() == 2 && candidates.iter().all(|it| it["confidence"] == "0.40"), "{waiting:?}");
        let (status, answer) = say(&service, "bea", &waiting[0]["id"], &json!({"invoice": "in_2"})).await;
        assert_eq!(status, 200, "{answer}");
        let states = [
            request(&service, first["id"].as_str().unwrap()).await["state"].clone(),
            request(&service, second["id"].as_str().unwrap()).await["state"].clone(),
        ];
        assert_eq!(states, [json!("open"), json!("paid")], "it is for the request of that invoice");
    });
}

#[test]
fn a_ticket_that_is_closed_withdraws_its_request_and_late_money_is_a_persons() {
    run(async {
        let (service, id) = asked().await;
        let now = service.clock.now();
        change(&service, "t1", |ticket| ticket.handling.go_on(State::Resolved, "lena", now, "they called")).await;
        service.advance(now + SignedDuration::from_hours(25)).await.unwrap();
        let gone = request(&service, &id).await;
        let why = (&gone["state"], &gone["withdrawn"]["why"]);
        assert_eq!(why, (&json!("withdrawn"), &json!("its ticket was closed")), "{gone}");
        assert_eq!(tasks(&service).await, Vec::<String>::new());
        pays(&service, "evt_3", "ch_1", 4_900, Some(&id)).await;
        let waiting = unmatched(&service).await;
        assert_eq!((waiting.len(), &waiting[0]["why"]), (1, &json!("withdrawn")), "{waiting:?}");
        assert_eq!(tasks(&service).await, ["paid_after_all"]);
        assert_eq!(request(&service, &id).await["state"], "withdrawn");
        assert_eq!(say(&service, "bea", &waiting[0]["id"], &json!({"request": id})).await.0, 422);
        assert_eq!(say(&service, "bea", &waiting[0]["id"], &json!({"none": true})).await.0, 200);
        assert_eq!(unmatched(&service).await, Vec::<Value>::new());
        assert!(letters(&service, Channel::Sms).is_empty());
    });
}

#[test]
fn a_letter_about_a_debt_that_reaches_nobody_is_a_task_and_the_clock_of_the_ticket_runs() {
    run(async {
        let service = open_at(NINE).await;
        let mut nowhere = stripe::customer("cus_1", service.clock.now());
        nowhere["email"] = Value::Null;
        tell(&service, "evt_1", "customer.created", &nowhere).await;
        bill(&service, "evt_2", "invoice.finalized", "in_1", "open", (4_900, 4_900)).await;
        known(&service, "t1").await;
        let (status, asked) = collect(&service, "lena", "t1", None).await;
        assert_eq!(status, StatusCode::CREATED, "{asked}");
        assert!(letters(&service, Channel::Mail).is_empty());
        assert_eq!(tasks(&service).await, ["collect", "unasked"]);
        let all = get(&service, "/api/tasks").await;
        let task = all["items"].as_array().unwrap().iter().find(|task| task["about"]["kind"] == "unasked").unwrap();
        assert!(task["steps"].as_str().unwrap().contains("the account has no address"), "{task}");
        let handling = read_ticket(&service, "t1").await.1.handling;
        assert_eq!(handling.state, State::AwaitingPayment);
        assert!(handling.due_at.is_some(), "its clock runs");
        assert!(handling.history.iter().any(|it| it.what.contains("the account has no address")));
        pays(&service, "evt_3", "ch_1", 4_900, asked["id"].as_str()).await;
        bill(&service, "evt_4", "invoice.paid", "in_1", "paid", (4_900, 0)).await;
        assert_eq!(tasks(&service).await, Vec::<String>::new());
        assert_eq!(read_ticket(&service, "t1").await.1.handling.state, State::Resolved);
    });
}

/// What shows each of the sixteen steps, or what it waits for.
async fn told(service: &Service, id: &str) -> Vec<String> {
    let flow = flow(&service.context, &read_ticket(service, id).await.1).await.unwrap();
    let told = flow.steps().iter().map(|stage| match (&stage.done, &stage.waits) {
        (Some(done), None) => done.evidence.clone(),
        (None, Some(waits)) => format!("not yet: {waits}"),
        _ => panic!("it is done or it waits: {stage:?}"),
    });
    told.collect()
}

#[test]
fn all_sixteen_steps_are_there_from_the_ticket_on_with_what_shows_them_or_what_they_wait_for() {
    run(async {
        let service = shop().await;
        written(&service, "t1").await;
        let stranger = told(&service, "t1").await;
        assert_eq!(stranger.len(), 16);
        assert!(stranger[0].starts_with("not yet: it is not certain whose ticket it is"), "{stranger:?}");
        assert!(stranger.iter().all(|told| !told.contains("49.00")), "{stranger:?}");
        known(&service, "t1").await;
        let before = told(&service, "t1").await;
        assert_eq!(before[0], format!("account {}, credit limit 100.00 EUR", account()));
        assert_eq!((before[4].as_str(), before[5].as_str()), ("IN_1 49.00 EUR", "49.00 EUR"));
        assert!(before[6].starts_with("within the credit limit of 100.00 EUR, 51.00 EUR left"), "{before:?}");
        assert!(before[7..].iter().all(|told| told.starts_with("not yet: ")), "{before:?}");
        let page = ask(&service, "ana", Method::GET, "/tickets/t1", None, None).await.1;
        let page = page.as_str().unwrap();
        for shown in ["Total debt", "IN_1 49.00 EUR", "somebody asks for the payment", "it leaves when all is paid"] {
            assert!(page.contains(shown), "{shown}: {page}");
        }
        assert_eq!(collect(&service, "lena", "t1", None).await.0, StatusCode::CREATED);
        let after = told(&service, "t1").await;
        assert_eq!((&after[0], &after[4..7]), (&before[0], &before[4..7]), "what was asked for is what was shown");
    });
}

#[test]
fn who_owes_more_than_their_limit_is_helped_with_billing_and_a_person_decides_about_the_rest() {
    run(async {
        let service = shop().await;
        let csv = "provider,customer,phone,credit_limit,currency\nstripe,cus_1,+49 30 123456,40.00,EUR\n";
        assert_eq!(import(&service, "mara", "customers", csv, false).await.0, StatusCode::OK);
        known(&service, "t1").await;
        let over = "9.00 EUR over the credit limit of 40.00 EUR";
        let says = async |class: &str| {
            let (status, answer) =
                ask(&service, "lena", Method::POST, "/api/tickets/t1/class", Some(&json!({"class": class})), None)
                    .await;
            assert_eq!(status, StatusCode::OK, "{answer}");
            service.work().await.unwrap();
            told(&service, "t1").await[6].clone()
        };
        let decides = format!("{over}; a person decides; security and personal data are never withheld");
        assert_eq!(says("not_billing").await, decides);
        assert_eq!(says("other_billing").await, format!("{over}; help with billing is never withheld"));
        // The debt is asked for as any other, and its end is the end of the limit's word.
        let (status, request) = collect(&service, "lena", "t1", None).await;
        assert_eq!(status, StatusCode::CREATED, "{request}");
        assert_eq!(told(&service, "t1").await[6], format!("{over}; help with billing is never withheld"));
        pays(&service, "evt_3", "ch_1", 4_900, request["id"].as_str()).await;
        bill(&service, "evt_4", "invoice.paid", "in_1", "paid", (4_900, 0)).await;
        assert_eq!(read_ticket(&service, "t1").await.1.handling.state, State::Resolved);
        known(&service, "t2").await;
        let paid = told(&service, "t2").await;
        assert_eq!((paid[4].as_str(), paid[5].as_str()), ("nothing is open that can be paid", "nothing is owed"));
        assert!(paid[6].starts_with("within the credit limit of 40.00 EUR, 40.00 EUR left"), "{paid:?}");
    });
}

#[test]
fn the_letter_leaves_once_whatever_the_mail_service_says_at_first() {
    run(async {
        let mut service = shop().await;
        known(&service, "t1").await;
        let post = service.context.post.clone();
        let refused = tests::faults::deafen(&mut service, "cus_1@shop.example");
        assert_eq!(collect(&service, "lena", "t1", None).await.0, StatusCode::CREATED);
        assert!(refused.load(std::sync::atomic::Ordering::SeqCst) > 0);
        assert!(letters(&service, Channel::Mail).is_empty());
        service.context.post = post;
        service.advance(service.clock.now() + SignedDuration::from_hours(24)).await.unwrap();
        assert_eq!(letters(&service, Channel::Mail).len(), 1);
    });
}

#[test]
fn without_a_phone_or_a_wish_for_text_messages_the_confirmation_is_a_letter() {
    run(async {
        let unwanted = "provider,customer,phone,no_sms\nstripe,cus_1,+49 30 123456,yes\n";
        for (what, file) in [("no phone", None), ("no text messages", Some(unwanted))] {
            let service = open_at(NINE).await;
            tell(&service, "evt_1", "customer.created", &stripe::customer("cus_1", service.clock.now())).await;
            if let Some(file) = file {
                assert_eq!(import(&service, "mara", "customers", file, false).await.0, StatusCode::OK);
            }
            bill(&service, "evt_2", "invoice.finalized", "in_1", "open", (4_900, 4_900)).await;
            known(&service, "t1").await;
            let (_, asked) = collect(&service, "lena", "t1", None).await;
            // The invoice is told as paid before its payment is.
            bill(&service, "evt_3", "invoice.paid", "in_1", "paid", (4_900, 0)).await;
            let paid = request(&service, asked["id"].as_str().unwrap()).await;
            assert_eq!(paid["state"], "paid", "{what}: {paid}");
            assert_eq!(read_ticket(&service, "t1").await.1.handling.state, State::Resolved, "{what}");
            let mails = letters(&service, Channel::Mail);
            assert_eq!((mails.len(), letters(&service, Channel::Sms).len()), (2, 0), "{what}: {mails:?}");
            assert!(mails.iter().any(|(_, text)| text.contains("thank you: 49.00 EUR has arrived")), "{mails:?}");
        }
    });
}

/// A customer whose card was declined.
async fn declined() -> Service {
    let service = shop().await;
    let failed = Some("insufficient_funds");
    let charge = stripe::charge("cus_1", "ch_0", Some("in_1"), 4_900, "eur", failed, service.clock.now());
    tell(&service, "evt_f1", "charge.failed", &charge).await;
    bill(&service, "evt_f2", "invoice.payment_failed", "in_1", "open", (4_900, 4_900)).await;
    service
}

/// The same, who was asked to pay because of a ticket; and when their invoice is tried again.
async fn declined_and_asked() -> (Service, String, Timestamp) {
    let service = declined().await;
    known(&service, "t1").await;
    let (status, asked) = collect(&service, "lena", "t1", None).await;
    assert_eq!(status, StatusCode::CREATED, "{asked}");
    let next = recovery(&service).await["tries"]["next"]["at"].clone();
    (service, asked["id"].as_str().unwrap().to_owned(), at(next.as_str().unwrap()))
}

async fn recovery(service: &Service) -> Value {
    get(service, "/api/accounts/stripe:cus_1/dunning").await["items"][0].clone()
}

/// How often Stripe was asked to collect it.
fn tried(service: &Service) -> usize {
    service.sandbox.calls("stripe").unwrap().iter().filter(|call| call.path.ends_with("/in_1/pay")).count()
}

/// The page to pay of the invoice.
async fn pay_page(service: &Service) -> String {
    let address = link::stored(&service.context, &account(), "in_1").await.unwrap();
    let request = Request::get(address.replace("http://recoup.test", "")).body(Bytes::new()).unwrap();
    String::from_utf8(dispatch(service, &request).await.body().to_vec()).unwrap()
}

/// A customer whose card was declined, who has paid by transfer; somebody has said what that is for.
async fn declined_and_said() -> Service {
    let service = declined().await;
    pays(&service, "evt_3", "ch_1", 4_900, None).await;
    let waiting = unmatched(&service).await;
    assert_eq!(waiting[0]["candidates"], json!([{"invoice": "in_1", "way": "amount", "confidence": "0.80"}]));
    assert!(pay_page(&service).await.contains(">Pay 49.00 EUR</button>"));
    let (status, answer) = say(&service, "bea", &waiting[0]["id"], &json!({"invoice": "in_1"})).await;
    assert_eq!(status, 200, "{answer}");
    assert!(tasks(&service).await.contains(&"mark_paid".to_owned()), "{:?}", tasks(&service).await);
    service
}

async fn marking(service: &Service) -> Option<Value> {
    let tasks = get(service, "/api/tasks").await;
    tasks["items"].as_array().unwrap().iter().find(|task| task["about"]["kind"] == "mark_paid").cloned()
}

async fn head(service: &Service) -> Head {
    let key = keys::head(&account());
    let batch = Batch::read(&service.context, vec![key.clone()]).await.unwrap();
    batch.get(&key).unwrap().unwrap()
}

/// The whole of it, or a part, goes back.
async fn goes_back(service: &Service, event: &str, minor: i64, names: Option<&str>) {
    service.advance(service.clock.now() + SignedDuration::from_mins(1)).await.unwrap();
    let mut back = charge(service, "ch_1", None, 4_900, names);
    back["amount_refunded"] = json!(minor);
    tell(service, event, "charge.refunded", &back).await;
}

#[test]
fn what_came_for_a_request_that_is_withdrawn_is_a_persons() {
    let other = json!({"account": "stripe:cus_2", "note": "called the number on file"});
    let closed = json!({"note": "they called"});
    for (name, minor, is_named, path, body) in [
        ("a part, and it is closed", 1_900, true, "close", &closed),
        ("a part by hand, and it is closed", 1_900, false, "close", &closed),
        ("all of it, and it is another's", 4_900, true, "account", &other),
    ] {
        run(async {
            let (service, id) = asked().await;
            tell(&service, "evt_8", "customer.created", &stripe::customer("cus_2", service.clock.now())).await;
            pays(&service, "evt_3", "ch_1", minor, Some(id.as_str()).filter(|_| is_named)).await;
            if !is_named {
                let waiting = unmatched(&service).await;
                assert_eq!(say(&service, "bea", &waiting[0]["id"], &json!({"request": id})).await.0, 200, "{name}");
            }
            assert_eq!(unmatched(&service).await, Vec::<Value>::new(), "{name}");
            let path = format!("/api/tickets/t1/{path}");
            let (status, answer) = ask(&service, "lena", Method::POST, &path, Some(body), None).await;
            assert_eq!(status, StatusCode::OK, "{name}: {answer}");
            service.work().await.unwrap();
            assert_eq!(request(&service, &id).await["state"], "withdrawn", "{name}");
            let waiting = unmatched(&service).await;
            let why = waiting.first().map(|received| &received["why"]);
            assert_eq!((waiting.len(), why), (1, Some(&json!("withdrawn"))), "{name}: {waiting:?}");
            assert_eq!(tasks(&service).await, ["paid_after_all"], "{name}");
            assert!(head(&service).await.loose.contains("ch_1"), "{name}");
            service.advance(service.clock.now() + SignedDuration::from_mins(1)).await.unwrap();
            let mut back = charge(&service, "ch_1", None, minor, Some(id.as_str()).filter(|_| is_named));
            back["amount_refunded"] = json!(minor);
            tell(&service, "evt_9", "charge.refunded", &back).await;
            assert_eq!((tasks(&service).await, unmatched(&service).await.len()), (Vec::new(), 0), "{name}");
        });
    }
}
