//! Carrying out approved actions at Stripe: the requests that each of them comes to.
//!
//! <https://docs.stripe.com/api>

mod answer;
mod bill;
mod contract;
mod discount;
mod look;
mod schedule;
#[cfg(test)]
mod tests;

use crate::{Act, Answer, Bill, Call, Effects, Holder, Order, Reply};
use domain::action::{Kind, When};
use domain::debt::Document;
use form_urlencoded::Serializer;
use http::Method;

pub(super) const EFFECTS: Effects = Effects { act, look: look::look, looks_first, page, card, document };

/// The name of our action's id in Stripe's metadata.
const OURS: &str = "metadata[recoup_action]";

/// Names and values of a form.
type Pairs = Vec<(String, String)>;

fn act(order: &Order<'_>, replies: &[Reply]) -> Act {
    match order.kind() {
        Kind::PaymentLink { invoice, .. } | Kind::ResendInvoice { invoice } => bill::page(order, replies, invoice),
        Kind::TaxInvoice { invoice } => bill::document(replies, invoice),
        Kind::UpdatePaymentMethod {} => bill::portal(order.customer, order.key, replies),
        Kind::Refund { payment, amount } => bill::refund(order, replies, payment, *amount),
        Kind::Credit { amount } => bill::credit(order, replies, *amount),
        Kind::RetryPayment { invoice, card, .. } => bill::retry(order, replies, invoice, card.as_deref()),
        Kind::MarkPaid { invoice, .. } => bill::pay(order, replies, invoice, &[("paid_out_of_band", "true")]),
        Kind::WriteOff { invoice, .. } => bill::close(order, replies, invoice, "mark_uncollectible"),
        Kind::VoidInvoice { invoice, .. } => bill::close(order, replies, invoice, "void"),
        Kind::Defer { invoice, until, .. } => unsupported(format!(
            "Stripe moves the due date of drafts only, and {invoice} is finalized. In the Stripe dashboard, open the invoice, switch its \
             automatic collection off, and collect it on {until}; tell the customer that date."
        )),
        Kind::ExtendTrial { subscription, until, .. } => contract::extend_trial(order, replies, subscription, *until),
        Kind::Pause { subscription } => contract::pause(order, replies, subscription),
        Kind::Resume { subscription } => contract::resume(order, replies, subscription),
        Kind::Upgrade { subscription, plan, at, .. } => contract::upgrade(order, replies, subscription, plan, *at),
        Kind::Downgrade { subscription, plan, .. } => schedule::downgrade(order, replies, subscription, plan),
        Kind::ChangeAddons { subscription, addons, at, .. } => {
            contract::change_addons(order, replies, subscription, addons, *at)
        }
        Kind::AdjustSeats { subscription, seats, at, .. } => {
            contract::adjust_seats(order, replies, subscription, *seats, *at)
        }
        Kind::Discount { subscription, percent, .. } => discount::discount(order, replies, subscription, *percent),
        Kind::Cancel { subscription, when: When::PeriodEnd, asked_at } => {
            contract::cancel_at_period_end(order, replies, subscription, *asked_at)
        }
        Kind::Cancel { subscription, when: When::Now, asked_at } => {
            contract::cancel(order, replies, subscription, Some(*asked_at))
        }
        Kind::ForceCancel { subscription } => contract::cancel(order, replies, subscription, None),
        Kind::ExtendGrace { .. } | Kind::ErasePerson {} | Kind::Bundle { .. } => {
            unsupported("Recoup does this itself.")
        }
    }
}

/// The invoice's own page; its address is asked for again, since it is good for a while only.
fn page(bill: &Bill<'_>, replies: &[Reply]) -> Act {
    bill::linked(replies, &bill.invoice.id, "hosted_invoice_url")
}

/// The same page, whether it is paid or not; or the invoice as a file.
fn document(bill: &Bill<'_>, document: Document, replies: &[Reply]) -> Act {
    match document {
        Document::Invoice => page(bill, replies),
        Document::ForTaxes => bill::document(replies, &bill.invoice.id),
    }
}

/// The portal, opened where a card is given.
fn card(holder: &Holder<'_>, replies: &[Reply]) -> Act {
    bill::portal(holder.customer, holder.key, replies)
}

/// A try to collect leaves nothing of ours at Stripe: only a count of tries that has grown tells that there was one.
fn looks_first(kind: &Kind) -> bool {
    matches!(kind, Kind::RetryPayment { .. })
}

fn post<K: AsRef<str>, V: AsRef<str>>(key: &str, path: impl Into<String>, pairs: &[(K, V)]) -> Call {
    Call {
        method: Method::POST,
        path: path.into(),
        body: Serializer::new(String::new()).extend_pairs(pairs).finish(),
        idempotency_key: Some(key.to_owned()),
        patient: true,
    }
}

fn show(path: impl Into<String>) -> Call {
    Call { patient: true, ..Call::get(path) }
}

/// The key of the second request of an attempt.
fn second(order: &Order<'_>) -> String {
    format!("{}-2", order.key)
}

fn unsupported(instead: impl Into<String>) -> Act {
    Act::Ended(Answer::Unsupported { instead: instead.into() })
}
