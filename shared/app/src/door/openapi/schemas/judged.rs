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
use domain::ticket::Outcome;
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
        ("case?", text()),
        ("verdict", text()),
        ("steps", list(see("PlayStep"))),
        ("left?", told(whole(), "How many steps of its case are not done.")),
        ("missing", list(text())),
    ])
}

fn step() -> Value {
    let ask = [
        ("step", word("ask")),
        ("kind", kinds()),
        ("target", text()),
        ("amount", or_null(money())),
        ("approvals", list(roles())),
        ("lines", list(see("Line"))),
        ("why", text()),
        ("action", told(see("Ask"), "What is posted to ask for it, as it is.")),
    ];
    let say = [
        ("step", word("say")),
        ("when", words([When::Now, When::AfterItIsDone])),
        ("outcome", words(Outcome::ALL)),
        ("text", text()),
        ("reply", see("Reply")),
        ("ticket?", told(text(), "The ticket that it answers, as its address has it.")),
    ];
    let task = [("step", word("task")), ("who", text()), ("what", text()), ("due_on", date())];
    let watch = [("step", word("watch")), ("what", text()), ("until", date())];
    any([
        object([("step", word("look")), ("what", text()), ("found", text())]),
        object(ask.into_iter().chain(placed())),
        object(say.into_iter().chain(placed())),
        object(task.into_iter().chain(placed())),
        object(watch.into_iter().chain(placed())),
    ])
}

/// What a step has on a case.
fn placed() -> [(&'static str, Value); 3] {
    [
        ("id?", told(text(), "The same as long as it is the same step of the same case.")),
        ("standing?", standing()),
        ("post?", told(text(), "Where it is taken.")),
    ]
}

fn standing() -> Value {
    let what = ["action", "task", "case"].map(|name| object([(name, text())]));
    let what = any(what.into_iter().chain([object([("answer", whole())])]));
    let by = |state: &str| {
        let what = told(what.clone(), "What shows it.");
        object([("state", word(state)), ("by", text()), ("at", time()), ("what", what)])
    };
    any([
        object([("state", word("open"))]),
        by("under_way"),
        by("done"),
        object([("state", word("not_possible")), ("why", text())]),
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
