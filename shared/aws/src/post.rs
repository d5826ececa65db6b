//! Messages to people: mail by SES, Slack by its Web API.

use crate::vault::Secrets;
use app::ports::{Channel, Letter, NoReply, Post, Unsent};
use async_trait::async_trait;
use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message};
use http::Method;
use network::Network;
use providers::Request;
use serde_json::{Value, json};
use std::sync::Arc;

pub struct Sender {
    pub mail: Client,
    pub from: String,
    pub network: Network,
    pub secrets: Arc<Secrets>,
}

#[async_trait]
impl Post for Sender {
    async fn send(&self, letter: &Letter) -> Result<Option<String>, Unsent> {
        match letter.channel {
            Channel::Mail => self.mail(letter).await.map(|()| None),
            Channel::Slack => {
                let answer = self
                    .slack("chat.postMessage", json!({"channel": letter.to, "unfurl_links": false}), letter)
                    .await?;
                // A message is found again by its channel and its time.
                let place = answer["channel"].as_str().zip(answer["ts"].as_str());
                Ok(place.map(|(channel, ts)| format!("{channel}/{ts}")))
            }
        }
    }

    async fn change(&self, place: &str, letter: &Letter) -> Result<(), Unsent> {
        let Some((channel, ts)) = place.split_once('/') else { return Ok(()) };
        self.slack("chat.update", json!({"channel": channel, "ts": ts}), letter).await.map(drop)
    }
}

impl Sender {
    async fn mail(&self, letter: &Letter) -> Result<(), Unsent> {
        let content = |text: &str| {
            Content::builder().data(text).charset("UTF-8").build().map_err(|error| Unsent::NotSent(error.to_string()))
        };
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
    async fn slack(&self, method: &str, mut body: Value, letter: &Letter) -> Result<Value, Unsent> {
        let token = self.secrets.slack().await.map_err(|fault| Unsent::NotSent(fault.to_string()))?;
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
        let reply = self.network.send(request, true).await.map_err(|error| match error {
            NoReply::NotSent => Unsent::NotSent("Slack could not be reached".to_owned()),
            NoReply::Unknown => Unsent::Unknown("Slack does not answer".to_owned()),
        })?;
        let answer: Value = serde_json::from_str(&reply.body).unwrap_or_default();
        if answer["ok"] == true {
            Ok(answer)
        } else {
            Err(Unsent::NotSent(format!("Slack refuses: {} {}", reply.status, answer["error"])))
        }
    }
}

/// What people wrote must not become a link or call a whole channel.
fn plain(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
