//! What it costs to understand an event: in time, as its account grows to ten thousand of them; and in DynamoDB's units
//! and dollars, with everything that follows from it, in the first month and in the 25th.
//!
//! `cargo bench -p tests --bench folding`. The whole of the service works on the embedded engine.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench that cannot go on should stop, and it is there to print"
)]
#![allow(clippy::disallowed_methods, clippy::float_arithmetic, reason = "it measures the machine's time, and no money")]

use std::collections::BTreeSet;
use std::time::Instant;
use tests::billed::fold;
use tests::costs::{self, History};
use tests::counted::{Costs, Counted, Units};
use tests::world;

const SIZES: [u32; 4] = [10, 100, 1_000, 10_000];
const MEASURED: u32 = 50;
const MONTHS: i64 = 25;

const NOTES: &str = "
On demand, us-east-1, since November 2024: 0.625 dollars a million write units, 0.125 dollars a million read units.
Not in it: sweeps, which ask each minute however many events there are; S3, SQS, Lambda; and people who look.
A careful build of this kind pays 4 to 10 write units an event. This one, counted from outside while bodies lay as text
and lists were projected whole: 29 in the first month, 84 in the 25th, 52.60 dollars a million events.";

#[tokio::main(flavor = "current_thread")]
async fn main() {
    speed().await;
    for (name, history) in [
        ("the demo company", costs::demo(MONTHS)),
        ("one account, every invoice paid at once", costs::paid(MONTHS)),
        ("one account, every invoice fails once", costs::failed(MONTHS)),
    ] {
        price(name, &history).await;
    }
    println!("{NOTES}");
}

async fn speed() {
    let mut service = world::open_at("2030-01-01T00:00:00Z").await;
    // Who counts looks at what is overwritten: time is measured without.
    let plain = service.context.store.clone();
    let counts = Counted::over(&mut service);
    let counting = service.context.store.clone();
    println!(
        "{:>8} {:>9} {:>8} {:>7} {:>8} {:>8} {:>7} {:>7} {:>8}",
        "history", "events/s", "ms", "reads", "keys", "queries", "commits", "writes", "bytes"
    );
    let mut number = 0;
    for size in SIZES {
        service.context.store = plain.clone();
        while number < size {
            fold(&service, number).await;
            number += 1;
        }
        let began = Instant::now();
        for _ in 0..MEASURED {
            fold(&service, number).await;
            number += 1;
        }
        let ms = began.elapsed().as_secs_f64() * 1000.0 / f64::from(MEASURED);
        service.context.store = counting.clone();
        for _ in 0..MEASURED {
            fold(&service, number).await;
            number += 1;
        }
        let Costs { batches, keys, queries, commits, writes, bytes, .. } = counts.take();
        let each = [batches, keys, queries, commits, writes, bytes].map(|count| count as f64 / f64::from(MEASURED));
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

async fn price(name: &str, history: &History) {
    let months = costs::run(history).await;
    let ends = [months.first(), months.last()];
    println!("\n{name}: units an event, by kind of item");
    println!("{:<20} {:>22} {:>22}", "", "month 1", format!("month {}", months.len()));
    println!("{:<20} {:>10} {:>11} {:>10} {:>11}", "", "write", "read", "write", "read");
    let kinds: BTreeSet<&String> = ends.iter().flatten().flat_map(|costs| costs.units.keys()).collect();
    for kind in kinds {
        row(kind, ends, |costs| costs.units.get(kind).copied().unwrap_or_default());
    }
    row("all", ends, Costs::total);
    for (month, costs) in [1, months.len()].into_iter().zip(ends.into_iter().flatten()) {
        let cents = costs::cents_a_million(costs);
        println!(
            "month {month}: {} events; each {} commits, {} batched reads, {} queries, {} bytes; {} dollars a million",
            costs.events,
            hundredths(costs::each(costs.commits, costs)),
            hundredths(costs::each(costs.batches, costs)),
            hundredths(costs::each(costs.queries, costs)),
            costs::each(costs.bytes, costs) / 100,
            hundredths(cents)
        );
    }
}

/// A line of two months; one without a unit is left out.
fn row(kind: &str, ends: [Option<&Costs>; 2], units: impl Fn(&Costs) -> Units) {
    let found: Vec<_> = ends.into_iter().flatten().map(|costs| (costs, units(costs))).collect();
    if found.iter().all(|(_, units)| *units == Units::default()) {
        return;
    }
    print!("{kind:<20}");
    for (costs, units) in found {
        let (writes, reads) = (costs::each(units.writes, costs), costs::each(units.half_reads, costs) / 2);
        print!(" {:>10} {:>11}", hundredths(writes), hundredths(reads));
    }
    println!();
}

fn hundredths(count: u64) -> String {
    format!("{}.{:02}", count / 100, count % 100)
}
