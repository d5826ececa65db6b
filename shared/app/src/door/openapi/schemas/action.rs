//! Actions, from the asking to the proof.

use super::Named;
use crate::door::openapi::shape::{
    any, date, decimal, flag, list, map, money, object, only, or_null, page, see, text, time, told, whole, word, words,
};
use domain::action::{Decision, KINDS, Reason, Sent, State, When};
use domain::ledger::Step;
use domain::staff::Role;
use serde_json::Value;

/// Every kind that can be asked for.
pub(super) fn kinds() -> Value {
    words(KINDS.into_iter().chain(["bundle"]))
}

pub(super) fn roles() -> Value {
    words(Role::ALL)
}

pub(super) fn schemas() -> Named {
    vec![
        ("Ask", ask()),
        ("Params", params()),
        (
            "Ballot",
            object([
                ("decision", decisions()),
                ("preview_digest", text()),
                ("note?", told(text(), "Whoever denies says why.")),
            ]),
        ),
        (
            "Settled",
            only([
                ("done", flag()),
                ("reference?", told(text(), "The provider's id of what was done.")),
                ("note?", text()),
            ]),
        ),
        ("Doing", doing()),
        ("Action", action()),
        ("Actions", page("Action")),
        (
            "Preview",
            object([
                ("summary", text()),
                ("about?", told(text(), "A payment by its day and card, an invoice by its number, and no ids.")),
                ("lines", list(see("Line"))),
                ("clause", see("Clause")),
                (
                    "notices?",
                    told(
                        list(text()),
                        "What changed lately of how the customer is reached, and what was asked for already.",
                    ),
                ),
                ("digest", text()),
            ]),
        ),
        ("Line", object([("label", text()), ("before", figure()), ("after", figure())])),
        ("Clause", object([("rule", text()), ("policy_version", whole()), ("why", text())])),
        ("Vote", vote()),
        ("Outcome", outcome()),
        ("Receipt", receipt()),
        ("LedgerEntry", entry()),
        ("Ledger", page("LedgerEntry")),
        ("LedgerHead", object([("account", text()), ("length", whole()), ("hash", text()), ("at?", time())])),
    ]
}

fn receipt() -> Value {
    let next =
        "The path of the account's ledger from where on it may be told further; where very much has happened since.";
    object([("action", see("Action")), ("entries", list(see("LedgerEntry"))), ("next?", told(text(), next))])
}

fn decisions() -> Value {
    words([Decision::Approve, Decision::Deny])
}

fn ask() -> Value {
    object([
        ("account", told(text(), "Recoup's id, or `provider[/source]:customer_id`.")),
        ("kind", kinds()),
        ("params?", see("Params")),
        ("reason_code", words(Reason::ALL)),
        ("note?", text()),
        ("case?", or_null(text())),
        ("preview_only?", told(flag(), "Answers the preview and does nothing else.")),
        ("exception?", told(flag(), "Asks openly for what the refund policy does not give.")),
        (
            "previewed?",
            told(or_null(text()), "The id of your own preview, at most an hour old: asked for as of its moment."),
        ),
    ])
}

fn addons() -> Value {
    list(only([("price", text()), ("quantity", whole())]))
}

/// Each kind reads those that are about it.
fn params() -> Value {
    let member = object([("kind", kinds()), ("params?", see("Params"))]);
    object([
        ("payment?", or_null(text())),
        ("invoice?", or_null(text())),
        ("subscription?", told(or_null(text()), "Where the account has several that run.")),
        ("amount?", told(or_null(money()), "Nothing named is all that is left.")),
        ("percent?", or_null(decimal())),
        ("days?", or_null(whole())),
        ("plan?", told(or_null(text()), "The price that is wanted, by the provider's id.")),
        ("seats?", or_null(whole())),
        ("addons?", addons()),
        ("when?", or_null(whens())),
        ("customer_requested?", or_null(flag())),
        ("asked_at?", told(or_null(time()), "When the customer asked to leave, if that was before today.")),
        ("actions?", told(list(member), "The members of a bundle, in their order.")),
    ])
}

fn whens() -> Value {
    words([When::Now, When::PeriodEnd])
}

/// What is to be done, with nothing left open; each kind has some of the parameters.
fn doing() -> Value {
    object([("kind", kinds()), ("params", settled())])
}

