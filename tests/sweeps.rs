//! What a sweep costs depends on what is due and on nothing else; one that comes late, twice, or not at all harms
//! nobody.

use crate::http::run;
use crate::raised::fails;
use app::dunning::{self, Done, alarm};
use app::message::Message;
use app::ports::Clock;
use domain::id::AccountId;
use jiff::SignedDuration;
use local::service::Service;
use serde_json::{Value, json};
use tests::counted::{Costs, Counted};
use tests::open;
use tests::world::{get, open_at, tries_given_back};

const START: &str = "2026-03-02T10:00:00Z";
const DUE: u32 = 50;
/// Their numbers are the same whatever else is open, and so their items are as large.
const FIRST_DUE: u32 = 9_000_000;

/// What it takes to ring fifty alarms of so many open recoveries.
async fn costs(waiting: u32) -> Costs {
    let mut service = open_at(START).await;
    let now = service.clock.now();
    open::sweep(&service).await;
    open::waiting(&service, 0..waiting, now).await;
    open::due(&service, FIRST_DUE..FIRST_DUE + DUE, now).await;
    let counts = Counted::over(&mut service);
    assert_eq!(open::sweep(&service).await, (DUE, 2), "all at once, and then none");
    counts.take()
}

#[test]
fn a_sweep_costs_what_is_due_however_many_are_open() {
    run(async {
        let (few, many) = (costs(100).await, costs(2_000).await);
        assert_eq!((few.due, few.claims), (u64::from(DUE), u64::from(DUE)));
        assert_eq!(
            (few.batches, few.queries, few.commits),
            (0, 0, 0),
            "it reads and writes no item but what it claims"
        );
        assert_eq!(few, many);
    });
}

#[test]
fn two_sweeps_at_once_ring_once_and_what_nobody_answers_rings_again() {
    run(async {
        let service = open_at(START).await;
        let now = service.clock.now();
        let (others, _) = open::sweep(&service).await;
        open::due(&service, 0..DUE, now).await;
        let (one, other) = tokio::join!(alarm::sweep(&service.context), alarm::sweep(&service.context));
        assert_eq!(one.unwrap().rung + other.unwrap().rung, DUE);
        assert_eq!(alarm::sweep(&service.context).await.unwrap().rung, 0, "a tick that comes twice");
        let lease = SignedDuration::from_secs(service.context.policies.limits.current().alarm_lease_secs);
        service.clock.advance(now + lease).unwrap();
        assert_eq!(alarm::sweep(&service.context).await.unwrap().rung, DUE + others, "nobody has answered");
    });
}

fn letters(service: &Service) -> usize {
    let letters = service.outbox.letters().unwrap();
    letters.iter().filter(|(_, letter)| letter.id.starts_with("dun_")).count()
}

async fn plan(service: &Service) -> Value {
    get(service, "/api/accounts/stripe:cus_1/dunning").await["items"][0].clone()
}

/// How many letters of a plan stand so.
fn mails(plan: &Value, state: &str) -> usize {
    plan["steps"].as_array().unwrap().iter().filter(|step| step["kind"] == "mail" && step["state"] == state).count()
}

#[test]
fn after_days_without_a_tick_the_customer_gets_one_letter() {
    run(async {
        let service = open_at(START).await;
        tries_given_back(&service, "stripe").await;
        fails(&service, 1).await;
        let before = letters(&service);
        // Nothing was swept for eleven days, in which several letters were due.
        service.clock.advance(service.clock.now() + SignedDuration::from_hours(24 * 11)).unwrap();
        service.work().await.unwrap();
        let late = plan(&service).await;
        let (sent, passed_over) = (mails(&late, "sent"), mails(&late, "skipped"));
        assert_eq!((letters(&service) - before, sent, passed_over > 0), (1, 1, true), "{late}");
        service.work().await.unwrap();
        assert_eq!(letters(&service) - before, 1, "a tick more changes nothing");
    });
}

#[test]
fn a_message_that_comes_twice_sends_one_letter() {
    run(async {
        let service = open_at(START).await;
        tries_given_back(&service, "stripe").await;
        fails(&service, 1).await;
        let before = letters(&service);
        service.clock.advance(service.clock.now() + SignedDuration::from_hours(25)).unwrap();
        let account = AccountId::of("stripe", "default", "cus_1");
        let due = Message::PlanDue { account, invoice: "in_1".to_owned(), trace: "t".to_owned() };
        let (one, other) =
            tokio::join!(dunning::handle(&service.context, &due), dunning::handle(&service.context, &due));
        let mut done = [one.unwrap(), other.unwrap()];
        done.sort_by_key(|done| *done != Done::Sent);
        assert_eq!((done, letters(&service) - before), ([Done::Sent, Done::NothingToDo], 1));
        assert_eq!(plan(&service).await["steps"][0]["state"], json!("sent"));
    });
}
