//! Stripe's charges, intents, refunds and disputes, as sightings.

use super::Read;
use super::amount::{money, priced};
use super::who::{card_shown, guest};
use super::wire::{self, Object, Reference};
use crate::Malformed;
use crate::value::{Text, funding, seconds};
use domain::event::{
    Decline, DisputeSeen, DisputeStatus, InvoiceSeen, LinkSeen, PaymentSeen, PaymentStatus, RefundSeen, RefundStatus,
    Seen, reference,
};
use jiff::Timestamp;

pub(super) fn charge(charge: Object<'_>, failed_at: Option<Timestamp>) -> Result<Read, Malformed> {
    let (amount, currency) = priced(&charge)?;
    let status = match (charge.status.as_deref(), charge.paid) {
        // Money that is held is not taken.
        (Some("succeeded"), _) | (None, Some(true)) if charge.captured == Some(false) => Some(PaymentStatus::Pending),
        (Some("succeeded"), _) | (None, Some(true)) => Some(PaymentStatus::Succeeded),
        (Some("failed"), _) | (None, Some(false)) => Some(PaymentStatus::Failed),
        (Some("pending"), _) => Some(PaymentStatus::Pending),
        _ => None,
    };
    let captured = match (charge.amount_captured, charge.captured) {
        (Some(captured), _) => Some(captured),
        (None, Some(true)) => Some(amount),
        (None, Some(false)) => Some(0),
        (None, None) => None,
    };
    let (method, shown) = charge.payment_method_details.map_or((None, None), |details| (details.kind, details.card));
    let shown = shown.or(charge.source.and_then(|source| source.0)).or(charge.card);
    let issuer = shown.as_ref().and_then(|card| card.country.clone());
    let by_customer = shown.as_ref().is_some_and(|card| card.confirmed);
    let decline = charge_decline(charge.failure_code, charge.outcome, shown.as_ref());
    let id = charge.id.as_deref().unwrap_or_default().to_owned();
    let invoice = charge.invoice.as_ref().map(Reference::id);
    let written = written(charge.metadata, charge.description.as_deref());
    let mut seen = vec![Seen::Payment(PaymentSeen {
        id: id.clone(),
        invoice: invoice.clone(),
        intent: charge.payment_intent.as_ref().map(Reference::id),
        status,
        amount: Some(money(amount, &currency)?),
        captured: captured.map(|minor| money(minor, &currency)).transpose()?,
        refunded: charge.amount_refunded.map(|minor| money(minor, &currency)).transpose()?,
        at: charge.created.map(seconds).transpose()?,
        method: method.map(String::from),
        card: shown.and_then(card_shown),
        issuer,
        decline: decline.clone(),
        by_customer,
        reference: written,
        ..PaymentSeen::default()
    })];
    seen.extend(failed_try(invoice, failed_at, decline));
    Ok((Some(charge.customer.as_ref().map_or_else(|| guest(&id), Reference::id)), seen))
}

/// What our own field names, or else what was written with it.
fn written(metadata: Option<wire::Metadata>, description: Option<&str>) -> Option<String> {
    let asked = metadata.and_then(|metadata| metadata.recoup_request);
    reference(asked.as_deref().or(description)?)
}

/// An issuer's own reason says more than `card_declined`.
fn charge_decline(
    code: Option<Text<'_>>,
    outcome: Option<wire::Outcome<'_>>,
    card: Option<&wire::Card>,
) -> Option<Decline> {
    let code = code?;
    let outcome = outcome.unwrap_or(wire::Outcome {
        reason: None,
        advice_code: None,
        network_advice_code: None,
        network_decline_code: None,
    });
    let code = outcome.reason.filter(|_| &*code == "card_declined").unwrap_or(code);
    Some(Decline {
        advice: outcome.advice_code.map(String::from),
        network_advice: outcome.network_advice_code.map(String::from),
        network_code: outcome.network_decline_code.map(String::from),
        network: card.and_then(network),
        issuer: card.and_then(|card| card.country.clone()),
        funding: funding(card.and_then(|card| card.funding.as_deref())),
        ..Decline::new("stripe", code)
    })
}

