//! From tickets to the money: what was asked for because of them, and what came in.

use super::adds::{Adds, Changes, Counts, Sums, whole};
use crate::cash::{State, Way};
use crate::money::{Currency, Money};
use crate::report::fact::{Fact, Placed};
use serde::{Deserialize, Serialize};

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
    pub count: usize,
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

/// What is counted of them, to be added up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CashTally {
    resolved: i64,
    asked: Sums,
    recovered: Sums,
    over: Sums,
    states: Counts<State>,
    matched: Counts<Way>,
    waiting: Sums,
    unmatched: Counts<Stands>,
}

/// What became of a payment of which a person had to say what it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Stands {
    Waiting,
    Request,
    Invoice,
    Nothing,
    GivenBack,
}

impl CashTally {
    pub(super) fn take(&mut self, fact: &Fact, by: i64) {
        match fact {
            Fact::PaymentRequest { state, asked, recovered, resolved_minutes, over, ways, .. } => {
                self.resolved += by * i64::from(resolved_minutes.is_some());
                self.asked.take(*asked, by);
                self.recovered.take(*recovered, by);
                over.iter().for_each(|over| self.over.take(*over, by));
                self.states.change(*state, |count| *count += by);
                for (way, times) in ways {
                    self.matched.change(*way, |count| *count += by * i64::from(*times));
                }
            }
            Fact::Unmatched { amount, placed, .. } => {
                let stands = match placed {
                    None => Stands::Waiting,
                    Some(Placed::Request) => Stands::Request,
                    Some(Placed::Invoice) => Stands::Invoice,
                    Some(Placed::Nothing) => Stands::Nothing,
                    Some(Placed::GivenBack) => Stands::GivenBack,
                };
                self.unmatched.change(stands, |count| *count += by);
                if placed.is_none() {
                    self.waiting.take(*amount, by);
                }
            }
            _ => {}
        }
    }

    pub(super) fn section(&self) -> Cash {
        let stands = |state: State| Standing { state, count: whole(self.states.get(&state).copied().unwrap_or(0)) };
        let matched = |(way, count): (&Way, &i64)| MatchedBy { way: *way, count: whole(*count) };
        Cash {
            payment_requests: whole(self.states.values().sum()),
            resolved_tickets: whole(self.resolved),
            asked: self.asked.all(),
            recovered: self.recovered.all(),
            over: self.over.all(),
            states: State::ALL.into_iter().map(stands).collect(),
            matched: self.matched.iter().map(matched).collect(),
            unmatched: self.loose(),
        }
    }

    fn loose(&self) -> Unmatched {
        let stands = |so: Stands| whole(self.unmatched.get(&so).copied().unwrap_or_default());
        Unmatched {
            count: whole(self.unmatched.values().sum()),
            waiting: stands(Stands::Waiting),
            waiting_amount: self.waiting.all(),
            to_a_request: stands(Stands::Request),
            to_an_invoice: stands(Stands::Invoice),
            for_nothing: stands(Stands::Nothing),
            given_back: stands(Stands::GivenBack),
        }
    }

    pub(super) fn currencies(&self) -> impl Iterator<Item = Currency> {
        self.asked.currencies()
    }
}

impl Adds for CashTally {
    fn add(&mut self, other: &Self) {
        self.resolved += other.resolved;
        self.asked.add(&other.asked);
        self.recovered.add(&other.recovered);
        self.over.add(&other.over);
        self.states.add(&other.states);
        self.matched.add(&other.matched);
        self.waiting.add(&other.waiting);
        self.unmatched.add(&other.unmatched);
    }
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
    use std::collections::BTreeMap;

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
        let mut tally = CashTally::default();
        all.iter().for_each(|fact| tally.take(fact, 1));
        let found = tally.section();
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
