//! The links that customers are sent by an action.

use crate::approval::desk;
use crate::context::Context;
use crate::fault::Fault;
use crate::ports::{Channel, Letter, Unsent};
use crate::store::{self, Attempted, Commit, Of, keys};
use domain::action::{Action, Kind, Outcome, Sent};
use domain::book::{Head, Person};
use std::collections::BTreeMap;

/// Sends the customer the link that an action made, at most once: its action was stored as being sent before.
pub async fn send_link(context: &Context, action: &Action, head: &Head) -> Result<(), Fault> {
    let Some(Outcome::Done { link: Some(link), .. }) = &action.outcome else { return Ok(()) };
    let person: Option<Of<Person>> = store::read(context, &keys::person(&action.account)).await?;
    let person = person.map(|of| of.value).unwrap_or_default();
    let sent = match person.email.value() {
        None => Sent::NoAddress,
        Some(to) => match context.post.send(&letter(context, action, head, &person, to, link)).await {
            Ok(_) => Sent::Sent,
            Err(Unsent::NotSent(reason)) => {
                tracing::warn!(action.id = %action.id, reason, "the link could not be sent; staff see it on the action's page");
                Sent::Refused
            }
            // It stays as being sent: nobody knows.
            Err(Unsent::Unknown(_)) => return Ok(()),
        },
    };
    store::retrying(context, || async {
        let read = desk::read(context, &action.id).await?;
        let (Some(before), Some(head)) = (read.action.clone(), read.head.clone()) else { return Ok(Attempted::Done(())) };
        let mut after = before.clone();
        after.told.link = Some(sent);
        let mut commit = Commit::default();
        desk::put(&mut commit, context, &read.batch, &head, Some(&before), &after);
        store::attempted(commit.run(context).await, ())
    })
    .await
}

fn letter(context: &Context, action: &Action, head: &Head, person: &Person, to: &str, link: &str) -> Letter {
    let (text, amount) = match &action.kind {
        Kind::PaymentLink { amount, .. } => ("link_to_pay", *amount),
        Kind::ResendInvoice { .. } => ("link_to_invoice", None),
        Kind::TaxInvoice { .. } => ("link_to_tax_invoice", None),
        _ => ("link_to_payment_method", None),
    };
    let invoice = action.kind.target().id().unwrap_or_default();
    let number = head.book.invoices.iter().find(|line| line.invoice == invoice).and_then(|line| line.number.clone());
    let values = BTreeMap::from([
        ("name", person.name.value().cloned().unwrap_or_default()),
        ("amount", amount.map(|amount| amount.to_string()).unwrap_or_default()),
        ("invoice", number.unwrap_or(invoice)),
        ("link", link.to_owned()),
    ]);
    let (subject, body) = context.policies.texts.current().text(text).map(|text| text.fill(&values)).unwrap_or_default();
    let html = pages::mail(&body);
    Letter {
        id: format!("link_{}", action.id),
        channel: Channel::Mail,
        to: to.to_owned(),
        subject,
        text: body,
        html,
        links: vec![link.to_owned()],
        blocks: None,
    }
}
