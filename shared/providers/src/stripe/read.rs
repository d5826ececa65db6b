//! Stripe's events in our words. Old shapes are read where the new field is absent.

use super::wire::{self, Reference};
use crate::{Malformed, Reading, malformed};
use domain::event::{
    Card, CustomerSeen, Decline, Event, Interval, IntervalUnit, InvoiceSeen, InvoiceStatus, Kind, Origin, PaymentSeen, PaymentStatus,
    RefundSeen, RefundStatus, Seen, SubscriptionSeen, SubscriptionStatus,
};
use domain::money::{Currency, Money};
use jiff::{Timestamp, tz::TimeZone};

/// Which object an event type carries, and what it means.
fn meaning(kind: &str) -> Option<(Resource, Kind)> {
    use Resource::{Charge, Customer, Intent, Invoice, Refund, Subscription};
    Some(match kind {
        "customer.created" | "customer.updated" => (Customer, Kind::CustomerChanged),
        "customer.subscription.created" => (Subscription, Kind::SubscriptionStarted),
        "customer.subscription.deleted" => (Subscription, Kind::SubscriptionEnded),
        "customer.subscription.updated" | "customer.subscription.paused" | "customer.subscription.resumed" => {
            (Subscription, Kind::SubscriptionChanged)
        }
        "invoice.created" | "invoice.finalized" | "invoice.sent" | "invoice.updated" | "invoice.overdue" => (Invoice, Kind::InvoiceChanged),
        "invoice.marked_uncollectible" | "invoice.voided" => (Invoice, Kind::InvoiceVoided),
        "invoice.paid" | "invoice.payment_succeeded" => (Invoice, Kind::InvoicePaid),
        "invoice.payment_failed" => (Invoice, Kind::PaymentFailed),
        "charge.succeeded" | "charge.captured" | "charge.updated" => (Charge, Kind::PaymentSucceeded),
        "charge.failed" => (Charge, Kind::PaymentFailed),
        "charge.refunded" => (Charge, Kind::RefundChanged),
        "payment_intent.payment_failed" => (Intent, Kind::PaymentFailed),
        "refund.created" | "refund.updated" | "refund.failed" | "charge.refund.updated" => (Refund, Kind::RefundChanged),
        _ => return None,
    })
}

enum Resource {
    Charge,
    Customer,
    Intent,
    Invoice,
    Refund,
    Subscription,
}

pub(super) fn is_relevant(kind: &str) -> bool {
    meaning(kind).is_some()
}

pub(super) fn read(body: &[u8], source: &str) -> Result<Reading, Malformed> {
    let event: wire::Event<'_> = serde_json::from_slice(body).map_err(malformed("a Stripe event"))?;
    let Some((resource, kind)) = meaning(&event.kind) else { return Ok(Reading::Ignored("an event type that changes nothing here")) };
    let object = event.data.object.get();
    let at = instant(event.created)?;
    let failed = (kind == Kind::PaymentFailed).then_some(at);
    let (customer, seen) = match resource {
        Resource::Customer => customer(parse(object, "a Stripe customer")?)?,
        Resource::Subscription => subscription(parse(object, "a Stripe subscription")?)?,
        Resource::Invoice => match invoice(parse(object, "a Stripe invoice")?, kind, at, failed)? {
            Some(read) => read,
            None => return Ok(Reading::Ignored("an invoice that does not exist yet")),
        },
        Resource::Charge => charge(parse(object, "a Stripe charge")?, failed)?,
        Resource::Intent => intent(parse(object, "a Stripe payment intent")?, failed)?,
        Resource::Refund => match refund(parse(object, "a Stripe refund")?)? {
            Some(seen) => (None, vec![seen]),
            None => return Ok(Reading::Ignored("a refund that names no charge")),
        },
    };
    Ok(Reading::Events(vec![Event {
        id: event.id.into(),
        provider: "stripe".to_owned(),
        source: source.to_owned(),
        origin: Origin::Webhook,
        kind,
        at,
        customer,
        seen,
    }]))
}

type Read = (Option<String>, Vec<Seen>);

