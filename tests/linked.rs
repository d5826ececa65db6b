//! A link to pay in an answer: it asks for the invoice that it was written for, and for nothing that no letter may ask
//! for.

use crate::http::{run, with_a_payment};
use crate::raised::tell;
use app::dunning::pay::link;
use app::ports::{Clock, Letter};
use app::store::{self, Batch, Commit, keys};
use domain::book::{CaseLine, Head};
use domain::cash::{Received, Target, Why};
use domain::id::{AccountId, CaseId};
use domain::money::{Currency, Money};
use domain::telling::State as Sent;
use domain::ticket::{Answer, Ticket, TicketName};
use http::{Method, StatusCode};
use jiff::SignedDuration;
use local::service::Service;
use serde_json::{Value, json};
use tests::faults::deafen;
use tests::stripe;
use tests::world::{ask, deliver_to, get};

const ADA: &str = "cus_1@shop.example";
const TEXT: &str = "Of invoice in_1 49.00 USD are open. You can pay here: http://recoup.test/pay/…";

fn account() -> AccountId {
    AccountId::of("stripe", "default", "cus_1")
}

fn failing(invoice: &str) -> CaseId {
    CaseId::of(&account(), "payment_failed", invoice)
}

async fn later(service: &Service, secs: i64) {
    service.advance(service.clock.now() + SignedDuration::from_secs(secs)).await.unwrap();
}

async fn post(service: &Service, staff: &str, path: &str, body: &Value) -> (u16, Value) {
    let (status, answer) = ask(service, staff, Method::POST, path, Some(body), None).await;
    service.work().await.unwrap();
    (status.as_u16(), answer)
}

async fn fails(service: &Service, invoice: &str) {
    let bill = stripe::invoice("cus_1", invoice, "open", 4_900, 4_900, "usd", 1, service.clock.now());
    tell(service, &format!("evt_{invoice}"), "invoice.payment_failed", &bill).await;
}

/// The payment of an invoice failed, and its customer writes.
async fn wrote() -> Service {
    let service = with_a_payment().await;
    fails(&service, "in_1").await;
    let told = json!({"id": "evt_t1", "type": "ticket.created", "created_at": service.clock.now(), "ticket": {
        "id": "t1", "subject": "Payment declined", "body": "My card was declined.", "status": "open", "csat": null,
        "requester": {"email": ADA, "name": "Ada"}}});
    assert_eq!(deliver_to(&service, "ticket", told.to_string().as_bytes()).await.0, StatusCode::OK);
    service.work().await.unwrap();
    about(&service, &own(), "in_1").await;
    service
}

fn own() -> TicketName {
    TicketName::new("ticket", "default", "t1")
}

async fn ticket(service: &Service, name: &TicketName) -> Ticket {
    store::read(&service.context, &keys::ticket(&name.provider, &name.source, &name.id)).await.unwrap().unwrap()
}

async fn last(service: &Service, name: &TicketName) -> Answer {
    ticket(service, name).await.handling.answers.last().unwrap().clone()
}

/// From now on the ticket is of the case of that invoice, as if another one had gone on in it.
async fn about(service: &Service, name: &TicketName, invoice: &str) {
    let case = failing(invoice);
    assert_eq!(get(service, &format!("/api/cases/{case}")).await["about"], invoice);
    let key = keys::ticket(&name.provider, &name.source, &name.id);
    let batch = Batch::read(&service.context, vec![key.clone()]).await.unwrap();
    let mut ticket = batch.get::<Ticket>(&key).unwrap().unwrap();
    ticket.accounts.insert(account());
    (ticket.handling.account, ticket.handling.case) = (Some(account()), Some(case));
    let mut commit = Commit::default();
    commit.over(&batch, &ticket);
    commit.run(&service.context).await.unwrap();
}

/// Changes what the head shows.
async fn shown(service: &Service, change: impl FnOnce(&mut Head)) {
    let key = keys::head(&account());
    let batch = Batch::read(&service.context, vec![key.clone()]).await.unwrap();
    let mut head = batch.get::<Head>(&key).unwrap().unwrap();
    change(&mut head);
    let mut commit = Commit::default();
    commit.over(&batch, &head);
    commit.run(&service.context).await.unwrap();
}

/// Why nobody may be asked for the invoice any more.
async fn befalls(service: &Service, what: &str) {
    let now = service.clock.now();
    match what {
        "the money has come" => {
            let amount = Money::from_minor(4_900, Currency::USD);
            let mut came = Received::new(&account(), ("ch_9", amount, now), None, (Why::NoReference, Vec::new()));
            came.end(Some(Target::Invoice("in_1".to_owned())), "lena", now);
            let mut commit = Commit::default();
            commit.create(&came);
            commit.run(&service.context).await.unwrap();
            shown(service, |head| _ = head.came.insert(came.id.clone())).await;
        }
        "a bank claims it" => {
            let claim = stripe::dispute("dp_1", "ch_1", 10_000, "needs_response", now);
            tell(service, "evt_bank", "charge.dispute.created", &claim).await;
        }
        "it bills too much" => {
            let line = CaseLine { class: "overcharge".to_owned(), opened_at: now, by_ticket: false };
            let case = CaseId::of(&account(), "overcharge", "in_1");
            shown(service, |head| _ = head.cases.insert(case, line)).await;
        }
        "its source only observes" => {
            let less = json!({"acting": "observe"});
            assert_eq!(post(service, "mara", "/api/sources/stripe/default", &less).await.0, 200);
        }
        _ => assert_eq!(what, "nothing"),
    }
}

