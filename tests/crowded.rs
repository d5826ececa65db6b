//! An account with more open cases, or recoveries, than its head names: all of them are judged, asked for and ended all
//! the same.

use crate::http::{run, with_a_payment};
use crate::limits::{limited, with_limit, with_limits, with_policies};
use crate::raised::{an_hour_later, raise, recoveries, tell, wish};
use ::http::{Method, StatusCode};
use app::ports::{Channel, Clock, QueueName};
use app::store::{self, keys};
use domain::book::Head;
use domain::case::Class;
use domain::dunning::{DISPUTED, Plan, PlanState, StepState};
use domain::id::{AccountId, CaseId};
use domain::policies::Policies;
use jiff::SignedDuration;
use local::service::Service;
use serde_json::{Value, json};
use tests::counted::Counted;
use tests::stripe;
use tests::world::{ask, ask_text, get, open_at, tries_given_back};

fn account() -> AccountId {
    AccountId::of("stripe", "default", "cus_1")
}

fn case(number: u32) -> CaseId {
    CaseId::of(&account(), Class::PaymentFailed.name(), &format!("in_{number}"))
}

fn bill(service: &Service, number: u32, status: &str, remaining: i64) -> Value {
    stripe::invoice("cus_1", &format!("in_{number}"), status, 4_900, remaining, "usd", 1, service.clock.now())
}

async fn fails(service: &Service, event: &str, number: u32) {
    tell(service, event, "invoice.payment_failed", &bill(service, number, "open", 4_900)).await;
}

async fn is_paid(service: &Service, number: u32) {
    tell(service, &format!("evt_p{number}"), "invoice.paid", &bill(service, number, "paid", 0)).await;
}

/// Five bills of one customer have failed one after the other, and the head names two cases.
async fn crowded(observes: bool) -> Service {
    let mut service = open_at("2026-03-01T09:00:00Z").await;
    with_limit(&mut service, "cases_shown_max", 2);
    if observes {
        assert_eq!(wish(&service, "mara", "", json!({"acting": "observe"})).await.0, StatusCode::OK);
    }
    tell(&service, "evt_c", "customer.created", &stripe::customer("cus_1", service.clock.now())).await;
    for number in 0..5 {
        an_hour_later(&service).await;
        fails(&service, &format!("evt_f{number}"), number).await;
    }
    service
}

/// The invoices whose cases the head names, and how many more it counts.
async fn named(service: &Service) -> (Vec<u32>, u32) {
    let head: Head = store::read(&service.context, &keys::head(&account())).await.unwrap().unwrap();
    let numbers = (0..5).filter(|number| head.cases.contains_key(&case(*number))).collect();
    (numbers, head.more_cases)
}

async fn open(service: &Service) -> usize {
    get(service, "/api/cases?state=open").await["items"].as_array().unwrap().len()
}

#[test]
fn every_case_is_ended_whether_the_head_names_it_or_not() {
    run(async {
        let service = crowded(false).await;
        assert_eq!((named(&service).await, open(&service).await), ((vec![3, 4], 3), 5));
        assert_eq!(recoveries(&service).await, ["in_0", "in_1", "in_2", "in_3", "in_4"]);
        let glance = get(&service, "/api/accounts/stripe:cus_1").await;
        assert_eq!((glance["cases"].as_array().unwrap().len(), &glance["more_cases"]), (2, &json!(3)), "{glance}");
        let text = ask_text(&service, "lena", "/api/accounts/stripe:cus_1").await;
        assert!(text.contains("Open cases: 5"), "{text}");

        is_paid(&service, 0).await;
        assert_eq!((named(&service).await, open(&service).await), ((vec![3, 4], 2), 4), "one of the others is paid");
        let path = format!("/api/cases/{}/resolve", case(1));
        let (status, answer) = ask(&service, "bea", Method::POST, &path, Some(&json!({"note": ""})), None).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        assert_eq!((named(&service).await, open(&service).await), ((vec![3, 4], 1), 3), "a person ends another");
        is_paid(&service, 4).await;
        let all_named = ((vec![2, 3], 0), 2);
        assert_eq!(
            (named(&service).await, open(&service).await),
            all_named,
            "one that was named is paid: there is room"
        );
        fails(&service, "evt_again", 2).await;
        assert_eq!((named(&service).await, open(&service).await), all_named, "it is the same case");
    });
}

