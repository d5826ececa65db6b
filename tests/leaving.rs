//! A customer leaves: in writing, from the day they asked, with nothing more asked of them and what was charged since given back.

use crate::http::run;
use crate::limits::with_limit;
use app::ports::Clock;
use http::{Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use local::service::Service;
use serde_json::{Value, json};
use tests::stripe;
use tests::world::{ask, at, deliver, get, open_at};

const ASKED: &str = "2026-03-03T09:00:00Z";

async fn tell(service: &Service, id: &str, kind: &str, at: Timestamp, object: &Value) {
    let (status, answer) = deliver(service, &stripe::event(id, kind, at, object)).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    service.work().await.unwrap();
}

fn of(mut invoice: Value, subscription: &str) -> Value {
    invoice["subscription"] = json!(subscription);
    invoice
}

/// Somebody with an open invoice from before, who asked to leave on the third and was charged again on the fourth.
async fn shop() -> Service {
    let service = open_at("2026-03-01T09:00:00Z").await;
    let start = service.clock.now();
    tell(&service, "evt_1", "customer.created", start, &stripe::customer("cus_1", start)).await;
    let subscription = stripe::subscription("cus_1", "sub_1", "price_pro", 4900, 1, "active", start);
    tell(&service, "evt_2", "customer.subscription.created", start, &subscription).await;
    let owed = of(stripe::invoice("cus_1", "in_1", "open", 4900, 4900, "usd", 1, start), "sub_1");
    tell(&service, "evt_3", "invoice.payment_failed", start, &owed).await;
    let later = at("2026-03-04T09:00:00Z");
    service.advance(later).await.unwrap();
    let renewed = of(stripe::invoice("cus_1", "in_2", "paid", 4900, 0, "usd", 1, later), "sub_1");
    tell(&service, "evt_4", "invoice.paid", later, &renewed).await;
    tell(
        &service,
        "evt_5",
        "charge.succeeded",
        later,
        &stripe::charge("cus_1", "ch_2", Some("in_2"), 4900, "usd", None, later),
    )
    .await;
    service
}

async fn leave(service: &Service, staff: &str, params: &Value) -> (StatusCode, Value) {
    let body = json!({"account": "stripe:cus_1", "kind": "cancel", "params": params, "reason_code": "other", "note": "wrote a letter"});
    let answer = ask(service, staff, Method::POST, "/api/actions", Some(&body), Some(&params.to_string())).await;
    service.advance(service.clock.now() + SignedDuration::from_hours(1)).await.unwrap();
    answer
}

fn letters(service: &Service, prefix: &str) -> Vec<String> {
    let letters = service.outbox.letters().unwrap();
    letters.iter().filter(|(_, letter)| letter.id.starts_with(prefix)).map(|(_, letter)| letter.text.clone()).collect()
}

#[test]
fn a_customer_leaves_from_the_day_they_asked() {
    run(async {
        let service = shop().await;
        assert!(get(&service, "/api/accounts/stripe:cus_1").await["dunning"].is_object(), "a recovery runs");
        let (status, asked) = leave(&service, "lena", &json!({"customer_requested": true, "asked_at": ASKED})).await;
        assert_eq!(
            (status, &asked["state"]),
            (StatusCode::CREATED, &json!("waiting_approval")),
            "anybody may record it: {asked}"
        );
        assert!(letters(&service, "link_").is_empty(), "nothing is said that is not so");
        let id = asked["id"].as_str().unwrap();
        let ballot = json!({"decision": "approve", "preview_digest": asked["preview"]["digest"], "note": ""});
        let (status, _) =
            ask(&service, "bea", Method::POST, &format!("/api/actions/{id}/decision"), Some(&ballot), None).await;
        assert_eq!(status, StatusCode::OK);
        service.advance(service.clock.now() + SignedDuration::from_hours(1)).await.unwrap();

        let action = get(&service, &format!("/api/actions/{id}")).await;
        assert_eq!((&action["state"], &action["customer_told"]), (&json!("executed"), &json!("sent")), "{action}");
        let written = letters(&service, "link_");
        assert!(
            written.len() == 1 && written[0].contains("on 2026-03-03 you asked us to end price_pro"),
            "{written:?}"
        );

        // What was charged since is prepared, for people to decide.
        let waiting = get(&service, "/api/actions?state=waiting_approval").await;
        let refund = &waiting["items"][0];
        assert_eq!(
            (
                &refund["kind"],
                &refund["params"]["payment"],
                &refund["params"]["amount"]["amount"],
                &refund["requested_by"],
                &refund["reason_code"]
            ),
            (&json!("refund"), &json!("ch_2"), &json!("49.00"), &json!("recoup"), &json!("billing_error")),
            "{waiting}"
        );
        assert_eq!(waiting["items"].as_array().unwrap().len(), 1);

        // What was owed before is a person's, and nothing more is asked for by itself.
        let tasks = get(&service, "/api/tasks").await;
        let task = &tasks["items"][0];
        assert_eq!(
            (&task["about"]["invoice"], tasks["items"].as_array().unwrap().len()),
            (&json!("in_1"), 1),
            "{tasks}"
        );
        assert!(get(&service, "/api/accounts/stripe:cus_1").await["dunning"].is_null());
        let reminders = letters(&service, "dun_").len();
        let failed = of(stripe::invoice("cus_1", "in_3", "open", 4900, 4900, "usd", 1, service.clock.now()), "sub_1");
        tell(&service, "evt_6", "invoice.payment_failed", service.clock.now(), &failed).await;
        service.advance(service.clock.now() + SignedDuration::from_hours(24 * 30)).await.unwrap();
        assert_eq!(letters(&service, "dun_").len(), reminders, "no reminder after somebody has left");
        assert_eq!(letters(&service, "link_").len(), 1, "and nothing is written twice");

        let done = json!({"done": true, "note": "paid by transfer"});
        let (status, _) = ask(
            &service,
            "bea",
            Method::POST,
            &format!("/api/tasks/{}", task["id"].as_str().unwrap()),
            Some(&done),
            None,
        )
        .await;
        assert_eq!(status, StatusCode::OK);
    });
}

#[test]
fn a_day_that_cannot_be_is_refused() {
    run(async {
        let service = shop().await;
        for asked_at in ["2026-03-04T09:00:01Z", "2025-03-03T09:00:00Z"] {
            let (status, answer) =
                leave(&service, "lena", &json!({"customer_requested": true, "asked_at": asked_at})).await;
            assert_eq!((status.as_u16(), &answer["error"]["code"]), (422, &json!("not_possible")), "{answer}");
        }
        let (status, answer) =
            leave(&service, "lena", &json!({"customer_requested": true, "asked_at": "yesterday"})).await;
        assert_eq!((status.as_u16(), &answer["error"]["code"]), (400, &json!("malformed")), "{answer}");
        assert!(letters(&service, "link_").is_empty());
    });
}

/// The subscription as it stands when it has ended at the provider.
fn ended(service: &Service, why: &str) -> Value {
    let now = service.clock.now();
    let mut shown = stripe::subscription("cus_1", "sub_1", "price_pro", 4900, 1, "canceled", now);
    (shown["canceled_at"], shown["ended_at"]) = (json!(now.as_second()), json!(now.as_second()));
    shown["cancellation_details"] = json!({"comment": null, "feedback": null, "reason": why});
    shown
}

/// What people have to do about invoices, which are still open.
async fn owed(service: &Service) -> Vec<String> {
    let tasks = get(service, "/api/tasks").await;
    let open = tasks["items"].as_array().unwrap().iter().filter(|task| task["state"] == "open");
    let mut owed: Vec<_> = open.filter_map(|task| task["about"]["invoice"].as_str().map(str::to_owned)).collect();
    owed.sort();
    owed
}

async fn tries(service: &Service) -> usize {
    let actions = get(service, "/api/actions").await;
    actions["items"].as_array().unwrap().iter().filter(|action| action["kind"] == "retry_payment").count()
}

#[test]
fn who_ends_it_at_the_provider_is_asked_for_nothing_more() {
    run(async {
        let service = shop().await;
        let now = service.clock.now();
        let gone = ended(&service, "cancellation_requested");
        tell(&service, "evt_6", "customer.subscription.deleted", now, &gone).await;
        assert!(get(&service, "/api/accounts/stripe:cus_1").await["dunning"].is_null());
        assert_eq!(owed(&service).await, ["in_1"]);
        let (reminders, tried) = (letters(&service, "dun_").len(), tries(&service).await);
        let failed = of(stripe::invoice("cus_1", "in_3", "open", 4900, 4900, "usd", 1, now), "sub_1");
        tell(&service, "evt_7", "invoice.payment_failed", now, &failed).await;
        assert_eq!(owed(&service).await, ["in_1", "in_3"], "what fails afterwards is a person's as well");
        let paid = of(stripe::invoice("cus_1", "in_1", "paid", 4900, 0, "usd", 1, now), "sub_1");
        service.advance(now + SignedDuration::from_hours(24)).await.unwrap();
        tell(&service, "evt_8", "invoice.paid", service.clock.now(), &paid).await;
        assert_eq!(owed(&service).await, ["in_3"], "what is paid is done");
        service.advance(service.clock.now() + SignedDuration::from_hours(24 * 30)).await.unwrap();
        assert_eq!(letters(&service, "dun_").len(), reminders, "no reminder after somebody has left");
        assert_eq!(tries(&service).await, tried, "and no try");
    });
}

#[test]
fn what_ends_because_nobody_paid_is_recovered_further() {
    run(async {
        let service = shop().await;
        let now = service.clock.now();
        let gone = ended(&service, "payment_failed");
        tell(&service, "evt_6", "customer.subscription.deleted", now, &gone).await;
        assert!(get(&service, "/api/accounts/stripe:cus_1").await["dunning"].is_object());
        assert_eq!(owed(&service).await, Vec::<String>::new());
    });
}

#[test]
fn much_that_is_owed_by_who_has_left_is_settled_first() {
    run(async {
        for there in [true, false] {
            let service = shop().await;
            let now = service.clock.now();
            // It only waits to be paid: no recovery says in which queue it stands.
            let much = of(stripe::invoice("cus_1", "in_3", "open", 200_000, 200_000, "usd", 0, now), "sub_1");
            tell(&service, "evt_6", "invoice.finalized", now, &much).await;
            if there {
                let gone = ended(&service, "cancellation_requested");
                tell(&service, "evt_7", "customer.subscription.deleted", now, &gone).await;
            } else {
                let params = json!({"customer_requested": true, "asked_at": ASKED});
                let (status, answer) = leave(&service, "bea", &params).await;
                assert_eq!((status, &answer["approvals_required"]), (StatusCode::CREATED, &json!([])), "{answer}");
            }
            let tasks = get(&service, "/api/tasks").await;
            let owed = tasks["items"].as_array().unwrap().iter().filter(|task| task["about"]["invoice"].is_string());
            let owed: Vec<_> = owed.map(|task| (task["about"]["invoice"].clone(), task["queue"].clone())).collect();
            let expected = [(json!("in_3"), json!(1)), (json!("in_1"), json!(9))];
            assert_eq!(owed, expected, "ended at the provider: {there}: {tasks}");
        }
    });
}

/// So much was asked for on the account that Recoup asks for nothing more there.
#[test]
fn what_nobody_can_be_asked_to_give_back_is_a_task_once() {
    run(async {
        let mut service = shop().await;
        let some = json!({"account": "stripe:cus_1", "kind": "refund", "reason_code": "billing_error", "note": "",
            "params": {"payment": "ch_2", "amount": {"amount": "1.00", "currency": "USD"}}});
        let (status, answer) = ask(&service, "mara", Method::POST, "/api/actions", Some(&some), Some("some")).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        service.advance(service.clock.now() + SignedDuration::from_hours(1)).await.unwrap();
        let (_, asked) = leave(&service, "lena", &json!({"customer_requested": true, "asked_at": ASKED})).await;
        with_limit(&mut service, "past_actions_max", 1);
        let path = format!("/api/actions/{}/decision", asked["id"].as_str().unwrap());
        let ballot = json!({"decision": "approve", "preview_digest": asked["preview"]["digest"], "note": ""});
        let (status, answer) = ask(&service, "bea", Method::POST, &path, Some(&ballot), None).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        service.advance(service.clock.now() + SignedDuration::from_hours(1)).await.unwrap();

        let open = async |service: &Service| {
            let tasks = get(service, "/api/tasks?state=open").await;
            let all = tasks["items"].as_array().unwrap().iter();
            all.filter(|task| task["about"]["kind"] == "charged_since").cloned().collect::<Vec<_>>()
        };
        let [task] = &open(&service).await[..] else { panic!("one task") };
        assert_eq!((&task["about"]["payment"], &task["about"]["action"]), (&json!("ch_2"), &asked["id"]), "{task}");
        let what = task["what"].as_str().unwrap();
        assert!(what.ends_with("USD of ch_2: charged after the customer had left"), "{what}");

        // What is told once more of the same money asks nobody a second time, and neither does it once there is room.
        for limit in [1, 5_000] {
            with_limit(&mut service, "past_actions_max", limit);
            let later = service.clock.now();
            let renewed = of(stripe::invoice("cus_1", "in_2", "paid", 4900, 0, "usd", 1, later), "sub_1");
            tell(&service, &format!("evt_again_{limit}"), "invoice.paid", later, &renewed).await;
            service.advance(later + SignedDuration::from_hours(1)).await.unwrap();
            assert_eq!(open(&service).await.len(), 1, "{limit}");
            let waiting = get(&service, "/api/actions?state=waiting_approval").await;
            let refunds = waiting["items"].as_array().unwrap().iter().filter(|action| action["kind"] == "refund");
            assert_eq!(refunds.count(), 0, "{limit}: {waiting}");
        }
        let (id, done) = (task["id"].as_str().unwrap(), json!({"done": true, "reference": "re_1"}));
        let (status, answer) = ask(&service, "bea", Method::POST, &format!("/api/tasks/{id}"), Some(&done), None).await;
        assert_eq!((status, &answer["state"]), (StatusCode::OK, &json!("done")), "{answer}");
    });
}
