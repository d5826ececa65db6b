//! What happened in a month? One fold over the rows of the month; every figure from the same facts.

mod actions;
mod adds;
mod cases;
mod cash;
mod codes;
mod decisions;
pub mod fact;
mod failures;
mod refunds;
mod summary;
mod tickets;

pub use actions::{ActionKind, Actions};
pub use adds::Adds;
pub use cases::{CaseClass, Cases};
pub use cash::{Cash, MatchedBy, Standing, Unmatched};
pub use codes::UnknownCode;
pub use decisions::{Blocked, Decisions};
pub use failures::{FailureReason, Failures};
pub use refunds::{Approval, ByReason, Collected, Refunds};
pub use summary::{Ground, Summary};
pub use tickets::{TicketClass, Tickets};

use crate::case::Class;
use crate::money::Currency;
use crate::policy::{Complaint, Rules};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// In which zone a month begins and ends, and within how many days a failure counts as recovered.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportPolicy {
    pub version: u32,
    pub effective: String,
    pub timezone: String,
    pub recovered_within_days: i64,
    /// How long after its time a commit is there for certain, and has none in front of it that is not.
    pub settles_after_secs: i64,
    /// How many months have sums that are added to, the one that runs counted.
    pub summed_months: u32,
}

impl ReportPolicy {
    /// The zone whose days count, here and wherever else the company counts days.
    pub fn zone(&self) -> TimeZone {
        TimeZone::get(&self.timezone).expect("the lint saw the zone")
    }
}

impl Rules for ReportPolicy {
    const NAME: &'static str = "report";

    fn version(&self) -> u32 {
        self.version
    }

    fn effective(&self) -> &str {
        &self.effective
    }

    fn lint(&self) -> Vec<Complaint> {
        let zone = TimeZone::get(&self.timezone)
            .err()
            .map(|_| Complaint::at(0, format!("`{}` is not a time zone", self.timezone)));
        let days =
            (self.recovered_within_days < 1).then(|| Complaint::at(0, "`recovered_within_days` must be at least 1"));
        let settles = (self.settles_after_secs < 60).then(|| {
            Complaint::at(
                0,
                "`settles_after_secs` must be at least 60: a function takes half a minute, and clocks differ",
            )
        });
        let months = (self.summed_months < 1)
            .then(|| Complaint::at(0, "`summed_months` must be at least 1: one month always runs"));
        zone.into_iter().chain(days).chain(settles).chain(months).collect()
    }
}

/// A calendar month, such as `2026-01`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(Date);

impl Month {
    /// Reads `2026-01`, and nothing longer or shorter, from 2000 to 2199.
    pub fn parse(text: &str) -> Option<Self> {
        let well_formed = text.len() == 7
            && text.as_bytes()[4] == b'-'
            && text.bytes().enumerate().all(|(place, byte)| place == 4 || byte.is_ascii_digit());
        let date: Date = well_formed.then(|| format!("{text}-01").parse().ok())??;
        (2000..2200).contains(&date.year()).then_some(Self(date))
    }

    /// The month that a day is in.
    pub fn of(date: Date) -> Self {
        Self(date.first_of_month())
    }

    /// `January 2026`, as people say it.
    pub fn name(self) -> String {
        self.0.strftime("%B %Y").to_string()
    }

    /// `2025-12` for `2026-01`.
    pub fn before(self) -> Self {
        Self(self.0.yesterday().expect("a month of our time has a day before it").first_of_month())
    }

    /// `January 2026`, as people say it.
    pub fn title(self) -> String {
        self.0.strftime("%B %Y").to_string()
    }

    /// `2027-01` for `2026-12`.
    pub fn after(self) -> Self {
        Self(self.0.last_of_month().tomorrow().expect("a month of our time has a day after it"))
    }
}

impl std::fmt::Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.strftime("%Y-%m"))
    }
}

