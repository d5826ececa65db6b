//! What comes by chance, the same for whoever plays: each draw is named, and its name is hashed.

use sha2::{Digest, Sha256};
use std::fmt::Display;

/// The draws of one invoice.
#[derive(Debug)]
pub(super) struct Luck(String);

impl Luck {
    pub(super) fn of(seed: i64, invoice: u32) -> Self {
        Self(format!("{seed}:{invoice}"))
    }

    /// From 0 to 1: what is named draws the same for ever.
    pub(super) fn draw(&self, name: impl Display) -> f64 {
        hashed(&format!("{}:{name}", self.0)) as f64 / 2_f64.powi(64)
    }
}

/// The first eight bytes of the hash.
fn hashed(text: &str) -> u64 {
    Sha256::digest(text).iter().take(8).fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By Python: `int.from_bytes(hashlib.sha256(b"1:0:cluster").digest()[:8], "big")`, and that divided by `2 ** 64`.
    #[test]
    fn a_draw_is_the_hash_of_its_name() {
        for (seed, invoice, name, hash, drawn) in [
            (1, 0, "cluster", 7_771_179_000_682_878_063, "0.4212764577657"),
            (1, 42, "try:96", 11_700_309_089_579_254_221, "0.6342750266837"),
            (1, 42, "self:3", 13_901_322_634_911_689_568, "0.7535922100597"),
            (1, 42, "message:1", 261_386_817_629_013_030, "0.0141698077766"),
            (-5, 999_999, "gone", 7_396_295_339_336_781_185, "0.4009539737627"),
            (7, 0, "at", 13_488_702_085_798_226_551, "0.7312240052716"),
        ] {
            assert_eq!(hashed(&format!("{seed}:{invoice}:{name}")), hash, "{name}");
            assert_eq!(format!("{:.13}", Luck::of(seed, invoice).draw(name)), drawn, "{name}");
        }
    }
}
