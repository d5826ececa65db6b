//! Calls to the outside over the one TLS stack that the SDK uses anyway. A crate of its own, so that tests read what it sends
//! without building a client of every AWS service.

mod outside;

use app::deadline::{GLANCE, PATIENCE};
use app::fault::Fault;
use app::ports::{Http, NoReply};
use async_trait::async_trait;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorSettings, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use providers::{Call, Reply, Request};
use std::sync::Arc;
use std::time::Duration;

pub use outside::Outside;

/// How long a connection may take.
const CONNECTING: Duration = Duration::from_secs(5);
/// For how long anybody may want to be left alone: a day, nobody means more.
const AFTER_SECS_MAX: i64 = 86_400;

/// Where the providers' API keys are.
#[async_trait]
pub trait Keyring: Send + Sync {
    /// The API key for a source: what it may do is up to whoever made it.
    async fn provider_key(&self, provider: &str, source: &str) -> Result<String, Fault>;
}

#[derive(Clone)]
pub struct Network {
    connector: SharedHttpConnector,
    keys: Arc<dyn Keyring>,
    /// Where every provider answers instead, in a rehearsal.
    instead: Option<String>,
}

/// What was answered, and for how long whoever answered wants to be left alone.
pub struct Answered {
    pub reply: Reply,
    pub retry_after: Option<String>,
}

impl Network {
    pub fn new(keys: Arc<dyn Keyring>, instead: Option<String>) -> Self {
        let patience = HttpConnectorSettings::builder().connect_timeout(CONNECTING).build();
        let connector = Connector::builder()
            .connector_settings(patience)
            .sleep_impl(TokioSleep::new())
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build();
        Self { connector: SharedHttpConnector::new(connector), keys, instead }
    }

    /// Sends a request to any address.
    pub async fn send(&self, request: Request, patient: bool) -> Result<Answered, NoReply> {
        let patience = if patient { PATIENCE } else { GLANCE }.unsigned_abs();
        let outgoing = leaving(request).ok_or(NoReply::NotSent)?;
        let exchange = async {
            // Whether the request had left when the connection failed cannot be told: it may have been done.
            let answer = self.connector.call(outgoing).await.map_err(|_| NoReply::Unknown)?;
            let status = answer.status().as_u16();
            let retry_after = answer.headers().get("retry-after").map(str::to_owned);
            let body = ByteStream::new(answer.into_body()).collect().await.map_err(|_| NoReply::Unknown)?;
            let body = String::from_utf8(body.into_bytes().to_vec()).map_err(|_| NoReply::Unknown)?;
            Ok(Answered { reply: Reply { status, body }, retry_after })
        };
        tokio::time::timeout(patience, exchange).await.unwrap_or(Err(NoReply::Unknown))
    }
}

/// A request as the connector takes it; nothing, if it is none.
fn leaving(request: Request) -> Option<HttpRequest> {
    let mut leaving = HttpRequest::new(SdkBody::from(request.body));
    leaving.set_method(request.method.as_str()).ok()?;
    leaving.set_uri(request.url).ok()?;
    for (name, value) in request.headers {
        leaving.headers_mut().try_insert(name, value).ok()?;
    }
    Some(leaving)
}

#[async_trait]
impl Http for Network {
    async fn call(&self, provider: &str, source: &str, call: &Call) -> Result<Reply, NoReply> {
        self.exchanged(provider, source, call).await.map(|answered| answered.reply)
    }

    async fn call_and_rest(&self, provider: &str, source: &str, call: &Call) -> Result<(Reply, Option<i64>), NoReply> {
        let Answered { reply, retry_after } = self.exchanged(provider, source, call).await?;
        let asked = retry_after.and_then(|secs| secs.trim().parse::<u32>().ok());
        Ok((reply, asked.map(|secs| i64::from(secs).min(AFTER_SECS_MAX))))
    }
}

impl Network {
    /// Asks a provider, or a help desk, with the key of the source.
    async fn exchanged(&self, provider: &str, source: &str, call: &Call) -> Result<Answered, NoReply> {
        let provider = providers::named(provider).ok_or(NoReply::NotSent)?;
        if provider.base(source).is_none() {
            return Err(NoReply::NotSent);
        }
        let key = self.keys.provider_key(provider.name, source).await.map_err(|fault| match fault {
            Fault::Park(_) => NoReply::NoKey,
            Fault::Retry(_) => NoReply::NotSent,
        })?;
        let mut request = provider.request(&key, source, call).ok_or(NoReply::NotSent)?;
        if let Some(origin) = &self.instead {
            request.url = rehearsed(origin, provider.name, &request.url);
        }
        self.send(request, call.patient).await
    }
}

/// The same path at another place, below the provider's name.
fn rehearsed(origin: &str, provider: &str, url: &str) -> String {
    let behind = url.split_once("://").map_or(url, |(_, behind)| behind);
    let path = behind.split_once('/').map_or("", |(_, path)| path);
    format!("{}/{provider}/{path}", origin.trim_end_matches('/'))
}
