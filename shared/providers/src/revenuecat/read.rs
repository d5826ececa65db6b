//! RevenueCat's events in our words.
//!
//! The stores keep the invoices: a due item is a subscription and the period that could not be renewed, and the next
//! payment of the subscription settles it. Both events of a failed renewal name the same period, so it counts once.

use super::wire::{self, Event as Wire};
use crate::value::{Number, float, interval_between, millis};
use crate::{Malformed, Reading};
use domain::event::{
    CustomerSeen, Event, InvoiceSeen, InvoiceStatus, Item, Kind, Origin, PaymentSeen, PaymentStatus, RefundSeen,
    RefundStatus, Role, Seen, Stated, SubscriptionSeen, SubscriptionStatus,
};
use domain::money::{Money, Rate};
use jiff::Timestamp;
use rust_decimal::Decimal;

fn meaning(kind: &str) -> Option<Kind> {
    Some(match kind {
        "INITIAL_PURCHASE" => Kind::SubscriptionStarted,
        "RENEWAL" => Kind::SubscriptionRenewed,
        "NON_RENEWING_PURCHASE" => Kind::PaymentSucceeded,
        "CANCELLATION"
        | "UNCANCELLATION"
        | "PRODUCT_CHANGE"
        | "SUBSCRIPTION_EXTENDED"
        | "TEMPORARY_ENTITLEMENT_GRANT" => Kind::SubscriptionChanged,
        "SUBSCRIPTION_PAUSED" => Kind::SubscriptionPaused,
        "EXPIRATION" => Kind::SubscriptionEnded,
        "BILLING_ISSUE" => Kind::PaymentFailed,
        "REFUND_REVERSED" => Kind::RefundChanged,
        "SUBSCRIBER_ALIAS" => Kind::CustomerChanged,
        _ => return None,
    })
}

pub(super) fn is_relevant(kind: &str) -> bool {
    meaning(kind).is_some()
}

pub(super) fn read(body: &[u8], source: &str) -> Result<Reading, Malformed> {
    let outside: wire::Outside<'_> = wire::event(body)?;
    let Some(mut kind) = meaning(&outside.kind) else {
        return Ok(Reading::Ignored("an event type that changes nothing here"));
    };
    let event: Wire<'_> = wire::event(body)?;
    let at = millis(event.event_timestamp_ms)?;
    let Some(customer) = event.original_app_user_id.as_ref().or(event.app_user_id.as_ref()).map(|id| id.to_string())
    else {
        return Ok(Reading::Ignored("an event that names no user"));
    };
    let refunded = event.cancel_reason.as_deref() == Some("CUSTOMER_SUPPORT");
    if &*event.kind == "CANCELLATION" && refunded {
        kind = Kind::RefundChanged;
    }
    let mut seen = Vec::new();
    person(&event, &mut seen);
    money(&event, kind, at, &mut seen)?;
    // A purchase without an end is no subscription, nor is its refund the end of one.
    if &*event.kind != "NON_RENEWING_PURCHASE"
        && (event.expiration_at_ms.is_some() || !matches!(kind, Kind::RefundChanged))
    {
        seen.extend(subscription(&event, at)?.map(Seen::Subscription));
    }
    Ok(Reading::Events(vec![Event {
        id: event.id.into(),
        provider: "revenuecat".to_owned(),
        source: source.to_owned(),
        origin: Origin::Webhook,
        kind,
        at,
        customer: Some(customer),
        seen,
    }]))
}

fn person(event: &Wire<'_>, seen: &mut Vec<Seen>) {
    let Some(attributes) = &event.subscriber_attributes else { return };
    let value = |attribute: &Option<super::wire::Attribute<'_>>| {
        attribute
            .as_ref()
            .and_then(|attribute| attribute.value.as_deref())
            .filter(|value| !value.is_empty())
            .map(str::to_owned)
    };
    let (name, email, phone) = (value(&attributes.name), value(&attributes.email), value(&attributes.phone));
    if name.is_some() || email.is_some() || phone.is_some() {
        seen.push(Seen::Customer(CustomerSeen { name, email, phone, ..CustomerSeen::default() }));
    }
}

/// What was paid, given back, or could not be taken.
fn money(event: &Wire<'_>, kind: Kind, at: Timestamp, seen: &mut Vec<Seen>) -> Result<(), Malformed> {
    let price = price(event)?;
    let payment = event.transaction_id.as_ref().map(|id| id.to_string());
    let paid = matches!(&*event.kind, "INITIAL_PURCHASE" | "RENEWAL" | "NON_RENEWING_PURCHASE");
    if let (true, Some(id), Some(price)) = (paid, &payment, price.filter(|price| price.is_positive())) {
        seen.push(Seen::Payment(PaymentSeen {
            id: id.clone(),
            subscription: of_subscription(event).filter(|_| &*event.kind != "NON_RENEWING_PURCHASE"),
            status: Some(PaymentStatus::Succeeded),
            amount: Some(price),
            captured: Some(price),
            // A renewal that was recovered is dated back to its period; the money came when the store said so.
            at: Some(at),
            method: event.store.as_ref().map(|store| store.to_lowercase()),
            ..PaymentSeen::default()
        }));
    }
    if let (Kind::RefundChanged, Some(payment)) = (kind, payment) {
        // A store refunds a whole transaction, and names it once; the price is negative.
        let amount =
            price.map(|price| if price.is_positive() { price } else { Money::zero(price.currency()).minus(price) });
        seen.push(Seen::Refund(RefundSeen {
            id: format!("{payment}:refund"),
            payment,
            amount: amount.filter(|amount| amount.is_positive()),
            status: Some(if &*event.kind == "REFUND_REVERSED" {
                RefundStatus::Canceled
            } else {
                RefundStatus::Succeeded
            }),
            created_at: Some(at),
            action: None,
        }));
    }
    // The store has given up: what was due is not asked for any more.
    let given_up = &*event.kind == "EXPIRATION" && event.expiration_reason.as_deref() == Some("BILLING_ERROR");
    let failed = given_up || &*event.kind == "BILLING_ISSUE" || event.cancel_reason.as_deref() == Some("BILLING_ERROR");
    if let (true, Some(subscription), Some(period)) = (failed, of_subscription(event), event.purchased_at_ms) {
        seen.push(Seen::Invoice(InvoiceSeen {
            id: format!("{subscription}:{}", millis(period)?.strftime("%Y-%m-%d")),
            status: Some(if given_up { InvoiceStatus::Uncollectible } else { InvoiceStatus::Open }),
            subscription: Some(subscription),
            by_period: true,
            created_at: event.expiration_at_ms.map(millis).transpose()?,
            failed_at: Some(at).filter(|_| !given_up),
            ..InvoiceSeen::default()
        }));
    }
    Ok(())
}

