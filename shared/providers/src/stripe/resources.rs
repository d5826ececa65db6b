//! Stripe's objects as sightings.

use super::wire::{self, Discounts, Object, Price, Reference};
use crate::Malformed;
use crate::value::{self, Text, rate, seconds};
use domain::event::{
    BalanceSeen, Card, CardSeen, CardState, CreditNoteSeen, CreditNoteStatus, CustomerSeen, Decline, Discount, DisputeSeen, DisputeStatus,
    Interval, IntervalUnit, InvoiceSeen, InvoiceStatus, Item, Kind, Line, LinkSeen, NextTry, PaymentSeen, PaymentStatus, RefundSeen,
    RefundStatus, Role, Seen, Stated, SubscriptionSeen, SubscriptionStatus,
};
use domain::money::{Money, Rate};
use jiff::{Timestamp, tz::TimeZone};
use rust_decimal::Decimal;

/// Whose it is, and what was seen.
pub(super) type Read = (Option<String>, Vec<Seen>);

pub(super) fn customer(customer: Object<'_>) -> Result<Read, Malformed> {
    let address = customer.address.map(|address| {
        let lines = [address.line1, address.line2, address.postal_code, address.city, address.state, address.country];
        lines.into_iter().flatten().filter(|line| !line.is_empty()).collect::<Vec<_>>().join(", ")
    });
    let mut seen = vec![Seen::Customer(CustomerSeen {
        as_of: None,
        name: customer.name,
        email: customer.email,
        phone: customer.phone,
        address: address.filter(|address| !address.is_empty()),
        created_at: customer.created.map(seconds).transpose()?,
    })];
    // A negative balance is the customer's credit.
    if let (Some(balance), Some(currency)) = (customer.balance.or(customer.account_balance), customer.currency.as_deref()) {
        seen.push(Seen::Balance(BalanceSeen { as_of: None, available: money(balance.saturating_neg().max(0), currency)? }));
    }
    Ok((customer.id.map(String::from), seen))
}

pub(super) fn subscription(subscription: Object<'_>) -> Result<Read, Malformed> {
    let cut = subscription.items.as_ref().is_some_and(|items| items.has_more);
    let listed = subscription.items.map(|items| items.data).unwrap_or_default();
    let first = listed.first();
    let period_start = first.and_then(|item| item.current_period_start).or(subscription.current_period_start);
    let period_end = first.and_then(|item| item.current_period_end).or(subscription.current_period_end);
    let mut items: Vec<Item> = listed
        .into_iter()
        .enumerate()
        .filter_map(|(place, item)| {
            let price = item.price.or(item.plan)?;
            bought(item.id.map(String::from), &price, item.quantity, if place == 0 { Role::Plan } else { Role::Addon })
        })
        .collect();
    if items.is_empty() {
        items.extend(subscription.plan.as_ref().and_then(|plan| bought(None, plan, subscription.quantity, Role::Plan)));
    }
    let ended = subscription.ended_at.or(subscription.cancel_at).or(period_end.filter(|_| subscription.cancel_at_period_end));
    let paused = subscription.pause_collection.is_some();
    let status = subscription.status.as_deref().and_then(subscription_status);
    let seen = SubscriptionSeen {
        id: subscription.id.as_deref().unwrap_or_default().to_owned(),
        // Collection that is paused is a pause, although the status stays.
        status: status.map(|status| if paused && status == SubscriptionStatus::Active { SubscriptionStatus::Paused } else { status }),
        // A list that was cut short would say that there is no more.
        items: (!items.is_empty() && !cut).then_some(items),
        discount: discount(subscription.discount, subscription.discounts)?,
        started_at: subscription.start_date.or(subscription.created).map(seconds).transpose()?,
        period_start: period_start.map(seconds).transpose()?,
        renews_at: period_end.map(seconds).transpose()?,
        trial_ends_at: subscription.trial_end.map(seconds).transpose()?,
        ends_at: Some(ended.map(seconds).transpose()?.into()),
        resumes_at: Some(subscription.pause_collection.and_then(|pause| pause.resumes_at).map(seconds).transpose()?.into()),
        ..SubscriptionSeen::default()
    };
    Ok((subscription.customer.as_ref().map(Reference::id), vec![Seen::Subscription(seen)]))
}

