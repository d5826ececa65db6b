//! Does the shipped policy ever break a rule of a network, and does it close half of what timing can win? A million
//! invoices of all described worlds say that it does not and that it does, and how many are played in a second.
//!
//! `cargo bench -p tests --bench worlds`; `RECOUP_INVOICES=100000` for fewer: of less than 3,000 in each world it
//! learns too little. What it closes is measured by the ladder 1,3,5,7,14 and the oracle of its gaps; with
//! `RECOUP_LADDERS=200` by the best of so many ladders, which takes as many times as long. It fails where a try is a
//! breach, and, with the name of the world, where less than half is closed or more is tried than the ladder tries.
//! Worlds are not compared in which ladder or oracle break a rule, or nothing lies between them.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench that cannot go on should stop, and it is there to print"
)]
#![allow(clippy::disallowed_methods, clippy::float_arithmetic, reason = "it measures the machine's time, and no money")]

use domain::decline::Declines;
use domain::policies::Policies;
use domain::world::{Fixed, Oracle, Planned, Report, World, Worth, best_ladder, ladders, play};
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
    let ladders = number("RECOUP_LADDERS").map(ladders).unwrap_or_default();
    let (mut played, mut breaches, mut compared, mut short) = (0, 0, 0, Vec::new());
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
        let (worth, against) = worth(&world, &report, declines, &ladders);
        println!("{:<16} {}", "", said(worth, &against));
        compared += u32::from(worth.is_known());
        short.extend(worth.falls_short(&report.world));
        (played, breaches) = (played + report.invoices, breaches + report.breaches);
    }
    println!("{breaches} breaches in {played} invoices; timing compared in {compared} worlds");
    short.iter().for_each(|short| println!("{short}"));
    if breaches == 0 && compared > 0 && short.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn number(name: &str) -> Option<u32> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

/// What a policy closes of what timing can win, and against which ladder.
fn worth(world: &World, own: &Report, declines: &Declines, others: &[Fixed]) -> (Worth, String) {
    let (usual, invoices) = (Fixed::parse("1,3,5,7,14").unwrap(), u32::try_from(own.invoices).unwrap());
    let best = best_ladder(world, (&usual, others), declines, invoices);
    let windows = Fixed::parse(best.policy.trim_start_matches("fixed ")).unwrap().windows();
    let oracle = play(world, &mut Oracle::new(world, windows), declines, invoices);
    (Worth::of(own, &best, &oracle), best.policy)
}

fn said(worth: Worth, against: &str) -> String {
    match worth {
        Worth::Unlike => format!("not compared: {against} or its oracle break a rule"),
        Worth::Nothing => format!("not compared: nothing lies between {against} and its oracle"),
        Worth::Closes { percent, tries_percent } => {
            format!("closes {percent} % beyond {against}, at {tries_percent} % of its tries")
        }
    }
}

/// Every file of the folder, by name.
fn worlds() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("worlds");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}
