//! How the steps of a play stand, by what exists.

use super::*;
use crate::action::{Clause, Preview, Wish};
use crate::id::AccountId;
use crate::money::{Currency, Money};
use crate::playbook::{PlaybookPolicy, WATCH, Wanted, by_hand, step_id};
use crate::policies::Policies;
use crate::task::About;
use serde_json::{Value, from_value, json};

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + 60 * minute).unwrap()
}

fn account() -> AccountId {
    AccountId::of("stripe", "default", "cus_1")
}

fn refund() -> Kind {
    Kind::Refund { payment: "ch_2".to_owned(), amount: Money::from_minor(2400, Currency::USD) }
}

fn case(handled: &Value) -> Case {
    let recommended = json!({"kind": refund(), "reason": "duplicate_charge", "note": ""});
    from_value(json!({"id": CaseId::of(&account(), "duplicate_charge", "ch_2"), "account": account(),
        "class": "duplicate_charge", "about": "ch_2", "confidence": "0.85", "state": "open", "rule": "r",
        "policy_version": 1, "evidence": [], "missing": [], "advice": "", "why": "", "recommended": recommended,
        "draft_reply": null, "actions": [], "events": [], "handled": handled, "opened_at": at(0), "resolved_at": null,
        "resolution": null}))
    .unwrap()
}

fn action(case: &Case, kind: Kind, by: &str, state: State) -> Action {
    let clause = Clause { rule: "r".into(), policy_version: 1, why: "w".into() };
    let preview = Preview {
        summary: String::new(),
        about: String::new(),
        lines: vec![],
        clause,
        notices: vec![],
        digest: "d".into(),
    };
    let id = ActionId::of(&case.account, by, "k");
    let mut action = Action::new(id, kind, Reason::DuplicateCharge, preview, by, at(1));
    action.case = Some(case.id.clone());
    action.in_state(state)
}

/// What the play would have the customer told.
const MESSAGE: &str = "We gave it back.\n\nSorry!";

fn ticket(case: &Case, text: &str, state: &str, minute: i64) -> Ticket {
    let answer = json!({"number": 1, "by": "lena", "text": text, "unchanged": true, "outcome": "free",
        "at": at(minute), "state": state});
    from_value(json!({"provider": "ticket", "source": "default", "id": "t1",
        "handling": {"case": case.id, "answers": [answer]}}))
    .unwrap()
}

/// Asking for the refund, telling of it, a task, and the watch.
fn play(case: &Case) -> Play {
    let policies = Policies::shipped().unwrap();
    let wanted = Wanted {
        account: account(),
        wish: Wish { kind: "refund".into(), params: refund().wish().params },
        reason_code: Reason::DuplicateCharge,
        note: String::new(),
        case: Some(case.id.clone()),
    };
    let mut play = Play {
        playbook: Name::ChargedTwice,
        policy_version: 1,
        minutes: policies.playbooks.current().minutes(Name::ChargedTwice),
        case: Some(case.id.clone()),
        verdict: String::new(),
        steps: vec![],
        left: None,
        missing: vec![],
    };
    play.look("looked", "something");
    play.push(Step::Ask {
        kind: "refund",
        target: "ch_2".into(),
        amount: None,
        approvals: vec![],
        lines: vec![],
        why: String::new(),
        action: Box::new(wanted),
    });
    let reply = crate::playbook::advice::Reply { subject: "s".into(), body: format!("{MESSAGE}\n") };
    let outcome = crate::ticket::Outcome::Done;
    play.push(Step::Say { when: When::AfterItIsDone, outcome, text: "refund_approved".into(), reply });
    let due_on = "2026-03-02".parse().unwrap();
    play.push(Step::Task { who: by_hand::BILLING, what: "look".into(), due_on, about: Some(by_hand::about(case)) });
    play.push(Step::Watch { what: "another".into(), until: due_on, days: 30 });
    play
}

fn around<'a>(case: &'a Case, actions: &'a [Action], tasks: &'a [Task], tickets: &'a [Ticket]) -> Around<'a> {
    Around { case, actions, tasks, tickets }
}

/// Ask, say, task and watch, each in a word, and how many are left.
fn standings(around: Around<'_>) -> ([&'static str; 4], usize) {
    let mut play = play(around.case);
    play.stands(around);
    let word = |place: usize| match play.steps[place].standing.as_ref() {
        Some(Standing::Open) => "open",
        Some(Standing::UnderWay { .. }) => "under way",
        Some(Standing::Done { .. }) => "done",
        Some(Standing::NotPossible { .. }) => "not yet",
        None => "nothing",
    };
    assert_eq!(word(0), "nothing", "what was looked at is no step");
    ([word(1), word(2), word(3), word(4)], play.left.unwrap())
}

