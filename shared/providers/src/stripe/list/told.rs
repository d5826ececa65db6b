//! How one of Stripe's listed objects is told: mostly as it stands, and what happened at a time of its own, with that time.

use super::tried;
use crate::list::{listed, said};
use crate::stripe::read;
use crate::stripe::wire::Reference;
use crate::value::{Text, named};
use crate::{Malformed, Page, malformed};
use domain::event::Event;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

/// One listed object: its bytes, and what decides how it is told.
pub(super) struct Object<'a> {
    pub raw: &'a RawValue,
    pub head: Head<'a>,
}

#[derive(Deserialize)]
pub(super) struct Head<'a> {
    #[serde(borrow)]
    pub id: Text<'a>,
    created: Option<i64>,
    #[serde(borrow)]
    status: Option<Text<'a>>,
    paid: Option<bool>,
    ended_at: Option<i64>,
    #[serde(default, deserialize_with = "named", borrow)]
    invoice: Option<Reference<'a>>,
    #[serde(default, deserialize_with = "named", borrow)]
    payment_intent: Option<Reference<'a>>,
}

impl<'a> Object<'a> {
    pub fn read(raw: &'a RawValue) -> Result<Self, Malformed> {
        Ok(Self { raw, head: serde_json::from_str(raw.get()).map_err(malformed("a listed Stripe object"))? })
    }
}

/// What a page tells, as far as it was read.
pub(super) struct Told<'a> {
    pub source: &'a str,
    pub at: Timestamp,
    pub page: Page,
}

impl Told<'_> {
    /// The object as it stands.
    pub fn now(&mut self, kind: &str, object: &Object<'_>) -> Result<(), Malformed> {
        self.then(kind, self.at.as_second(), object)
    }

    /// What happened to the object at a time that it names.
    fn then(&mut self, kind: &str, second: i64, object: &Object<'_>) -> Result<(), Malformed> {
        let events = self.said(kind, second, object)?;
        self.page.events.extend(events);
        Ok(())
    }

    fn said(&self, kind: &str, second: i64, object: &Object<'_>) -> Result<Vec<Event>, Malformed> {
        let raw = object.raw.get();
        let body = format!(
            r#"{{"id":"listed","object":"event","type":"{kind}","created":{second},"data":{{"object":{raw}}}}}"#
        );
        let reading = read::read(body.as_bytes(), self.source)?;
        Ok(said(reading).into_iter().map(|event| listed(&object.head.id, "", event)).collect())
    }
}

pub(super) fn customer(object: &Object<'_>, told: &mut Told<'_>) -> Result<(), Malformed> {
    #[derive(Deserialize)]
    struct Kept<'a> {
        #[serde(borrow)]
        default_source: Option<&'a RawValue>,
        #[serde(borrow)]
        invoice_settings: Option<Settings<'a>>,
    }
    #[derive(Deserialize)]
    struct Settings<'a> {
        #[serde(borrow)]
        default_payment_method: Option<&'a RawValue>,
    }
    told.now("customer.updated", object)?;
    let kept: Kept<'_> = serde_json::from_str(object.raw.get()).map_err(malformed("a Stripe customer"))?;
    let method = kept.invoice_settings.and_then(|settings| settings.default_payment_method);
    // What was not expanded is an id.
    for raw in [method, kept.default_source].into_iter().flatten().filter(|raw| raw.get().starts_with('{')) {
        for mut event in told.said("payment_method.updated", told.at.as_second(), &Object::read(raw)?)? {
            event.customer = event.customer.or_else(|| Some(object.head.id.to_string()));
            told.page.events.push(event);
        }
    }
    Ok(())
}

/// What has ended stays as it ended, and is told with its time.
pub(super) fn subscription(object: &Object<'_>, told: &mut Told<'_>) -> Result<(), Malformed> {
    match (object.head.status.as_deref(), object.head.ended_at) {
        (Some("canceled"), Some(ended_at)) => {
            told.then("customer.subscription.deleted", ended_at.min(told.at.as_second()), object)
        }
        _ => told.now("customer.subscription.updated", object),
    }
}

/// Told with its own time: only the newest links are remembered.
pub(super) fn invoice_payment(object: &Object<'_>, told: &mut Told<'_>) -> Result<(), Malformed> {
    #[derive(Deserialize)]
    struct Paid {
        status_transitions: Option<Transitions>,
    }
    #[derive(Deserialize)]
    struct Transitions {
        paid_at: Option<i64>,
    }
    let paid: Paid = serde_json::from_str(object.raw.get()).map_err(malformed("a payment of a Stripe invoice"))?;
    let paid_at = paid.status_transitions.and_then(|transitions| transitions.paid_at).or(object.head.created);
    told.then("invoice_payment.paid", paid_at.unwrap_or(told.at.as_second()), object)
}

/// A failed charge is a try of its own time; invoices in a list do not say when the first one was.
pub(super) fn charge(object: &Object<'_>, told: &mut Told<'_>) -> Result<(), Malformed> {
    let head = &object.head;
    let failed = match head.status.as_deref() {
        Some(status) => status == "failed",
        None => head.paid == Some(false),
    };
    let Some(failed_at) = head.created.filter(|_| failed) else { return told.now("charge.updated", object) };
    told.then("charge.failed", failed_at, object)?;
    if let (None, Some(intent)) = (&head.invoice, &head.payment_intent) {
        told.page.more.push(tried::ask(&intent.id(), &head.id, failed_at));
    }
    Ok(())
}
