//! What a person does where RevenueCat's API cannot: most things are in the hands of a store, or of its customer.

use domain::action::{Kind, When};
use domain::money::Money;
use jiff::Timestamp;

const GRANT: &str = "in RevenueCat, open the customer and grant the entitlement";

/// Where a store is managed by whoever sells in it.
fn place(store: &str) -> String {
    match store {
        "app_store" | "mac_app_store" => "App Store Connect".to_owned(),
        "play_store" => "the Google Play Console, under Order management".to_owned(),
        "rc_billing" => "RevenueCat, on the customer's page".to_owned(),
        "stripe" => "the Stripe dashboard".to_owned(),
        "paddle" => "the Paddle dashboard".to_owned(),
        "" => "the store where it was bought; the customer's page in RevenueCat names it".to_owned(),
        other => format!("the dashboard of the store `{other}`"),
    }
}

pub(super) fn refund(store: &str, payment: &str, amount: Money) -> String {
    match store {
        "app_store" | "mac_app_store" => format!(
            "Only Apple refunds what was bought in its store: ask the customer to request {amount} for transaction {payment} at reportaproblem.apple.com."
        ),
        "rc_billing" => format!(
            "By its API, RevenueCat gives back only the latest payment of a subscription that runs, as a whole: refund {amount} of payment {payment} in {}.",
            place(store)
        ),
        store => {
            format!("RevenueCat's API cannot do this refund: refund {amount} of payment {payment} in {}.", place(store))
        }
    }
}

pub(super) fn unclear(payment: &str) -> String {
    format!(
        "Look at the customer's page in RevenueCat whether payment {payment} was given back; if it was not, refund it there."
    )
}

pub(super) fn gone(subscription: &str) -> String {
    format!(
        "RevenueCat no longer shows subscription {subscription} among the customer's: look there whether it was moved, and how it stands."
    )
}

pub(super) fn cancel(store: &str, subscription: &str, when: When) -> String {
    match (store, when) {
        ("app_store" | "mac_app_store", _) => format!(
            "Only the customer can cancel subscription {subscription}, in the settings of their Apple account under Subscriptions: send them the link to update their payment method, which leads there."
        ),
        ("rc_billing", When::Now) => format!(
            "Web Billing ends subscription {subscription} with its period, or at once together with a refund of the latest payment: ask for a cancellation at the end of the period, or for that refund."
        ),
        (store, When::Now) => format!("Cancel subscription {subscription} at once in {}.", place(store)),
        (store, When::PeriodEnd) => {
            format!("Cancel subscription {subscription} to the end of its period in {}.", place(store))
        }
    }
}

pub(super) fn extend(store: &str, subscription: &str, until: Timestamp) -> String {
    format!(
        "RevenueCat's API cannot extend this trial: move the end of subscription {subscription} to {until} in {}.",
        place(store)
    )
}

pub(super) fn manage(store: &str) -> String {
    format!("RevenueCat has no page where this customer could pay or change how: send them to {}.", place(store))
}

pub(super) fn instead(kind: &Kind) -> String {
    match kind {
        Kind::ResendInvoice { invoice } | Kind::TaxInvoice { invoice } => format!(
            "Stores send their receipts themselves. For Web Billing, download the invoice for {invoice} from the customer's page in RevenueCat and mail it; for a store, tell the customer to look at the purchases of their account there."
        ),
        Kind::Credit { amount } => {
            format!("RevenueCat keeps no balance. Instead of {amount}, give time: {GRANT} for as long as it pays for.")
        }
        Kind::RetryPayment { invoice, .. } => {
            format!(
                "Stores try again for {invoice} by themselves. Send the customer a link to update their payment method."
            )
        }
        Kind::MarkPaid { invoice, amount } => format!(
            "RevenueCat cannot record {amount} for {invoice}, as it was paid elsewhere: {GRANT} to the end of the period, then resolve the case."
        ),
        Kind::WriteOff { invoice, .. } | Kind::VoidInvoice { invoice, .. } => {
            format!(
                "Stores keep no debts: {invoice} ends when they stop trying. Resolve the case; to keep access, {GRANT}."
            )
        }
        Kind::Defer { invoice, until, .. } => {
            format!("Stores move no due dates. To keep access for {invoice} until {until}, {GRANT} until then.")
        }
        Kind::Pause { subscription } => {
            format!(
                "Only a customer of Google Play can pause, there: tell them how, or cancel subscription {subscription}."
            )
        }
        Kind::Resume { subscription } => {
            format!("Only the customer can resume subscription {subscription}, in their account at the store.")
        }
        Kind::Upgrade { subscription, plan, .. } | Kind::Downgrade { subscription, plan, .. } => {
            format!(
                "Only the customer can move subscription {subscription} to {plan}, in the app or on the Web Billing page: tell them how."
            )
        }
        Kind::ChangeAddons { subscription, .. } | Kind::AdjustSeats { subscription, .. } => {
            format!(
                "A subscription in a store has no seats and no add-ons. Sell the customer of {subscription} another product in the app."
            )
        }
        Kind::Discount { subscription, percent, .. } => format!(
            "Prices are the store's. Make an offer of {percent} % for the customer of subscription {subscription} in the store, and send them its code."
        ),
        _ => "Recoup does this itself.".to_owned(),
    }
}
