//! What does the service's clock show, and how is it moved?

use super::ask::{ask, connect};
use super::{Failed, Shared};
use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use jiff::{Span, Timestamp};
use local::clock::machine;
use serde_json::{Value, json};

pub(super) async fn advance(shared: &Shared, span: &str) -> Result<(), Failed> {
    let span: Span = span.parse().map_err(|_| format!("`{span}` is not a span; write 3d, 12h or P1M"))?;
    let body = ask(shared, Method::POST, "/local/clock?told=true", &json!({"advance": span})).await?;
    let now: Value = serde_json::from_slice(&body).unwrap_or_default();
    let lines: Vec<_> = now["happened"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if lines.is_empty() {
        println!("Nothing happened on the way.");
    }
    lines.iter().for_each(|line| println!("{line}"));
    println!("The clock stands at {}.", now["now"].as_str().unwrap_or("an unknown time"));
    Ok(())
}

/// The service's time. No token is needed, so that it works without the data folder.
pub(super) async fn now(target: &str) -> Result<Timestamp, Failed> {
    let nobody = |error: &dyn std::fmt::Display| {
        format!("no service answers at {target}: {error}; start it, or name its address with --to")
    };
    let mut sender = connect(target).await.map_err(|error| nobody(&error))?;
    let request = Request::get("/local/clock").header("host", target).body(Full::new(Bytes::new()));
    let request = request.map_err(|error| error.to_string())?;
    let answer = sender.send_request(request).await.map_err(|error| nobody(&error))?;
    let body = answer.into_body().collect().await.map_err(|error| nobody(&error))?.to_bytes();
    let clock: Value = serde_json::from_slice(&body).unwrap_or_default();
    // A deployed service has no such route: its clock is everybody's.
    Ok(clock["now"].as_str().and_then(|now| now.parse().ok()).unwrap_or_else(machine))
}
