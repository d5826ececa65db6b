//! Rungs of one account that are due together: one letter for all of them, and a task for each.

use crate::ageing::{CUSTOMER, begun, invoice, letters, pay, tasks, tell};
use crate::http::run;
use ::http::{Method, StatusCode};
use app::dunning::{self, Done};
use app::message::Message;
use app::ports::{Channel, Clock, Letter};
use app::store::{self, Batch, Commit, Of, keys};
use domain::ageing::Climb;
use domain::book::{Head, Invoice};
use domain::dunning::StepState;
use domain::id::AccountId;
use local::service::Service;
use serde_json::{Value, json};
use tests::counted::Counted;
use tests::faults::deafen;
use tests::stripe;
use tests::world::{ask, at, open_at};

const MADE: &str = "2026-03-01T09:00:00Z";

fn account() -> AccountId {
    AccountId::of("stripe", "default", "cus_1")
}

fn id(number: usize) -> String {
    format!("in_{number:02}")
}

/// A customer with so many open invoices, all of them due on the fifteenth: the first rung comes on the eighteenth.
async fn owing(count: usize) -> Service {
    let service = begun(MADE).await;
    for number in 1..=count {
        tell(&service, "invoice.finalized", &invoice(&id(number), MADE, "2026-03-15", "usd", 49_000)).await;
    }
    service
}

/// What the customer was written, the first letter first.
fn written(service: &Service) -> Vec<Letter> {
    let all = service.outbox.letters().unwrap().into_iter().rev().map(|(_, letter)| letter);
    all.filter(|letter| letter.to == CUSTOMER && letter.channel == Channel::Mail).collect()
}

/// The numbers of the invoices that a letter names.
fn named(letter: &Letter) -> Vec<usize> {
    (1..=30).filter(|number| letter.text.contains(&id(*number).to_uppercase())).collect()
}

async fn climb(service: &Service, invoice: &str) -> Climb {
    store::read(&service.context, &keys::climb(&account(), invoice)).await.unwrap().unwrap()
}

async fn say(service: &Service, number: usize, word: Value) {
    let mut body = word;
    body["invoice"] = json!(id(number));
    let path = "/api/accounts/stripe:cus_1/dunning";
    let (status, answer) = ask(service, "lena", Method::POST, path, Some(&body), None).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
}

#[test]
fn ten_invoices_of_one_day_are_one_letter_and_ten_tasks() {
    run(async {
        let service = owing(9).await;
        tell(&service, "invoice.finalized", &invoice("in_10", MADE, "2026-03-15", "eur", 49_000)).await;
        for (now, open, mailed) in [
            ("2026-03-18T08:30:00Z", 0, 0),
            ("2026-03-18T09:30:00Z", 10, 1),
            ("2026-04-15T08:30:00Z", 10, 1),
            ("2026-04-15T09:30:00Z", 10, 2),
            ("2026-04-30T09:30:00Z", 10, 2),
        ] {
            service.advance(at(now)).await.unwrap();
            assert_eq!((tasks(&service, "open").await.len(), letters(&service)), (open, mailed), "{now}");
        }
        for letter in written(&service) {
            assert_eq!(named(&letter), Vec::from_iter(1..=10), "{}", letter.text);
            let lines = letter.text.lines().filter(|line| line.starts_with("- "));
            assert_eq!(lines.clone().count(), 9, "{}", letter.text);
            assert!(lines.clone().all(|line| line.contains("490.00 ") && line.ends_with(", due on 2026-03-15")));
            let sums = letter.text.lines().find(|line| line.starts_with("Together with this invoice: ")).unwrap();
            assert_eq!(sums, "Together with this invoice: 490.00 EUR, 4410.00 USD");
            assert!(!letter.text.contains("Further invoices"), "{}", letter.text);
            assert_eq!(letter.html.matches("<li>").count(), 9, "{}", letter.html);
        }
        let mut alone = 0;
        for number in 1..=10 {
            let climb = climb(&service, &id(number)).await;
            for step in &climb.way.steps[..2] {
                assert_eq!(step.state, StepState::Sent, "{number}");
                let why = climb.way.why(step).unwrap_or_default();
                assert!(why.is_empty() || why.starts_with("in one letter with in_"), "{number}: {why}");
                alone += usize::from(why.is_empty());
            }
        }
        assert_eq!(alone, 2, "one of each day has its own letter, and the others went with it");
    });
}

