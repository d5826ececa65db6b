//! What is prepared, for whom, and that nothing of ours is in it, in any language.

use super::*;
use crate::action::{Clause, Preview, Reason};
use crate::id::{AccountId, ActionId, CaseId};
use crate::money::Currency;
use crate::policies::Policies;
use crate::telling;
use crate::ticket::may_say;
use serde_json::{from_value, json};

const AT: &str = "2026-03-01T09:00:00Z";
const LANGUAGES: [&str; 4] = ["en", "de", "fr", "es"];

fn account() -> AccountId {
    AccountId::of("stripe", "default", "cus_1")
}

fn case() -> Case {
    from_value(json!({"id": CaseId::of(&account(), "duplicate_charge", "ch_2"), "account": account(),
        "class": "duplicate_charge", "about": "ch_2", "confidence": "0.85", "state": "open",
        "rule": "same-amount-same-day", "policy_version": 1, "evidence": [], "missing": [], "advice": "", "why": "",
        "recommended": null, "draft_reply": null, "actions": [], "events": [], "opened_at": AT,
        "resolved_at": null, "resolution": null}))
    .unwrap()
}

fn refund() -> Kind {
    Kind::Refund { payment: "ch_2".to_owned(), amount: Money::from_minor(123_450, Currency::EUR) }
}

fn action(kind: Kind, state: State) -> Action {
    let clause = Clause { rule: "r".into(), policy_version: 1, why: "w".into() };
    let preview = Preview {
        summary: String::new(),
        about: String::new(),
        lines: vec![],
        clause,
        notices: vec![],
        digest: "d".into(),
    };
    Action::new(ActionId::of(&account(), "recoup", "k"), kind, Reason::Other, preview, "recoup", AT.parse().unwrap())
        .in_state(state)
}

/// One of a contact, or of a stranger.
fn ticket(is_known: bool) -> Ticket {
    let mut ticket = Ticket::new("zendesk", "default", "42");
    ticket.handling.account = Some(account());
    if is_known {
        ticket.accounts.insert(account());
    }
    ticket
}

fn prepared(ticket: &Ticket, case: Option<&Case>, actions: &[Action], language: &str) -> Vec<Draft> {
    let policies = Policies::shipped().unwrap();
    let matter = Matter {
        policy: policies.answers.current(),
        reader: policies.texts.current().reader(Some(language), None),
        name: Some("Ada Lovelace"),
        case,
        actions,
        bank_days: "5–7",
    };
    drafts(ticket, &matter)
}

fn outcomes(drafts: &[Draft]) -> Vec<&'static str> {
    drafts.iter().map(|draft| draft.outcome.name()).collect()
}

fn answered(ticket: &mut Ticket, outcome: Outcome, text: &str, came: telling::State, at: &str) {
    let at = at.parse().unwrap();
    let number = ticket.handling.answer(("lena", text, false), outcome, at).unwrap().number;
    ticket.handling.answer_came(number, came, at);
}

#[test]
fn what_is_prepared_is_what_came_of_it_and_nothing_that_is_not_decided() {
    let open = case();
    let over = Case { state: crate::case::State::Resolved, ..case() };
    for (what, is_known, case, actions, expected) in [
        ("nobody knows them", false, Some(&open), vec![State::Executed], vec!["neutral"]),
        ("nobody was asked yet", true, Some(&open), vec![], vec!["taken", "waiting", "denied"]),
        ("there is nothing", true, None, vec![], vec!["waiting"]),
        ("it is over, and nothing was asked for", true, Some(&over), vec![], vec!["waiting"]),
        ("it is being decided", true, Some(&open), vec![State::WaitingApproval], vec!["asked", "waiting"]),
        ("approved is not done", true, Some(&open), vec![State::Approved], vec!["asked", "waiting"]),
        ("nor is what may have been done", true, Some(&open), vec![State::InDoubt], vec!["asked", "waiting"]),
        ("done", true, Some(&over), vec![State::Executed], vec!["done", "waiting"]),
        ("it did not go through", true, Some(&open), vec![State::Failed], vec!["failed", "waiting"]),
        ("it is left to a person", true, Some(&open), vec![State::NeedsPerson], vec!["asked", "waiting"]),
        ("denied", true, Some(&open), vec![State::Denied], vec!["denied", "waiting"]),
        ("nobody decided", true, Some(&open), vec![State::Expired], vec!["denied", "waiting"]),
        ("asked for anew", true, Some(&open), vec![State::Denied, State::WaitingApproval], vec!["asked", "waiting"]),
        (
            "what went stale says nothing",
            true,
            Some(&over),
            vec![State::Executed, State::Stale],
            vec!["done", "waiting"],
        ),
    ] {
        let actions: Vec<Action> = actions.into_iter().map(|state| action(refund(), state)).collect();
        assert_eq!(outcomes(&prepared(&ticket(is_known), case, &actions, "en")), expected, "{what}");
    }
}

