//! Mollie's objects in our words. A payment shows its whole state each time, refunds and chargebacks included.

use super::classic_id;
use super::wire::{Amount, Entity, Event as Wire, Outside};
use crate::value::{Text, decimal, funding, iso};
use crate::{Call, Malformed, Reading, Reply, malformed};
use domain::event::{
    Card, CardSeen, CardState, Decline, DisputeSeen, DisputeStatus, Event, InvoiceSeen, InvoiceStatus, Kind, Origin,
    PaymentSeen, PaymentStatus, RefundSeen, RefundStatus, Seen, reference,
};
use domain::id::digest;
use domain::money::Money;
use jiff::Timestamp;

pub(super) fn is_relevant(kind: &str) -> bool {
    ["payment.", "refund.", "chargeback.", "sales-invoice."].iter().any(|family| kind.starts_with(family))
}

pub(super) fn read(body: &[u8], source: &str) -> Result<Reading, Malformed> {
    if let Some(id) = classic_id(body) {
        if !id.starts_with("tr_") {
            return Ok(Reading::Ignored("an object whose payments call for themselves"));
        }
        return Ok(Reading::Ask { events: Vec::new(), call: payment(&id) });
    }
    let outside: Outside<'_> = serde_json::from_slice(body).map_err(malformed("a Mollie event"))?;
    if !is_relevant(&outside.kind) {
        return Ok(Reading::Ignored("an event type that changes nothing here"));
    }
    let event: Wire<'_> = serde_json::from_slice(body).map_err(malformed("a Mollie event"))?;
    let at = iso(&event.created_at)?;
    let (id, named) = (event.id.to_string(), event.entity_id.as_deref().map(str::to_owned));
    let Some(embedded) = event.embedded else {
        // A simple payload names the object and leaves it out.
        return Ok(match named.filter(|id| is_plain(id)) {
            Some(named) if named.starts_with("tr_") => Reading::Ask { events: Vec::new(), call: payment(&named) },
            _ if is_plain(&id) => Reading::Ask { events: Vec::new(), call: Call::get(format!("/v2/events/{id}")) },
            _ => Reading::Ignored("an event that names nothing"),
        });
    };
    told(embedded.entity, Some(id), at, source, Origin::Webhook)
}

