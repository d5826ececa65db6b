//! The month's report, and the rows and codes behind it.

use super::Named;
use super::action::kinds;
use super::case::classes;
use crate::door::openapi::shape::{
    any, date, decimal, flag, list, map, money, object, or_null, page, see, text, time, told, whole, word, words,
};
use domain::action::{Reason, State};
use domain::ageing::{Counted, NextBy};
use domain::case;
use domain::cash::{State as RequestState, Way, Why};
use domain::decline::{ReportReason, Retry, WhoActs};
use domain::report::fact::{DecidedBy, Placed};
use domain::staff::Role;
use serde_json::Value;

pub(super) fn schemas() -> Named {
    vec![
        ("Ageing", ageing()),
        ("AgeingLine", ageing_line()),
        ("Report", report()),
        ("Fact", fact()),
        ("FactRow", row()),
        ("FactRows", page("FactRow")),
        ("Decline", decline()),
    ]
}

fn ageing() -> Value {
    let bucket = object([
        ("bucket", text()),
        ("from_day", or_null(told(whole(), "Days overdue; null where it is not due."))),
        ("to_day", or_null(told(whole(), "The last day that is in it; null where it has no end."))),
        ("count", whole()),
        ("amount", money()),
        ("owner", or_null(words(Role::ALL))),
        ("steps", list(text())),
        ("template", or_null(told(text(), "What the customer is mailed."))),
        (
            "approval_threshold",
            told(or_null(money()), "Over which amount giving up is decided by the approval matrix; null: always."),
        ),
    ]);
    let currency = object([
        ("currency", text()),
        ("total", object([("count", whole()), ("amount", money())])),
        ("buckets", list(bucket)),
    ]);
    object([
        ("at", time()),
        ("on", told(date(), "The day up to which days are counted, in the zone.")),
        ("timezone", text()),
        ("policy_version", whole()),
        ("complete", told(flag(), "Whether the sums hold everything; the youngest are left out first.")),
        ("unpriced", told(whole(), "How many are open whose amount the provider does not say.")),
        ("currencies", list(currency)),
        ("items", list(see("AgeingLine"))),
        ("next", told(or_null(text()), "The cursor of the next page; null on the last one.")),
    ])
}

fn ageing_line() -> Value {
    let next = object([("by", words(NextBy::ALL)), ("what", text()), ("at", or_null(time()))]);
    object([
        ("account", text()),
        ("name", or_null(text())),
        ("invoice", text()),
        ("number", or_null(told(text(), "What stands on it."))),
        ("amount", or_null(money())),
        ("due_on", told(date(), "The day from which it is counted.")),
        ("counted_from", words(Counted::ALL)),
        ("days", told(whole(), "Below zero while it is not due.")),
        ("bucket", text()),
        ("owner", or_null(words(Role::ALL))),
        ("next", told(next, "What happens next, and through whom.")),
    ])
}

/// A share or a mean; nothing of nothing has none.
fn figure() -> Value {
    or_null(decimal())
}

fn reasons() -> Value {
    use ReportReason::{CardDeclined, CardExpired, CardNotRecognised, InsufficientFunds, Other};
    words([CardExpired, InsufficientFunds, CardDeclined, CardNotRecognised, Other])
}

