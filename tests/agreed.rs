//! Letters of the ladder about more than their rung's owner decides: somebody agrees before they leave. And the board,
//! on which what climbs stands beside what is recovered.

use crate::ageing::{begun, letters, pay, tasks, tell};
use crate::http::run;
use ::http::{Method, StatusCode};
use app::ports::Clock;
use local::service::Service;
use serde_json::{Value, json};
use tests::stripe;
use tests::world::{ask, at, get};

const MADE: &str = "2026-03-01T09:00:00Z";

/// A customer with an invoice over so many cents, due on the fifteenth: the first rung comes on the eighteenth.
async fn owing(cents: i64) -> Service {
    let service = begun(MADE).await;
    let mut due = stripe::invoice("cus_1", "in_1", "open", cents, cents, "usd", 0, at(MADE));
    due["due_date"] = json!(at("2026-03-15T00:00:00Z").as_second());
    tell(&service, "invoice.finalized", &due).await;
    service
}

/// The open tasks of whoever agrees to a letter: where each is, and of which role it needs a word.
async fn asked(service: &Service) -> Vec<(String, String)> {
    let all = get(service, "/api/tasks?state=open").await;
    let letters = all["items"].as_array().unwrap().iter().filter(|task| task["about"]["kind"] == "letter");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    letters.map(|task| (format!("/api/tasks/{}", text(&task["id"])), text(&task["about"]["needs"]))).collect()
}

async fn say(service: &Service, staff: &str, path: &str, sends: bool) -> (StatusCode, Value) {
    ask(service, staff, Method::POST, path, Some(&json!({"done": sends})), None).await
}

/// What the board says of the invoice: its segment, what comes next, why it is due, and why its first step stands so.
async fn board(service: &Service, query: &str) -> Vec<Value> {
    get(service, &format!("/api/dunning?{query}")).await["items"].as_array().unwrap().clone()
}

#[test]
fn a_letter_over_the_threshold_leaves_once_a_manager_agrees_and_its_owner_has_the_task_before() {
    run(async {
        let service = owing(1_200_000).await;
        service.advance(at("2026-03-18T09:30:00Z")).await.unwrap();
        assert_eq!((tasks(&service, "open").await.len(), letters(&service)), (1, 0), "nothing leaves by itself");
        let [(path, needs)] = &asked(&service).await[..] else { panic!("one letter waits") };
        assert_eq!(needs, "manager");
        let row = get(&service, "/api/ageing").await["items"][0].clone();
        let waits = "Nothing leaves: its letter waits for a manager: 12000.00 USD are more than 10000.00 USD.";
        assert_eq!((&row["next"]["what"], &row["next"]["by"]), (&json!(waits), &json!("ladder")), "{row}");
        let (status, page) = ask(&service, "ana", Method::GET, "/dunning", None, None).await;
        let page = page.as_str().unwrap();
        assert!(status == StatusCode::OK && page.contains("its letter waits for a manager"), "{page}");

        let (status, answer) = say(&service, "bea", path, true).await;
        assert_eq!((status, &answer["error"]["code"]), (StatusCode::FORBIDDEN, &json!("not_permitted")), "{answer}");
        service.advance(at("2026-03-20T09:30:00Z")).await.unwrap();
        assert_eq!((asked(&service).await.len(), letters(&service)), (1, 0), "days later it still waits");

        let (status, answer) = say(&service, "mara", path, true).await;
        assert_eq!((status, &answer["state"]), (StatusCode::OK, &json!("done")), "{answer}");
        service.advance(at("2026-03-20T10:00:00Z")).await.unwrap();
        assert_eq!((asked(&service).await.len(), letters(&service)), (0, 1));
        service.advance(at("2026-04-10T10:00:00Z")).await.unwrap();
        assert_eq!((asked(&service).await.len(), letters(&service)), (0, 1), "once");
        let ledger = get(&service, "/api/accounts/stripe:cus_1/ledger").await;
        let said = ledger["items"].as_array().unwrap().iter().filter(|entry| entry["step"] == "recovery");
        let said: Vec<_> = said.map(|entry| (entry["by"].clone(), entry["body"]["word"].clone())).collect();
        assert_eq!(said, [(json!("mara"), json!("send"))]);
    });
}

#[test]
fn the_rung_above_waits_with_a_letter_that_nobody_has_agreed_to() {
    run(async {
        let service = owing(1_200_000).await;
        service.advance(at("2026-04-20T09:30:00Z")).await.unwrap();
        let buckets: Vec<_> = tasks(&service, "open").await.into_iter().map(|(bucket, _)| bucket).collect();
        assert_eq!((buckets, letters(&service)), (vec!["0-30".to_owned()], 0), "day 31 has come and gone");
        let [(path, _)] = &asked(&service).await[..] else { panic!("one letter waits") };
        let (status, answer) = say(&service, "vera", path, false).await;
        assert_eq!((status, &answer["state"]), (StatusCode::OK, &json!("dropped")), "a VP stands above: {answer}");
        service.advance(at("2026-04-20T10:30:00Z")).await.unwrap();
        let buckets: Vec<_> = tasks(&service, "open").await.into_iter().map(|(bucket, _)| bucket).collect();
        assert_eq!((buckets, letters(&service)), (vec!["31-60".to_owned()], 0), "the next has its turn, and asks");
        let [(path, needs)] = &asked(&service).await[..] else { panic!("the next letter waits") };
        assert_eq!(needs, "manager");
        // A page that was opened before shows the letter that was skipped.
        let (stale, fresh) = (json!({"done": true, "bucket": "0-30"}), json!({"done": true, "bucket": "31-60"}));
        let (status, answer) = ask(&service, "mara", Method::POST, path, Some(&stale), None).await;
        assert_eq!((status, &answer["error"]["code"]), (StatusCode::CONFLICT, &json!("changed_meanwhile")), "{answer}");
        let (status, answer) = ask(&service, "mara", Method::POST, path, Some(&fresh), None).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        service.advance(at("2026-04-20T11:00:00Z")).await.unwrap();
        assert_eq!(letters(&service), 1);
        service.advance(at("2026-05-15T09:30:00Z")).await.unwrap();
        let [(_, needs)] = &asked(&service).await[..] else { panic!("the third letter waits") };
        assert_eq!((needs.as_str(), letters(&service)), ("vp", 1), "its owner is a manager");
    });
}

