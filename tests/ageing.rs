//! What is owed, by the days that it is overdue: sums and rows at any time, and the way up the ladder.

use crate::http::run;
use app::ports::Clock;
use http::{Method, StatusCode};
use local::service::Service;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tests::faults::deafen;
use tests::stripe;
use tests::world::{ask, at, deliver, get, open_at};

pub const CUSTOMER: &str = "cus_1@shop.example";

/// A service with a customer, at a time.
pub async fn begun(now: &str) -> Service {
    let service = open_at(now).await;
    tell(&service, "customer.created", &stripe::customer("cus_1", service.clock.now())).await;
    service
}

pub async fn tell(service: &Service, kind: &str, object: &Value) {
    let now = service.clock.now();
    let id = format!("evt_{kind}_{}_{}", object["id"].as_str().unwrap(), now.as_second());
    let (status, answer) = deliver(service, &stripe::event(&id, kind, now, object)).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    service.work().await.unwrap();
}

/// An invoice as it stands, made and due when it says.
pub fn invoice(id: &str, made: &str, due_on: &str, currency: &str, remaining: i64) -> Value {
    let status = if remaining == 0 { "paid" } else { "open" };
    let mut invoice = stripe::invoice("cus_1", id, status, 49_000, remaining, currency, 0, at(made));
    invoice["due_date"] = json!(at(&format!("{due_on}T00:00:00Z")).as_second());
    invoice
}

pub async fn pay(service: &Service, id: &str, made: &str, due_on: &str) {
    let mut paid = invoice(id, made, due_on, "usd", 0);
    paid["status_transitions"]["paid_at"] = json!(service.clock.now().as_second());
    tell(service, "invoice.paid", &paid).await;
}

/// The tasks of what is overdue: the bucket and what it says.
pub async fn tasks(service: &Service, state: &str) -> Vec<(String, String)> {
    let tasks = get(service, &format!("/api/tasks?state={state}")).await;
    let overdue = tasks["items"].as_array().unwrap().iter().filter(|task| task["about"]["kind"] == "overdue");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    overdue.map(|task| (text(&task["about"]["bucket"]), text(&task["what"]))).collect()
}

pub fn letters(service: &Service) -> usize {
    service.outbox.letters().unwrap().iter().filter(|(_, letter)| letter.to == CUSTOMER).count()
}

/// The buckets of one currency that hold anything: their names, counts and amounts.
async fn buckets(service: &Service, query: &str, currency: &str) -> Vec<(String, u64, String)> {
    let answer = get(service, &format!("/api/ageing{query}")).await;
    let of = answer["currencies"].as_array().unwrap().iter().find(|of| of["currency"] == currency);
    let lines = of.into_iter().flat_map(|of| of["buckets"].as_array().unwrap());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    lines
        .map(|line| (text(&line["bucket"]), line["count"].as_u64().unwrap(), text(&line["amount"]["amount"])))
        .filter(|(_, count, _)| *count > 0)
        .collect()
}

/// The rows of all pages.
async fn rows(service: &Service, query: &str) -> Vec<Value> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    for _ in 0..20 {
        let page = get(service, &format!("/api/ageing?limit=1&{query}{cursor}")).await;
        found.extend(page["items"].as_array().unwrap().clone());
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
    panic!("the pages of {query} do not end: {found:?}");
}

