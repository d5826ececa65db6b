//! What the service seals, and what the seals show of the ledgers afterwards.

use crate::http::{run, with_a_payment};
use crate::raised::wish;
use ::http::{Method, StatusCode};
use app::ports::Clock;
use domain::ledger::seal::{Sealed, Unsound};
use domain::ledger::{Broken, Entry, LedgerHead};
use jiff::{SignedDuration, Timestamp};
use local::seals::{LocalSeals, LocalSigner, read};
use local::service::Service;
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use tests::world::{ask, get};

const ACCOUNT: &str = "/api/accounts/stripe:cus_1";

/// Mara gives something back; an hour later there is a seal.
async fn given_back(service: &Service, amount: &str) {
    let body = json!({"account": "stripe:cus_1", "kind": "refund", "params": {"payment": "ch_1", "amount": {"amount": amount, "currency": "USD"}}, "reason_code": "billing_error", "note": ""});
    let (status, answer) = ask(service, "mara", Method::POST, "/api/actions", Some(&body), Some(amount)).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    service.work().await.unwrap();
    later(service, 1).await;
}

/// So many hours pass, each with its seal.
async fn later(service: &Service, hours: u32) {
    for _ in 0..hours {
        service.advance(service.clock.now() + SignedDuration::from_hours(1)).await.unwrap();
        service.seal().await.unwrap();
    }
}

async fn ledger(service: &Service) -> (LedgerHead, Vec<Entry>) {
    ledger_of(service, ACCOUNT).await
}

/// The ledger of what has that address.
async fn ledger_of(service: &Service, path: &str) -> (LedgerHead, Vec<Entry>) {
    let head = serde_json::from_value(get(service, &format!("{path}/ledger/head")).await).unwrap();
    let entries = get(service, &format!("{path}/ledger?limit=500")).await["items"].take();
    (head, serde_json::from_value(entries).unwrap())
}

fn said<'a>(entry: &'a Entry, name: &str) -> Option<&'a str> {
    entry.body.get(name).map(String::as_str)
}

/// A service that seals into a folder.
async fn sealing_into(data: &Path) -> (Service, LocalSigner) {
    let mut service = with_a_payment().await;
    service.context.signer = Arc::new(LocalSigner::open(Some(data)).unwrap());
    service.context.seals = Arc::new(LocalSeals::open(Some(data)).unwrap());
    (service, LocalSigner::open(Some(data)).unwrap())
}

fn sealed(data: &Path, signer: &LocalSigner, as_of: Timestamp) -> Result<Sealed, Unsound> {
    let key = signer.public();
    let seals = read(&data.join("seals")).unwrap();
    Sealed::read(seals, |seal| key.is_good(&seal.hash(), &seal.signature), as_of)
}

#[test]
fn a_ledger_is_sealed_to_its_end_and_what_is_done_to_it_then_is_found() {
    run(async {
        let data = tempfile::tempdir().unwrap();
        let (service, signer) = sealing_into(data.path()).await;
        service.seal().await.unwrap();
        given_back(&service, "10.00").await;
        let (_, first) = ledger(&service).await;
        assert!(!first.is_empty());
        given_back(&service, "12.00").await;
        later(&service, 4).await;
        let (head, entries) = ledger(&service).await;
        assert!(entries.len() > first.len());
        let sealed = sealed(data.path(), &signer, service.clock.now()).unwrap();
        assert_eq!(sealed.accounts().collect::<Vec<_>>(), [&head.account]);
        assert_eq!(sealed.verify(&head, &entries), Ok(()));

        // Whoever writes tables takes the second action away, with the head as it was before.
        let last = first.last().unwrap();
        let before = LedgerHead { length: last.number, hash: last.hash.clone(), ..head.clone() };
        let cut = sealed.verify(&before, &first).unwrap_err();
        assert!(matches!(cut, Broken::CutBeforeSeal { .. }), "{cut}");
    });
}