/// A schedule says what will change; the subscription's own event says so when it does.
pub(super) fn schedule(schedule: &Object<'_>) -> Read {
    let subscription = schedule.subscription.as_ref().map(|id| SubscriptionSeen { id: id.id(), ..SubscriptionSeen::default() });
    (schedule.customer.as_ref().map(Reference::id), subscription.map(Seen::Subscription).into_iter().collect())
}

fn bought(id: Option<String>, price: &Price<'_>, quantity: Option<u32>, role: Role) -> Option<Item> {
    let usage = price.recurring.as_ref().and_then(|recurring| recurring.usage_type.as_deref()).or(price.usage_type.as_deref());
    Some(Item {
        id,
        price: price.id.as_ref()?.to_string(),
        name: price.nickname.as_ref().map(|name| name.to_string()),
        role: if usage == Some("metered") { Role::Usage } else { role },
        unit: unit(price),
        quantity: quantity.unwrap_or(1),
        interval: interval(price),
    })
}

/// What one unit costs; tiers have no one price.
fn unit(price: &Price<'_>) -> Option<Rate> {
    let currency = price.currency.as_deref()?;
    if price.billing_scheme.as_deref() == Some("tiered") {
        return None;
    }
    match price.unit_amount.or(price.amount) {
        Some(minor) => money(minor, currency).ok().map(Rate::from),
        None => scaled(price.unit_amount_decimal.as_deref().or(price.amount_decimal.as_deref())?, currency),
    }
}

fn interval(price: &Price<'_>) -> Option<Interval> {
    let (unit, count) = match &price.recurring {
        Some(recurring) => (&*recurring.interval, recurring.interval_count),
        None => (price.interval.as_deref()?, price.interval_count),
    };
    Some(Interval { unit: IntervalUnit::parse(unit)?, count: count.unwrap_or(1) })
}

/// Only what is taken off again and again counts; what is taken off once is gone with its invoice.
fn discount(one: Option<wire::Discount<'_>>, many: Discounts<'_>) -> Result<Option<Stated<Discount>>, Malformed> {
    let all = match (one, many) {
        (Some(one), _) => vec![one],
        (None, Discounts::Objects(many)) => many,
        (None, Discounts::NotSent) => Vec::new(),
        (None, Discounts::Ids) => return Ok(None),
    };
    let recurs = |coupon: &wire::Coupon<'_>| coupon.duration.as_deref() != Some("once");
    let coupon = all.into_iter().filter_map(|discount| discount.coupon).find(recurs);
    let read = |coupon: wire::Coupon<'_>| {
        let amount = coupon.amount_off.zip(coupon.currency.as_deref()).map(|(minor, currency)| money(minor, currency)).transpose()?;
        let percent = coupon.percent_off.as_ref().and_then(value::Number::decimal);
        Ok(Discount { code: coupon.id.map(String::from), percent, amount })
    };
    Ok(Some(coupon.map(read).transpose()?.into()))
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

