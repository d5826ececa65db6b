//! Powers and logarithms that are the same on every machine: those of a system's library differ in the last digit.

/// One by each factorial: to multiply is much quicker than to divide.
const TERMS: [f64; 18] = {
    let (mut terms, mut place) = ([1.0; 18], 1);
    while place < terms.len() {
        terms[place] = terms[place - 1] / place as f64;
        place += 1;
    }
    terms
};

/// The exponential.
pub(crate) fn exp(x: f64) -> f64 {
    let x = x.clamp(-700.0, 700.0);
    let halvings = (x / std::f64::consts::LN_2).round();
    let rest = x - halvings * std::f64::consts::LN_2;
    let sum = TERMS.iter().rev().fold(0.0, |sum, term| sum * rest + term);
    // Powers of two are exact: they are written by their bits.
    let power = f64::from_bits(((halvings as i64 + 1023) as u64) << 52);
    sum * power
}

/// The natural logarithm of what is positive.
pub(crate) fn ln(x: f64) -> f64 {
    let bits = x.max(f64::MIN_POSITIVE).to_bits();
    let exponent = (bits >> 52) as i32 - 1023;
    let mantissa = f64::from_bits((bits & ((1 << 52) - 1)) | (1023 << 52));
    let ratio = (mantissa - 1.0) / (mantissa + 1.0);
    let (mut power, mut sum) = (ratio, 0.0);
    for step in 0..22_u32 {
        sum += power / f64::from(2 * step + 1);
        power = power * ratio * ratio;
    }
    2.0 * sum + f64::from(exponent) * std::f64::consts::LN_2
}

/// Shares that add up to one, out of scores.
pub(crate) fn shares<const N: usize>(scores: &[f64; N], temperature: f64) -> [f64; N] {
    let highest = scores.iter().copied().fold(f64::MIN, f64::max);
    let powers = scores.map(|score| exp((score - highest) / temperature));
    let sum: f64 = powers.iter().sum();
    powers.map(|power| power / sum)
}

/// Numbers that look drawn and are always the same.
pub(crate) struct Draw(u64);

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed ^ 0x9e37_79b9_7f4a_7c15)
    }

    /// One of the numbers below a bound, which is not nought.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::{exp, ln, shares};

    #[test]
    fn powers_and_logarithms_are_right_to_twelve_digits() {
        for x in [-30.0, -3.2, -0.1, 0.0, 0.3, 1.0, 2.5, 20.0] {
            assert!((exp(x) / f64::exp(x) - 1.0).abs() < 1e-12, "exp {x}");
        }
        for x in [1e-9, 0.02, 0.5, 1.0, 1.5, 7.0, 1e9] {
            assert!((ln(x) - f64::ln(x)).abs() < 1e-11, "ln {x}");
        }
    }

    #[test]
    fn shares_add_up_to_one_however_far_apart_the_scores_are() {
        let shares = shares(&[-900.0, 0.0, 900.0], 1.0);
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!(shares[2] > 0.999);
    }
}
