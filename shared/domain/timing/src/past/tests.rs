//! What other choices would have come to, counted by hand, and in a hundred pasts whose truth is known.

use super::*;
use crate::dice::Dice;

/// Nobody chose otherwise.
fn alike(end: End) -> Past {
    Past { choices: Vec::new(), end }
}

fn many(past: &Past, times: usize) -> Vec<Past> {
    vec![past.clone(); times]
}

fn near(one: f64, other: f64) -> bool {
    (one - other).abs() < 1e-9
}

#[test]
fn what_was_paid_is_counted_of_what_was_open() {
    let (paid, lost) = (|hour| alike(End::Paid(hour)), alike(End::Lost));
    let seen = |hour| alike(End::Open(hour));
    for (name, groups, share) in [
        ("one of two", vec![(paid(5), 20), (lost.clone(), 20)], 0.5),
        ("too late", vec![(paid(49), 20), (lost.clone(), 20)], 0.0),
        ("in the last hour", vec![(paid(48), 20), (lost.clone(), 20)], 0.5),
        // A half is paid while all are there, then a half of those that are there yet: what is not seen any more is
        // taken to go on like them.
        ("some are open yet", vec![(paid(5), 40), (seen(10), 20), (paid(20), 10), (lost.clone(), 10)], 0.75),
        ("and are not lost", vec![(paid(5), 40), (lost.clone(), 20), (paid(20), 10), (lost, 10)], 0.625),
    ] {
        let pasts: Vec<Past> = groups.iter().flat_map(|(past, times)| many(past, *times)).collect();
        let worth = worth(&pasts, 48);
        assert!(near(worth.share, share), "{name}: {worth:?}");
        assert!(worth.low <= share && share <= worth.high && worth.high - worth.low < 0.4, "{name}: {worth:?}");
        assert!(near(worth.effective, pasts.len() as f64) && near(worth.unseen, 0.0), "{name}: {worth:?}");
        assert_eq!(worth.followed, 48, "{name}");
    }
}

#[test]
fn a_choice_weighs_by_how_much_likelier_it_was_elsewhere() {
    let one = |ratio: f64, end| Past { choices: vec![(0, ratio)], end };
    // Each of two moments was chosen in half of all cases; the first wins four of five, the second one of five.
    let with = |first: f64, second: f64| {
        let groups = [
            (one(first, End::Paid(6)), 40),
            (one(first, End::Lost), 10),
            (one(second, End::Paid(12)), 10),
            (one(second, End::Lost), 40),
        ];
        let pasts: Vec<Past> = groups.iter().flat_map(|(past, times)| many(past, *times)).collect();
        worth(&pasts, 48)
    };
    for (name, first, second, share, effective, unseen) in [
        ("as it was", 1.0, 1.0, 0.5, 100.0, 0.0),
        ("always the first", 2.0, 0.0, 0.8, 50.0, 0.0),
        ("always the second", 0.0, 2.0, 0.2, 50.0, 0.0),
        ("three of four times the first", 1.5, 0.5, 0.65, 80.0, 0.0),
        ("the first in half of all cases, else what was never chosen", 1.0, 0.0, 0.8, 50.0, 0.5),
    ] {
        let found = with(first, second);
        assert!(near(found.share, share), "{name}: {found:?}");
        assert!(near(found.effective, effective) && near(found.unseen, unseen), "{name}: {found:?}");
    }
    let half = with(1.0, 0.0);
    assert!(half.low < 0.5 && half.high > 0.85, "what was never chosen may win nothing, or all: {half:?}");
}

#[test]
fn what_was_never_chosen_is_not_known() {
    let one = Past { choices: vec![(0, 0.0)], end: End::Paid(5) };
    let never = worth(&many(&one, 500), 48);
    assert!(near(never.low, 0.0) && near(never.high, 1.0) && near(never.effective, 0.0), "{never:?}");
    assert!(near(never.unseen, 1.0) && never.followed == 0, "{never:?}");
    let nothing = worth(&[], 48);
    assert!(near(nothing.low, 0.0) && near(nothing.high, 1.0), "{nothing:?}");
    // Whoever is judged would never have tried them a second time like that: what came of the first is known, and no
    // more.
    let again = Past { choices: vec![(0, 1.0), (10, 0.0)], end: End::Lost };
    let pasts = [many(&alike(End::Paid(10)), 30), many(&again, 70)].concat();
    let first = worth(&pasts, 48);
    assert!(near(first.share, 0.3) && near(first.high, 1.0) && first.followed == 10, "{first:?}");
}

