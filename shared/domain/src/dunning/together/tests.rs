//! Which debts stand in one letter, and when is nobody written to again, whoever would write?

use super::*;
use crate::book::PlanLine;
use crate::dunning::PlanState;
use crate::id::AccountId;
use crate::policies::Policies;
use serde_json::json;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A recovery of an invoice, its steps by kind, text and when they are due.
fn plan(invoice: &str, steps: &[(&str, &str, &str)]) -> Plan {
    let steps = steps.iter().zip(1..).map(|((kind, template, due_at), number)| {
        let mut step = json!({"number": number, "kind": kind, "template": template, "due_at": due_at, "state": "waiting",
            "done_at": null, "doubt_at": null});
        if *kind == "end" {
            (step["ends"], step["hold_hours"]) = (json!("subscription"), json!(72));
        }
        step
    });
    serde_json::from_value(json!({
        "account": AccountId::of("p", "default", "cus_1"), "invoice": invoice, "segment": "standard", "policy_version": 3,
        "started_at": "2026-03-01T08:00:00Z", "state": "running", "reason": null, "trace": "t",
        "steps": steps.collect::<Vec<_>>(),
    }))
    .unwrap()
}

/// What `in_1` was written at ten on the third, which lists `in_2`.
fn letter(text: &str) -> LetterLine {
    LetterLine {
        at: at("2026-03-03T10:00:00Z"),
        invoice: "in_1".to_owned(),
        step: 1,
        text: text.to_owned(),
        also: vec!["in_2".to_owned()],
        doubt_at: None,
        in_doubt: false,
        writer: Writer::Recovery,
    }
}

fn head(written: Option<LetterLine>, texted: Option<LetterLine>) -> Head {
    Head { written, texted, ..Head::new("p", "default", "cus_1") }
}

/// What becomes of the first step that is not left alone, and until when it waits.
fn kept(plan: &mut Plan, head: &Head, now: &str) -> (StepState, Option<String>) {
    let policies = Policies::shipped().unwrap();
    let rule = policies.dunning.current().together.as_ref().unwrap();
    let doubt_at = at(now) + SignedDuration::from_mins(15);
    plan.keep_together(head, rule, at(now), doubt_at);
    let step = &plan.steps[0];
    (step.state, step.again_at.map(|at| at.to_string()))
}

#[test]
fn what_another_letter_of_the_day_has_said_counts_as_sent_and_what_it_has_not_waits() {
    use StepState::{InDoubt, Sent, Waiting};
    let (due, later) = ("2026-03-03T15:00:00Z", "2026-03-10T10:00:00Z");
    let next_day = Some("2026-03-04T10:00:00Z");
    let sending = |doubt_at: &str| LetterLine { doubt_at: Some(at(doubt_at)), ..letter("reminder_2") };
    let lost = LetterLine { in_doubt: true, ..letter("reminder_2") };
    for (name, (invoice, text), written, expected) in [
        ("it says as much", ("in_2", "reminder_2"), letter("reminder_2"), (Sent, None)),
        ("it says more", ("in_2", "reminder_1"), letter("final_notice"), (Sent, None)),
        ("it says less", ("in_2", "reminder_3"), letter("reminder_2"), (Waiting, next_day)),
        ("it does not list it", ("in_3", "reminder_1"), letter("reminder_2"), (Waiting, next_day)),
        ("its own one before", ("in_1", "reminder_1"), letter("reminder_2"), (Waiting, next_day)),
        ("a text that nobody ranks", ("in_2", "cancelled"), letter("reminder_2"), (Waiting, next_day)),
        (
            "it is leaving",
            ("in_2", "reminder_1"),
            sending("2026-03-03T15:05:00Z"),
            (Waiting, Some("2026-03-03T15:05:00Z")),
        ),
        ("nobody was heard of", ("in_2", "reminder_1"), sending("2026-03-03T15:00:00Z"), (InDoubt, None)),
        ("nobody will know", ("in_2", "reminder_1"), lost, (InDoubt, None)),
    ] {
        let mut plan = plan(invoice, &[("mail", text, due), ("person", "", later)]);
        let (state, again_at) = kept(&mut plan, &head(Some(written), None), due);
        assert_eq!((state, again_at.as_deref()), expected, "{name}");
        let step = &plan.steps[0];
        let why = plan.why(step);
        match state {
            Sent => {
                assert_eq!(why.as_deref(), Some("in one letter with in_1"), "{name}");
                assert_eq!(step.done_at, Some(at("2026-03-03T10:00:00Z")), "{name}");
            }
            Waiting => assert!(why.is_some_and(|why| why.contains("once a day")), "{name}"),
            _ => assert!(why.is_some(), "{name}"),
        }
        let begins = plan.begin(at(due), at(later)).is_some();
        assert!(!begins, "{name}: nothing leaves");
        plan.stop("paid", at(later));
        let why = plan.why(&plan.steps[0]);
        assert!(state != Waiting || why.as_deref() == Some("paid"), "{name}: {why:?}");
    }
}