fn report() -> Value {
    let category = object([
        ("class", classes()),
        ("count", whole()),
        ("share", figure()),
        ("resolved", whole()),
        ("avg_hours_to_resolution", figure()),
        ("avg_handling_minutes", told(figure(), "How long people were at those that are resolved.")),
        ("handling_target", told(or_null(list(whole())), "What its playbook gives them: from, to.")),
        ("within_target", told(figure(), "The share of those that took no longer.")),
    ]);
    let collected = object([("currency", text()), ("count", whole()), ("total", money()), ("given_back", money())]);
    let blocked = list(object([("why", text()), ("count", whole())]));
    object([
        ("period", told(text(), "The month, such as 2026-01.")),
        ("timezone", text()),
        ("policy_version", whole()),
        ("currencies", list(text())),
        ("tickets", tickets()),
        ("cases", object([("total", whole()), ("resolved", whole()), ("categories", list(category))])),
        ("actions", actions()),
        ("refunds", list(refunds())),
        ("collected", list(collected)),
        ("failures", failures()),
        ("cash", cash()),
        ("decisions", object([("unsafe_actions_blocked", whole()), ("blocked", blocked)])),
        ("unknown_codes", list(object([("provider", text()), ("code", text()), ("count", whole())]))),
        ("checks", list(object([("name", text()), ("ok", flag())]))),
        ("rows_read", whole()),
        ("rows", told(text(), "The path of the rows.")),
    ])
}

fn tickets() -> Value {
    let category = object([
        ("class", classes()),
        ("count", whole()),
        ("share", told(figure(), "Of all tickets.")),
        ("resolved", whole()),
        ("avg_resolution_minutes", figure()),
        ("auto_resolved_share", figure()),
    ]);
    object([
        ("total", told(whole(), "Opened in the month, whenever they ended.")),
        ("billing", told(whole(), "Those about billing: the figures of how they went are of these.")),
        ("share", figure()),
        ("unclassed", whole()),
        ("resolved_without_escalation", whole()),
        ("escalated", whole()),
        ("open", told(whole(), "Neither resolved nor escalated.")),
        ("reopened", whole()),
        ("auto_resolved", told(whole(), "No person did more than decide and send what was prepared.")),
        ("avg_first_answer_minutes", figure()),
        ("avg_resolution_minutes", told(figure(), "How long people were at those that are resolved.")),
        ("csat", figure()),
        ("categories", list(category)),
    ])
}

fn cash() -> Value {
    let unmatched = object([
        ("count", whole()),
        ("waiting", told(whole(), "Of which nobody has said yet what they are for.")),
        ("waiting_amount", list(money())),
        ("to_a_request", whole()),
        ("to_an_invoice", whole()),
        ("for_nothing", whole()),
        ("given_back", whole()),
    ]);
    object([
        ("payment_requests", whole()),
        ("resolved_tickets", told(whole(), "The tickets that ended with the money.")),
        ("asked", told(list(money()), "One sum for each currency, here and below.")),
        ("recovered", list(money())),
        ("over", list(money())),
        ("states", list(object([("state", words(RequestState::ALL)), ("count", whole())]))),
        ("matched", list(object([("way", words(Way::ALL)), ("count", whole())]))),
        ("unmatched", told(unmatched, "Payments that came in in the month and named nothing that was asked for.")),
    ])
}

fn actions() -> Value {
    let kind = object([
        ("kind", text()),
        ("count", whole()),
        ("succeeded", whole()),
        ("failed", whole()),
        ("success_rate", figure()),
        ("avg_minutes", figure()),
    ]);
    object([
        ("total", whole()),
        ("requiring_approval", figure()),
        ("avg_approval_minutes", figure()),
        ("median_approval_minutes", figure()),
        ("p90_approval_minutes", figure()),
        ("kinds", list(kind)),
    ])
}

fn refunds() -> Value {
    let by_reason =
        object([("reason", words(Reason::ALL)), ("count", whole()), ("total", money()), ("share", figure())]);
    let approval = object([
        ("within_limit", whole()),
        ("billing_specialist", whole()),
        ("manager", whole()),
        ("vp", whole()),
        ("denied", whole()),
    ]);
    object([
        ("currency", text()),
        ("count", whole()),
        ("total", money()),
        ("by_reason", list(by_reason)),
        ("approval", told(approval, "Decided requests by the highest decision that they needed.")),
    ])
}

fn failures() -> Value {
    object([
        ("count", whole()),
        ("recovered", whole()),
        ("withdrawn", whole()),
        ("open", whole()),
        ("recovery_rate", figure()),
        ("avg_recovery_hours", figure()),
        ("median_recovery_hours", figure()),
        ("reasons", list(object([("family", reasons()), ("count", whole()), ("share", figure())]))),
    ])
}

