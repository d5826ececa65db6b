//! Worlds of one cluster: what comes of them was counted by hand, or by another player that was written in Python.

use super::*;
use crate::policies::Policies;
use jiff::SignedDuration;

pub(super) const ONE: &str = r#"name = "one"
start = "2026-03-01T00:00:00Z"
days = 10
seed = 7
currency = "USD"

[[cluster]]
id = "a"
share = "1"
provider = "stripe"
code = "insufficient_funds"
network = "visa"
funding = "debit"
issuer = "bank"
country = "US"
timezone = "America/New_York"
amount = ["10.00"]
gone = "0"
[cluster.try]
base = "1"
"#;

const SURE: (&str, &str) = ("base = \"1\"", "base = \"1\"");
const HALF: (&str, &str) = ("base = \"1\"", "base = \"0.5\"");
const NEVER: (&str, &str) = ("base = \"1\"", "base = \"0\"");

/// The world of one cluster, with some of its text replaced.
pub(super) fn one(changes: &[(&str, &str)], more: &str) -> World {
    let mut text = ONE.to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    World::parse("one.toml", &(text + more)).unwrap()
}

/// The example of the documents.
pub(super) fn example() -> World {
    World::parse("example.toml", include_str!("../../../../tests/worlds/example.toml")).unwrap()
}

fn played(world: &World, strategy: &mut dyn Strategy, invoices: u32) -> Report {
    let policies = Policies::shipped().unwrap();
    play(world, strategy, policies.declines.version(2).unwrap(), invoices)
}

fn fixed(days: &str) -> Fixed {
    Fixed::parse(days).unwrap()
}

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

#[test]
fn a_chance_is_the_product_of_what_speaks_for_and_against_it() {
    let numbers = r#"base = "0.1"
weekday = ["1", "1", "1", "1", "2", "1", "0.5"]
day_of_month = { "1" = "3", "31" = "4" }
hour = { "0" = "1.5", "1" = "1.1", "2" = "7", "3" = "1.2" }
per_try = "0.5"
half_life_days = "10""#;
    let world = one(&[("days = 10", "days = 300"), ("base = \"1\"", numbers)], "");
    // In New York clocks go forward on Sunday, March 8, and back on Sunday, November 1.
    for (name, at, since_hours, before, expected) in [
        ("a Tuesday's noon", "2026-03-03T17:00:00Z", 0, 0, 0.1),
        ("a Friday's", "2026-03-06T17:00:00Z", 0, 0, 0.2),
        ("a Sunday's", "2026-03-08T17:00:00Z", 0, 0, 0.05),
        ("before the second try", "2026-03-03T17:00:00Z", 0, 1, 0.05),
        ("before the third", "2026-03-03T17:00:00Z", 0, 2, 0.025),
        ("two half-lives later", "2026-03-24T17:00:00Z", 480, 0, 0.025),
        ("half a day later, at midnight", "2026-03-04T05:00:00Z", 12, 0, 0.144_890_449_339),
        ("the last minute of winter", "2026-03-08T06:59:00Z", 0, 0, 0.055),
        ("no two o'clock in spring", "2026-03-08T07:00:00Z", 0, 0, 0.06),
        ("one o'clock in autumn", "2026-11-01T05:30:00Z", 0, 0, 0.165),
        ("one o'clock again", "2026-11-01T06:30:00Z", 0, 0, 0.165),
        ("never surer than that", "2026-11-01T07:30:00Z", 0, 0, 0.95),
        ("the last second of a month", "2026-04-01T03:59:59Z", 0, 0, 0.4),
        ("the first of the next", "2026-04-01T04:00:00Z", 0, 0, 0.45),
    ] {
        let at: Timestamp = at.parse().unwrap();
        let chance = world.clusters[0].chance(at - hours(since_hours), at, before);
        assert!((chance - expected).abs() < 1e-9, "{name}: {chance}, not {expected}");
    }
}

