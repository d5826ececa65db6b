//! What travels through the queues: ids, and the compressed body of a delivery.

use crate::context::Context;
use crate::fault::Fault;
use crate::ports::QueueName;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::book::Unlinked;
use domain::id::{AccountId, ActionId, CaseId, RequestId, digest, sha256};
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::io::{Read, Write};

/// The shape of messages; a reader refuses one that it does not know.
const VERSION: u16 = 1;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Message {
    /// A webhook that was received.
    Delivery { provider: String, source: String, event: String, received_at: Timestamp, trace: String, body: Body },
    /// An object is to be fetched again that an unsigned delivery named.
    Probe { provider: String, source: String, path: String, trace: String },
    /// A provider is to be asked which payment pays which invoice, unless that was told meanwhile.
    Unlinked { account: AccountId, missing: Unlinked, trace: String },
    /// Nobody has said yet whose an external id is.
    Orphan { provider: String, source: String, id: String, trace: String },
    /// A provider's lists are to be read on.
    List { provider: String, source: String, trace: String },
    /// A source is to be looked over for troubles that many have.
    Watch { provider: String, source: String, trace: String },
    /// It is time to look at a ticket: nobody answered it, or it has rested.
    TicketDue { provider: String, source: String, id: String, trace: String },
    /// The staff are to be told what a bulletin says.
    Tell { bulletin: String, trace: String },
    /// A step of a recovery is due.
    PlanDue { account: AccountId, invoice: String, trace: String },
    /// The recoveries of an account take in what its head says of all of them.
    Heed { account: AccountId, trace: String },
    /// A rung of the ladder is due of what no recovery asks for.
    RungDue { account: AccountId, invoice: String, trace: String },
    /// A customer is to be told of a card.
    NoticeDue { account: AccountId, notice: String, trace: String },
    /// What a customer is told because of a payment request is due, or somebody has to look how that stands.
    RequestDue { request: RequestId, trace: String },
    /// Payments came in, or what is asked for has changed: who paid what?
    Settle { account: AccountId, payments: Vec<String>, trace: String },
    /// An endpoint of the product is to be told what happened to an account.
    Deliver { endpoint: String, account: AccountId, trace: String },
    /// The lines of an endpoint are to be gone through.
    Walk { endpoint: String, trace: String },
    /// A form that was filled in goes on: its sender is mailed, or it becomes a ticket, or it vanishes.
    Requested { request: String, trace: String },
    /// Its sender has confirmed it: it becomes a ticket.
    Confirmed { request: String, trace: String },
    /// An alarm that was set aside is to be rung after all.
    Ring { pk: String, sk: String, trace: String },
    /// A case recommends an action that a person must decide.
    Ask { case: CaseId, trace: String },
    /// The next cohort of what a source found while it observed is to be asked for.
    Cohort { provider: String, source: String, trace: String },
    /// An answer to a ticket is to leave, or somebody has to look what came of it.
    Answer { provider: String, source: String, id: String, trace: String },
    /// Tickets are to hear how an action has ended.
    Hear { action: ActionId, trace: String },
    /// An action is to be carried out, looked after, or has expired.
    Act { action: ActionId, trace: String },
    /// Somebody pressed a button at Slack.
    Pressed {
        team: String,
        user: String,
        action: ActionId,
        approve: bool,
        digest: String,
        /// What they wrote beside it.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
        trace: String,
    },
    /// A month's report is to be published.
    Month { month: String, trace: String },
    /// What months come to is to be added up, as far as it has settled.
    Sums { trace: String },
    /// The ledgers are to be sealed as they stand.
    Seal { trace: String },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// As it came.
    Plain(String),
    /// Compressed, in base64.
    Inline(String),
    /// The name of an archived object.
    Archived(String),
}

#[derive(Serialize, Deserialize)]
struct Versioned<M> {
    v: u16,
    #[serde(flatten)]
    message: M,
}

impl Message {
    pub fn encode(&self) -> String {
        serde_json::to_string(&Versioned { v: VERSION, message: self }).expect("a message is plain data")
    }

    pub fn decode(text: &str) -> Result<Self, Fault> {
        let versioned: Versioned<Self> =
            serde_json::from_str(text).map_err(|error| Fault::Park(format!("the message cannot be read: {error}")))?;
        if versioned.v == VERSION {
            Ok(versioned.message)
        } else {
            Err(Fault::Park(format!("the message has version {}, this code reads {VERSION}", versioned.v)))
        }
    }

    pub fn trace(&self) -> &str {
        match self {
            Self::Delivery { trace, .. }
            | Self::Probe { trace, .. }
            | Self::Unlinked { trace, .. }
            | Self::Orphan { trace, .. }
            | Self::List { trace, .. }
            | Self::Watch { trace, .. }
            | Self::TicketDue { trace, .. }
            | Self::Tell { trace, .. }
            | Self::PlanDue { trace, .. }
            | Self::Heed { trace, .. }
            | Self::RungDue { trace, .. }
            | Self::NoticeDue { trace, .. }
            | Self::RequestDue { trace, .. }
            | Self::Settle { trace, .. }
            | Self::Deliver { trace, .. }
            | Self::Walk { trace, .. }
            | Self::Requested { trace, .. }
            | Self::Confirmed { trace, .. }
            | Self::Ring { trace, .. }
            | Self::Ask { trace, .. }
            | Self::Cohort { trace, .. }
            | Self::Answer { trace, .. }
            | Self::Hear { trace, .. }
            | Self::Act { trace, .. }
            | Self::Pressed { trace, .. }
            | Self::Month { trace, .. }
            | Self::Sums { trace }
            | Self::Seal { trace } => trace,
        }
    }

