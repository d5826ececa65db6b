//! What a person does where Lemon Squeezy's API can do nothing.

use domain::action::Kind;
use domain::money::Money;

pub(super) fn instead(kind: &Kind) -> String {
    match kind {
        Kind::Credit { amount } => format!(
            "Lemon Squeezy keeps no credit for a customer. Refund {amount} of a payment, or make a discount code over {amount} for \
             the next order (Store > Discounts)."
        ),
        Kind::RetryPayment { invoice, .. } => format!(
            "Lemon Squeezy alone tries invoice {invoice} again. Send the customer the link to update the payment method: with a new \
             card it can be collected."
        ),
        Kind::MarkPaid { invoice, amount } => format!(
            "Lemon Squeezy counts only what is paid through it. Note where the {amount} for invoice {invoice} came in, and cancel its \
             subscription there, so that the invoice is not collected a second time."
        ),
        Kind::WriteOff { invoice, amount } | Kind::VoidInvoice { invoice, amount } => format!(
            "Lemon Squeezy lets nobody void an invoice through its API. Ask its support to void invoice {invoice} over {amount}, and \
             pause or cancel the subscription if nothing more is to be collected."
        ),
        Kind::Defer { invoice, until, .. } => format!(
            "Lemon Squeezy has no due dates. Pause the subscription of invoice {invoice} in its dashboard with {until} as the day on \
             which payments resume."
        ),
        Kind::ChangeAddons { subscription, addons, .. } => {
            let addons: Vec<_> = addons.iter().map(|addon| format!("{} of {}", addon.quantity, addon.price)).collect();
            format!(
                "A Lemon Squeezy subscription holds one variant and no add-ons. Send the customer a checkout link for {}, or move \
                 subscription {subscription} to a plan that contains it.",
                addons.join(", ")
            )
        }
        Kind::Discount { subscription, percent, .. } => format!(
            "Lemon Squeezy discounts new orders only. Refund {percent} % of each payment of subscription {subscription}, or make a \
             code over {percent} % (Store > Discounts) for a new order."
        ),
        _ => "Recoup does this itself.".to_owned(),
    }
}

pub(super) fn refund(payment: &str, amount: Money) -> String {
    format!(
        "Refund {amount} of payment {payment} in the Lemon Squeezy dashboard: Store > Orders, or Store > Subscriptions."
    )
}

pub(super) fn part(invoice: &str, amount: Money) -> String {
    format!(
        "Lemon Squeezy collects an invoice as a whole. Send the link to pay all of invoice {invoice}, or take {amount} by other means \
         and note it."
    )
}

pub(super) fn pay(invoice: &str) -> String {
    format!(
        "Open the subscription of invoice {invoice} in the Lemon Squeezy dashboard, copy its link to update the payment method, and \
         send it to the customer."
    )
}

pub(super) fn portal(customer: &str) -> String {
    format!(
        "Lemon Squeezy has no customer portal for customer {customer}. Send the address of your store's billing page instead."
    )
}

pub(super) fn unpaid(invoice: &str) -> String {
    format!(
        "Lemon Squeezy has no document for invoice {invoice}, because it is not paid. Send the link to pay it; the document follows \
         by itself."
    )
}

pub(super) fn plan(subscription: &str, plan: &str) -> String {
    format!(
        "Lemon Squeezy names no variant for price {plan}. Change the plan of subscription {subscription} in its dashboard, and correct \
         the catalogue."
    )
}

pub(super) fn seats(subscription: &str, seats: u32) -> String {
    format!(
        "Lemon Squeezy shows no item of subscription {subscription}. Set its quantity to {seats} in the dashboard once the trial is over."
    )
}
