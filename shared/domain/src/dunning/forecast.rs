//! What will come of the recoveries that run, within 30 days? It is told with what it rests on, or not at all.

use super::Plan;
use crate::money::{Currency, Money};
use jiff::{SignedDuration, Timestamp};
use rust_decimal::{Decimal, MathematicalOps};
use serde::Serialize;
use std::collections::BTreeMap;
use timing::share_between;

/// How far it looks.
pub const FORECAST_DAYS: i64 = 30;
const AHEAD: SignedDuration = SignedDuration::from_hours(24 * FORECAST_DAYS);
const WHOLE: u32 = 1000;

/// A recovery that runs, and what is open of its invoice.
#[derive(Debug, Clone)]
pub struct RunningLine {
    pub plan: Plan,
    pub open: Option<Money>,
}

/// A payment that failed some time ago.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierLine {
    /// That of its recovery, where there was one.
    pub segment: String,
    pub failed_at: Timestamp,
    /// When it was over, and whether it was paid then.
    pub over: Option<(Timestamp, bool)>,
}

/// How few are too few to say.
#[derive(Debug, Clone, Copy)]
pub struct TooFew {
    /// Recoveries that run in one currency.
    pub open_min: u32,
    /// Earlier payments by which a share is counted.
    pub seen_min: u32,
}

/// What is expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Forecast {
    pub days: i64,
    /// Whether all recoveries that run are in it: else those that go on first.
    pub complete: bool,
    /// How many are.
    pub recoveries: u32,
    /// How many of them by how often earlier ones of their segment and age were paid.
    pub by_segment: u32,
    /// How many by how often earlier ones of their age were paid, whatever their segment.
    pub by_all: u32,
    /// How many only by the chance of their next try: later ones, letters and customers come on top.
    pub by_next_try: u32,
    /// How many of which nothing is known: none of them is expected.
    pub unknown: u32,
    /// How many earlier payments the shares were counted by.
    pub earlier: u32,
    pub currencies: Vec<Expected>,
}

/// What is expected in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Expected {
    pub currency: Currency,
    pub recoveries: u32,
    /// What is open of them.
    pub open: Money,
    /// How many of them are paid; nothing where they are too few to say.
    pub paid: Option<u32>,
    pub amount: Option<Money>,
    /// Between these it lies, 19 times of 20.
    pub low: Option<Money>,
    pub high: Option<Money>,
}

/// By what a recovery's chance is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Segment,
    All,
    NextTry,
    Nothing,
}

/// How likely it is paid, and between what that lies, in thousandths.
type Chance = (u32, u32, u32);

#[derive(Debug, Default)]
struct Sum {
    recoveries: u32,
    open: Decimal,
    /// In thousandths.
    paid: u32,
    amount: Decimal,
    low: Decimal,
    high: Decimal,
    variance: Decimal,
    /// An amount is too large to be squared.
    is_huge: bool,
}

/// What is expected of the recoveries that run, by the chances that were kept with their tries and by what came of
/// others.
pub fn forecast(
    running: &[RunningLine],
    earlier: &[EarlierLine],
    too_few: TooFew,
    complete: bool,
    now: Timestamp,
) -> Forecast {
    let mut sums: BTreeMap<Currency, Sum> = BTreeMap::new();
    let mut told = Vec::new();
    for RunningLine { plan, open } in running {
        // What nobody has priced is no money to be expected.
        let Some(open) = open else { continue };
        let (by, chance) = chance(plan, earlier, too_few.seen_min, now);
        told.push(by);
        sums.entry(open.currency()).or_default().add(open.amount(), chance);
    }
    let count = |by: By| u32::try_from(told.iter().filter(|it| **it == by).count()).unwrap_or(u32::MAX);
    Forecast {
        days: FORECAST_DAYS,
        complete,
        recoveries: u32::try_from(told.len()).unwrap_or(u32::MAX),
        by_segment: count(By::Segment),
        by_all: count(By::All),
        by_next_try: count(By::NextTry),
        unknown: count(By::Nothing),
        earlier: u32::try_from(earlier.len()).unwrap_or(u32::MAX),
        currencies: sums.into_iter().map(|(currency, sum)| sum.expected(currency, too_few.open_min)).collect(),
    }
}

