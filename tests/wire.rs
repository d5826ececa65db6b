//! What leaves, byte by byte: every kind of action at every provider, what is asked when its answer is lost, every
//! list, and whatever else is asked, through the network that is deployed, to a server on loopback that writes down
//! what arrives.
//! `tests/wire/<provider>.txt` is that; it was read against what each provider documents, and `RECOUP_WIRE=write`
//! writes it anew, to be read again.

use crate::crash_points::approve;
use crate::crash_points::cases::{self, Case};
use crate::lists::{self, LATER, smaller, taught};
use app::fault::Fault;
use app::ports::{Clock, Http};
use async_trait::async_trait;
use domain::book::Unlinked;
use domain::ticket::{Dispatch, TicketName};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use jiff::SignedDuration;
use local::sandbox::Sandbox;
use local::service::Service;
use network::{Keyring, Network};
use providers::{ALL, Api, Call, Provider, Reading};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use tests::world::{ask, at, deliver_to, get, open_at};
use tests::written::Shape;
use tokio::net::TcpListener;

/// A request that arrived, with its headers by name.
struct Arrived {
    method: Method,
    path: String,
    headers: BTreeMap<String, String>,
    body: String,
    answer: String,
}

/// Every provider on one port, each below its name. The sandbox answers.
struct Recorder {
    sandbox: Arc<Sandbox>,
    arrived: Mutex<Vec<Arrived>>,
}

impl Recorder {
    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, &'static str> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map_err(|_| "the body broke off")?.to_bytes();
        let body = String::from_utf8(body.to_vec()).map_err(|_| "the body is no text")?;
        let target = parts.uri.path_and_query().map_or("", |path| path.as_str());
        let (provider, path) = target[1..].split_once('/').ok_or("a path without a provider")?;
        let path = format!("/{path}");
        let headers: BTreeMap<String, String> =
            parts.headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
        let seen: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        // RevenueCat's paths begin with a version and the project, which its base says.
        let below = path.strip_prefix("/v2/projects/default").filter(|_| provider == "revenuecat").unwrap_or(&path);
        let asked = (parts.method.clone(), below.to_owned());
        let reply = self.sandbox.arrives(provider, "default", asked, &seen, body.clone());
        let answer = reply.as_ref().map(|reply| reply.body.clone()).unwrap_or_default();
        self.arrived.lock().unwrap().push(Arrived { method: parts.method, path, headers, body, answer });
        // A connection that breaks off is how no answer looks.
        let reply = reply.map_err(|_| "no answer")?;
        let status = StatusCode::from_u16(reply.status).map_err(|_| "no status")?;
        Ok(Response::builder().status(status).body(Full::new(Bytes::from(reply.body))).unwrap())
    }

    /// What arrived since somebody last asked, each request as text.
    fn taken(&self, provider: &str, id: &str) -> Vec<String> {
        let arrived = std::mem::take(&mut *self.arrived.lock().unwrap());
        let text = |arrived: &Arrived| {
            must_be_understood(provider, arrived);
            let answer = serde_json::from_str(&arrived.answer).unwrap_or_default();
            if provider == "stripe" {
                must_be_new(&arrived.path, &answer);
            }
            must_have_fields(provider, &arrived.path, &answer);
            line(arrived, id)
        };
        arrived.iter().map(text).collect()
    }
}

/// The keys of a stack that has one for each provider.
struct Keys;

#[async_trait]
impl Keyring for Keys {
    async fn provider_key(&self, provider: &str, _source: &str) -> Result<String, Fault> {
        Ok(format!("key_of_{provider}"))
    }
}

/// Puts the deployed network before the service's sandbox, and writes down what goes through it.
async fn recorded(service: &mut Service) -> Arc<Recorder> {
    let recorder = Arc::new(Recorder { sandbox: service.sandbox.clone(), arrived: Mutex::default() });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let server = recorder.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let server = server.clone();
            let answer = service_fn(move |request| {
                let server = server.clone();
                async move { server.answer(request).await }
            });
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
        }
    });
    service.context.http = Arc::new(Network::new(Arc::new(Keys), Some(origin)));
    recorder
}

/// What HTTP adds by itself, and no provider asks for.
const OF_HTTP: &[&str] = &["host", "content-length", "accept-encoding"];

