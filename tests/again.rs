//! Tries of Recoup's own: chosen, begun once, followed until it is known how they ended, and never made of what is
//! over.

use crate::http::run;
use crate::limits::with_limit;
use crate::raised::{tell, wish};
use ::http::StatusCode;
use app::dunning::{self, Done};
use app::message::Message;
use app::ports::{Clock, QueueName};
use app::store::{Batch, Commit, keys};
use domain::action::Action;
use domain::book::{Head, UnderWay};
use domain::dunning::Plan;
use domain::id::{AccountId, ActionId, IncidentId};
use domain::incident::Watch;
use domain::ledger::{Entry, Step};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use local::service::Service;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tests::faults::{Fate, Hit, inject};
use tests::stripe;
use tests::world::{ask, at, deliver, get, open_at, records};

const START: &str = "2026-03-02T10:00:00Z";
const PAY: &str = "/v1/invoices/in_1/pay";

fn account() -> AccountId {
    AccountId::of("stripe", "default", "cus_1")
}

/// A customer whose card was declined, and whose recovery has chosen its first try.
pub async fn declined() -> Service {
    let service = open_at(START).await;
    let now = service.clock.now();
    tell(&service, "evt_1", "customer.created", &stripe::customer("cus_1", now)).await;
    let bill = |attempts| stripe::invoice("cus_1", "in_1", "open", 4_900, 4_900, "usd", attempts, now);
    tell(&service, "evt_2", "invoice.finalized", &bill(0)).await;
    let charge = stripe::charge("cus_1", "ch_1", Some("in_1"), 4_900, "usd", Some("insufficient_funds"), now);
    tell(&service, "evt_3", "charge.failed", &charge).await;
    tell(&service, "evt_4", "invoice.payment_failed", &bill(1)).await;
    service
}

pub async fn plan(service: &Service) -> Value {
    get(service, &format!("/api/accounts/{}/dunning", account())).await["items"][0].clone()
}

/// When the next try is to be made.
pub async fn next(service: &Service) -> Timestamp {
    at(plan(service).await["tries"]["next"]["at"].as_str().expect("a try is planned"))
}

async fn later(service: &Service, minutes: i64) {
    service.advance(service.clock.now() + SignedDuration::from_mins(minutes)).await.unwrap();
}

/// The next try is made, and whatever the provider tells of it is heard.
pub async fn try_again(service: &Service) -> Value {
    service.advance(next(service).await).await.unwrap();
    later(service, 30).await;
    plan(service).await["tries"].clone()
}

/// How many tries Stripe made, whether the bank took them or not, and how often it was asked: under one key it is one.
fn paid(service: &Service) -> (usize, usize) {
    let calls = service.sandbox.calls("stripe").unwrap();
    let pays: Vec<_> = calls.iter().filter(|call| call.method == "POST" && call.path == PAY).collect();
    let made = pays.iter().filter(|call| call.executed || call.status == 402);
    (made.map(|call| &call.idempotency_key).collect::<BTreeSet<_>>().len(), pays.len())
}

async fn actions(service: &Service) -> Vec<Action> {
    records(service, &keys::actions(&account())).await
}

fn works(service: &Service) {
    let state = json!({"id": "card_state_cus_1", "object": "card_state", "customer": "cus_1",
        "works_from": service.clock.now().as_second()});
    assert!(service.sandbox.teach("stripe", &state).unwrap());
}

fn due() -> Message {
    Message::PlanDue { account: account(), invoice: "in_1".to_owned(), trace: "t".to_owned() }
}

