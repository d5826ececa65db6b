//! What Mollie does when it is asked: refunds, recurring payments, payment links,
//! and changes of subscriptions and invoices.

use super::{value, whole};
use crate::sandbox::listed::{answer, millis};
use crate::sandbox::{Disked, Sandbox};
use domain::id::digest;
use jiff::SignedDuration;
use providers::{Call, Reply};
use rust_decimal::Decimal;
use serde_json::{Value, json};

pub(in crate::sandbox) fn change(sandbox: &Sandbox, source: &str, call: &Call) -> Disked<Reply> {
    let body: Value = serde_json::from_str(&call.body).unwrap_or_default();
    let asked = Asked { sandbox, source, call, body };
    let path: Vec<&str> = call.path.trim_start_matches('/').split('/').collect();
    match (call.method.as_str(), path.as_slice()) {
        ("POST", ["v2", "payments", payment, "refunds"]) => refund(&asked, payment),
        ("POST", ["v2", "customers", customer, "payments"]) => recurring(&asked, customer),
        ("POST", ["v2", "payment-links"]) => payment_link(&asked),
        ("PATCH", ["v2", "customers", customer, "subscriptions", id]) => update(&asked, customer, id),
        ("DELETE", ["v2", "customers", customer, "subscriptions", id]) => cancel(&asked, customer, id),
        ("PATCH", ["v2", "sales-invoices", id]) => sales_invoice(&asked, id),
        _ => Ok(missing("The resource does not exist.")),
    }
}

/// One request that changes something.
struct Asked<'a> {
    sandbox: &'a Sandbox,
    source: &'a str,
    call: &'a Call,
    body: Value,
}

impl Asked<'_> {
    fn now(&self) -> String {
        self.sandbox.clock.now().to_string()
    }

    /// An id that the same request always gets, and no other one.
    fn id(&self, prefix: &str, parts: &[&str]) -> String {
        let key = self.call.idempotency_key.as_deref().unwrap_or_default();
        format!("{prefix}_{}", digest(&[parts.join(" ").as_str(), self.call.body.as_str(), key], 24))
    }

    fn made(&self, id: &str, object: &Value) -> Disked<()> {
        self.sandbox.keep("mollie", id, self.sandbox.clock.now().as_second(), object)
    }

    fn tell(&self, kind: &str, entity: &Value) -> Disked<()> {
        let id = entity["id"].as_str().unwrap_or_default();
        let event = format!("event_{}", digest(&[kind, id, &self.now(), &self.call.body], 24));
        let event = json!({
            "resource": "event",
            "id": event,
            "type": kind,
            "entityId": id,
            "createdAt": self.now(),
            "_embedded": {"entity": entity},
            "_links": {"self": {
                "href": format!("https://api.mollie.com/v2/events/{event}"),
                "type": "application/hal+json",
            }},
        });
        self.sandbox.send_back("mollie", self.source, SignedDuration::from_secs(2), &event)
    }
}

fn refund(asked: &Asked<'_>, id: &str) -> Disked<Reply> {
    let Some(payment) = asked.sandbox.object("mollie", id)?.filter(|object| object["resource"] == "payment") else {
        return Ok(missing("No payment exists with this token."));
    };
    if payment["status"] != "paid" {
        return Ok(unprocessable("The payment is not paid, so it cannot be refunded.", None));
    }
    let payment = whole(asked.sandbox, payment, false)?;
    let taken = if payment["amountCaptured"].is_object() {
        value(&payment["amountCaptured"])
    } else {
        value(&payment["amount"])
    };
    let left = taken - value(&payment["amountRefunded"]) - value(&payment["amountChargedBack"]);
    let amount = &asked.body["amount"];
    if amount["currency"] != payment["amount"]["currency"] {
        return Ok(unprocessable("The currency is not the payment's.", Some("amount.currency")));
    }
    if value(amount) <= Decimal::ZERO || value(amount) > left {
        return Ok(unprocessable(
            &format!("The amount is higher than what remains of the payment ({left})."),
            Some("amount"),
        ));
    }
    let refund_id = asked.id("re", &[id, &left.to_string()]);
    let queued = json!({
        "resource": "refund",
        "id": refund_id,
        "mode": mode(&payment),
        "amount": amount,
        "status": "pending",
        "createdAt": asked.now(),
        "description": asked.body["description"],
        "metadata": asked.body["metadata"],
        "paymentId": id,
    });
    let mut refund = queued.clone();
    refund["status"] = json!("refunded");
    asked.made(&refund_id, &refund)?;
    asked.tell("refund.refunded", &refund)?;
    Ok(answer(201, &queued))
}

/// The refusal of an address that Mollie cannot reach.
fn unreachable(asked: &Asked<'_>) -> Option<Reply> {
    let webhook = asked.body["webhookUrl"].as_str()?;
    let reached = webhook.starts_with("https://") && !webhook.contains("//localhost") && !webhook.contains("//127.");
    let text = "The webhook URL is invalid because it is unreachable from Mollie's point of view";
    (!reached).then(|| unprocessable(text, Some("webhookUrl")))
}

