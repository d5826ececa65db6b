//! What people say of recoveries: pause, go on, stop, and what a customer has promised; by whom, twice, and in vain.

use crate::http::run;
use app::ports::Clock;
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use jiff::{SignedDuration, Timestamp};
use local::server::dispatch;
use local::service::Service;
use serde_json::{Value, json};
use tests::stripe;
use tests::world::{ask, at, deliver, get, import, open_at};

const PATH: &str = "/api/accounts/stripe:cus_1/dunning";

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

async fn tell(service: &Service, id: &str, kind: &str, object: &Value) {
    let (status, answer) = deliver(service, &stripe::event(id, kind, service.clock.now(), object)).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    service.work().await.unwrap();
}

async fn bill(service: &Service, kind: &str, customer: &str, invoice: &str, status: &str, minor: (i64, i64)) {
    let now = service.clock.now();
    let bill = stripe::invoice(customer, invoice, status, minor.0, minor.1, "usd", 1, now);
    tell(service, &format!("evt_{kind}_{invoice}_{now}"), kind, &bill).await;
}

/// A customer whose payment of 49.00 USD has failed.
async fn failed_at(start: &str) -> Service {
    let service = open_at(start).await;
    tell(&service, "evt_c1", "customer.created", &stripe::customer("cus_1", service.clock.now())).await;
    bill(&service, "invoice.payment_failed", "cus_1", "in_1", "open", (4900, 4900)).await;
    service
}

async fn failed() -> Service {
    failed_at("2026-03-02T09:00:00Z").await
}

async fn say(service: &Service, staff: &str, word: &Value) -> (u16, Value) {
    let (status, answer) = ask(service, staff, Method::POST, PATH, Some(word), None).await;
    (status.as_u16(), answer)
}

async fn said(service: &Service, staff: &str, word: &Value) -> Value {
    let (status, answer) = say(service, staff, word).await;
    assert_eq!(status, 200, "{word}: {answer}");
    answer["items"][0].clone()
}

async fn plan(service: &Service) -> Value {
    get(service, PATH).await["items"][0].clone()
}

fn due(plan: &Value) -> Vec<Timestamp> {
    plan["steps"].as_array().unwrap().iter().map(|step| at(step["due_at"].as_str().unwrap())).collect()
}

/// Which steps wait, by their places.
fn waiting(plan: &Value) -> Vec<usize> {
    let steps = plan["steps"].as_array().unwrap();
    (0..steps.len()).filter(|place| steps[*place]["state"] == "waiting").collect()
}

fn later(due: &[Timestamp], by: SignedDuration) -> Vec<Timestamp> {
    due.iter().map(|at| *at + by).collect()
}

async fn entries(service: &Service) -> Vec<(String, String)> {
    let ledger = get(service, "/api/accounts/stripe:cus_1/ledger").await;
    let items = ledger["items"].as_array().unwrap().iter().filter(|entry| entry["step"] == "recovery");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    items.map(|entry| (text(&entry["by"]), text(&entry["body"]["word"]))).collect()
}

fn reminders(service: &Service) -> usize {
    let letters = service.outbox.letters().unwrap();
    letters.iter().filter(|(_, letter)| letter.id.starts_with("dun_")).count()
}

#[test]
fn a_pause_moves_what_waits_and_said_twice_it_is_one() {
    run(async {
        let service = failed().await;
        let (before, start) = (plan(&service).await, service.clock.now());
        let (places, sent) = (waiting(&before), reminders(&service));
        assert!(!places.is_empty(), "{before}");
        let until = start + hours(72);
        let word = json!({"pause": {"until": until, "note": "on a journey"}});
        let paused = said(&service, "lena", &word).await;
        assert_eq!((&paused["paused_until"], due(&paused)), (&json!(until), due(&before)), "{paused}");
        assert_eq!(paused["steps"][places[0]]["reason"], "paused until 2026-03-05 09:00 UTC");
        assert_eq!(
            paused["control"]["said"],
            json!([{"at": start, "by": "lena", "word": "pause", "until": until, "note": "on a journey"}])
        );
        assert_eq!(said(&service, "luis", &word).await, paused, "the same changes nothing, whoever says it");
        assert_eq!(entries(&service).await, [("lena".to_owned(), "pause".to_owned())]);

        service.advance(until - hours(1)).await.unwrap();
        assert_eq!((reminders(&service), plan(&service).await["state"].clone()), (sent, json!("running")));
        service.advance(until + hours(1)).await.unwrap();
        let after = plan(&service).await;
        let moved = |due: Vec<Timestamp>| places.iter().map(|place| due[*place]).collect::<Vec<_>>();
        assert_eq!(moved(due(&after)), later(&moved(due(&before)), hours(72)), "{after}");
        assert_eq!(after["paused_until"], Value::Null);
        service.advance(until + hours(24 * 10)).await.unwrap();
        assert!(reminders(&service) > sent, "it goes on");
    });
}

