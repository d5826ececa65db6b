//! What does a file say? It is read whole before anything changes: typed records, or complaints by row.

mod catalogue;
mod cell;
mod columns;
mod complaint;
mod contact;
mod contracts;
mod customers;
mod exceptions;
mod json_lines;
pub mod metadata;
mod network_rules;
mod rates;
mod row;
mod separated;
mod shelf;
mod staff;
mod table;
mod together;
mod usage;

pub use catalogue::{Price, Tier};
pub use complaint::{COMPLAINTS_MAX, Complaint, Refused};
pub use contracts::Contract;
pub use customers::{Address, Customer};
pub use exceptions::{Exception, ExceptionKind};
pub use network_rules::{NetworkRule, Says};
pub use rates::ExchangeRate;
pub use shelf::{Done, Imports, InForce, Merged, Running, Shelf, Started, Unfit};
pub use staff::StaffRow;
pub use usage::{Metered, Usage};

use crate::id::{AccountId, digest};
use crate::import::metadata::{Change, Finding, Naming, normalise};
use columns::read_all;
use complaint::Complaints;
use serde::{Deserialize, Serialize};

/// What a file is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Customers,
    Catalogue,
    Contracts,
    Usage,
    Staff,
    Exceptions,
    NetworkRules,
    Rates,
}

impl Kind {
    /// In the order in which the command and the API name them.
    pub const ALL: [Self; 8] = [
        Self::Customers,
        Self::Catalogue,
        Self::Contracts,
        Self::Usage,
        Self::Staff,
        Self::Exceptions,
        Self::NetworkRules,
        Self::Rates,
    ];

    /// The name in the command, the route and the import id.
    pub fn name(self) -> &'static str {
        match self {
            Self::Customers => "customers",
            Self::Catalogue => "catalogue",
            Self::Contracts => "contracts",
            Self::Usage => "usage",
            Self::Staff => "staff",
            Self::Exceptions => "exceptions",
            Self::NetworkRules => "network-rules",
            Self::Rates => "rates",
        }
    }

    /// Reads the name as [`Kind::name`] writes it: another spelling is none.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// How a file is written; `Csv` is also what stands between tabs or semicolons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Csv,
    JsonLines,
}

impl Format {
    /// Tells the format of a file by the end of its name.
    pub fn of_file(name: &str) -> Option<Self> {
        match name.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
            "csv" | "tsv" => Some(Self::Csv),
            "jsonl" | "ndjson" => Some(Self::JsonLines),
            _ => None,
        }
    }

    /// Tells the format of a body by its media type; parameters such as the charset are not looked at.
    pub fn of_media_type(media_type: &str) -> Option<Self> {
        match media_type.split(';').next()?.trim().to_ascii_lowercase().as_str() {
            "text/csv" | "application/csv" | "text/tab-separated-values" => Some(Self::Csv),
            "application/jsonl" | "application/x-jsonlines" | "application/x-ndjson" | "application/ndjson" => {
                Some(Self::JsonLines)
            }
            _ => None,
        }
    }
}

/// What is said beside the file, and what it is checked against.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    /// The providers that there are.
    pub providers: &'a [&'a str],
    /// The tables and families of the decline policy, which network rules name.
    pub tables: &'a [&'a str],
    pub families: &'a [&'a str],
    /// Whose rows these are where they do not say.
    pub provider: Option<&'a str>,
    pub source: Option<&'a str>,
    pub extra: Extra,
}

/// What becomes of columns of customers that nobody knows, as a CRM exports them by the dozen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extra {
    Refuse,
    /// They become metadata, where the naming rules meet them.
    Keep,
}

/// One customer of one configured account of a provider.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Who {
    pub provider: String,
    pub source: String,
    pub customer: String,
}

impl Who {
    /// The account that is meant, whether or not the book knows it.
    pub fn account(&self) -> AccountId {
        AccountId::of(&self.provider, &self.source, &self.customer)
    }
}

/// Everything that a file said, in its order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "records", rename_all = "kebab-case")]
pub enum Records {
    Customers(Vec<Customer>),
    Catalogue(Vec<Price>),
    Contracts(Vec<Contract>),
    Usage(Vec<Usage>),
    Staff(Vec<StaffRow>),
    Exceptions(Vec<Exception>),
    NetworkRules(Vec<NetworkRule>),
    Rates(Vec<ExchangeRate>),
}

