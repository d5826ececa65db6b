//! Sending to SQS.

use app::fault::Fault;
use app::ports::{Queue, QueueName};
use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::MessageAttributeValue;

pub struct Sqs {
    pub client: Client,
    pub urls: QueueUrls,
}

/// Where the queues are.
pub struct QueueUrls {
    pub events: String,
    pub dunning: String,
    pub approval: String,
    pub report: String,
    /// The dead letters of the dunning queue: only the function with the alarm clock may write there.
    pub dead: Option<String>,
}

#[async_trait]
impl Queue for Sqs {
    async fn send(&self, queue: QueueName, body: &str) -> Result<(), Fault> {
        let url = match queue {
            QueueName::Events => &self.urls.events,
            QueueName::Dunning => &self.urls.dunning,
            QueueName::Approval => &self.urls.approval,
            QueueName::Report => &self.urls.report,
        };
        let sent = self.client.send_message().queue_url(url).message_body(body).send().await;
        sent.map(drop).map_err(|error| Fault::Retry(format!("the {} queue does not answer: {error}", queue.name())))
    }

    async fn set_aside(&self, queue: QueueName, body: &str, reason: &str) -> Result<(), Fault> {
        let dead = self.urls.dead.as_ref().filter(|_| queue == QueueName::Dunning);
        let no_right = || Fault::Park(format!("this function cannot write to the dead letters of {}", queue.name()));
        let url = dead.ok_or_else(no_right)?;
        let reason = MessageAttributeValue::builder().data_type("String").string_value(reason).build();
        let reason = reason.map_err(Fault::park)?;
        let sent =
            self.client.send_message().queue_url(url).message_body(body).message_attributes("reason", reason).send();
        sent.await.map(drop).map_err(|error| Fault::Retry(format!("the dead letters do not answer: {error}")))
    }
}
