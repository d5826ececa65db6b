//! What was seen of the customer and of their ways to pay.

use crate::money::Money;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What one event shows of who the customer is: the part of it that must be erasable.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CustomerSeen {
    /// The provider's version of it, where it numbers versions by time.
    pub as_of: Option<Timestamp>,
    pub name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub address: Option<String>,
    /// The language they are written to, and perhaps for which country: `de-AT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Where they live, in two letters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    pub created_at: Option<Timestamp>,
}

/// What the customer has to their credit at the provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BalanceSeen {
    pub as_of: Option<Timestamp>,
    pub available: Money,
}

/// A card as shown to people: never more of its number than the end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Card {
    pub brand: String,
    pub last4: String,
    pub exp_month: Option<u8>,
    pub exp_year: Option<u16>,
}

/// A card that is kept for the customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardSeen {
    pub id: String,
    pub as_of: Option<Timestamp>,
    pub card: Option<Card>,
    pub state: CardState,
}

/// The order is that of a card's life: of two sightings in one instant, the further counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardState {
    Kept,
    Expiring,
    Expired,
    Removed,
}

/// Which of the customer's ways to pay is charged for what comes, where the provider says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChosenSeen {
    pub as_of: Option<Timestamp>,
    /// Its id, as that of a [`CardSeen`].
    pub card: String,
}

/// Why a try failed, in the provider's own words.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct Decline {
    pub provider: String,
    pub code: String,
    /// Whose code it is, where the provider passes on the code of a gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<String>,
    /// What the provider advises.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// The card network's advice to merchants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_advice: Option<String>,
    /// The answer of the network or the bank: ISO 8583 for cards, ISO 20022 for bank debits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_code: Option<String>,
    /// The card's network, as the provider calls it: what its numbers mean is the network's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// The country in which the card was issued, whose rules hold wherever it is charged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// What stands behind the card: `credit`, `debit` or `prepaid`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub funding: Option<String>,
    /// What a gateway says of it, in plain words that name nobody: they are read where no table lists its code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl Decline {
    /// Whose code it is, and the code: more is told by some providers only.
    pub fn new(provider: &str, code: impl Into<String>) -> Self {
        Self { provider: provider.to_owned(), code: code.into(), ..Self::default() }
    }
}