#[test]
fn the_recovery_of_the_oldest_case_begins_though_the_head_does_not_name_it() {
    run(async {
        let service = crowded(true).await;
        assert_eq!((named(&service).await, recoveries(&service).await), ((vec![3, 4], 3), Vec::new()));
        raise(&service, json!({"acting": "act"})).await;
        an_hour_later(&service).await;
        assert_eq!(recoveries(&service).await, ["in_0"]);
        assert_eq!(named(&service).await, (vec![3, 4], 3), "it still names no more than there is room for");
    });
}

/// The invoices whose recoveries the head names, and how many more it counts.
async fn recovered(service: &Service) -> (Vec<String>, u32) {
    let head: Head = store::read(&service.context, &keys::head(&account())).await.unwrap().unwrap();
    (head.dunning.into_keys().collect(), head.more_dunning)
}

fn invoices(numbers: &[u32]) -> Vec<String> {
    numbers.iter().map(|number| format!("in_{number}")).collect()
}

#[test]
fn every_recovery_goes_on_and_ends_whether_the_head_names_it_or_not() {
    run(async {
        let mut service = open_at("2026-03-01T09:00:00Z").await;
        tries_given_back(&service, "stripe").await;
        calmly(&mut service, &[("recoveries_shown_max", 2)]);
        tell(&service, "evt_c", "customer.created", &stripe::customer("cus_1", service.clock.now())).await;
        for number in 0..5 {
            an_hour_later(&service).await;
            fails(&service, &format!("evt_f{number}"), number).await;
        }
        // The one that goes on next, and the last of those that leave the least.
        assert_eq!(recovered(&service).await, (invoices(&[0, 4]), 3));
        assert_eq!(recoveries(&service).await, invoices(&[0, 1, 2, 3, 4]));

        is_paid(&service, 2).await;
        assert_eq!(recovered(&service).await, (invoices(&[0, 4]), 2), "one that is not named is paid");
        is_paid(&service, 0).await;
        assert_eq!(
            recovered(&service).await,
            (invoices(&[1, 4]), 1),
            "another one takes the place of one that is named"
        );
        assert_eq!(recoveries(&service).await, invoices(&[1, 3, 4]));

        // What is said of all is said of those that are not named as well.
        let pause = json!({"pause": {"until": service.clock.now() + SignedDuration::from_hours(48)}});
        let path = "/api/accounts/stripe:cus_1/dunning";
        let (status, paused) = ask(&service, "lena", Method::POST, path, Some(&pause), None).await;
        assert_eq!((status, paused["items"].as_array().unwrap().len()), (StatusCode::OK, 3), "{paused}");
        let promise = json!({"promise": {"date": "2026-03-05", "amount": {"amount": "9.00", "currency": "USD"}}});
        let (status, answer) = ask(&service, "lena", Method::POST, path, Some(&promise), None).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
        assert!(answer.to_string().contains("more than one invoice"), "{answer}");

        service.advance(service.clock.now() + SignedDuration::from_hours(24 * 5)).await.unwrap();
        let all = get(&service, path).await;
        let running = all["items"].as_array().unwrap().iter().filter(|row| row["state"] == "running");
        let went_on = running.filter(|row| row["steps"][0]["state"] != "waiting");
        assert_eq!(went_on.count(), 3, "each goes on: {all}");
        assert_eq!(recovered(&service).await.1, 1);

        let now = service.clock.now();
        let charge = stripe::charge("cus_1", "ch_0", None, 900, "usd", None, now);
        tell(&service, "evt_charge", "charge.succeeded", &charge).await;
        tell(
            &service,
            "evt_bank",
            "charge.dispute.created",
            &stripe::dispute("dp_1", "ch_0", 900, "needs_response", now),
        )
        .await;
        assert_eq!((recovered(&service).await, recoveries(&service).await), ((vec![], 0), vec![]), "a bank stops all");
    });
}

