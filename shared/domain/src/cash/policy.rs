//! How sure is a match, and how often is a request looked at? The rules are data: `shared/policy/cash/`.

use crate::policy::{Complaint, Rules};
use rust_decimal::Decimal;
use serde::Deserialize;

/// One released version of what is asked for because of tickets, and of how money finds it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CashPolicy {
    pub version: u32,
    pub effective: String,
    pub why: String,
    /// From this confidence on nobody has to confirm a match.
    pub certain_from: Decimal,
    pub confidence: Confidence,
    pub request: Asking,
}

/// How sure a match is, by what it rests on.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confidence {
    pub request: Decimal,
    pub invoice: Decimal,
    pub number: Decimal,
    pub number_alone: Decimal,
    pub amount: Decimal,
    pub several: Decimal,
    pub part: Decimal,
}

/// How requests are kept and written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asking {
    pub looks_again_hours: i64,
    pub most: usize,
    pub debt: String,
    pub paid: String,
}

impl CashPolicy {
    /// The texts that customers are written.
    pub fn texts(&self) -> [&str; 2] {
        [&self.request.debt, &self.request.paid]
    }
}

impl Confidence {
    fn all(&self) -> [Decimal; 7] {
        [self.request, self.invoice, self.number, self.number_alone, self.amount, self.several, self.part]
    }
}

impl Rules for CashPolicy {
    const NAME: &'static str = "cash";

    fn version(&self) -> u32 {
        self.version
    }

    fn effective(&self) -> &str {
        &self.effective
    }

    fn lint(&self) -> Vec<Complaint> {
        let sure = self.confidence;
        let is_share = |value: &Decimal| *value >= Decimal::ZERO && *value <= Decimal::ONE;
        let guessed = [sure.number_alone, sure.amount, sure.several, sure.part];
        let faults = [
            (self.why.trim().is_empty(), "it has no `why`"),
            (!sure.all().iter().chain([&self.certain_from]).all(is_share), "a confidence is between 0 and 1"),
            // Nobody said it, and another payment may look the same.
            (guessed.iter().any(|guess| *guess >= self.certain_from), "what only looks so is confirmed by a person"),
            (self.request.looks_again_hours < 1, "`looks_again_hours` is at least 1"),
            (!(1..=50).contains(&self.request.most), "`most` is 1 to 50"),
        ];
        faults.into_iter().filter(|(wrong, _)| *wrong).map(|(_, fault)| Complaint::at(0, fault)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::read;

    const SHIPPED: &str = include_str!("../../../policy/cash/v1.toml");

    #[test]
    fn what_only_looks_so_is_never_taken_by_itself() {
        assert_eq!(read("cash", SHIPPED, CashPolicy::lint).err(), None);
        for (from, to, expected) in [
            ("amount = \"0.80\"", "amount = \"0.90\"", "confirmed by a person"),
            ("part = \"0.30\"", "part = \"0.95\"", "confirmed by a person"),
            ("request = \"1.00\"", "request = \"1.01\"", "between 0 and 1"),
            ("certain_from = \"0.90\"", "certain_from = \"-1\"", "between 0 and 1"),
            ("why = \"Money", "why = \"\" # \"", "has no `why`"),
            ("looks_again_hours = 24", "looks_again_hours = 0", "at least 1"),
            ("most = 20", "most = 0", "1 to 50"),
        ] {
            assert!(SHIPPED.contains(from), "the policy says `{from}`");
            let refused = read("cash", &SHIPPED.replacen(from, to, 1), CashPolicy::lint).err();
            assert!(refused.as_ref().is_some_and(|it| it.message.contains(expected)), "{to}: {refused:?}");
        }
    }
}
