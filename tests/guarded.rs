//! What keeps a try from the wrong card, from what is on its way already, and from whoever is paying just now.

use crate::again::{declined, next, plan, try_again};
use crate::http::run;
use crate::pay::TakesOn;
use crate::raised::tell;
use ::http::{Method, StatusCode};
use app::dunning::pay::link;
use app::ports::Clock;
use app::store::{Batch, Commit, keys};
use domain::action::Action;
use domain::book::entitlement::Entitlement;
use domain::book::{Head, UnderWay};
use domain::dunning::{Plan, StepKind, StepState};
use domain::id::{AccountId, ActionId};
use jiff::{SignedDuration, Timestamp};
use local::service::Service;
use serde_json::{Value, json};
use std::sync::Arc;
use tests::stripe;
use tests::world::{get, open_at, records, tries_given_back, visit};

const START: &str = "2026-03-02T10:00:00Z";

fn account() -> AccountId {
    AccountId::of("stripe", "default", "cus_1")
}

async fn later(service: &Service, minutes: i64) {
    service.advance(service.clock.now() + SignedDuration::from_mins(minutes)).await.unwrap();
}

/// A card of the customer's is kept.
async fn card(service: &Service, id: &str, last4: &str) {
    let card = json!({"id": id, "object": "payment_method", "type": "card", "customer": "cus_1",
        "created": service.clock.now().as_second(),
        "card": {"brand": "visa", "last4": last4, "exp_month": 4, "exp_year": 2032}});
    tell(service, &format!("evt_{id}"), "payment_method.attached", &card).await;
}

/// A card is charged for what comes.
async fn chooses(service: &Service, id: &str) {
    let mut customer = stripe::customer("cus_1", service.clock.now());
    customer["invoice_settings"] = json!({"default_payment_method": id});
    tell(service, &format!("evt_chosen_{id}"), "customer.updated", &customer).await;
}

/// A customer whose card 4242 is charged for what comes.
async fn customer() -> Service {
    let service = open_at(START).await;
    tell(&service, "evt_c", "customer.created", &stripe::customer("cus_1", service.clock.now())).await;
    card(&service, "pm_1", "4242").await;
    chooses(&service, "pm_1").await;
    service
}

fn bill(service: &Service, invoice: &str, attempts: u32) -> Value {
    let mut bill = stripe::invoice("cus_1", invoice, "open", 4_900, 4_900, "usd", attempts, service.clock.now());
    bill["subscription"] = json!("sub_1");
    bill
}

/// An invoice could not be collected with the card that ends so.
async fn fails(service: &Service, invoice: &str, number: u32, (last4, code): (&str, &str)) {
    let now = service.clock.now();
    let id = format!("{invoice}_{number}");
    if number == 1 {
        tell(service, &format!("evt_{invoice}"), "invoice.finalized", &bill(service, invoice, 0)).await;
    }
    let mut charge = stripe::charge("cus_1", &format!("ch_{id}"), Some(invoice), 4_900, "usd", Some(code), now);
    charge["payment_method_details"]["card"]["last4"] = json!(last4);
    tell(service, &format!("evt_{id}"), "charge.failed", &charge).await;
    tell(service, &format!("evt_{id}_failed"), "invoice.payment_failed", &bill(service, invoice, number)).await;
    later(service, 1).await;
}

/// What Stripe was asked with, each time that an invoice was to be tried.
fn asked(service: &Service, invoice: &str) -> Vec<String> {
    let calls = service.sandbox.calls("stripe").unwrap();
    let path = format!("/v1/invoices/{invoice}/pay");
    calls.into_iter().filter(|call| call.method == "POST" && call.path == path).map(|call| call.body).collect()
}

#[test]
fn what_failed_with_another_card_neither_frees_nor_bars_the_one_that_is_charged() {
    let (funds, stolen, cvc) = ("insufficient_funds", "stolen_card", "incorrect_cvc");
    for (name, told, is_tried) in [
        ("a barred card", vec![("4242", funds), ("4242", stolen), ("1881", funds)], false),
        ("a slip with another card", vec![("4242", funds), ("1881", cvc)], true),
    ] {
        run(async {
            let service = customer().await;
            for (number, tried) in (1..).zip(told) {
                fails(&service, "in_1", number, tried).await;
            }
            later(&service, 60 * 24 * 20).await;
            let asked = asked(&service, "in_1");
            assert_eq!(!asked.is_empty(), is_tried, "{name}: {asked:?}");
            assert!(asked.iter().all(|body| !body.contains("payment_method")), "{name}: {asked:?}");
        });
    }
}

