//! Secrets of the local service: from the environment, or the well-known ones of a test.

use crate::disk::Disk;
use async_trait::async_trait;
use shared::app::fault::Fault;
use shared::app::ports::Vault;
use shared::providers::{self, Secret};
use std::collections::BTreeMap;

pub struct LocalVault {
    /// By `provider/source`.
    signing: BTreeMap<String, Vec<Secret>>,
    tokens: Secret,
}

const SETTING: &str = "token_secret";

/// Why there are no secrets.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error("{0} is set but empty; set it to the signing secret, or unset it")]
    Empty(String),
    #[error("the data folder cannot be read: {0}")]
    Disk(#[from] rusqlite::Error),
    #[error("the machine gives no random bytes: {0}")]
    Random(String),
}

impl LocalVault {
    /// `environment` are the variables that begin with `RECOUP_SECRET_`.
    pub fn open(disk: &Disk, environment: &BTreeMap<String, String>) -> Result<Self, VaultError> {
        let mut signing: BTreeMap<String, Vec<Secret>> = providers::ALL
            .iter()
            .map(|provider| (format!("{}/default", provider.name), vec![Secret::new(format!("test_{}_secret", provider.name))]))
            .collect();
        for (name, value) in environment {
            let Some((provider, source)) = name.strip_prefix("RECOUP_SECRET_").and_then(|rest| rest.split_once('_')) else { continue };
            let secrets: Vec<_> = value.split(',').map(str::trim).filter(|secret| !secret.is_empty()).map(Secret::new).collect();
            if secrets.is_empty() {
                return Err(VaultError::Empty(name.clone()));
            }
            signing.insert(format!("{}/{}", provider.to_lowercase(), source.to_lowercase()), secrets);
        }
        Ok(Self { signing, tokens: tokens(disk)? })
    }
}

/// The token secret of this data folder, made on first use.
pub fn tokens(disk: &Disk) -> Result<Secret, VaultError> {
    if let Some(secret) = disk.setting(SETTING)? {
        return Ok(Secret::new(secret));
    }
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| VaultError::Random(error.to_string()))?;
    // Two commands may start at once on a fresh folder: the first secret stays.
    disk.write("INSERT OR IGNORE INTO setting VALUES (?1, ?2)", [SETTING, &hex::encode(bytes)])?;
    Ok(Secret::new(disk.setting(SETTING)?.unwrap_or_default()))
}

#[async_trait]
impl Vault for LocalVault {
    async fn signing(&self, provider: &str, source: &str) -> Result<Vec<Secret>, Fault> {
        Ok(self.signing.get(&format!("{provider}/{source}")).cloned().unwrap_or_default())
    }

    async fn tokens(&self) -> Result<Secret, Fault> {
        Ok(self.tokens.clone())
    }
}
