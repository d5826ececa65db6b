//! What one request and one sweep may cost, and what becomes of what cannot be rung.

use crate::http::{run, with_a_payment};
use app::message::Message;
use app::ports::{Channel, Clock, Expect, Item, Key, NoReply, QueueName, Table, Wake, Write};
use app::store::{Commit, Noted, Stored, keys};
use domain::id::{AccountId, ActionId};
use domain::policies::{Policies, SHIPPED};
use domain::report::fact::{Fact, Row};
use domain::staff::{Role, Staff};
use domain::task::{About, Task};
use http::{Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use local::deadline::within;
use local::service::Service;
use providers::Call;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use tests::counted::Counted;
use tests::faults::silence;
use tests::stripe;
use tests::world::{ask, at, deliver, deliver_to, get, open_at};

const NOW: &str = "2026-03-01T09:00:00Z";

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

async fn create<T: Stored>(service: &Service, values: &[T]) {
    for some in values.chunks(50) {
        let mut commit = Commit::default();
        some.iter().for_each(|value| commit.create(value));
        commit.run(&service.context).await.unwrap();
    }
}

/// Tasks that are due one second after the other; every so many is bea's.
async fn tasks(service: &Service, count: usize, every: usize) {
    let account = AccountId::of("stripe", "default", "cus_1");
    let task = |number: usize| {
        let about = About::Action { action: ActionId::of(&account, "mara", &number.to_string()) };
        let begun = at(NOW) + SignedDuration::from_secs(i64::try_from(number).unwrap());
        let mut task = Task::new(&account, about, "a task".to_owned(), "do it".to_owned(), begun, hours(24));
        task.assigned_to = (number % every == every - 1).then(|| "bea".to_owned());
        task
    };
    create(service, &(0..count).map(task).collect::<Vec<_>>()).await;
}

/// The ids of a page, and where the next one is.
fn ids(page: &Value) -> (Vec<String>, Option<String>) {
    let items = page["items"].as_array().unwrap();
    let id = |item: &Value| item["id"].as_str().unwrap().to_owned();
    (items.iter().map(id).collect(), page["next"].as_str().map(str::to_owned))
}

/// Every page of a list: how long each is, and all ids in their order.
async fn walked(service: &Service, base: &str) -> (Vec<usize>, Vec<String>) {
    let (mut lengths, mut all, mut path) = (Vec::new(), Vec::new(), base.to_owned());
    loop {
        let (found, next) = ids(&get(service, &path).await);
        lengths.push(found.len());
        all.extend(found);
        match next {
            Some(next) => path = format!("{base}&cursor={next}"),
            None => return (lengths, all),
        }
        assert!(lengths.len() < 50, "{base} has no end");
    }
}

fn distinct(all: &[String]) -> usize {
    all.iter().collect::<BTreeSet<_>>().len()
}

#[test]
fn a_page_reads_what_it_shows_and_no_more_than_another_page() {
    run(async {
        let mut service = open_at(NOW).await;
        tasks(&service, 400, 40).await;
        let counts = Counted::over(&mut service);
        for limit in [1, 7, 100, 399, 400, 1000] {
            counts.take();
            let (found, next) = ids(&get(&service, &format!("/api/tasks?limit={limit}")).await);
            assert_eq!((found.len(), next.is_some()), (limit.min(400), limit < 400), "limit {limit}");
            let read = counts.take().items;
            assert!(read <= 2 * limit.min(400) as u64 + 4, "{read} items were read for {limit}");
        }
        let (lengths, all) = walked(&service, "/api/tasks?limit=150").await;
        assert_eq!((lengths, distinct(&all)), (vec![150, 150, 100], 400));
    });
}

#[test]
fn a_filter_fills_its_pages_and_goes_on_where_it_stood() {
    run(async {
        let service = open_at(NOW).await;
        tasks(&service, 400, 40).await;
        let (lengths, all) = walked(&service, "/api/tasks?assigned_to=bea&limit=4").await;
        assert_eq!((&lengths[..2], lengths[2..].iter().sum::<usize>(), distinct(&all)), (&[4, 4][..], 2, 10));
    });
}

#[test]
fn a_filter_that_hardly_anything_fits_looks_at_so_much_and_says_where_to_go_on() {
    run(async {
        let mut service = open_at(NOW).await;
        tasks(&service, 3_600, 3_600).await;
        let counts = Counted::over(&mut service);
        let base = "/api/tasks?assigned_to=bea&limit=10";
        let (found, next) = ids(&get(&service, base).await);
        let read = counts.take().items;
        assert!(found.is_empty() && next.is_some(), "the one that fits stands last");
        assert!((2_000..=2_600).contains(&read), "{read} items were read");
        let (found, next) = ids(&get(&service, &format!("{base}&cursor={}", next.unwrap())).await);
        assert_eq!((found.len(), next), (1, None));
    });
}

/// Actions that were only looked at: enough to stand on a list.
async fn previewed(service: &Service, customer: &str, count: usize) {
    for number in 0..count {
        let params = json!({"amount": {"amount": "1.00", "currency": "USD"}});
        let wish = json!({"account": format!("stripe:{customer}"), "kind": "credit", "params": params,
            "reason_code": "billing_error", "note": "", "preview_only": true});
        let key = format!("{customer} {number}");
        let (status, answer) = ask(service, "mara", Method::POST, "/api/actions", Some(&wish), Some(&key)).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
    }
}

#[test]
fn the_actions_of_one_account_are_found_behind_those_of_another() {
    run(async {
        let service = crate::http::with_a_payment().await;
        let now = service.clock.now();
        deliver(&service, &stripe::event("evt_9", "customer.created", now, &stripe::customer("cus_2", now))).await;
        service.work().await.unwrap();
        previewed(&service, "cus_2", 2).await;
        service.advance(now + hours(1)).await.unwrap();
        previewed(&service, "cus_1", 6).await;
        let (lengths, all) = walked(&service, "/api/actions?account=stripe:cus_2&limit=2").await;
        assert_eq!((lengths[0], distinct(&all)), (2, 2), "the newest six are another's");
    });
}

/// Changes of a month's figures, of many accounts.
async fn changes(service: &Service, count: usize) {
    let row = |number: usize| {
        let (item, code) = (format!("ch_{number}"), format!("code_{number}"));
        let after = Fact::UnknownCode { item, at: at(NOW), provider: "stripe".to_owned(), code };
        let row = Row {
            month: "2026-03".to_owned(),
            commit: format!("evt_{number}"),
            number: 0,
            account: AccountId::of("stripe", "default", &format!("cus_{}", number % 97)),
            before: None,
            after: Some(after),
        };
        Noted { at: at(NOW), row }
    };
    create(service, &(0..count).map(row).collect::<Vec<_>>()).await;
}

#[test]
fn the_rows_of_a_month_come_page_by_page() {
    run(async {
        let mut service = open_at(NOW).await;
        changes(&service, 250).await;
        let counts = Counted::over(&mut service);
        let (mut seen, mut path) = (BTreeSet::new(), "/api/reports/2026-03/rows?limit=60".to_owned());
        for _ in 0..20 {
            counts.take();
            let page = get(&service, &path).await;
            let items = page["items"].as_array().unwrap();
            assert!(items.len() <= 60 && counts.take().items <= 60 + 8);
            seen.extend(items.iter().map(|row| row["commit"].to_string()));
            match page["next"].as_str() {
                Some(next) => path = format!("/api/reports/2026-03/rows?limit=60&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen.len(), 250);
        let strange = "/api/reports/2026-03/rows?cursor=MjAyNi0wMXxh";
        assert_eq!(ask(&service, "ana", Method::GET, strange, None, None).await.0, StatusCode::BAD_REQUEST);
    });
}

#[test]
fn the_overview_leaves_a_large_month_to_its_report() {
    run(async {
        let small = open_at(NOW).await;
        changes(&small, 100).await;
        let page = get(&small, "/").await;
        assert!(page.as_str().unwrap().contains("Failed in March 2026"), "{page}");

        let mut large = open_at(NOW).await;
        changes(&large, 5_400).await;
        let counts = Counted::over(&mut large);
        let page = get(&large, "/").await;
        assert!(page.as_str().unwrap().contains("Figures of March 2026"), "{page}");
        let read = counts.take().items;
        // Besides the rows the sources are looked at, and what there is of tickets, tasks and requests.
        assert!(read <= 5_050, "{read} items were read");
    });
}

#[test]
fn what_is_kept_of_a_person_is_not_looked_for_among_the_tickets_of_all() {
    run(async {
        let mut service = crate::http::with_a_payment().await;
        let now = service.clock.now();
        let mut customer = stripe::customer("cus_1", now);
        customer["email"] = json!("ada@shop.example");
        deliver(&service, &stripe::event("evt_mail", "customer.updated", now, &customer)).await;
        service.work().await.unwrap();
        for number in 0..60 {
            let email =
                if number == 30 { "ada@shop.example".to_owned() } else { format!("other{number}@shop.example") };
            let ticket = json!({"id": format!("d_{number}"), "type": "ticket.created", "created_at": now, "ticket": {
                "id": format!("t_{number}"), "subject": "Charged twice", "body": "why?", "status": "open", "csat": null,
                "requester": {"email": email, "name": "Ada"}}});
            assert_eq!(deliver_to(&service, "ticket", ticket.to_string().as_bytes()).await.0, StatusCode::OK);
        }
        service.work().await.unwrap();
        let counts = Counted::over(&mut service);
        let (status, held) = ask(&service, "mara", Method::GET, "/api/accounts/stripe:cus_1/privacy", None, None).await;
        assert_eq!((status, ids_of(&held["tickets"])), (StatusCode::OK, vec!["t_30".to_owned()]), "{held}");
        let read = counts.take().items;
        assert!(read <= 1, "{read} items were read for one ticket");
    });
}

fn ids_of(items: &Value) -> Vec<String> {
    items.as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

/// What waits under a key, and cannot be read.
fn unreadable(pk: &str, sk: &str, shard: &str, wakes_at: Timestamp) -> Write {
    let key = Key { table: Table::Accounts, pk: pk.to_owned(), sk: sk.to_owned() };
    let wake = Some(Wake { shard: shard.to_owned(), at: wakes_at });
    Write::Put {
        item: Item { key, rev: 1, version: 9, body: "no JSON".to_owned(), wake, list: None },
        expect: Expect::Absent,
    }
}

/// The reasons of what is dead in the dunning queue, as `recoup dead list` prints them.
fn dead(service: &Service) -> Vec<(String, String)> {
    let dead = service.queue.dead(QueueName::Dunning).unwrap().into_iter();
    dead.map(|(_, body, reason)| (Message::decode(&body).unwrap().name().to_owned(), reason.unwrap())).collect()
}

#[test]
fn an_alarm_that_nobody_answers_is_set_aside_and_the_rest_of_the_sweep_is_done() {
    run(async {
        let service = open_at(NOW).await;
        let now = service.clock.now();
        deliver(&service, &stripe::event("evt_1", "customer.created", now, &stripe::customer("cus_1", now))).await;
        let invoice = stripe::invoice("cus_1", "in_1", "open", 4900, 4900, "usd", 1, now);
        deliver(&service, &stripe::event("evt_2", "invoice.payment_failed", now, &invoice)).await;
        service.work().await.unwrap();
        let plans = get(&service, "/api/dunning").await;
        let due_at = at(plans["items"][0]["steps"][0]["due_at"].as_str().unwrap());
        // In every shard, so that one stands before whatever waits.
        let shards: Vec<_> = keys::wake_shards().collect();
        for shard in &shards {
            let write =
                unreadable(&format!("STRANGE#{shard}"), "STRANGE", shard, due_at - SignedDuration::from_mins(1));
            service.context.store.commit(vec![write]).await.unwrap();
        }
        service.advance(due_at + hours(1)).await.unwrap();
        let letters = service.outbox.letters().unwrap();
        let reminded = letters.iter().any(|(_, letter)| letter.to == "cus_1@shop.example");
        assert!(reminded, "the reminder was sent all the same");
        let set_aside = dead(&service);
        assert_eq!(set_aside.len(), shards.len(), "{set_aside:?}");
        for (name, reason) in &set_aside {
            assert!(name == "ring" && reason.contains("STRANGE") && reason.contains("nobody answers"), "{reason}");
        }
        let queues = get(&service, "/local/queues").await;
        assert_eq!(queues["items"][1]["dead"], json!(shards.len()), "{queues}");
    });
}

#[test]
fn an_alarm_that_rings_in_vain_is_set_aside_and_rings_again_when_it_is_redriven() {
    run(async {
        let service = crate::http::with_a_payment().await;
        let account = AccountId::of("stripe", "default", "cus_1");
        let key = keys::plan(&account, "in_9");
        let now = service.clock.now();
        let write = unreadable(&key.pk, &key.sk, &keys::wake_shard(&key), now + hours(1));
        service.context.store.commit(vec![write]).await.unwrap();
        service.advance(now + hours(20)).await.unwrap();
        let (asides, rings): (Vec<_>, Vec<_>) = dead(&service).into_iter().partition(|(name, _)| name == "ring");
        assert!(asides.len() == 1 && asides[0].1.contains("9 times in vain"), "{asides:?}");
        assert_eq!(rings.len(), 15, "nine times, and then after 10, 20, 40, 80, 160 and 320 minutes");

        service.context.store.commit(vec![Write::Delete { key }]).await.unwrap();
        service.queue.redrive(QueueName::Dunning).unwrap();
        service.work().await.unwrap();
        let left = dead(&service);
        assert!(left.is_empty(), "{left:?}");
    });
}

#[test]
fn what_people_were_promised_to_be_asked_for_has_an_alarm_until_they_are() {
    run(async {
        let service = open_at(NOW).await;
        let now = service.clock.now();
        let tell = async |id: &str, kind: &str, object: Value| {
            deliver(&service, &stripe::event(id, kind, service.clock.now(), &object)).await;
        };
        tell("evt_1", "customer.created", stripe::customer("cus_1", now)).await;
        tell("evt_2", "invoice.finalized", stripe::invoice("cus_1", "in_1", "open", 2400, 2400, "usd", 0, now)).await;
        tell("evt_3", "charge.succeeded", stripe::charge("cus_1", "ch_1", None, 2400, "usd", None, now)).await;
        service.work().await.unwrap();
        service.advance(now + SignedDuration::from_mins(9)).await.unwrap();
        let now = service.clock.now();
        tell("evt_4", "charge.succeeded", stripe::charge("cus_1", "ch_2", None, 2400, "usd", None, now)).await;
        // It is understood, and the question is lost before anybody hears it.
        for received in service.queue.receive(QueueName::Events, 10, 60).unwrap() {
            app::classify::handle(&service.context, &Message::decode(&received.body).unwrap()).await.unwrap();
            service.queue.delete(received.id).unwrap();
        }
        let lost = service.queue.receive(QueueName::Approval, 10, 60).unwrap();
        assert_eq!(lost.len(), 1, "{lost:?}");
        service.queue.delete(lost[0].id).unwrap();
        assert_eq!(get(&service, "/api/actions").await["items"], json!([]));

        service.advance(now + SignedDuration::from_mins(10)).await.unwrap();
        let actions = get(&service, "/api/actions").await;
        assert_eq!(actions["items"].as_array().map(Vec::len), Some(1), "{actions}");
        let mut due = Vec::new();
        for shard in keys::wake_shards() {
            due.extend(service.context.store.due(&shard, now + hours(24), 100).await.unwrap());
        }
        assert!(due.iter().all(|due| !due.key.sk.starts_with("ASK#")), "{due:?}");
    });
}

#[test]
fn what_failed_has_its_plan_whatever_message_is_lost_or_comes_twice() {
    run(async {
        let service = open_at(NOW).await;
        let now = service.clock.now();
        deliver(&service, &stripe::event("evt_1", "customer.created", now, &stripe::customer("cus_1", now))).await;
        service.work().await.unwrap();
        let invoice = stripe::invoice("cus_1", "in_1", "open", 4900, 4900, "usd", 1, now);
        deliver(&service, &stripe::event("evt_2", "invoice.payment_failed", now, &invoice)).await;
        // It is understood twice, and whatever follows from it is lost before anybody hears it.
        for received in service.queue.receive(QueueName::Events, 10, 60).unwrap() {
            let message = Message::decode(&received.body).unwrap();
            app::classify::handle(&service.context, &message).await.unwrap();
            app::classify::handle(&service.context, &message).await.unwrap();
            service.queue.delete(received.id).unwrap();
        }
        for queue in QueueName::ALL {
            for lost in service.queue.receive(queue, 10, 60).unwrap() {
                service.queue.delete(lost.id).unwrap();
            }
        }
        let plans = get(&service, "/api/dunning").await;
        assert_eq!(plans["items"].as_array().map(Vec::len), Some(1), "{plans}");
        let due_at = at(plans["items"][0]["steps"][0]["due_at"].as_str().unwrap());
        service.advance(due_at + hours(1)).await.unwrap();
        let letters = service.outbox.letters().unwrap();
        let reminders = letters.iter().filter(|(_, letter)| letter.to == "cus_1@shop.example").count();
        assert_eq!(reminders, 1, "its alarm rang, and once");
    });
}

#[test]
fn whoever_is_silent_costs_a_message_no_more_than_it_has() {
    run(async {
        let mut service = open_at(NOW).await;
        let _silence = silence(&mut service);
        let account = AccountId::of("stripe", "default", "cus_1");
        let act = Message::Act { action: ActionId::of(&account, "mara", "key"), trace: String::new() };
        let path = "/v1/refunds".to_owned();
        let probe =
            Message::Probe { provider: "stripe".to_owned(), source: "default".to_owned(), path, trace: String::new() };
        let (patient, glance) = (Call::list("/v1/refunds"), Call::get("/v1/refunds"));
        for (name, message, call) in [("an action", act, patient), ("a question", probe, glance)] {
            let context = within(&service.context, &message);
            let mut answers = Vec::new();
            for _ in 0..3 {
                answers.push(context.http.call("stripe", "default", &call).await.unwrap_err());
            }
            assert_eq!(answers, [NoReply::Unknown, NoReply::NotSent, NoReply::NotSent], "{name}");
        }
    });
}

/// The shipped policies, but for one limit.
pub fn with_limit(service: &mut Service, limit: &str, value: usize) {
    with_limits(service, &[(limit, value)]);
}

/// The shipped policies, but for some limits.
pub fn with_limits(service: &mut Service, limits: &[(&str, usize)]) {
    with_policies(service, |file, text| limited(file, text, limits));
}

/// The text of a policy, but for some limits.
pub fn limited(file: &str, text: &str, limits: &[(&str, usize)]) -> String {
    let own = |line: &str| {
        let known = line.split_once(" = ").filter(|_| file.contains("/limits/"));
        let other = known.and_then(|(name, _)| limits.iter().find(|(limit, _)| *limit == name));
        other.map_or_else(|| format!("{line}\n"), |(limit, value)| format!("{limit} = {value}\n"))
    };
    text.lines().map(own).collect()
}

/// The shipped policies with their texts changed.
pub fn with_policies(service: &mut Service, change: impl Fn(&str, &str) -> String) {
    let files: Vec<(&str, String)> = SHIPPED.iter().map(|(file, text)| (*file, change(file, text))).collect();
    let files: Vec<_> = files.iter().map(|(file, text)| (*file, text.as_str())).collect();
    service.context.policies = Arc::new(Policies::load(&files).unwrap());
}

#[test]
fn a_request_leaves_room_for_its_decisions_and_a_note_for_other_notes() {
    run(async {
        let mut service = with_a_payment().await;
        let rows = [
            ("a short one", "asked".to_owned(), 40_000, 201, ""),
            ("as long as it may be, in any script", "👩".repeat(2_000), 40_000, 201, ""),
            ("a letter more", "👩".repeat(2_001), 40_000, 400, "a note has at most 2000 characters"),
            ("signs that nobody writes", "\u{1}".repeat(2_000), 40_000, 400, "a note has at most 2000 characters"),
            ("too long for the rest of its request", "👩".repeat(2_000), 8_000, 400, "write a shorter note"),
            ("and a short one", "asked".to_owned(), 8_000, 201, ""),
        ];
        for (name, note, most, status, words) in rows {
            with_limit(&mut service, "asked_bytes_max", most);
            let params = json!({"amount": {"amount": "1.00", "currency": "USD"}});
            let wish = json!({"account": "stripe:cus_1", "kind": "credit", "params": params,
                "reason_code": "billing_error", "note": note, "preview_only": true});
            let (found, answer) = ask(&service, "mara", Method::POST, "/api/actions", Some(&wish), Some(name)).await;
            let message = answer["error"]["message"].as_str().unwrap_or_default();
            assert_eq!((found.as_u16(), message.contains(words)), (status, true), "{name}: {answer}");
        }
    });
}

#[test]
fn so_many_people_are_asked_each_by_a_message_and_no_more() {
    run(async {
        for (most, expected) in [(20, 4), (3, 3), (1, 1)] {
            let mut service = with_a_payment().await;
            with_limit(&mut service, "told_people_max", most);
            let more = ["zoe", "zack", "zelda"].map(|id| Staff {
                id: id.to_owned(),
                name: id.to_owned(),
                role: Role::BillingSpecialist,
                email: format!("{id}@demo.example"),
                slack: None,
                languages: Vec::new(),
            });
            create(&service, &more).await;
            let wish = json!({"account": "stripe:cus_1", "kind": "refund", "reason_code": "billing_error", "note": "",
                "params": {"payment": "ch_1", "amount": {"amount": "10.00", "currency": "USD"}}});
            let (status, answer) = ask(&service, "lena", Method::POST, "/api/actions", Some(&wish), Some("key")).await;
            assert_eq!((status, &answer["state"]), (StatusCode::CREATED, &json!("waiting_approval")), "{answer}");
            let letters = service.outbox.letters().unwrap();
            let told = |channel| letters.iter().filter(|(_, letter)| letter.channel == channel).count();
            assert_eq!(
                (told(Channel::Mail), told(Channel::Slack)),
                (expected, 1),
                "at most {most}, beside the channel"
            );
        }
    });
}
