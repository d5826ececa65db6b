//! Was it done? By our id where Stripe keeps it, otherwise by the state that was wanted.

use super::answer::{changed, made, paid, refund};
use super::discount::is_given;
use super::show;
use crate::stripe::bought::with_discounts;
use crate::{Effect, Found, Look, Order, Reply};
use domain::action::{Addon, Kind, When};
use form_urlencoded::Serializer;
use jiff::SignedDuration;
use serde_json::Value;

/// How far Stripe's clock may be from ours.
const CLOCKS_APART: SignedDuration = SignedDuration::from_hours(1);

pub(super) fn look(order: &Order<'_>, replies: &[Reply]) -> Look {
    match order.kind() {
        Kind::Refund { payment, .. } => {
            let name = if payment.starts_with("pi_") { "payment_intent" } else { "charge" };
            let query = Serializer::new(String::new()).append_pair(name, payment).append_pair("limit", "100").finish();
            listed(order, replies, &format!("/v1/refunds?{query}"), |object| match refund(object) {
                Ok(effect) => Found::Done(effect),
                Err((code, message)) => Found::Failed { code, message },
            })
        }
        Kind::Credit { .. } => {
            let path = format!("/v1/customers/{}/balance_transactions?limit=100", order.customer);
            listed(order, replies, &path, |object| {
                Found::Done(Effect { status: "credited".to_owned(), ..made(object) })
            })
        }
        Kind::RetryPayment { invoice, .. } => retried(order, replies, invoice),
        Kind::MarkPaid { invoice, .. } => invoice_is(replies, invoice, "paid"),
        Kind::WriteOff { invoice, .. } => invoice_is(replies, invoice, "uncollectible"),
        Kind::VoidInvoice { invoice, .. } => invoice_is(replies, invoice, "void"),
        Kind::Downgrade { subscription, plan, .. } => scheduled(order, replies, subscription, plan),
        Kind::ExtendTrial { subscription, until, .. } => subscription_is(replies, subscription, |object| {
            is_ours(order, object) || object["trial_end"] == until.as_second()
        }),
        Kind::Pause { subscription } => subscription_is(replies, subscription, |object| {
            is_ours(order, object) || !object["pause_collection"].is_null()
        }),
        // Of its two requests only one leaves our id.
        Kind::Resume { subscription } => subscription_is(replies, subscription, |object| {
            object["pause_collection"].is_null() && object["status"] != "paused"
        }),
        Kind::Upgrade { subscription, plan, .. } => {
            subscription_is(replies, subscription, |object| is_ours(order, object) || quantity(object, plan).is_some())
        }
        Kind::ChangeAddons { subscription, addons, .. } => {
            let has = |object: &Value, addon: &Addon| {
                quantity(object, &addon.price).unwrap_or(0) == u64::from(addon.quantity)
            };
            subscription_is(replies, subscription, |object| {
                is_ours(order, object) || addons.iter().all(|addon| has(object, addon))
            })
        }
        Kind::AdjustSeats { subscription, seats, .. } => {
            let plan = order.subscription().and_then(|bought| bought.plan()).map_or("", |item| item.price.as_str());
            subscription_is(replies, subscription, |object| {
                is_ours(order, object) || quantity(object, plan) == Some(u64::from(*seats))
            })
        }
        Kind::Discount { subscription, .. } => {
            is_so(replies, with_discounts(subscription), |object| is_ours(order, object) || is_given(order, object))
        }
        Kind::Cancel { subscription, when: When::PeriodEnd, .. } => subscription_is(replies, subscription, |object| {
            object["status"] == "canceled" || object["cancel_at_period_end"] == true || object["cancel_at"].is_i64()
        }),
        Kind::Cancel { subscription, when: When::Now, .. } | Kind::ForceCancel { subscription } => {
            subscription_is(replies, subscription, |object| object["status"] == "canceled")
        }
        // A link is made again without harm.
        Kind::PaymentLink { .. }
        | Kind::ResendInvoice { .. }
        | Kind::TaxInvoice { .. }
        | Kind::UpdatePaymentMethod {}
        | Kind::Defer { .. }
        | Kind::ExtendGrace { .. }
        | Kind::ErasePerson {}
        | Kind::Bundle { .. } => NOT_THERE,
    }
}

const NOT_THERE: Look = Look::Found(Found::NotThere { note: None });

/// Searches a list, newest first, back to when it was first asked for.
fn listed(order: &Order<'_>, replies: &[Reply], path: &str, told: impl FnOnce(&Value) -> Found) -> Look {
    let Some(reply) = replies.last() else { return Look::Ask(show(path)) };
    let Some(page) = shown(reply) else { return Look::Found(Found::Unknown) };
    let Some(objects) = page["data"].as_array() else { return Look::Found(Found::Unknown) };
    if let Some(own) = objects.iter().find(|object| is_ours(order, object)) {
        return Look::Found(told(own));
    }
    let since = order.since.as_second() - CLOCKS_APART.as_secs();
    let more = objects.last().filter(|oldest| page["has_more"] == true && oldest["created"].as_i64() >= Some(since));
    match more.and_then(|oldest| oldest["id"].as_str()) {
        Some(oldest) => Look::Ask(show(format!("{path}&starting_after={oldest}"))),
        None => NOT_THERE,
    }
}

