//! Answers to tickets leave once, the way that the ticket came, and come back to a person where they are not taken.

mod held;
mod meanwhile;

use crate::desk::charged_twice;
use crate::http::{run, with_a_payment};
use app::ports::{Channel, Clock, Letter};
use app::store::{self, Batch, Commit, TicketOf, keys};
use bytes::Bytes;
use domain::id::{AccountId, CaseId};
use domain::staff::MACHINE;
use domain::telling::State as Sent;
use domain::ticket::{Answer, End, State, Ticket, TicketName};
use http::{Method, Request, StatusCode};
use jiff::SignedDuration;
use local::server::dispatch;
use local::service::Service;
use serde_json::{Value, json};
use tests::faults::{Fate, Hit, deafen, inject};
use tests::world::{ask, deliver_to, get};

const ADA: &str = "cus_1@shop.example";
const EVE: &str = "eve@else.example";

/// What a help desk tells of a ticket.
async fn tell(service: &Service, event: &str, id: &str, ticket: Value) {
    let mut told = json!({"id": id, "subject": "Charged twice", "status": "open"});
    for (name, value) in ticket.as_object().unwrap() {
        told[name] = value.clone();
    }
    let kind = if event.ends_with('1') { "ticket.created" } else { "ticket.commented" };
    let body = json!({"id": event, "type": kind, "created_at": service.clock.now(), "ticket": told});
    let (status, answer) = deliver_to(service, "ticket", body.to_string().as_bytes()).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    service.work().await.unwrap();
}

async fn wrote(service: &Service, id: &str, address: &str, body: &str) {
    let ticket = json!({"body": body, "requester": {"email": address, "name": "Ada"}});
    tell(service, &format!("evt_{id}_1"), id, ticket).await;
}

/// The same from Zendesk, which does not tell the address.
async fn wrote_at_zendesk(service: &Service, kind: &str, status: &str) {
    let body = json!({"type": format!("zen:event-type:ticket.{kind}"), "id": format!("zd_{kind}"), "account_id": 1,
        "subject": "zen:ticket:42", "time": service.clock.now(), "zendesk_event_version": "2022-11-06",
        "detail": {"id": "42", "subject": "Charged twice", "description": "I was charged twice", "status": status,
            "requester_id": "555"}, "event": {}});
    assert_eq!(deliver_to(service, "zendesk", body.to_string().as_bytes()).await.0, StatusCode::OK);
    service.work().await.unwrap();
}

fn own(id: &str) -> TicketName {
    TicketName::new("ticket", "default", id)
}

fn zendesk() -> TicketName {
    TicketName::new("zendesk", "default", "42")
}

fn account() -> AccountId {
    AccountId::of("stripe", "default", "cus_1")
}

fn key_of(name: &TicketName) -> app::ports::Key {
    keys::ticket(&name.provider, &name.source, &name.id)
}

async fn ticket(service: &Service, name: &TicketName) -> Ticket {
    store::read(&service.context, &key_of(name)).await.unwrap().unwrap()
}

/// Changes how a ticket is handled, as whoever links and assigns it would.
async fn handled(service: &Service, name: &TicketName, change: impl Fn(&mut Ticket)) {
    let key = key_of(name);
    let batch = Batch::read(&service.context, vec![key.clone()]).await.unwrap();
    let mut ticket = batch.get::<Ticket>(&key).unwrap().unwrap();
    change(&mut ticket);
    let mut commit = Commit::default();
    commit.over(&batch, &ticket);
    commit.run(&service.context).await.unwrap();
}

/// A ticket of the customer with a payment, which is known to be theirs.
async fn of_a_contact(service: &Service, id: &str) {
    wrote(service, id, ADA, "I was charged twice for the same month.").await;
    // Nobody has it yet, and nothing is asked for because of it.
    handled(service, &own(id), |ticket| {
        let handling = &mut ticket.handling;
        assert_eq!(handling.account, Some(account()));
        (handling.assigned_to, handling.case, handling.by_hand) = (None, None, false);
    })
    .await;
}

async fn reply(service: &Service, staff: &str, address: &str, body: &Value) -> (u16, Value) {
    let path = format!("/api/tickets/{address}/reply");
    let (status, answer) = ask(service, staff, Method::POST, &path, Some(body), None).await;
    (status.as_u16(), answer)
}

