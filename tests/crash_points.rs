//! Every point at which carrying out an approved action can stop, for every kind at every provider: enumerated, not rolled.
//!
//! Whatever happens there, the provider sees exactly what it sees when nothing happens: each effect once, none lost.
//!
//! One point in six is tried, other ones for each case; `RECOUP_POINTS=all` tries every one. `RECOUP_CASE="stripe refund"`
//! tries all points of one case, and `RECOUP_POINT="At(3, CrashAfter)"` with it that one.

pub mod cases;

use app::fault::Fault;
use app::ports::{Clock, QueueName};
use cases::{Case, all, prepared};
use http::{Method, StatusCode};
use jiff::SignedDuration;
use local::sandbox::Seen;
use local::service::Service;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use tests::faults::{Fate, Hit, inject};
use tests::world::{ask, get, tries_given_back};
use tests::written::must_be_there;

/// Asks for the case and approves it, without carrying it out.
pub async fn approve(service: &Service, case: &Case) -> String {
    let body = json!({"account": case.account, "kind": case.kind, "params": case.params, "reason_code": "service_outage", "note": ""});
    let (status, answer) = ask(service, "bea", Method::POST, "/api/actions", Some(&body), Some("key")).await;
    assert_eq!(status, StatusCode::CREATED, "{} {}: {answer}", case.provider, case.kind);
    let id = answer["id"].as_str().unwrap().to_owned();
    for staff in ["leo", "mara", "vera"] {
        let ballot = json!({"decision": "approve", "preview_digest": answer["preview"]["digest"], "note": ""});
        if get(service, &format!("/api/actions/{id}")).await["state"] == "waiting_approval" {
            ask(service, staff, Method::POST, &format!("/api/actions/{id}/decision"), Some(&ballot), None).await;
        }
    }
    assert_eq!(
        get(service, &format!("/api/actions/{id}")).await["state"],
        "approved",
        "{} {}",
        case.provider,
        case.kind
    );
    id
}

/// What the provider did, each time it did it: a request that it answered from memory did nothing.
fn effects(calls: &[Seen]) -> BTreeMap<String, usize> {
    let mut effects = BTreeMap::new();
    for call in calls.iter().filter(|call| call.executed) {
        // A link may be made twice: it does nothing by itself.
        let link = ["sessions", "payment-links", "hosted_pages", "/pdf"].iter().any(|name| call.path.contains(name));
        if !link {
            *effects.entry(format!("{} {} {}", call.method, without_names(&call.path), call.body)).or_insert(0) += 1;
        }
    }
    effects
}

/// A path without the name that the provider gave to something on the way.
fn without_names(path: &str) -> &str {
    path.split_once("/sub_sched_").map_or(path, |(before, _)| before)
}

/// What stands in the end.
#[derive(Debug, PartialEq, Eq)]
struct End {
    state: String,
    effects: BTreeMap<String, usize>,
    letters: usize,
    /// What people have to do, what Recoup asks them for, and which recoveries still run.
    tasks: Vec<String>,
    asked: Vec<String>,
    recoveries: String,
    steps: u64,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy)]
