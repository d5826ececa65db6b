//! The two lists of an account: what it has and how that is paid, and who the customer is.

use crate::frame::{known, time};
use crate::names::Names;
use domain::sidebar::{Credits, PaymentMethod, Sidebar, Status, Subscription, capital};
use jiff::Timestamp;
use maud::{Markup, html};

pub(super) fn plan_and_payment(sidebar: &Sidebar) -> Markup {
    let subscription = &sidebar.subscription;
    html! {
        section {
            h2 { "Plan and payment" }
            dl {
                dt { "Plan" } dd { (known(sidebar.plan.name.as_ref())) }
                dt { "Price" } dd {
                    (known(sidebar.plan.price))
                    @if let Some(interval) = &sidebar.plan.interval { " per " (interval) }
                }
                @if let Some(total) = sidebar.plan.total.filter(|total| Some(*total) != sidebar.plan.price) {
                    dt { "Total" } dd {
                        (total) @if let Some(interval) = &sidebar.plan.interval { " per " (interval) }
                        span .soft { ", before tax and credit" }
                    }
                }
                dt { "Seats" } dd { (seats(subscription)) }
                dt { "Add-ons" } dd { (addons(subscription)) }
                @if let Some(at) = subscription.trial_ends_at { dt { "Trial ends" } dd { (day(at)) } }
                @if let Some(at) = subscription.started_at { dt { "Began" } dd { (day(at)) } }
                dt { "Contract ends" } dd { (known(subscription.contract_end.map(day))) }
                @if let Some(renews) = subscription.auto_renew {
                    dt { "Renews by itself" } dd { @if renews { "yes" } @else { "no" } }
                }
                @if let Some(at) = subscription.resumes_at { dt { "Resumes" } dd { (day(at)) } }
                dt { "Renews" } dd { (known(sidebar.plan.renews_at.map(day))) }
                dt { "Payment method" } dd { (card(sidebar.payment_method.as_ref())) }
                (payments(&sidebar.status))
                dt { "Credit" } dd { (credit(&sidebar.credits)) }
                dt { "Failures in 12 months" } dd { (failures(&sidebar.status)) }
            }
        }
    }
}

fn seats(subscription: &Subscription) -> Markup {
    html! {
        (known(subscription.seats_total))
        @if let (Some(used), Some(as_of)) = (subscription.seats_used, subscription.seats_as_of) {
            span .soft {
                ", " (used) " used on " (day(as_of))
                @if let Some(share) = subscription.percent_used() { " (" (share) " %)" }
            }
        }
        @if let Some(least) = subscription.seats_min { span .soft { ", at least " (least) " by contract" } }
    }
}

fn addons(subscription: &Subscription) -> Markup {
    html! {
        @match &subscription.addons {
            Some(addons) if addons.is_empty() => "None",
            Some(addons) => {
                @for addon in addons {
                    div {
                        (addon.quantity) " × " (addon.name)
                        @if let Some(price) = addon.price { " at " (price) }
                    }
                }
            },
            None => span .soft { "not known" },
        }
    }
}

fn card(card: Option<&PaymentMethod>) -> Markup {
    html! {
        @match card {
            Some(card) => {
                (capital(&card.brand)) " " (card.last4)
                @if let (Some(month), Some(year)) = (card.exp_month, card.exp_year) {
                    ", expires " (format!("{month:02}/{year}"))
                }
            },
            None => span .soft { "not known" },
        }
    }
}

fn payments(status: &Status) -> Markup {
    html! {
        dt { "Last payment" } dd {
            @match &status.last_payment {
                Some(paid) => { (known(paid.amount)) " on " (time(paid.at)) },
                None => span .soft { "not known" },
            }
        }
        dt { "Next invoice" } dd {
            @match &status.next_invoice {
                Some(next) => {
                    (known(next.amount)) " on " (day(next.at))
                    @if let Some(from) = next.amount_from { span .soft { ", " (from.words()) } }
                },
                None => span .soft { "not known" },
            }
        }
    }
}

fn credit(credits: &Credits) -> Markup {
    html! {
        (known(credits.available))
        @if let Some(applied) = credits.applied { span .soft { ", used so far " (applied) } }
        @if let Some(pending) = credits.pending.filter(|pending| pending.is_positive()) {
            span .soft { ", waiting or under way " (pending) }
        }
    }
}

fn failures(status: &Status) -> Markup {
    html! {
        (status.failures_12m)
        @if status.failed_tries > 0 {
            span .soft { ", " (status.failed_tries) " failed tries since the last payment" }
        }
    }
}

pub(super) fn contact(sidebar: &Sidebar, names: &Names) -> Markup {
    let account = &sidebar.account;
    let months = sidebar
        .lifetime
        .months_active
        .map(|months| format!("{months} {}", if months == 1 { "month" } else { "months" }));
    html! {
        section {
            h2 { "Contact" }
            dl {
                dt { "E-mail" } dd {
                    (known(account.email.as_ref())) @if account.no_mail == Some(true) { ", no mail but what must be sent" }
                }
                dt { "Phone" } dd {
                    (known(account.phone.as_ref())) @if account.no_sms == Some(true) { ", no text messages" }
                }
                dt { "Address" } dd { (known(account.billing_address.as_ref())) }
                dt { "Customer" } dd { (account.provider) ":" (account.customer) }
                @if let Some(owner) = &account.owner {
                    dt { "Looked after by" } dd { (names.perhaps(owner)) @if account.strategic == Some(true) { ", strategic" } }
                }
                dt { "Customer for" } dd { (known(months)) }
                @if let Some(since) = account.unsubscribed_at {
                    dt { "Wants" } dd { "no messages before the card expires, since " (day(since)) }
                }
            }
        }
    }
}

/// A day as people write it.
pub(super) fn day(at: Timestamp) -> String {
    at.strftime("%-d %b %Y").to_string()
}
