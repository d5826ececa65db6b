//! Does a bank claim a payment back, or ask about it?

use super::{Finding, Scene, Standing};
use crate::action::{Kind, Reason};
use crate::case::{Case, Class, Evidence, Recommendation};
use crate::desk::Desk;
use crate::event::DisputeStatus;

/// A formal dispute is the bank's to decide; an inquiry can still be settled, and its fee saved, by a refund.
pub(super) fn standing(scene: Scene<'_>, payment: &str, id: &str, desk: &Desk) -> Standing {
    let payment = &desk.touched.payments[payment];
    let dispute = &payment.disputes[id];
    match dispute.status.copied() {
        Some(DisputeStatus::Won) => return Standing::Over("won"),
        Some(DisputeStatus::Lost) => return Standing::Over("lost"),
        Some(DisputeStatus::Closed) => return Standing::Over("closed"),
        None => return Standing::AsItIs,
        Some(DisputeStatus::Open | DisputeStatus::UnderReview) => {}
    }
    let formal = dispute.formal.copied().unwrap_or(true);
    let verdict = scene.policy.found(if formal { Finding::DisputeOpened } else { Finding::InquiryOpened });
    let mut case = Case::found(scene, &desk.head, Class::Chargeback, id, verdict);
    let mut tell = |label: &str, value: Option<String>| match value {
        Some(value) => case.evidence.push(Evidence::new(label, value, id)),
        None => case.missing.push(format!("{}: the provider did not send it", label.to_lowercase())),
    };
    tell("Amount", dispute.amount.copied().map(|amount| amount.to_string()));
    tell("Reason", dispute.reason.value().cloned());
    tell("Opened", dispute.opened_at.copied().map(|at| at.to_string()));
    if formal {
        tell("Evidence is due", dispute.evidence_due_at.copied().map(|at| at.to_string()));
    }
    case.evidence.push(Evidence::new("Payment", payment.taken().map(|taken| taken.to_string()).unwrap_or_default(), &payment.id));
    if let Some(amount) = payment.refundable().filter(|left| !formal && left.is_positive()) {
        if let Some(fee) = scene.policy.dispute_fee(amount.currency()) {
            case.evidence.push(Evidence::new("A formal dispute would cost besides", fee, id));
        }
        case.recommended = Some(Recommendation {
            kind: Kind::Refund { payment: payment.id.clone(), amount },
            reason: Reason::CustomerDissatisfaction,
            note: format!("the bank asks about {}; a refund now avoids a formal dispute and its fee", payment.id),
        });
    }
    case.fill(dispute.amount.copied(), "", &payment.id);
    Standing::Open(Box::new(case))
}
