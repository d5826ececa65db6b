//! Chargebee's events in our words: whatever an event's content shows is taken, whatever the event is called.

use super::billed::{of_credit_note, of_invoice};
use super::bought::of_subscription;
use super::paid::of_transaction;
use super::who::{card_state, of_customer, shown};
use super::wire::{self, Content, Event as Wire};
use crate::value::{millis, seconds};
use crate::{Malformed, Reading, malformed};
use domain::event::{CardSeen, CardState, Event, Kind, Origin, PaymentSeen, PaymentStatus, Seen, SubscriptionSeen};

fn meaning(kind: &str) -> Option<Kind> {
    Some(match kind {
        "customer_created" | "customer_changed" | "customer_deleted" | "customer_moved_in" | "customer_moved_out" => {
            Kind::CustomerChanged
        }
        "subscription_created" | "subscription_started" | "subscription_activated" => Kind::SubscriptionStarted,
        "subscription_renewed" => Kind::SubscriptionRenewed,
        "subscription_trial_end_reminder" => Kind::TrialEnding,
        "subscription_cancelled" | "subscription_deleted" => Kind::SubscriptionEnded,
        "subscription_paused" => Kind::SubscriptionPaused,
        "subscription_resumed" | "subscription_reactivated" => Kind::SubscriptionResumed,
        // What has its own invoice event, and what only concerns goods and entitlement catalogues.
        "subscription_shipping_address_updated"
        | "subscription_entitlements_created"
        | "subscription_entitlements_updated" => return None,
        kind if kind.starts_with("subscription_") => Kind::SubscriptionChanged,
        "invoice_generated" | "invoice_updated" | "pending_invoice_created" | "pending_invoice_updated" => {
            Kind::InvoiceChanged
        }
        "payment_due_reminder" | "netd_payment_due_reminder" => Kind::InvoiceChanged,
        "invoice_deleted" => Kind::InvoiceVoided,
        "dunning_updated" => Kind::PaymentRetried,
        "payment_initiated"
        | "authorization_succeeded"
        | "authorization_voided"
        | "transaction_created"
        | "transaction_updated"
        | "transaction_deleted" => Kind::PaymentPending,
        "payment_succeeded" => Kind::PaymentSucceeded,
        "payment_failed" => Kind::PaymentFailed,
        "payment_refunded" | "refund_initiated" => Kind::RefundChanged,
        "credit_note_created" | "credit_note_updated" | "credit_note_deleted" => Kind::CreditNoteChanged,
        "promotional_credits_added" | "promotional_credits_deducted" => Kind::CreditChanged,
        "card_added" | "payment_source_added" => Kind::CardAdded,
        "card_updated" | "payment_source_updated" => Kind::CardUpdated,
        "card_expiry_reminder" | "payment_source_expiring" => Kind::CardExpiring,
        "card_expired" | "payment_source_expired" => Kind::CardExpired,
        "card_deleted" | "payment_source_deleted" => Kind::CardRemoved,
        _ => return None,
    })
}

pub(super) fn is_relevant(kind: &str) -> bool {
    meaning(kind).is_some()
}

const NOTHING: Reading = Reading::Ignored("an event type that changes nothing here");

pub(super) fn read(body: &[u8], source: &str) -> Result<Reading, Malformed> {
    let event = match serde_json::from_slice::<Wire<'_>>(body) {
        Ok(event) => event,
        // Content that we have no use for may have fields of other shapes under the same names.
        Err(error) => {
            let outside: wire::Outside<'_> = serde_json::from_slice(body).map_err(malformed("a Chargebee event"))?;
            return if is_relevant(&outside.event_type) {
                Err(malformed("a Chargebee event")(error))
            } else {
                Ok(NOTHING)
            };
        }
    };
    let Some(kind) = meaning(&event.event_type) else { return Ok(NOTHING) };
    let customer = owner(&event.content);
    // What the dashboard's test button sends.
    if customer.as_deref().is_some_and(|id| id.starts_with("cbdemo_")) {
        return Ok(Reading::Ignored("a sample of the dashboard's test button"));
    }
    let is_wish = is_wish(&event);
    let mut seen = content(event.content, kind)?;
    for subscription in seen.iter_mut().filter(|_| is_wish).filter_map(of_subscriptions) {
        subscription.wished = Some(true);
    }
    if customer.is_none() && seen.is_empty() {
        return Ok(Reading::Ignored("an event that names nobody and nothing"));
    }
    Ok(Reading::Events(vec![Event {
        id: event.id.into(),
        provider: "chargebee".to_owned(),
        source: source.to_owned(),
        origin: Origin::Webhook,
        kind: told(kind, &seen),
        at: seconds(event.occurred_at)?,
        customer,
        seen,
    }]))
}

/// Whether somebody ended a subscription, or said that it shall end; what nobody pays Chargebee ends by itself, and
/// says why.
fn is_wish(event: &Wire<'_>) -> bool {
    let is_end = matches!(&*event.event_type, "subscription_cancelled" | "subscription_cancellation_scheduled");
    let by_itself = event.source.as_deref().is_none_or(|source| source == "scheduled_job");
    let has_cause = |subscription: &wire::Subscription<'_>| subscription.cancel_reason.is_some();
    is_end && !by_itself && !event.content.subscription.as_ref().is_some_and(has_cause)
}

