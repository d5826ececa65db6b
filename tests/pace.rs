//! The same history comes at another pace: what an account shows does not depend on what was worked before what came.

use app::ports::{Clock, Http, NoReply, QueueName};
use async_trait::async_trait;
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use local::demo::Dice;
use local::service::Service;
use providers::{Call, Reply};
use serde_json::{Value, json};
use std::sync::Arc;
use tests::world::{at, deliver, get, open_at};
use tests::{faults, stripe};

const NOON: &str = "2026-03-20T12:00:00Z";
const BILLED: &str = "2026-03-02T10:00:00Z";
const DAY: SignedDuration = SignedDuration::from_hours(24);

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(work)
}

/// An invoice since basil: it names no payment. `created` stays what it was when the bill was made.
fn bill(id: &str, made_at: Timestamp, status: &str, attempts: u32, at: Timestamp) -> Value {
    let mut shown =
        stripe::invoice("cus_1", id, status, 4900, if status == "paid" { 0 } else { 4900 }, "usd", attempts, at);
    shown["created"] = json!(made_at.as_second());
    shown
}

/// A charge since basil: it names its intent and no invoice.
fn charge(id: &str, intent: &str, code: Option<&str>, at: Timestamp) -> Value {
    let mut shown = stripe::charge("cus_1", id, None, 4900, "usd", code, at);
    shown["payment_intent"] = json!(intent);
    shown
}

fn intent(id: &str, made_at: Timestamp, charge: &str, code: Option<&str>) -> Value {
    json!({
        "id": id, "object": "payment_intent", "customer": "cus_1", "amount": 4900, "currency": "usd",
        "created": made_at.as_second(), "latest_charge": charge,
        "status": if code.is_some() { "requires_payment_method" } else { "succeeded" },
        "amount_received": if code.is_some() { 0 } else { 4900 },
        "last_payment_error": code.map(|code| json!({"code": "card_declined", "decline_code": code})),
    })
}

/// Everything that Stripe sends of one invoice whose first try fails and whose second is paid.
fn history() -> Vec<Value> {
    let made_at = at(BILLED);
    let failed_at = made_at + SignedDuration::from_hours(1);
    let paid_at = failed_at + DAY;
    let code = Some("insufficient_funds");
    let open = |attempts, at| bill("in_1", made_at, "open", attempts, at);
    let paid = || bill("in_1", made_at, "paid", 2, paid_at);
    [
        ("invoice.finalized", made_at, open(0, made_at)),
        ("charge.failed", failed_at, charge("ch_1", "pi_1", code, failed_at)),
        ("payment_intent.payment_failed", failed_at, intent("pi_1", made_at, "ch_1", code)),
        ("invoice.payment_failed", failed_at, open(1, failed_at)),
        ("charge.succeeded", paid_at, charge("ch_2", "pi_1", None, paid_at)),
        ("payment_intent.succeeded", paid_at, intent("pi_1", made_at, "ch_2", None)),
        ("invoice.paid", paid_at, paid()),
        ("invoice.payment_succeeded", paid_at, paid()),
    ]
    .into_iter()
    .enumerate()
    .map(|(number, (kind, at, object))| stripe::event(&format!("evt_{number}"), kind, at, &object))
    .collect()
}

