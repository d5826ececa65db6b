//! Stripe's events in our words. Old shapes are read where the new field is absent.

use super::wire::{self, Object, Reference};
use super::{Read, billed, bought, observe, paid, who};
use crate::value::seconds;
use crate::{Call, Malformed, Reading, malformed};
use domain::book::Unlinked;
use domain::event::{CardState, Event, Kind, Origin, PaymentSeen, PaymentStatus, Seen};
use jiff::Timestamp;

/// What an event type means; what is not listed changes nothing here.
fn meaning(kind: &str) -> Option<Kind> {
    Some(match kind {
        "customer.created" | "customer.updated" | "customer.deleted" => Kind::CustomerChanged,
        "customer.subscription.created" => Kind::SubscriptionStarted,
        "customer.subscription.deleted" => Kind::SubscriptionEnded,
        "customer.subscription.paused" => Kind::SubscriptionPaused,
        "customer.subscription.resumed" => Kind::SubscriptionResumed,
        "customer.subscription.trial_will_end" => Kind::TrialEnding,
        "customer.subscription.updated"
        | "customer.subscription.pending_update_applied"
        | "customer.subscription.pending_update_expired"
        | "subscription_schedule.created"
        | "subscription_schedule.updated"
        | "subscription_schedule.released"
        | "subscription_schedule.canceled"
        | "subscription_schedule.completed"
        | "subscription_schedule.aborted"
        | "subscription_schedule.expiring" => Kind::SubscriptionChanged,
        "invoice.created"
        | "invoice.finalized"
        | "invoice.finalization_failed"
        | "invoice.sent"
        | "invoice.updated"
        | "invoice.overdue"
        | "invoice.overpaid"
        | "invoice.will_be_due"
        | "invoice.payment_attempt_required"
        | "invoice.upcoming" => Kind::InvoiceChanged,
        "invoice.marked_uncollectible" | "invoice.voided" | "invoice.deleted" => Kind::InvoiceVoided,
        "invoice.paid" | "invoice.payment_succeeded" | "invoice_payment.paid" => Kind::InvoicePaid,
        "invoice.payment_failed" | "charge.failed" | "payment_intent.payment_failed" => Kind::PaymentFailed,
        "invoice.payment_action_required" | "payment_intent.requires_action" => Kind::PaymentNeedsAction,
        "charge.pending"
        | "payment_intent.created"
        | "payment_intent.processing"
        | "payment_intent.partially_funded" => Kind::PaymentPending,
        "charge.succeeded" | "charge.captured" | "charge.updated" | "payment_intent.succeeded" => {
            Kind::PaymentSucceeded
        }
        "charge.expired" | "payment_intent.canceled" => Kind::PaymentCanceled,
        "charge.refunded" | "refund.created" | "refund.updated" | "refund.failed" | "charge.refund.updated" => {
            Kind::RefundChanged
        }
        "charge.dispute.created"
        | "charge.dispute.updated"
        | "charge.dispute.closed"
        | "charge.dispute.funds_withdrawn"
        | "charge.dispute.funds_reinstated"
        | "radar.early_fraud_warning.created"
        | "radar.early_fraud_warning.updated" => Kind::PaymentDisputed,
        "payment_method.attached" | "customer.source.created" | "setup_intent.succeeded" => Kind::CardAdded,
        "setup_intent.requires_action" => Kind::PaymentNeedsAction,
        "setup_intent.setup_failed" => Kind::CardNotSaved,
        "payment_method.updated"
        | "payment_method.automatically_updated"
        | "payment_method.card_automatically_updated"
        | "customer.source.updated" => Kind::CardUpdated,
        "customer.source.expiring" => Kind::CardExpiring,
        "payment_method.detached" | "customer.source.deleted" | "mandate.updated" => Kind::CardRemoved,
        "credit_note.created" | "credit_note.updated" | "credit_note.voided" => Kind::CreditNoteChanged,
        _ => return None,
    })
}

pub(super) fn is_relevant(kind: &str) -> bool {
    meaning(kind).is_some()
}

const NOTHING: Reading = Reading::Ignored("an event type that changes nothing here");

pub(super) fn read(body: &[u8], source: &str) -> Result<Reading, Malformed> {
    let parsed = serde_json::from_slice::<wire::Event<'_>>(body);
    let event = match parsed {
        Ok(event) => event,
        // An object that we have no use for may have fields of other shapes under the same names.
        Err(error) => {
            let outside: wire::Outside<'_> = serde_json::from_slice(body).map_err(malformed("a Stripe event"))?;
            return if is_relevant(&outside.kind) { Err(malformed("a Stripe event")(error)) } else { Ok(NOTHING) };
        }
    };
    let Some(kind) = meaning(&event.kind) else { return Ok(NOTHING) };
    let at = seconds(event.created)?;
    let object = event.data.object;
    let ask = decline_is_elsewhere(&event.kind, &object).or_else(|| discounts_are_elsewhere(&event.kind, &object));
    let (customer, seen) = match of_object(object, &event.kind, kind, at)? {
        Ok(read) => read,
        Err(ignored) => return Ok(Reading::Ignored(ignored)),
    };
    // What was detached has no customer any more.
    let before = event.data.previous_attributes.and_then(|previous| previous.customer);
    let events = vec![Event {
        id: event.id.into(),
        provider: "stripe".to_owned(),
        source: source.to_owned(),
        origin: Origin::Webhook,
        kind: if event.kind.starts_with("charge.updated") { charged(&seen) } else { kind },
        at,
        customer: customer.or_else(|| before.as_ref().map(Reference::id)),
        seen,
    }];
    if events[0].customer.is_none() && events[0].seen.is_empty() {
        return Ok(Reading::Ignored("an event that names nobody and nothing"));
    }
    Ok(match ask {
        Some(call) => Reading::Ask { events, call },
        None => Reading::Events(events),
    })
}