pub(super) fn invoice(
    invoice: Object<'_>,
    kind: Kind,
    at: Timestamp,
    failed_at: Option<Timestamp>,
    deleted: bool,
) -> Result<Read, Malformed> {
    let currency = invoice.currency.as_deref();
    let amount = |minor: Option<i64>| minor.zip(currency).map(|(minor, currency)| money(minor, currency)).transpose();
    let status = match invoice.status.as_deref() {
        _ if deleted => Some(InvoiceStatus::Void),
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
    let paid_at = invoice.status_transitions.and_then(|transitions| transitions.paid_at).map(seconds).transpose()?;
    let balances = invoice.ending_balance.zip(invoice.starting_balance);
    let seen = InvoiceSeen {
        id: invoice.id.as_deref().unwrap_or_default().to_owned(),
        number: invoice.number,
        status,
        total: amount(invoice.total)?,
        tax: amount(taxes(invoice.total_taxes).or_else(|| taxes(invoice.total_tax_amounts)).or(invoice.tax))?,
        remaining: amount(remaining)?,
        credited: amount(balances.and_then(|(ending, starting)| ending.checked_sub(starting)).filter(|credited| *credited > 0))?,
        subscription: parent.or(invoice.subscription).as_ref().map(Reference::id),
        lines: invoice
            .lines
            .filter(|lines| !lines.has_more)
            .zip(currency)
            .map(|(lines, currency)| lines.data.into_iter().map(|it| line(it, currency)).collect())
            .transpose()?,
        created_at: invoice.created.or(invoice.date).map(seconds).transpose()?,
        due_on: invoice.due_date.map(seconds).transpose()?.map(|due_at| due_at.to_zoned(TimeZone::UTC).date()),
        attempts: invoice.attempt_count,
        next_try: match invoice.next_payment_attempt {
            Some(Some(next)) => Some(NextTry::At(seconds(next)?)),
            Some(None) => Some(NextTry::Never),
            None => None,
        },
        pay_link: invoice.hosted_invoice_url,
        failed_at,
        paid_at: paid_at.or((kind == Kind::InvoicePaid).then_some(at)),
        ..InvoiceSeen::default()
    };
    Ok((invoice.customer.as_ref().map(Reference::id), vec![Seen::Invoice(seen)]))
}

/// What the next invoice will come to.
pub(super) fn upcoming(invoice: &Object<'_>) -> Result<Option<Read>, Malformed> {
    let parent = invoice.parent.as_ref().and_then(|parent| parent.subscription_details.as_ref()?.subscription.as_ref());
    let Some(id) = parent.or(invoice.subscription.as_ref()).map(Reference::id) else { return Ok(None) };
    let amount = invoice.amount_due.zip(invoice.currency.as_deref()).map(|(minor, currency)| money(minor, currency)).transpose()?;
    let seen = SubscriptionSeen { id, upcoming: amount, ..SubscriptionSeen::default() };
    Ok(Some((invoice.customer.as_ref().map(Reference::id), vec![Seen::Subscription(seen)])))
}

fn taxes(taxes: Option<Vec<wire::Tax>>) -> Option<i64> {
    taxes.filter(|taxes| !taxes.is_empty())?.iter().try_fold(0_i64, |sum, tax| sum.checked_add(tax.amount))
}

fn line(line: wire::Line<'_>, currency: &str) -> Result<Line, Malformed> {
    let parent = line.parent.map(|parent| {
        let once = parent.subscription_item_details.is_none();
        (once, parent.subscription_item_details.or(parent.invoice_item_details))
    });
    let (once, details) = parent.map_or((line.kind.as_deref() == Some("invoiceitem"), None), |(once, details)| (once, details));
    let price = line.price.or(line.plan);
    let (details_price, details_rate) =
        line.pricing.map_or((None, None), |pricing| (pricing.price_details.and_then(|details| details.price), pricing.unit_amount_decimal));
    let amount = |minor: Option<i64>| minor.map(|minor| money(minor, currency)).transpose();
    Ok(Line {
        id: line.id.map(String::from).unwrap_or_default(),
        price: price.as_ref().and_then(|price| price.id.as_ref().map(|id| id.to_string())).or(details_price.as_ref().map(Reference::id)),
        text: line.description,
        role: once.then_some(Role::OneOff),
        unit: price.as_ref().and_then(unit).or_else(|| scaled(details_rate.as_deref()?, currency)),
        quantity: line.quantity.map(Decimal::from),
        amount: money(line.amount, currency)?,
        tax: amount(taxes(line.taxes).or_else(|| taxes(line.tax_amounts)))?,
        discount: amount(taxes(line.discount_amounts).filter(|discount| *discount != 0))?,
        proration: line.proration.or(details.as_ref().and_then(|details| details.proration)).unwrap_or(false),
        from: line.period.as_ref().and_then(|period| period.start).map(seconds).transpose()?,
        to: line.period.as_ref().and_then(|period| period.end).map(seconds).transpose()?,
        subscription: line.subscription.or(details.and_then(|details| details.subscription)).as_ref().map(Reference::id),
    })
}

/// That an intent paid an invoice: since basil, neither of them says so itself.
pub(super) fn invoice_payment(paid: &Object<'_>) -> Option<Read> {
    let invoice = paid.invoice.as_ref()?.id();
    let payment = paid.payment.as_ref()?;
    let charge = payment
        .charge
        .as_ref()
        .map(|charge| Seen::Payment(PaymentSeen { id: charge.id(), invoice: Some(invoice.clone()), ..PaymentSeen::default() }));
    let link = payment.payment_intent.as_ref().map(|intent| Seen::Link(LinkSeen { intent: intent.id(), invoice: invoice.clone() }));
    let seen: Vec<_> = link.into_iter().chain(charge).collect();
    (!seen.is_empty()).then_some((None, seen))
}

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
    let decline = charge_decline(charge.failure_code, charge.outcome);
    let (method, shown) = charge.payment_method_details.map_or((None, None), |details| (details.kind, details.card));
    let shown = shown.or(charge.source.and_then(|source| source.0)).or(charge.card).and_then(card_shown);
    let id = charge.id.as_deref().unwrap_or_default().to_owned();
    let invoice = charge.invoice.as_ref().map(Reference::id);
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
        card: shown,
        decline: decline.clone(),
        ..PaymentSeen::default()
    })];
    seen.extend(failed_try(invoice, failed_at, decline));
    Ok((Some(charge.customer.as_ref().map_or_else(|| guest(&id), Reference::id)), seen))
}

