//! What an event costs, month by month, over histories that go on for years.

use crate::counted::{Costs, Counted};
use crate::{stripe, world};
use http::StatusCode;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use local::demo;
use serde_json::{Value, json};

/// What a million write units cost, in hundredths of a cent: on demand, us-east-1, since November 2024.
const WRITE_PRICE: u64 = 6_250;
/// What a million halves of a read unit cost.
const HALF_READ_PRICE: u64 = 625;

const FOUNDED: &str = "2026-01-01T00:00:00Z";

/// What is delivered, and when, over so many months.
pub struct History {
    pub months: i64,
    deliveries: Vec<(Timestamp, Value)>,
}

/// The demo company's forty accounts: each month most of them pay at once. Nobody decides anything.
pub fn demo(months: i64) -> History {
    let founded = world::at(FOUNDED);
    let deliveries = demo::history(founded, later(founded, months));
    History { months, deliveries: deliveries.into_iter().map(|delivery| (delivery.at, delivery.body)).collect() }
}

/// One account whose every invoice is paid at the first try.
pub fn paid(months: i64) -> History {
    one(months, false)
}

/// One account whose every invoice fails once, and is paid two days later.
pub fn failed(months: i64) -> History {
    one(months, true)
}

fn one(months: i64, fails: bool) -> History {
    let founded = world::at(FOUNDED);
    let mut told = vec![
        (founded, "customer.created", stripe::customer("cus_1", founded)),
        (minutes(founded, 1), "customer.subscription.created", subscription(founded)),
    ];
    (0..months).for_each(|month| told.extend(bill(month, later(founded, month), fails)));
    let body = |(number, (at, kind, object)): (usize, (Timestamp, &str, Value))| {
        (at, stripe::event(&format!("evt_{number}"), kind, at, &object))
    };
    History { months, deliveries: told.into_iter().enumerate().map(body).collect() }
}

/// Everything that Stripe sends of one month's invoice.
fn bill(month: i64, from: Timestamp, fails: bool) -> Vec<(Timestamp, &'static str, Value)> {
    let made_at = minutes(from, 60);
    let failed_at = minutes(made_at, 60);
    let paid_at = minutes(failed_at, if fails { 2 * 24 * 60 } else { 0 });
    let id = format!("in_{month}");
    let invoice = |status: &str, remaining: i64, attempts: u32, at: Timestamp| {
        let mut shown = stripe::invoice("cus_1", &id, status, 4900, remaining, "usd", attempts, at);
        let line = format!("il_{month}");
        let line = stripe::line(&line, "price_pro", 4900, 1, 4900, false, from, later(from, 1), Some("sub_1"));
        shown["created"] = json!(made_at.as_second());
        shown["lines"] = json!({"object": "list", "has_more": false, "data": [line]});
        shown["subscription"] = json!("sub_1");
        shown
    };
    let charge = |part: &str, code: Option<&str>, at: Timestamp| {
        stripe::charge("cus_1", &format!("ch_{month}{part}"), Some(&id), 4900, "usd", code, at)
    };
    let mut told = vec![
        (made_at, "invoice.finalized", invoice("open", 4900, 0, made_at)),
        (made_at, "customer.subscription.updated", subscription(from)),
    ];
    if fails {
        told.push((failed_at, "charge.failed", charge("f", Some("insufficient_funds"), failed_at)));
        told.push((minutes(failed_at, 1), "invoice.payment_failed", invoice("open", 4900, 1, failed_at)));
    }
    let attempts = if fails { 2 } else { 1 };
    told.push((paid_at, "charge.succeeded", charge("p", None, paid_at)));
    told.push((minutes(paid_at, 1), "invoice.paid", invoice("paid", 0, attempts, paid_at)));
    told
}

fn subscription(period_from: Timestamp) -> Value {
    let mut shown = stripe::subscription("cus_1", "sub_1", "price_pro", 4900, 1, "active", period_from);
    for field in ["created", "start_date"] {
        shown[field] = json!(world::at(FOUNDED).as_second());
    }
    shown["current_period_end"] = json!(later(period_from, 1).as_second());
    shown
}

fn minutes(at: Timestamp, minutes: i64) -> Timestamp {
    at + SignedDuration::from_mins(minutes)
}

fn later(at: Timestamp, months: i64) -> Timestamp {
    at.to_zoned(TimeZone::UTC).checked_add(months.months()).unwrap().timestamp()
}

/// Delivers a history, does whatever falls due on the way, and counts what each month took.
pub async fn run(history: &History) -> Vec<Costs> {
    let mut service = world::open_at(FOUNDED).await;
    let counts = Counted::over(&mut service);
    let mut deliveries = history.deliveries.iter().peekable();
    let mut months = Vec::new();
    for month in 1..=history.months {
        let end = later(world::at(FOUNDED), month);
        while let Some((at, body)) = deliveries.next_if(|(at, _)| *at < end) {
            service.advance(*at).await.unwrap();
            let (status, answer) = world::deliver(&service, body).await;
            assert_eq!(status, StatusCode::OK, "{answer}");
        }
        service.advance(end).await.unwrap();
        months.push(counts.take());
    }
    months
}

/// A count for each event, in hundredths.
pub fn each(count: u64, costs: &Costs) -> u64 {
    count * 100 / costs.events.max(1)
}

/// What the tables cost for a million such events, in cents.
pub fn cents_a_million(costs: &Costs) -> u64 {
    let units = costs.total();
    (units.writes * WRITE_PRICE + units.half_reads * HALF_READ_PRICE) / 100 / costs.events.max(1)
}