#[test]
fn a_day_later_it_leaves_by_itself() {
    let due = "2026-03-04T10:00:00Z";
    let mut plan = plan("in_2", &[("mail", "reminder_1", due)]);
    assert_eq!(kept(&mut plan, &head(Some(letter("reminder_2")), None), due), (StepState::Waiting, None));
    assert!(plan.begin(at(due), at(due)).is_some());
}

#[test]
fn a_letter_that_tells_of_an_end_leaves_by_itself() {
    let due = "2026-03-03T15:00:00Z";
    let mut plan = plan("in_2", &[("mail", "final_notice", due), ("end", "", "2026-03-06T15:00:00Z")]);
    let (state, again_at) = kept(&mut plan, &head(Some(letter("final_notice")), None), due);
    assert_eq!((state, again_at.as_deref()), (StepState::Waiting, Some("2026-03-04T10:00:00Z")));
}

#[test]
fn what_says_less_waits_for_what_is_about_to_say_more() {
    let due = "2026-03-03T10:00:00Z";
    for (name, next, next_at, expected) in [
        ("more, in the afternoon", "reminder_3", "2026-03-03T15:00:00Z", Some("2026-03-03T15:15:00Z")),
        ("more, at the same time", "final_notice", due, Some("2026-03-03T10:15:00Z")),
        ("more, which is late", "reminder_3", "2026-03-03T08:00:00Z", Some("2026-03-03T10:15:00Z")),
        ("more, a day later", "reminder_3", "2026-03-04T10:00:01Z", None),
        ("as much", "reminder_2", due, None),
        ("less", "reminder_1", due, None),
        ("something else", "ask_a_person", due, None),
    ] {
        let mut head = head(None, None);
        head.dunning.insert("in_1".to_owned(), line(next, next_at));
        // Its own line says nothing about it.
        head.dunning.insert("in_2".to_owned(), line("final_notice", due));
        let mut plan = plan("in_2", &[("mail", "reminder_2", due)]);
        let (state, again_at) = kept(&mut plan, &head, due);
        assert_eq!((state, again_at.as_deref()), (StepState::Waiting, expected), "{name}");
    }
}

#[test]
fn a_phone_is_written_to_once_a_day_and_beside_a_letter() {
    let due = "2026-03-03T15:00:00Z";
    let text = || plan("in_3", &[("sms", "reminder_2", due), ("person", "", "2026-03-10T10:00:00Z")]);
    let told = Some(letter("reminder_1"));
    assert_eq!(kept(&mut text(), &head(None, told.clone()), due), (StepState::Sent, None));
    assert_eq!(kept(&mut text(), &head(told, None), due), (StepState::Waiting, None), "a letter is no text message");
}

#[test]
fn what_is_passed_over_goes_with_it_and_the_last_one_ends_the_recovery() {
    let due = "2026-03-03T15:00:00Z";
    let early = ("mail", "reminder_1", "2026-03-02T15:00:00Z");
    let mut plan = plan("in_2", &[early, ("mail", "reminder_2", due)]);
    assert_eq!(kept(&mut plan, &head(Some(letter("reminder_2")), None), due).0, StepState::Skipped);
    assert_eq!((plan.steps[1].state, plan.state), (StepState::Sent, PlanState::Finished));
}

#[test]
fn the_head_learns_what_became_of_a_letter() {
    let due = "2026-03-03T10:00:00Z";
    let sending = LetterLine { doubt_at: Some(at("2026-03-03T10:15:00Z")), ..letter("reminder_2") };
    let sent = letter("reminder_2");
    let lost = LetterLine { in_doubt: true, ..sent.clone() };
    let ladder = LetterLine { writer: Writer::Ladder, ..sending.clone() };
    for (name, invoice, state, before, expected) in [
        ("it is leaving", "in_1", StepState::Sending, &sending, Some(&sending)),
        ("it has left", "in_1", StepState::Sent, &sending, Some(&sent)),
        ("nobody knows", "in_1", StepState::InDoubt, &sending, Some(&lost)),
        ("it was refused", "in_1", StepState::Waiting, &sending, None),
        ("it was given up", "in_1", StepState::Skipped, &sending, None),
        ("another one's", "in_2", StepState::Waiting, &sending, Some(&sending)),
        ("what is known stays", "in_1", StepState::Waiting, &sent, Some(&sent)),
        ("a rung of the same number", "in_1", StepState::Waiting, &ladder, Some(&ladder)),
    ] {
        let mut plan = plan(invoice, &[("mail", "reminder_2", due)]);
        plan.steps[0].state = state;
        let mut head = head(Some(before.clone()), Some(before.clone()));
        plan.show_message_on(&mut head);
        assert_eq!((head.written.as_ref(), head.texted.as_ref()), (expected, expected), "{name}");
    }
}

/// A recovery that writes such a text next.
fn line(next: &str, next_at: &str) -> PlanLine {
    PlanLine {
        segment: "standard".to_owned(),
        step: 1,
        next: Some(next.to_owned()),
        next_at: Some(at(next_at)),
        policy_version: 3,
        access: None,
    }
}

