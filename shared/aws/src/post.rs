//! Messages to people: mail by SES, Slack by its Web API.

use crate::network::{Network, Outgoing};
use app::ports::{Channel, Letter, NoReply, Post, Unsent};
use async_trait::async_trait;
use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message};
use serde_json::{Value, json};

pub struct Sender {
    pub mail: Client,
    pub from: String,
    pub network: Network,
}

#[async_trait]
impl Post for Sender {
    async fn send(&self, letter: &Letter) -> Result<(), Unsent> {
        match letter.channel {
            Channel::Mail => self.mail(letter).await,
            Channel::Slack => self.slack(letter).await,
        }
    }
}

impl Sender {
    async fn mail(&self, letter: &Letter) -> Result<(), Unsent> {
        let content =
            |text: &str| Content::builder().data(text).charset("UTF-8").build().map_err(|error| Unsent::NotSent(error.to_string()));
        let body = Body::builder().text(content(&letter.text)?).html(content(&letter.html)?).build();
        let message = Message::builder().subject(content(&letter.subject)?).body(body).build();
        let sent = self
            .mail
            .send_email()
            .from_email_address(&self.from)
            .destination(Destination::builder().to_addresses(&letter.to).build())
            .content(EmailContent::builder().simple(message).build())
            .send()
            .await;
        sent.map(drop).map_err(|error| match error.as_service_error() {
            Some(refusal) => Unsent::NotSent(format!("the mail service refuses: {refusal}")),
            None => Unsent::Unknown(format!("the mail service does not answer: {error}")),
        })
    }

    /// Slack answers 200 to everything and says in the body whether it worked.
    async fn slack(&self, letter: &Letter) -> Result<(), Unsent> {
        let token = self.network.secrets.slack().await.map_err(|fault| Unsent::NotSent(fault.to_string()))?;
        let body = json!({"channel": letter.to, "text": format!("*{}*\n{}", letter.subject, letter.text), "unfurl_links": false});
        let headers = vec![("authorization", format!("Bearer {token}")), ("content-type", "application/json; charset=utf-8".to_owned())];
        let outgoing = Outgoing {
            method: "POST",
            url: "https://slack.com/api/chat.postMessage".to_owned(),
            headers,
            body: body.to_string(),
            patient: true,
        };
        let reply = self.network.send(outgoing).await.map_err(|error| match error {
            NoReply::NotSent => Unsent::NotSent("Slack could not be reached".to_owned()),
            NoReply::Unknown => Unsent::Unknown("Slack does not answer".to_owned()),
        })?;
        let answer: Value = serde_json::from_str(&reply.body).unwrap_or_default();
        if answer["ok"] == true { Ok(()) } else { Err(Unsent::NotSent(format!("Slack refuses: {} {}", reply.status, answer["error"]))) }
    }
}