async fn drafts(service: &Service, address: &str) -> Value {
    get(service, &format!("/api/tickets/{address}/drafts")).await
}

fn outcomes(drafts: &Value) -> Vec<&str> {
    drafts["drafts"].as_array().unwrap().iter().map(|draft| draft["outcome"].as_str().unwrap()).collect()
}

/// What was mailed to somebody, newest first.
fn mails(service: &Service, to: &str) -> Vec<Letter> {
    let all = service.outbox.letters().unwrap().into_iter().map(|(_, letter)| letter);
    all.filter(|letter| letter.channel == Channel::Mail && letter.to == to).collect()
}

/// How often Zendesk put something on the ticket, and how often it was asked to.
fn puts(service: &Service) -> (usize, usize) {
    let calls = service.sandbox.calls("zendesk").unwrap();
    let puts: Vec<_> = calls.iter().filter(|call| call.method == "PUT").collect();
    (puts.iter().filter(|call| call.executed).count(), puts.len())
}

async fn later(service: &Service, secs: i64) {
    service.advance(service.clock.now() + SignedDuration::from_secs(secs)).await.unwrap();
}

async fn last(service: &Service, name: &TicketName) -> Answer {
    ticket(service, name).await.handling.answers.last().unwrap().clone()
}

#[test]
fn a_contact_is_mailed_once_whoever_presses_twice() {
    run(async {
        let service = with_a_payment().await;
        of_a_contact(&service, "t1").await;
        let opened = service.clock.now();
        later(&service, 300).await;
        let body = json!({"text": "We have refunded 49.00 USD.\r\nSorry!\r\n", "outcome": "done"});
        let (status, first) = reply(&service, "lena", "t1", &body).await;
        assert_eq!((status, &first["state"], &first["unchanged"]), (200, &json!("sending"), &json!(false)), "{first}");
        let (status, again) = reply(&service, "lena", "t1", &body).await;
        assert_eq!((status, &again["number"]), (200, &first["number"]), "pressed twice: {again}");
        service.work().await.unwrap();
        let (status, sent) = reply(&service, "mara", "t1", &body).await;
        assert_eq!((status, &sent["number"], &sent["state"]), (200, &first["number"], &json!("sent")), "{sent}");
        later(&service, 86_400).await;

        let letters = mails(&service, ADA);
        assert_eq!(letters.len(), 1);
        assert_eq!(letters[0].subject, "Re: Charged twice");
        assert_eq!(letters[0].text, "We have refunded 49.00 USD.\nSorry!");
        let ticket = ticket(&service, &own("t1")).await;
        assert_eq!(ticket.handling.state, State::Waiting);
        assert_eq!(ticket.handling.assigned_to.as_deref(), Some("lena"), "whoever answers has it");
        assert_eq!(ticket.handling.first_answer_at, Some(opened + SignedDuration::from_secs(300)));
        assert!(ticket.handling.by_hand, "it was no prepared text");
    });
}

#[test]
fn a_stranger_never_hears_of_an_amount() {
    run(async {
        let service = with_a_payment().await;
        wrote(&service, "t1", EVE, "I was charged twice on invoice 7.").await;
        // What a text names makes it no less a stranger's.
        handled(&service, &own("t1"), |ticket| ticket.handling.account = Some(account())).await;
        let offered = drafts(&service, "t1").await;
        assert_eq!((&offered["known_contact"], outcomes(&offered)), (&json!(false), vec![]), "{offered}");
        for (text, status) in [
            ("We have refunded 49.00 USD.", 422),
            ("We have refunded $49.", 422),
            ("Pay here: https://pay.example/p/1", 422),
            (&*format!("It is with {}.", account()), 422),
            ("", 422),
            ("Please write from the address of your account.", 200),
        ] {
            let (found, answer) = reply(&service, "lena", "t1", &json!({"text": text})).await;
            assert_eq!(found, status, "{text}: {answer}");
        }
        service.work().await.unwrap();
        let said: Vec<_> = mails(&service, EVE).into_iter().map(|letter| letter.text).collect();
        assert_eq!(said.len(), 2, "that it came, and what lena wrote: {said:?}");
        assert!(said.iter().all(|text| !text.contains("USD") && !text.contains("http")), "{said:?}");
        assert!(!said[1].contains("Ada"), "anybody may have written any name: {}", said[1]);
    });
}