#[test]
fn nobody_is_told_that_it_is_decided_before_somebody_was_asked() {
    for language in LANGUAGES {
        let taken = prepared(&ticket(true), Some(&case()), &[], language).remove(0);
        let waits = [action(refund(), State::WaitingApproval)];
        let asked = prepared(&ticket(true), Some(&case()), &waits, language).remove(0);
        assert_eq!((taken.outcome, asked.outcome), (Outcome::Taken, Outcome::Asked), "{language}");
        assert_ne!(taken.text, asked.text, "{language}");
        assert_eq!(may_say(&taken.text, true), Ok(()), "{language}");
    }
    let mut told = ticket(true);
    answered(&mut told, Outcome::Taken, "We look into it.", telling::State::Sent, AT);
    assert_eq!(outcomes(&prepared(&told, Some(&case()), &[], "en")), ["waiting", "denied"], "it was said");
}

#[test]
fn what_was_said_already_is_not_prepared_again() {
    let (open, done) = (case(), action(refund(), State::Executed));
    let refused = telling::State::Refused { reason: "closed".to_owned(), again_at: None };
    for (what, outcome, came, expected) in [
        ("it was told", Outcome::Done, telling::State::Sent, vec!["waiting"]),
        ("it may have been", Outcome::Done, telling::State::InDoubt { reason: String::new() }, vec!["waiting"]),
        ("it was not taken", Outcome::Done, refused, vec!["done", "waiting"]),
        ("that it had failed before was told", Outcome::Failed, telling::State::Sent, vec!["done", "waiting"]),
        ("something else was told", Outcome::Asked, telling::State::Sent, vec!["done", "waiting"]),
        ("they were asked for something", Outcome::Waiting, telling::State::Sent, vec!["done"]),
    ] {
        let mut ticket = ticket(true);
        answered(&mut ticket, outcome, "In words of my own.", came, "2026-03-02T09:00:00Z");
        assert_eq!(outcomes(&prepared(&ticket, Some(&open), std::slice::from_ref(&done), "en")), expected, "{what}");
    }
    // A letter that was written before the answer, and came after it.
    let mut again = ticket(true);
    let waiting = prepared(&again, None, &[], "en").remove(0);
    answered(&mut again, Outcome::Waiting, &waiting.text, telling::State::Sent, "2026-03-02T09:00:00Z");
    assert!(prepared(&again, None, &[], "en").is_empty(), "it was said");
    again.handling.begin_turn("2026-03-02T08:00:00Z".parse().unwrap(), None);
    assert_eq!(prepared(&again, None, &[], "en"), [waiting], "the same words to another letter");
    let mut stranger = ticket(false);
    answered(&mut stranger, Outcome::Neutral, "We look.", telling::State::Sent, AT);
    assert!(prepared(&stranger, None, &[], "en").is_empty(), "once");
}