/// What an update of a charge says depends on how the charge stands.
fn charged(seen: &[Seen]) -> Kind {
    match seen.first() {
        Some(Seen::Payment(PaymentSeen { status: Some(PaymentStatus::Succeeded), .. })) => Kind::PaymentSucceeded,
        // Its failure was told when it failed: an update is no further try.
        Some(Seen::Payment(PaymentSeen { status: Some(PaymentStatus::Failed), .. })) => Kind::PaymentCanceled,
        _ => Kind::PaymentPending,
    }
}

/// Reads an object by what it says it is: a few events have carried another kind of object than their type announces.
fn of_object(
    object: Object<'_>,
    event: &str,
    kind: Kind,
    at: Timestamp,
) -> Result<Result<Read, &'static str>, Malformed> {
    let failed_at = (kind == Kind::PaymentFailed).then_some(at);
    let is = object.object.as_deref().unwrap_or_else(|| announced(event)).to_owned();
    Ok(Ok(match is.as_str() {
        "customer" => who::customer(object)?,
        "subscription" => bought::subscription(object)?,
        "subscription_schedule" => bought::schedule(&object),
        // It does not exist yet: what it says, it says of the subscription.
        "invoice" if event == "invoice.upcoming" => match billed::upcoming(&object)? {
            Some(read) => read,
            None => return Ok(Err("an invoice to come that names no subscription")),
        },
        "invoice" if object.id.is_none() => return Ok(Err("an invoice that does not exist yet")),
        "invoice" => billed::invoice(object, kind, at, failed_at, event == "invoice.deleted")?,
        "invoice_payment" => match billed::invoice_payment(&object) {
            Some(read) => read,
            None => return Ok(Err("a payment of an invoice that names no intent")),
        },
        "charge" => paid::charge(object, failed_at.filter(|_| event == "charge.failed"))?,
        "payment_intent" => paid::intent(object, failed_at.filter(|_| event == "payment_intent.payment_failed"))?,
        "refund" => match paid::refund(object)? {
            Some(seen) => (None, vec![seen]),
            None => return Ok(Err("a refund that names no charge")),
        },
        "dispute" => match paid::dispute(&object)? {
            Some(seen) => (None, vec![seen]),
            None => return Ok(Err("a dispute that names no charge")),
        },
        "radar.early_fraud_warning" => match paid::fraud_warning(&object)? {
            Some(seen) => (None, vec![seen]),
            None => return Ok(Err("a warning that names no charge")),
        },
        "credit_note" => match billed::credit_note(object)? {
            Some(read) => read,
            None => return Ok(Err("a credit note that names no invoice")),
        },
        "payment_method" | "card" | "source" | "bank_account" => who::card(object, card_state(kind)),
        "setup_intent" => who::set_up(&object, kind),
        "mandate" => match who::mandate(&object) {
            Some(seen) => (None, vec![seen]),
            None => return Ok(Err("a mandate that still stands")),
        },
        _ => return Ok(Err("an object that changes nothing here")),
    }))
}

/// What an event type says that its object is.
fn announced(event: &str) -> &'static str {
    let families = [
        ("customer.subscription.", "subscription"),
        ("customer.source.", "card"),
        ("customer.", "customer"),
        ("subscription_schedule.", "subscription_schedule"),
        ("invoice_payment.", "invoice_payment"),
        ("invoice.", "invoice"),
        ("charge.dispute.", "dispute"),
        ("charge.refund.", "refund"),
        ("charge.", "charge"),
        ("payment_intent.", "payment_intent"),
        ("payment_method.", "payment_method"),
        ("refund.", "refund"),
        ("radar.early_fraud_warning.", "radar.early_fraud_warning"),
        ("credit_note.", "credit_note"),
        ("mandate.", "mandate"),
        ("setup_intent.", "setup_intent"),
    ];
    families.into_iter().find(|(family, _)| event.starts_with(family)).map_or("", |(_, object)| object)
}

fn card_state(kind: Kind) -> CardState {
    match kind {
        Kind::CardExpiring => CardState::Expiring,
        Kind::CardRemoved => CardState::Removed,
        _ => CardState::Kept,
    }
}

/// Since basil a failed invoice does not lead to its payment, and so not to the reason.
fn decline_is_elsewhere(event: &str, object: &Object<'_>) -> Option<Call> {
    let failed = event == "invoice.payment_failed";
    let linked = object.charge.is_some() || object.payment_intent.is_some();
    let id = object.id.as_ref().filter(|_| failed && !linked)?;
    Some(observe::linked(&Unlinked::Invoice(id.to_string())))
}

/// An event shows the ids of a subscription's discounts, and not what they take off.
fn discounts_are_elsewhere(event: &str, object: &Object<'_>) -> Option<Call> {
    let runs = event.starts_with("customer.subscription.") && event != "customer.subscription.deleted";
    let id = object.id.as_ref().filter(|_| runs && bought::hides_discounts(object))?;
    Some(Call::get(bought::with_discounts(id)))
}