/// Until when a letter of what is no recovery waits that is looked at in the afternoon of the third.
fn apart(writer: Writer, due: &str, head: &Head) -> Option<String> {
    let policies = Policies::shipped().unwrap();
    let rule = policies.dunning.current().together.as_ref().unwrap();
    let now = at("2026-03-03T15:00:00Z");
    let mut plan = plan("in_9", &[("mail", "overdue_1", due)]);
    plan.keep_to_a_day(head, rule, writer, (now, now + SignedDuration::from_mins(15)));
    let held = plan.held_for_another(now).map(|step| step.number);
    let again_at = plan.steps[0].again_at;
    assert_eq!(held.is_some(), again_at.is_some(), "whoever has a task meanwhile is told");
    assert_eq!(plan.begin(now, now).is_some(), again_at.is_none(), "it leaves, or waits");
    again_at.map(|at| at.to_string())
}

#[test]
fn no_two_letters_leave_within_a_day_whoever_writes_them() {
    let (due, next_day) = ("2026-03-03T15:00:00Z", Some("2026-03-04T10:00:00Z"));
    let by = |writer| head(Some(LetterLine { writer, ..letter("overdue_1") }), None);
    let yesterday = LetterLine { at: at("2026-03-02T15:00:00Z"), ..letter("reminder_1") };
    let leaving = LetterLine { doubt_at: Some(at("2026-03-03T15:05:00Z")), ..letter("reminder_1") };
    let answered = || {
        let mut head = head(None, None);
        head.shows_letter(LetterLine { writer: Writer::Answer, ..letter("debt_open") });
        head
    };
    for (name, writer, due, head, expected) in [
        ("nobody wrote", Writer::Ladder, due, head(None, None), None),
        ("a recovery wrote", Writer::Ladder, due, by(Writer::Recovery), next_day),
        ("another rung did", Writer::Ladder, due, by(Writer::Ladder), next_day),
        ("a rung did, and a card ends", Writer::Card, due, by(Writer::Ladder), next_day),
        ("a day ago", Writer::Ladder, due, head(Some(yesterday), None), None),
        ("it is leaving", Writer::Ladder, due, head(Some(leaving), None), Some("2026-03-03T15:05:00Z")),
        ("a text message is none", Writer::Ladder, due, head(None, Some(letter("reminder_2"))), None),
        ("the customer has asked", Writer::Answer, due, by(Writer::Recovery), None),
        ("they have asked twice", Writer::Answer, due, answered(), None),
        ("they were answered", Writer::Ladder, due, answered(), next_day),
        ("they are answered each day", Writer::Ladder, "2026-03-02T15:00:00Z", answered(), None),
        ("not yet for a day", Writer::Ladder, "2026-03-02T15:00:01Z", answered(), Some("2026-03-03T15:00:01Z")),
    ] {
        assert_eq!(apart(writer, due, &head).as_deref(), expected, "{name}");
    }
}

#[test]
fn what_takes_nothing_goes_after_the_letter_of_a_recovery() {
    let due = "2026-03-03T15:00:00Z";
    let soon = Some("2026-03-03T15:15:00Z");
    for (name, writer, next, next_at, expected) in [
        ("both are due", Writer::Ladder, "final_notice", due, soon),
        ("it is due since yesterday", Writer::Card, "reminder_3", "2026-03-02T15:00:01Z", soon),
        ("it has not left for a day", Writer::Ladder, "reminder_3", "2026-03-02T15:00:00Z", None),
        ("it comes later", Writer::Ladder, "final_notice", "2026-03-03T15:00:01Z", None),
        ("it is no letter", Writer::Ladder, "ask_a_person", due, None),
        ("the customer has asked", Writer::Answer, "final_notice", due, None),
    ] {
        let mut head = head(None, None);
        head.dunning.insert("in_1".to_owned(), line(next, next_at));
        assert_eq!(apart(writer, due, &head).as_deref(), expected, "{name}");
    }
}

#[test]
fn a_recovery_waits_for_the_letters_of_others_and_goes_with_none_of_them() {
    use StepState::{Sent, Waiting};
    let due = "2026-03-03T15:00:00Z";
    let next_day = Some("2026-03-04T10:00:00Z");
    let rung = LetterLine { writer: Writer::Ladder, ..letter("overdue_3") };
    let answer = LetterLine { writer: Writer::Answer, ..letter("debt_open") };
    for (name, lines, expected) in [
        ("a rung", vec![rung], (Waiting, next_day)),
        ("an answer", vec![answer.clone()], (Waiting, next_day)),
        ("an answer after what has said it", vec![letter("reminder_2"), answer], (Sent, None)),
    ] {
        let mut head = head(None, None);
        lines.into_iter().for_each(|line| head.shows_letter(line));
        let mut plan = plan("in_2", &[("mail", "reminder_2", due), ("person", "", "2026-03-10T10:00:00Z")]);
        let (state, again_at) = kept(&mut plan, &head, due);
        assert_eq!((state, again_at.as_deref()), expected, "{name}");
    }
}