/// Compares how often it was tried, and with which charges, to how it was before ours.
///
/// The count alone would not do: Stripe counts its own tries, and of those by hand only the first. Since basil an invoice
/// does not name its charge, its payments do.
fn retried(order: &Order<'_>, replies: &[Reply], invoice: &str) -> Look {
    let Some(first) = replies.first() else { return Look::Ask(show(format!("/v1/invoices/{invoice}"))) };
    let Some(object) = shown(first) else { return Look::Found(Found::Unknown) };
    if object["status"] == "paid" && order.before.is_some() {
        return Look::Found(Found::Done(paid(&object)));
    }
    let names_charge = object.get("charge").is_some();
    let payments = match replies.get(1) {
        None if !names_charge => {
            let query = Serializer::new(String::new())
                .append_pair("invoice", invoice)
                .append_pair("limit", "100")
                .append_pair("expand[]", "data.payment.payment_intent")
                .finish();
            return Look::Ask(show(format!("/v1/invoice_payments?{query}")));
        }
        None => Value::Null,
        Some(reply) => match shown(reply) {
            Some(payments) => payments,
            None => return Look::Found(Found::Unknown),
        },
    };
    let intents: Vec<_> =
        payments["data"].as_array().into_iter().flatten().map(|paid| &paid["payment"]["payment_intent"]).collect();
    let own = object["charge"].as_str().or(object["charge"]["id"].as_str());
    let charges = own.into_iter().chain(intents.iter().filter_map(|intent| intent["latest_charge"].as_str()));
    let note = format!(
        "tries {}, charges {}",
        object["attempt_count"].as_u64().unwrap_or(0),
        charges.collect::<Vec<_>>().join(" ")
    );
    // A charge by an Indian mandate is on its way for 26 hours.
    let pending = intents.iter().any(|intent| intent["status"] == "processing");
    Look::Found(match order.before {
        Some(before) if before != note && pending => {
            Found::Done(Effect { status: "processing".to_owned(), ..changed(&object) })
        }
        Some(before) if before != note => failed(&intents),
        _ => Found::NotThere { note: Some(note) },
    })
}

fn failed(intents: &[&Value]) -> Found {
    let error = intents.iter().map(|intent| &intent["last_payment_error"]).find(|error| error.is_object());
    let field = |name: &str| error.and_then(|error| error[name].as_str());
    Found::Failed {
        code: field("decline_code").or(field("code")).unwrap_or("payment_failed").to_owned(),
        message: field("message").unwrap_or("Stripe tried to collect it, and it is still open").to_owned(),
    }
}

/// Whether the subscription's schedule leads to the plan, or it has come there.
fn scheduled(order: &Order<'_>, replies: &[Reply], subscription: &str, plan: &str) -> Look {
    let Some(first) = replies.first() else { return Look::Ask(show(format!("/v1/subscriptions/{subscription}"))) };
    let Some(object) = shown(first) else { return Look::Found(Found::Unknown) };
    if quantity(&object, plan).is_some() {
        return Look::Found(Found::Done(changed(&object)));
    }
    let Some(schedule) = object["schedule"].as_str().or(object["schedule"]["id"].as_str()) else { return NOT_THERE };
    let Some(reply) = replies.get(1) else { return Look::Ask(show(format!("/v1/subscription_schedules/{schedule}"))) };
    let Some(schedule) = shown(reply) else { return Look::Found(Found::Unknown) };
    let last = schedule["phases"].as_array().and_then(|phases| phases.last()).unwrap_or(&Value::Null);
    let leads =
        last["items"].as_array().into_iter().flatten().any(|item| item["price"] == plan || item["price"]["id"] == plan);
    if leads || is_ours(order, &schedule) { Look::Found(Found::Done(made(&schedule))) } else { NOT_THERE }
}

fn invoice_is(replies: &[Reply], invoice: &str, status: &str) -> Look {
    is_so(replies, format!("/v1/invoices/{invoice}"), |object| object["status"] == status)
}

fn subscription_is(replies: &[Reply], subscription: &str, wanted: impl FnOnce(&Value) -> bool) -> Look {
    is_so(replies, format!("/v1/subscriptions/{subscription}"), wanted)
}

fn is_so(replies: &[Reply], path: String, wanted: impl FnOnce(&Value) -> bool) -> Look {
    let Some(reply) = replies.last() else { return Look::Ask(show(path)) };
    match shown(reply) {
        Some(object) if wanted(&object) => Look::Found(Found::Done(changed(&object))),
        Some(_) => NOT_THERE,
        None => Look::Found(Found::Unknown),
    }
}

fn shown(reply: &Reply) -> Option<Value> {
    serde_json::from_str(&reply.body).ok().filter(|body: &Value| reply.status == 200 && body.is_object())
}

fn is_ours(order: &Order<'_>, object: &Value) -> bool {
    object["metadata"]["recoup_action"] == order.id()
}

/// How many of a price a subscription buys, if it does.
fn quantity(subscription: &Value, price: &str) -> Option<u64> {
    let items = subscription["items"]["data"].as_array()?;
    let item = items.iter().find(|item| item["price"]["id"] == price || item["plan"]["id"] == price)?;
    Some(item["quantity"].as_u64().unwrap_or(1))
}
