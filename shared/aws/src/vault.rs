//! Secrets from Secrets Manager, kept for a few minutes so that a rotation is seen soon.

use app::fault::Fault;
use app::identity::Identity;
use app::ports::{Clock, Vault};
use async_trait::async_trait;
use aws_sdk_secretsmanager::Client;
use jiff::{SignedDuration, Timestamp};
use network::Keyring;
use providers::{Keys, Secret};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::Mutex;

/// How long a secret is believed.
const FRESH: SignedDuration = SignedDuration::from_mins(5);

pub struct Secrets {
    client: Client,
    clock: Arc<dyn Clock>,
    names: Names,
    kept: Mutex<BTreeMap<String, (Timestamp, String)>>,
}

/// What the secrets are called in this stack; a function has only those that it may read.
#[derive(Default)]
pub struct Names {
    pub signing: Option<String>,
    pub tokens: Option<String>,
    /// What links to pay are made with.
    pub links: Option<String>,
    /// What the secrets of the product's endpoints are computed from.
    pub outgoing: Option<String>,
    /// The providers' API keys: to read, or to act, as the function is given.
    pub providers: Option<String>,
    pub slack: Option<String>,
    pub slack_signing: Option<String>,
    pub identity: Option<String>,
}

impl Secrets {
    pub fn new(client: Client, clock: Arc<dyn Clock>, names: Names) -> Self {
        Self { client, clock, names, kept: Mutex::default() }
    }

    pub async fn slack(&self) -> Result<String, Fault> {
        self.value(self.names.slack.as_ref()).await
    }

    async fn of_source(&self, name: Option<&String>, provider: &str, source: &str) -> Result<Option<String>, Fault> {
        let json = self.value(name).await?;
        let mut all: BTreeMap<String, String> = serde_json::from_str(&json)
            .map_err(|_| Fault::Park("a secret is not the JSON object that it should be".to_owned()))?;
        Ok(all.remove(&format!("{provider}/{source}")))
    }

    /// One that the template made: without it anybody could sign.
    async fn made(&self, name: Option<&String>, what: &str) -> Result<Secret, Fault> {
        let secret = self.value(name).await?;
        if secret.is_empty() { Err(Fault::Park(format!("{what} is empty"))) } else { Ok(Secret::new(secret)) }
    }

    async fn value(&self, name: Option<&String>) -> Result<String, Fault> {
        let name =
            name.ok_or_else(|| Fault::Park("this function was not given the secret that it needs".to_owned()))?;
        let now = self.clock.now();
        let mut kept = self.kept.lock().await;
        if let Some((_, value)) = kept.get(name).filter(|(read_at, _)| now.duration_since(*read_at) < FRESH) {
            return Ok(value.clone());
        }
        let answer = self.client.get_secret_value().secret_id(name).send().await;
        let value = answer
            .map_err(|error| Fault::Retry(format!("the secrets do not answer: {error}")))?
            .secret_string
            .unwrap_or_default();
        kept.insert(name.clone(), (now, value.clone()));
        Ok(value)
    }
}

/// Secrets that are separated by commas while they are rotated.
fn several(value: &str) -> Vec<Secret> {
    value.split(',').map(str::trim).filter(|secret| !secret.is_empty()).map(Secret::new).collect()
}

#[async_trait]
impl Keyring for Secrets {
    async fn provider_key(&self, provider: &str, source: &str) -> Result<String, Fault> {
        self.of_source(self.names.providers.as_ref(), provider, source)
            .await?
            .ok_or_else(|| Fault::Park(format!("no API key is set for {provider}/{source}")))
    }
}

#[async_trait]
impl Vault for Secrets {
    /// The stronger keys of a source stand under its name with `/hmac` behind it.
    async fn keys(&self, provider: &str, source: &str) -> Result<Keys, Fault> {
        let named = async |source: &str| -> Result<Vec<Secret>, Fault> {
            let secrets = self.of_source(self.names.signing.as_ref(), provider, source).await?;
            Ok(several(&secrets.unwrap_or_default()))
        };
        Ok(Keys { signing: named(source).await?, stronger: named(&format!("{source}/hmac")).await? })
    }

    async fn tokens(&self) -> Result<Secret, Fault> {
        self.made(self.names.tokens.as_ref(), "the token secret").await
    }

    async fn outgoing(&self) -> Result<Secret, Fault> {
        self.made(self.names.outgoing.as_ref(), "the secret of outgoing events").await
    }

    /// Public keys are no secret; they stand where they can be changed without a deployment.
    async fn identity(&self) -> Result<Option<Identity>, Fault> {
        let Some(name) = self.names.identity.as_ref() else { return Ok(None) };
        let json = self.value(Some(name)).await?;
        if matches!(json.trim(), "" | "none") {
            return Ok(None);
        }
        let read = serde_json::from_str(&json).map(Some);
        read.map_err(|error| Fault::Park(format!("the identity provider's settings cannot be read: {error}")))
    }

    async fn links(&self) -> Result<Vec<Secret>, Fault> {
        Ok(several(&self.value(self.names.links.as_ref()).await?))
    }

    async fn slack_signing(&self) -> Result<Vec<Secret>, Fault> {
        Ok(several(&self.value(self.names.slack_signing.as_ref()).await?))
    }
}
