//! What the handlers need from outside. One implementation on AWS, one on a single machine; the store is the same for
//! both.

use crate::fault::Fault;
use crate::identity::Identity;
use async_trait::async_trait;
use domain::document::TaxDocument;
use domain::policy::PressLimits;
use jiff::Timestamp;
use providers::slack::Posted;
use providers::{Call, Keys, Reply, Request, Secret};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use domain::outgoing::may_reach;
pub use domain::telling::{Channel, international};

/// The three tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    Accounts,
    Facts,
    Config,
}

impl Table {
    pub const ALL: [Self; 3] = [Self::Accounts, Self::Facts, Self::Config];

    /// The logical name, as in the template.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accounts => "Accounts",
            Self::Facts => "Facts",
            Self::Config => "Config",
        }
    }
}

/// Where an item stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    pub table: Table,
    pub pk: String,
    pub sk: String,
}

/// One item: its body as JSON, and what the indexes need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub key: Key,
    /// Counts the writes; a writer names the one it read.
    pub rev: u64,
    /// The shape of the body.
    pub version: u16,
    pub body: String,
    /// Present while the item waits for its time.
    pub wake: Option<Wake>,
    /// Present while the item is on a list.
    pub list: Option<Place>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wake {
    pub shard: String,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub list: String,
    pub sort: String,
}

/// One part of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    Put {
        item: Item,
        expect: Expect,
    },
    /// Takes an item away, whatever it says; none is as good.
    Delete {
        key: Key,
    },
    /// Writes nothing, but the transaction only happens if the item is still as it was read.
    Check {
        key: Key,
        expect: Expect,
    },
}

/// What must be true of the item for the transaction to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    Absent,
    Rev(u64),
    /// Whoever writes it writes the same.
    Anything,
}

/// Why nothing was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommitError {
    /// Somebody else wrote first; the numbers are the writes whose expectation failed.
    Conflict(Vec<usize>),
    /// It may or may not have been written.
    Fault(Fault),
}

/// A stretch of one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    pub table: Table,
    pub pk: String,
    pub prefix: String,
    /// Where it goes on past its own prefix: the last one that belongs to it.
    pub through: Option<String>,
    /// Continue behind this sort key.
    pub after: Option<String>,
    pub limit: u32,
    pub order: Order,
    /// What was written a moment ago may be missing: it costs half, and is nothing to write by.
    pub may_lag: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Ascending,
    Descending,
}

/// A stretch of one list's shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub list: String,
    pub after: Option<String>,
    pub limit: u32,
    pub order: Order,
}

/// An item whose time has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    pub key: Key,
    /// When, as it stands in the index: whoever claims it names that, even where it is no time.
    pub at: String,
}

/// A time as it stands in the indexes: what is earlier sorts first.
pub fn instant(at: Timestamp) -> String {
    format!("{at:.3}")
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// The alarm is ours; so often has it rung for this state of the item.
    Won {
        tries: u32,
    },
    Lost,
}

/// DynamoDB, everywhere: on AWS and embedded.
#[async_trait]
pub trait Store: Send + Sync {
    /// Reads items consistently, in the order of the keys.
    async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, Fault>;
    /// The same, and at once with it what may lag behind, which costs half: first the ones, then the others.
    async fn read_beside(&self, keys: &[Key], may_lag: &[Key]) -> Result<Vec<Option<Item>>, Fault> {
        self.read(&[keys, may_lag].concat()).await
    }
    /// Reads a stretch of a partition consistently.
    async fn range(&self, range: &Range) -> Result<Vec<Item>, Fault>;
    /// Reads a stretch of a list; it may lag behind.
    async fn listed(&self, listed: &Listed) -> Result<Vec<Item>, Fault>;
    /// Reads who stands on a stretch of a list, and where, without the items; it may lag behind.
    async fn places(&self, listed: &Listed) -> Result<Vec<(Key, Place)>, Fault> {
        let items = self.listed(listed).await?;
        Ok(items.into_iter().filter_map(|item| Some((item.key, item.list?))).collect())
    }
    /// Finds what is due in a shard of the alarm index; it may lag behind.
    async fn due(&self, shard: &str, until: Timestamp, limit: u32) -> Result<Vec<Due>, Fault>;
    /// Silences an alarm for a while, unless somebody else did or the item changed.
    async fn claim(&self, due: &Due, silent_until: Timestamp) -> Result<Claim, Fault>;
    /// Writes all or nothing.
    async fn commit(&self, writes: Vec<Write>) -> Result<(), CommitError>;
}

/// The queues, by the word of the function that reads them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueueName {
    Events,
    Dunning,
    Approval,
    Report,
}

impl QueueName {
    pub const ALL: [Self; 4] = [Self::Events, Self::Dunning, Self::Approval, Self::Report];

    pub fn name(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Dunning => "dunning",
            Self::Approval => "approval",
            Self::Report => "report",
        }
    }
}

