//! What is sent and answered, field by field.

mod account;
mod action;
mod case;
mod cash;
mod endpoint;
mod incident;
mod judged;
mod paper;
mod reply;
mod report;
mod source;
mod team;
mod ticket;

use super::shape::{anything, decimal, list, object, only, or_null, record, text, told, whole, word};
use serde_json::Value;

/// Schemas by their names.
type Named = Vec<(&'static str, Value)>;

pub fn all() -> Named {
    [
        common(),
        account::schemas(),
        action::schemas(),
        case::schemas(),
        cash::schemas(),
        judged::schemas(),
        incident::schemas(),
        paper::schemas(),
        reply::schemas(),
        report::schemas(),
        source::schemas(),
        team::schemas(),
        ticket::schemas(),
        endpoint::schemas(),
    ]
    .concat()
}

fn common() -> Named {
    let error = object([
        ("code", told(text(), "In snake_case; it does not change.")),
        ("message", told(text(), "What was wrong and what to do.")),
    ]);
    let complaint = object([("row", whole()), ("field", or_null(text())), ("message", text())]);
    vec![
        (
            "Money",
            only([
                ("amount", told(decimal(), "With the currency's own digits.")),
                ("currency", told(text(), "ISO 4217")),
            ]),
        ),
        (
            "Error",
            object([
                ("error", error),
                ("rows?", told(list(complaint), "Where a file was refused: what is wrong, row by row.")),
                ("more?", told(whole(), "How many more complaints there were.")),
            ]),
        ),
        ("Anything", told(anything(), "As the provider sends it.")),
        ("Record", record()),
        ("Health", object([("status", word("ok"))])),
        (
            "Counted",
            object([
                ("accepted", whole()),
                ("duplicates", told(whole(), "Repeats within this delivery.")),
                ("ignored", told(whole(), "Authentic, but of no use here.")),
            ]),
        ),
        (
            "Chosen",
            object([("invoice?", told(text(), "The provider's id of it; without it, the one that the link is for."))]),
        ),
        (
            "Again",
            object([
                ("again?", told(text(), "Whatever it is: they want to be told again.")),
                ("List-Unsubscribe?", told(word("One-Click"), "From a program that reads mail.")),
            ]),
        ),
        ("Interaction", object([("payload", told(text(), "Slack's JSON."))])),
        ("Rows", told(text(), "CSV with a header, or one JSON object a line.")),
    ]
}
