//! A second card on file: charged with its customer's consent alone, once the one that is charged is used up.

use crate::again::{next, plan};
use crate::http::run;
use crate::raised::tell;
use ::http::{Method, StatusCode};
use app::dunning::{self, Done};
use app::message::Message;
use app::ports::Clock;
use app::store::keys;
use domain::action::Action;
use domain::id::AccountId;
use domain::ledger::{Entry, Step};
use jiff::SignedDuration;
use local::service::Service;
use serde_json::{Value, json};
use tests::stripe;
use tests::world::{ask, get, open_at, records};

const START: &str = "2026-03-02T10:00:00Z";
const PATH: &str = "/api/accounts/stripe:cus_1/second-card";

fn account() -> AccountId {
    AccountId::of("stripe", "default", "cus_1")
}

async fn later(service: &Service, minutes: i64) {
    service.advance(service.clock.now() + SignedDuration::from_mins(minutes)).await.unwrap();
}

/// A customer with two cards, of which the one that is charged is closed for ever. Their bank pays what is tried again.
async fn closed() -> Service {
    let service = open_at(START).await;
    let now = service.clock.now();
    let mut customer = stripe::customer("cus_1", now);
    customer["invoice_settings"] = json!({"default_payment_method": "pm_1"});
    tell(&service, "evt_1", "customer.created", &customer).await;
    for (id, last4) in [("pm_1", "4242"), ("pm_2", "1881")] {
        let card = json!({"id": id, "object": "payment_method", "type": "card", "customer": "cus_1",
            "created": now.as_second(), "card": {"brand": "visa", "last4": last4, "exp_month": 4, "exp_year": 2032}});
        tell(&service, &format!("evt_{id}"), "payment_method.attached", &card).await;
    }
    let bill = |attempts| stripe::invoice("cus_1", "in_1", "open", 4_900, 4_900, "usd", attempts, now);
    tell(&service, "evt_2", "invoice.finalized", &bill(0)).await;
    let charge = stripe::charge("cus_1", "ch_1", Some("in_1"), 4_900, "usd", Some("invalid_account"), now);
    tell(&service, "evt_3", "charge.failed", &charge).await;
    tell(&service, "evt_4", "invoice.payment_failed", &bill(1)).await;
    let state = json!({"id": "card_state_cus_1", "object": "card_state", "customer": "cus_1",
        "works_from": now.as_second()});
    assert!(service.sandbox.teach("stripe", &state).unwrap());
    service
}

/// What was sent to collect the invoice.
fn sent(service: &Service) -> Vec<String> {
    let calls = service.sandbox.calls("stripe").unwrap();
    let pays = calls.into_iter().filter(|call| call.method == "POST" && call.path == "/v1/invoices/in_1/pay");
    pays.map(|call| call.body).collect()
}

async fn say(service: &Service, staff: &str, word: &Value) -> (StatusCode, Value) {
    ask(service, staff, Method::POST, PATH, Some(word), None).await
}

fn agreed(card: &str, last4: &str) -> Value {
    json!({"agreed": {"card": card, "last4": last4, "note": "by phone, on the second of March"}})
}

async fn agrees(service: &Service) {
    let (status, told) = say(service, "bea", &agreed("pm_2", "1881")).await;
    assert_eq!((status, &told["second_card"]["stands"]), (StatusCode::OK, &json!(true)), "{told}");
}

#[test]
fn it_is_charged_with_consent_and_never_without() {
    run(async {
        let service = closed().await;
        let tries = plan(&service).await["tries"].clone();
        let why = "invalid account is never tried again with the same card";
        assert_eq!((&tries["next"], &tries["why_none"]), (&Value::Null, &json!(why)), "{tries}");
        later(&service, 60 * 24 * 20).await;
        assert_eq!(sent(&service), Vec::<String>::new(), "nobody agreed");
    });
    run(async {
        let service = closed().await;
        agrees(&service).await;
        later(&service, 10).await;
        let chosen = plan(&service).await["tries"]["next"].clone();
        let named = json!({"id": "pm_2", "card": "visa 1881"});
        assert_eq!((&chosen["rule"], &chosen["second"]), (&json!("second_card"), &named), "{chosen}");
        assert!(!chosen["candidates"].as_array().unwrap().is_empty(), "{chosen}");
        service.advance(next(&service).await).await.unwrap();
        later(&service, 30).await;
        let over = plan(&service).await;
        assert_eq!(over["reason"], "paid", "{over}");
        assert_eq!(over["tries"]["made"][0]["card_id"], "pm_2", "{over}");
        assert_eq!(sent(&service), ["off_session=true&payment_method=pm_2"]);
        let actions: Vec<Action> = records(&service, &keys::actions(&account())).await;
        let lines: Vec<_> =
            actions.iter().flat_map(|action| &action.preview.lines).map(|line| line.label.as_str()).collect();
        assert!(lines.contains(&"The customer agreed to this card"), "{lines:?}");
    });
}

