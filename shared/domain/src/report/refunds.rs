//! Money that went back, why, and who decided it.

use super::share;
use crate::action::{Reason, State};
use crate::money::{Currency, Money};
use crate::report::fact::{DecidedBy, Fact};
use serde::Serialize;
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

impl Refunds {
    pub(super) fn adds_up(&self) -> bool {
        let total = self.by_reason.iter().fold(Money::zero(self.currency), |sum, line| sum.plus(line.total));
        total == self.total && self.by_reason.iter().map(|line| line.count).sum::<usize>() == self.count
    }
}

pub(super) fn refunds(facts: &[&Fact]) -> Vec<Refunds> {
    let mut by_currency: BTreeMap<Currency, Refunds> = BTreeMap::new();
    for fact in facts {
        let Fact::Action { kind, reason, amount: Some(amount), state, decided_by, .. } = fact else { continue };
        if kind != "refund" {
            continue;
        }
        let currency = amount.currency();
        let line = by_currency.entry(currency).or_insert_with(|| Refunds {
            currency,
            count: 0,
            total: Money::zero(currency),
            by_reason: Vec::new(),
            approval: Approval::default(),
        });
        match (state, decided_by) {
            (State::Denied, _) => line.approval.denied += 1,
            (_, DecidedBy::WithinLimit) => line.approval.within_limit += 1,
            (_, DecidedBy::BillingSpecialist) => line.approval.billing_specialist += 1,
            (_, DecidedBy::Manager) => line.approval.manager += 1,
            (_, DecidedBy::Vp) => line.approval.vp += 1,
            (_, DecidedBy::Nobody) => {}
        }
        if *state == State::Executed {
            line.count += 1;
            line.total = line.total.plus(*amount);
            let place = line.by_reason.iter().position(|by| by.reason == *reason).unwrap_or_else(|| {
                line.by_reason.push(ByReason { reason: *reason, count: 0, total: Money::zero(currency), share: None });
                line.by_reason.len() - 1
            });
            line.by_reason[place].count += 1;
            line.by_reason[place].total = line.by_reason[place].total.plus(*amount);
        }
    }
    for line in by_currency.values_mut() {
        line.by_reason.sort_by_key(|by| by.reason);
        for by in &mut line.by_reason {
            by.share = share(by.count, line.count);
        }
    }
    by_currency.into_values().collect()
}

pub(super) fn collected(facts: &[&Fact]) -> Vec<Collected> {
    let mut by_currency: BTreeMap<Currency, Collected> = BTreeMap::new();
    for fact in facts {
        let Fact::Payment { taken, back, .. } = fact else { continue };
        let currency = taken.currency();
        let zero = Money::zero(currency);
        let line =
            by_currency.entry(currency).or_insert(Collected { currency, count: 0, total: zero, given_back: zero });
        line.count += 1;
        line.total = line.total.plus(*taken);
        line.given_back = line.given_back.plus(*back);
    }
    by_currency.into_values().collect()
}