/// One change of one month's figures: what was true before, what is true after.
fn row() -> Value {
    object([
        ("at", told(time(), "When it was written.")),
        ("month", text()),
        ("commit", text()),
        ("number", whole()),
        ("account", text()),
        ("before", or_null(see("Fact"))),
        ("after", or_null(see("Fact"))),
    ])
}

fn fact() -> Value {
    use DecidedBy::{BillingSpecialist, Manager, Nobody, Vp, WithinLimit};
    let minutes = || or_null(whole());
    let failure = [
        ("fact", word("failure")),
        ("item", text()),
        ("at", time()),
        ("amount", or_null(money())),
        ("reason", reasons()),
        ("paid_minutes", minutes()),
        ("withdrawn", flag()),
    ];
    let action = [
        ("fact", word("action")),
        ("action", text()),
        ("at", time()),
        ("kind", kinds()),
        ("reason", words(Reason::ALL)),
        ("amount", or_null(money())),
        ("state", words(State::ALL)),
        ("decided_by", words([Nobody, WithinLimit, BillingSpecialist, Manager, Vp])),
        ("approval_minutes", minutes()),
        ("minutes", minutes()),
    ];
    let case = [
        ("fact", word("case")),
        ("case", text()),
        ("at", time()),
        ("class", classes()),
        ("state", words([case::State::Open, case::State::Resolved])),
        ("minutes", minutes()),
        ("handled_secs?", told(minutes(), "How long people were at it, once it is over.")),
    ];
    let request = [
        ("fact", word("payment_request")),
        ("request", text()),
        ("at", time()),
        ("state", words(RequestState::ALL)),
        ("asked", money()),
        ("recovered", money()),
        ("resolved_minutes", minutes()),
        ("over?", told(money(), "What came in beyond it.")),
        ("ways?", told(map(whole()), "By what its payments were matched, and how many by each.")),
    ];
    let unmatched = [
        ("fact", word("unmatched")),
        ("received", text()),
        ("at", time()),
        ("amount", money()),
        ("why", words(Why::ALL)),
        ("placed?", words(Placed::ALL)),
    ];
    let ticket = [
        ("fact", word("ticket")),
        ("ticket", text()),
        ("at", time()),
        ("class", or_null(classes())),
        ("first_answer_minutes?", whole()),
        ("resolved_minutes?", whole()),
        ("handled_secs?", whole()),
        ("by_hand?", flag()),
        ("reopened", whole()),
        ("escalated", flag()),
        ("csat?", whole()),
    ];
    any([
        object(failure),
        object(request),
        object(unmatched),
        object(ticket),
        object([("fact", word("payment")), ("payment", text()), ("at", time()), ("taken", money()), ("back", money())]),
        object(action),
        object([
            ("fact", word("unknown_code")),
            ("item", text()),
            ("at", time()),
            ("provider", text()),
            ("code", text()),
        ]),
        object([
            ("fact", word("blocked")),
            ("attempt", text()),
            ("at", time()),
            ("why", text()),
            ("kind", text()),
            ("by", text()),
        ]),
        object(case),
    ])
}

fn decline() -> Value {
    use Retry::{AfterCustomer, InternalReview, Later, Never, Soon};
    object([
        ("family", text()),
        ("customer_reason", told(text(), "The reason in words for the customer.")),
        ("who_acts", words([WhoActs::Nobody, WhoActs::Customer, WhoActs::Staff])),
        ("retry", words([Never, Soon, Later, AfterCustomer, InternalReview])),
        ("report_reason", reasons()),
        ("visa_category", or_null(whole())),
        ("wait_hours", or_null(told(whole(), "How long after this try another one has to wait at least."))),
        ("listed", told(flag(), "Whether any table lists the code.")),
        ("source", told(text(), "The tables with the codes in them that say so, with the version of the policy.")),
    ])
}
