//! One number that is learned, with how sure it is.

/// By how much something speaks for a try, in log-odds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Belief {
    pub mean: f64,
    pub variance: f64,
    /// Whether any try has moved it.
    pub seen: bool,
}

/// By how much the end of one try moves each belief that spoke for it: those that are less sure move further.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    error: f64,
    weight: f64,
    variance: f64,
}

/// How likely what has these log-odds is.
pub fn chance(score: f64) -> f64 {
    1.0 / (1.0 + (-score).exp())
}

/// A chance in thousandths.
pub fn thousandths(chance: f64) -> u32 {
    (chance.clamp(0.0, 1.0) * 1000.0).round() as u32
}

/// By how much the odds differ that have these log-odds more, in thousandths: 1000 changes nothing.
pub fn odds(score: f64) -> u32 {
    (score.exp() * 1000.0).round() as u32
}

/// The log-odds of what is that likely.
pub fn log_odds(chance: f64) -> f64 {
    (chance / (1.0 - chance)).ln()
}

impl Step {
    pub(crate) fn of(beliefs: &[Belief], succeeded: bool) -> Self {
        let expected = chance(beliefs.iter().map(|belief| belief.mean).sum());
        Self {
            error: f64::from(u8::from(succeeded)) - expected,
            // What seemed certain teaches little, but never nothing.
            weight: (expected * (1.0 - expected)).max(1e-4),
            variance: beliefs.iter().map(|belief| belief.variance).sum(),
        }
    }
}

impl Belief {
    pub(crate) fn of(mean: f64, variance: f64) -> Self {
        Self { mean, variance, seen: false }
    }

    pub(crate) fn take(&mut self, step: &Step) {
        self.seen = true;
        let gain = self.variance / (1.0 + step.weight * step.variance);
        self.mean += gain * step.error;
        self.variance *= 1.0 - step.weight * gain;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odds_are_told_in_thousandths() {
        for (score, expected) in [(0.0, 1000), (2_f64.ln(), 2000), (0.5_f64.ln(), 500), (-99.0, 0)] {
            assert_eq!(odds(score), expected, "{score}");
        }
    }

    #[test]
    fn what_is_seen_often_is_believed_at_last_and_surely() {
        let mut belief = Belief::of(log_odds(0.5), 1.0);
        for number in 0..10_000 {
            belief.take(&Step::of(&[belief], number % 5 == 0));
        }
        assert!((chance(belief.mean) - 0.2).abs() < 0.005, "{belief:?}");
        assert!(belief.variance < 0.001, "{belief:?}");
    }

    #[test]
    fn of_two_the_less_sure_learns_more() {
        let (mut sure, mut unsure) = (Belief::of(0.0, 0.01), Belief::of(0.0, 0.5));
        let step = Step::of(&[sure, unsure], true);
        sure.take(&step);
        unsure.take(&step);
        assert!(0.0 < sure.mean && sure.mean * 40.0 < unsure.mean, "{sure:?} {unsure:?}");
        assert!(unsure.variance < 0.5 && sure.variance < 0.01);
    }
}