#[test]
fn a_stranger_is_told_once_by_itself_and_a_machine_never() {
    run(async {
        let service = with_a_payment().await;
        wrote(&service, "t1", EVE, "I was charged twice.").await;
        tell(&service, "evt_t1_2", "t1", json!({"body": "Hello?", "requester": {"email": EVE}})).await;
        assert_eq!(mails(&service, EVE).len(), 1, "once a ticket");
        wrote(&service, "t2", EVE, "I was  charged TWICE.").await;
        assert_eq!(mails(&service, EVE).len(), 1, "the same words within a day");
        wrote(&service, "t3", EVE, "Another thing.").await;
        wrote(&service, "t4", EVE, "A third thing.").await;
        wrote(&service, "t5", EVE, "A fourth thing.").await;
        assert_eq!(mails(&service, EVE).len(), 3, "and no more than three a day");

        let own_address = service.context.settings.mail_from.clone();
        for (id, address, more) in [
            ("m1", own_address.as_str(), json!({})),
            ("m2", "mailer-daemon@else.example", json!({})),
            ("m3", "bob@else.example", json!({"subject": "Out of office"})),
            ("m4", "bob@else.example", json!({"headers": {"Auto-Submitted": "auto-replied"}})),
            ("m5", ADA, json!({})),
        ] {
            let mut ticket = json!({"body": "I am away.", "requester": {"email": address}});
            ticket.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            tell(&service, &format!("evt_{id}_1"), id, ticket).await;
            assert_eq!(mails(&service, address).len(), 0, "{id}: {address}");
        }
        let first = ticket(&service, &own("t1")).await;
        assert_eq!(first.handling.first_answer_at, None, "that is no answer");
        assert!(first.handling.due_at.is_some(), "somebody still has to");
        assert!(!first.handling.by_hand);
    });
}

#[test]
fn zendesk_is_answered_by_a_public_comment_that_solves_the_ticket() {
    run(async {
        let service = with_a_payment().await;
        wrote_at_zendesk(&service, "created", "OPEN").await;
        assert_eq!(drafts(&service, "zendesk:42").await["way"], json!({"by": "desk", "desk": "Zendesk"}));
        let body = json!({"text": "It is done.", "outcome": "done", "solved": true});
        assert_eq!(reply(&service, "lena", "zendesk:42", &body).await.0, 200);
        service.work().await.unwrap();
        later(&service, 60).await;
        assert_eq!(puts(&service), (1, 1));
        let calls = service.sandbox.calls("zendesk").unwrap();
        let sent: Value = serde_json::from_str(&calls.iter().find(|call| call.method == "PUT").unwrap().body).unwrap();
        assert_eq!(sent["ticket"]["comment"], json!({"body": "It is done.", "public": true}));
        assert_eq!((&sent["ticket"]["status"], &sent["ticket"]["safe_update"]), (&json!("solved"), &json!(true)));
        let ticket = ticket(&service, &zendesk()).await;
        assert_eq!(ticket.handling.state, State::Resolved);
        assert!(ticket.handling.resolved_at.is_some() && ticket.handling.first_answer_at.is_some());
        assert_eq!(ticket.status.copied().map(|status| status.name()), Some("solved"), "its webhook came back");
        assert!(mails(&service, ADA).is_empty() && mails(&service, EVE).is_empty(), "Zendesk mails it on");
    });
}

/// Whatever Zendesk does, the comment is there once in the end.
#[test]
fn zendesk_answers_late_or_not_at_all_and_has_the_answer_once() {
    for trouble in [
        "429",
        "503",
        "409",
        "500",
        "500_done",
        "504",
        "timeout_done",
        "timeout_not_done",
        "done_later 300",
        "done_later 2000",
        "429, 503, 500_done",
        "timeout_not_done, timeout_done",
    ] {
        run(async {
            let service = with_a_payment().await;
            wrote_at_zendesk(&service, "created", "OPEN").await;
            trouble.split(", ").for_each(|trouble| service.sandbox.trouble("zendesk", trouble).unwrap());
            assert_eq!(
                reply(&service, "lena", "zendesk:42", &json!({"text": "It is done."})).await.0,
                200,
                "{trouble}"
            );
            service.work().await.unwrap();
            let second = reply(&service, "mara", "zendesk:42", &json!({"text": "Something else."})).await;
            let is_open = last(&service, &zendesk()).await.state != Sent::Sent;
            assert!(!is_open || second.0 == 409, "{trouble}: one at a time: {second:?}");
            later(&service, 3 * 3_600).await;
            assert_eq!(puts(&service).0, 1, "{trouble}: {:?}", service.sandbox.calls("zendesk").unwrap());
            let ticket = ticket(&service, &zendesk()).await;
            assert_eq!(ticket.handling.answers[0].state, Sent::Sent, "{trouble}");
            assert_eq!((ticket.handling.answered, ticket.handling.state), (1, State::Waiting), "{trouble}");
        });
    }
}

