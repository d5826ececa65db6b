//! What a tax document says, before anybody writes it: whose, to whom, for what, with which tax.

mod books;
mod check;
mod draft;
mod entities;
mod entity;
mod filed;
mod law;
mod series;
mod shown;
mod totals;

pub use check::{DocumentRefusal, Sound};
pub use draft::{Draft, NotDrafted};
pub use entities::{Beside, Entities, EntityWish, KeptEntity, NotKept};
pub use entity::{Account, ChargedRate, EntityRefusal, Issuer, LegalEntity};
pub use filed::{Filed, FiledOf, NotTakenBack, TakenBack};
pub use law::{DocumentPolicy, Law, Need, When};
pub use series::{NotNumbered, Series};
pub use totals::{DocumentTotals, TaxGroup};

use crate::money::{Currency, Money, Rate};
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// An invoice or a credit note as it stands in the books; whether it may be made says `Sound::of`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxDocument {
    pub number: String,
    pub issued_on: Date,
    /// What it corrects, if it is a credit note. Its amounts are above zero all the same.
    pub corrects: Option<Original>,
    pub supplied: Option<Supplied>,
    pub due_on: Option<Date>,
    pub issuer: Party,
    pub customer: Party,
    pub currency: Currency,
    pub lines: Vec<DocumentLine>,
    pub discounts: Vec<Discount>,
    pub paid: Option<Money>,
    pub payment: Payment,
    /// Where the issuer keeps its books in another currency.
    pub books: Option<Books>,
}

/// The document that a credit note corrects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Original {
    pub number: String,
    pub issued_on: Date,
    pub reason: String,
}

/// When what is charged for was supplied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Supplied {
    On(Date),
    Between(Date, Date),
}

/// A legal entity or a customer, as its register writes it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Party {
    pub name: String,
    pub street: Vec<String>,
    pub city: String,
    pub post_code: String,
    /// A state or a canton, where the law asks for it.
    pub region: Option<String>,
    /// ISO 3166-1, two capital letters.
    pub country: String,
    pub tax_id: Option<String>,
    /// The number in the commercial register.
    pub registration: Option<String>,
    pub email: Option<String>,
}

/// One thing that is charged for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentLine {
    pub name: String,
    pub quantity: Decimal,
    pub unit: Unit,
    pub price: Rate,
    pub discount: Option<Money>,
    pub tax: Tax,
    pub period: Option<(Date, Date)>,
}

/// What a quantity counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    Piece,
    Hour,
    Day,
    Month,
    Year,
}

/// Taken off everything that is taxed alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Discount {
    pub amount: Money,
    pub reason: String,
    pub tax: Tax,
}

/// How a line is taxed. A rate is in per cent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tax {
    Standard { rate: Decimal },
    Zero,
    Exempt { reason: String },
    ReverseCharge,
    Export,
    SalesTax { rate: Decimal, reason: String },
    Outside { reason: String },
}

/// How it is paid, or was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Payment {
    Transfer {
        iban: String,
        bic: Option<String>,
        reference: String,
    },
    Card {
        last4: String,
    },
    /// As the provider calls it.
    Other(String),
}

/// The issuer's own currency, and what one unit of the document's currency was worth in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Books {
    pub currency: Currency,
    pub rate: Decimal,
    /// Who told the rate, and of which day it is.
    pub source: String,
    pub rate_on: Date,
}

impl TaxDocument {
    /// What its tax is made of, in the order in which it is first met.
    pub fn taxes(&self) -> impl Iterator<Item = &Tax> {
        self.lines.iter().map(|line| &line.tax).chain(self.discounts.iter().map(|discount| &discount.tax))
    }
}

impl Tax {
    /// The word of the policies.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Standard { .. } => "standard",
            Self::Zero => "zero",
            Self::Exempt { .. } => "exempt",
            Self::ReverseCharge => "reverse_charge",
            Self::Export => "export",
            Self::SalesTax { .. } => "sales_tax",
            Self::Outside { .. } => "outside",
        }
    }

    /// In per cent; nothing for whatever is not taxed.
    pub fn rate(&self) -> Decimal {
        match self {
            Self::Standard { rate } | Self::SalesTax { rate, .. } => *rate,
            _ => Decimal::ZERO,
        }
    }

    /// Why it is taxed so, where that differs from document to document.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Exempt { reason } | Self::SalesTax { reason, .. } | Self::Outside { reason } => Some(reason),
            _ => None,
        }
    }

    /// Taxed alike is added up before it is rounded.
    fn alike(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::SalesTax { .. }, Self::SalesTax { .. }) => self == other,
            _ => self.name() == other.name() && self.rate() == other.rate(),
        }
    }
}

impl Unit {
    /// As a customer reads it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Piece => "",
            Self::Hour => "h",
            Self::Day => "d",
            Self::Month => "mo",
            Self::Year => "yr",
        }
    }
}

#[cfg(test)]
mod tests;
