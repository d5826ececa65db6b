//! A customer who pays by transfer and never does: with each rung of the ladder they may use less, and nobody has to
//! decide it.

use crate::ageing::{CUSTOMER, begun, invoice, letters, pay, tell};
use crate::http::run;
use ::http::{Method, StatusCode};
use app::classify;
use app::context::Context;
use app::fault::Fault;
use app::message::{Body, Message};
use app::ports::{Claim, Clock, CommitError, Due, Item, Key, Letter, Listed, Post, Range, Store, Unsent, Write};
use app::store::keys;
use async_trait::async_trait;
use domain::id::AccountId;
use jiff::{SignedDuration, Timestamp};
use local::service::Service;
use serde_json::{Value, json};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tests::stripe;
use tests::world::{ask, at, get, import, open_at};

const MADE: &str = "2026-03-01T09:00:00Z";

/// Somebody with a subscription that runs, whose invoice is due on the fifteenth.
async fn owing(file: &str) -> Service {
    let service = begun(MADE).await;
    if !file.is_empty() {
        assert_eq!(import(&service, "mara", "customers", file, false).await.0, StatusCode::OK);
    }
    let now = service.clock.now();
    let subscription = stripe::subscription("cus_1", "sub_1", "price_pro", 49_000, 1, "active", now);
    tell(&service, "customer.subscription.created", &subscription).await;
    tell(&service, "invoice.finalized", &invoice("in_1", MADE, "2026-03-15", "usd", 49_000)).await;
    service
}

/// What they may use, and what comes next.
async fn access(service: &Service) -> (String, Option<String>) {
    let told = get(service, "/api/entitlements/stripe:cus_1").await;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    (text(&told["state"]).unwrap(), text(&told["next"]["state"]))
}

fn stands(state: &str, next: Option<&str>) -> (String, Option<String>) {
    (state.to_owned(), next.map(str::to_owned))
}

#[test]
fn a_transfer_that_never_comes_ends_in_suspension_by_itself_and_a_payment_gives_all_of_it_back() {
    run(async {
        let service = owing("").await;
        for (now, state, next) in [
            ("2026-03-17T09:30:00Z", "active", None),
            ("2026-03-18T09:30:00Z", "grace", Some("warned")),
            ("2026-04-14T09:30:00Z", "grace", Some("warned")),
            ("2026-04-15T09:30:00Z", "warned", Some("restricted")),
            ("2026-05-15T09:30:00Z", "restricted", Some("suspended")),
            ("2026-06-14T09:30:00Z", "suspended", None),
            ("2027-01-01T09:30:00Z", "suspended", None),
        ] {
            service.advance(at(now)).await.unwrap();
            assert_eq!(access(&service).await, stands(state, next), "{now}");
        }
        let told = get(&service, "/api/entitlements/stripe:cus_1").await;
        assert!(told["why"].as_str().is_some_and(|why| why.ends_with("is overdue")), "{told}");
        assert!(told["since"].as_str().is_some_and(|since| since.starts_with("2026-06-14T09:0")), "{told}");
        let letters = service.outbox.letters().unwrap();
        let left: Vec<_> = letters.iter().rev().filter(|(_, letter)| letter.to == CUSTOMER).collect();
        let says = left.iter().map(|(_, letter)| letter.text.contains("Days left to pay: 30"));
        assert_eq!(says.collect::<Vec<_>>(), [false, true, false], "the letter that warns says how long is left");
        pay(&service, "in_1", MADE, "2026-03-15").await;
        assert_eq!(access(&service).await, stands("active", None));
    });
}