const BEFALLS: [(&str, bool); 5] = [
    ("nothing", true),
    ("the money has come", false),
    ("a bank claims it", false),
    ("it bills too much", false),
    ("its source only observes", false),
];

/// The answers that were mailed.
fn mailed(service: &Service) -> Vec<Letter> {
    let all = service.outbox.letters().unwrap().into_iter().map(|(_, letter)| letter);
    all.filter(|letter| letter.to == ADA && letter.subject.starts_with("Re: ")).collect()
}

#[test]
fn an_answer_asks_for_nothing_that_no_letter_may_ask_for() {
    for (what, may_ask) in BEFALLS {
        run(async {
            let service = wrote().await;
            befalls(&service, what).await;
            let (status, answer) = post(&service, "luis", "/api/tickets/t1/reply", &json!({"text": TEXT})).await;
            assert_eq!(status, if may_ask { 200 } else { 422 }, "{what}: {answer}");
            let refusal = answer["error"]["message"].as_str().unwrap_or_default();
            assert_eq!(refusal.contains("take the link to pay out"), !may_ask, "{what}: {answer}");
            assert_eq!(mailed(&service).len(), usize::from(may_ask), "{what}");
        });
    }
}

#[test]
fn what_nobody_may_be_asked_for_any_more_does_not_leave() {
    for (what, may_ask) in BEFALLS {
        run(async {
            let service = wrote().await;
            assert_eq!(post(&service, "mara", "/api/stop", &json!({"note": "look first"})).await.0, 200);
            let (status, answer) = post(&service, "luis", "/api/tickets/t1/reply", &json!({"text": TEXT})).await;
            assert_eq!((status, &answer["asks_for"]), (200, &json!("in_1")), "{what}: {answer}");
            befalls(&service, what).await;
            assert_eq!(post(&service, "mara", "/api/stop", &json!({"release": true, "note": ""})).await.0, 200);
            later(&service, 600).await;
            let state = last(&service, &own()).await.state;
            let is_refused = matches!(&state, Sent::Refused { reason, again_at: None } if reason.contains("its link"));
            assert_eq!((state == Sent::Sent, is_refused), (may_ask, !may_ask), "{what}: {state:?}");
            assert_eq!(mailed(&service).len(), usize::from(may_ask), "{what}");
        });
    }
}

#[test]
fn a_link_leads_to_the_invoice_that_its_answer_was_written_for_whatever_fails_since() {
    run(async {
        let mut service = wrote().await;
        let carried = service.context.post.clone();
        deafen(&mut service, ADA);
        assert_eq!(post(&service, "luis", "/api/tickets/t1/reply", &json!({"text": TEXT})).await.0, 200);
        let state = last(&service, &own()).await.state;
        assert!(matches!(state, Sent::Refused { again_at: Some(_), .. }), "it is to leave again: {state:?}");

        fails(&service, "in_2").await;
        about(&service, &own(), "in_2").await;
        service.context.post = carried;
        later(&service, 3_600).await;
        let sent = mailed(&service);
        let [letter] = &sent[..] else { panic!("sent once: {sent:?}") };
        let ours = link::to(&service.context, &account(), "in_1").await.unwrap();
        assert_eq!(letter.links, std::slice::from_ref(&ours.address));
        assert!(letter.text.ends_with(&ours.address), "{}", letter.text);
    });
}

/// How often Zendesk put something on the ticket, and how often it was asked to.
fn puts(service: &Service) -> (usize, usize) {
    let calls = service.sandbox.calls("zendesk").unwrap();
    let puts: Vec<_> = calls.iter().filter(|call| call.method == "PUT").collect();
    (puts.iter().filter(|call| call.executed).count(), puts.len())
}

#[test]
fn whoever_pays_by_an_answer_of_which_nobody_heard_was_answered() {
    for (trouble, is_there) in [("timeout_done", true), ("timeout_not_done", false)] {
        run(async {
            let service = with_a_payment().await;
            fails(&service, "in_1").await;
            let told = json!({"type": "zen:event-type:ticket.created", "id": "zd_created", "account_id": 1,
                "subject": "zen:ticket:42", "time": service.clock.now(), "zendesk_event_version": "2022-11-06",
                "detail": {"id": "42", "subject": "Payment declined", "description": "My card was declined.",
                    "status": "OPEN", "requester_id": "555"}, "event": {}});
            assert_eq!(deliver_to(&service, "zendesk", told.to_string().as_bytes()).await.0, StatusCode::OK);
            service.work().await.unwrap();
            let name = TicketName::new("zendesk", "default", "42");
            about(&service, &name, "in_1").await;

            service.sandbox.trouble("zendesk", trouble).unwrap();
            let (status, answer) =
                post(&service, "luis", "/api/tickets/zendesk:42/reply", &json!({"text": TEXT})).await;
            assert_eq!(status, 200, "{trouble}: {answer}");
            assert_eq!(last(&service, &name).await.state, Sent::Sending, "{trouble}: nobody knows");
            let paid = stripe::invoice("cus_1", "in_1", "paid", 4_900, 0, "usd", 1, service.clock.now());
            tell(&service, "evt_p", "invoice.paid", &paid).await;
            later(&service, 3 * 3_600).await;

            let state = last(&service, &name).await.state;
            let is_refused = matches!(&state, Sent::Refused { reason, again_at: None } if reason.contains("its link"));
            assert_eq!((state == Sent::Sent, is_refused), (is_there, !is_there), "{trouble}: {state:?}");
            assert_eq!(puts(&service), (usize::from(is_there), 1), "{trouble}: nothing is put again");
        });
    }
}