#[test]
fn each_step_stands_as_what_was_done_shows() {
    let none = case(&json!([]));
    let asked = [action(&none, refund(), "recoup", State::WaitingApproval)];
    let done = [action(&none, refund(), "lena", State::Executed)];
    let denied = [action(&none, refund(), "lena", State::Denied)];
    let beside = [action(&none, Kind::Credit { amount: Money::from_minor(1, Currency::USD) }, "lena", State::Executed)];
    let about = About::Play { case: none.id.clone() };
    let task = Task::new(&account(), about, "look".into(), String::new(), at(2), jiff::SignedDuration::ZERO);
    let (open, ended) = ([task.clone()], [task.ended(true, "bea", "", at(3)).unwrap()]);
    let told = [ticket(&none, MESSAGE, "sent", 5)];
    let unsent = [ticket(&none, MESSAGE, "sending", 5)];
    let before = [ticket(&none, MESSAGE, "sent", -5)];
    let other = [ticket(&none, "We look at it.", "sent", 5)];
    let by_button = |step: String| {
        let mut edited = ticket(&none, "Dear Ada, we gave it back.", "sent", 5);
        edited.handling.answers[0].step = Some(step);
        [edited]
    };
    let edited = by_button(step_id(&none.id, ["say", "refund_approved", ""]));
    let of_another_step = by_button(step_id(&none.id, ["say", "refund_asked", ""]));
    for (what, around, expected) in [
        ("nobody did anything", around(&none, &[], &[], &[]), (["open", "not yet", "open", "open"], 4)),
        ("it is asked for", around(&none, &asked, &[], &[]), (["under way", "not yet", "open", "open"], 4)),
        ("it was denied", around(&none, &denied, &[], &[]), (["open", "not yet", "open", "open"], 4)),
        ("something else was done", around(&none, &beside, &[], &[]), (["open", "not yet", "open", "open"], 4)),
        ("it is done", around(&none, &done, &[], &[]), (["done", "open", "open", "open"], 3)),
        ("and told", around(&none, &done, &[], &told), (["done", "done", "open", "open"], 2)),
        ("told before it was done", around(&none, &done, &[], &before), (["done", "open", "open", "open"], 3)),
        ("not sent yet", around(&none, &done, &[], &unsent), (["done", "open", "open", "open"], 3)),
        ("something else was said", around(&none, &done, &[], &other), (["done", "open", "open", "open"], 3)),
        ("told by its button, edited", around(&none, &done, &[], &edited), (["done", "done", "open", "open"], 2)),
        (
            "told by the button of another step",
            around(&none, &done, &[], &of_another_step),
            (["done", "open", "open", "open"], 3),
        ),
        ("somebody has the task", around(&none, &done, &open, &told), (["done", "done", "under way", "open"], 2)),
        ("and did it", around(&none, &done, &ended, &told), (["done", "done", "done", "open"], 1)),
    ] {
        assert_eq!(standings(around), expected, "{what}");
    }
}

#[test]
fn what_was_sent_from_a_case_that_goes_on_in_this_one_is_said() {
    let (mut case, earlier) = (case(&json!([])), CaseId::of(&account(), "duplicate_charge", "ticket:desk/default/t1"));
    let done = [action(&case, refund(), "lena", State::Executed)];
    let mut edited = ticket(&case, "Dear Ada, we gave it back.", "sent", 5);
    edited.handling.answers[0].step = Some(step_id(&earlier, ["say", "refund_approved", ""]));
    let tickets = [edited];
    assert_eq!(standings(around(&case, &done, &[], &tickets)), (["done", "open", "open", "open"], 3));
    case.took_over.push(earlier);
    assert_eq!(standings(around(&case, &done, &[], &tickets)), (["done", "done", "open", "open"], 2));
}

#[test]
fn what_people_say_that_they_did_is_done() {
    let id = case(&json!([])).id;
    let by = |step: String| json!({"by": "lena", "at": at(9), "what": "w", "note": "", "step": step});
    let case = case(&json!([by(step_id(&id, WATCH)), by(step_id(&id, ["say", "refund_approved", ""]))]));
    let done = [action(&case, refund(), "lena", State::Executed)];
    let around = Around { case: &case, actions: &done, tasks: &[], tickets: &[] };
    assert_eq!(standings(around), (["done", "done", "open", "done"], 1));
    let mut play = play(&case);
    play.stands(around);
    assert!(play.text().ends_with("One step is left."), "{}", play.text());
    assert!(play.text().contains("watch until 2023-12-14: another [done: lena, "), "{}", play.text());
    assert_eq!(play.steps[4].post, Some(format!("/api/cases/{}/watch", case.id)));
}

