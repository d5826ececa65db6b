//! What the staff are told of: written with the commit that makes it so, and told by whoever works the approval queue.

use crate::context::Context;
use crate::message::{Message, Sent, send_all};
use crate::ports::QueueName;
use domain::telling::{About, Bulletin};
use jiff::SignedDuration;

/// What there is to tell: in one line, in full, and the path of the page that has more of it.
pub struct Words {
    pub subject: String,
    pub text: String,
    pub page: String,
}

/// A bulletin for a commit to write. It wakes in a while, should nobody have been heard of who tells it.
pub fn about(context: &Context, about: About, words: Words, trace: &str) -> Bulletin {
    let lease = SignedDuration::from_secs(context.policies.limits.current().alarm_lease_secs);
    let Words { subject, text, page } = words;
    Bulletin::new(about, subject, text, page, trace, context.clock.now() + lease)
}

/// Has it told, now that it is written. Its alarm covers a queue that does not answer.
pub async fn tell(context: &Context, bulletin: &Bulletin) {
    let (id, trace) = (bulletin.about.id(), bulletin.trace.clone());
    let message = Message::Tell { bulletin: id.clone(), trace };
    if let Err(fault) = send_all(context, &[Sent { queue: QueueName::Approval, message }]).await {
        tracing::warn!(bulletin = id, fault = %fault, "the staff are told of this when its alarm rings");
    }
}
