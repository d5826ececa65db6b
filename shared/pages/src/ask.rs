//! Asking for an action: which, about what, and exactly what it would do, before anybody is asked.

use crate::action::preview;
use crate::frame::{Viewer, frame, no_default, only, spoken, words};
use domain::action::{Action, KINDS, Reason};
use domain::book::Called;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Something that a form offers: its id, and how people know it.
pub struct Choice {
    pub id: String,
    pub text: String,
}

/// What the account has that an action can be about.
#[derive(Default)]
pub struct Choices {
    pub account: String,
    pub called: Called,
    /// Why some kinds are not offered: nothing of the account is there that they could be about.
    pub not_possible: BTreeMap<&'static str, &'static str>,
    pub payments: Vec<Choice>,
    pub invoices: Vec<Choice>,
    pub subscriptions: Vec<Choice>,
    pub prices: Vec<Choice>,
    pub currencies: Vec<String>,
}

/// What was filled in so far, and what came of it.
pub struct Filled<'a> {
    pub kind: &'a str,
    pub fields: &'a BTreeMap<String, String>,
    pub preview: Option<&'a Action>,
    pub notice: Option<&'a str>,
}

/// A gap of a form.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gap {
    Payment,
    Invoice,
    Subscription,
    Amount { needed: bool },
    Days,
    Plan,
    Addon,
    Seats,
    Percent,
    When,
    AskedOn,
}

/// What has to be said for each kind.
fn gaps(kind: &str) -> &'static [Gap] {
    match kind {
        "refund" => &[Gap::Payment, Gap::Amount { needed: false }],
        "credit" => &[Gap::Amount { needed: true }],
        "payment_link" | "resend_invoice" | "tax_invoice" | "retry_payment" | "mark_paid" | "write_off"
        | "void_invoice" => &[Gap::Invoice],
        "extend_grace" | "defer" => &[Gap::Invoice, Gap::Days],
        "extend_trial" => &[Gap::Subscription, Gap::Days],
        "upgrade" | "downgrade" => &[Gap::Subscription, Gap::Plan],
        "change_addons" => &[Gap::Subscription, Gap::Addon],
        "adjust_seats" => &[Gap::Subscription, Gap::Seats],
        "discount" => &[Gap::Subscription, Gap::Percent],
        "cancel" => &[Gap::Subscription, Gap::When, Gap::AskedOn],
        "pause" | "resume" | "force_cancel" => &[Gap::Subscription],
        _ => &[],
    }
}

pub fn ask(viewer: &Viewer, choices: &Choices, filled: &Filled<'_>) -> String {
    frame(
        "Ask for an action",
        "/accounts",
        Some(viewer),
        html! {
            h1 { "Ask for an action for " a href={ "/accounts/" (choices.account) } { (choices.called) } }
            @if let Some(notice) = filled.notice { p .notice role="alert" { (in_words(notice)) } }
            @if !viewer.role.may_request() {
                section { (only("Your role reads and does not ask. Colleagues in support and billing may.")) }
            } @else if filled.kind.is_empty() { (kinds(choices, filled)) }
            @else { (form(viewer, choices, filled)) }
        },
    )
}

fn kinds(choices: &Choices, filled: &Filled<'_>) -> Markup {
    let case = filled.fields.get("case").map(|case| format!("&case={case}")).unwrap_or_default();
    html! {
        section {
            h2 { "What should be done?" }
            ul { @for kind in KINDS.into_iter().filter(|kind| !choices.not_possible.contains_key(kind)) { li {
                a href={ "/accounts/" (choices.account) "/ask?kind=" (kind) (case) } { (words(kind)) }
            } } }
            p .soft {
                "Nothing is done by asking: you see exactly what it would do first, \
                 and then whose approval it needs."
            }
        }
        @if !choices.not_possible.is_empty() { section {
            h2 { "Not possible now" }
            ul { @for (kind, why) in &choices.not_possible { li { (words(kind)) ": " (why) } } }
        } }
    }
}

/// A refusal that programs hear as well: what stands between backticks is a field, which people call by words, or what
/// they wrote.
fn in_words(refusal: &str) -> Markup {
    html! { @for (place, part) in refusal.split('`').enumerate() {
        @if place % 2 == 1 { q { (spoken(part)) } } @else { (part) }
    } }
}

fn form(viewer: &Viewer, choices: &Choices, filled: &Filled<'_>) -> Markup {
    let Some(csrf) = &viewer.csrf else { return html! { section { p .soft { "Sign in to ask for an action." } } } };
    let field = |name: &str| filled.fields.get(name).map(String::as_str).unwrap_or_default();
    html! {
        @if let Some(previewed) = filled.preview { (seen(choices, filled, previewed, csrf)) }
        section {
            h2 { (words(filled.kind)) }
            form method="post" action={ "/accounts/" (choices.account) "/ask" } {
                (no_default())
                input type="hidden" name="csrf" value=(csrf);
                input type="hidden" name="kind" value=(filled.kind);
                input type="hidden" name="key" value=(field("key"));
                @if let Some(case) = filled.fields.get("case") { input type="hidden" name="case" value=(case); }
                @for gap in gaps(filled.kind) { (input(*gap, choices, &field)) }
                label for="reason_code" { "Reason" }
                select id="reason_code" name="reason_code" required {
                    option value="" { "choose" }
                    @for reason in Reason::ALL {
                        option value=(reason.name()) selected[field("reason_code") == reason.name()] {
                            (words(reason.name()))
                        }
                    }
                }
                label for="note" { "Note for whoever decides" }
                input id="note" name="note" maxlength="2000" value=(field("note"));
                button type="submit" name="step" value="preview" { "Show what it would do" }
            }
            @if let Some(case) = filled.fields.get("case") {
                p .soft { "Because of " a href={ "/cases/" (case) } { "this case" } "." }
            }
            p .soft { a href={ "/accounts/" (choices.account) "/ask" } { "Another kind" } }
        }
    }
}