fn settled() -> Value {
    object([
        ("payment?", text()),
        ("invoice?", text()),
        ("subscription?", text()),
        ("amount?", or_null(money())),
        ("price?", told(or_null(money()), "What each period costs from then on.")),
        ("percent?", decimal()),
        ("days?", whole()),
        ("until?", any([time(), date()])),
        ("plan?", text()),
        ("seats?", whole()),
        ("addons?", addons()),
        ("when?", whens()),
        ("asked_at?", time()),
        ("at?", time()),
        ("card?", told(text(), "The card that a try names, because its customer has just chosen it.")),
        ("actions?", list(see("Doing"))),
    ])
}

/// As `report::action_json` shows it.
fn action() -> Value {
    let attempt = object([
        ("number", whole()),
        ("key", text()),
        ("key_since", time()),
        ("first_at", time()),
        ("sent_at", or_null(time())),
        ("burned", flag()),
        ("before", or_null(text())),
        ("shown", flag()),
        ("idle", whole()),
    ]);
    let offer = object([
        ("rule", text()),
        ("kind", kinds()),
        ("say", told(text(), "To a customer who wants to leave, once.")),
        ("why", text()),
    ]);
    let by_rule = object([("policy_version", whole()), ("rule", text()), ("digest", text())]);
    object([
        ("id", text()),
        ("account", text()),
        ("kind", kinds()),
        ("params", settled()),
        ("reason_code", words(Reason::ALL)),
        ("note", text()),
        ("case", or_null(text())),
        ("recovery?", told(text(), "The invoice whose recovery ends by it.")),
        ("offer", or_null(offer)),
        ("state", words(State::ALL)),
        ("requested_by", told(text(), "A staff id, or `recoup`.")),
        ("requested_at", time()),
        ("expires_at", time()),
        ("preview", see("Preview")),
        ("approvals_required", told(list(object([("role", roles())])), "Empty when the asker may decide alone.")),
        ("approvals", list(see("Vote"))),
        ("decided_at", or_null(time())),
        ("executes_after", or_null(time())),
        ("bundle", told(or_null(text()), "The bundle that it is a part of.")),
        ("by_rule?", told(by_rule, "The rule by which it goes without an approval, where one does.")),
        ("members", list(text())),
        ("attempt", or_null(attempt)),
        ("outcome", or_null(see("Outcome"))),
        ("look_at", told(or_null(time()), "When somebody looks at what is under way, or at what is owed.")),
        ("ended_at", or_null(time())),
        (
            "confirmed_at",
            told(
                or_null(time()),
                "When the provider proved it: by its webhook, or, where an end was unclear, when it was asked.",
            ),
        ),
        (
            "found_by?",
            told(text(), "Who says that what was given back by hand is at the provider, which did not tell of it."),
        ),
        ("locked?", told(flag(), "It waits for an API key of its source that may do this.")),
        ("trace", text()),
        (
            "customer_told",
            told(
                or_null(words([Sent::Sending, Sent::Sent, Sent::Refused, Sent::NoAddress])),
                "How the customer was sent their link, or had in writing that they have left.",
            ),
        ),
        ("policy_version", whole()),
        ("receipt", told(text(), "The path of its receipt.")),
    ])
}

/// A figure, a word where there is none, or nothing.
fn figure() -> Value {
    any([money(), or_null(text())])
}

fn vote() -> Value {
    object([
        ("by", text()),
        ("role", roles()),
        ("decision", decisions()),
        ("digest", told(text(), "The preview that was decided about.")),
        ("note", text()),
        ("at", time()),
        ("within_limit", told(flag(), "The asker's own decision, inside what their role may do alone.")),
        ("for?", told(text(), "Who was away, and in whose place and role this was decided.")),
    ])
}

fn outcome() -> Value {
    any([
        object([
            ("outcome", word("done")),
            ("reference", text()),
            ("status", text()),
            ("made_at", or_null(time())),
            ("link?", text()),
        ]),
        object([("outcome", word("refused")), ("code", text()), ("message", text())]),
        object([("outcome", word("needs_person")), ("instead", text())]),
    ])
}

fn entry() -> Value {
    let steps = [
        Step::Requested,
        Step::Decided,
        Step::Attempted,
        Step::Outcome,
        Step::Confirmed,
        Step::Recovery,
        Step::Source,
        Step::Setup,
        Step::Document,
    ];
    object([
        ("account", text()),
        ("number", whole()),
        ("at", time()),
        ("step", words(steps)),
        (
            "action?",
            told(text(), "Not where somebody spoke of a recovery, of a source, of the setup, or took a document back."),
        ),
        ("by", told(text(), "A staff id, or `recoup`, or a provider.")),
        ("body", told(map(text()), "Ids, amounts and digests.")),
        ("before", told(text(), "The hash of the entry before.")),
        ("hash", text()),
    ])
}
