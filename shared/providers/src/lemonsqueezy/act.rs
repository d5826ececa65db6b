//! Asking Lemon Squeezy for an approved action, and reading what it answered.
//!
//! It knows no idempotency keys and keeps no metadata: what moves money is looked at before it is sent, see `look`.
//!
//! <https://docs.lemonsqueezy.com/api/getting-started/requests>

mod by_hand;
mod look;
#[cfg(test)]
mod tests;

use super::wire::{Data, Delivery, Urls};
use crate::value::{Id, iso};
use crate::{Act, Answer, Bill, Call, Effect, Effects, Holder, Order, Reply};
use domain::action::Kind;
use domain::book::Subscription;
use domain::debt::Document;
use domain::money::Money;
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) const EFFECTS: Effects = Effects { act, look: look::look, looks_first, page, card, document };

/// Only a total tells that something was given back, so it must be known before.
fn looks_first(kind: &Kind) -> bool {
    matches!(kind, Kind::Refund { .. })
}

fn act(order: &Order<'_>, replies: &[Reply]) -> Act {
    match order.kind() {
        Kind::PaymentLink { invoice, amount } => pay_link(order, invoice, *amount, replies),
        Kind::ResendInvoice { invoice } | Kind::TaxInvoice { invoice } => paper(invoice, replies),
        Kind::UpdatePaymentMethod {} => {
            let only = order.subscription().filter(|_| order.records.subscriptions.len() == 1);
            update_link(order.customer, only.map(|it| it.id.as_str()), replies)
        }
        Kind::Refund { payment, amount } => refund(order, payment, *amount, replies),
        Kind::ExtendTrial { subscription, until, .. } => {
            patch(subscription, json!({"trial_ends_at": until.to_string()}), replies)
        }
        // Nothing is served and nothing is charged; `free` would go on serving.
        Kind::Pause { subscription } => patch(subscription, json!({"pause": {"mode": "void"}}), replies),
        Kind::Resume { subscription } => resume(subscription, replies),
        Kind::Upgrade { subscription, plan, .. } => change_plan(subscription, plan, "invoice_immediately", replies),
        // Recoup holds it until the renewal.
        Kind::Downgrade { subscription, plan, .. } => change_plan(subscription, plan, "disable_prorations", replies),
        Kind::AdjustSeats { subscription, seats, .. } => adjust_seats(order, subscription, *seats, replies),
        // It charges nothing from then on, whichever end was asked for; what is paid for already runs out.
        Kind::Cancel { subscription, .. } | Kind::ForceCancel { subscription } => cancel(subscription, replies),
        Kind::Credit { .. }
        | Kind::RetryPayment { .. }
        | Kind::MarkPaid { .. }
        | Kind::WriteOff { .. }
        | Kind::VoidInvoice { .. }
        | Kind::Defer { .. }
        | Kind::ChangeAddons { .. }
        | Kind::Discount { .. }
        | Kind::ExtendGrace { .. }
        | Kind::ErasePerson {}
        | Kind::Bundle { .. } => unsupported(by_hand::instead(order.kind())),
    }
}

fn refund(order: &Order<'_>, payment: &str, amount: Money, replies: &[Reply]) -> Act {
    let (Some((kind, id)), Some(minor)) = (parted(payment), amount.minor()) else {
        return unsupported(by_hand::refund(payment, amount));
    };
    let call = request(Method::POST, format!("/v1/{kind}/{id}/refund"), kind, id, json!({"amount": minor}));
    once(call, replies, |object| changed(&refund_name(order, payment), object))
}

/// Lemon Squeezy names no refund: several of one payment are told apart by our own ids.
fn refund_name(order: &Order<'_>, payment: &str) -> String {
    format!("{payment}:{}", order.id())
}

/// The type and the number of what was paid, as the book names payments.
fn parted(payment: &str) -> Option<(&str, &str)> {
    payment.split_once(':').filter(|(kind, _)| matches!(*kind, "orders" | "subscription-invoices"))
}

/// Its links are signed for 24 hours, so that the one in the book may be dead: a new one is asked for.
fn pay_link(order: &Order<'_>, invoice: &str, amount: Option<Money>, replies: &[Reply]) -> Act {
    let seen = order.invoice();
    if let Some(amount) = amount.filter(|amount| seen.and_then(|seen| seen.remaining.copied()) != Some(*amount)) {
        return unsupported(by_hand::part(invoice, amount));
    }
    collected_by(invoice, seen.and_then(|seen| seen.subscription.value()), replies)
}

