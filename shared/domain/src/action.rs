//! Something to be done at a provider, from the asking to the proof.

use crate::approval::NotEligible;
use crate::book::Payment;
use crate::id::{AccountId, ActionId, CaseId, sha256};
use crate::money::Money;
use crate::staff::Role;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    pub id: ActionId,
    pub account: AccountId,
    pub kind: Kind,
    pub reason_code: Reason,
    pub note: String,
    pub case: Option<CaseId>,
    pub state: State,
    pub requested_by: String,
    pub requested_at: Timestamp,
    pub expires_at: Timestamp,
    pub preview: Preview,
    /// Whose approvals are needed; empty when the asker may decide alone.
    pub required: Vec<Role>,
    pub votes: Vec<Vote>,
    pub decided_at: Option<Timestamp>,
    pub attempt: Option<Attempt>,
    pub outcome: Option<Outcome>,
    /// When an unfinished attempt is looked at again.
    pub look_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    /// When the provider's own webhook proved it.
    pub confirmed_at: Option<Timestamp>,
    /// One id from the provider's event to the receipt.
    pub trace: String,
}

/// What is to be done, and to what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "params", rename_all = "snake_case")]
pub enum Kind {
    Refund { payment: String, amount: Money },
}

impl Kind {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Refund { .. } => "refund",
        }
    }

    /// The provider's object that it changes: one effect at a time on each.
    pub fn target(&self) -> &str {
        match self {
            Self::Refund { payment, .. } => payment,
        }
    }

    pub fn amount(&self) -> Option<Money> {
        match self {
            Self::Refund { amount, .. } => Some(*amount),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    ServiceOutage,
    BillingError,
    CustomerDissatisfaction,
    DuplicateCharge,
    Other,
}

impl Reason {
    pub const ALL: [Self; 5] = [Self::ServiceOutage, Self::BillingError, Self::CustomerDissatisfaction, Self::DuplicateCharge, Self::Other];

    pub fn name(self) -> &'static str {
        match self {
            Self::ServiceOutage => "service_outage",
            Self::BillingError => "billing_error",
            Self::CustomerDissatisfaction => "customer_dissatisfaction",
            Self::DuplicateCharge => "duplicate_charge",
            Self::Other => "other",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Previewed,
    WaitingApproval,
    Approved,
    Executing,
    Executed,
    Failed,
    Denied,
    Expired,
    Stale,
    InDoubt,
    NeedsPerson,
}

impl State {
    pub const ALL: [Self; 11] = [
        Self::Previewed,
        Self::WaitingApproval,
        Self::Approved,
        Self::Executing,
        Self::Executed,
        Self::Failed,
        Self::Denied,
        Self::Expired,
        Self::Stale,
        Self::InDoubt,
        Self::NeedsPerson,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Previewed => "previewed",
            Self::WaitingApproval => "waiting_approval",
            Self::Approved => "approved",
            Self::Executing => "executing",
            Self::Executed => "executed",
            Self::Failed => "failed",
            Self::Denied => "denied",
            Self::Expired => "expired",
            Self::Stale => "stale",
            Self::InDoubt => "in_doubt",
            Self::NeedsPerson => "needs_person",
        }
    }

    /// Whether nothing more will happen by itself.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Executed | Self::Failed | Self::Denied | Self::Expired | Self::Stale | Self::NeedsPerson)
    }
}

/// What the approver sees; the approval is given to its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    pub summary: String,
    pub lines: Vec<Line>,
    pub clause: Clause,
    /// Over the meaning, not over the words: same effect, same clause, same digest.
    pub digest: String,
}

/// One figure before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub label: String,
    pub before: Option<Money>,
    pub after: Option<Money>,
}

/// The policy clause that applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clause {
    pub rule: String,
    pub policy_version: u32,
    pub why: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vote {
    pub by: String,
    pub role: Role,
    pub decision: Decision,
    pub digest: String,
    pub note: String,
    pub at: Timestamp,
    /// The asker's own decision, inside what their role may do alone.
    pub within_limit: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    Approve,
    Deny,
}