fn parse<'a, T: serde::Deserialize<'a>>(object: &'a str, expected: &'static str) -> Result<T, Malformed> {
    serde_json::from_str(object).map_err(malformed(expected))
}

fn customer(customer: wire::Customer<'_>) -> Result<Read, Malformed> {
    let address = customer.address.map(|address| {
        let lines = [address.line1, address.line2, address.postal_code, address.city, address.state, address.country];
        lines.into_iter().flatten().filter(|line| !line.is_empty()).collect::<Vec<_>>().join(", ")
    });
    let seen = CustomerSeen {
        name: customer.name,
        email: customer.email,
        phone: customer.phone,
        address: address.filter(|address| !address.is_empty()),
        created_at: customer.created.map(instant).transpose()?,
    };
    Ok((Some(customer.id.into()), vec![Seen::Customer(seen)]))
}

fn subscription(subscription: wire::Subscription<'_>) -> Result<Read, Malformed> {
    let items = subscription.items.map(|items| items.data).unwrap_or_default();
    let first = items.into_iter().next();
    let quantity = first.as_ref().and_then(|item| item.quantity).or(subscription.quantity);
    let period_end = first.as_ref().and_then(|item| item.current_period_end).or(subscription.current_period_end);
    let price = first.and_then(|item| item.price.or(item.plan)).or(subscription.plan);
    let seen = SubscriptionSeen {
        id: subscription.id.into(),
        status: subscription.status.as_deref().and_then(subscription_status),
        plan: price.as_ref().map(|price| price.id.to_string()),
        price: price
            .as_ref()
            .and_then(|price| Some((price.unit_amount.or(price.amount)?, price.currency.as_deref()?)))
            .map(|(minor, currency)| money(minor, currency))
            .transpose()?,
        interval: price.as_ref().and_then(interval),
        quantity,
        started_at: subscription.start_date.or(subscription.created).map(instant).transpose()?,
        renews_at: period_end.map(instant).transpose()?,
        ends_at: subscription.ended_at.or(subscription.cancel_at).map(instant).transpose()?,
    };
    Ok((subscription.customer.as_ref().map(Reference::id), vec![Seen::Subscription(seen)]))
}

fn subscription_status(status: &str) -> Option<SubscriptionStatus> {
    Some(match status {
        "trialing" => SubscriptionStatus::Trial,
        "active" => SubscriptionStatus::Active,
        "incomplete" => SubscriptionStatus::Incomplete,
        "past_due" => SubscriptionStatus::PastDue,
        "paused" => SubscriptionStatus::Paused,
        "unpaid" => SubscriptionStatus::Unpaid,
        "canceled" | "incomplete_expired" => SubscriptionStatus::Ended,
        _ => return None,
    })
}

fn interval(price: &wire::Price<'_>) -> Option<Interval> {
    let (unit, count) = match &price.recurring {
        Some(recurring) => (&recurring.interval, recurring.interval_count),
        None => (price.interval.as_ref()?, price.interval_count),
    };
    let unit = match unit.as_ref() {
        "day" => IntervalUnit::Day,
        "week" => IntervalUnit::Week,
        "month" => IntervalUnit::Month,
        "year" => IntervalUnit::Year,
        _ => return None,
    };
    Some(Interval { unit, count: count.unwrap_or(1) })
}

