//! The parts of a sidebar, as the API answers them. What is not known is absent.

use super::Recommended;
use crate::book::Consent;
use crate::book::entitlement::Entitlement;
use crate::id::{AccountId, CaseId};
use crate::money::Money;
use jiff::Timestamp;
use serde::Serialize;

/// Which account it is, who the customer is, and who looks after them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Account {
    pub id: AccountId,
    pub provider: String,
    pub source: String,
    pub customer: String,
    pub name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub billing_address: Option<String>,
    pub strategic: Option<bool>,
    /// Whether they want no text messages.
    pub no_sms: Option<bool>,
    /// Whether they want no mail but what must be sent.
    pub no_mail: Option<bool>,
    pub owner: Option<String>,
    /// Since when they want no messages before their card expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unsubscribed_at: Option<Timestamp>,
}

/// Of the subscription that runs, or ended last; all of it is absent where there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Plan {
    pub name: Option<String>,
    pub price: Option<Money>,
    pub interval: Option<String>,
    /// What each interval comes to with all seats and the add-ons that recur with it, before tax and credit.
    pub total: Option<Money>,
    pub renews_at: Option<Timestamp>,
}

/// The card that is kept, or else the one that paid or tried last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PaymentMethod {
    pub brand: String,
    pub last4: String,
    pub exp_month: Option<u8>,
    pub exp_year: Option<u16>,
}

/// A second card as it was agreed to, and whether that still stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SecondCard {
    #[serde(flatten)]
    pub consent: Consent,
    pub stands: bool,
}

/// A card that is kept and not charged, by the provider's id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OtherCard {
    pub id: String,
    pub brand: String,
    pub last4: String,
}

/// What may be used, what was paid last, what comes next, and what is in the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    pub entitlement: Option<Entitlement>,
    pub last_payment: Option<Paid>,
    pub next_invoice: Option<Upcoming>,
    pub outstanding: Option<Money>,
    pub failures_12m: i64,
    /// Tries since the last payment that came in, each counted once however many events told of it.
    pub failed_tries: usize,
    /// Those that are open; of very many the claims, and those whose evidence is due next.
    pub disputes: Vec<Dispute>,
    /// How many more are open.
    #[serde(skip_serializing_if = "is_nothing")]
    pub more_disputes: usize,
}

/// Credit in the account's main currency: at hand, used so far, and what of it waits for approval or is under way. An
/// account by itself says the last, and a list of accounts does not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Credits {
    pub available: Option<Money>,
    pub applied: Option<Money>,
    pub pending: Option<Money>,
}

/// Something that is bought beside the plan; `kind` tells what is metered from what recurs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Addon {
    pub name: String,
    /// For one of it, each interval.
    pub price: Option<Money>,
    pub quantity: u32,
    pub kind: &'static str,
}

/// A dispute that is open, and until when evidence is taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dispute {
    pub id: String,
    pub payment: String,
    pub amount: Option<Money>,
    pub status: &'static str,
    pub formal: Option<bool>,
    pub evidence_due_at: Option<Timestamp>,
}

/// The last payment that came in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Paid {
    pub at: Timestamp,
    pub amount: Option<Money>,
    pub payment: String,
}

/// The next invoice; what it comes to only where that can be known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Upcoming {
    pub at: Timestamp,
    pub amount: Option<Money>,
    /// Where the amount comes from.
    pub amount_from: Option<Basis>,
}

/// Where an amount comes from that is not billed yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The provider has told it.
    Provider,
    /// It is computed from price, seats and add-ons: before tax, and before credit.
    Plan,
}

impl Basis {
    /// Every one, for whoever describes them.
    pub const ALL: [Self; 2] = [Self::Provider, Self::Plan];

    /// For whoever reads the amount.
    pub fn words(self) -> &'static str {
        match self {
            Self::Provider => "as the provider says",
            Self::Plan => "by price, seats and add-ons, before tax and credit",
        }
    }
}

/// An invoice of the last half year; `invoice` is the number that the customer reads on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bill {
    pub date: Timestamp,
    pub amount: Option<Money>,
    pub status: Option<&'static str>,
    pub method: Option<String>,
    pub invoice_id: String,
    pub invoice: Option<String>,
}

/// Of the subscription that runs, or ended last; all of it is absent where there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Subscription {
    pub started_at: Option<Timestamp>,
    /// When it ends, or when its minimum term is over.
    pub contract_end: Option<Timestamp>,
    pub auto_renew: Option<bool>,
    pub seats_used: Option<u32>,
    pub seats_total: Option<u32>,
    /// By its contract it has no fewer.
    pub seats_min: Option<u32>,
    pub utilisation: Option<String>,
    pub seats_as_of: Option<Timestamp>,
    pub addons: Option<Vec<Addon>>,
    pub status: Option<&'static str>,
    pub trial_ends_at: Option<Timestamp>,
    pub resumes_at: Option<Timestamp>,
}

/// What the customer has brought, what they bring, and why they may leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lifetime {
    pub revenue: Option<Money>,
    /// Which payments that is the sum of, and until when.
    pub revenue_covers: Option<String>,
    pub months_active: Option<i32>,
    pub mrr: Option<Money>,
    pub arr: Option<Money>,
    pub churn_risk: Option<&'static str>,
    pub churn_reasons: Vec<String>,
}

/// Of several recoveries, the one whose next step comes first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dunning {
    pub invoice: String,
    pub segment: String,
    pub step: u32,
    pub next: Option<String>,
    pub next_at: Option<Timestamp>,
    pub policy_version: u32,
}

/// A case that waits to be resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OpenCase {
    pub id: CaseId,
    pub class: String,
    pub opened_at: Timestamp,
    /// What Recoup recommends, where an account is shown by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recommended: Option<Recommended>,
}

/// A ticket in short, by the id that its address has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TicketLine {
    pub id: String,
    pub subject: Option<String>,
    pub state: &'static str,
    pub class: Option<&'static str>,
    pub assignee: Option<String>,
    pub opened_at: Option<Timestamp>,
    pub due_at: Option<Timestamp>,
}

fn is_nothing(count: &usize) -> bool {
    *count == 0
}
