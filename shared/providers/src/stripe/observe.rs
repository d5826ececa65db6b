//! What Stripe tells when it is asked: of an invoice or an intent, which intent tried to pay which invoice, and why it
//! failed; of a subscription, what its discounts take off.
//!
//! <https://docs.stripe.com/api/invoice-payment/list>

use super::bought;
use super::paid::intent_decline;
use super::wire::{InvoicePayment, List, Object, Reference};
use crate::{Call, Malformed, Reading, Reply, malformed};
use domain::book::Unlinked;
use domain::event::{Event, InvoiceSeen, Kind, LinkSeen, Origin, Seen};
use domain::id::digest;
use form_urlencoded::Serializer;
use jiff::Timestamp;

/// Asks which intents tried to pay an invoice, or which invoice an intent pays.
pub(super) fn linked(unlinked: &Unlinked) -> Call {
    let mut query = Serializer::new(String::new());
    match unlinked {
        Unlinked::Invoice(invoice) => query.append_pair("invoice", invoice),
        Unlinked::Payment(intent) => {
            query.append_pair("payment[type]", "payment_intent").append_pair("payment[payment_intent]", intent)
        }
    };
    let query = query.append_pair("limit", "10").append_pair("expand[]", "data.payment.payment_intent").finish();
    Call::get(format!("/v1/invoice_payments?{query}"))
}

pub(super) fn observe(call: &Call, reply: &Reply, source: &str, at: Timestamp) -> Result<Reading, Malformed> {
    if call.path.starts_with("/v1/subscriptions/") {
        let object: Object<'_> = serde_json::from_str(&reply.body).map_err(malformed("a Stripe subscription"))?;
        let (customer, seen) = bought::subscription(object)?;
        return Ok(told(call, reply, source, Kind::SubscriptionChanged, at, customer, seen));
    }
    let list: List<InvoicePayment<'_>> =
        serde_json::from_str(&reply.body).map_err(malformed("a list of invoice payments"))?;
    let mut customer = None;
    let mut seen = Vec::new();
    for paid in &list.data {
        let intent = paid.payment.as_ref().and_then(|payment| payment.payment_intent.as_ref());
        let (Some(invoice), Some(intent)) = (paid.invoice.as_ref().map(Reference::id), intent) else { continue };
        customer = customer.or_else(|| intent.customer.as_ref().map(Reference::id));
        seen.extend(
            intent.id.as_ref().map(|id| Seen::Link(LinkSeen { intent: id.to_string(), invoice: invoice.clone() })),
        );
        if let Some(decline) = intent.last_payment_error.as_ref().and_then(intent_decline) {
            seen.push(Seen::Invoice(InvoiceSeen { id: invoice, decline: Some(decline), ..InvoiceSeen::default() }));
        }
    }
    if seen.is_empty() {
        return Ok(Reading::Ignored("the provider knows no reason either"));
    }
    Ok(told(call, reply, source, Kind::InvoiceChanged, at, customer, seen))
}

/// An answer as an event: the same answer is the same event.
fn told(
    call: &Call,
    reply: &Reply,
    source: &str,
    kind: Kind,
    at: Timestamp,
    customer: Option<String>,
    seen: Vec<Seen>,
) -> Reading {
    Reading::Events(vec![Event {
        id: format!("seen_{}", digest(&[&call.path, &reply.body], 26)),
        provider: "stripe".to_owned(),
        source: source.to_owned(),
        origin: Origin::Lookup,
        kind,
        at,
        customer,
        seen,
    }])
}
