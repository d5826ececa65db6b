//! What Stripe does when it is asked to change something: money and bills here, subscriptions beside.

use super::asking::{Asking, INVALID, charge_for, decline_again, declined, fail_for, missing};
use super::{error, form, ok, schedules, subscriptions};
use crate::sandbox::listed::Asked;
use crate::sandbox::{Disked, Sandbox};
use domain::id::digest;
use providers::{Call, Reply};
use serde_json::{Value, json};

pub(super) fn change(sandbox: &Sandbox, source: &str, call: &Call) -> Disked<Reply> {
    let path = Asked::of(call).path;
    let asking = Asking { sandbox, source, call, form: form(&call.body) };
    let parts: Vec<_> = path.trim_start_matches("/v1/").split('/').collect();
    match (call.method.as_str(), parts.as_slice()) {
        ("POST", ["refunds"]) => refund(&asking),
        ("POST", ["customers", id, "balance_transactions"]) => credit(&asking, id),
        ("POST", ["invoices", id, "pay"]) => pay(&asking, id),
        ("POST", ["invoices", id, "mark_uncollectible"]) => close(&asking, id, "uncollectible", &["open"]),
        ("POST", ["invoices", id, "void"]) => close(&asking, id, "void", &["open", "uncollectible"]),
        ("POST", ["billing_portal", "sessions"]) => subscriptions::portal(&asking),
        ("POST", ["coupons"]) => subscriptions::coupon(&asking),
        ("POST", ["subscriptions", id]) => subscriptions::update(&asking, id),
        ("POST", ["subscriptions", id, "resume"]) => subscriptions::resume(&asking, id),
        ("DELETE", ["subscriptions", id]) => subscriptions::cancel(&asking, id),
        ("POST", ["subscription_schedules"]) => schedules::schedule(&asking),
        ("POST", ["subscription_schedules", id]) => schedules::reschedule(&asking, id),
        _ => Ok(error(404, INVALID, "resource_missing", "Unrecognized request URL")),
    }
}

fn refund(asking: &Asking<'_>) -> Disked<Reply> {
    let mut charge = match (asking.get("charge"), asking.get("payment_intent")) {
        (Some(id), _) => asking.load("charge", id)?,
        (None, Some(intent)) => {
            let mut of_it = asking.sandbox.having("stripe", "payment_intent", intent)?.into_iter();
            of_it.find(|charge| charge["object"] == "charge" && charge["status"] == "succeeded")
        }
        (None, None) => None,
    };
    let Some(charge) = charge.as_mut() else {
        let intent = ("payment_intent", asking.get("payment_intent"));
        let (kind, id) = asking.get("charge").map_or(intent, |id| ("charge", Some(id)));
        return Ok(missing(kind, id.unwrap_or_default()));
    };
    let id = charge["id"].as_str().unwrap_or_default().to_owned();
    let taken = charge["amount_captured"].as_i64().or(charge["amount"].as_i64()).unwrap_or(0);
    let back = charge["amount_refunded"].as_i64().unwrap_or(0);
    let amount = asking.number("amount").unwrap_or(taken - back);
    if back >= taken {
        return Ok(error(400, INVALID, "charge_already_refunded", &format!("Charge {id} has already been refunded.")));
    }
    if amount <= 0 || amount > taken - back {
        let text = format!("Refund amount is greater than unrefunded amount on charge ({})", taken - back);
        return Ok(error(400, INVALID, "amount_too_large", &text));
    }
    let key = asking.call.idempotency_key.as_deref().unwrap_or_default();
    let refund_id = format!("re_{}", digest(&[&id, &back.to_string(), &amount.to_string(), key], 24));
    let refund = json!({
        "id": refund_id, "object": "refund", "amount": amount, "balance_transaction": null, "charge": id,
        "created": asking.now(), "currency": charge["currency"], "metadata": asking.metadata(),
        "payment_intent": charge["payment_intent"], "reason": asking.get("reason"), "receipt_number": null,
        "source_transfer_reversal": null, "status": "succeeded", "transfer_reversal": null,
    });
    charge["amount_refunded"] = json!(back + amount);
    charge["refunded"] = json!(back + amount == taken);
    asking.keep(&refund)?;
    asking.replace(charge)?;
    asking.tell_once("refund.created", &refund, &["refund.created", &refund_id])?;
    asking.tell_once("charge.refunded", charge, &["charge.refunded", &refund_id])?;
    Ok(ok(&refund))
}