fn invoice(invoice: wire::Invoice<'_>, kind: Kind, at: Timestamp, failed_at: Option<Timestamp>) -> Result<Option<Read>, Malformed> {
    let Some(id) = invoice.id else { return Ok(None) };
    let currency = invoice.currency.as_deref();
    let amount = |minor: Option<i64>| minor.zip(currency).map(|(minor, currency)| money(minor, currency)).transpose();
    let status = match invoice.status.as_deref() {
        Some("draft") => Some(InvoiceStatus::Draft),
        Some("open") => Some(InvoiceStatus::Open),
        Some("paid") => Some(InvoiceStatus::Paid),
        Some("uncollectible") => Some(InvoiceStatus::Uncollectible),
        Some("void") => Some(InvoiceStatus::Void),
        Some(_) => None,
        None => match (invoice.paid, invoice.closed) {
            (Some(true), _) => Some(InvoiceStatus::Paid),
            (_, Some(true)) => Some(InvoiceStatus::Void),
            (Some(false), _) => Some(InvoiceStatus::Open),
            _ => None,
        },
    };
    let paid = status == Some(InvoiceStatus::Paid);
    let remaining = if paid { invoice.amount_remaining.or(Some(0)) } else { invoice.amount_remaining.or(invoice.amount_due) };
    let parent = invoice.parent.and_then(|parent| parent.subscription_details).and_then(|details| details.subscription);
    let paid_at = invoice.status_transitions.and_then(|transitions| transitions.paid_at).map(instant).transpose()?;
    let seen = InvoiceSeen {
        id: id.into(),
        number: invoice.number,
        status,
        total: amount(invoice.total)?,
        remaining: amount(remaining)?,
        subscription: parent.or(invoice.subscription).as_ref().map(Reference::id),
        created_at: invoice.created.or(invoice.date).map(instant).transpose()?,
        due_on: invoice.due_date.map(instant).transpose()?.map(|due_at| due_at.to_zoned(TimeZone::UTC).date()),
        attempts: invoice.attempt_count,
        pay_link: invoice.hosted_invoice_url,
        failed_at,
        decline: None,
        paid_at: paid_at.or((kind == Kind::InvoicePaid).then_some(at)),
    };
    Ok(Some((invoice.customer.as_ref().map(Reference::id), vec![Seen::Invoice(seen)])))
}

fn charge(charge: wire::Charge<'_>, failed_at: Option<Timestamp>) -> Result<Read, Malformed> {
    let currency = charge.currency.as_ref();
    let status = match (charge.status.as_deref(), charge.paid) {
        (Some("succeeded"), _) | (None, Some(true)) => Some(PaymentStatus::Succeeded),
        (Some("failed"), _) | (None, Some(false)) => Some(PaymentStatus::Failed),
        (Some("pending"), _) => Some(PaymentStatus::Pending),
        _ => None,
    };
    let captured = match (charge.amount_captured, charge.captured) {
        (Some(captured), _) => Some(captured),
        (None, Some(true)) => Some(charge.amount),
        (None, Some(false)) => Some(0),
        (None, None) => None,
    };
    // An issuer's own reason says more than `card_declined`.
    let reason = charge.outcome.and_then(|outcome| outcome.reason);
    let code = match (charge.failure_code, reason) {
        (Some(code), Some(reason)) if code == "card_declined" => Some(reason),
        (code, _) => code,
    };
    let decline = code.map(|code| Decline { provider: "stripe".to_owned(), code: code.into() });
    let card = charge.payment_method_details.and_then(|details| details.card).or(charge.source).and_then(card);
    let id = charge.id.to_string();
    let invoice = charge.invoice.as_ref().map(Reference::id);
    let mut seen = vec![Seen::Payment(PaymentSeen {
        id: id.clone(),
        invoice: invoice.clone(),
        status,
        amount: Some(money(charge.amount, currency)?),
        captured: captured.map(|minor| money(minor, currency)).transpose()?,
        refunded: charge.amount_refunded.map(|minor| money(minor, currency)).transpose()?,
        at: charge.created.map(instant).transpose()?,
        card,
        decline: decline.clone(),
    })];
    seen.extend(failed_try(invoice, failed_at, decline));
    Ok((Some(charge.customer.as_ref().map_or_else(|| guest(&id), Reference::id)), seen))
}

