//! Messages to people: mail by SES, Slack by its Web API, and phones by SNS where the stack has them switched on.

use crate::vault::Secrets;
use app::ports::{Channel, Letter, NoReply, Post, Unsent};
use async_trait::async_trait;
use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message, MessageHeader};
use http::Method;
use network::Network;
use phone::Phone;
use providers::{Request, slack};
use serde_json::{Value, json};
use std::sync::Arc;

pub struct Sender {
    pub mail: Client,
    pub from: String,
    pub network: Network,
    pub secrets: Arc<Secrets>,
    /// None where messages to phones are not switched on.
    pub phone: Option<Phone>,
}

#[async_trait]
impl Post for Sender {
    async fn send(&self, letter: &Letter) -> Result<Option<String>, Unsent> {
        match letter.channel {
            Channel::Mail => self.mail(letter).await.map(|()| None),
            Channel::Slack => {
                let to = json!({"channel": letter.to, "unfurl_links": false});
                self.slack("chat.postMessage", to, letter).await
            }
            Channel::Sms => match &self.phone {
                Some(phone) => phone.send(letter).await.map(|()| None),
                None => Err(Unsent::refused("messages to phones are not switched on: `SendSms` of the stack")),
            },
        }
    }

    async fn change(&self, place: &str, letter: &Letter) -> Result<(), Unsent> {
        let Some((channel, ts)) = place.split_once('/') else { return Ok(()) };
        self.slack("chat.update", json!({"channel": channel, "ts": ts}), letter).await.map(drop)
    }
}

impl Sender {
    async fn mail(&self, letter: &Letter) -> Result<(), Unsent> {
        let content = |text: &str| Content::builder().data(text).charset("UTF-8").build().map_err(Unsent::refused);
        let body = Body::builder().text(content(&letter.text)?).html(content(&letter.html)?).build();
        let mut message = Message::builder().subject(content(&letter.subject)?).body(body);
        for (name, value) in letter.headers() {
            let header = MessageHeader::builder().name(name).value(value).build();
            message = message.headers(header.map_err(Unsent::refused)?);
        }
        let message = message.build();
        let sent = self
            .mail
            .send_email()
            .from_email_address(&self.from)
            .destination(Destination::builder().to_addresses(&letter.to).build())
            .content(EmailContent::builder().simple(message).build())
            .send()
            .await;
        sent.map(drop).map_err(|error| match &error {
            SdkError::ConstructionFailure(_) => Unsent::refused("the mail could not be made"),
            // Its words name addresses: they go no further.
            SdkError::ServiceError(answer) => {
                Unsent::by_service("the mail service", answer.err().code(), answer.raw().status().is_client_error())
            }
            _ => Unsent::Unknown("the mail service does not answer".to_owned()),
        })
    }

    /// Where the message stands.
    async fn slack(&self, method: &str, mut body: Value, letter: &Letter) -> Result<Option<String>, Unsent> {
        let token = self.secrets.slack().await.map_err(Unsent::refused)?;
        body["text"] = json!(format!("*{}*\n{}", plain(&letter.subject), plain(&letter.text)));
        if let Some(blocks) = &letter.blocks {
            body["blocks"] = blocks["blocks"].clone();
        }
        let headers = vec![
            ("authorization", format!("Bearer {token}")),
            ("content-type", "application/json; charset=utf-8".to_owned()),
        ];
        let url = format!("https://slack.com/api/{method}");
        let request = Request { method: Method::POST, url, headers, body: body.to_string() };
        let answered = self.network.send(request, true).await.map_err(|error| match error {
            NoReply::NotSent | NoReply::NoKey => Unsent::refused("Slack could not be reached"),
            NoReply::Unknown => Unsent::Unknown("Slack does not answer".to_owned()),
        })?;
        let retry_after = answered.retry_after.as_deref();
        Unsent::unless_posted(slack::posted(answered.reply.status, retry_after, &answered.reply.body))
    }
}

/// What people wrote must not become a link or call a whole channel.
fn plain(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
