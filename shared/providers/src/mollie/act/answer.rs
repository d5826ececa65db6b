//! What Mollie answered, and what its objects say of an action.
//!
//! <https://docs.mollie.com/reference/handling-errors>

use crate::mollie::list::changed_subscription;
use crate::mollie::wire::{Amount, Details, Metadata, Reason};
use crate::value::{Text, iso};
use crate::{Answer, Effect, Reply};
use domain::action::{Kind, Target};
use serde::Deserialize;

/// A payment, refund, subscription, sales invoice or payment link, as far as an action changes it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Object<'a> {
    #[serde(borrow)]
    pub id: Text<'a>,
    #[serde(borrow)]
    pub status: Option<Text<'a>>,
    #[serde(borrow)]
    pub amount: Option<Amount<'a>>,
    pub description: Option<String>,
    #[serde(borrow)]
    pub start_date: Option<Text<'a>>,
    #[serde(borrow)]
    pub created_at: Option<Text<'a>>,
    #[serde(borrow)]
    pub canceled_at: Option<Text<'a>>,
    #[serde(default)]
    pub metadata: Metadata,
    #[serde(borrow)]
    pub details: Option<Details<'a>>,
    #[serde(borrow)]
    pub status_reason: Option<Reason<'a>>,
    #[serde(rename = "_links", borrow)]
    pub links: Option<Links<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Links<'a> {
    #[serde(borrow)]
    pub payment_link: Option<Link<'a>>,
    #[serde(borrow)]
    pub invoice_payment: Option<Link<'a>>,
    #[serde(borrow)]
    pub pdf_link: Option<Link<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Link<'a> {
    #[serde(borrow)]
    pub href: Text<'a>,
}

#[derive(Deserialize)]
struct Error {
    title: Option<String>,
    detail: Option<String>,
}

/// A 409 means that the same key is being worked on, a 429 that we were too quick: nothing was done for this request.
pub(super) fn answer(kind: &Kind, reply: &Reply) -> Answer {
    match reply.status {
        200..=299 => match serde_json::from_str::<Object<'_>>(&reply.body).map(|object| effect(kind, &object)) {
            Ok(Ok(effect)) => {
                let is_subscription = matches!(kind.target(), Target::Subscription(_));
                let seen = if is_subscription { changed_subscription(&reply.body) } else { Vec::new() };
                Answer::Done(Effect { seen, ..effect })
            }
            Ok(Err((code, message))) => Answer::Refused { code, message },
            Err(_) => Answer::Unknown,
        },
        409 | 429 => Answer::NotNow,
        400..=499 => {
            let error = serde_json::from_str::<Error>(&reply.body).ok();
            let (title, detail) = error.map_or((None, None), |error| (error.title, error.detail));
            Answer::Refused {
                code: title
                    .map_or_else(|| format!("http_{}", reply.status), |title| title.to_lowercase().replace(' ', "_")),
                message: detail.unwrap_or_else(|| "Mollie gave no reason".to_owned()),
            }
        }
        _ => Answer::Unknown,
    }
}

/// What was done, or why it has failed although Mollie took the request.
pub(super) fn effect(kind: &Kind, object: &Object<'_>) -> Result<Effect, (String, String)> {
    let status = object.status.as_deref().unwrap_or("open");
    let moves_money = matches!(kind, Kind::Refund { .. } | Kind::RetryPayment { .. });
    if moves_money && matches!(status, "failed" | "canceled" | "expired") {
        return Err((
            failure(object).unwrap_or_else(|| format!("{}_{status}", kind.name())),
            format!("{} is {status}", &*object.id),
        ));
    }
    let link = link(kind, object);
    if kind.is_link() && link.is_none() {
        return Err(("no_link".to_owned(), format!("Mollie shows no page for {}, which is {status}", &*object.id)));
    }
    let made_at = match kind {
        Kind::Refund { .. } | Kind::RetryPayment { .. } | Kind::PaymentLink { .. } | Kind::UpdatePaymentMethod {} => {
            &object.created_at
        }
        _ => &object.canceled_at,
    };
    Ok(Effect {
        reference: object.id.to_string(),
        status: status.to_owned(),
        made_at: made_at.as_deref().and_then(|at| iso(at).ok()),
        link,
        seen: Vec::new(),
    })
}

fn link(kind: &Kind, object: &Object<'_>) -> Option<String> {
    let links = object.links.as_ref()?;
    let link = match kind {
        Kind::PaymentLink { .. } | Kind::UpdatePaymentMethod {} => {
            links.payment_link.as_ref().or(links.invoice_payment.as_ref())
        }
        Kind::ResendInvoice { .. } => links.invoice_payment.as_ref().or(links.pdf_link.as_ref()),
        Kind::TaxInvoice { .. } => links.pdf_link.as_ref(),
        _ => None,
    };
    link.map(|link| link.href.to_string())
}

fn failure(object: &Object<'_>) -> Option<String> {
    let details = object.details.as_ref();
    let reason = details.and_then(|details| details.failure_reason.as_ref().or(details.bank_reason_code.as_ref()));
    let reason = reason.or_else(|| object.status_reason.as_ref().and_then(|reason| reason.code.as_ref()));
    reason.map(|reason| reason.to_string())
}
