//! When is a failed payment tried again? What may be is data, and inside it an adviser chooses.

use crate::decline::{Declines, Limit, Of, Way};
use crate::policy::Complaint;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Deserialize;
use timing::{Limits, log_odds};
use toml::Spanned;

/// How what failed for some reasons is tried again.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TriesRule {
    pub id: Spanned<String>,
    pub why: String,
    /// Why it failed.
    pub families: Spanned<Vec<String>>,
    /// Only of what is paid so: in a way (`debit`), or through a network (`pad`). Of what no other rule names, where this
    /// says nothing.
    pub ways: Option<Spanned<Vec<String>>>,
    /// Spans after the failure, in which tries may be.
    pub windows: Spanned<Vec<Window>>,
    /// How many hours lie between two, from the first pair on; the last counts for all that follow.
    pub gap_hours: Spanned<Vec<u32>>,
    /// How many there are at most.
    pub most: Spanned<u32>,
    /// Where each would be less likely to succeed, there is none.
    pub least_chance: Spanned<Decimal>,
}

/// A span after a failure: later than its beginning, at its end at the latest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    pub from_day: u32,
    pub to_day: u32,
}

/// How something is paid, as far as it is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Paid<'a> {
    pub way: Option<Way>,
    /// The card's network or the scheme of the debit, as limits call it.
    pub network: Option<&'a str>,
}

impl<'a> Paid<'a> {
    /// What is paid through a network, as a provider calls it.
    pub fn through(declines: &'a Declines, network: Option<&'a str>) -> Self {
        let way = network.and_then(|name| declines.way(name));
        Self { way, network: network.map(|name| declines.network_named(name)) }
    }
}

impl TriesRule {
    /// As numbers.
    pub fn limits(&self) -> Limits {
        let hours = |days: u32| i64::from(days) * 24;
        let windows = self.windows.get_ref().iter().map(|window| (hours(window.from_day), hours(window.to_day)));
        Limits {
            windows: windows.collect(),
            gaps: self.gap_hours.get_ref().iter().map(|gap| i64::from(*gap)).collect(),
            most: *self.most.get_ref() as usize,
            least: log_odds(self.least_chance.get_ref().to_f64().unwrap_or_default()),
        }
    }

    /// The last day on which it may be tried.
    pub fn last_day(&self) -> u32 {
        self.windows.get_ref().iter().map(|window| window.to_day).max().unwrap_or_default()
    }

    pub(super) fn lint(&self) -> Vec<Complaint> {
        let mut complaints = Vec::new();
        let id = self.id.get_ref();
        if self.why.trim().is_empty() {
            complaints.push(Complaint::on(&self.id, format!("`{id}` has no `why`")));
        }
        let windows = self.windows.get_ref();
        if windows.is_empty() || windows.iter().any(|window| window.to_day <= window.from_day) {
            complaints.push(Complaint::on(&self.windows, "a window ends on a later day than it begins"));
        }
        if windows.windows(2).any(|pair| pair[1].from_day < pair[0].to_day) {
            complaints.push(Complaint::on(&self.windows, "these windows overlap, or are not in the order of time"));
        }
        if self.gap_hours.get_ref().is_empty() || self.gap_hours.get_ref().contains(&0) {
            complaints.push(Complaint::on(&self.gap_hours, "between two tries lies an hour at least"));
        }
        if *self.most.get_ref() == 0 {
            complaints.push(Complaint::on(&self.most, "without a try there is no rule: leave it out"));
        }
        let least = self.least_chance.get_ref();
        if *least <= Decimal::ZERO || *least >= Decimal::ONE {
            complaints.push(Complaint::on(&self.least_chance, "a chance is between 0 and 1"));
        }
        complaints
    }

    /// The first of its ways that is none, with where it stands.
    pub(crate) fn strange_way(&self, is_way: impl Fn(&str) -> bool) -> Option<(usize, &str)> {
        let ways = self.ways.as_ref()?;
        ways.get_ref().iter().find(|way| !is_way(way)).map(|way| (ways.span().start, way.as_str()))
    }