#[test]
fn nobody_agrees_to_a_letter_about_what_is_paid_or_stopped() {
    run(async {
        for how in ["paid", "stopped"] {
            let service = owing(1_200_000).await;
            service.advance(at("2026-03-18T09:30:00Z")).await.unwrap();
            let [(path, _)] = &asked(&service).await[..] else { panic!("one letter waits") };
            if how == "paid" {
                pay(&service, "in_1", MADE, "2026-03-15").await;
            } else {
                let stop = json!({"invoice": "in_1", "stop": {"note": "they have a credit with us"}});
                let path = "/api/accounts/stripe:cus_1/dunning";
                let (status, answer) = ask(&service, "lena", Method::POST, path, Some(&stop), None).await;
                assert_eq!(status, StatusCode::OK, "{answer}");
            }
            assert_eq!(asked(&service).await, [], "{how}");
            let (status, answer) = say(&service, "mara", path, true).await;
            assert_eq!((status, &answer["error"]["code"]), (StatusCode::CONFLICT, &json!("already_decided")), "{how}");
            service.advance(at("2026-06-20T09:30:00Z")).await.unwrap();
            assert_eq!((asked(&service).await.len(), letters(&service)), (0, 0), "{how}");
        }
    });
}

#[test]
fn the_board_of_all_accounts_shows_what_climbs_beside_what_is_recovered() {
    run(async {
        let service = owing(49_000).await;
        let failed = stripe::invoice("cus_1", "in_9", "open", 4900, 4900, "usd", 1, service.clock.now());
        tell(&service, "invoice.payment_failed", &failed).await;
        let rows = board(&service, "").await;
        let shown: Vec<_> = rows.iter().map(|row| (row["invoice"].clone(), row["segment"] == "ageing")).collect();
        assert_eq!(shown, [(json!("in_9"), false), (json!("in_1"), true)], "by the day on which they go on");
        let climb = &rows[1];
        assert_eq!(climb["name"], "Customer cus_1", "for whom: {climb}");
        assert_eq!(climb["amount"], json!({"amount": "490.00", "currency": "USD"}), "how much: {climb}");
        assert_eq!(climb["why"], "due on 2026-03-15", "why: {climb}");
        assert_eq!(
            (&climb["next"], &climb["next_at"]),
            (&json!("overdue_1"), &json!("2026-03-18T09:00:00Z")),
            "{climb}"
        );
        for (query, expected) in [
            ("segment=ageing", vec!["in_1"]),
            ("due_before=2026-03-18", vec!["in_9"]),
            ("due_before=2026-03-19", vec!["in_9", "in_1"]),
            ("paused=true", vec![]),
        ] {
            let rows = board(&service, query).await;
            assert_eq!(
                rows.iter().map(|row| row["invoice"].as_str().unwrap()).collect::<Vec<_>>(),
                expected,
                "{query}"
            );
        }
        let page = get(&service, "/api/dunning?limit=1").await;
        let cursor = page["next"].as_str().unwrap();
        assert_eq!(board(&service, &format!("limit=1&cursor={cursor}")).await[0]["invoice"], "in_1");

        service.advance(at("2026-03-18T09:30:00Z")).await.unwrap();
        let rows = board(&service, "segment=ageing").await;
        assert_eq!(rows[0]["next"], "overdue_2", "the next rung: {rows:?}");
        pay(&service, "in_1", MADE, "2026-03-15").await;
        service.advance(at("2026-04-15T09:30:00Z")).await.unwrap();
        let rows = board(&service, "").await;
        assert!(rows.iter().all(|row| row["invoice"] != "in_1"), "what is paid is due no more: {rows:?}");
    });
}

#[test]
fn what_a_recovery_asks_for_stands_on_the_board_once() {
    run(async {
        let service = owing(49_000).await;
        let mut failed = stripe::invoice("cus_1", "in_1", "open", 49_000, 49_000, "usd", 1, at(MADE));
        failed["due_date"] = json!(at("2026-03-15T00:00:00Z").as_second());
        let (why, now) = (Some("insufficient_funds"), service.clock.now());
        let charge = stripe::charge("cus_1", "ch_1", Some("in_1"), 49_000, "usd", why, now);
        tell(&service, "charge.failed", &charge).await;
        tell(&service, "invoice.payment_failed", &failed).await;
        let rows = board(&service, "").await;
        let shown: Vec<_> = rows.iter().map(|row| (row["invoice"].clone(), row["segment"] == "ageing")).collect();
        assert_eq!(shown, [(json!("in_1"), false)]);
    });
}
