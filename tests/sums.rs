//! What a month comes to is kept as sums, and never differs from what all of its rows say.

use crate::http::run;
use app::message::Message;
use app::ports::Clock;
use app::report;
use app::store::{Commit, keys};
use domain::case::Class;
use domain::id::AccountId;
use domain::money::{Currency, Money};
use domain::policies::Policies;
use domain::report::fact::{Fact, Row};
use domain::report::{Ground, Month, Report, Summary};
use jiff::{SignedDuration, Timestamp};
use local::service::Service;
use serde_json::{Value, json};
use std::sync::Arc;
use tests::counted::Counted;
use tests::world::{at, get, open_at, rows};

const NOW: &str = "2026-03-10T09:00:00Z";

fn payment(number: usize, at: Timestamp, back: i64) -> Fact {
    let money = |minor| Money::from_minor(minor, Currency::EUR);
    Fact::Payment { payment: format!("ch_{number}"), at, taken: money(4_900), back: money(back) }
}

fn row(commit: &str, number: usize, before: Option<Fact>, after: Option<Fact>) -> Row {
    let month = before.as_ref().or(after.as_ref()).unwrap().month();
    let account = AccountId::of("stripe", "default", &format!("cus_{}", number % 23));
    Row { month, commit: commit.to_owned(), number: 0, account, before, after }
}

async fn note(service: &Service, rows: impl IntoIterator<Item = Row>) {
    let mut commit = Commit::default();
    rows.into_iter().for_each(|row| commit.note(row));
    commit.run(&service.context).await.unwrap();
}

async fn add_up(service: &Service) {
    report::handle(&service.context, &Message::Sums { trace: "t".to_owned() }).await.unwrap();
}

async fn publish(service: &Service) -> Result<report::Done, app::fault::Fault> {
    report::handle(&service.context, &Message::Month { month: "2026-03".to_owned(), trace: "t".to_owned() }).await
}

/// What the rows say that there are, without any sum that was kept.
async fn plainly(service: &Service) -> Value {
    let (policies, month) = (Policies::shipped().unwrap(), Month::parse("2026-03").unwrap());
    let (policy, targets) = (policies.report.current(), policies.playbooks.current().targets());
    let ground = Ground::new(month, policy, targets.clone());
    let mut summary = Summary::default();
    rows(service, &["2026-03"]).await.iter().for_each(|row| summary.take(row, &ground));
    serde_json::to_value(Report::of(month, &summary, policy, &targets)).unwrap()
}

async fn later(service: &Service, minutes: i64) {
    service.clock.advance(service.clock.now() + SignedDuration::from_mins(minutes)).unwrap();
}

#[test]
fn sums_and_what_came_since_are_what_all_rows_say() {
    run(async {
        let service = open_at(NOW).await;
        for step in 0..40_usize {
            let now = service.clock.now();
            // What is told late, and of a day long past.
            let told = if step % 5 == 4 { at("2026-03-01T00:00:00Z") } else { now };
            note(&service, [row(&format!("evt_{step}"), step, None, Some(payment(step, told, 0)))]).await;
            if step % 3 == 2 {
                let (before, after) = (payment(step - 1, told, 0), payment(step - 1, told, 900));
                let earlier = rows(&service, &["2026-03"]).await;
                let before = earlier.iter().find_map(|row| {
                    row.after.clone().filter(|fact| matches!(fact, Fact::Payment { payment, .. } if *payment == format!("ch_{}", step - 1)))
                }).unwrap_or(before);
                let after = match (&before, after) {
                    (Fact::Payment { at, .. }, Fact::Payment { payment, taken, back, .. }) => {
                        Fact::Payment { payment, at: *at, taken, back }
                    }
                    _ => unreachable!(),
                };
                note(&service, [row(&format!("back_{step}"), step - 1, Some(before), Some(after))]).await;
            }
            if step % 4 == 1 {
                add_up(&service).await;
            }
            assert_eq!(get(&service, "/api/reports/2026-03").await, plainly(&service).await, "step {step}");
            later(&service, 2).await;
        }
        let report = get(&service, "/api/reports/2026-03").await;
        assert_eq!(
            report["collected"],
            json!([{"currency": "EUR", "count": 40,
            "total": {"amount": "1960.00", "currency": "EUR"}, "given_back": {"amount": "117.00", "currency": "EUR"}}])
        );
        assert_eq!(publish(&service).await, Ok(report::Done::Published));
    });
}

#[test]
fn who_looks_reads_what_came_since_and_no_more() {
    run(async {
        let mut service = open_at(NOW).await;
        for some in (0..600_usize).collect::<Vec<_>>().chunks(80) {
            let now = service.clock.now();
            note(&service, some.iter().map(|n| row(&format!("evt_{n}"), *n, None, Some(payment(*n, now, 0))))).await;
        }
        add_up(&service).await;
        let counts = Counted::over(&mut service);
        get(&service, "/api/reports/2026-03").await;
        assert!(counts.take().items >= 600, "nothing has settled yet");
        later(&service, 6).await;
        add_up(&service).await;
        let now = service.clock.now();
        note(&service, [row("late", 7, None, Some(payment(601, now, 0)))]).await;
        counts.take();
        let report = get(&service, "/api/reports/2026-03").await;
        let read = counts.take().items;
        assert_eq!((report["rows_read"].as_u64(), report["collected"][0]["count"].as_u64()), (Some(601), Some(601)));
        assert!(read <= 20, "{read} items were read for 601 rows");
    });
}

