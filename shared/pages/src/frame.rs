//! What every page has: head, navigation, and plain words when something is wrong.

use crate::search::field;
use domain::staff::Role;
use maud::{DOCTYPE, Markup, html};

/// The one style sheet, served at `/style.css`.
pub const STYLE: &str = include_str!("style.css");

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

const PLACES: &[(&str, &str)] = &[
    ("/", "Overview"),
    ("/accounts", "Accounts"),
    ("/cases", "Cases"),
    ("/incidents", "Incidents"),
    ("/disputes", "Disputes"),
    ("/approvals", "Approvals"),
    ("/actions", "Actions"),
    ("/tasks", "Tasks"),
    ("/dunning", "Dunning"),
    ("/ageing", "Ageing"),
    ("/tickets", "Tickets"),
    ("/payment-requests", "Payment requests"),
    ("/sources", "Sources"),
    ("/endpoints", "Endpoints"),
    ("/staff", "Staff"),
    ("/stop", "Stop"),
    ("/policies", "Policies"),
];

/// Puts a page into its frame; `place` is the part of the console that it belongs to.
pub(crate) fn frame(title: &str, place: &str, viewer: Option<&Viewer>, body: Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · Recoup" }
                link rel="stylesheet" href="/style.css";
                link rel="icon" href="data:,";
            }
            body {
                a .skip href="#main" { "Skip to content" }
                header { div {
                    a .name href="/" { "Recoup" }
                    @if let Some(viewer) = viewer {
                        nav aria-label="Console" {
                            @for (path, name) in PLACES { (link(path, name, place)) }
                            @if viewer.local { (link("/outbox", "Outbox", place)) }
                        }
                        (field())
                        form method="post" action="/logout" {
                            span { (viewer.name) " (" (viewer.role.name()) ")" }
                            @if viewer.csrf.is_some() { button .plain type="submit" { "Sign out" } }
                        }
                    }
                } }
                main id="main" { (body) }
                footer { "All times are UTC." }
            }
        }
    };
    page.into_string()
}

fn link(path: &str, name: &str, place: &str) -> Markup {
    html! { a href=(path) aria-current=[(path == place).then_some("page")] { (name) } }
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

/// A time to the minute.
pub(crate) fn time(at: jiff::Timestamp) -> Markup {
    html! { time datetime=(at) { (at.strftime("%Y-%m-%d %H:%M")) } }
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
        html! { h1 { (title) } section .notice { p { (message) } p { a href="/" { "Back to the overview" } } } },
    )
}

/// The sign-in page. `demo` are the staff that the local service lets anyone be.
pub fn login(notice: Option<&str>, demo: &[(String, String, Role)]) -> String {
    frame(
        "Sign in",
        "",
        None,
        html! {
            h1 { "Sign in" }
            @if let Some(notice) = notice { section .notice role="alert" { p { (notice) } } }
            @if !demo.is_empty() {
                section {
                    h2 { "Demo staff" }
                    p .soft { "This service runs on one machine: choose who you are." }
                    form method="post" action="/local/login" {
                        @for (id, name, role) in demo {
                            button .plain type="submit" name="staff" value=(id) { (name) " (" (words(role.name())) ")" }
                        }
                    }
                }
            }
            section {
                h2 { "With a token" }
                form method="post" action="/login" {
                    label for="token" { "Token" }
                    input id="token" name="token" type="password" required autocomplete="off";
                    button type="submit" { "Sign in" }
                }
                @if !demo.is_empty() { p .soft { code { "recoup token mara" } " prints one." } }
            }
        },
    )
}
