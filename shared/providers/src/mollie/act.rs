//! Asking Mollie for an approved action: one request each, because a subscription here is no more than an amount that
//! recurs.
//!
//! <https://docs.mollie.com/reference/update-subscription>

mod answer;
mod by_hand;
mod look;
#[cfg(test)]
mod tests;

use super::read::is_plain;
use crate::value::date;
use crate::{Act, Answer, Bill, Call, Effect, Effects, Holder, Order, Reply};
use by_hand::{by_hand, unknown_there};
use domain::action::Kind;
use domain::book::Invoice;
use domain::debt::Document;
use domain::money::{Currency, Money};
use http::Method;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

pub(super) const EFFECTS: Effects = Effects { act, look: look::look, looks_first, page, card, document };

fn act(order: &Order<'_>, replies: &[Reply]) -> Act {
    match (replies.last(), request(order)) {
        (Some(reply), _) => Act::Ended(answer::answer(order.kind(), reply)),
        (None, Ok(call)) => Act::Send(call),
        (None, Err(ended)) => Act::Ended(ended),
    }
}

/// A link of its own for a due item; a sales invoice has a page already.
fn page(bill: &Bill<'_>, replies: &[Reply]) -> Act {
    let kind = Kind::PaymentLink { invoice: bill.invoice.id.clone(), amount: None };
    let asked = || -> Result<Call, Answer> {
        let id = &bill.invoice.id;
        if !is_due_item(id) {
            return Ok(Call::list(sales_invoice(id)?));
        }
        let amount = still_due(bill.invoice).ok_or_else(|| unsupported(&kind))?;
        let body = first_payment(named_customer(bill.customer)?, amount, &described(None, id));
        Ok(request_for(bill.key, Method::POST, LINKS, &reported(bill.webhook, body)))
    };
    match replies.last() {
        Some(reply) => Act::Ended(answer::answer(&kind, reply)),
        None => asked().map_or_else(Act::Ended, Act::Send),
    }
}

/// Only a sales invoice has documents.
fn document(bill: &Bill<'_>, document: Document, replies: &[Reply]) -> Act {
    let id = &bill.invoice.id;
    let kind = document.kind(id);
    match replies.last() {
        Some(reply) => Act::Ended(answer::answer(&kind, reply)),
        None if is_due_item(id) => Act::Ended(unsupported(&kind)),
        None => sales_invoice(id).map_or_else(Act::Ended, |path| Act::Send(Call::list(path))),
    }
}

/// Whoever gives another card pays a cent with it, as their page says: Mollie keeps a card that has paid.
fn card(holder: &Holder<'_>, replies: &[Reply]) -> Act {
    let whose = (holder.customer, holder.currency.or_else(|| Currency::parse("EUR").ok()));
    match replies.last() {
        Some(reply) => Act::Ended(answer::answer(&Kind::UpdatePaymentMethod {}, reply)),
        None => first_card(whose, holder.key, holder.webhook).map_or_else(Act::Ended, Act::Send),
    }
}

fn first_card(
    (customer, currency): (&str, Option<Currency>),
    key: &str,
    webhook: Option<&str>,
) -> Result<Call, Answer> {
    let cent = Money::from_minor(1, currency.ok_or_else(|| unsupported(&Kind::UpdatePaymentMethod {}))?);
    let words = format!("New payment method ({cent}, charged once)");
    let body = first_payment(named_customer(customer)?, cent, &words);
    Ok(request_for(key, Method::POST, LINKS, &reported(webhook, body)))
}

/// Payments and refunds carry our id; everything else shows in the object itself.
fn looks_first(_: &Kind) -> bool {
    false
}

