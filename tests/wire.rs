//! What leaves, byte by byte: every kind of action at every provider through the network that is deployed, to a server on
//! loopback that writes down what arrives. `tests/wire/<provider>.txt` is that; it was read against what each provider
//! documents, and `RECOUP_WIRE=write` writes it anew, to be read again.

use crate::crash_points::{approve, cases};
use app::fault::Fault;
use async_trait::async_trait;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use local::sandbox::Sandbox;
use local::service::Service;
use network::{Keyring, Network};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use tests::world::get;
use tokio::net::TcpListener;

/// A request that arrived, with its headers by name.
struct Arrived {
    method: Method,
    path: String,
    headers: BTreeMap<String, String>,
    body: String,
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
        self.arrived.lock().unwrap().push(Arrived { method: parts.method, path, headers, body });
        // A connection that breaks off is how no answer looks.
        let reply = reply.map_err(|_| "no answer")?;
        let status = StatusCode::from_u16(reply.status).map_err(|_| "no status")?;
        Ok(Response::builder().status(status).body(Full::new(Bytes::from(reply.body))).unwrap())
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

async fn all_that_leaves() -> BTreeMap<&'static str, String> {
    let mut texts: BTreeMap<&'static str, String> = BTreeMap::new();
    for case in cases::all() {
        let mut service = cases::prepared(&case).await;
        let id = approve(&service, &case).await;
        let due = get(&service, &format!("/api/actions/{id}")).await["executes_after"].as_str().map(str::to_owned);
        if let Some(due) = due {
            service.clock.advance(due.parse().unwrap()).unwrap();
        }
        let recorder = recorded(&mut service).await;
        service.work().await.unwrap();
        let text = texts.entry(case.provider).or_default();
        writeln!(text, "## {} {}", case.kind, case.params).unwrap();
        for arrived in recorder.arrived.lock().unwrap().iter() {
            must_be_understood(case.provider, arrived);
            text.push_str(&line(arrived, &id));
        }
        let state = get(&service, &format!("/api/actions/{id}")).await["state"].as_str().unwrap().to_owned();
        writeln!(text, "= {state}\n").unwrap();
    }
    texts
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