#[test]
fn what_is_declined_twice_and_then_paid_was_tried_three_times() {
    run(async {
        let service = declined().await;
        let first = plan(&service).await;
        let chosen = &first["tries"]["next"];
        assert_eq!((&chosen["number"], &chosen["rule"]), (&json!(1), &json!("funds")), "{first}");
        assert!(!chosen["candidates"].as_array().unwrap().is_empty(), "{first}");
        assert!(first["tries_left"].as_array().is_some_and(|rules| !rules.is_empty()), "{first}");
        for number in 1..=2 {
            let tries = try_again(&service).await;
            let made = &tries["made"][number - 1];
            let end = json!({"outcome": "declined", "code": "insufficient_funds"});
            assert_eq!((&made["ended"], &made["chosen"]["number"]), (&end, &json!(number)), "{tries}");
            assert_eq!((&tries["next"]["number"], paid(&service)), (&json!(number + 1), (number, number)), "{tries}");
        }
        works(&service);
        let tries = try_again(&service).await;
        assert_eq!(tries["made"][2]["ended"]["outcome"], "paid", "{tries}");
        let over = plan(&service).await;
        assert_eq!(
            (&over["state"], &over["reason"], &tries["next"]),
            (&json!("stopped"), &json!("paid"), &Value::Null)
        );
        later(&service, 60 * 24 * 30).await;
        assert_eq!(paid(&service), (3, 3), "what is paid is tried no more");

        let ledger: Vec<Entry> = records(&service, &keys::ledger_entries(&account())).await;
        let decided: Vec<_> =
            ledger.iter().filter(|entry| entry.step == Step::Decided).map(|it| it.by.as_str()).collect();
        assert_eq!(decided, ["dunning v3"; 3]);
        let invoice = get(&service, &format!("/api/accounts/{}/dunning", account())).await;
        assert_eq!(invoice["items"].as_array().unwrap().len(), 1);
    });
}

#[test]
fn two_workers_on_one_message_begin_one_try() {
    run(async {
        let service = declined().await;
        service.clock.advance(next(&service).await).unwrap();
        let message = due();
        let (one, other) =
            tokio::join!(dunning::handle(&service.context, &message), dunning::handle(&service.context, &message));
        let mut done = [one.unwrap(), other.unwrap()];
        done.sort_by_key(|done| *done != Done::Tried);
        assert_eq!(done, [Done::Tried, Done::NothingToDo]);
        later(&service, 30).await;
        assert_eq!((paid(&service), actions(&service).await.len()), ((1, 1), 1));
    });
}

/// A try that is stopped by this at the call of that number, of those that change something; says how many there were.
async fn stopped_at(number: u64, hit: Hit) -> u64 {
    let mut service = declined().await;
    service.clock.advance(next(&service).await).unwrap();
    let fate = Fate::at(number, hit);
    inject(&mut service, &fate);
    tokio::select! {
        biased;
        // A sweep that is hit rings again.
        _ = service.work() => {}
        () = fate.crashed.notified() => service.queue.restart().unwrap(),
    }
    let calls = fate.changes();
    for hours in [1, 6, 12] {
        for queue in QueueName::ALL {
            service.queue.redrive(queue).unwrap();
        }
        later(&service, 60 * hours).await;
    }
    let (tries, name) = (plan(&service).await["tries"].clone(), format!("{number} {hit:?}"));
    assert_eq!((paid(&service).0, actions(&service).await.len()), (1, 1), "{name}: {tries}");
    assert_eq!(tries["made"][0]["ended"]["outcome"], "declined", "{name}: {tries}");
    calls
}

#[test]
fn wherever_it_is_stopped_there_is_one_try() {
    run(async {
        let calls = stopped_at(u64::MAX, Hit::CrashBefore).await;
        assert!(calls > 3, "{calls}");
        for number in 0..calls {
            for hit in [Hit::CrashBefore, Hit::CrashAfter, Hit::Throttle, Hit::AnswerLost] {
                stopped_at(number, hit).await;
            }
        }
    });
}

