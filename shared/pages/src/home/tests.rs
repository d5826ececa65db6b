//! Who sees what, and whether each line says whose it is, how much, why, since when, and what comes next.

use super::*;
use crate::example;
use domain::action::Decision;
use domain::money::Currency;
use domain::task::About;
use domain::ticket::Turn;
use jiff::SignedDuration;

const NOW: &str = "2026-03-01T12:30:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn account() -> AccountId {
    AccountId::of("stripe", "default", "cus_1")
}

/// Everything that an overview can show.
#[derive(Default)]
struct Parts {
    tickets: Few<Ticket>,
    tasks: Few<Task>,
    untaken: Few<Task>,
    word: Few<Action>,
    asked: Few<Action>,
    disputes: Few<Disputed>,
    unmatched: Few<Received>,
    amounts: BTreeMap<TaskId, Money>,
}

fn shown(role: Role, parts: &Parts) -> String {
    let viewer = Viewer { id: "lena".into(), name: "Lena".into(), role, csrf: None, local: false };
    let customers: Names = [(account(), Called::Name("Ada & Co".to_owned()))].into_iter().collect();
    let names = customers.with([("luis".to_owned(), "Luis".to_owned()), ("mara".to_owned(), "Mara".to_owned())]);
    home(
        &viewer,
        &Home {
            now: at(NOW),
            names: &names,
            amounts: &parts.amounts,
            tickets: &parts.tickets,
            nobodys: &Few::default(),
            tasks: &parts.tasks,
            untaken: &parts.untaken,
            word: &parts.word,
            asked: &parts.asked,
            failed: &Few::default(),
            disputes: &parts.disputes,
            incidents: &[],
            locked: &[],
            unmatched: &parts.unmatched,
            proposals: &[],
            cases: &Few::default(),
            plans: &Few::default(),
            month: Month::parse("2026-03").unwrap(),
            report: None,
            before: None,
        },
    )
}

#[test]
fn each_role_has_its_own_parts() {
    let parts = Parts::default();
    for (role, there, not_there) in [
        (Role::L1, vec!["Your tickets", "Your tasks"], vec!["Waits for your word", "Disputes that wait"]),
        (Role::L2, vec!["Your tickets", "Your tasks"], vec!["Waits for your word", "Disputes that wait"]),
        (Role::Manager, vec!["Your tickets", "Waits for your word", "Disputes that wait"], vec![]),
        (Role::BillingSpecialist, vec!["Your tasks", "Waits for your word"], vec![]),
        (Role::Legal, vec!["Waits for your word", "Disputes that wait"], vec!["Your tickets", "Your tasks"]),
        (Role::Analyst, vec!["What went wrong"], vec!["Your tickets", "Your tasks", "Waits for your word"]),
    ] {
        let page = shown(role, &parts);
        there.iter().for_each(|part| assert!(page.contains(part), "{role:?}: {part}"));
        not_there.iter().for_each(|part| assert!(!page.contains(part), "{role:?}: {part}"));
        assert!(page.contains("What went wrong") && page.contains("March 2026 so far"), "{role:?}");
    }
}

#[test]
fn a_request_says_whose_how_much_why_and_since_when() {
    let parts = Parts { word: Few::of(vec![example::waiting()], false), ..Parts::default() };
    let page = shown(Role::L2, &parts);
    for part in [
        "Refund 24.00 USD to Ada &amp; Co: billed wrongly, payment of 27 Feb, Amex 0049</a>",
        "billing error: <q>Charged for &lt;seats&gt; that were gone</q>",
        "Asked by Luis 3 h ago",
        "needs manager",
        "Decide by <time datetime=\"2026-03-04T09:00:00Z\">",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let denied = example::decided(Decision::Deny);
    let parts = Parts { asked: Few::of(vec![denied, example::waiting()], false), ..Parts::default() };
    let page = shown(Role::L2, &parts);
    for part in ["Mara said no: <q>Seen &lt;!channel&gt;</q>. Nothing was done.", "It waits for manager since 3 h."] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[test]
fn a_ticket_says_who_waits_for_how_long_and_that_it_is_late() {
    let mut ticket = Ticket::new("ticket", "default", "t_1");
    ticket.handling.account = Some(account());
    ticket.handling.open_turns = vec![Turn { number: 1, at: at("2026-03-01T10:00:00Z"), due_at: None }];
    for (due, late) in [("2026-03-01T12:00:00Z", true), ("2026-03-01T13:00:00Z", false)] {
        ticket.handling.due_at = Some(at(due));
        let page = shown(Role::L1, &Parts { tickets: Few::of(vec![ticket.clone()], false), ..Parts::default() });
        assert!(page.contains("Ada &amp; Co: No subject</a>"), "{page}");
        assert!(page.contains("They wait for an answer since 2 h"), "{page}");
        assert_eq!(page.contains("<strong>overdue</strong>"), late, "{due}: {page}");
    }
}

#[test]
fn a_task_says_what_is_open_and_of_many_the_first_lead_to_all() {
    let task = |invoice: &str| {
        let about = About::Recovery { invoice: invoice.to_owned() };
        let (what, steps) = (format!("Call about {invoice}"), "Ask when they pay".to_owned());
        Task::new(&account(), about, what, steps, at("2026-03-01T08:00:00Z"), SignedDuration::from_hours(24))
    };
    let all: Vec<_> = (0..10).map(|number| task(&format!("in_{number}"))).collect();
    let amounts = BTreeMap::from([(all[0].id.clone(), Money::from_minor(4_900, Currency::USD))]);
    let parts = Parts { untaken: Few::of(all, true), amounts, ..Parts::default() };
    let page = shown(Role::BillingSpecialist, &parts);
    assert!(page.contains("Ada &amp; Co: Call about in_0, 49.00 USD open</a>"), "{page}");
    assert!(page.contains("since 4 h, due <time datetime=\"2026-03-02T08:00:00Z\">"), "{page}");
    assert_eq!(page.matches("Ask when they pay").count(), FEW);
    assert!(page.contains("<a href=\"/tasks\">All of them (10+)</a>"), "{page}");
    assert!(!shown(Role::L1, &parts).contains("Call about"), "whoever may not end it is not asked to take it");
    let parts = Parts { disputes: Few::of(Vec::new(), true), ..Parts::default() };
    let page = shown(Role::Manager, &parts);
    assert!(page.contains("None among those that were looked at."), "what was not looked at is not denied: {page}");
    assert!(!page.contains("No bank asks for evidence."), "{page}");
}
