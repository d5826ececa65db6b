//! The people who decide: staff, who stands in for whom, and what somebody stopped.

use super::Named;
use super::action::roles;
use crate::door::openapi::shape::{flag, list, object, only, or_null, page, see, text, time, told, whole, words};
use domain::staff;
use domain::task::State;
use serde_json::Value;

pub(super) fn schemas() -> Named {
    let stop = object([("scope", see("Scope")), ("by", text()), ("at", time()), ("note", text())]);
    let change =
        object([("scope", see("Scope")), ("released", flag()), ("by", text()), ("at", time()), ("note", text())]);
    vec![
        ("Person", person()),
        ("StaffTable", staff_table()),
        ("StaffChange", staff_change()),
        ("StaffProposal", staff_proposal()),
        ("ProposalDecided", only([("decision", words([staff::Word::Confirm, staff::Word::Refuse]))])),
        ("Delegation", delegation()),
        ("Delegations", page("Delegation")),
        (
            "DelegationWish",
            only([
                ("from?", told(or_null(text()), "The asker, if nobody else is named.")),
                ("to", text()),
                ("until?", told(or_null(time()), "Without it, what stands is ended.")),
                ("note?", text()),
            ]),
        ),
        ("Task", task()),
        ("Tasks", page("Task")),
        (
            "TaskWord",
            only([
                ("assign?", told(text(), "A staff id; empty takes it from whoever has it.")),
                ("snooze_until?", time()),
                (
                    "done?",
                    told(flag(), "False says that it was not done, and will not be. An action is settled with it."),
                ),
                (
                    "bucket?",
                    told(
                        text(),
                        "Of a letter of the ladder: the rung that it was read of; by now another is a conflict.",
                    ),
                ),
                ("reference?", told(text(), "The provider's id of what was done; of a ticket to verify, whose it is.")),
                ("note?", text()),
            ]),
        ),
        ("Scope", object([("source", or_null(text())), ("segment", or_null(text())), ("kind", or_null(text()))])),
        ("Stops", object([("standing", list(stop)), ("changes", list(change))])),
        ("StopShown", object([("stops", see("Stops")), ("waiting", list(waiting()))])),
        (
            "StopWish",
            only([
                ("source?", told(or_null(text()), "Written `provider/source`.")),
                ("segment?", or_null(text())),
                ("kind?", or_null(text())),
                ("release?", told(flag(), "Releases what is named; nothing named is everything.")),
                ("note?", text()),
            ]),
        ),
    ]
}

fn person() -> Value {
    object([
        ("id", text()),
        ("name", text()),
        ("role", roles()),
        ("email", text()),
        ("slack", or_null(object([("team", text()), ("user", text())]))),
        ("languages?", told(list(text()), "In which they answer customers; in English, where nothing is said.")),
    ])
}

fn staff_table() -> Value {
    object([
        ("items", list(see("Person"))),
        ("next", or_null(text())),
        ("changes", told(list(see("StaffChange")), "Newest first.")),
        (
            "proposals",
            told(list(see("StaffProposal")), "Changes of who may approve, each with its second person; newest first."),
        ),
    ])
}

fn staff_change() -> Value {
    object([
        ("at", time()),
        ("by", text()),
        ("confirmed_by", or_null(told(text(), "Who else agreed, where it took two."))),
        ("before", or_null(see("Person"))),
        ("after", see("Person")),
    ])
}

fn staff_proposal() -> Value {
    use staff::State::{Confirmed, Expired, Refused, Waiting};
    let ended = object([("by", text()), ("at", time()), ("word", words([staff::Word::Confirm, staff::Word::Refuse]))]);
    object([
        ("number", told(whole(), "Its name.")),
        ("by", text()),
        ("at", time()),
        ("expires_at", time()),
        ("state", words([Waiting, Confirmed, Refused, Expired])),
        ("changes", list(see("StaffChange"))),
        ("ended", or_null(ended)),
    ])
}

fn task() -> Value {
    let about = object([
        ("kind", text()),
        ("action?", text()),
        ("invoice?", text()),
        ("subscription?", text()),
        ("dispute?", text()),
        ("bucket?", text()),
        ("needs?", told(text(), "The role that agrees to a letter: done sends it, dropped does not.")),
        ("case?", text()),
        ("incident?", text()),
        ("asks?", told(text(), "The kind of action that may be offered.")),
        ("endpoint?", text()),
        ("since?", time()),
        ("request?", text()),
        ("payment?", text()),
        ("ticket?", told(text(), "As `provider/source/id`.")),
        ("provider?", told(text(), "With the source: whose API key does not work.")),
        ("source?", text()),
    ]);
    object([
        ("id", text()),
        ("account", text()),
        ("about", about),
        ("what", text()),
        ("steps", told(text(), "How it is done.")),
        ("opened_at", time()),
        ("due_at", time()),
        ("queue", told(whole(), "Of two on one day, the lower is worked first; 9 is everybody's.")),
        ("state", words(State::ALL)),
        ("assigned_to", or_null(text())),
        ("snoozed_until", or_null(time())),
        ("ended_at", or_null(time())),
        ("ended_by", or_null(told(text(), "A staff id, or the provider that told of it."))),
        ("reference", text()),
        ("note", text()),
    ])
}

fn delegation() -> Value {
    object([
        ("from", told(text(), "Who is away.")),
        ("to", told(text(), "Who decides in their place, with their role.")),
        ("since", time()),
        ("until", time()),
        ("by", text()),
        ("note", text()),
        ("ended_at", or_null(time())),
    ])
}

fn waiting() -> Value {
    object([
        ("action", text()),
        ("summary", text()),
        ("approved_at", or_null(time())),
        ("held", told(flag(), "Whether a stop holds it.")),
    ])
}
