//! Commands beside a running service.

use super::{Failed, Shared};
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use jiff::Span;
use local::clock::machine;
use local::disk::Disk;
use local::service::is_new;
use local::vault;
use serde_json::{Value, json};
use shared::app::token::issue;
use shared::domain::policy::{Policies, SHIPPED};
use shared::providers::Secret;
use std::path::{Path, PathBuf};
use tokio::net::TcpStream;

/// How long the tokens are good that these commands make.
const TOKEN_HOURS: i64 = 12;

/// The secret of the data folder.
pub(super) fn secret(shared: &Shared) -> Result<Secret, Failed> {
    if is_new(&shared.data) {
        return Err(format!("there is no data in {}; start the service first, or name its folder with --data", shared.data.display()));
    }
    let disk = Disk::open(Some(&shared.data.join("local.sqlite"))).map_err(|error| format!("the data folder cannot be used: {error}"))?;
    vault::tokens(&disk).map_err(|error| error.to_string())
}

fn make_token(shared: &Shared, staff: &str) -> Result<String, Failed> {
    Ok(issue(&secret(shared)?, staff, machine(), TOKEN_HOURS))
}

pub(super) fn token(shared: &Shared, staff: &str) -> Result<(), Failed> {
    println!("{}", make_token(shared, staff)?);
    Ok(())
}

/// Opens a connection to a service.
pub(super) async fn connect(addr: &str) -> Result<SendRequest<Full<Bytes>>, Box<dyn std::error::Error + Send + Sync>> {
    let stream = TcpStream::connect(addr).await?;
    // Requests are small and alone: waiting for more to send with one would only make it late.
    stream.set_nodelay(true)?;
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

/// Asks the running service, and takes its refusal as the end.
async fn ask(shared: &Shared, method: Method, path: &str, body: &Value) -> Result<Bytes, Failed> {
    let (status, body) = ask_as(shared, "ana", method, path, "application/json", Bytes::from(body.to_string())).await?;
    if status.is_success() {
        return Ok(body);
    }
    let problem: Value = serde_json::from_slice(&body).unwrap_or_default();
    Err(problem["error"]["message"].as_str().map_or_else(|| format!("the service answered {status}"), str::to_owned))
}

/// Asks the running service as somebody, whatever it answers.
pub(super) async fn ask_as(
    shared: &Shared,
    staff: &str,
    method: Method,
    path: &str,
    media: &str,
    body: Bytes,
) -> Result<(StatusCode, Bytes), Failed> {
    let token = make_token(shared, staff)?;
    let nobody = |error: &dyn std::fmt::Display| {
        format!("no service answers at {}: {error}; start it with `recoup`, or name its address with --addr", shared.addr)
    };
    let mut sender = connect(&shared.addr).await.map_err(|error| nobody(&error))?;
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", &shared.addr)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", media)
        // One run of a command is one wish.
        .header("idempotency-key", format!("cli {}", machine()))
        .body(Full::new(body))
        .map_err(|error| error.to_string())?;
    let answer = sender.send_request(request).await.map_err(|error| nobody(&error))?;
    let status = answer.status();
    Ok((status, answer.into_body().collect().await.map_err(|error| nobody(&error))?.to_bytes()))
}

pub(super) async fn get(shared: &Shared, path: &str) -> Result<Value, Failed> {
    let body = ask(shared, Method::GET, path, &Value::Null).await?;
    serde_json::from_slice(&body).map_err(|error| format!("the service's answer cannot be read: {error}"))
}

pub(super) async fn advance(shared: &Shared, span: &str) -> Result<(), Failed> {
    let span: Span = span.parse().map_err(|_| format!("`{span}` is not a span; write 3d, 12h or P1M"))?;
    let body = ask(shared, Method::POST, "/local/clock", &json!({"advance": span})).await?;
    let now: Value = serde_json::from_slice(&body).unwrap_or_default();
    println!("The clock stands at {}.", now["now"].as_str().unwrap_or("an unknown time"));
    Ok(())
}

