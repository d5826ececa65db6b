//! `recoup import`: sends a file to the running service and tells what came of it, row by row.

use super::ask::{ask_as, get, read, refused};
use super::{Failed, Shared};
use bytes::Bytes;
use domain::import::{Format, Kind};
use http::{Method, StatusCode};
use serde_json::Value;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::time::Duration;

#[derive(clap::Args)]
pub(super) struct Import {
    /// customers, catalogue, contracts, usage, staff, exceptions, network-rules or rates
    kind: String,
    /// A .csv or .jsonl file
    file: PathBuf,
    /// Check everything and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Keep columns of customers that nobody knows as metadata
    #[arg(long)]
    keep_extra: bool,
    /// Whose rows these are, where they do not say
    #[arg(long)]
    provider: Option<String>,
    #[arg(long)]
    source: Option<String>,
    /// The staff member who imports: a manager or a VP
    #[arg(long = "as", default_value = "mara", value_name = "STAFF")]
    staff: String,
}

pub(super) async fn import(shared: &Shared, import: &Import) -> Result<(), Failed> {
    let kinds = || Kind::ALL.map(Kind::name).join(", ");
    let kind = Kind::parse(&import.kind);
    let kind = kind.ok_or_else(|| format!("`{}` is not a kind of import; there are {}", import.kind, kinds()))?;
    let name = import.file.display();
    let format = Format::of_file(&import.file.to_string_lossy());
    let format = format.ok_or_else(|| format!("{name} is neither .csv nor .jsonl"))?;
    let body = std::fs::read(&import.file).map_err(|error| format!("{name} cannot be read: {error}"))?;
    let media = match format {
        Format::Csv => "text/csv",
        Format::JsonLines => "application/x-ndjson",
    };
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("dry_run", if import.dry_run { "true" } else { "false" });
    query.extend_pairs(import.keep_extra.then_some(("extra", "keep")));
    query.extend_pairs(import.provider.iter().map(|provider| ("provider", provider)));
    query.extend_pairs(import.source.iter().map(|source| ("source", source)));
    let path = format!("/api/import/{}?{}", kind.name(), query.finish());
    let bar = tokio::spawn(progress(shared.clone(), kind));
    let answered = ask_as(shared, &import.staff, Method::POST, &path, media, Bytes::from(body)).await;
    bar.abort();
    let (status, answer) = answered?;
    let answer = read(&answer)?;
    if status.is_success() {
        tell(&answer);
        return Ok(());
    }
    let rows = answer["rows"].as_array().filter(|_| status == StatusCode::UNPROCESSABLE_ENTITY);
    for row in rows.into_iter().flatten() {
        let field = row["field"].as_str().map(|field| format!(", {field}")).unwrap_or_default();
        println!("row {}{field}: {}", row["row"], row["message"].as_str().unwrap_or_default());
    }
    if let Some(more) = answer["more"].as_u64().filter(|more| *more > 0) {
        println!("… and {more} more");
    }
    Err(refused(status, &answer))
}

fn tell(answer: &Value) {
    let number = |name: &str| answer[name].as_u64().unwrap_or_default();
    let (rows, added, changed, same) = (number("rows"), number("added"), number("changed"), number("unchanged"));
    let is = |name: &str| answer[name] == true;
    let done = if is("dry_run") && is("needs_another") {
        "Nothing was changed (dry run): it changes who may approve, and would wait for a second manager or a VP."
    } else if is("dry_run") {
        "Nothing was changed (dry run)."
    } else if is("needs_another") {
        "Nothing was changed yet: it changes who may approve. A second manager or a VP confirms it at /staff."
    } else if is("repeated") {
        "Nothing was changed: the last import said exactly this."
    } else {
        "Done."
    };
    println!(
        "{done} {rows} rows: {added} new, {changed} different, {same} the same. Import {}.",
        answer["id"].as_str().unwrap_or_default()
    );
    for noted in answer["metadata"].as_array().into_iter().flatten() {
        let who = format!("{}/{}:{}", text(&noted["provider"]), text(&noted["source"]), text(&noted["customer"]));
        for change in noted["changes"].as_array().into_iter().flatten() {
            println!("{who}: metadata {change}");
        }
        for finding in noted["findings"].as_array().into_iter().flatten() {
            println!("{who}: look at metadata {finding}");
        }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Shows how far the import has come, where somebody is looking.
async fn progress(shared: Shared, kind: Kind) {
    if !std::io::stderr().is_terminal() {
        return;
    }
    loop {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let Ok(shown) = get(&shared, &format!("/api/import/{}", kind.name())).await else { continue };
        let running = &shown["running"];
        let (Some(rows), Some(written)) = (running["rows"].as_u64(), running["written"].as_u64()) else { continue };
        let full = usize::try_from(written * 40 / rows.max(1)).unwrap_or_default().min(40);
        eprint!("\r[{}{}] {written} of {rows}", "#".repeat(full), " ".repeat(40 - full));
        let _ = std::io::stderr().flush();
    }
}