#[test]
fn a_pause_ends_when_somebody_says_so() {
    run(async {
        let service = failed().await;
        let before = plan(&service).await;
        said(&service, "bea", &json!({"pause": {"until": "2026-03-20"}})).await;
        service.advance(service.clock.now() + hours(48)).await.unwrap();
        let resumed = said(&service, "mara", &json!({"resume": {}})).await;
        assert_eq!((due(&resumed), &resumed["paused_until"]), (later(&due(&before), hours(48)), &Value::Null));
        assert_eq!(said(&service, "mara", &json!({"resume": {}})).await, resumed, "twice is once");
        let words = [("bea", "pause"), ("mara", "resume")].map(|(by, word)| (by.to_owned(), word.to_owned()));
        assert_eq!(entries(&service).await, words);
    });
}

#[test]
fn what_was_stopped_stays_so_whatever_fails_again() {
    run(async {
        let service = failed().await;
        let word = json!({"stop": {"note": "they have a credit with us"}});
        let stopped = said(&service, "lena", &word).await;
        let reason = stopped["reason"].as_str().unwrap().to_owned();
        assert!(stopped["state"] == "stopped" && reason.starts_with("stopped by "), "{stopped}");
        assert_eq!(stopped["control"]["said"][0]["note"], "they have a credit with us");
        assert!(get(&service, "/api/accounts/stripe:cus_1").await["dunning"].is_null());
        assert_eq!(said(&service, "luis", &word).await, stopped, "it is stopped already");
        assert_eq!(entries(&service).await, [("lena".to_owned(), "stop".to_owned())]);
        let sent = reminders(&service);
        service.advance(service.clock.now() + hours(24)).await.unwrap();
        bill(&service, "invoice.payment_failed", "cus_1", "in_1", "open", (4900, 4900)).await;
        service.advance(service.clock.now() + hours(24 * 40)).await.unwrap();
        assert_eq!((plan(&service).await, reminders(&service)), (stopped, sent), "and nobody is written to");
        let about = json!({"invoice": "in_1", "pause": {"until": service.clock.now() + hours(24)}});
        let (status, answer) = say(&service, "lena", &about).await;
        assert_eq!((status, &answer["error"]["code"]), (409, &json!("already_over")), "{answer}");
        assert!(answer["error"]["message"].as_str().unwrap().contains(&reason), "{answer}");
    });
}

