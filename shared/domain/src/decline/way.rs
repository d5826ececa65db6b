//! How is something paid: by card, by debit, from a wallet, by transfer? By the name that a provider or a network has for it.

use super::{Declines, Limit, Of, same_name};
use crate::policy::Complaint;
use serde::Deserialize;
use toml::Spanned;

/// A way of paying. What somebody pays by transfer is tried by nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    Card,
    Debit,
    Wallet,
    Transfer,
}

/// What is paid in one way, by the names that others have for it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ways {
    pub way: Way,
    pub names: Spanned<Vec<String>>,
}

impl Way {
    /// In the order of the documents.
    pub const ALL: [Self; 4] = [Self::Card, Self::Debit, Self::Wallet, Self::Transfer];

    /// As rules name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::Debit => "debit",
            Self::Wallet => "wallet",
            Self::Transfer => "transfer",
        }
    }
}

impl Declines {
    /// How it is paid what a provider or a network calls so; nothing, where nobody lists it.
    pub fn way(&self, name: &str) -> Option<Way> {
        let known = self.network_named(name);
        let is_it = |own: &String| same_name(own, known) || same_name(own, name);
        self.way.iter().find(|row| row.names.get_ref().iter().any(is_it)).map(|row| row.way)
    }

    /// No name has two ways, and what has the limits of a debit is one. The first versions told no ways apart.
    pub(super) fn lint_ways(&self) -> Vec<Complaint> {
        let mut complaints = Vec::new();
        let mut names: Vec<(usize, &String)> = Vec::new();
        for row in &self.way {
            names.extend(row.names.get_ref().iter().map(|name| (row.names.span().start, name)));
        }
        for (place, (offset, name)) in names.iter().enumerate() {
            if names[..place].iter().any(|(_, other)| same_name(other, name)) {
                complaints.push(Complaint::at(*offset, format!("`{name}` stands twice among the ways of paying")));
            }
        }
        let is_other = |limit: &&Limit| {
            let is_debit = self.way(&limit.network) == Some(Way::Debit);
            is_debit != (limit.of == Of::Debit)
        };
        for limit in self.limit.iter().filter(|_| !self.way.is_empty()).filter(is_other) {
            let what = format!("`{}` has the limits of a debit or of a card, and another `[[way]]`", limit.network);
            complaints.push(Complaint::on(&limit.why, what));
        }
        complaints
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::Policies;

    #[test]
    fn a_way_is_found_by_whatever_a_provider_calls_it() {
        let policies = Policies::shipped().unwrap();
        for (name, expected) in [
            ("visa", Some(Way::Card)),
            ("Visa", Some(Way::Card)),
            ("visa_electron", Some(Way::Card)),
            ("American Express", Some(Way::Card)),
            ("us_bank_account", Some(Way::Debit)),
            ("sepa_debit", Some(Way::Debit)),
            ("directdebit", Some(Way::Debit)),
            ("acss_debit", Some(Way::Debit)),
            ("bankgirot", Some(Way::Debit)),
            ("paypal", Some(Way::Wallet)),
            ("customer_balance", Some(Way::Transfer)),
            ("banktransfer", Some(Way::Transfer)),
            ("carrier pigeon", None),
            ("", None),
        ] {
            assert_eq!(policies.declines.current().way(name), expected, "{name}");
        }
    }
}