#[test]
fn what_is_taken_back_just_before_it_leaves_is_not_charged() {
    run(async {
        let service = closed().await;
        agrees(&service).await;
        later(&service, 10).await;
        // Whatever is due before it has gone by then.
        let at = next(&service).await;
        service.advance(at - SignedDuration::from_mins(1)).await.unwrap();
        service.clock.advance(at).unwrap();
        let due = Message::PlanDue { account: account(), invoice: "in_1".to_owned(), trace: "t".to_owned() };
        assert_eq!(dunning::handle(&service.context, &due).await.unwrap(), Done::Tried);
        let (status, told) = say(&service, "luis", &json!({"revoked": {}})).await;
        assert_eq!((status, &told), (StatusCode::OK, &json!({"second_card": null})));
        service.work().await.unwrap();
        later(&service, 60 * 24 * 9).await;
        let actions: Vec<Action> = records(&service, &keys::actions(&account())).await;
        let tried: Vec<_> = actions.iter().filter(|action| action.by_rule().is_some()).collect();
        assert_eq!((sent(&service), tried.len()), (Vec::new(), 1));
        assert_eq!(tried[0].state().name(), "stale");
        let tries = plan(&service).await["tries"].clone();
        assert_eq!(
            (&tries["made"][0]["ended"]["outcome"], &tries["card"]),
            (&json!("not_made"), &Value::Null),
            "{tries}"
        );
    });
}

#[test]
fn who_agreed_to_which_card_is_shown_and_stays_in_the_ledger() {
    run(async {
        let service = closed().await;
        let path = format!("/api/accounts/{}", account());
        let shown = get(&service, &path).await;
        assert_eq!(shown["other_cards"], json!([{"id": "pm_2", "brand": "visa", "last4": "1881"}]), "{shown}");
        for (name, staff, word, expected) in [
            ("an agent", "luis", agreed("pm_2", "1881"), StatusCode::FORBIDDEN),
            ("another number", "bea", agreed("pm_2", "4242"), StatusCode::UNPROCESSABLE_ENTITY),
            ("no such card", "bea", agreed("pm_9", "1881"), StatusCode::UNPROCESSABLE_ENTITY),
            ("the one that is charged", "bea", agreed("pm_1", "4242"), StatusCode::UNPROCESSABLE_ENTITY),
            ("nothing", "bea", json!({}), StatusCode::BAD_REQUEST),
        ] {
            assert_eq!(say(&service, staff, &word).await.0, expected, "{name}");
        }
        assert_eq!(get(&service, &path).await.get("second_card"), None);
        agrees(&service).await;
        agrees(&service).await;
        let card = get(&service, &path).await["second_card"].clone();
        let found = (&card["card"], &card["last4"], &card["by"], &card["stands"]);
        assert_eq!(found, (&json!("pm_2"), &json!("1881"), &json!("bea"), &json!(true)), "{card}");
        for _ in 0..2 {
            assert_eq!(say(&service, "luis", &json!({"revoked": {}})).await.0, StatusCode::OK);
        }
        let ledger: Vec<Entry> = records(&service, &keys::ledger_entries(&account())).await;
        let said: Vec<_> = ledger.iter().filter(|entry| entry.step == Step::Recovery).collect();
        let words: Vec<_> = said.iter().map(|entry| (entry.by.as_str(), entry.body["word"].as_str())).collect();
        assert_eq!(words, [("bea", "second_card_agreed"), ("luis", "second_card_revoked")]);
        assert!(said.iter().all(|entry| entry.body["card"] == "pm_2" && !entry.body.contains_key("note")), "{said:?}");
    });
}