/// An issuer's own reason says more than `card_declined`.
fn charge_decline(code: Option<Text<'_>>, outcome: Option<wire::Outcome<'_>>) -> Option<Decline> {
    let code = code?;
    let outcome =
        outcome.unwrap_or(wire::Outcome { reason: None, advice_code: None, network_advice_code: None, network_decline_code: None });
    let code = outcome.reason.filter(|_| &*code == "card_declined").unwrap_or(code);
    Some(Decline {
        advice: outcome.advice_code.map(String::from),
        network_advice: outcome.network_advice_code.map(String::from),
        network_code: outcome.network_decline_code.map(String::from),
        ..Decline::new("stripe", code)
    })
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
        card: error.and_then(|error| error.payment_method).and_then(|method| method.card).and_then(card_shown),
        decline: decline.clone(),
        ..PaymentSeen::default()
    })];
    seen.extend(failed_try(invoice, failed_at, decline));
    Ok((Some(customer.unwrap_or_else(|| guest(&id))), seen))
}

pub(super) fn intent_decline(error: &wire::PaymentError<'_>) -> Option<Decline> {
    let text = |text: &Option<Text<'_>>| text.as_ref().map(|text| text.to_string());
    Some(Decline {
        advice: text(&error.advice_code),
        network_advice: text(&error.network_advice_code),
        network_code: text(&error.network_decline_code),
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
        "under_review" => DisputeStatus::UnderReview,
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
        evidence_due_at: dispute.evidence_details.as_ref().and_then(|evidence| evidence.due_by).map(seconds).transpose()?,
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

pub(super) fn credit_note(note: Object<'_>) -> Result<Option<Read>, Malformed> {
    let Some(invoice) = note.invoice.as_ref().map(Reference::id) else { return Ok(None) };
    let total = note.total.or(note.amount).zip(note.currency.as_deref());
    let seen = Seen::CreditNote(CreditNoteSeen {
        id: note.id.map(String::from).unwrap_or_default(),
        as_of: None,
        invoice,
        total: total.map(|(minor, currency)| money(minor, currency)).transpose()?,
        status: match note.status.as_deref() {
            Some("issued") => Some(CreditNoteStatus::Settled),
            Some("void") => Some(CreditNoteStatus::Void),
            _ => None,
        },
        reason: note.reason.map(String::from),
        created_at: note.created.map(seconds).transpose()?,
    });
    Ok(Some((note.customer.as_ref().map(Reference::id), vec![seen])))
}

pub(super) fn card(kept: Object<'_>, state: CardState) -> Read {
    let own = wire::Card { brand: kept.brand, last4: kept.last4, exp_month: kept.exp_month, exp_year: kept.exp_year };
    let seen = CardSeen {
        id: kept.id.map(String::from).unwrap_or_default(),
        as_of: None,
        card: kept.card.and_then(card_shown).or_else(|| card_shown(own)),
        state,
    };
    (kept.customer.as_ref().map(Reference::id), vec![Seen::Card(seen)])
}

/// A way to pay that was set up without a payment.
pub(super) fn set_up(intent: &Object<'_>, kind: Kind) -> Read {
    let kept = intent.payment_method.as_ref().filter(|_| kind == Kind::CardAdded);
    let seen = kept.map(|method| Seen::Card(CardSeen { id: method.id(), as_of: None, card: None, state: CardState::Kept }));
    (intent.customer.as_ref().map(Reference::id), seen.into_iter().collect())
}

/// A mandate that was withdrawn takes the way to pay with it.
pub(super) fn mandate(mandate: &Object<'_>) -> Option<Seen> {
    let withdrawn = mandate.status.as_deref() == Some("inactive");
    let id = mandate.payment_method.as_ref().filter(|_| withdrawn)?.id();
    Some(Seen::Card(CardSeen { id, as_of: None, card: None, state: CardState::Removed }))
}

fn card_shown(card: wire::Card) -> Option<Card> {
    Some(Card { brand: card.brand?.to_lowercase(), last4: card.last4?, exp_month: card.exp_month, exp_year: card.exp_year })
}

/// Who pays without being a customer is an account of its own, named by the payment.
fn guest(payment: &str) -> String {
    format!("guest:{payment}")
}

fn priced(object: &Object<'_>) -> Result<(i64, String), Malformed> {
    match (object.amount, object.currency.as_deref()) {
        (Some(amount), Some(currency)) => Ok((amount, currency.to_owned())),
        _ => Err(Malformed { expected: "an object with an amount", cause: "its amount or currency is missing".to_owned() }),
    }
}

/// A price in Stripe's own smallest unit, which is not everybody's; see `money`.
fn scaled(minor: &str, currency: &str) -> Option<Rate> {
    let rate = rate(minor, currency)?;
    let factor = match rate.currency().code() {
        "ISK" | "UGX" => Decimal::new(1, 2),
        "MGA" => Decimal::ONE_HUNDRED,
        _ => Decimal::ONE,
    };
    Some(Rate::new(rate.amount().checked_mul(factor)?, rate.currency()))
}

/// Stripe counts minor units as ISO 4217 does, but for these three.
/// <https://docs.stripe.com/currencies#special-cases>
fn money(minor: i64, currency: &str) -> Result<Money, Malformed> {
    let money = value::minor(minor, currency)?;
    match money.currency().code() {
        // Kept at two digits, the last of them zero.
        "ISK" | "UGX" if minor % 100 == 0 => Ok(Money::from_minor(minor / 100, money.currency())),
        "ISK" | "UGX" => Err(Malformed { expected: "a whole amount", cause: format!("{minor} hundredths of {currency}") }),
        // No minor unit at Stripe although ISO lists two digits.
        "MGA" => Ok(money.times(100)),
        _ => Ok(money),
    }
}