/// The most that is known: of its like, of all, or of its next try.
fn chance(plan: &Plan, earlier: &[EarlierLine], seen_min: u32, now: Timestamp) -> (By, Chance) {
    let age = now.duration_since(plan.started_at);
    let shares = [(By::Segment, Some(plan.segment.as_str())), (By::All, None)];
    for (by, segment) in shares {
        let (paid, of) = paid_after(earlier, segment, age, now);
        if of >= seen_min.max(1) {
            return (by, share_between(paid, of));
        }
    }
    let next = plan.tries.next.as_ref().filter(|next| next.at <= now + AHEAD);
    match next.and_then(|next| next.chance) {
        Some(chance) => (By::NextTry, (chance, chance, chance)),
        None => (By::Nothing, (0, 0, WHOLE)),
    }
}

/// Of those that were still open at this age, and failed so long ago that it is known what came of them within the days
/// that count: how many were paid in them, and how many they are.
fn paid_after(earlier: &[EarlierLine], segment: Option<&str>, age: SignedDuration, now: Timestamp) -> (u32, u32) {
    let (mut paid, mut of) = (0, 0);
    for line in earlier.iter().filter(|line| segment.is_none_or(|segment| segment == line.segment)) {
        let (from, until) = (line.failed_at + age, line.failed_at + age + AHEAD);
        // Of younger ones only those would be known that ended well.
        if until <= now && line.over.is_none_or(|(at, _)| at > from) {
            of += 1;
            paid += u32::from(line.over.is_some_and(|(at, is_paid)| is_paid && at <= until));
        }
    }
    (paid, of)
}

impl Sum {
    fn add(&mut self, open: Decimal, (chance, low, high): Chance) {
        let part = |thousandths: u32| Decimal::from(thousandths) / Decimal::from(WHOLE);
        self.recoveries += 1;
        self.open += open;
        self.paid += chance;
        self.amount += open * part(chance);
        self.low += open * part(low);
        self.high += open * part(high);
        let spread = part(chance) * part(WHOLE - chance.min(WHOLE));
        let own = open.checked_mul(open).and_then(|square| square.checked_mul(spread));
        match own.and_then(|own| self.variance.checked_add(own)) {
            Some(variance) => self.variance = variance,
            None => self.is_huge = true,
        }
    }