#[test]
fn whom_somebody_looks_after_keeps_all_of_it_and_a_stop_gives_it_back() {
    run(async {
        let service = owing("provider,customer,strategic\nstripe,cus_1,yes\n").await;
        service.advance(at("2026-06-20T09:30:00Z")).await.unwrap();
        assert_eq!(access(&service).await, stands("active", None), "a person decides about them");

        let service = owing("").await;
        service.advance(at("2026-05-15T09:30:00Z")).await.unwrap();
        assert_eq!(access(&service).await.0, "restricted");
        let stop = json!({"invoice": "in_1", "stop": {"note": "they pay by instalments"}});
        let path = "/api/accounts/stripe:cus_1/dunning";
        let (status, answer) = ask(&service, "lena", Method::POST, path, Some(&stop), None).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        assert_eq!(access(&service).await, stands("active", None));
        service.advance(at("2026-07-20T09:30:00Z")).await.unwrap();
        assert_eq!(access(&service).await, stands("active", None), "for good");
    });
}

#[test]
fn who_cannot_be_written_to_was_not_warned_and_loses_nothing_by_itself() {
    run(async {
        let service = open_at(MADE).await;
        let mut nameless = stripe::customer("cus_1", service.clock.now());
        nameless["email"] = Value::Null;
        tell(&service, "customer.created", &nameless).await;
        let subscription = stripe::subscription("cus_1", "sub_1", "price_pro", 49_000, 1, "active", at(MADE));
        tell(&service, "customer.subscription.created", &subscription).await;
        tell(&service, "invoice.finalized", &invoice("in_1", MADE, "2026-03-15", "usd", 49_000)).await;
        service.advance(at("2026-06-20T09:30:00Z")).await.unwrap();
        assert_eq!(access(&service).await.0, "active");
        let open = get(&service, "/api/tasks?state=open").await;
        let buckets: Vec<_> =
            open["items"].as_array().unwrap().iter().map(|it| it["about"]["bucket"].clone()).collect();
        assert!(buckets.contains(&json!("90+")), "a VP has it: {open}");
    });
}

async fn hears_that_it_is_paid(other: &Context) {
    let now = other.clock.now();
    let mut paid = invoice("in_1", MADE, "2026-03-15", "usd", 0);
    paid["status_transitions"]["paid_at"] = json!(now.as_second());
    let message = Message::Delivery {
        provider: "stripe".to_owned(),
        source: "default".to_owned(),
        event: "evt_paid".to_owned(),
        received_at: now,
        trace: "other".to_owned(),
        body: Body::Plain(stripe::event("evt_paid", "invoice.paid", now, &paid).to_string()),
    };
    classify::handle(other, &message).await.unwrap();
}

/// While the letter of a rung is on its way, another worker hears that its invoice is paid.
struct PaidMeanwhile {
    other: Context,
    is_near: AtomicBool,
}

#[async_trait]
impl Post for PaidMeanwhile {
    async fn send(&self, letter: &Letter) -> Result<Option<String>, Unsent> {
        if letter.to == CUSTOMER && self.is_near.swap(false, Ordering::SeqCst) {
            hears_that_it_is_paid(&self.other).await;
        }
        self.other.post.send(letter).await
    }

    async fn change(&self, place: &str, letter: &Letter) -> Result<(), Unsent> {
        self.other.post.change(place, letter).await
    }
}

#[test]
fn what_is_paid_while_its_letter_leaves_takes_nothing() {
    run(async {
        let mut service = owing("").await;
        let post = Arc::new(PaidMeanwhile { other: service.context.clone(), is_near: AtomicBool::new(false) });
        service.context.post = post.clone();
        service.advance(at("2026-05-14T09:30:00Z")).await.unwrap();
        assert_eq!(access(&service).await, stands("warned", Some("restricted")));
        post.is_near.store(true, Ordering::SeqCst);
        for now in ["2026-05-15T09:30:00Z", "2026-06-20T09:30:00Z"] {
            service.advance(at(now)).await.unwrap();
            assert!(!post.is_near.load(Ordering::SeqCst), "the letter of the third rung has left");
            assert_eq!(access(&service).await, stands("active", None), "{now}");
        }
    });
}

