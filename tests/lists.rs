//! What each provider lists, asked of the sandbox that has seen its recorded deliveries: to the end, and twice the same.

use app::ports::{Clock, QueueName};
use domain::event::{Event, Kind, Origin};
use http::{Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use local::service::Service;
use providers::{ALL, Call, Listing, Provider};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;
use tests::stripe;
use tests::world::{self, ask, at, get, open_at};

pub const LATER: &str = "2026-04-20T12:00:00Z";

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(work)
}

fn listed_by(provider: &Provider) -> &'static [Listing] {
    provider.api.map_or(&[], |api| api.listings)
}

/// A service whose sandbox knows every object of a provider's recorded deliveries.
pub async fn taught(provider: &Provider) -> Service {
    let service = open_at(LATER).await;
    for body in recorded(provider) {
        service.sandbox.learn(provider.name, &body).unwrap();
    }
    service
}

pub fn recorded(provider: &Provider) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(provider.name);
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// A page of one object where a hundred fit.
pub fn smaller(call: &Call) -> Call {
    let path = ["limit=100", "limit=250", "page%5Bsize%5D=100"].iter().fold(call.path.clone(), |path, whole| {
        let (name, _) = whole.rsplit_once('=').unwrap();
        path.replace(whole, &format!("{name}=1"))
    });
    Call { path, ..call.clone() }
}

/// Follows one listing to its end.
async fn walk(
    service: &Service,
    provider: &Provider,
    listing: &Listing,
    since: Option<Timestamp>,
    alone: bool,
) -> (Vec<Event>, usize) {
    let mut calls = VecDeque::from([(listing.first)(since)]);
    let (mut events, mut pages) = (Vec::new(), 0);
    while let Some(call) = calls.pop_front() {
        let sent = if alone { smaller(&call) } else { call.clone() };
        let reply = service.context.http.call(provider.name, "default", &sent).await.unwrap();
        assert_eq!(reply.status, 200, "{} {}: {}", provider.name, sent.path, reply.body);
        let page = (listing.page)(&call, &reply, "default", at(LATER))
            .unwrap_or_else(|error| panic!("{} {}: {error}", provider.name, sent.path));
        events.extend(page.events);
        calls.extend(page.more);
        pages += 1;
        assert!(pages < 500, "{} {} has no end", provider.name, listing.name);
    }
    (events, pages)
}

fn names(events: &[Event]) -> BTreeSet<&str> {
    events.iter().map(|event| event.id.as_str()).collect()
}

#[test]
fn every_listing_has_an_end_and_small_pages_show_what_large_ones_do() {
    run(async {
        for provider in ALL.iter().filter(|provider| !listed_by(provider).is_empty()) {
            let service = taught(provider).await;
            let mut found = 0;
            for listing in listed_by(provider) {
                let (large, few) = walk(&service, provider, listing, None, false).await;
                let (small, many) = walk(&service, provider, listing, None, true).await;
                let (name, own) = (provider.name, listing.name);
                assert!(many >= few, "{name} {own}");
                // What is known of a person may stand on two small pages, and is two events then.
                let lasting = |events: &[Event]| {
                    events.iter().filter(|it| it.kind != Kind::CustomerChanged).cloned().collect::<Vec<_>>()
                };
                let (large_ones, small_ones) = (lasting(&large), lasting(&small));
                assert_eq!(names(&large_ones), names(&small_ones), "{name} {own}: an event is called by what it shows");
                for event in &large {
                    assert!(event.is_named() && event.origin == Origin::Listed, "{name} {own}: {event:?}");
                    assert!(
                        event.id.starts_with("list:") && event.provider == name && event.at <= at(LATER),
                        "{name} {own}: {event:?}"
                    );
                }
                found += large.len();
            }
            assert!(found > 0, "{} lists nothing of what it has delivered", provider.name);
        }
    });
}

#[test]
fn nothing_older_than_asked_for_makes_another_page() {
    run(async {
        for provider in ALL.iter().filter(|provider| !listed_by(provider).is_empty()) {
            let service = taught(provider).await;
            for listing in listed_by(provider) {
                let (all, _) = walk(&service, provider, listing, None, true).await;
                let (recent, _) = walk(&service, provider, listing, Some(at(LATER)), true).await;
                assert!(recent.len() <= all.len(), "{} {}", provider.name, listing.name);
            }
        }
    });
}

