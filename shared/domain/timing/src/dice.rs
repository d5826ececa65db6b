//! Chance that is the same for the same seed.

/// A small generator whose numbers are the same everywhere and for ever: the steps are those of SplitMix64.
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to 1.
    pub(crate) fn part(&mut self) -> f64 {
        (self.roll() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Around nothing, one deviation wide: by Box and Muller.
    pub(crate) fn normal(&mut self) -> f64 {
        let (radius, angle) = (self.part().max(f64::MIN_POSITIVE), self.part());
        (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_normal_is_around_nothing_and_one_wide() {
        let mut dice = Dice::new(1);
        let drawn: Vec<f64> = (0..10_000).map(|_| dice.normal()).collect();
        let mean = drawn.iter().sum::<f64>() / 10_000.0;
        let variance = drawn.iter().map(|drawn| (drawn - mean).powi(2)).sum::<f64>() / 10_000.0;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05, "{mean} {variance}");
        let (mut one, mut other) = (Dice::new(7), Dice::new(7));
        assert!((0..9).all(|_| one.roll() == other.roll()));
    }
}
