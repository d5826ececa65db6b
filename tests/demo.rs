//! The demo company: who looks at it finds something of everything, as long ago as on any other day.

use crate::http::run;
use ::http::{Method, Request, StatusCode};
use app::ports::QueueName;
use bytes::Bytes;
use domain::case::Class;
use local::demo;
use local::server::dispatch;
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
