//! A source that may go further: what that lets loose is shown first, takes two people, and comes some at a time.

use crate::http::run;
use ::http::{Method, StatusCode};
use app::deadline::takes;
use app::dunning::alarm;
use app::message::Message;
use app::ports::{Channel, Clock, Letter, Post, QueueName, Unsent};
use async_trait::async_trait;
use jiff::SignedDuration;
use local::clock::LocalClock;
use local::queue::Received;
use local::service::Service;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tests::stripe;
use tests::world::{ask, deliver, get, open_at};
use tokio::sync::Notify;

pub async fn wish(service: &Service, staff: &str, query: &str, wish: Value) -> (StatusCode, Value) {
    ask(service, staff, Method::POST, &format!("/api/sources/stripe/default{query}"), Some(&wish), None).await
}

/// How Stripe's source is set up.
pub async fn source(service: &Service) -> Value {
    let sources = get(service, "/api/sources").await;
    sources["items"].as_array().unwrap().iter().find(|source| source["provider"] == "stripe").cloned().unwrap()
}

async fn count(service: &Service, path: &str) -> usize {
    get(service, path).await["items"].as_array().unwrap().len()
}

const CASES: &str = "/api/cases?state=open&limit=1000";
const WAITING: &str = "/api/actions?state=waiting_approval&limit=1000";

/// A source that observes, and so many customers of it who paid 100.00 twice.
pub async fn observed(customers: usize) -> Service {
    let service = open_at("2026-03-01T09:00:00Z").await;
    assert_eq!(wish(&service, "mara", "", json!({"acting": "observe"})).await.0, StatusCode::OK);
    let now = service.clock.now();
    for number in 0..customers {
        let customer = format!("cus_{number}");
        let known = stripe::customer(&customer, now);
        deliver(&service, &stripe::event(&format!("evt_{number}"), "customer.created", now, &known)).await;
        for copy in ["a", "b"] {
            let id = format!("{number}{copy}");
            let charge = stripe::charge(&customer, &format!("ch_{id}"), None, 10_000, "usd", None, now);
            deliver(&service, &stripe::event(&format!("evt_{id}"), "charge.succeeded", now, &charge)).await;
        }
    }
    service.work().await.unwrap();
    service
}

#[test]
fn what_a_source_found_while_it_observed_is_asked_for_in_cohorts() {
    run(async {
        let service = observed(53).await;
        assert_eq!((count(&service, CASES).await, count(&service, WAITING).await), (53, 0));

        // What it would let loose.
        let act = json!({"acting": "act"});
        let (status, tried) = wish(&service, "mara", "?dry_run=true", act.clone()).await;
        let found = &tried["asked"]["preview"]["backlog"];
        assert_eq!((status, &found["cases"]), (StatusCode::OK, &json!(53)), "{tried}");
        assert_eq!(found["oldest_at"], "2026-03-01T09:00:00Z", "{tried}");
        let refunds = json!([{"kind": "refund", "cases": 53, "amounts": [{"amount": "5300.00", "currency": "USD"}]}]);
        assert_eq!(found["kinds"], refunds, "{tried}");
        assert_eq!(source(&service).await["asked"], Value::Null, "a dry run asks for nothing");

        // Two people, and both see it.
        assert_eq!(wish(&service, "mara", "", act.clone()).await.0, StatusCode::ACCEPTED);
        let (_, page) = ask(&service, "marc", Method::GET, "/sources", None, None).await;
        let page = page.as_str().unwrap();
        for text in ["53 open cases recommend", "5300.00 USD", "what is scheduled goes out by plan"] {
            assert!(page.contains(text), "{text}: {page}");
        }
        service.advance(service.clock.now() + SignedDuration::from_hours(1)).await.unwrap();
        assert_eq!(count(&service, WAITING).await, 0, "one person lets nothing loose");
        let (status, raised) = wish(&service, "marc", "", act).await;
        assert_eq!((status, &raised["acting"]), (StatusCode::OK, &json!("act")), "{raised}");
        let done = &raised["changes"][1];
        assert_eq!((&done["by"], &done["confirmed_by"]), (&json!("mara"), &json!("marc")), "{raised}");
        assert_eq!(done["preview"]["backlog"]["cases"], 53, "what was let loose stays with who did it");

        // Fifty, and half an hour later the rest: not a burst, and nothing twice.
        let raised_at = service.clock.now();
        for (minutes, asked) in [(1, 50), (29, 50), (40, 53), (100, 53)] {
            service.advance(raised_at + SignedDuration::from_mins(minutes)).await.unwrap();
            assert_eq!(count(&service, WAITING).await, asked, "after {minutes} minutes");
        }
    });
}