#[test]
fn zendesk_is_left_alone_for_as_long_as_it_asks() {
    run(async {
        let service = with_a_payment().await;
        wrote_at_zendesk(&service, "created", "OPEN").await;
        service.sandbox.trouble("zendesk", "429 1200").unwrap();
        reply(&service, "lena", "zendesk:42", &json!({"text": "It is done."})).await;
        service.work().await.unwrap();
        later(&service, 1_199).await;
        assert_eq!(puts(&service), (0, 1));
        let refused = last(&service, &zendesk()).await.state;
        assert!(matches!(refused, Sent::Refused { again_at: Some(_), .. }), "{refused:?}");
        later(&service, 1).await;
        assert_eq!(puts(&service), (1, 2));
    });
}

#[test]
fn what_zendesk_refuses_comes_back_to_a_person_with_its_reason() {
    for (kind, trouble, expected) in [
        ("closed", None, "the ticket is closed in Zendesk"),
        ("created", Some("422"), "Zendesk refuses the answer"),
        ("created", Some("401"), "does not take the API key"),
    ] {
        run(async {
            let service = with_a_payment().await;
            wrote_at_zendesk(&service, "created", "OPEN").await;
            if kind == "closed" {
                let told = json!({"type": "zen:event-type:ticket.closed", "time": service.clock.now(),
                    "detail": {"id": "42"}});
                service.sandbox.learn("zendesk", told.to_string().as_bytes()).unwrap();
            }
            trouble.into_iter().for_each(|trouble| service.sandbox.trouble("zendesk", trouble).unwrap());
            let text = json!({"text": "It is done.", "solved": true});
            assert_eq!(reply(&service, "lena", "zendesk:42", &text).await.0, 200, "{kind}");
            service.work().await.unwrap();
            later(&service, 86_400).await;
            assert_eq!(puts(&service).0, 0, "{kind} {trouble:?}");
            let ticket = ticket(&service, &zendesk()).await;
            let Sent::Refused { reason, again_at: None } = &ticket.handling.answers[0].state else {
                panic!("{:?}", ticket.handling.answers)
            };
            assert!(reason.contains(expected), "{reason}");
            assert!(ticket.handling.due_at.is_some() && ticket.handling.resolved_at.is_none(), "{kind} {trouble:?}");
            assert!(ticket.handling.history.iter().any(|it| it.what.contains("was not taken")), "{kind}");

            // Once that is mended, the same text may be sent again.
            if kind == "created" {
                assert_eq!(reply(&service, "lena", "zendesk:42", &text).await.0, 200);
                service.work().await.unwrap();
                assert_eq!(puts(&service).0, 1);
            }
        });
    }
}

/// Lives through a crash at one of the calls that change something, and says what came of it.
async fn through(desk: bool, number: u64, hit: Hit) -> (u64, usize, Sent) {
    let mut service = with_a_payment().await;
    let name = if desk { zendesk() } else { own("t1") };
    if desk {
        wrote_at_zendesk(&service, "created", "OPEN").await;
    } else {
        of_a_contact(&service, "t1").await;
    }
    assert_eq!(reply(&service, "lena", &name.address(), &json!({"text": "It is done."})).await.0, 200);
    let fate = Fate::at(number, hit);
    inject(&mut service, &fate);
    tokio::select! {
        biased;
        worked = service.work() => worked.unwrap(),
        () = fate.crashed.notified() => service.queue.restart().unwrap(),
    }
    later(&service, 4 * 3_600).await;
    let left = if desk { puts(&service).0 } else { mails(&service, ADA).len() };
    (fate.changes(), left, last(&service, &name).await.state)
}

