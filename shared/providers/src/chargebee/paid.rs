//! Chargebee's transactions, as sightings.

use super::who::shown;
use super::wire;
use crate::Malformed;
use crate::value::{Text, funding, millis, minor, seconds};
use domain::decline::plain;
use domain::event::{
    Card, Decline, DisputeSeen, DisputeStatus, PaymentSeen, PaymentStatus, RefundSeen, RefundStatus, Seen, reference,
};
use domain::money::Money;
use jiff::Timestamp;

pub(super) fn of_transaction(
    transaction: wire::Transaction<'_>,
    card: Option<&wire::Card<'_>>,
    seen: &mut Vec<Seen>,
) -> Result<(), Malformed> {
    let as_of = transaction.resource_version.map(millis).transpose()?;
    let amount = transaction
        .amount
        .zip(transaction.currency_code.as_deref())
        .map(|(units, currency)| minor(units, currency))
        .transpose()?;
    let at = transaction.date.map(seconds).transpose()?;
    let text = |text: &Option<Text<'_>>| text.as_ref().map(|text| text.to_string());
    match transaction.kind.as_deref() {
        Some("refund") => {
            let Some(payment) = text(&transaction.refunded_txn_id) else { return Ok(()) };
            let status = refund_status(transaction.status.as_deref());
            seen.push(Seen::Refund(RefundSeen {
                id: transaction.id.into(),
                payment,
                amount,
                status,
                created_at: at,
                action: None,
            }));
        }
        // A chargeback: the money is gone. Chargebee tells nothing of evidence or outcome.
        Some("payment_reversal") => {
            let linked = transaction.linked_payments.as_ref().and_then(|linked| linked.first());
            let linked = linked.and_then(|linked| text(&linked.id).or_else(|| text(&linked.txn_id)));
            let Some(payment) = text(&transaction.reference_transaction_id).or(linked) else { return Ok(()) };
            seen.push(Seen::Dispute(DisputeSeen {
                id: transaction.id.into(),
                as_of,
                payment,
                amount,
                status: DisputeStatus::Lost,
                formal: Some(true),
                reason: None,
                opened_at: at,
                evidence_due_at: None,
            }));
        }
        Some("payment") | None => of_payment(transaction, as_of, amount, at, card, seen)?,
        // An authorisation holds money and takes none.
        Some(_) => {}
    }
    Ok(())
}

fn of_payment(
    transaction: wire::Transaction<'_>,
    as_of: Option<Timestamp>,
    amount: Option<Money>,
    at: Option<Timestamp>,
    card: Option<&wire::Card<'_>>,
    seen: &mut Vec<Seen>,
) -> Result<(), Malformed> {
    let id = transaction.id.to_string();
    let by_customer = transaction.initiator_type.as_deref() == Some("customer");
    let status = match transaction.status.as_deref() {
        // A payment that was entered by mistake was none.
        _ if transaction.deleted => Some(PaymentStatus::Canceled),
        Some("success") => Some(PaymentStatus::Succeeded),
        Some("failure" | "timeout" | "late_failure") => Some(PaymentStatus::Failed),
        Some("needs_attention") => Some(PaymentStatus::NeedsAction),
        Some("in_progress") => Some(PaymentStatus::Pending),
        Some("voided") => Some(PaymentStatus::Canceled),
        _ => None,
    };
    linked_refunds(&transaction, &id, seen)?;
    let last4 = transaction
        .masked_card_number
        .as_deref()
        .and_then(|masked| masked.get(masked.len().checked_sub(4)?..))
        .map(str::to_owned);
    let masked = last4.map(|last4| Card { brand: "card".to_owned(), last4, exp_month: None, exp_year: None });
    seen.push(Seen::Payment(PaymentSeen {
        id,
        as_of,
        invoice: transaction
            .linked_invoices
            .as_ref()
            .and_then(|linked| linked.iter().find(|linked| !linked.invoice_id.is_empty()))
            .map(|linked| linked.invoice_id.to_string()),
        subscription: transaction.subscription_id.map(String::from),
        status,
        amount,
        captured: amount.filter(|_| status == Some(PaymentStatus::Succeeded)),
        at,
        method: transaction.payment_method.map(String::from),
        card: card.and_then(shown).or(masked),
        issuer: card.and_then(|card| card.issuing_country.clone()),
        decline: of_decline(transaction.error_code, transaction.error_detail, transaction.gateway).map(|decline| {
            Decline {
                network: card.and_then(|card| card.card_type.clone()),
                issuer: card.and_then(|card| card.issuing_country.clone()),
                funding: funding(card.and_then(|card| card.funding_type.as_deref())),
                // A gateway that nobody lists numbers its codes as it likes: what it says is all that is known.
                text: transaction.error_text.as_deref().map(plain).filter(|text| !text.is_empty()),
                ..decline
            }
        }),
        by_customer,
        reference: transaction.reference_number.as_deref().and_then(reference),
        ..PaymentSeen::default()
    }));
    Ok(())
}

/// What went back of a payment, as the payment tells it.
fn linked_refunds(transaction: &wire::Transaction<'_>, payment: &str, seen: &mut Vec<Seen>) -> Result<(), Malformed> {
    for refund in transaction.linked_refunds.iter().flatten() {
        let amount = refund
            .txn_amount
            .zip(transaction.currency_code.as_deref())
            .map(|(units, currency)| minor(units, currency))
            .transpose()?;
        seen.push(Seen::Refund(RefundSeen {
            id: refund.txn_id.to_string(),
            payment: payment.to_owned(),
            amount,
            status: refund_status(refund.txn_status.as_deref()),
            created_at: refund.txn_date.map(seconds).transpose()?,
            action: None,
        }));
    }
    Ok(())
}

/// The code is the gateway's own; where Chargebee has translated it, the translation counts.
fn of_decline(
    code: Option<Text<'_>>,
    detail: Option<wire::ErrorDetail<'_>>,
    gateway: Option<Text<'_>>,
) -> Option<Decline> {
    let (own, declined, network, advice) = detail.map_or((None, None, None, None), |it| {
        (it.error_code, it.decline_code, it.network_error_code, it.processor_advice_code)
    });
    let code = declined.or(code).or(own)?;
    Some(Decline {
        gateway: gateway.map(String::from),
        network_code: network.map(String::from),
        network_advice: advice.map(String::from),
        ..Decline::new("chargebee", code)
    })
}

fn refund_status(status: Option<&str>) -> Option<RefundStatus> {
    Some(match status? {
        "success" => RefundStatus::Succeeded,
        "in_progress" | "needs_attention" => RefundStatus::Pending,
        "voided" => RefundStatus::Canceled,
        "failure" | "timeout" | "late_failure" => RefundStatus::Failed,
        _ => return None,
    })
}
