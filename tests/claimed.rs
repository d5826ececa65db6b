//! A bank's claim ends: what the customer still owes is somebody's task, once, until it is paid.

use crate::http::run;
use app::ports::Clock;
use http::StatusCode;
use local::service::Service;
use serde_json::{Value, json};
use tests::stripe;
use tests::world::{at, deliver, get, open_at};

async fn tell(service: &Service, id: &str, kind: &str, object: &Value) {
    let event = stripe::event(id, kind, service.clock.now(), object);
    let (status, answer) = deliver(service, &event).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    service.work().await.unwrap();
}

fn dispute(status: &str) -> Value {
    stripe::dispute("dp_1", "ch_1", 8000, status, at("2026-03-02T09:00:00Z"))
}

fn invoice(id: &str, status: &str, remaining: i64) -> Value {
    stripe::invoice("cus_1", id, status, 3500, remaining, "usd", 1, at("2026-03-01T09:00:00Z"))
}

async fn tasks(service: &Service, state: &str) -> Vec<Value> {
    let all = get(service, &format!("/api/tasks?state={state}")).await;
    all["items"].as_array().unwrap().clone()
}

#[test]
fn what_is_owed_when_a_claim_ends_is_never_silent() {
    run(async {
        for end in ["won", "lost"] {
            let service = open_at("2026-03-01T09:00:00Z").await;
            let start = service.clock.now();
            tell(&service, "evt_1", "customer.created", &stripe::customer("cus_1", start)).await;
            let charge = stripe::charge("cus_1", "ch_1", None, 8000, "usd", None, start);
            tell(&service, "evt_2", "charge.succeeded", &charge).await;
            tell(&service, "evt_3", "invoice.payment_failed", &invoice("in_1", "open", 3500)).await;
            service.advance(at("2026-03-02T09:00:00Z")).await.unwrap();
            tell(&service, "evt_4", "charge.dispute.created", &dispute("needs_response")).await;
            service.advance(at("2026-03-03T09:00:00Z")).await.unwrap();
            // Nobody is asked for what fails while the bank is at it.
            tell(&service, "evt_5", "invoice.payment_failed", &invoice("in_2", "open", 3500)).await;
            assert_eq!(tasks(&service, "open").await, Vec::<Value>::new(), "{end}");

            service.advance(at("2026-03-20T09:00:00Z")).await.unwrap();
            tell(&service, "evt_6", "charge.dispute.closed", &dispute(end)).await;
            tell(&service, "evt_6", "charge.dispute.closed", &dispute(end)).await;
            let open = tasks(&service, "open").await;
            let mut owed: Vec<_> =
                open.iter().map(|task| (&task["about"]["kind"], &task["about"]["invoice"])).collect();
            owed.sort_by_key(|(_, invoice)| invoice.to_string());
            let claimed = json!("claimed");
            assert_eq!(owed, [(&claimed, &json!("in_1")), (&claimed, &json!("in_2"))], "{end}: {open:?}");
            assert!(open[0]["what"].as_str().unwrap().contains("35.00 USD"), "{end}: {open:?}");
            assert!(open.iter().all(|task| task["queue"] == 9), "neither is much: {open:?}");

            service.advance(at("2026-03-21T09:00:00Z")).await.unwrap();
            tell(&service, "evt_7", "invoice.paid", &invoice("in_1", "paid", 0)).await;
            let (open, done) = (tasks(&service, "open").await, tasks(&service, "done").await);
            assert_eq!((open.len(), done.len()), (1, 1), "{end}");
            assert_eq!(
                (&done[0]["about"]["invoice"], &done[0]["ended_by"]),
                (&json!("in_1"), &json!("stripe")),
                "{end}"
            );
        }
    });
}

#[test]
fn much_that_is_owed_when_a_claim_ends_is_settled_first() {
    run(async {
        let service = open_at("2026-03-01T09:00:00Z").await;
        let start = service.clock.now();
        tell(&service, "evt_1", "customer.created", &stripe::customer("cus_1", start)).await;
        let charge = stripe::charge("cus_1", "ch_1", None, 8000, "usd", None, start);
        tell(&service, "evt_2", "charge.succeeded", &charge).await;
        let much = |id: &str| stripe::invoice("cus_1", id, "open", 350_000, 350_000, "usd", 1, start);
        tell(&service, "evt_3", "invoice.payment_failed", &much("in_1")).await;
        service.advance(at("2026-03-02T09:00:00Z")).await.unwrap();
        tell(&service, "evt_4", "charge.dispute.created", &dispute("needs_response")).await;
        service.advance(at("2026-03-03T09:00:00Z")).await.unwrap();
        // Neither of these had a recovery whose queue it could have.
        tell(&service, "evt_5", "invoice.payment_failed", &much("in_2")).await;
        tell(&service, "evt_6", "invoice.payment_failed", &invoice("in_3", "open", 3500)).await;
        service.advance(at("2026-03-20T09:00:00Z")).await.unwrap();
        tell(&service, "evt_7", "charge.dispute.closed", &dispute("won")).await;
        let mut open = tasks(&service, "open").await;
        open.retain(|task| task["about"]["kind"] == "claimed");
        let mut queues: Vec<_> = open.iter().map(|task| (task["about"]["invoice"].clone(), &task["queue"])).collect();
        queues.sort_by_key(|(invoice, _)| invoice.to_string());
        let expected = [("in_1", 1), ("in_2", 1), ("in_3", 9)];
        assert_eq!(queues.len(), expected.len(), "{open:?}");
        for ((invoice, queue), (id, number)) in queues.into_iter().zip(expected) {
            assert_eq!((&invoice, queue), (&json!(id), &json!(number)), "{open:?}");
        }
        assert_eq!(open[2]["about"]["invoice"], "in_3", "what is much comes first: {open:?}");
    });
}
