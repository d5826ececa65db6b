//! What recoveries cost as they grow many: a sweep with 1,000 due among ten thousand, a hundred thousand and a million
//! that are open; and how long it takes to choose the moment of a try.
//!
//! `cargo bench -p tests --bench dunning`. The million takes minutes to write and gigabytes to hold, so that it is
//! there only with `RECOUP_OPEN=1000000`. It fails where a sweep asks for more because more is open.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench that cannot go on should stop, and it is there to print"
)]
#![allow(clippy::disallowed_methods, clippy::float_arithmetic, reason = "it measures the machine's time, and no money")]

use app::ports::Clock;
use domain::book::{By, Head, Invoice, Tried};
use domain::dunning::{Adviser, Calendar, Ground, Judged, Paid, Plan, Traits, adviser, next_try};
use domain::event::Decline;
use domain::id::AccountId;
use domain::policies::Policies;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{from_value, json};
use std::time::Instant;
use tests::counted::{Costs, Counted};
use tests::{open, world};

const START: &str = "2026-03-02T10:00:00Z";
const SIZES: [u32; 2] = [10_000, 100_000];
const DUE: u32 = 1_000;
/// Where the numbers of those begin that are due.
const FIRST_DUE: u32 = 5_000_000;
/// A look into each shard of the index.
const PAGE: u64 = 10;
const CHOICES: u32 = 200;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    choosing();
    sweeping().await;
}

/// What it takes to ring those that are due, in milliseconds and in what is asked for.
async fn sweeping() {
    let mut service = world::open_at(START).await;
    let now = service.clock.now();
    // Who counts looks at what is overwritten: time is measured without.
    let plain = service.context.store.clone();
    let counts = Counted::over(&mut service);
    let counting = service.context.store.clone();
    service.context.store = plain.clone();
    open::sweep(&service).await;
    println!(
        "\n{:>9} {:>8} {:>7} {:>8} {:>7} {:>9} {:>12} {:>9}",
        "open", "fill, s", "sweeps", "ms", "looks", "rows read", "alarms taken", "write WU"
    );
    let more = std::env::var("RECOUP_OPEN").ok().map(|text| text.parse::<u32>().expect("RECOUP_OPEN is a number"));
    let (mut filled, mut due, mut first) = (0, FIRST_DUE, None);
    for size in SIZES.into_iter().chain(more) {
        let began = Instant::now();
        open::waiting(&service, filled..size.max(filled), now).await;
        filled = size.max(filled);
        let fill_secs = began.elapsed().as_secs_f64();

        open::due(&service, due..due + DUE, now).await;
        let began = Instant::now();
        let (rung, sweeps) = open::sweep(&service).await;
        let ms = began.elapsed().as_secs_f64() * 1000.0;
        assert_eq!(rung, DUE);

        // The same again: what is counted must not depend on whose alarms they are.
        open::due(&service, due + DUE..due + 2 * DUE, now).await;
        service.context.store = counting.clone();
        counts.take();
        assert_eq!(open::sweep(&service).await.0, DUE);
        let costs = counts.take();
        service.context.store = plain.clone();
        due += 2 * DUE;
        println!(
            "{size:>9} {fill_secs:>8.1} {sweeps:>7} {ms:>8.0} {:>7} {:>9} {:>12} {:>9}",
            costs.looks,
            costs.due,
            costs.claims,
            costs.total().writes
        );
        must_depend_on_what_is_due(&costs, first.get_or_insert_with(|| costs.clone()));
    }
}

/// Nothing is read but rows of the index, as many as are due, and no more looks are taken than at the first size.
fn must_depend_on_what_is_due(costs: &Costs, first: &Costs) {
    assert_eq!((costs.batches, costs.queries, costs.commits), (0, 0, 0), "a sweep reads the index alone");
    assert_eq!((costs.due, costs.claims), (first.due, first.claims), "it reads and claims what is due");
    assert!(costs.looks.abs_diff(first.looks) <= PAGE, "{} looks, and {} at the first size", costs.looks, first.looks);
}