/// Whose numbers the code and the advice of the network are.
fn network(card: &wire::Card) -> Option<String> {
    card.network.as_ref().or(card.brand.as_ref()).map(|network| network.to_lowercase())
}

pub(super) fn intent(intent: Object<'_>, failed_at: Option<Timestamp>) -> Result<Read, Malformed> {
    let (amount, currency) = priced(&intent)?;
    let error = intent.last_payment_error;
    let decline = error.as_ref().and_then(intent_decline);
    let listed = intent.charges.and_then(|charges| charges.data.into_iter().next());
    let charge = intent.latest_charge.as_ref().or(listed.as_ref()).map(Reference::id);
    let own = intent.id.as_deref().unwrap_or_default().to_owned();
    let invoice = intent.invoice.as_ref().map(Reference::id);
    let customer = intent.customer.as_ref().map(Reference::id);
    let status = match intent.status.as_deref() {
        _ if failed_at.is_some() => Some(PaymentStatus::Failed),
        Some("succeeded") => Some(PaymentStatus::Succeeded),
        Some("processing") => Some(PaymentStatus::Pending),
        _ => None,
    };
    // Before a charge is made there is no payment yet, unless a try has failed without one.
    let Some(id) = charge.clone().or(failed_at.map(|_| own.clone())) else {
        let link = invoice.map(|invoice| Seen::Link(LinkSeen { intent: own.clone(), invoice }));
        return Ok((customer, link.into_iter().collect()));
    };
    let written = written(intent.metadata, intent.description.as_deref());
    let shown = error.and_then(|error| error.payment_method).and_then(|method| method.card);
    let mut seen = vec![Seen::Payment(PaymentSeen {
        id: id.clone(),
        invoice: invoice.clone(),
        intent: Some(own),
        status,
        amount: Some(money(amount, &currency)?),
        captured: (status == Some(PaymentStatus::Succeeded))
            .then(|| money(intent.amount_received.unwrap_or(amount), &currency))
            .transpose()?,
        // The charge tells its own time; an intent may be days older.
        at: intent.created.filter(|_| charge.is_none()).map(seconds).transpose()?,
        issuer: shown.as_ref().and_then(|card| card.country.clone()),
        card: shown.and_then(card_shown),
        decline: decline.clone(),
        reference: written,
        ..PaymentSeen::default()
    })];
    seen.extend(failed_try(invoice, failed_at, decline));
    Ok((Some(customer.unwrap_or_else(|| guest(&id))), seen))
}

pub(super) fn intent_decline(error: &wire::PaymentError<'_>) -> Option<Decline> {
    let text = |text: &Option<Text<'_>>| text.as_ref().map(|text| text.to_string());
    let card = error.payment_method.as_ref().and_then(|method| method.card.as_ref());
    Some(Decline {
        advice: text(&error.advice_code),
        network_advice: text(&error.network_advice_code),
        network_code: text(&error.network_decline_code),
        network: card.and_then(network),
        issuer: card.and_then(|card| card.country.clone()),
        funding: funding(card.and_then(|card| card.funding.as_deref())),
        ..Decline::new("stripe", text(&error.decline_code).or_else(|| text(&error.code))?)
    })
}

/// What a failed payment says of its invoice: that a try failed, and why.
fn failed_try(invoice: Option<String>, failed_at: Option<Timestamp>, decline: Option<Decline>) -> Option<Seen> {
    let (id, failed_at) = invoice.zip(failed_at)?;
    Some(Seen::Invoice(InvoiceSeen { id, failed_at: Some(failed_at), decline, ..InvoiceSeen::default() }))
}

