//! R44: what is kept of a person is shown to whom it concerns, and erased when a manager approves; the chain still
//! holds.

use crate::http::{run, with_a_payment};
use ::http::{Method, StatusCode};
use app::ports::{Clock, Item, Order, Range, Table};
use app::store::keys;
use domain::id::AccountId;
use domain::ledger::{self, Entry, LedgerHead, Step};
use local::service::Service;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tests::counted::Counted;
use tests::stripe;
use tests::world::{ask, deliver, deliver_to, get, import};

const ACCOUNT: &str = "/api/accounts/stripe:cus_1";

/// Everything that is stored under the account, and its ticket.
async fn stored(service: &Service) -> Vec<Item> {
    let (account, mut items) = (AccountId::of("stripe", "default", "cus_1"), Vec::new());
    for pk in [keys::account_partition(&account), keys::ticket("ticket", "default", "t_1").pk] {
        let range = Range {
            table: Table::Accounts,
            pk,
            prefix: String::new(),
            through: None,
            after: None,
            limit: 1000,
            order: Order::Ascending,
            may_lag: false,
        };
        items.extend(service.context.store.range(&range).await.unwrap());
    }
    items
}

/// The personal words that any of the items shows.
fn shows(items: &[Item]) -> Vec<&'static str> {
    let all: String = items.iter().map(|item| item.body.as_str()).collect();
    ["ada@shop.example", "Ada Lovelace", "my flat", "+43 1", "Ring 1"]
        .into_iter()
        .filter(|word| all.contains(word))
        .collect()
}

async fn found(service: &Service, q: &str) -> usize {
    let (_, answer) = ask(service, "lena", Method::POST, "/api/accounts/search", Some(&json!({"q": q})), None).await;
    answer["items"].as_array().unwrap().len()
}

async fn told(service: &Service, id: &str, email: &str) {
    let now = service.clock.now();
    let mut customer = stripe::customer("cus_1", now);
    customer["email"] = json!(email);
    customer["name"] = json!("Ada Lovelace");
    customer["phone"] = json!("+43 1");
    deliver(service, &stripe::event(id, "customer.updated", now, &customer)).await;
    service.work().await.unwrap();
}

async fn wrote(service: &Service, id: &str, body: &str) {
    let ticket = json!({"id": id, "type": "ticket.updated", "created_at": service.clock.now(), "ticket": {"id": "t_1", "subject": "Charged twice",
        "body": body, "status": "open", "csat": null, "requester": {"email": "ada@shop.example", "name": "Ada Lovelace"}}});
    assert_eq!(deliver_to(service, "ticket", ticket.to_string().as_bytes()).await.0, StatusCode::OK);
    service.work().await.unwrap();
}

