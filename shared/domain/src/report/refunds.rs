//! Money that went back, why, and who decided it.

use super::adds::{Adds, Changes, Counts, Sums, whole};
use super::share;
use crate::action::{Reason, State};
use crate::money::{Currency, Money};
use crate::report::fact::{DecidedBy, Fact};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The refunds of one currency: currencies are never added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refunds {
    pub currency: Currency,
    pub count: usize,
    pub total: Money,
    pub by_reason: Vec<ByReason>,
    pub approval: Approval,
}

/// Those for one reason; the `share` is of their number and not of their money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ByReason {
    pub reason: Reason,
    pub count: usize,
    pub total: Money,
    pub share: Option<String>,
}

/// Decided requests by the highest decision that they needed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Approval {
    pub within_limit: usize,
    pub billing_specialist: usize,
    pub manager: usize,
    pub vp: usize,
    pub denied: usize,
}

/// What came in of one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Collected {
    pub currency: Currency,
    pub count: usize,
    pub total: Money,
    /// What went back of it, by whomever.
    pub given_back: Money,
}

/// What is counted of refunds, to be added up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RefundsTally(BTreeMap<Currency, RefundTally>);

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct RefundTally {
    decided: Counts<Decided>,
    reasons: Counts<Reason>,
    amounts: BTreeMap<Reason, Sums>,
}

/// By whom a request was decided, in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Decided {
    WithinLimit,
    BillingSpecialist,
    Manager,
    Vp,
    Denied,
    /// Not yet, or by nobody.
    Nobody,
}

impl RefundsTally {
    pub(super) fn take(&mut self, fact: &Fact, by: i64) {
        let Fact::Action { kind, reason, amount: Some(amount), state, decided_by, .. } = fact else { return };
        if kind != "refund" {
            return;
        }
        let decided = match (state, decided_by) {
            (State::Denied, _) => Decided::Denied,
            (_, DecidedBy::WithinLimit) => Decided::WithinLimit,
            (_, DecidedBy::BillingSpecialist) => Decided::BillingSpecialist,
            (_, DecidedBy::Manager) => Decided::Manager,
            (_, DecidedBy::Vp) => Decided::Vp,
            (_, DecidedBy::Nobody) => Decided::Nobody,
        };
        self.0.change(amount.currency(), |line| {
            line.decided.change(decided, |count| *count += by);
            if *state == State::Executed {
                line.reasons.change(*reason, |count| *count += by);
                line.amounts.change(*reason, |sums| sums.take(*amount, by));
            }
        });
    }

    pub(super) fn section(&self) -> Vec<Refunds> {
        self.0.iter().map(|(currency, line)| line.of(*currency)).collect()
    }

    pub(super) fn currencies(&self) -> impl Iterator<Item = Currency> {
        self.0.keys().copied()
    }
}

impl RefundTally {
    fn of(&self, currency: Currency) -> Refunds {
        let count = whole(self.reasons.values().sum());
        let sum = |reason: &Reason| self.amounts.get(reason).map_or(Money::zero(currency), |sums| sums.of(currency));
        let line = |(reason, n): (&Reason, &i64)| ByReason {
            reason: *reason,
            count: whole(*n),
            total: sum(reason),
            share: share(whole(*n), count),
        };
        let decided = |by: Decided| whole(self.decided.get(&by).copied().unwrap_or_default());
        Refunds {
            currency,
            count,
            total: self.amounts.keys().map(sum).fold(Money::zero(currency), Money::plus),
            by_reason: self.reasons.iter().map(line).collect(),
            approval: Approval {
                within_limit: decided(Decided::WithinLimit),
                billing_specialist: decided(Decided::BillingSpecialist),
                manager: decided(Decided::Manager),
                vp: decided(Decided::Vp),
                denied: decided(Decided::Denied),
            },
        }
    }
}

impl Adds for RefundsTally {
    fn add(&mut self, other: &Self) {
        self.0.add(&other.0);
    }
}

impl Adds for RefundTally {
    fn add(&mut self, other: &Self) {
        self.decided.add(&other.decided);
        self.reasons.add(&other.reasons);
        self.amounts.add(&other.amounts);
    }
}

/// What is counted of the money that came in, to be added up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CollectedTally {
    payments: Counts<Currency>,
    taken: Sums,
    back: Sums,
}

impl CollectedTally {
    pub(super) fn take(&mut self, fact: &Fact, by: i64) {
        let Fact::Payment { taken, back, .. } = fact else { return };
        self.payments.change(taken.currency(), |count| *count += by);
        self.taken.take(*taken, by);
        self.back.take(*back, by);
    }

    pub(super) fn section(&self) -> Vec<Collected> {
        let line = |(currency, count): (&Currency, &i64)| Collected {
            currency: *currency,
            count: whole(*count),
            total: self.taken.of(*currency),
            given_back: self.back.of(*currency),
        };
        self.payments.iter().map(line).collect()
    }

    pub(super) fn currencies(&self) -> impl Iterator<Item = Currency> {
        self.payments.keys().copied()
    }
}

impl Adds for CollectedTally {
    fn add(&mut self, other: &Self) {
        self.payments.add(&other.payments);
        self.taken.add(&other.taken);
        self.back.add(&other.back);
    }
}
