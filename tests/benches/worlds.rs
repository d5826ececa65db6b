//! Does the shipped policy ever break a rule of a network? A million invoices of all described worlds say that it does not,
//! and how many are played in a second.
//!
//! `cargo bench -p tests --bench worlds`; `RECOUP_INVOICES=50000` for fewer. With `RECOUP_LADDERS=200` it looks for the best
//! of so many ladders in each world, which takes as many times as long, and says what the policy closes of what lies between
//! that and the oracle of its gaps. It fails where a try is a breach.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench that cannot go on should stop, and it is there to print"
)]
#![allow(clippy::disallowed_methods, clippy::float_arithmetic, reason = "it measures the machine's time, and no money")]

use domain::decline::Declines;
use domain::policies::Policies;
use domain::world::{Fixed, Oracle, Planned, Report, World, best_ladder, ladders, play};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

const INVOICES: u32 = 1_000_000;

fn main() -> ExitCode {
    let invoices = number("RECOUP_INVOICES").unwrap_or(INVOICES);
    let policies = Policies::shipped().unwrap();
    let declines = policies.declines.current();
    let worlds = worlds();
    let each = invoices.div_ceil(u32::try_from(worlds.len()).unwrap());
    println!(
        "{:<16} {:>10} {:>10} {:>10} {:>9} {:>10}",
        "world", "invoices", "recovered", "tries", "breaches", "a second"
    );
    let (mut played, mut breaches) = (0, 0);
    for path in worlds {
        let text = std::fs::read_to_string(&path).unwrap();
        let world = World::parse(&path.display().to_string(), &text).unwrap();
        let (policy, advice, hours) = (policies.dunning.current(), policies.advice.current(), policies.hours.current());
        let began = Instant::now();
        let report = play(&world, &mut Planned::new(policy, advice, hours, declines), declines, each);
        let a_second = f64::from(each) / began.elapsed().as_secs_f64();
        println!(
            "{:<16} {:>10} {:>10} {:>10} {:>9} {a_second:>10.0}",
            report.world, report.invoices, report.recovered.count, report.attempts, report.breaches
        );
        if let Some(others) = number("RECOUP_LADDERS") {
            println!("{:<16} {}", "", worth(&world, &report, declines, others));
        }
        (played, breaches) = (played + report.invoices, breaches + report.breaches);
    }
    println!("{breaches} breaches in {played} invoices");
    if breaches == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn number(name: &str) -> Option<u32> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

/// What a policy closes of what timing can win, by the invoices that are paid.
fn worth(world: &World, own: &Report, declines: &Declines, others: u32) -> String {
    let (usual, invoices) = (Fixed::parse("1,3,5,7,14").unwrap(), u32::try_from(own.invoices).unwrap());
    let best = best_ladder(world, (&usual, &ladders(others)), declines, invoices);
    let windows = Fixed::parse(best.policy.trim_start_matches("fixed ")).unwrap().windows();
    let oracle = play(world, &mut Oracle::new(world, windows), declines, invoices);
    let [own_count, fixed, most] = [own, &best, &oracle].map(|report| report.recovered.count as f64);
    let (closed, tries) = ((own_count - fixed) / (most - fixed), own.attempts as f64 / best.attempts as f64);
    let percent = |part: f64| format!("{:.0} %", part * 100.0);
    format!("closes {} beyond {}, at {} of its tries", percent(closed), best.policy, percent(tries))
}

/// Every file of the folder, by name.
fn worlds() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("worlds");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}
