//! R12: many fail at once. What staff see of it, and what customers do not hear.

use crate::http::run;
use ::http::{Method, StatusCode};
use app::ports::{Channel, Clock};
use jiff::SignedDuration;
use local::service::Service;
use serde_json::{Value, json};
use tests::counted::Counted;
use tests::stripe;
use tests::world::{ask, ask_text, deliver, get, open_at};

/// A customer whose first try fails, by a card of a country.
async fn fails(service: &Service, n: usize, code: &str, country: &str) {
    let (now, customer, invoice) = (service.clock.now(), format!("cus_{n}"), format!("in_{n}"));
    let mut charge = stripe::charge(&customer, &format!("ch_{n}"), Some(&invoice), 2000, "usd", Some(code), now);
    charge["payment_method_details"]["card"]["country"] = json!(country);
    let open = stripe::invoice(&customer, &invoice, "open", 2000, 2000, "usd", 1, now);
    for (kind, object) in [
        ("customer.created", stripe::customer(&customer, now)),
        ("charge.failed", charge),
        ("invoice.payment_failed", open),
    ] {
        deliver(service, &stripe::event(&format!("evt_{n}_{kind}"), kind, now, &object)).await;
    }
}

async fn pays(service: &Service, n: usize, country: &str) {
    let (now, customer, invoice) = (service.clock.now(), format!("cus_{n}"), format!("in_{n}"));
    let mut charge = stripe::charge(&customer, &format!("ch_{n}"), Some(&invoice), 2000, "usd", None, now);
    charge["payment_method_details"]["card"]["country"] = json!(country);
    let paid = stripe::invoice(&customer, &invoice, "paid", 2000, 0, "usd", 1, now);
    for (kind, object) in [("charge.succeeded", charge), ("invoice.paid", paid)] {
        deliver(service, &stripe::event(&format!("evt_{n}_{kind}"), kind, now, &object)).await;
    }
}

async fn pass(service: &Service, minutes: i64) {
    service.advance(service.clock.now() + SignedDuration::from_mins(minutes)).await.unwrap();
}

async fn open_incidents(service: &Service) -> Vec<Value> {
    get(service, "/api/incidents?state=open").await["items"].as_array().unwrap().clone()
}

#[test]
fn a_recovery_waits_while_its_incident_lasts_and_the_customer_does_not_hear_of_a_card() {
    run(async {
        let service = open_at("2026-03-01T00:00:00Z").await;
        // The provider is in trouble for 28 hours.
        for third in 0..28 * 3 {
            for n in 0..3 {
                fails(&service, third * 3 + n, "processing_error", "US").await;
            }
            pass(&service, 20).await;
        }
        let [incident] = &open_incidents(&service).await[..] else { panic!("one incident") };
        assert_eq!(
            (&incident["sign"]["value"], &incident["accounts"], &incident["cause"]),
            (&json!("gateway_error"), &json!(252), &json!("provider"))
        );
        let mails = |service: &Service| {
            service.outbox.letters().unwrap().into_iter().filter(|(_, letter)| letter.channel == Channel::Mail).count()
        };
        assert_eq!(mails(&service), 0, "the first reminders were due four hours ago");
        let plan = get(&service, "/api/dunning").await["items"][0].clone();
        assert_eq!((&plan["incident"], plan["held_until"].is_string()), (&incident["id"], true), "{plan}");

        pass(&service, 180).await;
        assert_eq!(open_incidents(&service).await, Vec::<Value>::new());
        // A recovery waits from the first of its steps or tries that the incident held, and comes as much later.
        pass(&service, 24 * 60).await;
        let letters = service.outbox.letters().unwrap();
        let mails: Vec<_> = letters.iter().filter(|(_, letter)| letter.channel == Channel::Mail).collect();
        assert!(mails.len() > 20, "what was due goes out when it is over: {}", mails.len());
        assert!(
            mails.iter().all(|(_, letter)| letter.text.contains("technical reason") && !letter.text.contains("bank")),
            "{}",
            mails[0].1.text
        );
        let told = letters
            .iter()
            .filter(|(_, letter)| letter.channel == Channel::Slack && letter.id.starts_with("inc_"))
            .count();
        assert_eq!(told, 2, "once that it began, once that it is over");
    });
}

/// Of failures the eight days that the last week has a part in, of disputes the seven up to yesterday: each costs half
/// a unit. What is weighed now costs whole ones, for the day of the failures and three of the disputes.
#[test]
fn a_look_after_quiet_days_reads_each_of_them_once() {
    run(async {
        let mut service = open_at("2026-03-01T09:00:00Z").await;
        let counts = Counted::over(&mut service);
        fails(&service, 1, "insufficient_funds", "US").await;
        counts.take();
        pass(&service, 6).await;
        let looked = counts.take().units["pulse"];
        // Its two tellings are folded in that time, and write the failure's own pulse.
        assert_eq!((looked.half_reads, looked.writes), (8 + 7 + 2 * (1 + 3), 2 * 2));
        // The days are counted: the next trouble finds them so.
        fails(&service, 2, "insufficient_funds", "US").await;
        counts.take();
        pass(&service, 6).await;
        assert_eq!(counts.take().units["pulse"].half_reads, 1 + 1 + 2 * (1 + 3));
    });
}

