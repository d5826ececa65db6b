//! May service go on? What is owed against the credit limit; help with billing never depends on it.

use crate::case::Class;
use crate::debt::{Debt, Standing};
use crate::money::Money;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many invoices that are not added are named; the others are counted.
const NAMED_MAX: usize = 20;

/// What a customer owes, and up to which debt service goes on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credit {
    /// Where the company's own file says one.
    pub limit: Option<Money>,
    /// One sum for each currency.
    pub debt: Vec<Money>,
    /// What is open and not added.
    pub left_out: Vec<LeftOut>,
    /// How many more are not.
    #[serde(default)]
    pub more_left_out: usize,
}

/// An open invoice that does not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    pub invoice: String,
    pub why: NotAdded,
}

/// Why an open invoice does not count as debt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotAdded {
    Disputed,
    InReview,
    Left,
    /// Its provider does not say how much it is.
    NoSum,
}

/// What the credit limit says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nobody has set one.
    NoLimit,
    /// The debt is not above it.
    Within {
        left: Money,
    },
    Over {
        by: Money,
    },
}

/// What somebody gets who writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Served {
    /// Help with billing, cancellation and refunds is never withheld.
    InAnyCase,
    /// The debt is no reason against it.
    GoesOn,
    /// It may be about security or personal data, which is never withheld either: a person looks.
    ByAPerson,
}

impl NotAdded {
    fn words(self) -> &'static str {
        match self {
            Self::Disputed => "it is disputed",
            Self::InReview => "it is in review",
            Self::Left => "its customer has left",
            Self::NoSum => "nobody says how much it is",
        }
    }
}

