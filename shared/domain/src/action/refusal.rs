//! Why an action cannot be previewed, and what to do instead.

use super::Reason;
use crate::money::Money;
use crate::money::prorate::NoProration;
use serde::Serialize;

/// The order is the order of the checks, for each kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoPreview {
    #[error("name the {0} in `params`")]
    Unnamed(&'static str),
    #[error("payment `{0}` is not known on this account; check its id on the account page")]
    UnknownPayment(String),
    #[error("invoice `{0}` is not known on this account; check its id on the account page")]
    UnknownInvoice(String),
    #[error("subscription `{0}` is not known on this account; check its id on the account page")]
    UnknownSubscription(String),
    #[error("card `{0}` is not kept for this account any more; ask again without it")]
    UnknownCard(String),
    #[error("nobody wrote down that card `{0}` may be charged: the customer agrees first, or chooses it")]
    NoConsent(String),
    #[error("this account has no running subscription")]
    NoSubscription,
    #[error("this account has several subscriptions that run; name the `subscription` in `params`: {0}")]
    WhichSubscription(String),
    /// With what to do instead.
    #[error("{0}; instead, {1}. A manager and a VP can grant an exception: ask again with `exception`")]
    NotEligible(NotEligible, String),
    #[error("payment `{0}` did not succeed, so there is nothing to give back")]
    NotTaken(String),
    #[error("payment `{0}` is under a formal dispute: the bank decides about it; refund nothing while it is open")]
    Disputed(String),
    #[error("this account pays in {account}, the request is in {asked}; ask in {account}")]
    OtherCurrency { account: String, asked: String },
    #[error("the amount must be more than nothing")]
    NotPositive,
    #[error("only {refundable} of this payment can still be given back, {asked} was asked for")]
    TooMuch { refundable: Money, asked: Money },
    #[error("nothing of invoice `{0}` is due: it is {1}")]
    NotDue(String, &'static str),
    #[error("it is not known how much of invoice `{0}` is due; look at it at the provider")]
    UnknownAmount(String),
    #[error("no tax document can be made of it: {0}")]
    NoDocument(String),
    #[error("`days` must be between 1 and 365")]
    Days,
    #[error("`percent` must be more than 0 and at most 100, with at most two digits behind the point")]
    Percent,
    #[error("`seats` must be at least 1; to end the subscription, cancel it")]
    Seats,
    #[error("subscription `{0}` has ended; begin a new one")]
    Ended(String),
    #[error("subscription `{0}` is not on trial, or it is not known until when")]
    NotOnTrial(String),
    #[error("subscription `{0}` is paused already")]
    Paused(String),
    #[error("subscription `{0}` is not paused")]
    NotPaused(String),
    #[error("subscription `{0}` ends already as it is asked for")]
    EndsAlready(String),
    #[error("subscription `{0}` has exactly this already")]
    Same(String),
    #[error("it is not known what subscription `{0}` buys; look at it at the provider")]
    UnknownPlan(String),
    #[error("subscription `{0}` is on this plan already")]
    SamePlan(String),
    #[error("the catalogue does not sell `{0}`: import it")]
    NotSold(String),
    #[error("the catalogue has no single price for `{0}`; import it, or change the plan at the provider")]
    NoPrice(String),
    #[error("the plan `{to}` is billed by another interval than `{from}`; end one and begin the other at the renewal")]
    OtherInterval { from: String, to: String },
    #[error("the plan `{to}` is sold in another currency than `{from}`; end one and begin the other at the renewal")]
    SoldInOtherCurrency { from: String, to: String },
    #[error("`{to}` costs no more than `{from}`: ask for a `downgrade`, which waits for the next period")]
    IsDowngrade { from: String, to: String },
    #[error("`{to}` costs more than `{from}`: ask for an `upgrade`, which is made at once")]
    IsUpgrade { from: String, to: String },
    #[error("it is not known which period is running; look at the subscription at the provider")]
    UnknownPeriod,
    #[error(transparent)]
    NoProration(#[from] NoProration),
    #[error(
        "a customer's wish to leave is a `cancel` with `customer_requested`; against their will it is a `force_cancel`"
    )]
    NotTheirWish,
    #[error("`asked_at` is when the customer asked to leave: within the last year, and not ahead")]
    AskedAt,
    #[error("no recovery of invoice `{0}` is under way, so there is no grace to extend")]
    NoRecovery(String),
    #[error("a bundle holds 2 to {0} actions, and no other bundle")]
    Bundle(usize),
    #[error(
        "two actions of the bundle change `{0}`: the second would not be shown as it will be; ask for it once the first is done"
    )]
    Together(String),
    #[error("a downgrade waits here for the renewal, and a bundle does not: ask for it by itself")]
    HeldInBundle,
    #[error("action {0} of the bundle: {1}")]
    Member(usize, Box<NoPreview>),
    #[error("the kind `{0}` is not one of: {1}")]
    UnknownKind(String, String),
}

impl NoPreview {
    /// The refusal's name.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Disputed(_) => "disputed",
            Self::TooMuch { .. } => "too_much",
            Self::NotEligible(..) => "not_eligible",
            Self::UnknownKind(..) => "unknown_kind",
            Self::Member(_, why) => why.code(),
            _ => "not_possible",
        }
    }

    /// Whether the request itself says too little, whatever the account is like.
    pub fn is_malformed(&self) -> bool {
        match self {
            Self::Unnamed(_) | Self::WhichSubscription(_) | Self::Bundle(_) => true,
            Self::Member(_, why) => why.is_malformed(),
            _ => false,
        }
    }
}

/// Why a refund is not for this case, and what is. The order is the order of the checks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "not_eligible", rename_all = "snake_case")]
pub enum NotEligible {
    #[error("this payment was taken {days} days ago, and {} is refunded for {most} days: {why}", .reason.name().replace('_', " "))]
    TooLate { days: i64, most: i64, reason: Reason, why: String },
    #[error(
        "the contract credits an outage of this payment with at most {limit} in all, and {asked} more was asked for than that leaves"
    )]
    OverContract { limit: Money, asked: Money },
}