/// What the naming rules did to one customer's metadata, and what they leave to a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    #[serde(flatten)]
    pub who: Who,
    pub changes: Vec<Change>,
    pub findings: Vec<Finding>,
}

/// Reads a file whole. One bad row refuses all of them: half an import is worse than none.
///
/// Beside the records stand the lines of the file on which they begin, in the same order: what is wrong with a record only
/// where it is to be kept is told by its row as well.
pub fn read(kind: Kind, format: Format, bytes: &[u8], given: &Given<'_>) -> Result<(Records, Vec<usize>), Refused> {
    let mut complaints = Complaints::default();
    let table = table::text(bytes, &mut complaints).map(|text| match format {
        Format::Csv => separated::table(text, &mut complaints),
        Format::JsonLines => json_lines::table(text, &mut complaints),
    });
    let table = table.unwrap_or_default();
    let (rows, told) = (&table, &mut complaints);
    let read = match kind {
        Kind::Customers => apart(read_all(rows, given, told), Records::Customers),
        Kind::Catalogue => apart(read_all(rows, given, told), Records::Catalogue),
        Kind::Contracts => apart(read_all(rows, given, told), Records::Contracts),
        Kind::Usage => apart(read_all(rows, given, told), Records::Usage),
        Kind::Staff => apart(read_all(rows, given, told), Records::Staff),
        Kind::Exceptions => apart(read_all(rows, given, told), Records::Exceptions),
        Kind::NetworkRules => apart(read_all(rows, given, told), Records::NetworkRules),
        Kind::Rates => apart(rates::read(rows, given, told), Records::Rates),
    };
    complaints.or(read)
}

fn apart<R>(rows: Vec<(usize, R)>, records: impl FnOnce(Vec<R>) -> Records) -> (Records, Vec<usize>) {
    let (lines, rows) = rows.into_iter().unzip();
    (records(rows), lines)
}

impl Records {
    /// What the file was about: it holds records of one kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Customers(_) => Kind::Customers,
            Self::Catalogue(_) => Kind::Catalogue,
            Self::Contracts(_) => Kind::Contracts,
            Self::Usage(_) => Kind::Usage,
            Self::Staff(_) => Kind::Staff,
            Self::Exceptions(_) => Kind::Exceptions,
            Self::NetworkRules(_) => Kind::NetworkRules,
            Self::Rates(_) => Kind::Rates,
        }
    }

    /// How many records there are.
    pub fn count(&self) -> usize {
        match self {
            Self::Customers(records) => records.len(),
            Self::Catalogue(records) => records.len(),
            Self::Contracts(records) => records.len(),
            Self::Usage(records) => records.len(),
            Self::Staff(records) => records.len(),
            Self::Exceptions(records) => records.len(),
            Self::NetworkRules(records) => records.len(),
            Self::Rates(records) => records.len(),
        }
    }

    /// Normalises the metadata of customers; who has nothing to be told of is not listed.
    pub fn normalise(&mut self, naming: &Naming) -> Vec<Noted> {
        let Self::Customers(customers) = self else { return Vec::new() };
        let mut noted = Vec::new();
        for customer in customers {
            let normal = normalise(&customer.metadata, naming);
            customer.metadata = normal.metadata;
            if !(normal.changes.is_empty() && normal.findings.is_empty()) {
                noted.push(Noted { who: customer.who.clone(), changes: normal.changes, findings: normal.findings });
            }
        }
        noted
    }

    /// Each record in one spelling.
    fn texts(&self) -> Vec<String> {
        match self {
            Self::Customers(records) => texts(records),
            Self::Catalogue(records) => texts(records),
            Self::Contracts(records) => texts(records),
            Self::Usage(records) => texts(records),
            Self::Staff(records) => texts(records),
            Self::Exceptions(records) => texts(records),
            Self::NetworkRules(records) => texts(records),
            Self::Rates(records) => texts(records),
        }
    }
}

fn texts<R: Serialize>(records: &[R]) -> Vec<String> {
    records
        .iter()
        .map(|record| serde_json::to_string(record).expect("a record is an object with names as keys"))
        .collect()
}

/// Names an import by what it says, after normalisation: order, format, spelling of numbers and defaults do not count.
pub fn import_id(records: &Records) -> String {
    let mut texts = records.texts();
    texts.sort();
    let parts: Vec<&str> = [records.kind().name()].into_iter().chain(texts.iter().map(String::as_str)).collect();
    format!("imp_{}", digest(&parts, 20))
}

#[cfg(test)]
mod tests;
