//! Why did a try fail, who has to act, and may it be tried again? The table is data: `shared/policy/declines/`.

mod added;
mod asked;
mod index;
mod lint;
mod meaning;
mod sheet;
#[cfg(test)]
mod tests;
mod way;
mod words;

pub use asked::Asked;
pub use meaning::Meaning;
pub use sheet::{Classed, as_csv, classed};
pub use way::{Way, Ways};
pub use words::plain;

use index::Index;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};
use toml::Spanned;

/// The taxonomy of failed tries.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declines {
    pub version: u32,
    /// The older version whose rest holds on, where the file holds only what is new and leaves the rest out.
    pub adds_to: Option<u32>,
    pub effective: String,
    /// The family of a code that is not listed.
    #[serde(default)]
    pub unknown: String,
    /// Providers that pass on the network's advice with the network's own numbers.
    #[serde(default)]
    pub network_advice_from: Vec<String>,
    /// Providers that hand over the bank's own code as it came where they have none of their own.
    #[serde(default)]
    pub passes_on: Vec<String>,
    /// The table of the names that most share, read where a table of one's own does not list a code.
    pub shared_names: Option<String>,
    /// Where the code of a network is looked up whose name is not told, and where its advice: the first that lists it.
    #[serde(default)]
    pub network_tables: Vec<String>,
    #[serde(default)]
    pub advice_tables: Vec<String>,
    /// Of two that are equally strict, the one that stands first names the reason.
    #[serde(default)]
    pub family: Vec<Family>,
    #[serde(default)]
    pub code: Vec<Codes>,
    #[serde(default)]
    pub gateway: Vec<Gateway>,
    #[serde(default)]
    pub network: Vec<Network>,
    /// How it is paid what goes by some name.
    #[serde(default)]
    pub way: Vec<Ways>,
    #[serde(default)]
    pub phrase: Vec<Phrases>,
    #[serde(default)]
    pub limit: Vec<Limit>,
    #[serde(default)]
    pub issuer: Vec<Issuer>,
    /// Made of the rest by the first look-up: the rows stay as they were read.
    #[serde(skip)]
    index: OnceLock<Arc<Index>>,
}

/// One kind of failure, whatever a provider calls it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Family {
    pub id: Spanned<String>,
    pub report_reason: ReportReason,
    pub customer_reason: String,
    /// The reason as colleagues tell it each other: the end of "payment failed: …".
    #[serde(default)]
    pub says: String,
    pub who_acts: WhoActs,
    pub retry: Retry,
    /// It gives no reason: it answers for no code that nobody lists.
    #[serde(default)]
    pub general: bool,
    /// The reason is the cardholder's secret: its words are those of a general family.
    #[serde(default)]
    pub secret: bool,
    /// Why it is never tried again.
    #[serde(default)]
    pub why: String,
}

/// Under which reason a report counts a failure; many families share one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportReason {
    CardExpired,
    InsufficientFunds,
    CardDeclined,
    CardNotRecognised,
    Other,
}

/// Who must do something before a try can succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhoActs {
    Nobody,
    Customer,
    Staff,
}

/// When another try makes sense, the strictest last; `InternalReview` is not before a person has looked, not even if
/// the customer has acted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Retry {
    Soon,
    Later,
    AfterCustomer,
    InternalReview,
    Never,
}

/// Codes of one family in one table: a provider's, a network's, or an advice.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Codes {
    pub table: String,
    pub family: Spanned<String>,
    pub codes: Vec<String>,
    /// Visa's category of the codes.
    pub category: Option<u8>,
    /// How long they ask to wait before another try.
    pub wait_hours: Option<u32>,
}

/// Which table to read the codes of a gateway with, by the names that others have for it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gateway {
    /// Only where this provider passes it on.
    pub provider: Option<String>,
    pub names: Vec<String>,
    pub table: Spanned<String>,
    /// It passes on the network's advice with the network's own numbers. One that numbers it anew has a table of its
    /// own.
    #[serde(default)]
    pub network_advice: bool,
}

/// Which tables to read the codes of a network with: the first that lists a code says what it means.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    pub names: Vec<String>,
    pub tables: Spanned<Vec<String>>,
    /// Of its advice; without them, those of a network that is not named.
    #[serde(default)]
    pub advice: Vec<String>,
    /// The category of all codes that no row gives one.
    pub other_category: Option<u8>,
}