/// What a person looks at first, account by account.
async fn books(service: &Service) -> BTreeMap<String, Value> {
    let accounts = get(service, "/api/accounts?limit=1000").await;
    let own = |item: &Value| {
        let plan =
            json!({"name": item["plan"]["name"], "price": item["plan"]["price"], "interval": item["plan"]["interval"]});
        let bills: Vec<_> = item["history"]
            .as_array()
            .unwrap()
            .iter()
            .map(|bill| json!([bill["invoice_id"], bill["amount"], bill["status"]]))
            .collect();
        json!({
            "plan": plan, "outstanding": item["status"]["outstanding"], "revenue": item["lifetime"]["revenue"], "mrr": item["lifetime"]["mrr"],
            "seats": item["subscription"]["seats_total"], "credits": item["credits"]["available"], "failures": item["status"]["failures_12m"], "bills": bills,
        })
    };
    let items = accounts["items"].as_array().unwrap();
    items.iter().map(|item| (item["account"]["customer"].as_str().unwrap().to_owned(), own(item))).collect()
}

async fn filled(service: &Service, provider: &str, query: &str) -> Value {
    let path = format!("/api/backfill/{provider}/default");
    let (status, begun) = ask(service, "mara", Method::POST, &format!("{path}?{query}"), None, None).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{begun}");
    service.advance(service.clock.now() + SignedDuration::from_mins(30)).await.unwrap();
    let ended = get(service, &path).await;
    assert!(ended["ended_at"].is_string() && ended["failed"].is_null(), "{ended}");
    ended
}

/// A history of two customers, as Stripe tells it.
fn stripe_history() -> Vec<Vec<u8>> {
    let day = |day: u32, hour: u32| at(&format!("2026-03-{day:02}T{hour:02}:00:00Z"));
    let mut told: Vec<(&str, Timestamp, Value)> = Vec::new();
    for (customer, fails) in [("cus_1", true), ("cus_2", false)] {
        let (sub, bill) = (format!("sub_{customer}"), format!("in_{customer}"));
        told.push(("customer.created", day(1, 8), stripe::customer(customer, day(1, 8))));
        told.push((
            "customer.subscription.created",
            day(1, 9),
            stripe::subscription(customer, &sub, "price_pro", 4900, 2, "active", day(1, 9)),
        ));
        let invoice = |status: &str, remaining: i64, attempts: u32| {
            let mut invoice = stripe::invoice(customer, &bill, status, 9800, remaining, "usd", attempts, day(1, 9));
            invoice["subscription"] = json!(sub);
            invoice["lines"] = json!({"object": "list", "has_more": false, "data":
                [stripe::line(&format!("il_{customer}"), "price_pro", 4900, 2, 9800, false, day(1, 9), day(31, 9), Some(&sub))]});
            invoice
        };
        told.push(("invoice.finalized", day(1, 9), invoice("open", 9800, 0)));
        if fails {
            let failed =
                stripe::charge(customer, "ch_failed", Some(&bill), 9800, "usd", Some("insufficient_funds"), day(1, 10));
            told.push(("charge.failed", day(1, 10), failed));
            told.push(("invoice.payment_failed", day(1, 10), invoice("open", 9800, 1)));
        } else {
            let id = format!("ch_{customer}");
            let mut charge = stripe::charge(customer, &id, Some(&bill), 9800, "usd", None, day(2, 9));
            told.push(("charge.succeeded", day(2, 9), charge.clone()));
            let mut paid = invoice("paid", 0, 1);
            paid["status_transitions"]["paid_at"] = json!(day(2, 9).as_second());
            told.push(("invoice.paid", day(2, 9), paid));
            let refund = json!({"id": "re_1", "object": "refund", "charge": id, "amount": 1800, "currency": "usd", "status": "succeeded",
                "created": day(4, 9).as_second(), "metadata": {}, "reason": null, "payment_intent": null});
            charge["amount_refunded"] = json!(1800);
            told.push(("refund.created", day(4, 9), refund));
            told.push(("charge.refunded", day(4, 9), charge));
            told.push((
                "charge.dispute.created",
                day(6, 9),
                stripe::dispute("dp_1", &id, 9800, "needs_response", day(6, 9)),
            ));
            told.push(("charge.dispute.closed", day(8, 9), stripe::dispute("dp_1", &id, 9800, "lost", day(6, 9))));
        }
    }
    let event = |(number, (kind, at, object)): (usize, &(&str, Timestamp, Value))| {
        stripe::event(&format!("evt_{number}"), kind, *at, object).to_string().into_bytes()
    };
    told.iter().enumerate().map(event).collect()
}