pub(super) async fn report(shared: &Shared, month: &str, format: &str, out: Option<&Path>) -> Result<(), Failed> {
    let path = if format == "html" { format!("/reports/{month}") } else { format!("/api/reports/{month}") };
    let body = ask(shared, Method::GET, &path, &Value::Null).await?;
    match out {
        Some(file) => std::fs::write(file, &body).map_err(|error| format!("{} cannot be written: {error}", file.display())),
        None => {
            println!("{}", String::from_utf8_lossy(&body));
            Ok(())
        }
    }
}

/// The service's time. No token is needed, so that it works without the data folder.
pub(super) async fn clock(target: &str) -> Result<jiff::Timestamp, Failed> {
    let nobody =
        |error: &dyn std::fmt::Display| format!("no service answers at {target}: {error}; start it, or name its address with --to");
    let mut sender = connect(target).await.map_err(|error| nobody(&error))?;
    let request = Request::get("/local/clock").header("host", target).body(Full::new(Bytes::new())).map_err(|error| error.to_string())?;
    let answer = sender.send_request(request).await.map_err(|error| nobody(&error))?;
    let body = answer.into_body().collect().await.map_err(|error| nobody(&error))?.to_bytes();
    let clock: Value = serde_json::from_slice(&body).unwrap_or_default();
    // A deployed service has no such helper: its clock is everybody's.
    Ok(clock["now"].as_str().and_then(|now| now.parse().ok()).unwrap_or_else(machine))
}

/// Writes the raw deliveries that are still kept, as `replay` reads them.
pub(super) async fn recorded(shared: &Shared, out: &Path) -> Result<(), Failed> {
    let items = all(shared, "/local/deliveries?limit=200").await?;
    let lines: String = items.iter().map(|item| format!("{item}\n")).collect();
    std::fs::write(out, lines).map_err(|error| format!("{} cannot be written: {error}", out.display()))?;
    println!("{} deliveries written to {}", items.len(), out.display());
    Ok(())
}

pub(super) async fn dead_list(shared: &Shared) -> Result<(), Failed> {
    let queues = get(shared, "/local/queues").await?;
    let mut count = 0;
    for queue in queues["items"].as_array().into_iter().flatten() {
        let name = queue["name"].as_str().unwrap_or_default();
        let dead = get(shared, &format!("/local/queues/{name}/dead")).await?;
        for letter in dead["items"].as_array().into_iter().flatten() {
            count += 1;
            println!("{name} {}: {}", letter["id"], letter["reason"].as_str().unwrap_or_default());
        }
    }
    println!("{count} dead letters");
    Ok(())
}

pub(super) async fn dead_show(shared: &Shared, queue: &str, id: i64) -> Result<(), Failed> {
    let dead = get(shared, &format!("/local/queues/{queue}/dead")).await?;
    let letter = dead["items"].as_array().into_iter().flatten().find(|letter| letter["id"] == id);
    let letter = letter.ok_or_else(|| format!("the queue {queue} has no dead letter {id}; see `recoup dead list`"))?;
    println!("{}", serde_json::to_string_pretty(letter).map_err(|error| error.to_string())?);
    Ok(())
}

pub(super) async fn redrive(shared: &Shared, queue: &str) -> Result<(), Failed> {
    let body = ask(shared, Method::POST, &format!("/local/queues/{queue}/redrive"), &json!({})).await?;
    let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
    println!("{} messages are worked again", answer["redriven"]);
    Ok(())
}

/// Every item of a list, page after page.
pub(super) async fn all(shared: &Shared, path: &str) -> Result<Vec<Value>, Failed> {
    let mut items = Vec::new();
    let mut cursor = String::new();
    loop {
        let mut page = get(shared, &format!("{path}{cursor}")).await?;
        if let Value::Array(more) = page["items"].take() {
            items.extend(more);
        }
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Ok(items),
        }
    }
}

pub(super) fn check(files: &[PathBuf]) -> Result<(), Failed> {
    let mut all: Vec<(String, String)> = SHIPPED.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    for file in files {
        let text = std::fs::read_to_string(file).map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
        let name = file.display().to_string();
        all.retain(|(known, _)| *known != name);
        all.push((name, text));
    }
    let borrowed: Vec<_> = all.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    Policies::load(&borrowed).map_err(|refused| refused.to_string())?;
    println!("{} policy files are in order.", all.len());
    Ok(())
}