#[test]
fn what_is_over_or_lowered_again_is_not_asked_for() {
    run(async {
        let service = observed(2).await;
        let case = get(&service, CASES).await["items"][0]["id"].as_str().unwrap().to_owned();
        let resolve = json!({"note": "settled by phone"});
        let path = format!("/api/cases/{case}/resolve");
        assert_eq!(ask(&service, "lena", Method::POST, &path, Some(&resolve), None).await.0, StatusCode::OK);
        let assist = json!({"acting": "assist"});
        wish(&service, "mara", "", assist.clone()).await;
        let (_, raised) = wish(&service, "marc", "", assist.clone()).await;
        assert_eq!(raised["changes"][1]["preview"]["backlog"]["cases"], 1, "{raised}");
        assert_eq!(wish(&service, "mara", "", json!({"acting": "observe"})).await.0, StatusCode::OK);
        service.advance(service.clock.now() + SignedDuration::from_hours(1)).await.unwrap();
        assert_eq!(count(&service, WAITING).await, 0, "it observes again");
        wish(&service, "mara", "", assist.clone()).await;
        wish(&service, "marc", "", assist).await;
        service.advance(service.clock.now() + SignedDuration::from_hours(1)).await.unwrap();
        assert_eq!(count(&service, WAITING).await, 1, "the one that is still open");
    });
}

#[test]
fn taking_test_beside_live_takes_two_people() {
    run(async {
        let service = open_at("2026-03-01T09:00:00Z").await;
        let mode = |mode: &str| json!({"mode": mode});
        assert_eq!(wish(&service, "mara", "", mode("live")).await.0, StatusCode::OK, "less is taken at once");
        let (status, asked) = wish(&service, "mara", "", mode("both")).await;
        assert_eq!((status, &asked["mode"]), (StatusCode::ACCEPTED, &json!("live")), "{asked}");
        let effects = &asked["asked"]["preview"]["effects"];
        assert_eq!(effects, &json!(["deliveries of test mode are taken as well, and count like others"]));
        assert_eq!(wish(&service, "mara", "", mode("both")).await.0, StatusCode::FORBIDDEN);
        let (status, done) = wish(&service, "marc", "", mode("both")).await;
        assert_eq!((status, &done["mode"]), (StatusCode::OK, &json!("both")), "{done}");
        assert_eq!(wish(&service, "mara", "", mode("live")).await.0, StatusCode::OK);
        assert_eq!(wish(&service, "mara", "", mode("both")).await.0, StatusCode::ACCEPTED);
        service.advance(service.clock.now() + SignedDuration::from_hours(72)).await.unwrap();
        assert_eq!(wish(&service, "marc", "", mode("both")).await.0, StatusCode::ACCEPTED, "the first wish is over");
    });
}

pub async fn tell(service: &Service, id: &str, kind: &str, object: &Value) {
    let (status, answer) = deliver(service, &stripe::event(id, kind, service.clock.now(), object)).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    service.work().await.unwrap();
}

/// The bill of a customer by that number, of which one try failed so far.
pub fn bill(service: &Service, number: u32, status: &str, remaining: i64) -> Value {
    let (customer, id) = (format!("cus_{number}"), format!("in_{number}"));
    stripe::invoice(&customer, &id, status, 4_900, remaining, "usd", 1, service.clock.now())
}

