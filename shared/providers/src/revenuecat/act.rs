//! Asking RevenueCat for an approved action, and reading what it answered.
//!
//! It knows no idempotency keys and keeps no notes of ours: before anything is sent, it is noted what it is like. Most
//! of what customers bought belongs to a store, where only a person can change it.
//! <https://www.revenuecat.com/docs/api-v2>

mod look;
mod steps;

use crate::list::segment;
use crate::{Act, Answer, Bill, Call, Effect, Effects, Holder, Order, Reply};
use domain::action::{Kind, Reason, When};
use domain::book::Payment;
use domain::debt::Document;
use domain::money::Money;
use http::Method;
use jiff::Timestamp;
use look::{Need, Note, Standing};
use serde::Deserialize;

pub(super) const EFFECTS: Effects = Effects { act, look: look::look, looks_first, page, card, document };

fn looks_first(kind: &Kind) -> bool {
    matches!(kind, Kind::Refund { .. } | Kind::Cancel { .. } | Kind::ForceCancel { .. } | Kind::ExtendTrial { .. })
}

fn act(order: &Order<'_>, replies: &[Reply]) -> Act {
    if let Kind::PaymentLink { .. } | Kind::UpdatePaymentMethod {} = order.kind() {
        return link(order, replies);
    }
    if let Some(reply) = replies.first() {
        return Act::Ended(answer(order.kind(), reply));
    }
    let note = Note::of(order);
    match order.kind() {
        Kind::Refund { payment, amount } => refund(order, payment, *amount, &note),
        Kind::Cancel { subscription, when, .. } => cancel(subscription, *when, &note),
        Kind::ForceCancel { subscription } => cancel(subscription, When::Now, &note),
        Kind::ExtendTrial { subscription, until, .. } => extend(order, subscription, *until, &note),
        other => by_hand(steps::instead(other)),
    }
}

/// A payment goes back as a whole: a renewal at Google Play by its transaction, at Web Billing the latest of a
/// subscription, which ends it.
fn refund(order: &Order<'_>, id: &str, amount: Money, note: &Note) -> Act {
    let (Some(payment), Some(own)) = (order.records.payments.get(id), &note.id) else {
        return by_hand(steps::refund(&note.store, id, amount));
    };
    if note.standing == Standing::GivenBack {
        let message = format!("payment {id} was given back already");
        return Act::Ended(Answer::Refused { code: "already_refunded".to_owned(), message });
    }
    if note.standing != Standing::Paid || payment.taken() != Some(amount) {
        return by_hand(steps::refund(&note.store, id, amount));
    }
    let (own, renews) = (segment(own), payment.subscription.value().is_some());
    match (&*note.store, renews) {
        ("play_store", true) => {
            post(format!("/subscriptions/{own}/transactions/{}/actions/refund", segment(id)), String::new())
        }
        ("rc_billing", true) if is_of_this_period(payment, note) => {
            post(format!("/subscriptions/{own}/actions/refund"), String::new())
        }
        ("rc_billing", false) => post(format!("/purchases/{own}/actions/refund"), String::new()),
        _ => by_hand(steps::refund(&note.store, id, amount)),
    }
}

/// Money may come in some hours before the period that it pays for.
const EARLY_MILLIS: i64 = 24 * 3_600_000;

fn is_of_this_period(payment: &Payment, note: &Note) -> bool {
    payment.at.zip(note.from).is_some_and(|(at, from)| at.as_millisecond().saturating_add(EARLY_MILLIS) >= from)
}

/// Web Billing ends with the period. Of one that is past due the period is over already, so that it ends at once.
fn cancel(subscription: &str, when: When, note: &Note) -> Act {
    match (&*note.store, &note.id) {
        ("rc_billing", Some(own)) if when == When::PeriodEnd || note.standing == Standing::PastDue => {
            post(format!("/subscriptions/{}/actions/cancel", segment(own)), String::new())
        }
        (store, _) => by_hand(steps::cancel(store, subscription, when)),
    }
}

