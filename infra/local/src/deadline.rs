//! The same deadlines where the clock stands still: whoever does not answer costs a message its patience.

use app::context::Context;
use app::deadline::{Deadline, GLANCE, PATIENCE, left, takes};
use app::message::Message;
use app::ports::{Clock, Http, Letter, NoReply, Post, Unsent};
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use providers::{Call, Reply};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

struct Within<P: ?Sized> {
    port: Arc<P>,
    clock: Arc<dyn Clock>,
    ends_at: Timestamp,
    /// How many seconds its calls have waited for nothing.
    waited: Arc<AtomicI64>,
}

/// The context of a message that begins now.
pub fn within(context: &Context, message: &Message) -> Context {
    let Deadline { calls_end_at, letters_end_at } = Deadline::of(context.clock.now(), takes(message));
    let (clock, waited) = (context.clock.clone(), Arc::new(AtomicI64::new(0)));
    let (http, post) = (context.http.clone(), context.post.clone());
    Context {
        http: Arc::new(Within { port: http, clock: clock.clone(), ends_at: calls_end_at, waited: waited.clone() }),
        post: Arc::new(Within { port: post, clock, ends_at: letters_end_at, waited }),
        ..context.clone()
    }
}

impl<P: ?Sized> Within<P> {
    fn left(&self) -> Option<SignedDuration> {
        left(self.ends_at, self.clock.now() + SignedDuration::from_secs(self.waited.load(Ordering::SeqCst)))
    }

    fn wait(&self, patience: SignedDuration) {
        self.waited.fetch_add(patience.as_secs(), Ordering::SeqCst);
    }

    async fn posted<T>(&self, sending: impl Future<Output = Result<T, Unsent>>) -> Result<T, Unsent> {
        let left = self.left().ok_or_else(|| Unsent::refused("no time was left to send it"))?;
        let sent = sending.await;
        if matches!(sent, Err(Unsent::Unknown(_))) {
            self.wait(left.min(PATIENCE));
        }
        sent
    }
}

#[async_trait]
impl Http for Within<dyn Http> {
    async fn call(&self, provider: &str, source: &str, call: &Call) -> Result<Reply, NoReply> {
        self.call_and_rest(provider, source, call).await.map(|(reply, _)| reply)
    }

    async fn call_and_rest(&self, provider: &str, source: &str, call: &Call) -> Result<(Reply, Option<i64>), NoReply> {
        let left = self.left().ok_or(NoReply::NotSent)?;
        let reply = self.port.call_and_rest(provider, source, call).await;
        if matches!(reply, Err(NoReply::Unknown)) {
            self.wait(left.min(if call.patient { PATIENCE } else { GLANCE }));
        }
        reply
    }
}

#[async_trait]
impl Post for Within<dyn Post> {
    async fn send(&self, letter: &Letter) -> Result<Option<String>, Unsent> {
        self.posted(self.port.send(letter)).await
    }

    async fn change(&self, place: &str, letter: &Letter) -> Result<(), Unsent> {
        self.posted(self.port.change(place, letter)).await
    }
}