async fn plans(service: &Service) -> Vec<Plan> {
    store::all_of(&service.context, &keys::plans(&account())).await.unwrap()
}

#[test]
fn what_was_given_back_after_its_recovery_had_ended_is_not_taken_again() {
    for (kind, status, remaining) in [("invoice.paid", "paid", 0), ("invoice.voided", "void", 4_900)] {
        run(async {
            let mut service = open_at("2026-03-01T09:00:00Z").await;
            tries_given_back(&service, "stripe").await;
            with_limit(&mut service, "recoveries_shown_max", 2);
            tell(&service, "evt_c", "customer.created", &stripe::customer("cus_1", service.clock.now())).await;
            fails(&service, "evt_f0", 0).await;
            service.advance(service.clock.now() + SignedDuration::from_hours(24 * 35)).await.unwrap();
            assert_eq!(
                (plans(&service).await[0].state, recovered(&service).await),
                (PlanState::Finished, (invoices(&[0]), 0))
            );
            for number in 1..5 {
                an_hour_later(&service).await;
                fails(&service, &format!("evt_f{number}"), number).await;
            }
            assert_eq!(recovered(&service).await, (invoices(&[0, 1]), 3), "{status}: what takes the most is named");
            tell(&service, "evt_over", kind, &bill(&service, 0, status, remaining)).await;
            let others = (invoices(&[1, 4]), 2);
            assert_eq!(recovered(&service).await, others, "{status}");
            fails(&service, "evt_again", 3).await;
            assert_eq!(recovered(&service).await, others, "{status}: the next event takes nothing again");
            assert_eq!(plans(&service).await[0].state, PlanState::Stopped, "{status}");
        });
    }
}

#[test]
fn a_card_and_a_claim_reach_more_recoveries_than_one_commit_holds() {
    const MANY: u32 = 120;
    run(async {
        let service = open_at("2026-03-01T09:00:00Z").await;
        tries_given_back(&service, "stripe").await;
        let now = service.clock.now();
        tell(&service, "evt_c", "customer.created", &stripe::customer("cus_1", now)).await;
        for number in 0..MANY {
            fails(&service, &format!("evt_f{number}"), number).await;
        }
        let (named, more) = recovered(&service).await;
        assert_eq!(u32::try_from(named.len()).unwrap() + more, MANY);

        let card = json!({"id": "pm_2", "object": "payment_method", "type": "card", "customer": "cus_1",
            "created": now.as_second(), "card": {"brand": "visa", "last4": "1881", "exp_month": 4, "exp_year": 2032}});
        tell(&service, "evt_card", "payment_method.attached", &card).await;
        let all = plans(&service).await;
        assert_eq!(all.len(), MANY as usize);
        let without: Vec<_> = all.iter().filter(|plan| plan.tries.card.as_deref() != Some("visa 1881")).collect();
        assert!(without.is_empty(), "{} do not know of the card: {:?}", without.len(), without[0]);

        let charge = stripe::charge("cus_1", "ch_0", None, 900, "usd", None, now);
        tell(&service, "evt_charge", "charge.succeeded", &charge).await;
        let dispute = stripe::dispute("dp_1", "ch_0", 900, "needs_response", now);
        tell(&service, "evt_bank", "charge.dispute.created", &dispute).await;
        assert_eq!((recovered(&service).await, recoveries(&service).await), ((vec![], 0), vec![]));
        let all = plans(&service).await;
        let over = |plan: &&Plan| plan.state == PlanState::Stopped && plan.reason.as_deref() == Some(DISPUTED);
        assert_eq!(all.iter().filter(over).count(), MANY as usize, "each takes it in");
        fails(&service, "evt_again", 7).await;
        assert_eq!(recovered(&service).await, (vec![], 0), "and none comes back");
    });
}

