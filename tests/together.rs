//! What an account is written: one letter a day, whoever writes it, which lists all that is open, and all letters of
//! one recovery in one conversation.

use crate::http::run;
use crate::raised::{tell, wish};
use app::dunning;
use app::message::Message;
use app::ports::{Channel, Clock, Letter};
use app::store::{Batch, Commit, keys};
use domain::book::Head;
use domain::id::AccountId;
use http::{Method, Request, StatusCode};
use jiff::{SignedDuration, Timestamp};
use local::server::dispatch;
use local::service::Service;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tests::faults::deafen;
use tests::stripe;
use tests::world::{ask, at, get, open_at, tries_given_back};

const CUSTOMER: &str = "cus_1@shop.example";
const NIGHT: &str = "2026-03-02T22:00:00Z";
const PATH: &str = "/api/accounts/stripe:cus_1/dunning";

fn bill(id: &str, status: &str, left: i64) -> Value {
    let total = if id == "in_1" { 4_900 } else { 1_900 };
    stripe::invoice("cus_1", id, status, total, left, "eur", 1, at(NIGHT))
}

/// A customer both of whose invoices failed on the night on which they were renewed, some minutes apart.
async fn renewed(phone: Option<&str>, minutes: i64) -> Service {
    let service = open_at(NIGHT).await;
    tries_given_back(&service, "stripe").await;
    let mut customer = stripe::customer("cus_1", service.clock.now());
    customer["phone"] = json!(phone);
    tell(&service, "evt_c", "customer.created", &customer).await;
    tell(&service, "evt_1", "invoice.payment_failed", &bill("in_1", "open", 4_900)).await;
    if minutes > 0 {
        service.advance(at(NIGHT) + SignedDuration::from_mins(minutes)).await.unwrap();
    }
    tell(&service, "evt_2", "invoice.payment_failed", &bill("in_2", "open", 1_900)).await;
    service
}

/// What the customer was sent by one channel, the oldest first.
fn sent(service: &Service, channel: Channel) -> Vec<(Timestamp, Letter)> {
    let mut own = service.outbox.letters().unwrap();
    own.retain(|(_, letter)| letter.channel == channel && (letter.to == CUSTOMER || channel == Channel::Sms));
    own.reverse();
    own
}

fn letters(service: &Service) -> Vec<Letter> {
    sent(service, Channel::Mail).into_iter().map(|(_, letter)| letter).collect()
}

fn days(sent: &[(Timestamp, Letter)]) -> Vec<String> {
    sent.iter().map(|(at, _)| at.strftime("%m-%d").to_string()).collect()
}

/// The first step of a kind in the recovery of an invoice: its state, and why it stands so.
async fn step(service: &Service, invoice: &str, kind: &str) -> (String, String) {
    let all = get(service, PATH).await;
    let plan = all["items"].as_array().unwrap().iter().find(|plan| plan["invoice"] == invoice).cloned().unwrap();
    let step = plan["steps"].as_array().unwrap().iter().find(|step| step["kind"] == kind).cloned().unwrap();
    let text = |field: &str| step[field].as_str().unwrap_or_default().to_owned();
    (text("state"), text("reason"))
}

#[test]
fn two_invoices_that_fail_on_one_night_are_one_letter_on_each_day_of_letters() {
    run(async {
        let service = renewed(None, 5).await;
        service.advance(at("2026-03-04T12:00:00Z")).await.unwrap();
        let [letter] = &letters(&service)[..] else { panic!("one letter: {:?}", letters(&service)) };
        assert_eq!(letter.subject, "Your payment of 49.00 EUR did not go through");
        assert!(letter.text.contains("\n\nAlso open:\n- IN_2: 19.00 EUR\n\n"), "{}", letter.text);
        assert!(letter.html.contains("<p>Also open:</p><ul><li>IN_2: 19.00 EUR</li></ul>"), "{}", letter.html);
        assert_eq!(letter.links.len(), 1, "one link opens all of it");
        assert_eq!(step(&service, "in_1", "mail").await, ("sent".to_owned(), String::new()));
        let with = ("sent".to_owned(), "in one letter with in_1".to_owned());
        assert_eq!(step(&service, "in_2", "mail").await, with);

        service.advance(at("2026-03-13T12:00:00Z")).await.unwrap();
        let all = sent(&service, Channel::Mail);
        assert_eq!(days(&all), ["03-03", "03-07", "03-12"]);
        for (_, letter) in &all {
            assert!(letter.text.contains("IN_1") && letter.text.contains("IN_2"), "{}", letter.text);
        }
        for invoice in ["in_1", "in_2"] {
            let access = get(&service, PATH).await;
            let plan = access["items"].as_array().unwrap().iter().find(|plan| plan["invoice"] == invoice).cloned();
            let steps = plan.unwrap()["steps"].as_array().unwrap().clone();
            let restricted = steps.iter().find(|step| step["access"] == "restricted").cloned().unwrap();
            assert_eq!(restricted["state"], "sent", "{invoice}: its letters were sent, whichever they were");
        }

        // Of an end each invoice has a letter of its own, and so a day.
        service.advance(at("2026-04-10T12:00:00Z")).await.unwrap();
        let all = sent(&service, Channel::Mail);
        let days = days(&all);
        assert_eq!(days.iter().collect::<BTreeSet<_>>().len(), days.len(), "{days:?}");
        let told = all.iter().filter(|(_, letter)| letter.subject.starts_with("Before your subscription ends"));
        assert_eq!(told.count(), 2, "{days:?}");
    });
}