/// Words that tell a family where no table lists the code.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phrases {
    pub family: Spanned<String>,
    pub phrases: Vec<String>,
}

/// Where cards are issued that nobody may simply try again.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// ISO 3166, two letters.
    pub country: Spanned<String>,
    /// The family of what could otherwise be tried again.
    pub family: String,
    pub why: String,
}

/// How often a network lets a card or a debit be tried again.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    pub network: String,
    /// Only for what Visa puts into this category.
    pub category: Option<u8>,
    pub tries_max: u32,
    pub days: u32,
    #[serde(default)]
    pub of: Of,
    /// Only further tries count, and not the first of a debt.
    #[serde(default)]
    pub again: bool,
    #[serde(default)]
    pub by: Whose,
    /// How long after a try the next one has to wait at least.
    pub gap_hours: Option<u32>,
    /// The first and the last day on which it holds, where it does not hold always.
    pub from: Option<Date>,
    pub until: Option<Date>,
    pub why: Spanned<String>,
}

/// What a limit is counted for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Of {
    /// A card, whatever it is charged for: so many tries within the days before the next one.
    #[default]
    Card,
    /// One debit: so many times again within the days after it was first presented, and never later.
    Debit,
}

/// Whose tries a limit counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    #[default]
    Everybody,
    /// Those for which the customer is not there: ours and the provider's.
    Merchant,
}

/// A name without what people write differently: `Authorize.Net` is `authorize_net`.
fn same_name(one: &str, other: &str) -> bool {
    letters(one).eq(letters(other))
}

fn letters(name: &str) -> impl Iterator<Item = char> + '_ {
    name.chars().filter(|letter| letter.is_alphanumeric()).map(|letter| letter.to_ascii_lowercase())
}

impl Family {
    /// The reason in a few words, for colleagues.
    pub fn in_short(&self) -> String {
        if self.says.is_empty() { self.id.get_ref().replace('_', " ") } else { self.says.clone() }
    }
}

impl Declines {
    /// Every table of codes.
    pub fn tables(&self) -> Vec<&str> {
        let tables: BTreeSet<_> = self.code.iter().map(|codes| codes.table.as_str()).collect();
        tables.into_iter().collect()
    }

    /// Every family.
    pub fn families(&self) -> Vec<&str> {
        self.family.iter().map(|family| family.id.get_ref().as_str()).collect()
    }

    /// Whether a table, a gateway or a network is called so.
    pub fn reads(&self, name: &str) -> bool {
        self.own_table(None, name).is_some() || self.network(name).is_some()
    }

    /// What limits call a network that a provider has its own name for; as it is given, where nobody knows it.
    pub fn network_named<'a>(&'a self, name: &'a str) -> &'a str {
        self.network(name).and_then(|network| network.names.first()).map_or(name, String::as_str)
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| Arc::new(Index::of(self)))
    }

    /// The table that a provider's, a gateway's or an advice's codes are read with.
    fn own_table(&self, provider: Option<&str>, name: &str) -> Option<&str> {
        let known = self.gateway_called(provider, name).map(|row| row.table.get_ref().as_str());
        known.or_else(|| self.index().table(name).map(|place| self.code[place].table.as_str()))
    }

    fn gateway_called(&self, provider: Option<&str>, name: &str) -> Option<&Gateway> {
        let of = |row: &&Gateway| row.provider.is_none() || row.provider.as_deref() == provider;
        self.index().gateways(name).iter().map(|place| &self.gateway[*place]).find(of)
    }

    fn network(&self, name: &str) -> Option<&Network> {
        self.index().network(name).map(|place| &self.network[place])
    }

    fn listed(&self, table: &str, code: &str) -> Option<&Codes> {
        self.index().code(table, code).map(|place| &self.code[place])
    }

    /// The strictest is the greatest; among equals it is the family that stands first.
    fn strictness(&self, family: &Family) -> (Retry, Reverse<Option<usize>>) {
        (family.retry, Reverse(self.index().family(family.id.get_ref())))
    }

    fn named(&self, id: &str) -> &Family {
        let place = self.index().family(id).expect("the lint saw every family that is named");
        &self.family[place]
    }
}
