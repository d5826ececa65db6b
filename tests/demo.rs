//! The demo company: who looks at it finds something of everything, as long ago as on any other day.

use crate::http::run;
use ::http::{Method, Request, StatusCode};
use app::door::token;
use app::ports::{Clock, QueueName};
use bytes::Bytes;
use domain::case::Class;
use local::demo;
use local::server::dispatch;
use local::service::Service;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tests::counted::Counted;
use tests::rounds::Rounds;
use tests::world::{ask, at, get, open_at};

/// The first of a month: whatever was told by months would not have happened yet.
const NOW: &str = "2026-12-01T09:30:00Z";

fn items(list: &Value) -> &Vec<Value> {
    list["items"].as_array().unwrap()
}

fn every<'a>(list: &'a Value, field: &str) -> BTreeSet<&'a str> {
    items(list).iter().filter_map(|item| item[field].as_str()).collect()
}

#[test]
fn something_of_everything_is_in_it_and_the_clock_tells_what_happens_next() {
    run(async {
        let mut service = open_at(NOW).await;
        let loaded = demo::load(&service, at(NOW)).await.unwrap();
        assert_eq!(loaded.refused, Vec::<String>::new());
        assert_eq!(loaded.accounts, 28);
        assert!((300..420).contains(&loaded.deliveries), "{}: the first start takes long", loaded.deliveries);
        let dead = QueueName::ALL.map(|queue| service.queue.dead(queue).unwrap());
        assert!(dead.iter().all(Vec::is_empty), "{dead:?}");

        let accounts = get(&service, "/api/accounts?limit=500").await;
        let providers: BTreeSet<_> =
            items(&accounts).iter().filter_map(|item| item["account"]["provider"].as_str()).collect();
        assert_eq!(
            providers,
            BTreeSet::from(["chargebee", "lemonsqueezy", "mollie", "revenuecat", "stripe"]),
            "{accounts}"
        );
        let text = accounts.to_string();
        assert!(["USD", "EUR", "GBP"].iter().all(|currency| text.contains(*currency)), "{text}");

        let tickets = get(&service, "/api/tickets?limit=100").await;
        assert_eq!(every(&tickets, "class"), Class::ALL.iter().map(|class| class.name()).collect::<BTreeSet<_>>());
        assert!(!items(&get(&service, "/api/incidents").await).is_empty(), "an incident");
        assert!(items(&get(&service, "/api/disputes").await).len() >= 3, "one won, one lost, one open");
        assert!(!items(&get(&service, "/api/tasks").await).is_empty(), "tasks");
        let requests = get(&service, "/api/payment-requests").await;
        assert_eq!(every(&requests, "state"), BTreeSet::from(["partly_paid"]), "{requests}");
        let waiting = get(&service, "/api/actions?state=waiting_approval").await;
        let refund = items(&waiting).iter().find(|action| action["kind"] == "refund");
        assert!(refund.is_some_and(|refund| refund.to_string().contains("demo029")), "{waiting}");

        // What all lists are asked takes a dozen waits: each is as long as the slowest answer of many.
        let rounds = Rounds::over(&mut service);
        let counts = Counted::over(&mut service);
        for (staff, queries) in [("mara", 100), ("ana", 80)] {
            counts.take();
            let ((status, page), waits) = rounds.of(ask(&service, staff, Method::GET, "/", None, None)).await;
            let costs = counts.take();
            assert_eq!(status, StatusCode::OK, "{staff}: {page}");
            assert!(costs.queries <= queries && costs.batches <= 12, "{staff}: {costs:?}");
            assert!(waits.rounds <= 20 && (8..=32).contains(&waits.most), "{staff}: {waits:?}");
        }

        let request = Request::post("/local/clock?told=true");
        let request = request.body(Bytes::from(json!({"advance": "P3D"}).to_string())).unwrap();
        let answer = dispatch(&service, &request).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let moved: Value = serde_json::from_slice(answer.body()).unwrap();
        let lines: Vec<_> = moved["happened"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
        assert!(!lines.is_empty() && lines.iter().all(|line| line.contains(" Dec ") && line.contains(": ")), "{moved}");
        let mut named = items(&accounts).iter().filter_map(|item| item["account"]["name"].as_str());
        assert!(named.any(|name| lines.iter().any(|line| line.contains(name))), "{moved}");
    });
}

/// A `curl` of the README: by whom, where, and with what.
struct Asked<'a> {
    who: &'static str,
    path: &'a str,
    headers: Vec<(&'a str, &'a str)>,
    body: Option<&'a str>,
}