#[test]
fn a_transfer_takes_every_rung_once_until_it_is_paid() {
    run(async {
        let service = begun("2026-03-01T09:00:00Z").await;
        let (made, due_on) = ("2026-03-01T09:00:00Z", "2026-03-15");
        tell(&service, "invoice.finalized", &invoice("in_1", made, due_on, "usd", 49_000)).await;
        for (now, bucket, what, mailed) in [
            ("2026-03-18T08:30:00Z", None, "", 0),
            ("2026-03-18T09:30:00Z", Some("0-30"), "3 days overdue", 1),
            ("2026-04-14T09:30:00Z", Some("0-30"), "3 days overdue", 1),
            ("2026-04-15T09:30:00Z", Some("31-60"), "31 days overdue", 2),
            ("2026-05-15T09:30:00Z", Some("61-90"), "61 days overdue", 3),
            ("2026-06-14T09:30:00Z", Some("90+"), "91 days overdue", 3),
            ("2026-09-01T09:30:00Z", Some("90+"), "91 days overdue", 3),
        ] {
            service.advance(at(now)).await.unwrap();
            let open = tasks(&service, "open").await;
            assert_eq!(
                open.iter().map(|(bucket, _)| bucket.as_str()).collect::<Vec<_>>(),
                Vec::from_iter(bucket),
                "{now}"
            );
            assert!(
                open.iter().all(|(_, said)| said.ends_with(what) && said.contains("490.00 USD")),
                "{now}: {open:?}"
            );
            assert_eq!(letters(&service), mailed, "{now}");
        }
        pay(&service, "in_1", made, due_on).await;
        assert_eq!((tasks(&service, "open").await.len(), tasks(&service, "done").await.len()), (0, 1));
        service.advance(at("2027-03-01T09:00:00Z")).await.unwrap();
        assert_eq!((tasks(&service, "open").await.len(), letters(&service)), (0, 3), "and no more");
        let sent = service.outbox.letters().unwrap();
        let theirs = sent.iter().filter(|(_, letter)| letter.to == CUSTOMER);
        let ids: BTreeSet<&str> = theirs.map(|(_, letter)| letter.id.as_str()).collect();
        assert_eq!(ids.len(), 3, "each rung's letter has an id of its own: {ids:?}");
    });
}

#[test]
fn a_letter_that_is_refused_is_sent_later_and_its_task_stays_whose_it_is() {
    run(async {
        let mut service = begun("2026-03-01T09:00:00Z").await;
        let due = invoice("in_1", "2026-03-01T09:00:00Z", "2026-03-15", "usd", 49_000);
        tell(&service, "invoice.finalized", &due).await;
        let post = service.context.post.clone();
        deafen(&mut service, CUSTOMER);
        service.advance(at("2026-03-18T09:10:00Z")).await.unwrap();
        assert_eq!((tasks(&service, "open").await.len(), letters(&service)), (1, 0));
        let id = get(&service, "/api/tasks").await["items"][0]["id"].as_str().unwrap().to_owned();
        let (path, word) = (format!("/api/tasks/{id}"), json!({"assign": "bea"}));
        let (status, answer) = ask(&service, "mara", Method::POST, &path, Some(&word), None).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        service.context.post = post;
        service.advance(at("2026-03-19T09:10:00Z")).await.unwrap();
        assert_eq!(letters(&service), 1);
        assert_eq!(get(&service, &path).await["assigned_to"], "bea");
    });
}

#[test]
fn a_task_of_the_ladder_stands_in_the_queue_of_its_invoice() {
    for (what, cents, queue) in [("little", 49_000, 9), ("less than much", 99_999, 9), ("much", 100_000, 1)] {
        run(async {
            let service = begun("2026-03-01T09:00:00Z").await;
            let made = at("2026-03-01T09:00:00Z");
            let mut due = stripe::invoice("cus_1", "in_1", "open", cents, cents, "usd", 0, made);
            due["due_date"] = json!(at("2026-03-15T00:00:00Z").as_second());
            tell(&service, "invoice.finalized", &due).await;
            for now in ["2026-03-18T09:30:00Z", "2026-04-15T09:30:00Z"] {
                service.advance(at(now)).await.unwrap();
                let open = get(&service, "/api/tasks?state=open").await;
                let of_ladder = open["items"].as_array().unwrap().iter().filter(|it| it["about"]["kind"] == "overdue");
                let queues: Vec<_> = of_ladder.map(|task| task["queue"].clone()).collect();
                assert_eq!(queues, [json!(queue)], "{what} on {now}");
            }
        });
    }
}