/// A request as text, with `ACT` for our id of the action.
fn line(arrived: &Arrived, id: &str) -> String {
    let mut text = format!("{} {}\n", arrived.method, arrived.path);
    for (name, value) in arrived.headers.iter().filter(|(name, _)| !OF_HTTP.contains(&name.as_str())) {
        writeln!(text, "  {name}: {value}").unwrap();
    }
    if arrived.headers.get("content-type").is_some_and(|kind| kind.contains("urlencoded")) {
        for (name, value) in form_urlencoded::parse(arrived.body.as_bytes()) {
            writeln!(text, "  | {name} = {value}").unwrap();
        }
    } else if !arrived.body.is_empty() {
        writeln!(text, "  | {}", arrived.body).unwrap();
    }
    text.replace(id, "ACT")
}

/// What must hold of every request, whatever the action.
fn must_be_understood(provider: &str, arrived: &Arrived) {
    let header = |name: &str| arrived.headers.get(name).map(String::as_str);
    let what = format!("{provider}: {} {}", arrived.method, arrived.path);
    let (key, value) = match provider {
        // The key as user, an empty password.
        "chargebee" => ("authorization", "Basic a2V5X29mX2NoYXJnZWJlZTo="),
        _ => ("authorization", &*format!("Bearer key_of_{provider}")),
    };
    assert_eq!(header(key), Some(value), "{what}");
    let changes = arrived.method != Method::GET;
    let told: Vec<_> = arrived.headers.keys().filter(|name| name.contains("idempotency")).map(String::as_str).collect();
    let expected: &[&str] = match provider {
        "stripe" | "mollie" if changes => &["idempotency-key"],
        "chargebee" if changes => &["chargebee-idempotency-key"],
        _ => &[],
    };
    assert_eq!(told, expected, "{what}");
    assert_eq!(header("stripe-version").is_some(), provider == "stripe", "{what}");
}

/// Of Stripe's objects, what the version that we name has no more: basil took most of it, clover a discount's coupon.
const GONE: &[(&str, &[&str])] = &[
    ("charge", &["invoice"]),
    ("credit_note", &["refund", "tax_amounts"]),
    ("customer", &["account_balance"]),
    ("discount", &["coupon"]),
    (
        "invoice",
        &["charge", "closed", "date", "discount", "paid", "payment_intent", "subscription", "tax", "total_tax_amounts"],
    ),
    ("line_item", &["plan", "price", "proration", "tax_amounts", "type"]),
    ("payment_intent", &["charges", "invoice"]),
    ("subscription", &["current_period_end", "current_period_start", "discount"]),
];

/// What was told in old shapes is answered in the new one.
fn must_be_new(path: &str, answer: &Value) {
    let gone = GONE.iter().find(|(kind, _)| answer["object"] == *kind).map(|(_, gone)| *gone);
    for name in gone.unwrap_or_default() {
        assert!(answer.get(*name).is_none(), "{path} is answered with {name}: {answer}");
    }
    match answer {
        Value::Array(all) => all.iter().for_each(|inner| must_be_new(path, inner)),
        Value::Object(fields) => fields.values().for_each(|inner| must_be_new(path, inner)),
        _ => {}
    }
}

/// The stand-in leaves out what its table of fields does not have, which `tests/types` holds to the provider's own
/// types. A kind without a line there would be shown whole.
fn must_have_fields(provider: &str, path: &str, answer: &Value) {
    let file = format!("{}/../infra/local/src/sandbox/{provider}/fields.txt", env!("CARGO_MANIFEST_DIR"));
    let Ok(table) = std::fs::read_to_string(file) else { return };
    for kind in kinds(provider, answer) {
        assert!(
            table.lines().any(|line| line == kind),
            "{path} is answered with a {kind} of no known fields: {answer}"
        );
    }
}

/// Of which kind the objects are that stand in an answer.
fn kinds(provider: &str, answer: &Value) -> Vec<String> {
    match (provider, answer) {
        ("chargebee", Value::Object(refusal)) if refusal.contains_key("api_error_code") => Vec::new(),
        ("chargebee", Value::Object(names)) => match names.get("list").and_then(Value::as_array) {
            Some(entries) => entries.iter().flat_map(|entry| kinds(provider, entry)).collect(),
            None => names.keys().cloned().collect(),
        },
        ("lemonsqueezy" | "mollie", Value::Array(all)) => all.iter().flat_map(|one| kinds(provider, one)).collect(),
        ("lemonsqueezy" | "mollie", Value::Object(fields)) => {
            let own = if provider == "mollie" { &answer["resource"] } else { &answer["type"] };
            let is_object = provider == "mollie" || answer["attributes"].is_object();
            let own = own.as_str().filter(|_| is_object).map(str::to_owned);
            own.into_iter().chain(fields.values().flat_map(|inner| kinds(provider, inner))).collect()
        }
        _ => Vec::new(),
    }
}