/// A transaction of the customer's balance. Somebody whom other objects name is a customer, although never shown.
fn credit(asking: &Asking<'_>, id: &str) -> Disked<Reply> {
    let known = asking.load("customer", id)?;
    if known.is_none() && asking.sandbox.having("stripe", "customer", id)?.is_empty() {
        return Ok(missing("customer", id));
    }
    let mut customer = known.unwrap_or_else(|| json!({"id": id, "object": "customer", "balance": 0}));
    let amount = asking.number("amount").filter(|amount| *amount != 0);
    let (Some(amount), Some(currency)) = (amount, asking.get("currency")) else {
        return Ok(error(400, INVALID, "parameter_missing", "Missing required param: amount and currency."));
    };
    if customer["currency"].as_str().is_some_and(|own| own != currency) {
        let text = format!(
            "You cannot combine currencies on a single customer: this customer's balance is not in {currency}."
        );
        return Ok(error(400, INVALID, "currency_mismatch", &text));
    }
    let balance = customer["balance"].as_i64().unwrap_or(0) + amount;
    let transaction = json!({
        "id": asking.id("cbtxn", id), "object": "customer_balance_transaction", "amount": amount,
        "created": asking.now(), "credit_note": null, "currency": currency, "customer": id,
        "description": asking.get("description"), "ending_balance": balance, "invoice": null, "livemode": false,
        "metadata": asking.metadata(), "type": "adjustment",
    });
    customer["balance"] = json!(balance);
    customer["currency"] = json!(currency);
    asking.keep(&transaction)?;
    asking.keep(&customer)?;
    asking.replace(&customer)?;
    asking.tell("customer.updated", &customer)?;
    Ok(ok(&transaction))
}

/// Collects an invoice: what failed fails again until the customer has a newer card, or their bank is said to pay.
fn pay(asking: &Asking<'_>, id: &str) -> Disked<Reply> {
    let Some(mut invoice) = asking.load("invoice", id)? else { return Ok(missing("invoice", id)) };
    match invoice["status"].as_str() {
        Some("paid") => return Ok(error(400, INVALID, "invoice_already_paid", "Invoice is already paid")),
        Some("void") => return Ok(error(400, INVALID, "invoice_not_open", "This invoice is void and cannot be paid")),
        _ => {}
    }
    if asking.get("paid_out_of_band") == Some("true") {
        settle(asking, &mut invoice);
        invoice["paid_out_of_band"] = json!(true);
        asking.replace(&invoice)?;
        asking.tell("invoice.paid", &invoice)?;
        recover(asking, &invoice)?;
        return Ok(ok(&invoice));
    }
    invoice["attempted"] = json!(true);
    let tries = invoice["attempt_count"].as_i64().unwrap_or(0) + 1;
    if let Some(decline) = decline_again(asking.sandbox, &invoice)? {
        let due = invoice["amount_remaining"].as_i64().or(invoice["amount_due"].as_i64()).unwrap_or(0);
        invoice["attempt_count"] = json!(tries);
        invoice["charge"] = fail_for(asking, &invoice, due, &decline)?["id"].clone();
        asking.replace(&invoice)?;
        asking.tell("invoice.payment_failed", &invoice)?;
        return Ok(declined(&decline));
    }
    let due = invoice["amount_remaining"].as_i64().or(invoice["amount_due"].as_i64()).unwrap_or(0);
    invoice["attempt_count"] = json!(tries);
    if due > 0 {
        let charge = charge_for(asking, &invoice, due)?;
        invoice["charge"] = charge["id"].clone();
    }
    settle(asking, &mut invoice);
    asking.replace(&invoice)?;
    asking.tell("invoice.paid", &invoice)?;
    recover(asking, &invoice)?;
    Ok(ok(&invoice))
}

/// Gives an invoice up.
fn close(asking: &Asking<'_>, id: &str, status: &str, from: &[&str]) -> Disked<Reply> {
    let Some(mut invoice) = asking.load("invoice", id)? else { return Ok(missing("invoice", id)) };
    let own = invoice["status"].as_str().unwrap_or("open").to_owned();
    if !from.contains(&own.as_str()) {
        let text = format!("You can only pass in open invoices. This invoice is {own}.");
        return Ok(error(400, INVALID, "invoice_not_open", &text));
    }
    let (kind, at) = match status {
        "void" => ("invoice.voided", "voided_at"),
        _ => ("invoice.marked_uncollectible", "marked_uncollectible_at"),
    };
    invoice["status"] = json!(status);
    invoice["next_payment_attempt"] = Value::Null;
    invoice["status_transitions"][at] = json!(asking.now());
    asking.replace(&invoice)?;
    asking.tell(kind, &invoice)?;
    Ok(ok(&invoice))
}

fn settle(asking: &Asking<'_>, invoice: &mut Value) {
    let total = invoice["amount_due"].as_i64().or(invoice["total"].as_i64()).unwrap_or(0);
    invoice["status"] = json!("paid");
    invoice["paid"] = json!(true);
    invoice["amount_paid"] = json!(total);
    invoice["amount_remaining"] = json!(0);
    invoice["next_payment_attempt"] = Value::Null;
    invoice["status_transitions"]["paid_at"] = json!(asking.now());
}

/// A subscription that waited for the money runs again.
fn recover(asking: &Asking<'_>, invoice: &Value) -> Disked<()> {
    let parent = &invoice["parent"]["subscription_details"]["subscription"];
    let Some(id) = invoice["subscription"].as_str().or(parent.as_str()) else { return Ok(()) };
    let Some(mut subscription) = asking.load("subscription", id)? else { return Ok(()) };
    if !matches!(subscription["status"].as_str(), Some("past_due" | "unpaid" | "incomplete")) {
        return Ok(());
    }
    subscription["status"] = json!("active");
    asking.replace(&subscription)?;
    asking.tell("customer.subscription.updated", &subscription)
}
