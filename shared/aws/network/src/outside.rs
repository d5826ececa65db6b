//! Calls to addresses that customers of ours name: to none of this machine or of a private network, whatever a name leads to.

use crate::{CONNECTING, leaving};
use app::deadline::DELIVERY;
use app::ports::{Answered, Courier, Unanswered, may_reach};
use async_trait::async_trait;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns, ResolveDnsError};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorSettings, SharedHttpConnector};
use providers::Request;
use std::net::IpAddr;
use std::sync::OnceLock;

pub struct Outside {
    /// Built when something is first brought: most processes never do.
    connector: OnceLock<SharedHttpConnector>,
    /// One machine, where whoever tries it out listens beside it.
    local: bool,
}

impl Outside {
    pub fn new(local: bool) -> Self {
        Self { connector: OnceLock::new(), local }
    }

    fn connector(&self) -> &SharedHttpConnector {
        self.connector.get_or_init(|| {
            let patience = HttpConnectorSettings::builder().connect_timeout(CONNECTING).build();
            let connector = Connector::builder()
                .connector_settings(patience)
                .sleep_impl(TokioSleep::new())
                .tls_provider(Provider::Rustls(CryptoMode::Ring))
                .build_with_resolver(Public { local: self.local });
            SharedHttpConnector::new(connector)
        })
    }

    /// Whether an address that needs no look-up, which asks no resolver, may be reached.
    fn may_reach(&self, url: &str) -> bool {
        let authority = url.split_once("://").map_or("", |(_, rest)| rest).split(['/', '?']).next().unwrap_or_default();
        let host = match authority.strip_prefix('[') {
            Some(rest) => rest.split(']').next(),
            None => authority.split(':').next(),
        };
        host.and_then(|host| host.parse::<IpAddr>().ok()).is_none_or(|ip| may_reach(ip, self.local))
    }
}

#[async_trait]
impl Courier for Outside {
    async fn bring(&self, request: Request) -> Result<Answered, Unanswered> {
        if !self.may_reach(&request.url) {
            return Err(Unanswered::NotReached);
        }
        let request = leaving(request).ok_or(Unanswered::NotReached)?;
        let exchange = async {
            // It is followed nowhere, and its body is dropped unread.
            let answer = self.connector().call(request).await.map_err(|_| Unanswered::NotReached)?;
            let after_secs = answer.headers().get("retry-after").and_then(|secs| secs.trim().parse().ok());
            Ok(Answered { status: answer.status().as_u16(), after_secs })
        };
        tokio::time::timeout(DELIVERY.unsigned_abs(), exchange).await.unwrap_or(Err(Unanswered::Silent))
    }
}

/// Looks a name up, and finds nothing where one of its addresses must not be reached: a name that leads to two places is not
/// tried until it leads to the right one.
#[derive(Debug, Clone)]
struct Public {
    local: bool,
}

impl ResolveDns for Public {
    fn resolve_dns<'a>(&'a self, name: &'a str) -> DnsFuture<'a> {
        DnsFuture::new(async move {
            let found = tokio::net::lookup_host((name, 0)).await.map_err(ResolveDnsError::new)?;
            let found: Vec<IpAddr> = found.map(|address| address.ip()).collect();
            if found.iter().all(|ip| may_reach(*ip, self.local)) {
                Ok(found)
            } else {
                Err(ResolveDnsError::new("it leads into a private network"))
            }
        })
    }
}