enum Trouble {
    None,
    /// At the call of that number, of those that change something.
    At(u64, Hit),
    /// What the provider's next change meets, worked on again at once or only after its keys are forgotten.
    Provider(&'static str, bool),
    /// The message comes twice at the same time.
    Doubled,
}

async fn live(case: &Case, trouble: Trouble) -> End {
    let mut service = prepared(case).await;
    tries_given_back(&service, case.provider).await;
    let id = approve(&service, case).await;
    let fate = match trouble {
        Trouble::At(number, hit) => Fate::at(number, hit),
        _ => Fate::at(u64::MAX, Hit::CrashBefore),
    };
    let due =
        get(&service, &format!("/api/actions/{id}")).await["executes_after"].as_str().map(|at| at.parse().unwrap());
    if let Some(due) = due {
        service.clock.advance(due).unwrap();
    }
    inject(&mut service, &fate);
    match trouble {
        Trouble::Provider(troubles, late) => {
            troubles.split(", ").for_each(|trouble| service.sandbox.trouble(case.provider, trouble).unwrap());
            service.work().await.unwrap();
            if late {
                // Nobody works for a day: then everything is redelivered at once.
                service.clock.advance(service.clock.now() + SignedDuration::from_hours(25)).unwrap();
                for queue in QueueName::ALL {
                    service.queue.redrive(queue).unwrap();
                }
            }
        }
        Trouble::Doubled => {
            let message = app::message::Message::Act {
                action: domain::id::ActionId::parse(&id).unwrap(),
                trace: "again".to_owned(),
            };
            let work = async || app::approval::handle(&service.context, &message).await;
            let _ = tokio::join!(work(), work());
        }
        Trouble::None | Trouble::At(..) => {
            tokio::select! {
                biased;
                // A sweep whose sending failed is taken up again, as each is by the next tick.
                worked = service.work() => assert!(!matches!(worked, Err(Fault::Park(_))), "{worked:?}"),
                () = fate.crashed.notified() => service.queue.restart().unwrap(),
            }
        }
    }
    let steps = fate.changes();
    let begun = service.clock.now();
    for hours in [1, 6, 26, 80] {
        for queue in QueueName::ALL {
            service.queue.redrive(queue).unwrap();
        }
        service.advance(begun + SignedDuration::from_hours(hours)).await.unwrap();
    }
    let action = get(&service, &format!("/api/actions/{id}")).await;
    let letters = service.outbox.letters().unwrap().iter().filter(|(_, letter)| letter.id.starts_with("link_")).count();
    let state = action["state"].as_str().unwrap().to_owned();
    let items = async |path: &str| get(&service, path).await["items"].as_array().unwrap().clone();
    let named = |items: Vec<Value>, name: &str| {
        let mut names: Vec<String> = items.iter().map(|item| item[name].to_string()).collect();
        names.sort();
        names
    };
    let calls = service.sandbox.calls(case.provider).unwrap();
    must_be_there("crash_points", case.provider, &calls);
    End {
        state,
        effects: effects(&calls),
        letters,
        tasks: named(items("/api/tasks").await, "what"),
        asked: named(items("/api/actions?state=waiting_approval").await, "params"),
        recoveries: named(items("/api/dunning").await, "invoice").join(" "),
        steps,
    }
}

/// One point in so many is tried where not all are.
const SAMPLE: usize = 6;

/// What a provider gets wrong. What is done or shown late is so before the policy says that it has settled.
const PROVIDERS: [&str; 8] = [
    "timeout_done",
    "timeout_not_done",
    "500",
    "429",
    "500_done",
    "done_later 800",
    "shows_late 800, timeout_done",
    "shows_late 800, 500_done",
];

/// What is done long after somebody has looked in vain: the key tells the next request from another one.
const STILL_AT_IT: &str = "done_later 1200";
const KNOWS_KEYS: &[&str] = &["stripe", "chargebee", "mollie"];

/// What can go wrong with a case that changes something so many times, with what to count it under.
fn troubles(provider: &str, steps: u64) -> Vec<(Trouble, &'static str)> {
    let mut troubles = vec![(Trouble::Doubled, "doubled messages")];
    for step in 0..steps {
        for (hit, name) in [
            (Hit::CrashBefore, "crashes before a call"),
            (Hit::CrashAfter, "crashes after a call"),
            (Hit::AnswerLost, "lost answers"),
        ] {
            troubles.push((Trouble::At(step, hit), name));
        }
    }
    for status in PROVIDERS.into_iter().chain(Some(STILL_AT_IT).filter(|_| KNOWS_KEYS.contains(&provider))) {
        for (late, name) in [(false, "troubles at the provider"), (true, "troubles with a redrive after 25 h")] {
            troubles.push((Trouble::Provider(status, late), name));
        }
    }
    troubles
}

/// Those of them that are tried for the case of that number.
fn tried(case: usize, provider: &str, steps: u64) -> Vec<(Trouble, &'static str)> {
    let word = |name: &str| std::env::var(name).unwrap_or_default();
    let (point, every) = (word("RECOUP_POINT"), word("RECOUP_POINTS") == "all" || !word("RECOUP_CASE").is_empty());
    let is_tried = |(place, (trouble, _)): &(usize, (Trouble, &str))| {
        if point.is_empty() { every || (case + place).is_multiple_of(SAMPLE) } else { format!("{trouble:?}") == point }
    };
    troubles(provider, steps).into_iter().enumerate().filter(is_tried).map(|(_, trouble)| trouble).collect()
}

/// What may not be sent a day later, and what becomes of it: Chargebee counts days, so that the figures that were approved
/// are those of their day; a downgrade that waits here is told of just before the renewal, and not after it. Where it is not known that nothing was done, a person looks.
fn lapses(case: &Case, trouble: Trouble) -> Option<&'static str> {
    let is_counted = match case.provider {
        "chargebee" => ["upgrade", "change_addons", "adjust_seats"].contains(&case.kind),
        "lemonsqueezy" => case.kind == "downgrade",
        _ => false,
    };
    match trouble {
        Trouble::Provider("429", true) if is_counted => Some("stale"),
        Trouble::Provider("500" | "timeout_not_done", true) if is_counted => Some("needs_person"),
        _ => None,
    }
}

