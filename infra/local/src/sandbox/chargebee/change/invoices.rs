//! What happens to invoices and their payments.

use super::{Asked, missing, ok, refuse, wrong_state, wrong_value};
use crate::sandbox::{Disked, Sandbox};
use domain::id::digest;
use providers::Reply;
use serde_json::{Value, json};

pub(super) fn pdf(asked: &Asked<'_>, id: &str) -> Disked<Reply> {
    if asked.object("invoice", id)?.is_none() {
        return missing(id);
    }
    let url = format!("https://{}.chargebee.com/invoices/{}.pdf", asked.source, digest(&[id, &asked.key], 24));
    ok(&json!({"download": {
        "download_url": url,
        "valid_till": asked.now() + 3600,
        "mime_type": "application/pdf",
        "object": "download",
    }}))
}

/// The reasons that a site has until somebody changes them.
const REASONS: &[&str] =
    &["Product Unsatisfactory", "Service Unsatisfactory", "Order Change", "Order Cancellation", "Waiver", "Other"];

/// Gives back what was paid for an invoice, and writes a credit note of it.
pub(super) fn refund(asked: &Asked<'_>, id: &str) -> Disked<Reply> {
    let reason = asked.get("credit_note[create_reason_code]");
    if reason.is_some_and(|reason| !REASONS.contains(&reason)) {
        return wrong_value("credit_note[create_reason_code] : is not in the list of reason codes");
    }
    let Some(mut invoice) = asked.object("invoice", id)? else { return missing(id) };
    let paid = payments(asked, &invoice)?;
    let paid: Vec<_> = paid.into_iter().filter(|payment| payment["status"] == "success" && left(payment) > 0).collect();
    let most = paid.iter().map(left).max().unwrap_or(0);
    let amount = asked.number("refund_amount").unwrap_or(most);
    let Some(mut payment) = paid.into_iter().find(|payment| amount > 0 && left(payment) >= amount) else {
        return wrong_value(&format!("refund_amount : should not be more than the refundable amount ({most})"));
    };
    let note_id = format!("CN-{}", asked.key);
    let mut refund = give_back(asked, &mut payment, amount)?;
    let went = refund["status"] == "success";
    let status = if went { "refunded" } else { "refund_due" };
    refund["linked_credit_notes"] = json!([{
        "cn_id": note_id,
        "applied_amount": amount,
        "applied_at": asked.now(),
        "cn_create_reason_code": reason,
        "cn_date": asked.now(),
        "cn_total": amount,
        "cn_status": status,
        "cn_reference_invoice_id": id,
    }]);
    asked.put("transaction", &mut refund)?;
    let mut note = json!({
        "id": note_id,
        "customer_id": invoice["customer_id"],
        "subscription_id": invoice["subscription_id"],
        "reference_invoice_id": id,
        "type": "refundable",
        "create_reason_code": reason,
        "notes": asked.get("customer_notes").into_iter().collect::<Vec<_>>(),
        "status": status,
        "date": asked.now(),
        "total": amount,
        "amount_allocated": 0,
        "amount_refunded": if went { amount } else { 0 },
        "amount_available": if went { 0 } else { amount },
        "refunded_at": went.then(|| asked.now()),
        "deleted": false,
        "currency_code": refund["currency_code"],
        "linked_refunds": [linked(&refund)],
    });
    asked.put("credit_note", &mut note)?;
    push(
        &mut invoice,
        "issued_credit_notes",
        json!({
            "cn_id": note_id,
            "cn_create_reason_code": reason,
            "cn_date": asked.now(),
            "cn_total": amount,
            "cn_status": status,
        }),
    );
    asked.put("invoice", &mut invoice)?;
    asked.comment("invoice", id)?;
    if !went {
        return gateway_refused();
    }
    asked.tell("payment_refunded", &[("transaction", &refund), ("invoice", &invoice), ("credit_note", &note)])?;
    ok(&json!({"invoice": invoice, "transaction": refund, "credit_note": note}))
}

/// Gives back money that pays no invoice.
pub(super) fn refund_payment(asked: &Asked<'_>, id: &str) -> Disked<Reply> {
    let Some(mut payment) = asked.object("transaction", id)? else { return missing(id) };
    let amount = asked.number("amount").unwrap_or_else(|| left(&payment));
    if payment["status"] != "success" || amount <= 0 || amount > left(&payment) {
        return wrong_value(&format!("amount : should not be more than the refundable amount ({})", left(&payment)));
    }
    let refund = give_back(asked, &mut payment, amount)?;
    asked.comment("transaction", refund["id"].as_str().unwrap_or_default())?;
    if refund["status"] != "success" {
        return gateway_refused();
    }
    asked.tell("payment_refunded", &[("transaction", &refund)])?;
    ok(&json!({"transaction": refund}))
}