#[test]
fn what_cannot_be_is_refused_with_a_sentence_and_changes_nothing() {
    run(async {
        let service = failed().await;
        let before = plan(&service).await;
        let usd = |amount: &str| json!({"amount": amount, "currency": "USD"});
        let promise = |date: &str, amount: Value| json!({"promise": {"date": date, "amount": amount}});
        for (name, staff, word, status, code) in [
            ("nothing", "lena", json!({}), 400, "malformed"),
            ("two words", "lena", json!({"resume": {}, "stop": {"note": "x"}}), 400, "malformed"),
            ("another word", "lena", json!({"cancel": {}}), 400, "malformed"),
            ("no day", "lena", json!({"pause": {"until": "soon"}}), 400, "malformed"),
            ("no such day", "lena", json!({"pause": {"until": "2026-02-30"}}), 400, "malformed"),
            ("yesterday", "lena", json!({"pause": {"until": "2026-03-01"}}), 422, "not_possible"),
            ("a moment ago", "lena", json!({"pause": {"until": "2026-03-02T08:59:59Z"}}), 422, "not_possible"),
            ("next year", "lena", json!({"pause": {"until": "2027-03-01"}}), 422, "not_possible"),
            ("the end of the calendar", "lena", json!({"pause": {"until": "9999-12-31"}}), 422, "not_possible"),
            ("without a reason", "lena", json!({"stop": {"note": " "}}), 422, "not_possible"),
            ("a novel", "lena", json!({"stop": {"note": "x".repeat(501)}}), 400, "malformed"),
            ("promised for yesterday", "lena", promise("2026-03-01", usd("49.00")), 422, "not_possible"),
            ("promised for next year", "lena", promise("2027-03-01", usd("49.00")), 422, "not_possible"),
            ("too much", "lena", promise("2026-03-05", usd("49.01")), 422, "not_possible"),
            ("nothing is promised", "lena", promise("2026-03-05", usd("0.00")), 422, "not_possible"),
            ("less than nothing", "lena", promise("2026-03-05", usd("-1.00")), 422, "not_possible"),
            ("a part of a cent", "lena", promise("2026-03-05", usd("1.001")), 400, "malformed"),
            (
                "in euros",
                "lena",
                promise("2026-03-05", json!({"amount": "49.00", "currency": "EUR"})),
                422,
                "not_possible",
            ),
            ("an analyst", "ana", json!({"pause": {"until": "2026-03-05"}}), 403, "not_permitted"),
            ("legal", "leo", json!({"stop": {"note": "why"}}), 403, "not_permitted"),
            ("no such invoice", "lena", json!({"invoice": "in_9", "resume": {}}), 404, "not_found"),
            ("a very long invoice", "lena", json!({"invoice": "x".repeat(3000), "resume": {}}), 404, "not_found"),
        ] {
            let (found, answer) = say(&service, staff, &word).await;
            assert_eq!((found, &answer["error"]["code"]), (status, &json!(code)), "{name}: {answer}");
            assert!(answer["error"]["message"].as_str().is_some_and(|it| it.len() > 20), "{name}: {answer}");
            assert_eq!(plan(&service).await, before, "{name}");
        }
        for (path, status) in [("/api/accounts/stripe:nobody/dunning", 404), ("/api/accounts/acc_x/dunning", 404)] {
            let word = json!({"resume": {}});
            assert_eq!(ask(&service, "lena", Method::POST, path, Some(&word), None).await.0, status, "{path}");
            assert_eq!(ask(&service, "lena", Method::GET, path, None, None).await.0, status, "{path}");
        }
        assert_eq!(entries(&service).await, []);
        tell(&service, "evt_c2", "customer.created", &stripe::customer("cus_2", service.clock.now())).await;
        let nobody = "/api/accounts/stripe:cus_2/dunning";
        let word = json!({"stop": {"note": "why"}});
        assert_eq!(ask(&service, "lena", Method::POST, nobody, Some(&word), None).await.0, 404, "nothing runs there");
        assert_eq!(get(&service, nobody).await, json!({"items": [], "next": null}));
    });
}