pub(super) fn refund(refund: Object<'_>) -> Result<Option<Seen>, Malformed> {
    let Some(payment) = refund.charge.as_ref().map(Reference::id) else { return Ok(None) };
    let (amount, currency) = priced(&refund)?;
    let status = match refund.status.as_deref() {
        Some("pending" | "requires_action") => Some(RefundStatus::Pending),
        Some("succeeded") | None => Some(RefundStatus::Succeeded),
        Some("failed") => Some(RefundStatus::Failed),
        Some("canceled") => Some(RefundStatus::Canceled),
        Some(_) => None,
    };
    Ok(Some(Seen::Refund(RefundSeen {
        id: refund.id.map(String::from).unwrap_or_default(),
        payment,
        amount: Some(money(amount, &currency)?),
        status,
        created_at: refund.created.map(seconds).transpose()?,
        action: refund.metadata.and_then(|metadata| metadata.recoup_action),
    })))
}

pub(super) fn dispute(dispute: &Object<'_>) -> Result<Option<Seen>, Malformed> {
    let Some(payment) = dispute.charge.as_ref().map(Reference::id) else { return Ok(None) };
    let (amount, currency) = priced(dispute)?;
    let name = dispute.status.as_deref().unwrap_or_default();
    let status = match name.trim_start_matches("warning_") {
        "under_review" | "appeal_under_review" => DisputeStatus::UnderReview,
        "won" => DisputeStatus::Won,
        "lost" => DisputeStatus::Lost,
        "closed" | "prevented" | "charge_refunded" => DisputeStatus::Closed,
        _ => DisputeStatus::Open,
    };
    Ok(Some(Seen::Dispute(DisputeSeen {
        id: dispute.id.as_deref().unwrap_or_default().to_owned(),
        as_of: None,
        payment,
        amount: Some(money(amount, &currency)?),
        status,
        formal: Some(!name.starts_with("warning_")),
        reason: dispute.reason.as_ref().map(|reason| reason.to_string()),
        opened_at: dispute.created.map(seconds).transpose()?,
        evidence_due_at: dispute
            .evidence_details
            .as_ref()
            .and_then(|evidence| evidence.due_by)
            .map(seconds)
            .transpose()?,
    })))
}

/// An early warning is no dispute yet, and refunding now keeps it from becoming one.
pub(super) fn fraud_warning(warning: &Object<'_>) -> Result<Option<Seen>, Malformed> {
    let Some(payment) = warning.charge.as_ref().map(Reference::id) else { return Ok(None) };
    Ok(Some(Seen::Dispute(DisputeSeen {
        id: warning.id.as_deref().unwrap_or_default().to_owned(),
        as_of: None,
        payment,
        amount: None,
        // Once it was refunded or disputed there is nothing left to do about it.
        status: if warning.actionable == Some(false) { DisputeStatus::Closed } else { DisputeStatus::Open },
        formal: Some(false),
        reason: Some(format!("early fraud warning: {}", warning.fraud_type.as_deref().unwrap_or("no type"))),
        opened_at: warning.created.map(seconds).transpose()?,
        evidence_due_at: None,
    })))
}

#[cfg(test)]
mod tests {
    use crate::{Provider, Reading, stripe};
    use domain::event::{DisputeStatus, Kind, PaymentStatus, Seen};
    use serde_json::json;

