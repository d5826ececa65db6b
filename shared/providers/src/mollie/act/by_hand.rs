//! What a person does in Mollie's dashboard, or beside it, where its API cannot do something.

use super::is_due_item;
use domain::action::Kind;

pub(super) fn by_hand(kind: &Kind) -> String {
    match kind {
        Kind::PaymentLink { invoice, .. } => {
            format!(
                "How much of {invoice} is open is not known: look it up in Mollie, and make a payment link of that amount there."
            )
        }
        Kind::ResendInvoice { invoice } | Kind::TaxInvoice { invoice } => format!(
            "{invoice} is a payment, and Mollie makes no invoice of it: send the one from your bookkeeping, or create a sales invoice in Mollie."
        ),
        Kind::UpdatePaymentMethod {} => {
            "Make a payment link for a first payment of this customer in Mollie, and send it.".to_owned()
        }
        Kind::Credit { amount } => format!(
            "Mollie keeps no credit: lower the next amount of the subscription by {amount} and raise it again after that payment, or refund {amount}."
        ),
        Kind::RetryPayment { invoice, .. } if is_due_item(invoice) => {
            format!("How much of {invoice} is open is not known: look it up in Mollie, and ask again with an amount.")
        }
        Kind::RetryPayment { invoice, .. } => {
            format!("Sales invoice {invoice} is paid by the customer: send a payment link for it.")
        }
        Kind::MarkPaid { invoice, amount } if is_due_item(invoice) => {
            format!(
                "Mollie records only what it collects: book the {amount} for {invoice} in your bookkeeping, then resolve the case."
            )
        }
        Kind::MarkPaid { invoice, amount } => format!(
            "Mollie can mark {invoice} as paid only as a whole: book the {amount} in your bookkeeping, and ask the customer for the rest."
        ),
        Kind::WriteOff { invoice, amount } | Kind::VoidInvoice { invoice, amount } => format!(
            "{invoice} is a payment that failed, so nothing stands open at Mollie: write the {amount} off in your bookkeeping, then resolve the case."
        ),
        Kind::Defer { invoice, until, .. } if is_due_item(invoice) => {
            format!(
                "Mollie has no due date for {invoice}: agree on {until} with the customer, and ask for a retry of the payment then."
            )
        }
        Kind::Defer { invoice, until, .. } => format!(
            "Mollie changes the payment term of drafts only: agree on {until} with the customer, or cancel {invoice} there and issue it anew."
        ),
        Kind::Pause { subscription } => format!(
            "Mollie cannot pause: cancel {subscription} there, and create it again with the day on which it goes on as its start date."
        ),
        Kind::Resume { subscription } => format!(
            "Mollie cannot resume: create {subscription} again there, with the same amount, interval and mandate, and its next payment as the start date."
        ),
        Kind::ChangeAddons { subscription, .. } | Kind::AdjustSeats { subscription, .. } => format!(
            "Mollie knows amounts only, and the new price is not known: work it out and set it as the amount of {subscription} there."
        ),
        Kind::Discount { subscription, percent, .. } => format!(
            "Mollie has no discounts, and the price is not known: set the amount of {subscription} there to what is left after {percent} %."
        ),
        Kind::ExtendGrace { .. } | Kind::ErasePerson {} | Kind::Bundle { .. } => "Recoup does this itself.".to_owned(),
        Kind::Refund { .. }
        | Kind::ExtendTrial { .. }
        | Kind::Upgrade { .. }
        | Kind::Downgrade { .. }
        | Kind::Cancel { .. }
        | Kind::ForceCancel { .. } => "Do it in Mollie's dashboard.".to_owned(),
    }
}

/// An id that stands for nothing in Mollie's API.
pub(super) fn unknown_there(id: &str) -> String {
    format!("Mollie's API knows nothing under `{id}`: do it in Mollie's dashboard.")
}