#[test]
fn whoever_dies_between_storing_and_sending_leaves_no_second_answer() {
    for desk in [true, false] {
        for hit in [Hit::CrashBefore, Hit::CrashAfter, Hit::AnswerLost] {
            let mut number = 0;
            loop {
                let (changes, left, state) = run(through(desk, number, hit));
                let what = format!("desk {desk}, call {number}, {hit:?}: {state:?}");
                if desk {
                    assert_eq!((left, state), (1, Sent::Sent), "{what}: it can be asked");
                } else {
                    assert!(left <= 1, "{what}");
                    match state {
                        Sent::Sent => assert_eq!(left, 1, "{what}"),
                        Sent::InDoubt { .. } => {}
                        Sent::Sending | Sent::Refused { .. } => panic!("{what}: it has come to an end"),
                    }
                }
                number += 1;
                if number >= changes.min(12) {
                    break;
                }
            }
        }
    }
}

/// The customer was charged twice, has written so, and people are asked for the refund.
async fn asked_for(service: &Service) -> (CaseId, Value) {
    let case = CaseId::parse(&charged_twice(service).await).unwrap();
    of_a_contact(service, "t1").await;
    handled(service, &own("t1"), |ticket| {
        ticket.handling.case = Some(case.clone());
        ticket.handling.assign(Some("lena"), MACHINE, ticket.opened_at.unwrap());
    })
    .await;
    let offered = drafts(service, "t1").await;
    assert_eq!(outcomes(&offered), ["asked", "waiting"], "{offered}");
    let missing = offered["not_offered"].as_array().unwrap().iter().map(|it| (&it["outcome"], &it["why"]));
    let why = json!("it is being decided, or carried out");
    assert_eq!(missing.collect::<Vec<_>>(), [(&json!("done"), &why), (&json!("denied"), &why)], "{offered}");
    assert!(!offered.to_string().contains("100.00"), "what is not decided is not promised: {offered}");
    let text = json!({"text": offered["drafts"][0]["text"]});
    let (status, answer) = reply(service, "lena", "t1", &text).await;
    assert_eq!((status, &answer["outcome"], &answer["unchanged"]), (200, &json!("asked"), &json!(true)), "{answer}");
    service.work().await.unwrap();
    let told = ticket(service, &own("t1")).await;
    assert_eq!((told.handling.state, told.handling.due_at), (State::Waiting, None));
    assert_eq!(outcomes(&drafts(service, "t1").await), ["waiting"], "it was said");
    (case, get(service, "/api/actions?state=waiting_approval").await["items"][0].clone())
}

async fn decide(service: &Service, action: &Value, decision: &str) {
    let body = json!({"decision": decision, "preview_digest": action["preview"]["digest"], "note": "seen"});
    let path = format!("/api/actions/{}/decision", action["id"].as_str().unwrap());
    let (status, answer) = ask(service, "mara", Method::POST, &path, Some(&body), None).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    service.work().await.unwrap();
}

#[test]
fn once_it_is_done_the_ticket_comes_back_and_the_prepared_text_solves_it() {
    run(async {
        let service = with_a_payment().await;
        let (_, action) = asked_for(&service).await;
        decide(&service, &action, "approve").await;
        let back = ticket(&service, &own("t1")).await;
        assert_eq!(back.handling.state, State::Investigating);
        assert_eq!((back.handling.heard.len(), back.handling.heard[0].end), (1, End::Done));
        assert!(back.handling.due_at.is_some() && back.handling.assigned_to.as_deref() == Some("lena"));

        let offered = drafts(&service, "t1").await;
        assert_eq!(outcomes(&offered), ["done", "waiting"], "{offered}");
        let text = offered["drafts"][0]["text"].as_str().unwrap();
        assert!(text.contains("100.00 USD") && !text.contains('_'), "{text}");
        let (status, answer) = reply(&service, "lena", "t1", &json!({"text": text, "solved": true})).await;
        assert_eq!((status, &answer["outcome"], &answer["unchanged"]), (200, &json!("done"), &json!(true)), "{answer}");
        service.work().await.unwrap();
        later(&service, 86_400).await;
        let over = ticket(&service, &own("t1")).await;
        assert_eq!((over.handling.state, over.handling.due_at), (State::Resolved, None));
        assert!(over.handling.resolved_at.is_some() && !over.handling.by_hand, "all was sent as it was prepared");
        assert_eq!(mails(&service, ADA).len(), 2);
    });
}

