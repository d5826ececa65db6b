//! Verifies the ledgers by their seals: beside a running service, or later and elsewhere from files.

use super::ask::{all, get};
use super::{Failed, Shared};
use domain::ledger::seal::{Seal, Sealed};
use domain::ledger::{Entry, LedgerHead};
use jiff::Timestamp;
use local::clock::machine;
use local::seals::{self, PublicKey};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub(super) struct Verify {
    /// Only this account's
    #[arg(long)]
    account: Option<String>,
    /// Verify what `audit export` wrote, without a service
    #[arg(long, visible_alias = "ledgers", value_name = "FILE")]
    file: Option<PathBuf>,
    /// Where the seals are; without it, in the data folder
    #[arg(long, value_name = "FOLDER")]
    seals: Option<PathBuf>,
    /// What they are verified by, as PEM or as KMS gives it; without it, the key of the data folder
    #[arg(long, value_name = "FILE")]
    public_key: Option<PathBuf>,
    /// When the seals were copied, before the ledgers; without it, now
    #[arg(long, value_name = "TIME")]
    as_of: Option<Timestamp>,
}

/// The ledger of an account, or of a source.
#[derive(Serialize, Deserialize)]
struct Ledger {
    head: LedgerHead,
    entries: Vec<Entry>,
}

pub(super) async fn verify(shared: &Shared, options: &Verify) -> Result<(), Failed> {
    // The time and the seals first: what is sealed while the ledgers are read would look cut off.
    let as_of = match (options.as_of, &options.file) {
        (Some(as_of), _) => as_of,
        (None, Some(_)) => machine(),
        (None, None) => service_time(shared).await?,
    };
    let (count, sealed) = sealed(shared, options, as_of)?;
    let ledgers = match &options.file {
        Some(file) => read(file)?,
        None => fetched(shared, options.account.as_deref()).await?,
    };
    let (mut entries, mut broken) = (0, 0);
    for ledger in &ledgers {
        entries += ledger.entries.len();
        if let Err(reason) = sealed.verify(&ledger.head, &ledger.entries) {
            broken += 1;
            println!("{}: {reason}", ledger.head.account);
        }
    }
    if options.account.is_none() {
        let here: BTreeSet<_> = ledgers.iter().map(|ledger| &ledger.head.account).collect();
        for account in sealed.accounts().filter(|account| !here.contains(account)) {
            broken += 1;
            println!("{account}: its ledger is missing");
        }
    }
    println!("{} ledgers, {entries} entries, {count} seals, {broken} broken", ledgers.len());
    if broken == 0 {
        return Ok(());
    }
    Err("a ledger is broken; do not trust it, and find out who wrote to the table".to_owned())
}

/// How many seals there are, and what they say.
fn sealed(shared: &Shared, options: &Verify, as_of: Timestamp) -> Result<(usize, Sealed), Failed> {
    let in_data = |given: &Option<PathBuf>, name: &str| given.clone().unwrap_or_else(|| shared.data.join(name));
    let file = in_data(&options.public_key, seals::PUBLIC_KEY);
    let key = std::fs::read_to_string(&file).map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
    let key = PublicKey::parse(&key)
        .ok_or_else(|| format!("{} is no public key, neither Ed25519 nor P-256", file.display()))?;
    let all = seals::read(&in_data(&options.seals, seals::FOLDER)).map_err(|error| error.to_string())?;
    let count = all.len();
    let is_ours = |seal: &Seal| key.is_good(&seal.hash(), &seal.signature);
    let sealed = Sealed::read(all, is_ours, as_of);
    let sealed =
        sealed.map_err(|unsound| format!("the seals cannot be trusted, and the ledgers no more: {unsound}"))?;
    Ok((count, sealed))
}

async fn service_time(shared: &Shared) -> Result<Timestamp, Failed> {
    let clock = get(shared, "/local/clock").await?;
    let now = clock["now"].as_str().and_then(|now| now.parse().ok());
    now.ok_or_else(|| "the service does not say its time; give --as-of".to_owned())
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
    let mut paths: Vec<_> = accounts.iter().map(|account| format!("/api/accounts/{account}/ledger")).collect();
    if account.is_none() {
        let named =
            |source: &Value| Some((source["provider"].as_str()?.to_owned(), source["source"].as_str()?.to_owned()));
        let sources = all(shared, "/api/sources").await?;
        paths.extend(
            sources
                .iter()
                .filter_map(named)
                .map(|(provider, source)| format!("/api/sources/{provider}/{source}/ledger")),
        );
    }
    let mut ledgers = Vec::new();
    for path in &paths {
        ledgers.push(ledger_at(shared, path).await?);
    }
    Ok(ledgers)
}

async fn ledger_at(shared: &Shared, path: &str) -> Result<Ledger, Failed> {
    let read = |error: serde_json::Error| error.to_string();
    let items = all(shared, &format!("{path}?limit=500")).await?;
    let head = get(shared, &format!("{path}/head")).await?;
    let head = serde_json::from_value(head).map_err(read)?;
    let entries = items.into_iter().map(serde_json::from_value).collect::<Result<_, _>>().map_err(read)?;
    Ok(Ledger { head, entries })
}