/// Cards say at once how it went, banks later.
fn recurring(asked: &Asked<'_>, customer: &str) -> Disked<Reply> {
    let sandbox = asked.sandbox;
    if let Some(reply) = unreachable(asked) {
        return Ok(reply);
    }
    let mut payments = sandbox.having("mollie", "customerId", customer)?;
    payments.retain(|object| object["resource"] == "payment");
    if payments.is_empty() && sandbox.object("mollie", customer)?.is_none() {
        return Ok(missing("No customer exists with this token."));
    }
    payments.sort_by_key(|payment| millis(&payment["createdAt"]));
    // Whoever ever paid for the first time, or again, has a mandate.
    let mandated =
        payments.iter().rev().find(|payment| matches!(payment["sequenceType"].as_str(), Some("first" | "recurring")));
    let Some(latest) = mandated else {
        return Ok(unprocessable("The customer has no suitable mandates.", Some("customerId")));
    };
    if value(&asked.body["amount"]) <= Decimal::ZERO {
        return Ok(unprocessable("The amount is lower than the minimum.", Some("amount")));
    }
    let item = payments.iter().find(|payment| payment["id"] == asked.body["metadata"]["recoup_invoice"]);
    let pays = sandbox.pays("mollie", customer)?;
    let failure = item.filter(|_| !pays).and_then(|item| still_fails(item, &payments));
    let (id, now) = (asked.id("tr", &[customer, &payments.len().to_string()]), asked.now());
    let open = json!({
        "resource": "payment",
        "id": id,
        "mode": mode(latest),
        "createdAt": now,
        "amount": asked.body["amount"],
        "status": "pending",
        "description": asked.body["description"],
        "metadata": asked.body["metadata"],
        "webhookUrl": asked.body["webhookUrl"],
        "method": latest["method"],
        "customerId": customer,
        "mandateId": asked.body["mandateId"].as_str().or(latest["mandateId"].as_str()),
        "sequenceType": "recurring",
        "profileId": latest["profileId"],
        "isCancelable": false,
    });
    let mut ended = open.clone();
    ended["details"] = latest["details"].clone();
    if let Some(details) = ended["details"].as_object_mut() {
        details.retain(|name, _| {
            !matches!(name.as_str(), "failureReason" | "failureMessage" | "bankReasonCode" | "bankReason")
        });
    }
    let kind = match failure {
        Some((name, reason)) => {
            if !ended["details"].is_object() {
                ended["details"] = json!({});
            }
            ended["details"][name] = json!(reason);
            ended["status"] = json!("failed");
            ended["failedAt"] = json!(now);
            "payment.failed"
        }
        None => {
            ended["status"] = json!("paid");
            ended["paidAt"] = json!(now);
            "payment.paid"
        }
    };
    asked.made(&id, &ended)?;
    asked.tell(kind, &ended)?;
    Ok(answer(201, if latest["method"] == "directdebit" { &open } else { &ended }))
}

/// The reason for which an item failed, and would again: until the customer has paid with something new.
fn still_fails(item: &Value, payments: &[Value]) -> Option<(&'static str, String)> {
    let renewed = |payment: &Value| {
        payment["sequenceType"] == "first"
            && payment["status"] == "paid"
            && millis(&payment["createdAt"]) > millis(&item["createdAt"])
    };
    if item["status"] != "failed" || payments.iter().any(renewed) {
        return None;
    }
    let reason = |name: &'static str| Some((name, item["details"][name].as_str()?.to_owned()));
    reason("failureReason").or_else(|| reason("bankReasonCode"))
}

fn payment_link(asked: &Asked<'_>) -> Disked<Reply> {
    if let Some(reply) = unreachable(asked) {
        return Ok(reply);
    }
    let customer = asked.body["customerId"].as_str();
    if let Some(customer) = customer
        && asked.sandbox.object("mollie", customer)?.is_none()
    {
        return Ok(unprocessable("The customer does not exist.", Some("customerId")));
    }
    if value(&asked.body["amount"]) <= Decimal::ZERO {
        return Ok(unprocessable("The amount is lower than the minimum.", Some("amount")));
    }
    let id = asked.id("pl", &[]);
    let page = format!("https://payment-links.mollie.com/payment/{}", id.trim_start_matches("pl_"));
    let link = json!({
        "resource": "payment-link",
        "id": id,
        "mode": "test",
        "description": asked.body["description"],
        "amount": asked.body["amount"],
        "sequenceType": asked.body["sequenceType"],
        "customerId": customer,
        "webhookUrl": asked.body["webhookUrl"],
        "archived": false,
        "reusable": false,
        "paidAt": null,
        "createdAt": asked.now(),
        "expiresAt": null,
        "_links": {"paymentLink": {"href": page, "type": "text/html"}},
    });
    asked.made(&id, &link)?;
    Ok(answer(201, &link))
}

