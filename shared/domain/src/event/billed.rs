//! What was seen of a bill, and of the notes that credit it.

use super::{Decline, Role};
use crate::money::{Money, Rate};
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// What one event shows of an invoice. What it leaves out it says nothing about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct InvoiceSeen {
    pub id: String,
    /// The provider's version of it, where it numbers versions by time.
    pub as_of: Option<Timestamp>,
    pub number: Option<String>,
    pub status: Option<InvoiceStatus>,
    pub total: Option<Money>,
    pub tax: Option<Money>,
    pub remaining: Option<Money>,
    /// What of it was settled with the customer's credit.
    pub credited: Option<Money>,
    pub subscription: Option<String>,
    /// The provider has no invoices: a later payment of the subscription settles it.
    pub by_period: bool,
    pub lines: Option<Vec<Line>>,
    pub created_at: Option<Timestamp>,
    pub due_on: Option<Date>,
    pub attempts: Option<u32>,
    pub next_try: Option<NextTry>,
    pub pay_link: Option<String>,
    /// Set by an event that says a try failed.
    pub failed_at: Option<Timestamp>,
    pub decline: Option<Decline>,
    pub paid_at: Option<Timestamp>,
}

/// The order is that of a bill's life: of two sightings in one instant, the further counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceStatus {
    Draft,
    Open,
    Uncollectible,
    Paid,
    Void,
}

impl InvoiceStatus {
    /// As it stands in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Open => "open",
            Self::Uncollectible => "uncollectible",
            Self::Paid => "paid",
            Self::Void => "void",
        }
    }
}

/// Whether the provider itself will try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NextTry {
    At(Timestamp),
    Never,
}

/// One line of a bill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub id: String,
    pub price: Option<String>,
    pub text: Option<String>,
    pub role: Option<Role>,
    pub unit: Option<Rate>,
    pub quantity: Option<Decimal>,
    pub amount: Money,
    pub tax: Option<Money>,
    pub discount: Option<Money>,
    pub proration: bool,
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    pub subscription: Option<String>,
}

/// What one event shows of a document that takes an invoice back, or a part of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CreditNoteSeen {
    pub id: String,
    pub as_of: Option<Timestamp>,
    pub invoice: String,
    pub total: Option<Money>,
    pub status: Option<CreditNoteStatus>,
    pub reason: Option<String>,
    pub created_at: Option<Timestamp>,
}

/// The order is that of a credit note's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CreditNoteStatus {
    Issued,
    Settled,
    Void,
}