fn page(bill: &Bill<'_>, replies: &[Reply]) -> Act {
    collected_by(&bill.invoice.id, bill.invoice.subscription.value(), replies)
}

/// Whoever gives another card on the page of a subscription pays what is due of it.
fn collected_by(invoice: &str, subscription: Option<&String>, replies: &[Reply]) -> Act {
    let Some(subscription) = subscription else { return unsupported(by_hand::pay(invoice)) };
    link(
        subscription_call(subscription),
        replies,
        invoice,
        |urls| urls.update_payment_method.as_ref(),
        || by_hand::pay(invoice),
    )
}

fn document(bill: &Bill<'_>, _: Document, replies: &[Reply]) -> Act {
    paper(&bill.invoice.id, replies)
}

fn card(holder: &Holder<'_>, replies: &[Reply]) -> Act {
    update_link(holder.customer, holder.subscription, replies)
}

fn update_link(customer: &str, only: Option<&str>, replies: &[Reply]) -> Act {
    let otherwise = || by_hand::portal(customer);
    match only {
        Some(id) => link(subscription_call(id), replies, id, |urls| urls.update_payment_method.as_ref(), otherwise),
        // Each subscription has its own card; the portal shows them all.
        None => link(
            question(format!("/v1/customers/{customer}")),
            replies,
            customer,
            |urls| urls.customer_portal.as_ref(),
            otherwise,
        ),
    }
}

/// The seller of record writes the tax invoice, and has one as soon as it is paid.
fn paper(invoice: &str, replies: &[Reply]) -> Act {
    let call = question(format!("/v1/subscription-invoices/{invoice}"));
    link(call, replies, invoice, |urls| urls.invoice_url.as_ref(), || by_hand::unpaid(invoice))
}

fn resume(subscription: &str, replies: &[Reply]) -> Act {
    asked(subscription_call(subscription), replies, |object, rest| {
        let cancelled = object.attributes.status.as_deref() == Some("cancelled");
        let change = if cancelled { json!({"cancelled": false}) } else { json!({"pause": null}) };
        patch(subscription, change, rest)
    })
}

/// Subscriptions are moved to a variant, and the catalogue names prices: which variant, the price says.
fn change_plan(subscription: &str, plan: &str, how: &str, replies: &[Reply]) -> Act {
    asked(price_call(plan), replies, |price, rest| match &price.attributes.variant_id {
        Some(Id(variant)) => patch(subscription, json!({"variant_id": number(variant), how: true}), rest),
        None => unsupported(by_hand::plan(subscription, plan)),
    })
}

fn adjust_seats(order: &Order<'_>, subscription: &str, seats: u32, replies: &[Reply]) -> Act {
    let change = |item: &str, replies: &[Reply]| {
        let attributes = json!({"quantity": seats, "invoice_immediately": true});
        let call =
            request(Method::PATCH, format!("/v1/subscription-items/{item}"), "subscription-items", item, attributes);
        once(call, replies, |object| changed(subscription, object))
    };
    if let Some(item) = order.subscription().and_then(Subscription::plan).and_then(|item| item.id.as_deref()) {
        return change(item, replies);
    }
    asked(subscription_call(subscription), replies, |object, rest| {
        match object.attributes.first_subscription_item.as_ref().and_then(|item| item.id.as_ref()) {
            Some(Id(item)) => change(item, rest),
            None => unsupported(by_hand::seats(subscription, seats)),
        }
    })
}

fn cancel(subscription: &str, replies: &[Reply]) -> Act {
    let call = Call { method: Method::DELETE, ..subscription_call(subscription) };
    once(call, replies, |object| cancelled(subscription, object))
}

fn patch(subscription: &str, attributes: Value, replies: &[Reply]) -> Act {
    let call =
        request(Method::PATCH, format!("/v1/subscriptions/{subscription}"), "subscriptions", subscription, attributes);
    once(call, replies, |object| changed(subscription, object))
}

fn subscription_call(id: &str) -> Call {
    question(format!("/v1/subscriptions/{id}"))
}