/// Of 1,000 invoices: paid, paid by the customer, tries.
#[test]
fn what_comes_of_a_ladder_was_counted_elsewhere_as_well() {
    let change = "[[change]]\nat_day = 5\ncluster = \"a\"\ntry = { base = 1 }\n";
    let (seldom, at_once) = ("[cluster.customer]\nper_day = \"0.1\"\n", "[cluster.customer]\nper_day = \"1\"\n");
    for (name, changed, more, days, expected) in [
        ("as sure as it gets", SURE, "", "1", [950, 0, 1000]),
        ("twice as sure as it gets", SURE, "", "1,2", [998, 0, 1050]),
        ("no chance", NEVER, "", "1,3,5", [0, 0, 3000]),
        ("all gone", ("gone = \"0\"", "gone = \"1\""), "", "1,2", [0, 0, 2000]),
        ("half gone", ("gone = \"0\"", "gone = \"0.5\""), "", "1,2,3", [501, 0, 2025]),
        ("one half", HALF, "", "1", [479, 0, 1000]),
        ("another half", HALF, "", "3", [464, 0, 1000]),
        ("both: who is paid is not tried", HALF, "", "1,3", [724, 0, 1521]),
        ("a bank that changes its mind", NEVER, change, "1", [540, 0, 1000]),
        ("some pay by themselves", NEVER, seldom, "1", [947, 947, 900]),
        ("who pays in time is not tried", SURE, at_once, "1", [1000, 1000, 0]),
    ] {
        let report = played(&one(&[changed], more), &mut fixed(days), 1000);
        let Recovered { count, by_customer, by_try, .. } = report.recovered;
        assert_eq!([count, by_customer, report.attempts], expected, "{name}");
        assert_eq!((count, report.invoices), (by_try + by_customer, 1000), "{name}");
    }
}

#[test]
fn a_change_counts_from_its_hour_on() {
    let change = "[[change]]\nat_day = \"1.25\"\ncluster = \"a\"\ntry = { base = \"0.5\" }\n\
                  [[change]]\nat_day = 0.5\ncluster = \"a\"\ntry = { base = \"0.2\" }\n";
    let world = one(&[NEVER], change);
    for (after, expected) in [(0, 0.0), (11, 0.0), (12, 0.2), (29, 0.2), (30, 0.5), (900, 0.5)] {
        let at = world.start + hours(after);
        assert!((world.clusters[0].chance(at, at, 0) - expected).abs() < 1e-9, "after {after} hours");
    }
}

/// Writes on the same days, and tries nothing.
struct Writes(Vec<i64>);

impl Strategy for Writes {
    fn name(&self) -> String {
        "writes".to_owned()
    }

    fn next(&mut self, shown: &Shown<'_>) -> Option<Next> {
        let day = self.0.get(shown.messages.len())?;
        Some(Next::Message(shown.failed_at + hours(24 * day)))
    }
}

#[test]
fn a_message_is_answered_within_a_day_or_not() {
    for (name, customer, expected) in [
        ("nobody answers", "after_message = \"0\"", (0, 3000, None)),
        ("some do", "after_message = \"0.3\"", (626, 2235, Some("3.0"))),
        ("some pay anyway", "after_message = \"0.3\"\nper_day = \"0.02\"", (807, 2135, Some("3.0"))),
        ("all answer before the second message", "after_message = \"1\"", (1000, 1000, Some("2.0"))),
    ] {
        let world = one(&[NEVER], &format!("[cluster.customer]\n{customer}\n"));
        let report = played(&world, &mut Writes(vec![1, 2, 4]), 1000);
        let median = report.median_days.map(|days| format!("{days:.1}"));
        assert_eq!((report.recovered.by_customer, report.messages, median.as_deref()), expected, "{name}");
        assert_eq!((report.attempts, report.recovered.by_try), (0, 0), "{name}");
    }
}

#[test]
fn nobody_is_followed_for_longer_than_thirty_days() {
    let answers = one(&[NEVER], "[cluster.customer]\nafter_message = \"1\"\n");
    for (day, expected) in [(29, (1, 1)), (30, (0, 1)), (31, (0, 0))] {
        let report = played(&answers, &mut Writes(vec![day]), 1);
        assert_eq!((report.recovered.count, report.messages), expected, "written on day {day}");
    }
    assert_eq!(played(&one(&[NEVER], ""), &mut fixed("30"), 1).attempts, 1);
}