fn request(order: &Order<'_>) -> Result<Call, Answer> {
    let kind = order.kind();
    match kind {
        Kind::Refund { payment, amount } => {
            let metadata = json!({"recoup_action": order.id()});
            let body =
                json!({"amount": sum(*amount), "description": format!("Refund of {payment}"), "metadata": metadata});
            Ok(change(order, Method::POST, refunds(payment)?, &body))
        }
        Kind::RetryPayment { invoice, amount, card } if is_due_item(invoice) => {
            let amount = amount.or_else(|| open(order, invoice)).ok_or_else(|| unsupported(kind))?;
            let metadata = json!({"recoup_action": order.id(), "recoup_invoice": invoice});
            let mut body = json!({
                "sequenceType": "recurring", "amount": sum(amount), "description": description(order, invoice), "metadata": metadata,
            });
            if let Some(mandate) = card {
                body["mandateId"] = json!(mandate);
            }
            Ok(change(order, Method::POST, payments(order)?, &reported(order.webhook, body)))
        }
        Kind::PaymentLink { invoice, amount } => match known_link(order, invoice) {
            Some(effect) => Err(Answer::Done(effect)),
            None if !is_due_item(invoice) => Ok(Call::list(sales_invoice(invoice)?)),
            None => {
                let amount = amount.or_else(|| open(order, invoice)).ok_or_else(|| unsupported(kind))?;
                link_to_pay(order, amount, &description(order, invoice))
            }
        },
        Kind::UpdatePaymentMethod {} => first_card((order.customer, currency(order)), order.key, order.webhook),
        Kind::ResendInvoice { invoice } | Kind::TaxInvoice { invoice } if !is_due_item(invoice) => {
            Ok(Call::list(sales_invoice(invoice)?))
        }
        Kind::MarkPaid { invoice, amount }
            if !is_due_item(invoice) && open(order, invoice).is_none_or(|open| open == *amount) =>
        {
            let body = json!({"status": "paid", "paymentDetails": {"source": "manual", "sourceReference": order.id()}});
            Ok(change(order, Method::PATCH, sales_invoice(invoice)?, &body))
        }
        Kind::WriteOff { invoice, .. } | Kind::VoidInvoice { invoice, .. } if !is_due_item(invoice) => {
            Ok(change(order, Method::PATCH, sales_invoice(invoice)?, &json!({"status": "cancelled"})))
        }
        Kind::ExtendTrial { subscription, until, .. } => {
            let body = json!({"startDate": first_charge(*until).to_string()});
            Ok(change(order, Method::PATCH, one_subscription(order, subscription)?, &body))
        }
        // A plan is known by its description only, and either way the next payment is the first of that amount.
        Kind::Upgrade { subscription, plan, price, .. } | Kind::Downgrade { subscription, plan, price, .. } => {
            let body = json!({"amount": sum(*price), "description": plan});
            Ok(change(order, Method::PATCH, one_subscription(order, subscription)?, &body))
        }
        Kind::ChangeAddons { subscription, price: Some(price), .. }
        | Kind::AdjustSeats { subscription, price: Some(price), .. }
        | Kind::Discount { subscription, price: Some(price), .. } => {
            Ok(change(order, Method::PATCH, one_subscription(order, subscription)?, &json!({"amount": sum(*price)})))
        }
        // Mollie only collects: without another payment the period that was paid simply runs out.
        Kind::Cancel { subscription, .. } | Kind::ForceCancel { subscription } => {
            let path = one_subscription(order, subscription)?;
            Ok(Call { body: String::new(), ..change(order, Method::DELETE, path, &Value::Null) })
        }
        _ => Err(unsupported(kind)),
    }
}

fn change(order: &Order<'_>, method: Method, path: String, body: &Value) -> Call {
    request_for(order.key, method, path, body)
}

fn request_for(key: &str, method: Method, path: impl Into<String>, body: &Value) -> Call {
    let (path, body) = (path.into(), body.to_string());
    Call { method, path, body, idempotency_key: Some(key.to_owned()), patient: true }
}

const LINKS: &str = "/v2/payment-links";

fn link_to_pay(order: &Order<'_>, amount: Money, description: &str) -> Result<Call, Answer> {
    let body = first_payment(customer(order)?, amount, description);
    Ok(request_for(order.key, Method::POST, LINKS, &reported(order.webhook, body)))
}

