//! What does an amount count for in the currency of the matrix? By the policy's own numbers, else by the rates of a day; else
//! nobody knows, and the strictest rule decides.
//!
//! What one person decides alone is summed in that one currency, so each of the others counts in proportion: bands of its own
//! choosing could be evaded by splitting an amount over two currencies.

use super::{ApprovalPolicy, Rule};
use crate::action::Measure;
use crate::import::ExchangeRate;
use crate::money::{Currency, Money};
use crate::policy::Complaint;
use jiff::civil::Date;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// For how many days a rate may hold at most: the weeks of all of them are read with each request.
const RATE_DAYS_MAX: i64 = 92;

/// What an amount counts for in the policy's currency, and by whose word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worth {
    /// By the policy's, to the last digit: its bands have sharp edges in each of its currencies.
    Stated(Decimal),
    /// By the rates of a day.
    Rated(Money, Date),
    /// By nobody's.
    Unknown,
}

impl Worth {
    fn size(self) -> Option<Decimal> {
        match self {
            Self::Stated(size) => Some(size),
            Self::Rated(worth, _) => Some(worth.amount()),
            Self::Unknown => None,
        }
    }
}

impl ApprovalPolicy {
    /// What an amount counts for on a day.
    pub fn worth(&self, amount: Money, rates: &[ExchangeRate], on: Date) -> Worth {
        let stated = self.stated(amount).map(Worth::Stated);
        stated.or_else(|| self.rated(amount, rates, on)).unwrap_or(Worth::Unknown)
    }

    /// The same in the currency that one person's decisions are summed in, as far as it is known.
    pub fn in_own_currency(&self, amount: Money, rates: &[ExchangeRate], on: Date) -> Option<Decimal> {
        self.worth(amount, rates, on).size()
    }

    /// A measure that bands can be asked for, if rates make it one.
    pub fn converted(&self, measure: Measure, rates: &[ExchangeRate], on: Date) -> Measure {
        let Measure::Money(amount) = measure else { return measure };
        match self.worth(amount, rates, on) {
            Worth::Rated(worth, _) => Measure::Money(worth),
            Worth::Stated(_) | Worth::Unknown => measure,
        }
    }

    /// The currencies that need no rate, the policy's own first, and what one of each counts for.
    pub fn currencies(&self) -> impl Iterator<Item = (Currency, Decimal)> + '_ {
        let others = self.counts_for.iter().map(|(currency, counts_for)| (*currency, *counts_for));
        [(self.currency, Decimal::ONE)].into_iter().chain(others)
    }

    /// Where an edge of the matrix lies in one of those currencies.
    pub fn edge_in(edge: Decimal, (currency, counts_for): (Currency, Decimal)) -> Money {
        Money::rounded(edge / counts_for, currency)
    }

    /// How it came to be that an amount counts for so much, where it is not in the policy's currency.
    pub(super) fn how(&self, amount: Money, worth: Worth) -> Option<String> {
        match worth {
            _ if amount.currency() == self.currency => None,
            Worth::Stated(size) => {
                Some(format!("{amount} counts as {} by this policy.", Money::rounded(size, self.currency)))
            }
            Worth::Rated(worth, on) => Some(format!("{amount} counts as {worth} by the rates of {on}.")),
            Worth::Unknown => Some(format!(
                "What {} is worth was not imported for any of the last {} days, so the strictest rule decides.",
                amount.currency(),
                self.rate_days
            )),
        }
    }

    pub(super) fn stated(&self, amount: Money) -> Option<Decimal> {
        let (_, counts_for) = self.currencies().find(|(currency, _)| *currency == amount.currency())?;
        amount.amount().checked_mul(counts_for)
    }

    /// By the newest day on which both currencies are told against the same one, as the ECB tells all against the euro.
    fn rated(&self, amount: Money, rates: &[ExchangeRate], on: Date) -> Option<Worth> {
        let age = |rate: &ExchangeRate| on.duration_since(rate.on).as_hours() / 24;
        let mut days: BTreeMap<(Date, Currency), BTreeMap<Currency, Decimal>> = BTreeMap::new();
        for rate in rates.iter().filter(|rate| (0..=self.rate_days).contains(&age(rate))) {
            let quotes = days.entry((rate.on, rate.base)).or_insert_with(|| [(rate.base, Decimal::ONE)].into());
            quotes.insert(rate.currency, rate.rate);
        }
        days.iter().rev().find_map(|((day, _), quotes)| {
            let (own, foreign) = (quotes.get(&self.currency)?, quotes.get(&amount.currency())?);
            let worth = amount.amount().checked_mul(*own)?.checked_div(*foreign)?;
            Some(Worth::Rated(Money::rounded(worth, self.currency), *day))
        })
    }

    /// Finds currencies in which a band or the daily total would end at no round amount.
    pub(super) fn lint_worth(&self) -> Vec<Complaint> {
        let mut complaints = Vec::new();
        if !(1..=RATE_DAYS_MAX).contains(&self.rate_days) {
            complaints.push(Complaint::at(0, format!("`rate_days` are 1 to {RATE_DAYS_MAX}")));
        }
        let in_money = self.rule.iter().filter(|rule| rule.is_in_money());
        let edges: Vec<_> = in_money.flat_map(Rule::edges).chain([self.alone.daily_total]).collect();
        for (currency, counts_for) in &self.counts_for {
            if *currency == self.currency || *counts_for <= Decimal::ZERO {
                let what = format!("`{currency}` counts for something, and is another currency than the policy's own");
                complaints.push(Complaint::at(0, what));
                continue;
            }
            let is_round = |edge: &&Decimal| {
                let amount = edge.checked_div(*counts_for).and_then(|amount| Money::exact(amount, *currency).ok());
                amount.is_some_and(|amount| amount.amount().checked_mul(*counts_for) == Some(**edge))
            };
            if let Some(edge) = edges.iter().find(|edge| !is_round(edge)) {
                let what = format!("where one {currency} counts for {counts_for}, {edge} is no round amount of it");
                complaints.push(Complaint::at(0, what));
            }
        }
        complaints
    }
}

