//! Was it done? Payments and refunds say so by our id; a subscription or a sales invoice by being as it was wanted.

use super::answer::{Object, effect};
use super::{first_charge, is_due_item, one_subscription, payments, refunds, sales_invoice};
use crate::value::decimal;
use crate::{Call, Found, Look, Order, Reply};
use domain::action::Kind;
use domain::money::Money;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct List<'a> {
    /// By the plural of the resource's name.
    #[serde(rename = "_embedded", borrow)]
    embedded: BTreeMap<String, Vec<Object<'a>>>,
}

pub(super) fn look(order: &Order<'_>, replies: &[Reply]) -> Look {
    match (question(order), replies.last()) {
        // A link may be made twice, and what a person does is not looked up.
        (None, _) => Look::Found(Found::NotThere { note: None }),
        (Some(call), None) => Look::Ask(call),
        (Some(_), Some(reply)) => Look::Found(found(order, reply)),
    }
}

/// The newest come first, so that ours is on the first page.
fn question(order: &Order<'_>) -> Option<Call> {
    let path = match order.kind() {
        Kind::Refund { payment, .. } => format!("{}?limit=250", refunds(payment).ok()?),
        Kind::RetryPayment { invoice, .. } if is_due_item(invoice) => format!("{}?limit=250", payments(order).ok()?),
        Kind::MarkPaid { invoice, .. } | Kind::WriteOff { invoice, .. } | Kind::VoidInvoice { invoice, .. }
            if !is_due_item(invoice) =>
        {
            sales_invoice(invoice).ok()?
        }
        Kind::ExtendTrial { subscription, .. }
        | Kind::Upgrade { subscription, .. }
        | Kind::Downgrade { subscription, .. }
        | Kind::ChangeAddons { subscription, price: Some(_), .. }
        | Kind::AdjustSeats { subscription, price: Some(_), .. }
        | Kind::Discount { subscription, price: Some(_), .. }
        | Kind::Cancel { subscription, .. }
        | Kind::ForceCancel { subscription } => one_subscription(order, subscription).ok()?,
        _ => return None,
    };
    Some(Call::list(path))
}

fn found(order: &Order<'_>, reply: &Reply) -> Found {
    if reply.status != 200 {
        return Found::Unknown;
    }
    if matches!(order.kind(), Kind::Refund { .. } | Kind::RetryPayment { .. }) {
        return named(order, reply);
    }
    match serde_json::from_str::<Object<'_>>(&reply.body) {
        Ok(object) if is_as_wanted(order.kind(), &object) => said(order.kind(), &object),
        Ok(_) => Found::NotThere { note: None },
        Err(_) => Found::Unknown,
    }
}

/// One of ours may have failed before another went through.
fn named(order: &Order<'_>, reply: &Reply) -> Found {
    let Ok(list) = serde_json::from_str::<List<'_>>(&reply.body) else { return Found::Unknown };
    let ours = |object: &&Object<'_>| object.metadata.recoup_action.as_deref() == Some(order.id());
    let ours: Vec<_> = list.embedded.values().flatten().filter(ours).collect();
    let went_through = ours.iter().find(|object| effect(order.kind(), object).is_ok());
    match went_through.or(ours.first()) {
        Some(object) => said(order.kind(), object),
        None => Found::NotThere { note: None },
    }
}

fn said(kind: &Kind, object: &Object<'_>) -> Found {
    match effect(kind, object) {
        Ok(effect) => Found::Done(effect),
        Err((code, message)) => Found::Failed { code, message },
    }
}

fn is_as_wanted(kind: &Kind, object: &Object<'_>) -> bool {
    let status = object.status.as_deref();
    match kind {
        Kind::Upgrade { plan, price, .. } | Kind::Downgrade { plan, price, .. } => {
            costs(object, *price) && object.description.as_ref() == Some(plan)
        }
        Kind::ChangeAddons { price: Some(price), .. }
        | Kind::AdjustSeats { price: Some(price), .. }
        | Kind::Discount { price: Some(price), .. } => costs(object, *price),
        Kind::ExtendTrial { until, .. } => {
            object.start_date.as_deref() == Some(first_charge(*until).to_string().as_str())
        }
        Kind::MarkPaid { .. } => status == Some("paid"),
        // Invoices are spelled in two ways, subscriptions in one.
        Kind::WriteOff { .. } | Kind::VoidInvoice { .. } => matches!(status, Some("canceled" | "cancelled")),
        Kind::Cancel { .. } | Kind::ForceCancel { .. } => status == Some("canceled"),
        _ => false,
    }
}

fn costs(object: &Object<'_>, price: Money) -> bool {
    object.amount.as_ref().and_then(|amount| decimal(&amount.value, &amount.currency).ok()) == Some(price)
}