/// Until an instant and not by days: asked for twice, it is the same.
fn extend(order: &Order<'_>, subscription: &str, until: Timestamp, note: &Note) -> Act {
    let ("app_store" | "mac_app_store" | "play_store" | "rc_billing", Some(own)) = (&*note.store, &note.id) else {
        return by_hand(steps::extend(&note.store, subscription, until));
    };
    // Apple wants to know why.
    let reason = match order.action.inner().reason_code {
        Reason::ServiceOutage => "service_issue_or_outage",
        Reason::CustomerDissatisfaction => "customer_satisfaction",
        _ => "other",
    };
    let body = format!(r#"{{"extend_until_ms":{},"extend_reason_code":"{reason}"}}"#, until.as_millisecond());
    post(format!("/subscriptions/{}/actions/extend", segment(own)), body)
}

fn post(path: String, body: String) -> Act {
    Act::Send(Call { method: Method::POST, path, body, idempotency_key: None, patient: true })
}

fn by_hand(instead: String) -> Act {
    Act::Ended(Answer::Unsupported { instead })
}

/// Where the customer manages a subscription: Web Billing makes a link that works once, a store has a page for all.
fn link(order: &Order<'_>, replies: &[Reply]) -> Act {
    let wanted = match order.kind() {
        Kind::PaymentLink { invoice, .. } => billed_for(invoice),
        _ => order.subscription().map(|subscription| subscription.id.as_str()),
    };
    managed(order.customer, wanted, order.now, replies)
}

fn page(bill: &Bill<'_>, replies: &[Reply]) -> Act {
    managed(bill.customer, billed_for(&bill.invoice.id), bill.now, replies)
}

fn document(bill: &Bill<'_>, document: Document, _: &[Reply]) -> Act {
    by_hand(steps::instead(&document.kind(&bill.invoice.id)))
}

fn card(holder: &Holder<'_>, replies: &[Reply]) -> Act {
    managed(holder.customer, holder.subscription, holder.now, replies)
}

/// A due item is called by its subscription and its period.
fn billed_for(invoice: &str) -> Option<&str> {
    invoice.rsplit_once(':').map(|(subscription, _)| subscription)
}

fn managed(customer: &str, wanted: Option<&str>, now: Timestamp, replies: &[Reply]) -> Act {
    let (found, rest) = match look::find(customer, wanted, replies) {
        Ok(Some(found)) => found,
        Ok(None) => return by_hand(steps::manage("")),
        Err(Need::Ask(call)) => return Act::Send(call),
        Err(Need::Unread(reply)) => return Act::Ended(failure(reply)),
    };
    let mut url = found.management_url;
    if let "rc_billing" | "paddle" = &*found.store {
        let Some(reply) = rest.first() else {
            return Act::Send(Call::list(format!(
                "/subscriptions/{}/authenticated_management_url",
                segment(&found.id)
            )));
        };
        match serde_json::from_str::<Managed>(&reply.body) {
            Ok(managed) if reply.status == 200 => url = managed.management_url.or(url),
            _ => return Act::Ended(failure(reply)),
        }
    }
    match url {
        Some(url) => {
            let status = "created".to_owned();
            Act::Ended(Answer::Done(Effect {
                reference: found.id,
                status,
                made_at: Some(now),
                link: Some(url),
                seen: Vec::new(),
            }))
        }
        None => by_hand(steps::manage(&found.store)),
    }
}

#[derive(Deserialize)]
struct Managed {
    management_url: Option<String>,
}

/// What was changed: a subscription, a purchase, or a transaction.
#[derive(Deserialize)]
struct Changed {
    id: String,
    status: Option<String>,
    auto_renewal_status: Option<String>,
}

fn answer(kind: &Kind, reply: &Reply) -> Answer {
    let (200..=299, Ok(changed)) = (reply.status, serde_json::from_str::<Changed>(&reply.body)) else {
        return failure(reply);
    };
    Answer::Done(match kind {
        Kind::Refund { payment, .. } => refunded(payment),
        Kind::ExtendTrial { .. } => {
            Effect { reference: changed.id, status: changed.status.unwrap_or_default(), ..Effect::default() }
        }
        _ => Effect {
            reference: changed.id,
            status: changed.auto_renewal_status.unwrap_or_default(),
            ..Effect::default()
        },
    })
}

/// Refunds have no id there: the reader calls them by their payment, and so do we.
fn refunded(payment: &str) -> Effect {
    Effect { reference: format!("{payment}:refund"), status: "succeeded".to_owned(), ..Effect::default() }
}

#[derive(Default, Deserialize)]
struct Error {
    #[serde(rename = "type")]
    kind: Option<String>,
    message: Option<String>,
    retryable: Option<bool>,
}

/// A 423 means that another request holds the object, a 429 that we were too quick: nothing was done. Where a store
/// had trouble, it may have done something.
fn failure(reply: &Reply) -> Answer {
    let error: Error = serde_json::from_str(&reply.body).unwrap_or_default();
    match reply.status {
        423 | 429 => Answer::NotNow,
        400..=499 if error.retryable != Some(true) => Answer::Refused {
            code: error.kind.unwrap_or_else(|| format!("http_{}", reply.status)),
            message: error.message.unwrap_or_else(|| "RevenueCat gave no reason".to_owned()),
        },
        _ => Answer::Unknown,
    }
}

#[cfg(test)]
mod tests;
