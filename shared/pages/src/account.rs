//! The billing sidebar of an account.

use crate::frame::{Viewer, frame, known, state, time, words};
use domain::sidebar::Sidebar;
use maud::{Markup, html};

/// Accounts that are, or may be, the same customer.
pub struct Alike {
    pub confirmed: Vec<AlikeRow>,
    pub proposed: Vec<AlikeRow>,
}

pub struct AlikeRow {
    pub id: String,
    pub customer: String,
    pub name: Option<String>,
    pub because: Option<&'static str>,
}

/// `timeline` are the latest events: time, what happened, and the provider's id.
pub fn account(
    viewer: &Viewer,
    sidebar: &Sidebar,
    timeline: &[(jiff::Timestamp, &str, &str)],
    alike: &Alike,
    notice: Option<&str>,
) -> String {
    let title = sidebar.account.name.as_deref().unwrap_or(&sidebar.account.customer);
    frame(
        title,
        "/accounts",
        Some(viewer),
        html! {
            h1 { (title) " " @if let Some(entitlement) = sidebar.status.entitlement { (state(entitlement.name())) } }
            @if let Some(notice) = notice { p .notice role="status" { (notice) } }
            @if viewer.role.may_request() { p { a href={ "/accounts/" (sidebar.account.id) "/ask" } { "Ask for an action" } } }
            div .grid {
                div .card { "Outstanding" b { (known(sidebar.status.outstanding)) } }
                div .card { "MRR" b { (known(sidebar.lifetime.mrr)) } }
                div .card { "Revenue" b { (known(sidebar.lifetime.revenue)) } }
                div .card { "Churn risk" b { @match sidebar.lifetime.churn_risk { Some(risk) => (state(risk)), None => span .soft { "not known" } } } span .soft { (sidebar.lifetime.churn_reasons.join("; ")) } }
            }
            div .two {
                section {
                    h2 { "Plan and payment" }
                    dl {
                        dt { "Plan" } dd { (known(sidebar.plan.name.as_ref())) }
                        dt { "Price" } dd { (known(sidebar.plan.price)) @if let Some(interval) = &sidebar.plan.interval { " per " (interval) } }
                        dt { "Seats" } dd {
                            (known(sidebar.subscription.seats_total))
                            @if let (Some(used), Some(as_of)) = (sidebar.subscription.seats_used, sidebar.subscription.seats_as_of) { span .soft { ", " (used) " used on " (as_of.strftime("%Y-%m-%d")) } }
                        }
                        dt { "Add-ons" } dd { @match &sidebar.subscription.addons {
                            Some(addons) if addons.is_empty() => "None",
                            Some(addons) => { @for addon in addons { div { (addon.quantity) " × " (addon.name) @if let Some(price) = addon.price { " at " (price) } } } },
                            None => span .soft { "not known" },
                        } }
                        @if let Some(at) = sidebar.subscription.trial_ends_at { dt { "Trial ends" } dd { (at.strftime("%Y-%m-%d")) } }
                        @if let Some(at) = sidebar.subscription.contract_end { dt { "Contract ends" } dd { (at.strftime("%Y-%m-%d")) } }
                        @if let Some(at) = sidebar.subscription.resumes_at { dt { "Resumes" } dd { (at.strftime("%Y-%m-%d")) } }
                        dt { "Renews" } dd { (known(sidebar.plan.renews_at.map(|at| at.strftime("%Y-%m-%d").to_string()))) }
                        dt { "Payment method" } dd { @match &sidebar.payment_method {
                            Some(card) => { (card.brand) " ending " (card.last4) @if let (Some(month), Some(year)) = (card.exp_month, card.exp_year) { ", expires " (format!("{month:02}/{year}")) } },
                            None => span .soft { "not known" },
                        } }
                        dt { "Last payment" } dd { @match &sidebar.status.last_payment { Some(paid) => { (known(paid.amount)) " on " (time(paid.at)) }, None => span .soft { "not known" } } }
                        dt { "Next invoice" } dd { @match &sidebar.status.next_invoice { Some(next) => { (known(next.amount)) " on " (next.at.strftime("%Y-%m-%d")) }, None => span .soft { "not known" } } }
                        dt { "Credit" } dd { (known(sidebar.credits.available)) @if let Some(applied) = sidebar.credits.applied { span .soft { ", used so far " (applied) } } }
                        dt { "Failures in 12 months" } dd { (sidebar.status.failures_12m) @if sidebar.status.failed_tries > 0 { span .soft { ", " (sidebar.status.failed_tries) " failed tries since the last payment" } } }
                    }
                }
                section {
                    h2 { "Contact" }
                    dl {
                        dt { "E-mail" } dd { (known(sidebar.account.email.as_ref())) }
                        dt { "Phone" } dd { (known(sidebar.account.phone.as_ref())) }
                        dt { "Address" } dd { (known(sidebar.account.billing_address.as_ref())) }
                        dt { "Customer" } dd { (sidebar.account.provider) ":" (sidebar.account.customer) }
                        @if let Some(owner) = &sidebar.account.owner { dt { "Looked after by" } dd { (owner) @if sidebar.account.strategic == Some(true) { ", strategic" } } }
                        dt { "Customer for" } dd { (known(sidebar.lifetime.months_active.map(|months| format!("{months} months")))) }
                    }
                }
            }
            @if let Some(dunning) = &sidebar.dunning {
                section .notice { h2 { "In recovery" } p { "Invoice " (dunning.invoice) ", segment " (words(&dunning.segment)) ": next " (known(dunning.next.as_deref().map(words))) @if let Some(at) = dunning.next_at { " on " (time(at)) } "." } }
            }
            @if !sidebar.status.disputes.is_empty() {
                section .notice { h2 { "Disputes" } @for dispute in &sidebar.status.disputes { p {
                    @if dispute.formal == Some(false) { "Inquiry or warning" } @else { "Dispute" } " about payment " (dispute.payment) ", " (known(dispute.amount)) ": " (words(dispute.status))
                    @if let Some(at) = dispute.evidence_due_at { ", evidence due " (time(at)) } "."
                } } }
            }
            @if !sidebar.exceptions.is_empty() {
                section { h2 { "Exceptions granted before" } @for granted in &sidebar.exceptions { p {
                    (granted.granted_on) ": " (words(granted.kind)) @if let Some(amount) = granted.amount { " of " (amount) } " by " (granted.granted_by) ", " (granted.reason)
                    @if !granted.holds { span .soft { " (over)" } }
                } } }
            }
            (same_customer(viewer, sidebar, alike))
            @if !sidebar.cases.is_empty() {
                section { h2 { "Open cases" } @for case in &sidebar.cases { p { a href={ "/cases/" (case.id) } { (words(&case.class)) } " since " (time(case.opened_at)) } } }
            }
            section {
                h2 { "Invoices of the last six months" }
                @if sidebar.history.is_empty() { p .soft { "None." } } @else {
                    div .scroll { table {
                        thead { tr { th { "Date" } th .number { "Amount" } th { "Status" } th { "Paid with" } th { "Invoice" } } }
                        tbody { @for bill in &sidebar.history { tr {
                            td { (bill.date.strftime("%Y-%m-%d")) }
                            td .number { (known(bill.amount)) }
                            td { @if let Some(status) = bill.status { (state(status)) } }
                            td { (known(bill.method.as_ref())) }
                            td { (bill.invoice.as_deref().unwrap_or(&bill.invoice_id)) }
                        } } }
                    } }
                }
            }
            section {
                h2 { "Timeline" }
                div .scroll { table { tbody { @for (at, what, id) in timeline { tr { td { (time(*at)) } td { (words(what)) } td .soft { (id) } } } } } }
            }
        },
    )
}

