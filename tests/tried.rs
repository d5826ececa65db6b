//! Which tries are counted, of what each provider tells, and which of them were ours.

use crate::http::run;
use ::http::{Method, StatusCode};
use app::ports::Clock;
use app::store::{self, Of, keys};
use domain::book::{Head, Invoice, Touched};
use domain::event::Event;
use domain::id::AccountId;
use jiff::SignedDuration;
use local::service::{Options, Service};
use providers::{Reading, named};
use serde_json::json;
use std::path::Path;
use tests::world::{ask, deliver_to};

const SAME_TRY: SignedDuration = SignedDuration::from_mins(10);

fn fixture(provider: &str, file: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(provider);
    std::fs::read(folder.join(format!("{file}.json"))).unwrap()
}

fn recorded(provider: &str, files: &[&str]) -> Vec<Event> {
    let read = |file: &&str| match (named(provider).unwrap().read)(&fixture(provider, file), "default").unwrap() {
        Reading::Events(events) | Reading::Ask { events, .. } => events,
        Reading::Ignored(why) => panic!("{file}: {why}"),
    };
    files.iter().flat_map(read).collect()
}

/// The tries of an invoice, a line each.
fn tried<'a>(provider: &str, events: impl Iterator<Item = &'a Event>, invoice: &str) -> Vec<String> {
    let (mut head, mut touched) = (Head::new(provider, "default", "cus_1"), Touched::default());
    events.for_each(|event| touched.fold(&mut head, event, SAME_TRY));
    let line = |tried: domain::book::Tried| {
        let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        let (payment, network, card) = (or_none(tried.payment), or_none(tried.network), or_none(tried.card));
        let won = if tried.succeeded { ", won" } else { "" };
        format!("{payment} {:?} {network} ({card}){won}", tried.by)
    };
    touched.invoices[invoice].tried(SAME_TRY).into_iter().map(line).collect()
}

#[test]
fn each_provider_tells_of_its_tries_in_any_order() {
    let rows: [(&str, &[&str], &str, &[&str]); 5] = [
        (
            "stripe",
            &["charge.failed", "payment_intent.payment_failed", "invoice.payment_failed.basil"],
            "in_100",
            &["ch_100 Provider visa (visa 4242)"],
        ),
        (
            "mollie",
            &["payment.failed", "payment.failed.retry", "payment.paid.retry"],
            "tr_fail1",
            &[
                "tr_retry1 Provider visa (visa 6787), won",
                "tr_fail1 Provider visa (visa 9996)",
                "tr_retry0 Provider - (-)",
            ],
        ),
        (
            "chargebee",
            &["payment_failed", "payment_failed.detail", "transaction_updated.late_failure"],
            "6",
            &["txn_1 Provider visa (visa 4242)", "txn_9 Provider direct_debit (card 4242)"],
        ),
        // They name no payment: that something failed, and when, is all that is told.
        ("lemonsqueezy", &["subscription_payment_failed"], "1", &["- Provider - (-)"]),
        ("revenuecat", &["BILLING_ISSUE"], "1000:2026-02-25", &["- Provider - (-)"]),
    ];
    for (provider, files, invoice, expected) in rows {
        let events = recorded(provider, files);
        let twice = events.iter().chain(&events);
        assert_eq!(tried(provider, twice, invoice), expected, "{provider}");
        assert_eq!(tried(provider, events.iter().rev(), invoice), expected, "{provider}, backwards");
        for first in 0..events.len() {
            let turned = events[first..].iter().chain(&events[..first]);
            assert_eq!(tried(provider, turned, invoice), expected, "{provider}, from {first} on");
        }
    }
}

#[test]
fn a_try_of_ours_is_known_before_it_leaves() {
    run(async {
        let clock = Some("2026-03-04T11:00:00Z".parse().unwrap());
        let service = Service::open(&Options { clock, ..Options::default() }).await.unwrap();
        for file in ["payment.paid", "payment.failed"] {
            let (status, answer) = deliver_to(&service, "mollie", &fixture("mollie", file)).await;
            assert_eq!(status, StatusCode::OK, "{answer}");
            service.work().await.unwrap();
        }
        let key = keys::invoice(&AccountId::of("mollie", "default", "cst_1"), "tr_fail1");
        let sent = async || {
            let of = store::read::<Of<Invoice>>(&service.context, &key).await.unwrap();
            of.unwrap().value.tries.sent.len()
        };
        assert_eq!(sent().await, 0);
        let body = json!({"account": "mollie:cst_1", "kind": "retry_payment", "params": {"invoice": "tr_fail1"},
            "reason_code": "billing_error", "note": ""});
        let (status, answer) = ask(&service, "mara", Method::POST, "/api/actions", Some(&body), Some("key")).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        service.work().await.unwrap();
        service.advance(service.clock.now() + SignedDuration::from_mins(5)).await.unwrap();
        assert_eq!(sent().await, 1);
    });
}
