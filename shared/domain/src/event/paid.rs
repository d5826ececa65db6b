//! What was seen of money that came in, went back, or is disputed.

use super::{Card, Decline};
use crate::money::Money;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What one event shows of a payment or a try. What it leaves out it says nothing about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PaymentSeen {
    pub id: String,
    /// The provider's version of it, where it numbers versions by time.
    pub as_of: Option<Timestamp>,
    pub invoice: Option<String>,
    pub subscription: Option<String>,
    /// The provider's wider record of the same try, such as Stripe's payment intent.
    pub intent: Option<String>,
    pub status: Option<PaymentStatus>,
    pub amount: Option<Money>,
    pub captured: Option<Money>,
    pub refunded: Option<Money>,
    pub at: Option<Timestamp>,
    /// `card`, `sepa_debit`, … in the provider's words.
    pub method: Option<String>,
    pub card: Option<Card>,
    /// The country of the bank that issued the card.
    pub issuer: Option<String>,
    pub decline: Option<Decline>,
    /// The customer was there when it was tried, as far as the provider tells.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub by_customer: bool,
    /// What was written with it that can name a payment request or an invoice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

/// The order is that of a payment's life: of two sightings in one instant, the further counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    Pending,
    NeedsAction,
    Failed,
    Canceled,
    Succeeded,
}

impl PaymentStatus {
    /// As it stands in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::NeedsAction => "needs_action",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
            Self::Succeeded => "succeeded",
        }
    }
}

/// What one event shows of money that goes back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RefundSeen {
    pub id: String,
    pub payment: String,
    pub amount: Option<Money>,
    pub status: Option<RefundStatus>,
    pub created_at: Option<Timestamp>,
    /// Our action's id, which we put into the refund when we asked for it.
    pub action: Option<String>,
}

/// The order is that of a refund's life: of two sightings in one instant, the further counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundStatus {
    Pending,
    Succeeded,
    Failed,
    Canceled,
}

/// That the wider record of a payment pays an invoice, where a provider says so apart from both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkSeen {
    pub intent: String,
    pub invoice: String,
}

/// A bank took the customer's side, or asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisputeSeen {
    pub id: String,
    pub as_of: Option<Timestamp>,
    pub payment: String,
    pub amount: Option<Money>,
    pub status: DisputeStatus,
    /// An inquiry or an early warning is not formal: no money was taken back.
    pub formal: Option<bool>,
    pub reason: Option<String>,
    pub opened_at: Option<Timestamp>,
    pub evidence_due_at: Option<Timestamp>,
}

/// The order is that of a dispute's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisputeStatus {
    Open,
    UnderReview,
    /// It ended without a decision.
    Closed,
    Lost,
    Won,
}

impl DisputeStatus {
    /// As it stands in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::UnderReview => "under_review",
            Self::Closed => "closed",
            Self::Lost => "lost",
            Self::Won => "won",
        }
    }

    /// Whether the bank has still to decide.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Open | Self::UnderReview)
    }
}
