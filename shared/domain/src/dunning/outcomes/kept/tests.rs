//! What the book tells of recoveries of each kind, line by line.

use super::*;
use serde_json::{Value, from_value, json};

const FAILED: &str = "2026-03-02T09:00:00Z";
const FIRST: &str = "2026-03-05T06:00:00Z";
const NOW: &str = "2026-03-20T00:00:00Z";

fn invoice(status: &str, tries: &Value) -> Invoice {
    let seen = |value: Value| json!([["2026-03-09T00:00:00Z", 0, "e"], value]);
    from_value(json!({
        "id": "in_1", "first_failed_at": FAILED, "tries": tries, "status": seen(json!(status)),
        "remaining": seen(json!({"amount": "49.00", "currency": "USD"})),
        "decline": seen(json!({"provider": "stripe", "code": "generic_decline", "network": "visa", "issuer": "US",
            "funding": "prepaid"})),
    }))
    .unwrap()
}

fn next(number: u32, at: &str) -> Value {
    json!({"number": number, "at": at, "rule": "no_reason", "policy_version": 2, "chance": 120, "likely": 460,
        "candidates": [], "chosen_at": FAILED})
}

fn plan(tries: &Value) -> Plan {
    from_value(json!({
        "account": AccountId::of("stripe", "default", "cus_1"), "invoice": "in_1", "segment": "standard",
        "policy_version": 2, "started_at": FAILED, "state": "running", "reason": null, "trace": "t", "steps": [],
        "tries": tries,
    }))
    .unwrap()
}

fn lines(invoice: &Invoice, plan: Option<&Plan>) -> Vec<Outcome> {
    let account = AccountId::of("stripe", "default", "cus_1");
    let (same_try, now) = (SignedDuration::from_mins(10), NOW.parse().unwrap());
    kept(&Kept { account: &account, invoice, plan, country: Some("GB"), same_try, now })
}

/// In a line each: when it was tried and what came of it, by whom, why the one before failed, what was chosen, how it stands.
fn told(invoice: &Invoice, plan: Option<&Plan>) -> Vec<String> {
    let text = |at: Option<Timestamp>| at.map_or("-".to_owned(), |at| at.to_string());
    let line = |it: &Outcome| {
        let (by, ended) = (json!(it.by), json!(it.ended));
        let end = it.succeeded.map_or("-", |succeeded| if succeeded { "paid" } else { "declined" });
        let (tried, moment, likely) = (text(it.tried_at), text(it.moment), it.likely.unwrap_or_default());
        format!("{} {tried} {end} {by} {} {moment} {likely} {ended} {}", it.tries_before, it.code, text(it.ended_at))
    };
    lines(invoice, plan).iter().map(line).collect()
}

fn made(tries: &[(u32, &str, Value)]) -> Value {
    let account = AccountId::of("stripe", "default", "cus_1");
    let one = |(number, at, ended): &(u32, &str, Value)| {
        let action = crate::id::ActionId::of(&account, "recoup", &number.to_string());
        json!({"action": action, "begun_at": at, "chosen": next(*number, at), "ended": ended})
    };
    tries.iter().map(one).collect()
}

#[test]
fn each_try_is_told_with_how_it_was_chosen() {
    let failure = json!({"t": FAILED, "p": "ch_0", "n": "visa", "d": "insufficient_funds"});
    let declined = json!({"outcome": "declined", "code": "generic_decline"});
    let own = json!({"t": "2026-03-05T06:01:00Z", "p": "ch_1", "n": "visa", "d": "generic_decline"});
    let won = json!({"t": "2026-03-09T06:00:00Z", "p": "ch_2", "n": "visa", "ok": true});
    let theirs = json!({"t": "2026-03-04T10:00:00Z", "p": "ch_3", "b": "customer", "d": "expired_card"});
    let second = "2026-03-09T05:59:00Z";
    for (name, status, told_tries, plan_tries, expected) in [
        (
            "one comes",
            "open",
            json!({"told": [failure]}),
            json!({"next": next(1, FIRST)}),
            vec![format!("0 - - \"recoup\" insufficient_funds {FIRST} 460 \"open\" {NOW}")],
        ),
        (
            "one was made, and there is none",
            "open",
            json!({"told": [failure, own], "sent": [FIRST]}),
            json!({"made": made(&[(1, FIRST, declined.clone())]), "begun": 1, "why_none": "no moment that is left is likely enough"}),
            vec![
                format!("0 {FIRST} declined \"recoup\" insufficient_funds {FIRST} 460 \"open\" {NOW}"),
                format!("1 - - \"recoup\" generic_decline - 0 \"open\" {NOW}"),
            ],
        ),
        (
            "one was only answered, and the next is paid",
            "paid",
            json!({"told": [failure, won], "sent": [second]}),
            json!({"made": made(&[(1, FIRST, declined), (2, second, json!({"outcome": "paid"}))]), "begun": 2}),
            vec![
                format!("0 {FIRST} declined \"recoup\" insufficient_funds {FIRST} 460 \"paid\" 2026-03-09T00:00:00Z"),
                format!("1 {second} paid \"recoup\" generic_decline {second} 460 \"paid\" 2026-03-09T00:00:00Z"),
            ],
        ),
        (
            "nobody tells that it is paid",
            "paid",
            json!({"told": [failure]}),
            json!({"made": made(&[(1, FIRST, json!({"outcome": "paid"}))]), "begun": 1}),
            vec![format!("0 {FIRST} paid \"recoup\" insufficient_funds {FIRST} 460 \"paid\" 2026-03-09T00:00:00Z")],
        ),
        (
            "it was taken back before its try",
            "void",
            json!({"told": [failure]}),
            json!({"unmade": next(1, FIRST), "why_none": null}),
            vec![format!("0 - - \"recoup\" insufficient_funds {FIRST} 460 \"lost\" 2026-03-09T00:00:00Z")],
        ),
        (
            "the customer tried, and nothing of ours was made",
            "open",
            json!({"told": [failure, theirs]}),
            json!({"made": made(&[(1, FIRST, json!({"outcome": "not_made", "why": "paused"}))]), "begun": 1}),
            vec![format!("0 2026-03-04T10:00:00Z declined \"customer\" insufficient_funds - 0 \"open\" {NOW}")],
        ),
        (
            "its provider tries",
            "open",
            json!({"told": [failure]}),
            json!({"why_none": "its provider tries again"}),
            vec![],
        ),
        (
            "the rules that it began with are not there",
            "open",
            json!({"told": [failure]}),
            json!({"why_none": "the rules that it began with, dunning v2, are not there"}),
            vec![],
        ),
    ] {
        let (invoice, plan) = (invoice(status, &told_tries), plan(&plan_tries));
        assert_eq!(told(&invoice, Some(&plan)), expected, "{name}");
    }
}

