//! Tickets: what was written, what it is taken for, who has it, and what happened to it.

use super::Named;
use super::action::roles;
use super::case::classes;
use crate::door::openapi::shape::{
    any, decimal, flag, list, object, only, or_null, page, see, text, time, told, whole, word, words,
};
use domain::event::TicketStatus;
use domain::ticket::{Outcome, State};
use serde_json::Value;

pub(super) fn schemas() -> Named {
    let requester = only([("email?", or_null(text())), ("name?", or_null(text()))]);
    vec![
        ("Ticket", object(fields())),
        ("Tickets", page("Ticket")),
        ("TicketShown", object(fields().into_iter().chain(besides()))),
        ("TicketLine", line()),
        ("TicketAnswered", answer()),
        (
            "TicketOpened",
            only([
                ("subject?", text()),
                ("body", told(text(), "What the customer wrote or said.")),
                ("requester?", requester),
            ]),
        ),
        (
            "Letter",
            only([("subject?", or_null(text())), ("body?", told(or_null(text()), "One of the two says something."))]),
        ),
        ("LetterRead", object(letter_read())),
        ("TicketAssigned", only([("to", told(text(), "A staff id; empty takes it from whoever has it."))])),
        (
            "TicketClosed",
            only([
                ("note?", text()),
                (
                    "turns?",
                    told(
                        or_null(whole()),
                        "The `turns` that were read; where something has come in since, it is not closed.",
                    ),
                ),
            ]),
        ),
        ("TicketReopened", only([("note", told(text(), "Why it is not over."))])),
        ("TicketMerged", only([("into", told(text(), "The id of the ticket that it is a repeat of."))])),
        ("TicketStranger", only([("note", told(text(), "How you know that they are no customer."))])),
        ("TicketUnmerged", only([("note", told(text(), "Why the two are not one."))])),
        (
            "TicketOwned",
            only([
                ("account", told(text(), "Recoup's id, or `provider[/source]:customer_id`.")),
                ("note", told(text(), "How you know whose it is.")),
            ]),
        ),
    ]
}

fn fields() -> Vec<(&'static str, Value)> {
    use TicketStatus::{Closed, Open, Solved, Waiting};
    let maybe = || or_null(text());
    vec![
        ("id", told(text(), "As its address has it: the help desk's own id, with the desk and source where needed.")),
        ("provider", text()),
        ("source", text()),
        ("subject", maybe()),
        ("body", told(maybe(), "What was written first, masked.")),
        ("latest", told(maybe(), "What was written last, masked.")),
        ("status", told(or_null(words([Open, Waiting, Solved, Closed])), "What the help desk says of it.")),
        ("csat", or_null(whole())),
        ("requester", object([("name", maybe()), ("email", maybe())])),
        ("opened_at", told(or_null(time()), "When it began, or began anew.")),
        ("changed_at", or_null(time())),
        ("accounts", told(list(text()), "Those with the requester's address.")),
        ("state", words(State::ALL)),
        ("class", told(or_null(classes()), "The best guess also where it abstained.")),
        ("confidence", told(or_null(decimal()), "Between 0 and 1.")),
        ("abstained", told(or_null(flag()), "It is not sure enough: a person says what it is.")),
        ("reasons", told(list(text()), "The words that decided.")),
        ("also", told(list(classes()), "What else it is about.")),
        ("classed_by", told(maybe(), "Who said so, where a person did.")),
        ("account", told(maybe(), "Whose it is, once that is certain.")),
        ("known_contact", told(flag(), "Whether whoever wrote has an address of the account, or a colleague vouches.")),
        ("vouched_by", told(maybe(), "The colleague who said whose it is.")),
        ("stranger_by", told(maybe(), "The colleague who said that whoever wrote is no customer.")),
        ("verified", told(flag(), "Whether whoever wrote it has shown that the address is theirs.")),
        ("unverified", told(flag(), "A person finds out whose it is, and nothing of an account is said until then.")),
        ("notices?", told(list(text()), "What changed lately of how its customers are reached.")),
        ("case", maybe()),
        ("assignee", maybe()),
        ("role", told(or_null(roles()), "In whose queue it stands.")),
        ("language", told(maybe(), "In which they are answered: that of their newest words that tell one.")),
        ("due_at", told(or_null(time()), "By when it is to be answered.")),
        ("first_answer_at", or_null(time())),
        ("resolved_at", or_null(time())),
        ("reopened", whole()),
        ("escalated", flag()),
        ("merged_into", told(maybe(), "The ticket that it is a repeat of.")),
        (
            "handling_minutes",
            told(decimal(), "How long people were at it, with its case and all that belongs to that."),
        ),
        ("turns", told(whole(), "How many letters and ends of what was asked for were taken in, in that order.")),
    ]
}

fn letter_read() -> [(&'static str, Value); 5] {
    let abstained = "It is not sure enough: a person says what it is. `not_billing` without it is an answer: a ticket \
                     of these words opens no case.";
    [
        ("class", told(classes(), "The best guess also where it abstains.")),
        ("confidence", told(decimal(), "Between 0 and 1.")),
        ("abstained", told(flag(), abstained)),
        ("reasons", told(list(text()), "The words that decided.")),
        ("also", told(list(classes()), "What else it is about.")),
    ]
}

fn besides() -> [(&'static str, Value); 4] {
    let to = told(text(), "Who has it now, where that is what happened.");
    let happened = object([("at", time()), ("by", text()), ("what", text()), ("to?", to)]);
    [
        ("history", told(list(happened), "Oldest first.")),
        ("answers", told(list(see("TicketAnswered")), "Oldest first.")),
        ("draft", told(or_null(text()), "The text that is prepared and not sent.")),
        ("payment_request", or_null(text())),
    ]
}

fn answer() -> Value {
    let fields = || {
        vec![
            ("number", whole()),
            ("by", text()),
            ("text", text()),
            ("unchanged", told(flag(), "Whether it is the draft as it was prepared.")),
            ("outcome", words(Outcome::ALL)),
            ("at", time()),
            ("turn", told(whole(), "Up to which of the ticket's `turns` it answers.")),
            ("step?", told(text(), "The step of the case's playbook that was taken with it.")),
            ("asks_for?", told(text(), "The invoice that the link to pay in its text leads to.")),
            ("opens?", told(text(), "The action that sent the document which a link in its text opens.")),
        ]
    };
    let of = |state: &str, more: Vec<(&'static str, Value)>| {
        object(fields().into_iter().chain([("state", word(state))]).chain(more))
    };
    any([
        of("sending", vec![]),
        of("sent", vec![]),
        of("in_doubt", vec![("reason", text())]),
        of("refused", vec![("reason", text()), ("again_at", or_null(time()))]),
    ])
}

fn line() -> Value {
    object([
        ("id", text()),
        ("subject", or_null(text())),
        ("state", words(State::ALL)),
        ("class", or_null(classes())),
        ("assignee", or_null(text())),
        ("opened_at", or_null(time())),
        ("due_at", or_null(time())),
    ])
}