/// One sending to the provider, stored before it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    pub number: u32,
    pub key: String,
    /// When the key was first sent: providers replay it for a while only.
    pub key_since: Timestamp,
    /// The provider failed under this key, and would replay its failure.
    pub burned: bool,
}

/// How the provider answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    Done { reference: String, status: String, made_at: Option<Timestamp> },
    Refused { code: String, message: String },
    NeedsPerson { instead: String },
}

/// Why a refund cannot be previewed. The order is the order of the checks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoPreview {
    #[error("payment `{0}` is not known on this account; check its id on the account page")]
    UnknownPayment(String),
    /// With what to do instead.
    #[error("{0}; instead, {1}. A manager and a VP can grant an exception: ask again with `exception`")]
    NotEligible(NotEligible, String),
    #[error("payment `{0}` did not succeed, so there is nothing to give back")]
    NotTaken(String),
    #[error("payment `{0}` is under a formal dispute: the bank decides about it; refund nothing while it is open")]
    Disputed(String),
    #[error("the payment is in {payment}, the request in {asked}; ask in {payment}")]
    OtherCurrency { payment: String, asked: String },
    #[error("the amount must be more than nothing")]
    NotPositive,
    #[error("only {refundable} of this payment can still be given back, {asked} was asked for")]
    TooMuch { refundable: Money, asked: Money },
}

impl NoPreview {
    /// The refusal's name.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Disputed(_) => "disputed",
            Self::TooMuch { .. } => "too_much",
            Self::NotEligible(..) => "not_eligible",
            _ => "not_possible",
        }
    }
}

/// What is left to give back of a payment, for a refund of all of it.
pub fn all_of(payment: Option<&Payment>, id: &str) -> Result<Money, NoPreview> {
    let payment = payment.ok_or_else(|| NoPreview::UnknownPayment(id.to_owned()))?;
    if payment.is_disputed() {
        return Err(NoPreview::Disputed(id.to_owned()));
    }
    payment.refundable().ok_or_else(|| NoPreview::NotTaken(id.to_owned()))
}

/// Shows what a refund would do to a payment.
pub fn preview_refund(payment: Option<&Payment>, id: &str, amount: Money, reason: Reason, clause: Clause) -> Result<Preview, NoPreview> {
    let payment = payment.ok_or_else(|| NoPreview::UnknownPayment(id.to_owned()))?;
    if payment.is_disputed() {
        return Err(NoPreview::Disputed(id.to_owned()));
    }
    let (Some(taken), Some(back), Some(refundable)) = (payment.taken(), payment.given_back(), payment.refundable()) else {
        return Err(NoPreview::NotTaken(id.to_owned()));
    };
    if taken.currency() != amount.currency() {
        return Err(NoPreview::OtherCurrency { payment: taken.currency().to_string(), asked: amount.currency().to_string() });
    }
    if !amount.is_positive() {
        return Err(NoPreview::NotPositive);
    }
    if amount > refundable {
        return Err(NoPreview::TooMuch { refundable, asked: amount });
    }
    let lines = vec![
        Line { label: "Collected".to_owned(), before: Some(taken), after: Some(taken) },
        Line { label: "Given back".to_owned(), before: Some(back), after: Some(back.plus(amount)) },
        Line { label: "Can still be given back".to_owned(), before: Some(refundable), after: Some(refundable.minus(amount)) },
    ];
    let meaning = ("refund", id, amount, reason, &lines, &clause.rule, clause.policy_version);
    let meaning = serde_json::to_vec(&meaning).expect("a preview is plain data");
    Ok(Preview {
        summary: format!("Refund {amount} of payment {id} to the original payment method"),
        lines,
        clause,
        digest: sha256(&meaning),
    })
}