#[test]
fn each_of_the_four_outcomes_is_offered_or_it_is_said_why_not() {
    let open = case();
    let over = Case { state: crate::case::State::Resolved, ..case() };
    let policies = Policies::shipped().unwrap();
    let nothing_yet = "nothing was asked for because of its case yet";
    let deciding = "it is being decided, or carried out";
    let anew = "it was tried and did not go through: ask anew first";
    let nobody = "nobody knows who wrote it, so that nothing is said about an account";
    for (what, is_known, case, state, expected) in [
        ("nobody was asked yet", true, Some(&open), None, vec![("asked", nothing_yet), ("done", nothing_yet)]),
        (
            "it is over, and nothing was asked for",
            true,
            Some(&over),
            None,
            vec![("asked", nothing_yet), ("done", nothing_yet), ("denied", "no open case says what would be denied")],
        ),
        (
            "it is being decided",
            true,
            Some(&open),
            Some(State::WaitingApproval),
            vec![("done", deciding), ("denied", deciding)],
        ),
        ("done", true, Some(&over), Some(State::Executed), vec![("asked", "it was done"), ("denied", "it was done")]),
        (
            "denied",
            true,
            Some(&open),
            Some(State::Denied),
            vec![("asked", "it was denied: ask anew first"), ("done", "it was denied: ask anew first")],
        ),
        ("failed", true, Some(&open), Some(State::Failed), vec![("asked", anew), ("done", anew), ("denied", anew)]),
        (
            "nobody knows them",
            false,
            Some(&open),
            None,
            vec![("asked", nobody), ("done", nobody), ("denied", nobody), ("waiting", nobody)],
        ),
    ] {
        let actions: Vec<Action> = state.into_iter().map(|state| action(refund(), state)).collect();
        let ticket = ticket(is_known);
        let matter = Matter {
            policy: policies.answers.current(),
            reader: policies.texts.current().reader(Some("en"), None),
            name: None,
            case,
            actions: &actions,
            bank_days: "5–7",
        };
        let missing = not_offered(&ticket, &matter, &drafts(&ticket, &matter));
        let missing: Vec<_> = missing.iter().map(|missing| (missing.outcome.name(), missing.why)).collect();
        assert_eq!(missing, expected, "{what}");
    }
    let mut told = ticket(true);
    answered(&mut told, Outcome::Denied, "We cannot do that.", telling::State::Sent, "2026-03-02T09:00:00Z");
    assert_eq!(outcomes(&prepared(&told, Some(&open), &[], "en")), ["taken", "waiting"], "no was said once");
}

#[test]
fn who_answers_may_say_no_to_what_a_case_recommends_and_says_what_is_possible_instead() {
    for language in LANGUAGES {
        let recommended: crate::case::Recommendation =
            from_value(json!({"kind": refund(), "reason": "duplicate_charge", "note": ""})).unwrap();
        let case = Case { recommended: Some(recommended), ..case() };
        let drafts = prepared(&ticket(true), Some(&case), &[], language);
        let denied = drafts.iter().find(|draft| draft.outcome == Outcome::Denied).unwrap();
        let decided = prepared(&ticket(true), Some(&case), &[action(refund(), State::Denied)], language).remove(0);
        assert_eq!(denied.text, decided.text, "{language}: the words of what was decided");
    }
}

#[test]
fn amounts_are_as_people_write_them() {
    for (language, expected) in
        [("en", "1234.50 EUR"), ("de", "1.234,50\u{a0}€"), ("fr", "1\u{202f}234,50\u{a0}€"), ("es", "1.234,50\u{a0}€")]
    {
        let drafts = prepared(&ticket(true), Some(&case()), &[action(refund(), State::Executed)], language);
        assert!(drafts[0].text.contains(expected) && drafts[0].text.contains("5–7"), "{}", drafts[0].text);
    }
    let (credit, other) = (
        Kind::Credit { amount: Money::from_minor(550, Currency::EUR) },
        Kind::Credit { amount: Money::from_minor(550, Currency::USD) },
    );
    let (pause, both) = (Kind::Pause { subscription: "sub_1".into() }, vec![refund(), credit]);
    assert_eq!(given_back(&Kind::Bundle { actions: both }), Some(Money::from_minor(124_000, Currency::EUR)));
    assert_eq!(given_back(&Kind::Bundle { actions: vec![refund(), other] }), None, "no sum of two currencies");
    assert_eq!(given_back(&pause), None);
}

