//! What may be said of a recovery: plain forms, of which one that was refused says why and keeps what was written.

use crate::frame::{Viewer, no_default};
use domain::dunning::Recovering;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// A form that was refused, as it was filled in.
pub struct Declined<'a> {
    pub fields: &'a BTreeMap<String, String>,
    pub because: &'a str,
}

impl Declined<'_> {
    fn field(&self, name: &str) -> &str {
        self.fields.get(name).map(String::as_str).unwrap_or_default()
    }

    fn is_of(&self, row: &Recovering, say: &str) -> bool {
        self.field("invoice") == row.plan.invoice && self.field("say") == say
    }
}

/// One form of a recovery.
struct Form<'a> {
    csrf: &'a str,
    row: &'a Recovering,
    say: &'static str,
    declined: Option<&'a Declined<'a>>,
}

impl<'a> Form<'a> {
    /// What was written into a field before, or what stands there at first.
    fn written(&self, name: &str, first: &'a str) -> &'a str {
        self.declined.map_or(first, |declined| declined.field(name))
    }

    fn show(&self, title: &str, inside: Markup) -> Markup {
        html! {
            details open[self.declined.is_some()] {
                summary { (title) }
                @if let Some(declined) = self.declined { p .notice role="alert" { (declined.because) } }
                form method="post" action={ "/accounts/" (self.row.plan.account) "/dunning" } {
                    (no_default())
                    input type="hidden" name="csrf" value=(self.csrf);
                    input type="hidden" name="invoice" value=(self.row.plan.invoice);
                    (inside)
                    button type="submit" name="say" value=(self.say) { (title) }
                }
            }
        }
    }

    fn note(&self, label: &str, is_needed: bool) -> Markup {
        html! { label {
            (label) " "
            input name="note" maxlength="500" required[is_needed] value=(self.written("note", ""));
        } }
    }
}

/// The forms that this person may send.
pub(super) fn says(viewer: &Viewer, row: &Recovering, declined: Option<&Declined<'_>>) -> Markup {
    let csrf = match &viewer.csrf {
        Some(csrf) if viewer.role.may_request() => csrf.as_str(),
        _ => {
            return html! { p .soft { "A colleague in support or billing may pause it, stop it, or note a promise." } };
        }
    };
    let form = |say: &'static str| Form { csrf, row, say, declined: declined.filter(|it| it.is_of(row, say)) };
    let is_promised = row.plan.control.promise.is_some();
    html! {
        @if row.paused_until.is_some() { (resume(&form("resume"))) }
        (pause(&form("pause")))
        @if let (false, Some(open)) = (is_promised, row.amount) {
            (promise(&form("promise"), &open.amount().to_string(), open.currency().code()))
        }
        (stop(&form("stop")))
    }
}

fn resume(form: &Form<'_>) -> Markup {
    form.show("Let it go on", form.note("Why (optional)", false))
}

fn pause(form: &Form<'_>) -> Markup {
    let until = html! { label {
        "Until the end of " input type="date" name="until" required value=(form.written("until", ""));
    } };
    form.show("Pause it", html! { (until) (form.note("Why (optional)", false)) })
}

fn promise(form: &Form<'_>, open: &str, currency: &str) -> Markup {
    let amount = form.declined.map_or(open, |declined| declined.field("amount"));
    let fields = html! {
        label { "The customer pays by the end of "
            input type="date" name="date" required value=(form.written("date", ""));
        }
        label { "Amount in " (currency) " "
            input name="amount" inputmode="decimal" maxlength="20" required value=(amount);
        }
        input type="hidden" name="currency" value=(currency);
        (form.note("Note (optional)", false))
    };
    form.show("Note a promise", fields)
}

fn stop(form: &Form<'_>) -> Markup {
    form.show("Stop it for good", form.note("Why nobody should ask for it any more", true))
}