#[test]
fn what_is_paid_is_named_no_more() {
    run(async {
        let service = renewed(None, 5).await;
        service.advance(at("2026-03-04T12:00:00Z")).await.unwrap();
        tell(&service, "evt_3", "invoice.paid", &bill("in_1", "paid", 0)).await;
        service.advance(at("2026-03-08T12:00:00Z")).await.unwrap();
        let all = letters(&service);
        let [_, letter] = &all[..] else { panic!("two letters: {all:?}") };
        assert_eq!(letter.subject, "Reminder: 19.00 EUR for invoice IN_2 is still open");
        assert!(!letter.text.contains("IN_1") && !letter.text.contains("Also open"), "{}", letter.text);
        assert!(!letter.html.contains("IN_1") && !letter.html.contains("<ul>"), "{}", letter.html);
    });
}

#[test]
fn what_is_promised_is_not_asked_for_beside_another_invoice() {
    run(async {
        let service = renewed(None, 5).await;
        let amount = json!({"amount": "19.00", "currency": "EUR"});
        let promise = json!({"invoice": "in_2", "promise": {"date": "2026-03-06", "amount": amount}});
        let (status, answer) = ask(&service, "lena", Method::POST, PATH, Some(&promise), None).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        service.advance(at("2026-03-04T12:00:00Z")).await.unwrap();
        let [letter] = &letters(&service)[..] else { panic!("one letter") };
        assert!(letter.text.contains("IN_1") && !letter.text.contains("IN_2"), "{}", letter.text);
        assert_eq!(step(&service, "in_2", "mail").await.0, "waiting");
    });
}

#[test]
fn of_two_alarms_that_ring_at_once_one_writes() {
    run(async {
        let service = renewed(None, 0).await;
        service.clock.advance(at("2026-03-03T22:00:00Z")).unwrap();
        let account = AccountId::of("stripe", "default", "cus_1");
        let due = |invoice: &str| Message::PlanDue {
            account: account.clone(),
            invoice: invoice.to_owned(),
            trace: "t".to_owned(),
        };
        let (one, two) = (due("in_1"), due("in_2"));
        let (first, second) =
            tokio::join!(dunning::handle(&service.context, &one), dunning::handle(&service.context, &two));
        assert!(first.is_ok() && second.is_ok(), "{first:?} {second:?}");
        assert_eq!(letters(&service).len(), 1);
        service.advance(at("2026-03-03T23:00:00Z")).await.unwrap();
        assert_eq!(letters(&service).len(), 1, "and the other one's counts as sent with it");
        let mut why = [step(&service, "in_1", "mail").await.1, step(&service, "in_2", "mail").await.1];
        why.sort();
        assert!(why[0].is_empty() && why[1].starts_with("in one letter with in_"), "{why:?}");
    });
}

#[test]
fn a_letter_that_was_refused_leaves_once_whichever_of_them_it_is() {
    run(async {
        let mut service = renewed(None, 5).await;
        let post = service.context.post.clone();
        deafen(&mut service, CUSTOMER);
        service.advance(at("2026-03-04T00:00:00Z")).await.unwrap();
        service.context.post = post;
        assert_eq!(letters(&service).len(), 0);
        service.advance(at("2026-03-04T12:00:00Z")).await.unwrap();
        let [letter] = &letters(&service)[..] else { panic!("one letter: {:?}", letters(&service)) };
        assert!(letter.text.contains("IN_1") && letter.text.contains("IN_2"), "{}", letter.text);
        for invoice in ["in_1", "in_2"] {
            assert_eq!(step(&service, invoice, "mail").await.0, "sent", "{invoice}");
        }
    });
}

