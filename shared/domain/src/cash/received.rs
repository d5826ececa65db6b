//! A payment of which nobody knows yet what it is for: what it may be, and what a person said.

use super::{Candidate, Target, Why};
use crate::id::{AccountId, ReceivedId};
use crate::money::Money;
use crate::staff::MACHINE;
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

    /// Whether it is known what it is for. Where its provider booked it since says nothing of who was asked for that.
    pub fn is_placed(&self) -> bool {
        let is_booked = |ended: &Ended| ended.by == MACHINE && matches!(ended.target, Some(Target::Invoice(_)));
        self.ended.as_ref().is_some_and(|ended| !is_booked(ended))
    }

    /// It is known what it is for: the first word counts.
    pub fn end(&mut self, target: Option<Target>, by: &str, at: Timestamp) {
        if self.is_waiting() {
            self.ended = Some(Ended { at, by: by.to_owned(), target });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::RequestId;
    use crate::money::Currency;

    #[test]
    fn what_a_payment_is_for_is_known_by_its_request_or_by_a_person() {
        let account = AccountId::of("stripe", "default", "cus_1");
        let invoice = Target::Invoice("in_1".to_owned());
        let request = Target::Request(RequestId::of(&account, "t1"));
        for (name, ended, expected) in [
            ("nobody knows", None, false),
            ("its provider booked it", Some((Some(invoice.clone()), MACHINE)), false),
            ("a person said the invoice", Some((Some(invoice), "bea")), true),
            ("a person said nothing of it", Some((None, "bea")), true),
            ("it names a request", Some((Some(request), MACHINE)), true),
        ] {
            let amount = Money::from_minor(4_900, Currency::USD);
            let said = (Why::NoReference, Vec::new());
            let mut received = Received::new(&account, ("ch_1", amount, Timestamp::UNIX_EPOCH), None, said);
            if let Some((target, by)) = ended {
                received.end(target, by, Timestamp::UNIX_EPOCH);
            }
            assert_eq!(received.is_placed(), expected, "{name}");
        }
    }
}
