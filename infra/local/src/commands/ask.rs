//! How does a command ask the running service?

use super::token::make_token;
use super::{Failed, Shared};
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use local::clock::machine;
use serde_json::Value;
use tokio::net::TcpStream;

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

pub(super) async fn get(shared: &Shared, path: &str) -> Result<Value, Failed> {
    read(&ask(shared, Method::GET, path, &Value::Null).await?)
}

/// What the service answered.
pub(super) fn read(body: &[u8]) -> Result<Value, Failed> {
    serde_json::from_slice(body).map_err(|error| format!("the service's answer cannot be read: {error}"))
}

/// Asks the running service, and takes its refusal as the end.
pub(super) async fn ask(shared: &Shared, method: Method, path: &str, body: &Value) -> Result<Bytes, Failed> {
    let body = Bytes::from(body.to_string());
    let (status, body) = ask_as(shared, "ana", method, path, "application/json", body).await?;
    if status.is_success() {
        return Ok(body);
    }
    if status == StatusCode::UNAUTHORIZED {
        let (addr, folder) = (&shared.addr, shared.data.display());
        return Err(format!("the service at {addr} does not work in the folder {folder}; name its folder with --data"));
    }
    let problem: Value = serde_json::from_slice(&body).unwrap_or_default();
    Err(refused(status, &problem))
}

/// Why the service refused, in its own words.
pub(super) fn refused(status: StatusCode, answer: &Value) -> Failed {
    answer["error"]["message"].as_str().map_or_else(|| format!("the service answered {status}"), str::to_owned)
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
    let addr = &shared.addr;
    let nobody = |error: &dyn std::fmt::Display| {
        let start = shared.typed("recoup", "");
        format!("no service answers at {addr}: {error}; start it with `{start}`, or name its address with --addr")
    };
    let mut sender = connect(addr).await.map_err(|error| nobody(&error))?;
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", addr)
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

/// Opens a connection to a service.
pub(super) async fn connect(addr: &str) -> Result<SendRequest<Full<Bytes>>, Box<dyn std::error::Error + Send + Sync>> {
    let stream = TcpStream::connect(addr).await?;
    // Requests are small and alone: waiting for more to send with one would only make it late.
    stream.set_nodelay(true)?;
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}