/// How long it takes to choose a moment: one choice and the hundred more that tell how likely it was, each over all
/// hours of the rule's windows.
fn choosing() {
    let policies = Policies::shipped().unwrap();
    let (rules, declines) = (policies.dunning.current(), policies.declines.current());
    let adviser = adviser_of(&policies);
    let failed_at: Timestamp = START.parse().unwrap();
    let decline = Decline::new("stripe", "insufficient_funds");
    let (meaning, head) = (declines.meaning(Some(&decline)), Head::new("stripe", "default", "cus_1"));
    let card = "visa 4242";
    let try_at = |hours: i64| {
        let at = failed_at + SignedDuration::from_hours(hours);
        Tried { network: Some("visa".to_owned()), card: Some(card.to_owned()), ..Tried::failed(at, By::Provider) }
    };
    let tried = [try_at(0)];
    // As many tries as leave one of the card's: with more there is nothing to be chosen.
    let alone = Vec::new();
    let beside: Vec<Vec<Tried>> = (1..=14).map(|day| vec![try_at(-24 * day - 1), try_at(-24 * day)]).collect();
    println!("{:<44} {:>12} {:>12}", "choosing the moment of a try", "us, mean", "us, worst");
    for (name, zone, beside) in [
        ("an invoice alone, in UTC", "UTC", &alone),
        ("an invoice alone, where clocks are changed", "America/New_York", &alone),
        ("one of 15 invoices tried with one card", "America/New_York", &beside),
    ] {
        let calendar = Calendar::new(TimeZone::get(zone).unwrap());
        let mut took = Vec::new();
        for number in 0..CHOICES {
            let plan = plan(&format!("in_{number}"), failed_at, rules.version);
            let began = Instant::now();
            let judged = Judged::of(declines, &head, &Invoice::new(&plan.invoice), &tried, beside);
            let budget = judged.budget(declines, &[], &tried, beside);
            let traits = Traits {
                family: meaning.family.id.get_ref(),
                code: "insufficient_funds",
                network: "visa",
                funding: "",
                issuer: "US",
                country: "US",
            };
            let ground = Ground {
                policy: rules,
                adviser: Some(&adviser),
                advice_version: None,
                calendar: &calendar,
                meaning: &meaning,
                paid: Paid::through(declines, Some("visa")),
                budget: &budget,
                budget_of_card: None,
                traits,
                tried: &tried,
                failed_at: Some(failed_at),
                now: failed_at,
            };
            let chosen = next_try(&plan, &ground).expect("there is a moment");
            drop(std::hint::black_box(chosen));
            took.push(began.elapsed().as_secs_f64() * 1_000_000.0);
        }
        let mean = took.iter().sum::<f64>() / f64::from(CHOICES);
        println!("{name:<44} {mean:>12.0} {:>12.0}", took.iter().copied().fold(0.0, f64::max));
    }
    let began = Instant::now();
    for _ in 0..CHOICES {
        drop(std::hint::black_box(adviser_of(&policies)));
    }
    let us = began.elapsed().as_secs_f64() * 1_000_000.0 / f64::from(CHOICES);
    println!("{:<44} {us:>12.0}", "making the adviser of its table, each time");
}

fn adviser_of(policies: &Policies) -> Adviser {
    let rules = policies.dunning.current().adviser.as_ref().expect("these rules try again");
    adviser(rules, policies.advice.current())
}

/// A recovery that has just begun.
fn plan(invoice: &str, at: Timestamp, policy_version: u32) -> Plan {
    from_value(json!({
        "account": AccountId::of("stripe", "default", "cus_1"), "invoice": invoice, "segment": "standard",
        "policy_version": policy_version, "started_at": at, "state": "running", "reason": null, "steps": [],
        "trace": "bench",
    }))
    .unwrap()
}