/// Deliveries that tell one history, in its order: what some recorded ones contradict is left out.
fn history(provider: &Provider) -> Vec<Vec<u8>> {
    let files: &[&str] = match provider.name {
        "chargebee" => &["customer_changed", "subscription_created.pc1", "invoice_generated", "payment_succeeded"],
        "lemonsqueezy" => &["order_created", "subscription_created", "subscription_payment_success.initial"],
        "mollie" => &["payment.failed.sepa", "payment.paid"],
        "revenuecat" => &["INITIAL_PURCHASE", "RENEWAL"],
        _ => return stripe_history(),
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(provider.name);
    files
        .iter()
        .map(|file| std::fs::read(folder.join(format!("{file}.json"))).unwrap_or_else(|_| panic!("there is no {file}")))
        .collect()
}

#[test]
fn what_is_listed_makes_the_book_that_webhooks_make() {
    run(async {
        for provider in ALL.iter().filter(|provider| !listed_by(provider).is_empty()) {
            let (told, listed) = (open_at(LATER).await, open_at(LATER).await);
            for body in history(provider) {
                assert_eq!(world::deliver_to(&told, provider.name, &body).await.0, StatusCode::OK);
                told.work().await.unwrap();
                listed.sandbox.learn(provider.name, &body).unwrap();
            }
            let tried = filled(&listed, provider.name, "dry_run=true").await;
            assert_eq!(books(&listed).await, BTreeMap::new(), "{}: a trial writes nothing: {tried}", provider.name);
            let done = filled(&listed, provider.name, "").await;
            assert_eq!(tried["objects"], done["objects"], "{}", provider.name);
            let (told, filled_in) = (books(&told).await, books(&listed).await);
            assert!(!told.is_empty(), "{}", provider.name);
            for (customer, book) in &told {
                assert_eq!(filled_in.get(customer), Some(book), "{} {customer}: {done}", provider.name);
            }
            let again = filled(&listed, provider.name, "").await;
            assert_eq!(again["found"], 0, "{}: the same lists say nothing new: {again}", provider.name);
            let sent = listed.outbox.letters().unwrap().len();
            assert_eq!(sent, 0, "{}: what is only listed starts no message", provider.name);
            let actions = get(&listed, "/api/actions").await;
            assert_eq!(actions["items"], json!([]), "{}: and asks for nothing", provider.name);
        }
    });
}

const FILL: &str = "/api/backfill/lemonsqueezy/default";

fn recorded_order() -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/lemonsqueezy");
    std::fs::read(folder.join("order_created.json")).unwrap()
}

#[test]
fn what_webhooks_missed_is_found_by_the_next_sweep_and_a_trial_does_not_put_it_off() {
    run(async {
        let service = open_at(LATER).await;
        filled(&service, "lemonsqueezy", "").await;
        let swept_at = get(&service, FILL).await["again_at"].clone();
        // Its webhook was lost: only the provider knows of it.
        service.sandbox.learn("lemonsqueezy", &recorded_order()).unwrap();
        let tried = filled(&service, "lemonsqueezy", "dry_run=true").await;
        assert_eq!((&tried["dry_run"], &tried["again_at"]), (&json!(true), &swept_at), "{tried}");
        assert_eq!(get(&service, "/api/accounts").await["items"], json!([]));
        service
            .advance(swept_at.as_str().unwrap().parse::<Timestamp>().unwrap() + SignedDuration::from_mins(30))
            .await
            .unwrap();
        let swept = get(&service, FILL).await;
        assert_eq!((&swept["by"], swept["found"].as_u64() > Some(0)), (&json!("recoup"), true), "{swept}");
        assert_eq!(get(&service, "/api/accounts").await["items"].as_array().map(Vec::len), Some(1));
    });
}

#[test]
fn a_backfill_goes_on_where_its_process_ended_and_two_do_not_run_at_once() {
    run(async {
        let service = taught(providers::named("stripe").unwrap()).await;
        let path = "/api/backfill/stripe/default";
        assert_eq!(ask(&service, "lena", Method::POST, path, None, None).await.0, StatusCode::FORBIDDEN);
        assert_eq!(ask(&service, "mara", Method::POST, path, None, None).await.0, StatusCode::ACCEPTED);
        // The message that would have gone on is lost with the process, after one page.
        app::classify::backfill::go_on(&service.context, "stripe", "default").await.unwrap();
        for message in service.queue.receive(QueueName::Events, 10, 60).unwrap() {
            service.queue.delete(message.id).unwrap();
        }
        let standing = get(&service, path).await;
        assert_eq!(
            (&standing["pages"], standing["pending"].as_array().is_some_and(|left| !left.is_empty())),
            (&json!(1), true)
        );
        assert_eq!(ask(&service, "marc", Method::POST, path, None, None).await.0, StatusCode::CONFLICT);
        service.advance(service.clock.now() + SignedDuration::from_mins(30)).await.unwrap();
        let ended = get(&service, path).await;
        assert!(ended["ended_at"].is_string() && ended["failed"].is_null(), "{ended}");
        let whole = taught(providers::named("stripe").unwrap()).await;
        let at_once = filled(&whole, "stripe", "").await;
        assert_eq!((&ended["objects"], &ended["pages"]), (&at_once["objects"], &at_once["pages"]));
        assert_eq!(books(&service).await, books(&whole).await);
    });
}