#[test]
fn a_limit_is_waited_for_and_a_lost_answer_is_looked_up() {
    for (trouble, asked) in [("429", 2), ("timeout_done", 1), ("timeout_not_done", 2)] {
        run(async {
            let service = declined().await;
            service.sandbox.trouble("stripe", trouble).unwrap();
            service.advance(next(&service).await).await.unwrap();
            let tries = plan(&service).await["tries"].clone();
            assert_eq!((&tries["next"], &tries["made"][1]), (&Value::Null, &Value::Null), "{trouble}: {tries}");
            later(&service, 60 * 3).await;
            let tries = plan(&service).await["tries"].clone();
            assert_eq!(tries["made"][0]["ended"]["outcome"], "declined", "{trouble}: {tries}");
            assert_eq!((paid(&service).1, &tries["next"]["number"]), (asked, &json!(2)), "{trouble}: {tries}");
        });
    }
}

/// The bill is for a subscription.
async fn subscribes(service: &Service) {
    later(service, 1).await;
    let subscription = stripe::subscription("cus_1", "sub_1", "price_pro", 4_900, 1, "active", at(START));
    tell(service, "evt_sub", "customer.subscription.created", &subscription).await;
    let mut bill = stripe::invoice("cus_1", "in_1", "open", 4_900, 4_900, "usd", 1, at(START));
    bill["subscription"] = json!("sub_1");
    tell(service, "evt_bill", "invoice.updated", &bill).await;
    later(service, 10).await;
}

/// An incident has begun that the bill belongs to. No alarm is set: it lasts.
async fn incident_begins(service: &Service) {
    let (key, own) = (keys::watch("stripe", "default"), keys::head(&account()));
    let batch = Batch::read(&service.context, vec![key.clone(), own.clone()]).await.unwrap();
    let head: Head = batch.get(&own).unwrap().unwrap();
    let plan = head.book.subscriptions["sub_1"].plan.clone().expect("the subscription has a plan");
    let watch: Option<Watch> = batch.get(&key).unwrap();
    let mut told = serde_json::to_value(watch.unwrap_or_else(|| Watch::new("stripe", "default"))).unwrap();
    let (since, sign) = ("2026-03-02T09:00:00Z", json!({"by": "plan", "value": plan}));
    let incident = IncidentId::of("stripe", "default", "failure", "plan", since);
    told["lines"] = json!([{"incident": incident, "trouble": "failure", "sign": sign, "began_at": since,
        "ended_at": null, "usual": false}]);
    told["wake_at"] = Value::Null;
    let mut commit = Commit::default();
    commit.over(&batch, &serde_json::from_value::<Watch>(told).unwrap());
    commit.run(&service.context).await.unwrap();
}

/// Something happens after which nothing is tried.
async fn ends(service: &Service, why: &str) {
    let now = service.clock.now();
    let bill = |status| stripe::invoice("cus_1", "in_1", status, 4_900, 0, "usd", 1, now);
    let (kind, object) = match why {
        "paid" => ("invoice.paid", bill("paid")),
        "void" => ("invoice.voided", bill("void")),
        "disputed" => ("charge.dispute.created", stripe::dispute("dp_1", "ch_0", 900, "needs_response", now)),
        "cancelled" => {
            let params = json!({"customer_requested": true});
            let body = json!({"account": "stripe:cus_1", "kind": "cancel", "params": params, "reason_code": "other",
                "note": "wrote a letter"});
            let asked = ask(service, "lena", ::http::Method::POST, "/api/actions", Some(&body), Some("leaves")).await;
            assert_eq!((asked.0, &asked.1["state"]), (StatusCode::CREATED, &json!("waiting_approval")), "{}", asked.1);
            return;
        }
        "paused" => {
            let path = format!("/api/accounts/{}/dunning", account());
            let word = json!({"pause": {"until": now + SignedDuration::from_hours(24 * 14)}});
            let said = ask(service, "lena", ::http::Method::POST, &path, Some(&word), None).await;
            assert_eq!(said.0, StatusCode::OK, "{}", said.1);
            return;
        }
        _ => return incident_begins(service).await,
    };
    let (status, answer) = deliver(service, &stripe::event("evt_6", kind, now, &object)).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
}

