//! Answers to tickets: what there is to say, what somebody says, and what came of it.

use super::Named;
use crate::door::openapi::shape::{any, flag, list, object, only, or_null, text, time, told, whole, word, words};
use domain::ticket::Outcome;
use serde_json::Value;

pub(super) fn schemas() -> Named {
    vec![
        ("TicketDrafts", drafts()),
        (
            "TicketReply",
            only([
                ("text", text()),
                ("outcome?", or_null(words(Outcome::ALL))),
                ("solved?", told(flag(), "The ticket is solved with it.")),
                (
                    "answered?",
                    told(
                        or_null(whole()),
                        "How often it was answered when it was looked at; more by now is a conflict.",
                    ),
                ),
                (
                    "turns?",
                    told(
                        or_null(whole()),
                        "The `turns` that were read: what came in since stays to be answered, and the same text to the same \
                         turns is one answer. All that has come, where it is left out.",
                    ),
                ),
                ("step?", told(or_null(text()), "The id of the step of the case's playbook that is taken with it.")),
            ]),
        ),
        ("TicketAnswer", answer()),
    ]
}

fn drafts() -> Value {
    let draft = object([("outcome", words(Outcome::ALL)), ("subject", text()), ("text", text())]);
    let missing = object([("outcome", words(Outcome::ALL)), ("why", text())]);
    let way = any([
        object([("by", word("desk")), ("desk", text())]),
        object([("by", word("mail")), ("to", text())]),
        object([("by", word("nowhere"))]),
    ]);
    object([
        ("drafts", told(list(draft), "The most wanted first; what was said already is not among them.")),
        (
            "not_offered",
            told(list(missing), "Of *asked, done, denied, waiting* those that are not among the drafts, and why."),
        ),
        ("way", way),
        ("known_contact", told(flag(), "Without it no amount and no link may be in an answer.")),
        ("answered", told(whole(), "How often it was answered so far.")),
        ("turns", told(whole(), "How many letters and ends of what was asked for were taken in so far.")),
    ])
}

fn answer() -> Value {
    object([
        ("ticket", text()),
        ("number", whole()),
        ("by", told(text(), "Somebody of the staff, or Recoup itself.")),
        ("text", text()),
        ("unchanged", told(flag(), "It is the draft as it was prepared.")),
        ("outcome", words(Outcome::ALL)),
        ("at", time()),
        ("turn", told(whole(), "Up to which of the ticket's `turns` it answers.")),
        ("step?", told(text(), "The step of the case's playbook that was taken with it.")),
        ("asks_for?", told(text(), "The invoice that the link to pay in its text leads to.")),
        ("opens?", told(text(), "The action that sent the document which a link in its text opens.")),
        ("state", words(["sending", "sent", "in_doubt", "refused"])),
        ("reason?", text()),
        ("again_at?", told(or_null(time()), "When it is sent again; null where it is not.")),
    ])
}
