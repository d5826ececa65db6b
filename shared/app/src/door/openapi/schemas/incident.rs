//! Incidents, and what went live before them.

use super::Named;
use crate::door::openapi::shape::{
    any, decimal, flag, list, map, money, object, only, or_null, page, see, text, time, told, whole, word, words,
};
use domain::incident::{State, Trouble};
use serde_json::Value;

pub(super) fn schemas() -> Named {
    vec![
        ("Incident", object(fields())),
        ("Incidents", page("Incident")),
        ("IncidentShown", object(fields().into_iter().chain(members()))),
        ("Release", object([("at", time()), ("name", text()), ("told_by", text())])),
        ("ReleaseList", page("Release")),
        ("Releases", object([("lately", told(list(see("Release")), "Oldest first."))])),
        ("ReleaseTold", only([("name", text()), ("at?", told(or_null(time()), "Where it was not just now."))])),
    ]
}

fn states() -> Value {
    words([State::Open, State::Over])
}

fn fields() -> Vec<(&'static str, Value)> {
    let of = |by: &str| object([("by", word(by)), ("value", text())]);
    let sign = any([of("issuer"), of("plan"), of("family"), object([("by", word("source"))])]);
    let seen = object([
        ("window_minutes", whole()),
        ("tries", told(or_null(whole()), "Null for disputes, which are counted by time.")),
        ("troubles", whole()),
        ("expected", told(decimal(), "How many there would have been by the days before.")),
        ("odds", told(decimal(), "By chance this happens at most once in ten to this power.")),
    ]);
    vec![
        ("id", text()),
        ("provider", text()),
        ("source", text()),
        ("trouble", words(Trouble::ALL)),
        ("sign", told(sign, "What its members share.")),
        ("state", states()),
        ("began_at", time()),
        ("found_at", time()),
        ("ended_at", or_null(time())),
        ("became_usual", flag()),
        ("members", told(whole(), "Due items, or payments that are disputed.")),
        ("accounts", whole()),
        ("amounts", told(map(decimal()), "By currency.")),
        ("seen", seen),
        ("cause", text()),
        ("owner", text()),
        ("rule", text()),
        ("why", text()),
        ("policy_version", whole()),
        ("release", told(or_null(text()), "What went live shortly before it began.")),
        ("task?", told(text(), "The task of whoever looks into it.")),
        ("title", text()),
        ("chance", text()),
    ]
}

/// A page of whom it concerns.
fn members() -> [(&'static str, Value); 2] {
    let signs = object([("issuer?", text()), ("plan?", text()), ("family?", text())]);
    let member = object([
        ("account", text()),
        ("about", told(text(), "The invoice or the dispute.")),
        ("at", time()),
        ("amount", or_null(money())),
        ("signs", signs),
    ]);
    [("members_list", list(member)), ("members_next", or_null(text()))]
}
