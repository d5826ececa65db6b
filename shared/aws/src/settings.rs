//! The environment, read once. What is missing fails the cold start by name.

use crate::archive::S3;
use crate::post::Sender;
use crate::queue::{QueueUrls, Sqs};
use crate::run::Error;
use crate::seals::{Kms, Locked};
use crate::vault::{Names, Secrets};
use app::context::{Context, Settings};
use app::ports::{Clock, Press, Unprinted};
use async_trait::async_trait;
use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::Region;
use aws_sdk_sesv2::config::retry::RetryConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use domain::document::TaxDocument;
use domain::policies::Policies;
use jiff::Timestamp;
use network::{Network, Outside};
use phone::Phone;
use std::sync::Arc;
use std::time::Duration;
use tables::{Dynamo, TableNames};

fn needed(name: &str) -> Result<String, Error> {
    std::env::var(name)
        .ok()
        .filter(|value| !value.is_empty())
        .ok_or_else(|| format!("the environment variable {name} is not set; the template sets it").into())
}

fn given(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Builds what the handlers are given, once per cold start.
pub fn context() -> Result<Context, Error> {
    tracing_subscriber::fmt().json().flatten_event(true).without_time().with_target(false).init();
    let region = Region::new(needed("AWS_REGION")?);
    let credentials = Credentials::new(
        needed("AWS_ACCESS_KEY_ID")?,
        needed("AWS_SECRET_ACCESS_KEY")?,
        given("AWS_SESSION_TOKEN"),
        None,
        "lambda",
    );
    let http: SharedHttpClient =
        aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let clock: Arc<dyn Clock> = Arc::new(MachineClock);

    macro_rules! client {
        ($sdk:ident) => {
            client!($sdk, |config| config)
        };
        ($sdk:ident, |$config:ident| $set:expr) => {{
            let config = $sdk::Config::builder()
                .behavior_version($sdk::config::BehaviorVersion::latest())
                .region(region.clone())
                .credentials_provider(credentials.clone())
                .http_client(http.clone());
            let $config = match given("AWS_ENDPOINT_URL") {
                Some(endpoint) => config.endpoint_url(endpoint),
                None => config,
            };
            $sdk::Client::from_conf($set.build())
        }};
    }

    let secrets = Arc::new(Secrets::new(client!(aws_sdk_secretsmanager), clock.clone(), names()));
    let s3 = client!(aws_sdk_s3);
    let phone = given("RECOUP_SEND_SMS").filter(|switch| switch == "yes").map(|_| {
        let origin = given("AWS_ENDPOINT_URL");
        Phone::new(region.to_string(), credentials.clone(), http.clone(), origin, given("RECOUP_SMS_FROM"))
    });
    let texts = phone.is_some();
    let network = Network::new(secrets.clone(), given("RECOUP_PROVIDERS_AT"));
    let tables =
        TableNames([needed("RECOUP_TABLE_ACCOUNTS")?, needed("RECOUP_TABLE_FACTS")?, needed("RECOUP_TABLE_CONFIG")?]);
    Ok(Context {
        store: Arc::new(Dynamo::new(client!(aws_sdk_dynamodb), tables)),
        queue: Arc::new(Sqs { client: client!(aws_sdk_sqs), urls: urls()? }),
        http: Arc::new(network.clone()),
        post: Arc::new(Sender {
            // What may have been taken is not sent again: a letter leaves once.
            mail: client!(aws_sdk_sesv2, |config| config.retry_config(RetryConfig::disabled())),
            from: needed("RECOUP_MAIL_FROM")?,
            network,
            secrets: secrets.clone(),
            phone,
        }),
        courier: Arc::new(Outside::new(false)),
        archive: Arc::new(S3 { client: s3.clone(), bucket: needed("RECOUP_ARCHIVE")? }),
        press: Arc::new(NoPress),
        vault: secrets,
        signer: Arc::new(Kms { client: client!(aws_sdk_kms), key: given("RECOUP_SEALING_KEY") }),
        seals: Arc::new(Locked { client: s3, bucket: given("RECOUP_SEALS") }),
        clock,
        policies: Arc::new(Policies::shipped()?),
        settings: Arc::new(Settings {
            base_url: needed("RECOUP_BASE_URL")?,
            approvals_channel: needed("RECOUP_APPROVALS_CHANNEL")?,
            mail_from: needed("RECOUP_MAIL_FROM")?,
            texts,
            local: false,
        }),
        warm: Arc::default(),
    })
}

fn names() -> Names {
    Names {
        signing: given("RECOUP_SECRET_SIGNING"),
        tokens: given("RECOUP_SECRET_TOKENS"),
        links: given("RECOUP_SECRET_LINKS"),
        outgoing: given("RECOUP_SECRET_OUTGOING"),
        providers: given("RECOUP_SECRET_PROVIDERS"),
        slack: given("RECOUP_SECRET_SLACK"),
        slack_signing: given("RECOUP_SECRET_SLACK_SIGNING"),
        identity: given("RECOUP_SECRET_IDENTITY"),
    }
}

fn urls() -> Result<QueueUrls, Error> {
    Ok(QueueUrls {
        events: needed("RECOUP_QUEUE_EVENTS")?,
        dunning: needed("RECOUP_QUEUE_DUNNING")?,
        approval: needed("RECOUP_QUEUE_APPROVAL")?,
        report: needed("RECOUP_QUEUE_REPORT")?,
        dead: given("RECOUP_QUEUE_DEAD"),
    })
}

/// What sets pages weighs more than everything else: the one function that carries it puts its own press here.
struct NoPress;

#[async_trait]
impl Press for NoPress {
    async fn pdf(&self, _: &TaxDocument) -> Result<Vec<u8>, Unprinted> {
        Err(Unprinted::Missing)
    }
}

/// One clock for everything: there is no other on AWS.
struct MachineClock;

#[async_trait]
impl Clock for MachineClock {
    #[allow(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn machine(&self) -> Timestamp {
        self.now()
    }

    fn witnesses(&self) -> Vec<Timestamp> {
        vec![self.now()]
    }

    /// Waits longer each time, and never as long as a neighbour that began in the same moment.
    async fn pause(&self, attempt: u32) {
        let jitter = u64::try_from(self.now().subsec_nanosecond() % 20).unwrap_or(0);
        tokio::time::sleep(Duration::from_millis(u64::from(attempt) * (10 + jitter))).await;
    }
}
