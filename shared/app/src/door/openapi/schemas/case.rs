//! Cases: what was found, what it was found by, and what a person sees before deciding.

use super::Named;
use super::account::dispute_states;
use super::action::{kinds, roles};
use crate::door::openapi::shape::{
    any, date, decimal, flag, list, map, money, object, only, or_null, page, record, see, text, time, told, whole,
    words,
};
use domain::action::Reason;
use domain::case::{Class, State};
use domain::import::ExceptionKind;
use domain::incident;
use domain::playbook::{Passed, Stage};
use serde_json::Value;

pub(super) fn schemas() -> Named {
    let short =
        object([("advice", text()), ("why", text()), ("recommended", recommended()), ("missing", list(text()))]);
    vec![
        ("CaseRecord", object(record_fields())),
        ("CaseLine", object(record_fields().into_iter().chain(besides_class(short)))),
        ("Cases", page("CaseLine")),
        (
            "Case",
            object(record_fields().into_iter().chain(besides_class(see("CasePreview"))).chain([
                ("playbook", or_null(see("Play"))),
                ("handling", handling()),
                ("path", told(list(see("OnPath")), "How far it has come on the way that all cases go.")),
            ])),
        ),
        (
            "OnPath",
            object([("stage", words(Stage::ALL)), ("state", words(Passed::ALL)), ("at?", time()), ("by?", text())]),
        ),
        ("CaseShown", any([see("Case"), see("SlackBlocks")])),
        ("SlackBlocks", object([("blocks", list(record()))])),
        (
            "Evidence",
            object([
                ("label", text()),
                ("value", text()),
                ("source", told(text(), "The provider's id of what was looked at.")),
            ]),
        ),
        (
            "Recommendation",
            object([
                ("kind", see("Doing")),
                ("reason", words(Reason::ALL)),
                ("note", text()),
                (
                    "gone?",
                    told(
                        map(money()),
                        "What had gone back of each payment when it was found: it is taken off already.",
                    ),
                ),
            ]),
        ),
        ("CasePreview", preview()),
        ("Proposed", proposed()),
        ("Granted", granted()),
        ("Reply", object([("subject", text()), ("body", text())])),
        ("Resolve", only([("note?", text())])),
        ("StepTaken", only([("step", told(text(), "The id of a step of the case's playbook.")), ("note?", text())])),
        ("Correct", only([("class", classes()), ("note?", text())])),
        ("Dispute", dispute()),
        ("Disputes", page("Dispute")),
    ]
}

pub(super) fn classes() -> Value {
    words(Class::ALL)
}

fn recommended() -> Value {
    or_null(see("Recommendation"))
}

/// A case as it is written down.
fn record_fields() -> Vec<(&'static str, Value)> {
    let draft =
        object([("text", text()), ("amount", text()), ("invoice", text()), ("payment", text()), ("reason", text())]);
    vec![
        ("id", text()),
        ("account", text()),
        ("class", classes()),
        (
            "about",
            told(
                text(),
                "An invoice or a payment, by the provider's id; or the ticket that opened it, as `ticket:provider/source/id`.",
            ),
        ),
        ("confidence", told(decimal(), "Between 0 and 1.")),
        ("state", words([State::Open, State::Resolved])),
        ("rule", text()),
        ("policy_version", whole()),
        ("cause", or_null(text())),
        ("evidence", list(see("Evidence"))),
        ("missing", told(list(text()), "What would have helped and was not known.")),
        ("advice", text()),
        ("why", text()),
        ("recommended", recommended()),
        ("draft_reply", told(or_null(draft), "A draft: it is sent by a person or not at all.")),
        ("actions", list(text())),
        ("decisions", told(list(text()), "How it was judged, oldest first.")),
        ("events", list(text())),
        ("handled", list(handled())),
        ("tickets?", told(list(text()), "The tickets that are about it.")),
        (
            "at_work?",
            told(
                object([
                    ("secs", whole()),
                    ("last_at", or_null(time())),
                    ("sittings?", told(list(sitting()), "The newest, in the order of their ends.")),
                    ("forgotten_until?", told(time(), "The end of the last that is counted and not kept.")),
                ]),
                "How long people were at it and at all that belongs to it, each from act to act.",
            ),
        ),
        ("opened_at", time()),
        ("resolved_at", or_null(time())),
        ("resolution", or_null(text())),
        ("went_on_in?", told(text(), "The case of the same trouble in which it goes on.")),
        ("took_over?", told(list(text()), "The cases that go on in it, oldest first.")),
    ]
}

