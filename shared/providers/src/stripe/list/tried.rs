//! Which invoice did a failed charge try to pay? Since basil neither names the other; the payments of the intent do.
//!
//! <https://docs.stripe.com/api/invoice-payment/list>

use super::List;
use crate::list::{Asked, listed, shown};
use crate::stripe::wire::{Object, Reference};
use crate::value::seconds;
use crate::{Call, Malformed, Page, Reply, malformed};
use domain::event::{InvoiceSeen, Kind, PaymentSeen, Seen};

pub(super) const PATH: &str = "/v1/invoice_payments";

/// Asks for what an intent pays, noting the charge and its time, which the answer leaves out.
pub(super) fn ask(intent: &str, charge: &str, failed_at: i64) -> Call {
    Asked::new(PATH)
        .with("payment[type]", "payment_intent")
        .with("payment[payment_intent]", intent)
        .with("limit", "10")
        .noting("charge", charge)
        .noting("failed_at", failed_at.to_string())
        .call()
}

pub(super) fn page(call: &Call, reply: &Reply, source: &str) -> Result<Page, Malformed> {
    let asked = Asked::of(call);
    let unnoted = || Malformed { expected: "a noted charge", cause: asked.path().to_owned() };
    let charge = asked.noted("charge").ok_or_else(unnoted)?;
    let failed_at = asked.noted("failed_at").and_then(|second| second.parse::<i64>().ok()).ok_or_else(unnoted)?;
    let failed_at = seconds(failed_at)?;
    let list: List<'_> = serde_json::from_str(&reply.body).map_err(malformed("a list of invoice payments"))?;
    let mut events = Vec::new();
    for raw in list.data {
        let paid: Object<'_> = serde_json::from_str(raw.get()).map_err(malformed("a payment of a Stripe invoice"))?;
        let Some(invoice) = paid.invoice.as_ref().map(Reference::id) else { continue };
        let intent = paid.payment.and_then(|payment| payment.payment_intent).as_ref().map(Reference::id);
        let seen = vec![
            Seen::Payment(PaymentSeen {
                id: charge.to_owned(),
                invoice: Some(invoice.clone()),
                intent,
                ..PaymentSeen::default()
            }),
            Seen::Invoice(InvoiceSeen { id: invoice, failed_at: Some(failed_at), ..InvoiceSeen::default() }),
        ];
        events.push(listed(charge, "", shown("stripe", source, Kind::PaymentFailed, failed_at, None, seen)));
    }
    Ok(Page { events, more: Vec::new() })
}