fn gateway_refused() -> Disked<Reply> {
    let text = "Problem while processing the refund. Error message: the card is closed";
    refuse(400, "payment", "payment_processing_failed", text)
}

/// The gateway refuses a payment's refunds once the sandbox was taught a `refund_refusal` of that id.
fn give_back(asked: &Asked<'_>, payment: &mut Value, amount: i64) -> Disked<Value> {
    let refused = asked.object("refund_refusal", payment["id"].as_str().unwrap_or_default())?.is_some();
    let mut refund = json!({
        "id": format!("txn_{}", asked.key),
        "customer_id": payment["customer_id"],
        "subscription_id": payment["subscription_id"],
        "payment_method": payment["payment_method"],
        "gateway": payment["gateway"],
        "type": "refund",
        "date": asked.now(),
        "amount": amount,
        "status": if refused { "failure" } else { "success" },
        "deleted": false,
        "masked_card_number": payment["masked_card_number"],
        "refunded_txn_id": payment["id"],
        "currency_code": payment["currency_code"],
    });
    asked.put("transaction", &mut refund)?;
    push(payment, "linked_refunds", linked(&refund));
    asked.put("transaction", payment)?;
    Ok(refund)
}

/// Tries the payment again: a card that was refused is refused again, for the same reason, until there is another or
/// the customer's bank is said to pay.
pub(super) fn collect(asked: &Asked<'_>, id: &str) -> Disked<Reply> {
    let Some(invoice) = asked.object("invoice", id)? else { return missing(id) };
    let due = due(&invoice);
    let amount = asked.number("amount").unwrap_or(due);
    if due <= 0 {
        return wrong_state("Payment cannot be collected: nothing is due on the invoice.");
    }
    if amount <= 0 || amount > due {
        return wrong_value(&format!("amount : should not be more than the amount due ({due})"));
    }
    let tried = payments(asked, &invoice)?;
    let last = tried.iter().max_by_key(|payment| payment["date"].as_i64());
    let failed_at = last.filter(|last| last["status"] == "failure").and_then(|last| last["date"].as_i64());
    let customer = invoice["customer_id"].as_str().unwrap_or_default();
    let fails = match failed_at {
        Some(failed_at) => {
            let is_old = card_changed_at(asked, &invoice)?.is_none_or(|at| at <= failed_at);
            is_old && !asked.sandbox.pays("chargebee", customer)?
        }
        None => false,
    };
    let copied = |name: &str| last.map_or(Value::Null, |last| last[name].clone());
    let mut payment = json!({
        "payment_method": last.map_or(json!("card"), |last| last["payment_method"].clone()),
        "gateway": copied("gateway"),
        "masked_card_number": copied("masked_card_number"),
        "status": if fails { "failure" } else { "success" },
    });
    if fails {
        for name in ["error_code", "error_text", "error_detail"] {
            if !copied(name).is_null() {
                payment[name] = copied(name);
            }
        }
    }
    let reply = settle(asked, invoice, payment, amount)?;
    if fails {
        let (code, text) = (copied("error_code"), copied("error_text"));
        let why =
            format!("({}) {}", code.as_str().unwrap_or("declined"), text.as_str().unwrap_or("the card was declined"));
        return refuse(
            400,
            "payment",
            "payment_processing_failed",
            &format!("Problem while processing the payment. Error message: {why}"),
        );
    }
    Ok(reply)
}

/// Records money that came another way.
pub(super) fn record(asked: &Asked<'_>, id: &str) -> Disked<Reply> {
    let Some(invoice) = asked.object("invoice", id)? else { return missing(id) };
    let due = due(&invoice);
    let amount = asked.number("transaction[amount]").unwrap_or(due);
    if due <= 0 {
        return wrong_state("Payment cannot be recorded: nothing is due on the invoice.");
    }
    if amount <= 0 || amount > due {
        return wrong_value(&format!("transaction[amount] : should not be more than the amount due ({due})"));
    }
    let payment = json!({
        "payment_method": asked.get("transaction[payment_method]"), "gateway": "not_applicable", "status": "success",
        "reference_number": asked.get("transaction[reference_number]"), "date": asked.number("transaction[date]"),
    });
    settle(asked, invoice, payment, amount)
}

