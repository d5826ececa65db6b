//! What a source found while nothing could leave, counted before something may.

use crate::money::Money;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How many currencies each kind is summed in: no source sells in more than a few, and a source keeps what it was shown.
const CURRENCIES_MAX: usize = 12;

/// The open cases that recommend what nobody was asked for yet, and what failed and nobody was reminded of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backlog {
    pub cases: u64,
    /// By name.
    pub kinds: Vec<OfKind>,
    pub oldest_at: Option<Timestamp>,
    #[serde(default)]
    pub recoveries: Recoveries,
    /// There are more open cases than were looked at.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
}

/// Failed payments that customers are asked for by plan, from then on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recoveries {
    pub invoices: u64,
    /// What remains due, one of each currency.
    pub amounts: Vec<Money>,
    /// How many amounts are in still other currencies, of which no sum is kept.
    #[serde(default, skip_serializing_if = "is_none")]
    pub others: u64,
    /// Since when the first of them is known to have failed.
    pub oldest_at: Option<Timestamp>,
    /// Failed payments that stay as they are.
    #[serde(default, skip_serializing_if = "Staying::is_none")]
    pub staying: Staying,
}

/// Failed payments that nobody is asked for by plan: too old, or not the first of their customer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Staying {
    pub invoices: u64,
    /// What remains due, one of each currency.
    pub amounts: Vec<Money>,
    /// How many amounts are in still other currencies, of which no sum is kept.
    #[serde(default, skip_serializing_if = "is_none")]
    pub others: u64,
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

impl Staying {
    fn is_none(&self) -> bool {
        self.invoices == 0
    }
}

impl Backlog {
    /// Counts one more case.
    pub fn add(&mut self, kind: &str, amounts: impl IntoIterator<Item = Money>, opened_at: Timestamp) {
        self.cases += 1;
        self.oldest_at = earlier(self.oldest_at, opened_at);
        let place = self.kinds.binary_search_by(|own| own.kind.as_str().cmp(kind)).unwrap_or_else(|place| {
            self.kinds.insert(place, OfKind { kind: kind.to_owned(), cases: 0, amounts: Vec::new(), others: 0 });
            place
        });
        let own = &mut self.kinds[place];
        own.cases += 1;
        own.others += amounts.into_iter().filter(|amount| !sum_up(&mut own.amounts, *amount)).count() as u64;
    }

    /// Counts one more failed payment.
    pub fn add_recovery(&mut self, remaining: Money, failed_at: Timestamp) {
        let own = &mut self.recoveries;
        own.invoices += 1;
        own.oldest_at = earlier(own.oldest_at, failed_at);
        own.others += u64::from(!sum_up(&mut own.amounts, remaining));
    }

    /// Counts one more that stays as it is.
    pub fn add_staying(&mut self, remaining: Money) {
        let own = &mut self.recoveries.staying;
        own.invoices += 1;
        own.others += u64::from(!sum_up(&mut own.amounts, remaining));
    }
}

fn earlier(oldest: Option<Timestamp>, at: Timestamp) -> Option<Timestamp> {
    Some(oldest.map_or(at, |oldest| oldest.min(at)))
}

/// Adds to the sum of its currency; not where that would be one currency too many.
fn sum_up(sums: &mut Vec<Money>, amount: Money) -> bool {
    let is_full = sums.len() >= CURRENCIES_MAX;
    match sums.iter_mut().find(|sum| sum.currency() == amount.currency()) {
        Some(sum) => *sum = sum.plus(amount),
        None if is_full => return false,
        None => sums.push(amount),
    }
    sums.sort();
    true
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
        assert_eq!(backlog.recoveries, Recoveries::default(), "a case is no failed payment");
        backlog.add_recovery(usd("49.00"), at(5));
        backlog.add_recovery(eur, at(1));
        backlog.add_recovery(usd("1.00"), at(6));
        let failed = &backlog.recoveries;
        assert_eq!((failed.invoices, &failed.amounts), (3, &vec![eur, usd("50.00")]));
        assert_eq!((failed.oldest_at, backlog.oldest_at), (Some(at(1)), Some(at(2))), "each has its oldest");
        assert_eq!(backlog.cases, 3);
        backlog.add_staying(usd("7.00"));
        backlog.add_staying(eur);
        let (failed, staying) = (&backlog.recoveries, &backlog.recoveries.staying);
        assert_eq!((staying.invoices, &staying.amounts), (2, &vec![eur, usd("7.00")]));
        assert_eq!((failed.invoices, &failed.amounts), (3, &vec![eur, usd("50.00")]), "it is asked for nothing");
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