/// Archives what was kept, with one thing in it that is not so.
async fn spoil(service: &Service, change: impl Fn(&mut Value)) {
    let archive = service.context.archive.clone();
    let name = "reports/sums/2026-03.json";
    let mut kept: Value = serde_json::from_slice(&archive.take(name).await.unwrap()).unwrap();
    change(&mut kept);
    archive.put(name, kept.to_string().as_bytes()).await.unwrap();
}

#[test]
fn a_month_that_does_not_add_up_is_not_published_and_says_why() {
    run(async {
        for (what, doubled, spoiled, expected) in [
            ("as it is", false, false, None),
            ("a fact that stands twice", true, false, Some("every fact stands exactly once")),
            ("a sum that somebody changed", false, true, Some("the sums that were kept are those of all rows")),
        ] {
            let service = open_at(NOW).await;
            let now = service.clock.now();
            for number in 0..10 {
                note(&service, [row(&format!("evt_{number}"), number, None, Some(payment(number, now, 0)))]).await;
            }
            if doubled {
                note(&service, [row("again", 3, None, Some(payment(3, now, 0)))]).await;
            }
            later(&service, 10).await;
            add_up(&service).await;
            if spoiled {
                spoil(&service, |kept| {
                    let (_, part) = kept["parts"]
                        .as_object_mut()
                        .unwrap()
                        .iter_mut()
                        .find(|(_, it)| it["summary"]["facts"] != 0)
                        .unwrap();
                    part["summary"]["facts"] = json!(99);
                })
                .await;
            }
            let ended = publish(&service).await;
            if spoiled {
                assert_eq!(publish(&service).await, Ok(report::Done::Published), "{what}, worked again");
            }
            match (ended, expected) {
                (Ok(_), None) => {}
                (Err(fault), Some(expected)) => assert!(fault.to_string().contains(expected), "{what}: {fault}"),
                (ended, _) => panic!("{what}: {ended:?}"),
            }
        }
    });
}

/// Its fact began in the partition of whoever wrote, and goes on in that of whose it is.
#[test]
fn a_ticket_whose_owner_is_learnt_later_stops_no_month() {
    run(async {
        let service = open_at(NOW).await;
        let ticket = |class| Fact::Ticket {
            ticket: "ticket/default/t1".to_owned(),
            at: at(NOW),
            class,
            first_answer_minutes: None,
            resolved_minutes: None,
            handled_secs: None,
            by_hand: None,
            reopened: 0,
            escalated: false,
            csat: None,
        };
        let of = |commit: &str, number, before, after| row(commit, number, before, Some(after));
        let known = ticket(Some(Class::TaxQuestion));
        let partition = |row: &Row| keys::fact(at(NOW), row).pk;
        let (first, other) =
            (of("a", 1, None, ticket(None)), (2..23).map(|number| of("b", number, Some(ticket(None)), known.clone())));
        let second = other.into_iter().find(|row| partition(row) != partition(&first)).unwrap();
        note(&service, [first, second]).await;
        later(&service, 10).await;
        add_up(&service).await;
        assert_eq!(publish(&service).await, Ok(report::Done::Published));
        let report = get(&service, "/api/reports/2026-03").await;
        assert_eq!((&report["tickets"]["total"], &report["tickets"]["unclassed"]), (&json!(1), &json!(0)), "{report}");
    });
}

#[test]
fn a_month_long_past_is_added_up_as_well() {
    run(async {
        let mut service = open_at(NOW).await;
        let past = at("2025-06-10T09:00:00Z");
        for some in (0..200_usize).collect::<Vec<_>>().chunks(80) {
            note(&service, some.iter().map(|n| row(&format!("evt_{n}"), *n, None, Some(payment(*n, past, 0))))).await;
        }
        later(&service, 10).await;
        add_up(&service).await;
        let counts = Counted::over(&mut service);
        let report = get(&service, "/api/reports/2025-06").await;
        assert_eq!(report["collected"][0]["count"], 200, "{report}");
        assert!(counts.take().items <= 20, "its rows are in its sums");
    });
}

#[test]
fn sums_by_other_rules_are_made_anew() {
    run(async {
        let mut service = open_at(NOW).await;
        let now = service.clock.now();
        note(&service, [row("evt_1", 1, None, Some(payment(1, now, 0)))]).await;
        later(&service, 10).await;
        add_up(&service).await;
        spoil(&service, |kept| kept["rules"] = json!("report 0, playbooks 0")).await;
        assert_eq!(get(&service, "/api/reports/2026-03").await, plainly(&service).await);
        service.context.policies = Arc::new(Policies::shipped().unwrap());
        add_up(&service).await;
        assert_eq!(get(&service, "/api/reports/2026-03").await["rows_read"], 1);
    });
}