#[test]
fn what_ends_just_before_it_leaves_is_not_tried() {
    for why in ["paid", "void", "disputed", "cancelled", "paused", "incident"] {
        run(async {
            let service = declined().await;
            if why == "disputed" {
                let charge = stripe::charge("cus_1", "ch_0", None, 900, "usd", None, service.clock.now());
                tell(&service, "evt_5", "charge.succeeded", &charge).await;
            }
            if matches!(why, "cancelled" | "incident") {
                subscribes(&service).await;
            }
            service.clock.advance(next(&service).await).unwrap();
            assert_eq!(dunning::handle(&service.context, &due()).await.unwrap(), Done::Tried, "{why}");
            ends(&service, why).await;
            service.work().await.unwrap();
            later(&service, 60 * 24 * 9).await;
            let actions = actions(&service).await;
            let tried: Vec<_> = actions.iter().filter(|action| action.by_rule().is_some()).collect();
            assert_eq!((paid(&service), tried.len()), ((0, 0), 1), "{why}");
            assert_eq!(tried[0].state().name(), "stale", "{why}");
        });
    }
}

#[test]
fn another_card_is_tried_at_once() {
    run(async {
        let service = declined().await;
        later(&service, 60).await;
        let now = service.clock.now();
        let card = json!({"id": "pm_2", "object": "payment_method", "type": "card", "customer": "cus_1",
            "created": now.as_second(), "card": {"brand": "visa", "last4": "1881", "exp_month": 4, "exp_year": 2032}});
        tell(&service, "evt_5", "payment_method.attached", &card).await;
        later(&service, 1).await;
        let over = plan(&service).await;
        assert_eq!((&over["reason"], paid(&service)), (&json!("paid"), (1, 1)), "{over}");
        assert_eq!(over["tries"]["made"][0]["chosen"]["rule"], "card_given", "{over}");
    });
}

#[test]
fn a_source_whose_tries_are_given_back_makes_none() {
    run(async {
        let service = declined().await;
        let at = next(&service).await;
        let back = json!({"retries": "provider"});
        assert_eq!(wish(&service, "mara", "", back).await.0, StatusCode::OK);
        service.advance(at).await.unwrap();
        let tries = plan(&service).await["tries"].clone();
        assert_eq!(tries["why_none"], "its provider tries again", "{tries}");
        later(&service, 60 * 24 * 20).await;
        assert_eq!(paid(&service), (0, 0));
    });
}

#[test]
fn a_try_in_doubt_whose_tries_are_given_back_is_looked_for_and_never_sent_again() {
    for (trouble, made, asked, state, outcome) in [
        ("timeout_done", 1, 1, "failed", Some("declined")),
        ("timeout_not_done", 0, 1, "needs_person", None),
        // It is asked once, and done when a person has it.
        ("done_later 600", 1, 2, "needs_person", None),
        ("429", 0, 1, "stale", Some("not_made")),
    ] {
        run(async {
            let service = declined().await;
            service.clock.advance(next(&service).await).unwrap();
            service.sandbox.trouble("stripe", trouble).unwrap();
            service.work().await.unwrap();
            assert_eq!(paid(&service).1, 1, "{trouble}: it left, and nobody knows how it ended");
            let back = json!({"retries": "provider"});
            assert_eq!(wish(&service, "mara", "", back).await.0, StatusCode::OK, "{trouble}");
            for days in [1, 9] {
                later(&service, 60 * 24 * days).await;
                let (tries, actions) = (plan(&service).await["tries"].clone(), actions(&service).await);
                let charges = service.sandbox.charges().unwrap();
                let ours =
                    charges.iter().filter(|charge| charge["invoice"] == "in_1" && charge["id"] != "ch_1").count();
                assert_eq!((ours, paid(&service).1, actions.len()), (made, asked, 1), "{trouble}: {tries}");
                assert_eq!(actions[0].state().name(), state, "{trouble}: {tries}");
                assert_eq!(tries["made"][0]["ended"]["outcome"].as_str(), outcome, "{trouble}: {tries}");
                let why = outcome.map(|_| "its provider tries again");
                assert_eq!((&tries["next"], tries["why_none"].as_str()), (&Value::Null, why), "{trouble}: {tries}");
            }
        });
    }
}

