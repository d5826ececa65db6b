//! Secrets of the local service: from the environment, or the well-known ones of a test.

use crate::disk::Disk;
use app::fault::Fault;
use app::identity::Identity;
use app::ports::Vault;
use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use providers::{self, Keys, Secret};
use std::collections::BTreeMap;

pub struct LocalVault {
    /// By provider and source.
    sources: BTreeMap<(String, String), Keys>,
    tokens: Secret,
    links: Vec<Secret>,
    outgoing: Secret,
    slack: Vec<Secret>,
    identity: Option<Identity>,
}

const TOKENS: &str = "token_secret";
const LINKS: &str = "link_secret";
const OUTGOING: &str = "outgoing_secret";

/// Why there are no secrets.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error("{0} is set but empty; set it to the signing secret, or unset it")]
    Empty(String),
    #[error("the data folder cannot be read: {0}")]
    Disk(#[from] rusqlite::Error),
    #[error("RECOUP_SECRET_IDENTITY is not {{\"issuer\",\"audience\",\"keys\"}}: {0}")]
    Identity(String),
    #[error("the machine gives no random bytes: {0}")]
    Random(String),
}

/// The keys of every source: each provider's `default`, and what the variables name that begin with `RECOUP_SECRET_`.
pub fn sources(environment: &BTreeMap<String, String>) -> Result<BTreeMap<(String, String), Keys>, VaultError> {
    let known = |name: &str| providers::named(&name.to_lowercase()).map(|provider| provider.name.to_owned());
    let mut sources: BTreeMap<_, _> = providers::ALL
        .iter()
        .map(|provider| {
            ((provider.name.to_owned(), "default".to_owned()), Keys::signing([Secret::new(well_known(provider.name))]))
        })
        .collect();
    for (name, value) in environment {
        let Some((provider, source)) = name.strip_prefix("RECOUP_SECRET_").and_then(|rest| rest.split_once('_')) else {
            continue;
        };
        let Some(provider) = known(provider) else { continue };
        let secrets = named(name, value)?;
        match source.strip_suffix("_HMAC") {
            Some(source) => sources.entry((provider, source.to_lowercase())).or_default().stronger = secrets,
            None => sources.entry((provider, source.to_lowercase())).or_default().signing = secrets,
        }
    }
    Ok(sources)
}

/// Secrets that are separated by commas while they are rotated.
fn several(value: &str) -> Vec<Secret> {
    value.split(',').map(str::trim).filter(|secret| !secret.is_empty()).map(Secret::new).collect()
}

/// The same of a variable, which is not set to nothing.
fn named(name: &str, value: &str) -> Result<Vec<Secret>, VaultError> {
    let secrets = several(value);
    if secrets.is_empty() { Err(VaultError::Empty(name.to_owned())) } else { Ok(secrets) }
}

/// What a provider signs with where nothing else is said.
fn well_known(provider: &str) -> String {
    let secret = format!("test_{provider}_secret");
    match provider {
        "chargebee" => format!("recoup:{secret}"),
        "revenuecat" => format!("Bearer {secret}"),
        "ticket" => format!("whsec_{}", STANDARD.encode(secret)),
        _ => secret,
    }
}

impl LocalVault {
    /// `environment` are the variables that begin with `RECOUP_SECRET_`.
    pub fn open(disk: &Disk, environment: &BTreeMap<String, String>) -> Result<Self, VaultError> {
        let slack = several(environment.get("RECOUP_SECRET_SLACK").map_or("test_slack_secret", String::as_str));
        let links = match environment.get("RECOUP_SECRET_LINKS") {
            Some(all) => named("RECOUP_SECRET_LINKS", all)?,
            None => vec![made(disk, LINKS)?],
        };
        let identity = environment.get("RECOUP_SECRET_IDENTITY").map(|json| serde_json::from_str(json)).transpose();
        let identity = identity.map_err(|error| VaultError::Identity(error.to_string()))?;
        let (tokens, outgoing) = (tokens(disk)?, made(disk, OUTGOING)?);
        Ok(Self { sources: sources(environment)?, tokens, links, outgoing, slack, identity })
    }

    /// Every source, by provider and name.
    pub fn names(&self) -> impl Iterator<Item = (&str, &str)> {
        self.sources.keys().map(|(provider, source)| (provider.as_str(), source.as_str()))
    }
}

/// The token secret of this data folder, made on first use.
pub fn tokens(disk: &Disk) -> Result<Secret, VaultError> {
    made(disk, TOKENS)
}

/// A secret of this data folder by its name, made on first use.
fn made(disk: &Disk, name: &str) -> Result<Secret, VaultError> {
    if let Some(secret) = disk.setting(name)? {
        return Ok(Secret::new(secret));
    }
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| VaultError::Random(error.to_string()))?;
    // Two commands may start at once on a fresh folder: the first secret stays.
    disk.write("INSERT OR IGNORE INTO setting VALUES (?1, ?2)", [name, &hex::encode(bytes)])?;
    Ok(Secret::new(disk.setting(name)?.unwrap_or_default()))
}

#[async_trait]
impl Vault for LocalVault {
    async fn keys(&self, provider: &str, source: &str) -> Result<Keys, Fault> {
        Ok(self.sources.get(&(provider.to_owned(), source.to_owned())).cloned().unwrap_or_default())
    }

    async fn tokens(&self) -> Result<Secret, Fault> {
        Ok(self.tokens.clone())
    }

    async fn outgoing(&self) -> Result<Secret, Fault> {
        Ok(self.outgoing.clone())
    }

    async fn identity(&self) -> Result<Option<Identity>, Fault> {
        Ok(self.identity.clone())
    }

    async fn links(&self) -> Result<Vec<Secret>, Fault> {
        Ok(self.links.clone())
    }

    async fn slack_signing(&self) -> Result<Vec<Secret>, Fault> {
        Ok(self.slack.clone())
    }
}
