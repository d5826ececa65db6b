//! From tickets to the money: what was asked for because of them, and what came in.

use crate::cash::{State, Way};
use crate::money::{Currency, Money};
use crate::report::fact::{Fact, Placed};
use serde::Serialize;
use std::collections::BTreeMap;

/// What was asked for in the month, whenever it was paid. Sums are one for each currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cash {
    pub payment_requests: usize,
    /// The tickets that ended with the money.
    pub resolved_tickets: usize,
    pub asked: Vec<Money>,
    /// What came in for it, as far as it was asked for.
    pub recovered: Vec<Money>,
    /// What came in beyond it.
    pub over: Vec<Money>,
    pub states: Vec<Standing>,
    /// By what payments were matched.
    pub matched: Vec<MatchedBy>,
    pub unmatched: Unmatched,
}

/// How many requests stand so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Standing {
    pub state: State,
    pub count: usize,
}

/// How many payments were matched by one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MatchedBy {
    pub way: Way,
    pub count: u32,
}

/// The payments that came in in the month and of which a person had to say what they are for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Unmatched {
    pub count: usize,
    /// Of which nobody has said it yet, and how much that is.
    pub waiting: usize,
    pub waiting_amount: Vec<Money>,
    pub to_a_request: usize,
    pub to_an_invoice: usize,
    pub for_nothing: usize,
    pub given_back: usize,
}

/// Sums of money by their currency.
#[derive(Default)]
struct Sums(BTreeMap<Currency, Money>);

impl Sums {
    fn add(&mut self, amount: Money) {
        let sum = self.0.entry(amount.currency()).or_insert(Money::zero(amount.currency()));
        *sum = sum.plus(amount);
    }

    fn all(self) -> Vec<Money> {
        self.0.into_values().collect()
    }
}

pub(super) fn cash(facts: &[&Fact]) -> Cash {
    let (mut count, mut resolved) = (0, 0);
    let (mut all, mut came, mut beyond) = (Sums::default(), Sums::default(), Sums::default());
    let mut states: BTreeMap<State, usize> = State::ALL.map(|state| (state, 0)).into();
    let mut matched: BTreeMap<Way, u32> = BTreeMap::new();
    for fact in facts {
        let Fact::PaymentRequest { state, asked, recovered, resolved_minutes, over, ways, .. } = fact else { continue };
        count += 1;
        resolved += usize::from(resolved_minutes.is_some());
        all.add(*asked);
        came.add(*recovered);
        over.iter().for_each(|over| beyond.add(*over));
        *states.entry(*state).or_default() += 1;
        for (way, times) in ways {
            *matched.entry(*way).or_default() += times;
        }
    }
    Cash {
        payment_requests: count,
        resolved_tickets: resolved,
        asked: all.all(),
        recovered: came.all(),
        over: beyond.all(),
        states: states.into_iter().map(|(state, count)| Standing { state, count }).collect(),
        matched: matched.into_iter().map(|(way, count)| MatchedBy { way, count }).collect(),
        unmatched: unmatched(facts),
    }
}

fn unmatched(facts: &[&Fact]) -> Unmatched {
    let (mut found, mut waiting) = (Unmatched::default(), Sums::default());
    for fact in facts {
        let Fact::Unmatched { amount, placed, .. } = fact else { continue };
        found.count += 1;
        let counted = match placed {
            None => {
                waiting.add(*amount);
                &mut found.waiting
            }
            Some(Placed::Request) => &mut found.to_a_request,
            Some(Placed::Invoice) => &mut found.to_an_invoice,
            Some(Placed::Nothing) => &mut found.for_nothing,
            Some(Placed::GivenBack) => &mut found.given_back,
        };
        *counted += 1;
    }
    Unmatched { waiting_amount: waiting.all(), ..found }
}

impl Cash {
    /// Whether each request stands in one line of them, and each unmatched payment came to one thing.
    pub fn adds_up(&self) -> bool {
        let Unmatched { count, waiting, to_a_request, to_an_invoice, for_nothing, given_back, .. } = self.unmatched;
        let ends = waiting + to_a_request + to_an_invoice + for_nothing + given_back;
        self.states.iter().map(|line| line.count).sum::<usize>() == self.payment_requests && ends == count
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cash::Why;
    use jiff::Timestamp;

    fn eur(minor: i64) -> Money {
        Money::from_minor(minor, Currency::EUR)
    }

    fn request(number: usize, state: State, (asked, recovered): (Money, Money), over: Option<Money>) -> Fact {
        let is_paid = matches!(state, State::Paid | State::Overpaid);
        Fact::PaymentRequest {
            request: number.to_string(),
            at: Timestamp::UNIX_EPOCH,
            state,
            asked,
            recovered,
            resolved_minutes: is_paid.then_some(60),
            over,
            ways: BTreeMap::from([(Way::Request, 1), (Way::ByHand, u32::from(is_paid))]),
        }
    }

    fn loose(number: usize, placed: Option<Placed>) -> Fact {
        let (received, at) = (number.to_string(), Timestamp::UNIX_EPOCH);
        Fact::Unmatched { received, at, amount: eur(700), why: Why::NoReference, placed }
    }

    #[test]
    fn what_was_asked_for_is_summed_by_currency_and_by_what_became_of_it() {
        let usd = Money::from_minor(500, Currency::USD);
        let all = [
            request(1, State::Paid, (eur(4_900), eur(4_900)), None),
            request(2, State::PartlyPaid, (eur(3_000), eur(1_000)), None),
            request(3, State::Overpaid, (usd, usd), Some(usd)),
            loose(4, None),
            loose(5, Some(Placed::Request)),
            loose(6, Some(Placed::GivenBack)),
        ];
        let found = cash(&all.iter().collect::<Vec<_>>());
        assert!(found.adds_up());
        assert_eq!((found.payment_requests, found.resolved_tickets), (3, 2));
        assert_eq!((found.asked, found.recovered), (vec![eur(7_900), usd], vec![eur(5_900), usd]));
        assert_eq!(found.over, [usd]);
        let stands = |state: State| found.states.iter().find(|line| line.state == state).map(|line| line.count);
        assert_eq!([State::Open, State::PartlyPaid, State::Paid].map(stands), [Some(0), Some(1), Some(1)]);
        let ways: Vec<_> = found.matched.iter().map(|line| (line.way, line.count)).collect();
        assert_eq!(ways, [(Way::Request, 3), (Way::ByHand, 2)]);
        let Unmatched { count, waiting, waiting_amount, to_a_request, given_back, .. } = found.unmatched;
        assert_eq!((count, waiting, to_a_request, given_back), (3, 1, 1, 1));
        assert_eq!(waiting_amount, [eur(700)]);
    }
}
