//! Whatever a provider bills, a draft comes to what was told, or there is none.

use super::{Scene, billed, money, policy, rate, scene};
use crate::document::{NotDrafted, Sound, TaxDocument};
use crate::event::Line;
use crate::money::{Currency, Money};
use rust_decimal::{Decimal, RoundingStrategy};

/// The same numbers on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(self.0 >> 33).unwrap() % sides
    }

    fn is_one_in(&mut self, sides: i64) -> bool {
        self.roll(sides) == 0
    }
}

const RATES: [&str; 4] = ["19", "7", "5.5", "0"];

/// How a provider bills.
#[derive(Debug, Clone, Copy)]
struct Manners {
    /// How many of the rates it uses on one bill.
    rates: i64,
    is_gross: bool,
    /// Each line is rounded by itself, and the tax is their sum.
    by_line: bool,
    tells_lines: bool,
    rounding: RoundingStrategy,
}

/// A bill of up to six lines, by the lot.
fn rolled(dice: &mut Dice, manners: Manners) -> Scene {
    let (mut lines, mut groups) = (Vec::new(), [Decimal::ZERO; 4]);
    let mut exact_by_line = Vec::new();
    for _ in 0..=dice.roll(6) {
        let amount = match (lines.is_empty(), dice.is_one_in(6)) {
            (false, true) => -dice.roll(2_000),
            _ => dice.roll(20_000) + 2_001,
        };
        let mut line = billed("0 EUR", "");
        line.amount = Money::from_minor(amount, Currency::EUR);
        if amount > 0 && dice.is_one_in(4) {
            line.discount = Some(Money::from_minor(dice.roll(amount), Currency::EUR)).filter(|it| it.is_positive());
        }
        let at = usize::try_from(dice.roll(manners.rates)).unwrap();
        let left = line.discount.map_or(line.amount, |discount| line.amount.minus(discount)).amount();
        let percent: Decimal = RATES[at].parse().unwrap();
        let whole = if manners.is_gross { Decimal::ONE_HUNDRED + percent } else { Decimal::ONE_HUNDRED };
        groups[at] += left * percent / whole;
        exact_by_line.push(left * percent / whole);
        lines.push(line);
    }
    let round =
        |exact: Decimal| Money::exact(exact.round_dp_with_strategy(2, manners.rounding), Currency::EUR).unwrap();
    let zero = Money::zero(Currency::EUR);
    let taxes: Vec<Money> = exact_by_line.into_iter().map(round).collect();
    let parts = if manners.by_line { taxes.clone() } else { groups.into_iter().map(round).collect() };
    let tax = parts.into_iter().fold(zero, Money::plus);
    if manners.tells_lines {
        for (line, tax) in lines.iter_mut().zip(taxes) {
            line.tax = Some(tax);
        }
    }
    let left = |line: &Line| line.discount.map_or(line.amount, |discount| line.amount.minus(discount));
    let sum = lines.iter().map(left).fold(zero, Money::plus);
    let total = if manners.is_gross { sum } else { sum.plus(tax) };
    let mut scene = scene("DE", "DE", &lines, &tax.to_string(), &total.to_string());
    scene.entity.rates = RATES.iter().map(|percent| rate(percent, "", "")).collect();
    scene
}

#[test]
fn a_draft_comes_to_what_was_told_or_there_is_none() {
    let (policy, mut dice) = (policy(), Dice(16_931));
    let (mut drafted, mut refused) = (0, 0);
    for _ in 0..3_000 {
        let manners = Manners {
            rates: 1 + dice.roll(4),
            is_gross: dice.is_one_in(3),
            by_line: dice.is_one_in(3),
            tells_lines: !dice.is_one_in(3),
            rounding: if dice.is_one_in(2) {
                RoundingStrategy::MidpointAwayFromZero
            } else {
                RoundingStrategy::MidpointNearestEven
            },
        };
        let scene = rolled(&mut dice, manners);
        let Ok(document) = scene.draft().document(&policy) else {
            refused += 1;
            continue;
        };
        drafted += 1;
        let sound = Sound::of(TaxDocument { number: "R-1".into(), ..document }, &policy).unwrap();
        let (totals, told) = (sound.totals(), &scene.invoice);
        assert_eq!((Some(totals.tax), Some(totals.gross)), (told.tax.copied(), told.total.copied()), "{manners:?}");
        let nets = totals.nets.iter().fold(Money::zero(Currency::EUR), |sum, net| sum.plus(*net));
        assert_eq!(nets.plus(totals.tax), totals.gross, "{manners:?}");
    }
    assert!(drafted > 1_500 && refused > 500, "both happen: {drafted} were made, and {refused} not");
}

/// Where a provider has one rate, rounds once and as money is rounded here, nothing is in the way.
#[test]
fn one_rate_on_net_prices_is_always_found() {
    let (policy, mut dice) = (policy(), Dice(2_026));
    for tells_lines in [true, false] {
        let rounding = RoundingStrategy::MidpointNearestEven;
        let manners = Manners { rates: 1, is_gross: false, by_line: false, tells_lines, rounding };
        for round in 0..500 {
            let scene = rolled(&mut dice, manners);
            if scene.invoice.total.copied() < Some(Money::zero(Currency::EUR)) {
                continue;
            }
            let outcome = scene.draft().document(&policy);
            assert!(matches!(outcome, Ok(_) | Err(NotDrafted::Ambiguous(_))), "round {round}: {outcome:?}");
        }
    }
}

#[test]
fn what_rounding_hides_is_refused() {
    let policy = policy();
    let refusal = |scene: &Scene| scene.draft().document(&policy).unwrap_err();
    let mut twice = scene("DE", "DE", &[billed("0.50 EUR", "")], "0.10 EUR", "0.60 EUR");
    assert_eq!(twice.outcome(&policy), "0.50 0.10 0.60 0.60 standard 19");
    twice.entity.rates.push(rate("20", "", ""));
    assert_eq!(refusal(&twice), NotDrafted::Ambiguous(money("0.10 EUR")));
    // 10.05 with 19 % in it is 8.45 and 1.60; but 19 % of 8.45 is 1.61.
    let gross = scene("DE", "DE", &[billed("10.05 EUR", "")], "1.60 EUR", "10.05 EUR");
    assert_eq!(refusal(&gross), NotDrafted::NoRate { tax: money("1.60 EUR"), net: money("8.45 EUR") });
    // At 20 % it is nothing, and at 0 % as well.
    let little = scene("GB", "GB", &[billed("0.02 GBP", "")], "0.00 GBP", "0.02 GBP");
    assert_eq!(refusal(&little), NotDrafted::Ambiguous(money("0.00 GBP")));
}
