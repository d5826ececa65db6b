//! How long it takes to show an account of ten thousand events, as a help desk asks for it, and what is read for it.
//!
//! `cargo bench -p tests --bench sidebar`. The whole of the service works on the embedded engine; ten thousand events take
//! it a minute. It fails above half a second, of which 99 of 100 views stay below.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench that cannot go on should stop, and it is there to print"
)]
#![allow(clippy::disallowed_methods, reason = "it measures the machine's time")]

use app::door::token;
use app::ports::Clock;
use bytes::Bytes;
use http::{Request, StatusCode};
use local::server::dispatch;
use std::time::{Duration, Instant};
use tests::billed::fold;
use tests::counted::{Costs, Counted};
use tests::rounds::Rounds;
use tests::world;

const ACCOUNT: &str = "/api/accounts/stripe:cus_1";
const EVENTS: u32 = 10_000;
const VIEWS: usize = 500;
const MOST: Duration = Duration::from_millis(500);

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut service = world::open_at("2030-01-01T00:00:00Z").await;
    for number in 0..EVENTS {
        fold(&service, number).await;
    }
    let secret = service.context.vault.tokens().await.unwrap();
    let bearer = token::issue(&secret, "ana", service.clock.machine(), 1);
    let request = Request::get(ACCOUNT).header("authorization", format!("Bearer {bearer}"));
    let request = request.body(Bytes::new()).unwrap();
    let mut took = Vec::with_capacity(VIEWS);
    for _ in 0..VIEWS {
        let began = Instant::now();
        let answer = dispatch(&service, &request).await;
        took.push(began.elapsed());
        assert_eq!(answer.status(), StatusCode::OK);
    }
    took.sort_unstable();
    let (half, most) = (took[VIEWS / 2], took[VIEWS * 99 / 100]);

    let rounds = Rounds::over(&mut service);
    let counts = Counted::over(&mut service);
    let (_, waits) = rounds.of(world::get(&service, ACCOUNT)).await;
    let costs = counts.take();
    let Costs { batches, keys, queries, items, .. } = costs;
    // Half units, and the first wait for a batch is for whoever asks.
    let halves = costs.total().half_reads;
    println!("an account of {EVENTS} events, {VIEWS} views: p50 {half:?}, p99 {most:?}");
    println!(
        "a view: {queries} queries of {items} items, {batches} batches of {keys} keys, {} waits, {}.{} read units",
        waits.rounds,
        halves / 2,
        halves % 2 * 5
    );
    assert!(most <= MOST, "{most:?} is more than {MOST:?}");
}
