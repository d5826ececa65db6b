//! Zendesk. Signs `timestamp` + body, in base64; the timestamp is a text, signed as it is sent.
//!
//! <https://developer.zendesk.com/documentation/webhooks/verifying/>

mod answer;
mod requester;

use crate::signature::{first, fits, fresh, header, sign_base64};
use crate::value::{Id, iso, named};
use crate::{Delivery, Envelope, Headers, Keys, Malformed, NotAuthentic, Provider, Reading, malformed, mask};
use domain::event::{Event, Kind, Origin, Seen, TicketSeen, TicketStatus};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;

pub(crate) static PROVIDER: Provider = Provider {
    name: "zendesk",
    media: &["json"],
    verify,
    sign,
    envelope,
    mask: mask::json,
    read,
    api: None,
    desk: Some(&answer::DESK),
};

const SIGNATURE: &str = "x-zendesk-webhook-signature";
const TIME: &str = "x-zendesk-webhook-signature-timestamp";

fn verify(delivery: &Delivery<'_>, keys: &Keys, now: Timestamp, window_secs: i64) -> Result<(), NotAuthentic> {
    let given = header(delivery.headers, SIGNATURE)?;
    let time = header(delivery.headers, TIME)?;
    let signed_at: Timestamp = time.parse().map_err(|_| NotAuthentic::Unreadable)?;
    fresh(signed_at.as_second(), now, window_secs)?;
    let expected =
        keys.signing.iter().map(|secret| sign_base64(secret.expose().as_bytes(), &[time.as_bytes(), delivery.body]));
    fits(expected, &[given])
}

fn sign(keys: &Keys, body: &[u8], at: Timestamp) -> Headers {
    let time = at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let signature = sign_base64(first(&keys.signing).expose().as_bytes(), &[time.as_bytes(), body]);
    vec![(SIGNATURE, signature), (TIME, time)]
}

#[derive(Deserialize)]
struct Outside {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(rename = "detail")]
    _detail: IgnoredAny,
}

#[derive(Deserialize)]
struct Wire {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    time: String,
    detail: Detail,
    event: Option<Change>,
}

#[derive(Deserialize)]
struct Detail {
    id: Id,
    subject: Option<String>,
    description: Option<String>,
    status: Option<String>,
    #[serde(default, deserialize_with = "named")]
    requester_id: Option<Id>,
    requester_name: Option<String>,
    requester_email: Option<String>,
}

/// What changed, where the event says so.
#[derive(Deserialize)]
struct Change {
    current: Option<serde_json::Value>,
    comment: Option<Comment>,
    score: Option<Score>,
}

#[derive(Deserialize)]
struct Comment {
    body: Option<String>,
    is_public: Option<bool>,
    author: Option<Author>,
    #[serde(default)]
    metadata: serde_json::Value,
}

/// The flag of a comment that no person wrote.
///
/// <https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_comments/#comment-flags>
const AUTOMATIC: u64 = 4;

#[derive(Deserialize)]
struct Author {
    is_staff: Option<bool>,
}

impl Comment {
    /// Whether the customer wrote it: no note among colleagues, and no answer of theirs.
    fn is_customers(&self) -> bool {
        self.is_public != Some(false) && self.author.as_ref().and_then(|author| author.is_staff) != Some(true)
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Score {
    Number(u8),
    Word(String),
}

/// Event subscriptions name the type at length; a trigger's own text may name it shortly.
fn meaning(kind: &str) -> Option<Kind> {
    let kind = kind.trim_start_matches("zen:event-type:");
    Some(match kind {
        "ticket.created" => Kind::TicketOpened,
        "ticket.closed" | "ticket.deleted" | "ticket.soft_deleted" | "ticket.permanently_deleted" => Kind::TicketClosed,
        "messaging_ticket.satisfaction_rated" => Kind::TicketChanged,
        kind if kind.starts_with("ticket.") => Kind::TicketChanged,
        _ => return None,
    })
}

fn envelope(body: &[u8]) -> Result<Envelope, Malformed> {
    let outside: Outside = serde_json::from_slice(body).map_err(malformed("a Zendesk event"))?;
    let relevant = meaning(&outside.kind).is_some();
    Ok(Envelope { id: outside.id, kind: outside.kind, live: None, relevant })
}

fn read(body: &[u8], source: &str) -> Result<Reading, Malformed> {
    let outside: Outside = serde_json::from_slice(body).map_err(malformed("a Zendesk event"))?;
    let Some(kind) = meaning(&outside.kind) else {
        return Ok(Reading::Ignored("an event type that changes nothing here"));
    };
    let Wire { id, kind: name, time, detail, event: change } =
        serde_json::from_slice(body).map_err(malformed("a Zendesk event"))?;
    let stated = detail.status.as_deref().and_then(TicketStatus::parse);
    let comment = change.as_ref().and_then(|change| change.comment.as_ref()).filter(|comment| comment.is_customers());
    let mut flags = comment.and_then(|comment| comment.metadata["flags"].as_array()).into_iter().flatten();
    let automatic = flags.any(|flag| flag.as_u64() == Some(AUTOMATIC));
    let comment = comment.and_then(|comment| comment.body.clone());
    // Every event repeats the first text: it was written once.
    let first = matches!(kind, Kind::TicketOpened).then_some(detail.description).flatten();
    let is_numbered = detail.requester_id.is_some();
    let seen = TicketSeen {
        id: detail.id.0,
        as_of: None,
        subject: detail.subject,
        // A comment is what the customer wrote last; the description, what they wrote first.
        body: comment.or(first),
        status: if kind == Kind::TicketClosed { Some(TicketStatus::Closed) } else { stated },
        csat: change.filter(|_| name.contains("satisfaction")).and_then(score),
        requester_name: detail.requester_name,
        requester_email: detail.requester_email.filter(|email| !email.trim().is_empty()),
        automatic,
        ..TicketSeen::default()
    };
    // Only what a customer wrote is worth a question, and no word of the help desk alone.
    let is_unknown = is_numbered && seen.requester_email.is_none() && seen.body.is_some();
    let wants = is_unknown.then(|| requester::call(&seen.id));
    let events = vec![Event {
        id,
        provider: "zendesk".to_owned(),
        source: source.to_owned(),
        origin: Origin::Webhook,
        kind,
        at: iso(&time)?,
        customer: None,
        seen: vec![Seen::Ticket(seen)],
    }];
    Ok(match wants {
        Some(call) => Reading::Ask { events, call },
        None => Reading::Events(events),
    })
}

/// Zendesk's older surveys know good and bad; newer ones, one to five.
fn score(change: Change) -> Option<u8> {
    let current = change.current.as_ref().and_then(|current| current.as_str().map(str::to_owned));
    match (change.score, current.as_deref()) {
        (Some(Score::Number(score)), _) => (1..=5).contains(&score).then_some(score),
        (Some(Score::Word(word)), _) if word == "good" => Some(5),
        (Some(Score::Word(word)), _) if word == "bad" => Some(1),
        (None, Some("good")) => Some(5),
        (None, Some("bad")) => Some(1),
        _ => None,
    }
}
