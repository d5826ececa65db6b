//! The product is told what happens: signed, in order, again and again, and nowhere inside a network; by a receiver as nasty as
//! real ones are.

use crate::http::run;
use app::ports::{Answered, Clock, Courier, Unanswered};
use app::store::{self, keys};
use async_trait::async_trait;
use domain::id::AccountId;
use domain::outgoing::Line;
use http::{HeaderMap, HeaderName, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use jiff::SignedDuration;
use local::service::Service;
use network::Outside;
use providers::{Delivery, Keys, Secret};
use serde_json::{Value, json};
use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use tests::counted::Counted;
use tests::faults::{Fate, Hit, inject};
use tests::stripe;
use tests::world::{ask, deliver, get, open_at};
use tokio::net::TcpListener;

const URL: &str = "https://hooks.product.example/recoup";
const ALL: [&str; 4] = ["entitlement.changed", "case.opened", "action.executed", "payment.recovered"];

type Meets = Result<Answered, Unanswered>;

const OK: Meets = Ok(Answered { status: 200, after_secs: None });

fn status(status: u16) -> Meets {
    Ok(Answered { status, after_secs: None })
}

/// One message that arrived, whatever became of it.
#[derive(Debug, Clone)]
struct Heard {
    url: String,
    headers: HeaderMap,
    body: String,
}

impl Heard {
    fn id(&self) -> &str {
        self.headers["webhook-id"].to_str().unwrap()
    }

    fn told(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    fn kind(&self) -> String {
        self.told()["type"].as_str().unwrap().to_owned()
    }

    fn customer(&self) -> String {
        self.told()["data"]["customer"].as_str().unwrap().to_owned()
    }

    /// How many signatures stand on it, and whether it is signed by a secret.
    fn signed(&self, service: &Service, secret: &str) -> (usize, bool) {
        let verify = providers::named("ticket").unwrap().verify;
        let keys = Keys::signing([Secret::new(secret)]);
        let delivery = Delivery { headers: &self.headers, body: self.body.as_bytes() };
        let count = self.headers["webhook-signature"].to_str().unwrap().split(' ').count();
        (count, verify(&delivery, &keys, service.clock.now(), 300).is_ok())
    }
}

/// The product's side: it remembers what it heard, and gets some of it wrong.
#[derive(Default)]
struct Receiver {
    heard: Mutex<Vec<Heard>>,
    /// What the next ones meet.
    next: Mutex<VecDeque<Meets>>,
    /// What every message meets, or those under one id.
    always: Mutex<Option<Meets>>,
    never: Mutex<Option<String>>,
}

#[async_trait]
impl Courier for Receiver {
    async fn bring(&self, request: providers::Request) -> Meets {
        let mut headers = HeaderMap::new();
        for (name, value) in request.headers {
            headers.insert(HeaderName::from_static(name), value.parse().unwrap());
        }
        let heard = Heard { url: request.url, headers, body: request.body };
        let is_never = self.never.lock().unwrap().as_deref() == Some(heard.id());
        self.heard.lock().unwrap().push(heard);
        if is_never {
            return status(500);
        }
        let next = self.next.lock().unwrap().pop_front();
        next.or(*self.always.lock().unwrap()).unwrap_or(OK)
    }
}

impl Receiver {
    fn before(service: &mut Service) -> Arc<Self> {
        let receiver = Arc::new(Self::default());
        service.context.courier = receiver.clone();
        receiver
    }

    /// What arrived since somebody last asked.
    fn taken(&self) -> Vec<Heard> {
        std::mem::take(&mut *self.heard.lock().unwrap())
    }

    fn kinds(&self) -> Vec<String> {
        self.taken().iter().map(Heard::kind).collect()
    }

    fn meets(&self, next: impl IntoIterator<Item = Meets>) {
        self.next.lock().unwrap().extend(next);
    }

    fn always(&self, meets: Meets) {
        *self.always.lock().unwrap() = Some(meets);
    }
}

async fn added(service: &Service, events: &[&str]) -> (String, String) {
    let wish = json!({"url": URL, "events": events});
    let (status, answer) = ask(service, "mara", Method::POST, "/api/endpoints", Some(&wish), None).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    let text = |field: &str| answer[field].as_str().unwrap().to_owned();
    (text("id"), text("secret"))
}

async fn change(service: &Service, id: &str, what: &str, body: Option<&Value>) -> (StatusCode, Value) {
    ask(service, "mara", Method::POST, &format!("/api/endpoints/{id}/{what}"), body, None).await
}

async fn tell(service: &Service, id: &str, kind: &str, object: &Value) {
    let (status, answer) = deliver(service, &stripe::event(id, kind, service.clock.now(), object)).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    service.work().await.unwrap();
}

async fn minutes(service: &Service, minutes: i64) {
    service.advance(service.clock.now() + SignedDuration::from_mins(minutes)).await.unwrap();
}

async fn hours(service: &Service, hours: i64) {
    minutes(service, 60 * hours).await;
}

async fn customer(service: &Service, customer: &str) {
    let object = stripe::customer(customer, service.clock.now());
    tell(service, &format!("evt_{customer}"), "customer.created", &object).await;
}

async fn fails(service: &Service, customer: &str, invoice: &str) {
    let object = stripe::invoice(customer, invoice, "open", 4900, 4900, "usd", 1, service.clock.now());
    tell(service, &format!("evt_{invoice}_failed"), "invoice.payment_failed", &object).await;
}

async fn is_paid(service: &Service, customer: &str, invoice: &str) {
    let object = stripe::invoice(customer, invoice, "paid", 4900, 0, "usd", 2, service.clock.now());
    tell(service, &format!("evt_{invoice}_paid"), "invoice.paid", &object).await;
}

async fn subscribes(service: &Service, customer: &str) {
    let now = service.clock.now();
    let object = stripe::subscription(customer, &format!("sub_{customer}"), "price_pro", 4900, 1, "active", now);
    tell(service, &format!("evt_sub_{customer}"), "customer.subscription.created", &object).await;
}

async fn prepared() -> (Service, Arc<Receiver>) {
    let mut service = open_at("2026-03-01T09:00:00Z").await;
    let receiver = Receiver::before(&mut service);
    customer(&service, "cus_1").await;
    (service, receiver)
}

async fn line(service: &Service, endpoint: &str, customer: &str) -> Line {
    let account = AccountId::of("stripe", "default", customer);
    store::read(&service.context, &keys::line(&account, endpoint)).await.unwrap().unwrap()
}

async fn shown(service: &Service) -> Value {
    get(service, "/api/endpoints").await["items"][0].clone()
}

#[test]
fn the_product_is_told_in_order_signed_and_of_no_person() {
    run(async {
        let (service, receiver) = prepared().await;
        let (id, secret) = added(&service, &ALL).await;
        assert!(secret.starts_with("whsec_"));
        subscribes(&service, "cus_1").await;
        fails(&service, "cus_1", "in_1").await;
        is_paid(&service, "cus_1", "in_1").await;
        let heard = receiver.taken();
        let states = |it: &Heard| it.told()["data"]["state"].as_str().unwrap_or_default().to_owned();
        let told: Vec<_> = heard.iter().map(|it| (it.kind(), states(it))).collect();
        let told: Vec<_> = told.iter().map(|(kind, state)| (kind.as_str(), state.as_str())).collect();
        assert_eq!(
            told,
            [
                ("entitlement.changed", "active"),
                ("entitlement.changed", "grace"),
                ("case.opened", ""),
                ("entitlement.changed", "active"),
                ("payment.recovered", ""),
            ]
        );
        for it in &heard {
            assert_eq!((it.url.as_str(), it.signed(&service, &secret)), (URL, (1, true)), "{it:?}");
            assert!(!it.signed(&service, "whsec_b3RoZXI=").1, "another secret");
            assert!(!it.body.contains("Customer cus_1") && !it.body.contains("shop.example"), "{}", it.body);
        }
        let ids: BTreeSet<&str> = heard.iter().map(Heard::id).collect();
        assert_eq!(ids.len(), heard.len());
        let recovered = &heard[4].told()["data"];
        assert_eq!(recovered["amount"], json!({"amount": "49.00", "currency": "USD"}));
        assert_eq!((&recovered["invoice"], &recovered["customer"]), (&json!("in_1"), &json!("cus_1")));

        // Nobody sees the secret again.
        for path in ["/api/endpoints", "/endpoints"] {
            let (_, page) = ask(&service, "vera", Method::GET, path, None, None).await;
            assert!(page.to_string().contains(URL) && !page.to_string().contains("whsec_"), "{path}: {page}");
        }
        assert_eq!((&shown(&service).await["state"], &shown(&service).await["id"]), (&json!("active"), &json!(id)));
    });
}

#[test]
fn an_action_is_told_once_it_was_carried_out() {
    run(async {
        let mut service = crate::http::with_a_payment().await;
        let receiver = Receiver::before(&mut service);
        added(&service, &["action.executed"]).await;
        let body = json!({"account": "stripe:cus_1", "kind": "refund", "params": {"payment": "ch_1",
            "amount": {"amount": "10.00", "currency": "USD"}}, "reason_code": "billing_error", "note": "as they wrote"});
        let (_, asked) = ask(&service, "lena", Method::POST, "/api/actions", Some(&body), Some("key")).await;
        service.work().await.unwrap();
        assert!(receiver.taken().is_empty(), "nothing was decided");
        let ballot = json!({"decision": "approve", "preview_digest": asked["preview"]["digest"], "note": "fine"});
        let path = format!("/api/actions/{}/decision", asked["id"].as_str().unwrap());
        assert_eq!(ask(&service, "bea", Method::POST, &path, Some(&ballot), None).await.0, StatusCode::OK);
        service.work().await.unwrap();
        hours(&service, 1).await;
        let heard = receiver.taken();
        assert_eq!(heard.len(), 1, "and once, whatever the provider tells of it later: {heard:?}");
        let data = &heard[0].told()["data"];
        let said = (&data["action"], &data["kind"], &data["target"], &data["reason"]);
        assert_eq!(said, (&asked["id"], &json!("refund"), &json!("ch_1"), &json!("billing_error")));
        assert!(!heard[0].body.contains("as they wrote"));
    });
}

#[test]
fn who_does_not_take_an_event_hears_it_again_before_the_next_and_holds_up_nobody_else() {
    for (name, trouble) in [
        ("a failure", status(500)),
        ("a redirect", status(302)),
        ("gone", status(410)),
        ("silence", Err(Unanswered::Silent)),
        ("not there", Err(Unanswered::NotReached)),
    ] {
        run(async {
            let (service, receiver) = prepared().await;
            customer(&service, "cus_2").await;
            let (id, secret) = added(&service, &ALL).await;
            receiver.meets([trouble, OK, trouble, trouble]);
            fails(&service, "cus_1", "in_1").await;
            fails(&service, "cus_2", "in_2").await;
            subscribes(&service, "cus_1").await;
            let first = receiver.taken();
            let customers: Vec<_> = first.iter().map(Heard::customer).collect();
            assert_eq!(customers, ["cus_1", "cus_2"], "{name}: the next of the same account waits");
            assert_eq!(shown(&service).await["state"], "active", "{name}: another one was taken since");

            // Half a minute later, and two minutes after that.
            service.advance(service.clock.now() + SignedDuration::from_secs(29)).await.unwrap();
            assert!(receiver.taken().is_empty(), "{name}: it is left alone");
            service.advance(service.clock.now() + SignedDuration::from_secs(1)).await.unwrap();
            let second = receiver.taken();
            assert_eq!((second.len(), second[0].id()), (1, first[0].id()), "{name}: the same thing has the same id");
            let failing = shown(&service).await;
            assert_eq!(failing["state"], "failing", "{name}: {failing}");
            minutes(&service, 1).await;
            assert!(receiver.taken().is_empty(), "{name}: and for longer each time");
            minutes(&service, 1).await;
            assert_eq!(receiver.taken().len(), 1, "{name}");
            minutes(&service, 8).await;
            let last = receiver.taken();
            let kinds: Vec<_> = last.iter().map(Heard::kind).collect();
            assert_eq!(kinds, ["case.opened", "entitlement.changed"], "{name}: then both, in order");
            assert_eq!(last[0].id(), first[0].id(), "{name}");
            assert!(last.iter().all(|it| it.signed(&service, &secret) == (1, true)), "{name}: signed when it is sent");
            assert_eq!(shown(&service).await["state"], "active", "{name}");
            assert_eq!(line(&service, &id, "cus_1").await.again_at, None, "{name}");
        });
    }
}

#[test]
fn who_asks_to_be_left_alone_is_left_alone() {
    run(async {
        let (service, receiver) = prepared().await;
        added(&service, &ALL).await;
        receiver.meets([Ok(Answered { status: 429, after_secs: Some(1200) })]);
        fails(&service, "cus_1", "in_1").await;
        minutes(&service, 19).await;
        assert_eq!(receiver.taken().len(), 1);
        minutes(&service, 1).await;
        assert_eq!(receiver.kinds(), ["case.opened"]);
    });
}

#[test]
fn who_takes_nothing_for_three_days_is_disabled_and_hears_everything_once_it_is_mended() {
    for mended in ["enable", "rotate"] {
        run(async {
            let (service, receiver) = prepared().await;
            let (id, _) = added(&service, &["case.opened", "payment.recovered"]).await;
            receiver.always(status(503));
            fails(&service, "cus_1", "in_1").await;
            hours(&service, 71).await;
            assert_eq!(shown(&service).await["state"], "failing", "{mended}");
            hours(&service, 5).await;
            let disabled = shown(&service).await;
            assert_eq!((&disabled["state"], &disabled["why"]), (&json!("disabled"), &json!("it answered 503")));
            let tasks = get(&service, "/api/tasks?account=stripe:cus_1").await["items"].clone();
            let about = |task: &&Value| task["about"]["kind"] == "undelivered";
            let task =
                tasks.as_array().unwrap().iter().find(about).unwrap_or_else(|| panic!("{mended}: {tasks}")).clone();
            assert_eq!(task["what"], format!("{URL} takes no events any more"), "{mended}");
            let tries = receiver.taken().len();
            assert!((20..=24).contains(&tries), "{mended}: {tries} tries");

            // What happens meanwhile waits.
            receiver.always(OK);
            is_paid(&service, "cus_1", "in_1").await;
            customer(&service, "cus_2").await;
            fails(&service, "cus_2", "in_2").await;
            hours(&service, 24).await;
            assert!(receiver.taken().is_empty(), "{mended}");
            let since = json!({"since": "2026-03-01T00:00:00Z"});
            assert_eq!(change(&service, &id, "replay", Some(&since)).await.0, StatusCode::CONFLICT);

            assert_eq!(change(&service, &id, mended, None).await.0, StatusCode::OK);
            service.work().await.unwrap();
            let heard = receiver.taken();
            let of = |customer: &str| -> Vec<String> {
                heard.iter().filter(|it| it.customer() == customer).map(Heard::kind).collect()
            };
            assert_eq!(of("cus_1"), ["case.opened", "payment.recovered"], "{mended}: in its order");
            assert_eq!(of("cus_2"), ["case.opened"], "{mended}");
            assert_eq!(shown(&service).await["state"], "active", "{mended}");
            let path = format!("/api/tasks/{}", task["id"].as_str().unwrap());
            assert_eq!(get(&service, &path).await["state"], "done", "{mended}");
        });
    }
}

#[test]
fn one_event_that_is_never_taken_is_given_up_while_others_are() {
    run(async {
        let (service, receiver) = prepared().await;
        let (id, _) = added(&service, &["entitlement.changed", "case.opened"]).await;
        receiver.meets([status(500)]);
        subscribes(&service, "cus_1").await;
        let poison = receiver.taken()[0].id().to_owned();
        *receiver.never.lock().unwrap() = Some(poison.clone());
        fails(&service, "cus_1", "in_1").await;
        for day in 1..=3 {
            hours(&service, 23).await;
            let other = format!("cus_1{day}");
            customer(&service, &other).await;
            fails(&service, &other, &format!("in_1{day}")).await;
        }
        let heard = receiver.taken();
        assert!(heard.iter().all(|it| it.id() == poison || it.customer() != "cus_1"), "what comes behind it waits");
        hours(&service, 8).await;
        let then: Vec<_> = receiver.taken().into_iter().filter(|it| it.id() != poison).collect();
        let kinds: Vec<_> = then.iter().filter(|it| it.customer() == "cus_1").map(Heard::kind).collect();
        assert_eq!(kinds.first().map(String::as_str), Some("entitlement.changed"), "{kinds:?}");
        assert!(kinds.contains(&"case.opened".to_owned()), "the next have their turn: {kinds:?}");
        assert_eq!(shown(&service).await["state"], "active");
        let tasks = get(&service, "/api/tasks?account=stripe:cus_1").await["items"].clone();
        let told = format!("{URL} does not take an event of this account");
        assert!(tasks.as_array().unwrap().iter().any(|task| task["what"] == told), "{tasks}");

        // Once it is mended, it can be sent again.
        *receiver.never.lock().unwrap() = None;
        assert_eq!(change(&service, &id, "replay", Some(&json!({"since": "2026-03-01T00:00:00Z"}))).await.0, 202);
        service.work().await.unwrap();
        assert!(receiver.taken().iter().any(|it| it.id() == poison));
    });
}

#[test]
fn an_old_secret_signs_for_a_day_beside_the_new_one() {
    run(async {
        let (service, receiver) = prepared().await;
        let (id, old) = added(&service, &ALL).await;
        let (status, answer) = change(&service, &id, "rotate", None).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let new = answer["secret"].as_str().unwrap();
        assert_eq!(answer["old_secret_until"], "2026-03-02T09:00:00Z");
        let signs = |heard: &Heard| (heard.signed(&service, &old), heard.signed(&service, new));
        fails(&service, "cus_1", "in_1").await;
        assert_eq!(signs(&receiver.taken()[0]), ((2, true), (2, true)));
        hours(&service, 24).await;
        receiver.taken();
        is_paid(&service, "cus_1", "in_1").await;
        assert_eq!(signs(&receiver.taken()[0]), ((1, false), (1, true)));
    });
}

#[test]
fn what_happened_since_a_time_is_sent_again_in_its_order_under_its_ids() {
    run(async {
        let (service, receiver) = prepared().await;
        let (id, _) = added(&service, &["case.opened", "payment.recovered"]).await;
        fails(&service, "cus_1", "in_1").await;
        let early = receiver.taken();
        hours(&service, 2).await;
        is_paid(&service, "cus_1", "in_1").await;
        for number in 2..=31 {
            let name = format!("cus_{number}");
            customer(&service, &name).await;
            fails(&service, &name, &format!("in_{number}")).await;
        }
        let late = receiver.taken();
        assert_eq!(late.len(), 31);

        let replayed = |since: &'static str| {
            let (service, receiver, id) = (&service, &receiver, &id);
            async move {
                let (status, answer) = change(service, id, "replay", Some(&json!({"since": since}))).await;
                assert_eq!((status, answer["replaying_since"].is_string()), (StatusCode::ACCEPTED, true), "{answer}");
                service.work().await.unwrap();
                assert_eq!(shown(service).await["replaying_since"], Value::Null);
                receiver.taken()
            }
        };
        let ids = |heard: &[Heard]| heard.iter().map(|it| it.id().to_owned()).collect::<BTreeSet<_>>();
        let again = replayed("2026-03-01T10:00:00Z").await;
        assert_eq!((again.len(), ids(&again)), (31, ids(&late)), "each once");
        let all = replayed("2026-03-01T00:00:00Z").await;
        assert_eq!(all.len(), 32);
        let own: Vec<_> = all.iter().filter(|it| it.customer() == "cus_1").map(Heard::id).collect();
        assert_eq!(own[0], early[0].id(), "the first comes first");
        hours(&service, 1).await;
        assert!(replayed("2026-03-01T11:30:00Z").await.is_empty(), "nothing happened since");
        let ahead = json!({"since": "2026-03-09T00:00:00Z"});
        assert_eq!(change(&service, &id, "replay", Some(&ahead)).await.0, StatusCode::BAD_REQUEST);
    });
}

#[test]
fn who_was_removed_is_told_nothing_and_nothing_is_kept_for_them() {
    run(async {
        let (service, receiver) = prepared().await;
        let (id, secret) = added(&service, &ALL).await;
        receiver.always(status(500));
        fails(&service, "cus_1", "in_1").await;
        receiver.taken();
        receiver.always(OK);
        let path = format!("/api/endpoints/{id}");
        assert_eq!(ask(&service, "lena", Method::DELETE, &path, None, None).await.0, StatusCode::FORBIDDEN);
        assert_eq!(ask(&service, "mara", Method::DELETE, &path, None, None).await.0, StatusCode::NO_CONTENT);
        assert_eq!(ask(&service, "mara", Method::DELETE, &path, None, None).await.0, StatusCode::NOT_FOUND);
        hours(&service, 1).await;
        is_paid(&service, "cus_1", "in_1").await;
        assert!(receiver.taken().is_empty());
        assert!(line(&service, &id, "cus_1").await.records.is_empty());
        let (again, other) = added(&service, &ALL).await;
        assert!(again != id && other != secret, "the same address is another endpoint");
    });
}

#[test]
fn only_who_may_set_up_adds_an_endpoint_and_only_one_in_the_open() {
    run(async {
        let service = open_at("2026-03-01T09:00:00Z").await;
        let rows = [
            ("mara", json!({"url": URL, "events": ["case.opened"]}), 201),
            ("bea", json!({"url": URL, "events": ["case.opened"]}), 403),
            ("ana", json!({"url": URL, "events": ["case.opened"]}), 403),
            ("vera", json!({"url": "http://hooks.product.example", "events": ["case.opened"]}), 400),
            ("vera", json!({"url": "https://10.0.0.1/in", "events": ["case.opened"]}), 400),
            ("vera", json!({"url": "https://169.254.169.254/latest", "events": ["case.opened"]}), 400),
            ("vera", json!({"url": "https://me:secret@product.example", "events": ["case.opened"]}), 400),
            ("vera", json!({"url": URL, "events": []}), 400),
            ("vera", json!({"url": URL, "events": ["case.closed"]}), 400),
            ("vera", json!({"url": URL}), 400),
            ("vera", json!({"url": URL, "events": ["case.opened"], "secret": "mine"}), 400),
        ];
        for (staff, wish, expected) in rows {
            let (status, answer) = ask(&service, staff, Method::POST, "/api/endpoints", Some(&wish), None).await;
            assert_eq!(status, expected, "{staff} {wish}: {answer}");
        }
        assert_eq!(get(&service, "/api/endpoints").await["items"].as_array().unwrap().len(), 1);
        for what in ["rotate", "enable"] {
            assert_eq!(change(&service, "ep_x", what, None).await.0, StatusCode::NOT_FOUND, "{what}");
        }
    });
}

#[test]
fn where_nobody_listens_nothing_is_written() {
    run(async {
        let (mut service, receiver) = prepared().await;
        let counts = Counted::over(&mut service);
        let written = |costs: &tests::counted::Costs| costs.units.get("out").map_or(0, |units| units.writes);
        subscribes(&service, "cus_1").await;
        fails(&service, "cus_1", "in_1").await;
        is_paid(&service, "cus_1", "in_1").await;
        let costs = counts.take();
        assert!(costs.events >= 3 && written(&costs) == 0, "{costs:?}");
        // And neither where nobody wants to hear of what happens.
        added(&service, &["action.executed"]).await;
        fails(&service, "cus_1", "in_2").await;
        assert_eq!(written(&counts.take()), 0);
        added(&service, &["case.opened"]).await;
        fails(&service, "cus_1", "in_3").await;
        assert!(written(&counts.take()) > 0);
        assert_eq!(receiver.kinds(), ["case.opened"]);
    });
}

/// Does what is due within an hour, whatever fails once on the way.
async fn an_hour(service: &Service) {
    for _ in 0..6 {
        let _ = service.advance(service.clock.now() + SignedDuration::from_mins(10)).await;
    }
}

#[test]
fn whatever_is_lost_on_the_way_each_is_heard_in_its_order() {
    for hit in [Hit::AnswerLost, Hit::Throttle] {
        for number in 0..24 {
            run(async {
                let (mut service, receiver) = prepared().await;
                added(&service, &["case.opened", "payment.recovered"]).await;
                inject(&mut service, &Fate::at(number, hit));
                let now = service.clock.now();
                let open = stripe::invoice("cus_1", "in_1", "open", 4900, 4900, "usd", 1, now);
                let paid = stripe::invoice("cus_1", "in_1", "paid", 4900, 0, "usd", 2, now);
                for (id, kind, object) in [("evt_1", "invoice.payment_failed", open), ("evt_2", "invoice.paid", paid)] {
                    let event = stripe::event(id, kind, service.clock.now(), &object);
                    // As Stripe does, until it is taken.
                    while deliver(&service, &event).await.0 != StatusCode::OK {}
                    an_hour(&service).await;
                }
                let heard = receiver.taken();
                let mut ids: Vec<&str> = heard.iter().map(Heard::id).collect();
                ids.dedup();
                let kinds: Vec<_> = heard.iter().map(Heard::kind).collect();
                let in_order = kinds.is_sorted() && kinds.first() != kinds.last();
                assert!(ids.len() == 2 && in_order, "{hit:?} at {number}: {kinds:?}");
            });
        }
    }
}

/// The headers and the body of each request.
type Arrived = Arc<Mutex<Vec<(HeaderMap, String)>>>;

/// A server on loopback, which says what arrived, and answers with a status.
async fn server(answers: u16) -> (String, Arrived) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let arrived = Arrived::default();
    let kept = arrived.clone();
    let elsewhere = origin.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (kept, elsewhere) = (kept.clone(), elsewhere.clone());
            let answer = service_fn(move |request: Request<Incoming>| {
                let (kept, elsewhere) = (kept.clone(), elsewhere.clone());
                async move {
                    let (parts, body) = request.into_parts();
                    let body = body.collect().await.unwrap().to_bytes();
                    kept.lock().unwrap().push((parts.headers, String::from_utf8(body.to_vec()).unwrap()));
                    let answer = Response::builder().status(answers).header("location", elsewhere);
                    let answer = answer.header("retry-after", "7").body(Full::new(Bytes::from_static(b"what it says")));
                    Ok::<_, std::convert::Infallible>(answer.unwrap())
                }
            });
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
        }
    });
    (origin, arrived)
}