/// A new payment of an invoice, and what it does to the invoice.
fn settle(asked: &Asked<'_>, mut invoice: Value, mut payment: Value, amount: i64) -> Disked<Reply> {
    let now = asked.now();
    let paid = payment["status"] == "success";
    payment["id"] = json!(format!("txn_{}", asked.key));
    payment["type"] = json!("payment");
    payment["amount"] = json!(amount);
    payment["deleted"] = json!(false);
    if payment["date"].is_null() {
        payment["date"] = json!(now);
    }
    for name in ["customer_id", "subscription_id", "currency_code"] {
        payment[name] = invoice[name].clone();
    }
    push(&mut invoice, "linked_payments", linked(&payment));
    if paid {
        let left = due(&invoice) - amount;
        invoice["amount_paid"] = json!(invoice["amount_paid"].as_i64().unwrap_or(0) + amount);
        invoice["amount_due"] = json!(left);
        invoice["amount_to_collect"] = json!(left);
        if left == 0 {
            invoice["status"] = json!("paid");
            invoice["paid_at"] = json!(now);
            let dunned = !invoice["dunning_status"].is_null();
            if let Some(fields) = invoice.as_object_mut() {
                fields.remove("next_retry_at");
                if dunned {
                    fields.insert("dunning_status".to_owned(), json!("success"));
                }
            }
        }
    }
    payment["linked_invoices"] = json!([{
        "invoice_id": invoice["id"], "applied_amount": amount, "applied_at": now, "invoice_date": invoice["date"],
        "invoice_total": invoice["total"], "invoice_status": invoice["status"],
    }]);
    payment["linked_refunds"] = json!([]);
    asked.put("transaction", &mut payment)?;
    asked.put("invoice", &mut invoice)?;
    asked.comment("invoice", invoice["id"].as_str().unwrap_or_default())?;
    asked.tell(
        if paid { "payment_succeeded" } else { "payment_failed" },
        &[("transaction", &payment), ("invoice", &invoice)],
    )?;
    ok(&json!({"invoice": invoice, "transaction": payment}))
}

/// What is written off is called paid, and a credit note says of how much.
pub(super) fn write_off(asked: &Asked<'_>, id: &str) -> Disked<Reply> {
    let Some(mut invoice) = asked.object("invoice", id)? else { return missing(id) };
    let due = due(&invoice);
    if due <= 0 {
        return wrong_state("The invoice cannot be written off: nothing is due on it.");
    }
    let mut note = json!({
        "id": format!("CN-{}", asked.key),
        "customer_id": invoice["customer_id"],
        "subscription_id": invoice["subscription_id"],
        "reference_invoice_id": id,
        "type": "adjustment",
        "reason_code": "write_off",
        "status": "adjusted",
        "date": asked.now(),
        "total": due,
        "amount_allocated": due,
        "amount_refunded": 0,
        "amount_available": 0,
        "deleted": false,
        "currency_code": invoice["currency_code"],
        "linked_refunds": [],
    });
    invoice["status"] = json!("paid");
    invoice["paid_at"] = json!(asked.now());
    invoice["write_off_amount"] = json!(due);
    push(
        &mut invoice,
        "adjustment_credit_notes",
        json!({
            "cn_id": note["id"],
            "cn_reason_code": "write_off",
            "cn_date": asked.now(),
            "cn_total": due,
            "cn_status": "adjusted",
        }),
    );
    nothing_due(&mut invoice);
    asked.put("credit_note", &mut note)?;
    asked.put("invoice", &mut invoice)?;
    asked.comment("invoice", id)?;
    asked.tell("credit_note_created", &[("credit_note", &note)])?;
    asked.tell("invoice_updated", &[("invoice", &invoice)])?;
    ok(&json!({"invoice": invoice, "credit_note": note}))
}

pub(super) fn void(asked: &Asked<'_>, id: &str) -> Disked<Reply> {
    let Some(mut invoice) = asked.object("invoice", id)? else { return missing(id) };
    if invoice["status"] == "voided" {
        return wrong_state("The invoice has been voided already.");
    }
    if invoice["amount_paid"].as_i64().unwrap_or(0) > 0 || invoice["status"] == "paid" {
        return wrong_state("The invoice cannot be voided: it has payments.");
    }
    invoice["status"] = json!("voided");
    invoice["voided_at"] = json!(asked.now());
    nothing_due(&mut invoice);
    asked.put("invoice", &mut invoice)?;
    asked.comment("invoice", id)?;
    asked.tell("invoice_updated", &[("invoice", &invoice)])?;
    ok(&json!({"invoice": invoice}))
}