    fn is_of(&self, family: &str) -> bool {
        self.families.get_ref().iter().any(|own| own == family)
    }

    fn names(&self, way: &str) -> bool {
        self.ways.as_ref().is_some_and(|ways| ways.get_ref().iter().any(|own| own == way))
    }

    /// Whether one and the same failure would stand in both.
    pub(super) fn doubles(&self, other: &Self) -> Option<&str> {
        let in_same_way = match (&self.ways, &other.ways) {
            (None, None) => true,
            (Some(ways), Some(_)) => ways.get_ref().iter().any(|way| other.names(way)),
            _ => false,
        };
        let family = self.families.get_ref().iter().find(|family| in_same_way && other.is_of(family));
        family.map(String::as_str)
    }

    /// Which of a limit's numbers its tries are over by construction, as a sentence.
    pub(crate) fn breaks(&self, limit: &Limit) -> Option<String> {
        let Limit { network, tries_max, days, .. } = limit;
        let (most, last) = (*self.most.get_ref(), self.last_day());
        match limit.of {
            Of::Card if self.most_within(*days) > *tries_max => {
                Some(format!("{network} allows {tries_max} tries in {days} days"))
            }
            Of::Debit if most > *tries_max => Some(format!(
                "{network} lets a debit be presented {tries_max} times again, and this tries it {most} times: write a rule of \
                 tries with `ways = [\"{network}\"]` or `ways = [\"debit\"]`"
            )),
            Of::Debit if last > *days => Some(format!(
                "{network} lets a debit be presented again for {days} days, and this tries it until day {last}"
            )),
            Of::Card | Of::Debit => None,
        }
    }

    /// How many tries may fall within so many days at most, the failed one with them.
    fn most_within(&self, days: u32) -> u32 {
        let gaps = self.gap_hours.get_ref();
        let (mut tries, mut hours) = (1, 1);
        while tries <= *self.most.get_ref() && hours < u64::from(days) * 24 {
            tries += 1;
            hours += u64::from(gaps.get(tries as usize - 2).or(gaps.last()).copied().unwrap_or(1));
        }
        tries
    }
}

impl super::DunningPolicy {
    /// The rule of tries for what failed for a reason and is paid so: one that names its network goes before one that names its
    /// way, and that before one for whatever no other names.
    pub fn rule_of(&self, family: &str, paid: Paid<'_>) -> Option<&TriesRule> {
        let own = |rule: &&TriesRule| rule.is_of(family);
        let named = |name: &str| self.tries.iter().filter(own).find(|rule| rule.names(name));
        let by_network = paid.network.and_then(named);
        let by_way = by_network.or_else(|| named(paid.way?.name()));
        by_way.or_else(|| self.tries.iter().filter(own).find(|rule| rule.ways.is_none()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::Policies;

    #[test]
    fn a_debit_is_tried_as_its_scheme_lets_it_and_a_card_as_before() {
        let policies = Policies::shipped().unwrap();
        let (policy, declines) = (policies.dunning.current(), policies.declines.current());
        for (network, family, expected) in [
            (None, "insufficient_funds", Some(("funds", 6))),
            (Some("visa"), "insufficient_funds", Some(("funds", 6))),
            (Some("paypal"), "temporary", Some(("trouble", 6))),
            (Some("sepa_debit"), "insufficient_funds", Some(("debit", 2))),
            (Some("us_bank_account"), "temporary", Some(("debit", 2))),
            (Some("direct_debit"), "declined", Some(("debit", 2))),
            (Some("acss_debit"), "insufficient_funds", Some(("debit_once", 1))),
            (Some("sepa_debit"), "revoked", None),
        ] {
            let rule = policy.rule_of(family, Paid::through(declines, network));
            let found = rule.map(|rule| (rule.id.get_ref().as_str(), *rule.most.get_ref()));
            assert_eq!(found, expected, "{network:?} {family}");
        }
    }
}