/// What is paid through the link comes from this customer, and allows recurring payments from then on.
fn first_payment(customer: &str, amount: Money, description: &str) -> Value {
    json!({"amount": sum(amount), "description": description, "sequenceType": "first", "customerId": customer})
}

/// A payment without an address is not told of to shops with classic webhooks: neither how it ends, nor that it comes
/// back.
fn reported(webhook: Option<&str>, mut body: Value) -> Value {
    if let Some(webhook) = webhook {
        body["webhookUrl"] = json!(webhook);
    }
    body
}

fn unsupported(kind: &Kind) -> Answer {
    Answer::Unsupported { instead: by_hand(kind) }
}

/// A payment of a subscription is its own due item; everything else is a sales invoice.
fn is_due_item(invoice: &str) -> bool {
    invoice.starts_with("tr_")
}

fn refunds(payment: &str) -> Result<String, Answer> {
    Ok(format!("/v2/payments/{}/refunds", plain(payment)?))
}

fn payments(order: &Order<'_>) -> Result<String, Answer> {
    Ok(format!("/v2/customers/{}/payments", customer(order)?))
}

fn one_subscription(order: &Order<'_>, subscription: &str) -> Result<String, Answer> {
    Ok(format!("/v2/customers/{}/subscriptions/{}", customer(order)?, plain(subscription)?))
}

fn sales_invoice(invoice: &str) -> Result<String, Answer> {
    Ok(format!("/v2/sales-invoices/{}", plain(invoice)?))
}

fn plain(id: &str) -> Result<&str, Answer> {
    if is_plain(id) { Ok(id) } else { Err(Answer::Unsupported { instead: unknown_there(id) }) }
}

/// Who paid as a guest, or is only named on an invoice, is no customer of Mollie's.
fn customer<'a>(order: &Order<'a>) -> Result<&'a str, Answer> {
    named_customer(order.customer)
}

fn named_customer(id: &str) -> Result<&str, Answer> {
    if id.starts_with("cst_") { plain(id) } else { Err(Answer::Unsupported { instead: unknown_there(id) }) }
}

fn sum(amount: Money) -> Value {
    json!({"currency": amount.currency().code(), "value": amount.amount().to_string()})
}

fn invoice<'a>(order: &Order<'a>, id: &str) -> Option<&'a Invoice> {
    let records = order.records;
    records.invoices.get(id)
}

/// What is still owed, as the book has it.
fn open(order: &Order<'_>, id: &str) -> Option<Money> {
    still_due(invoice(order, id)?)
}

fn still_due(invoice: &Invoice) -> Option<Money> {
    invoice.remaining.copied().or(invoice.total.copied()).filter(|open| open.is_positive())
}

fn known_link(order: &Order<'_>, id: &str) -> Option<Effect> {
    let link = invoice(order, id)?.pay_link.value()?.clone();
    Some(Effect {
        reference: id.to_owned(),
        status: "open".to_owned(),
        made_at: None,
        link: Some(link),
        seen: Vec::new(),
    })
}

fn description(order: &Order<'_>, invoice: &str) -> String {
    let plan = order.subscription().and_then(|subscription| subscription.plan());
    described(plan.and_then(|plan| plan.name.as_deref()), invoice)
}

/// The due item stands at the end: a payment that comes through a link carries no metadata, and is told apart by it.
fn described(name: Option<&str>, invoice: &str) -> String {
    let name: String = name.unwrap_or("Open payment").chars().take(150).collect();
    format!("{name} ({invoice})")
}

/// What the customer pays in.
fn currency(order: &Order<'_>) -> Option<Currency> {
    let plan = order.subscription().and_then(|subscription| subscription.plan()).and_then(|plan| plan.unit);
    let billed = order.invoice().and_then(|invoice| invoice.total.copied());
    plan.map(|unit| unit.currency()).or(billed.map(|total| total.currency())).or_else(|| Currency::parse("EUR").ok())
}

/// The first day that begins when the trial is over: nobody is charged during its last hours.
fn first_charge(until: Timestamp) -> Date {
    date(until.checked_add(SignedDuration::from_hours(24) - SignedDuration::from_nanos(1)).unwrap_or(until))
}
