//! Signing in, and what is kept of a form that was sent and not taken: its session had ended, or it was refused.

use super::{Viewer, frame, no_default, said, spoken, words};
use domain::staff::Role;
use maud::{Markup, html};

/// A form that was sent without a session: where to, and what was written into it.
#[derive(Debug, Clone, Copy)]
pub struct Kept<'a> {
    pub path: &'a str,
    pub fields: &'a [(String, String)],
}

/// What stands before the name of a kept field, so that none is taken for one of the sign-in form itself.
pub const KEPT: &str = "kept.";

/// What people write themselves, as far as forms call it so; the rest says of which thing the form was.
const WRITTEN: [&str; 9] = ["note", "text", "subject", "body", "amount", "days", "until", "date", "reference"];

/// Of a form that was refused, what is put right in lines of its own, and what in one.
const LONG: [&str; 2] = ["body", "text"];
const SHORT: [&str; 4] = ["email", "name", "note", "subject"];

/// What nobody can read anything from: what a form was made of, and where it leads back to.
const UNREAD: [&str; 7] = ["preview_digest", "key", "turns", "here", "answered", "previewed", "cursor"];

/// The sign-in page. `demo` are the staff that the local service lets anyone be.
pub fn login(notice: Option<&str>, demo: &[(String, String, Role)]) -> String {
    let above = html! { @if let Some(notice) = notice { section .notice role="alert" { p { (notice) } } } };
    page(&above, demo, None)
}

/// In the place of what a form does: nothing was done, and whoever signs in here goes on with what they wrote.
pub fn signed_out(kept: Kept<'_>, demo: &[(String, String, Role)]) -> String {
    let above = html! {
        section .notice role="alert" {
            p {
                "Your session has ended, so nothing was done. \
                 What you wrote is kept: sign in, look at it, and send it."
            }
            (written(kept))
        }
    };
    page(&above, demo, Some(kept))
}

/// After that: what was written, with a button that sends it in the new session.
pub fn resumed(viewer: &Viewer, kept: Kept<'_>) -> String {
    let csrf = viewer.csrf.as_deref().unwrap_or_default();
    frame(
        "Signed in again",
        "",
        Some(viewer),
        html! {
            h1 { "You are signed in again" }
            section .notice {
                p { "What you wrote has not been sent yet. Whoever sends it does this:" }
                (written(kept))
                (pressed(kept))
                form method="post" action=(kept.path) {
                    (no_default())
                    @for (name, value) in kept.fields { input type="hidden" name=(name) value=(value); }
                    input type="hidden" name="csrf" value=(csrf);
                    button type="submit" { "Send it now" }
                }
                p { a href="/" { "Do not send it" } }
            }
        },
    )
}

/// A form that was refused: why, and what was written, to be put right and sent again.
pub fn refused(viewer: &Viewer, kept: Kept<'_>, back: &str, why: &str) -> String {
    let csrf = viewer.csrf.as_deref().unwrap_or_default();
    let own = kept.fields.iter().filter(|(name, _)| name != "csrf");
    frame(
        "This did not work",
        "",
        Some(viewer),
        html! {
            h1 { "This did not work" }
            section .notice role="alert" { p { (said(why)) } }
            section {
                p { "Nothing was sent. What you wrote is still here." }
                form method="post" action=(kept.path) {
                    (no_default())
                    input type="hidden" name="csrf" value=(csrf);
                    @for (name, value) in own {
                        @if LONG.contains(&name.as_str()) {
                            label for={ "kept-" (name) } { (words(name)) }
                            textarea id={ "kept-" (name) } name=(name) rows="9" { (value) }
                        } @else if SHORT.contains(&name.as_str()) {
                            label for={ "kept-" (name) } { (words(name)) }
                            input id={ "kept-" (name) } name=(name) value=(value);
                        } @else {
                            input type="hidden" name=(name) value=(value);
                        }
                    }
                    button type="submit" { "Send it again" }
                }
                p { a href=(back) { "Back, without it" } }
            }
        },
    )
}

fn written(kept: Kept<'_>) -> Markup {
    let own = kept.fields.iter().filter(|(name, value)| WRITTEN.contains(&name.as_str()) && !value.is_empty());
    html! { dl { @for (name, value) in own { dt { (words(name)) } dd .written { (value) } } } }
}

/// What else a form says, and to what: its button may be a yes or a no, and somebody else may have filled it in.
fn pressed(kept: Kept<'_>) -> Markup {
    let is_told = |name: &str| WRITTEN.contains(&name) || UNREAD.contains(&name);
    let other = kept.fields.iter().filter(|(name, value)| !is_told(name) && !value.is_empty());
    html! { dl {
        dt { "Sent to" } dd { code { (kept.path) } }
        @for (name, value) in other { dt { (words(name)) } dd { (spoken(value)) } }
    } }
}

fn page(above: &Markup, demo: &[(String, String, Role)], kept: Option<Kept<'_>>) -> String {
    let carried = html! { @if let Some(kept) = kept {
        input type="hidden" name="kept" value=(kept.path);
        @for (name, value) in kept.fields { input type="hidden" name={ (KEPT) (name) } value=(value); }
    } };
    frame(
        "Sign in",
        "",
        None,
        html! {
            h1 { "Sign in" }
            (above)
            @if !demo.is_empty() {
                section {
                    h2 { "Demo staff" }
                    p .soft { "This service runs on one machine: choose who you are." }
                    form method="post" action="/local/login" {
                        (carried)
                        @for (id, name, role) in demo {
                            button .plain type="submit" name="staff" value=(id) { (name) " (" (words(role.name())) ")" }
                        }
                    }
                }
            }
            section {
                h2 { "With a token" }
                form method="post" action="/login" {
                    (carried)
                    label for="token" { "Token" }
                    input id="token" name="token" type="password" required autocomplete="off";
                    button type="submit" { "Sign in" }
                }
                @if !demo.is_empty() { p .soft { code { "recoup token mara" } " prints one." } }
            }
        },
    )
}