#[test]
fn a_letter_of_the_ladder_leaves_by_day_and_on_working_days_and_its_task_with_it() {
    run(async {
        let service = begun("2026-03-01T09:00:00Z").await;
        let mut customer = stripe::customer("cus_1", service.clock.now());
        customer["address"] = json!({"country": "DE"});
        tell(&service, "customer.updated", &customer).await;
        // Its third day is a Saturday.
        let due = invoice("in_1", "2026-03-01T09:00:00Z", "2026-03-18", "usd", 49_000);
        tell(&service, "invoice.finalized", &due).await;
        for (now, expected) in [
            ("2026-03-21T09:30:00Z", 0),
            ("2026-03-22T12:00:00Z", 0),
            ("2026-03-23T06:55:00Z", 0),
            ("2026-03-23T07:05:00Z", 1),
            ("2026-03-24T12:00:00Z", 1),
        ] {
            service.advance(at(now)).await.unwrap();
            assert_eq!((tasks(&service, "open").await.len(), letters(&service)), (expected, expected), "{now}");
        }
    });
}

#[test]
fn what_is_paid_between_two_rungs_meets_no_other() {
    run(async {
        let service = begun("2026-03-01T09:00:00Z").await;
        let (made, due_on) = ("2026-03-01T09:00:00Z", "2026-03-15");
        tell(&service, "invoice.finalized", &invoice("in_1", made, due_on, "usd", 49_000)).await;
        service.advance(at("2026-03-20T09:00:00Z")).await.unwrap();
        pay(&service, "in_1", made, due_on).await;
        service.advance(at("2026-08-01T09:00:00Z")).await.unwrap();
        assert_eq!((tasks(&service, "open").await.len(), letters(&service)), (0, 1));
    });
}

#[test]
fn what_its_recovery_did_not_bring_in_goes_on_from_the_next_rung() {
    run(async {
        let service = begun("2026-03-01T09:00:00Z").await;
        let now = service.clock.now();
        let failed = stripe::invoice("cus_1", "in_1", "open", 4900, 4900, "usd", 1, now);
        tell(&service, "invoice.finalized", &failed).await;
        let charge = stripe::charge("cus_1", "ch_1", Some("in_1"), 4900, "usd", Some("insufficient_funds"), now);
        tell(&service, "charge.failed", &charge).await;
        tell(&service, "invoice.payment_failed", &failed).await;
        service.advance(at("2026-05-01T08:30:00Z")).await.unwrap();
        assert_eq!(tasks(&service, "open").await, [], "its recovery went on beyond the second rung's day");
        let before = letters(&service);
        service.advance(at("2026-05-01T09:30:00Z")).await.unwrap();
        let task = ("61-90".to_owned(), "Collect 49.00 USD of invoice in_1: 61 days overdue".to_owned());
        assert_eq!((tasks(&service, "open").await, letters(&service)), (vec![task], before + 1));
    });
}

#[test]
fn the_ladder_is_stopped_by_hand_and_goes_on_when_it_is_released() {
    run(async {
        let service = begun("2026-03-01T09:00:00Z").await;
        let due = invoice("in_1", "2026-03-01T09:00:00Z", "2026-03-15", "usd", 49_000);
        tell(&service, "invoice.finalized", &due).await;
        let stop = json!({"segment": "ageing", "note": "the letters are wrong"});
        let (status, answer) = ask(&service, "mara", Method::POST, "/api/stop", Some(&stop), None).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        service.advance(at("2026-03-18T12:00:00Z")).await.unwrap();
        assert_eq!((tasks(&service, "open").await.len(), letters(&service)), (0, 0));
        let release = json!({"segment": "ageing", "release": true});
        let (status, answer) = ask(&service, "mara", Method::POST, "/api/stop", Some(&release), None).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        service.advance(at("2026-03-18T13:00:00Z")).await.unwrap();
        assert_eq!((tasks(&service, "open").await.len(), letters(&service)), (1, 1));
    });
}