fn nothing_due(invoice: &mut Value) {
    invoice["amount_due"] = json!(0);
    invoice["amount_to_collect"] = json!(0);
    let dunned = !invoice["dunning_status"].is_null();
    if let Some(fields) = invoice.as_object_mut() {
        fields.remove("next_retry_at");
        if dunned {
            fields.insert("dunning_status".to_owned(), json!("stopped"));
        }
    }
}

fn due(invoice: &Value) -> i64 {
    let open = !matches!(invoice["status"].as_str(), Some("paid" | "voided"));
    if open { invoice["amount_due"].as_i64().or(invoice["total"].as_i64()).unwrap_or(0) } else { 0 }
}

/// The payments of an invoice, tried ones too. Some were only seen as the invoice mentions them.
fn payments(asked: &Asked<'_>, invoice: &Value) -> Disked<Vec<Value>> {
    let mut payments: Vec<Value> = asked.objects("transaction")?;
    payments.retain(|payment| {
        let linked = payment["linked_invoices"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|linked| linked["invoice_id"] == invoice["id"]);
        linked && payment["type"].as_str().is_none_or(|kind| kind == "payment") && payment["deleted"] != true
    });
    for mentioned in invoice["linked_payments"].as_array().into_iter().flatten() {
        if payments.iter().any(|payment| payment["id"] == mentioned["txn_id"]) {
            continue;
        }
        payments.push(json!({
            "id": mentioned["txn_id"],
            "type": "payment",
            "status": mentioned["txn_status"],
            "date": mentioned["txn_date"],
            "amount": mentioned["txn_amount"],
            "customer_id": invoice["customer_id"],
            "subscription_id": invoice["subscription_id"],
            "currency_code": invoice["currency_code"],
            "payment_method": "card",
            "deleted": false,
            "linked_invoices": [{"invoice_id": invoice["id"]}],
        }));
    }
    Ok(payments)
}

/// What of a payment can still go back.
fn left(payment: &Value) -> i64 {
    let failed = |refund: &&Value| {
        matches!(refund["txn_status"].as_str(), Some("failure" | "late_failure" | "timeout" | "voided"))
    };
    let back = payment["linked_refunds"].as_array().into_iter().flatten().filter(|refund| !failed(refund));
    payment["amount"].as_i64().unwrap_or(0) - back.filter_map(|refund| refund["txn_amount"].as_i64()).sum::<i64>()
}

/// When the customer last changed the way to pay.
fn card_changed_at(asked: &Asked<'_>, invoice: &Value) -> Disked<Option<i64>> {
    let Some(customer) = invoice["customer_id"].as_str() else { return Ok(None) };
    let mut sources = asked.objects("payment_source")?;
    sources.extend(asked.object("card", customer)?);
    let own = sources.iter().filter(|source| source["customer_id"] == customer && source["deleted"] != true);
    let changed_at = |source: &Value| {
        let version = source["resource_version"].as_i64().map(|version| version / 1000);
        source["updated_at"].as_i64().or(version).or(source["created_at"].as_i64())
    };
    Ok(own.filter_map(changed_at).max())
}

fn linked(transaction: &Value) -> Value {
    json!({
        "txn_id": transaction["id"], "applied_amount": transaction["amount"], "applied_at": transaction["date"],
        "txn_status": transaction["status"], "txn_date": transaction["date"], "txn_amount": transaction["amount"],
    })
}

/// What was told of a payment's refunds stands with it as well: neither event says so, and either may come first.
pub(in crate::sandbox) fn gave_back(sandbox: &Sandbox, transaction: &Value) -> Disked<()> {
    let Some(id) = transaction["refunded_txn_id"].as_str().or(transaction["id"].as_str()) else { return Ok(()) };
    let name = format!("transaction:{id}");
    let Some(mut payment) = sandbox.object("chargebee", &name)? else { return Ok(()) };
    let before = payment.clone();
    for refund in sandbox.having("chargebee", "refunded_txn_id", id)? {
        let mut known = payment["linked_refunds"].as_array().into_iter().flatten();
        if !known.any(|known| known["txn_id"] == refund["id"]) {
            push(&mut payment, "linked_refunds", linked(&refund));
        }
    }
    if payment == before { Ok(()) } else { sandbox.replace("chargebee", &name, &payment) }
}

fn push(object: &mut Value, list: &str, entry: Value) {
    match object[list].as_array_mut() {
        Some(entries) => entries.push(entry),
        None => object[list] = json!([entry]),
    }
}
