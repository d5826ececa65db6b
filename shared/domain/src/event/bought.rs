//! What was seen of a subscription: what is bought, how often it is billed, until when.

use crate::money::{Money, Rate};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// What one event shows of a subscription. What it leaves out it says nothing about: see [`Stated`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SubscriptionSeen {
    pub id: String,
    /// The provider's version of it, where it numbers versions by time.
    pub as_of: Option<Timestamp>,
    pub status: Option<SubscriptionStatus>,
    /// Everything that is bought, seen together.
    pub items: Option<Vec<Item>>,
    /// A discount that recurs.
    pub discount: Option<Stated<Discount>>,
    pub started_at: Option<Timestamp>,
    pub period_start: Option<Timestamp>,
    pub renews_at: Option<Timestamp>,
    pub trial_ends_at: Option<Timestamp>,
    /// When it ended or will end.
    pub ends_at: Option<Stated<Timestamp>>,
    /// When the minimum term is over.
    pub contract_ends_at: Option<Timestamp>,
    /// Until when the provider lets an unpaid customer go on.
    pub grace_until: Option<Stated<Timestamp>>,
    pub resumes_at: Option<Stated<Timestamp>>,
    /// What the provider says the next invoice will come to.
    pub upcoming: Option<Money>,
    /// A period was paid then: where a provider has no invoices, this is what settles a failed try.
    pub paid_at: Option<Timestamp>,
    /// Which card is charged for it, where it has one of its own; its id, as that of a `CardSeen`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card: Option<Stated<String>>,
    /// Whether it ends because its customer wants that: false where it goes on, nothing where it ends for another reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wished: Option<bool>,
}

/// Something that the provider says is so, or says is not there: which is more than not saying anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stated<T> {
    Is(T),
    Nothing,
}

impl<T> Stated<T> {
    /// What is there; of what is stated not to be there, nothing.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Is(value) => Some(value),
            Self::Nothing => None,
        }
    }
}

impl<T> From<Option<T>> for Stated<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Nothing, Self::Is)
    }
}

/// The order is that of a subscription's life: of two sightings in one instant, the further counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionStatus {
    /// Made, and not yet paid for the first time, or not yet begun.
    Incomplete,
    Trial,
    Active,
    PastDue,
    Paused,
    Unpaid,
    Ended,
}

impl SubscriptionStatus {
    /// As it stands in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Incomplete => "incomplete",
            Self::Trial => "trial",
            Self::Active => "active",
            Self::PastDue => "past_due",
            Self::Paused => "paused",
            Self::Unpaid => "unpaid",
            Self::Ended => "ended",
        }
    }
}

/// One thing that is bought again and again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    pub id: Option<String>,
    /// The provider's id of the price or plan.
    pub price: String,
    pub name: Option<String>,
    pub role: Role,
    /// For one of it, each interval.
    pub unit: Option<Rate>,
    pub quantity: u32,
    pub interval: Option<Interval>,
}

/// What an item is to its subscription; only plans and add-ons recur at a known amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Plan,
    Addon,
    /// Counted after the fact: no recurring amount.
    Usage,
    OneOff,
}

impl Role {
    /// As it stands in JSON, and as the catalogue's files write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Addon => "addon",
            Self::Usage => "usage",
            Self::OneOff => "one_off",
        }
    }
}

/// What is taken off again and again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discount {
    pub code: Option<String>,
    pub percent: Option<Decimal>,
    pub amount: Option<Money>,
}

/// How often a price recurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Interval {
    pub unit: IntervalUnit,
    pub count: u32,
}

/// The units of the calendar: a quarter is three months.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntervalUnit {
    Day,
    Week,
    Month,
    Year,
}

impl IntervalUnit {
    /// Reads the words that providers use.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name.trim_end_matches('s') {
            "day" => Self::Day,
            "week" => Self::Week,
            "month" => Self::Month,
            "year" => Self::Year,
            _ => return None,
        })
    }

    /// As it stands in JSON, in the singular.
    pub fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }
}
