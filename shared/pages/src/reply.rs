//! The part of a ticket's page that answers it: each prepared text to edit or to copy, and where it goes.

use crate::copy::copies;
use crate::frame::{Viewer, no_default, state, time, words};
use crate::names::Names;
use domain::telling::State;
use domain::ticket::{Answer, Draft, Offered, Outcome, Ticket, TicketName, Way};
use maud::{Markup, html};

/// What was answered, and a form for each thing that there is to say.
pub(crate) fn reply(viewer: &Viewer, ticket: &Ticket, names: &Names, offered: &Offered) -> Markup {
    let csrf = viewer.csrf.as_ref().filter(|_| viewer.role.may_request());
    html! {
        section {
            h2 { "Answers" }
            @if ticket.handling.answers.is_empty() { p .soft { "Nobody has answered yet." } }
            @for answer in ticket.handling.answers.iter().rev() { (answered(answer, names)) }
        }
        @if let Some(csrf) = csrf { section #answer {
            h2 { "Answer" }
            p { (goes(&offered.way)) }
            @if !offered.known_contact {
                p .notice {
                    "Nobody knows who wrote this: no amount, no link and nothing about an account may be in an answer."
                }
            }
            @if offered.way != Way::Nowhere {
                @for (place, draft) in offered.drafts.iter().enumerate() {
                    (form(ticket, offered, csrf, place, Some(draft)))
                }
                (form(ticket, offered, csrf, offered.drafts.len(), None))
            } @else {
                @for (place, draft) in offered.drafts.iter().enumerate() { (to_copy(draft, place)) }
            }
            @if offered.way != Way::Nowhere || !offered.drafts.is_empty() {
            }
            @if !offered.not_offered.is_empty() {
                p .soft { "Not prepared:" }
                ul .soft { @for missing in &offered.not_offered {
                    li { (title(missing.outcome)) ": " (missing.why) }
                } }
            }
        } }
    }
}

/// Where an answer goes, said before it is sent.
fn goes(way: &Way) -> Markup {
    html! { @match way {
        Way::Desk { desk } => { "It is sent as a public comment in " strong { (desk) } ", which mails it on." },
        Way::Mail { to } => { "It is mailed to " strong { (to) } "." },
        Way::Nowhere => { "There is no address to answer to." },
    } }
}

/// A text that can only be told another way: nothing sends it.
fn to_copy(draft: &Draft, place: usize) -> Markup {
    let field = format!("reply-{place}");
    html! {
        details open[place == 0] {
            summary { (title(draft.outcome)) }
            label for=(field) { "The text, to copy from here" }
            textarea id=(field) rows="9" readonly { (draft.text) }
            (copies(&field))
        }
    }
}

/// A text area holds all of it: whoever wants to send it elsewhere copies it there.
fn form(ticket: &Ticket, offered: &Offered, csrf: &str, place: usize, draft: Option<&Draft>) -> Markup {
    let (field, ends) = (format!("reply-{place}"), format!("solved-{place}"));
    let outcome = draft.map_or(Outcome::Free, |draft| draft.outcome);
    let is_end = outcome.ends();
    let text = draft.map(|draft| draft.text.as_str()).unwrap_or_default();
    html! {
        details open[place == 0] {
            summary { (title(outcome)) }
            form method="post" action={ "/tickets/" (TicketName::of(ticket).address()) "/reply" } {
                (no_default())
                input type="hidden" name="csrf" value=(csrf);
                input type="hidden" name="outcome" value=(outcome.name());
                input type="hidden" name="answered" value=(offered.answered);
                input type="hidden" name="turns" value=(offered.turns);
                label for=(field) { "The text, to edit, or to copy from here" }
                textarea id=(field) name="text" rows="9" maxlength="5000" required { (text) }
                label for=(ends) {
                    input id=(ends) type="checkbox" name="solved" value="on" checked[is_end];
                    " The ticket is solved with it"
                }
                button type="submit" { "Send" }
                (copies(&field))
            }
        }
    }
}

fn title(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Taken => "We have it, and look into it",
        Outcome::Asked => "It is being decided",
        Outcome::Done => "It is done",
        Outcome::Denied => "It is denied, and what is possible instead",
        Outcome::Failed => "It did not go through yet",
        Outcome::Waiting => "We need something from them",
        Outcome::Neutral => "We have it, and somebody looks",
        Outcome::Free => "In your own words",
    }
}