#[test]
fn a_source_that_lowers_itself_just_before_makes_none_either() {
    run(async {
        let service = declined().await;
        service.clock.advance(next(&service).await).unwrap();
        assert_eq!(dunning::handle(&service.context, &due()).await.unwrap(), Done::Tried);
        assert_eq!(wish(&service, "mara", "", json!({"acting": "assist"})).await.0, StatusCode::OK);
        later(&service, 60).await;
        assert_eq!((paid(&service), actions(&service).await[0].state().name()), ((0, 0), "stale"));
    });
}

#[test]
fn only_what_a_provider_can_be_asked_for_is_taken_over_and_what_to_switch_off_is_said() {
    const ACCEPTED: StatusCode = StatusCode::ACCEPTED;
    const REFUSED: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;
    run(async {
        let service = open_at(START).await;
        for (provider, taken, status, said) in [
            ("stripe", "retries", ACCEPTED, "switch off Smart Retries"),
            ("stripe", "messages", ACCEPTED, "switch off the e-mails about failed payments"),
            ("stripe", "cancels", ACCEPTED, "once all retries have failed"),
            (
                "chargebee",
                "retries",
                ACCEPTED,
                "by hand, and choose Stop dunning at each invoice that it retries already",
            ),
            ("chargebee", "messages", ACCEPTED, "switch off the dunning e-mails"),
            ("chargebee", "cancels", ACCEPTED, "the last step of the dunning settings"),
            ("mollie", "retries", ACCEPTED, "switch off by hand"),
            ("mollie", "messages", ACCEPTED, "Recoup writes to the customers"),
            ("mollie", "cancels", ACCEPTED, "Recoup ends subscriptions"),
            ("lemonsqueezy", "retries", REFUSED, "leave `retries` with the provider"),
            ("lemonsqueezy", "messages", ACCEPTED, "switch off the recovery e-mails"),
            ("lemonsqueezy", "cancels", ACCEPTED, "keep a subscription that stays unpaid"),
            ("revenuecat", "retries", REFUSED, "leave `retries` with the provider"),
            ("revenuecat", "messages", ACCEPTED, "stays the store's"),
            ("revenuecat", "cancels", ACCEPTED, "nothing can be switched off"),
            ("zendesk", "messages", REFUSED, "nothing is paid there"),
            ("zendesk", "cancels", REFUSED, "nothing is paid there"),
        ] {
            let (path, mut take) = (format!("/api/sources/{provider}/{taken}"), json!({taken: "recoup"}));
            if status == ACCEPTED && taken != "messages" {
                let (answered, answer) = ask(&service, "mara", ::http::Method::POST, &path, Some(&take), None).await;
                assert_eq!(answered, REFUSED, "{provider} {taken} alone: {answer}");
                assert!(
                    answer.to_string().contains("give `messages` to Recoup as well"),
                    "{provider} {taken}: {answer}"
                );
                take["messages"] = json!("recoup");
            }
            let (answered, answer) = ask(&service, "mara", ::http::Method::POST, &path, Some(&take), None).await;
            assert_eq!(answered, status, "{provider} {taken}: {answer}");
            assert!(answer.to_string().contains(said), "{provider} {taken}: {answer}");
        }
    });
}

#[test]
fn the_letters_are_given_back_only_with_the_tries() {
    run(async {
        let service = declined().await;
        let (status, answer) = wish(&service, "mara", "", json!({"messages": "provider"})).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
        assert!(answer.to_string().contains("leave `retries` and `cancels` with the provider"), "{answer}");
        try_again(&service).await;
        assert_eq!(paid(&service), (1, 1), "it goes on as it was");
        let both = json!({"messages": "provider", "retries": "provider"});
        assert_eq!(wish(&service, "mara", "", both).await.0, StatusCode::OK);
    });
}

