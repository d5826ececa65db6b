//! What the board shows, and who sees which form.

use super::*;
use crate::filters::{FilterChoice, FilterField};
use domain::book::Person;
use domain::dunning::Plan;
use domain::money::{Currency, Money};
use domain::policies::Policies;
use domain::staff::Role;
use serde_json::{Value, from_value, json};
use std::collections::BTreeMap;

fn viewer(role: Role) -> Viewer {
    Viewer { id: "lena".into(), name: "Lena".into(), role, csrf: Some("token".into()), local: false }
}

fn recovering(invoice: &str, due_at: &str, control: &Value) -> Recovering {
    let plan: Plan = from_value(json!({
        "account": AccountId::of("p", "default", "cus_1"), "invoice": invoice, "segment": "standard",
        "policy_version": 1, "started_at": "2026-03-01T08:00:00Z", "state": "running", "reason": null, "trace": "t",
        "control": control, "steps": [{"number": 1, "kind": "mail", "template": "reminder_1", "due_at": due_at,
            "state": "waiting", "done_at": null, "doubt_at": null}],
    }))
    .unwrap();
    let policies = Policies::shipped().unwrap();
    Recovering::of(plan, None, &Person::default(), policies.declines.current())
}

fn paused() -> Value {
    json!({"paused_until": "2026-03-09T00:00:00Z",
        "said": [{"at": "2026-03-02T08:00:00Z", "by": "lena", "word": "pause", "until": "2026-03-09T00:00:00Z",
            "note": "<they> move"}]})
}

#[test]
fn each_day_of_the_board_has_its_heading_and_what_it_was_asked_for_stays() {
    let rows = [
        recovering("in_1", "2026-03-02T08:00:00Z", &json!({})),
        recovering("in_2", "2026-03-02T20:00:00Z", &json!({})),
        recovering("in_3", "2026-03-03T08:00:00Z", &json!({"broken": 2})),
    ];
    let day = FilterField {
        name: "due_before",
        label: "Due before",
        value: "2026-03-09T00:00:00Z".to_owned(),
        choice: FilterChoice::Day,
    };
    let filters = Filters { path: "/dunning", fields: vec![day], ..Filters::default() };
    let board = Board { rows: &rows, forecast: None, filters: &filters };
    let page = dunning(&viewer(Role::Analyst), &board, None);
    let places: Vec<_> = ["Monday, 2 March", "in_1", "in_2", "Tuesday, 3 March", "in_3", "2 broken"]
        .into_iter()
        .map(|part| page.find(part).unwrap_or_else(|| panic!("{part} is not there: {page}")))
        .collect();
    assert!(places.is_sorted(), "{places:?}");
    assert!(page.contains("value=\"2026-03-09\"") && page.contains("Show all"), "{page}");
    let empty = dunning(&viewer(Role::Analyst), &Board { rows: &[], ..board }, None);
    assert!(empty.contains("Nothing here fits what you asked for."), "{empty}");
}

#[test]
fn who_may_say_something_sees_the_forms_that_fit() {
    let (running, waits) = ("2026-03-02T08:00:00Z", paused());
    for (name, role, control, shown, hidden) in [
        ("it runs", Role::L1, json!({}), "Pause it", "Let it go on"),
        ("it is paused", Role::L2, waits.clone(), "Let it go on", "colleague"),
        (
            "an analyst",
            Role::Analyst,
            waits.clone(),
            "A colleague in support or billing",
            "<form method=\"post\" action=\"/accounts",
        ),
        ("what was written is text", Role::L1, waits, "&lt;they&gt; move", "<they>"),
    ] {
        let rows = [recovering("in_1", running, &control)];
        let names = Names::default().with([("lena".to_owned(), "Lena M.".to_owned())]);
        let page = recoveries(&viewer(role), &rows, &names, None).into_string();
        assert!(page.contains(shown) && !page.contains(hidden), "{name}: {page}");
        assert_eq!(page.contains("</time> Lena M.: pause until "), name != "it runs", "{name}: {page}");
    }
}

#[test]
fn a_form_that_was_refused_says_why_and_keeps_what_was_written() {
    let rows = ["in_1", "in_2"].map(|invoice| recovering(invoice, "2026-03-02T08:00:00Z", &json!({})));
    let fields = [("invoice", "in_2"), ("say", "pause"), ("until", "2020-01-01"), ("note", "\"soon\"")];
    let fields: BTreeMap<_, _> = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let declined = Declined { fields: &fields, because: "`until` must lie ahead" };
    let page = recoveries(&viewer(Role::L1), &rows, &Names::default(), Some(&declined)).into_string();
    let (first, second) = page.split_once("Recovery of invoice in_2").unwrap();
    assert!(!first.contains("must lie ahead") && !first.contains("2020-01-01"), "{first}");
    for part in ["<details open>", "`until` must lie ahead", "value=\"2020-01-01\"", "value=\"&quot;soon&quot;\""] {
        assert_eq!(second.matches(part).count(), 1, "{part}: {second}");
    }
}