#[test]
fn the_sums_and_their_rows_are_those_of_each_bucket() {
    run(async {
        let now = "2026-06-30T12:00:00Z";
        let service = begun(now).await;
        for (id, due_on, currency) in [
            ("in_1", "2026-07-01", "usd"),
            ("in_2", "2026-06-30", "usd"),
            ("in_3", "2026-05-31", "usd"),
            ("in_4", "2026-05-30", "usd"),
            ("in_5", "2026-05-01", "usd"),
            ("in_6", "2026-04-30", "usd"),
            ("in_7", "2026-04-01", "usd"),
            ("in_8", "2026-03-31", "usd"),
            ("in_9", "2026-06-29", "eur"),
        ] {
            tell(&service, "invoice.finalized", &invoice(id, now, due_on, currency, 49_000)).await;
        }
        let line = |bucket: &str, count: u64, amount: &str| (bucket.to_owned(), count, amount.to_owned());
        let dollars = [
            line("current", 1, "490.00"),
            line("0-30", 2, "980.00"),
            line("31-60", 2, "980.00"),
            line("61-90", 2, "980.00"),
            line("90+", 1, "490.00"),
        ];
        assert_eq!(buckets(&service, "", "USD").await, dollars);
        assert_eq!(buckets(&service, "", "EUR").await, [line("0-30", 1, "490.00")]);
        for (bucket, expected) in [
            ("current", vec![("in_1", -1)]),
            ("0-30", vec![("in_3", 30), ("in_9", 1), ("in_2", 0)]),
            ("31-60", vec![("in_5", 60), ("in_4", 31)]),
            ("61-90", vec![("in_7", 90), ("in_6", 61)]),
            ("90%2B", vec![("in_8", 91)]),
        ] {
            let found = rows(&service, &format!("bucket={bucket}")).await;
            let shown: Vec<_> =
                found.iter().map(|row| (row["invoice"].as_str().unwrap(), row["days"].as_i64().unwrap())).collect();
            assert_eq!(shown, expected, "{bucket}");
            assert!(found.iter().all(|row| row["name"] == "Customer cus_1" && row["counted_from"] == "due_date"));
        }
        assert_eq!(rows(&service, "").await.len(), 9, "without a bucket all of them");
        let answer = get(&service, "/api/ageing?bucket=current").await;
        assert_eq!(answer["items"][0]["next"]["by"], "ladder", "{answer}");
        assert_eq!((&answer["complete"], &answer["on"]), (&json!(true), &json!("2026-06-30")));
        let (status, page) = ask(&service, "ana", Method::GET, "/ageing?bucket=90%2B", None, None).await;
        assert!(
            status == StatusCode::OK && page.as_str().is_some_and(|page| page.contains("Customer cus_1")),
            "{page}"
        );
    });
}

#[test]
fn what_was_paid_after_a_day_was_open_on_it() {
    run(async {
        let service = begun("2026-03-01T09:00:00Z").await;
        let (made, due_on) = ("2026-03-01T09:00:00Z", "2026-03-15");
        tell(&service, "invoice.finalized", &invoice("in_1", made, due_on, "usd", 49_000)).await;
        service.advance(at("2026-04-20T12:00:00Z")).await.unwrap();
        pay(&service, "in_1", made, due_on).await;
        for (day, bucket) in [
            ("2026-02-28", None),
            ("2026-03-01", Some("current")),
            ("2026-03-15", Some("0-30")),
            ("2026-04-14", Some("0-30")),
            ("2026-04-15", Some("31-60")),
            ("2026-04-20T11:59:59Z", Some("31-60")),
            ("2026-04-20T12:00:00Z", None),
            ("2026-04-20", None),
        ] {
            let query = format!("at={day}");
            let found = buckets(&service, &format!("?{query}"), "USD").await;
            let expected: Vec<_> = bucket.map(|it| (it.to_owned(), 1, "490.00".to_owned())).into_iter().collect();
            assert_eq!(found, expected, "{day}");
            let shown: BTreeSet<_> = rows(&service, &query).await.iter().map(|row| row["bucket"].to_string()).collect();
            let expected: BTreeSet<_> = bucket.map(|it| format!("\"{it}\"")).into_iter().collect();
            assert_eq!(shown, expected, "{day}");
        }
    });
}

/// What somebody says of the first invoice: the answer, and how it stands there.
async fn say(service: &Service, word: &Value) -> (StatusCode, Value) {
    let mut word = word.clone();
    word["invoice"] = json!("in_1");
    let (status, answer) =
        ask(service, "lena", Method::POST, "/api/accounts/stripe:cus_1/dunning", Some(&word), None).await;
    (status, if status == StatusCode::OK { answer["items"][0].clone() } else { answer })
}

