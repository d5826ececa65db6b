//! What is done about money and bills: links to them, refunds, credit, another try, and what is given up.

use super::answer::{changed, made, object, once, paid, refund as refunded, text};
use super::{OURS, post, show, unsupported};
use crate::{Act, Answer, Effect, Order, Reply};
use domain::action::Reason;
use domain::event::InvoiceStatus;
use domain::money::Money;

/// The page on which the customer sees and pays an invoice.
pub(super) fn page(order: &Order<'_>, replies: &[Reply], invoice: &str) -> Act {
    let known = order.invoice().filter(|known| known.id == invoice);
    if let Some((known, link)) = known.and_then(|known| Some((known, known.pay_link.value()?))) {
        let status = known.status.copied().map_or("", InvoiceStatus::name).to_owned();
        let effect =
            Effect { reference: invoice.to_owned(), status, made_at: None, link: Some(link.clone()), seen: Vec::new() };
        return Act::Ended(Answer::Done(effect));
    }
    linked(replies, invoice, "hosted_invoice_url")
}

/// The invoice as a document.
pub(super) fn document(replies: &[Reply], invoice: &str) -> Act {
    linked(replies, invoice, "invoice_pdf")
}

/// A draft has neither; a link of another kind would take the money beside the invoice, which Stripe would then collect again.
pub(super) fn linked(replies: &[Reply], invoice: &str, field: &str) -> Act {
    let Some(reply) = replies.last() else { return Act::Send(show(format!("/v1/invoices/{invoice}"))) };
    match object(reply) {
        Ok(object) if object[field].is_string() => {
            Act::Ended(Answer::Done(Effect { link: Some(text(&object, field)), ..changed(&object) }))
        }
        Ok(_) => unsupported(format!(
            "Invoice {invoice} is not finalized, so Stripe has no page and no document for it. Finalize it in the Stripe dashboard, then ask again."
        )),
        Err(answer) => Act::Ended(answer),
    }
}

/// A page on which the customer gives another card.
pub(super) fn portal(customer: &str, key: &str, replies: &[Reply]) -> Act {
    if is_guest(customer) {
        return unsupported(
            "This payer is no customer at Stripe, so no card is kept. Send a new payment link from the Stripe dashboard.",
        );
    }
    // Whoever has the link gives a card and sees that it was taken: they are led to nothing else of the customer's.
    let pairs = [
        ("customer", customer),
        ("flow_data[type]", "payment_method_update"),
        ("flow_data[after_completion][type]", "hosted_confirmation"),
    ];
    let call = || post(key, "/v1/billing_portal/sessions", &pairs);
    once(replies, call, |session| match session["url"].as_str() {
        Some(url) => Answer::Done(Effect { status: "open".to_owned(), link: Some(url.to_owned()), ..made(session) }),
        None => Answer::Unknown,
    })
}

pub(super) fn refund(order: &Order<'_>, replies: &[Reply], payment: &str, amount: Money) -> Act {
    let Some(minor) = stripe_minor(amount) else {
        return unsupported(format!(
            "The amount is too large for one call: refund {amount} of {payment} in the Stripe dashboard."
        ));
    };
    let minor = minor.to_string();
    let mut pairs = vec![
        (if payment.starts_with("pi_") { "payment_intent" } else { "charge" }, payment),
        ("amount", minor.as_str()),
    ];
    match order.action.inner().reason_code {
        Reason::DuplicateCharge => pairs.push(("reason", "duplicate")),
        Reason::CustomerDissatisfaction => pairs.push(("reason", "requested_by_customer")),
        Reason::ServiceOutage | Reason::BillingError | Reason::Inquiry | Reason::Other => {}
    }
    pairs.push((OURS, order.id()));
    let call = || post(order.key, "/v1/refunds", &pairs);
    once(replies, call, |object| match refunded(object) {
        Ok(effect) => Answer::Done(effect),
        Err((code, message)) => Answer::Refused { code, message },
    })
}

/// A negative transaction is the customer's credit: the next invoices take it.
pub(super) fn credit(order: &Order<'_>, replies: &[Reply], amount: Money) -> Act {
    if is_guest(order.customer) {
        return unsupported(format!(
            "This payer is no customer at Stripe and has no balance. Refund {amount} of a payment."
        ));
    }
    let Some(minor) = stripe_minor(amount) else {
        return unsupported(format!(
            "The amount is too large for one call: add {amount} of credit in the Stripe dashboard."
        ));
    };
    let (minor, currency) = (format!("-{minor}"), amount.currency().code().to_lowercase());
    let pairs = [
        ("amount", minor.as_str()),
        ("currency", currency.as_str()),
        ("description", "Credit by Recoup"),
        (OURS, order.id()),
    ];
    let call = || post(order.key, format!("/v1/customers/{}/balance_transactions", order.customer), &pairs);
    once(replies, call, |object| Answer::Done(Effect { status: "credited".to_owned(), ..made(object) }))
}

/// Collects an open invoice now: with the card that was chosen for it, or else with the one that Stripe charges by itself.
pub(super) fn retry(order: &Order<'_>, replies: &[Reply], invoice: &str, card: Option<&str>) -> Act {
    let named = card.map(|card| ("payment_method", card));
    let pairs: Vec<_> = [("off_session", "true")].into_iter().chain(named).collect();
    pay(order, replies, invoice, &pairs)
}

/// The same in so many words, or the note that it was paid elsewhere.
pub(super) fn pay(order: &Order<'_>, replies: &[Reply], invoice: &str, how: &[(&str, &str)]) -> Act {
    let call = || post(order.key, format!("/v1/invoices/{invoice}/pay"), how);
    once(replies, call, |object| Answer::Done(paid(object)))
}

/// Gives an invoice up, as a bad debt or as a mistake.
pub(super) fn close(order: &Order<'_>, replies: &[Reply], invoice: &str, how: &str) -> Act {
    let nothing: [(&str, &str); 0] = [];
    let call = || post(order.key, format!("/v1/invoices/{invoice}/{how}"), &nothing);
    once(replies, call, |object| Answer::Done(changed(object)))
}

/// Who paid without being a customer; see `who::guest`.
fn is_guest(customer: &str) -> bool {
    customer.starts_with("guest:")
}

/// The amount in the unit that Stripe counts in; see `amount::money`.
fn stripe_minor(amount: Money) -> Option<i64> {
    let minor = amount.minor()?;
    match amount.currency().code() {
        "ISK" | "UGX" => minor.checked_mul(100),
        "MGA" => (minor % 100 == 0).then_some(minor / 100),
        _ => Some(minor),
    }
}