/// A month's figures, with what they were counted by and the sums that were checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    pub period: String,
    pub timezone: String,
    pub policy_version: u32,
    pub currencies: Vec<Currency>,
    pub tickets: Tickets,
    pub cases: Cases,
    pub actions: Actions,
    pub refunds: Vec<Refunds>,
    pub collected: Vec<Collected>,
    pub failures: Failures,
    pub cash: Cash,
    pub decisions: Decisions,
    pub unknown_codes: Vec<UnknownCode>,
    pub checks: Vec<Check>,
    pub rows_read: usize,
    pub rows: String,
}

/// One sum that was checked against another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    pub name: &'static str,
    pub ok: bool,
}

/// How many minutes handling a case of a class should take, from and to: those that have a playbook.
pub type Targets = BTreeMap<Class, [u32; 2]>;

impl Report {
    /// What the sums of a month say.
    pub fn of(month: Month, summary: &Summary, policy: &ReportPolicy, targets: &Targets) -> Self {
        let currencies = summary.collected.currencies().chain(summary.refunds.currencies());
        let currencies: BTreeSet<_> = currencies.chain(summary.cash.currencies()).collect();
        let (failures, cases, tickets) =
            (summary.failures.section(), summary.cases.section(targets), summary.tickets.section());
        let (actions, cash) = (summary.actions.section(), summary.cash.section());
        let checks = vec![
            Check {
                name: "failed = recovered + withdrawn + open",
                ok: failures.count == failures.recovered + failures.withdrawn + failures.open,
            },
            Check {
                name: "the failure reasons add up to the failures",
                ok: failures.reasons.iter().map(|line| line.count).sum::<usize>() == failures.count,
            },
            Check { name: "the ticket classes add up to the tickets", ok: tickets.adds_up() },
            Check { name: "what was asked for and what came in add up", ok: cash.adds_up() },
        ];
        Self {
            period: month.to_string(),
            timezone: policy.timezone.clone(),
            policy_version: policy.version,
            currencies: currencies.into_iter().collect(),
            tickets,
            cases,
            actions,
            refunds: summary.refunds.section(),
            collected: summary.collected.section(),
            failures,
            cash,
            decisions: summary.decisions.section(),
            unknown_codes: summary.codes.section(),
            checks,
            rows_read: usize::try_from(summary.rows).unwrap_or(usize::MAX),
            rows: format!("/api/reports/{month}/rows"),
        }
    }
}

/// A share or rate between 0 and 1 with four digits; nothing of nothing has none.
fn share(part: usize, whole: usize) -> Option<String> {
    ratio(Decimal::from(part), Decimal::from(whole), 4)
}

/// A mean with one digit.
fn mean(sum: i64, count: i64) -> Option<String> {
    ratio(Decimal::from(sum), Decimal::from(count), 1)
}

fn ratio(part: Decimal, whole: Decimal, digits: u32) -> Option<String> {
    let mut value = part.checked_div(whole)?.round_dp_with_strategy(digits, RoundingStrategy::MidpointNearestEven);
    value.rescale(digits);
    Some(value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_four_digits_a_dash_and_two() {
        for wrong in [
            "",
            "2026",
            "2026-13",
            "2026-1",
            "26-01",
            "2026-00",
            "2026/01",
            "2026-01-01",
            "20é6-01",
            "9999-12",
            "0000-01",
        ] {
            assert_eq!(Month::parse(wrong), None, "{wrong}");
        }
        let january = Month::parse("2026-01").unwrap();
        assert_eq!(january.name(), "January 2026");
        assert_eq!(january.before().to_string(), "2025-12");
        assert_eq!(january.after().to_string(), "2026-02");
    }

    #[test]
    fn a_share_of_nothing_is_not_a_number() {
        assert_eq!(share(1, 3).as_deref(), Some("0.3333"));
        assert_eq!(share(0, 0), None);
        assert_eq!(mean(7, 2).as_deref(), Some("3.5"));
    }
}