#[test]
fn what_the_rules_promise_in_vain_is_said_before_a_source_is_raised_and_as_long_as_it_is_so() {
    run(async {
        let service = open_at(START).await;
        let path = "/api/sources/stripe/shop";
        let raise = json!({"acting": "act", "messages": "recoup"});
        let (status, answer) = ask(&service, "mara", ::http::Method::POST, path, Some(&raise), None).await;
        let effects = answer["asked"]["preview"]["effects"].to_string();
        assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
        assert!(
            effects.contains("give `retries` to Recoup") && effects.contains("Give `cancels` to Recoup"),
            "{answer}"
        );
        let unkept = async || {
            let all = get(&service, "/api/sources").await;
            let own = all["items"].as_array().unwrap().iter().find(|it| it["source"] == "shop").cloned();
            own.unwrap()["unkept"].as_array().unwrap().iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        };
        let before = unkept().await;
        assert!(before.contains("until this source is raised to `act`"), "{before}");
        assert_eq!(ask(&service, "marc", ::http::Method::POST, path, Some(&raise), None).await.0, StatusCode::OK);
        let raised = unkept().await;
        assert!(raised.contains("give `retries` to Recoup"), "{raised}");
        for page in ["/sources", "/policies"] {
            let (status, page) = ask(&service, "ana", ::http::Method::GET, page, None, None).await;
            assert_eq!(status, StatusCode::OK);
            assert!(page.as_str().unwrap().contains("Give `cancels` to Recoup"), "{page}");
        }
        let all = json!({"retries": "recoup", "cancels": "recoup"});
        for (staff, status) in [("mara", StatusCode::ACCEPTED), ("marc", StatusCode::OK)] {
            let (answered, answer) = ask(&service, staff, ::http::Method::POST, path, Some(&all), None).await;
            assert_eq!(answered, status, "{answer}");
        }
        assert_eq!(unkept().await, "");
    });
}

#[test]
fn what_a_person_takes_back_has_no_other_on_that_day() {
    run(async {
        let service = declined().await;
        service.clock.advance(next(&service).await).unwrap();
        assert_eq!(dunning::handle(&service.context, &due()).await.unwrap(), Done::Tried);
        let path = format!("/api/actions/{}/withdraw", actions(&service).await[0].id);
        let (status, answer) = ask(&service, "mara", ::http::Method::POST, &path, Some(&json!({})), None).await;
        assert_eq!((status, &answer["state"]), (StatusCode::OK, &json!("withdrawn")), "{answer}");
        let taken_back_at = service.clock.now();
        later(&service, 10).await;
        let tries = plan(&service).await["tries"].clone();
        let end = json!({"outcome": "not_made", "why": "withdrawn"});
        assert_eq!((&tries["made"][0]["ended"], &tries["next"]["number"]), (&end, &json!(2)), "{tries}");
        let day = |at: Timestamp| at.to_zoned(TimeZone::UTC).date();
        assert!(day(next(&service).await) > day(taken_back_at), "{tries}");
        assert_eq!(paid(&service), (0, 0));
        let tries = try_again(&service).await;
        assert_eq!((&tries["made"][1]["ended"]["outcome"], paid(&service)), (&json!("declined"), (1, 1)), "{tries}");
    });
}

#[test]
fn a_try_whose_rules_are_not_there_is_not_made_by_others() {
    run(async {
        let service = declined().await;
        let at = next(&service).await;
        let key = keys::plan(&account(), "in_1");
        let batch = Batch::read(&service.context, vec![key.clone()]).await.unwrap();
        let mut standing: Plan = batch.get(&key).unwrap().unwrap();
        standing.policy_version = 99;
        let mut commit = Commit::default();
        commit.over(&batch, &standing);
        commit.run(&service.context).await.unwrap();
        for days in [0, 3] {
            service.advance(at + SignedDuration::from_hours(24 * days)).await.unwrap();
            let tries = plan(&service).await["tries"].clone();
            let why = "the rules that it began with, dunning v99, are not there";
            assert_eq!((&tries["next"], &tries["why_none"]), (&Value::Null, &json!(why)), "{tries}");
            assert_eq!((paid(&service), actions(&service).await.len()), ((0, 0), 0), "{tries}");
        }
    });
}

