//! Worlds of several shapes, each played by a ladder and by what knows it. Every figure was counted by a second player
//! as well, which was written in Python from the language alone.

use domain::policies::Policies;
use domain::world::{Fixed, Oracle, Planned, Report, Strategy, World, play};
use std::path::Path;

const LADDER: &str = "1,3,5,7,14";

fn world(name: &str) -> World {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("worlds").join(format!("{name}.toml"));
    World::parse(name, &std::fs::read_to_string(path).unwrap()).unwrap()
}

fn played(world: &World, strategy: &mut dyn Strategy, invoices: u32) -> Report {
    play(world, strategy, Policies::shipped().unwrap().declines.version(2).unwrap(), invoices)
}

/// Paid by a try, by the customer, and tries.
fn counted(report: &Report) -> [u64; 3] {
    [report.recovered.by_try, report.recovered.by_customer, report.attempts]
}

#[test]
fn every_world_is_played_as_it_is_described() {
    for (name, invoices, by_ladder, by_oracle, money) in [
        ("example", 20_000, [7358, 1602, 75_271], [9811, 1218, 69_574], ["709260.00 USD", "231960.00 USD"]),
        ("payday", 2_000, [581, 107, 8474], [1077, 77, 7435], ["24757.50 GBP", "9120.00 GBP"]),
        ("outage", 2_000, [1794, 0, 3140], [1798, 0, 3060], ["197838.00 EUR", "190626.00 EUR"]),
        ("business-days", 2_000, [167, 732, 8637], [454, 589, 8174], ["63260.00 EUR", "28831.01 EUR"]),
        ("changed-mind", 2_000, [535, 0, 8656], [1371, 0, 6112], ["901900.00 USD", "250350.00 USD"]),
        ("gone", 2_000, [424, 468, 7948], [447, 471, 8094], ["4642360 JPY", "2693760 JPY"]),
        ("debits", 2_000, [374, 382, 8446], [534, 344, 8226], ["145295.00 EUR", "67901.00 EUR"]),
        ("barred", 2_000, [460, 258, 8439], [722, 227, 7656], ["477840.00 AUD", "121920.00 AUD"]),
        ("opposites", 2_000, [502, 0, 8828], [1015, 0, 7716], ["30210.00 USD", "7770.00 USD"]),
        ("turned", 2_000, [563, 175, 8274], [866, 107, 7607], ["198608.00 CAD", "66077.00 CAD"]),
    ] {
        let (world, mut ladder) = (world(name), Fixed::parse(LADDER).unwrap());
        let mut oracle = Oracle::new(&world, ladder.windows());
        let fixed = played(&world, &mut ladder, invoices);
        assert_eq!(counted(&fixed), by_ladder, "{name}: {fixed:?}");
        assert_eq!([fixed.at_stake, fixed.recovered.amount].map(|money| money.to_string()), money, "{name}");
        let best = played(&world, &mut oracle, invoices);
        assert_eq!(counted(&best), by_oracle, "{name}: {best:?}");
        assert!(best.recovered.count > fixed.recovered.count, "timing wins nothing in {name}");
    }
}

/// What a policy is worth is what it closes of what lies between the ladder and whoever knows the world; at no more tries,
/// and without breaking a rule. Counted here, of fewer invoices than a year has; `docs/dunning.md` has more of them.
#[test]
fn a_policy_that_learns_closes_half_of_what_timing_can_win() {
    let policies = Policies::shipped().unwrap();
    let (declines, hours) = (policies.declines.current(), policies.hours.current());
    for (name, invoices) in [("example", 8_000), ("payday", 3_000), ("business-days", 3_000), ("changed-mind", 8_000)] {
        let (world, mut ladder) = (world(name), Fixed::parse(LADDER).unwrap());
        let mut oracle = Oracle::new(&world, ladder.windows());
        let mut planned = Planned::new(policies.dunning.current(), policies.advice.current(), hours, declines);
        let [fixed, best] = [&mut ladder as &mut dyn Strategy, &mut oracle].map(|it| played(&world, it, invoices));
        let own = played(&world, &mut planned, invoices);
        let (closes, of) = (own.recovered.count - fixed.recovered.count, best.recovered.count - fixed.recovered.count);
        assert!(closes * 2 >= of, "{name}: {closes} of {of}");
        assert!(own.attempts <= fixed.attempts && own.breaches == 0, "{name}: {own:?}");
    }
}

#[test]
fn who_tries_a_lost_card_breaks_a_rule_each_time() {
    let report = played(&world("gone"), &mut Fixed::parse(LADDER).unwrap(), 2_000);
    let lost = report.by_cluster.iter().find(|line| line.id == "lost").unwrap();
    assert!(lost.attempts > 4_000 && report.attempts > lost.attempts, "{report:?}");
    assert_eq!(report.breaches, lost.attempts);
}

/// A ladder breaks rules where debits are tried too early and too often. `cargo bench -p tests --bench worlds` asks the same
/// of a million invoices.
#[test]
fn the_policy_breaks_no_rule_where_a_ladder_does() {
    let policies = Policies::shipped().unwrap();
    let (declines, hours) = (policies.declines.current(), policies.hours.current());
    for (name, expected) in [("debits", true), ("barred", true), ("business-days", true), ("opposites", false)] {
        let (world, mut ladder) = (world(name), Fixed::parse(LADDER).unwrap());
        let mut planned = Planned::new(policies.dunning.current(), policies.advice.current(), hours, declines);
        let fixed = play(&world, &mut ladder, declines, 200);
        assert_eq!(fixed.breaches > 0, expected, "{name}: {fixed:?}");
        let own = play(&world, &mut planned, declines, 200);
        assert!(own.breaches == 0 && own.attempts > 100, "{name}: {own:?}");
    }
}

/// Every file of the folder is played above.
#[test]
fn no_world_is_forgotten() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("worlds");
    let mut names: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let expected = [
        "barred",
        "business-days",
        "changed-mind",
        "debits",
        "example",
        "gone",
        "opposites",
        "outage",
        "payday",
        "turned",
    ];
    assert_eq!(names, expected.map(|name| format!("{name}.toml")));
}
