//! How Recoup is set up and filled: sources, backfills, imports.

use super::Named;
use crate::door::openapi::shape::{
    any, flag, list, map, money, object, only, or_null, page, see, text, time, told, whole, word, words,
};
use domain::import::Kind;
use domain::import::metadata::Why;
use domain::source::{Acting, Mode, Party};
use serde_json::Value;

pub(super) fn schemas() -> Named {
    vec![
        ("Source", source()),
        ("ListedSource", listed()),
        ("Sources", page("ListedSource")),
        ("SourceChange", source_change()),
        ("SourcePreview", source_preview()),
        (
            "SourceWish",
            only(
                ["mode?", "acting?", "retries?", "messages?", "cancels?"]
                    .into_iter()
                    .zip(wish())
                    .chain([("name?", name())]),
            ),
        ),
        ("Backfill", backfill()),
        ("Imports", imports()),
        ("Imported", imported()),
        ("Noted", noted()),
    ]
}

fn modes() -> Value {
    words([Mode::Live, Mode::Test, Mode::Both])
}

fn actings() -> Value {
    words([Acting::Observe, Acting::Assist, Acting::Act])
}

fn parties() -> Value {
    words([Party::Provider, Party::Recoup])
}

fn name() -> Value {
    told(or_null(text()), "What its customers know the company by; an empty one takes the name away.")
}

/// What is not named stays.
fn wish() -> [Value; 5] {
    [or_null(modes()), or_null(actings()), or_null(parties()), or_null(parties()), or_null(parties())]
}

fn source() -> Value {
    object(fields())
}

/// The same in the list, with how far what it found has been asked for.
fn listed() -> Value {
    let cohorts = object([
        ("raised_at", told(time(), "When it was raised: what was found until then is asked for.")),
        ("cohorts", told(whole(), "How many have begun.")),
        ("asked", told(whole(), "How many cases people were asked for.")),
        ("recovering", told(whole(), "How many recoveries were begun.")),
        ("next_at", told(or_null(time()), "When it goes on; null once that was all.")),
    ]);
    let cohorts = told(or_null(cohorts), "What it found while it observed; null where it never was raised here.");
    let locked = object([("since", time()), ("why", text())]);
    let locked = told(locked, "Its API key is missing, or the provider refuses it: what was approved waits.");
    let unkept =
        told(list(text()), "What the rules of recoveries promise, and it may not do; with what to do about it.");
    object(fields().into_iter().chain([("cohorts", cohorts), ("locked?", locked), ("unkept", unkept)]))
}