    /// A share may be off, and even where it is not, luck may be good or bad.
    fn expected(self, currency: Currency, open_min: u32) -> Expected {
        let luck = self.variance.sqrt().filter(|_| !self.is_huge).map_or(self.open, |off| Decimal::TWO * off);
        let money = |amount: Decimal| Money::rounded(amount, currency);
        let is_told = self.recoveries >= open_min;
        let told = |amount: Decimal| is_told.then(|| money(amount));
        Expected {
            currency,
            recoveries: self.recoveries,
            open: money(self.open),
            paid: is_told.then_some((self.paid + WHOLE / 2) / WHOLE),
            amount: told(self.amount),
            low: told((self.low - luck).max(Decimal::ZERO)),
            high: told((self.high + luck).min(self.open)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::AccountId;
    use serde_json::{Value, from_value, json};

    const NOW: &str = "2026-06-01T00:00:00Z";
    const FEW: TooFew = TooFew { open_min: 3, seen_min: 4 };

    fn now() -> Timestamp {
        NOW.parse().unwrap()
    }

    fn days(days: i64) -> SignedDuration {
        SignedDuration::from_hours(24 * days)
    }

    /// One that has run for so many days.
    fn running(segment: &str, age: i64, open: Option<i64>, next: &Value) -> RunningLine {
        let plan: Plan = from_value(json!({
            "account": AccountId::of("p", "default", "cus_1"), "invoice": "in_1", "segment": segment,
            "policy_version": 2, "started_at": now() - days(age), "state": "running", "reason": null, "trace": "t",
            "steps": [], "tries": {"next": next},
        }))
        .unwrap();
        RunningLine { plan, open: open.map(|minor| Money::from_minor(minor, Currency::USD)) }
    }

    fn next(in_days: i64, chance: u32) -> Value {
        json!({"number": 1, "at": now() + days(in_days), "rule": "funds", "policy_version": 2, "chance": chance,
            "likely": 500, "candidates": []})
    }

    /// One that failed so many days ago, and was over so many days later.
    fn earlier(segment: &str, ago: i64, over: Option<(i64, bool)>) -> EarlierLine {
        let failed_at = now() - days(ago);
        EarlierLine {
            segment: segment.to_owned(),
            failed_at,
            over: over.map(|(at, paid)| (failed_at + days(at), paid)),
        }
    }

    /// Counted by hand: of the five of the segment that were open on day 5, two were paid by day 35, and one on day 40.
    #[test]
    fn a_share_is_counted_of_those_that_were_as_old() {
        let all = [
            earlier("a", 90, Some((3, true))),
            earlier("a", 90, Some((6, true))),
            earlier("a", 90, Some((35, true))),
            earlier("a", 90, Some((40, true))),
            earlier("a", 90, Some((20, false))),
            earlier("a", 90, None),
            earlier("a", 20, None),
            earlier("a", 20, Some((7, true))),
            earlier("b", 90, Some((6, true))),
        ];
        for (name, segment, age, expected) in [
            ("of the segment", Some("a"), 5, (2, 5)),
            ("from the first day on", Some("a"), 0, (2, 6)),
            ("of all", None, 5, (3, 6)),
            ("of another", Some("b"), 6, (0, 0)),
            ("very old", Some("a"), 50, (0, 1)),
        ] {
            assert_eq!(paid_after(&all, segment, days(age), now()), expected, "{name}");
        }
    }

    #[test]
    fn the_most_that_is_known_counts() {
        let of = |segment: &str, times: usize| vec![earlier(segment, 90, Some((2, true))); times];
        let (few, many) = ([of("a", 3), of("b", 1)].concat(), of("a", 4));
        for (name, earlier, next, expected) in [
            ("its segment", &many, next(1, 120), (By::Segment, share_between(4, 4))),
            ("all, where its segment is too small", &few, next(1, 120), (By::All, share_between(4, 4))),
            ("its next try", &Vec::new(), next(30, 120), (By::NextTry, (120, 120, 120))),
            ("a try that is too far off", &Vec::new(), next(31, 120), (By::Nothing, (0, 0, 1000))),
            ("nothing", &Vec::new(), Value::Null, (By::Nothing, (0, 0, 1000))),
        ] {
            let plan = running("a", 0, None, &next).plan;
            assert_eq!(chance(&plan, earlier, 4, now()), expected, "{name}");
        }
    }

    /// 100.00 at 50 %, 60.00 and 40.00 at 12 % each by their next tries: 50.00 + 7.20 + 4.80.
    #[test]
    fn what_is_expected_is_summed_with_what_it_rests_on() {
        let seen = [vec![earlier("a", 90, Some((2, true))); 2], vec![earlier("a", 90, None); 2]].concat();
        let lines = [
            running("a", 0, Some(10_000), &Value::Null),
            // Nobody was open at this age.
            running("a", 100, Some(6_000), &next(1, 120)),
            running("a", 100, Some(4_000), &next(1, 120)),
            running("a", 0, None, &next(1, 120)),
        ];
        let found = forecast(&lines, &seen, FEW, false, now());
        let usd = |amount: &str| Money::parse(amount, Currency::USD).unwrap();
        // Between 15.0 and 85.0 % of 100.00, with the 12.00 of the others; and 2 × √(2500 + 380.16 + 168.96) to either
        // side.
        let expected = Expected {
            currency: Currency::USD,
            recoveries: 3,
            open: usd("200.00"),
            paid: Some(1),
            amount: Some(usd("62.00")),
            low: Some(usd("0.00")),
            high: Some(usd("200.00")),
        };
        assert_eq!(found.currencies, [expected]);
        assert_eq!((found.recoveries, found.by_segment, found.by_all, found.by_next_try), (3, 1, 0, 2));
        assert_eq!((found.unknown, found.earlier, found.days, found.complete), (0, 4, 30, false));
    }

    #[test]
    fn many_are_surer_than_few_and_too_few_say_nothing() {
        let seen = [vec![earlier("a", 90, Some((2, true))); 50], vec![earlier("a", 90, None); 50]].concat();
        let lines = vec![running("a", 0, Some(1_000), &Value::Null); 400];
        let found = forecast(&lines, &seen, FEW, true, now());
        let usd = |amount: &str| Some(Money::parse(amount, Currency::USD).unwrap());
        let own = &found.currencies[0];
        // 40.4 to 59.6 % of 4,000.00, and twice the root of 400 × 100 × ½ × ½.
        assert_eq!((own.paid, own.amount), (Some(200), usd("2000.00")));
        assert_eq!((own.low, own.high), (usd("1416.00"), usd("2584.00")));
        let few = forecast(&lines[..2], &seen, FEW, true, now());
        let own = &few.currencies[0];
        assert_eq!((own.recoveries, own.paid, own.amount, own.low, own.high), (2, None, None, None, None));
        assert!(forecast(&[], &[], FEW, true, now()).currencies.is_empty());
        let huge = vec![running("a", 0, Some(i64::MAX), &Value::Null); 5];
        let own = &forecast(&huge, &seen, FEW, true, now()).currencies[0];
        assert_eq!((own.low, own.high), (usd("0.00"), Some(own.open)), "nothing is too much to be told");
    }
}
