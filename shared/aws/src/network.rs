//! Calls to the outside over the one TLS stack that the SDK uses anyway.

use crate::vault::Secrets;
use app::ports::{Http, NoReply};
use async_trait::async_trait;
use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use providers::{Call, Reply};
use std::sync::Arc;
use std::time::Duration;

/// How long a question may take: nothing depends on its answer at once, and others wait behind it.
const GLANCE: Duration = Duration::from_secs(2);
/// How long a provider may take.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Clone)]
pub struct Network {
    pub connector: SharedHttpConnector,
    pub secrets: Arc<Secrets>,
}

/// A request to any address.
pub struct Outgoing<'a> {
    pub method: &'a str,
    pub url: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
    pub patient: bool,
}

/// What was answered, and for how long whoever answered wants to be left alone.
pub struct Answered {
    pub reply: Reply,
    pub retry_after: Option<String>,
}

impl Network {
    pub async fn send(&self, outgoing: Outgoing<'_>) -> Result<Answered, NoReply> {
        let patience = if outgoing.patient { PATIENCE } else { GLANCE };
        let mut request = HttpRequest::new(SdkBody::from(outgoing.body));
        request.set_method(outgoing.method).map_err(|_| NoReply::NotSent)?;
        request.set_uri(outgoing.url).map_err(|_| NoReply::NotSent)?;
        for (name, value) in outgoing.headers {
            request.headers_mut().try_insert(name, value).map_err(|_| NoReply::NotSent)?;
        }
        let exchange = async {
            // Whether the request had left when the connection failed cannot be told: it may have been done.
            let answer = self.connector.call(request).await.map_err(|_| NoReply::Unknown)?;
            let status = answer.status().as_u16();
            let retry_after = answer.headers().get("retry-after").map(str::to_owned);
            let body = aws_sdk_s3::primitives::ByteStream::new(answer.into_body())
                .collect()
                .await
                .map_err(|_| NoReply::Unknown)?;
            let body = String::from_utf8(body.into_bytes().to_vec()).map_err(|_| NoReply::Unknown)?;
            Ok(Answered { reply: Reply { status, body }, retry_after })
        };
        tokio::time::timeout(patience, exchange).await.unwrap_or(Err(NoReply::Unknown))
    }
}

#[async_trait]
impl Http for Network {
    async fn call(&self, provider: &str, source: &str, call: &Call) -> Result<Reply, NoReply> {
        let provider = providers::named(provider).ok_or(NoReply::NotSent)?;
        let key = self.secrets.provider_key(provider.name, source).await.map_err(|_| NoReply::NotSent)?;
        let api = provider.api.ok_or(NoReply::NotSent)?;
        let mut headers = (api.headers)(&key);
        headers.extend(call.idempotency_key.clone().map(|key| ("idempotency-key", key)));
        let base = api.base.replace("{source}", source);
        let url = format!("{base}{}", call.path);
        let outgoing =
            Outgoing { method: call.method.as_str(), url, headers, body: call.body.clone(), patient: call.patient };
        self.send(outgoing).await.map(|answered| answered.reply)
    }
}