fn with_network<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

#[test]
fn on_one_machine_an_event_leaves_over_the_network_that_is_deployed() {
    with_network(async {
        let service = open_at("2026-03-01T09:00:00Z").await;
        let (origin, arrived) = server(200).await;
        let wish = json!({"url": format!("{origin}/recoup"), "events": ["case.opened"]});
        let (status, answer) = ask(&service, "mara", Method::POST, "/api/endpoints", Some(&wish), None).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        customer(&service, "cus_1").await;
        fails(&service, "cus_1", "in_1").await;
        let arrived = arrived.lock().unwrap().clone();
        assert_eq!(arrived.len(), 1, "{arrived:?}");
        let (headers, body) = arrived[0].clone();
        assert_eq!(headers["content-type"], "application/json");
        let heard = Heard { url: origin, headers, body };
        assert_eq!(heard.signed(&service, answer["secret"].as_str().unwrap()), (1, true));
        assert_eq!(heard.kind(), "case.opened");
        assert_eq!(shown(&service).await["state"], "active");
    });
}

#[test]
fn the_network_follows_nobody_and_goes_into_no_private_network() {
    with_network(async {
        let (origin, arrived) = server(302).await;
        let port = origin.rsplit(':').next().unwrap().to_owned();
        let request = |url: String| providers::Request {
            method: Method::POST,
            url,
            headers: vec![("content-type", "application/json".to_owned())],
            body: "{}".to_owned(),
        };
        let (own, deployed) = (Outside::new(true), Outside::new(false));
        let answered = own.bring(request(format!("{origin}/in"))).await;
        assert_eq!(answered, Ok(Answered { status: 302, after_secs: Some(7) }));
        assert_eq!(own.bring(request(format!("http://localhost:{port}/in"))).await, answered, "by its name");
        assert_eq!(arrived.lock().unwrap().len(), 2, "each once");
        for host in ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "10.0.0.1", "169.254.169.254"] {
            let refused = deployed.bring(request(format!("http://{host}:{port}/in"))).await;
            assert_eq!(refused, Err(Unanswered::NotReached), "{host}");
        }
        assert_eq!(arrived.lock().unwrap().len(), 2, "nothing arrived");
        let private = own.bring(request("http://10.0.0.1/in".to_owned())).await;
        assert_eq!(private, Err(Unanswered::NotReached), "on one machine neither");
    });
}