#[test]
fn a_phone_is_written_to_once_for_all_and_reads_who_writes() {
    run(async {
        let service = renewed(Some("+4930123456"), 5).await;
        let name = json!({"name": "Juniper & Söhne"});
        assert_eq!(wish(&service, "mara", "", name).await.0, StatusCode::OK);
        service.advance(at("2026-03-12T12:00:00Z")).await.unwrap();
        let all = sent(&service, Channel::Sms);
        let [(_, text)] = &all[..] else { panic!("one text message: {all:?}") };
        assert!(text.text.starts_with("Juniper & Söhne: a reminder"), "{}", text.text);
        let states = [step(&service, "in_1", "sms").await, step(&service, "in_2", "sms").await];
        assert!(states.iter().all(|(state, _)| state == "sent"), "{states:?}");
        for letter in letters(&service) {
            assert!(letter.text.starts_with("Juniper & Söhne\n\nHello "), "{}", letter.text);
        }
    });
}

#[test]
fn the_letters_of_one_recovery_are_one_conversation() {
    run(async {
        let service = renewed(None, 5).await;
        tell(&service, "evt_3", "invoice.paid", &bill("in_2", "paid", 0)).await;
        service.advance(at("2026-03-13T12:00:00Z")).await.unwrap();
        let all = letters(&service);
        assert_eq!(all.len(), 3, "{all:?}");
        let thread = all[0].thread.clone().unwrap();
        assert!(thread.starts_with("invoice_") && thread.ends_with("@recoup.test"), "{thread}");
        assert!(!thread.contains("in_1") && !thread.contains("cus_1"), "{thread}");
        let expected = ["In-Reply-To", "References"].map(|name| (name, format!("<{thread}>")));
        for letter in &all {
            assert_eq!(letter.headers(), expected, "{}", letter.subject);
        }
        let ids: BTreeSet<_> = all.iter().map(|letter| letter.id.as_str()).collect();
        assert_eq!(ids.len(), 3, "each is one of its own");

        // The outbox shows them, and each as whoever gets it sees it.
        let (status, page) = ask(&service, "ana", Method::GET, "/outbox", None, None).await;
        let page = page.as_str().unwrap_or_default().to_owned();
        assert!(status == StatusCode::OK && page.contains(&format!("References: &lt;{thread}&gt;")), "{page}");
        let places = page.split("href=\"/outbox/").skip(1).filter_map(|rest| rest.split('"').next());
        let mut shown = Vec::new();
        for place in places {
            let (status, letter) = ask(&service, "ana", Method::GET, &format!("/outbox/{place}"), None, None).await;
            assert_eq!(status, StatusCode::OK, "{place}");
            shown.push(letter.as_str().unwrap_or_default().to_owned());
        }
        assert!(all.iter().all(|letter| shown.contains(&letter.html)), "{page}");
        let stranger = Request::get("/outbox/1").body(bytes::Bytes::new()).unwrap();
        assert_eq!(dispatch(&service, &stranger).await.status(), StatusCode::SEE_OTHER, "others sign in first");
        assert_eq!(ask(&service, "ana", Method::GET, "/outbox/0", None, None).await.0, StatusCode::NOT_FOUND);
    });
}

/// A customer one of whose invoices failed at a time, and another of whom is due since the fifteenth.
async fn owing(failed_at: &str) -> Service {
    let service = open_at("2026-03-01T09:00:00Z").await;
    tries_given_back(&service, "stripe").await;
    tell(&service, "evt_c", "customer.created", &stripe::customer("cus_1", service.clock.now())).await;
    let made = service.clock.now();
    let mut due = stripe::invoice("cus_1", "in_9", "open", 49_000, 49_000, "eur", 0, made);
    due["due_date"] = json!(at("2026-03-15T00:00:00Z").as_second());
    tell(&service, "evt_9", "invoice.finalized", &due).await;
    service.advance(at(failed_at)).await.unwrap();
    tell(&service, "evt_1", "invoice.payment_failed", &bill("in_1", "open", 4_900)).await;
    service
}

/// How many tasks of what is overdue are open.
async fn overdue(service: &Service) -> usize {
    let tasks = get(service, "/api/tasks?state=open").await;
    tasks["items"].as_array().unwrap().iter().filter(|task| task["about"]["kind"] == "overdue").count()
}

