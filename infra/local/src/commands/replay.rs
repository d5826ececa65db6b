//! `recoup replay`: sends recorded deliveries, signed as their providers would, and says how it went.

use super::{Failed, Shared, ask, clock};
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::SendRequest;
use jiff::Timestamp;
use local::vault;
use providers::{self, Keys, Provider};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// How many connections send at once: a provider opens several.
const SENDERS: usize = 16;

/// One line of a recording. A body alone is enough where only one provider sends such bodies.
#[derive(Deserialize)]
struct Line {
    provider: Option<String>,
    source: Option<String>,
    body: Option<Value>,
}

struct Recorded {
    provider: &'static Provider,
    source: String,
    body: Bytes,
}

/// What the deliveries met.
#[derive(Default)]
struct Tally {
    micros: Vec<u64>,
    accepted: u64,
    ignored: u64,
    answers: BTreeMap<String, u64>,
}

pub(super) async fn replay(shared: &Shared, file: &Path, to: Option<&str>, rate: Option<u32>) -> Result<(), Failed> {
    let recorded = Arc::new(read(file)?);
    let target = to.unwrap_or(&shared.addr).trim_start_matches("http://").trim_end_matches('/').to_owned();
    if target.contains("://") {
        return Err(format!(
            "`{target}` is not an http address; replay sends to a service on this machine or in this network"
        ));
    }
    let environment = std::env::vars().filter(|(name, _)| name.starts_with("RECOUP_SECRET_")).collect();
    let keys = Arc::new(vault::sources(&environment).map_err(|error| error.to_string())?);
    // Signatures go by the service's clock, which may not be the machine's.
    let now = Arc::new(Mutex::new(clock::now(&target).await?));
    let ticking = tokio::spawn(tick(target.clone(), now.clone()));
    let began = Instant::now();
    let (next, tally) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Tally::default())));
    let mut senders = Vec::new();
    for _ in 0..SENDERS.min(recorded.len()) {
        let (recorded, keys, next, tally) = (recorded.clone(), keys.clone(), next.clone(), tally.clone());
        let (target, now) = (target.clone(), now.clone());
        senders.push(tokio::spawn(async move {
            let mut connection = None;
            loop {
                let place = next.fetch_add(1, Ordering::Relaxed);
                let Some(delivery) = recorded.get(place) else { return };
                // At a rate, each delivery has its time, and waiting for a slow answer counts against the answer.
                let due = rate.map_or_else(Instant::now, |rate| {
                    began + Duration::from_secs(1) * u32::try_from(place).unwrap_or(u32::MAX) / rate.max(1)
                });
                tokio::time::sleep_until(due).await;
                let signed_at = *now.lock().await;
                let answer = send(&target, &mut connection, delivery, &keys, signed_at).await;
                note(&mut *tally.lock().await, due, answer);
            }
        }));
    }
    let bar = tokio::spawn(progress(next.clone(), recorded.len()));
    for sender in senders {
        sender.await.map_err(|error| format!("a sender broke off: {error}"))?;
    }
    bar.abort();
    ticking.abort();
    let took = began.elapsed();
    summary(&mut *tally.lock().await, took)
}

fn read(file: &Path) -> Result<Vec<Recorded>, Failed> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
    let mut recorded = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        recorded.push(line_of(line).map_err(|reason| format!("{}, line {}: {reason}", file.display(), number + 1))?);
    }
    if recorded.is_empty() { Err(format!("{} holds no deliveries", file.display())) } else { Ok(recorded) }
}

fn line_of(line: &str) -> Result<Recorded, String> {
    let parsed: Line = serde_json::from_str(line).map_err(|error| format!("this is not JSON: {error}"))?;
    // A body alone may have fields of these names that mean something else: Chargebee's events have a `source`.
    let Line { provider, source, body } = parsed;
    let (body, provider, source) = match body {
        Some(Value::String(text)) => (text, provider, source),
        Some(body) => (body.to_string(), provider, source),
        None => (line.to_owned(), None, None),
    };
    let provider = match &provider {
        Some(name) => providers::named(name).ok_or_else(|| format!("there is no provider called `{name}`"))?,
        None => {
            let fits = |provider: &&&Provider| (provider.envelope)(body.as_bytes()).is_ok();
            let mut known = providers::ALL.iter().filter(fits);
            match (known.next(), known.next()) {
                (Some(provider), None) => provider,
                _ => return Err("name the `provider`: the body does not say whose it is".to_owned()),
            }
        }
    };
    Ok(Recorded { provider, source: source.unwrap_or_else(|| "default".to_owned()), body: Bytes::from(body) })
}

type Connection = Option<SendRequest<Full<Bytes>>>;

