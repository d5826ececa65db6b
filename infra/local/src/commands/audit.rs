//! Verifies the ledgers: beside a running service, or later and elsewhere from a file.

use super::ask::{all, get};
use super::token::secret;
use super::{Failed, Shared};
use app::approval::seal::is_good;
use domain::ledger::{self, Entry, LedgerHead, Seal};
use providers::Secret;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// One account's ledger, with everything that it is verified by.
#[derive(Serialize, Deserialize)]
struct Ledger {
    head: LedgerHead,
    entries: Vec<Entry>,
    seal: Option<Seal>,
}

pub(super) async fn verify(shared: &Shared, account: Option<&str>, file: Option<&Path>) -> Result<(), Failed> {
    let secret = secret(shared)?;
    let ledgers = match file {
        Some(file) => read(file)?,
        None => fetched(shared, account).await?,
    };
    let (mut entries, mut sealed, mut broken) = (0, 0, 0);
    for ledger in &ledgers {
        entries += ledger.entries.len();
        sealed += usize::from(ledger.seal.is_some());
        if let Err(reason) = check(&secret, ledger) {
            broken += 1;
            println!("{}: {reason}", ledger.head.account);
        }
    }
    println!("{} ledgers, {entries} entries, {sealed} sealed, {broken} broken", ledgers.len());
    if broken == 0 {
        return Ok(());
    }
    Err("a ledger is broken; do not trust it, and find out who wrote to the table".to_owned())
}

fn check(secret: &Secret, ledger: &Ledger) -> Result<(), String> {
    let is_ours = |seal: &Seal| is_good(secret, seal) && seal.account == ledger.head.account;
    let verified = match &ledger.seal {
        Some(seal) if !is_ours(seal) => return Err("its seal is not one of ours".to_owned()),
        Some(seal) => ledger::verify_sealed(&ledger.head, &ledger.entries, seal),
        None => ledger::verify(&ledger.head, &ledger.entries),
    };
    verified.map_err(|broken| broken.to_string())
}

pub(super) async fn export(shared: &Shared, out: &Path) -> Result<(), Failed> {
    let ledgers = fetched(shared, None).await?;
    let line =
        |ledger: &Ledger| serde_json::to_string(ledger).map(|line| line + "\n").map_err(|error| error.to_string());
    let lines = ledgers.iter().map(line).collect::<Result<String, _>>()?;
    std::fs::write(out, lines).map_err(|error| format!("{} cannot be written: {error}", out.display()))?;
    println!("{} ledgers written to {}", ledgers.len(), out.display());
    Ok(())
}

fn read(file: &Path) -> Result<Vec<Ledger>, Failed> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
    let line = |(number, line): (usize, &str)| {
        let file = file.display();
        serde_json::from_str(line).map_err(|error| format!("line {} of {file} is no ledger: {error}", number + 1))
    };
    text.lines().enumerate().map(line).collect()
}

async fn fetched(shared: &Shared, account: Option<&str>) -> Result<Vec<Ledger>, Failed> {
    let accounts: Vec<String> = match account {
        Some(account) => vec![account.to_owned()],
        None => {
            let items = all(shared, "/api/accounts?limit=500").await?;
            items.iter().filter_map(|item| item["account"]["id"].as_str().map(str::to_owned)).collect()
        }
    };
    let mut ledgers = Vec::new();
    for account in &accounts {
        ledgers.push(ledger_of(shared, account).await?);
    }
    Ok(ledgers)
}

async fn ledger_of(shared: &Shared, account: &str) -> Result<Ledger, Failed> {
    let path = format!("/api/accounts/{account}/ledger");
    let read = |error: serde_json::Error| error.to_string();
    let items = all(shared, &format!("{path}?limit=500")).await?;
    let head = get(shared, &format!("{path}/head")).await?;
    let head = serde_json::from_value(head).map_err(read)?;
    let entries = items.into_iter().map(serde_json::from_value).collect::<Result<_, _>>().map_err(read)?;
    let seal = get(shared, &format!("{path}/seal")).await?["seal"].take();
    let seal = serde_json::from_value(seal).map_err(read)?;
    Ok(Ledger { head, entries, seal })
}
