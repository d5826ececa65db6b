//! What each billing provider sends and accepts, translated. Pure: bytes in, values out.
//!
//! Every provider answers the same questions, and none has a default answer, so nothing can be forgotten.

mod api;
mod bill;
mod card;
pub mod chargebee;
mod desk;
#[cfg(test)]
mod example;
pub mod lemonsqueezy;
mod list;
mod mask;
pub mod mollie;
pub mod revenuecat;
mod signature;
pub mod slack;
pub mod standard;
pub mod stripe;
pub mod ticket;
mod value;
pub mod zendesk;

pub use api::{Api, Call, Observe, Repeats, Reply, Request};
pub(crate) use api::{as_it_is, bearer, uuid};
pub use bill::Bill;
pub use card::Holder;
pub use desk::{Comment, Desk, Looked, Step, Told};
use domain::action::{Action, Kind};
use domain::approval::Approved;
use domain::book::{Invoice, Payment, Subscription, Touched};
use domain::debt::Document;
use domain::event::{Event, Seen};
use http::HeaderMap;
use jiff::Timestamp;
use std::borrow::Cow;

/// Everything we know of one provider.
pub struct Provider {
    pub name: &'static str,
    /// The media types that it sends.
    pub media: &'static [&'static str],
    /// Is this delivery really from the provider, and fresh?
    pub verify: fn(&Delivery<'_>, &Keys, now: Timestamp, window_secs: i64) -> Result<(), NotAuthentic>,
    /// The headers with which the provider would send a body: for the sandbox, for replays and tests.
    pub sign: fn(&Keys, &[u8], at: Timestamp) -> Headers,
    /// What is delivered, without looking inside?
    pub envelope: fn(&[u8]) -> Result<Envelope, Malformed>,
    /// What may be kept of it? Card and account numbers that people wrote may not.
    pub mask: for<'a> fn(&'a [u8]) -> Cow<'a, [u8]>,
    /// What does it say?
    pub read: fn(&[u8], source: &str) -> Result<Reading, Malformed>,
    /// Its API; a help desk moves no money.
    pub api: Option<&'static Api>,
    /// Where tickets are answered, if it is a help desk that takes answers.
    pub desk: Option<&'static Desk>,
}

/// Names and values, as they are sent.
pub type Headers = Vec<(&'static str, String)>;

/// One kind of object that a provider lists.
pub struct Listing {
    pub name: &'static str,
    /// The first page, of what is newer than that time as far as the provider can tell it apart.
    pub first: fn(since: Option<Timestamp>) -> Call,
    /// What does a page show that was answered at that time? The call is the one that was asked, its notes included.
    pub page: fn(&Call, &Reply, source: &str, at: Timestamp) -> Result<Page, Malformed>,
}

/// One page of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    pub events: Vec<Event>,
    /// The next page, and what is to be asked for below each object.
    pub more: Vec<Call>,
}

/// Whether approved actions are carried out through its API.
pub enum Acting {
    Through(Effects),
    /// Not by us: what a person does there.
    ByHand(&'static str),
}

/// How approved actions are carried out. Both questions are asked again with every answer, until they say how it ended.
pub struct Effects {
    /// The next request of this attempt, or how it ended.
    pub act: fn(&Order<'_>, &[Reply]) -> Act,
    /// How it is found out whether it was done: the next question, or what was found.
    pub look: fn(&Order<'_>, &[Reply]) -> Look,
    /// Whether to look before it is first sent, because nothing else would tell our effect from another one.
    pub looks_first: fn(&Kind) -> bool,
    /// The next request for the page on which a customer pays a bill, or how that ended: with the page as its link. It
    /// is made or looked up anew, whatever is known, and nothing is charged by it.
    pub page: fn(&Bill<'_>, &[Reply]) -> Act,
    /// The same for the page on which a customer gives another card.
    pub card: fn(&Holder<'_>, &[Reply]) -> Act,
    /// The same for a document of a bill, which may be paid.
    pub document: fn(&Bill<'_>, Document, &[Reply]) -> Act,
}

/// An approved action, and what is needed to ask for it.
pub struct Order<'a> {
    pub action: &'a Approved<Action>,
    /// The provider's id of the customer.
    pub customer: &'a str,
    /// What it is about, as the book has it.
    pub records: &'a Touched,
    /// The idempotency key of this attempt; a second request of the same attempt adds to it.
    pub key: &'a str,
    /// What `look` noted before it was first sent.
    pub before: Option<&'a str>,
    /// Where the source's webhooks arrive, if that is an address which a provider can reach.
    pub webhook: Option<&'a str>,
    /// When this was first sent, or now.
    pub since: Timestamp,
    pub now: Timestamp,
}

impl<'a> Order<'a> {
    pub fn kind(&self) -> &'a Kind {
        &self.action.inner().kind
    }

    /// Our id of it, for the provider's metadata.
    pub fn id(&self) -> &'a str {
        self.action.inner().id.as_str()
    }

    pub fn subscription(&self) -> Option<&'a Subscription> {
        self.records.subscriptions.values().next()
    }

    pub fn invoice(&self) -> Option<&'a Invoice> {
        self.records.invoices.values().next()
    }

    pub fn payment(&self) -> Option<&'a Payment> {
        self.records.payments.values().next()
    }
}

impl Provider {
    /// The headers of a delivery, as the provider would send it at that time.
    pub fn headers(&self, keys: &Keys, body: &[u8], at: Timestamp) -> Headers {
        let json = serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok();
        let kind = if json { "application/json" } else { "application/x-www-form-urlencoded" };
        let mut headers = (self.sign)(keys, body, at);
        headers.push(("content-type", kind.to_owned()));
        headers
    }