#[test]
fn a_promise_ends_with_its_day_where_the_customer_lives() {
    for (zone, now, date, until) in [
        ("UTC", "2026-03-02T09:00:00Z", "2026-03-04", "2026-03-05T00:00:00Z"),
        ("Europe/Berlin", "2026-03-27T09:00:00Z", "2026-03-29", "2026-03-29T22:00:00Z"),
        ("Europe/Berlin", "2026-10-23T09:00:00Z", "2026-10-25", "2026-10-25T23:00:00Z"),
        ("America/New_York", "2026-03-06T15:00:00Z", "2026-03-08", "2026-03-09T04:00:00Z"),
        ("America/New_York", "2026-10-30T15:00:00Z", "2026-11-01", "2026-11-02T05:00:00Z"),
        ("Pacific/Kiritimati", "2026-03-02T09:00:00Z", "2026-03-04", "2026-03-04T10:00:00Z"),
        // There it is the day before.
        ("Pacific/Pago_Pago", "2026-03-03T09:00:00Z", "2026-03-02", "2026-03-03T11:00:00Z"),
        ("Europe/Berlin", "2026-04-29T09:00:00Z", "2026-04-30", "2026-04-30T22:00:00Z"),
        ("UTC", "2028-02-28T09:00:00Z", "2028-02-29", "2028-03-01T00:00:00Z"),
        ("Australia/Sydney", "2026-12-30T09:00:00Z", "2026-12-31", "2026-12-31T13:00:00Z"),
    ] {
        run(async {
            let service = failed_at(now).await;
            let csv = format!("account,time_zone\nstripe:cus_1,{zone}\n");
            assert_eq!(import(&service, "mara", "customers", &csv, false).await.0, StatusCode::OK, "{zone}");
            let before = plan(&service).await;
            let first = waiting(&before)[0];
            let word = json!({"promise": {"date": date, "amount": {"amount": "20.00", "currency": "USD"}}});
            let promised = said(&service, "lena", &word).await;
            assert_eq!(promised["control"]["promise"]["until"], until, "{zone}: {promised}");
            assert_eq!(said(&service, "lena", &word).await, promised, "{zone}: it is the same one");
            let until = at(until);
            service.advance(until - SignedDuration::from_secs(1)).await.unwrap();
            let waits = plan(&service).await;
            assert_eq!((&waits["control"], due(&waits)), (&promised["control"], due(&before)), "{zone}: not before");
            service.advance(until + SignedDuration::from_mins(2)).await.unwrap();
            let broken = plan(&service).await;
            assert_eq!((&broken["control"]["broken"], &broken["control"]["kept"]), (&json!(1), &json!(0)), "{broken}");
            assert_eq!((&broken["control"]["promise"], &broken["state"]), (&Value::Null, &json!("running")), "{zone}");
            let moved = due(&broken);
            assert!(moved[first] <= service.clock.now(), "{zone}: the next step comes at once: {broken}");
            let paused = until.duration_since(at(now));
            assert_eq!(moved[first + 1..], later(&due(&before)[first + 1..], paused), "{zone}: the others wait");
            assert_eq!(broken["control"]["said"][1]["word"], "broken", "{broken}");
        });
    }
}

#[test]
fn a_pause_until_a_day_ends_with_it_where_the_customer_lives() {
    for (zone, now, day, until) in [
        ("Europe/Berlin", "2026-03-27T09:00:00Z", "2026-03-29", "2026-03-29T22:00:00Z"),
        ("Europe/Berlin", "2026-10-23T09:00:00Z", "2026-10-25", "2026-10-25T23:00:00Z"),
        ("America/New_York", "2026-11-30T15:00:00Z", "2026-12-31", "2027-01-01T05:00:00Z"),
        ("Australia/Sydney", "2026-09-30T09:00:00Z", "2026-10-04", "2026-10-04T13:00:00Z"),
        ("Europe/Berlin", "2028-02-27T09:00:00Z", "2028-02-29", "2028-02-29T23:00:00Z"),
    ] {
        run(async {
            let service = failed_at(now).await;
            let csv = format!("account,time_zone\nstripe:cus_1,{zone}\n");
            assert_eq!(import(&service, "mara", "customers", &csv, false).await.0, StatusCode::OK, "{zone}");
            let before = plan(&service).await;
            let paused = said(&service, "lena", &json!({"pause": {"until": day}})).await;
            assert_eq!((&paused["paused_until"], due(&paused)), (&json!(until), due(&before)), "{zone}");
            let (until, sent) = (at(until), reminders(&service));
            service.advance(until - SignedDuration::from_secs(1)).await.unwrap();
            assert_eq!((reminders(&service), due(&plan(&service).await)), (sent, due(&before)), "{zone}: not before");
            service.advance(until + SignedDuration::from_mins(2)).await.unwrap();
            let after = plan(&service).await;
            let moved = later(&due(&before), until.duration_since(at(now)));
            assert_eq!((&after["paused_until"], due(&after)), (&Value::Null, moved), "{zone}: {after}");
        });
    }
}

