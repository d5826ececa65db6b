//! What every page has: head, navigation, and plain words when something is wrong.

mod navigation;
mod sign_in;
#[cfg(test)]
mod tests;

pub use sign_in::{KEPT, Kept, login, refused, resumed, signed_out};

use crate::search::field;
use domain::staff::Role;
use maud::{DOCTYPE, Markup, html};
use navigation::{places_of, words_of};

/// The one style sheet, served at `/style.css`.
pub const STYLE: &str = include_str!("style.css");
/// The one script, served at `/console.js`. Every page says and does the same without it.
pub const CONSOLE: &str = include_str!("console.js");

/// Who looks at the page.
#[derive(Debug, Clone)]
pub struct Viewer {
    pub id: String,
    pub name: String,
    pub role: Role,
    /// What a form must send back; without it there are no buttons.
    pub csrf: Option<String>,
    /// The local service also shows its outbox.
    pub local: bool,
}

/// What a page loads: our style sheet, and `more`.
pub(crate) fn head(title: &str, more: Markup) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            title { (title) " · Recoup" }
            link rel="stylesheet" href="/style.css";
            link rel="icon" href="data:,";
            (more)
        }
    }
}

/// Puts a page into its frame; `place` is the part of the console that it belongs to.
pub(crate) fn frame(title: &str, place: &str, viewer: Option<&Viewer>, body: Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            (head(title, html! { script src="/console.js" {} }))
            body {
                a .skip href="#main" { "Skip to content" }
                header { div {
                    a .name href="/" aria-current=[(place == "/").then_some("page")] { "Recoup" }
                    @if let Some(viewer) = viewer {
                        (words_of(place, viewer))
                        (field())
                        form method="post" action="/logout" {
                            span { (viewer.name) " (" (words(viewer.role.name())) ")" }
                            @if viewer.csrf.is_some() { button .plain type="submit" { "Sign out" } }
                        }
                        (places_of(place, viewer))
                    }
                } }
                main id="main" tabindex="-1" { (body) }
                footer {
                    "Times that say UTC are UTC; all others are in your own time zone, and show UTC when pointed at."
                }
            }
        }
    };
    page.into_string()
}

/// Enter in a field presses a form's first button. This is the first, and does nothing, so that no key slip approves.
pub(crate) fn no_default() -> Markup {
    html! { button type="submit" disabled hidden {} }
}

/// A state, coloured by how it is going and readable without colour.
pub(crate) fn state(name: &str) -> Markup {
    let mood = match name {
        "executed" | "done" | "resolved" | "won" | "over" | "paid" | "sent" | "finished" | "active" | "low" => "good",
        "failed" | "failing" | "disabled" | "denied" | "lost" | "needs_person" | "in_doubt" | "high"
        | "uncollectible" | "overpaid" => "bad",
        "investigating" | "awaiting_payment" | "open" | "under_review" | "waiting_approval" | "executing"
        | "approved" | "grace" | "medium" | "running" | "partly_paid" => "warn",
        _ => "soft",
    };
    html! { span class={ "state " (mood) } { (words(name)) } }
}

/// A name as people write it.
pub(crate) fn words(name: &str) -> String {
    name.replace('_', " ")
}

/// A value as people read it: what is one of a program's words loses its underscores, an id keeps them.
pub(crate) fn spoken(value: &str) -> String {
    let is_word = value.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let is_id = value.split_once('_').is_some_and(|(start, _)| IDS.contains(&start));
    if is_word && !is_id { words(value) } else { value.to_owned() }
}

/// How ids begin.
const IDS: &[&str] =
    &["act", "ch", "cn", "cus", "di", "dp", "du", "evt", "in", "pi", "pm", "price", "prod", "re", "req", "sub", "txn"];

/// A time to the minute. The script says it in the zone of whoever reads it.
pub(crate) fn time(at: jiff::Timestamp) -> Markup {
    html! { time datetime=(at) { (at.strftime("%Y-%m-%d %H:%M UTC")) } }
}

/// A sentence whose names of fields stand between backticks.
pub(crate) fn said(sentence: &str) -> Markup {
    html! { @for (place, part) in sentence.split('`').enumerate() {
        @if place % 2 == 1 { code { (part) } } @else { (part) }
    } }
}

/// In the place of what somebody may not press: who may.
pub(crate) fn only(who: &str) -> Markup {
    html! { p .soft { (who) } }
}

/// What is not known is said so.
pub(crate) fn known(value: Option<impl ToString>) -> Markup {
    html! { @match value { Some(value) => (value.to_string()), None => span .soft { "not known" } } }
}

/// A page for a request that was refused.
pub fn problem(viewer: Option<&Viewer>, title: &str, message: &str) -> String {
    frame(
        title,
        "",
        viewer,
        html! { h1 { (title) } section .notice { p { (said(message)) } p { a href="/" { "Back to the overview" } } } },
    )
}