/// Does as another does, and keeps what it was told.
struct Told {
    does: Fixed,
    tries: Vec<(Timestamp, bool)>,
}

impl Strategy for Told {
    fn name(&self) -> String {
        self.does.name()
    }

    fn next(&mut self, shown: &Shown<'_>) -> Option<Next> {
        self.does.next(shown)
    }

    fn tried(&mut self, shown: &Shown<'_>, at: Timestamp, succeeded: bool) {
        assert!(shown.tries.iter().all(|before| *before < at), "{at} is among those before it");
        self.tries.push((at, succeeded));
    }
}

#[test]
fn two_ladders_meet_the_same_luck_and_are_told_in_the_order_of_time() {
    // Among so many hours no two of 60 invoices are tried in the same.
    let world = one(&[HALF, ("days = 10", "days = 3000")], "");
    let told = |days: &str| {
        let mut told = Told { does: fixed(days), tries: Vec::new() };
        played(&world, &mut told, 60);
        assert!(told.tries.iter().map(|(at, _)| at).is_sorted(), "{days}");
        told.tries
    };
    let (one_try, two_tries) = (told("3"), told("1,3"));
    let again: Vec<_> = two_tries.iter().filter(|(at, _)| one_try.iter().any(|(other, _)| at == other)).collect();
    assert!(one_try.len() == 60 && again.len() > 20, "{} of {} are tried again", again.len(), one_try.len());
    assert!(again.iter().all(|tried| one_try.contains(tried)), "the same try ends in another way");
}

#[test]
fn the_same_world_is_played_the_same() {
    let report = |invoices| {
        let world = one(&[HALF], "[cluster.customer]\nper_day = \"0.05\"\n");
        serde_json::to_string(&played(&world, &mut fixed("1,3"), invoices)).unwrap()
    };
    assert_eq!(report(200), report(200));
    let expected = r#"{"world":"one","policy":"fixed 1,3","invoices":8,"at_stake":{"amount":"80.00","currency":"USD"},"recovered":{"count":8,"amount":{"amount":"80.00","currency":"USD"},"by_try":5,"by_customer":3},"attempts":12,"attempts_per_invoice":1.5,"messages":0,"breaches":0,"median_days":2.5,"by_cluster":[{"id":"a","invoices":8,"recovered":8,"attempts":12}]}"#;
    assert_eq!(report(8), expected);
}

#[test]
fn what_a_network_forbids_is_counted() {
    let daily = |days: i64| (1..=days).map(|day| day.to_string()).collect::<Vec<_>>().join(",");
    let few = || "1,3,5".to_owned();
    for (name, code, network, days, expected) in [
        ("a lost card", "lost_card", "visa", few(), 3),
        ("a mandate that was withdrawn", "MD01", "sepa", few(), 3),
        ("what the customer has to mend", "expired_card", "visa", few(), 0),
        ("fifteen in thirty days", "insufficient_funds", "visa", daily(15), 0),
        ("seventeen", "insufficient_funds", "visa", daily(17), 2),
        ("a network that allows more", "insufficient_funds", "mastercard", daily(17), 0),
        ("a network without limits", "insufficient_funds", "amex", daily(17), 0),
        ("a debit twice again", "insufficient_funds", "sepa", "6,12".to_owned(), 0),
        ("and twice too often", "insufficient_funds", "sepa", "6,12,18,24".to_owned(), 2),
        ("too soon after the try before it", "insufficient_funds", "sepa", "5,9".to_owned(), 1),
        ("too soon after the failure", "insufficient_funds", "sepa", "4,9".to_owned(), 1),
        ("as late as is asked for", "card_decline_rate_limit_exceeded", "amex", "1,2,4".to_owned(), 0),
    ] {
        let world = one(&[NEVER, ("insufficient_funds", code), ("visa", network)], "");
        let report = played(&world, &mut fixed(&days), 10);
        assert_eq!(report.breaches, 10 * expected, "{name}");
        assert_eq!(report.attempts, 10 * days.split(',').count() as u64, "{name}");
    }
}