/// What the README asks for, example by example; a line that goes on is one line.
fn examples(readme: &str) -> Vec<Asked<'_>> {
    let lines = readme.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    lines.flat_map(|block| block.split("curl ").skip(1)).map(example).collect()
}

fn example(line: &str) -> Asked<'_> {
    let (_, behind) = line.split_once("://").unwrap_or_else(|| panic!("{line} names no address"));
    let address = behind.split(['"', ' ', '\n']).next().unwrap();
    let headers = line.split("-H \"").skip(1).filter_map(|rest| rest.split('"').next()?.split_once(": "));
    Asked {
        who: if line.contains("token luis") { "luis" } else { "mara" },
        path: address.find('/').map_or("/", |place| &address[place..]),
        headers: headers.filter(|(name, _)| *name != "Authorization").collect(),
        body: line.split("-d '").nth(1).and_then(|rest| rest.split('\'').next()),
    }
}

async fn curl(service: &Service, asked: &Asked<'_>) -> String {
    let secret = service.context.vault.tokens().await.unwrap();
    let bearer = token::issue(&secret, asked.who, service.clock.machine(), 1);
    let method = if asked.body.is_some() { Method::POST } else { Method::GET };
    let request = Request::builder().method(method).uri(asked.path).header("authorization", format!("Bearer {bearer}"));
    let request = asked.headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let body = Bytes::from(asked.body.unwrap_or_default().to_owned());
    let answer = dispatch(service, &request.body(body).unwrap()).await;
    let text = String::from_utf8_lossy(answer.body()).into_owned();
    assert!(answer.status().is_success(), "{}: {} {text}", asked.path, answer.status());
    text
}

#[test]
fn the_walk_of_the_readme_works_on_a_leap_day_too() {
    run(async {
        let now = at("2028-02-29T23:30:00Z");
        let service = open_at(&now.to_string()).await;
        let loaded = demo::load(&service, now).await.unwrap();
        assert_eq!((loaded.accounts, loaded.refused), (28, Vec::new()));

        // The refund of who was charged twice, with the case behind it; Mara approves it, and it is done.
        let waiting = get(&service, "/api/actions?state=waiting_approval").await;
        let refund = items(&waiting).iter().find(|action| action["kind"] == "refund").unwrap();
        let (id, case) = (refund["id"].as_str().unwrap(), refund["case"].as_str().unwrap());
        let case = get(&service, &format!("/api/cases/{case}")).await;
        assert!(case["evidence"].as_array().is_some_and(|evidence| !evidence.is_empty()), "{case}");
        let ballot = json!({"decision": "approve", "preview_digest": refund["preview"]["digest"], "note": ""});
        let (status, answer) =
            ask(&service, "mara", Method::POST, &format!("/api/actions/{id}/decision"), Some(&ballot), None).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        service.work().await.unwrap();
        assert_eq!(get(&service, &format!("/api/actions/{id}")).await["state"], "executed");

        // One dispute is due in two days, one was won and one was lost; in an hour six payments failed.
        let disputes = get(&service, "/api/disputes").await;
        let states = every(&disputes, "state");
        assert!(states.contains("won") && states.contains("lost"), "{disputes}");
        let due = every(&disputes, "evidence_due_at").into_iter().map(at);
        let hours: Vec<_> = due.map(|due| due.duration_since(now).as_hours()).collect();
        assert!(hours.contains(&48), "{disputes}");
        let incidents = get(&service, "/api/incidents").await;
        assert_eq!(items(&incidents)[0]["members"], 6, "{incidents}");
        let tickets = get(&service, "/api/tickets?limit=100").await;
        assert_eq!(every(&tickets, "class").len(), Class::ALL.len(), "{tickets}");
        assert!(
            items(&tickets).iter().any(|ticket| ticket["account"].is_null() && ticket["accounts"] == json!([])),
            "one of a stranger: {tickets}"
        );

        // Then every example of a request, as it stands there.
        let examples = examples(include_str!("../README.md"));
        assert!(examples.len() >= 5, "the README asks for {}", examples.len());
        for asked in &examples {
            let text = curl(&service, asked).await;
            let is_list = asked.path.starts_with("/api/cases");
            assert!(!is_list || !items(&serde_json::from_str(&text).unwrap()).is_empty(), "{}: {text}", asked.path);
        }
        assert!(include_str!("../README.md").contains("clock advance 3d"), "the end of the walk");
        let moved = Asked {
            who: "mara",
            path: "/local/clock?told=true",
            headers: Vec::new(),
            body: Some(r#"{"advance":"P3D"}"#),
        };
        assert!(curl(&service, &moved).await.contains(" Mar "), "what happens is told by its day");
    });
}