#[test]
fn whatever_stops_it_each_effect_happens_once() {
    let only = std::env::var("RECOUP_CASE").unwrap_or_default();
    let cases: Vec<_> =
        all().into_iter().filter(|case| format!("{} {}", case.provider, case.kind).starts_with(&only)).collect();
    assert!(!cases.is_empty(), "no case is called `{only}`");
    let next = AtomicUsize::new(0);
    let counted: Mutex<BTreeMap<&'static str, usize>> = Mutex::default();
    let failures: Mutex<Vec<String>> = Mutex::default();
    let work = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        loop {
            let number = next.fetch_add(1, Ordering::SeqCst);
            let Some(case) = cases.get(number) else { return };
            runtime.block_on(async {
                let clean = live(case, Trouble::None).await;
                println!("{} {}: {} after {} changes", case.provider, case.kind, clean.state, clean.steps);
                let expected = matches!(clean.state.as_str(), "executed" | "needs_person");
                assert!(expected, "{} {}: {clean:?}", case.provider, case.kind);
                for (trouble, name) in tried(number, case.provider, clean.steps) {
                    let end = live(case, trouble).await;
                    *counted.lock().unwrap().entry(name).or_insert(0) += 1;
                    if let Some(state) = lapses(case, trouble) {
                        let so = end.state == state && end.effects.is_empty();
                        assert!(so, "{} {} {trouble:?}: {end:?}, not {state}", case.provider, case.kind);
                        continue;
                    }
                    let told = end.letters <= clean.letters && end.recoveries == clean.recoveries;
                    let left = end.tasks == clean.tasks && end.asked == clean.asked;
                    let same = end.state == clean.state && end.effects == clean.effects && told && left;
                    if !same {
                        failures.lock().unwrap().push(format!(
                            "{} {} {trouble:?}:\n  {end:?}\n  instead of {clean:?}",
                            case.provider, case.kind
                        ));
                    }
                }
            });
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, std::num::NonZero::get) {
            scope.spawn(work);
        }
    });
    let counted = counted.lock().unwrap();
    println!("{} cases: {counted:#?}", cases.len());
    let failures = failures.lock().unwrap();
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), counted.values().sum::<usize>(), failures.join("\n"));
    assert!(!only.is_empty() || counted.values().sum::<usize>() > 400, "{counted:?}");
}
