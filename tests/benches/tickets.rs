//! How many tickets a second are read and matched on one core: signed webhooks of customers who are known, through
//! intake and all of the work that follows, on the embedded engine. And what each takes of the tables.
//!
//! `cargo bench -p tests --bench tickets`. It ends with 1 where they are fewer than a hundred a second.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench that cannot go on should stop, and it is there to print"
)]
#![allow(clippy::disallowed_methods, clippy::float_arithmetic, reason = "it measures the machine's time, and no money")]

use app::ports::Clock;
use bytes::Bytes;
use http::{Request, StatusCode};
use local::server::dispatch;
use local::service::Service;
use serde_json::{Value, json};
use std::process::ExitCode;
use std::time::Instant;
use tests::counted::{Costs, Counted};
use tests::{stripe, world};

const START: &str = "2026-03-04T09:00:00Z";
const CUSTOMERS: u32 = 500;
const TICKETS: u32 = 500;
const ROUNDS: u32 = 4;
const LEAST: f64 = 100.0;

/// What is written, and what it is about.
const LETTERS: [(&str, &str); 8] = [
    ("I was charged twice", "duplicate_charge"),
    ("My card was declined when the subscription renewed", "payment_failed"),
    ("I want my money back, the product does not work", "refund_request"),
    ("the invoice shows the wrong period", "invoice_discrepancy"),
    ("We want to upgrade from Basic to Pro", "plan_change"),
    ("Please send me a copy of my last invoice", "other_billing"),
    ("Why is there VAT on my invoice? We gave you our VAT number.", "tax_question"),
    ("how do I reset my password", "not_billing"),
];

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut service = world::open_at(START).await;
    // Who counts looks at what is overwritten: time is measured without.
    let plain = service.context.store.clone();
    let counts = Counted::over(&mut service);
    let counting = std::mem::replace(&mut service.context.store, plain);
    let now = service.clock.now();
    for number in 0..CUSTOMERS {
        let customer = stripe::customer(&format!("cus_{number}"), now);
        world::deliver(&service, &stripe::event(&format!("evt_{number}"), "customer.created", now, &customer)).await;
    }
    service.work().await.unwrap();
    // The first letter of a process looks the weights through.
    round(&service, 0..1).await;

    println!("{:>14} {:>10} {:>10}", "tickets before", "a second", "ms each");
    let mut slowest = f64::INFINITY;
    for number in 0..ROUNDS {
        let begin = 1 + number * TICKETS;
        let secs = round(&service, begin..begin + TICKETS).await;
        check(&service, begin + TICKETS - 1).await;
        let rate = f64::from(TICKETS) / secs;
        println!("{begin:>14} {rate:>10.0} {:>10.2}", 1000.0 / rate);
        slowest = slowest.min(rate);
    }

    service.context.store = counting;
    counts.take();
    let begin = 1 + ROUNDS * TICKETS;
    round(&service, begin..begin + TICKETS).await;
    print_costs(&counts.take());
    check(&service, begin + TICKETS - 1).await;

    println!("{slowest:.0} tickets a second at least, and {LEAST} are promised");
    if slowest >= LEAST { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// How many seconds it takes until the tickets of these numbers are read and matched, and nothing more is to be done.
async fn round(service: &Service, numbers: std::ops::Range<u32>) -> f64 {
    let mut requests: Vec<Request<Bytes>> = Vec::new();
    for number in numbers {
        let told = told(service, number).to_string();
        requests.push(service.signed("ticket", "default", told.into_bytes()).await.unwrap());
    }
    let began = Instant::now();
    for request in &requests {
        assert_eq!(dispatch(service, request).await.status(), StatusCode::OK);
    }
    service.work().await.unwrap();
    began.elapsed().as_secs_f64()
}

/// That a ticket was read and matched.
async fn check(service: &Service, number: u32) {
    let ticket = world::get(service, &format!("/api/tickets/t_{number}")).await;
    assert!(ticket["account"].is_string() && ticket["class"] == letter(number).1, "{ticket}");
}

/// What one of the tickets takes, with all work that follows.
fn print_costs(costs: &Costs) {
    let units = costs.total();
    println!("\na ticket, of {TICKETS}:");
    for (name, count) in [
        ("batched reads", costs.batches),
        ("keys", costs.keys),
        ("queries", costs.queries),
        ("items that they answered", costs.items),
        ("commits", costs.commits),
        ("items written", costs.writes),
        ("bytes written", costs.bytes),
        ("write units", units.writes),
    ] {
        println!("{:>10.2} {name}", count as f64 / f64::from(TICKETS));
    }
    println!("{:>10.2} read units", units.half_reads as f64 / f64::from(TICKETS) / 2.0);
    println!("{:>10} places in the largest commit", costs.most);
}

/// A ticket as the company's own desk tells of it, with words that no other has.
fn told(service: &Service, number: u32) -> Value {
    let body = format!("{}\nWe are team {number}.", letter(number).0);
    json!({"id": format!("e_{number}"), "type": "ticket.created", "created_at": service.clock.now(), "ticket": {
        "id": format!("t_{number}"), "subject": "", "body": body, "status": "open", "csat": null,
        "requester": {"email": format!("cus_{}@shop.example", number % CUSTOMERS), "name": "Ada"}}})
}

fn letter(number: u32) -> (&'static str, &'static str) {
    LETTERS[number as usize % LETTERS.len()]
}