/// The preview, and the button that asks for exactly that.
fn seen(choices: &Choices, filled: &Filled<'_>, previewed: &Action, csrf: &str) -> Markup {
    let sentence = previewed.sentence(&choices.called);
    let needs = previewed.required.iter().map(|role| words(role.name())).collect::<Vec<_>>().join(" and ");
    html! {
        section .notice {
            h2 { (sentence) }
            @if needs.is_empty() { p { "You may decide this yourself: it is done at once." } }
            @else { p { "This needs the approval of " (needs) ", and not of you." } }
            p { (previewed.after_yes()) }
            form method="post" action={ "/accounts/" (choices.account) "/ask" } {
                input type="hidden" name="csrf" value=(csrf);
                input type="hidden" name="previewed" value=(previewed.id);
                @for (name, value) in filled.fields {
                    @if !["csrf", "step", "previewed"].contains(&name.as_str()) {
                        input type="hidden" name=(name) value=(value);
                    }
                }
                button type="submit" name="step" value="ask" {
                    @if needs.is_empty() { "Do it: " } @else { "Ask for it: " }
                    (sentence)
                }
            }
        }
        (offer(previewed))
        (preview(previewed))
    }
}

/// What somebody who wants to leave may be offered, beside the exit and never instead of it.
pub(crate) fn offer(action: &Action) -> Markup {
    html! { @if let Some(offer) = &action.offer { section {
        h2 { "You may offer this, once" }
        p { "“" (offer.say) "”" }
        p .soft {
            (offer.why)
            " If they would rather leave, they leave: the cancellation goes on as it is. If they stay, ask for "
            a href={ "/accounts/" (action.account) "/ask?kind=" (offer.kind) } { (words(&offer.kind)) } " instead."
        }
    } } }
}

fn input<'a>(gap: Gap, choices: &Choices, field: &impl Fn(&str) -> &'a str) -> Markup {
    match gap {
        Gap::Payment => {
            select("payment", "Payment", &choices.payments, field("payment"), "No payment is known on this account.")
        }
        Gap::Invoice => {
            select("invoice", "Invoice", &choices.invoices, field("invoice"), "No invoice is known on this account.")
        }
        Gap::Subscription => select(
            "subscription",
            "Subscription",
            &choices.subscriptions,
            field("subscription"),
            "No subscription runs.",
        ),
        Gap::Plan => {
            select("plan", "New plan", &choices.prices, field("plan"), "The catalogue is empty: import it first.")
        }
        Gap::Addon => html! {
            (select("addon", "Add-on", &choices.prices, field("addon"), "The catalogue is empty: import it first."))
            (number("quantity", "How many of it there should be", "0", field("quantity")))
        },
        Gap::Amount { needed } => html! {
            label for="amount" { "Amount" @if !needed { " (empty: all that is left)" } }
            input id="amount" name="amount" inputmode="decimal" placeholder="24.00" maxlength="20" required[needed]
                value=(field("amount"));
            label for="currency" { "Currency" }
            select id="currency" name="currency" {
                @for currency in &choices.currencies {
                    option value=(currency) selected[field("currency") == currency] { (currency) }
                }
            }
        },
        Gap::Days => number("days", "Days", "1", field("days")),
        Gap::Seats => number("seats", "Seats", "1", field("seats")),
        Gap::Percent => html! {
            label for="percent" { "Per cent" }
            input id="percent" name="percent" inputmode="decimal" placeholder="10" maxlength="6" required
                value=(field("percent"));
        },
        Gap::When => html! {
            label for="when" { "When it ends" }
            select id="when" name="when" {
                option value="period_end" { "with the period that is paid for" }
                option value="now" selected[field("when") == "now"] { "at once" }
            }
        },
        Gap::AskedOn => html! {
            label for="asked_on" { "When the customer asked, if not just now" }
            input id="asked_on" name="asked_on" type="date" value=(field("asked_on"));
        },
    }
}

fn number(name: &str, label: &str, least: &str, value: &str) -> Markup {
    html! {
        label for=(name) { (label) }
        input id=(name) name=(name) type="number" min=(least) required value=(value);
    }
}

fn select(name: &str, label: &str, choices: &[Choice], chosen: &str, empty: &str) -> Markup {
    html! {
        label for=(name) { (label) }
        @if choices.is_empty() { p .soft { (empty) } } @else {
            select id=(name) name=(name) {
                @for choice in choices {
                    option value=(choice.id) selected[choice.id == chosen] { (choice.text) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_fields_as_people_do() {
        let said = in_words("`asked_at` is not `<b>`: say another").into_string();
        assert_eq!(said, "<q>asked at</q> is not <q>&lt;b&gt;</q>: say another");
    }
}
