//! Was it done? Lemon Squeezy keeps no id of ours, so the object is compared with what was wanted.

use super::{cancelled, changed, object, parted, price_call, question, refund_name, subscription_call};
use crate::lemonsqueezy::wire::{Attributes, Data};
use crate::value::iso;
use crate::{Call, Found, Look, Order, Reply};
use domain::action::Kind;
use domain::money::Money;

pub(super) fn look(order: &Order<'_>, replies: &[Reply]) -> Look {
    match order.kind() {
        Kind::Refund { payment, amount } => refund(order, payment, *amount, replies),
        Kind::Upgrade { subscription, plan, .. } | Kind::Downgrade { subscription, plan, .. } => {
            moved(subscription, plan, replies)
        }
        Kind::ExtendTrial { subscription, until, .. } => state(subscription, replies, |attributes| {
            let ends_at = attributes.trial_ends_at.as_deref().and_then(|at| iso(at).ok());
            ends_at.is_some_and(|ends_at| ends_at.as_second() == until.as_second())
        }),
        Kind::Pause { subscription } => state(subscription, replies, is_paused),
        Kind::Resume { subscription } => state(subscription, replies, |attributes| {
            !is_paused(attributes) && !matches!(attributes.status.as_deref(), None | Some("cancelled" | "expired"))
        }),
        Kind::AdjustSeats { subscription, seats, .. } => state(subscription, replies, |attributes| {
            attributes.first_subscription_item.as_ref().and_then(|item| item.quantity) == Some(*seats)
        }),
        Kind::Cancel { subscription, .. } | Kind::ForceCancel { subscription } => {
            asked(subscription_call(subscription), replies, |object, _| {
                let done = matches!(object.attributes.status.as_deref(), Some("cancelled" | "expired"));
                if done { Look::Found(Found::Done(cancelled(subscription, object))) } else { not_there() }
            })
        }
        // Links are only read, and the rest is never asked for.
        Kind::PaymentLink { .. }
        | Kind::ResendInvoice { .. }
        | Kind::TaxInvoice { .. }
        | Kind::UpdatePaymentMethod {}
        | Kind::Credit { .. }
        | Kind::RetryPayment { .. }
        | Kind::MarkPaid { .. }
        | Kind::WriteOff { .. }
        | Kind::VoidInvoice { .. }
        | Kind::Defer { .. }
        | Kind::ChangeAddons { .. }
        | Kind::Discount { .. }
        | Kind::ExtendGrace { .. }
        | Kind::ErasePerson {}
        | Kind::Bundle { .. } => not_there(),
    }
}

/// Only the total of all refunds is told: grown by exactly ours, it is ours.
fn refund(order: &Order<'_>, payment: &str, amount: Money, replies: &[Reply]) -> Look {
    let Some((kind, id)) = parted(payment) else { return not_there() };
    asked(question(format!("/v1/{kind}/{id}")), replies, |object, _| {
        let Some(total) = refunded(&object.attributes) else { return Look::Found(Found::Unknown) };
        let Some(before) = order.before else { return Look::Found(Found::NotThere { note: Some(total.to_string()) }) };
        let grown = before.parse::<i64>().ok().and_then(|before| total.checked_sub(before));
        Look::Found(match grown {
            Some(0) => Found::NotThere { note: Some(before.to_owned()) },
            Some(_) if grown == amount.minor() => Found::Done(changed(&refund_name(order, payment), object)),
            _ => Found::Unclear { instead: unclear(payment, amount, before, total) },
        })
    })
}

fn unclear(payment: &str, amount: Money, before: &str, total: i64) -> String {
    format!(
        "Of payment {payment} {total} (in the smallest unit) is refunded in all; it was {before} before we asked for {amount}. Look in \
         the Lemon Squeezy dashboard whether our refund is among it, and refund it there if not."
    )
}

/// In the smallest unit. Older objects say only that they were refunded, then all of it was.
fn refunded(attributes: &Attributes<'_>) -> Option<i64> {
    attributes.refunded_amount.or(match attributes.status.as_deref() {
        Some("refunded") => attributes.total,
        None | Some("partial_refund") => None,
        Some(_) => Some(0),
    })
}

/// A price may have been replaced since by another one of the same variant, so the variants are compared.
fn moved(subscription: &str, plan: &str, replies: &[Reply]) -> Look {
    asked(price_call(plan), replies, |price, rest| {
        let wanted = &price.attributes.variant_id;
        if wanted.is_none() {
            return Look::Found(Found::Unknown);
        }
        state(subscription, rest, |attributes| attributes.variant_id == *wanted)
    })
}

fn is_paused(attributes: &Attributes<'_>) -> bool {
    attributes.pause.is_some() || attributes.status.as_deref() == Some("paused")
}

fn state(subscription: &str, replies: &[Reply], as_wanted: impl FnOnce(&Attributes<'_>) -> bool) -> Look {
    asked(subscription_call(subscription), replies, |object, _| {
        if as_wanted(&object.attributes) {
            Look::Found(Found::Done(changed(subscription, object)))
        } else {
            not_there()
        }
    })
}

fn asked(call: Call, replies: &[Reply], then: impl FnOnce(&Data<'_>, &[Reply]) -> Look) -> Look {
    let Some((first, rest)) = replies.split_first() else { return Look::Ask(call) };
    match object(first) {
        Ok(object) => then(&object, rest),
        Err(_) => Look::Found(Found::Unknown),
    }
}

fn not_there() -> Look {
    Look::Found(Found::NotThere { note: None })
}
