//! Works the queues, rings the alarms, delivers the sandbox's webhooks, and moves the clock from due time to due time.

use crate::deadline::within;
use crate::sandbox::Webhook;
use crate::service::Service;
use app::dunning::{self, alarm};
use app::fault::{Fault, guarded};
use app::message::Message;
use app::ports::{Clock, QueueName};
use app::store::keys;
use app::{approval, classify, intake, report};
use bytes::Bytes;
use http::Request;
use jiff::{SignedDuration, Timestamp};
use std::fmt::Debug;

impl Service {
    /// Works until nothing is ready. The caller holds `working`.
    pub async fn work(&self) -> Result<(), Fault> {
        loop {
            let mut worked = self.deliver_webhooks().await? > 0;
            for queue in QueueName::ALL {
                worked |= self.work_batch(queue).await? > 0;
            }
            if !worked && alarm::sweep(&self.context).await?.rung == 0 {
                return Ok(());
            }
        }
    }

    /// Moves the clock to a time and does everything that is due on the way, in order.
    pub async fn advance(&self, to: Timestamp) -> Result<(), Fault> {
        self.work().await?;
        while let Some(next) = self.next_due(to).await? {
            self.clock.advance(next).map_err(Fault::retry)?;
            self.work().await?;
        }
        self.clock.advance(to).map_err(Fault::retry)?;
        self.forget_old_bodies()?;
        // Something may have arrived over HTTP in the meantime.
        self.work().await
    }

    /// Raw bodies are kept for as long as the policy says.
    pub fn forget_old_bodies(&self) -> Result<(), Fault> {
        let kept = SignedDuration::from_hours(24 * self.context.policies.limits.current().bodies_days);
        self.outbox.forget(self.clock.now() - kept).map(drop).map_err(Fault::retry)
    }

    /// The next time, after now and not after `to`, at which something is due.
    pub async fn next_due(&self, to: Timestamp) -> Result<Option<Timestamp>, Fault> {
        let now = self.clock.now();
        let ahead = |at: &Timestamp| *at > now && *at <= to;
        let queued = self.queue.next_at(now).map_err(Fault::retry)?;
        let mut next = queued.into_iter().chain(self.sandbox.next_at().map_err(Fault::retry)?).filter(ahead).min();
        for shard in keys::wake_shards() {
            let due = self.context.store.due(&shard, to, 1).await?;
            let first = due.first().and_then(|due| due.at.parse::<Timestamp>().ok());
            next = next.into_iter().chain(first.filter(ahead)).min();
        }
        Ok(next)
    }

    async fn work_batch(&self, queue: QueueName) -> Result<usize, Fault> {
        let limits = self.context.policies.limits.current();
        let received = self.queue.receive(queue, 10, limits.visibility_secs).map_err(Fault::retry)?;
        let count = received.len();
        for message in received {
            // A panic is our bug: the message is parked, and its neighbours go on.
            let handled = guarded(self.handle(queue, &message.body)).await;
            let ended = match handled {
                Ok(()) => self.queue.delete(message.id),
                Err(Fault::Retry(reason)) if message.receives < limits.deliveries_max => {
                    tracing::warn!(queue = queue.name(), reason, "a message is put back");
                    self.queue.delay(
                        message.id,
                        self.clock.now()
                            + SignedDuration::from_secs(limits.visibility_secs * i64::from(message.receives)),
                    )
                }
                Err(fault) => {
                    tracing::error!(queue = queue.name(), reason = %fault, "a message is set aside");
                    self.queue.bury(message.id, &fault.to_string())
                }
            };
            ended.map_err(Fault::retry)?;
        }
        Ok(count)
    }

    /// Works one message, within its deadline.
    pub async fn handle(&self, queue: QueueName, body: &str) -> Result<(), Fault> {
        let message = Message::decode(body)?;
        let context = &within(&self.context, &message);
        match queue {
            QueueName::Events => log(queue, &message, classify::handle(context, &message).await),
            QueueName::Dunning => log(queue, &message, dunning::handle(context, &message).await),
            QueueName::Approval => log(queue, &message, approval::handle(context, &message).await),
            QueueName::Report => log(queue, &message, report::handle(context, &message).await),
        }
    }

    /// Sends the sandbox's webhooks that are due, signed on the service's clock, through intake like any other.
    async fn deliver_webhooks(&self) -> Result<usize, Fault> {
        let due = self.sandbox.due().map_err(Fault::retry)?;
        for webhook in &due {
            let request = self.signed(&webhook.provider, &webhook.source, webhook.body.clone().into_bytes()).await?;
            let answer = intake::handle(&self.context, &webhook.provider, &webhook.source, &request).await;
            self.settle(webhook, answer.status().is_success()).map_err(Fault::retry)?;
        }
        Ok(due.len())
    }

    fn settle(&self, webhook: &Webhook, delivered: bool) -> rusqlite::Result<()> {
        if delivered {
            self.sandbox.delivered(webhook)
        } else {
            self.sandbox.delay(webhook, SignedDuration::from_mins(5))
        }
    }

    /// A delivery as its provider would send it at this moment.
    pub async fn signed(&self, provider: &str, source: &str, body: Vec<u8>) -> Result<Request<Bytes>, Fault> {
        let keys = self.context.vault.keys(provider, source).await?;
        let known =
            providers::named(provider).ok_or_else(|| Fault::Park(format!("there is no provider called {provider}")))?;
        let mut request = Request::post(format!("/webhooks/{provider}/{source}"));
        for (name, value) in known.headers(&keys, &body, self.clock.now()) {
            request = request.header(name, value);
        }
        request.body(Bytes::from(body)).map_err(Fault::park)
    }
}

fn log<D: Debug>(queue: QueueName, message: &Message, result: Result<D, Fault>) -> Result<(), Fault> {
    match result {
        Ok(done) => {
            tracing::info!(
                queue = queue.name(),
                message = message.name(),
                trace = message.trace(),
                done = ?done,
                "worked"
            );
            Ok(())
        }
        Err(fault) => Err(fault),
    }
}
