//! The stand-in for the providers, from outside: what it was asked, what it is to get wrong, and what it is to know.

use super::broken;
use crate::service::Service;
use app::web::{Answer, Problem, json};
use http::StatusCode;
use serde_json::{Value, json};

const SLACK: &str = "slack";
/// How late something may be.
const SECONDS_MAX: u64 = 86_400;

pub(super) fn calls(service: &Service, provider: &str) -> Result<Answer, Problem> {
    called(provider)?;
    Ok(json(StatusCode::OK, &json!({"items": service.sandbox.calls(provider).map_err(broken)?})))
}

pub(super) fn trouble(service: &Service, provider: &str, body: &[u8]) -> Result<Answer, Problem> {
    called(provider)?;
    let wanted: Value = serde_json::from_slice(body).unwrap_or_default();
    let is_status = |status: &serde_json::Number| status.as_u64().is_some_and(|status| (200..=599).contains(&status));
    // Slack refuses by a word under a status of 200.
    let is_word = |word: &str| word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let status = match &wanted["status"] {
        Value::Number(status) if is_status(status) => match wanted["retry_after"].as_u64() {
            Some(secs) if provider == SLACK => format!("{status} {secs}"),
            _ => status.to_string(),
        },
        Value::String(status) if matches!(status.as_str(), "timeout_done" | "timeout_not_done") => status.clone(),
        Value::String(status) if status == "500_done" && provider != SLACK => status.clone(),
        Value::String(word) if matches!(word.as_str(), "done_later" | "shows_late") && provider != SLACK => {
            let seconds = wanted["seconds"].as_u64().filter(|seconds| (1..=SECONDS_MAX).contains(seconds));
            let message = r#"send {"status":"done_later","seconds":60}: how much later, up to a day"#;
            format!("{word} {}", seconds.ok_or_else(|| Problem::malformed(message))?)
        }
        Value::String(word) if provider == SLACK && !word.is_empty() && is_word(word) => word.clone(),
        _ => {
            let message = r#"send {"status":500}, {"status":"timeout_done"} or {"status":"timeout_not_done"}"#;
            return Err(Problem::malformed(message));
        }
    };
    service.sandbox.trouble(provider, &status).map_err(broken)?;
    Ok(json(StatusCode::OK, &json!({"next": status})))
}

pub(super) fn teach(service: &Service, provider: &str, body: &[u8]) -> Result<Answer, Problem> {
    known(provider)?;
    let object: Value = serde_json::from_slice(body).unwrap_or_default();
    if !service.sandbox.teach(provider, &object).map_err(broken)? {
        return Err(Problem::malformed("send an object as the provider's API shows it, with its `id`"));
    }
    Ok(json(StatusCode::OK, &json!({"id": object["id"]})))
}

/// Slack is called as well, and has nothing to be taught.
fn called(provider: &str) -> Result<(), Problem> {
    if provider == SLACK { Ok(()) } else { known(provider) }
}

fn known(provider: &str) -> Result<(), Problem> {
    providers::named(provider).map(drop).ok_or_else(|| Problem::not_found("provider"))
}