/// An invoice that only climbs, on its first rung.
async fn climbing() -> Service {
    let service = begun("2026-03-01T09:00:00Z").await;
    let due = invoice("in_1", "2026-03-01T09:00:00Z", "2026-03-15", "usd", 49_000);
    tell(&service, "invoice.finalized", &due).await;
    service.advance(at("2026-03-18T09:30:00Z")).await.unwrap();
    assert_eq!((open_buckets(&service).await, letters(&service)), (vec!["0-30".to_owned()], 1));
    service
}

async fn open_buckets(service: &Service) -> Vec<String> {
    tasks(service, "open").await.into_iter().map(|(bucket, _)| bucket).collect()
}

fn promise(date: &str, amount: &str) -> Value {
    json!({"promise": {"date": date, "amount": {"amount": amount, "currency": "USD"}, "note": "they called"}})
}

#[test]
fn a_broken_promise_leads_one_rung_up_at_once() {
    run(async {
        let service = climbing().await;
        let (status, promised) = say(&service, &promise("2026-03-18", "490.00")).await;
        assert_eq!((status, &promised["segment"]), (StatusCode::OK, &json!("ageing")), "{promised}");
        assert_eq!(promised["control"]["promise"]["date"], "2026-03-18", "{promised}");
        let next = rows(&service, "").await[0]["next"]["what"].as_str().unwrap().to_owned();
        assert!(next.contains("490.00 USD are promised until the end of 2026-03-18"), "{next}");
        service.advance(at("2026-03-19T09:00:00Z")).await.unwrap();
        let broken = ("31-60".to_owned(), "Collect 490.00 USD of invoice in_1: 4 days overdue".to_owned());
        assert_eq!((tasks(&service, "open").await, letters(&service)), (vec![broken], 2));
        let (_, stands) = say(&service, &json!({"resume": {}})).await;
        assert_eq!((&stands["control"]["broken"], &stands["control"]["kept"]), (&json!(1), &json!(0)), "{stands}");
        service.advance(at("2026-04-16T09:00:00Z")).await.unwrap();
        assert_eq!((open_buckets(&service).await, letters(&service)), (vec!["31-60".to_owned()], 2), "not twice");
        service.advance(at("2026-05-15T09:30:00Z")).await.unwrap();
        assert_eq!((open_buckets(&service).await, letters(&service)), (vec!["61-90".to_owned()], 3), "on its day");
        let ledger = get(&service, "/api/accounts/stripe:cus_1/ledger").await;
        let said = ledger["items"].as_array().unwrap().iter().filter(|entry| entry["step"] == "recovery");
        assert_eq!(said.map(|entry| entry["body"]["word"].clone()).collect::<Vec<_>>(), ["promise"]);
    });
}

#[test]
fn a_promise_that_is_kept_is_counted_and_the_next_rung_comes_on_its_day() {
    for (name, left, tasks_open) in [("a part as promised", 47_000, 1), ("all of it", 0, 0)] {
        run(async {
            let service = climbing().await;
            assert_eq!(say(&service, &promise("2026-03-20", "20.00")).await.0, StatusCode::OK, "{name}");
            service.advance(at("2026-03-19T12:00:00Z")).await.unwrap();
            let (made, due_on) = ("2026-03-01T09:00:00Z", "2026-03-15");
            if left == 0 {
                pay(&service, "in_1", made, due_on).await;
            } else {
                tell(&service, "invoice.updated", &invoice("in_1", made, due_on, "usd", left)).await;
            }
            service.advance(at("2026-03-21T09:00:00Z")).await.unwrap();
            assert_eq!((open_buckets(&service).await.len(), letters(&service)), (tasks_open, 1), "{name}");
            let key = app::store::keys::climb(&domain::id::AccountId::of("stripe", "default", "cus_1"), "in_1");
            let climb: domain::ageing::Climb = app::store::read(&service.context, &key).await.unwrap().unwrap();
            assert_eq!((climb.way.control.kept, climb.way.control.broken), (1, 0), "{name}");
            service.advance(at("2026-04-15T09:30:00Z")).await.unwrap();
            let expected = if left == 0 { Vec::new() } else { vec!["31-60".to_owned()] };
            assert_eq!(open_buckets(&service).await, expected, "{name}: the next rung has its own day");
        });
    }
}