fn of_subscription(event: &Wire<'_>) -> Option<String> {
    event.original_transaction_id.as_ref().map(|id| id.to_string())
}

fn subscription(event: &Wire<'_>, at: Timestamp) -> Result<Option<SubscriptionSeen>, Malformed> {
    let Some(id) = of_subscription(event) else { return Ok(None) };
    let time = |time: Option<i64>| time.map(millis).transpose();
    let (from, to) = (time(event.purchased_at_ms)?, time(event.expiration_at_ms)?);
    let trial = event.period_type.as_deref() == Some("TRIAL");
    let running = if trial { SubscriptionStatus::Trial } else { SubscriptionStatus::Active };
    let (status, ends_at) = match &*event.kind {
        "INITIAL_PURCHASE" | "RENEWAL" | "UNCANCELLATION" | "SUBSCRIPTION_EXTENDED" | "REFUND_REVERSED" => {
            (Some(running), Some(Stated::Nothing))
        }
        "TEMPORARY_ENTITLEMENT_GRANT" => (Some(running), None),
        "BILLING_ISSUE" => (Some(SubscriptionStatus::PastDue), None),
        // A refund ends access at once; a cancellation, with the period; a failed renewal is not the customer's wish.
        "CANCELLATION" => match event.cancel_reason.as_deref() {
            Some("CUSTOMER_SUPPORT") => {
                (Some(SubscriptionStatus::Ended), Some(Stated::Is(to.map_or(at, |to| to.min(at)))))
            }
            Some("BILLING_ERROR") => (Some(SubscriptionStatus::PastDue), None),
            _ => (Some(running), Some(to.into())),
        },
        // A pause takes effect when the period is over.
        "EXPIRATION" if event.expiration_reason.as_deref() == Some("SUBSCRIPTION_PAUSED") => {
            (Some(SubscriptionStatus::Paused), None)
        }
        "EXPIRATION" => (Some(SubscriptionStatus::Ended), Some(to.into())),
        _ => (None, None),
    };
    let why = event.cancel_reason.as_deref().or(event.expiration_reason.as_deref());
    let wished = match &*event.kind {
        // Who does not take a higher price has ended it as well.
        "CANCELLATION" | "EXPIRATION" => matches!(why, Some("UNSUBSCRIBE" | "PRICE_INCREASE")).then_some(true),
        "INITIAL_PURCHASE" | "RENEWAL" | "UNCANCELLATION" => Some(false),
        _ => None,
    };
    let paid = matches!(&*event.kind, "INITIAL_PURCHASE" | "RENEWAL");
    let started = (&*event.kind == "INITIAL_PURCHASE").then_some(from).flatten();
    Ok(Some(SubscriptionSeen {
        id,
        status,
        items: item(event, from, to, paid)?.map(|item| vec![item]),
        started_at: started,
        period_start: from,
        renews_at: to,
        trial_ends_at: to.filter(|_| trial),
        ends_at,
        grace_until: status.map(|_| time(event.grace_period_expiration_at_ms)).transpose()?.map(Into::into),
        resumes_at: status.map(|_| time(event.auto_resume_at_ms)).transpose()?.map(Into::into),
        paid_at: paid.then_some(at),
        wished,
        ..SubscriptionSeen::default()
    }))
}

/// What was sold, with its price where it was sold at the full one.
fn item(
    event: &Wire<'_>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    paid: bool,
) -> Result<Option<Item>, Malformed> {
    let Some(product) = event.product_id.as_ref().filter(|_| paid) else { return Ok(None) };
    let full = event.period_type.as_deref().is_none_or(|period| period == "NORMAL");
    let tax =
        event.tax_percentage.as_ref().and_then(Number::decimal).filter(|tax| *tax < Decimal::ONE).unwrap_or_default();
    let price = price(event)?.filter(|price| full && price.is_positive());
    let net = price.and_then(|price| {
        Some(Rate::new(price.amount().checked_mul(Decimal::ONE - tax.max(Decimal::ZERO))?, price.currency()))
    });
    Ok(Some(Item {
        id: None,
        price: product.to_string(),
        name: None,
        role: Role::Plan,
        unit: net,
        quantity: 1,
        interval: from.zip(to).and_then(|(from, to)| interval_between(from, to)),
    }))
}

/// `price` is RevenueCat's own conversion to dollars; what was paid is in the currency of the purchase, where that is known.
fn price(event: &Wire<'_>) -> Result<Option<Money>, Malformed> {
    let currency = event.currency.as_deref().filter(|currency| !currency.is_empty());
    event
        .price_in_purchased_currency
        .as_ref()
        .zip(currency)
        .map(|(price, currency): (_, &str)| float(price, currency))
        .transpose()
}
