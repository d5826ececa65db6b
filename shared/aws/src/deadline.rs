//! Ports that give up in time: what a message calls has what its deadline leaves.

use app::context::Context;
use app::deadline::{Deadline, left};
use app::ports::{Clock, Http, Letter, NoReply, Post, Unsent};
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use providers::{Call, Reply};
use std::sync::Arc;
use std::time::Duration;

struct Within<P: ?Sized> {
    port: Arc<P>,
    clock: Arc<dyn Clock>,
    ends_at: Timestamp,
}

/// The context of something that has to end in time.
pub fn within(context: &Context, deadline: Deadline) -> Context {
    let Deadline { calls_end_at, letters_end_at } = deadline;
    let clock = &context.clock;
    Context {
        http: Arc::new(Within { port: context.http.clone(), clock: clock.clone(), ends_at: calls_end_at }),
        post: Arc::new(Within { port: context.post.clone(), clock: clock.clone(), ends_at: letters_end_at }),
        ..context.clone()
    }
}

impl<P: ?Sized> Within<P> {
    fn left(&self) -> Option<Duration> {
        left(self.ends_at, self.clock.now()).map(SignedDuration::unsigned_abs)
    }

    async fn posted<T>(&self, sending: impl Future<Output = Result<T, Unsent>>) -> Result<T, Unsent> {
        let left = self.left().ok_or_else(|| Unsent::refused("no time was left to send it"))?;
        let late = |_| Err(Unsent::Unknown("no answer came in time".to_owned()));
        tokio::time::timeout(left, sending).await.unwrap_or_else(late)
    }
}

#[async_trait]
impl Http for Within<dyn Http> {
    async fn call(&self, provider: &str, source: &str, call: &Call) -> Result<Reply, NoReply> {
        let left = self.left().ok_or(NoReply::NotSent)?;
        tokio::time::timeout(left, self.port.call(provider, source, call)).await.unwrap_or(Err(NoReply::Unknown))
    }

    async fn call_and_rest(&self, provider: &str, source: &str, call: &Call) -> Result<(Reply, Option<i64>), NoReply> {
        let left = self.left().ok_or(NoReply::NotSent)?;
        let asked = self.port.call_and_rest(provider, source, call);
        tokio::time::timeout(left, asked).await.unwrap_or(Err(NoReply::Unknown))
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