#[test]
fn what_another_invoice_says_of_a_card_holds_for_this_one() {
    for (last4, is_tried) in [("4242", false), ("1881", true)] {
        run(async {
            let service = customer().await;
            fails(&service, "in_1", 1, ("4242", "insufficient_funds")).await;
            fails(&service, "in_2", 1, (last4, "stolen_card")).await;
            later(&service, 60 * 24 * 20).await;
            assert_eq!(!asked(&service, "in_1").is_empty(), is_tried, "{last4}");
            let why = get(&service, &format!("/api/accounts/{}/dunning", account())).await["items"][0].clone();
            assert!(is_tried || why["tries"]["why_none"].as_str().unwrap().contains("is never tried again"), "{why}");
        });
    }
}

#[test]
fn the_card_that_was_just_chosen_is_the_one_that_is_charged() {
    for own in [None, Some("pm_1")] {
        run(async {
            let service = customer().await;
            let now = service.clock.now();
            let mut subscription = stripe::subscription("cus_1", "sub_1", "price_pro", 4_900, 1, "active", now);
            subscription["default_payment_method"] = json!(own);
            tell(&service, "evt_s", "customer.subscription.created", &subscription).await;
            fails(&service, "in_1", 1, ("4242", "expired_card")).await;
            card(&service, "pm_2", "1881").await;
            later(&service, 1).await;
            assert!(asked(&service, "in_1").is_empty(), "{own:?}: it is only kept");
            chooses(&service, "pm_2").await;
            later(&service, 1).await;
            assert_eq!(asked(&service, "in_1"), ["off_session=true&payment_method=pm_2"], "{own:?}");
            let actions: Vec<Action> = records(&service, &keys::actions(&account())).await;
            let tried = actions.iter().find(|action| action.kind.name() == "retry_payment").unwrap();
            let shown = serde_json::to_string(&tried.preview).unwrap();
            assert!(shown.contains("the visa card that ends in 1881"), "{own:?}: {shown}");
        });
    }
}

/// How many letters the customer got, and what they may use.
async fn standing(service: &Service) -> (usize, Value) {
    let letters = service.outbox.letters().unwrap();
    let own = letters.iter().filter(|(_, letter)| letter.to == "cus_1@shop.example").count();
    (own, get(service, "/api/entitlements/stripe:cus_1").await["state"].clone())
}

#[test]
fn while_a_debit_of_ours_is_on_its_way_nobody_is_asked_and_nothing_is_taken_but_not_for_ever() {
    run(async {
        let mut service = declined().await;
        service.context.http = Arc::new(TakesOn::over(&service));
        let tried_at = next(&service).await;
        service.advance(tried_at + SignedDuration::from_hours(1)).await.unwrap();
        let before = standing(&service).await;
        later(&service, 60 * 24 * 13).await;
        assert_eq!(standing(&service).await, before, "it is on its way");
        let held = plan(&service).await;
        let waits = held["steps"].as_array().unwrap().iter().find(|step| step["state"] == "waiting").unwrap();
        assert!(waits["reason"].as_str().unwrap().contains("is on its way"), "{waits}");
        later(&service, 60 * 24 * 20).await;
        assert!(standing(&service).await.0 > before.0, "nobody tells of it, and it goes on");
        let made = plan(&service).await["tries"]["made"].clone();
        assert_eq!(made.as_array().map(Vec::len), Some(1), "no second one beside it: {made}");
    });
}

/// The customer is led on to the provider's page.
async fn presses(service: &Service) {
    let address = link::stored(&service.context, &account(), "in_1").await.unwrap();
    let path = address.strip_prefix("http://recoup.test").unwrap();
    assert_eq!(visit(service, Method::POST, path).await.0, StatusCode::SEE_OTHER);
}

/// As if it had warned its customer, and were to restrict them at that time.
async fn restricts(service: &Service, at: Timestamp) {
    let (key, now) = (keys::plan(&account(), "in_1"), service.clock.now());
    let subscription = stripe::subscription("cus_1", "sub_1", "price_pro", 4_900, 1, "active", now);
    tell(service, "evt_s", "customer.subscription.created", &subscription).await;
    let batch = Batch::read(&service.context, vec![key.clone()]).await.unwrap();
    let mut plan: Plan = batch.get(&key).unwrap().unwrap();
    let restricts = StepKind::Access { access: Entitlement::Restricted };
    let place = plan.steps.iter().position(|step| step.kind == restricts).unwrap();
    for step in &mut plan.steps[..place] {
        (step.state, step.done_at) = (StepState::Sent, Some(now));
    }
    plan.steps[place].due_at = at;
    let mut commit = Commit::default();
    commit.over(&batch, &plan);
    commit.run(&service.context).await.unwrap();
}