#[test]
fn an_incident_shows_its_members_its_cause_and_how_unlikely_it_is() {
    run(async {
        let service = open_at("2026-03-01T09:00:00Z").await;
        for n in 0..40 {
            pays(&service, 100 + n, "US").await;
        }
        for n in 0..12 {
            fails(&service, n, "insufficient_funds", "BR").await;
        }
        pass(&service, 6).await;
        let [incident] = &open_incidents(&service).await[..] else { panic!("one incident") };
        assert_eq!(
            (&incident["sign"], &incident["cause"]),
            (&json!({"by": "issuer", "value": "BR"}), &json!("issuer")),
            "{incident}"
        );
        let shown = get(&service, &format!("/api/incidents/{}", incident["id"].as_str().unwrap())).await;
        assert_eq!(
            (shown["members_list"].as_array().map(Vec::len), &shown["seen"]["tries"], &shown["amounts"]["USD"]),
            (Some(12), &json!(12), &json!("240.00"))
        );
        let case = get(&service, "/api/cases?state=open&class=payment_failed").await["items"][0]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let text = ask_text(&service, "lena", &format!("/api/cases/{case}")).await;
        assert!(text.contains("part of an incident (open)") && text.contains("not\nabout your card"), "{text}");
        for path in
            ["/incidents".to_owned(), format!("/incidents/{}", incident["id"].as_str().unwrap()), "/".to_owned()]
        {
            let (status, page) = ask(&service, "ana", Method::GET, &path, None, None).await;
            assert!(
                status == StatusCode::OK && page.as_str().unwrap().contains("cards issued in BR"),
                "{path}: {page}"
            );
        }
        for (path, status) in
            [("/api/incidents/inc_nope", 404), ("/api/incidents?state=shut", 400), ("/incidents/x", 404)]
        {
            assert_eq!(ask(&service, "ana", Method::GET, path, None, None).await.0.as_u16(), status, "{path}");
        }
    });
}

#[test]
fn whoever_looks_into_an_incident_has_a_task_until_it_is_over() {
    run(async {
        let service = open_at("2026-03-01T09:00:00Z").await;
        for n in 0..40 {
            pays(&service, 100 + n, "US").await;
        }
        for n in 0..12 {
            fails(&service, n, "insufficient_funds", "BR").await;
        }
        pass(&service, 6).await;
        let [incident] = &open_incidents(&service).await[..] else { panic!("one incident") };
        let tasks = async |state: &str| {
            let all = get(&service, &format!("/api/tasks?state={state}")).await["items"].clone();
            let of_incident = |task: &&Value| task["about"]["incident"] == incident["id"];
            all.as_array().unwrap().iter().filter(of_incident).cloned().collect::<Vec<_>>()
        };
        let [task] = &tasks("open").await[..] else { panic!("one task") };
        assert!(task["what"].as_str().unwrap().contains(incident["owner"].as_str().unwrap()), "{task}");
        assert_eq!(incident["task"], task["id"]);
        for _ in 0..100 {
            if open_incidents(&service).await.is_empty() {
                break;
            }
            pass(&service, 60).await;
        }
        assert_eq!((tasks("open").await.len(), tasks("done").await.len()), (0, 1), "it is over");
    });
}

#[test]
fn a_case_says_why_nothing_is_tried_again_where_its_card_was_issued() {
    run(async {
        let rows = [
            ("insufficient_funds", "IN", Some("India's e-mandates allow no further try")),
            ("insufficient_funds", "US", None),
            // This is not tried again wherever it was issued.
            ("lost_card", "IN", None),
        ];
        for (code, country, expected) in rows {
            let service = open_at("2026-03-01T09:00:00Z").await;
            fails(&service, 1, code, country).await;
            service.work().await.unwrap();
            let cases = get(&service, "/api/cases?state=open&class=payment_failed").await;
            let id = cases["items"][0]["id"].as_str().unwrap().to_owned();
            let case = get(&service, &format!("/api/cases/{id}")).await;
            let evidence = case["evidence"].as_array().unwrap();
            let said = evidence.iter().find(|it| it["label"] == "Where the card was issued");
            let said = said.and_then(|it| it["value"].as_str());
            assert_eq!(said.is_some(), expected.is_some(), "{code} {country}: {case}");
            assert!(said.unwrap_or_default().contains(expected.unwrap_or_default()), "{code} {country}: {said:?}");
        }
    });
}

#[test]
fn who_may_say_what_went_live_and_what_is_refused() {
    run(async {
        let service = open_at("2026-03-01T09:00:00Z").await;
        let rows = [
            ("ana", json!({"name": "4.2"}), 403),
            ("lena", json!({}), 400),
            ("lena", json!({"name": " "}), 400),
            ("lena", json!({"name": "4.2", "at": "2026-03-02T00:00:00Z"}), 400),
            ("lena", json!({"name": "4.2"}), 200),
            ("lena", json!({"name": "4.2"}), 200),
        ];
        for (staff, body, status) in rows {
            assert_eq!(
                ask(&service, staff, Method::POST, "/api/releases", Some(&body), None).await.0.as_u16(),
                status,
                "{staff} {body}"
            );
        }
        assert_eq!(
            get(&service, "/api/releases").await["items"].as_array().map(Vec::len),
            Some(1),
            "told twice, kept once"
        );
    });
}
