//! Lemon Squeezy's events in our words.
//!
//! A subscription's payment events carry the *invoice*: what an object is, its `data.type` says, not the event's name.

use super::wire::{Attributes, Delivery, Outside};
use crate::value::{Id, Text, iso, minor};
use crate::{Malformed, Reading, malformed};
use domain::event::{
    Card, CustomerSeen, Event, InvoiceSeen, InvoiceStatus, Item, Kind, Origin, PaymentSeen, PaymentStatus, Role, Seen,
    SubscriptionSeen, SubscriptionStatus,
};
use domain::id::digest;
use domain::money::Money;
use jiff::Timestamp;
use serde_json::value::RawValue;

fn meaning(event: &str) -> Option<Kind> {
    Some(match event {
        "order_created" => Kind::PaymentSucceeded,
        "order_refunded" | "subscription_payment_refunded" => Kind::RefundChanged,
        "subscription_created" => Kind::SubscriptionStarted,
        "subscription_updated" | "subscription_unpaid" | "subscription_cancelled" => Kind::SubscriptionChanged,
        "subscription_resumed" | "subscription_unpaused" => Kind::SubscriptionResumed,
        "subscription_expired" => Kind::SubscriptionEnded,
        "subscription_paused" => Kind::SubscriptionPaused,
        "subscription_payment_success" | "subscription_payment_recovered" => Kind::InvoicePaid,
        "subscription_payment_failed" => Kind::PaymentFailed,
        _ => return None,
    })
}

pub(super) fn is_relevant(event: &str) -> bool {
    meaning(event).is_some()
}

/// The provider promises no id: the event, the object and its version name the fact, whatever the delivery is called.
pub(super) fn id(outside: &Outside<'_>) -> String {
    let data = &outside.data;
    let said = |raw: Option<&RawValue>| raw.map(|raw| raw.get().to_owned()).filter(|text| text != "null");
    let version = said(data.attributes.updated_at)
        .or_else(|| outside.meta.webhook_id.as_ref().map(|id| id.to_string()))
        .unwrap_or_default();
    let (status, refunded) = (said(data.attributes.status), said(data.attributes.refunded_amount));
    let parts = [
        &*outside.meta.event_name,
        &data.kind,
        &data.id.0,
        &version,
        &status.unwrap_or_default(),
        &refunded.unwrap_or_default(),
    ];
    format!("ls_{}", digest(&parts, 26))
}

pub(super) fn read(body: &[u8], source: &str) -> Result<Reading, Malformed> {
    let outside: Outside<'_> = serde_json::from_slice(body).map_err(malformed("a Lemon Squeezy delivery"))?;
    let Some(kind) = meaning(&outside.meta.event_name) else {
        return Ok(Reading::Ignored("an event type that changes nothing here"));
    };
    let id = id(&outside);
    let delivery: Delivery<'_> = serde_json::from_slice(body).map_err(malformed("a Lemon Squeezy delivery"))?;
    let attributes = delivery.data.attributes;
    let Some(at) = attributes.updated_at.as_deref().or(attributes.created_at.as_deref()).map(iso).transpose()? else {
        return Ok(Reading::Ignored("a delivery without its object's attributes"));
    };
    let Some(customer) = attributes.customer_id.clone() else { return Ok(Reading::Ignored("an object of nobody")) };
    let mut seen = vec![Seen::Customer(CustomerSeen {
        name: attributes.user_name.clone(),
        email: attributes.user_email.clone(),
        ..CustomerSeen::default()
    })];
    let object = delivery.data.id.0;
    match &*delivery.data.kind {
        "orders" => seen.extend(order(&object, &attributes)?),
        "subscriptions" => seen.push(Seen::Subscription(subscription(object, &attributes)?)),
        "subscription-invoices" => invoice(&object, &attributes, kind, at, &mut seen)?,
        _ => return Ok(Reading::Ignored("an object that changes nothing here")),
    }
    Ok(Reading::Events(vec![Event {
        id,
        provider: "lemonsqueezy".to_owned(),
        source: source.to_owned(),
        origin: Origin::Webhook,
        kind,
        at,
        customer: Some(customer.0),
        seen,
    }]))
}

