//! Does a bank claim a payment back, or ask about it?

use super::{Finding, Scene, Standing};
use crate::action::{Kind, Reason};
use crate::case::{Case, Class, Evidence, PAYMENT, Recommendation};
use crate::classify::desk::Desk;
use crate::event::DisputeStatus;
use crate::money::Money;

pub(super) fn standing(scene: Scene<'_>, payment: &str, id: &str, desk: &Desk) -> Standing {
    match desk.touched.payments[payment].disputes[id].status.copied() {
        Some(DisputeStatus::Won) => Standing::Over("won"),
        Some(DisputeStatus::Lost) => Standing::Over("lost"),
        Some(DisputeStatus::Closed) => Standing::Over("closed"),
        None => Standing::AsItIs,
        Some(DisputeStatus::Open | DisputeStatus::UnderReview) => {
            Standing::Open(Box::new(case(scene, payment, id, desk)))
        }
    }
}

/// A formal dispute is the bank's to decide; an inquiry can still be settled, and its fee saved, by a refund.
pub(super) fn case(scene: Scene<'_>, payment: &str, id: &str, desk: &Desk) -> Case {
    let payment = &desk.touched.payments[payment];
    let dispute = &payment.disputes[id];
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
    case.evidence.push(Evidence::new(
        PAYMENT,
        payment.taken().map(|taken| taken.to_string()).unwrap_or_default(),
        &payment.id,
    ));
    let claimed = |left: Money| {
        dispute.amount.copied().filter(|it| it.currency() == left.currency()).map_or(left, |it| it.min(left))
    };
    let open = dispute.status.copied().is_some_and(DisputeStatus::is_open);
    if let Some(amount) = payment.refundable().filter(|left| open && !formal && left.is_positive()).map(claimed) {
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
    case
}
