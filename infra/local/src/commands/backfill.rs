//! `recoup backfill`: has the running service fill its book from a provider's lists, and tells how far it has come.

use super::ask::{ask_as, get, read, refused};
use super::{Failed, Shared};
use bytes::Bytes;
use http::Method;
use serde_json::Value;
use std::io::{IsTerminal, Write};
use std::time::Duration;

#[derive(clap::Args)]
pub(super) struct Backfill {
    /// stripe, chargebee, lemonsqueezy, revenuecat or mollie
    provider: String,
    #[arg(long, default_value = "default")]
    source: String,
    /// Only what is newer, as far as the provider can tell it apart: 2026-01-01
    #[arg(long, value_name = "DATE")]
    since: Option<String>,
    /// Read everything and change nothing
    #[arg(long)]
    dry_run: bool,
    /// The staff member who does it: a manager or a VP
    #[arg(long = "as", default_value = "mara", value_name = "STAFF")]
    staff: String,
}

pub(super) async fn backfill(shared: &Shared, backfill: &Backfill) -> Result<(), Failed> {
    let path = format!("/api/backfill/{}/{}", backfill.provider, backfill.source);
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("dry_run", if backfill.dry_run { "true" } else { "false" });
    query.extend_pairs(backfill.since.iter().map(|since| ("since", since)));
    let asked = format!("{path}?{}", query.finish());
    let staff = &backfill.staff;
    let (status, answer) = ask_as(shared, staff, Method::POST, &asked, "application/json", Bytes::new()).await?;
    let mut answer = read(&answer)?;
    match answer["error"]["code"].as_str() {
        None => {}
        Some("backfill_running") => println!("It is being filled already; this shows how that goes on."),
        Some(_) => return Err(refused(status, &answer)),
    }
    // Whoever stops looking stops nothing: the service goes on by itself, also after a restart.
    loop {
        answer = get(shared, &path).await?;
        show(&answer);
        if answer["ended_at"].is_string() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    tell(&answer)
}

fn show(answer: &Value) {
    if std::io::stderr().is_terminal() {
        let left = answer["pending"].as_array().map_or(0, Vec::len);
        let rest = answer["rests_until"].as_str().map(|until| format!(", rests until {until}")).unwrap_or_default();
        eprint!("\r{} pages read, {left} known to be left{rest}   ", answer["pages"]);
        let _ = std::io::stderr().flush();
    }
}

fn tell(answer: &Value) -> Result<(), Failed> {
    if std::io::stderr().is_terminal() {
        eprintln!();
    }
    for (listing, count) in answer["objects"].as_object().into_iter().flatten() {
        println!("{listing}: {count}");
    }
    let done = if answer["dry_run"] == true { "Nothing was changed (dry run)." } else { "Done." };
    let (found, known, waiting) = (&answer["found"], &answer["known"], &answer["waiting"]);
    println!("{done} {found} told something new, {known} were known, {waiting} name nobody we know.");
    for skipped in answer["skipped"].as_array().into_iter().flatten() {
        println!("not given by the provider: {}", skipped.as_str().unwrap_or_default());
    }
    match answer["failed"].as_str() {
        Some(failed) => Err(failed.to_owned()),
        None => Ok(()),
    }
}
