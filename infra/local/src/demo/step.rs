//! One thing that happens to the demo company.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

pub struct Step {
    pub at: Timestamp,
    pub doing: Doing,
}

pub enum Doing {
    /// A delivery at the webhook's door.
    Delivery { provider: &'static str, body: Value },
    /// Something that is so at the provider, and that nobody tells of.
    Teach { provider: &'static str, object: Value },
    /// A colleague asks for something over HTTP.
    Ask { who: &'static str, path: String, body: Value },
    /// A colleague says what a ticket is about, unless that was seen.
    Class { ticket: &'static str, class: &'static str },
    /// A customer of Stripe pays a part of what they were asked for, and names the request.
    PaysPart { customer: String, currency: &'static str, minor: i64 },
}

pub fn ago(now: Timestamp, hours: i64) -> Timestamp {
    now - SignedDuration::from_hours(hours)
}

pub fn ask(at: Timestamp, who: &'static str, path: &str, body: Value) -> Step {
    Step { at, doing: Doing::Ask { who, path: path.to_owned(), body } }
}
