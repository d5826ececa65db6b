//! What is kept of a person: written to a file, or asked to be erased.

use super::ask::{ask_as, refused};
use super::{Failed, Shared};
use bytes::Bytes;
use clap::Subcommand;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use std::path::PathBuf;

#[derive(Subcommand)]
pub(super) enum Privacy {
    /// Write what is kept of an account's person
    #[command(after_help = "Example: recoup privacy export stripe:cus_123 --out cus_123.json")]
    Export {
        account: String,
        #[arg(long)]
        out: Option<PathBuf>,
        /// Which manager, VP or lawyer asks
        #[arg(long = "as", value_name = "STAFF", default_value = "mara")]
        staff: String,
    },
    /// Ask for a person to be erased; another manager must approve it
    #[command(after_help = "Example: recoup privacy erase stripe:cus_123 --note \"asked by mail on 3 March\"")]
    Erase {
        account: String,
        /// Why
        #[arg(long, default_value = "")]
        note: String,
        /// Who asks
        #[arg(long = "as", value_name = "STAFF", default_value = "mara")]
        staff: String,
    },
}

/// All that is kept: tickets come page by page.
async fn held(shared: &Shared, staff: &str, account: &str) -> Result<Value, Failed> {
    let path = format!("/api/accounts/{account}/privacy");
    let mut held = asked(shared, staff, Method::GET, &path, Bytes::new()).await?;
    while let Some(next) = held["next"].as_str().map(|cursor| format!("{path}?cursor={cursor}")) {
        let page = asked(shared, staff, Method::GET, &next, Bytes::new()).await?;
        held["next"] = page["next"].clone();
        if let (Some(tickets), Some(more)) = (held["tickets"].as_array_mut(), page["tickets"].as_array()) {
            tickets.extend(more.iter().cloned());
        }
    }
    if let Some(held) = held.as_object_mut() {
        held.remove("next");
    }
    Ok(held)
}

pub(super) async fn privacy(shared: &Shared, what: &Privacy) -> Result<(), Failed> {
    match what {
        Privacy::Export { account, out, staff } => {
            let held = held(shared, staff, account).await?;
            let text = serde_json::to_string_pretty(&held).map_err(|error| error.to_string())? + "\n";
            let Some(file) = out else {
                print!("{text}");
                return Ok(());
            };
            std::fs::write(file, text).map_err(|error| format!("{} cannot be written: {error}", file.display()))
        }
        Privacy::Erase { account, note, staff } => {
            let body = json!({
                "account": account, "kind": "erase_person", "params": {}, "reason_code": "other", "note": note,
            });
            let action = asked(shared, staff, Method::POST, "/api/actions", Bytes::from(body.to_string())).await?;
            println!(
                "{} waits for a manager who did not ask for it: /actions/{}",
                action["preview"]["summary"].as_str().unwrap_or("It"),
                action["id"].as_str().unwrap_or("?")
            );
            Ok(())
        }
    }
}

async fn asked(shared: &Shared, staff: &str, method: Method, path: &str, body: Bytes) -> Result<Value, Failed> {
    let (status, body) = ask_as(shared, staff, method, path, "application/json", body).await?;
    let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
    match status {
        StatusCode::OK | StatusCode::CREATED => Ok(answer),
        _ => Err(refused(status, &answer)),
    }
}