/// No webhook tells of subscriptions: whoever changes one reads the answer.
fn update(asked: &Asked<'_>, customer: &str, id: &str) -> Disked<Reply> {
    let Some(mut subscription) = subscription(asked.sandbox, customer, id)? else {
        return Ok(missing(NO_SUBSCRIPTION));
    };
    if has_ended(&subscription) {
        return Ok(unprocessable("A canceled subscription cannot be updated.", None));
    }
    let amount = &asked.body["amount"];
    if amount.is_object() {
        if amount["currency"] != subscription["amount"]["currency"] {
            return Ok(unprocessable("The currency of a subscription cannot be changed.", Some("amount.currency")));
        }
        subscription["amount"] = amount.clone();
    }
    if asked.body["description"].is_string() {
        subscription["description"] = asked.body["description"].clone();
    }
    if let Some(start) = asked.body["startDate"].as_str() {
        // Dates of this form are in the order of their letters.
        if *start < asked.now()[..10] {
            return Ok(unprocessable("The start date is in the past.", Some("startDate")));
        }
        subscription["startDate"] = json!(start);
        subscription["nextPaymentDate"] = json!(start);
    }
    asked.sandbox.replace("mollie", id, &subscription)?;
    Ok(answer(200, &subscription))
}

fn cancel(asked: &Asked<'_>, customer: &str, id: &str) -> Disked<Reply> {
    let Some(mut subscription) = subscription(asked.sandbox, customer, id)? else {
        return Ok(missing(NO_SUBSCRIPTION));
    };
    if has_ended(&subscription) {
        return Ok(unprocessable("The subscription has been canceled already.", None));
    }
    subscription["status"] = json!("canceled");
    subscription["canceledAt"] = json!(asked.now());
    if let Some(fields) = subscription.as_object_mut() {
        fields.remove("nextPaymentDate");
    }
    asked.sandbox.replace("mollie", id, &subscription)?;
    Ok(answer(200, &subscription))
}

/// Marks an invoice as paid elsewhere, or cancels it.
fn sales_invoice(asked: &Asked<'_>, id: &str) -> Disked<Reply> {
    let Some(mut invoice) = asked.sandbox.object("mollie", id)?.filter(|object| object["resource"] == "sales-invoice")
    else {
        return Ok(missing("No sales invoice exists with this token."));
    };
    let status = invoice["status"].as_str().unwrap_or("issued").to_owned();
    let (kind, end) = match asked.body["status"].as_str() {
        Some("paid") if !asked.body["paymentDetails"]["source"].is_string() => {
            return Ok(unprocessable("The payment details are required.", Some("paymentDetails")));
        }
        Some("paid") => ("sales-invoice.paid", "paid"),
        Some("cancelled") => ("sales-invoice.canceled", "canceled"),
        _ => return Ok(unprocessable("The status is not one that can be set.", Some("status"))),
    };
    if matches!(status.as_str(), "paid" | "canceled" | "cancelled") {
        return Ok(unprocessable(&format!("The invoice is {status} already."), Some("status")));
    }
    invoice["status"] = json!(end);
    if end == "paid" {
        invoice["paidAt"] = json!(asked.now());
    }
    if invoice["amountDue"].is_object() {
        let digits = value(&invoice["amountDue"]).scale();
        invoice["amountDue"]["value"] = json!(Decimal::new(0, digits).to_string());
    }
    asked.sandbox.replace("mollie", id, &invoice)?;
    asked.tell(kind, &invoice)?;
    Ok(answer(200, &invoice))
}

const NO_SUBSCRIPTION: &str = "No subscription exists with this token.";

/// A subscription of a customer. Webhooks show only payments of it: it is as they are, and has been all along.
pub(super) fn subscription(sandbox: &Sandbox, customer: &str, id: &str) -> Disked<Option<Value>> {
    if let Some(known) = sandbox.object("mollie", id)? {
        return Ok(Some(known).filter(|known| known["resource"] == "subscription" && known["customerId"] == customer));
    }
    let mut payments = sandbox.having("mollie", "subscriptionId", id)?;
    payments.retain(|payment| payment["resource"] == "payment" && payment["customerId"] == customer);
    payments.sort_by_key(|payment| millis(&payment["createdAt"]));
    let (Some(first), Some(latest)) = (payments.first(), payments.last()) else { return Ok(None) };
    let began_on = first["createdAt"].as_str().and_then(|at| at.get(..10));
    let shown = json!({
        "resource": "subscription",
        "id": id,
        "customerId": customer,
        "mode": mode(latest),
        "createdAt": first["createdAt"],
        "status": "active",
        "amount": latest["amount"],
        "description": latest["description"],
        "method": null,
        "times": null,
        "timesRemaining": null,
        "interval": "1 month",
        "startDate": began_on,
        "mandateId": latest["mandateId"],
        "metadata": null,
    });
    sandbox.keep("mollie", id, 0, &shown)?;
    Ok(Some(shown))
}

fn has_ended(subscription: &Value) -> bool {
    matches!(subscription["status"].as_str(), Some("canceled" | "completed"))
}

fn mode(object: &Value) -> &str {
    object["mode"].as_str().unwrap_or("test")
}

fn missing(detail: &str) -> Reply {
    answer(404, &json!({"status": 404, "title": "Not Found", "detail": detail}))
}

fn unprocessable(detail: &str, field: Option<&str>) -> Reply {
    answer(422, &json!({"status": 422, "title": "Unprocessable Entity", "detail": detail, "field": field}))
}