#[async_trait]
pub trait Queue: Send + Sync {
    async fn send(&self, queue: QueueName, body: &str) -> Result<(), Fault>;
    /// Puts a message among the dead letters of a queue: a person looks at it, and may have it worked after all.
    async fn set_aside(&self, queue: QueueName, body: &str, reason: &str) -> Result<(), Fault>;
}

/// Why an HTTP call has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoReply {
    #[error("the request was not sent")]
    NotSent,
    #[error("no API key is set for the source, so the request was not sent")]
    NoKey,
    #[error("no answer came; it may have been done")]
    Unknown,
}

/// Calls to a provider's API; the port knows where each provider answers and adds the key.
#[async_trait]
pub trait Http: Send + Sync {
    async fn call(&self, provider: &str, source: &str, call: &Call) -> Result<Reply, NoReply>;
    /// The same, with for how many seconds whoever answers wants to be left alone, where they say so.
    async fn call_and_rest(&self, provider: &str, source: &str, call: &Call) -> Result<(Reply, Option<i64>), NoReply> {
        Ok((self.call(provider, source, call).await?, None))
    }
}

/// A message to a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    pub id: String,
    pub channel: Channel,
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    pub links: Vec<String>,
    /// The same with buttons, where the channel has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocks: Option<Value>,
    /// Where its reader says that they want no more of its kind, with one click.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsubscribe: Option<String>,
    /// The conversation that it is a part of, as an id that no message has: every letter names it, the first one as
    /// well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<String>,
}

impl Letter {
    /// What a mail says above its text, beside what every mail does. An id of its own is not among it: the mail service
    /// gives each message one, and refuses whoever brings another.
    ///
    /// <https://www.rfc-editor.org/rfc/rfc8058#section-3.1>
    /// <https://docs.aws.amazon.com/ses/latest/dg/header-fields.html>
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let told = |address: &String| {
            let one_click = ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned());
            [("List-Unsubscribe", format!("<{address}>")), one_click]
        };
        let belongs = |thread: &String| ["In-Reply-To", "References"].map(|name| (name, format!("<{thread}>")));
        self.unsubscribe.iter().flat_map(told).chain(self.thread.iter().flat_map(belongs)).collect()
    }
}

/// Why a message to a person was not sent, as far as we know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsent {
    /// It was refused, and may be sent again: not before so many seconds, where whoever refused says so.
    #[error("{reason}")]
    NotSent { reason: String, after_secs: Option<i64> },
    /// It may have been sent.
    #[error("{0}")]
    Unknown(String),
}

impl Unsent {
    /// It was refused, and nobody says for how long.
    pub fn refused(reason: impl std::fmt::Display) -> Self {
        Self::NotSent { reason: reason.to_string(), after_secs: None }
    }

    /// A service refuses it, or has a fault of its own: of what it says only the code is kept. Its words name whom the
    /// message was to.
    pub fn by_service(service: &str, code: Option<&str>, is_certain: bool) -> Self {
        let is_word = |code: &&str| code.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'.');
        let code = code.filter(is_word).unwrap_or("no code is given");
        if is_certain {
            Self::refused(format_args!("{service} refuses: {code}"))
        } else {
            Self::Unknown(format!("{service} has a fault of its own: {code}"))
        }
    }

    /// What Slack's answer means: where the message stands, or why it does not.
    pub fn unless_posted(posted: Posted) -> Result<Option<String>, Self> {
        match posted {
            Posted::Done { place } => Ok(place),
            Posted::Refused { reason, after_secs } => Err(Self::NotSent { reason, after_secs }),
            Posted::Unclear { reason } => Err(Self::Unknown(reason)),
        }
    }
}

#[async_trait]
pub trait Post: Send + Sync {
    /// Sends it, and says where it stands if it can be changed there.
    async fn send(&self, letter: &Letter) -> Result<Option<String>, Unsent>;
    /// Changes a message where it stands.
    async fn change(&self, place: &str, letter: &Letter) -> Result<(), Unsent>;
}

/// How an endpoint answered: with a status, and for how many seconds it wants to be left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answered {
    pub status: u16,
    pub after_secs: Option<i64>,
}

/// Why an endpoint has not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unanswered {
    #[error("its address cannot be reached, or leads into a private network")]
    NotReached,
    #[error("it did not answer in time")]
    Silent,
}

/// Brings the product what it is told. It goes to no private address, whatever a name leads to; it follows nobody who
/// sends it elsewhere, reads nothing but the status, and waits for `deadline::DELIVERY`.
#[async_trait]
pub trait Courier: Send + Sync {
    async fn bring(&self, request: Request) -> Result<Answered, Unanswered>;
}

/// Bodies that are too large for a queue.
#[async_trait]
pub trait Archive: Send + Sync {
    async fn put(&self, name: &str, body: &[u8]) -> Result<(), Fault>;
    async fn find(&self, name: &str) -> Result<Option<Vec<u8>>, Fault>;

    /// The same of what must be there.
    async fn take(&self, name: &str) -> Result<Vec<u8>, Fault> {
        self.find(name).await?.ok_or_else(|| Fault::Park(format!("the archive has no {name}")))
    }
}