#[test]
fn nothing_is_taken_while_somebody_may_be_paying() {
    run(async {
        let service = declined().await;
        tries_given_back(&service, "stripe").await;
        let at = service.clock.now() + SignedDuration::from_hours(48);
        restricts(&service, at).await;
        service.advance(at - SignedDuration::from_mins(5)).await.unwrap();
        presses(&service).await;
        for (minutes, is_taken) in [(0, false), (24, false), (26, true)] {
            service.advance(at + SignedDuration::from_mins(minutes)).await.unwrap();
            let access = standing(&service).await.1;
            assert_eq!(access == "restricted", is_taken, "after {minutes} minutes: {access}");
        }
    });
}

#[test]
fn who_presses_again_and_again_is_spared_for_two_hours_and_no_longer() {
    run(async {
        let service = declined().await;
        tries_given_back(&service, "stripe").await;
        let at = service.clock.now() + SignedDuration::from_hours(48);
        restricts(&service, at).await;
        let first = at - SignedDuration::from_mins(5);
        for minutes in [0, 29, 58, 87, 116, 145, 174] {
            service.advance(first + SignedDuration::from_mins(minutes)).await.unwrap();
            let is_taken = minutes >= 120;
            let access = standing(&service).await.1;
            assert_eq!(access == "restricted", is_taken, "after {minutes} minutes: {access}");
            presses(&service).await;
        }
    });
}

#[test]
fn nothing_is_taken_while_a_try_is_under_way() {
    for trouble in ["429", "timeout_done"] {
        run(async {
            let service = declined().await;
            let at = next(&service).await;
            restricts(&service, at).await;
            service.sandbox.trouble("stripe", trouble).unwrap();
            service.advance(at).await.unwrap();
            assert_eq!(asked(&service, "in_1").len(), 1, "{trouble}: it has left");
            assert_ne!(standing(&service).await.1, "restricted", "{trouble}: nobody knows how it ends");
            later(&service, 60 * 3).await;
            let made = plan(&service).await["tries"]["made"][0].clone();
            let after = (&made["ended"]["outcome"], standing(&service).await.1);
            assert_eq!(after, (&json!("declined"), json!("restricted")), "{trouble}: {made}");
        });
    }
}

#[test]
fn nothing_is_tried_while_somebody_may_be_paying() {
    run(async {
        let service = declined().await;
        let at = next(&service).await;
        service.advance(at - SignedDuration::from_mins(5)).await.unwrap();
        presses(&service).await;
        service.advance(at + SignedDuration::from_mins(24)).await.unwrap();
        let tries = plan(&service).await["tries"].clone();
        assert_eq!((asked(&service, "in_1").len(), &tries["made"]), (0, &json!([])), "{tries}");
        later(&service, 10).await;
        let tries = try_again(&service).await;
        assert_eq!((asked(&service, "in_1").len(), tries["made"].as_array().map(Vec::len)), (1, Some(1)), "{tries}");
    });
}

/// Somebody is at the invoice, or is not any more, and nothing tells of that.
async fn in_review(service: &Service, is_so: bool) {
    let key = keys::head(&account());
    let batch = Batch::read(&service.context, vec![key.clone()]).await.unwrap();
    let mut head: Head = batch.get(&key).unwrap().unwrap();
    head.under_way.clear();
    if is_so {
        let line = UnderWay { target: Some("in_1".to_owned()), since: service.clock.now() };
        head.under_way.insert(ActionId::of(&account(), "mara", "review"), line);
    }
    let mut commit = Commit::default();
    commit.over(&batch, &head);
    commit.run(&service.context).await.unwrap();
}

#[test]
fn a_review_that_ends_unheard_does_not_end_the_tries() {
    run(async {
        let service = declined().await;
        in_review(&service, true).await;
        service.advance(next(&service).await).await.unwrap();
        let tries = plan(&service).await["tries"].clone();
        assert_eq!(tries["why_none"], "what was billed is in review", "{tries}");
        in_review(&service, false).await;
        later(&service, 60 * 7).await;
        let tries = plan(&service).await["tries"].clone();
        assert!(tries["next"].is_object() || tries["made"] != json!([]), "{tries}");
    });
}