/// A customer's payment fails.
pub async fn fails(service: &Service, number: u32) {
    let customer = stripe::customer(&format!("cus_{number}"), service.clock.now());
    tell(service, &format!("evt_c{number}"), "customer.created", &customer).await;
    let failed = bill(service, number, "open", 4_900);
    tell(service, &format!("evt_f{number}"), "invoice.payment_failed", &failed).await;
}

/// The customer of that number has left, while the source still acted.
async fn leaves(service: &Service, number: u32) {
    let (customer, subscription) = (format!("cus_{number}"), format!("sub_{number}"));
    let now = service.clock.now();
    tell(service, "evt_lc", "customer.created", &stripe::customer(&customer, now)).await;
    let bought = stripe::subscription(&customer, &subscription, "price_pro", 4_900, 1, "active", now);
    tell(service, "evt_ls", "customer.subscription.created", &bought).await;
    let wanted = json!({"account": format!("stripe:{customer}"), "kind": "cancel", "params": {"customer_requested": true},
        "reason_code": "other", "note": "wrote a letter"});
    let (status, asked) = ask(service, "lena", Method::POST, "/api/actions", Some(&wanted), Some("leaves")).await;
    assert_eq!(status, StatusCode::CREATED, "{asked}");
    let ballot = json!({"decision": "approve", "preview_digest": asked["preview"]["digest"], "note": ""});
    let path = format!("/api/actions/{}/decision", asked["id"].as_str().unwrap());
    assert_eq!(ask(service, "bea", Method::POST, &path, Some(&ballot), None).await.0, StatusCode::OK);
    service.advance(service.clock.now() + SignedDuration::from_hours(1)).await.unwrap();
}

/// The invoices of the recoveries that run, in the order of their ids.
pub async fn recoveries(service: &Service) -> Vec<String> {
    let plans = get(service, "/api/dunning").await;
    let plans = plans["items"].as_array().unwrap().iter().filter(|plan| plan["segment"] != "ageing");
    let mut invoices: Vec<_> = plans.map(|plan| plan["invoice"].as_str().unwrap().to_owned()).collect();
    invoices.sort();
    invoices
}

/// What a wish would remind customers of.
pub async fn shown(service: &Service, wanted: Value) -> Value {
    let (_, tried) = wish(service, "mara", "?dry_run=true", wanted).await;
    tried["asked"]["preview"]["backlog"]["recoveries"].clone()
}

/// Two people raise the source.
pub async fn raise(service: &Service, wanted: Value) {
    assert_eq!(wish(service, "mara", "", wanted.clone()).await.0, StatusCode::ACCEPTED);
    assert_eq!(wish(service, "marc", "", wanted).await.0, StatusCode::OK);
}

pub async fn an_hour_later(service: &Service) {
    service.advance(service.clock.now() + SignedDuration::from_hours(1)).await.unwrap();
}

