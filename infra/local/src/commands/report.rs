//! `recoup report`: a month's report, written to a file or shown.

use super::ask::ask;
use super::{Failed, Shared};
use http::Method;
use serde_json::Value;
use std::path::Path;

pub(super) async fn report(shared: &Shared, month: &str, format: &str, out: Option<&Path>) -> Result<(), Failed> {
    let path = if format == "html" { format!("/reports/{month}") } else { format!("/api/reports/{month}") };
    let body = ask(shared, Method::GET, &path, &Value::Null).await?;
    let Some(file) = out else {
        println!("{}", String::from_utf8_lossy(&body));
        return Ok(());
    };
    std::fs::write(file, &body).map_err(|error| format!("{} cannot be written: {error}", file.display()))
}