#[test]
fn a_word_about_many_recoveries_reads_all_of_them_once() {
    const MANY: u32 = 12;
    run(async {
        let mut service = open_at("2026-03-01T09:00:00Z").await;
        tries_given_back(&service, "stripe").await;
        with_limit(&mut service, "recoveries_shown_max", 2);
        tell(&service, "evt_c", "customer.created", &stripe::customer("cus_1", service.clock.now())).await;
        for number in 0..MANY {
            fails(&service, &format!("evt_f{number}"), number).await;
        }
        let counts = Counted::over(&mut service);
        let word = json!({"stop": {"note": "they have a credit with us"}});
        let path = "/api/accounts/stripe:cus_1/dunning";
        let (status, stopped) = ask(&service, "lena", Method::POST, path, Some(&word), None).await;
        assert_eq!((status, stopped["items"].as_array().unwrap().len()), (StatusCode::OK, MANY as usize), "{stopped}");
        let costs = counts.take();
        assert!(costs.items <= 2 * u64::from(MANY), "{} items were queried: {costs:?}", costs.items);
        assert_eq!((recovered(&service).await, recoveries(&service).await), ((vec![], 0), vec![]));
    });
}

const WORDS: &str = "/api/accounts/stripe:cus_1/dunning";

/// What somebody says of all, and how many of them the answer shows.
/// Rules by which many failures in a row are nobody's matter, and limits beside.
fn calmly(service: &mut Service, limits: &[(&str, usize)]) {
    with_policies(service, |file, text| {
        let text = limited(file, text, limits);
        match (text.find("[escalation]"), text.find("[warning]")) {
            (Some(begins), Some(ends)) if begins < ends => format!("{}{}", &text[..begins], &text[ends..]),
            _ => text,
        }
    });
}

async fn say(service: &Service, word: &Value) -> usize {
    let (status, answer) = ask(service, "lena", Method::POST, WORDS, Some(word), None).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer["items"].as_array().unwrap().len()
}

fn days(service: &Service, days: i64) -> jiff::Timestamp {
    service.clock.now() + SignedDuration::from_hours(24 * days)
}

/// Whether anything has left, or was tried.
fn was_at_it(service: &Service, all: &[Plan]) -> bool {
    let letters = service.outbox.letters().unwrap();
    let written =
        letters.iter().any(|(_, letter)| letter.channel == Channel::Mail && letter.to == "cus_1@shop.example");
    written || all.iter().any(|it| !it.tries.made.is_empty() || it.steps.iter().any(|it| it.state == StepState::Sent))
}