#[test]
fn a_greeting_has_a_name_or_none() {
    for (language, with, without) in [
        ("en", "Hello Ada Lovelace,\n", "Hello,\n"),
        ("de", "Guten Tag Ada Lovelace,\n", "Guten Tag,\n"),
        ("fr", "Bonjour Ada Lovelace,\n", "Bonjour,\n"),
        ("es", "Hola, Ada Lovelace:\n", "Hola:\n"),
    ] {
        let policies = Policies::shipped().unwrap();
        let greeted = |name: &str| {
            let matter = Matter {
                policy: policies.answers.current(),
                reader: policies.texts.current().reader(Some(language), None),
                name: Some(name),
                case: None,
                actions: &[],
                bank_days: "5–7",
            };
            drafts(&ticket(true), &matter).remove(0).text
        };
        assert!(greeted("Ada Lovelace").starts_with(with), "{}", greeted("Ada Lovelace"));
        for none in ["", " ", "Zendesk user 555", "cus_a"] {
            assert!(greeted(none).starts_with(without), "{none}: {}", greeted(none));
        }
        assert!(!greeted("Ada\n\nPay here").contains("\n\nPay"));
    }
}

/// Every text of every outcome and kind, filled as it is sent.
#[test]
fn no_draft_says_anything_that_only_we_understand() {
    let kinds = [
        refund(),
        Kind::Credit { amount: Money::from_minor(550, Currency::USD) },
        Kind::Discount { subscription: "sub_1".into(), percent: rust_decimal::Decimal::TEN, price: None },
        Kind::Pause { subscription: "sub_1".into() },
        Kind::Bundle { actions: vec![refund(), Kind::ForceCancel { subscription: "sub_1".into() }] },
    ];
    let states = [State::WaitingApproval, State::Executed, State::Denied, State::Expired, State::Failed];
    let mut seen = std::collections::BTreeSet::new();
    for language in LANGUAGES {
        for (kind, state) in kinds.iter().flat_map(|kind| states.map(|state| (kind, state))) {
            let actions = [action(kind.clone(), state)];
            for is_known in [true, false] {
                for draft in prepared(&ticket(is_known), Some(&case()), &actions, language) {
                    let all = format!("{}\n{}", draft.subject, draft.text);
                    let what = format!("{language}, {}, {}: {all}", kind.name(), draft.outcome.name());
                    for inner in ["_", "{", "}", "0 more days", "recoup", "Recoup", "ch_2", "sub_1", "cus_1", "zendesk"]
                    {
                        assert!(!all.contains(inner), "`{inner}` in {what}");
                    }
                    assert_eq!(may_say(&draft.text, is_known), Ok(()), "{what}");
                    assert!(draft.text.lines().all(|line| !line.ends_with(' ')), "{what}");
                    seen.insert((language, draft.outcome.name()));
                }
            }
        }
    }
    assert_eq!(seen.len(), LANGUAGES.len() * 6, "asked, done, denied, failed, waiting and neutral in each: {seen:?}");
}

#[test]
fn who_is_denied_something_hears_why_and_what_is_possible_instead() {
    for language in LANGUAGES {
        for kind in [refund(), Kind::Pause { subscription: "sub_1".into() }] {
            let draft = prepared(&ticket(true), Some(&case()), &[action(kind, State::Denied)], language).remove(0);
            let parts: Vec<_> = draft.text.split("\n\n").collect();
            assert_eq!(
                (draft.outcome, parts.len()),
                (Outcome::Denied, 3),
                "a greeting, the reason, the way: {}",
                draft.text
            );
        }
    }
}