#[test]
fn nobody_was_followed_for_long_enough_and_it_says_so() {
    let young = [many(&alike(End::Paid(5)), 50), many(&alike(End::Open(20)), 50)].concat();
    let worth = worth(&young, 48);
    assert!(near(worth.share, 0.5) && near(worth.high, 1.0) && worth.low > 0.35, "{worth:?}");
    assert_eq!(worth.followed, 20);
}

const CHANCES: [f64; 4] = [0.4, 0.2, 0.1, 0.1];

/// Recoveries that were tried twice, each time at one of four moments. One of ten customers pays by themselves, and
/// four of ten recoveries are open yet.
fn past(seed: u64, count: usize, odds: &[f64; 4], own: &[f64; 4]) -> Vec<Past> {
    let mut dice = Dice::new(seed);
    (0..count).map(|_| recovery(&mut dice, odds, own)).collect()
}

fn recovery(dice: &mut Dice, odds: &[f64; 4], own: &[f64; 4]) -> Past {
    let is_good = dice.part() < 0.1;
    let hour = 1 + (dice.part() * 200.0) as u32;
    let customer = Some(hour).filter(|_| is_good);
    let is_young = dice.part() < 0.4;
    let seen = if is_young { 100 + (dice.part() * 620.0) as u32 } else { 720 };
    let (mut choices, mut paid, mut now) = (Vec::new(), None, 0);
    for day in [0, 2] {
        let drawn = dice.part();
        let mut sum = 0.0_f64;
        let moment = own.iter().position(|likely| {
            sum += likely;
            drawn < sum
        });
        let moment = moment.unwrap_or(3);
        choices.push((now, odds[moment] / own[moment]));
        let at = 24 * day + 6 * (moment as u32 + 1);
        let wins = dice.part() < CHANCES[moment];
        if let Some(hour) = customer.filter(|hour| *hour <= at) {
            paid = Some(hour);
            break;
        }
        now = at;
        if wins {
            paid = Some(at);
            break;
        }
    }
    let end = match paid.or(customer) {
        Some(hour) if hour <= seen => End::Paid(hour),
        _ => End::Open(seen),
    };
    let last = match end {
        End::Paid(hour) | End::Open(hour) => hour,
        End::Lost => 720,
    };
    choices.retain(|(hour, _)| *hour <= last);
    Past { choices, end }
}

/// It says that it is right 19 times of 20.
#[test]
fn the_truth_lies_between_in_ninety_of_a_hundred_pasts() {
    let even = [0.25; 4];
    for (name, odds) in [("the best moment", [0.7, 0.1, 0.1, 0.1]), ("the worst", [0.1, 0.1, 0.1, 0.7])] {
        let chance = odds.iter().zip(CHANCES).map(|(odds, chance)| odds * chance).sum::<f64>();
        let truth = 1.0 - 0.9 * (1.0 - chance) * (1.0 - chance);
        let found: Vec<Worth> = (0..100).map(|seed| worth(&past(seed, 400, &odds, &even), 720)).collect();
        let right = found.iter().filter(|it| it.low <= truth && truth <= it.high).count();
        let width = found.iter().map(|it| it.high - it.low).sum::<f64>() / 100.0;
        let mean = found.iter().map(|it| it.share).sum::<f64>() / 100.0;
        assert!((90..=100).contains(&right) && width < 0.2, "{name}: {right} of 100, {width} wide");
        assert!((mean - truth).abs() < 0.01, "{name}: {mean}, not {truth}");
    }
    // Whoever counts what came of it, without weighing, is wrong.
    let alike = worth(&past(1, 400, &even, &even), 720);
    assert!(alike.high < 0.52, "{alike:?}");
}

#[test]
fn a_share_of_few_is_wide() {
    for (came, of, expected) in
        [(0, 0, (0, 0, 1000)), (5, 10, (500, 237, 763)), (50, 100, (500, 404, 596)), (0, 20, (0, 0, 161))]
    {
        assert_eq!(share_between(came, of), expected, "{came} of {of}");
    }
}