    #[test]
    fn a_dispute_stands_as_stripe_says() {
        let provider: &Provider = &stripe::PROVIDER;
        for (status, expected, formal) in [
            ("warning_needs_response", DisputeStatus::Open, false),
            ("warning_under_review", DisputeStatus::UnderReview, false),
            ("warning_closed", DisputeStatus::Closed, false),
            ("needs_response", DisputeStatus::Open, true),
            ("under_review", DisputeStatus::UnderReview, true),
            ("appeal_needs_response", DisputeStatus::Open, true),
            ("appeal_under_review", DisputeStatus::UnderReview, true),
            ("won", DisputeStatus::Won, true),
            ("lost", DisputeStatus::Lost, true),
            ("prevented", DisputeStatus::Closed, true),
            ("a_new_one", DisputeStatus::Open, true),
        ] {
            let object = json!({"id": "dp_1", "object": "dispute", "charge": "ch_1", "amount": 900, "currency": "usd", "status": status});
            let event = json!({"id": "evt_1", "object": "event", "created": 1_772_359_200, "type": "charge.dispute.updated",
                "data": {"object": object}});
            let Ok(Reading::Events(events)) = (provider.read)(event.to_string().as_bytes(), "default") else {
                panic!("{event}")
            };
            let Seen::Dispute(seen) = &events[0].seen[0] else { panic!("{events:?}") };
            assert_eq!((seen.status, seen.formal), (expected, Some(formal)), "{status}");
        }
    }
    /// An Indian mandate's charge is on its way for 26 hours, while its invoice stays open.
    #[test]
    fn what_is_on_its_way_has_not_failed() {
        let provider: &Provider = &stripe::PROVIDER;
        let intent = json!({"id": "pi_1", "object": "payment_intent", "customer": "cus_1", "amount": 900, "currency": "inr", "status": "processing",
            "invoice": "in_1", "latest_charge": "ch_1", "last_payment_error": null});
        let charge = json!({"id": "ch_1", "object": "charge", "customer": "cus_1", "amount": 900, "currency": "inr", "status": "pending",
            "invoice": "in_1", "paid": false, "captured": true, "failure_code": null,
            "payment_method_details": {"type": "card", "card": {"brand": "visa", "last4": "4242", "country": "IN"}}});
        for (kind, object) in [("payment_intent.processing", intent), ("charge.pending", charge)] {
            let event = json!({"id": "evt_1", "object": "event", "created": 1_772_359_200, "type": kind, "data": {"object": object}});
            let Ok(Reading::Events(events)) = (provider.read)(event.to_string().as_bytes(), "default") else {
                panic!("{event}")
            };
            let [Seen::Payment(seen)] = &events[0].seen[..] else {
                panic!("a payment and no failed invoice: {events:?}")
            };
            assert_eq!((events[0].kind, seen.status), (Kind::PaymentPending, Some(PaymentStatus::Pending)), "{kind}");
        }
    }

    #[test]
    fn a_decline_tells_where_its_card_was_issued_and_whose_it_is() {
        let provider: &Provider = &stripe::PROVIDER;
        let card = json!({"brand": "Visa", "last4": "4242", "country": "IN", "funding": "prepaid"});
        let error = json!({"code": "card_declined", "decline_code": "insufficient_funds", "payment_method": {"type": "card", "card": card}});
        let intent = json!({"id": "pi_1", "object": "payment_intent", "amount": 900, "currency": "inr", "last_payment_error": error});
        let charge = json!({"id": "ch_1", "object": "charge", "amount": 900, "currency": "inr", "status": "failed",
            "failure_code": "card_declined", "outcome": {"reason": "insufficient_funds"},
            "payment_method_details": {"type": "card", "card": card}});
        for (kind, object) in [("payment_intent.payment_failed", intent), ("charge.failed", charge)] {
            let event = json!({"id": "evt_1", "object": "event", "created": 1_772_359_200, "type": kind, "data": {"object": object}});
            let Ok(Reading::Events(events)) = (provider.read)(event.to_string().as_bytes(), "default") else {
                panic!("{event}")
            };
            let Seen::Payment(seen) = &events[0].seen[0] else { panic!("{events:?}") };
            let decline = seen.decline.clone().unwrap();
            assert_eq!(
                (decline.code.as_str(), decline.issuer.as_deref(), decline.network.as_deref()),
                ("insufficient_funds", Some("IN"), Some("visa")),
                "{kind}"
            );
            assert_eq!(decline.funding.as_deref(), Some("prepaid"), "{kind}");
        }
    }
}