#[test]
fn what_was_taken_keeps_its_day_whenever_somebody_looks() {
    let none = case(&json!([]));
    let watched =
        case(&json!([{"by": "lena", "at": at(9), "what": "w", "note": "", "step": step_id(&none.id, WATCH)}]));
    let due_in = jiff::SignedDuration::from_hours(24 * 5);
    let about = About::Play { case: none.id.clone() };
    let task = Task::new(&account(), about, "look".into(), String::new(), at(2), due_in);
    let (open, ended) = ([task.clone()], [task.ended(true, "bea", "", at(3)).unwrap()]);
    // Each play is made as of the 2nd of March 2026, long after all of this.
    for (what, around, due_on, until) in [
        ("nobody took them", around(&none, &[], &[], &[]), "2026-03-02", "2026-03-02"),
        ("somebody has the task", around(&none, &[], &open, &[]), "2023-11-19", "2026-03-02"),
        ("and did it", around(&none, &[], &ended, &[]), "2023-11-19", "2026-03-02"),
        ("somebody watches", around(&watched, &[], &[], &[]), "2026-03-02", "2023-12-14"),
    ] {
        let mut play = play(around.case);
        play.stands(around);
        let (Step::Task { due_on: due, .. }, Step::Watch { until: end, .. }) =
            (&play.steps[3].step, &play.steps[4].step)
        else {
            panic!("{what}: a task and a watch")
        };
        assert_eq!((due.to_string().as_str(), end.to_string().as_str()), (due_on, until), "{what}");
    }
}

#[test]
fn what_people_did_on_a_case_that_goes_on_in_this_one_is_done_here() {
    let earlier = CaseId::of(&account(), "duplicate_charge", "ticket:desk/default/t1");
    let by = |step: String| json!({"by": "lena", "at": at(9), "what": "w", "note": "", "step": step});
    let say = by(step_id(&earlier, ["say", "refund_approved", ""]));
    let made = by(step_id(&earlier, ["task", by_hand::BILLING, ""]));
    let mut found = case(&json!([by(step_id(&earlier, WATCH)), say, made]));
    let done = [action(&found, refund(), "lena", State::Executed)];
    let about = About::Play { case: earlier.clone() };
    let tasks = [Task::new(&account(), about, "look".into(), String::new(), at(2), jiff::SignedDuration::ZERO)];
    for (what, took_over, expected) in [
        ("another case's", vec![], (["done", "open", "open", "open"], 3)),
        ("its own by now", vec![earlier], (["done", "done", "under way", "done"], 1)),
    ] {
        found.took_over = took_over;
        let around = Around { case: &found, actions: &done, tasks: &tasks, tickets: &[] };
        assert_eq!(standings(around), expected, "{what}");
    }
}

#[test]
fn handling_is_what_people_did_about_the_case_and_its_tickets() {
    let policies = Policies::shipped().unwrap();
    let policy: &PlaybookPolicy = policies.playbooks.current();
    let (mut case, mut ticket) = (case(&json!([])), Ticket::new("ticket", "default", "t1"));
    for minute in [-8, -6] {
        ticket.handling.note(at(minute), "lena", "answered");
        case.at_work.join(&ticket.handling.at_work);
    }
    for (minute, expected, is_over) in [(-7, "2.0", false), (-5, "3.0", false), (-4, "4.0", true), (30, "4.0", true)] {
        case.was_handled("lena", at(minute), "did something", "", None);
        let handling = Handling::of(&case, policy);
        assert_eq!((handling.minutes.to_string().as_str(), handling.is_over()), (expected, is_over), "{minute}");
        assert_eq!(handling.target, Some([2, 3]));
    }
}

#[test]
fn a_warning_is_not_said_by_what_was_said_before_there_was_one() {
    let none = case(&json!([]));
    for (what, since, answered, expected) in
        [("said after it", Some(3), 5, true), ("said before it", Some(7), 5, false), ("there is none", None, 5, true)]
    {
        let mut play = play(&none);
        let Step::Say { when, .. } = &mut play.steps[2].step else { panic!("the third step is to say something") };
        *when = When::Now;
        play.steps[2].since = since.map(at);
        let told = [ticket(&none, MESSAGE, "sent", answered)];
        play.stands(around(&none, &[], &[], &told));
        assert_eq!(matches!(play.steps[2].standing, Some(Standing::Done { .. })), expected, "{what}");
    }
}

#[test]
fn an_answer_is_prepared_for_a_contact_of_the_account_and_for_nobody_else() {
    let none = case(&json!([]));
    let stranger = ticket(&none, "We look at it.", "sent", 1);
    let mut contact = stranger.clone();
    contact.handling.account = Some(account());
    (contact.handling.answered, contact.handling.turns) = (3, 5);
    contact.accounts.insert(account());
    for (what, tickets, linked, answered, turns) in [
        ("nobody wrote", vec![], false, None, 0),
        ("a stranger wrote", vec![stranger], true, None, 0),
        ("a contact wrote", vec![contact], true, Some(3), 5),
    ] {
        let mut play = play(&none);
        play.stands(around(&none, &[], &[], &tickets));
        let say = &play.steps[2];
        assert_eq!((say.ticket.is_some(), say.answered, say.turns), (linked, answered, turns), "{what}");
    }
}
