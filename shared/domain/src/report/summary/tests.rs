//! Whatever way a month is added up, it comes to the same.

use super::{Ground, Summary};
use crate::action::{Reason, State};
use crate::case::{self, Class};
use crate::cash::{State as RequestState, Way, Why};
use crate::decline::ReportReason;
use crate::id::AccountId;
use crate::money::{Currency, Money};
use crate::policies::Policies;
use crate::report::fact::{DecidedBy, Fact, Facts, Placed, Row, rows, sum};
use crate::report::{Adds, Month, Report, Targets};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Chance that is the same on each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        let sides = u64::try_from(of.len()).unwrap();
        of[usize::try_from(self.below(sides)).unwrap()]
    }

    fn often(&mut self) -> bool {
        self.below(3) > 0
    }

    fn minutes(&mut self) -> i64 {
        i64::try_from(self.below(60 * 24 * 40)).unwrap()
    }

    fn money(&mut self) -> Money {
        let currency = self.one(&[Currency::USD, Currency::EUR]);
        Money::from_minor(i64::try_from(self.below(20_000)).unwrap(), currency)
    }

    /// What a record of a kind comes to now; every fourth is of a month beside.
    fn fact(&mut self, kind: u64, number: usize) -> Option<Fact> {
        let second = 1_767_225_600 + i64::try_from(self.below(31 * 86_400)).unwrap();
        let at = Timestamp::from_second(if self.below(4) == 0 { second - 40 * 86_400 } else { second }).unwrap();
        let id = format!("{kind}:{number}");
        let minutes = self.often().then(|| self.minutes());
        Some(match kind {
            0 => Fact::Failure {
                item: id,
                at,
                amount: self.often().then(|| self.money()),
                reason: self.one(&[ReportReason::CardExpired, ReportReason::InsufficientFunds, ReportReason::Other]),
                paid_minutes: minutes,
                withdrawn: minutes.is_none() && self.often(),
            },
            1 => Fact::Payment { payment: id, at, taken: self.money(), back: self.money() },
            2 => Fact::Action {
                action: id,
                at,
                kind: self.one(&["refund", "credit", "cancel"]).to_owned(),
                reason: self.one(&[Reason::BillingError, Reason::DuplicateCharge]),
                amount: self.often().then(|| self.money()),
                state: self.one(&[State::Executed, State::Failed, State::Denied, State::WaitingApproval]),
                decided_by: self.one(&[DecidedBy::Nobody, DecidedBy::WithinLimit, DecidedBy::Manager, DecidedBy::Vp]),
                approval_minutes: minutes,
                minutes: self.often().then(|| self.minutes()),
            },
            3 => Fact::UnknownCode {
                item: id,
                at,
                provider: "stripe".to_owned(),
                code: self.one(&["a", "b"]).to_owned(),
            },
            4 => {
                let why = self.one(&["locked", "twice"]).to_owned();
                Fact::Blocked { attempt: id, at, why, kind: "refund".to_owned(), by: "mara".to_owned() }
            }
            5 => Fact::PaymentRequest {
                request: id,
                at,
                state: self.one(&RequestState::ALL),
                asked: self.money(),
                recovered: self.money(),
                resolved_minutes: minutes,
                over: self.often().then(|| self.money()),
                ways: BTreeMap::from([(Way::Request, 1), (Way::ByHand, 2)]),
            },
            6 => {
                let placed = self.often().then(|| self.one(&Placed::ALL));
                Fact::Unmatched { received: id, at, amount: self.money(), why: Why::NoReference, placed }
            }
            7 => Fact::Ticket {
                ticket: id,
                at,
                class: self.often().then(|| self.one(&Class::ALL)),
                first_answer_minutes: minutes,
                resolved_minutes: minutes.map(|minutes| minutes + 5),
                handled_secs: minutes.filter(|_| self.often()),
                by_hand: minutes.map(|_| self.often()),
                reopened: u32::from(self.often()),
                escalated: self.often(),
                csat: self.often().then_some(4),
            },
            8 => Fact::Case {
                case: id,
                at,
                class: self.one(&Class::ALL),
                state: self.one(&[case::State::Open, case::State::Resolved]),
                minutes,
                handled_secs: minutes,
            },
            _ => return None,
        })
    }
}

/// What many commits leave behind: records of every kind that begin, change and go.
fn history(dice: &mut Dice) -> Vec<Row> {
    let account = AccountId::of("stripe", "default", "cus_1");
    let mut now: BTreeMap<(u64, usize), Option<Fact>> = BTreeMap::new();
    let mut all = Vec::new();
    for commit in 0..400 {
        let of = (dice.below(9), usize::try_from(dice.below(12)).unwrap());
        let after = if dice.below(10) == 0 { None } else { dice.fact(of.0, of.1) };
        let facts =
            |fact: &Option<Fact>| -> Facts { fact.iter().map(|fact| ("it".to_owned(), fact.clone())).collect() };
        let before = now.insert(of, after.clone()).flatten();
        all.extend(rows(&format!("evt_{commit}"), &account, &facts(&before), &facts(&after)));
    }
    all
}

#[test]
fn any_order_and_any_parts_come_to_what_stands() {
    let (policies, month) = (Policies::shipped().unwrap(), Month::parse("2026-01").unwrap());
    let (policy, targets) = (policies.report.current(), Targets::from([(Class::DuplicateCharge, [2, 300])]));
    let ground = Ground::new(month, policy, targets.clone());
    let summed = |rows: &[Row]| {
        let mut summary = Summary::default();
        rows.iter().for_each(|row| summary.take(row, &ground));
        summary
    };
    for seed in 0..12 {
        let dice = &mut Dice(seed);
        let mut all = history(dice);
        // Of each fact that stands one row that says it: nothing was ever otherwise.
        let standing: Vec<Row> = sum(&all)
            .into_iter()
            .map(|(fact, count)| {
                assert_eq!(count, 1, "seed {seed}: {fact:?}");
                Row { before: None, after: Some(fact), ..all[0].clone() }
            })
            .collect();
        let plain = Summary { rows: u64::try_from(all.len()).unwrap(), ..summed(&standing) };
        assert_eq!(summed(&all), plain, "seed {seed}");
        for place in (1..all.len()).rev() {
            all.swap(place, usize::try_from(dice.below(u64::try_from(place).unwrap() + 1)).unwrap());
        }
        for cut in (0..all.len()).step_by(7) {
            let (first, rest) = all.split_at(cut);
            let mut together = summed(rest);
            let kept = serde_json::to_string(&summed(first)).unwrap();
            together.add(&serde_json::from_str(&kept).unwrap());
            assert_eq!(together, plain, "seed {seed}, cut at {cut}");
        }
        let report = Report::of(month, &plain, policy, &targets);
        assert!(
            report.failures.count > 3 && report.tickets.total > 3 && report.cash.payment_requests > 3,
            "{report:?}"
        );
    }
}