#[test]
fn what_one_letter_does_not_list_goes_into_that_of_the_next_day() {
    run(async {
        let service = owing(13).await;
        service.advance(at("2026-03-18T09:30:00Z")).await.unwrap();
        assert_eq!(tasks(&service, "open").await.len(), 13);
        let [first] = &written(&service)[..] else { panic!("one letter: {:?}", written(&service)) };
        assert_eq!(named(first).len(), 11, "its own, and ten beside it: {}", first.text);
        assert!(first.text.contains("Further invoices follow in a letter of their own."), "{}", first.text);
        service.advance(at("2026-03-19T08:30:00Z")).await.unwrap();
        assert_eq!(letters(&service), 1);
        service.advance(at("2026-03-19T09:30:00Z")).await.unwrap();
        let [first, second] = &written(&service)[..] else { panic!("two letters: {:?}", written(&service)) };
        let of_second = named(second);
        let waited: Vec<usize> = (1..=13).filter(|number| !named(first).contains(number)).collect();
        assert!(waited.iter().all(|number| of_second.contains(number)), "{waited:?}: {}", second.text);
        assert_eq!(of_second.len(), 11, "and of what was said and is open, as much as it may list: {}", second.text);
        assert!(!second.text.contains("Further invoices"), "{}", second.text);
        service.advance(at("2026-04-14T09:30:00Z")).await.unwrap();
        assert_eq!(letters(&service), 2, "once for ever");
    });
}

#[test]
fn the_highest_rung_speaks_for_those_below_it_whichever_alarm_rings_first() {
    run(async {
        for (high, low) in [(1, 2), (2, 1)] {
            let service = begun("2026-02-01T09:00:00Z").await;
            for (number, due_on) in [(high, "2026-02-15"), (low, "2026-03-15")] {
                let due = invoice(&id(number), "2026-02-01T09:00:00Z", due_on, "usd", 49_000);
                tell(&service, "invoice.finalized", &due).await;
            }
            service.advance(at("2026-03-18T08:30:00Z")).await.unwrap();
            assert_eq!(letters(&service), 1, "the first rung of the older one");
            service.advance(at("2026-03-18T09:30:00Z")).await.unwrap();
            let [_, letter] = &written(&service)[..] else { panic!("two letters: {:?}", written(&service)) };
            let subject = format!("490.00 USD of invoice {} is 31 days overdue", id(high).to_uppercase());
            assert_eq!((letter.subject.as_str(), named(letter)), (subject.as_str(), vec![1, 2]), "{}", letter.text);
            let mut buckets: Vec<_> = tasks(&service, "open").await.into_iter().map(|(bucket, _)| bucket).collect();
            buckets.sort();
            assert_eq!(buckets, ["0-30", "31-60"], "each has a task of its own rung");
            service.advance(at("2026-04-14T12:00:00Z")).await.unwrap();
            assert_eq!(letters(&service), 2);
        }
    });
}

#[test]
fn what_waits_or_is_over_is_not_asked_for_beside_another_invoice() {
    run(async {
        let promise = json!({"promise": {"date": "2026-03-24", "amount": {"amount": "490.00", "currency": "USD"}}});
        for (name, word, later) in [
            ("nothing", None, 1),
            ("somebody paused it", Some(json!({"pause": {"until": "2026-03-24"}})), 2),
            ("it is promised", Some(promise), 2),
            ("somebody stopped it", Some(json!({"stop": {"note": "they have a credit with us"}})), 1),
            ("it was paid", Some(Value::Null), 1),
        ] {
            let service = owing(3).await;
            service.advance(at("2026-03-17T12:00:00Z")).await.unwrap();
            let is_listed = word.is_none();
            match word {
                Some(Value::Null) => pay(&service, &id(2), MADE, "2026-03-15").await,
                Some(word) => say(&service, 2, word).await,
                None => {}
            }
            service.advance(at("2026-03-18T09:30:00Z")).await.unwrap();
            let [letter] = &written(&service)[..] else { panic!("{name}: {:?}", written(&service)) };
            let expected = if is_listed { vec![1, 2, 3] } else { vec![1, 3] };
            assert_eq!(named(letter), expected, "{name}: {}", letter.text);
            service.advance(at("2026-03-26T12:00:00Z")).await.unwrap();
            assert_eq!(letters(&service), later, "{name}: what waited has its own letter");
            let own = |letter: &Letter| letter.subject.contains(&id(2).to_uppercase());
            assert!(written(&service)[1..].iter().all(own), "{name}");
            let all_open = |letter: &Letter| named(letter) == [1, 2, 3];
            assert!(written(&service)[1..].iter().all(all_open), "{name}: beside what is open and was said before");
        }
    });
}