#[test]
fn what_failed_while_it_observed_is_recovered_as_if_it_had_failed_now() {
    run(async {
        let service = open_at("2026-03-01T09:00:00Z").await;
        leaves(&service, 5).await;
        assert_eq!(wish(&service, "mara", "", json!({"acting": "observe"})).await.0, StatusCode::OK);
        for number in 0..4 {
            fails(&service, number).await;
        }
        let oldest_at = service.clock.now().to_string();
        tell(&service, "evt_p1", "invoice.paid", &bill(&service, 1, "paid", 0)).await;
        tell(&service, "evt_v2", "invoice.voided", &bill(&service, 2, "void", 4_900)).await;
        // A bank claims a payment of the fourth customer, and of the next one it has decided: that is a person's task.
        let charge = |number: u32, at| {
            stripe::charge(&format!("cus_{number}"), &format!("ch_{number}"), None, 8_000, "usd", None, at)
        };
        let dispute = |number: u32, status: &str, at| {
            stripe::dispute(&format!("dp_{number}"), &format!("ch_{number}"), 8_000, status, at)
        };
        let now = service.clock.now();
        tell(&service, "evt_c4", "customer.created", &stripe::customer("cus_4", now)).await;
        for number in [3, 4] {
            tell(&service, &format!("evt_t{number}"), "charge.succeeded", &charge(number, now)).await;
            let opened = dispute(number, "needs_response", now);
            tell(&service, &format!("evt_d{number}"), "charge.dispute.created", &opened).await;
        }
        tell(&service, "evt_f4", "invoice.payment_failed", &bill(&service, 4, "open", 4_900)).await;
        an_hour_later(&service).await;
        tell(&service, "evt_e4", "charge.dispute.closed", &dispute(4, "won", now)).await;
        assert_eq!(count(&service, "/api/tasks?state=open").await, 1, "what is owed since is a person's");
        let mut later = bill(&service, 5, "open", 4_900);
        later["subscription"] = json!("sub_5");
        tell(&service, "evt_f5", "invoice.payment_failed", &later).await;
        fails(&service, 6).await;
        assert_eq!(recoveries(&service).await, Vec::<String>::new());

        // What it would let loose: those of which nobody has said anything since.
        let act = json!({"acting": "act"});
        let usd = json!([{"amount": "98.00", "currency": "USD"}]);
        let expected = json!({"invoices": 2, "amounts": usd, "oldest_at": oldest_at});
        assert_eq!(shown(&service, act.clone()).await, expected);
        assert_eq!(wish(&service, "mara", "", act.clone()).await.0, StatusCode::ACCEPTED);
        let (_, page) = ask(&service, "marc", Method::GET, "/sources", None, None).await;
        let page = page.as_str().unwrap();
        assert!(page.contains("2 failed payments of which customers are reminded by plan, 98.00 USD"), "{page}");
        an_hour_later(&service).await;
        assert_eq!(recoveries(&service).await, Vec::<String>::new(), "one person lets nothing loose");
        let raised_at = service.clock.now();
        assert_eq!(wish(&service, "marc", "", act.clone()).await.0, StatusCode::OK);
        an_hour_later(&service).await;
        assert_eq!(recoveries(&service).await, ["in_0", "in_6"]);
        let plans = get(&service, "/api/dunning").await;
        for plan in plans["items"].as_array().unwrap() {
            assert_eq!(plan["started_at"], raised_at.to_string(), "as if it had failed now: {plan}");
        }
        let cohorts = source(&service).await["cohorts"].clone();
        assert_eq!((&cohorts["recovering"], &cohorts["next_at"]), (&json!(2), &Value::Null), "{cohorts}");
        let (_, page) = ask(&service, "marc", Method::GET, "/sources", None, None).await;
        assert!(page.as_str().unwrap().contains("2 recoveries have begun, and that was all"), "{page}");

        service.advance(raised_at + SignedDuration::from_hours(26)).await.unwrap();
        let letters = service.outbox.letters().unwrap();
        let reminded = letters.iter().filter(|(_, letter)| letter.id.starts_with("dun_"));
        let mut reminded: Vec<_> = reminded.map(|(_, letter)| letter.to.clone()).collect();
        reminded.sort();
        assert_eq!(reminded, ["cus_0@shop.example", "cus_6@shop.example"]);

        // Raised once more, nothing begins anew.
        assert_eq!(wish(&service, "mara", "", json!({"acting": "observe"})).await.0, StatusCode::OK);
        assert_eq!(shown(&service, act).await["invoices"], 0);
    });
}

#[test]
fn recoveries_begin_only_where_recoup_begins_to_write() {
    run(async {
        let service = open_at("2026-03-01T09:00:00Z").await;
        assert_eq!(wish(&service, "mara", "", json!({"acting": "observe"})).await.0, StatusCode::OK);
        fails(&service, 0).await;
        let (assist, act) = (json!({"acting": "assist"}), json!({"acting": "act"}));
        assert_eq!(shown(&service, assist.clone()).await["invoices"], 0);
        raise(&service, assist).await;
        an_hour_later(&service).await;
        assert_eq!(recoveries(&service).await, Vec::<String>::new(), "people may act, and nothing is scheduled");
        assert_eq!(shown(&service, act.clone()).await["invoices"], 1);
        raise(&service, act).await;
        an_hour_later(&service).await;
        assert_eq!(recoveries(&service).await, ["in_0"]);
    });
}