#[test]
fn whose_bank_claims_money_back_has_all_of_it_from_then_on() {
    run(async {
        let service = owing("").await;
        let charge = stripe::charge("cus_1", "ch_1", None, 8_000, "usd", None, service.clock.now());
        tell(&service, "charge.succeeded", &charge).await;
        service.advance(at("2026-05-15T09:30:00Z")).await.unwrap();
        assert_eq!(access(&service).await, stands("restricted", Some("suspended")));
        let claim = stripe::dispute("dp_1", "ch_1", 8_000, "needs_response", service.clock.now());
        tell(&service, "charge.dispute.created", &claim).await;
        assert_eq!(access(&service).await, stands("active", None), "as recoveries take nothing from then on");
        let until = service.clock.now() + SignedDuration::from_hours(48);
        let path = "/api/accounts/stripe:cus_1/dunning";
        for word in [json!({"pause": {"until": until}}), json!({"resume": {}})] {
            let mut said = word.clone();
            said["invoice"] = json!("in_1");
            let (status, answer) = ask(&service, "lena", Method::POST, path, Some(&said), None).await;
            assert_eq!(status, StatusCode::OK, "{answer}");
            assert_eq!(access(&service).await, stands("active", None), "whatever is said of it: {word}");
        }
        service.advance(at("2026-07-20T09:30:00Z")).await.unwrap();
        assert_eq!(access(&service).await, stands("active", None), "and the next rung takes nothing again");
    });
}

/// A batch is read item by item: another worker hears that the invoice is paid once it was read, before the rest is.
struct TornRead {
    other: Context,
    /// How many items the batch has that is torn.
    sizes: RangeInclusive<usize>,
    is_near: AtomicBool,
}

#[async_trait]
impl Store for TornRead {
    async fn read(&self, wanted: &[Key]) -> Result<Vec<Option<Item>>, Fault> {
        let account = AccountId::of("stripe", "default", "cus_1");
        let (own, climb) = (keys::invoice(&account, "in_1"), keys::climb(&account, "in_1"));
        let is_it = wanted.contains(&climb) && self.sizes.contains(&wanted.len());
        let place = wanted.iter().position(|key| *key == own).filter(|_| is_it);
        let Some(place) = place.filter(|_| self.is_near.swap(false, Ordering::SeqCst)) else {
            return self.other.store.read(wanted).await;
        };
        let before = self.other.store.read(wanted).await?.swap_remove(place);
        hears_that_it_is_paid(&self.other).await;
        let mut items = self.other.store.read(wanted).await?;
        items[place] = before;
        Ok(items)
    }

    async fn range(&self, range: &Range) -> Result<Vec<Item>, Fault> {
        self.other.store.range(range).await
    }

    async fn listed(&self, listed: &Listed) -> Result<Vec<Item>, Fault> {
        self.other.store.listed(listed).await
    }

    async fn due(&self, shard: &str, until: Timestamp, limit: u32) -> Result<Vec<Due>, Fault> {
        self.other.store.due(shard, until, limit).await
    }

    async fn claim(&self, due: &Due, silent_until: Timestamp) -> Result<Claim, Fault> {
        self.other.store.claim(due, silent_until).await
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<(), CommitError> {
        self.other.store.commit(writes).await
    }
}

#[test]
fn what_is_paid_between_two_reads_of_a_batch_takes_nothing_and_is_not_written_of() {
    run(async {
        for (name, sizes, left) in [("as its letter has left", 1..=3, 2), ("as its rung is taken", 4..=100, 1)] {
            let mut service = owing("").await;
            service.advance(at("2026-04-14T09:30:00Z")).await.unwrap();
            assert_eq!((letters(&service), access(&service).await), (1, stands("grace", Some("warned"))), "{name}");
            let other = service.context.clone();
            let store = Arc::new(TornRead { other, sizes, is_near: AtomicBool::new(true) });
            service.context.store = store.clone();
            service.advance(at("2026-04-15T09:30:00Z")).await.unwrap();
            assert!(!store.is_near.load(Ordering::SeqCst), "{name}: the invoice is read");
            assert_eq!((letters(&service), access(&service).await), (left, stands("active", None)), "{name}");
        }
    });
}