#[test]
fn a_claim_of_a_bank_leaves_no_letter_about_any_of_them() {
    run(async {
        let service = owing(3).await;
        let now = service.clock.now();
        let charge = stripe::charge("cus_1", "ch_1", None, 900, "usd", None, now);
        tell(&service, "charge.succeeded", &charge).await;
        let dispute = stripe::dispute("dp_1", "ch_1", 900, "needs_response", now);
        tell(&service, "charge.dispute.created", &dispute).await;
        service.advance(at("2026-03-20T12:00:00Z")).await.unwrap();
        assert_eq!(letters(&service), 0);
    });
}

#[test]
fn a_letter_that_was_refused_leaves_once_and_says_all_of_them() {
    run(async {
        let mut service = owing(3).await;
        let post = service.context.post.clone();
        deafen(&mut service, CUSTOMER);
        service.advance(at("2026-03-18T09:20:00Z")).await.unwrap();
        assert_eq!((tasks(&service, "open").await.len(), letters(&service)), (3, 0));
        service.context.post = post;
        service.advance(at("2026-03-20T09:20:00Z")).await.unwrap();
        let [letter] = &written(&service)[..] else { panic!("one letter: {:?}", written(&service)) };
        assert_eq!(named(letter), [1, 2, 3], "{}", letter.text);
        for number in 1..=3 {
            assert_eq!(climb(&service, &id(number)).await.way.steps[0].state, StepState::Sent, "{number}");
        }
    });
}

/// A thousand invoices that are due since the eighteenth, and nobody has looked at one of them.
async fn a_thousand() -> Service {
    let service = open_at("2026-03-17T09:00:00Z").await;
    tell(&service, "customer.created", &stripe::customer("cus_1", service.clock.now())).await;
    tell(&service, "invoice.finalized", &invoice("in_0000", MADE, "2026-03-15", "usd", 49_000)).await;
    let home = keys::invoice(&account(), "in_0000");
    let own: Of<Invoice> = store::read(&service.context, &home).await.unwrap().unwrap();
    let way = climb(&service, "in_0000").await.way;
    let numbers: Vec<u32> = (1..1_000).collect();
    for some in numbers.chunks(40) {
        let mut commit = Commit::default();
        for number in some {
            let id = format!("in_{number:04}");
            let mut way = way.clone();
            way.invoice.clone_from(&id);
            commit.create(&Of { account: account(), value: Invoice { id, ..own.value.clone() } });
            commit.create(&Climb { way });
        }
        commit.run(&service.context).await.unwrap();
    }
    service.clock.advance(at("2026-03-18T09:00:00Z")).unwrap();
    service
}

#[test]
fn of_a_thousand_that_are_due_a_letter_reads_no_more_than_it_may_list() {
    run(async {
        let mut service = a_thousand().await;
        let counts = Counted::over(&mut service);
        let rings =
            |invoice: &str| Message::RungDue { account: account(), invoice: invoice.to_owned(), trace: "t".to_owned() };
        let done = dunning::handle(&service.context, &rings("in_0500")).await.unwrap();
        let first = counts.take();
        assert_eq!((done, letters(&service)), (Done::Sent, 1));
        // Eighteen others with three records each, four looks into the index of up to nineteen, and what any letter
        // reads.
        assert!(first.keys <= 3 * 18 + 60, "{} records were read: {first:?}", first.keys);
        assert!(first.items <= 4 * 19 + 60, "{} items were queried: {first:?}", first.items);

        let home = keys::head(&account());
        let head: Head = Batch::read(&service.context, vec![home.clone()]).await.unwrap().get(&home).unwrap().unwrap();
        let also = head.written.unwrap().also;
        assert_eq!(also, (0..10).map(|number| format!("in_{number:04}")).collect::<Vec<_>>());

        // Whoever has to wait for that letter looks for nobody else.
        counts.take();
        for (invoice, state) in [("in_0003", StepState::Sent), ("in_0700", StepState::Waiting)] {
            let done = dunning::handle(&service.context, &rings(invoice)).await.unwrap();
            let costs = counts.take();
            assert_eq!((done, letters(&service)), (Done::HandedOver, 1), "{invoice}");
            assert_eq!(climb(&service, invoice).await.way.steps[0].state, state, "{invoice}");
            let looked = costs.units.get("index of lists").map_or(0, |units| units.half_reads);
            assert_eq!(looked, 0, "{invoice}: {costs:?}");
        }
    });
}