impl Credit {
    /// Adds up what is open. Whatever is paid or withdrawn is no debt at all.
    pub fn of<'a>(limit: Option<Money>, debts: impl IntoIterator<Item = &'a Debt>) -> Self {
        let mut sums = BTreeMap::new();
        let mut left_out = Vec::new();
        for debt in debts {
            let why = match debt.standing {
                Standing::Paid(_) | Standing::Withdrawn => continue,
                Standing::Open(Some(amount)) => {
                    let sum = sums.entry(amount.currency()).or_insert(Money::zero(amount.currency()));
                    *sum = sum.plus(amount);
                    continue;
                }
                Standing::Open(None) => NotAdded::NoSum,
                Standing::Disputed => NotAdded::Disputed,
                Standing::InReview => NotAdded::InReview,
                Standing::Left => NotAdded::Left,
            };
            left_out.push(LeftOut { invoice: debt.number.clone(), why });
        }
        let more_left_out = left_out.len().saturating_sub(NAMED_MAX);
        left_out.truncate(NAMED_MAX);
        Self { limit, debt: sums.into_values().collect(), left_out, more_left_out }
    }

    /// Compares the debt in the limit's own currency: nothing is converted.
    pub fn verdict(&self) -> Verdict {
        let Some(limit) = self.limit else { return Verdict::NoLimit };
        let own = self.debt.iter().find(|sum| sum.currency() == limit.currency());
        let debt = own.copied().unwrap_or(Money::zero(limit.currency()));
        if debt.amount() <= limit.amount() {
            Verdict::Within { left: limit.minus(debt) }
        } else {
            Verdict::Over { by: debt.minus(limit) }
        }
    }

    /// What somebody gets whose ticket is of this class, as far as that is known.
    pub fn serves(&self, class: Option<Class>) -> Served {
        match (class, self.verdict()) {
            (Some(Class::NotBilling), Verdict::Over { .. }) => Served::ByAPerson,
            (Some(Class::NotBilling), Verdict::NoLimit | Verdict::Within { .. }) => Served::GoesOn,
            (Some(_) | None, _) => Served::InAnyCase,
        }
    }

    /// What is owed, in words.
    pub fn owed(&self) -> String {
        let sums: Vec<_> = self.debt.iter().map(ToString::to_string).collect();
        let mut words = if sums.is_empty() { "nothing is owed".to_owned() } else { sums.join(" and ") };
        for LeftOut { invoice, why } in &self.left_out {
            words.push_str(&format!("; {invoice} is not added: {}", why.words()));
        }
        if self.more_left_out > 0 {
            words.push_str(&format!("; {} more are not added", self.more_left_out));
        }
        words
    }

    /// What the limit says to it, in words.
    pub fn judged(&self, class: Option<Class>) -> String {
        let limit = self.limit.map(|limit| limit.to_string()).unwrap_or_default();
        let verdict = match self.verdict() {
            Verdict::NoLimit => "no credit limit is known: service goes on".to_owned(),
            Verdict::Within { left } => format!("within the credit limit of {limit}, {left} left: service goes on"),
            Verdict::Over { by } => format!("{by} over the credit limit of {limit}"),
        };
        let others = self.debt.iter().filter(|sum| self.limit.is_some_and(|limit| limit.currency() != sum.currency()));
        let others: String = others.map(|sum| format!("; {sum} is not added: another currency")).collect();
        let served = match self.serves(class) {
            Served::InAnyCase => "help with billing is never withheld",
            Served::GoesOn => "the debt is no reason to withhold anything",
            Served::ByAPerson => "a person decides; security and personal data are never withheld",
        };
        format!("{verdict}{others}; {served}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;

    fn usd(minor: i64) -> Money {
        Money::from_minor(minor, Currency::USD)
    }

    fn eur(minor: i64) -> Money {
        Money::from_minor(minor, Currency::EUR)
    }

    fn debt(number: &str, standing: Standing) -> Debt {
        Debt { invoice: number.to_owned(), number: number.to_owned(), due_on: None, purpose: None, standing }
    }

    fn open(amount: Money) -> Debt {
        debt("IN-1", Standing::Open(Some(amount)))
    }

    #[test]
    fn service_goes_on_up_to_the_limit_and_what_is_disputed_does_not_count() {
        let limit = Some(usd(10_000));
        let disputed = debt("IN-2", Standing::Disputed);
        let rows = [
            ("nothing", limit, vec![], Verdict::Within { left: usd(10_000) }),
            ("exactly the limit", limit, vec![open(usd(10_000))], Verdict::Within { left: usd(0) }),
            ("one cent over", limit, vec![open(usd(10_001))], Verdict::Over { by: usd(1) }),
            ("in two invoices", limit, vec![open(usd(6_000)), open(usd(4_001))], Verdict::Over { by: usd(1) }),
            ("disputed", limit, vec![open(usd(10_000)), disputed], Verdict::Within { left: usd(0) }),
            ("in review", limit, vec![debt("IN-3", Standing::InReview)], Verdict::Within { left: usd(10_000) }),
            ("paid", limit, vec![debt("IN-4", Standing::Paid(None))], Verdict::Within { left: usd(10_000) }),
            ("another currency", limit, vec![open(eur(99_999))], Verdict::Within { left: usd(10_000) }),
            ("no limit", None, vec![open(usd(999_999))], Verdict::NoLimit),
            ("a limit of nothing", Some(usd(0)), vec![open(usd(1))], Verdict::Over { by: usd(1) }),
        ];
        for (name, limit, debts, expected) in rows {
            assert_eq!(Credit::of(limit, &debts).verdict(), expected, "{name}");
        }
    }

    #[test]
    fn what_is_not_added_is_said() {
        let debts =
            [open(usd(500)), open(eur(700)), debt("IN-2", Standing::Disputed), debt("IN-3", Standing::Open(None))];
        let credit = Credit::of(Some(usd(400)), &debts);
        let said =
            "7.00 EUR and 5.00 USD; IN-2 is not added: it is disputed; IN-3 is not added: nobody says how much it is";
        assert_eq!(credit.owed(), said);
        let judged = "1.00 USD over the credit limit of 4.00 USD; 7.00 EUR is not added: another currency; \
            help with billing is never withheld";
        assert_eq!(credit.judged(Some(Class::RefundRequest)), judged);
        assert_eq!(Credit::of(None, &[]).owed(), "nothing is owed");
        let many: Vec<_> = (0..25).map(|_| debt("IN-2", Standing::Left)).collect();
        assert!(Credit::of(None, &many).owed().ends_with("; 5 more are not added"));
    }

    #[test]
    fn help_is_never_withheld_by_itself() {
        let over = Credit::of(Some(usd(1)), &[open(usd(2))]);
        let within = Credit::of(Some(usd(2)), &[open(usd(2))]);
        for class in Class::ALL.into_iter().filter(|class| *class != Class::NotBilling) {
            assert_eq!(over.serves(Some(class)), Served::InAnyCase, "{}", class.name());
        }
        assert_eq!(over.serves(None), Served::InAnyCase, "nobody knows yet what it is about");
        assert_eq!(over.serves(Some(Class::NotBilling)), Served::ByAPerson);
        assert_eq!(within.serves(Some(Class::NotBilling)), Served::GoesOn);
    }
}