#[test]
fn a_person_is_shown_to_a_manager_and_erased_when_another_agrees() {
    run(async {
        let service = with_a_payment().await;
        told(&service, "evt_old", "ada@old.example").await;
        service.advance("2026-03-01T09:05:00Z".parse().unwrap()).await.unwrap();
        told(&service, "evt_new", "ada@shop.example").await;
        wrote(&service, "d_1", "you billed my flat").await;
        let file = "account,billing_address\nstripe:cus_1,Ring 1\n";
        assert_eq!(import(&service, "mara", "customers", file, false).await.0, StatusCode::OK);
        assert_eq!(shows(&stored(&service).await).len(), 5);
        for (q, accounts) in [("ada@shop.example", 1), ("lovelace", 1), ("ada@old.example", 0)] {
            assert_eq!(found(&service, q).await, accounts, "{q}");
        }

        // Shown to whoever answers for it, and to nobody else.
        let path = format!("{ACCOUNT}/privacy");
        for staff in ["lena", "bea", "ana"] {
            let (status, answer) = ask(&service, staff, Method::GET, &path, None, None).await;
            assert_eq!((status, &answer["error"]["code"]), (StatusCode::FORBIDDEN, &json!("not_permitted")), "{staff}");
        }
        let (status, held) = ask(&service, "mara", Method::GET, &path, None, None).await;
        assert_eq!(status, StatusCode::OK, "{held}");
        let shown = ["/person/email", "/person/phone", "/imported/billing_address", "/tickets/0/body"]
            .map(|at| held.pointer(at).and_then(Value::as_str));
        assert_eq!(
            shown,
            [Some("ada@shop.example"), Some("+43 1"), Some("Ring 1"), Some("you billed my flat")],
            "{held}"
        );

        // Nobody erases alone.
        let wish = json!({"account": "stripe:cus_1", "kind": "erase_person", "params": {}, "reason_code": "other", "note": "asked by mail"});
        let (_, action) = ask(&service, "mara", Method::POST, "/api/actions", Some(&wish), Some("key")).await;
        assert_eq!(action["state"], "waiting_approval", "{action}");
        let decision = format!("/api/actions/{}/decision", action["id"].as_str().unwrap());
        let ballot = json!({"decision": "approve", "preview_digest": action["preview"]["digest"], "note": ""});
        for (staff, status) in [("mara", 403), ("bea", 403), ("marc", 200)] {
            assert_eq!(
                ask(&service, staff, Method::POST, &decision, Some(&ballot), None).await.0.as_u16(),
                status,
                "{staff}"
            );
        }
        let calls = service.sandbox.calls("stripe").unwrap().len();
        service.work().await.unwrap();

        let receipt = get(&service, &format!("/api/actions/{}/receipt", action["id"].as_str().unwrap())).await;
        assert_eq!(
            (&receipt["action"]["state"], service.sandbox.calls("stripe").unwrap().len()),
            (&json!("executed"), calls),
            "{receipt}"
        );
        assert_eq!(shows(&stored(&service).await), [""; 0], "nothing of the person is stored");
        for q in ["ada@shop.example", "ada lovelace", "lovelace"] {
            assert_eq!(found(&service, q).await, 0, "{q}");
        }

        // What comes later brings nobody back, and what happened is still there.
        service.advance("2026-03-01T10:00:00Z".parse().unwrap()).await.unwrap();
        told(&service, "evt_later", "ada@shop.example").await;
        wrote(&service, "d_2", "my flat again").await;
        assert_eq!(shows(&stored(&service).await), [""; 0]);
        assert_eq!(found(&service, "ada@shop.example").await, 0);
        let (_, held) = ask(&service, "vera", Method::GET, &path, None, None).await;
        assert_eq!(
            (&held["person"]["email"], &held["imported"], &held["tickets"]),
            (&Value::Null, &Value::Null, &json!([])),
            "{held}"
        );
        assert!(held["erased_at"].is_string() && held["kept"].as_str().unwrap().contains("taxes"), "{held}");
        let account = get(&service, ACCOUNT).await;
        assert_eq!(account["account"]["name"], Value::Null, "{account}");

        let head: LedgerHead = serde_json::from_value(get(&service, &format!("{ACCOUNT}/ledger/head")).await).unwrap();
        let entries = get(&service, &format!("{ACCOUNT}/ledger")).await["items"].take();
        let entries: Vec<Entry> = serde_json::from_value(entries).unwrap();
        ledger::verify(&head, &entries).unwrap();
        let steps: Vec<_> = entries.iter().map(|entry| (entry.step, entry.by.as_str())).collect();
        assert_eq!(
            steps,
            [
                (Step::Requested, "mara"),
                (Step::Decided, "marc"),
                (Step::Attempted, "recoup"),
                (Step::Outcome, "recoup")
            ]
        );
    });
}

#[test]
fn the_tickets_of_a_person_come_page_by_page() {
    run(async {
        let mut service = with_a_payment().await;
        told(&service, "evt_person", "ada@shop.example").await;
        for number in 0..7 {
            let who = json!({"email": "ada@shop.example", "name": "Ada Lovelace"});
            let (event, id, now) = (format!("d_{number}"), format!("p_{number}"), service.clock.now());
            let ticket = json!({"id": event, "type": "ticket.created", "created_at": now,
                "ticket": {"id": id, "subject": format!("Question {number}"), "body": "Where is it?",
                    "status": "open", "csat": null, "requester": who}});
            assert_eq!(deliver_to(&service, "ticket", ticket.to_string().as_bytes()).await.0, StatusCode::OK);
            service.work().await.unwrap();
        }
        let counts = Counted::over(&mut service);
        let (mut path, mut seen) = (format!("{ACCOUNT}/privacy?limit=3"), BTreeSet::new());
        for _ in 0..5 {
            counts.take();
            let (status, held) = ask(&service, "vera", Method::GET, &path, None, None).await;
            assert_eq!(status, StatusCode::OK, "{held}");
            let tickets = held["tickets"].as_array().unwrap();
            let costs = counts.take();
            assert!(tickets.len() <= 3 && costs.items <= 3 + 1, "{} tickets: {costs:?}", tickets.len());
            seen.extend(tickets.iter().map(|ticket| ticket["id"].to_string()));
            match held["next"].as_str() {
                Some(next) => path = format!("{ACCOUNT}/privacy?limit=3&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen.len(), 7, "and none is left out: {seen:?}");
    });
}
