//! What a provider told us, in one vocabulary for all providers.
//!
//! An event names what happened and carries what was *seen* of each resource. What a provider does not send is absent.

use crate::money::Money;
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

/// One thing that happened at a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The provider's id: the key against doing it twice.
    pub id: String,
    pub provider: String,
    pub source: String,
    pub origin: Origin,
    pub kind: Kind,
    /// The provider's time, which decides between two sightings.
    pub at: Timestamp,
    /// The provider's customer id.
    pub customer: Option<String>,
    pub seen: Vec<Seen>,
}

/// How we learned of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    Webhook,
    /// The provider's answer to a call of ours: seen like any event, but no proof that the money moved.
    Answer,
}

/// What happened, in our words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    CustomerChanged,
    SubscriptionStarted,
    SubscriptionChanged,
    SubscriptionEnded,
    InvoiceChanged,
    InvoicePaid,
    InvoiceVoided,
    PaymentSucceeded,
    PaymentFailed,
    RefundChanged,
}

impl Kind {
    /// The name in JSON, logs and stories.
    pub fn name(self) -> &'static str {
        match self {
            Self::CustomerChanged => "customer_changed",
            Self::SubscriptionStarted => "subscription_started",
            Self::SubscriptionChanged => "subscription_changed",
            Self::SubscriptionEnded => "subscription_ended",
            Self::InvoiceChanged => "invoice_changed",
            Self::InvoicePaid => "invoice_paid",
            Self::InvoiceVoided => "invoice_voided",
            Self::PaymentSucceeded => "payment_succeeded",
            Self::PaymentFailed => "payment_failed",
            Self::RefundChanged => "refund_changed",
        }
    }
}

/// A sighting of one resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "resource", rename_all = "snake_case")]
pub enum Seen {
    Customer(CustomerSeen),
    Subscription(SubscriptionSeen),
    Invoice(InvoiceSeen),
    Payment(PaymentSeen),
    Refund(RefundSeen),
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerSeen {
    pub name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub address: Option<String>,
    pub created_at: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionSeen {
    pub id: String,
    pub status: Option<SubscriptionStatus>,
    pub plan: Option<String>,
    /// The price of one unit for one interval.
    pub price: Option<Money>,
    pub interval: Option<Interval>,
    pub quantity: Option<u32>,
    pub started_at: Option<Timestamp>,
    pub renews_at: Option<Timestamp>,
    pub ends_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionStatus {
    /// Made, and not yet paid for the first time.
    Incomplete,
    Trial,
    Active,
    PastDue,
    Paused,
    Unpaid,
    Ended,
}

/// How often a price recurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interval {
    pub unit: IntervalUnit,
    pub count: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntervalUnit {
    Day,
    Week,
    Month,
    Year,
}

impl IntervalUnit {
    pub fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceSeen {
    pub id: String,
    pub number: Option<String>,
    pub status: Option<InvoiceStatus>,
    pub total: Option<Money>,
    pub remaining: Option<Money>,
    pub subscription: Option<String>,
    pub created_at: Option<Timestamp>,
    pub due_on: Option<Date>,
    pub attempts: Option<u32>,
    pub pay_link: Option<String>,
    /// Set by an event that says a try failed.
    pub failed_at: Option<Timestamp>,
    pub decline: Option<Decline>,
    pub paid_at: Option<Timestamp>,
}

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

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentSeen {
    pub id: String,
    pub invoice: Option<String>,
    pub status: Option<PaymentStatus>,
    pub amount: Option<Money>,
    pub captured: Option<Money>,
    pub refunded: Option<Money>,
    pub at: Option<Timestamp>,
    pub card: Option<Card>,
    pub decline: Option<Decline>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    Pending,
    Failed,
    Succeeded,
}

/// A card as shown to people: never more of its number than the end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Card {
    pub brand: String,
    pub last4: String,
    pub exp_month: Option<u8>,
    pub exp_year: Option<u16>,
}

/// Why a try failed, in the provider's own words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Decline {
    pub provider: String,
    pub code: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundSeen {
    pub id: String,
    pub payment: String,
    pub amount: Option<Money>,
    pub status: Option<RefundStatus>,
    pub created_at: Option<Timestamp>,
    /// Our action's id, which we put into the refund when we asked for it.
    pub action: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundStatus {
    Pending,
    Succeeded,
    Failed,
    Canceled,
}
