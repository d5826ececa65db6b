//! The stop switch from the command line.

use super::ask::{ask_as, refused};
use super::{Failed, Shared};
use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

#[derive(clap::Args)]
pub(super) struct Stop {
    /// Only this source, such as stripe/default
    #[arg(long)]
    source: Option<String>,
    /// Only recoveries of this segment
    #[arg(long)]
    segment: Option<String>,
    /// Only actions of this kind, such as refund
    #[arg(long)]
    kind: Option<String>,
    /// Release it; without a narrowing, everything
    #[arg(long)]
    release: bool,
    /// Why
    #[arg(long, default_value = "")]
    note: String,
    /// Which manager or VP does it
    #[arg(long = "as", value_name = "STAFF", default_value = "mara")]
    staff: String,
}

pub(super) async fn stop(shared: &Shared, options: &Stop) -> Result<(), Failed> {
    let Stop { source, segment, kind, release, note, staff } = options;
    let body = json!({"source": source, "segment": segment, "kind": kind, "release": release, "note": note});
    let body = Bytes::from(body.to_string());
    let (status, body) = ask_as(shared, staff, Method::POST, "/api/stop", "application/json", body).await?;
    let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
    if !status.is_success() {
        return Err(refused(status, &answer));
    }
    for stop in answer["stops"]["standing"].as_array().into_iter().flatten() {
        let named = |name: &str| Some(format!("{name} {}", stop["scope"][name].as_str()?));
        let named = ["source", "segment", "kind"].into_iter().filter_map(named).collect::<Vec<_>>().join(", ");
        println!(
            "stopped: {} (by {}, {})",
            if named.is_empty() { "everything" } else { &named },
            stop["by"].as_str().unwrap_or("?"),
            stop["at"].as_str().unwrap_or("?")
        );
    }
    for line in answer["waiting"].as_array().into_iter().flatten() {
        let held = if line["held"] == true { "waits" } else { "goes" };
        let (summary, action) = (&line["summary"], &line["action"]);
        println!("{held}: {} ({})", summary.as_str().unwrap_or_default(), action.as_str().unwrap_or_default());
    }
    if answer["stops"]["standing"].as_array().is_none_or(Vec::is_empty) {
        println!("nothing is stopped");
    }
    Ok(())
}