/// Something else is under way on the account, or is not any more.
async fn busy(service: &Service, is_busy: bool) {
    let key = keys::head(&account());
    let batch = Batch::read(&service.context, vec![key.clone()]).await.unwrap();
    let mut head: Head = batch.get(&key).unwrap().unwrap();
    head.under_way.clear();
    if is_busy {
        let line = UnderWay { target: Some("in_9".to_owned()), since: service.clock.now() };
        head.under_way.insert(ActionId::of(&account(), "mara", "busy"), line);
    }
    let mut commit = Commit::default();
    commit.over(&batch, &head);
    commit.run(&service.context).await.unwrap();
}

#[test]
fn a_try_waits_while_very_much_is_under_way() {
    run(async {
        let mut service = declined().await;
        with_limit(&mut service, "under_way_max", 1);
        busy(&service, true).await;
        let at = next(&service).await;
        service.advance(at).await.unwrap();
        let tries = plan(&service).await["tries"].clone();
        assert_eq!((tries["made"].as_array().unwrap().len(), paid(&service)), (0, (0, 0)), "{tries}");
        busy(&service, false).await;
        later(&service, 10).await;
        let tries = try_again(&service).await;
        assert_eq!((&tries["made"][0]["ended"]["outcome"], paid(&service)), (&json!("declined"), (1, 1)), "{tries}");
    });
}

/// A bill of the customer whose payment fails so often with the card that ends so.
async fn fails(service: &Service, invoice: &str, card: &str, tries: u32) {
    let now = service.clock.now();
    let bill = |attempts| stripe::invoice("cus_1", invoice, "open", 4_900, 4_900, "usd", attempts, now);
    tell(service, &format!("evt_{invoice}"), "invoice.finalized", &bill(0)).await;
    for number in 1..=tries {
        let id = format!("{invoice}_{number}");
        let code = Some("insufficient_funds");
        let mut charge = stripe::charge("cus_1", &format!("ch_{id}"), Some(invoice), 4_900, "usd", code, now);
        charge["payment_method_details"]["card"]["last4"] = json!(card);
        tell(service, &format!("evt_{id}"), "charge.failed", &charge).await;
    }
    tell(service, &format!("evt_{invoice}_failed"), "invoice.payment_failed", &bill(tries)).await;
}

#[test]
fn what_networks_leave_of_tries_is_left_of_a_card_and_not_of_an_invoice() {
    run(async {
        let service = open_at(START).await;
        let began_at = service.clock.now();
        tell(&service, "evt_0", "customer.created", &stripe::customer("cus_1", began_at)).await;
        fails(&service, "in_1", "4242", 16).await;
        later(&service, 60).await;
        fails(&service, "in_2", "4242", 1).await;
        fails(&service, "in_3", "1881", 1).await;
        let all = get(&service, &format!("/api/accounts/{}/dunning", account())).await;
        let freed_at = began_at + SignedDuration::from_hours(24 * 30);
        for (place, name, used, waits) in [(1, "the same card", 15, true), (2, "another card", 0, false)] {
            let row = &all["items"][place];
            let tries = (row["tries_left"][0]["used"].as_u64(), at(row["tries"]["next"]["at"].as_str().unwrap()));
            assert_eq!((tries.0, tries.1 >= freed_at), (Some(used), waits), "{name}: {row}");
        }
        let board = get(&service, "/api/dunning").await;
        assert_eq!(
            board["items"][0]["tries_left"],
            json!([]),
            "what takes a look into each account is with the account"
        );
    });
}