#[test]
fn that_none_was_chosen_is_told_with_how_likely_that_was() {
    let (failure, chosen_at) = (json!({"t": FAILED, "p": "ch_0", "d": "insufficient_funds"}), "2026-03-02T09:05:00Z");
    let own = json!({"t": FIRST, "p": "ch_1", "d": "generic_decline"});
    for (name, tries, why, expected) in [
        ("it was chosen", vec![&failure], "no moment that is left is likely enough", (chosen_at, Some(380), Some(7))),
        ("it was tried since", vec![&failure, &own], "no moment that is left is likely enough", (FIRST, None, None)),
    ] {
        let chose_none = json!({"chosen_at": chosen_at, "likely": 380, "advice_version": 7});
        let plan = plan(&json!({"why_none": why, "chose_none": chose_none}));
        let lines = lines(&invoice("open", &json!({"told": tries})), Some(&plan));
        let line = lines.last().unwrap();
        let (at, likely, advice) = expected;
        assert_eq!((line.tried_at, line.moment), (None, None), "{name}: {lines:?}");
        assert_eq!((line.likely, line.advice_version), (likely, advice), "{name}: {lines:?}");
        assert_eq!(line.chosen_at, Some(at.parse().unwrap()), "{name}: {lines:?}");
    }
}

#[test]
fn by_which_advice_a_try_was_chosen_is_told() {
    let failure = json!({"t": FAILED, "p": "ch_0", "d": "insufficient_funds"});
    let mut advised = next(1, FIRST);
    advised["advice_version"] = json!(4);
    for (next, expected) in [(advised, Some(4)), (next(1, FIRST), None)] {
        let plan = plan(&json!({"next": next}));
        let lines = lines(&invoice("open", &json!({"told": [failure]})), Some(&plan));
        assert_eq!(lines.last().unwrap().advice_version, expected, "{lines:?}");
    }
}

#[test]
fn without_a_recovery_only_tries_are_told_and_without_a_failure_nothing() {
    let tries =
        json!({"told": [{"t": FAILED, "p": "ch_0", "d": "insufficient_funds"}, {"t": FIRST, "p": "ch_1", "ok": true}]});
    let told_by_provider = told(&invoice("paid", &tries), None);
    let expected = format!("0 {FIRST} paid \"provider\" insufficient_funds - 0 \"paid\" 2026-03-09T00:00:00Z");
    assert_eq!(told_by_provider, [expected]);
    assert!(lines(&Invoice { first_failed_at: None, ..invoice("paid", &tries) }, None).is_empty());
}

#[test]
fn what_a_file_tells_is_read_again_and_names_nobody() {
    let tries = json!({"told": [{"t": FAILED, "p": "ch_0", "c": "visa 4242", "d": "insufficient_funds"}]});
    let plan = plan(&json!({"next": next(1, FIRST)}));
    let lines = lines(&invoice("open", &tries), Some(&plan));
    assert!(lines.iter().all(|line| line.funding == "prepaid"), "{lines:?}");
    let file = Outcome::as_csv(&lines);
    let head = "failed_at,tried_at,tries_before,provider,code,network,funding,issuer,country,succeeded,recovery,segment,by,\
                chosen_at,moment,likely,ended,ended_at,advice_version\n";
    assert!(file.starts_with(head), "{file}");
    assert_eq!(Outcome::read(&file), Ok(lines));
    for secret in ["cus_1", "in_1", "ch_0", "4242", "acc_"] {
        assert!(!file.contains(secret), "{secret}: {file}");
    }
}
