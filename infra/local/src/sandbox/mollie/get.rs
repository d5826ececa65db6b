//! What is asked for when somebody looks whether something was done: the payments and refunds of one, and one object.

use super::change::subscription;
use super::whole;
use crate::sandbox::listed::{Asked, answer, millis, newest_first};
use crate::sandbox::{Disked, Sandbox};
use providers::Reply;
use serde_json::{Value, json};

/// Nothing where the path is that of a listing or of a payment.
pub(super) fn get(sandbox: &Sandbox, asked: &Asked) -> Disked<Option<Reply>> {
    let path: Vec<&str> = asked.path.trim_start_matches('/').split('/').collect();
    Ok(Some(match path.as_slice() {
        ["v2", "payments", payment, "refunds"] => part(sandbox, asked, "refund", "refunds", ("paymentId", *payment))?,
        ["v2", "customers", customer, "payments"] => {
            part(sandbox, asked, "payment", "payments", ("customerId", *customer))?
        }
        ["v2", "customers", customer, "subscriptions", id] => one(subscription(sandbox, customer, id)?),
        ["v2", "sales-invoices", id] => one(sandbox
            .object("mollie", id)?
            .filter(|object| object["resource"] == "sales-invoice")
            .map(|invoice| with_links(invoice, id))),
        _ => return Ok(None),
    }))
}

fn one(object: Option<Value>) -> Reply {
    match object {
        Some(object) => answer(200, &object),
        None => answer(404, &json!({"status": 404, "title": "Not Found", "detail": "The resource does not exist."})),
    }
}

/// The objects of one parent, the newest first; more than one page of them nobody has here.
fn part(sandbox: &Sandbox, asked: &Asked, resource: &str, name: &str, (field, parent): (&str, &str)) -> Disked<Reply> {
    if sandbox.object("mollie", parent)?.is_none() {
        return Ok(one(None));
    }
    let mut objects = sandbox.having("mollie", field, parent)?;
    objects.retain(|object| object["resource"] == resource);
    newest_first(&mut objects, |object| millis(&object["createdAt"]));
    objects.truncate(asked.limit("limit", 50, 250));
    if resource == "payment" {
        objects = objects.into_iter().map(|payment| whole(sandbox, payment, false)).collect::<Disked<_>>()?;
    }
    let body = json!({
        "count": objects.len(), "_embedded": {name: objects},
        "_links": {"self": {"href": format!("https://api.mollie.com{}", asked.path)}, "previous": null, "next": null},
    });
    Ok(answer(200, &body))
}

/// A delivery may have left the links out.
fn with_links(mut invoice: Value, id: &str) -> Value {
    if !invoice["_links"].is_object() {
        invoice["_links"] = json!({});
    }
    let name = id.trim_start_matches("invoice_");
    let is_open = matches!(invoice["status"].as_str(), Some("issued" | "overdue"));
    if invoice["_links"]["pdfLink"].is_null() && invoice["status"] != "draft" {
        let href = format!("https://www.mollie.com/invoices/{name}.pdf");
        invoice["_links"]["pdfLink"] = json!({"href": href, "type": "application/pdf"});
    }
    if invoice["_links"]["invoicePayment"].is_null() && is_open {
        invoice["_links"]["invoicePayment"] =
            json!({"href": format!("https://pay.mollie.com/invoice/{name}"), "type": "text/html"});
    }
    invoice
}
