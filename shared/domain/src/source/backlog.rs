//! What a source found while nothing could leave, counted before something may.

use crate::money::Money;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How many currencies each kind is summed in: no source sells in more than a few, and a source keeps what it was shown.
const CURRENCIES_MAX: usize = 12;

/// The open cases that recommend what nobody was asked for yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backlog {
    pub cases: u64,
    /// By name.
    pub kinds: Vec<OfKind>,
    pub oldest_at: Option<Timestamp>,
}

/// Those that recommend one kind of action, and what it would give away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfKind {
    pub kind: String,
    pub cases: u64,
    /// One of each currency; they are never added.
    pub amounts: Vec<Money>,
    /// How many amounts are in still other currencies, of which no sum is kept.
    #[serde(default, skip_serializing_if = "is_none")]
    pub others: u64,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_none(count: &u64) -> bool {
    *count == 0
}

impl Backlog {
    /// Counts one more case.
    pub fn add(&mut self, kind: &str, amounts: impl IntoIterator<Item = Money>, opened_at: Timestamp) {
        self.cases += 1;
        self.oldest_at = Some(self.oldest_at.map_or(opened_at, |oldest| oldest.min(opened_at)));
        let place = self.kinds.binary_search_by(|own| own.kind.as_str().cmp(kind)).unwrap_or_else(|place| {
            self.kinds.insert(place, OfKind { kind: kind.to_owned(), cases: 0, amounts: Vec::new(), others: 0 });
            place
        });
        let own = &mut self.kinds[place];
        own.cases += 1;
        for amount in amounts {
            match own.amounts.iter_mut().find(|sum| sum.currency() == amount.currency()) {
                Some(sum) => *sum = sum.plus(amount),
                None if own.amounts.len() < CURRENCIES_MAX => own.amounts.push(amount),
                None => own.others += 1,
            }
        }
        own.amounts.sort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;

    #[test]
    fn cases_and_money_are_counted_by_kind_and_currency() {
        let usd = |amount: &str| Money::parse(amount, Currency::USD).unwrap();
        let eur = Money::parse("5.00", Currency::parse("EUR").unwrap()).unwrap();
        let at = |day: i64| Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_hours(24 * day);
        let mut backlog = Backlog::default();
        assert_eq!(backlog.oldest_at, None);
        backlog.add("refund", [usd("24.00")], at(3));
        backlog.add("cancel", [], at(2));
        backlog.add("refund", [usd("1.50"), eur], at(4));
        let kinds: Vec<_> =
            backlog.kinds.iter().map(|own| (own.kind.as_str(), own.cases, own.amounts.clone())).collect();
        assert_eq!(kinds, [("cancel", 1, vec![]), ("refund", 2, vec![eur, usd("25.50")])]);
        assert_eq!((backlog.cases, backlog.oldest_at), (3, Some(at(2))));
    }

    #[test]
    fn of_more_currencies_than_anybody_sells_in_the_amounts_are_counted() {
        let codes = "AUD BRL CAD CHF CZK DKK EUR GBP HUF JPY MXN NOK PLN SEK USD";
        let one = |code: &str| Money::parse("7", Currency::parse(code).unwrap()).unwrap();
        let mut backlog = Backlog::default();
        for code in codes.split(' ').chain(["AUD", "USD"]) {
            backlog.add("refund", [one(code)], Timestamp::UNIX_EPOCH);
        }
        let own = &backlog.kinds[0];
        assert_eq!((own.cases, own.amounts.len(), own.others), (17, CURRENCIES_MAX, 4), "{own:?}");
        assert_eq!(own.amounts[0].to_string(), "14.00 AUD", "what is summed goes on");
    }
}