#[test]
fn a_word_about_hundreds_of_recoveries_is_one_commit_that_each_heeds() {
    const MANY: u32 = 300;
    run(async {
        let mut service = open_at("2026-03-01T09:00:00Z").await;
        calmly(&mut service, &[]);
        tries_given_back(&service, "stripe").await;
        tell(&service, "evt_c", "customer.created", &stripe::customer("cus_1", service.clock.now())).await;
        for number in 0..MANY {
            fails(&service, &format!("evt_f{number}"), number).await;
        }
        let counts = Counted::over(&mut service);
        let until = days(&service, 10);
        assert_eq!(say(&service, &json!({"pause": {"until": until}})).await, 100, "the first of them are shown");
        let costs = counts.take();
        assert_eq!(costs.commits, 1, "{costs:?}");
        assert!(costs.items <= u64::from(MANY), "{} items were queried: {costs:?}", costs.items);
        service.work().await.unwrap();
        let most = u64::try_from(service.context.policies.limits.current().recoveries_written_max).unwrap();
        let costs = counts.take();
        assert!(costs.commits <= u64::from(MANY).div_ceil(most), "so many are written at once: {costs:?}");
        let all = plans(&service).await;
        assert_eq!(all.iter().filter(|plan| plan.paused_until() == Some(until)).count(), MANY as usize);
        assert!(all.iter().all(|plan| plan.control.said.len() == 1 && plan.control.said[0].by == "lena"));

        service.advance(days(&service, 5)).await.unwrap();
        assert!(!was_at_it(&service, &plans(&service).await), "none is tried or written to");
        fails(&service, "evt_later", MANY).await;
        let paused = plans(&service).await.iter().filter(|plan| plan.paused_until().is_some()).count();
        assert_eq!(paused, MANY as usize, "what begins later was not meant");

        counts.take();
        say(&service, &json!({"resume": {}})).await;
        assert_eq!(counts.take().commits, 1);
        service.work().await.unwrap();
        let all = plans(&service).await;
        assert!(all.iter().all(|plan| plan.paused_until().is_none() && plan.state == PlanState::Running));

        say(&service, &json!({"stop": {"note": "they have a credit with us"}})).await;
        assert_eq!(recovered(&service).await, (vec![], 0), "nothing is asked for from now on");
        say(&service, &json!({"stop": {"note": "once more"}})).await;
        service.work().await.unwrap();
        an_hour_later(&service).await;
        fails(&service, "evt_last", MANY + 1).await;
        let last = format!("in_{}", MANY + 1);
        assert_eq!(
            (recovered(&service).await, recoveries(&service).await),
            ((vec![last.clone()], 0), vec![last.clone()])
        );
        service.advance(days(&service, 20)).await.unwrap();
        let (new, old): (Vec<_>, Vec<_>) = plans(&service).await.into_iter().partition(|plan| plan.invoice == last);
        let why = |plan: &Plan| plan.control.said.last().is_some_and(|said| said.note.contains("credit"));
        assert!(old.iter().all(|plan| plan.was_stopped_by_hand() && why(plan)));
        let is_sent = |plan: &Plan| plan.steps.iter().any(|step| step.state == StepState::Sent);
        assert!(!old.iter().any(is_sent) && new.iter().all(is_sent));
    });
}

/// What is on its way to the recoveries is lost.
async fn lose(service: &Service) {
    let lost = service.queue.receive(QueueName::Dunning, 100, 30).unwrap();
    assert!(!lost.is_empty());
    lost.iter().for_each(|message| service.queue.delete(message.id).unwrap());
}

#[test]
fn a_word_that_nobody_carries_round_is_heeded_before_anything_is_done() {
    run(async {
        let mut service = open_at("2026-03-01T09:00:00Z").await;
        calmly(&mut service, &[("recoveries_shown_max", 2), ("recoveries_written_max", 3)]);
        tell(&service, "evt_c", "customer.created", &stripe::customer("cus_1", service.clock.now())).await;
        for number in 0..6 {
            let (id, charge) = (format!("in_{number}"), format!("ch_{number}"));
            let now = service.clock.now();
            let tried = stripe::charge("cus_1", &charge, Some(&id), 4_900, "usd", Some("insufficient_funds"), now);
            tell(&service, &format!("evt_t{number}"), "charge.failed", &tried).await;
            fails(&service, &format!("evt_f{number}"), number).await;
        }
        say(&service, &json!({"pause": {"until": days(&service, 10)}})).await;
        lose(&service).await;
        let page = get(&service, WORDS).await;
        assert!(page["items"].as_array().unwrap().iter().all(|row| row["paused_until"].is_string()), "{page}");
        service.advance(days(&service, 5)).await.unwrap();
        assert!(!was_at_it(&service, &plans(&service).await), "it rests");
        say(&service, &json!({"stop": {"note": "they called"}})).await;
        lose(&service).await;
        let bulky = json!({"pause": {"until": days(&service, 10), "note": "x".repeat(101)}});
        assert_eq!(ask(&service, "lena", Method::POST, WORDS, Some(&bulky), None).await.0, StatusCode::NOT_FOUND);
        service.advance(days(&service, 40)).await.unwrap();
        let all = plans(&service).await;
        assert!(!was_at_it(&service, &all), "it is over");
        assert!(all.iter().all(Plan::was_stopped_by_hand));
        assert_eq!((recovered(&service).await, recoveries(&service).await), ((vec![], 0), vec![]));
    });
}