#[test]
fn a_promise_is_kept_by_a_part_or_by_all() {
    for (name, kind, status, left, state, kept, broken) in [
        ("what was promised", "invoice.updated", "open", 2900, "running", 1, 0),
        ("a part of it", "invoice.updated", "open", 2901, "running", 0, 1),
        ("all of it", "invoice.paid", "paid", 0, "stopped", 1, 0),
        ("it was withdrawn", "invoice.voided", "void", 4900, "stopped", 0, 0),
    ] {
        run(async {
            let service = failed().await;
            let word = json!({"promise": {"date": "2026-03-06", "amount": {"amount": "20.00", "currency": "USD"}}});
            said(&service, "lena", &word).await;
            service.advance(service.clock.now() + hours(48)).await.unwrap();
            bill(&service, kind, "cus_1", "in_1", status, (4900, left)).await;
            service.advance(at("2026-03-07T00:02:00Z")).await.unwrap();
            let after = plan(&service).await;
            let control = &after["control"];
            assert_eq!(
                (&after["state"], &control["kept"], &control["broken"], &control["promise"]),
                (&json!(state), &json!(kept), &json!(broken), &Value::Null),
                "{name}: {after}"
            );
        });
    }
}

#[test]
fn one_promise_is_open_at_a_time_and_not_many_are_broken() {
    run(async {
        let service = failed().await;
        let promise = |date: &str| json!({"promise": {"date": date, "amount": {"amount": "49.00", "currency": "USD"}}});
        said(&service, "lena", &promise("2026-03-04")).await;
        let (status, answer) = say(&service, "lena", &promise("2026-03-05")).await;
        assert_eq!((status, &answer["error"]["code"]), (409, &json!("already_promised")), "{answer}");
        let taken_back = said(&service, "lena", &json!({"resume": {}})).await;
        assert_eq!((&taken_back["control"]["broken"], &taken_back["control"]["promise"]), (&json!(0), &Value::Null));
        for (date, over) in [("2026-03-03", "2026-03-04T00:02:00Z"), ("2026-03-04", "2026-03-05T00:02:00Z")] {
            said(&service, "lena", &promise(date)).await;
            service.advance(at(over)).await.unwrap();
        }
        assert_eq!(plan(&service).await["control"]["broken"], 2);
        let (status, answer) = say(&service, "lena", &promise("2026-03-06")).await;
        assert_eq!((status, &answer["error"]["code"]), (422, &json!("not_possible")), "{answer}");
        assert!(answer["error"]["message"].as_str().unwrap().starts_with("2 promises"), "{answer}");
        said(&service, "lena", &json!({"pause": {"until": "2026-03-06"}})).await;
    });
}

#[test]
fn all_that_runs_of_an_account_is_meant_where_no_invoice_is_named() {
    run(async {
        let service = failed().await;
        bill(&service, "invoice.payment_failed", "cus_1", "in_2", "open", (2400, 2400)).await;
        let states = async |service: &Service| {
            let all = get(service, PATH).await;
            let items = all["items"].as_array().unwrap().clone();
            items.iter().map(|it| (it["invoice"].clone(), it["paused_until"].is_null())).collect::<Vec<_>>()
        };
        let (_, answer) = say(&service, "lena", &json!({"pause": {"until": "2026-03-05"}})).await;
        assert_eq!(answer["items"].as_array().unwrap().len(), 2, "{answer}");
        assert_eq!(states(&service).await, [(json!("in_1"), false), (json!("in_2"), false)]);
        said(&service, "lena", &json!({"invoice": "in_2", "resume": {}})).await;
        assert_eq!(states(&service).await, [(json!("in_1"), false), (json!("in_2"), true)]);
        let promise = json!({"promise": {"date": "2026-03-05", "amount": {"amount": "1.00", "currency": "USD"}}});
        let (status, answer) = say(&service, "lena", &promise).await;
        assert_eq!((status, &answer["error"]["code"]), (422, &json!("not_possible")), "{answer}");
    });
}

