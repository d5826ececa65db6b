//! Sending to SQS.

use app::fault::Fault;
use app::ports::{Queue, QueueName};
use async_trait::async_trait;
use aws_sdk_sqs::Client;

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
}