fn intent(intent: wire::PaymentIntent<'_>, failed_at: Option<Timestamp>) -> Result<Read, Malformed> {
    let error = intent.last_payment_error;
    let code = error.as_ref().and_then(|error| error.decline_code.as_ref().or(error.code.as_ref()));
    let decline = code.map(|code| Decline { provider: "stripe".to_owned(), code: code.to_string() });
    let listed = intent.charges.and_then(|charges| charges.data.into_iter().next()).map(|charge| charge.id.to_string());
    // The charge tells its own time; an intent may be days older.
    let has_charge = intent.latest_charge.is_some() || listed.is_some();
    let id = intent.latest_charge.as_ref().map(Reference::id).or(listed).unwrap_or_else(|| intent.id.to_string());
    let invoice = intent.invoice.as_ref().map(Reference::id);
    let mut seen = vec![Seen::Payment(PaymentSeen {
        id: id.clone(),
        invoice: invoice.clone(),
        status: failed_at.map(|_| PaymentStatus::Failed),
        amount: Some(money(intent.amount, &intent.currency)?),
        captured: None,
        refunded: None,
        at: intent.created.filter(|_| !has_charge).map(instant).transpose()?,
        card: error.and_then(|error| error.payment_method).and_then(|method| method.card).and_then(card),
        decline: decline.clone(),
    })];
    seen.extend(failed_try(invoice, failed_at, decline));
    Ok((Some(intent.customer.as_ref().map_or_else(|| guest(&id), Reference::id)), seen))
}

/// What a failed payment says of its invoice: that a try failed, and why.
fn failed_try(invoice: Option<String>, failed_at: Option<Timestamp>, decline: Option<Decline>) -> Option<Seen> {
    let (id, failed_at) = invoice.zip(failed_at)?;
    Some(Seen::Invoice(InvoiceSeen {
        id,
        number: None,
        status: None,
        total: None,
        remaining: None,
        subscription: None,
        created_at: None,
        due_on: None,
        attempts: None,
        pay_link: None,
        failed_at: Some(failed_at),
        decline,
        paid_at: None,
    }))
}

fn refund(refund: wire::Refund<'_>) -> Result<Option<Seen>, Malformed> {
    let Some(payment) = refund.charge.as_ref().map(Reference::id) else { return Ok(None) };
    let status = match refund.status.as_deref() {
        Some("pending" | "requires_action") => Some(RefundStatus::Pending),
        Some("succeeded") | None => Some(RefundStatus::Succeeded),
        Some("failed") => Some(RefundStatus::Failed),
        Some("canceled") => Some(RefundStatus::Canceled),
        Some(_) => None,
    };
    Ok(Some(Seen::Refund(RefundSeen {
        id: refund.id.into(),
        payment,
        amount: Some(money(refund.amount, &refund.currency)?),
        status,
        created_at: refund.created.map(instant).transpose()?,
        action: refund.metadata.and_then(|metadata| metadata.recoup_action),
    })))
}

fn card(card: wire::Card) -> Option<Card> {
    Some(Card { brand: card.brand?.to_lowercase(), last4: card.last4?, exp_month: card.exp_month, exp_year: card.exp_year })
}

/// Who pays without being a customer is an account of its own, named by the payment.
fn guest(payment: &str) -> String {
    format!("guest:{payment}")
}

/// Stripe counts minor units as ISO 4217 does, but for these two, which it keeps at two digits.
/// <https://docs.stripe.com/currencies#special-cases>
fn money(minor: i64, currency: &str) -> Result<Money, Malformed> {
    // Beyond this no sum is anybody's money, and arithmetic on it would one day overflow.
    if minor.unsigned_abs() > 1_000_000_000_000_000 {
        return Err(Malformed { expected: "an amount that somebody could pay", cause: format!("{minor} {currency}") });
    }
    let currency = Currency::parse(currency).map_err(|error| Malformed { expected: "a known currency", cause: error.to_string() })?;
    match currency.code() {
        "ISK" | "UGX" if minor % 100 == 0 => Ok(Money::from_minor(minor / 100, currency)),
        "ISK" | "UGX" => Err(Malformed { expected: "a whole amount", cause: format!("{minor} hundredths of {currency}") }),
        // MGA has no minor unit at Stripe although ISO lists two digits.
        "MGA" => Ok(Money::from_minor(minor, currency).times(100)),
        _ => Ok(Money::from_minor(minor, currency)),
    }
}

pub(super) fn instant(seconds: i64) -> Result<Timestamp, Malformed> {
    Timestamp::from_second(seconds).map_err(|_| Malformed { expected: "a time", cause: format!("{seconds} seconds") })
}
