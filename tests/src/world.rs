//! A whole service in memory, and what people and providers do to it.

use crate::openapi::must_fit;
use crate::press::Inside;
use app::door::token;
use app::ports::Clock;
use app::store::keys::{self, Prefix};
use app::store::{self, Noted, Stored};
use bytes::Bytes;
use domain::report::fact::Row;
use http::{Method, Request, StatusCode};
use jiff::Timestamp;
use local::server::dispatch;
use local::service::{Options, Service};
use serde_json::Value;
use std::sync::Arc;

/// Opens a service whose clock moves only when told, and which prints in this process.
pub async fn open_at(at: &str) -> Service {
    let clock = Some(at.parse().unwrap());
    let options = Options { clock, base_url: "http://recoup.test".to_owned(), ..Options::default() };
    let mut service = Service::open(&options).await.unwrap();
    service.context.press = Arc::new(Inside(service.context.policies.clone()));
    service
}

/// Signs and posts a delivery at the service's time, and answers as the server would.
pub async fn deliver(service: &Service, body: &Value) -> (StatusCode, Value) {
    deliver_to(service, "stripe", body.to_string().as_bytes()).await
}

/// The same for any provider's `default` source.
pub async fn deliver_to(service: &Service, provider: &str, body: &[u8]) -> (StatusCode, Value) {
    let request = service.signed(provider, "default", body.to_vec()).await.unwrap();
    let (status, value) = answer(dispatch(service, &request).await);
    must_fit("POST", &format!("/webhooks/{provider}/default"), status, &value);
    (status, value)
}

/// Asks as a staff member, with a bearer token.
pub async fn ask(
    service: &Service,
    staff: &str,
    method: Method,
    path: &str,
    body: Option<&Value>,
    key: Option<&str>,
) -> (StatusCode, Value) {
    let secret = service.context.vault.tokens().await.unwrap();
    let bearer = token::issue(&secret, staff, service.clock.machine(), 1);
    let asked = method.clone();
    let mut request = Request::builder().method(method).uri(path).header("authorization", format!("Bearer {bearer}"));
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    let body = body.map(|body| body.to_string()).unwrap_or_default();
    let (status, value) = answer(dispatch(service, &request.body(Bytes::from(body)).unwrap()).await);
    must_fit(asked.as_str(), path, status, &value);
    (status, value)
}

/// Sends a CSV file.
pub async fn import(service: &Service, staff: &str, kind: &str, csv: &str, dry_run: bool) -> (StatusCode, Value) {
    let secret = service.context.vault.tokens().await.unwrap();
    let bearer = token::issue(&secret, staff, service.clock.machine(), 1);
    let request = Request::post(format!("/api/import/{kind}?dry_run={dry_run}"))
        .header("authorization", format!("Bearer {bearer}"))
        .header("content-type", "text/csv");
    let (status, value) = answer(dispatch(service, &request.body(Bytes::from(csv.to_owned())).unwrap()).await);
    must_fit("POST", &format!("/api/import/{kind}"), status, &value);
    (status, value)
}

pub async fn get(service: &Service, path: &str) -> Value {
    let (status, value) = ask(service, "ana", Method::GET, path, None, None).await;
    assert_eq!(status, StatusCode::OK, "{path}: {value}");
    value
}

/// What plans try by themselves is no matter of most tests: `tests/again.rs` has it.
pub async fn tries_given_back(service: &Service, provider: &str) {
    let (path, back) = (format!("/api/sources/{provider}/default"), serde_json::json!({"retries": "provider"}));
    assert_eq!(ask(service, "mara", Method::POST, &path, Some(&back), None).await.0, StatusCode::OK);
}

/// The same as plain text.
pub async fn ask_text(service: &Service, staff: &str, path: &str) -> String {
    let secret = service.context.vault.tokens().await.unwrap();
    let bearer = token::issue(&secret, staff, service.clock.machine(), 1);
    let request = Request::get(path).header("authorization", format!("Bearer {bearer}")).header("accept", "text/plain");
    let answer = dispatch(service, &request.body(Bytes::new()).unwrap()).await;
    String::from_utf8_lossy(answer.body()).into_owned()
}

/// Posts as a staff member and reads the answer as plain text.
pub async fn post_text(service: &Service, staff: &str, path: &str, body: &Value) -> String {
    let secret = service.context.vault.tokens().await.unwrap();
    let bearer = token::issue(&secret, staff, service.clock.machine(), 1);
    let request =
        Request::post(path).header("authorization", format!("Bearer {bearer}")).header("accept", "text/plain");
    let answer = dispatch(service, &request.body(Bytes::from(body.to_string())).unwrap()).await;
    String::from_utf8_lossy(answer.body()).into_owned()
}

/// Comes without signing in, as a customer does: how that is answered, and where it leads.
pub async fn visit(service: &Service, method: Method, path: &str) -> (StatusCode, Option<String>) {
    let request = Request::builder().method(method).uri(path).body(Bytes::new()).unwrap();
    let answer = dispatch(service, &request).await;
    let location = answer.headers().get("location").and_then(|location| location.to_str().ok());
    (answer.status(), location.map(str::to_owned))
}

fn answer(answer: http::Response<Bytes>) -> (StatusCode, Value) {
    let value = serde_json::from_slice(answer.body())
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(answer.body()).into_owned()));
    (answer.status(), value)
}

/// Every record of one kind, such as all that an account has.
pub async fn records<T: Stored>(service: &Service, prefix: &Prefix) -> Vec<T> {
    store::all_of(&service.context, prefix).await.unwrap()
}

/// Every row of the months in question.
pub async fn rows(service: &Service, months: &[&str]) -> Vec<Row> {
    let mut rows = Vec::new();
    for month in months {
        for facts in keys::facts(month) {
            rows.extend(records::<Noted>(service, &facts).await.into_iter().map(|noted| noted.row));
        }
    }
    rows
}

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}