#[test]
fn who_let_a_source_go_how_far_is_sealed_and_an_entry_that_is_taken_out_is_found() {
    run(async {
        let data = tempfile::tempdir().unwrap();
        let (service, signer) = sealing_into(data.path()).await;
        service.seal().await.unwrap();
        for (staff, wanted, status) in [
            ("mara", json!({"acting": "observe"}), StatusCode::OK),
            ("mara", json!({"acting": "act"}), StatusCode::ACCEPTED),
            ("mara", json!({"acting": "act"}), StatusCode::FORBIDDEN),
            ("marc", json!({"acting": "act"}), StatusCode::OK),
            ("mara", json!({"name": "Juniper"}), StatusCode::OK),
            ("mara", json!({"mode": "live"}), StatusCode::OK),
            ("marc", json!({"mode": "both"}), StatusCode::ACCEPTED),
            ("mara", json!({"mode": "both"}), StatusCode::OK),
        ] {
            let (answered, answer) = wish(&service, staff, "", wanted.clone()).await;
            assert_eq!(answered, status, "{staff} {wanted}: {answer}");
        }
        let tried = wish(&service, "mara", "?dry_run=true", json!({"acting": "observe"})).await;
        assert_eq!(tried.0, StatusCode::OK, "{}", tried.1);
        later(&service, 4).await;

        let (head, entries) = ledger_of(&service, "/api/sources/stripe/default").await;
        let told = entries
            .iter()
            .map(|entry| (entry.by.as_str(), said(entry, "word"), said(entry, "acting").or(said(entry, "mode"))));
        let expected = [
            ("mara", "changed", "act to observe"),
            ("mara", "asked", "observe to act"),
            ("marc", "confirmed", "observe to act"),
            ("mara", "changed", "both to live"),
            ("marc", "asked", "live to both"),
            ("mara", "confirmed", "live to both"),
        ];
        let expected = expected.map(|(by, word, change)| (by, Some(word), Some(change)));
        assert_eq!(told.collect::<Vec<_>>(), expected);
        assert!(ledger_of(&service, "/api/sources/stripe/shop").await.1.is_empty(), "each source has its own");

        let sealed = sealed(data.path(), &signer, service.clock.now()).unwrap();
        assert!(sealed.accounts().any(|sealed| *sealed == head.account), "what audit verify asks for");
        assert_eq!(sealed.verify(&head, &entries), Ok(()));
        let mut without = entries.clone();
        without.remove(2);
        assert_eq!(sealed.verify(&head, &without), Err(Broken::Missing(3)), "who confirmed it is gone");
        let before = LedgerHead { length: 5, hash: entries[4].hash.clone(), ..head.clone() };
        assert_eq!(sealed.verify(&before, &entries[..5]), Err(Broken::CutBeforeSeal { found: 5, sealed: 6 }));
        let nothing = LedgerHead::new(&head.account);
        assert_eq!(sealed.verify(&nothing, &[]), Err(Broken::CutBeforeSeal { found: 0, sealed: 6 }));
    });
}

#[test]
fn what_is_written_after_a_seal_within_the_same_hour_is_in_the_next() {
    run(async {
        let data = tempfile::tempdir().unwrap();
        let (service, signer) = sealing_into(data.path()).await;
        given_back(&service, "10.00").await;
        let soon = service.clock.now() + SignedDuration::from_mins(5);
        service.advance(soon).await.unwrap();
        given_back(&service, "12.00").await;
        let (head, entries) = ledger(&service).await;
        later(&service, 4).await;
        let sealed = sealed(data.path(), &signer, service.clock.now()).unwrap();
        assert_eq!(sealed.verify(&head, &entries), Ok(()));
    });
}

#[test]
fn a_seal_that_is_not_there_is_a_finding() {
    run(async {
        let data = tempfile::tempdir().unwrap();
        let (service, signer) = sealing_into(data.path()).await;
        service.seal().await.unwrap();
        // Nothing is due within the hour.
        service.seal().await.unwrap();
        later(&service, 4).await;
        let now = service.clock.now();
        let numbers: Vec<u64> = {
            let mut seals = read(&data.path().join("seals")).unwrap();
            seals.sort_by_key(|seal| seal.number);
            seals.iter().map(|seal| seal.number).collect()
        };
        assert_eq!(numbers, [1, 2, 3, 4, 5]);
        assert!(sealed(data.path(), &signer, now).is_ok());
        let other = LocalSigner::open(None).unwrap();
        assert_eq!(sealed(data.path(), &other, now), Err(Unsound::Forged(1)));

        let file = |number: u64| data.path().join(format!("seals/{number:012}.json"));
        std::fs::remove_file(file(5)).unwrap();
        let late = now + SignedDuration::from_hours(4);
        assert!(matches!(sealed(data.path(), &signer, late), Err(Unsound::Overdue { missing: 5, .. })));
        std::fs::remove_file(file(3)).unwrap();
        assert_eq!(sealed(data.path(), &signer, now), Err(Unsound::Missing(3)));
    });
}