#[test]
fn what_was_tried_and_what_comes_next_is_told() {
    let account = AccountId::of("p", "default", "cus_1");
    let action = domain::id::ActionId::of(&account, "recoup", "try 1");
    let chosen = |number: u32, at: &str| {
        json!({"number": number, "at": at, "rule": "no_reason", "policy_version": 2, "chance": 123, "likely": 460,
            "reasons": [{"about": "all", "odds": 250}, {"about": "weekday 4", "odds": 1350}], "candidates": [{"at": at, "chance": 123}, {"at": "2026-03-08T06:00:00Z", "chance": 98}]})
    };
    let made = json!({"action": action, "begun_at": "2026-03-02T06:00:00Z", "chosen": chosen(1, "2026-03-02T06:00:00Z"),
        "ended": {"outcome": "declined", "code": "generic_decline"}});
    for (name, tries, shown, hidden) in [
        ("nothing is known of tries", json!({}), vec!["Recovery of invoice"], "Tries"),
        (
            "one was made, and one comes",
            json!({"made": [made], "begun": 1, "next": chosen(2, "2026-03-05T06:00:00Z")}),
            vec![
                "declined: generic decline",
                "no reason",
                "12.3 %",
                "46.0 %",
                "9.8 %",
                "it succeeds with 20.0 %",
                "on a Thursday: 1.35 times the odds",
                action.as_str(),
            ],
            "It is not tried again",
        ),
        (
            "there is none",
            json!({"why_none": "its provider tries again"}),
            vec!["It is not tried again: its provider tries again"],
            "comes",
        ),
    ] {
        let mut row = recovering("in_1", "2026-03-02T08:00:00Z", &json!({}));
        row.plan.tries = from_value(tries).unwrap();
        let page = recoveries(&viewer(Role::Analyst), &[row], &Names::default(), None).into_string();
        for part in shown {
            assert!(page.contains(part), "{name}: {part}: {page}");
        }
        assert!(!page.contains(hidden), "{name}: {page}");
    }
}

#[test]
fn what_is_expected_stands_with_what_it_rests_on() {
    let usd = |amount: &str| Money::parse(amount, Currency::USD).unwrap();
    let own = |amount: Option<Money>| Expected {
        currency: Currency::USD,
        recoveries: 12,
        open: usd("480.00"),
        paid: amount.map(|_| 5),
        amount,
        low: amount.map(|_| usd("90.10")),
        high: amount.map(|_| usd("310.20")),
    };
    let forecast = |currencies: Vec<Expected>, complete| Forecast {
        days: 30,
        complete,
        recoveries: 12,
        by_segment: 7,
        by_all: 2,
        by_next_try: 1,
        unknown: 2,
        earlier: 140,
        currencies,
    };
    let rests = ["Of 12 recoveries 7 are told", "2 by earlier ones of any segment", "counted by 140 payments"];
    for (name, forecast, shown, hidden) in [
        (
            "enough",
            forecast(vec![own(Some(usd("200.50")))], true),
            ["The next 30 days", "200.50 USD", "90.10 USD", "310.20 USD"],
            vec!["too few to say", "go on first"],
        ),
        (
            "too few, and not all",
            forecast(vec![own(None)], false),
            ["12", "480.00 USD", "too few to say", "Only those are in it that go on first"],
            vec!["90.10 USD"],
        ),
        (
            "nothing",
            forecast(Vec::new(), true),
            ["The next 30 days", "No invoice is being recovered whose amount is known.", "", ""],
            rests.to_vec(),
        ),
    ] {
        let filters = Filters::default();
        let board = Board { rows: &[], forecast: Some(&forecast), filters: &filters };
        let page = dunning(&viewer(Role::Analyst), &board, None);
        assert!(shown.iter().all(|part| page.contains(part)), "{name}: {page}");
        assert!(!hidden.iter().any(|part| page.contains(part)), "{name}: {page}");
        assert!(name == "nothing" || rests.iter().all(|part| page.contains(part)), "{name}: {page}");
    }
    let filters = Filters::default();
    let board = Board { rows: &[], forecast: None, filters: &filters };
    assert!(!dunning(&viewer(Role::Analyst), &board, None).contains("The next 30 days"), "only on the first page");
}
