//! Which ladder is the best of many? Whoever tries on the same days whatever the reason has no better one, and a policy is
//! measured by that.

use super::World;
use super::luck::Luck;
use super::play::{FOLLOWED_DAYS, play};
use super::report::Report;
use super::strategy::Fixed;
use crate::decline::Declines;

/// What is recommended or done by itself elsewhere: soon and then more and more rarely, and every third day until the
/// seventh failure.
const USUAL: [&[i64]; 5] =
    [&[1, 3, 5, 7, 14], &[1, 2, 3, 5, 8], &[2, 5, 9, 14, 21], &[1, 3, 7, 14, 28], &[3, 6, 9, 12, 15, 18]];
/// How many days a ladder has that was drawn.
const STEPS: [usize; 5] = [3, 4, 5, 6, 7];
/// The ladders that are drawn are the same in all worlds.
const SEED: i64 = 1;

/// The usual ladders and so many others, always the same.
pub fn ladders(others: u32) -> Vec<Fixed> {
    let usual = USUAL.map(|days| Fixed::on(days.to_vec()));
    usual.into_iter().chain((0..others).map(drawn)).collect()
}

/// As many of the thirty days as were drawn, in their order.
fn drawn(number: u32) -> Fixed {
    let luck = Luck::of(SEED, number);
    let steps = (luck.draw("steps") * STEPS.len() as f64) as usize;
    let mut days: Vec<(f64, i64)> =
        (1..=FOLLOWED_DAYS).map(|day| (luck.draw(format_args!("day:{day}")), day)).collect();
    days.sort_by(|one, other| one.0.total_cmp(&other.0));
    days.truncate(STEPS[steps.min(STEPS.len() - 1)]);
    let mut days: Vec<i64> = days.into_iter().map(|(_, day)| day).collect();
    days.sort_unstable();
    Fixed::on(days)
}

/// What comes of the one that brings back most at no more tries than this one makes, itself among them; the first of equals.
pub fn best_ladder(world: &World, (measure, others): (&Fixed, &[Fixed]), declines: &Declines, invoices: u32) -> Report {
    let mut best = play(world, &mut measure.clone(), declines, invoices);
    let attempts_max = best.attempts;
    for ladder in others {
        let report = play(world, &mut ladder.clone(), declines, invoices);
        let is_more = report.recovered.amount.amount() > best.recovered.amount.amount();
        if is_more && report.attempts <= attempts_max {
            best = report;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::Policies;
    use crate::world::Strategy;
    use crate::world::tests::{example, one};
    use std::collections::BTreeSet;

    #[test]
    fn every_ladder_rises_and_is_drawn_alike_each_time() {
        let all = ladders(200);
        assert_eq!(all, ladders(200));
        assert_eq!(all[..105], ladders(100), "the first are the same, however many there are");
        let names: BTreeSet<String> = all.iter().map(|ladder| ladder.name()).collect();
        assert!(names.len() > 200, "{} of {}", names.len(), all.len());
        for name in &names {
            assert!(Fixed::parse(name.trim_start_matches("fixed ")).is_ok(), "{name}");
        }
        assert!(names.contains("fixed 1,3,5,7,14"));
    }

    #[test]
    fn the_best_brings_back_most_at_no_more_tries() {
        let (policies, world) = (Policies::shipped().unwrap(), example());
        let declines = policies.declines.current();
        let (measure, others) = (Fixed::parse("1,3,5,7,14").unwrap(), ladders(6));
        let best = best_ladder(&world, (&measure, &others), declines, 150);
        let reports: Vec<Report> =
            others.iter().map(|ladder| play(&world, &mut ladder.clone(), declines, 150)).collect();
        // The first of them is the measure itself.
        let fit = reports.iter().filter(|report| report.attempts <= reports[0].attempts);
        let most = fit.map(|report| report.recovered.amount.amount()).max();
        assert_eq!(Some(best.recovered.amount.amount()), most);
        assert!(best.attempts <= reports[0].attempts, "{best:?}");
        assert!(reports.iter().any(|report| report.attempts > reports[0].attempts), "none is too long");
    }

    #[test]
    fn where_money_comes_on_one_day_a_ladder_with_that_day_is_found() {
        let policies = Policies::shipped().unwrap();
        let wages = "base = \"0.01\"\nday_of_month = { \"20\" = \"90\" }";
        let world = one(&[("days = 10", "days = 1"), ("base = \"1\"", wages), ("America/New_York", "UTC")], "");
        let others = ladders(40);
        let best = best_ladder(&world, (&others[0], &others), policies.declines.current(), 100);
        assert!(best.policy.split([' ', ',']).any(|day| day == "19"), "{}", best.policy);
        assert!(best.recovered.count > 70, "{best:?}");
    }
}