#[test]
fn an_invoice_on_the_ladder_pauses_goes_on_and_stops_as_people_say() {
    run(async {
        let service = climbing().await;
        let nameless = json!({"pause": {"until": "2026-04-20"}});
        let path = "/api/accounts/stripe:cus_1/dunning";
        let (status, answer) = ask(&service, "lena", Method::POST, path, Some(&nameless), None).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "what only climbs is named: {answer}");
        let (status, paused) = say(&service, &json!({"pause": {"until": "2026-04-20"}})).await;
        assert_eq!((status, paused["paused_until"].is_string()), (StatusCode::OK, true), "{paused}");
        service.advance(at("2026-04-20T12:00:00Z")).await.unwrap();
        assert_eq!((open_buckets(&service).await, letters(&service)), (vec!["0-30".to_owned()], 1), "it waits");
        service.advance(at("2026-04-21T12:00:00Z")).await.unwrap();
        assert_eq!((open_buckets(&service).await, letters(&service)), (vec!["31-60".to_owned()], 2), "it has come");

        let (status, page) = ask(&service, "lena", Method::GET, "/accounts/stripe:cus_1", None, None).await;
        assert!(status == StatusCode::OK && page.as_str().is_some_and(|page| page.contains("ageing")), "{page}");
        let (status, stopped) = say(&service, &json!({"stop": {"note": "we look at it"}})).await;
        assert_eq!((status, &stopped["state"]), (StatusCode::OK, &json!("stopped")), "{stopped}");
        service.advance(at("2026-09-01T09:00:00Z")).await.unwrap();
        assert_eq!((open_buckets(&service).await, letters(&service)), (vec!["31-60".to_owned()], 2), "for good");
        let row = rows(&service, "").await[0].clone();
        assert!(row["next"]["what"].as_str().unwrap().contains("stopped by"), "{row}");
        let (status, answer) = say(&service, &promise("2026-09-03", "20.00")).await;
        assert_eq!((status, &answer["error"]["code"]), (StatusCode::CONFLICT, &json!("already_over")), "{answer}");
    });
}

/// The invoices of all pages of an account's recoveries, each with its segment.
async fn of_account(service: &Service, limit: usize) -> Vec<(String, String)> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    for _ in 0..20 {
        let page = get(service, &format!("/api/accounts/stripe:cus_1/dunning?limit={limit}{cursor}")).await;
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= limit, "{limit}: {page}");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        found.extend(items.iter().map(|item| (text(&item["invoice"]), text(&item["segment"]))));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
    panic!("the pages do not end: {found:?}");
}

#[test]
fn an_account_with_only_a_transfer_lists_it_as_the_answer_to_a_word_shows_it() {
    run(async {
        let service = climbing().await;
        let (status, paused) = say(&service, &json!({"pause": {"until": "2026-04-20"}})).await;
        assert_eq!((status, &paused["segment"]), (StatusCode::OK, &json!("ageing")), "{paused}");
        let listed = get(&service, "/api/accounts/stripe:cus_1/dunning").await;
        assert_eq!(listed, json!({"items": [paused], "next": null}));
    });
}

#[test]
fn what_climbs_is_listed_behind_what_is_recovered_however_long_the_pages_are() {
    run(async {
        let service = begun("2026-03-01T09:00:00Z").await;
        let now = service.clock.now();
        let failed = stripe::invoice("cus_1", "in_9", "open", 4900, 4900, "usd", 1, now);
        tell(&service, "invoice.payment_failed", &failed).await;
        for id in ["in_1", "in_2"] {
            let due = invoice(id, "2026-03-01T09:00:00Z", "2026-03-15", "usd", 49_000);
            tell(&service, "invoice.finalized", &due).await;
        }
        for limit in 1..=4 {
            let all = of_account(&service, limit).await;
            let invoices: Vec<_> = all.iter().map(|(invoice, _)| invoice.as_str()).collect();
            assert_eq!(invoices, ["in_9", "in_1", "in_2"], "{limit}");
            let on_ladder: Vec<_> = all.iter().map(|(_, segment)| segment == "ageing").collect();
            assert_eq!(on_ladder, [false, true, true], "{limit}");
        }
    });
}