/// What leaves for a case, and how it ends.
async fn carried_out(case: &Case, is_lost: bool) -> (Vec<String>, String) {
    let mut service = cases::prepared(case).await;
    let id = approve(&service, case).await;
    let due = get(&service, &format!("/api/actions/{id}")).await["executes_after"].as_str().map(str::to_owned);
    if let Some(due) = due {
        service.clock.advance(due.parse().unwrap()).unwrap();
    }
    let recorder = recorded(&mut service).await;
    if is_lost {
        service.sandbox.trouble(case.provider, "timeout_done").unwrap();
    }
    service.work().await.unwrap();
    if is_lost {
        let begun = service.clock.now();
        service.clock.advance(begun + SignedDuration::from_secs(3)).unwrap();
        // Nor does a webhook tell of it: otherwise nobody would have to look.
        for webhook in service.sandbox.due().unwrap() {
            service.sandbox.delivered(&webhook).unwrap();
        }
        service.advance(begun + SignedDuration::from_hours(6)).await.unwrap();
    }
    let state = get(&service, &format!("/api/actions/{id}")).await["state"].as_str().unwrap().to_owned();
    (recorder.taken(case.provider, &id), state)
}

/// What is asked that changes nothing, one of each shape: every list to its end, what a delivery left out, and which
/// payment pays which invoice.
async fn asked(provider: &'static Provider, api: &Api, all: &mut String) {
    let mut service = taught(provider).await;
    let recorder = recorded(&mut service).await;
    let (network, sandbox) = (service.context.http.clone(), service.sandbox.clone());
    let mut shapes: Vec<Shape> = Vec::new();
    let mut is_new = |call: &Call| {
        let path = call.path.split('#').next().unwrap_or_default();
        let shape = Shape::of(provider.name, (call.method.as_str(), path), &call.body);
        if shapes.iter().any(|known| known.covers(&shape)) {
            return false;
        }
        shapes.push(shape);
        true
    };
    let mut write = |what: &str| {
        let texts = recorder.taken(provider.name, "ACT");
        if !texts.is_empty() {
            writeln!(all, "## {what}\n{}", texts.concat()).unwrap();
        }
    };
    for listing in api.listings {
        let mut calls: VecDeque<Call> = [None, Some(at("2026-01-01T00:00:00Z"))].map(listing.first).into();
        let mut visited = BTreeSet::new();
        while let Some(call) = calls.pop_front() {
            if !visited.insert(call.path.clone()) {
                continue;
            }
            let whole = if is_new(&call) {
                network.call(provider.name, "default", &call).await.unwrap()
            } else {
                sandbox.call(provider.name, "default", &call).await.unwrap()
            };
            // Of small pages there is a next one.
            let small = sandbox.call(provider.name, "default", &smaller(&call)).await.unwrap();
            for reply in [whole, small] {
                calls.extend((listing.page)(&call, &reply, "default", at(LATER)).unwrap().more);
            }
        }
        write(&format!("list {}", listing.name));
    }
    let told = lists::recorded(provider).into_iter().filter_map(|body| (provider.read)(&body, "default").ok());
    let left_out = told.filter_map(|reading| match reading {
        Reading::Ask { call, .. } => Some(call),
        Reading::Events(_) | Reading::Ignored(_) => None,
    });
    let unlinked = [Unlinked::Invoice("in_1".to_owned()), Unlinked::Payment("pi_1".to_owned())];
    let links = api.linked.into_iter().flat_map(|linked| unlinked.iter().map(linked));
    for call in left_out.chain(links) {
        if is_new(&call) {
            network.call(provider.name, "default", &call).await.unwrap();
        }
    }
    write("ask for what a delivery left out");
}