    /// The kind in a word, for logs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Delivery { .. } => "delivery",
            Self::Probe { .. } => "probe",
            Self::Unlinked { .. } => "unlinked",
            Self::Orphan { .. } => "orphan",
            Self::List { .. } => "list",
            Self::Watch { .. } => "watch",
            Self::TicketDue { .. } => "ticket_due",
            Self::Tell { .. } => "tell",
            Self::PlanDue { .. } => "plan_due",
            Self::Heed { .. } => "heed",
            Self::RungDue { .. } => "rung_due",
            Self::NoticeDue { .. } => "notice_due",
            Self::RequestDue { .. } => "request_due",
            Self::Settle { .. } => "settle",
            Self::Deliver { .. } => "deliver",
            Self::Walk { .. } => "walk",
            Self::Requested { .. } => "requested",
            Self::Confirmed { .. } => "confirmed",
            Self::Ring { .. } => "ring",
            Self::Ask { .. } => "ask",
            Self::Cohort { .. } => "cohort",
            Self::Answer { .. } => "answer",
            Self::Hear { .. } => "hear",
            Self::Act { .. } => "act",
            Self::Pressed { .. } => "pressed",
            Self::Month { .. } => "month",
            Self::Sums { .. } => "sums",
            Self::Seal { .. } => "seal",
        }
    }
}

/// Sends what a commit promised, in its order.
pub async fn send_all(context: &Context, promised: &[Sent]) -> Result<(), Fault> {
    for sent in promised {
        context.queue.send(sent.queue, &sent.message.encode()).await?;
    }
    Ok(())
}

/// Where a body is kept. The same body of the same event has one name, however often it is delivered.
pub fn body_name(provider: &str, source: &str, event: &str, body: &[u8]) -> String {
    format!("bodies/{provider}/{source}/{}", digest(&[event, &sha256(body)], 26))
}

/// Keeps the packed body of a delivery with its receipt, for as long as the policy says.
pub async fn keep(context: &Context, name: &str, body: &Body) -> Result<(), Fault> {
    match body {
        Body::Plain(text) => context.archive.put(name, &packed(text.as_bytes())?).await,
        Body::Inline(text) => {
            let packed = STANDARD
                .decode(text)
                .map_err(|error| Fault::Park(format!("the packed body cannot be read: {error}")))?;
            context.archive.put(name, &packed).await
        }
        Body::Archived(_) => Ok(()),
    }
}

/// Puts a body into a message as it is, or packed; or into the archive if it is too large for one.
pub async fn pack(context: &Context, name: &str, body: &[u8]) -> Result<Body, Fault> {
    let limits = context.policies.limits.current();
    if let Some(text) = std::str::from_utf8(body).ok().filter(|text| text.len() <= limits.plain_bytes_max) {
        return Ok(Body::Plain(text.to_owned()));
    }
    let packed = packed(body)?;
    if packed.len() <= limits.inline_bytes_max {
        return Ok(Body::Inline(STANDARD.encode(packed)));
    }
    context.archive.put(name, &packed).await?;
    Ok(Body::Archived(name.to_owned()))
}

fn packed(body: &[u8]) -> Result<Vec<u8>, Fault> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body).map_err(Fault::park)?;
    encoder.finish().map_err(Fault::park)
}

/// Unpacks the body of a message.
pub async fn unpack(context: &Context, body: &Body) -> Result<Vec<u8>, Fault> {
    let packed = match body {
        Body::Plain(text) => return Ok(text.clone().into_bytes()),
        Body::Inline(text) => {
            STANDARD.decode(text).map_err(|error| Fault::Park(format!("the packed body cannot be read: {error}")))?
        }
        Body::Archived(name) => context.archive.take(name).await?,
    };
    opened(context, &packed)
}

/// Opens a packed body, never to more than a body may be.
pub fn opened(context: &Context, packed: &[u8]) -> Result<Vec<u8>, Fault> {
    let max = context.policies.limits.current().body_bytes_max as u64;
    let mut unpacked = Vec::new();
    let mut decoder = DeflateDecoder::new(packed).take(max + 1);
    decoder
        .read_to_end(&mut unpacked)
        .map_err(|error| Fault::Park(format!("the packed body cannot be read: {error}")))?;
    if unpacked.len() as u64 > max {
        return Err(Fault::Park("the packed body is larger than any body may be".to_owned()));
    }
    Ok(unpacked)
}

/// A message for a queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    pub queue: QueueName,
    pub message: Message,
}