fn subscription(id: String, attributes: &Attributes<'_>) -> Result<SubscriptionSeen, Malformed> {
    let status = attributes.status.as_deref().and_then(|status| {
        Some(match status {
            "on_trial" => SubscriptionStatus::Trial,
            // A cancelled subscription runs until its end.
            "active" | "cancelled" => SubscriptionStatus::Active,
            "paused" => SubscriptionStatus::Paused,
            "past_due" => SubscriptionStatus::PastDue,
            "unpaid" => SubscriptionStatus::Unpaid,
            "expired" => SubscriptionStatus::Ended,
            _ => return None,
        })
    });
    // What nobody pays is unpaid and then expired; it is cancelled because somebody wants it to end.
    let wished = match attributes.status.as_deref() {
        Some("cancelled") => Some(true),
        Some("on_trial" | "active" | "paused" | "past_due" | "unpaid") => Some(false),
        _ => None,
    };
    let first = attributes.first_subscription_item.as_ref();
    let named =
        [attributes.product_name.as_deref(), attributes.variant_name.as_deref().filter(|name| *name != "Default")];
    let name = named.into_iter().flatten().collect::<Vec<_>>().join(", ");
    let price = first.and_then(|item| item.price_id.as_ref()).or(attributes.variant_id.as_ref());
    // The price itself is not sent.
    let item = price.map(|price| Item {
        id: first.and_then(|item| item.id.clone()).map(|id| id.0),
        price: price.0.clone(),
        name: (!name.is_empty()).then_some(name),
        role: Role::Plan,
        unit: None,
        quantity: first.and_then(|item| item.quantity).unwrap_or(1),
        interval: None,
    });
    let time = |text: &Option<Text<'_>>| text.as_deref().map(iso).transpose();
    Ok(SubscriptionSeen {
        id,
        status,
        items: item.map(|item| vec![item]),
        started_at: time(&attributes.created_at)?,
        renews_at: time(&attributes.renews_at)?,
        trial_ends_at: time(&attributes.trial_ends_at)?,
        ends_at: Some(time(&attributes.ends_at)?.into()),
        wished,
        resumes_at: Some(
            attributes.pause.as_ref().and_then(|pause| pause.resumes_at.as_deref()).map(iso).transpose()?.into(),
        ),
        ..SubscriptionSeen::default()
    })
}

/// One purchase, or the first payment of a subscription. Orders and invoices are numbered apart, so the kind is in the id.
fn order(id: &str, attributes: &Attributes<'_>) -> Result<Option<Seen>, Malformed> {
    let status = match attributes.status.as_deref() {
        Some("paid" | "refunded" | "partial_refund") => PaymentStatus::Succeeded,
        Some("pending") => PaymentStatus::Pending,
        Some("failed" | "void") => PaymentStatus::Failed,
        _ => return Ok(None),
    };
    Ok(Some(Seen::Payment(payment(format!("orders:{id}"), attributes, status)?)))
}

fn invoice(
    id: &str,
    attributes: &Attributes<'_>,
    kind: Kind,
    at: Timestamp,
    seen: &mut Vec<Seen>,
) -> Result<(), Malformed> {
    let total = amount(attributes.total, attributes)?;
    let status = match attributes.status.as_deref() {
        Some("pending") => Some(InvoiceStatus::Open),
        Some("paid" | "refunded" | "partial_refund") => Some(InvoiceStatus::Paid),
        Some("void") => Some(InvoiceStatus::Void),
        _ => None,
    };
    let paid = status == Some(InvoiceStatus::Paid);
    let failed_at = (kind == Kind::PaymentFailed).then_some(at);
    seen.push(Seen::Invoice(InvoiceSeen {
        id: id.to_owned(),
        status,
        total,
        tax: amount(attributes.tax, attributes)?,
        remaining: total.map(|total| if paid { Money::zero(total.currency()) } else { total }),
        subscription: attributes.subscription_id.as_ref().map(|Id(id)| id.clone()),
        created_at: attributes.created_at.as_deref().map(iso).transpose()?,
        pay_link: attributes.urls.as_ref().and_then(|urls| urls.update_payment_method.clone()),
        failed_at,
        paid_at: (kind == Kind::InvoicePaid).then_some(at),
        ..InvoiceSeen::default()
    }));
    // The first invoice of a subscription is paid by its order, which has its own event: the money came once.
    let first = attributes.billing_reason.as_deref() == Some("initial");
    if paid && !first {
        let mut paid = payment(format!("subscription-invoices:{id}"), attributes, PaymentStatus::Succeeded)?;
        paid.invoice = Some(id.to_owned());
        paid.subscription = attributes.subscription_id.as_ref().map(|Id(id)| id.clone());
        seen.push(Seen::Payment(paid));
    }
    Ok(())
}

fn payment(id: String, attributes: &Attributes<'_>, status: PaymentStatus) -> Result<PaymentSeen, Malformed> {
    let total = amount(attributes.total, attributes)?;
    let card = attributes
        .card_brand
        .as_deref()
        .zip(attributes.card_last_four.as_deref())
        .filter(|(brand, last)| !brand.is_empty() && !last.is_empty());
    Ok(PaymentSeen {
        id,
        status: Some(status),
        amount: total,
        captured: total.filter(|_| status == PaymentStatus::Succeeded),
        // Cumulative: the provider names no single refund.
        refunded: amount(attributes.refunded_amount.or(whole_refund(attributes)), attributes)?,
        at: attributes.created_at.as_deref().map(iso).transpose()?,
        method: card.map(|_| "card".to_owned()),
        // A real sample has five digits where four are announced: no more than four are kept.
        card: card.map(|(brand, last)| Card {
            brand: brand.to_owned(),
            last4: last.chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect(),
            exp_month: None,
            exp_year: None,
        }),
        ..PaymentSeen::default()
    })
}

/// Older orders say only that they were refunded, not how much: then all of it was.
fn whole_refund(attributes: &Attributes<'_>) -> Option<i64> {
    attributes.total.filter(|_| attributes.refunded_at.is_some() && attributes.status.as_deref() == Some("refunded"))
}

fn amount(units: Option<i64>, attributes: &Attributes<'_>) -> Result<Option<Money>, Malformed> {
    units.zip(attributes.currency.as_deref()).map(|(units, currency)| minor(units, currency)).transpose()
}
