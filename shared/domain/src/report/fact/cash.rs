//! What is counted of payment requests, and of payments of which a person says what they are for.

use super::{Fact, minutes};
use crate::cash::{Received, Request, Target};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a payment turned out to be for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Placed {
    Request,
    Invoice,
    /// Nothing that was asked for.
    Nothing,
    /// It had gone back before anybody said.
    GivenBack,
}

impl Placed {
    /// Every place, for whoever describes them.
    pub const ALL: [Self; 4] = [Self::Request, Self::Invoice, Self::Nothing, Self::GivenBack];
}

impl Fact {
    /// Counted when it was asked for, however long it takes. What came in beyond it is not recovered by it.
    pub fn of_request(request: &Request) -> Self {
        let mut ways = BTreeMap::new();
        for matched in &request.matched {
            *ways.entry(matched.way).or_insert(0) += 1;
        }
        Self::PaymentRequest {
            request: request.id.to_string(),
            at: request.at,
            state: request.state(),
            asked: request.asked(),
            recovered: request.received().min(request.amount()),
            resolved_minutes: request.resolved_at.map(|at| minutes(request.at, at)),
            over: request.over(),
            ways,
        }
    }
}

/// Counted when it came in, whenever somebody says what it is for.
pub fn of_received(received: &Received) -> Fact {
    let placed = received.ended.as_ref().map(|ended| match &ended.target {
        _ if ended.given_back => Placed::GivenBack,
        Some(Target::Request(_)) => Placed::Request,
        Some(Target::Invoice(_)) => Placed::Invoice,
        None => Placed::Nothing,
    });
    Fact::Unmatched {
        received: received.id.to_string(),
        at: received.at,
        amount: received.amount,
        why: received.why,
        placed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cash::Why;
    use crate::id::{AccountId, RequestId};
    use crate::money::{Currency, Money};
    use jiff::Timestamp;

    #[test]
    fn a_payment_is_counted_by_what_it_turned_out_to_be_for() {
        let account = AccountId::of("stripe", "default", "cus_1");
        let (amount, at) = (Money::from_minor(4_900, Currency::EUR), Timestamp::UNIX_EPOCH);
        let fresh = || Received::new(&account, ("ch_1", amount, at), None, (Why::NoReference, Vec::new()));
        let ended = |target: Option<Target>| {
            let mut received = fresh();
            received.end(target, "bea", at);
            received
        };
        let mut back = fresh();
        back.went_back(at);
        for (received, expected) in [
            (fresh(), None),
            (ended(Some(Target::Request(RequestId::of(&account, "t1")))), Some(Placed::Request)),
            (ended(Some(Target::Invoice("in_1".to_owned()))), Some(Placed::Invoice)),
            (ended(None), Some(Placed::Nothing)),
            (back, Some(Placed::GivenBack)),
        ] {
            let Fact::Unmatched { placed, why, amount: counted, .. } = of_received(&received) else {
                panic!("it is counted as unmatched")
            };
            assert_eq!((placed, why, counted), (expected, Why::NoReference, amount));
        }
    }
}
