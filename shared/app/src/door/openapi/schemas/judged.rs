//! Playbooks, and decisions that can be made again.

use super::Named;
use super::action::{kinds, roles};
use super::case::classes;
use crate::door::openapi::shape::{
    any, anything, date, decimal, flag, list, money, object, only, or_null, record, see, text, time, told, whole, word,
    words,
};
use domain::action::Reason;
use domain::classify::decision::LeftOut;
use domain::event::Origin;
use domain::playbook::{Name, When};
use serde_json::Value;

pub(super) fn schemas() -> Named {
    let judged = |outcome: Value| object([("policy_version", whole()), ("outcome", outcome)]);
    let differences = list(object([("field", text()), ("then", anything()), ("now", anything())]));
    vec![
        ("PlayAsked", asked()),
        ("Play", play()),
        ("PlayStep", step()),
        ("Judgement", judgement()),
        ("Decision", decision()),
        ("Replay", only([("policy_version", told(whole(), "A version of the classify policy."))])),
        (
            "Replayed",
            object([
                ("id", text()),
                ("case", text()),
                ("then", judged(see("Judgement"))),
                ("now", judged(or_null(see("Judgement")))),
                ("same", flag()),
                ("differences", differences),
            ]),
        ),
    ]
}

/// What a playbook is asked about; each needs some of it.
fn asked() -> Value {
    only([
        ("account?", text()),
        ("case?", or_null(text())),
        ("invoice?", or_null(text())),
        ("payment?", or_null(text())),
        ("subscription?", or_null(text())),
        ("plan?", told(or_null(text()), "The price that is wanted, by the provider's id.")),
        ("amount?", or_null(money())),
        ("reason_code?", or_null(words(Reason::ALL))),
    ])
}

fn play() -> Value {
    object([
        ("playbook", words(Name::ALL)),
        ("policy_version", whole()),
        ("minutes", told(list(whole()), "How long handling should take: from, to.")),
        ("verdict", text()),
        ("steps", list(see("PlayStep"))),
        ("missing", list(text())),
    ])
}

fn step() -> Value {
    let ask = object([
        ("step", word("ask")),
        ("kind", kinds()),
        ("target", text()),
        ("amount", or_null(money())),
        ("approvals", list(roles())),
        ("lines", list(see("Line"))),
        ("why", text()),
    ]);
    let say = object([
        ("step", word("say")),
        ("when", words([When::Now, When::AfterItIsDone])),
        ("text", text()),
        ("reply", see("Reply")),
    ]);
    any([
        object([("step", word("look")), ("what", text()), ("found", text())]),
        ask,
        say,
        object([("step", word("task")), ("who", text()), ("what", text()), ("due_on", date())]),
        object([("step", word("watch")), ("what", text()), ("until", date())]),
    ])
}

/// What was decided of a case.
fn judgement() -> Value {
    object([
        ("class", classes()),
        ("rule", text()),
        ("confidence", decimal()),
        ("cause", or_null(text())),
        ("advice", text()),
        ("why", text()),
        ("recommended", or_null(see("Recommendation"))),
        ("reply", told(or_null(text()), "The text that was prepared for the customer.")),
    ])
}

fn decision() -> Value {
    let event = object([
        ("id", text()),
        ("provider", text()),
        ("source", text()),
        ("origin", words([Origin::Webhook, Origin::Answer, Origin::Lookup, Origin::Listed])),
        ("kind", text()),
        ("at", time()),
        ("customer", or_null(text())),
        ("seen", list(see("Seen"))),
    ]);
    object([
        ("id", text()),
        ("case", text()),
        ("at", time()),
        ("policy_version", whole()),
        ("outcome", see("Judgement")),
        ("event", event),
        ("head", told(record(), "The account's book as it was.")),
        ("touched", told(record(), "The resources that the event touched.")),
        ("beside", told(record(), "What was read beside them.")),
        ("left_out?", told(words([LeftOut::Unused, LeftOut::Everything]), "What of this was too long to be kept.")),
    ])
}