/// Delivers a history, and works what has arrived wherever its bit is set, and in the end.
async fn come(service: &Service, order: &[Value], pauses: u64) {
    for (place, body) in order.iter().enumerate() {
        let (status, answer) = deliver(service, body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        if (pauses >> place) & 1 == 1 {
            service.work().await.unwrap();
        }
    }
    service.work().await.unwrap();
}

async fn account(service: &Service) -> Value {
    get(service, "/api/accounts/stripe:cus_1").await
}

async fn shown(order: &[Value], pauses: u64) -> Value {
    let service = open_at(NOON).await;
    come(&service, order, pauses).await;
    let dead = service.queue.depths().unwrap();
    assert!(dead.iter().all(|queue| queue.dead == 0), "{dead:?}");
    let mut account = account(&service).await;
    // That there was a case meanwhile stays, where there was time for one.
    account.as_object_mut().unwrap().remove("past_cases");
    account
}

fn method(account: &Value) -> &Value {
    &account["history"][0]["method"]
}

/// How many times the sandbox was asked what pays what.
fn asked(service: &Service) -> usize {
    let calls = service.sandbox.calls("stripe").unwrap();
    calls.iter().filter(|call| call.path.starts_with("/v1/invoice_payments?")).count()
}

#[test]
fn whatever_was_worked_before_the_next_arrived_the_account_is_the_same() {
    run(async {
        let straight = history();
        let expected = shown(&straight, 0).await;
        assert_eq!(method(&expected), "visa ending 4242", "{expected}");
        assert_eq!((&expected["cases"], &expected["dunning"]), (&json!([]), &Value::Null), "{expected}");
        // No pause, one, all but one, all: and a sample of what lies between.
        let all = (1_u64 << (straight.len() - 1)) - 1;
        let one = (0..straight.len() - 1).map(|place| 1_u64 << place);
        let mut patterns: Vec<u64> = one.clone().chain(one.map(|pause| all ^ pause)).chain([all]).collect();
        let mut dice = Dice::new(15);
        patterns.extend((0..16).map(|_| dice.roll(all + 1)));
        for pauses in patterns {
            assert_eq!(shown(&straight, pauses).await, expected, "pauses {pauses:07b}");
        }
    });
}

#[test]
fn in_any_order_and_at_any_pace_an_invoice_shows_what_paid_it() {
    run(async {
        let mut dice = Dice::new(4);
        let mut expected: Option<Value> = None;
        for turn in 0..24 {
            let mut order = history();
            for place in (1..order.len()).rev() {
                order.swap(place, usize::try_from(dice.roll(place as u64 + 1)).unwrap());
            }
            let pauses = dice.roll(128);
            let told: Vec<_> = order.iter().map(|event| event["type"].as_str().unwrap()).collect();
            let account = shown(&order, pauses).await;
            assert_eq!(method(&account), "visa ending 4242", "turn {turn}, pauses {pauses:07b}: {told:?}");
            let expected = &*expected.get_or_insert_with(|| account.clone());
            assert_eq!(&account, expected, "turn {turn}, pauses {pauses:07b}: {told:?}");
        }
    });
}

#[test]
fn a_link_is_asked_for_only_where_it_is_missing() {
    run(async {
        let service = open_at(NOON).await;
        come(&service, &history(), 0b111_1111).await;
        assert!((1..=2).contains(&asked(&service)), "one invoice, one intent: {}", asked(&service));
        // What tells the link by itself leaves nothing to ask for.
        let service = open_at(NOON).await;
        let paid = json!({"id": "inpay_1", "object": "invoice_payment", "invoice": "in_1", "status": "paid",
            "payment": {"type": "payment_intent", "payment_intent": "pi_1"}});
        let history = history();
        let [billed, .., taken, _, paid_up, _] = &history[..] else { panic!("eight events") };
        let told = stripe::event("evt_told", "invoice_payment.paid", at(BILLED), &paid);
        let order = [billed.clone(), told, taken.clone(), paid_up.clone()];
        come(&service, &order, 0b1111).await;
        assert_eq!((method(&account(&service).await), asked(&service)), (&json!("visa ending 4242"), 0));
    });
}

#[test]
fn a_provider_that_did_not_answer_is_asked_for_the_link_again() {
    run(async {
        for pauses in [0, 0b111_1111] {
            let mut service = open_at(NOON).await;
            let silence = faults::silence(&mut service);
            come(&service, &history(), pauses).await;
            assert_eq!(method(&account(&service).await), &Value::Null, "nobody knows");
            silence.end();
            service.advance(service.clock.now() + SignedDuration::from_mins(10)).await.unwrap();
            assert_eq!(method(&account(&service).await), "visa ending 4242", "pauses {pauses:07b}");
            let once = asked(&service);
            service.advance(service.clock.now() + DAY).await.unwrap();
            assert_eq!(asked(&service), once, "what is known is not asked for again");
        }
    });
}

/// A provider whose key may not read this.
struct Refusing;

#[async_trait]
impl Http for Refusing {
    async fn call(&self, _: &str, _: &str, _: &Call) -> Result<Reply, NoReply> {
        Ok(Reply { status: 403, body: "{}".to_owned() })
    }
}

#[test]
fn an_alarm_asks_for_a_link_as_the_event_did() {
    run(async {
        for (told, refused) in [(true, false), (false, true)] {
            let mut service = open_at(NOON).await;
            let silence = faults::silence(&mut service);
            come(&service, &history(), 0b111_1111).await;
            silence.end();
            let before = asked(&service);
            if told {
                let paid = json!({"id": "inpay_1", "object": "invoice_payment", "invoice": "in_1", "status": "paid",
                    "payment": {"type": "payment_intent", "payment_intent": "pi_1"}});
                let now = service.clock.now();
                deliver(&service, &stripe::event("evt_told", "invoice_payment.paid", now, &paid)).await;
                service.work().await.unwrap();
            }
            if refused {
                service.context.http = Arc::new(Refusing);
            }
            service.advance(service.clock.now() + DAY).await.unwrap();
            if told {
                assert_eq!(asked(&service), before, "what is known by now is not asked for");
            }
            let dead = QueueName::ALL.map(|queue| service.queue.dead(queue).unwrap());
            assert!(dead.iter().all(Vec::is_empty), "a help is no dead letter: {dead:?}");
        }
    });
}

#[test]
fn a_provider_that_did_not_answer_is_asked_for_the_reason_again() {
    run(async {
        let mut service = open_at(NOON).await;
        let silence = faults::silence(&mut service);
        // Neither the charge nor the intent is delivered: only the provider can say why it failed.
        let history = history();
        come(&service, &[history[0].clone(), history[3].clone()], 0).await;
        let lacks = |cases: &Value| cases["items"][0]["preview"]["missing"].to_string().contains("decline code");
        let cases = get(&service, "/api/cases?state=open").await;
        assert!(lacks(&cases), "{cases}");
        silence.end();
        let tried = intent("pi_1", at(BILLED), "ch_1", Some("insufficient_funds"));
        service.sandbox.teach("stripe", &tried).unwrap();
        service.advance(service.clock.now() + SignedDuration::from_mins(10)).await.unwrap();
        let cases = get(&service, "/api/cases?state=open").await;
        assert!(!lacks(&cases) && cases["items"][0]["rule"] == "no-funds", "{cases}");
    });
}

#[test]
fn a_link_that_nobody_tells_is_given_up_until_another_event_misses_it() {
    run(async {
        let mut service = open_at(NOON).await;
        let silence = faults::silence(&mut service);
        come(&service, &history(), 0).await;
        // It waits twice as long each time, and no longer than an event waits for its parent.
        service.advance(service.clock.now() + DAY * 7).await.unwrap();
        silence.end();
        service.advance(service.clock.now() + DAY).await.unwrap();
        assert_eq!((method(&account(&service).await), asked(&service)), (&Value::Null, 0), "it was given up");
        let paid_at = at(BILLED) + DAY + SignedDuration::from_hours(1);
        let updated = charge("ch_2", "pi_1", None, paid_at);
        deliver(&service, &stripe::event("evt_updated", "charge.updated", paid_at + DAY, &updated)).await;
        service.work().await.unwrap();
        assert_eq!(method(&account(&service).await), "visa ending 4242");
    });
}

/// What the sandbox answers: the invoices that are named.
async fn answered(service: &Service, query: &str) -> Vec<String> {
    let call = Call::get(format!("/v1/invoice_payments?{query}"));
    let reply = service.context.http.call("stripe", "default", &call).await.unwrap();
    let list: Value = serde_json::from_str(&reply.body).unwrap();
    let pair = |paid: &Value| {
        format!("{} {}", paid["payment"]["payment_intent"].as_str().unwrap(), paid["invoice"].as_str().unwrap())
    };
    list["data"].as_array().unwrap().iter().map(pair).collect()
}

#[test]
fn the_sandbox_gives_the_link_that_stripe_would_give_whenever_it_is_asked() {
    run(async {
        let service = open_at(NOON).await;
        let first = at(BILLED);
        let (paid_at, second) = (first + DAY, first + DAY * 3);
        let tell = async |number: u32, kind: &str, at: Timestamp, object: Value| {
            deliver(&service, &stripe::event(&format!("evt_{number}"), kind, at, &object)).await;
        };
        let intent = |id: &str| format!("payment%5Btype%5D=payment_intent&payment%5Bpayment_intent%5D={id}");
        tell(1, "charge.succeeded", paid_at, charge("ch_1", "pi_1", None, paid_at)).await;
        assert!(answered(&service, &intent("pi_1")).await.is_empty(), "an invoice that it has not seen");
        tell(2, "invoice.paid", paid_at, bill("in_1", first, "paid", 1, paid_at)).await;
        assert_eq!(answered(&service, &intent("pi_1")).await, ["pi_1 in_1"]);
        assert_eq!(answered(&service, "invoice=in_1").await, ["pi_1 in_1"]);
        // The next bill has the same amount: its payment is not for the one that was paid before.
        tell(3, "charge.succeeded", second, charge("ch_2", "pi_2", None, second)).await;
        assert!(answered(&service, &intent("pi_2")).await.is_empty());
        tell(4, "invoice.finalized", second, bill("in_2", second, "open", 0, second)).await;
        assert_eq!(answered(&service, &intent("pi_2")).await, ["pi_2 in_2"]);
        assert_eq!(answered(&service, "invoice=in_1").await, ["pi_1 in_1"]);
        assert_eq!(answered(&service, "invoice=in_2").await, ["pi_2 in_2"]);
    });
}