#[test]
fn the_board_shows_whose_how_much_why_and_when() {
    run(async {
        let service = failed().await;
        for (number, minor) in [(2, 2_400), (3, 200_000)] {
            let (customer, invoice) = (format!("cus_{number}"), format!("in_{number}"));
            let now = service.clock.now();
            tell(&service, &format!("evt_c{number}"), "customer.created", &stripe::customer(&customer, now)).await;
            bill(&service, "invoice.payment_failed", &customer, &invoice, "open", (minor, minor)).await;
        }
        let names = async |query: &str| {
            let page = get(&service, &format!("/api/dunning?{query}")).await;
            let items = page["items"].as_array().unwrap().clone();
            let mut names: Vec<_> = items.iter().map(|it| it["name"].as_str().unwrap().to_owned()).collect();
            names.sort();
            (names.join(", "), page["next"].clone())
        };
        let all = "Customer cus_1, Customer cus_2, Customer cus_3";
        assert_eq!(names("").await, (all.to_owned(), Value::Null));
        let page = get(&service, "/api/dunning").await;
        let items = page["items"].as_array().unwrap();
        let turns: Vec<_> = items
            .iter()
            .map(|it| {
                let at = it["next_at"].as_str().unwrap();
                (at[..10].to_owned(), it["queue"].as_u64().unwrap(), at.to_owned())
            })
            .collect();
        assert!(turns.is_sorted(), "{turns:?}");
        let third = items.iter().find(|it| it["invoice"] == "in_3").unwrap();
        assert_eq!((&third["amount"]["amount"], &third["queue"]), (&json!("2000.00"), &json!(1)), "{third}");
        assert!(third["why"].as_str().is_some_and(|why| !why.is_empty()), "{third}");
        said(&service, "lena", &json!({"pause": {"until": "2026-03-30"}})).await;
        assert_eq!(names("paused=true").await.0, "Customer cus_1");
        assert_eq!(names("paused=false").await.0, "Customer cus_2, Customer cus_3");
        let segment = third["segment"].as_str().unwrap();
        assert_eq!(names(&format!("segment={segment}")).await.0, "Customer cus_3");
        assert_eq!(names("due_before=2026-03-29").await, ("Customer cus_2, Customer cus_3".to_owned(), Value::Null));
        assert_eq!(names("due_before=2026-03-02T09:00:00Z").await.0, "");
        let (first, next) = names("limit=2").await;
        let cursor = next.as_str().unwrap();
        let (rest, end) = names(&format!("limit=2&cursor={cursor}")).await;
        assert_eq!(
            (first.as_str(), rest.as_str(), end),
            ("Customer cus_2, Customer cus_3", "Customer cus_1", Value::Null)
        );
        for query in ["segment=nobody", "paused=perhaps", "due_before=x"] {
            let path = format!("/api/dunning?{query}");
            assert_eq!(ask(&service, "ana", Method::GET, &path, None, None).await.0, 400, "{query}");
        }
        for path in
            ["/dunning", "/dunning?paused=true", "/dunning?due_before=2026-03-29&segment=", "/accounts/stripe:cus_1"]
        {
            let (status, page) = ask(&service, "ana", Method::GET, path, None, None).await;
            assert_eq!(status, StatusCode::OK, "{path}");
            assert_eq!(page.as_str().unwrap().contains("Customer cus_1"), !path.contains("due_before"), "{path}");
        }
    });
}

