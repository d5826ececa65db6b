//! Bad input: what contradicts itself, is absurd, or is endless. Nothing is dropped, nothing panics, a person gets it.

use crate::http::run;
use ::http::StatusCode;
use app::ports::{Channel, Clock, QueueName};
use local::service::Service;
use serde_json::{Value, json};
use tests::stripe;
use tests::world::{ask_text, deliver, deliver_to, get, open_at};

async fn tell(service: &Service, id: &str, kind: &str, object: Value) {
    let now = service.clock.now();
    let (status, answer) = deliver(service, &stripe::event(id, kind, now, &object)).await;
    assert_eq!(status, StatusCode::OK, "{id}: {answer}");
}

/// Where an acknowledged event came to its end: in the book, or with its reason among the dead letters.
async fn ends(service: &Service) -> (Vec<String>, usize) {
    service.work().await.unwrap();
    // What is retried is retried until it is dead.
    for _ in 0..8 {
        service.advance(service.clock.now() + jiff::SignedDuration::from_hours(1)).await.unwrap();
    }
    let dead = service
        .queue
        .dead(QueueName::Events)
        .unwrap()
        .into_iter()
        .map(|(_, _, reason)| reason.unwrap_or_default())
        .collect();
    let folded = match get(service, "/api/accounts").await["items"].as_array().map(Vec::len) {
        Some(0) | None => 0,
        Some(_) => get(service, "/api/accounts/stripe:cus_1/timeline").await["items"].as_array().map_or(0, Vec::len),
    };
    (dead, folded)
}

#[test]
fn amounts_currencies_and_states_that_cannot_be_are_told_and_not_believed() {
    run(async {
        let now = "2026-03-01T09:00:00Z".parse().unwrap();
        let invoice = |change: &dyn Fn(&mut Value)| {
            let mut invoice = stripe::invoice("cus_1", "in_1", "open", 4900, 4900, "usd", 1, now);
            change(&mut invoice);
            invoice
        };
        let charge = |change: &dyn Fn(&mut Value)| {
            let mut charge = stripe::charge("cus_1", "ch_1", None, 4900, "usd", None, now);
            change(&mut charge);
            charge
        };
        /// A name, an event, and whether it can be folded.
        type Row<'a> = (&'a str, &'a str, Value, bool);
        let rows: Vec<Row<'_>> = vec![
            ("paid, and all of it open", "invoice.paid", invoice(&|it| it["status"] = json!("paid")), true),
            (
                "more open than billed",
                "invoice.payment_failed",
                invoice(&|it| it["amount_remaining"] = json!(9_900_000)),
                true,
            ),
            (
                "less than nothing",
                "invoice.payment_failed",
                invoice(&|it| {
                    it["total"] = json!(-4900);
                    it["amount_remaining"] = json!(-4900);
                }),
                true,
            ),
            (
                "the largest number there is",
                "charge.succeeded",
                charge(&|it| {
                    it["amount"] = json!(i64::MAX);
                    it["amount_captured"] = json!(i64::MAX);
                }),
                false,
            ),
            (
                "more given back than taken",
                "charge.refunded",
                charge(&|it| it["amount_refunded"] = json!(490_000)),
                true,
            ),
            ("an unknown currency", "charge.succeeded", charge(&|it| it["currency"] = json!("zzz")), false),
            ("an empty currency", "charge.succeeded", charge(&|it| it["currency"] = json!("")), false),
            ("an amount as text", "charge.succeeded", charge(&|it| it["amount"] = json!("49.00")), false),
            (
                "a time before time",
                "charge.succeeded",
                charge(&|it| it["created"] = json!(-99_999_999_999_999_i64)),
                false,
            ),
            (
                "an unknown plan",
                "customer.subscription.updated",
                stripe::subscription("cus_1", "sub_1", "price_of_nobody", -5, 0, "active", now),
                true,
            ),
            (
                "an unknown state",
                "customer.subscription.updated",
                stripe::subscription("cus_1", "sub_1", "price_pro", 4900, 1, "sleeping", now),
                true,
            ),
            (
                "a name in another script",
                "customer.created",
                json!({"id": "cus_1", "object": "customer", "created": now.as_second(), "name": "株式会社 \u{202e}שלום 👩‍👩‍👧", "email": "ünïcode@例え.jp"}),
                true,
            ),
            (
                "a name of a megabyte",
                "customer.created",
                json!({"id": "cus_1", "object": "customer", "created": now.as_second(), "name": "長".repeat(300_000), "email": "a@b.example"}),
                true,
            ),
        ];
        for (name, kind, object, folds) in rows {
            let service = open_at("2026-03-01T09:00:00Z").await;
            tell(&service, "evt_1", kind, object).await;
            let (dead, folded) = ends(&service).await;
            assert_eq!((folded, dead.len()), if folds { (1, 0) } else { (0, 1) }, "{name}: {dead:?}");
            assert!(dead.iter().all(|reason| !reason.is_empty() && reason.len() < 1000), "{name}: {dead:?}");
            if folds {
                let text = ask_text(&service, "ana", "/api/accounts/stripe:cus_1").await;
                assert!(!text.contains("error"), "{name}: {text}");
                service.advance(service.clock.now() + jiff::SignedDuration::from_hours(72)).await.unwrap();
                let mails = service
                    .outbox
                    .letters()
                    .unwrap()
                    .into_iter()
                    .filter(|(_, letter)| letter.channel == Channel::Mail)
                    .count();
                assert_eq!(mails, 0, "{name}: nobody is reminded of what cannot be");
                for path in ["/api/cases", "/api/reports/2026-03", "/api/dunning"] {
                    get(&service, path).await;
                }
            }
        }
    });
}

