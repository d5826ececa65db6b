//! Failed tries, each counted once however many events told of it.

use super::Stamp;
use super::tried::{By, card, way};
use crate::event::{Decline, Event, Kind, Origin, Seen};
use crate::money::Money;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// What lies no further apart was one moment, though two clocks tell it: when a try was begun, and when it is told to
/// have been made. A bank debit takes days.
pub const MOMENT: SignedDuration = SignedDuration::from_mins(10);

/// One telling of a failed try.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Try {
    pub at: Timestamp,
    pub event: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decline: Option<Decline>,
    /// When it was begun, as far as the payment tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun_at: Option<Timestamp>,
    /// Its brand and the end of its number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<String>,
    /// How it was tried, where no card tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_customer: bool,
    /// A list shows that something failed, and names no payment: nobody knows when that was.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub undated: bool,
}

impl Try {
    /// What an event tells of a failed try, if it does.
    pub(super) fn told(event: &Event) -> Option<Self> {
        if event.kind != Kind::PaymentFailed {
            return None;
        }
        let mut told = Self {
            at: event.at,
            event: event.id.clone(),
            invoice: None,
            payment: None,
            intent: None,
            amount: None,
            decline: None,
            begun_at: None,
            card: None,
            method: None,
            by_customer: false,
            undated: false,
        };
        for seen in &event.seen {
            match seen {
                Seen::Payment(seen) => {
                    told.begun_at = seen.at.filter(|at| *at != event.at);
                    told.card = card(seen);
                    let unbranded = seen.card.as_ref().is_none_or(|card| card.brand == "card");
                    told.method = way(seen).filter(|_| unbranded).map(str::to_owned);
                    told.by_customer = seen.by_customer;
                    told.payment = Some(seen.id.clone());
                    told.intent.clone_from(&seen.intent);
                    told.invoice = told.invoice.or_else(|| seen.invoice.clone());
                    told.amount = seen.amount.or(told.amount);
                    told.decline = seen.decline.clone().or(told.decline);
                }
                Seen::Invoice(seen) => {
                    told.invoice = Some(seen.id.clone());
                    told.amount = told.amount.or(seen.remaining);
                    told.decline = told.decline.or_else(|| seen.decline.clone());
                }
                _ => {}
            }
        }
        told.undated = event.origin == Origin::Listed && told.payment.is_none();
        Some(told)
    }

    pub(super) fn stamp(&self) -> Stamp {
        Stamp::at(self.at, &self.event)
    }

    /// When it was tried, and when it had been begun, if that was long before it failed.
    pub(super) fn tried_at(&self) -> (Timestamp, Option<Timestamp>) {
        match self.begun_at {
            Some(begun_at) if self.at.duration_since(begun_at).abs() <= MOMENT => (begun_at, None),
            begun_at => (self.at, begun_at),
        }
    }

    /// The brand of the card, or how else it was tried; `card` names no network.
    pub(super) fn way(&self) -> Option<&str> {
        let brand = self.card.as_deref().and_then(|card| card.rsplit_once(' ')).map(|(brand, _)| brand);
        brand.filter(|brand| *brand != "card").or(self.method.as_deref())
    }

    /// Who tried, as far as one telling says.
    pub fn by(&self) -> By {
        if self.by_customer { By::Customer } else { By::Provider }
    }

    /// Whether two tellings are of one try: ids decide where both have them, else the amount and the time.
    pub fn is_same(&self, other: &Self, within: SignedDuration) -> bool {
        let agree = |one: &Option<String>, other: &Option<String>| {
            one.as_ref().zip(other.as_ref()).map(|(one, other)| one == other)
        };
        if let Some(same) = agree(&self.payment, &other.payment) {
            return same;
        }
        let near = self.at.duration_since(other.at).abs() <= within;
        match agree(&self.invoice, &other.invoice).or(agree(&self.intent, &other.intent)) {
            Some(same) => same && near,
            None => near && self.amount.is_some() && self.amount == other.amount,
        }
    }
}

/// Groups tellings into tries, oldest first. The order in which they were told does not matter.
pub fn tries(told: &[Try], within: SignedDuration) -> Vec<Vec<&Try>> {
    let mut sorted: Vec<_> = told.iter().collect();
    sorted.sort();
    let mut groups: Vec<Vec<&Try>> = Vec::new();
    for one in sorted {
        match groups.iter_mut().find(|group| group.iter().all(|other| one.is_same(other, within))) {
            Some(group) => group.push(one),
            None => groups.push(vec![one]),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;

    fn told(minute: i64, invoice: Option<&str>, payment: Option<&str>, minor: i64) -> Try {
        Try {
            at: Timestamp::from_second(1_772_000_000 + 60 * minute).unwrap(),
            event: format!("evt_{minute}_{invoice:?}_{payment:?}"),
            invoice: invoice.map(str::to_owned),
            payment: payment.map(str::to_owned),
            intent: None,
            amount: Some(Money::from_minor(minor, Currency::USD)),
            decline: None,
            begun_at: None,
            card: None,
            method: None,
            by_customer: false,
            undated: false,
        }
    }

    #[test]
    fn one_try_told_three_times_counts_once() {
        let rows = [
            (
                "ids agree",
                vec![told(0, Some("in_1"), Some("ch_1"), 4900), told(0, Some("in_1"), Some("ch_1"), 4900)],
                1,
            ),
            (
                "since basil nothing links them but amount and time",
                vec![told(0, Some("in_1"), None, 4900), told(1, None, Some("ch_1"), 4900)],
                1,
            ),
            ("ten minutes are near", vec![told(0, Some("in_1"), None, 4900), told(10, None, Some("ch_1"), 4900)], 1),
            ("eleven are not", vec![told(0, Some("in_1"), None, 4900), told(11, None, Some("ch_1"), 4900)], 2),
            (
                "another amount is another try",
                vec![told(0, Some("in_1"), None, 4900), told(1, None, Some("ch_1"), 4800)],
                2,
            ),
            (
                "two payments are two tries",
                vec![told(0, Some("in_1"), Some("ch_1"), 4900), told(1, Some("in_1"), Some("ch_2"), 4900)],
                2,
            ),
            (
                "the next day is another try",
                vec![told(0, Some("in_1"), None, 4900), told(1440, Some("in_1"), None, 4900)],
                2,
            ),
        ];
        for (name, mut told, expected) in rows {
            for _ in 0..2 {
                assert_eq!(tries(&told, SignedDuration::from_mins(10)).len(), expected, "{name}");
                told.reverse();
            }
        }
    }
}