#[test]
fn what_is_denied_is_told_with_its_reason_and_what_is_possible_instead() {
    run(async {
        let service = with_a_payment().await;
        let (_, action) = asked_for(&service).await;
        decide(&service, &action, "deny").await;
        let back = ticket(&service, &own("t1")).await;
        assert_eq!((back.handling.state, back.handling.heard[0].end), (State::Investigating, End::Denied));
        let offered = drafts(&service, "t1").await;
        assert_eq!(outcomes(&offered), ["denied", "waiting"], "{offered}");
        let text = offered["drafts"][0]["text"].as_str().unwrap();
        assert!(text.contains("not covered by our terms") && text.contains("smaller plan"), "{text}");
    });
}

#[test]
fn a_customer_is_answered_in_the_language_in_which_they_write() {
    run(async {
        let service = with_a_payment().await;
        of_a_contact(&service, "t1").await;
        for (language, expected) in
            [("de", "Wir brauchen"), ("fr", "Il nous manque"), ("es", "Necesitamos"), ("ja", "We need")]
        {
            handled(&service, &own("t1"), |ticket| ticket.handling.language = Some(language.to_owned())).await;
            let offered = drafts(&service, "t1").await;
            assert!(offered["drafts"][0]["subject"].as_str().unwrap().starts_with(expected), "{language}: {offered}");
        }
    });
}

#[test]
fn the_form_of_the_console_says_what_the_api_does() {
    run(async {
        let service = with_a_payment().await;
        of_a_contact(&service, "t1").await;
        let signed_in = dispatch(&service, &Request::post("/local/login").body("staff=mara".into()).unwrap()).await;
        let cookie = signed_in.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let asked = Request::get("/stop").header("cookie", &cookie).body(Bytes::new()).unwrap();
        let page = String::from_utf8(dispatch(&service, &asked).await.body().to_vec()).unwrap();
        let csrf = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let send = async |csrf: &str, form: &str| {
            let request = Request::post("/tickets/t1/reply")
                .header("cookie", &cookie)
                .header("sec-fetch-site", "same-origin")
                .header("content-type", "application/x-www-form-urlencoded");
            let body = Bytes::from(format!("csrf={csrf}&{form}"));
            let answer = dispatch(&service, &request.body(body).unwrap()).await;
            let to = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
            let page = String::from_utf8(answer.body().to_vec()).unwrap();
            (answer.status().as_u16(), to.unwrap_or(page))
        };
        let form = "text=It+is%0D%0Adone.&outcome=done&solved=on&answered=0";
        assert_ne!(send("forged", form).await.0, 303);
        let (status, to) = send(&csrf, form).await;
        assert!(status == 303 && to.starts_with("/tickets/t1?notice=Your+answer"), "{status} {to}");
        service.work().await.unwrap();
        let (status, page) = send(&csrf, "text=Something+%3Celse%3E.&outcome=free&answered=0").await;
        assert!(status == 409 && page.contains("somebody else has answered"), "{status} {page}");
        for kept in ["name=\"text\" rows=\"9\">Something &lt;else&gt;.</textarea>", "name=\"answered\" value=\"1\""] {
            assert!(page.contains(kept), "what was written is still there, to be sent beside the other: {page}");
        }
        service.work().await.unwrap();
        let letters = mails(&service, ADA);
        assert_eq!((letters.len(), letters[0].text.as_str()), (1, "It is\ndone."));
        assert_eq!(ticket(&service, &own("t1")).await.handling.state, State::Resolved);
        let (_, to) = send(&csrf, form).await;
        assert!(to.contains("Your+answer+was+sent"), "{to}");
        handled(&service, &own("t1"), |ticket| {
            ticket.handling.answers[0].state = Sent::InDoubt { reason: "the mail server hung up".to_owned() };
        })
        .await;
        let (_, to) = send(&csrf, form).await;
        assert!(to.contains("may+have+arrived"), "nothing is on its way: {to}");
        service.work().await.unwrap();
        assert_eq!(mails(&service, ADA).len(), 1);
    });
}