/// Why there is no page.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unprinted {
    #[error("This build prints no pages. Build what prints once with `cargo build --release -p press` and ask again")]
    Missing,
    #[error("The page was not printed: {0}")]
    Failed(String),
}

impl Unprinted {
    /// It was given up, whatever it was at.
    pub fn late(limits: &PressLimits) -> Self {
        Self::Failed(format!("it took more than {} seconds", limits.secs))
    }

    /// There is a page, and nobody could be sent it.
    pub fn too_large(limits: &PressLimits) -> Self {
        Self::Failed(format!("its file has more than {} bytes", limits.page_bytes_max))
    }
}

/// Prints what people read on paper: within the time and up to the size that the limits say.
#[async_trait]
pub trait Press: Send + Sync {
    /// A tax document as PDF, with its e-invoice inside; checked once more by the law that held on its day.
    async fn pdf(&self, document: &TaxDocument) -> Result<Vec<u8>, Unprinted>;
}

/// Signs seals, with a key that whoever writes ledgers cannot read.
#[async_trait]
pub trait Signer: Send + Sync {
    /// The signature of a text, in base64.
    async fn sign(&self, text: &str) -> Result<String, Fault>;
}

/// Seals, which are neither written over nor taken away.
#[async_trait]
pub trait Seals: Send + Sync {
    /// The one with the highest number.
    async fn last(&self) -> Result<Option<Vec<u8>>, Fault>;
    /// Keeps a seal; the first of a number stays.
    async fn keep(&self, number: u64, seal: &[u8]) -> Result<(), Fault>;
}

#[async_trait]
pub trait Vault: Send + Sync {
    /// The live keys of a source; none if it is unknown.
    async fn keys(&self, provider: &str, source: &str) -> Result<Keys, Fault>;
    /// The secret that staff tokens are signed with.
    async fn tokens(&self) -> Result<Secret, Fault>;
    /// The company's identity provider, once it is set.
    async fn identity(&self) -> Result<Option<Identity>, Fault>;
    /// The secrets of links to pay: the first makes them, and what any of them made opens.
    async fn links(&self) -> Result<Vec<Secret>, Fault>;
    /// What the secrets of the product's endpoints are computed from.
    async fn outgoing(&self) -> Result<Secret, Fault>;
    /// The secrets that Slack signs with.
    async fn slack_signing(&self) -> Result<Vec<Secret>, Fault>;
}

#[async_trait]
pub trait Clock: Send + Sync {
    /// The service's time, which policy, queues and links go by.
    fn now(&self) -> Timestamp;
    /// The machine's time, which tokens and sessions go by.
    fn machine(&self) -> Timestamp;
    /// The times against which a signature may be fresh.
    fn witnesses(&self) -> Vec<Timestamp>;
    /// Waits a moment before deciding again after a conflict.
    async fn pause(&self, attempt: u32);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_a_service_says_only_a_code_is_kept() {
        let said = |code, is_certain| Unsent::by_service("the mail service", code, is_certain).to_string();
        for (code, expected) in [
            (Some("MessageRejected"), "MessageRejected"),
            (Some("AWS.Fault"), "AWS.Fault"),
            (None, "no code is given"),
            (Some("ada@shop.example is not verified"), "no code is given"),
            (Some("+4930123456"), "no code is given"),
            (Some("4930123456"), "no code is given"),
        ] {
            assert_eq!(said(code, true), format!("the mail service refuses: {expected}"));
            assert_eq!(said(code, false), format!("the mail service has a fault of its own: {expected}"));
        }
    }

    #[test]
    fn a_mail_says_what_it_belongs_to_and_brings_no_id_of_its_own() {
        let letter = |unsubscribe: Option<&str>, thread: Option<&str>| Letter {
            id: "card_1".to_owned(),
            channel: Channel::Mail,
            to: "ada@shop.example".to_owned(),
            subject: String::new(),
            text: String::new(),
            html: String::new(),
            links: Vec::new(),
            blocks: None,
            unsubscribe: unsubscribe.map(str::to_owned),
            thread: thread.map(str::to_owned),
        };
        let (told, one_click) = ("List-Unsubscribe", "List-Unsubscribe-Post");
        for (letter, expected) in [
            (letter(None, None), vec![]),
            (
                letter(Some("https://a/b"), None),
                vec![(told, "<https://a/b>"), (one_click, "List-Unsubscribe=One-Click")],
            ),
            (letter(None, Some("1@a")), vec![("In-Reply-To", "<1@a>"), ("References", "<1@a>")]),
            (
                letter(Some("https://a/b"), Some("1@a")),
                vec![
                    (told, "<https://a/b>"),
                    (one_click, "List-Unsubscribe=One-Click"),
                    ("In-Reply-To", "<1@a>"),
                    ("References", "<1@a>"),
                ],
            ),
        ] {
            let expected: Vec<_> = expected.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
            assert_eq!(letter.headers(), expected);
        }
    }
}
