//! A dispute as a list shows it: what is claimed, until when, and how it ended.

use super::Case;
use crate::book::Payment;
use crate::id::{AccountId, CaseId};
use crate::money::Money;
use jiff::Timestamp;
use serde::Serialize;

/// How the evidence of a dispute's case names its payment.
pub const PAYMENT: &str = "Payment";

/// One row of the list: what the payment shows of the dispute, and what its case says of the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Disputed {
    pub id: String,
    pub account: AccountId,
    pub case: CaseId,
    pub payment: String,
    pub amount: Option<Money>,
    pub reason: Option<String>,
    pub state: Option<&'static str>,
    /// An inquiry is not formal: no money was taken back.
    pub formal: Option<bool>,
    pub opened_at: Option<Timestamp>,
    pub evidence_due_at: Option<Timestamp>,
    pub resolved_at: Option<Timestamp>,
    pub days_to_resolution: Option<i64>,
}

impl Case {
    /// The payment that a dispute is about, whatever people have called its case since.
    pub fn disputed_payment(&self) -> Option<&str> {
        self.evidence.iter().find(|evidence| evidence.label == PAYMENT).map(|evidence| evidence.source.as_str())
    }
}

impl Disputed {
    /// None where the payment shows no dispute that the case is about.
    pub fn of(case: &Case, payment: &Payment) -> Option<Self> {
        let dispute = payment.disputes.get(&case.about)?;
        let opened_at = dispute.opened_at.copied();
        let days =
            opened_at.zip(case.resolved_at).map(|(opened, resolved)| resolved.duration_since(opened).as_hours() / 24);
        Some(Self {
            id: case.about.clone(),
            account: case.account.clone(),
            case: case.id.clone(),
            payment: payment.id.clone(),
            amount: dispute.amount.copied(),
            reason: dispute.reason.value().cloned(),
            state: dispute.status.copied().map(crate::event::DisputeStatus::name),
            formal: dispute.formal.copied(),
            opened_at,
            evidence_due_at: dispute.evidence_due_at.copied(),
            resolved_at: case.resolved_at,
            days_to_resolution: days,
        })
    }
}