#[test]
fn a_bill_that_contradicts_itself_is_a_case_and_no_machine_gives_anything_back() {
    run(async {
        let service = open_at("2026-03-01T09:00:00Z").await;
        let now = service.clock.now();
        let mut bill = stripe::invoice("cus_1", "in_1", "open", 147_000, 147_000, "usd", 0, now);
        let (from, to) = (now, now + jiff::SignedDuration::from_hours(24 * 31));
        bill["lines"] = json!({"object": "list", "has_more": false, "data": [stripe::line("il_1", "price_pro", 4900, 3, 14_700, false, from, to, None)]});
        tell(&service, "evt_1", "invoice.finalized", bill).await;
        service.work().await.unwrap();
        let cases = get(&service, "/api/cases?state=open").await;
        assert_eq!(
            (&cases["items"][0]["class"], &cases["items"][0]["rule"]),
            (&json!("invoice_discrepancy"), &json!("does-not-add-up"))
        );
        let preview = get(&service, &format!("/api/cases/{}", cases["items"][0]["id"].as_str().unwrap())).await;
        assert_eq!(
            preview["preview"]["recommended"],
            json!([]),
            "what does not add up is not given back by a machine: {preview}"
        );
    });
}

#[test]
fn a_ticket_of_a_megabyte_is_taken_and_a_larger_one_is_refused() {
    run(async {
        let service = open_at("2026-03-01T09:00:00Z").await;
        let ticket = |body: String| {
            json!({"id": "d_1", "type": "ticket.created", "created_at": "2026-03-01T08:59:00Z", "ticket": {"id": "t_1", "subject": "Hilfe 🆘",
                "body": body, "status": "open", "csat": null, "requester": {"email": "a@b.example", "name": "م"}}})
            .to_string()
            .into_bytes()
        };
        let long = "قيمة الفاتورة خاطئة ".repeat(28_000);
        let (status, answer) = deliver_to(&service, "ticket", &ticket(long.clone())).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        service.work().await.unwrap();
        let tickets = get(&service, "/api/tickets").await;
        let kept = tickets["items"][0]["body"].as_str().unwrap();
        assert!(
            kept.starts_with("قيمة الفاتورة") && kept.contains("characters more in the delivery"),
            "{} bytes are kept",
            kept.len()
        );
        assert_eq!(deliver_to(&service, "ticket", &ticket(long.repeat(2))).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    });
}