#[test]
fn a_word_about_very_many_is_as_short_as_the_head_has_room_for() {
    run(async {
        let mut service = open_at("2026-03-01T09:00:00Z").await;
        with_limits(&mut service, &[("recoveries_shown_max", 2), ("recoveries_written_max", 3)]);
        tell(&service, "evt_c", "customer.created", &stripe::customer("cus_1", service.clock.now())).await;
        for number in 0..6 {
            fails(&service, &format!("evt_f{number}"), number).await;
        }
        for (who, note, status) in [
            ("ana", "x".repeat(3), StatusCode::FORBIDDEN),
            ("lena", "x".repeat(101), StatusCode::BAD_REQUEST),
            ("lena", String::new(), StatusCode::UNPROCESSABLE_ENTITY),
            ("lena", "👩".repeat(100), StatusCode::OK),
        ] {
            let word = json!({"stop": {"note": note}});
            let (found, answer) = ask(&service, who, Method::POST, WORDS, Some(&word), None).await;
            assert_eq!(found, status, "{who}: {answer}");
        }
    });
}

/// Somebody asks for a refund: the status, and the answer.
async fn asks_for(service: &Service, staff: &str, amount: &str) -> (u16, Value) {
    let body = json!({"account": "stripe:cus_1", "kind": "refund", "reason_code": "billing_error", "note": "",
        "params": {"payment": "ch_1", "amount": {"amount": amount, "currency": "USD"}}});
    let (status, answer) = ask(service, staff, Method::POST, "/api/actions", Some(&body), Some(amount)).await;
    (status.as_u16(), answer)
}

#[test]
fn nothing_is_approved_that_the_head_has_no_room_to_wait_for() {
    run(async {
        let mut service = with_a_payment().await;
        with_limit(&mut service, "under_way_bytes_max", 50);
        let (status, refused) = asks_for(&service, "mara", "10.00").await;
        assert_eq!((status, &refused["error"]["code"]), (409, &json!("crowded")), "alone: {refused}");
        let (status, waiting) = asks_for(&service, "luis", "60.00").await;
        assert_eq!((status, &waiting["state"]), (201, &json!("waiting_approval")), "asking takes no room: {waiting}");
        let path = format!("/api/actions/{}", waiting["id"].as_str().unwrap());
        let ballot = json!({"decision": "approve", "preview_digest": waiting["preview"]["digest"], "note": ""});
        let decide = async |service: &Service| {
            let path = format!("{path}/decision");
            let (status, answer) = ask(service, "bea", Method::POST, &path, Some(&ballot), None).await;
            (status.as_u16(), answer["error"]["code"].as_str().map(str::to_owned))
        };
        assert_eq!(decide(&service).await, (409, Some("crowded".to_owned())));
        let standing = get(&service, &path).await;
        assert_eq!(
            (&standing["state"], &standing["approvals"]),
            (&json!("waiting_approval"), &json!([])),
            "{standing}"
        );
        service.work().await.unwrap();
        assert!(service.sandbox.refunds().unwrap().is_empty(), "nothing is done");
        let room = Policies::shipped().unwrap().limits.current().under_way_bytes_max;
        with_limit(&mut service, "under_way_bytes_max", room);
        assert_eq!(decide(&service).await, (200, None), "it can be decided again");
        service.work().await.unwrap();
        assert_eq!(service.sandbox.refunds().unwrap().len(), 1);
    });
}