fn handled() -> Value {
    let step = told(text(), "The step of the playbook that it was.");
    object([("by", text()), ("at", time()), ("what", text()), ("note", text()), ("step?", step)])
}

fn sitting() -> Value {
    object([("by", text()), ("from", time()), ("to", time())])
}

/// How long people were at it, with its tickets, against what its playbook gives them.
fn handling() -> Value {
    object([("minutes", decimal()), ("target", told(or_null(list(whole())), "From, to."))])
}

/// What `case_json` adds.
fn besides_class(preview: Value) -> [(&'static str, Value); 3] {
    let clause = object([("rule", text()), ("version", whole()), ("why", text())]);
    [
        ("preview", preview),
        ("policy", list(clause)),
        ("tickets", told(list(text()), "The ids of the tickets that are about it.")),
    ]
}

fn preview() -> Value {
    let states = words([incident::State::Open, incident::State::Over]);
    let incident = object([
        ("id", text()),
        ("title", text()),
        ("state", states),
        ("customers", whole()),
        ("cause", text()),
        ("owner", text()),
    ]);
    object([
        ("case", text()),
        ("issue", text()),
        ("account", text()),
        ("evidence", list(see("Evidence"))),
        ("around", told(list(see("Evidence")), "What imports say now beside its evidence. The digest is not over it.")),
        ("missing", told(list(text()), "What would have helped and was not known, also of what imports could say.")),
        ("policy", see("Clause")),
        ("advice", text()),
        ("recommended", list(see("Proposed"))),
        ("exceptions", told(list(see("Granted")), "What was granted to this customer before beside the rules.")),
        ("incident", told(or_null(incident), "What many others have as well, at the same time.")),
        ("reply", told(or_null(see("Reply")), "The text for the customer, as a person would send it.")),
        ("notices", told(list(text()), "What changed lately of how the customer is reached.")),
        ("digest", text()),
    ])
}

fn proposed() -> Value {
    object([
        ("kind", kinds()),
        ("target", text()),
        ("amount", or_null(money())),
        ("reason", words(Reason::ALL)),
        ("approvals_required", list(roles())),
        ("clause", see("Clause")),
        ("summary", text()),
        ("lines", list(see("Line"))),
        ("impossible", told(or_null(text()), "Why it cannot be done as things stand.")),
    ])
}

fn granted() -> Value {
    object([
        ("kind", words(ExceptionKind::ALL)),
        ("amount", or_null(money())),
        ("percent", or_null(decimal())),
        ("granted_on", date()),
        ("granted_by", text()),
        ("reason", text()),
        ("until", or_null(date())),
        ("reference", told(or_null(text()), "Where it was written down.")),
        ("holds", flag()),
    ])
}

fn dispute() -> Value {
    object([
        ("id", text()),
        ("account", text()),
        ("case", text()),
        ("payment", text()),
        ("amount", or_null(money())),
        ("reason", or_null(text())),
        ("state", or_null(dispute_states())),
        ("formal", told(or_null(flag()), "An inquiry is not formal: no money was taken back.")),
        ("opened_at", or_null(time())),
        ("evidence_due_at", or_null(time())),
        ("resolved_at", or_null(time())),
        ("days_to_resolution", or_null(whole())),
    ])
}