/// What goes into a URL holds letters, digits and underscores.
pub(super) fn is_plain(id: &str) -> bool {
    !id.is_empty() && id.len() <= 96 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

pub(super) fn payment(id: &str) -> Call {
    Call::get(format!("/v2/payments/{id}?embed=refunds,chargebacks"))
}

pub(super) fn observe(call: &Call, reply: &Reply, source: &str, _at: Timestamp) -> Result<Reading, Malformed> {
    if call.path.starts_with("/v2/events/") {
        let event: Wire<'_> = serde_json::from_str(&reply.body).map_err(malformed("a Mollie event"))?;
        let (id, at) = (event.id.to_string(), iso(&event.created_at)?);
        return match event.embedded {
            Some(embedded) => told(embedded.entity, Some(id), at, source, Origin::Lookup),
            None => Ok(Reading::Ignored("an event whose object Mollie does not show")),
        };
    }
    let entity: Entity<'_> = serde_json::from_str(&reply.body).map_err(malformed("a Mollie payment"))?;
    let at = latest(&entity)?;
    told(entity, None, at, source, Origin::Lookup)
}

/// When anything last happened to a payment: its own state tells, whenever it was fetched.
pub(super) fn latest(entity: &Entity<'_>) -> Result<Timestamp, Malformed> {
    let own = [&entity.created_at, &entity.paid_at, &entity.failed_at, &entity.canceled_at, &entity.expired_at];
    let parts = entity.embedded.iter().flat_map(|parts| parts.refunds.iter().chain(&parts.chargebacks));
    let parts = parts.flat_map(|part| [&part.created_at, &part.reversed_at]);
    let mut latest = None;
    for text in own.into_iter().chain(parts).flatten() {
        latest = latest.max(Some(iso(text)?));
    }
    latest.ok_or_else(|| Malformed { expected: "a payment", cause: "it has no time".to_owned() })
}

pub(super) fn told(
    entity: Entity<'_>,
    id: Option<String>,
    at: Timestamp,
    source: &str,
    origin: Origin,
) -> Result<Reading, Malformed> {
    let (kind, customer, seen) = match &*entity.resource {
        "payment" => {
            let customer =
                entity.customer_id.as_ref().map_or_else(|| format!("guest:{}", &*entity.id), |id| id.to_string());
            let (kind, seen) = of_payment(&entity, at)?;
            (kind, Some(customer), seen)
        }
        "refund" => (Kind::RefundChanged, None, of_refund(&entity)?.into_iter().collect()),
        "chargeback" => (Kind::PaymentDisputed, None, of_chargeback(&entity)?.into_iter().collect()),
        "sales-invoice" => {
            let (kind, seen) = of_invoice(&entity)?;
            (
                kind,
                entity.customer_id.as_ref().or(entity.recipient_identifier.as_ref()).map(|id| id.to_string()),
                vec![seen],
            )
        }
        _ => return Ok(Reading::Ignored("an object that changes nothing here")),
    };
    if seen.is_empty() {
        return Ok(Reading::Ignored("an object that names no payment"));
    }
    // A fetched state has no id of its own: what it shows is its name, so that the same state is the same event.
    let state = || serde_json::to_string(&seen).expect("sightings are plain data");
    let id = id.unwrap_or_else(|| format!("seen_{}", digest(&[&entity.id, &state()], 26)));
    Ok(Reading::Events(vec![Event {
        id,
        provider: "mollie".to_owned(),
        source: source.to_owned(),
        origin,
        kind,
        at,
        customer,
        seen,
    }]))
}

fn of_payment(entity: &Entity<'_>, at: Timestamp) -> Result<(Kind, Vec<Seen>), Malformed> {
    let (kind, status) = match entity.status.as_deref() {
        Some("paid") => (Kind::PaymentSucceeded, Some(PaymentStatus::Succeeded)),
        Some("failed") => (Kind::PaymentFailed, Some(PaymentStatus::Failed)),
        Some("canceled" | "expired") => (Kind::PaymentCanceled, Some(PaymentStatus::Canceled)),
        Some("open" | "pending" | "authorized") => (Kind::PaymentPending, Some(PaymentStatus::Pending)),
        _ => (Kind::PaymentPending, None),
    };
    let paid = status == Some(PaymentStatus::Succeeded);
    let (total, decline) = (amount(&entity.amount)?, decline(entity));
    let (made_at, paid_at, failed_at) = (time(&entity.created_at)?, time(&entity.paid_at)?, time(&entity.failed_at)?);
    let failed_at = (status == Some(PaymentStatus::Failed)).then(|| failed_at.unwrap_or(at));
    let invoice = due_item(entity);
    let mut seen = vec![Seen::Payment(PaymentSeen {
        id: entity.id.to_string(),
        invoice: invoice.clone(),
        subscription: text(&entity.subscription_id),
        status,
        amount: total,
        captured: if paid { amount(&entity.amount_captured)?.or(total) } else { None },
        refunded: amount(&entity.amount_refunded)?,
        at: paid_at.or(made_at),
        method: text(&entity.method),
        card: card(entity),
        issuer: entity.details.as_ref().and_then(|details| text(&details.card_country_code)),
        decline: decline.clone(),
        // What is not charged on a mandate, the customer pays on a page: <https://docs.mollie.com/docs/recurring-payments>
        by_customer: entity.sequence_type.as_deref().is_some_and(|sequence| sequence != "recurring"),
        reference: entity.metadata.recoup_request.as_deref().or(entity.description.as_deref()).and_then(reference),
        ..PaymentSeen::default()
    })];
    seen.extend(mandated(entity, paid).map(Seen::Card));
    // A further try that did not succeed leaves the item that it was for as it was.
    let own = invoice.as_deref() == Some(&*entity.id);
    if let Some(invoice) = invoice.filter(|_| own || paid || failed_at.is_some()) {
        let decides = own || paid;
        seen.push(Seen::Invoice(InvoiceSeen {
            id: invoice,
            status: decides.then_some(match status {
                Some(PaymentStatus::Succeeded) => InvoiceStatus::Paid,
                Some(PaymentStatus::Canceled) => InvoiceStatus::Void,
                _ => InvoiceStatus::Open,
            }),
            total: total.filter(|_| own),
            remaining: total.map(|total| if paid { Money::zero(total.currency()) } else { total }).filter(|_| decides),
            subscription: text(&entity.subscription_id),
            created_at: made_at.filter(|_| own),
            failed_at,
            decline,
            paid_at: if paid { Some(paid_at.unwrap_or(at)) } else { None },
            ..InvoiceSeen::default()
        }));
    }
    if let Some(parts) = &entity.embedded {
        for refund in &parts.refunds {
            seen.extend(of_refund(refund)?);
        }
        for chargeback in &parts.chargebacks {
            seen.extend(of_chargeback(chargeback)?);
        }
    }
    Ok((kind, seen))
}

/// The card that a customer has given by a first payment: the mandate that it made stands for it.
fn mandated(entity: &Entity<'_>, paid: bool) -> Option<CardSeen> {
    let is_first = paid && entity.sequence_type.as_deref() == Some("first");
    let id = entity.mandate_id.as_ref().filter(|_| is_first)?.to_string();
    Some(CardSeen { id, as_of: None, card: Some(card(entity)?), state: CardState::Kept })
}

/// Mollie has no invoices for subscriptions: each recurring payment is a due item, and a further try says which one it is for.
fn due_item(entity: &Entity<'_>) -> Option<String> {
    let recurring = entity.subscription_id.is_some() || entity.sequence_type.as_deref() == Some("recurring");
    let named = || entity.description.as_deref().and_then(named_at_end);
    entity.metadata.recoup_invoice.clone().or_else(named).or_else(|| recurring.then(|| entity.id.to_string()))
}

/// What is paid through one of our links carries its due item at the end of its description: `Pro (tr_1)`.
fn named_at_end(description: &str) -> Option<String> {
    let (_, id) = description.strip_suffix(')')?.rsplit_once('(')?;
    (id.starts_with("tr_") && is_plain(id)).then(|| id.to_owned())
}

fn decline(entity: &Entity<'_>) -> Option<Decline> {
    if entity.status.as_deref() != Some("failed") {
        return None;
    }
    let details = entity.details.as_ref();
    let bank = details.and_then(|details| text(&details.bank_reason_code));
    let reason = details.and_then(|details| text(&details.failure_reason));
    let stated = entity.status_reason.as_ref().and_then(|reason| text(&reason.code));
    let issuer = details.and_then(|details| text(&details.card_country_code));
    let network = details.and_then(|details| text(&details.card_label));
    let funding = funding(details.and_then(|details| details.card_funding.as_deref()));
    let code = reason.or(stated).or_else(|| bank.clone())?;
    Some(Decline { network_code: bank, network, issuer, funding, ..Decline::new("mollie", code) })
}

fn card(entity: &Entity<'_>) -> Option<Card> {
    let details = entity.details.as_ref()?;
    let expiry = details.card_expiry_date.as_deref().and_then(|date| date.parse::<jiff::civil::Date>().ok());
    Some(Card {
        brand: details.card_label.as_deref()?.to_lowercase(),
        last4: details.card_number.as_deref()?.to_owned(),
        exp_month: expiry.and_then(|date| u8::try_from(date.month()).ok()),
        exp_year: expiry.and_then(|date| u16::try_from(date.year()).ok()),
    })
}

fn of_refund(entity: &Entity<'_>) -> Result<Option<Seen>, Malformed> {
    let Some(payment) = text(&entity.payment_id) else { return Ok(None) };
    Ok(Some(Seen::Refund(RefundSeen {
        id: entity.id.to_string(),
        payment,
        amount: amount(&entity.amount)?,
        status: match entity.status.as_deref() {
            Some("queued" | "pending" | "processing") => Some(RefundStatus::Pending),
            Some("refunded") => Some(RefundStatus::Succeeded),
            Some("failed") => Some(RefundStatus::Failed),
            Some("canceled") => Some(RefundStatus::Canceled),
            _ => None,
        },
        created_at: time(&entity.created_at)?,
        action: entity.metadata.recoup_action.clone(),
    })))
}

/// The money is gone when Mollie tells of a chargeback; it tells nothing of evidence, only if it came back.
fn of_chargeback(entity: &Entity<'_>) -> Result<Option<Seen>, Malformed> {
    let Some(payment) = text(&entity.payment_id) else { return Ok(None) };
    Ok(Some(Seen::Dispute(DisputeSeen {
        id: entity.id.to_string(),
        as_of: None,
        payment,
        amount: amount(&entity.amount)?,
        status: if entity.reversed_at.is_some() { DisputeStatus::Won } else { DisputeStatus::Lost },
        formal: Some(true),
        reason: entity.reason.as_ref().and_then(|reason| text(&reason.code)),
        opened_at: time(&entity.created_at)?,
        evidence_due_at: None,
    })))
}

fn of_invoice(entity: &Entity<'_>) -> Result<(Kind, Seen), Malformed> {
    let (kind, status) = match entity.status.as_deref() {
        Some("draft") => (Kind::InvoiceChanged, Some(InvoiceStatus::Draft)),
        Some("issued" | "overdue" | "payment-reversed" | "pending-payment" | "issuing") => {
            (Kind::InvoiceChanged, Some(InvoiceStatus::Open))
        }
        Some("paid") => (Kind::InvoicePaid, Some(InvoiceStatus::Paid)),
        Some("canceled" | "cancelled") => (Kind::InvoiceVoided, Some(InvoiceStatus::Void)),
        _ => (Kind::InvoiceChanged, None),
    };
    let total = amount(&entity.total_amount)?;
    let paid = status == Some(InvoiceStatus::Paid);
    let remaining =
        amount(&entity.amount_due)?.or(total).map(|due| if paid { Money::zero(due.currency()) } else { due });
    Ok((
        kind,
        Seen::Invoice(InvoiceSeen {
            id: entity.id.to_string(),
            number: text(&entity.invoice_number),
            status,
            total,
            tax: amount(&entity.total_vat_amount)?,
            remaining,
            created_at: time(&entity.created_at)?,
            due_on: time(&entity.due_at)?.map(crate::value::date),
            paid_at: time(&entity.paid_at)?,
            ..InvoiceSeen::default()
        }),
    ))
}

fn text(text: &Option<Text<'_>>) -> Option<String> {
    text.as_ref().map(|text| text.to_string())
}

fn time(text: &Option<Text<'_>>) -> Result<Option<Timestamp>, Malformed> {
    text.as_deref().map(iso).transpose()
}

fn amount(amount: &Option<Amount<'_>>) -> Result<Option<Money>, Malformed> {
    amount.as_ref().map(|amount| decimal(&amount.value, &amount.currency)).transpose()
}