fn fields() -> [(&'static str, Value); 10] {
    [
        ("provider", text()),
        ("source", text()),
        ("name?", name()),
        ("mode", told(modes(), "Which deliveries are taken.")),
        ("acting", told(actings(), "How far Recoup may go.")),
        ("retries", parties()),
        ("messages", parties()),
        ("cancels", parties()),
        ("asked", told(or_null(see("SourceChange")), "What another person has not yet confirmed.")),
        ("changes", told(list(see("SourceChange")), "Oldest first.")),
    ]
}

fn source_change() -> Value {
    let wished = ["mode", "acting", "retries", "messages", "cancels"].into_iter().zip(wish());
    let preview = told(or_null(see("SourcePreview")), "What it lets loose; null where it lets less leave.");
    let who = [("by", text()), ("confirmed_by", or_null(text())), ("at", time()), ("preview", preview)];
    object(wished.chain(who).chain([("name?", name())]))
}

fn source_preview() -> Value {
    let of_kind = object([
        ("kind", told(text(), "A kind of action.")),
        ("cases", whole()),
        ("amounts", told(list(money()), "One of each currency.")),
        ("others?", told(whole(), "How many amounts are in still other currencies, of which no sum is kept.")),
    ]);
    let staying = object([
        ("invoices", whole()),
        ("amounts", told(list(money()), "What remains due, one of each currency.")),
        ("others?", told(whole(), "How many amounts are in still other currencies, of which no sum is kept.")),
    ]);
    let recoveries = object([
        ("invoices", whole()),
        ("amounts", told(list(money()), "What remains due, one of each currency.")),
        ("others?", told(whole(), "How many amounts are in still other currencies, of which no sum is kept.")),
        ("oldest_at", told(or_null(time()), "When the first of them failed first.")),
        (
            "staying?",
            told(staying, "Failed payments that stay as they are: too old, or not the first of their customer."),
        ),
    ]);
    let backlog = object([
        ("cases", told(whole(), "Open cases that recommend what nobody was asked for yet, and will be.")),
        ("kinds", list(of_kind)),
        ("oldest_at", or_null(time())),
        ("recoveries", told(recoveries, "Failed payments of which customers are reminded by plan from then on.")),
        (
            "more?",
            told(flag(), "There are more open cases than were counted: whatever stands here, it is more than that."),
        ),
    ]);
    object([
        (
            "effects",
            told(
                list(text()),
                "What leaves, or comes in, that does not now; what to switch off by hand; what the rules promise in vain.",
            ),
        ),
        ("backlog", told(backlog, "What was found until then, and is let go in cohorts.")),
    ])
}

fn backfill() -> Value {
    let minute = any([time(), whole()]);
    object([
        ("id", text()),
        ("provider", text()),
        ("source", text()),
        ("since", or_null(time())),
        ("dry_run", flag()),
        ("by", text()),
        ("started_at", time()),
        ("ended_at", or_null(time())),
        (
            "pending",
            told(
                list(object([("listing", text()), ("path", text())])),
                "The calls still to be made, the next one first.",
            ),
        ),
        ("pages", whole()),
        ("objects", told(map(whole()), "By kind of listing.")),
        ("found", told(whole(), "Told something that the book did not know.")),
        ("known", whole()),
        ("waiting", told(whole(), "Wait for an owner that no list has named.")),
        ("unreadable", list(text())),
        ("skipped", told(list(text()), "Lists that the provider does not give.")),
        ("minute", told(list(minute), "When this minute began, and how many calls were made in it.")),
        ("silent", whole()),
        ("rests_until", or_null(time())),
        ("again_at", or_null(time())),
        ("sweep", or_null(object([("at", time()), ("from", or_null(time()))]))),
        ("failed", told(or_null(text()), "Why it ended before its end.")),
    ])
}

fn imports() -> Value {
    let running = object([
        ("number", whole()),
        ("id", text()),
        ("rows", whole()),
        ("written", whole()),
        ("by", text()),
        ("since", time()),
    ]);
    let done = object([("number", whole()), ("id", text()), ("rows", whole()), ("by", text()), ("at", time())]);
    object([
        ("kind", words(Kind::ALL)),
        ("live", told(whole(), "Everything up to this number counts, unless it broke off.")),
        ("last", whole()),
        ("broken", list(whole())),
        ("running", or_null(running)),
        ("done", told(list(done), "Newest last.")),
    ])
}

fn imported() -> Value {
    object([
        ("id", text()),
        ("kind", words(Kind::ALL)),
        ("rows", whole()),
        ("added", whole()),
        ("changed", whole()),
        ("unchanged", whole()),
        ("dry_run", flag()),
        (
            "repeated",
            told(flag(), "The last import said exactly this, or waits for a second person: nothing was done."),
        ),
        ("needs_another", told(flag(), "It changes who may approve, which takes a second person.")),
        ("proposal", or_null(told(whole(), "What that person confirms, with `decideProposal`."))),
        (
            "metadata",
            told(list(see("Noted")), "What the naming rules did to metadata, and what they leave to a person."),
        ),
    ])
}

fn noted() -> Value {
    use Why::{Alias, Convention, Default, Repeated, Spelling};
    let change = object([
        ("key_before", or_null(text())),
        ("key_after", text()),
        ("before", or_null(text())),
        ("after", text()),
        ("why", words([Convention, Alias, Repeated, Spelling, Default])),
    ]);
    let finding = any([
        object([("finding", word("unknown_key")), ("key", text())]),
        object([("finding", word("not_allowed")), ("key", text()), ("value", text()), ("allowed", list(text()))]),
        object([("finding", word("clash")), ("key", text()), ("with", text())]),
    ]);
    object([
        ("provider", text()),
        ("source", text()),
        ("customer", text()),
        ("changes", list(change)),
        ("findings", list(finding)),
    ])
}