#[test]
fn within_a_day_what_is_worked_first_stands_first_on_every_page_and_wherever_it_is_shown() {
    run(async {
        let service = failed().await;
        for (number, minor) in [(2, 2_400), (3, 200_000)] {
            let (customer, invoice) = (format!("cus_{number}"), format!("in_{number}"));
            let now = service.clock.now();
            tell(&service, &format!("evt_c{number}"), "customer.created", &stripe::customer(&customer, now)).await;
            bill(&service, "invoice.payment_failed", &customer, &invoice, "open", (minor, minor)).await;
        }
        // The high amount goes on later on its day than a low one, and later than one of the day before.
        for (number, until) in [(1, "2026-03-30T08:00:00Z"), (2, "2026-03-29T20:00:00Z"), (3, "2026-03-30T12:00:00Z")] {
            let path = format!("/api/accounts/stripe:cus_{number}/dunning");
            let (status, answer) =
                ask(&service, "lena", Method::POST, &path, Some(&json!({"pause": {"until": until}})), None).await;
            assert_eq!(status, StatusCode::OK, "{answer}");
        }
        let invoices = async |query: &str| {
            let page = get(&service, &format!("/api/dunning?{query}")).await;
            let items = page["items"].as_array().unwrap().clone();
            let all: Vec<_> = items.iter().map(|it| it["invoice"].as_str().unwrap().to_owned()).collect();
            (all.join(" "), page["next"].as_str().map(str::to_owned))
        };
        for (name, query, expected) in [
            ("all", "", "in_2 in_3 in_1"),
            ("of the last day a part", "due_before=2026-03-30T10:00:00Z", "in_2 in_1"),
            ("the same, to the end of its hour", "due_before=2026-03-30T12:00:00.001Z", "in_2 in_3 in_1"),
            ("until a day begins", "due_before=2026-03-30", "in_2"),
            ("nothing", "due_before=2026-03-29T20:00:00Z", ""),
        ] {
            assert_eq!(invoices(query).await, (expected.to_owned(), None), "{name}");
        }
        let (mut each, mut query) = (Vec::new(), "limit=1".to_owned());
        while let (one, Some(cursor)) = invoices(&query).await {
            each.push(one);
            query = format!("limit=1&cursor={cursor}");
        }
        each.push(invoices(&query).await.0);
        assert_eq!(each.join(" "), "in_2 in_3 in_1", "page by page");
        for path in ["/dunning", "/"] {
            let (status, page) = ask(&service, "ana", Method::GET, path, None, None).await;
            assert_eq!(status, StatusCode::OK, "{path}");
            let page = page.as_str().unwrap().to_owned();
            let page = page.split_once("Recoveries that come next").map_or(page.as_str(), |(_, behind)| behind);
            let shown =
                |number: u32| [format!("IN_{number}"), format!("in_{number}")].iter().find_map(|it| page.find(it));
            let places: Vec<_> = [2, 3, 1].map(shown).to_vec();
            assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{path}: {places:?}");
        }
    });
}

#[test]
fn a_form_that_is_refused_says_why_and_keeps_what_was_written() {
    run(async {
        let service = failed().await;
        let signed_in = dispatch(&service, &Request::post("/local/login").body("staff=lena".into()).unwrap()).await;
        let cookie = signed_in.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let look = async |path: &str| {
            let request = Request::get(path).header("cookie", &cookie).body(Bytes::new()).unwrap();
            let answer = dispatch(&service, &request).await;
            assert_eq!(answer.status(), StatusCode::OK, "{path}");
            String::from_utf8(answer.body().to_vec()).unwrap()
        };
        let page = look("/accounts/stripe:cus_1").await;
        let csrf = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let send = async |form: &str| {
            let request = Request::post("/accounts/stripe:cus_1/dunning")
                .header("cookie", &cookie)
                .header("sec-fetch-site", "same-origin")
                .header("content-type", "application/x-www-form-urlencoded");
            let body = Bytes::from(format!("csrf={csrf}&invoice=in_1&{form}"));
            let answer = dispatch(&service, &request.body(body).unwrap()).await;
            (answer.status().as_u16(), String::from_utf8(answer.body().to_vec()).unwrap())
        };
        for (form, status, why, kept) in [
            ("say=pause&until=2020-01-01&note=gone", 422, "must lie ahead", "value=\"2020-01-01\""),
            ("say=pause&until=soon", 400, "choose a day", "value=\"soon\""),
            ("say=stop&note=", 422, "say in `note` why", "Stop it for good"),
            ("say=promise&date=2026-03-05&amount=50&currency=USD", 422, "49.00 USD are open", "value=\"50\""),
            ("say=promise&date=2026-03-05&amount=much&currency=USD", 400, "write it like 24.00", "value=\"much\""),
        ] {
            let (found, page) = send(form).await;
            assert_eq!(found, status, "{form}: {page}");
            assert!(page.contains(why) && page.contains(kept) && page.contains("<details open>"), "{form}: {page}");
        }
        assert_eq!(send("say=promise&date=2026-03-05&amount=20&currency=USD").await.0, 303);
        let page = look("/accounts/stripe:cus_1").await;
        assert!(page.contains("the customer promises 20.00 USD by 2026-03-05") && page.contains("Let it go on"));
        assert!(look("/accounts/stripe:cus_1/dunning").await.contains("Customer cus_1"));
        assert_eq!(send("say=resume").await.0, 303);
        assert_eq!(send("say=stop&note=paid+by+cheque").await.0, 303);
        assert!(look("/accounts/stripe:cus_1").await.contains("paid by cheque"));
    });
}
