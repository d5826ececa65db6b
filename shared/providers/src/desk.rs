//! How a ticket is answered in its help desk, and how it is found out whether it was.

use crate::{Call, Headers, Observe, Reply, Request};
use jiff::Timestamp;

/// A help desk that takes answers.
pub struct Desk {
    /// As people call it.
    pub title: &'static str,
    /// Where it answers; `{source}` stands for the name of the source.
    pub base: &'static str,
    /// The headers with which it is asked.
    pub headers: fn(key: &str) -> Headers,
    /// The next request of an answer, or how that ended. The first reply may be one that `look` asked for.
    pub answer: fn(&Comment<'_>, &[Reply]) -> Step<Told>,
    /// How it is found out whether an answer is there: the next question, or what was found.
    pub look: fn(&Comment<'_>, &[Reply]) -> Step<Looked>,
    /// What does an answer show that was asked for because of a ticket's event of that time?
    pub observe: Observe,
}

/// An answer to a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comment<'a> {
    /// The help desk's id of the ticket.
    pub ticket: &'a str,
    pub text: &'a str,
    /// Ours of the answer, which the customer does not see.
    pub mark: &'a str,
    /// Whether the ticket is solved with it, or waits for the customer.
    pub ends: bool,
    pub waits: bool,
    /// When it left first, if it did before.
    pub since: Option<Timestamp>,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step<E> {
    Send(Call),
    Ended(E),
}

/// How an answer was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    Taken,
    /// Never, as it is.
    Refused(String),
    /// It may be sent again later; `certain`, where nothing can have been done.
    NotNow {
        certain: bool,
    },
    /// It may have been taken.
    Unknown,
}

/// What a look shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Looked {
    There,
    NotThere,
    /// There is no such ticket, or nobody may look.
    Refused(String),
    /// The look itself did not work.
    Unknown,
}

impl Desk {
    /// What is sent for a call.
    pub fn request(&self, key: &str, source: &str, call: &Call) -> Request {
        let url = format!("{}{}", self.base.replace("{source}", source), call.path);
        Request { method: call.method.clone(), url, headers: (self.headers)(key), body: call.body.clone() }
    }
}