fn answered(answer: &Answer, names: &Names) -> Markup {
    let (name, why) = match &answer.state {
        State::Sending => ("sending", None),
        State::Sent => ("sent", None),
        State::InDoubt { reason } => ("in_doubt", Some(reason)),
        State::Refused { reason, .. } => ("refused", Some(reason)),
    };
    html! {
        p .soft {
            (state(name)) " " (words(answer.outcome.name())) ", by " (names.who(&answer.by)) ", " (time(answer.at))
            @if let Some(why) = why { ": " (why) }
            @if let State::Refused { again_at: Some(at), .. } = &answer.state { "; it is sent again " (time(*at)) }
        }
        @if !answer.text.is_empty() { p .written { (answer.text) } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::staff::Role;
    use domain::ticket::NotOffered;

    fn viewer() -> Viewer {
        let csrf = Some("token".to_owned());
        Viewer { id: "lena".to_owned(), name: "Lena".to_owned(), role: Role::L1, csrf, local: false }
    }

    fn offered(way: Way, known_contact: bool) -> Offered {
        let draft = |outcome, text: &str| Draft { outcome, subject: "About it".to_owned(), text: text.to_owned() };
        let drafts = vec![draft(Outcome::Done, "It is <done> & paid."), draft(Outcome::Waiting, "We wait.")];
        let not_offered = vec![NotOffered { outcome: Outcome::Denied, why: "it was done" }];
        Offered { drafts, not_offered, way, known_contact, answered: 2, turns: 3 }
    }

    #[test]
    fn it_says_where_an_answer_goes_before_it_is_sent() {
        let ticket = Ticket::new("zendesk", "default", "4/2");
        for (way, expected, forms) in [
            (Way::Mail { to: "ada@shop.example".to_owned() }, "It is mailed to <strong>ada@shop.example</strong>", 3),
            (Way::Desk { desk: "Zendesk".to_owned() }, "public comment in <strong>Zendesk</strong>", 3),
            (Way::Nowhere, "There is no address to answer to.", 0),
        ] {
            let page = reply(&viewer(), &ticket, &Names::default(), &offered(way, true)).into_string();
            assert!(page.contains(expected), "{page}");
            assert_eq!(page.matches("<form").count(), forms, "{page}");
            assert_eq!(page.matches("action=\"/tickets/zendesk:4~2f2/reply\"").count(), forms, "{page}");
            assert_eq!(page.matches("name=\"answered\" value=\"2\"").count(), forms, "{page}");
            assert_eq!(page.matches("name=\"turns\" value=\"3\"").count(), forms, "{page}");
            assert!(!page.contains("<done>") && !page.contains("Nobody knows who wrote"), "{page}");
            assert!(page.contains("It is &lt;done&gt; &amp; paid."), "{page}");
            let why = "It is denied, and what is possible instead: it was done";
            assert!(page.contains(why), "{page}");
            let buttons = page.matches("data-copy=\"#reply-").count();
            assert_eq!(buttons, forms.max(2), "each text can be copied, also where nothing sends it: {page}");
            assert_eq!(page.matches("<textarea").count(), forms.max(2), "{page}");
        }
        let strange = reply(&viewer(), &ticket, &Names::default(), &offered(Way::Nowhere, false)).into_string();
        assert!(strange.contains("Nobody knows who wrote this"), "{strange}");
    }

    #[test]
    fn what_became_of_an_answer_is_shown_and_whoever_only_reads_has_no_form() {
        let mut ticket = Ticket::new("ticket", "default", "42");
        let at = "2026-03-01T10:00:00Z".parse().unwrap();
        let number = ticket.handling.answer(("lena", "It is done.", true), Outcome::Done, at).unwrap().number;
        let refused = State::Refused { reason: "closed".to_owned(), again_at: None };
        ticket.handling.answer_came(number, refused, at);
        let reader = Viewer { csrf: None, ..viewer() };
        let names = Names::default().with([("lena".to_owned(), "Lena M.".to_owned())]);
        let page = reply(&reader, &ticket, &names, &offered(Way::Nowhere, true)).into_string();
        assert!(page.contains(", by Lena M., <time"), "{page}");
        assert!(page.contains("refused") && page.contains("closed") && page.contains("It is done."), "{page}");
        assert!(!page.contains("<form") && !page.contains("<script"), "{page}");
    }
}