#[test]
fn a_rung_and_a_recovery_write_on_two_days_and_the_rungs_task_comes_on_its_own() {
    const RUNG: &str = "Invoice IN_9 over 490.00 EUR was due";
    const REMINDER: &str = "Your payment of 49.00 EUR did not go through";
    run(async {
        for (failed_at, first, second) in
            [("2026-03-17T08:00:00Z", REMINDER, RUNG), ("2026-03-17T10:00:00Z", RUNG, REMINDER)]
        {
            let service = owing(failed_at).await;
            let subjects = || letters(&service).into_iter().map(|letter| letter.subject).collect::<Vec<_>>();
            for (now, expected, tasks) in [
                ("2026-03-18T07:30:00Z", vec![], 0),
                ("2026-03-18T12:00:00Z", vec![first], 1),
                ("2026-03-19T07:30:00Z", vec![first], 1),
                ("2026-03-19T12:00:00Z", vec![first, second], 1),
                ("2026-03-21T12:00:00Z", vec![first, second], 1),
            ] {
                service.advance(at(now)).await.unwrap();
                assert_eq!(subjects(), expected, "{failed_at}: {now}");
                assert_eq!(overdue(&service).await, tasks, "{failed_at}: {now}");
            }
            // The reminder of the eighteenth leaves before anybody was written of the transfer, whose day has come.
            for letter in letters(&service) {
                let other = match letter.subject.as_str() {
                    REMINDER => "\n\nAlso open:\n- IN_9: 490.00 EUR, due on 2026-03-15\n\n",
                    _ => "\n\nAlso open:\n- IN_1: 49.00 EUR\n\n",
                };
                let all = format!("{other}Together with this invoice: 539.00 EUR\n\n");
                assert!(letter.text.contains(&all), "{failed_at}: {}", letter.text);
                assert_eq!(letter.links.len(), 1, "{failed_at}: one link opens all of it");
            }
        }
    });
}

#[test]
fn a_link_that_somebody_sends_leaves_at_once_and_keeps_the_reminder_for_a_day() {
    run(async {
        let service = renewed(None, 5).await;
        service.advance(at("2026-03-03T20:00:00Z")).await.unwrap();
        let body = json!({"account": "stripe:cus_1", "kind": "payment_link", "params": {"invoice": "in_1"},
            "reason_code": "other", "note": ""});
        let (status, answer) = ask(&service, "lena", Method::POST, "/api/actions", Some(&body), Some("k")).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        service.work().await.unwrap();
        for (now, expected) in [
            ("2026-03-03T20:00:00Z", 1),
            ("2026-03-03T23:00:00Z", 1),
            ("2026-03-04T19:30:00Z", 1),
            ("2026-03-04T21:00:00Z", 2),
        ] {
            service.advance(at(now)).await.unwrap();
            let all = letters(&service);
            assert_eq!(all.len(), expected, "{now}: {all:?}");
            assert!(all[0].id.starts_with("link_"), "{now}: {all:?}");
        }
        assert!(letters(&service)[1].subject.ends_with("did not go through"));
    });
}

#[test]
fn what_a_bank_has_claimed_is_not_asked_for_beside_another_invoice() {
    run(async {
        for (claimed, expected) in [(false, true), (true, false)] {
            let service = renewed(None, 5).await;
            tell(&service, "evt_3", "invoice.paid", &bill("in_2", "paid", 0)).await;
            service.advance(at("2026-03-04T22:00:00Z")).await.unwrap();
            tell(&service, "evt_4", "invoice.payment_failed", &bill("in_3", "open", 1_900)).await;
            if claimed {
                // As the head says it of more recoveries than are written at once, before the first has taken it in.
                let key = keys::head(&AccountId::of("stripe", "default", "cus_1"));
                let batch = Batch::read(&service.context, vec![key.clone()]).await.unwrap();
                let mut head = batch.get::<Head>(&key).unwrap().unwrap();
                head.claimed_at = Some(at("2026-03-04T12:00:00Z"));
                let mut commit = Commit::default();
                commit.over(&batch, &head);
                commit.run(&service.context).await.unwrap();
            }
            service.advance(at("2026-03-06T12:00:00Z")).await.unwrap();
            let all = letters(&service);
            let letter = all.last().unwrap();
            assert!(letter.text.contains("IN_3"), "{}", letter.text);
            assert_eq!(letter.text.contains("IN_1"), expected, "claimed: {claimed}: {}", letter.text);
        }
    });
}
