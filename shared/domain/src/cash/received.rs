//! A payment of which nobody knows yet what it is for: what it may be, and what a person said.

use super::{Candidate, Target, Why};
use crate::id::{AccountId, ReceivedId};
use crate::money::Money;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// It stays as it is until somebody says what it is for, or its provider does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    pub id: ReceivedId,
    pub account: AccountId,
    /// The provider's id.
    pub payment: String,
    pub amount: Money,
    pub at: Timestamp,
    /// What was written with it.
    pub reference: Option<String>,
    pub why: Why,
    pub candidates: Vec<Candidate>,
    pub ended: Option<Ended>,
}

/// What it turned out to be for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    pub at: Timestamp,
    /// Somebody of the staff, or Recoup where the provider told.
    pub by: String,
    /// Nothing of what was asked for, where it names none.
    pub target: Option<Target>,
}

impl Received {
    /// One that just came in.
    pub fn new(
        account: &AccountId,
        (payment, amount, at): (&str, Money, Timestamp),
        reference: Option<&str>,
        (why, candidates): (Why, Vec<Candidate>),
    ) -> Self {
        Self {
            id: ReceivedId::of(account, payment),
            account: account.clone(),
            payment: payment.to_owned(),
            amount,
            at,
            reference: reference.map(str::to_owned),
            why,
            candidates,
            ended: None,
        }
    }

    /// Whether nobody has said yet what it is for.
    pub fn is_waiting(&self) -> bool {
        self.ended.is_none()
    }

    /// It is known what it is for: the first word counts.
    pub fn end(&mut self, target: Option<Target>, by: &str, at: Timestamp) {
        if self.is_waiting() {
            self.ended = Some(Ended { at, by: by.to_owned(), target });
        }
    }
}