/// Whoever is told takes their time to hear it, and with one letter to Slack the process ends.
struct Slow {
    post: Arc<dyn Post>,
    clock: Arc<LocalClock>,
    secs: i64,
    /// So many letters to Slack are left until then.
    left: AtomicU64,
    ended: Arc<Notify>,
}

/// Slows down whoever is told something; says when the process has ended.
fn slow(service: &mut Service, secs: i64, letters: u64) -> Arc<Notify> {
    let (post, clock, ended) = (service.context.post.clone(), service.clock.clone(), Arc::new(Notify::new()));
    let left = AtomicU64::new(letters);
    service.context.post = Arc::new(Slow { post, clock, secs, left, ended: ended.clone() });
    ended
}

#[async_trait]
impl Post for Slow {
    async fn send(&self, letter: &Letter) -> Result<Option<String>, Unsent> {
        if letter.channel == Channel::Slack && self.left.fetch_sub(1, Ordering::SeqCst) == 0 {
            self.ended.notify_one();
            std::future::pending::<()>().await;
        }
        self.clock.advance(self.clock.now() + SignedDuration::from_secs(self.secs)).unwrap();
        self.post.send(letter).await
    }

    async fn change(&self, place: &str, letter: &Letter) -> Result<(), Unsent> {
        self.post.change(place, letter).await
    }
}

/// Rings what is due, and receives what people are asked for by.
pub async fn rung(service: &Service) -> Vec<Received> {
    alarm::sweep(&service.context).await.unwrap();
    service.queue.receive(QueueName::Approval, 10, 60).unwrap()
}

#[test]
fn a_cohort_that_takes_long_ends_in_time_and_goes_on_where_it_stood() {
    run(async {
        let mut service = observed(53).await;
        slow(&mut service, 1, 1_000);
        raise(&service, json!({"acting": "act"})).await;
        let (mut cohorts, mut rounds) = (0, 0);
        while count(&service, WAITING).await < 50 {
            rounds += 1;
            assert!(rounds < 50, "each goes on where the one before it stood");
            for received in rung(&service).await {
                let message = Message::decode(&received.body).unwrap();
                let begun = service.clock.now();
                app::approval::handle(&service.context, &message).await.unwrap();
                let took = service.clock.now().duration_since(begun);
                assert!(took <= takes(&message), "{} took {took:?}", message.name());
                service.queue.delete(received.id).unwrap();
                cohorts += u32::from(message.name() == "cohort");
            }
        }
        assert_eq!(count(&service, WAITING).await, 50, "it is one cohort");
        assert!(cohorts > 1, "one message would take too long");
        let shown = source(&service).await["cohorts"].clone();
        assert_eq!((&shown["cohorts"], &shown["asked"]), (&json!(1), &json!(50)), "{shown}");
    });
}

#[test]
fn a_process_that_ends_within_a_cohort_loses_no_more_than_its_last_step() {
    run(async {
        let mut service = observed(53).await;
        let post = service.context.post.clone();
        let ended = slow(&mut service, 0, 25);
        raise(&service, json!({"acting": "act"})).await;
        let received = rung(&service).await;
        assert_eq!(received.len(), 1);
        let message = Message::decode(&received[0].body).unwrap();
        tokio::select! {
            worked = app::approval::handle(&service.context, &message) => panic!("{worked:?}"),
            () = ended.notified() => {}
        }
        service.queue.delete(received[0].id).unwrap();
        assert_eq!(count(&service, WAITING).await, 26);
        let shown = source(&service).await["cohorts"].clone();
        assert_eq!(shown["asked"], 20, "two steps of ten: {shown}");

        // Its message is lost with it, and its alarm is not.
        service.context.post = post;
        an_hour_later(&service).await;
        assert_eq!(count(&service, WAITING).await, 53);
        assert_eq!(count(&service, "/api/actions?limit=1000").await, 53, "nothing was asked for twice");
    });
}