fn of_subscriptions(seen: &mut Seen) -> Option<&mut SubscriptionSeen> {
    match seen {
        Seen::Subscription(seen) => Some(seen),
        _ => None,
    }
}

/// What a transaction event says depends on how the transaction stands.
fn told(kind: Kind, seen: &[Seen]) -> Kind {
    let of = |seen: &Seen| match seen {
        Seen::Payment(PaymentSeen { status: Some(PaymentStatus::Succeeded), .. }) => Some(Kind::PaymentSucceeded),
        Seen::Payment(PaymentSeen { status: Some(PaymentStatus::Failed), .. }) => Some(Kind::PaymentFailed),
        Seen::Payment(PaymentSeen { status: Some(PaymentStatus::NeedsAction), .. }) => Some(Kind::PaymentNeedsAction),
        Seen::Payment(PaymentSeen { status: Some(PaymentStatus::Canceled), .. }) => Some(Kind::PaymentCanceled),
        Seen::Dispute(_) => Some(Kind::PaymentDisputed),
        Seen::Refund(_) => Some(Kind::RefundChanged),
        _ => None,
    };
    if kind == Kind::PaymentPending { seen.iter().find_map(of).unwrap_or(kind) } else { kind }
}

fn owner(content: &Content<'_>) -> Option<String> {
    let ids = [
        content.customer.as_ref().map(|customer| &customer.id),
        content.subscription.as_ref().and_then(|subscription| subscription.customer_id.as_ref()),
        content.invoice.as_ref().and_then(|invoice| invoice.customer_id.as_ref()),
        content.transaction.as_ref().and_then(|transaction| transaction.customer_id.as_ref()),
        content.credit_note.as_ref().and_then(|note| note.customer_id.as_ref()),
        content.card.as_ref().and_then(|card| card.customer_id.as_ref()),
        content.payment_source.as_ref().and_then(|source| source.customer_id.as_ref()),
    ];
    ids.into_iter().flatten().next().map(|id| id.to_string())
}

fn content(content: Content<'_>, kind: Kind) -> Result<Vec<Seen>, Malformed> {
    let mut seen = Vec::new();
    if let Some(customer) = content.customer {
        of_customer(customer, &mut seen)?;
    }
    if let Some(subscription) = content.subscription {
        seen.push(Seen::Subscription(of_subscription(subscription)?));
    }
    let action = content.credit_note.as_ref().and_then(wire::CreditNote::action);
    if let Some(transaction) = content.transaction {
        of_transaction(transaction, content.card.as_ref(), &mut seen)?;
        if let (Some(action), [.., Seen::Refund(refund)]) = (action, &mut seen[..]) {
            refund.action = Some(action);
        }
    }
    if let Some(invoice) = content.invoice {
        let decline = seen.iter().find_map(|seen| match seen {
            Seen::Payment(payment) => payment.decline.clone(),
            _ => None,
        });
        seen.push(Seen::Invoice(of_invoice(invoice, decline)?));
    }
    if let Some(note) = content.credit_note {
        seen.extend(of_credit_note(note)?);
    }
    if let Some(source) = content.payment_source {
        let state = if source.deleted { CardState::Removed } else { card_state(source.status.as_deref(), kind) };
        let as_of = source.resource_version.map(millis).transpose()?;
        seen.push(Seen::Card(CardSeen {
            id: source.id.into(),
            as_of,
            card: source.card.as_ref().and_then(shown),
            state,
        }));
    } else if let Some(card) = content.card
        && let Some(id) = card.payment_source_id.as_ref().or(card.customer_id.as_ref())
    {
        let state = card_state(card.status.as_deref(), kind);
        let as_of = card.resource_version.map(millis).transpose()?;
        seen.push(Seen::Card(CardSeen { id: id.to_string(), as_of, card: shown(&card), state }));
    }
    Ok(seen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_refund_is_ours_if_a_note_of_its_credit_note_says_so() {
        for (name, notes, expected) in [
            ("ours", json!([{"note": "Thank you"}, {"note": "act_1"}]), Some("act_1")),
            ("ours, as texts", json!(["Thank you", "act_1"]), Some("act_1")),
            ("somebody's", json!([{"note": "Thank you"}, {"entity_type": "coupon"}]), None),
            ("none", json!(null), None),
        ] {
            let event = json!({
                "id": "ev_1", "occurred_at": 1_772_359_290, "event_type": "payment_refunded",
                "content": {
                    "transaction": {"id": "txn_3", "customer_id": "cb_1", "type": "refund", "status": "success", "refunded_txn_id": "txn_2"},
                    "credit_note": {"id": "CN-1", "reference_invoice_id": "6", "status": "refunded", "notes": notes},
                },
            });
            let Ok(Reading::Events(events)) = read(event.to_string().as_bytes(), "acme") else { panic!("{event}") };
            let Seen::Refund(refund) = &events[0].seen[0] else { panic!("{events:?}") };
            assert_eq!(refund.action.as_deref(), expected, "{name}");
        }
    }
}