/// How likely an invoice of this cluster is won that failed now, if it is not gone.
fn expects(world: &World, place: usize, failed_at: Timestamp, strategy: &mut dyn Strategy) -> (f64, usize) {
    let cluster = &world.clusters[place];
    let (mut tries, mut missed) = (Vec::new(), 1.0);
    loop {
        let shown = Shown {
            decline: &cluster.decline,
            network: &cluster.network,
            funding: &cluster.funding,
            issuer: &cluster.issuer,
            country: &cluster.country,
            strategic: false,
            tenure_days: None,
            amount: cluster.amounts[0],
            failed_at,
            tries: &tries,
            messages: &[],
            cluster: place,
            number: 0,
        };
        let Some(next) = strategy.next(&shown) else { return (1.0 - missed, tries.len()) };
        missed *= 1.0 - cluster.chance(failed_at, next.at(), tries.len());
        tries.push(next.at());
    }
}

#[test]
fn no_ladder_expects_more_than_the_oracle_of_its_windows() {
    let world = example();
    let mut better = 0;
    for days in ["1,3,5,7,14", "2,4,9", "1,30"] {
        let (mut ladder, mut oracle) = (fixed(days), Oracle::new(&world, fixed(days).windows()));
        for place in 0..world.clusters.len() {
            for hour in (0..180 * 24).step_by(97) {
                let failed_at = world.start + hours(hour);
                let (by_ladder, tries) = expects(&world, place, failed_at, &mut ladder);
                let (by_oracle, as_many) = expects(&world, place, failed_at, &mut oracle);
                assert_eq!(tries, as_many, "{days}");
                assert!(by_oracle >= by_ladder, "{days}, cluster {place}, hour {hour}: {by_oracle} < {by_ladder}");
                better += usize::from(by_oracle > by_ladder + 0.01);
            }
        }
    }
    assert!(better > 300, "timing wins nothing: {better}");
}

/// Answers with what is over.
struct Late;

impl Strategy for Late {
    fn name(&self) -> String {
        "late".to_owned()
    }

    fn next(&mut self, shown: &Shown<'_>) -> Option<Next> {
        Some(Next::Try(shown.failed_at - hours(1)))
    }
}

#[test]
#[should_panic(expected = "late wants what is over")]
fn nobody_tries_in_the_past() {
    played(&one(&[], ""), &mut Late, 1);
}

#[test]
fn a_policy_tries_what_may_be_tried_and_learns_when() {
    let policies = Policies::shipped().unwrap();
    let declines = policies.declines.current();
    let (policy, advice, hours) = (policies.dunning.current(), policies.advice.current(), policies.hours.current());
    let planned = || Planned::new(policy, advice, hours, declines);
    let lost = one(&[("insufficient_funds", "lost_card")], "");
    let of_lost = play(&lost, &mut planned(), declines, 50);
    assert!(of_lost.attempts == 0 && of_lost.messages >= 100, "it is written about and not tried: {of_lost:?}");
    let world = example();
    let [once, again] = [(), ()].map(|()| {
        let report = play(&world, &mut planned(), declines, 250);
        (report.attempts, report.messages, report.recovered.count)
    });
    assert_eq!(once, again, "nothing is left to luck");
    let report = play(&world, &mut planned(), declines, 2_000);
    assert!(report.attempts > 2_000 && report.breaches == 0 && report.messages > 0, "{report:?}");
    // Who has seen as many before does better than who begins.
    let text = include_str!("../../../../tests/worlds/example.toml").replace("seed = 1\n", "seed = 99\n");
    let mut learned = planned();
    play(&World::parse("other.toml", &text).unwrap(), &mut learned, declines, 4_000);
    let later = play(&world, &mut learned, declines, 2_000);
    let won = |report: &Report| (report.recovered.count, report.attempts);
    let (of_later, of_first) = (won(&later), won(&report));
    assert!(of_later.0 * of_first.1 > of_first.0 * of_later.1, "of each try: {of_later:?} {of_first:?}");
    let mut released = planned().as_released();
    let [once, again] = [(), ()].map(|()| won(&play(&world, &mut released, declines, 1_000)));
    assert_eq!(once, again, "from one version to the next nothing is learned");
}
