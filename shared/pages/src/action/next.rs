//! What comes next for an action, and the buttons for it: decide, withdraw, say what was done by hand.

use super::ActionShown;
use crate::decision::{Beside, follows, needs, out_of_date};
use crate::frame::{Viewer, no_default, only, time, words};
use domain::action::{Action, Kind, Outcome, Sent, State};
use domain::approval::Deciding;
use maud::{Markup, html};

/// `sentence` is what the action does, as it stands above.
pub fn next(viewer: &Viewer, shown: &ActionShown<'_>, sentence: &str) -> Markup {
    let action = shown.action;
    html! {
        @match action.state() {
            State::WaitingApproval => (decision(viewer, shown, sentence)),
            State::Approved => section .notice {
                h2 { "What comes next" }
                @if let Some(at) = action.executes_after() { p { "It is approved, and carried out on " (time(at)) "." } }
                @else {
                    p {
                        "It is approved, and goes to the provider now, unless it is " a href="/stop" { "stopped" } "."
                    }
                }
            },
            State::Executing | State::InDoubt => section .notice {
                h2 { "What comes next" }
                p {
                    "It is on its way. If it is not known whether the provider did it, \
                     Recoup looks there before anything is sent again. Nothing is sent while it is "
                    a href="/stop" { "stopped" } ", or its source only observes."
                }
            },
            State::NeedsPerson => { (by_hand(viewer, action)) (letter(action)) },
            State::Stale => (again(
                "The account has changed since the preview, so nothing was done. Look at it and ask again."
            )),
            State::Expired => (again("Nobody decided in time, so nothing was done. Ask again if it is still needed.")),
            State::Denied => (again("It was denied, so nothing was done.")),
            State::Failed => (again("It was not done. The reason stands below; put it right and ask again.")),
            State::Executed => { (link(action)) (letter(action)) },
            State::Previewed | State::Withdrawn => {},
        }
        @if action.waits_for_key() {
            section .notice {
                p {
                    "Nothing was done: the API key of its source is missing, or may not do this. It goes on once the key of "
                    a href="/sources" { "its source" } " works."
                }
            }
        }
        @if action.may_be_withdrawn() {
            @let may_withdraw = viewer.id == action.requested_by || viewer.role.may_withdraw();
            @if !may_withdraw { (only("Whoever asked, a manager or a VP may withdraw it.")) }
            @else if let Some(csrf) = &viewer.csrf {
                form method="post" action={ "/actions/" (action.id) "/withdraw" } {
                    input type="hidden" name="csrf" value=(csrf);
                    button .plain type="submit" { "Withdraw this request" }
                }
            }
        }
    }
}

fn again(what: &str) -> Markup {
    html! { section .notice { h2 { "What comes next" } p { (what) } } }
}

/// What every vote says: which preview, why, and how it is decided. Whoever denies says why.
pub(crate) fn ballot(action: &Action, sentence: &str) -> Markup {
    html! {
        (no_default())
        input type="hidden" name="preview_digest" value=(action.preview.digest);
        label for="note" { "Your reason (to deny it, one is needed)" }
        input id="note" name="note" maxlength="500";
        button type="submit" name="decision" value="approve" { "Approve: " (sentence) }
        button .plain type="submit" name="decision" value="deny" { "Deny" }
    }
}

/// Who asked and since when it waits, and what follows from an answer.
pub(crate) fn weighed(action: &Action, beside: &Beside) -> Markup {
    html! {
        p { (beside.asked(action)) @if !action.note.is_empty() { ": " span .written { (action.note) } } }
        (follows(action, beside))
    }
}

fn decision(viewer: &Viewer, shown: &ActionShown<'_>, sentence: &str) -> Markup {
    let ActionShown { action, beside, deciding, .. } = *shown;
    html! {
        section .notice {
            h2 { "Decision" }
            @if let Some(why) = shown.overtaken { p role="alert" { strong { (out_of_date(why)) } } }
            (weighed(action, beside))
            @if let Deciding::InPlaceOf(away) = deciding {
                p { "You decide in the place of " (away.name) ", as " (words(away.role.name())) "." }
            }
            @match (&viewer.csrf, deciding) {
                (Some(csrf), Deciding::Own | Deciding::InPlaceOf(_)) => {
                    form method="post" action={ "/actions/" (action.id) "/decision" } {
                        input type="hidden" name="csrf" value=(csrf);
                        (ballot(action, sentence))
                    }
                },
                _ => p { "This needs the approval of " (needs(action)) ", and not of whoever asked." },
            }
            p .soft { "Open until " (time(action.expires_at)) "." }
        }
    }
}

/// What is said of something that was done by hand.
pub(crate) fn what_was_done(id: &str) -> Markup {
    html! {
        label for="reference" { (id) }
        input id="reference" name="reference" maxlength="255";
        label for="note" { "Note (optional)" }
        input id="note" name="note" maxlength="500";
    }
}

fn by_hand(viewer: &Viewer, action: &Action) -> Markup {
    html! {
        section .notice {
            h2 { "To be done by hand" }
            @if let Some(Outcome::NeedsPerson { instead }) = &action.outcome() { p { (instead) } }
            @if let (Some(csrf), true) = (&viewer.csrf, viewer.role.may_settle()) {
                form method="post" action={ "/actions/" (action.id) "/settle" } {
                    (no_default())
                    input type="hidden" name="csrf" value=(csrf);
                    (what_was_done("The provider's id of what was done (optional)"))
                    button type="submit" name="done" value="yes" { "I have done it" }
                    button .plain type="submit" name="done" value="no" { "It was not done, and will not be" }
                }
            } @else { p .soft { "A billing specialist, a manager or a VP does it and says so here." } }
        }
    }
}

/// Whether a customer who leaves has it in writing.
fn letter(action: &Action) -> Markup {
    let by_hand = action.state() == State::NeedsPerson
        || matches!(&action.outcome(), Some(Outcome::Done { status, .. }) if status == "by_hand");
    let told = match (&action.kind, action.told.customer) {
        (Kind::Cancel { .. }, Some(Sent::Sent)) if by_hand => {
            "The customer has in writing that their wish was noted; tell them that it is done."
        }
        (Kind::Cancel { .. }, Some(Sent::Sent)) => "The customer has it in writing.",
        (Kind::Cancel { .. }, Some(Sent::NoAddress)) => {
            "No address of the customer is known: tell them in writing that it is done."
        }
        (Kind::Cancel { .. }, Some(Sent::Refused)) => {
            "It could not be mailed to the customer: tell them in writing that it is done."
        }
        (Kind::Cancel { .. }, Some(Sent::Sending)) => {
            "It is not known whether the customer has it in writing: ask them."
        }
        _ => return html! {},
    };
    html! { section .notice { h2 { "For the customer" } p { (told) } } }
}

/// The link that was made for the customer, and whether they have it.
fn link(action: &Action) -> Markup {
    let Some(Outcome::Done { link: Some(link), .. }) = &action.outcome() else { return html! {} };
    let told = match action.told.customer {
        Some(Sent::Sent) => "It was mailed to the customer.",
        Some(Sent::NoAddress) => "No address of the customer is known: read it to them, or copy it for them.",
        Some(Sent::Refused) => "It could not be mailed: copy it for the customer.",
        Some(Sent::Sending) | None => {
            "It is not known whether the mail went out: ask the customer before it is sent again."
        }
    };
    html! {
        section .notice {
            h2 { "Link for the customer" }
            p { a href=(link) rel="noreferrer" { (link) } }
            p { (told) }
        }
    }
}