/// Sends one delivery over a connection that is kept for the next.
async fn send(
    target: &str,
    connection: &mut Connection,
    delivery: &Recorded,
    keys: &BTreeMap<(String, String), Keys>,
    now: Timestamp,
) -> Result<(StatusCode, Bytes), String> {
    let unknown = Keys::default();
    let own = keys.get(&(delivery.provider.name.to_owned(), delivery.source.clone())).unwrap_or(&unknown);
    let path = format!("/webhooks/{}/{}", delivery.provider.name, delivery.source);
    let mut request = Request::post(path).header("host", target);
    for (name, value) in delivery.provider.headers(own, &delivery.body, now) {
        request = request.header(name, value);
    }
    let request = request.body(Full::new(delivery.body.clone())).map_err(|error| error.to_string())?;
    if connection.as_ref().is_none_or(SendRequest::is_closed) {
        *connection = Some(ask::connect(target).await.map_err(|error| error.to_string())?);
    }
    let sender = connection.as_mut().expect("a connection was just made");
    sender.ready().await.map_err(|error| error.to_string())?;
    let answer = sender.send_request(request).await.map_err(|error| error.to_string())?;
    let status = answer.status();
    let body = answer.into_body().collect().await.map_err(|error| error.to_string())?.to_bytes();
    Ok((status, body))
}

fn note(tally: &mut Tally, due: Instant, answer: Result<(StatusCode, Bytes), String>) {
    tally.micros.push(u64::try_from(due.elapsed().as_micros()).unwrap_or(u64::MAX));
    match answer {
        Ok((StatusCode::OK, body)) => {
            let counts: Value = serde_json::from_slice(&body).unwrap_or_default();
            tally.accepted += counts["accepted"].as_u64().unwrap_or(0);
            tally.ignored += counts["ignored"].as_u64().unwrap_or(0);
        }
        Ok((status, body)) => {
            let problem: Value = serde_json::from_slice(&body).unwrap_or_default();
            let code = problem["error"]["code"].as_str().unwrap_or("no reason").to_owned();
            *tally.answers.entry(format!("{} {code}", status.as_u16())).or_default() += 1;
        }
        Err(error) => *tally.answers.entry(format!("no answer: {error}")).or_default() += 1,
    }
}

/// Looks at the service's clock again and again: a long replay must not sign with a time that has passed.
async fn tick(target: String, now: Arc<Mutex<Timestamp>>) {
    loop {
        tokio::time::sleep(Duration::from_secs(20)).await;
        if let Ok(read) = clock::now(&target).await {
            *now.lock().await = read;
        }
    }
}

/// Draws how far it is, where somebody looks.
async fn progress(next: Arc<AtomicUsize>, total: usize) {
    if !std::io::stderr().is_terminal() {
        return;
    }
    loop {
        let done = next.load(Ordering::Relaxed).min(total);
        let full = 40 * done / total;
        eprint!("\r[{}{}] {done}/{total}", "#".repeat(full), " ".repeat(40 - full));
        let _ = std::io::stderr().flush();
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

fn summary(tally: &mut Tally, took: Duration) -> Result<(), Failed> {
    tally.micros.sort_unstable();
    let sent = tally.micros.len();
    let at = |percent: usize| tally.micros[(sent * percent / 100).min(sent - 1)];
    let shown = |micros: u64| format!("{}.{:03} ms", micros / 1000, micros % 1000);
    let errors: u64 = tally.answers.values().sum();
    let a_second = sent as u128 * 1000 / took.as_millis().max(1);
    if std::io::stderr().is_terminal() {
        eprintln!();
    }
    println!("sent {sent}, accepted {}, ignored {}, errors {errors}", tally.accepted, tally.ignored);
    let (p50, p99) = (shown(at(50)), shown(at(99)));
    println!("p50 {p50}, p99 {p99}, {a_second} a second over {}.{:03} s", took.as_secs(), took.subsec_millis());
    for (answer, count) in &tally.answers {
        println!("  {count} × {answer}");
    }
    if errors == 0 { Ok(()) } else { Err(format!("{errors} of {sent} deliveries were not taken")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_whose_it_is_or_its_body_does() {
        let rows = [
            (r#"{"provider":"mollie","source":"eu","body":"id=tr_1"}"#, Ok(("mollie", "eu", "id=tr_1"))),
            (r#"{"provider":"stripe","body":{"id":"evt_1"}}"#, Ok(("stripe", "default", r#"{"id":"evt_1"}"#))),
            (
                r#"{"id":"evt_1","object":"event","type":"x","livemode":false,"data":{}}"#,
                Ok(("stripe", "default", r#"{"id":"evt_1","object":"event","type":"x","livemode":false,"data":{}}"#)),
            ),
            (
                r#"{"id":"ev_1","source":"api","event_type":"x","content":{}}"#,
                Ok(("chargebee", "default", r#"{"id":"ev_1","source":"api","event_type":"x","content":{}}"#)),
            ),
            (r#"{"provider":"nobody","body":"x"}"#, Err(())),
            (r#"{"hello":"world"}"#, Err(())),
            ("nonsense", Err(())),
        ];
        for (line, expected) in rows {
            let read = line_of(line);
            let read =
                read.as_ref().map(|it| (it.provider.name, it.source.as_str(), std::str::from_utf8(&it.body).unwrap()));
            assert_eq!(read.map_err(|_| ()), expected, "{line}");
        }
    }
}
