//! What does a policy close of what lies between the best ladder and whoever knows the world?

use super::Report;

/// How many of a hundred it closes at least.
const CLOSED_MIN: i64 = 50;
/// What lies between is luck where it is less than one invoice in so many.
const ONE_IN: i64 = 100;

/// What a policy is worth in a world, by the invoices that are paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worth {
    /// It keeps rules that the ladder or the oracle breaks: what those win by that is not for it to win.
    Unlike,
    /// The oracle brings back no more than the ladder.
    Nothing,
    /// So many percent of what lies between, at so many percent of the ladder's tries.
    Closes { percent: i64, tries_percent: i64 },
}

impl Worth {
    /// Compares what came of the three in one world.
    pub fn of(own: &Report, ladder: &Report, oracle: &Report) -> Self {
        if ladder.breaches > 0 || oracle.breaches > 0 {
            return Self::Unlike;
        }
        let [won, fixed, most] = [own, ladder, oracle].map(|report| whole(report.recovered.count));
        let between = most - fixed;
        if between <= 0 || between * ONE_IN < whole(own.invoices) {
            return Self::Nothing;
        }
        // A part of a percent over the ladder's tries is over them.
        let tries_percent = (100 * whole(own.attempts) + whole(ladder.attempts) - 1) / whole(ladder.attempts).max(1);
        Self::Closes { percent: (100 * (won - fixed)).div_euclid(between), tries_percent }
    }

    /// Whether the three can be compared.
    pub fn is_known(self) -> bool {
        matches!(self, Self::Closes { .. })
    }

    /// Why it is less than is asked for, in a world of that name.
    pub fn falls_short(self, world: &str) -> Option<String> {
        let Self::Closes { percent, tries_percent } = self else { return None };
        let said = if percent < CLOSED_MIN {
            format!("closes {percent} % of what lies between the best ladder and the oracle, less than {CLOSED_MIN} %")
        } else if tries_percent > 100 {
            format!("makes {tries_percent} % of the best ladder's tries")
        } else {
            return None;
        };
        Some(format!("{world}: the policy {said}"))
    }
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::{Currency, Money};
    use crate::world::Recovered;

    fn report(count: u64, attempts: u64, breaches: u64) -> Report {
        let zero = Money::zero(Currency::USD);
        Report {
            world: "w".to_owned(),
            policy: "p".to_owned(),
            invoices: 10_000,
            at_stake: zero,
            recovered: Recovered { count, amount: zero, by_try: count, by_customer: 0 },
            attempts,
            attempts_per_invoice: 0.0,
            messages: 0,
            breaches,
            median_days: None,
            by_cluster: Vec::new(),
        }
    }

    #[test]
    fn less_than_half_of_what_lies_between_falls_short_and_names_the_world() {
        let closes = |percent, tries_percent| Worth::Closes { percent, tries_percent };
        let short = |percent: i64| {
            format!(
                "gap: the policy closes {percent} % of what lies between the best ladder and the oracle, less than 50 %"
            )
        };
        for (name, own, ladder, oracle, worth, said) in [
            ("half", (5_000, 900, 0), (4_000, 1_000, 0), (6_000, 800, 0), closes(50, 90), None),
            ("one less", (4_999, 900, 0), (4_000, 1_000, 0), (6_000, 800, 0), closes(49, 90), Some(short(49))),
            ("worse than it", (3_999, 900, 0), (4_000, 1_000, 0), (6_000, 800, 0), closes(-1, 90), Some(short(-1))),
            ("more than all", (7_000, 900, 0), (4_000, 1_000, 0), (6_000, 800, 0), closes(150, 90), None),
            ("as many tries", (5_000, 1_000, 0), (4_000, 1_000, 0), (6_000, 800, 0), closes(50, 100), None),
            (
                "one try more",
                (5_000, 1_001, 0),
                (4_000, 1_000, 0),
                (6_000, 800, 0),
                closes(50, 101),
                Some("gap: the policy makes 101 % of the best ladder's tries".to_owned()),
            ),
            ("the ladder breaks a rule", (1, 900, 0), (4_000, 1_000, 1), (6_000, 800, 0), Worth::Unlike, None),
            ("the oracle breaks one", (1, 900, 0), (4_000, 1_000, 0), (6_000, 800, 1), Worth::Unlike, None),
            ("nothing between", (1, 900, 0), (4_000, 1_000, 0), (3_990, 800, 0), Worth::Nothing, None),
            ("only luck between", (1, 900, 0), (4_000, 1_000, 0), (4_099, 800, 0), Worth::Nothing, None),
            ("one in a hundred", (4_050, 900, 0), (4_000, 1_000, 0), (4_100, 800, 0), closes(50, 90), None),
        ] {
            let [own, ladder, oracle] =
                [own, ladder, oracle].map(|(count, tries, breaks)| report(count, tries, breaks));
            let found = Worth::of(&own, &ladder, &oracle);
            assert_eq!((found, found.falls_short("gap")), (worth, said), "{name}");
            assert_eq!(found.is_known(), matches!(worth, Worth::Closes { .. }), "{name}");
        }
    }
}