fn price_call(id: &str) -> Call {
    question(format!("/v1/prices/{}", form_urlencoded::byte_serialize(id.as_bytes()).collect::<String>()))
}

fn question(path: String) -> Call {
    Call { patient: true, ..Call::get(path) }
}

fn request(method: Method, path: String, kind: &str, id: &str, attributes: Value) -> Call {
    let body = json!({"data": {"type": kind, "id": id, "attributes": attributes}});
    Call { method, path, body: body.to_string(), idempotency_key: None, patient: true }
}

/// Ids are numbers in attributes.
fn number(id: &str) -> Value {
    id.parse::<u64>().map_or_else(|_| Value::from(id), Value::from)
}

/// The request that changes something, and what its answer means.
fn once(call: Call, replies: &[Reply], effect: impl FnOnce(&Data<'_>) -> Effect) -> Act {
    let Some(reply) = replies.first() else { return Act::Send(call) };
    Act::Ended(match object(reply) {
        Ok(object) => Answer::Done(effect(&object)),
        Err(answer) => answer,
    })
}

/// A question that comes first. It changes nothing, so what it does not tell can be asked again.
fn asked(call: Call, replies: &[Reply], then: impl FnOnce(&Data<'_>, &[Reply]) -> Act) -> Act {
    let Some((first, rest)) = replies.split_first() else { return Act::Send(call) };
    match object(first) {
        Ok(object) => then(&object, rest),
        Err(Answer::Unknown) => Act::Ended(Answer::NotNow),
        Err(answer) => Act::Ended(answer),
    }
}

/// Asks for an object and takes one of its links.
fn link(
    call: Call,
    replies: &[Reply],
    reference: &str,
    url: fn(&Urls) -> Option<&String>,
    otherwise: impl FnOnce() -> String,
) -> Act {
    asked(call, replies, |object, _| match object.attributes.urls.as_ref().and_then(url) {
        Some(url) => {
            Act::Ended(Answer::Done(Effect { link: Some(url.clone()), made_at: None, ..changed(reference, object) }))
        }
        None => unsupported(otherwise()),
    })
}

/// What a successful answer shows; a 429 means that we were too quick, and that nothing was done.
fn object(reply: &Reply) -> Result<Data<'_>, Answer> {
    match reply.status {
        200..=299 => {
            serde_json::from_str::<Delivery<'_>>(&reply.body).map(|body| body.data).map_err(|_| Answer::Unknown)
        }
        429 => Err(Answer::NotNow),
        // A time-out does not say what was done before it.
        408 => Err(Answer::Unknown),
        400..=499 => Err(refused(reply)),
        _ => Err(Answer::Unknown),
    }
}

fn refused(reply: &Reply) -> Answer {
    #[derive(Deserialize)]
    struct Errors {
        errors: Vec<Told>,
    }
    #[derive(Deserialize)]
    struct Told {
        code: Option<String>,
        title: Option<String>,
        detail: Option<String>,
    }
    let first = serde_json::from_str::<Errors>(&reply.body).ok().and_then(|body| body.errors.into_iter().next());
    let (code, message) = first.map_or((None, None), |told| (told.code, told.detail.or(told.title)));
    Answer::Refused {
        code: code.unwrap_or_else(|| format!("http_{}", reply.status)),
        message: message.unwrap_or_else(|| "Lemon Squeezy gave no reason".to_owned()),
    }
}

fn changed(reference: &str, object: &Data<'_>) -> Effect {
    let attributes = &object.attributes;
    let made_at = attributes.refunded_at.as_deref().or(attributes.updated_at.as_deref());
    Effect {
        reference: reference.to_owned(),
        status: attributes.status.as_deref().unwrap_or("changed").to_owned(),
        made_at: made_at.and_then(|at| iso(at).ok()),
        link: None,
        seen: Vec::new(),
    }
}

/// Says until when it still runs, because that is seldom at once.
fn cancelled(reference: &str, object: &Data<'_>) -> Effect {
    let mut effect = changed(reference, object);
    if let Some(ends_at) = object.attributes.ends_at.as_deref().and_then(|at| iso(at).ok()) {
        effect.status = format!("{}, runs until {ends_at}", effect.status);
    }
    effect
}

fn unsupported(instead: String) -> Act {
    Act::Ended(Answer::Unsupported { instead })
}