/// Nothing is merged: people say which accounts are one customer, and may take it back.
fn same_customer(viewer: &Viewer, sidebar: &Sidebar, alike: &Alike) -> Markup {
    let say = |row: &AlikeRow, same: &str, label: &str| {
        html! {
            form .inline method="post" action={ "/accounts/" (sidebar.account.id) "/group" } {
                input type="hidden" name="csrf" value=(viewer.csrf.as_deref().unwrap_or_default());
                input type="hidden" name="account" value=(row.id);
                input type="hidden" name="same" value=(same);
                button .plain type="submit" { (label) }
            }
        }
    };
    let who = |row: &AlikeRow| html! { a href={ "/accounts/" (row.id) } { (row.name.as_deref().unwrap_or(&row.customer)) } " " span .soft { (row.customer) } };
    html! {
        @if !alike.confirmed.is_empty() || !alike.proposed.is_empty() {
            section {
                h2 { "Other accounts of this customer" }
                @for row in &alike.confirmed { p { (who(row)) " " @if viewer.csrf.is_some() { (say(row, "no", "Not the same customer")) } } }
                @for row in &alike.proposed { p {
                    "Perhaps: " (who(row)) @if let Some(because) = row.because { span .soft { ", " (because) } } " "
                    @if viewer.csrf.is_some() { (say(row, "yes", "The same customer")) " " (say(row, "no", "Another customer")) }
                } }
            }
        }
    }
}