impl Rule {
    /// Whether its edges are amounts; else they are days, or per cent.
    pub fn is_in_money(&self) -> bool {
        !self.kinds.iter().any(|kind| matches!(kind.as_str(), "extend_trial" | "extend_grace" | "discount"))
    }

    /// The same rule with its edges as they lie in one of those currencies.
    pub fn told_in(&self, currency: (Currency, Decimal)) -> Self {
        let told = |edge: Option<Decimal>| edge.map(|edge| ApprovalPolicy::edge_in(edge, currency).amount());
        Self {
            over: told(self.over),
            from: told(self.from),
            up_to: told(self.up_to),
            below: told(self.below),
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::{Kind, Reason};
    use crate::approval::{Decided, Earlier, decided_here};
    use crate::policies::Policies;
    use crate::policy::Rules;
    use crate::staff::Role;

    const DAY: &str = "2026-11-28";

    fn policy() -> ApprovalPolicy {
        Policies::shipped().unwrap().approval.current().clone()
    }

    fn currency(code: &str) -> Currency {
        Currency::parse(code).unwrap()
    }

    fn money(text: &str) -> Money {
        let (amount, code) = text.split_once(' ').unwrap();
        Money::parse(amount, currency(code)).unwrap()
    }

    fn rate(on: &str, base: &str, code: &str, rate: &str) -> ExchangeRate {
        let (base, currency) = (currency(base), currency(code));
        ExchangeRate { on: on.parse().unwrap(), base, currency, rate: rate.parse().unwrap() }
    }

    fn ecb(on: &str, dollars: &str, yen: &str) -> [ExchangeRate; 2] {
        [rate(on, "EUR", "USD", dollars), rate(on, "EUR", "JPY", yen)]
    }

    #[test]
    fn each_band_has_sharp_edges_in_each_currency() {
        let policy = policy();
        let (l2, billing, manager, vp) = (Role::L2, Role::BillingSpecialist, Role::Manager, Role::Vp);
        let (ours, theirs) = (Reason::BillingError, Reason::Other);
        /// What is asked for, why and by whom; which edge it lies at, and how far from it the lower band ends; what that asker
        /// needs there, and a cent above.
        type Row<'a> = (&'a str, Reason, Role, usize, i64, &'a [Role], &'a [Role]);
        let rows: [Row<'_>; 6] = [
            ("credit", theirs, l2, 0, -1, &[], &[billing]),
            ("credit", theirs, billing, 1, 0, &[], &[vp]),
            ("refund", theirs, billing, 1, 0, &[], &[manager]),
            ("refund", ours, billing, 2, 0, &[], &[manager]),
            ("refund", ours, manager, 3, 0, &[manager], &[manager, vp]),
            ("write_off", ours, billing, 1, 0, &[], &[vp]),
        ];
        let currencies = [
            ("USD", [10_000, 50_000, 100_000, 500_000]),
            ("EUR", [10_000, 50_000, 100_000, 500_000]),
            ("GBP", [8_000, 40_000, 80_000, 400_000]),
            ("CHF", [8_000, 40_000, 80_000, 400_000]),
        ];
        for (code, edges) in currencies {
            for (kind, reason, role, edge, lower, below, above) in rows {
                for (minor, expected) in [(edges[edge] + lower, below), (edges[edge] + lower + 1, above)] {
                    let amount = Money::from_minor(minor, currency(code));
                    let needed = policy.requirement(kind, Measure::Money(amount), reason, Some(role)).approvals;
                    assert_eq!(needed, expected, "{kind} of {amount} by {role:?}");
                }
            }
        }
        for small in ["5.00 EUR", "5.00 GBP", "5.00 CHF"] {
            let needed = policy.requirement("refund", Measure::Money(money(small)), theirs, Some(billing)).approvals;
            assert!(needed.is_empty(), "{small}: {needed:?}");
        }
    }

    #[test]
    fn an_amount_counts_by_the_policy_or_by_the_newest_rate_that_still_holds() {
        let policy = policy();
        let rated = |amount: &str, on: &str| Worth::Rated(money(amount), on.parse().unwrap());
        let stated = |size: &str| Worth::Stated(size.parse().unwrap());
        let two = [ecb("2026-11-20", "1.15", "100"), ecb("2026-11-27", "1.1588", "181.05")].concat();
        let only_dollars =
            [&ecb("2026-11-20", "1.15", "100")[..], &[rate("2026-11-27", "EUR", "USD", "1.2")][..]].concat();
        let rows: [(&str, &str, &[ExchangeRate], Worth); 14] = [
            ("the policy's own", "1000.00 USD", &two, stated("1000")),
            ("one with bands", "1000.00 EUR", &two, stated("1000")),
            ("to the last digit", "800.01 GBP", &[], stated("1000.0125")),
            ("across the euro", "1000 JPY", &two, rated("6.40 USD", "2026-11-27")),
            ("the later day is not named", "1000 JPY", &only_dollars, rated("11.50 USD", "2026-11-20")),
            ("of the day itself", "1000 JPY", &ecb(DAY, "1.00", "100"), rated("10.00 USD", DAY)),
            ("of tomorrow", "1000 JPY", &ecb("2026-11-29", "1.00", "100"), Worth::Unknown),
            ("ten days old", "1000 JPY", &ecb("2026-11-18", "1.00", "100"), rated("10.00 USD", "2026-11-18")),
            ("eleven days old", "1000 JPY", &ecb("2026-11-17", "1.00", "100"), Worth::Unknown),
            ("against the dollar", "1000 JPY", &[rate(DAY, "USD", "JPY", "156.25")], rated("6.40 USD", DAY)),
            ("the other way round", "1000 JPY", &[rate(DAY, "JPY", "USD", "0.0064")], rated("6.40 USD", DAY)),
            ("rounded once, half to even", "1 JPY", &[rate(DAY, "JPY", "USD", "0.125")], rated("0.12 USD", DAY)),
            ("half of what is needed", "1000 JPY", &[rate(DAY, "EUR", "JPY", "181.05")], Worth::Unknown),
            ("nothing is known", "1000 JPY", &[], Worth::Unknown),
        ];
        for (name, amount, rates, expected) in rows {
            assert_eq!(policy.worth(money(amount), rates, DAY.parse().unwrap()), expected, "{name}");
        }
    }

    #[test]
    fn it_is_said_how_an_amount_counts() {
        let policy = policy();
        let rates = ecb("2026-11-27", "1.1588", "181.05");
        let rows: [(&str, &[ExchangeRate], Option<&str>); 4] = [
            ("5.00 USD", &rates, None),
            ("800.00 GBP", &rates, Some("800.00 GBP counts as 1000.00 USD by this policy.")),
            ("1000 JPY", &rates, Some("1000 JPY counts as 6.40 USD by the rates of 2026-11-27.")),
            (
                "1000 JPY",
                &[],
                Some("What JPY is worth was not imported for any of the last 10 days, so the strictest rule decides."),
            ),
        ];
        for (amount, rates, expected) in rows {
            let worth = policy.worth(money(amount), rates, DAY.parse().unwrap());
            assert_eq!(policy.how(money(amount), worth).as_deref(), expected, "{amount}");
        }
    }

    /// Three currencies are one limit, and what can no longer be counted is no reason to count less.
    #[test]
    fn nothing_is_evaded_by_splitting_over_currencies() {
        let policy = policy();
        let now = format!("{DAY}T12:00:00Z").parse().unwrap();
        let refund = |amount: &str| Kind::Refund { payment: "ch_1".to_owned(), amount: money(amount) };
        let of = |amount: &str| Earlier {
            at: now,
            reason: Reason::BillingError,
            kind: refund(amount),
            stands: true,
            alone_by: Some("bea".to_owned()),
        };
        let rates = ecb(DAY, "1.00", "100");
        /// What was decided alone, in which currencies; what it comes to; which rule a cent more is under.
        type Row<'a> = (&'a [&'a str], &'a [ExchangeRate], Option<&'a str>, &'a str);
        let rows: [Row<'_>; 5] = [
            (&["600.00 EUR", "319.99 GBP"], &[], Some("999.9875"), "refund-small"),
            (&["600.00 EUR", "320.00 GBP"], &[], Some("1000"), "refund-large"),
            (&["500.00 EUR", "200.00 CHF", "25000 JPY"], &rates, Some("1000"), "refund-large"),
            (&["5.00 EUR", "100 JPY"], &rates, Some("6"), "refund-small"),
            (&["5.00 EUR", "100 JPY"], &[], None, "refund-very-large"),
        ];
        for (amounts, rates, sum, rule) in rows {
            let earlier: Vec<_> = amounts.iter().map(|amount| of(amount)).collect();
            let here = decided_here(&earlier, "bea", &refund("0.01 CHF"), (&policy, rates), now);
            assert_eq!(here, sum.map(|sum| sum.parse().unwrap()), "{amounts:?}");
            let cent = Measure::Money(money("0.01 CHF"));
            let (reason, role) = (Reason::BillingError, Some(Role::BillingSpecialist));
            let needed = match here {
                Some(here) => {
                    policy.requirement_after("refund", cent, reason, role, Decided { here, ..Decided::default() })
                }
                None => policy.requirement("refund", Measure::TooLarge, reason, role),
            };
            assert_eq!(needed.clause.rule, rule, "{amounts:?}");
        }
        for (today, amount, alone) in [
            ("4900.00", "100.00 EUR", true),
            ("4900.00", "100.01 EUR", false),
            ("4900", "80.00 GBP", true),
            ("4900", "80.01 GBP", false),
        ] {
            let decided = Decided { today: today.parse().unwrap(), ..Decided::default() };
            let (measure, role) = (Measure::Money(money(amount)), Some(Role::Manager));
            let needed = policy.requirement_after("refund", measure, Reason::BillingError, role, decided);
            assert_eq!(needed.approvals.is_empty(), alone, "{amount} after {today} on that day");
        }
    }

    #[test]
    fn numbers_that_are_not_round_are_refused() {
        let shipped = policy();
        let counting = |code: &str, counts_for: &str| ApprovalPolicy {
            counts_for: [(currency(code), counts_for.parse().unwrap())].into(),
            ..shipped.clone()
        };
        for (name, policy, good) in [
            ("shipped", shipped.clone(), true),
            ("yen", counting("JPY", "0.01"), true),
            ("a rate is no round number", counting("EUR", "1.1588"), false),
            ("nothing", counting("EUR", "0.00"), false),
            ("less than nothing", counting("EUR", "-1"), false),
            ("the policy's own currency", counting("USD", "1.00"), false),
            ("no day", ApprovalPolicy { rate_days: 0, ..shipped.clone() }, false),
            ("a quarter", ApprovalPolicy { rate_days: 92, ..shipped.clone() }, true),
            ("more days than are read", ApprovalPolicy { rate_days: 93, ..shipped.clone() }, false),
        ] {
            assert_eq!(policy.lint().is_empty(), good, "{name}: {:?}", policy.lint());
        }
    }
}