    /// What is sent for a call; nothing, where nothing answers.
    pub fn request(&self, key: &str, source: &str, call: &Call) -> Option<Request> {
        match (self.api, self.desk) {
            (Some(api), _) => Some(api.request(key, source, call)),
            (None, Some(desk)) => Some(desk.request(key, source, call)),
            (None, None) => None,
        }
    }

    /// How an answer is read that was asked for because of an event; nothing, where nothing answers.
    pub fn observe(&self) -> Option<Observe> {
        self.api.map(|api| api.observe).or(self.desk.map(|desk| desk.observe))
    }

    /// Where it answers.
    pub fn base(&self, source: &str) -> Option<String> {
        let base = self.api.map(|api| api.base).or(self.desk.map(|desk| desk.base));
        base.map(|base| base.replace("{source}", source))
    }
}

/// The providers, alphabetical.
pub static ALL: &[&Provider] = &[
    &chargebee::PROVIDER,
    &lemonsqueezy::PROVIDER,
    &mollie::PROVIDER,
    &revenuecat::PROVIDER,
    &stripe::PROVIDER,
    &ticket::PROVIDER,
    &zendesk::PROVIDER,
];

/// Finds a provider by the name in the webhook's path.
pub fn named(name: &str) -> Option<&'static Provider> {
    ALL.iter().copied().find(|provider| provider.name == name)
}

/// One HTTP request as it arrived.
#[derive(Clone, Copy)]
pub struct Delivery<'a> {
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
}

/// A signing secret or API key. It has no `Debug`, so that it cannot reach a log.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What only those who know it can make of a text.
    pub fn signs(&self, text: &str) -> [u8; 32] {
        signature::sign(self.0.as_bytes(), &[text.as_bytes()])
    }
}

/// The live secrets of a source, several while they are rotated.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Keys {
    pub signing: Vec<Secret>,
    /// Where a provider has a stronger way that must be switched on: its secrets, once it is.
    pub stronger: Vec<Secret>,
}

impl Keys {
    pub fn signing(secrets: impl IntoIterator<Item = Secret>) -> Self {
        Self { signing: secrets.into_iter().collect(), stronger: Vec::new() }
    }

    /// An unknown source has no keys, and nothing matches none.
    pub fn is_empty(&self) -> bool {
        self.signing.is_empty() && self.stronger.is_empty()
    }
}

/// Why a delivery is not believed. Outside, all causes look the same. The order is the order of the checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAuthentic {
    #[error("no signature header")]
    Missing,
    #[error("more than one signature header")]
    Doubled,
    #[error("the signature header cannot be read")]
    Unreadable,
    #[error("the signed time is too far from ours")]
    OutsideWindow,
    #[error("no signature matches")]
    NoMatch,
}

/// Authentic, but not what the provider sends.
#[derive(Debug, thiserror::Error)]
#[error("this is not {expected}: {cause}")]
pub struct Malformed {
    pub expected: &'static str,
    pub cause: String,
}

/// The outside of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    pub id: String,
    pub kind: String,
    /// `None` where the provider does not say.
    pub live: Option<bool>,
    /// Whether `read` would find anything in it.
    pub relevant: bool,
}

/// What a delivery says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "a delivery has one")]
pub enum Reading {
    Events(Vec<Event>),
    /// It does not say enough: the call tells more. What is known already is in the events.
    Ask {
        events: Vec<Event>,
        call: Call,
    },
    Ignored(&'static str),
}

/// What to do next to carry an action out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    Send(Call),
    Ended(Answer),
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Done(Effect),
    Refused {
        code: String,
        message: String,
    },
    /// Nothing was done; the same request may be sent again later.
    NotNow,
    /// It may have been done.
    Unknown,
    /// Its API cannot do this, and did nothing; a person can.
    Unsupported {
        instead: String,
    },
}

/// Something that the provider has done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effect {
    /// The provider's id of it.
    pub reference: String,
    pub status: String,
    pub made_at: Option<Timestamp>,
    /// What the customer is to be sent.
    pub link: Option<String>,
    /// What the answer shows, where no webhook will.
    pub seen: Vec<Seen>,
}

/// How to find out whether an action was carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    Ask(Call),
    Found(Found),
}

/// What a look-up shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    Done(Effect),
    /// It was begun, and has failed.
    Failed {
        code: String,
        message: String,
    },
    /// It was not done; the note is what the object is like, to compare it with later.
    NotThere {
        note: Option<String>,
    },
    /// Something was done, and it cannot be told whether that was ours.
    Unclear {
        instead: String,
    },
    /// The look-up itself did not work.
    Unknown,
}

pub(crate) fn malformed(expected: &'static str) -> impl Fn(serde_json::Error) -> Malformed {
    move |error| Malformed { expected, cause: format!("line {}, column {}", error.line(), error.column()) }
}

/// Where webhooks say enough, nothing is asked.
pub(crate) fn asks_nothing(_: &Call, _: &Reply, _: &str, _: Timestamp) -> Result<Reading, Malformed> {
    Ok(Reading::Ignored("nothing is asked of this provider"))
}

/// What may be kept of what somebody wrote: card numbers, security codes and bank accounts are masked.
pub fn masked(written: &str) -> Cow<'_, str> {
    mask::text(written)
}

/// Most deliveries hold nothing that people wrote freely.
pub(crate) fn keep_all(body: &[u8]) -> Cow<'_, [u8]> {
    Cow::Borrowed(body)
}