async fn all_that_leaves() -> BTreeMap<&'static str, String> {
    let mut texts: BTreeMap<&'static str, String> = BTreeMap::new();
    let mut written: BTreeSet<(&'static str, String)> = BTreeSet::new();
    for case in cases::all() {
        let (requests, state) = carried_out(&case, false).await;
        let text = texts.entry(case.provider).or_default();
        writeln!(text, "## {} {}\n{}= {state}\n", case.kind, case.params, requests.concat()).unwrap();
        written.extend(requests.into_iter().map(|request| (case.provider, request)));
        // What is asked besides when the answer to the first change is lost.
        let (mut requests, state) = carried_out(&case, true).await;
        requests.retain(|request| written.insert((case.provider, request.clone())));
        if !requests.is_empty() {
            writeln!(text, "## {} {}, its answer lost\n{}= {state}\n", case.kind, case.params, requests.concat())
                .unwrap();
        }
    }
    for (provider, api) in ALL.iter().copied().filter_map(|provider| Some((provider, provider.api?))) {
        asked(provider, api, texts.entry(provider.name).or_default()).await;
    }
    texts
}

#[test]
fn an_answer_of_a_kind_that_no_table_has_is_found() {
    for (provider, answer, expected) in [
        (
            "chargebee",
            json!({"list": [{"customer": {}, "no_such": {}}], "next_offset": "x"}),
            vec!["customer", "no_such"],
        ),
        ("chargebee", json!({"message": "no", "api_error_code": "resource_not_found"}), vec![]),
        ("lemonsqueezy", json!({"data": [{"type": "no_such", "attributes": {"type": "x"}}]}), vec!["no_such"]),
        ("mollie", json!({"_embedded": {"payments": [{"resource": "no_such"}]}, "count": 1}), vec!["no_such"]),
        ("revenuecat", json!({"object": "customer"}), vec![]),
    ] {
        assert_eq!(kinds(provider, &answer), expected, "{provider}: {answer}");
        let found = std::panic::catch_unwind(|| must_have_fields(provider, "/", &answer)).is_err();
        assert_eq!(found, expected.contains(&"no_such"), "{provider}: {answer}");
    }
}

#[tokio::test]
async fn what_leaves_is_what_each_provider_documents() {
    for (provider, text) in all_that_leaves().await {
        let file = format!("{}/wire/{provider}.txt", env!("CARGO_MANIFEST_DIR"));
        if std::env::var("RECOUP_WIRE").is_ok_and(|word| word == "write") {
            std::fs::write(&file, &text).unwrap();
        }
        let expected = std::fs::read_to_string(&file).unwrap_or_default();
        for (number, (left, right)) in text.lines().zip(expected.lines()).enumerate() {
            assert_eq!(left, right, "{provider}, line {}", number + 1);
        }
        assert_eq!(text.lines().count(), expected.lines().count(), "{provider}: as many lines");
    }
}

/// An answer to a ticket, and what is asked when nobody says whether it was taken.
async fn answered(trouble: Option<&str>) -> String {
    let mut service = open_at("2026-03-01T09:00:00Z").await;
    let told = json!({"type": "zen:event-type:ticket.created", "id": "zd_1", "account_id": 1, "subject": "zen:ticket:42",
        "time": "2026-03-01T09:00:00Z", "zendesk_event_version": "2022-11-06",
        "detail": {"id": "42", "subject": "Charged twice", "description": "Twice!", "status": "OPEN", "requester_id": "5"},
        "event": {}});
    deliver_to(&service, "zendesk", told.to_string().as_bytes()).await;
    service.work().await.unwrap();
    let recorder = recorded(&mut service).await;
    trouble.into_iter().for_each(|trouble| service.sandbox.trouble("zendesk", trouble).unwrap());
    let said = json!({"text": "It is done.", "solved": true});
    let path = "/api/tickets/zendesk:42/reply";
    assert_eq!(ask(&service, "lena", Method::POST, path, Some(&said), None).await.0, StatusCode::OK);
    service.work().await.unwrap();
    service.advance(service.clock.now() + SignedDuration::from_mins(5)).await.unwrap();
    let name = TicketName::new("zendesk", "default", "42");
    recorder.taken("zendesk", &Dispatch::new(&name, 1, true, service.clock.now()).mark()).concat()
}

#[tokio::test]
async fn what_leaves_of_an_answer_is_what_zendesk_documents() {
    let text = format!(
        "## answer\n{}\n## answer, which was taken and not said so\n{}",
        answered(None).await,
        answered(Some("timeout_done")).await
    );
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/wire/zendesk.txt");
    if std::env::var("RECOUP_WIRE").is_ok_and(|word| word == "write") {
        std::fs::write(file, &text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(file).unwrap_or_default());
}
