//! What it costs to understand an event, as the history of its account grows from nothing to ten thousand events.
//!
//! `cargo bench -p tests --bench folding`. Each event goes through the whole of classification on the embedded engine.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench that cannot go on should stop, and it is there to print"
)]
#![allow(clippy::disallowed_methods, clippy::float_arithmetic, reason = "it measures the machine's time, and no money")]

use app::classify;
use app::message::{Body, Message, pack};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::time::Instant;
use tests::counted::{Counted, Counts};
use tests::{stripe, world};

const SIZES: [u32; 4] = [10, 100, 1_000, 10_000];
const MEASURED: u32 = 50;

/// The events of one month: an invoice with its line, a failed try, a payment, and that the invoice is paid.
fn event(number: u32) -> (String, serde_json::Value) {
    let begin: Timestamp = "2020-01-01T00:00:00Z".parse().unwrap();
    let month = number / 4;
    let at = begin + SignedDuration::from_hours(i64::from(month) * 30 + i64::from(number % 4));
    let bill = format!("in_{month}");
    let invoice = |status: &str, remaining: i64, attempts: u32| {
        let mut invoice = stripe::invoice("cus_1", &bill, status, 4900, remaining, "usd", attempts, at);
        let line = stripe::line(
            &format!("il_{month}"),
            "price_pro",
            4900,
            1,
            4900,
            false,
            at,
            at + SignedDuration::from_hours(720),
            Some("sub_1"),
        );
        invoice["lines"] = serde_json::json!({"object": "list", "has_more": false, "data": [line]});
        invoice["subscription"] = serde_json::json!("sub_1");
        invoice
    };
    let (kind, object) = match number % 4 {
        0 => ("invoice.finalized", invoice("open", 4900, 0)),
        1 => (
            "charge.failed",
            stripe::charge("cus_1", &format!("ch_f{month}"), Some(&bill), 4900, "usd", Some("insufficient_funds"), at),
        ),
        2 => ("charge.succeeded", stripe::charge("cus_1", &format!("ch_{month}"), Some(&bill), 4900, "usd", None, at)),
        _ => ("invoice.paid", invoice("paid", 0, 1)),
    };
    let id = format!("evt_{number}");
    let body = stripe::event(&id, kind, at, &object);
    (id, body)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut service = world::open_at("2030-01-01T00:00:00Z").await;
    let counts = Arc::new(Counts::default());
    service.context.store = Arc::new(Counted { store: service.context.store.clone(), counts: counts.clone() });
    println!(
        "{:>8} {:>9} {:>8} {:>7} {:>8} {:>8} {:>7} {:>7} {:>8}",
        "history", "events/s", "ms", "reads", "keys", "queries", "commits", "writes", "bytes"
    );
    let mut number = 0;
    for size in SIZES {
        while number < size {
            fold(&service, number).await;
            number += 1;
        }
        counts.take();
        let began = Instant::now();
        for _ in 0..MEASURED {
            fold(&service, number).await;
            number += 1;
        }
        let took = began.elapsed();
        let each = counts.take().map(|count| count as f64 / f64::from(MEASURED));
        let ms = took.as_secs_f64() * 1000.0 / f64::from(MEASURED);
        println!(
            "{size:>8} {:>9.0} {ms:>8.2} {:>7.2} {:>8.2} {:>8.2} {:>7.2} {:>7.2} {:>8.0}",
            1000.0 / ms,
            each[0],
            each[1],
            each[2],
            each[3],
            each[4],
            each[5]
        );
    }
}

async fn fold(service: &local::service::Service, number: u32) {
    let (id, body) = event(number);
    let packed: Body = pack(&service.context, &format!("bodies/{id}"), body.to_string().as_bytes()).await.unwrap();
    let message = Message::Delivery {
        provider: "stripe".to_owned(),
        source: "default".to_owned(),
        event: id.clone(),
        received_at: "2030-01-01T00:00:00Z".parse().unwrap(),
        trace: id,
        body: packed,
    };
    classify::handle(&service.context, &message).await.unwrap();
}
